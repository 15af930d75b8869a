"""`mudata suites` and `mudata eval --suite`: published exams, their tables, and ours in them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mudata.cli import name_completion
from mudata.cli.habits import HabitGroup
from mudata.cli.output import echo, emit, emit_json, json_option, progress, quiet_option
from mudata.home import Home

if TYPE_CHECKING:
    from mudata.evaluation.inference.runner import EvalRequest
    from mudata.evaluation.suites.suite_table import FilledTable, Result

markdown_option = click.option("--markdown", is_flag=True, help="Print GitHub's Markdown.")


@click.group(cls=HabitGroup, invoke_without_command=True)
@json_option
@click.pass_context
def suites(ctx: click.Context, as_json: bool) -> None:
    """List suites: published exams that models can be asked as a whole.

    \b
    mudata suites show survey
    mudata eval --suite survey --models qwen2-audio,random
    mudata suites table survey
    """
    if not ctx.invoked_subcommand:
        _list(as_json)


@suites.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """List the suites, as without a command."""
    _list(as_json)


def _list(as_json: bool) -> None:
    from mudata.evaluation.suites.suite import overview

    emit(overview(), as_json=as_json)


@suites.command()
@click.argument("suite", shell_complete=name_completion.suites)
@markdown_option
@json_option
def show(suite: str, markdown: bool, as_json: bool) -> None:
    """Show what was published:
    tables with intervals, impossible cells, other sources; and how exams are drawn."""
    from mudata.evaluation.suites.suite import load
    from mudata.evaluation.suites.suite_runner import existing_results
    from mudata.evaluation.suites.suite_table import PUBLISHED, elsewhere_lines, filled, unpublished

    loaded = load(suite)
    tables = [filled(loaded, table, []) for table in loaded.tables]
    own = unpublished(loaded, [])
    results = existing_results(Home.default(), loaded) if own else []
    tables += [filled(loaded, table, results) for table in own]
    exams = [
        {
            "exam": name,
            "dataset": exam.dataset,
            "subset": exam.subset or "",
            "task": exam.task,
            "clips": exam.split.n,
            "seed": exam.split.seed,
            "train": exam.split.train,
            "split": loaded.split_of(name),
        }
        for name, exam in loaded.exams.items()
    ]
    if as_json:
        emit_json({"suite": loaded.model_dump(mode="json"), "tables": [_plain(table) for table in tables]})
        return
    if not markdown:
        source = ", ".join(filter(None, [loaded.source.text, loaded.source.url]))
        echo(f"{loaded.title} ({source})\n")
        emit(exams, as_json=False)
        echo()
    _print(tables, markdown=markdown)
    if loaded.elsewhere and not markdown:
        echo(f"Published elsewhere, of clips of their own; intervals: {PUBLISHED}, clusters not known")
        emit(elsewhere_lines(loaded), as_json=False)
        echo()
    for note in loaded.notes:
        echo(f"- {note}")
    if own and not results:
        echo(_to_begin(suite), err=True)


@suites.command()
@click.argument("suite", shell_complete=name_completion.suites)
@markdown_option
@quiet_option
@json_option
def table(suite: str, markdown: bool, quiet: bool, as_json: bool) -> None:
    """Fill a suite's tables from the runs that are there. Nothing is asked."""
    from mudata.evaluation.suites.suite import load
    from mudata.evaluation.suites.suite_runner import existing_results
    from mudata.evaluation.suites.suite_table import fill

    loaded = load(suite)
    results = existing_results(Home.default(), loaded, progress(quiet))
    tables = fill(loaded, results)
    if as_json:
        emit_json({"suite": loaded.name, "tables": [_plain(filled) for filled in tables]})
        return
    _print(tables, markdown=markdown)
    if not results:
        progress(quiet).say(_to_begin(suite))


@suites.command()
def schema() -> None:
    """Print the JSON Schema of a suite, for editors."""
    from mudata.evaluation.suites.suite import Suite

    emit_json(Suite.model_json_schema())


def ask(suite: str, models: str, request: EvalRequest, *, dry_run: bool, quiet: bool, as_json: bool) -> None:
    """What `mudata eval --suite` does: exit code 0, or 1 if a split or model failed.

    Raises EvaluationError with all reasons when nothing could be asked.
    """
    from mudata.errors import EvaluationError
    from mudata.evaluation.suites.suite import load
    from mudata.evaluation.suites.suite_runner import run_suite as ask_all
    from mudata.evaluation.suites.suite_table import fill

    say, loaded = progress(quiet), load(suite)
    names = list(dict.fromkeys(name for text in models.split(",") if (name := text.strip())))
    if not names:
        raise click.UsageError("--models names nobody: give names from `mudata models` with commas between.")
    asked = ask_all(Home.default(), loaded, names, request, say, dry_run=dry_run)
    problems = "\n".join(map(str, asked.problems))
    if not (asked.results or asked.planned):
        raise EvaluationError(f"Nothing of the suite {loaded.name!r} could be asked.\n{problems}", None)
    tables = [] if dry_run else fill(loaded, asked.results)
    runs = [{"exam": one.exam, "model": one.label, "run": one.scores["run"]} for one in asked.results]
    runs += [{"exam": exam, "model": model, "run": run} for (exam, model), run in asked.planned.items()]
    if as_json:
        more = {"runs": runs, "problems": [vars(problem) for problem in asked.problems]}
        emit_json({"suite": loaded.name, "tables": [_plain(one) for one in tables], **more})
    elif dry_run:
        emit(runs, as_json=False)
    else:
        _print(tables)
    if problems:
        say.say(f"Not asked:\n{problems}")
    if asked.results:
        say.say(_next(suite, asked.results))
    raise SystemExit(1 if asked.failed else 0)


def _to_begin(suite: str) -> str:
    return f"There is no run of it yet. To begin: mudata eval --suite {shlex.quote(suite)} --models random"


def _next(suite: str, results: Sequence[Result]) -> str:
    """What can be done with the runs of a suite: compare two of one exam, else see them again."""
    by_exam: dict[str, list[str]] = {}
    for result in results:
        by_exam.setdefault(result.exam, []).append(str(result.scores["run"]))
    pair = next((runs for runs in by_exam.values() if len(runs) > 1), None)
    return "Next: mudata " + (shlex.join(["compare", *pair]) if pair else f"suites table {shlex.quote(suite)}")


def _print(tables: Sequence[FilledTable], *, markdown: bool = False) -> None:
    for table in tables:
        if markdown:
            echo(table.markdown())
            continue
        if table.rows and sys.stdout.isatty():
            echo(table.heading)
            emit(table.lines(), as_json=False)
            for remark in table.remarks():
                echo(remark)
        else:
            echo(str(table))
        echo()


def _plain(table: FilledTable) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(table)
