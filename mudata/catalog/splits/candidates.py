"""Which clips of the index can enter a split, and why others cannot."""

# ruff: noqa: S608 - names and values go through `identifier` and `quote`
from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from mudata.catalog import clusters
from mudata.catalog.cards.licence_terms import PURPOSES, Purpose
from mudata.catalog.index.composed_views import label_columns
from mudata.catalog.index.fault_views import JUDGED_CLIPS
from mudata.catalog.item_clusters import TyingItem
from mudata.catalog.read.label_lists import with_labels
from mudata.catalog.read.read_only import refuse_more_than_reading
from mudata.catalog.read.sql_literals import quote
from mudata.errors import CardError, QueryError, SplitError, UnknownName, is_of_machine, some
from mudata.home import Home

Faults = Literal["drop", "keep", "repair", "warn"]
"""What becomes of clips with known faults: those that a fault says to drop are left out; all are let in; what is known
to be right is taken and only what cannot be repaired left out; or all are let in, with a word (as 0.1.0 had it)."""

COLUMNS = ("clip_id", *clusters.COLUMNS)
"""What a split has to know of a clip."""

_AS_PUBLISHED = "(SELECT *, NULL::VARCHAR[] AS repaired, NULL::VARCHAR AS unrepaired FROM clips)"

_WHY = {
    "missing": "could not be had",
    "quarantined": "quarantined as unusable",
    "licence": "their licence does not permit {usage} use, or is not known",
    "faulty": "known faults (--faults keep lets them in)",
    "unrepaired": "known faults that cannot be repaired, or copies of clips that are here",
    "symbolic": "MIDI beside audio of the same dataset (--where \"kind = 'midi'\" asks for it)",
    "unlabelled": "no {labels} label",
}


@dataclass(frozen=True)
class Candidates:
    """Clips that can enter a split.

    clips: `COLUMNS` and part (of a published split, else NULL), sorted by clip_id labels: clip_id,
    namespace, label (canonical), sorted, only of the namespaces that were asked for notes: how many
    clips were left out, and why items: those about these clips that tie some of them
    """

    clips: pa.Table
    labels: pa.Table
    notes: tuple[str, ...]
    items: tuple[TyingItem, ...] = ()
    near: tuple[tuple[str, ...], ...] = ()
    """Ids of clips that are near copies of each other."""

    def column(self, name: str) -> list[Any]:
        """One value per clip."""
        values: list[Any] = self.clips[name].to_pylist()
        return values

    def take(self, rows: Sequence[int]) -> Candidates:
        """Only these rows, in this order."""
        clips = self.clips.take(pa.array(rows, pa.int64()))
        return replace(self, clips=clips, labels=_of(clips, self.labels))

    def labelled(self) -> tuple[list[str], list[list[int]]]:
        """What the labels are called ("genre 'rock'"),
        sorted, and the numbers of each clip's labels therein."""
        spelling = pc.binary_join_element_wise(self.labels["namespace"], " '", self.labels["label"], "'", "")
        coded = spelling.combine_chunks().dictionary_encode()
        spelled = coded.dictionary.to_pylist()
        names = sorted(spelled)
        number_of = {name: number for number, name in enumerate(names)}
        number = [number_of[name] for name in spelled]
        rows = pc.index_in(self.labels["clip_id"], value_set=self.clips["clip_id"].combine_chunks()).to_pylist()
        labels: list[list[int]] = [[] for _ in range(self.clips.num_rows)]
        for row, code in zip(rows, coded.indices.to_pylist(), strict=True):
            labels[row].append(number[code])
        return names, labels


