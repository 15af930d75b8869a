"""A card's clip rules: from the files that match their patterns to the relation `clips`."""

# ruff: noqa: S608 - names and values go through `identifier` and `quote`, a card's SQL through `RawSql`
from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from mudata.catalog.cards.patterns import Pattern
from mudata.catalog.read import repeated_rows
from mudata.catalog.read.files import left_for_case, match_all
from mudata.catalog.read.sql_literals import identifier, quote
from mudata.errors import CardError, ReadError, number

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card, Clips
    from mudata.catalog.read.card_sql import RawSql

COLUMNS = {
    "id": "VARCHAR",
    "path": "VARCHAR",
    "kind": "VARCHAR",
    "artist": "VARCHAR",
    "album": "VARCHAR",
    "track": "VARCHAR",
    "title": "VARCHAR",
    "licence": "VARCHAR",
    "subset": "VARCHAR",
    "start_s": "DOUBLE",
    "end_s": "DOUBLE",
    "hash": "VARCHAR",
}
"""What every clip has, NULL where the card says nothing; further columns of a SELECT follow."""

CROP = {
    "crop_mode": "VARCHAR", "crop_s": "DOUBLE", "channel_mix": "VARCHAR", "window_s": "DOUBLE", "window_at": "DOUBLE",
}  # fmt: skip
"""The crop, the mix and the window of the clip's rule; a SELECT cannot give them."""

_NO_TEXT = "the name is not UTF-8, or has control characters; the file is left out"
_DIFFERS_BY_CASE = "another file's name differs from it by the case of its letters alone; the file is left out"
_UNSAFE = r"(^|[/\\])\.{0,2}([/\\]|$)|^[A-Za-z]:[/\\]|[\x00-\x1f]"
"""Paths and ids become file names: nothing in them may be empty, lead upwards, or start at a
root."""


def load(
    sql: RawSql,
    card: Card,
    entries: Sequence[tuple[str, int]],
    tables: Mapping[str, Sequence[Path]],
    subsets: Sequence[str],
    *,
    loose: bool = False,
    published: pa.Table | None = None,
) -> list[tuple[str, str, str]]:
    """Create `clips` (COLUMNS, CROP, then all else that the rules give), `files` (of all rules) and
    `_every_clip` (id), which has those of other subsets too.

    `entries` are path and size of the files that are there, `tables` the files of each raw table;
    clips outside `subsets` are left out (none named: no clip is). `loose`: tables are lacking, and
    files that no SELECT makes a clip of are clips by their names alone. `published` are clips that
    items name. Gives what else is left out, as (kind, where, what) of issues: files whose names are no
    text or are told apart by case alone, rows without id or path. Raises CardError, or ReadError if ids or
    paths are unfit.
    """
    readable = [(path, size) for path, size in entries if _is_text(path)]
    empty = ", ".join(f"NULL::{type_} AS {name}" for name, type_ in (COLUMNS | CROP).items())
    sql.run(f"CREATE TEMP TABLE _found AS SELECT {empty} LIMIT 0")
    for position, rule in enumerate(card.clips):
        _files(sql, position, rule, readable)
        _clips(sql, position, rule)
        if loose and rule.select:
            _loose_clips(sql, position, rule)
    if published is not None:
        sql.register("_of_items", published)
    rules = range(len(card.clips))
    given = [*(f'FROM "clips {n}"' for n in rules), *(["FROM _of_items"] if published is not None else [])]
    union = " UNION ALL BY NAME ".join(["FROM _found", *given])
    wanted = f"[{', '.join(map(quote, subsets))}]::VARCHAR[]"
    within = f"WHERE subset IS NULL OR list_has_any(string_split(subset, ','), {wanted})" if subsets else ""
    sql.run(f"CREATE TEMP TABLE _all AS FROM ({union})")
    nameless = "id IS NULL OR (path IS NULL AND kind <> 'text')"
    unnamed = sql.values(f"SELECT id, path FROM _all WHERE {nameless} ORDER BY ALL")
    sql.run(f"DELETE FROM _all WHERE {nameless}")
    sql.run("CREATE TEMP TABLE _every_clip AS SELECT id FROM _all")
    sql.run(f"CREATE TEMP TABLE clips AS FROM _all {within}")
    every = " UNION ALL BY NAME ".join(f'FROM "files {n}"' for n in rules)
    sql.run(f"CREATE OR REPLACE TEMP VIEW files AS {every or 'SELECT NULL AS path, NULL AS size LIMIT 0'}")
    _take_spelling_of_files(sql, readable)
    _check(sql, card, tables)
    issues = [("bad-name", "".join(map(_shown, path)), _NO_TEXT) for path, _ in entries if not _is_text(path)]
    doubtful = {path for rule in card.clips for path in left_for_case(readable, rule.files, rule.ignore)}
    if doubtful:
        doubtful -= {str(path) for (path,) in sql.values("SELECT path FROM files UNION SELECT path FROM _all")}
        issues += [("bad-name", path, _DIFFERS_BY_CASE) for path in sorted(doubtful)]
    if unnamed:
        example = f"id {unnamed[0][0] or 'missing'}, path {unnamed[0][1] or 'missing'}"
        what = f"{number(len(unnamed), 'row gives', 'rows give')} no id or no path, such as: {example}"
        issues.append(("bad-record", "clips", f"{what}; left out"))
    return issues


