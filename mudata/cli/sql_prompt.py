"""`mudata sql` on a terminal: one query after another, each on the index as it then is.

Every query goes through `query.run`, as one from the command line does: nothing but the index can be read, and nothing
written. Other programs cannot hold to that. DuckDB's own shell, read-only and in safe mode, reads no view over files
unless their folder is allowed, and then `COPY ... TO` writes there, into the index itself (tried with 1.5.6); harlequin
runs any statement, too.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from mudata.catalog.index import query as asking
from mudata.catalog.index.registered_views import all_tables
from mudata.catalog.tables import TABLES
from mudata.cli import rows, sql_reader
from mudata.cli.output import echo, emit
from mudata.errors import MudataError, UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mudata.home import Home

HELP = """\
  SELECT ...;   ask; a query ends with a semicolon and may have several lines
  \\d            tables, and \\d NAME the columns of one with their meanings
  \\e            write or correct the last query in your editor (EDITOR)
  \\q            leave; so does Ctrl-D
  Ctrl-C        stop a query, or begin a line anew
  Tab           complete tables, columns and words of SQL; arrows go through what was asked before"""


def run(home: Home, limit: int, read: Callable[[str], str] | None = None, notes: Sequence[str] = ()) -> None:
    """Take queries until the end of input or `\\q`.

    limit: rows of a table that are shown; the others are counted. notes: what is told first. read: gives the next
    input, with a text to begin with; raises EOFError at the end, KeyboardInterrupt where a line is given up [default:
    the terminal].
    """
    read = read or sql_reader.reader(home)
    echo("Ask the index; \\? helps, \\q leaves.", err=True)
    for note in notes:
        echo(note, err=True)
    last, begun = "", ""
    while True:
        try:
            text, begun = read(begun).strip(), ""
        except EOFError:
            return
        except KeyboardInterrupt:
            begun = ""
            continue
        word, _, rest = text.partition(" ")
        if word.rstrip(";").casefold() in ("\\q", "quit", "exit"):
            return
        if word == "\\e":
            begun = _edited(rest or last)
            continue
        last = text if text and not text.startswith("\\") else last
        try:
            _do(home, text, limit)
        except MudataError as error:
            echo(f"Error: {error}", err=True)
        except KeyboardInterrupt:
            echo("Stopped.", err=True)


def _do(home: Home, text: str, limit: int) -> None:
    word, _, rest = text.partition(" ")
    if not text.rstrip("; "):
        return
    if word == "\\d":
        _describe(home, rest.strip("; "))
    elif word in ("\\?", "\\h") or text.rstrip(";").casefold() == "help":
        echo(HELP)
    elif word.startswith("\\"):
        echo(f"No command {word}; \\? shows all.", err=True)
    else:
        _ask(home, text, limit)


def _ask(home: Home, sql: str, limit: int) -> None:
    left = rows.print_table(asking.run(home, sql), limit)
    if left:
        echo(f"… {left:,} more rows (LIMIT and OFFSET choose, `mudata sql --limit N` shows more)", err=True)


def _describe(home: Home, table: str) -> None:
    columns: dict[str, list[dict[str, str]]] = {}
    for row in asking.schema(home):
        columns.setdefault(row["table"], []).append(row)
    if not table:
        emit([{"table": name, "columns": _in_short(name, of)} for name, of in columns.items()], as_json=False)
    elif table not in columns:
        raise UnknownName("table", table, columns)
    else:
        emit([{"column": c["column"], "type": c["type"], "meaning": c["doc"]} for c in columns[table]], as_json=False)


def _in_short(table: str, columns: list[dict[str, str]]) -> str:
    """The columns of a table; of a dataset's view those that `clips` lacks."""
    names = [column["column"] for column in columns]
    if table in all_tables():
        return ", ".join(names)
    return "those of clips" + "".join(f", {name}" for name in names[len(TABLES["clips"]) :])


def _edited(text: str) -> str:
    """What a person made of the text in an editor; the text itself where that was not saved."""
    try:
        return (click.edit(text, extension=".sql") or text).strip()
    except click.ClickException as error:
        echo(f"Error: {error.message} EDITOR is {os.environ.get('EDITOR', 'not set')}.", err=True)
        return text
