"""What the parts of a split share:
artists, albums, tracks, exact and near copies, cuts of one file, songs (same artist and title), and questions about
several clips.

A model that has heard a clip's artist, let alone the clip, in training is not asked what it knows
of music. Works for any assignment of clips to parts, published ones included. What cannot be seen:
clips whose artist is not known, and near copies where nobody listened (`mudata duplicates`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

from mudata.catalog import clusters
from mudata.catalog.duplicates.duplicate_groups import FILE
from mudata.catalog.item_clusters import tied_by_items
from mudata.catalog.name_matching import spelling
from mudata.catalog.splits.candidates import items_that_tie
from mudata.catalog.splits.manifest import ManifestFinding, in_order
from mudata.errors import UnknownName, number
from mudata.table import Table

if TYPE_CHECKING:
    import duckdb

    from mudata.catalog.duplicates.near_copies import NearCopies


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What two parts have in common."""

    kind: str
    """copy (exact), near (by ear), cut (other parts of one file), song, item (clips that one question is about), or one
    of `clusters.KEYS`."""
    first: str
    second: str
    groups: int
    """Artists (albums, ...) with clips in both parts."""
    clips: int
    """Clips of `second` whose artist is in `first` too."""
    of: int
    """Clips of `second`."""
    examples: tuple[str, ...]
    """Up to three of those clips, by id."""


_ALWAYS = ("copy", "cut")
"""What every split keeps together."""

_TOLD = {"copy": "Exact copies lie", "near": "Near copies lie", "cut": "Cuts of one recording lie"}

NOTHING_SHARED = "The parts share nothing that is known."


@dataclass(frozen=True, kw_only=True, repr=False)
class Leaks:
    """All that the parts share, shown as `mudata split leaks` prints it."""

    parts: Mapping[str, int]
    """Clips per part."""
    known: Mapping[str, int]
    """Clips of which the artist (album, ..., content) is known, by kind;
    where 0, nothing can be said."""
    repeated: Mapping[str, int]
    """Groups of two or more clips, by kind."""
    across: Mapping[str, int]
    """Those of them with clips in more than one part."""
    alike: Mapping[str, int]
    """Those of `across` that are so by the letter too, but for case and blanks: as 0.1.0 compared names."""
    shared: tuple[Shared, ...]
    """One entry per kind and pair of parts that have anything in common."""
    card_sha256: Mapping[str, str]
    """The cards that told artists and titles: another card may know more of them."""

    def counts(self) -> list[str]:
        """As text: clips per part; of each kind, how much is known and how much lies in several parts."""
        total = sum(self.parts.values())
        return [
            f"parts: {', '.join(f'{part} {clips:,}' for part, clips in self.parts.items())}",
            *(
                f"{kind}: known of {known:,} of {number(total, 'clip')}; {self.across[kind]:,} of"
                f" {self.repeated[kind]:,} that recur lie in several parts"
                for kind, known in self.known.items()
            ),
            f"told by cards: {', '.join(f'{k} {v[:12]}' for k, v in self.card_sha256.items())}",
        ]

    def table(self) -> Table:
        """A row for each kind and pair of parts that have anything in common."""
        return Table(
            [
                {
                    "shared": shared.kind,
                    "between": f"{shared.first} and {shared.second}",
                    "groups": shared.groups,
                    "clips": f"{shared.clips} of {shared.of} {shared.second} clips",
                    "such as": shared.examples,
                }
                for shared in self.shared
            ]
        )

    def __repr__(self) -> str:
        return "\n".join([*self.counts(), "", *(self.table().lines() if self.shared else [NOTHING_SHARED])])


def official(con: duckdb.DuckDBPyConnection, datasets: Sequence[str], split: str) -> dict[str, str]:
    """The part of every clip in a published split, usable or not. Raises UnknownName."""
    rows = con.sql(
        "SELECT clip_id, split, part FROM official_splits WHERE dataset IN (SELECT unnest($datasets::VARCHAR[]))",
        params={"datasets": list(datasets)},
    ).fetchall()
    parts = {str(clip_id): str(part) for clip_id, name, part in rows if name == split}
    if not parts:
        raise UnknownName("published split", split, {str(name) for _, name, _ in rows})
    return parts