def datasets_of(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> tuple[str, ...]:
    """The indexed datasets of these names or aliases;
    all that are indexed if none is named. Raises UnknownName."""
    indexed = [str(row[0]) for row in con.sql("SELECT dataset FROM datasets ORDER BY dataset").fetchall()]
    if unknown := [name for name in names if name not in indexed]:
        from mudata.catalog.cards import loader  # only now: the grammar of cards takes 0.1 s to load
        from mudata.catalog.cards.licences import fetch_command

        alias = {name: loader.load(name).name for name in unknown}
        for name in unknown:
            if alias[name] not in indexed:
                how = f"Run: {fetch_command(alias[name], Home.default())}"
                raise UnknownName("indexed dataset", name, indexed, how)
        names = [alias.get(name, name) for name in names]
    return tuple(sorted(set(names or indexed)))


def select(
    con: duckdb.DuckDBPyConnection,
    datasets: Sequence[str],
    *,
    where: str | None = None,
    official: str | None = None,
    namespaces: Sequence[str] = (),
    faults: Faults = "drop",
    usage: Purpose | None = None,
    only: Callable[[str, str], pa.Table] | None = None,
) -> Candidates:
    """The clips of `datasets` for which `where` holds and which nothing speaks against.

    where: a SQL expression over the columns of `clips`
    and one list of labels per namespace, such as
        "list_contains(genre, 'rock') and artist is not null";
        subqueries may use all tables of the index
    official: only the clips of this published split
    namespaces: clips without any label in these are left out
    faults: see `Faults`; with 'repair' conditions, labels and groups are those that are right
    usage: only clips that may be used for this purpose, by their own licence or the dataset's
    only: of a relation of all clips that can enter and one of labels (clip_id, namespace, label), the clip_id of those
        that are wanted; what is told of the others is not gathered

    Raises UnknownName (namespace, published split),
    QueryError (`where`), SplitError when no clip remains.
    """
    within = f"dataset IN ({', '.join(map(quote, datasets))})"
    _refuse_unknown(con, "label namespace", f"SELECT DISTINCT namespace FROM labels WHERE {within}", namespaces)
    published = [official] if official else []
    _refuse_unknown(con, "published split", f"SELECT DISTINCT split FROM official_splits WHERE {within}", published)
    kept = ", ".join(map(quote, namespaces)) or "NULL"
    told = f"namespace IN ({kept}) AND canonical IS NOT NULL"
    facts = COLUMNS if only is None else ("clip_id",)
    permitted = ", ".join(map(quote, PURPOSES[usage] if usage else ()))
    clips_of, labels_of = (f"({JUDGED_CLIPS})", "repaired_labels") if faults == "repair" else (_AS_PUBLISHED, "labels")
    chosen = f"""
        SELECT {", ".join(f"matched.{name}" for name in facts)}, published.part, published.parts, flaws.flaw,
            len(matched.repaired) > 0 AS repaired,
            CASE WHEN matched.status = 'missing' THEN 'missing'
                 WHEN matched.status <> 'ok' THEN 'quarantined'
                 WHEN {f"coalesce(matched.usage, 'unknown') NOT IN ({permitted})" if usage else "false"} THEN 'licence'
                 WHEN matched.kind = 'midi' AND sounding.dataset IS NOT NULL THEN 'symbolic'
                 WHEN flaws.flaw = 'drop' AND {quote(faults)} = 'drop' THEN 'faulty'
                 WHEN matched.unrepaired IS NOT NULL THEN 'unrepaired'
                 WHEN told.clip_id IS NULL AND {"true" if namespaces else "false"} THEN 'unlabelled' END AS out
        FROM matched
        LEFT JOIN (SELECT DISTINCT dataset FROM matched WHERE kind = 'audio') AS sounding USING (dataset)
        LEFT JOIN (SELECT clip_id, min(action) AS flaw FROM faults WHERE {within} GROUP BY clip_id) AS flaws
            USING (clip_id)
        LEFT JOIN (SELECT DISTINCT clip_id FROM {labels_of} WHERE {within} AND {told}) AS told USING (clip_id)
        {"" if official else "LEFT"} JOIN (
            SELECT clip_id, min(part) AS part, count(DISTINCT part) AS parts
            FROM official_splits WHERE {within} AND split = {quote(official or "")} GROUP BY clip_id) AS published
            USING (clip_id)
        {"ORDER BY matched.clip_id" if only is None else ""}"""
    clips_of, labels_of = (f"(SELECT * FROM {known} WHERE {within})" for known in (clips_of, labels_of))
    matched = _where(con, clips_of, labels_of, where, chosen)
    if torn := matched.filter(pc.greater(matched["parts"], 1))["clip_id"].to_pylist():
        raise SplitError(
            f"The published split {official!r} has {len(torn)} clips in several parts: {some(torn, 5, counted=False)}.",
            'Leave them out with --where "clip_id not in (...)".',
        )
    clips = matched.filter(pc.is_null(matched["out"]))
    notes = _notes(matched, clips, faults, labels=" or ".join(namespaces), usage=usage)
    if not clips.num_rows:
        tried = " ".join(notes) or "No clip of the index fulfils the condition."
        raise SplitError(
            f"No clip of {', '.join(datasets)} can enter the split. {tried}",
            "\n".join(_silent(datasets)) or "Ask for other clips.",
        )
    items = tuple(_about(clips["clip_id"], items_that_tie(con, within)))
    labelled, wanted = f"(SELECT clip_id, namespace, canonical AS label FROM {labels_of} WHERE {told})", "true"
    if only is not None:
        con.register("entering", clips.select(["clip_id"]))
        con.register("wanted", only("entering", labelled).select(["clip_id"]))
        wanted = "clip_id IN (FROM wanted)"
        known = f"SELECT {', '.join(COLUMNS)}, NULL::VARCHAR AS part FROM {clips_of}"
        clips = con.sql(f"{known} WHERE {wanted} ORDER BY clip_id").to_arrow_table()
    labels = con.sql(f"SELECT DISTINCT * FROM {labelled} WHERE {wanted} ORDER BY ALL").to_arrow_table()
    return Candidates(clips.select([*COLUMNS, "part"]), _of(clips, labels), notes, items)


def _about(clips: pa.ChunkedArray, items: Sequence[TyingItem]) -> Iterator[TyingItem]:
    """Those of the items all of whose clips are among these."""
    mentioned = pa.array(sorted({clip_id for item in items for clip_id in item.clips}), pa.string())
    here = set(mentioned.filter(pc.is_in(mentioned, clips)).to_pylist()) if items else set()
    return (item for item in items if here.issuperset(item.clips))


def items_that_tie(con: duckdb.DuckDBPyConnection, within: str) -> list[TyingItem]:
    """The items, within a SQL condition, that are about several clips or of a cluster."""
    rows = con.sql(
        f"SELECT dataset, clips, cluster FROM items WHERE {within} AND (len(clips) > 1 OR cluster IS NOT NULL)"
        " ORDER BY task, item_id"
    ).fetchall()
    return [TyingItem(str(dataset), tuple(clips), cluster) for dataset, clips, cluster in rows]


def _silent(datasets: Sequence[str]) -> list[str]:
    """What the cards say of datasets whose host has no audio."""
    from mudata.catalog.cards import loader

    notes = []
    for name in datasets:
        with contextlib.suppress(UnknownName, CardError):  # indexed from a card file that is elsewhere, or was changed
            if note := loader.load(name).audio_note:
                notes.append(f"{name}: {note}")
    return notes


def _of(clips: pa.Table, labels: pa.Table) -> pa.Table:
    """The labels of these clips."""
    return labels.filter(pc.is_in(labels["clip_id"], clips["clip_id"])) if labels.num_rows else labels


def _refuse_unknown(con: duckdb.DuckDBPyConnection, kind: str, query: str, asked: Sequence[str]) -> None:
    known = [str(row[0]) for row in con.sql(query).fetchall()] if asked else []
    for name in asked:
        if name not in known:
            raise UnknownName(kind, name, known)


def _where(con: duckdb.DuckDBPyConnection, clips_of: str, labels_of: str, where: str | None, query: str) -> pa.Table:
    """The result of `query` over the relation `matched`, the clips for which `where` holds."""
    if where is None:
        return _query(con.sql(f"FROM {clips_of}"), query)
    columns = [str(row[0]) for row in con.sql("DESCRIBE clips").fetchall()]
    named = con.sql(f"SELECT DISTINCT namespace FROM {labels_of}").fetchall()
    namespaces = label_columns([str(row[0]) for row in named])
    used = [name for name in namespaces if re.search(rf"\b{re.escape(name)}\b", where, re.IGNORECASE)]
    clips = with_labels(clips_of, labels_of, used, key="clip_id")
    try:
        refuse_more_than_reading(where)
        # a filter is parsed as one expression, so that nothing can stand before or after it
        return _query(con.sql(clips).filter(where), query)
    except duckdb.Error as error:
        if is_of_machine(error):
            raise
        raise QueryError(
            f"The condition {where!r} cannot be used: {str(error).partition(chr(10))[0]}",
            f"It is one SQL expression over the columns {', '.join(columns)}; labels are lists"
            f" ({', '.join(namespaces) or 'none here'}), as in \"list_contains(genre, 'rock')\".",
        ) from error


def _query(matched: duckdb.DuckDBPyRelation, query: str) -> pa.Table:
    rows = matched.query("matched", query)
    assert rows is not None  # noqa: S101 - a SELECT has rows, if only none
    return rows.to_arrow_table()


def _notes(matched: pa.Table, clips: pa.Table, faults: Faults, **words: str | None) -> tuple[str, ...]:
    notes = []
    for reason, why in _WHY.items():
        if number := pc.sum(pc.equal(matched["out"], reason)).as_py():
            notes.append(f"{_clips(number)} left out: {why.format(**words)}.")
    if mended := pc.sum(clips["repaired"]).as_py():
        notes.append(f"{_clips(mended)} repaired: labels, names or crops are not as published.")
    flawed = len(clips) - clips["flaw"].null_count - (mended or 0)
    if flawed and faults == "warn":
        notes.append(f"{_clips(flawed)} with known faults let in.")
    elif flawed > 0 and faults in ("drop", "repair"):
        notes.append(f"{_clips(flawed)} let in with known faults that the card only warns of.")
    return tuple(notes)


def _clips(number: int) -> str:
    return f"{number} clip" if number == 1 else f"{number} clips"
