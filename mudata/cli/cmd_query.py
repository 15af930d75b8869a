"""`mudata sql`, `stats`, `verify`: what the index knows, and whether the disk agrees."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from mudata.cli import name_completion
from mudata.cli.output import common, echo, emit, emit_json, progress
from mudata.errors import number
from mudata.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable

    from mudata.catalog.index.finding import Finding

ROWS = 50
"""Rows of a table for people unless --limit says otherwise."""

_SHOWN = 20


@click.command()
@click.argument("query", required=False)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--parquet", type=click.Path(path_type=Path, dir_okay=False), help="Write a Parquet file instead.")
@click.option("--limit", type=click.IntRange(min=0), help=f"Show so many rows (default: {ROWS} in a table, else all).")
@click.option("--schema", is_flag=True, help="Print the tables and what their columns mean.")
@common
def sql(
    query: str | None,
    *,
    as_csv: bool,
    parquet: Path | None,
    limit: int | None,
    schema: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Ask the index anything: one SELECT, read-only. QUERY is SQL, or - to read it from stdin.

    Without QUERY it is read from stdin; on a terminal a prompt takes one query after another (\\? there tells more).

    \b
    mudata sql
    mudata sql "SELECT dataset, count(*) FROM clips GROUP BY ALL"
    mudata sql "FROM labels WHERE namespace = 'genre'" --csv > genres.csv
    mudata sql "FROM dataset_gtzan WHERE list_contains(genre, 'rock') AND duration_s > 30"

    The view dataset_NAME has the clips of one dataset with the columns of --where (a list of labels per
    namespace); splits and split_members have published splits and those drawn here.
    """
    from mudata.catalog.index import query as asking
    from mudata.cli import rows

    if sum([as_csv, as_json, parquet is not None]) > 1:
        raise click.UsageError("Choose one of --json, --csv, --parquet.")
    if schema:
        if as_json:
            emit_json(asking.schema(Home.default()))
        else:
            echo(asking.schema_text(Home.default()))
        return
    if parquet and not (parquet.name and parquet.absolute().parent.is_dir()):
        raise click.BadParameter(f"{str(parquet)!r} is no place for a file.", param_hint="--parquet")
    home = Home.default()
    if query in (None, "-"):
        query = _from_stdin(home, limit, prompt=query is None and not (as_csv or as_json or parquet))
    relation = asking.run(home, query)
    say = progress(quiet).say
    for note in what_is_lacking(home):
        say(note)
    if parquet:
        say(f"{number(rows.write_parquet(relation, parquet), 'row')} in {parquet}")
    elif as_json:
        _more(rows.print_json(relation, limit))
    elif as_csv:
        _more(rows.print_csv(relation, limit))
    else:
        _more(rows.print_table(relation, ROWS if limit is None else limit))


def what_is_lacking(home: Home) -> list[str]:
    """What those who ask the index have to know: that it is empty, and whose tables are damaged and left out."""
    from mudata.catalog.cards.licences import fetch_command
    from mudata.catalog.index import database

    damaged = database.damaged(home)
    if not damaged and not database.current_generations(home):
        return ["Nothing is fetched yet, so the tables of datasets are empty. To begin: mudata fetch demo"]
    return [f"{name}: its tables are damaged and left out. Run: {fetch_command(name, home)}" for name in damaged]


