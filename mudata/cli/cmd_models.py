"""`mudata models`: who can be asked, and their weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mudata.cli.output import common, emit, emit_json, json_option, progress

if TYPE_CHECKING:
    from mudata.evaluation.models.hardware import Machine
    from mudata.evaluation.models.listing import Listing
    from mudata.evaluation.models.model_card import ModelCard
    from mudata.evaluation.models.weights.weight_store import PartOnDisk
    from mudata.home import Home

COLUMNS = ("name", "language model", "params", "hears", "GB", "use", "weights", "fits", "installed")


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def models(ctx: click.Context, as_json: bool) -> None:
    """List the models that can be asked, those of the survey first.

    params: all of them, encoders included. GB: memory that the weights take as they are loaded by default. use: what
    the terms of the weights and of what they are built on allow. weights: whether they were fetched. fits: GPU; RAM (in
    32 bit); RAM, bf16 (half of that); no.
    """
    if ctx.invoked_subcommand:
        return
    from mudata.evaluation.models import hardware
    from mudata.evaluation.models.registry import card_of, listings
    from mudata.home import Home

    home, here = Home.default(), hardware.look()
    pairs = sorted(((one, card_of(one)) for one in listings()), key=lambda pair: _order(*pair))
    if as_json:
        emit_json([_facts(one, card, home, here) for one, card in pairs])
        return
    emit([_row(one, card, home, here) for one, card in pairs], as_json=False, columns=COLUMNS)
    click.echo(f"This machine: {here}. More: mudata models info NAME", err=True)


@models.command()
@click.argument("name")
@json_option
def info(name: str, as_json: bool) -> None:
    """Show one model: what it is, its terms, its weights and where they are, what it needs, and its options."""
    from mudata.cli.model_page import page
    from mudata.evaluation.models import hardware
    from mudata.evaluation.models.registry import card_of, find, options_of
    from mudata.home import Home

    one = find(name)
    card = card_of(one)
    facts = _facts(one, card, Home.default(), hardware.look())
    facts["options"] = None if one.missing else options_of(one) | (dict(card.options) if card else {})
    if as_json:
        emit_json(facts)
        return
    for line in page(facts):
        click.echo(line)


@models.command()
@click.argument("name")
@click.option(
    "--from",
    "origin",
    multiple=True,
    metavar="[PART=]PATH",
    help="Link files you have: the model's folder, a part's folder or file, a cache of Hugging Face; may be repeated.",
)
@click.option("--jobs", type=click.IntRange(min=1), default=4, metavar="N", help="Downloads at a time (default: 4).")
@click.option("--offline", is_flag=True, help="Never touch the network (also MUDATA_OFFLINE=1).")
@click.option("--accept-licence", is_flag=True, help="Accept the model's terms; needed once where use is restricted.")
@common
def fetch(
    name: str,
    *,
    origin: tuple[str, ...],
    jobs: int,
    offline: bool,
    accept_licence: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Get a model's weights. Parts that models share (language models, encoders) are fetched once.

    Downloads are resumed, verified, and not repeated; stopped or killed, the same command goes on.

    \b
    mudata models fetch ltu --accept-licence
    mudata models fetch modaverse --from vicuna-7b-v0=~/vicuna-7b-v0
    mudata models fetch salmonn-7b --from ~/SALMONN --offline
    """
    from mudata.errors import ModelError
    from mudata.evaluation.models.registry import card_of, find
    from mudata.evaluation.models.weights import fetch_weights
    from mudata.home import Home

    card = card_of(find(name))
    if card is None:
        raise ModelError(f"{name} has no weights to fetch.", "Models with weights are shown by `mudata models`.")
    say = progress(quiet)
    request = fetch_weights.WeightsRequest(origin, accept_licence, offline, jobs)
    got = fetch_weights.fetch(card, Home.default(), request, say)
    for note in got.notes:
        say.say(note)
    rows = [_part(one) for one in got.held]
    if as_json:
        emit_json({"name": name, "folder": got.folder, "downloaded_bytes": got.bytes, "parts": rows})
        return
    shown = [{**row, "GB": f"{(row['bytes'] or 0) / 1e9:.3f}"} for row in rows]
    emit(shown, as_json=False, columns=("part", "at", "weights", "GB", "revision"))
    say.say(f"{name}: {got.folder}")


def _order(one: Listing, card: ModelCard | None) -> tuple[object, ...]:
    """The survey's rows, then other models with weights, then the rest."""
    row = card.survey.row if card and card.survey else 99
    return (card is None, row, one.name)


def _facts(one: Listing, card: ModelCard | None, home: Home, here: Machine) -> dict[str, Any]:
    """Everything that is known of a model without importing its code."""
    from mudata.evaluation.models.weights import fetch_weights, weight_store

    facts: dict[str, Any] = {"name": one.name, "title": one.title, "family": one.family, "code": one.code}
    facts |= {"comes_from": one.package, "needs": list(one.packages), "installed": not one.missing}
    facts |= {"extra": one.extra, "missing": list(one.missing)}
    if card is None:
        return facts
    held = weight_store.look(card, home)
    facts |= card.model_dump(mode="json", exclude_none=True, exclude={"name", "title", "family", "options"})
    facts |= {"card_options": dict(card.options), "usage": fetch_weights.terms(card).usage}
    facts |= {"parts": [_part(one) for one in held], "downloaded": weight_store.downloaded(held) if held else None}
    folder = home.models / card.name
    facts["fits"] = here.fits(card, folder) if held else None
    if folder.is_dir():
        facts["folder"] = str(folder)
    return facts


def _part(one: PartOnDisk) -> dict[str, Any]:
    from mudata.catalog.fetch.plan import describe

    part = one.part
    said = {"part": part.name, "at": one.at, "what": part.what, "licence": part.licence.text, "size": part.size}
    mirrors = [describe(m) + (f"@{r}" if (r := getattr(m, "revision", None)) else "") for m in part.mirrors]
    how = next((mirror.how for mirror in part.mirrors if mirror.kind == "local"), None)
    there = {"weights": {"here": "yes", "missing": "no"}.get(one.state, one.state), "folder": str(one.files)}
    came = {"from": [record.mirror for record in one.records], "revision": one.revision, "bytes": one.bytes or None}
    return said | {"mirrors": mirrors, "how": how} | there | came


def _row(one: Listing, card: ModelCard | None, home: Home, here: Machine) -> dict[str, Any]:
    facts = _facts(one, card, home, here)
    installed = "yes" if one.missing == () else f"needs {one.missing[0]}"
    row: dict[str, Any] = {"name": one.name, "installed": installed}
    if card is None:
        return row | {"hears": one.family}
    longest, rate, size = card.longest_s, card.sample_rate, card.parameters
    rate_text = f"{rate / 1000:g} kHz" if rate else ""
    return row | {
        "language model": card.language_model,
        "params": f"{size / 1e9:.2f} B" if size else None,
        "hears": " ".join(filter(None, [rate_text, f"{longest:.4g} s" if longest else ""])),
        "GB": f"{card.memory_gb:g}" if card.memory_gb else None,
        "use": facts["usage"],
        "weights": facts["downloaded"],
        "fits": facts["fits"],
    }
