"""What a reading of raw files gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa


ItemFiles = Mapping[str, Mapping[str, str]]
"""SHA-256 sums of an exam's item files: by key of the exam's `files`, then by path below `files/`."""


@dataclass(frozen=True)
class Issue:
    """Something in the raw files that was left out or could not be understood."""

    kind: str
    """no-table, not-read, bad-record, bad-name, no-clips, unknown-label, several-labels, unknown-part, two-parts,
    unmatched, bad-item (no item), exam-item (a published item that is odd, and asked as it is), other-edition (an item
    file that is not the card's), not-asked or not-permitted (clips left out by licence, for the use asked for)."""
    where: str
    what: str


class ItemRow(NamedTuple):
    """One item, ids without the dataset's name. As a card gives it `kind` is None and `truth` in any spelling."""

    id: str | None
    task: str | None
    kind: str | None
    clips: tuple[str | None, ...]
    question: str | None = None
    options: tuple[str, ...] | None = None
    truth: str | None = None
    category: str | None = None
    cluster: str | None = None
    difficulty: str | None = None
    semitones: tuple[int, ...] | None = None
    """By how many each clip, MIDI, is heard higher."""
    seconds: float | None = None
    """Of each clip, from its start; None: all."""
    categories: tuple[str, ...] | None = None
    """All of a published item; `category` is the first."""
    language: str | None = None
    licence: str | None = None
    settings: str | None = None
    """What the official rule wants to know of it: an object, as JSON."""
    published: bool | None = None
    """True: an exam's, asked as it was published; None: of the card's own making."""
    subsets: tuple[str, ...] | None = None
    """Those of the card that it is in; None: all."""
    formats: str | None = None
    """The questions of one that is asked in several formats, by format: an object, as JSON."""


@dataclass(frozen=True, kw_only=True)
class DatasetContents:
    """All that the raw files and the card say.
    `id` is without the dataset's name; tables are sorted by it."""

    clips: pa.Table
    """The columns `clip_rules.COLUMNS`, crop_mode ('centre', 'first' or NULL), crop_s, channel_mix ('mean' or 'first'),
    window_s, window_at, then the card's own."""
    labels: pa.Table
    """id, namespace, label, canonical"""
    captions: pa.Table
    """id, kind ('caption' or 'lyrics'), text"""
    attributes: pa.Table
    """id, name, value, source (of the value: event, notes, construction, or NULL)"""
    splits: pa.Table
    """id, split, part"""
    faults: pa.Table
    """id, kind, action, note, source, repair (an object, as JSON)"""
    vocabulary: pa.Table
    """namespace, ordinal, label, name, parent, aliases"""
    items: tuple[ItemRow, ...]
    """Those of the card's `items` and of its `exam`; what attributes ask is known only when clips are, see
    `item_rows.of_attributes`."""
    issues: tuple[Issue, ...]
    item_files: ItemFiles = field(default_factory=dict)
    """Which files the items of an exam are from."""
