"""`mudata exams`: what public music exams are made of."""

from __future__ import annotations

from dataclasses import asdict

import click

from mudata.cli.habits import HabitGroup
from mudata.cli.output import echo, emit, emit_json, json_option


@click.group(cls=HabitGroup)
def exams() -> None:
    """Look at exams before anybody sits them."""


@exams.command()
@click.argument("exam", metavar="EXAM|FILE")
@click.option("--exam", "card", metavar="NAME", help="Whose items a FILE has: an exam, or the path of a card.")
@click.option("--by", type=click.Choice(["category", "difficulty"]), help="Columns for these, not for subsets.")
@json_option
def lint(exam: str, *, card: str | None, by: str | None, as_json: bool) -> None:
    """Tell what is wrong with the items of an exam; exit 1 where a right answer is impossible or ambiguous.

    Of an exam that was fetched, by its name; or of an item FILE as it was published, which needs neither audio nor a
    fetch.

    \b
    mudata exams lint mmau-test-mini.json
    mudata exams lint mmau_mini --by category
    """
    from mudata.api.exam_linting import lint_exam

    found = lint_exam(exam, card=card, by=by)  # type: ignore[arg-type]
    if as_json:
        emit_json(asdict(found.lint))
    else:
        echo(found.title)
        emit(found.rows, as_json=False, columns=found.columns)
        echo(found.note, err=True)
    raise SystemExit(1 if found.wrong else 0)