def find(
    con: duckdb.DuckDBPyConnection,
    part_of: Mapping[str, str],
    near: NearCopies | None = None,
    *,
    repaired: bool = False,
) -> Leaks:
    """What the parts share, given the part of every clip id, and what is known of near copies among them;
    clips that the index does not know count as unknown. repaired: names are those that are known to be right."""
    source = "repaired_clips" if repaired else "clips"
    columns = con.sql(
        f"SELECT clip_id, {', '.join(clusters.COLUMNS)}, {FILE} AS file FROM {source}"  # noqa: S608 - names of our own
        " SEMI JOIN (SELECT unnest($ids::VARCHAR[]) AS clip_id) USING (clip_id) ORDER BY clip_id",
        params={"ids": list(part_of)},
    ).to_arrow_table().to_pydict()  # fmt: skip
    ids = columns["clip_id"]
    sizes = Counter(part_of.values())
    parts = in_order(sizes)
    known, repeated, across, alike, shared = {}, {}, {}, {}, []
    of_kind = {kind: clusters.keys(kind, columns) for kind in ("song", *clusters.KEYS)}
    of_kind = {"copy": _copies(columns)} | of_kind
    if any(cuts := _cuts(columns)):
        of_kind["cut"] = cuts
    if near and near.fingerprinted:
        of_kind["near"] = [near.group_of.get(clip_id) for clip_id in ids]
    tied = tied_by_items(item for item in items_that_tie(con, "true") if part_of.keys() >= {*item.clips})
    if tied:
        of_kind["item"] = [tied.get(clip_id) for clip_id in ids]
    for kind, values in of_kind.items():
        where: dict[Hashable, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for clip_id, value in zip(ids, values, strict=True):
            if value is not None:
                where[value][part_of[clip_id]].append(clip_id)
        known[kind] = near.fingerprinted if near and kind == "near" else sum(value is not None for value in values)
        repeated[kind] = sum(sum(map(len, own.values())) > 1 for own in where.values())
        apart = [own for own in where.values() if len(own) > 1]
        across[kind] = alike[kind] = len(apart)
        if kind in clusters.KEYS:
            name_of = dict(zip(ids, columns[kind], strict=True))
            alike[kind] = sum(_agree_by_letter(own.values(), name_of) for own in apart)
        for first, second in combinations(parts, 2):
            both = [own[second] for own in where.values() if first in own and second in own]
            if both:
                clips = sorted(clip_id for own in both for clip_id in own)
                shared.append(
                    Shared(
                        kind=kind,
                        first=first,
                        second=second,
                        groups=len(both),
                        clips=len(clips),
                        of=sizes[second],
                        examples=tuple(clips[:3]),
                    )
                )
    datasets = set(columns["dataset"])
    all_cards = con.sql("SELECT dataset, card_sha256 FROM datasets ORDER BY dataset").fetchall()
    cards = {str(name): str(sha256) for name, sha256 in all_cards if name in datasets}
    return Leaks(
        parts={part: sizes[part] for part in parts},
        known=known,
        repeated=repeated,
        across=across,
        alike=alike,
        shared=tuple(shared),
        card_sha256=cards,
    )


def _copies(columns: Mapping[str, Sequence[str | None]]) -> list[Hashable]:
    """What exact copies share: samples, or the same part of files with equal bytes."""
    told = (columns["pcm_sha256"], columns["file"])
    groups = clusters.union(len(columns["dataset"]), told)
    return [group if any(own) else None for group, *own in zip(groups, *told, strict=True)]


def _cuts(columns: Mapping[str, Sequence[str | None]]) -> list[Hashable]:
    """What clips share that are cut from files with equal bytes, each another part of it; None of all others."""
    parts: dict[str | None, set[str | None]] = defaultdict(set)
    for source, file in zip(columns["source_sha256"], columns["file"], strict=True):
        parts[source].add(file)
    return [source if source and len(parts[source]) > 1 else None for source in columns["source_sha256"]]


def _agree_by_letter(parts: Iterable[Sequence[str]], name_of: Mapping[str, str]) -> bool:
    """Whether a name is in two parts, with no difference but case and blanks."""
    names = [name for own in parts for name in {spelling(name_of[clip_id]) for clip_id in own}]
    return len(set(names)) < len(names)


def findings(leaks: Leaks, kept_apart: Sequence[str], *, by_letter: bool = False) -> list[ManifestFinding]:
    """The leaks as findings: exact copies, cuts of one file, and groups that the split was to keep apart, are faults.

    by_letter: the split was drawn when names were compared by the letter; that the same artist is in two parts under
    two spellings is then no fault of it, and is noted.
    """
    made = []
    for kind, groups in leaks.across.items():
        if groups:
            kept = kind in _ALWAYS or (kind in kept_apart and (leaks.alike[kind] > 0 or not by_letter))
            level: Literal["fault", "note"] = "fault" if kept else "note"
            pairs = "; ".join(
                f"{s.clips} of {s.of} {s.second} clips in {s.first}" for s in leaks.shared if s.kind == kind
            )
            what = _TOLD.get(kind, f"The same {kind} lies")
            if kind in kept_apart and not kept:
                what = f"The same {kind} under two spellings, which were two when the split was drawn, lies"
            made.append(ManifestFinding(level, f"leak-{kind}", f"{what} in several parts, {groups} of them: {pairs}."))
    return made