def _is_text(path: str) -> bool:
    """Whether a path is UTF-8, as tables want it,
    and without control characters, as lists of names want it."""
    return path.isprintable() or not any("\ud800" <= sign <= "\udfff" or sign < " " for sign in path)


def _shown(sign: str) -> str:
    return sign if _is_text(sign) else sign.encode("unicode_escape").decode()


def _files(sql: RawSql, number: int, rule: Clips, entries: Sequence[tuple[str, int]]) -> None:
    """The relation `files` of one rule: path, size, and the named parts of its patterns."""
    names = list(dict.fromkeys(name for text in rule.files for name in Pattern(text).names))
    if taken := {"path", "size"} & set(names):
        raise CardError(
            f"Card {sql.name}: clips.{number}: a named part cannot be called {taken.pop()!r}.", "Choose another name."
        )
    matching = list(match_all(entries, rule.files, rule.ignore))
    columns = {
        "path": pa.array([path for path, _, _ in matching], pa.string()),
        "size": pa.array([size for _, size, _ in matching], pa.int64()),
    }
    columns |= {name: pa.array([parts.get(name) for _, _, parts in matching], pa.string()) for name in names}
    sql.register("_matching", pa.table(columns))
    sql.run(f'CREATE TEMP TABLE "files {number}" AS FROM _matching')
    sql.run(f'CREATE OR REPLACE TEMP VIEW files AS FROM "files {number}"')


def _clips(sql: RawSql, number: int, rule: Clips) -> None:
    """The clips of one rule, with those of COLUMNS and CROP that it knows."""
    where = f"clips.{number}"
    select = rule.select or _templates(f"Card {sql.name}: {where}", rule)
    given = sql.columns(where, select)
    if missing := [name for name in ("id", "path") if name not in given]:
        raise CardError(
            f"Card {sql.name}: {where}: the SELECT gives no column {' and no '.join(missing)}.",
            f"It gives {', '.join(given)}.",
        )
    known = [name for name in COLUMNS if name in given and name != "kind"]
    # a list (the subsets that a clip is in) becomes text with commas
    plain = {name: f"array_to_string({name}, ',')" if given[name].endswith("[]") else name for name in known}
    columns = [f"CAST({plain[name]} AS {COLUMNS[name]}) AS {name}" for name in known]
    columns.append(f"{'coalesce(kind, ' if 'kind' in given else '('}{quote(rule.kind)}) AS kind")
    if crop := rule.crop:
        mode, seconds = ("centre", crop.centre) if crop.centre else ("first", crop.first)
        columns.append(f"{quote(mode)} AS crop_mode, {seconds}::DOUBLE AS crop_s")
    columns.append(f"{quote(rule.mix)} AS channel_mix")
    if rule.window:
        columns.append(f"{rule.window.seconds}::DOUBLE AS window_s, {rule.window.at}::DOUBLE AS window_at")
    columns += [identifier(name) for name in given if name not in COLUMNS | CROP]
    sql.create(where, f"clips {number}", select, ", ".join(columns))


