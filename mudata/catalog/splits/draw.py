"""Drawing a split: from what is asked for to a manifest.

    select clips -> (draw some of them) -> tie groups -> deal them into parts -> manifest

Clips with equal samples, or from one and the same file, are always tied; near copies are, where `mudata duplicates`
found them; and unless nothing else shall be, those that one item is about. So are those of one artist, album or track
if asked. What cannot be had is refused with the numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mudata.catalog import clusters
from mudata.catalog.cards.fault_overlays import overlays_sha256
from mudata.catalog.duplicates import near_copies
from mudata.catalog.index import database
from mudata.catalog.item_clusters import tied_by_items
from mudata.catalog.read.scratch_database import scratch_database
from mudata.catalog.splits import manifest, stratify
from mudata.catalog.splits.candidates import Candidates, datasets_of, select
from mudata.catalog.splits.manifest import Manifest, Member
from mudata.catalog.splits.split_request import SplitRequest, listed
from mudata.errors import SplitError, number, some

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from mudata.home import Home


def make(home: Home, request: SplitRequest) -> Manifest:
    """Draw a split from the index. The same request on the same index gives the same hash anywhere.

    Nothing is written: see `manifest.save`.
    Raises SplitError with the numbers of what cannot be met, UnknownName, QueryError, CardError (the user's faults).
    """
    with database.connect(home) as con:
        datasets = datasets_of(con, request.datasets)
        overlays = overlays_sha256(home, datasets) if request.faults in ("drop", "repair") else {}
        chosen = selected(con, request, only=wanted(con, request))
        if request.near is None and len(request.shares) > 1:
            chosen = replace(chosen, near=near_copies.groups(home, con, chosen.column("clip_id")))
        cards = dict(con.sql("SELECT dataset, card_sha256 FROM datasets").fetchall())
    parts, notes = draw(chosen, request)
    told = chosen.clips.select(["clip_id", "dataset", "pcm_sha256", "source_sha256"])
    members = {part: told.take(sorted(rows)).to_pylist() for part, rows in parts.items()}
    if not request.datasets:
        datasets = tuple(sorted({member["dataset"] for own in members.values() for member in own}))
    query: dict[str, Any] = {
        "where": request.where,
        "official": request.official,
        "parts": dict(request.shares),
        "n": request.n,
        "per_label": request.per_label,
        "usage": request.usage,
        "best_effort": request.best_effort,
        "no_group": request.no_group,
        "near": _near(chosen, {row["clip_id"] for own in members.values() for row in own}),
    }
    return Manifest(
        name=request.name,
        datasets=datasets,
        query={"faults": request.faults, **{key: value for key, value in query.items() if value}},
        seed=request.seed,
        stratify=request.stratify,
        group=request.group,
        parts={part: tuple(map(_member, own)) for part, own in members.items()},
        card_sha256={dataset: cards[dataset] for dataset in datasets},
        index_sha256={dataset: database.index_sha256(home, dataset) for dataset in datasets},
        warnings=(*chosen.notes, *notes),
        faults_sha256={dataset: overlays[dataset] for dataset in datasets if dataset in overlays},
        recipe=stratify.RECIPE if len(request.shares) > 1 or (request.n and request.stratify) else None,
    ).sealed()


def selected(
    con: duckdb.DuckDBPyConnection, request: SplitRequest, *, only: Callable[[str, str], pa.Table] | None = None
) -> Candidates:
    """The clips that a request is about, before any are drawn; `only` as of `candidates.select`."""
    chosen = select(
        con,
        datasets_of(con, request.datasets),
        where=request.where,
        official=request.official,
        namespaces=request.stratify,
        faults=request.faults,
        usage=request.usage,
        only=only,
    )
    return replace(chosen, near=tuple(map(tuple, request.near or ())))


def wanted(con: duckdb.DuckDBPyConnection, request: SplitRequest) -> Callable[[str, str], pa.Table] | None:
    """Which clips it takes to draw as `_drawn` does, found where they lie: drawing from these gives what drawing from
    all gives. None: it takes all."""
    number, seed = request.per_label or request.n or 0, request.seed
    if request.per_label is not None:
        return lambda clips, labels: stratify.per_label(con, labels, None, number, seed, among=clips)
    if request.n is not None and not request.stratify:
        return lambda clips, _: stratify.first(con, clips, number, seed)
    return None


def draw(chosen: Candidates, request: SplitRequest) -> tuple[dict[str, list[int]], list[str]]:
    """Rows of `chosen.clips` by part, and notes for the user."""
    parts, notes = _in_parts(chosen, request)
    return parts, [*notes, *_torn(chosen, parts)]


def _in_parts(chosen: Candidates, request: SplitRequest) -> tuple[dict[str, list[int]], list[str]]:
    if request.official:
        published: dict[str, list[int]] = defaultdict(list)
        for row, part in enumerate(chosen.column("part")):
            published[part].append(row)
        return {part: published[part] for part in manifest.in_order(published)}, []
    rows, notes = _drawn(chosen, request)
    drawn = chosen.take(rows)
    if copies := len(rows) - len(set(clusters.tie(_columns(drawn), ()))):
        notes.append(f"{copies} of {len(rows)} clips repeat others exactly; copies stay together.")
    if near := _near(drawn, set(drawn.column("clip_id"))):
        tied = f"{number(sum(map(len, near)), 'clip')} in {number(len(near), 'group')}"
        notes.append(f"{tied} are near copies of each other by ear; these stay together.")
    if len(request.shares) == 1:
        return {next(iter(request.shares)): rows}, notes
    parts, more = _dealt(drawn, request)
    return {part: [rows[i] for i in own] for part, own in parts.items()}, notes + more


def _near(chosen: Candidates, clip_ids: Collection[str]) -> list[list[str]]:
    """The groups of near copies among these clips."""
    groups = ([clip_id for clip_id in group if clip_id in clip_ids] for group in chosen.near)
    return [group for group in groups if len(group) > 1]


def tie(chosen: Candidates, keys: Sequence[str], *, items: bool) -> list[int]:
    """The group of every clip: exact copies, near ones that are known, clips that agree in artist, album or track as
    `keys` has it, and with `items` those that one question is about; see `clusters`."""
    columns = _columns(chosen)
    if items and chosen.items:
        tied = tied_by_items(chosen.items)
        columns[clusters.ITEMS] = [tied.get(clip_id) for clip_id in chosen.column("clip_id")]
    if chosen.near:
        group_of: dict[str, str | None] = {clip_id: group[0] for group in chosen.near for clip_id in group}
        columns[clusters.NEAR] = [group_of.get(clip_id) for clip_id in chosen.column("clip_id")]
    return clusters.tie(columns, keys)


def _torn(chosen: Candidates, parts: Mapping[str, list[int]]) -> list[str]:
    """How many items have not all of their clips in one part."""
    ids = chosen.column("clip_id")
    part_of = {ids[row]: part for part, rows in parts.items() for row in rows}
    several = [item.clips for item in chosen.items if len(item.clips) > 1]
    torn = [clips for clips in several if len({part_of.get(clip_id) for clip_id in clips}) > 1]
    if not torn:
        return []
    what = f"{len(torn)} of {number(len(several), 'item')} about several clips cannot be asked"
    return [f"{what}: their clips are in different parts, or not all drawn, such as {' and '.join(torn[0][:2])}."]


def _columns(chosen: Candidates) -> dict[str, list[str | None]]:
    return {name: chosen.column(name) for name in clusters.COLUMNS}


def _drawn(chosen: Candidates, request: SplitRequest) -> tuple[list[int], list[str]]:
    """The rows that are drawn, in the random order of the seed."""
    ids = chosen.column("clip_id")
    order = stratify.shuffled(ids, request.seed)
    if request.per_label is not None:
        drawn, notes = _per_label(chosen, request.per_label, request)
        return [row for row in order if ids[row] in drawn], notes
    if request.n is None:
        return order, []
    if request.n > len(order):
        raise SplitError(
            f"{request.n} clips are asked for, {len(order)} can be had.",
            " ".join([*chosen.notes, "Ask for fewer, or fetch more."]),
        )
    if not request.stratify:
        return order[: request.n], []
    names, labels = chosen.take(order).labelled()
    sizes = [request.n, len(order) - request.n]
    dealt = stratify.assign(range(len(order)), labels, sizes, everywhere=False)
    taken = [i for i, part in enumerate(dealt) if part == 0]
    absent = sorted(set(range(len(names))).difference(*(labels[i] for i in taken)))
    told = (
        f"{len(absent)} of {len(names)} labels have none of the {request.n} clips; which ones, chance decides:"
        f" {some((names[i] for i in absent), 5)}."
    )
    return [order[i] for i in taken], [told] if absent else []


def _per_label(chosen: Candidates, n: int, request: SplitRequest) -> tuple[set[str], list[str]]:
    """The ids of `n` clips per label.
    Raises SplitError unless every label has so many, or best effort will do."""
    with scratch_database() as con:
        con.register("told", chosen.labels)
        drawn = stratify.per_label(con, "told", None, n, request.seed)
    labels = zip(*(drawn[name].to_pylist() for name in ("namespace", "label")), strict=True)
    had = Counter(f"{space} '{label}'" for space, label in labels)
    short = "".join(f"\n  {label} has {clips}" for label, clips in sorted(had.items()) if clips < n)
    if short and not request.best_effort:
        raise SplitError(
            f"{n} clips per label are asked for, but there are fewer of:{short}",
            " ".join([*chosen.notes, "Ask for fewer, or take what there is with --best-effort."]),
        )
    return set(drawn["clip_id"].to_pylist()), [f"Fewer than {n} clips of:{short}"] if short else []


def _dealt(drawn: Candidates, request: SplitRequest) -> tuple[dict[str, list[int]], list[str]]:
    """Rows of `drawn` by part, and notes. Raises SplitError for what cannot be met."""
    notes = _unknown(drawn, request.group)
    names, labels = drawn.labelled()
    tied = tie(drawn, request.group, items=not request.no_group)
    by_items = not request.no_group and bool(drawn.items)
    _refuse_scarce(tied, labels, names, request, by_items=by_items)
    sizes = stratify.apportion(len(tied), list(request.shares.values()))
    parts: dict[str, list[int]] = {part: [] for part in request.shares}
    order = list(parts)
    for row, place in enumerate(stratify.assign(tied, labels, sizes)):
        parts[order[place]].append(row)
    return parts, notes + _absent(parts, labels, names, request)


def _unknown(drawn: Candidates, keys: Sequence[str]) -> list[str]:
    """How many clips have no artist, album or track. Raises SplitError where none has."""
    notes = []
    columns = _columns(drawn) if keys else {}
    for key in keys:
        values = clusters.keys(key, columns)
        unknown = values.count(None)
        if unknown == len(values):
            raise SplitError(
                f"--group {key}: no {key} is known of any of the {len(values)} clips.",
                f"Leave --group {key} out. `mudata info DATASET` tells by what a dataset can be grouped.",
            )
        if unknown:
            alone = "each counts as a group of its own"
            finer = clusters.KEYS[clusters.KEYS.index(key) + 1 :]
            told = [any(names) for names in zip(*(columns[name] for name in finer), strict=True)]
            if any(value is None and has for value, has in zip(values, told, strict=False)):
                alone = f"those of one {' or '.join(finer)} stay together, of the others {alone}"
            notes.append(f"{unknown} of {len(values)} clips have no {key}; {alone}.")
    return notes


def _refuse_scarce(
    tied: list[int], own: list[list[int]], names: list[str], request: SplitRequest, *, by_items: bool
) -> None:
    """Raises SplitError if there are fewer groups,
    in all or (without best effort) of a label, than parts. `by_items`: some clips are tied by items."""
    need = len(request.shares)
    noun = request.group[0] if len(request.group) == 1 else "group" if request.group or by_items else "distinct clip"
    if len(set(tied)) < need:
        apart = " Clips that one item is about stay together, unless --no-group is given." if by_items else ""
        raise SplitError(
            f"{number(len(set(tied)), noun)} ({number(len(tied), 'clip')}) cannot be dealt into {need} parts.",
            f"Ask for fewer parts, or for more clips.{apart}",
        )
    bearers: list[set[int]] = [set() for _ in names]
    clips = [0] * len(names)
    for group, labels in zip(tied, own, strict=True):
        for label in labels:
            bearers[label].add(group)
            clips[label] += 1
    scarce = "".join(
        f"\n  {name} has {number(len(bears), noun)} ({number(count, 'clip')}) but {need} parts need at least {need}"
        for name, bears, count in zip(names, bearers, clips, strict=True)
        if 0 < len(bears) < need
    )
    if scarce and not request.best_effort:
        kept = f" and no {noun} in two" if request.group else ""
        raise SplitError(
            f"A split into {listed(request.shares)} with every label in each part{kept} does not exist:{scarce}",
            _WAYS_OUT,
        )


def _absent(
    parts: Mapping[str, list[int]], labels: list[list[int]], names: list[str], request: SplitRequest
) -> list[str]:
    """Which labels are absent from which parts. Raises SplitError unless best effort will do."""
    borne = {part: {label for row in rows for label in labels[row]} for part, rows in parts.items()}
    everywhere = set().union(*borne.values())
    absent = "".join(
        f"\n  {names[label]} is not in {part}" for part, own in borne.items() for label in sorted(everywhere - own)
    )
    empty = "".join(f"\n  {part} has no clips" for part, rows in parts.items() if not rows)
    if empty or (absent and not request.best_effort):
        raise SplitError(f"No split with every label in each part was found:{empty}{absent}", _WAYS_OUT)
    return [f"Not every label is in every part:{absent}"] if absent else []


_WAYS_OUT = (
    "Ask for fewer parts, leave these labels out (--where), group by less,"
    " or accept that they are absent from some part (--best-effort)."
)


def _member(row: Mapping[str, Any]) -> Member:
    pcm = row["pcm_sha256"]
    return Member(row["clip_id"], pcm, row["source_sha256"] if pcm is None else None)
