"""`mudata suites` and `mudata eval --suite`: published exams, their tables, and ours in them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from mudata.cli import name_completion
from mudata.cli.habits import HabitGroup
from mudata.cli.output import echo, emit, emit_json, json_option, progress, quiet_option
from mudata.errors import some
from mudata.home import Home

if TYPE_CHECKING:
    from mudata.evaluation.inference.runner import EvalRequest
    from mudata.evaluation.suites.exam_table import ExamTable
    from mudata.evaluation.suites.heard_table import HeardTables
    from mudata.evaluation.suites.suite import Suite
    from mudata.evaluation.suites.suite_table import FilledTable, Result
    from mudata.narration import Progress

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

    rows = overview()
    if not as_json:
        rows = [row | {"exams": some(cast("list[str]", row["exams"]), 4)} for row in rows]
    emit(rows, as_json=as_json)


@suites.command()
@click.argument("suite", shell_complete=name_completion.suites)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the exams of a suite like `objective` too, by difficulty and beside their floors: PNG or SVG.",
)
@markdown_option
@json_option
def show(suite: str, plot: Path | None, markdown: bool, as_json: bool) -> None:
    """Show what was published:
    tables with intervals, impossible cells, other sources; and how exams are drawn.

    A suite whose exams nobody has published, such as `objective`, shows what the runs of this home reached, a row for
    each exam, metric and difficulty.
    """
    from mudata.evaluation.suites.suite import load
    from mudata.evaluation.suites.suite_runner import existing_results
    from mudata.evaluation.suites.suite_table import PUBLISHED, elsewhere_lines, filled, unpublished

    loaded = load(suite)
    heard = _heard(loaded, progress(quiet=True))
    tables = [filled(loaded, table, []) for table in loaded.tables]
    own = [] if heard else unpublished(loaded, [])
    results = existing_results(Home.default(), loaded) if own else []
    by_exam = _exam_table(loaded, results)
    if plot:
        _plot(loaded.name, by_exam, plot)
    tables += [] if by_exam else [filled(loaded, table, results) for table in own]
    exams = [
        {
            "exam": name,
            "dataset": exam.dataset,
            "subset": exam.subset or "",
            "task": exam.task,
            "clips": exam.split.n or "all",
            "seed": exam.split.seed,
            "train": exam.split.train,
            "split": loaded.split_of(name),
        }
        for name, exam in loaded.exams.items()
    ]
    if as_json:
        shown = {"suite": loaded.model_dump(mode="json"), "tables": [_plain(table) for table in tables]}
        shown |= {"exams": [asdict(row) for row in by_exam.rows]} if by_exam else {}
        emit_json(shown | ({"heard": heard.plain()} if heard else {}))
        return
    if not markdown:
        source = ", ".join(filter(None, [loaded.source.text, loaded.source.url]))
        echo(f"{loaded.title} ({source})\n")
        emit(exams, as_json=False)
        echo()
    _print(tables, markdown=markdown)
    _print_exams(by_exam, markdown=markdown)
    _print_heard(heard, markdown=markdown)
    if loaded.elsewhere and not markdown:
        echo(f"Published elsewhere, of clips of their own; intervals: {PUBLISHED}, clusters not known")
        emit(elsewhere_lines(loaded), as_json=False)
        echo()
    for note in loaded.notes:
        echo(f"- {note}")
    if (own and not results) or (heard and not heard.report.rows):
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
    if heard := _heard(loaded, progress(quiet)):
        if as_json:
            emit_json({"suite": loaded.name, "heard": heard.plain()})
        elif heard.report.rows:
            _print_heard(heard, markdown=markdown)
        else:
            progress(quiet).say(_to_begin(suite))
        return
    results = existing_results(Home.default(), loaded, progress(quiet))
    by_exam = _exam_table(loaded, results)
    tables = [] if by_exam else fill(loaded, results)
    if as_json:
        shown = {"suite": loaded.name, "tables": [_plain(filled) for filled in tables]}
        emit_json(shown | ({"exams": [asdict(row) for row in by_exam.rows]} if by_exam else {}))
        return
    _print(tables, markdown=markdown)
    _print_exams(by_exam, markdown=markdown)
    if not results:
        progress(quiet).say(_to_begin(suite))


@suites.command()
def schema() -> None:
    """Print the JSON Schema of a suite, for editors."""
    from mudata.evaluation.suites.suite import Suite

    emit_json(Suite.model_json_schema())


def ask(
    suite: str, models: str, request: EvalRequest, *, exams: str, dry_run: bool, quiet: bool, as_json: bool
) -> None:
    """What `mudata eval --suite` does: exit code 0, or 1 if a split or model failed.

    Raises EvaluationError with all reasons when nothing could be asked.
    """
    from mudata.errors import EvaluationError
    from mudata.evaluation.suites.suite import load
    from mudata.evaluation.suites.suite_runner import run_suite as ask_all
    from mudata.evaluation.suites.suite_table import fill

    say, loaded = progress(quiet), load(suite)
    names = _listed(models)
    if not names:
        raise click.UsageError("--models names nobody: give names from `mudata models` with commas between.")
    asked = ask_all(Home.default(), loaded, names, request, say, dry_run=dry_run, exams=_listed(exams))
    problems = "\n".join(map(str, asked.problems))
    if not (asked.results or asked.planned or asked.shards):
        raise EvaluationError(f"Nothing of the suite {loaded.name!r} could be asked.\n{problems}", None)
    partly = dry_run or bool(asked.shards)
    by_exam = None if partly else _exam_table(loaded, asked.results)
    heard = None if partly else _heard(loaded, say, exams=_listed(exams), models=names)
    tables = [] if partly or by_exam or heard else fill(loaded, asked.results)
    runs = [_row(one.exam, one.label, one.condition, str(one.scores["run"])) for one in asked.results]
    runs += [_row(*key, run) for key, run in asked.planned.items()]
    runs += [_row(*key, run.id) for key, run in asked.shards.items()]
    if as_json:
        more: dict[str, Any] = {"runs": runs, "problems": [vars(problem) for problem in asked.problems]}
        more |= {"exams": [asdict(row) for row in by_exam.rows]} if by_exam else {}
        more |= {"heard": heard.plain()} if heard else {}
        emit_json({"suite": loaded.name, "tables": [_plain(one) for one in tables], **more})
    elif dry_run:
        emit(runs, as_json=False)
        say.say("Nothing was asked (--dry-run); these runs would be made or gone on with.")
    elif asked.shards:
        emit(runs, as_json=False)
        say.say("When all shards are asked: mudata runs merge")
    else:
        _print(tables)
        _print_exams(by_exam)
        _print_heard(heard)
    if problems:
        (partial(echo, err=True) if asked.failed else say.say)(f"Not asked:\n{problems}")  # a failure is no note
    if asked.results:
        say.say(next_step(suite, asked.results))
    raise SystemExit(1 if asked.failed else 0)


def _listed(text: str) -> list[str]:
    """Names with commas between, each once."""
    return list(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


def _row(exam: str, model: str, condition: str | None, run: str) -> dict[str, str]:
    """A run of a suite, with the condition it was asked under where the suite has any."""
    return {"exam": exam, "model": model, **({"condition": condition} if condition else {}), "run": run}


def _to_begin(suite: str) -> str:
    return f"There is no run of it yet. To begin: mudata eval --suite {shlex.quote(suite)} --models random"


def next_step(suite: str, results: Sequence[Result]) -> str:
    """What can be done with the runs of a suite: compare two of one exam, asked alike, else see them again."""
    alike: dict[tuple[str, str | None], list[str]] = {}
    for result in results:
        alike.setdefault((result.exam, result.condition), []).append(str(result.scores["run"]))
    pair = next((runs for runs in alike.values() if len(runs) > 1), None)
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
    return asdict(table)


def _exam_table(suite: Suite, results: Sequence[Result]) -> ExamTable | None:
    """The table of a suite whose exams have rows; None for other suites."""
    from mudata.evaluation.suites.exam_table import exam_table

    return exam_table(suite, results) if suite.rows == "exams" else None


def _print_exams(table: ExamTable | None, *, markdown: bool = False) -> None:
    if table is None or not table.rows:
        return
    echo(table.markdown() if markdown else repr(table.table()))
    echo()


def _heard(suite: Suite, say: Progress, *, exams: Sequence[str] = (), models: Sequence[str] = ()) -> HeardTables | None:
    """What the runs of a suite with blind conditions show of listening; None for other suites."""
    if suite.rows != "heard":
        return None
    from mudata.evaluation.suites.heard_report import heard_report
    from mudata.evaluation.suites.heard_table import HeardTables

    return HeardTables(heard_report(Home.default(), suite, say, exams=exams, models=models))


def _print_heard(tables: HeardTables | None, *, markdown: bool = False) -> None:
    if tables is not None and tables.report.rows:
        echo(tables.markdown() if markdown else str(tables))
        echo()


def _plot(suite: str, table: ExamTable | None, path: Path) -> None:
    """Raises ArgumentError where there is nothing to draw, MissingExtra without matplotlib."""
    from mudata.errors import ArgumentError, MissingExtra

    if table is None:
        raise ArgumentError(f"The suite {suite!r} has published tables, and no chart.", "Leave out --plot.")
    if path.suffix not in (".png", ".svg"):
        raise ArgumentError(f"{path}: a chart is a PNG or an SVG.", "Give a name that ends in .png or .svg.")
    if not table.rows:
        raise ArgumentError(f"No exam of {suite!r} has been asked: there is nothing to draw.", _to_begin(suite))
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtra("A chart", "matplotlib", "report") from error
    from mudata.evaluation.report import style
    from mudata.evaluation.report.exam_chart import small_multiples

    style.write(partial(small_multiples, table), style.WIDE, path)
    echo(f"The chart is in {path}.", err=True)
