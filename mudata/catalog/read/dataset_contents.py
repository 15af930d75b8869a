"""What a reading of raw files gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Issue:
    """Something in the raw files that was left out or could not be understood."""

    kind: str
    """no-table, not-read, bad-record, bad-name, no-clips, unknown-label, several-labels, unknown-part, two-parts or
    unmatched."""
    where: str
    what: str


@dataclass(frozen=True, kw_only=True)
class DatasetContents:
    """All that the raw files and the card say.
    `id` is without the dataset's name; tables are sorted by it."""

    clips: pa.Table
    """The columns `clip_rules.COLUMNS`,
    crop_mode ('centre', 'first' or NULL), crop_s, channel_mix ('mean' or 'first'), then the card's own."""
    labels: pa.Table
    """id, namespace, label, canonical"""
    captions: pa.Table
    """id, kind ('caption' or 'lyrics'), text"""
    attributes: pa.Table
    """id, name, value, source (of the value: event, notes, construction, or NULL)"""
    splits: pa.Table
    """id, split, part"""
    faults: pa.Table
    """id, kind, action, note, source"""
    vocabulary: pa.Table
    """namespace, ordinal, label, name, parent, aliases"""
    issues: tuple[Issue, ...]
