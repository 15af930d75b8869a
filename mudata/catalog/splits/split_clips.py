"""The clips of a split as rows, with labels, captions, groups, and audio when it is asked for: what training wants.

No library of training is needed: a part has a length and items by number, as map-style datasets have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from mudata.catalog.cards import loader
from mudata.catalog.index import database
from mudata.errors import MudataError, SplitError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from mudata.catalog.audio.audio_source import Samples
    from mudata.catalog.splits.manifest import Manifest
    from mudata.home import Home

FIXED = (
    *("part", "clip_id", "dataset", "audio", "sample_rate", "duration_s"),
    *("source", "start_s", "end_s", "artist", "album", "track", "title", "licence"),
)
"""Columns of every row; then one for each namespace of labels, and `captions`."""


@dataclass(frozen=True)
class SplitClip(Mapping[str, Any]):
    """A clip of a split, a mapping of what is known of it.

    part, clip_id, dataset; audio: path of the normalised clip; sample_rate, Hz; duration_s; source: path of the file
    that it was cut from, at start_s to end_s; artist, album, track, title, licence (None where unknown); a key for each
    namespace, with its label, or a list where a clip may have several; captions, a list.
    """

    row: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.row[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.row)

    def __len__(self) -> int:
        return len(self.row)

    def samples(self, rate: int | None = None) -> Samples:
        """The clip, decoded now: mono, float32, full scale = 1.

        rate: Hz to resample to [default: as it lies there, `sample_rate`]. Raises AudioError.
        """
        from mudata.catalog.audio.stored_clip import StoredClip

        return StoredClip(path=Path(self["audio"]), rate=self["sample_rate"]).samples(rate)


class SplitPart(Sequence[SplitClip]):
    """The clips of one part that can be heard. `left_out`: the others, with the reason."""

    def __init__(self, name: str, rows: Sequence[Mapping[str, Any]], left_out: Mapping[str, str]) -> None:
        self.name, self.rows, self.left_out = name, list(rows), dict(left_out)

    @overload
    def __getitem__(self, index: int) -> SplitClip: ...
    @overload
    def __getitem__(self, index: slice) -> list[SplitClip]: ...
    def __getitem__(self, index: int | slice) -> SplitClip | list[SplitClip]:
        if isinstance(index, slice):
            return [SplitClip(row) for row in self.rows[index]]
        return SplitClip(self.rows[index])

    def __len__(self) -> int:
        return len(self.rows)

    def arrow(self) -> pa.Table:
        """All rows as an Arrow table."""
        import pyarrow

        return pyarrow.Table.from_pylist(self.rows)

    def df(self) -> Any:
        """All rows as a pandas data frame."""
        return self.arrow().to_pandas()

    def __repr__(self) -> str:
        return f"Part {self.name!r}: {len(self):,} clips" + (
            f", {len(self.left_out):,} left out" if self.left_out else ""
        )


def load_parts(home: Home, split: Manifest) -> dict[str, SplitPart]:
    """The parts of a split in its order, looked up in the index as it is now.

    Raises SplitError for a manifest that was changed by hand.
    """
    if split.sha256 != split.digest():
        raise SplitError(
            f"The manifest of split {split.name} was changed: its hash is not that of its content.",
            "Undo the change, or draw a split of another name: see `mudata split --help`.",
        )
    with database.connect(home) as connection:
        known = _clips(connection, home, split)
        labels = _labels(connection, split)
        captions = _captions(connection, split)
    spaces = list(dict.fromkeys(name for name, _ in labels))
    single = {name: _is_single(split, name, labels) for name in spaces}
    parts = {}
    for part, members in split.parts.items():
        rows, left_out = [], {}
        for member in members:
            clip, why = known.get(member.clip_id, (None, "not in the index"))
            if clip is None:
                left_out[member.clip_id] = str(why)
                continue
            given = {name: labels.get((name, member.clip_id), []) for name in spaces}
            told = {name: next(iter(own), None) if single[name] else own for name, own in given.items()}
            rows.append({"part": part} | clip | told | {"captions": captions.get(member.clip_id, [])})
        parts[part] = SplitPart(part, rows, left_out)
    return parts


def _clips(
    connection: duckdb.DuckDBPyConnection, home: Home, split: Manifest
) -> dict[str, tuple[dict[str, Any] | None, str | None]]:
    """By clip id what is known of it, or why it cannot be heard."""
    rows = connection.execute(
        "SELECT clip_id, dataset, path, sample_rate, duration_s, source_path, start_s, start_s + duration_s AS end_s,"
        " artist, album, track, title, licence, status, reason FROM clips WHERE list_contains(?, dataset)",
        [list(split.datasets)],
    )
    names = [column[0] for column in rows.description or ()]
    found: dict[str, tuple[dict[str, Any] | None, str | None]] = {}
    for values in rows.fetchall():
        row = dict(zip(names, values, strict=True))
        if row["status"] != "ok" or not row["path"]:
            found[row["clip_id"]] = None, f"{row['status']}: {row['reason']}"
            continue
        source = home.raw(row["dataset"]) / "files" / row["source_path"] if row["source_path"] else None
        paths = {"audio": str(home.root / row["path"]), "source": str(source) if source else None}
        facts = row | paths
        found[row["clip_id"]] = {name: facts[name] for name in FIXED if name != "part"}, None
    return found


def _labels(connection: duckdb.DuckDBPyConnection, split: Manifest) -> dict[tuple[str, str], list[str]]:
    """Labels by namespace and clip id, both sorted; canonical where the vocabulary has them."""
    rows = connection.execute(
        "SELECT namespace, clip_id, list(DISTINCT coalesce(canonical, label) ORDER BY coalesce(canonical, label))"
        " FROM labels WHERE list_contains(?, dataset) AND namespace IS NOT NULL GROUP BY ALL ORDER BY ALL",
        [list(split.datasets)],
    ).fetchall()
    taken = {*FIXED, "captions"}
    return {(f"{space}_label" if space in taken else space, clip_id): list(labels) for space, clip_id, labels in rows}


def _captions(connection: duckdb.DuckDBPyConnection, split: Manifest) -> dict[str, list[str]]:
    rows = connection.execute(
        "SELECT clip_id, list(text ORDER BY text) FROM captions WHERE list_contains(?, dataset) AND kind = 'caption'"
        " GROUP BY ALL",
        [list(split.datasets)],
    ).fetchall()
    return {clip_id: list(texts) for clip_id, texts in rows}


def _is_single(split: Manifest, name: str, labels: Mapping[tuple[str, str], list[str]]) -> bool:
    """Whether every clip has one label at most, by the cards, and in fact."""
    for dataset in split.datasets:
        try:
            space = loader.load(dataset).labels.get(name.removesuffix("_label"))
        except MudataError:  # a card that is gone says nothing
            continue
        if space is not None and space.kind != "single":
            return False
    return all(len(own) <= 1 for (space_name, _), own in labels.items() if space_name == name)
