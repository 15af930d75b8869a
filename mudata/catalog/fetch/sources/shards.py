"""Rows of Parquet and Arrow shards become audio files and tables; read with `datasets`, never decoded.

Shards come one by one and may be fetched only when they are asked for, so that a limit fetches no
more than it needs. Memory stays within a few batches of a shard, whatever the size of the set.
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mudata.catalog.fetch.sources.templates import fill
from mudata.errors import ReadError, is_of_machine
from mudata.home import write_atomic
from mudata.json_files import as_type, parse
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    import pyarrow as pa

    from mudata.catalog.cards.mirrors import Rows

_BATCH = 16
"""Rows in memory at a time: audio of full tracks is a few MB each."""
_ENDINGS = {b"RIFF": ".wav", b"fLaC": ".flac", b"OggS": ".ogg", b"ID3": ".mp3", b"\xff\xfb": ".mp3", b".snd": ".au"}
"""By how a file begins: what audio in such sets is mostly coded as."""
_NOTE = b"mudata.rows"
"""Key of the table's metadata that says which rows of what are there."""


@dataclass(frozen=True)
class Written:
    """The audio files and the tables (last),
    and the rows that gave none, by the stem their file would have."""

    files: tuple[Path, ...]
    failures: dict[str, str]


def present(rows: Rows, files: Path, *, source: str, limit: int | None) -> Written | None:
    """What an earlier `write` of the same source left, if that is all of what is asked for now."""
    import pyarrow.parquet as pq

    made: list[Path] = []
    failures: dict[str, str] = {}
    tables = sorted(files.glob(rows.table.replace("{split}", "*")))
    try:
        for table in tables:
            note = parse((pq.read_metadata(table).metadata or {})[_NOTE])
            if note["source"] != source or note["path"] != rows.path or note.get("tables", 1) != len(tables):
                return None
            if note["limit"] is not None and (limit is None or note["limit"] < limit):
                return None
            made += [files / path for path in pq.read_table(table, columns=["path"])["path"].to_pylist() if path]
            failures |= as_type(note["failures"], dict[str, str])
    except (OSError, ValueError, KeyError, TypeError) as error:
        if is_of_machine(error):
            raise
        return None
    return Written((*made, *tables), failures) if tables and all(path.is_file() for path in made) else None


def write(
    shards: Iterable[tuple[str, Path]],
    rows: Rows,
    files: Path,
    *,
    source: str,
    limit: int | None = None,
    progress: Progress = SILENT,
) -> Written:
    """Write the rows of `shards` (name in the repository, local file; in order) below `files`.

    A row's path may use its columns, {index}, {row}, {shard}, {split} and, from the name that is embedded
    with the audio, {name} and {stem}; where no name is embedded, it is that of the split and the row:
    train-00012.wav. A path that another row has gets a number: song~2.wav. The table, or that of the split,
    holds every column that is no audio or image, `path` (NULL where a row gave no file) and `split`. A file
    of the same size is kept as it is. Stops after `limit` files. Raises ReadError for a shard that cannot be
    read or lacks the audio column, CardError for a path template that cannot be filled.
    """
    made: dict[Path, None] = {}
    failures: dict[str, str] = {}
    counts: dict[str, int] = {}
    taken: dict[str, int] = {}
    with (
        _Tables(files, rows) as tables,
        progress.bar("unpacking rows", limit, "clips") as advance,
        contextlib.closing(_every(shards, rows.audio, tables)) as every,
    ):
        for shard, index, row in every:
            audio, split = row.pop(rows.audio), _split(rows, shard)
            given = {"index": index, "row": counts.get(split, 0), "split": split, "shard": PurePosixPath(shard).stem}
            name = audio.name or f"{split}-{given['row']:05d}{_ending(audio.data)}"
            given |= {"name": name, "stem": PurePosixPath(name).stem}
            counts[split] = counts.get(split, 0) + 1
            path = fill(rows.path, given | {key: value for key, value in row.items() if value is not None})
            path = _free(path, taken)
            target = files / path
            if audio.data:
                _keep_or_write(target, audio.data)
                made[target] = None
            else:
                failures[target.stem] = f"no audio in row {index} of {shard}"
            tables.of(shard).add({"split": split} | row | {"path": path if audio.data else None})
            advance(1)
            if limit is not None and len(made) >= limit:
                break
        else:
            limit = None  # these were all there are
        written = tables.complete({"source": source, "path": rows.path, "limit": limit, "failures": failures})
    return Written((*made, *written), failures)


def _split(rows: Rows, name: str) -> str:
    """The split's name in a shard's path; 'train', as Hugging Face calls a set that is not
    split."""
    match = re.search(rows.split, name)
    return match[match.re.groups and 1] if match else "train"


def _ending(data: bytes | None) -> str:
    """The ending that a file of these bytes has."""
    return next((ending for signature, ending in _ENDINGS.items() if (data or b"").startswith(signature)), "")


def _free(path: str, taken: dict[str, int]) -> str:
    """The path, with a number if a row before has it; `taken` counts."""
    wanted, this = path, PurePosixPath(path)
    while path in taken:
        taken[wanted] += 1
        path = str(this.with_name(f"{this.stem}~{taken[wanted]}{this.suffix}"))
    taken[path] = 1
    return path