def _loose_clips(sql: RawSql, number: int, rule: Clips) -> None:
    """Add the files of a rule that its SELECT did not name: by the name of the file, or where
    several have one, by their paths."""
    sql.run(
        f"CREATE TEMP TABLE \"loose {number}\" AS SELECT path, regexp_replace(path, '\\.[^./]*$', '') AS whole,"
        " parse_filename(path, true, 'forward_slash') AS stem"
        f' FROM "files {number}" WHERE path NOT IN (SELECT path FROM "clips {number}" WHERE path IS NOT NULL)'
    )
    sql.run(
        f'INSERT INTO "clips {number}" BY NAME SELECT'
        f" if(count(*) OVER (PARTITION BY stem) = 1, stem, whole) AS id, path, {quote(rule.kind)} AS kind"
        f' FROM "loose {number}"'
    )
    if rule.crop:
        mode, seconds = ("centre", rule.crop.centre) if rule.crop.centre else ("first", rule.crop.first)
        sql.run(f'UPDATE "clips {number}" SET crop_mode = {quote(mode)}, crop_s = {seconds}')
    if rule.window:
        seconds, at = rule.window.seconds, rule.window.at
        sql.run(f'UPDATE "clips {number}" SET window_s = {seconds}, window_at = {at}')


def _templates(where: str, rule: Clips) -> str:
    """The SELECT of a rule that has none: ids and groups from the named parts of the path."""
    parts = list(dict.fromkeys(name for text in rule.files for name in Pattern(text).names))
    made = {"id": rule.id} | {str(group): text for group, text in rule.groups.items()}
    columns = [f"{_template(f'{where}.{name}', text, parts)} AS {name}" for name, text in made.items()]
    columns += [identifier(part) for part in parts if part not in made]
    return f"SELECT {', '.join(columns)}, path FROM files"


def _template(where: str, text: str, parts: Sequence[str]) -> str:
    pieces: list[str] = []
    for literal, field, _, _ in string.Formatter().parse(text):
        if literal:
            pieces.append(quote(literal))
        if field is not None:
            if field not in parts:
                raise CardError(
                    f"{where}: {text!r} names {{{field}}}, which no pattern has.",
                    f"Named parts: {', '.join(parts) or 'none'}.",
                )
            pieces.append(identifier(field))
    return " || ".join(pieces) or "NULL"


def _take_spelling_of_files(sql: RawSql, entries: Sequence[tuple[str, int]]) -> None:
    """A clip whose path no file has gets that of the one file that differs from it by case only;
    not where two clips' paths differ so, as ids of YouTube may."""
    sql.register("_there", pa.table({"path": pa.array([path for path, _ in entries], pa.string())}))
    if sql.values("SELECT path FROM clips ANTI JOIN _there USING (path) LIMIT 1"):
        alone = (
            "SELECT lower(path) AS folded, any_value(path) AS path FROM {} GROUP BY 1 HAVING count(DISTINCT path) = 1"
        )
        sql.run(
            "UPDATE clips SET path = single.path"
            f" FROM ({alone.format('_there')}) AS single SEMI JOIN ({alone.format('clips')}) USING (folded)"
            " WHERE lower(clips.path) = single.folded AND clips.path NOT IN (SELECT path FROM _there)"
        )


def _check(sql: RawSql, card: Card, tables: Mapping[str, Sequence[Path]]) -> None:
    for name in ("id", "path"):
        unsafe = f"regexp_matches({name}, {quote(_UNSAFE)})"
        if unfit := sql.values(f"SELECT {name}, path FROM clips WHERE {unsafe} ORDER BY ALL LIMIT 3"):
            shown = ", ".join(f"{value!r} (of {path})" for value, path in unfit)
            raise ReadError(
                f"{sql.name}: {name}s of clips that are no plain relative path: {shown}.",
                "Correct the card's clip rule, or the table that the clips come from.",
            )
    twice = sql.values(
        "SELECT id, count(*), list(DISTINCT path ORDER BY path)[:3] FROM clips"
        " GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 5"
    )
    if not twice:
        return
    lines: list[str] = []
    of_rows = True
    for id_, rows, paths in twice:
        where = list(map(str, paths))  # type: ignore[call-overload]
        places = repeated_rows.places(sql, card, tables, str(id_), where[0]) if len(where) == 1 else []
        of_rows = of_rows and len(where) == 1
        lines.append(f"  {id_}: {'; '.join(places) or ', '.join(where) + (f' ({rows} rows)' if of_rows else '')}")
    if of_rows:
        raise ReadError(
            f"{sql.name}: several rows of a table have the same clip id:\n" + "\n".join(lines),
            "Remove all but one of these rows from the table; the file that they name is there once.",
        )
    raise ReadError(
        f"{sql.name}: several files or rows have the same clip id:\n" + "\n".join(lines),
        f"If the data was copied in twice, remove one of the copies below {sql.files}.",
    )
