"""The clips of a split, with labels, captions, groups, and sound that is decoded when it is asked for.

A part is a table of Arrow, read once from the index: no clip costs a query, and processes that load clips
share the table instead of copying it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

from mudata.catalog.cards import loader
from mudata.catalog.index import database
from mudata.catalog.read.sql_literals import identifier
from mudata.catalog.training.label_classes import LabelClasses
from mudata.errors import AudioError, MissingExtra, MudataError, SplitError, UnknownName

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from mudata.catalog.audio.audio_source import Samples
    from mudata.catalog.splits.manifest import Manifest
    from mudata.home import Home

FIXED = (
    *("part", "clip_id", "dataset", "kind", "path", "rate", "duration_s"),
    *("source", "start_s", "end_s", "artist", "album", "track", "title", "licence"),
)
"""Columns of every row; then one for each namespace of labels, and `captions`."""

TableKind = Literal["pandas", "polars", "arrow"]
TABLE_KINDS: tuple[TableKind, ...] = get_args(TableKind)

_CLIPS = """
SELECT m.part, m.clip_id, c.dataset, c.kind, $root || '/' || c.path AS path, c.sample_rate AS rate, c.duration_s,
  $root || '/raw/' || c.dataset || '/files/' || c.source_path AS source, c.start_s, c.start_s + c.duration_s AS end_s,
  c.artist, c.album, c.track, c.title, c.licence{labels}, coalesce(said.texts, []) AS captions,
  CASE WHEN c.clip_id IS NULL THEN 'not in the index'
    WHEN c.status <> 'ok' THEN concat_ws(': ', c.status, c.reason)
    WHEN c.kind = 'text' THEN 'words alone, nothing to hear'
    WHEN c.path IS NULL THEN 'it has no file' END AS left_out
