"""`mudata list`, `info`, `cite`, `cards`: what the cards say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

from mudata import yaml_files
from mudata.catalog.cards import card_files, concepts, loader, overview
from mudata.catalog.cards.licence_terms import PURPOSES, may_serve
from mudata.catalog.index.holdings import holdings
from mudata.cli import name_completion
from mudata.cli.habits import HabitGroup
from mudata.cli.output import echo, emit, emit_json, json_option
from mudata.errors import CardError, HomeError, UnknownName
from mudata.home import Home

if TYPE_CHECKING:
    from mudata.catalog.cards.licence_terms import Purpose
    from mudata.catalog.cards.schema import Card

_SHOWN = [
    *("name", "tags", "format", "duration", "clips", "items"),
    *("here", "audio", "usage", "availability", "title"),
]


@click.command()
@click.option(
    "--tag", "tags", multiple=True, help="Only datasets with this tag (genre, mood, instrument, caption, ...)."
)
@click.option("--usage", type=click.Choice(list(PURPOSES)), help="Only datasets of which clips may be used for this.")
@click.option("--audio", type=click.Choice(["yes", "no", "unverified"]), help="Only datasets whose host has audio.")
@json_option
def list_(tags: tuple[str, ...], usage: Purpose | None, audio: str | None, as_json: bool) -> None:
    """List the datasets that have a card; here: how many of its clips are indexed."""
    if tags:
        from mudata.catalog.cards.schema import Tag

        for tag in tags:
            if tag not in get_args(Tag):
                raise UnknownName("tag", tag, get_args(Tag))
    rows = [
        row
        for row in overview.rows()
        if set(tags) <= set(row["tags"])
        and audio in (None, row["audio"])
        and may_serve(usage, row["usage"], per_clip=row["per_clip"])
    ]
    held = _held()
    emit(
        [row | {"here": held.get(row["name"])} for row in rows],
        as_json=as_json,
        columns=_SHOWN,
    )


@click.command()
@click.argument("name", shell_complete=name_completion.datasets)
@json_option
def info(name: str, as_json: bool) -> None:
    """Show a dataset's card: NAME, or the path of a card file."""
    card = loader.load(name)
    if as_json:
        emit_json(card.model_dump(mode="json", exclude_defaults=True))
        return
    echo(str(card))
    if here := _held().get(card.name):
        echo(f"{'here:':14}{here}")


def _held() -> dict[str, str]:
    """How much of each dataset is here; nothing where the index cannot be read, of which those tell that need it."""
    try:
        return {name: str(holding) for name, holding in holdings(Home.default()).items()}
    except HomeError:
        return {}


@click.command()
@click.argument("name", shell_complete=name_completion.datasets)
@click.option("--bibtex", is_flag=True, help="Only the BibTeX entry.")
def cite(name: str, bibtex: bool) -> None:
    """Print how to cite a dataset."""
    citation = loader.load(name).citation
    if not bibtex:
        echo(citation.text + "\n")
    echo(citation.bibtex.strip())


@click.group(cls=HabitGroup)
def cards() -> None:
    """Check cards; print their grammar."""


@cards.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--notes", is_flag=True, help="Also print what is worth knowing of labels: shared and nested spellings.")
@json_option
def check(paths: tuple[Path, ...], notes: bool, as_json: bool) -> None:
    """Check cards and words files, or folders of them (default: all that are found);
    exit 1 if one is broken.

    A card's label sets are resolved, as reading answers needs them, and its SQL runs on tables without rows. Files in
    a folder `words` are words files, in `vocabularies` shared vocabularies, in `suites` suites, in `models` cards of
    models, in `models/parts` parts of models.
    """
    from mudata.catalog.cards import lexicon as words
    from mudata.evaluation.models import card_lint as lint
    from mudata.evaluation.models import model_card
    from mudata.evaluation.suites import suite

    files = [f for p in paths for f in (sorted(p.glob("*.yaml")) if p.is_dir() else [p])]
    if paths and not files:
        raise click.UsageError(f"There is no card (*.yaml) in {', '.join(map(str, paths))}.")
    vocabularies = card_files.files(concepts.KIND)
    kinds = (card_files.files(), words.files(), vocabularies, model_card.files(), model_card.parts(), suite.files())
    rows = [_checked(file) for file in files or [file for kind in kinds for file in kind.values()]]
    whole = {row["card"] for row in rows if row["ok"]}
    if not files and (wrong := lint.survey(model_card.load(f) for f in model_card.files().values() if str(f) in whole)):
        rows.append({"card": "the survey", "ok": False, "problem": "\n".join(wrong), "notes": []})
    broken = [row for row in rows if not row["ok"]]
    if as_json:
        emit_json(rows)
    else:
        for row in broken:
            echo(row["problem"])
        for row in rows if notes else ():
            for note in row["notes"]:
                echo(f"{row['card']}: {note}")
        echo(f"{len(rows) - len(broken)} of {len(rows)} cards are fine.", err=True)
    raise SystemExit(1 if broken else 0)