def _from_stdin(home: Home, limit: int | None, *, prompt: bool) -> str:
    """The query on stdin. On a terminal queries are taken and answered until a person leaves."""
    text = "" if sys.stdin.isatty() else sys.stdin.buffer.read().decode(errors="surrogateescape")
    if text.strip():
        return text
    if not (prompt and sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError('A query is missing. For example: mudata sql "SELECT * FROM datasets"')
    from mudata.cli import sql_prompt

    sql_prompt.run(home, ROWS if limit is None else limit, notes=what_is_lacking(home))
    raise SystemExit(0)


def _more(left: int) -> None:
    if left:
        echo(f"… {left:,} more rows (--limit shows more, --csv and --json print all)", err=True)


@click.command()
@click.argument("name", required=False, shell_complete=name_completion.datasets)
@common
def stats(name: str | None, as_json: bool, quiet: bool) -> None:
    """Counts, durations and labels of a dataset; without NAME, one line for each that is
    indexed."""
    from mudata.catalog.index import stats as numbers
    from mudata.catalog.index import stats_text
    from mudata.table import Table

    if name is None:
        rows = numbers.overview(Home.default())
        for note in what_is_lacking(Home.default()):
            progress(quiet).say(note)
        if rows or as_json:
            emit(rows, as_json=as_json)
        return
    statistics = numbers.stats(Home.default(), name)
    if as_json:
        emit_json(statistics)
        return
    for title, piece in stats_text.sections(statistics):
        if title:
            echo(f"\n{title}")
        if isinstance(piece, Table):
            emit(piece.rows, as_json=False)
        else:
            echo("\n".join(piece))


@click.command()
@click.argument("name", shell_complete=name_completion.datasets)
@click.option("--deep", is_flag=True, help="Read every file and decode every clip.")
@common
def verify(name: str, deep: bool, as_json: bool, quiet: bool) -> None:
    """Compare what is on disk with the card and the index; exit 1 if they disagree.

    Quick by default: sizes, and whatever was written since it was indexed. Known faults are notes. With --deep, NAME
    may be a clip (DATASET/ID): every decoder at hand reads its raw file, and what each makes of it is told.
    """
    from dataclasses import asdict

    if "/" in name and not name.endswith((".yaml", ".yml")):
        if not deep:
            raise click.UsageError(f"A clip is verified by decoding it: mudata verify --deep {name}")
        _verify_clip(name, as_json=as_json)

    from mudata.catalog.cards import loader
    from mudata.catalog.index.verify import missing_and_invalid
    from mudata.catalog.index.verify import verify as check

    card = loader.load(name)
    findings = check(card, Home.default(), deep=deep, progress=progress(quiet))
    counts = Counter(finding.severity for finding in findings)
    if as_json:
        missing, invalid = missing_and_invalid(findings)
        emit_json(
            {
                "dataset": card.name,
                "ok": not counts["error"],
                "missing": missing,
                "invalid": invalid,
                "findings": [asdict(finding) for finding in findings],
            }
        )
    else:
        _print_findings(findings)
        summary = ", ".join(number(counts[severity], severity) for severity in ("error", "warning", "note"))
        echo(f"{card.name}: {summary}.", err=True)
        if any(finding.check == "count" for finding in findings):
            echo(f"Where a copy is partial on purpose: mudata fetch {card.name} --partial", err=True)
    raise SystemExit(1 if counts["error"] else 0)


def _verify_clip(clip_id: str, *, as_json: bool) -> NoReturn:
    from dataclasses import asdict

    from mudata.catalog.index.clip_verdicts import verify_clip

    found = verify_clip(Home.default(), clip_id)
    if as_json:
        emit_json(asdict(found) | {"ok": found.ok})
    else:
        said = found.status if found.reason is None else f"{found.status}: {found.reason}"
        echo(f"{found.clip_id}: {said}", err=True)
        echo(f"{found.source}: {found.problem or f'read by {len(found.verdicts)} decoders'}", err=True)
        emit(found.rows(), as_json=False)
    raise SystemExit(0 if found.ok else 1)


def _print_findings(findings: list[Finding]) -> None:
    key: Callable[[Finding], tuple[str, str]] = lambda finding: (finding.severity, finding.check)  # noqa: E731
    for (severity, name), group in groupby(findings, key=key):
        alike = list(group)
        for finding in alike[:_SHOWN]:
            expected = f" (expected {finding.expected})" if finding.expected else ""
            echo(f"{severity:8}{name:13} {finding.where}: {finding.got}{expected}")
        if (more := len(alike) - _SHOWN) > 0:
            echo(f"{severity:8}{name:13} … and {more:,} more (--json shows all)")
