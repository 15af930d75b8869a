"""Seeded damage to JSON, JSON Lines and YAML: as disks, editors, programs and people with bad intent do it."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 3_000_000_000, 10**30, 10**400, 1.5, -0.5, 1e300, float("nan"), float("inf"),
    "", " ", ".", "..", "../x", "/", "a/b", "*", "{", "{stem", "{stem:>3000000000}", "{stem.__class__}", "{x!r}", "%s",
    "\0", "\ud800", "\x1b[31m", "\u202e", "é" * 300, "x" * 5000, "nan", "no", "2024-13-45", "SELECT 1", "http://[::1",
    [], {}, [[]], [None], [1, "a"], {"": None}, {"a": {"b": []}}, [{"id": "x"}, {"id": "x"}],
)  # fmt: skip
"""Values that stand where others are expected."""

DEEP = "[" * 100_000


def damaged(raw: bytes, rng: random.Random, *, lines: bool = False, as_yaml: bool = False) -> bytes:
    """The bytes of a file after one or two accidents; `lines` says that each line is a document of its own."""
    for _ in range(rng.choice((1, 1, 2))):
        if rng.random() < 0.6:
            raw = _changed(raw, rng, lines=lines, as_yaml=as_yaml)
        else:
            raw = rng.choice(_ACCIDENTS)(raw, rng)
    return raw


def _changed(raw: bytes, rng: random.Random, *, lines: bool, as_yaml: bool) -> bytes:
    """With one value, key or entry put in place of another, left out, or there twice."""
    try:
        if as_yaml:
            return yaml.safe_dump(_another(yaml.safe_load(raw), rng), allow_unicode=True, sort_keys=False).encode(
                "utf-8", "replace"
            )
        if not lines:
            return json.dumps(_another(json.loads(raw), rng)).encode()
        rows = raw.splitlines() or [b"{}"]
        at = rng.randrange(len(rows))
        rows[at] = json.dumps(_another(json.loads(rows[at]), rng)).encode()
        return b"\n".join(rows) + b"\n"
    except (ValueError, RecursionError, yaml.YAMLError):  # damaged already
        return raw


def _another(value: Any, rng: random.Random) -> Any:
    """A copy of a document in which one thing is not as it was."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(list(value))
        match rng.randrange(12):
            case 0:
                return {k: v for k, v in value.items() if k != key}
            case 1:
                return {(rng.choice(("no_such_key", "", "name", "id")) if k == key else k): v for k, v in value.items()}
            case _:
                return value | {key: _another(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.85:
        at = rng.randrange(len(value))
        match rng.randrange(10):
            case 0:
                return value[:at] + value[at + 1 :]
            case 1:
                return [*value, value[at]]
            case _:
                return [*value[:at], _another(value[at], rng), *value[at + 1 :]]
    return rng.choice(ODD)


def _cut(raw: bytes, rng: random.Random) -> bytes:
    return raw[: rng.randrange(len(raw) + 1)]


def _flipped(raw: bytes, rng: random.Random) -> bytes:
    if not raw:
        return raw
    at = rng.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ (1 << rng.randrange(8))]) + raw[at + 1 :]


def _inserted(*pieces: bytes) -> Callable[[bytes, random.Random], bytes]:
    def insert(raw: bytes, rng: random.Random) -> bytes:
        at = rng.randrange(len(raw) + 1)
        return raw[:at] + rng.choice(pieces) + raw[at:]

    return insert


def _zeroed(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(raw) + 1)
    return raw[:at] + bytes(len(raw) - at)


def _twice(raw: bytes, rng: random.Random) -> bytes:
    lines = raw.splitlines(keepends=True) or [b""]
    at = rng.randrange(len(lines))
    return b"".join([*lines[:at], lines[at], lines[at], *lines[at + 1 :]])


def _instead(raw: bytes, rng: random.Random) -> bytes:
    whole = (
        b"",
        b"[1]",
        b"null",
        b"7",
        b'"x"',
        b"{}",
        b"[]",
        b"\0" * 64,
        DEEP.encode(),
        b"9" * 5000,
        b"NaN",
        b"<html>",
    )
    return rng.choice(whole)


_ACCIDENTS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _cut,
    _flipped,
    _inserted(
        b"\0", b"\xff", b"\t", b"\n", b"{", b"]", b'"', b":", b",", b"- ", b"\\ud800", b"\xe2\x80\xae", b"\x1b[2J"
    ),
    _inserted(DEEP.encode(), b"9" * 5000, b"NaN", b"*a", b"&a ", b"<<: ", b"!!int ", b"no: "),
    _zeroed,
    _twice,
    _instead,
    lambda raw, rng: b"\xef\xbb\xbf" + raw,
    lambda raw, rng: raw.decode("utf-8", "replace").encode("utf-16"),
)


def damaged_parquet(raw: bytes, rng: random.Random) -> bytes:
    """A sound Parquet file that holds what it never should: NULLs, other types, no column, no row, all twice."""
    table = pq.read_table(io.BytesIO(raw))
    at = rng.randrange(table.num_columns)
    field, rows = table.schema.field(at), range(table.num_rows)
    match rng.randrange(6):
        case 0:
            table = table.set_column(at, field, pa.nulls(table.num_rows, field.type))
        case 1:
            table = table.remove_column(at)
        case 2:
            texts = [rng.choice(("x", "", None, "\x1b[31m", "../x")) for _ in rows]
            table = table.set_column(at, field.name, pa.array(texts, pa.string()))
        case 3:
            numbers = [rng.choice((0, -1, 10**15, None)) for _ in rows]
            table = table.set_column(at, field.name, pa.array(numbers, pa.int64()))
        case 4:
            table = table.slice(0, 0)
        case _:
            table = pa.concat_tables([table, table])
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()
