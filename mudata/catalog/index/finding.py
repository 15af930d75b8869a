"""What the verification of a dataset tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be, or that is good to know.

    check: missing, changed, clip-missing, clip-changed, not-indexed, unexpected, quarantined, not-had, count, duration,
        sample-rate, label-count, unknown-label, duplicate, label-conflict, split, card, selection, partial,
        item (one that the card would not make), item-clips (of items that cannot be heard), or
        of the raw files bad-record, bad-name, unmatched (rows without a clip, clips without a row), bad-item, not-asked
        (a clip whose attribute means nothing), no-value, no-length, not-permitted (left out by --usage)
    where: a clip id, a file, a label, or what was counted
    severity: error (disk, index and card disagree), warning (a property of the data), note (known or harmless)
    """

    check: str
    where: str
    expected: str | None
    got: str | None
    severity: Severity
