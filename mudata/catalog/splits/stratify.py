"""Dealing clips into parts so that every label is spread as asked and no group is torn.

Single clips: the parts are drawn one after another, every clip with the same chance, and labels rounded up or down
at random (`balanced_sample`). Groups of clips: iterative stratification (`group_deal`). Then clips, or groups of one
size, change places as long as that brings the labels nearer to their shares (`exchange`). Arithmetic is in whole
numbers and the only order is that of `shuffled`, so that every machine deals the same parts.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mudata.catalog.splits.balanced_sample import coins, sample
from mudata.catalog.splits.exchange import CLIP, exchange, weights
from mudata.catalog.splits.group_deal import deal_groups
from mudata.catalog.splits.label_counts import label_counts

if TYPE_CHECKING:
    import random

    import duckdb
    import pyarrow as pa

    from mudata.catalog.splits.label_counts import Integers, LabelCounts

RECIPE = "exchange-1"
"""How parts are drawn; another name whenever the same request would be answered with other clips.
Manifests without one were drawn by iterative stratification without exchanges."""

_BEGINNINGS, _SMALL = 8, 1 << 13
"""Single clips are dealt so often at most, and the nearest to the shares counts; all deals together have so many clips
at most. Where clips are many, the first is as near as can be."""


MANY = 1 << 17
"""Rows of labels from which on a draw looks at the beginning of the order first. Chosen here: fewer are drawn from in
0.1 s either way."""

_WIDER = 16
"""By how much more of the order is looked at where the beginning did not do. Chosen here: a draw from a tenth of the
clips looks twice, one from a thousandth three times."""


def shuffled(ids: Sequence[str], seed: int) -> list[int]:
    """Positions of `ids` in the random order of a seed:
    by the MD5 of '<seed>:<id>', in hexadecimal.

    The order of two ids depends on nothing but themselves and the seed;
    `per_label` draws in the same order.
    """
    marks = [hashlib.md5(f"{seed}:{i}".encode(), usedforsecurity=False).digest() for i in ids]
    return sorted(range(len(ids)), key=marks.__getitem__)


def apportion(total: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers that sum to `total`,
    as near to the shares as can be (largest remainder, Hamilton's method)."""
    quotas = [round(total * share / sum(shares), 9) for share in shares]
    sizes = [int(quota) for quota in quotas]
    by_remainder = sorted(range(len(shares)), key=lambda j: (sizes[j] - quotas[j], j))
    for j in by_remainder[: total - sum(sizes)]:
        sizes[j] += 1
    return sizes


def per_label(
    con: duckdb.DuckDBPyConnection,
    source_relation_sql: str,
    label_namespace: str | None,
    n: int,
    seed: int,
    *,
    among: str | None = None,
) -> pa.Table:
    """At most `n` random clips of every label, drawn inside DuckDB: the first of each in the order of `shuffled`.

    `source_relation_sql` stands after FROM (a table, a view, or a SELECT in parentheses) and has the columns clip_id,
    namespace, label; a row that comes twice counts once. `label_namespace` None draws for the labels of all
    namespaces. `among` is a relation whose clip_id says which clips can be drawn; None: all. A clip with several labels
    may be drawn for each. Returns clip_id, namespace, label, sorted by label, namespace, clip_id.

    Of many rows only those are gathered that come early enough in the order, as the labels' numbers of rows let
    expect; where these do not suffice, it is done again with more.
    """
    where = "true"
    given: dict[str, Any] = {}
    if label_namespace is not None:
        where = "namespace = $namespace"
        given["namespace"] = label_namespace
    counted = f"SELECT namespace, label, count(*) FROM {source_relation_sql} WHERE {where} GROUP BY ALL"  # noqa: S608
    rows = {(space, label): number for space, label, number in con.sql(counted, params=given).fetchall()}
    share = _share(rows.values(), n)
    scarce = {labels for labels, number in rows.items() if labels[1] is None or _needed(number, n) > share}
    while True:
        is_early, values = "true", given | {"n": n, "prefix": f"{seed}:"}
        if share < 1:
            is_early = "md5($prefix || clip_id) < $end"
            values["end"] = f"{int(share * 2**128):032x}"
            if scarce:
                is_early = f"({is_early} OR coalesce(list_contains($scarce::VARCHAR[], label), true))"
                values["scarce"] = [label for _, label in scarce]
        drawn = con.sql(
            f"""
            WITH early AS MATERIALIZED (
                SELECT DISTINCT clip_id, namespace, label FROM {source_relation_sql} WHERE {where} AND {is_early})
            SELECT unnest(min_by(clip_id, md5($prefix || clip_id), $n)) AS clip_id, namespace, label
            FROM early {f"SEMI JOIN {among} USING (clip_id)" if among else ""}
            GROUP BY namespace, label ORDER BY label, namespace, clip_id
            """,  # noqa: S608 - the caller's relations
            params=values,
        ).to_arrow_table()
        if share >= 1:
            return drawn
        had = Counter(zip(*(drawn[name].to_pylist() for name in ("namespace", "label")), strict=True))
        if all(had[labels] == n for labels in rows.keys() - scarce):
            return drawn
        share *= _WIDER


def _needed(rows: int, n: int) -> float:
    """In what share of the random order n of so many rows lie, but for six standard deviations."""
    return float((n + 6 * (n**0.5 + 1)) / rows)


