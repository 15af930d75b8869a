"""`mudata labels`: what label sets hold, and how answers use them."""

from __future__ import annotations

from pathlib import Path

import click

from mudata.cli import name_completion
from mudata.cli.habits import HabitGroup
from mudata.cli.output import echo, emit, emit_json, json_option
from mudata.errors import number


@click.group(cls=HabitGroup)
def labels() -> None:
    """Check label sets, and see how answers use their spellings."""


@labels.command()
@click.argument("names", nargs=-1, metavar="[DATASET[:NAMESPACE]]...", shell_complete=name_completion.label_sets)
@json_option
def lint(names: tuple[str, ...], *, as_json: bool) -> None:
    """Tell what is wrong or worth knowing of label sets (default: all); exit 1 where something is wrong.

    \b
    Wrong:  labels that share a spelling; phrases such as "a steady beat" that are read as a label for want of a guard.
    Noted:  nested spellings; words that mean something else in another namespace, and longer terms that hold one.
    """
    from mudata.api.inspection import lint_labels

    rows = lint_labels(*names)
    if as_json:
        emit_json(rows)
    else:
        emit(rows, as_json=False)
        wrong = sum(row["level"] == "error" for row in rows)
        echo(f"{number(wrong, 'error')}, {number(len(rows) - wrong, 'note')}.", err=True)
    raise SystemExit(1 if any(row["level"] == "error" for row in rows) else 0)


@labels.command()
@click.argument("names", nargs=-1, metavar="[DATASET]...", shell_complete=name_completion.datasets)
@json_option
def unmapped(names: tuple[str, ...], *, as_json: bool) -> None:
    """List labels in the index of which no shared vocabulary says what they mean; nothing is guessed.

    They have no concept in the view harmonised_labels. A file of your own maps them: see docs/labels.md.
    """
    from mudata.api.datasets import unmapped_labels

    rows = unmapped_labels(names)
    emit(list(rows), as_json=as_json, columns=["dataset", "namespace", "label", "clips", "why"], hint="All are mapped.")


@labels.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--labels",
    "name",
    required=True,
    metavar="DATASET[:NAMESPACE]",
    shell_complete=name_completion.label_sets,
    help="Whose labels: a dataset or a card's path.",
)
@click.option("--format", "format_", default="jsonl", help="As of import-answers: jsonl, cmi-bench, lmms-eval, ...")
@json_option
def audit(file: Path, *, name: str, format_: str, as_json: bool) -> None:
    """Show how often each spelling is used in a FILE of answers, and how often it is right.

    A spelling that is right no more often than its label is by chance says nothing: it wants a guard.

    \b
    mudata labels audit qwen2_MTG_emotion.jsonl --format cmi-bench --labels mtg_jamendo:mood
    """
    from mudata.api.inspection import audit_labels

    rows = audit_labels(file, name, format=format_)
    if as_json:
        emit_json(rows)
        return
    shown = [
        {
            "label": row["label"],
            "spelling": row["spelling"],
            "said": str(row["said"]),
            "counted": str(row["counted"]),
            "right": _percent(row["gold"]),
            "by chance": _percent(row["base"]),
            "": "no information" if row["uninformative"] else "",
        }
        for row in rows
    ]
    emit(shown, as_json=False)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
