"""`mudata fetch`: from a card to clips in the index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from mudata.catalog.audio.stores import DEFAULT_STORE, Store
from mudata.cli import name_completion
from mudata.cli.on_option import on_option
from mudata.cli.output import common, echo, emit, emit_json, progress
from mudata.cli.usage_option import usage_option
from mudata.errors import HomeError, MudataError, number

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.ingested import Ingested
    from mudata.home import Home

_SHOWN = 5
"""So many clips that are not usable are named; the index names them all."""


@click.command()
@click.argument("names", nargs=-1, metavar="NAME...", shell_complete=name_completion.datasets)
@click.option(
    "--from",
    "origin",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="Use files you have: a folder, an archive, or a cache of another tool; may be repeated.",
)
@click.option("--copy", is_flag=True, help="Copy the files of --from; else they are linked.")
@click.option(
    "--card", "card_file", type=click.Path(exists=True, dir_okay=False), help="A card file, in place of NAME."
)
@click.option("--subset", metavar="S", help="A subset of the card, or several with commas between.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only so many clips, always the same ones.")
@click.option("--where", metavar="SQL", help="Only clips for which this holds, as in \"list_contains(genre, 'rock')\".")
@usage_option
@click.option("--rate", type=click.IntRange(1000, 655_350), metavar="HZ", help="Sample rate (default: native).")
@click.option(
    "--store",
    type=click.Choice(get_args(Store)),
    help="flac: a normalised copy of every clip; reference: none, files are decoded when they are heard"
    f" [default: as it was; at first {DEFAULT_STORE}].",
)
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Processes that decode (default: all cores).")
@on_option
@click.option("--jobs", type=click.IntRange(min=1), default=4, metavar="N", help="Downloads at a time (default: 4).")
@click.option(
    "--partial/--no-partial",
    default=None,
    help="The copy is partial on purpose: what it lacks is then no fault, here and in verify [default: as it was].",
)
@click.option(
    "--locked",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Make everything again as a lock has it (`mudata lock`), or only NAME...; differences are explained.",
)
@click.option("--offline", is_flag=True, help="Never touch the network (also MUDATA_OFFLINE=1).")
@click.option("--accept-licence", is_flag=True, help="Accept the dataset's terms; needed once where use is restricted.")
@common
def fetch(
    names: tuple[str, ...],
    *,
    card_file: str | None,
    locked: Path | None,
    rate: int | None,
    workers: int | None,
    on: str | None,
    as_json: bool,
    quiet: bool,
    **request: Any,
) -> None:
    """Get datasets, normalise their clips, index them.

    Downloads are resumed, verified, and not repeated; archives are deleted once they are unpacked
    (MUDATA_KEEP_ARCHIVES=1 keeps them). Exit code 1 means that some of the clips could not be had or are unusable.
    With MUDATA_STORE what another machine published there is taken from there, and what is fetched is published.

    \b
    mudata fetch gtzan --accept-licence
    mudata fetch fma --subset small --rate 16000
    mudata fetch mtg_jamendo --limit 100 --where "list_contains(instrument, 'piano')"
    mudata fetch gtzan --from ~/mir_datasets/gtzan_genre
    mudata fetch --locked mudata.lock.json
    """
    from mudata.catalog.audio.clip import AudioFormat
    from mudata.catalog.cards.loader import load
    from mudata.catalog.fetch.request import FetchRequest
    from mudata.catalog.ingest import get
    from mudata.execution.executor_choice import executor_on
    from mudata.home import Home

    if card_file and names == (Path(card_file).stem,):
        names = ()  # one dataset, and the file says which card
    wanted = [*names, *([card_file] if card_file else [])]
    if locked and card_file:
        raise click.UsageError("The lock says which cards: leave out --card.")
    if not wanted and not locked:
        raise click.UsageError("Name a dataset (see `mudata list`), or give --card FILE.")
    home, say = Home.default(), progress(quiet)
    request["executor"] = executor_on(on, home, workers=workers, progress=say)
    if locked:
        from mudata.cli.cmd_lock import fetch_locked

        fetch_locked(locked, names, {**request, "rate": rate}, as_json=as_json, quiet=quiet)
    rows: list[dict[str, Any]] = []
    code = 0
    for name in wanted:
        try:
            card = load(name if name in names else Path(name))
            ingested = get(card, home, FetchRequest(**request), audio_format=AudioFormat(rate), progress=say)
        except HomeError:
            raise
        except MudataError as error:
            if len(wanted) == 1:
                raise
            echo(f"Error: {error}", err=True)
            code = max(code, error.exit_code)
            continue
        rows.append(_row(ingested))
        if request["partial"] and not ingested.partial and not quiet:
            say.say(f"{card.name}: --partial has no effect: all that was asked for is here.")
        for line in () if quiet else _story(card, home, ingested):  # to find the next step may take seconds
            say.say(line)
        code = max(code, int(ingested.at_fault))
    if as_json:
        emit_json(rows)
    else:
        emit(
            [row | {"quarantined": len(row["quarantined"]), "missing": len(row["missing"])} for row in rows],
            as_json=False,
            columns=["dataset", "declared", "fetched", "usable", "quarantined", "missing", "flavour"],
        )
    raise SystemExit(code)


def _row(ingested: Ingested) -> dict[str, Any]:
    return {
        "dataset": ingested.dataset,
        "declared": ingested.declared,
        "fetched": ingested.fetched,
        "usable": ingested.usable,
        "quarantined": dict(ingested.quarantined),
        "missing": dict(ingested.missing),
        "issues": [{"kind": issue.kind, "where": issue.where, "what": issue.what} for issue in ingested.issues],
        "flavour": ingested.audio_format,
        "unchanged": ingested.unchanged,
        "lacking": ingested.lacking,
        "partial": ingested.partial,
        "store": ingested.store,
        "freed_bytes": ingested.freed_bytes,
    }


def _story(card: Card, home: Home, ingested: Ingested) -> list[str]:
    """What a person wants to know after a fetch:
    what is not usable and why, where things are, how to go on."""
    from mudata.storage.disk_size import readable

    name = card.name
    lines = [f"{name}: {issue.where}: {issue.what}" for issue in ingested.issues[:_SHOWN]]
    if more := len(ingested.issues) - _SHOWN:
        lines += [f"{name}: and {more} more of that kind"] if more > 0 else []
    for what, clips in (("quarantined", ingested.quarantined), ("missing", ingested.missing)):
        if clips:
            lines.append(f"{name}: {number(len(clips), 'clip is', 'clips are')} {what}:")
            lines += [f"  {id_}: {reason}" for id_, reason in clips[:_SHOWN]]
    if ingested.quarantined or ingested.missing:
        query = f"SELECT clip_id, status, reason FROM clips WHERE dataset = '{name}' AND status <> 'ok'"  # noqa: S608 - shown, not run
        lines.append(f'All of them: mudata sql "{query}"')
    if ingested.partial:
        lines.append(f"{name}: {ingested.extent}, partial on purpose (--no-partial takes that back).")
    elif ingested.is_incomplete:
        lines.append(
            f"{name}: {ingested.extent}. If that is on purpose, run the same command with --partial: it is then no"
            " fault. What is not here comes with --from and a folder that has it, or from the dataset's host."
        )
    if card.audio == "no":
        lines.append(f"{name}: {card.audio_note}")
    folder = home.clips(name, ingested.audio_format)
    where = f"clips in {folder}" if ingested.store == "flac" else "clips are decoded from them when they are heard"
    lines.append(f"{name}: raw files are in {home.raw(name) / 'files'}, {where}")
    if ingested.freed_bytes:
        lines.append(f"{name}: copies of clips went from {folder}, {readable(ingested.freed_bytes)}.")
    if ingested.usable:
        from mudata.catalog.splits import suggestion

        if request := suggestion.suggest(home, card):
            lines.append(f"Next: {suggestion.command(request)}")
    return lines
