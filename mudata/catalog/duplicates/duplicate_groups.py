"""Clips that are copies of each other, as groups: exactly, or near; and where their labels contradict each other."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from mudata.catalog import clusters

if TYPE_CHECKING:
    import duckdb

    from mudata.catalog.duplicates.near_copies import NearContent

CopyKind = Literal["exact", "near"]

FILE = (
    "source_sha256 || coalesce(' from ' || round(start_s * 1000)::BIGINT, '')"
    " || coalesce(' for ' || round(duration_s * 1000)::BIGINT, '')"
)
"""SQL: what clips share that are the same milliseconds of files with equal bytes."""

_SELECT = f"""
WITH usable AS (
    SELECT clip_id, dataset, pcm_sha256, {FILE} AS file FROM clips WHERE status = 'ok' AND kind <> 'text'
)
SELECT clip_id, dataset, pcm_sha256, file FROM usable
WHERE pcm_sha256 IN (SELECT pcm_sha256 FROM usable GROUP BY ALL HAVING count(*) > 1)
   OR file IN (SELECT file FROM usable WHERE file IS NOT NULL GROUP BY ALL HAVING count(*) > 1)
   OR pcm_sha256 IN (SELECT unnest($near::VARCHAR[]))
ORDER BY clip_id
"""  # noqa: S608 - of our own


@dataclass(frozen=True, kw_only=True)
class Duplicate:
    """A clip of a group, as it lies to the group's first clip."""

    clip_id: str
    dataset: str
    kind: CopyKind
    """exact: equal samples, or the same part of files with equal bytes, as the first."""
    score: float
    """Share of equal bits of the fingerprints, the least on the way to the first; 1 of exact copies."""
    offset_s: float
    """Seconds by which it begins later in the recording than the first; of exact copies 0."""
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By namespace, sorted."""


@dataclass(frozen=True, kw_only=True)
class DuplicateGroup:
    """Clips that are one recording. `group_id` is the first clip's id."""

    group_id: str
    kind: CopyKind
    """exact where all of them are."""
    members: tuple[Duplicate, ...]
    conflicts: Mapping[str, tuple[str, ...]]
    """By namespace in which labels differ, what they are: 'metal', 'rock'; several of one clip with a plus."""

    @property
    def datasets(self) -> tuple[str, ...]:
        return tuple(sorted({member.dataset for member in self.members}))

    @property
    def conflict(self) -> str:
        """In words: 'genre: metal | rock'."""
        return "; ".join(f"{namespace}: {' | '.join(told)}" for namespace, told in self.conflicts.items())


def find(
    con: duckdb.DuckDBPyConnection, near: Sequence[NearContent], datasets: Iterable[str] | None = None
) -> list[DuplicateGroup]:
    """All groups of usable clips of some datasets [default: all]: those whose labels contradict each other first, then
    those of several datasets, then the larger ones.

    near: pairs that are taken for copies; none for exact copies alone.
    """
    hashes = sorted({name for pair in near for name in pair[:2]})
    rows = con.sql(_SELECT, params={"near": hashes}).fetchall()
    wanted = None if datasets is None else set(datasets)
    rows = [row for row in rows if wanted is None or row[1] in wanted]
    exact = clusters.union(len(rows), [[row[2] for row in rows], [row[3] for row in rows]])
    links = _links(rows, exact, near)
    labels = _labels(con, [row[0] for row in rows])
    members: dict[int, list[int]] = defaultdict(list)
    for number, group in enumerate(exact):
        members[group].append(number)
    groups, seen = [], set[int]()
    for first in sorted(members, key=lambda group: rows[members[group][0]][0]):
        if first not in seen:
            placed = _placed(first, links)
            seen.update(placed)
            if made := _group(first, placed, members, rows, labels):
                groups.append(made)
    return sorted(groups, key=lambda g: (not g.conflicts, len(g.datasets) == 1, -len(g.members), g.group_id))


def _links(
    rows: Sequence[tuple[Any, ...]], exact: Sequence[int], near: Sequence[NearContent]
) -> dict[int, list[tuple[int, float, float]]]:
    """Of each exact group its near ones: (group, score, seconds by which it begins later)."""
    of_content = {row[2]: group for row, group in zip(rows, exact, strict=True) if row[2]}
    links: dict[int, list[tuple[int, float, float]]] = defaultdict(list)
    for pair in near:
        a, b = of_content.get(pair.first), of_content.get(pair.second)
        if a is not None and b is not None and a != b:
            links[a].append((b, pair.score, pair.offset_s))
            links[b].append((a, pair.score, -pair.offset_s))
    return links


def _placed(first: int, links: Mapping[int, list[tuple[int, float, float]]]) -> dict[int, tuple[float, float]]:
    """All that is tied to an exact group, with score and offset to it, by the fewest links."""
    placed, going = {first: (1.0, 0.0)}, deque([first])
    while going:
        score, offset = placed[here := going.popleft()]
        for other, own, by in links.get(here, ()):
            if other not in placed:
                placed[other] = (min(score, own), offset + by)
                going.append(other)
    return placed


def _group(
    first: int,
    placed: Mapping[int, tuple[float, float]],
    members: Mapping[int, list[int]],
    rows: Sequence[tuple[Any, ...]],
    labels: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> DuplicateGroup | None:
    made = [
        Duplicate(
            clip_id=rows[number][0],
            dataset=rows[number][1],
            kind="exact" if group == first else "near",
            score=score,
            offset_s=offset,
            labels=labels.get(rows[number][0], {}),
        )
        for group, (score, offset) in placed.items()
        for number in members[group]
    ]
    if len(made) < 2:
        return None
    made.sort(key=lambda member: member.clip_id)
    return DuplicateGroup(
        group_id=made[0].clip_id,
        kind="exact" if len(placed) == 1 else "near",
        members=tuple(made),
        conflicts=_conflicts(made),
    )


def _labels(con: duckdb.DuckDBPyConnection, clip_ids: Sequence[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    told = con.sql(
        "SELECT clip_id, namespace, list(DISTINCT coalesce(canonical, label)) FROM labels"
        " SEMI JOIN (SELECT unnest($ids::VARCHAR[]) AS clip_id) USING (clip_id) GROUP BY ALL ORDER BY ALL",
        params={"ids": list(clip_ids)},
    ).fetchall()
    for clip_id, namespace, own in told:
        found[clip_id][namespace] = tuple(sorted(own))
    return found


def _conflicts(members: Sequence[Duplicate]) -> dict[str, tuple[str, ...]]:
    """What of the labels differs, but for the spelling. A clip without labels of a namespace contradicts nobody."""
    conflicts = {}
    for namespace in sorted({name for member in members for name in member.labels}):
        told = [member.labels[namespace] for member in members if namespace in member.labels]
        if len({tuple(sorted(map(_plain, own))) for own in told}) > 1:
            conflicts[namespace] = tuple(sorted({"+".join(own) for own in told}))
    return conflicts


def _plain(label: str) -> str:
    return re.sub(r"[\W_]+", "", label.casefold())
