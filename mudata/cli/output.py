"""How commands print: data on stdout as a table or as JSON, one way for all of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from mudata.narration import Progress, Terminal

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
quiet_option = click.option("--quiet", "-q", is_flag=True, help="No notes and no progress bars.")


def progress(quiet: bool) -> Progress:
    return Progress() if quiet else Terminal()


def emit(rows: Sequence[Mapping[str, Any]], *, as_json: bool, columns: Sequence[str] | None = None) -> None:
    """Print rows as a JSON array, or as a table of `columns` (default: the first row's keys)."""
    if as_json:
        emit_json(list(rows))
        return
    if not rows:
        click.echo("(no rows)", err=True)
        return
    names = list(columns or rows[0])
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    if sys.stdout.isatty():
        _draw(names, cells)
    else:  # aligned plain text: what a pipe, a README and a test can read
        widths = [max(len(n), *(len(line[i]) for line in cells)) for i, n in enumerate(names)]
        for line in [names, ["-" * w for w in widths], *cells]:
            click.echo("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip())


def emit_json(value: Any) -> None:
    """One JSON document; what JSON lacks (dates, paths) is written as text."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def _draw(names: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for line in cells:
        table.add_row(*(Text(cell) for cell in line))
    Console().print(table)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.4g}"
        case list() | tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value).replace("\n", " ")


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command which works and prints has: --json, --quiet."""
    return json_option(quiet_option(command))
