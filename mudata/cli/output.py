"""How commands print: data on stdout as a table or as JSON, one way for all of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from mudata.narration import Progress, Terminal
from mudata.safe_text import escaped, masked, printable, safe
from mudata.table import Table

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
quiet_option = click.option("--quiet", "-q", is_flag=True, help="No notes and no progress bars.")


def echo(text: str = "", *, err: bool = False, coloured: bool = False) -> None:
    """Print text for people; whoever wrote what is in it, no terminal obeys it.

    `coloured`: with colours of our own, added to text that was made printable before.
    """
    click.echo(masked(text) if coloured else safe(text), err=err)


def progress(quiet: bool) -> Progress:
    return Progress() if quiet else Terminal()


def emit(
    rows: Sequence[Mapping[str, Any]], *, as_json: bool, columns: Sequence[str] | None = None, hint: str = ""
) -> None:
    """Print rows as a JSON array, or as a table of `columns` (default: the first row's keys); `hint` says how to go on
    where there are none."""
    if as_json:
        emit_json(list(rows))
        return
    if not rows:
        echo(f"(no rows) {hint}".rstrip(), err=True)
        return
    table = Table(rows, columns)
    if sys.stdout.isatty():
        _draw(table)
    else:  # aligned plain text: what a pipe, a README and a test can read
        for line in table.lines():
            echo(line)


def emit_json(value: Any) -> None:
    """One JSON document; what JSON lacks (dates, paths) is written as text."""
    click.echo(escaped(json.dumps(value, indent=2, ensure_ascii=False, default=str)))


def _draw(table: Table) -> None:
    from rich import box
    from rich import table as rich_table
    from rich.console import Console
    from rich.text import Text

    drawn = rich_table.Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    console = Console()
    names = [printable(name) for name in table.columns]
    for name, width in zip(names, column_widths([names, *table.cells], console.width - 2 * len(names)), strict=True):
        drawn.add_column(Text(name), overflow="fold", width=width)
    for line in table.cells:
        drawn.add_row(*(Text(text) for text in line))
    console.print(drawn)


_SHORT = 12
"""Characters of a text that is not folded between its words while others can be: '74.1 kB'. Chosen here."""


def column_widths(lines: Sequence[Sequence[str]], room: int) -> list[int]:
    """How wide columns are that have `room` characters together: words stay whole where they can, and the longest
    texts are folded first."""
    whole = [max(1, *map(len, column)) for column in zip(*lines, strict=True)]
    words = [max([1, *(len(word) for text in column for word in text.split())]) for column in zip(*lines, strict=True)]
    kept = [full if full <= _SHORT else word for full, word in zip(whole, words, strict=True)]
    return _level(kept, [1] * len(kept), room) if sum(kept) > room else _level(whole, kept, room)


def _level(most: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Numbers between `least` and `most`, cut off at the highest level with which their sum is no more than `room`."""
    level = max(most, default=0)
    while level > 1 and sum(max(low, min(high, level)) for low, high in zip(least, most, strict=True)) > room:
        level -= 1
    return [max(low, min(high, level)) for low, high in zip(least, most, strict=True)]


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command which works and prints has: --json, --quiet."""
    return json_option(quiet_option(command))