def _keep_or_write(target: Path, data: bytes) -> None:
    try:
        if target.stat().st_size == len(data):
            return
    except OSError:
        pass
    write_atomic(target, data)


@dataclass(frozen=True)
class _Audio:
    data: bytes | None
    name: str
    """File name that is embedded beside the bytes; may be empty."""


def _every(
    shards: Iterable[tuple[str, Path]], audio: str, tables: _Tables
) -> Generator[tuple[str, int, dict[str, Any]], None, None]:
    for name, shard in shards:
        for index, row in enumerate(_rows(name, shard, audio, tables.of(name))):
            yield name, index, row


def _rows(name: str, shard: Path, audio: str, table: _Table) -> Iterator[dict[str, Any]]:
    """The rows of one shard: the audio as `_Audio`, class labels by name, other media left out."""
    import datasets

    kind = "arrow" if shard.suffix == ".arrow" else "parquet"
    with tempfile.TemporaryDirectory(prefix="mudata-") as scratch:  # the loader leaves a lock file in its cache folder
        try:
            shown = datasets.load_dataset(
                kind, data_files=str(shard), split="train", streaming=True, cache_dir=scratch
            ).decode(False)
            features = dict(shown.features or {})
            if audio not in features:
                raise ReadError(
                    f"{name} has no column {audio!r}; it has: {', '.join(features)}.",
                    "Correct `rows.audio` in the card; if there is no audio at all, leave `rows` out.",
                )
            kept = {k: f for k, f in features.items() if k == audio or not hasattr(f, "decode_example")}
            table.open(name, {key: feature for key, feature in kept.items() if key != audio})
            for batch in shown.with_format("arrow").iter(batch_size=_BATCH):
                for row in batch.select(list(kept)).to_pylist():
                    named = {key: _named(value, kept[key]) for key, value in row.items() if key != audio}
                    yield named | {audio: _audio(row[audio])}
        except (ValueError, OSError, TypeError) as error:  # pyarrow's errors are ValueErrors
            if getattr(error, "errno", None):
                raise
            raise ReadError(
                f"{name} cannot be read as {kind.capitalize()}: {error}",
                f"Delete {shard} and run the same command again; if it stays so, the publisher's file is broken.",
            ) from error


def _audio(value: Mapping[str, Any] | bytes | None) -> _Audio:
    if isinstance(value, Mapping):
        return _Audio(value.get("bytes"), PurePosixPath((value.get("path") or "").replace("\\", "/")).name)
    return _Audio(value, "")


def _named(value: Any, feature: Any) -> Any:
    """Class numbers, alone or in lists, as their names; -1 means none."""
    if isinstance(value, list):
        return [_named(item, getattr(feature, "feature", None)) for item in value]
    if isinstance(value, int) and hasattr(feature, "int2str"):
        return feature.int2str(value) if value >= 0 else None
    return value


class _Tables(contextlib.ExitStack):
    """The one table, or that of each split where its name says so. None is there before all are complete."""

    def __init__(self, files: Path, rows: Rows) -> None:
        super().__init__()
        self._files, self._rows = files, rows
        self._tables: dict[Path, _Table] = {}

    def of(self, shard: str) -> _Table:
        """Where a shard's rows go."""
        path = self._files / fill(self._rows.table, {"split": _split(self._rows, shard)})
        if path not in self._tables:
            self._tables[path] = self.enter_context(_Table(path))
        return self._tables[path]

    def complete(self, note: Mapping[str, object]) -> tuple[Path, ...]:
        """Move all to their places, with what is noted and how many they are. Raises ReadError for none."""
        if not self._tables:
            raise ReadError("There are no shards to take rows from.", "Correct `files` in the card.")
        for table in self._tables.values():
            table.close({**note, "tables": len(self._tables)})
        return tuple(self._tables)


class _Table:
    """A Parquet table, written a thousand rows at a
    time beside its place and moved there when complete."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._schema: pa.Schema | None = None
        self._writer: Any = None
        self._rows: list[dict[str, Any]] = []

    def __enter__(self) -> _Table:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()
        with contextlib.suppress(FileNotFoundError):
            self._part.unlink()

    def open(self, name: str, features: Mapping[str, Any]) -> None:
        """Take the columns of the first shard; the other shards must have the same."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        text = pa.string()
        columns = {"split": text} | {key: _type(f) for key, f in features.items()} | {"path": text}
        schema = pa.schema(list(columns.items()))
        if self._schema is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._schema, self._writer = schema, pq.ParquetWriter(self._part, schema)
        elif not schema.equals(self._schema):
            raise ReadError(
                f"The columns of {name} differ from those of the first shard.",
                f"Expected {', '.join(self._schema.names)}; got {', '.join(schema.names)} (or other types).",
            )

    def add(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) == 1000:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows = []

    def close(self, note: Mapping[str, object]) -> None:
        self._flush()
        self._writer.add_key_value_metadata({_NOTE: json.dumps(note)})
        self._writer.close()
        self._part.replace(self._path)


def _type(feature: Any) -> pa.DataType:
    """The Arrow type of a column, with text where class numbers were."""
    import datasets

    if isinstance(feature, datasets.ClassLabel):
        feature = datasets.Value("string")
    elif isinstance(getattr(feature, "feature", None), datasets.ClassLabel):
        feature = datasets.List(datasets.Value("string"))
    return datasets.Features({"it": feature}).arrow_schema.field("it").type