def _share(rows: Collection[int], n: int) -> float:
    """The share of the order in which to look for n of each label's rows, those of scarcer labels being looked for
    everywhere, so that least is gathered; 1 where rows are few."""
    if sum(rows) < MANY:
        return 1.0

    def gathered(share: float) -> float:
        return sum(number * share if _needed(number, n) <= share else number for number in rows)

    return min((1.0, *(needed for number in rows if (needed := _needed(number, n)) < 1)), key=gathered)


def first(con: duckdb.DuckDBPyConnection, relation_sql: str, n: int, seed: int) -> pa.Table:
    """The clip_id of the first n clips of a relation, in the order of `shuffled`."""
    query = f"SELECT clip_id FROM {relation_sql} ORDER BY md5($prefix || clip_id) LIMIT $n"  # noqa: S608
    return con.sql(query, params={"prefix": f"{seed}:", "n": n}).to_arrow_table()


def assign(
    groups: Sequence[int], labels: Sequence[Sequence[int]], sizes: Sequence[int], *, everywhere: bool = True
) -> list[int]:
    """The part (0 ... len(sizes) - 1) of every clip.

    groups: the group of each clip, numbered from 0 without gaps; clips come in the order of
    `shuffled` labels: the labels of each clip, numbered from 0, none twice sizes: clips that each
    part should get; they sum to the number of clips everywhere: whether every label is to be in
    every part if it has so many groups, and near its share of clips rather than at it on average

    Single clips fill the parts exactly; without `everywhere`, each is in a part with the probability
    size / clips. Groups without `everywhere` exceed a part's size by less than the largest group.

    Example:
        >>> assign(range(6), [[0], [0], [0], [1], [1], [1]], [4, 2]).count(1)
        2
    """
    table = label_counts(groups, labels)
    if len(table) == len(groups):
        part_of = _nearest(table, _none_empty(sizes)) if everywhere else _drawn(table, sizes, coins(table))
    else:
        part_of = np.array(deal_groups(groups, labels, sizes, everywhere=everywhere))
        borne = np.bincount(table.labels, minlength=table.width) > 0
        part_of = exchange(table, part_of, _shares(table, sizes), everywhere & borne)
    own: list[int] = part_of[np.asarray(groups, dtype=np.int64)].tolist()
    return own


def _none_empty(sizes: Sequence[int]) -> list[int]:
    """Sizes where no part is empty while another has two clips: those of 70, 10, 20 % of three clips are 1, 1, 1."""
    made = list(sizes)
    while 0 in made and max(made) > 1:
        made[made.index(max(made))] -= 1
        made[made.index(0)] += 1
    return made


def _drawn(table: LabelCounts, sizes: Sequence[int], chance: random.Random, *, halvings: int = 8) -> Integers:
    """The part of every clip, the smallest parts drawn first, each from what the others left."""
    *order, largest = sorted(range(len(sizes)), key=sizes.__getitem__)
    part_of = np.full(len(table), largest, np.int64)
    left = np.arange(len(table))
    for part in order:
        chosen = sample(table.take(left), sizes[part], chance, halvings=halvings)
        part_of[left[chosen]] = part
        left = np.delete(left, chosen)
    return part_of


def _nearest(table: LabelCounts, sizes: Sequence[int]) -> Integers:
    """The part of every clip, labels as near to their shares as exchanges get them; of several beginnings the best."""
    chance = coins(table)
    drawn = _drawn(table, sizes, chance, halvings=4)
    needed = np.bincount(table.labels, minlength=table.width) >= len(sizes)
    # where a label of fewer clips than parts is absent is left to chance, not to what suits the others
    wanted = np.where(needed, _shares(table, sizes, at_least=1), table.by_part(drawn, len(sizes)) * CLIP)

    def tried(drawn: Integers) -> tuple[int, int, int, Integers]:
        part_of = exchange(table, drawn, wanted, needed)
        clips = table.by_part(part_of, len(sizes))
        surplus = clips * CLIP - wanted
        absent = int((needed & (clips == 0)).sum())
        off = int(np.abs(np.bincount(part_of, minlength=len(sizes)) - sizes).sum())
        # within half a clip of each other, every label is as near as whole clips can be
        far = int((surplus**2 * weights(table)).sum()) if np.ptp(surplus, axis=0).max(initial=0) > CLIP else 0
        return absent, off, far, part_of

    best = tried(drawn)
    for _ in range(min(_BEGINNINGS, _SMALL // max(len(table), 1)) - 1):
        if not any(best[:3]):
            break
        best = min(best, tried(_drawn(table, sizes, chance, halvings=4)), key=lambda found: found[:3])
    if best[0]:  # dealing out rare labels first finds some ways that exchanges do not
        rows = [own.tolist() for own in np.split(table.labels, table.starts[1:-1])]
        dealt = np.array(deal_groups(range(len(table)), rows, sizes, everywhere=True))
        best = min(best, tried(dealt), key=lambda found: found[:3])
    return best[3]


def _shares(table: LabelCounts, sizes: Sequence[int], *, at_least: int = 0) -> Integers:
    """Clips of each label that each part should have, times `CLIP`, and `at_least` so many clips of each label that
    has enough; shape (parts, labels)."""
    clips = np.bincount(table.labels, table.clips, table.width).astype(np.int64)
    size = np.array(sizes, np.int64)[:, None]
    raised = np.zeros((len(sizes), table.width), bool)
    while True:
        free = np.where(raised, 0, size)
        rest = (clips - at_least * raised.sum(axis=0)) * CLIP
        shares: Integers = np.where(raised, at_least * CLIP, rest * free // np.maximum(free.sum(axis=0), 1))
        low = ~raised & (shares < at_least * CLIP) & (clips >= at_least * len(sizes))
        if not low.any():
            return shares
        raised |= low