FROM members m
LEFT JOIN (SELECT * FROM clips SEMI JOIN members USING (clip_id)) c USING (clip_id){joins}
LEFT JOIN (
  SELECT clip_id, list(text ORDER BY text) AS texts FROM captions SEMI JOIN members USING (clip_id)
  WHERE kind = 'caption' GROUP BY clip_id
) said USING (clip_id)
ORDER BY m.position
"""


@dataclass(frozen=True, kw_only=True)
class SplitClip:
    """A clip of a split: what is known of it, and its sound, decoded whenever it is asked for.

    clip_id, dataset, part; kind: 'audio', or 'midi' (notes, which have no samples); path: the file with its sound;
    duration_s, seconds; source: the file that it was published in, where it is from start_s to end_s; artist, album,
    track, title, licence: None where unknown; labels: by namespace, one label or None, or a list where a clip may have
    several; captions: what people wrote of it.
    """

    clip_id: str
    dataset: str
    part: str
    kind: str
    path: Path
    rate: int | None
    """Hz of `waveform`; None of notes."""
    duration_s: float
    source: Path | None
    start_s: float
    end_s: float
    artist: str | None
    album: str | None
    track: str | None
    title: str | None
    licence: str | None
    labels: Mapping[str, str | list[str] | None]
    captions: Sequence[str]

    @property
    def caption(self) -> str | None:
        """The first caption, by the alphabet; None where there is none."""
        return self.captions[0] if self.captions else None

    @property
    def waveform(self) -> Samples:
        """All of it: (1, n) float32 at `rate` Hz, full scale = 1. Decoded anew each time. Raises as `read`."""
        return self.read()

    def read(self, rate: int | None = None, *, start_s: float = 0.0, duration_s: float | None = None) -> Samples:
        """The clip, or `duration_s` seconds of it from `start_s` on: (1, n) float32, full scale = 1.

        rate: Hz to resample to [default: the clip's own]. Only what is asked for is decoded.
        Raises AudioError: a file that is gone or damaged, notes, or a start behind the end.
        """
        if self.kind != "audio" or self.rate is None:
            raise AudioError("no_audio", f"{self.clip_id} is notes, which have no samples: {self.path}")
        from mudata.catalog.audio.stored_clip import StoredClip

        stored = StoredClip(path=self.path, rate=self.rate)
        try:
            return stored.samples(rate, start_s=start_s, duration_s=duration_s)[None]
        except AudioError as error:
            raise AudioError(
                error.reason,
                f"{self.clip_id} cannot be read: {error.what} ({self.path})",
                error.hint or f"`mudata verify {self.dataset}` tells what else is wrong, `mudata fetch` mends it.",
            ) from error


class SplitPart(Sequence[SplitClip]):
    """The clips of one part of a split, in its order.

    name: of the part. classes: by namespace its labels with their numbers, the same for all parts of the split.
    left_out: clips of the split that have no file to load, by id, with the reason.
    """

    def __init__(
        self, name: str, rows: pa.Table, classes: Mapping[str, LabelClasses], left_out: Mapping[str, str]
    ) -> None:
        self.name, self.classes, self.left_out = name, dict(classes), dict(left_out)
        self._rows = rows

    @overload
    def __getitem__(self, index: int) -> SplitClip: ...
    @overload
    def __getitem__(self, index: slice) -> list[SplitClip]: ...
    def __getitem__(self, index: int | slice) -> SplitClip | list[SplitClip]:
        if isinstance(index, slice):
            return [self[n] for n in range(*index.indices(len(self)))]
        number = range(len(self))[index]
        return self._clip(self._rows.slice(number, 1).to_pylist()[0])

    def __len__(self) -> int:
        return int(self._rows.num_rows)

    def __iter__(self) -> Iterator[SplitClip]:
        for batch in self._rows.to_batches(1024):
            yield from map(self._clip, batch.to_pylist())

    def _clip(self, row: dict[str, Any]) -> SplitClip:
        labels = {name: row.pop(_column(name)) for name in self.classes}
        source = row.pop("source")
        return SplitClip(**row | {"path": Path(row["path"]), "source": source and Path(source), "labels": labels})

    @overload
    def table(self, kind: Literal["arrow"]) -> pa.Table: ...
    @overload
    def table(self, kind: Literal["pandas", "polars"] = "pandas") -> Any: ...
    def table(self, kind: TableKind = "pandas") -> Any:
        """All clips as a table of pandas, polars or Arrow, a row each: the fields of a clip, a column for each
        namespace of labels (lists where a clip may have several), and `captions`, lists.

        Raises MissingExtra where the library is not installed, UnknownName for another kind.
        """
        if kind not in TABLE_KINDS:
            raise UnknownName("kind of table", kind, TABLE_KINDS)
        if kind == "arrow":
            return self._rows
        try:
            if kind == "pandas":
                return self._rows.to_pandas()
            import polars
        except ImportError as error:
            raise MissingExtra(f"A table of {kind}", kind, "tables") from error
        return polars.from_arrow(self._rows)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """As `table`, as plain Python."""
        return list(self._rows.to_pylist())

    def __repr__(self) -> str:
        told = [f"{space} {len(own):,}" for space, own in self.classes.items()]
        return (
            f"Part {self.name!r}: {len(self):,} clips"
            + (f"; labels: {', '.join(told)}" if told else "")
            + (f"; {len(self.left_out):,} left out" if self.left_out else "")
        )


def load_parts(home: Home, split: Manifest) -> dict[str, SplitPart]:
    """The parts of a split in its order, looked up in the index as it is now.

    Raises SplitError for a manifest that was changed by hand.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if split.sha256 != split.digest():
        raise SplitError(
            f"The manifest of split {split.name} was changed: its hash is not that of its content.",
            "Undo the change, or draw a split of another name: see `mudata split --help`.",
        )
    members = [(part, member.clip_id) for part, own in split.parts.items() for member in own]
    told = {
        "part": pa.array([part for part, _ in members], pa.string()),
        "clip_id": pa.array([clip_id for _, clip_id in members], pa.string()),
        "position": pa.array(range(len(members)), pa.int64()),
    }
    with database.snapshot(home) as connection:
        connection.register("members", pa.table(told))
        for table in ("labels", "clips") if split.is_repaired else ():  # what is known to be right, under their names
            connection.execute(f"CREATE TEMP TABLE {table} AS FROM repaired_{table} SEMI JOIN members USING (clip_id)")
        classes = _classes(connection, split)
        rows = _rows(connection, home, classes)
    parts = {}
    for part in split.parts:
        own = rows.filter(pc.equal(rows["part"], part))
        gone = own.filter(pc.is_valid(own["left_out"])).select(["clip_id", "left_out"]).to_pylist()
        heard = own.filter(pc.is_null(own["left_out"])).drop_columns(["left_out"]).combine_chunks()
        parts[part] = SplitPart(part, heard, classes, {row["clip_id"]: row["left_out"] for row in gone})
    return parts


def _classes(connection: duckdb.DuckDBPyConnection, split: Manifest) -> dict[str, LabelClasses]:
    """The namespaces of the split's clips with their labels, canonical where the vocabulary has them. Leaves the
    labels of each clip in the table `told` of the connection."""
    connection.execute(
        "CREATE TEMP TABLE told AS SELECT namespace, clip_id, list(DISTINCT name ORDER BY name) AS own"
        " FROM (SELECT *, coalesce(canonical, label) AS name FROM labels SEMI JOIN members USING (clip_id))"
        " WHERE namespace IS NOT NULL GROUP BY ALL"
    )
    found = connection.execute(
        "SELECT namespace, list(DISTINCT name ORDER BY name), max(len(own))"
        " FROM (SELECT namespace, own, unnest(own) AS name FROM told) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return {
        space: LabelClasses(space, tuple(names), most <= 1 and _is_single(split, space)) for space, names, most in found
    }


def _rows(connection: duckdb.DuckDBPyConnection, home: Home, classes: Mapping[str, LabelClasses]) -> pa.Table:
    """A row for each member, with the labels of each namespace, and why it is left out, if it is."""
    labels, joins = "", ""
    for number, (space, known) in enumerate(classes.items()):
        own = f"l{number}.own[1]" if known.single else f"coalesce(l{number}.own, [])"
        labels += f", {own} AS {identifier(_column(space))}"
        of_space = f"SELECT clip_id, own FROM told WHERE namespace = $space{number}"  # noqa: S608 - a number
        joins += f"\nLEFT JOIN ({of_space}) l{number} USING (clip_id)"
    spaces = {f"space{number}": space for number, space in enumerate(classes)}
    query = _CLIPS.format(labels=labels, joins=joins)
    return connection.sql(query, params={"root": str(home.root), **spaces}).to_arrow_table()


def _column(space: str) -> str:
    """The column of a namespace; one with the name of another column has a longer one."""
    return f"{space}_label" if space in (*FIXED, "captions") else space


def _is_single(split: Manifest, space: str) -> bool:
    """Whether the cards say that a clip has one label at most."""
    for dataset in split.datasets:
        try:
            known = loader.load(dataset).labels.get(space)
        except MudataError:  # a card that is gone says nothing
            continue
        if known is not None and known.kind != "single":
            return False
    return True
