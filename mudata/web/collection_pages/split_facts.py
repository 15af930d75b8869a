"""What the page of a split tells, drawn here or published: parts, labels in each, and what the parts share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mudata.catalog.duplicates import near_copies
from mudata.catalog.index import database
from mudata.catalog.splits import check, leaks, manifest
from mudata.catalog.splits.balance import PartBalance, label_balance
from mudata.errors import MudataError

if TYPE_CHECKING:
    from mudata.catalog.splits.leaks import Leaks
    from mudata.catalog.splits.manifest import Manifest, ManifestFinding
    from mudata.web.collection_pages.live_index import LiveIndex

AT_ONCE = 20_000
"""Clips of a split up to which leaks and balance are looked for unasked. Chosen here: about a second."""

SHOWN_LABELS = 300

_BALANCE = """
SELECT namespace, coalesce(canonical, label) AS label, part, count(DISTINCT clip_id) AS clips
FROM labels JOIN (SELECT unnest($1::VARCHAR[]) AS clip_id, unnest($2::VARCHAR[]) AS part) USING (clip_id)
WHERE namespace IS NOT NULL AND label IS NOT NULL GROUP BY ALL ORDER BY ALL
"""

Balance = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Clips by namespace, part and label."""


@dataclass(frozen=True, kw_only=True)
class SplitFacts:
    """A split as its page has it. `split` is None of a published one."""

    name: str
    dataset: str | None
    split: Manifest | None
    parts: Mapping[str, int]
    balance: Balance = field(default_factory=dict)
    spread: tuple[PartBalance, ...] = ()
    """Of a split that was drawn by labels or groups here: how well that went."""
    leaks: Leaks | None = None
    findings: tuple[ManifestFinding, ...] = ()
    is_whole: bool = True
    """Whether all was looked for: near copies, and whether the split is still what it was."""
    fault: str | None = None
    """Why something of it is not told."""

    @property
    def clips(self) -> int:
        return sum(self.parts.values())

    def labels_of(self, namespace: str) -> list[str]:
        """The labels of a namespace, the most frequent first; as many as a page shows."""
        totals: dict[str, int] = {}
        for own in self.balance[namespace].values():
            for label, clips in own.items():
                totals[label] = totals.get(label, 0) + clips
        return sorted(totals, key=lambda label: (-totals[label], label))[:SHOWN_LABELS]

    @staticmethod
    def asked(value: object) -> str:
        """What the split was asked for, as text."""
        if isinstance(value, Mapping):
            return ", ".join(f"{name} {share}" for name, share in value.items())
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def split_facts(index: LiveIndex, name: str, *, every: bool) -> SplitFacts:
    """A split of the home. `every`: look for all leaks, however long it takes.

    Raises UnknownName, SplitError.
    """
    split = manifest.load(index.home, name)
    key = ("split", name, split.sha256, every)
    return index.kept(key, lambda: _own(index, split, every=every))


def _own(index: LiveIndex, split: Manifest, *, every: bool) -> SplitFacts:
    part_of = split.part_of()
    parts = {part: len(members) for part, members in split.parts.items()}
    facts = SplitFacts(name=split.name, dataset=None, split=split, parts=parts, is_whole=False)
    if len(part_of) > AT_ONCE and not every:
        return facts
    spread: tuple[PartBalance, ...] = ()
    found: tuple[ManifestFinding, ...] = ()
    fault = None
    try:
        spread = tuple(label_balance(index.home, split))
        if every:
            found = tuple(check.check(index.home, split))
    except MudataError as error:
        fault = error.what
    return SplitFacts(
        name=split.name,
        dataset=None,
        split=split,
        parts=parts,
        balance=label_counts(index, part_of),
        spread=spread,
        leaks=_leaks(index, part_of, every=every, repaired=split.is_repaired),
        findings=found,
        is_whole=every,
        fault=fault,
    )


def published_facts(index: LiveIndex, dataset: str, name: str, *, every: bool) -> SplitFacts:
    """A split that came with a dataset. Raises UnknownName."""

    def make() -> SplitFacts:
        with database.snapshot(index.home) as connection:
            part_of = leaks.official(connection, [dataset], name)
        counted: dict[str, int] = {}
        for part in part_of.values():
            counted[part] = counted.get(part, 0) + 1
        parts = {part: counted[part] for part in manifest.in_order(counted)}
        if len(part_of) > AT_ONCE and not every:
            return SplitFacts(name=name, dataset=dataset, split=None, parts=parts, is_whole=False)
        return SplitFacts(
            name=name,
            dataset=dataset,
            split=None,
            parts=parts,
            balance=label_counts(index, part_of),
            leaks=_leaks(index, part_of, every=every, repaired=False),
            is_whole=every,
        )

    return index.kept(("published", dataset, name, every), make)


def _leaks(index: LiveIndex, part_of: Mapping[str, str], *, every: bool, repaired: bool) -> Leaks:
    """What the parts share; near copies only where all is asked for, since fingerprints have to be read for them."""
    with database.snapshot(index.home) as connection:
        near = near_copies.of_clips(index.home, connection, part_of) if every else None
        return leaks.find(connection, part_of, near, repaired=repaired)


def label_counts(index: LiveIndex, part_of: Mapping[str, str]) -> Balance:
    """Clips by namespace, part and label; every part is there, in the order of their use."""
    parts = manifest.in_order(set(part_of.values()))
    found: dict[str, dict[str, dict[str, int]]] = {}
    for row in index.rows(_BALANCE, [list(part_of), list(part_of.values())]):
        own = found.setdefault(row["namespace"], {part: {} for part in parts})
        own[row["part"]][row["label"]] = row["clips"]
    return found
