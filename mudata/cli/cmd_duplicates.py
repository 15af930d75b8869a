"""`mudata duplicates`: which clips are copies of each other."""

from __future__ import annotations

import click

from mudata.cli import name_completion
from mudata.cli.on_option import on_option
from mudata.cli.output import common, echo, emit, emit_json, progress


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=name_completion.datasets)
@click.option("--exact", is_flag=True, help="Exact copies alone, by their hashes; nothing is decoded.")
@on_option
@common
def duplicates(names: tuple[str, ...], exact: bool, on: str | None, as_json: bool, quiet: bool) -> None:
    """List clips that are copies of each other, within datasets and across them; label conflicts first.

    NAME: indexed datasets; without any, all of them. Exact copies have equal samples, or are the same part of files
    with equal bytes. Near ones are found by an acoustic fingerprint: coded, louder, trimmed, resampled, mono, or an
    excerpt of 5 s. Fingerprints are kept in the home: stopped at any moment, the same command goes on.

    Afterwards `mudata sql "FROM duplicates"` has the groups, `mudata split` keeps them together, and `mudata split
    leaks` tells which lie in several parts. Exit 1 if there are any.

    \b
    mudata duplicates gtzan
    mudata duplicates --exact --json
    """
    from mudata.catalog.duplicates.duplicate_search import search
    from mudata.catalog.index import database
    from mudata.catalog.splits.candidates import datasets_of
    from mudata.execution.executor_choice import executor_on
    from mudata.home import Home

    home, say = Home.default(), progress(quiet)
    with database.snapshot(home) as con:
        datasets = datasets_of(con, names)
    executor = executor_on(on, home, progress=say)
    found = search(home, datasets, exact=exact, progress=say, executor=executor)
    if as_json:
        emit_json(found.plain())
    else:
        for line in found.counts():
            echo(line)
        if found.groups:
            echo()
            emit(found.table().rows, as_json=False)
    raise SystemExit(1 if found.groups else 0)
