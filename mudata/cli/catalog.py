"""`mudata list`, `info`, `cite`, `cards`: what the cards say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from mudata.catalog import cards as card_files
from mudata.cli.output import emit, emit_json, json_option
from mudata.errors import CardError, UnknownName

if TYPE_CHECKING:
    from mudata.catalog.schema import Card

USAGES = ("unrestricted", "noncommercial", "research", "unknown")


@click.command()
@click.option(
    "--tag", "tags", multiple=True, help="Only datasets with this tag (genre, mood, instrument, caption, ...)."
)
@click.option("--usage", type=click.Choice(USAGES), help="Only datasets of this usage class.")
@click.option("--audio", type=click.Choice(["yes", "no", "unverified"]), help="Only datasets whose host has audio.")
@json_option
def list_(tags: tuple[str, ...], usage: str | None, audio: str | None, as_json: bool) -> None:
    """List the datasets that have a card."""
    from mudata.catalog.schema import Tag

    for tag in tags:
        if tag not in get_args(Tag):
            raise UnknownName("tag", tag, get_args(Tag))
    rows = [
        _row(card)
        for card in card_files.load_all()
        if set(tags) <= set(card.tags) and usage in (None, card.licence.usage) and audio in (None, card.audio)
    ]
    emit(
        rows,
        as_json=as_json,
        columns=["name", "tags", "format", "duration", "clips", "audio", "usage", "availability", "title"],
    )


def _row(card: Card) -> dict[str, object]:
    counts = card.expected.clips
    clips = counts.get(card.default_subset or "all")
    return {
        "name": card.name,
        "title": card.title,
        "tags": list(card.tags),
        "format": list(card.format),
        "duration": str(card.duration),
        "clips": clips,
        "audio": card.audio,
        "usage": card.licence.usage,
        "availability": card.availability,
        "licence": card.licence.spdx or card.licence.text,
        "homepage": card.homepage,
    }


@click.command()
@click.argument("name")
@json_option
def info(name: str, as_json: bool) -> None:
    """Show a dataset's card: NAME, or the path of a card file."""
    card = card_files.load(name)
    if as_json:
        emit_json(card.model_dump(mode="json", exclude_defaults=True))
        return
    for title, value in _facts(card):
        if value:
            lines = value if isinstance(value, list) else [value]
            click.echo(f"{title + ':':14}{lines[0]}")
            for line in lines[1:]:
                click.echo(" " * 14 + line)


def _facts(card: Card) -> list[tuple[str, str | list[str]]]:
    licence = card.licence
    survey = card.survey
    return [
        ("name", card.name),
        ("title", card.title),
        ("about", card.summary),
        ("tags", ", ".join(card.tags)),
        ("audio", card.audio + (f": {card.audio_note}" if card.audio_note else "")),
        ("format", ", ".join(card.format)),
        ("duration", str(card.duration)),
        ("licence", f"{licence.spdx or licence.text} ({licence.usage}{', per clip' if licence.per_clip else ''})"),
        ("availability", card.availability),
        ("homepage", card.homepage),
        ("subsets", [f"{k}: {s.title}{f' ({s.size})' if s.size else ''}" for k, s in card.subsets.items()]),
        ("sources", [f"{k}: {c.what} ({', '.join(m.kind for m in c.mirrors)})" for k, c in card.sources.items()]),
        ("labels", [f"{k}: {len(s.vocabulary) or 'open'} ({s.kind})" for k, s in card.labels.items()]),
        ("groups", ", ".join(card.grouped_by) or (card.leakage_risk and f"none. {card.leakage_risk}") or "none"),
        ("splits", [f"{k}: {s.title}" for k, s in card.splits.items()]),
        ("tasks", [f"{k}: {t.kind}" for k, t in card.tasks.items()]),
        ("faults", f"{sum(len(f.ids) for f in card.faults)} clips with known faults" if card.faults else ""),
        ("survey", f"row {survey.row}: {survey.tag}; {survey.format}; {survey.duration}" if survey else ""),
        ("but", list(survey.differences) if survey else ""),
        ("notes", list(card.notes)),
    ]


@click.command()
@click.argument("name")
@click.option("--bibtex", is_flag=True, help="Only the BibTeX entry.")
def cite(name: str, bibtex: bool) -> None:
    """Print how to cite a dataset."""
    citation = card_files.load(name).citation
    if not bibtex:
        click.echo(citation.text + "\n")
    click.echo(citation.bibtex.strip())


@click.group()
def cards() -> None:
    """Check cards; print their grammar."""


@cards.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@json_option
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Check card files or folders of them (default: all that are found); exit 1 if one is broken."""
    files = [f for p in paths for f in (sorted(p.glob("*.yaml")) if p.is_dir() else [p])]
    if paths and not files:
        raise click.UsageError(f"There is no card (*.yaml) in {', '.join(map(str, paths))}.")
    rows = []
    for file in files or card_files.files().values():
        try:
            card_files.load(file)
            rows.append({"card": str(file), "ok": True, "problem": None})
        except CardError as error:
            rows.append({"card": str(file), "ok": False, "problem": error.what})
    broken = [row for row in rows if not row["ok"]]
    if as_json:
        emit_json(rows)
    else:
        for row in broken:
            click.echo(row["problem"])
        click.echo(f"{len(rows) - len(broken)} of {len(rows)} cards are fine.", err=True)
    raise SystemExit(1 if broken else 0)


@cards.command()
def schema() -> None:
    """Print the JSON Schema of a dataset card, for editors."""
    from mudata.catalog.schema import Card

    click.echo(json.dumps(Card.model_json_schema(), indent=2))