def _is_of_models(file: Path) -> bool:
    folder = file.resolve().parent
    return folder.name == "models" or (folder.name, folder.parent.name) == ("parts", "models")


def _checked(file: Path) -> dict[str, Any]:
    from mudata.catalog.cards.addresses import faults_of_card
    from mudata.catalog.cards.lexicon import Lexicon
    from mudata.catalog.read.sql_faults import faults_of_sql
    from mudata.evaluation.align.label_set import lint

    try:
        if file.resolve().parent.name == "words":
            loader.parse(file, Lexicon)
            return {"card": str(file), "ok": True, "problem": None, "notes": []}
        if file.resolve().parent.name == concepts.KIND:
            concepts.check(file)
            return {"card": str(file), "ok": True, "problem": None, "notes": []}
        if file.resolve().parent.name == "suites":
            from mudata.evaluation.suites import suite

            suite.load(str(file))
            return {"card": str(file), "ok": True, "problem": None, "notes": []}
        if _is_of_models(file):
            from mudata.evaluation.models.card_lint import lint as lint_model

            problem = "\n".join(f"{file}: {what}" for what in lint_model(file)) or None
            return {"card": str(file), "ok": problem is None, "problem": problem, "notes": []}
        card = loader.load(file)
        spaces = {name: space for name, space in card.labels.items() if not space.open}
        findings = [(f"labels.{name}: {f.what}", f.level) for name, space in spaces.items() for f in lint(space)]
        findings += [(fault, "error") for faults in (faults_of_card, faults_of_sql) for fault in faults(card)]
        findings += _findings_of_tasks(card)
    except (CardError, UnknownName) as error:
        return {"card": str(file), "ok": False, "problem": error.what, "notes": []}
    problem = "\n".join(_placed(file, what) for what, level in findings if level == "error") or None
    notes = [what for what, level in findings if level == "note"]
    return {"card": str(file), "ok": problem is None, "problem": problem, "notes": notes}


def _findings_of_tasks(card: Card) -> Iterator[tuple[str, Literal["error", "note"]]]:
    """What is to be said of the official rules and the prompts that tasks name, and how grave it is."""
    from mudata.evaluation.official_rules.rule_registry import find_rule

    shown = {items.task for items in card.exam.items if items.options} if card.exam else set()
    for name, task in card.tasks.items():
        if task.rule:
            try:
                find_rule(task.rule)
            except UnknownName as error:
                yield f"tasks.{name}.rule: {error.what}", "error"
        ids = [prompt.id for prompt in task.prompts]
        for place, prompt in enumerate(task.prompts):
            if prompt.id in ids[:place]:
                yield f"tasks.{name}.prompts.{place}.id: {prompt.id!r} is the id of another prompt", "error"
            if name in shown and "{options}" not in prompt.template and not prompt.lists_options:
                yield f"tasks.{name}.prompts.{place}.template: no {{options}}: only the question can list them", "note"


def _placed(file: Path, fault: str) -> str:
    """A fault that begins with its place in a card, with the line of that."""
    place = fault.partition(": ")[0]
    if not re.fullmatch(r"[a-z_]+(\.[\w-]+)*", place):
        return f"{file}: {fault}"
    where = tuple(int(step) if step.isdecimal() else step for step in place.split("."))
    return f"{file}:{yaml_files.line_of(file, where)}: {fault}"


@cards.command()
@click.option("--words", is_flag=True, help="The grammar of words files instead.")
@click.option("--vocabulary", is_flag=True, help="The grammar of shared vocabularies instead.")
def schema(words: bool, vocabulary: bool) -> None:
    """Print the JSON Schema of a dataset card, for editors."""
    from mudata.catalog.cards.lexicon import Lexicon
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.cards.shared_vocabulary import SharedVocabulary

    echo(json.dumps((Lexicon if words else SharedVocabulary if vocabulary else Card).model_json_schema(), indent=2))
