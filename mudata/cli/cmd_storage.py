"""`mudata where`, `du`, `rm`, `mv`: what lies in the home."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mudata.cli import name_completion
from mudata.cli.output import common, echo, emit, emit_json, json_option, progress
from mudata.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable

    from mudata.storage.inventory import Kind

_KINDS = ("dataset", "split", "run", "shard", "model", "part", "listening-test")


def _kind_option(command: Callable[..., Any]) -> Callable[..., Any]:
    told = "What is meant, where things of several kinds have the name; part: files that models share."
    return click.option("--kind", type=click.Choice(_KINDS), is_eager=True, help=told)(command)


@click.command()
@click.argument("name", required=False, shell_complete=name_completion.everything)
@_kind_option
@json_option
def where(name: str | None, kind: Kind | None, as_json: bool) -> None:
    """Tell where everything lies: home, cards; of a NAME its card, own faults, raw files, clips, fingerprints, index,
    manifest, run or weights.

    kept: whether files were linked from elsewhere or are copies of the home's own.
    """
    from mudata.storage import whereabouts
    from mudata.storage.disk_size import readable

    rows = whereabouts.where(Home.default(), name, kind)
    if as_json:
        emit_json(rows)
        return
    for row in rows:
        row["size"] = readable(row["bytes"] or 0)
        row["kept"] = f"{row['kept']} to {row['linked_to']}" if row["kept"] == "linked" else row["kept"]
    columns = [c for c in whereabouts.COLUMNS if any(row[c] for row in rows)]
    emit(rows, as_json=False, columns=columns)


@click.command()
@common
def du(as_json: bool, quiet: bool) -> None:
    """Tell how much of the disk everything takes: datasets, splits, runs, listening tests, and weights of models by
    their parts.

    A file counts once, however many names it has. linked: files elsewhere that links lead to; store: what MUDATA_STORE
    has of it. Neither is in a total.
    """
    from mudata.storage import disk_use
    from mudata.storage.disk_size import readable

    home = Home.default()
    with progress(quiet).bar("Measuring", unit=""):
        rows = disk_use.disk_use(home)
    if as_json:
        emit_json(rows)
        return
    sizes = {"total": "bytes", "linked": "linked_bytes"} | {name: name for name in ("raw", "clips", "index", "store")}
    shown = [row | {column: readable(row[key] or 0) for column, key in sizes.items()} for row in rows]
    columns = [c for c in disk_use.COLUMNS if c in ("kind", "name", "total") or any(row[c] for row in shown)]
    emit(shown, as_json=False, columns=columns)
    progress(quiet).say(f"{readable(sum(row['bytes'] for row in rows)) or 'Nothing'} in {home.root}")


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=name_completion.stored)
@_kind_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show what would go, and remove nothing.")
@click.option("--force", is_flag=True, help="Although others need it, such as the runs of a split; these stay.")
@click.option("--everywhere", is_flag=True, help="Datasets also from MUDATA_STORE, for all machines that share it.")
@common
def rm(
    names: tuple[str, ...],
    *,
    kind: Kind | None,
    yes: bool,
    dry_run: bool,
    force: bool,
    everywhere: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Remove datasets, splits, runs (or the beginning of a run's id), weights of models or listening tests from the
    home.

    What would go is shown first, and asked about. Files that are linked from elsewhere are unlinked only. A model
    takes with it the parts that no other model needs, an exam that was composed here its card. Other cards stay, and
    so do your own known faults and terms that were accepted. Stopped or killed, the same command goes on.

    \b
    mudata rm gtzan --dry-run
    mudata rm gtzan gtzan-exam --yes
    """
    from mudata.storage import removal
    from mudata.storage.disk_size import readable

    home, tell = Home.default(), progress(quiet)
    say = tell.say
    with tell.bar("Measuring", unit=""):
        planned = removal.plan(home, names, kind, everywhere=everywhere)
        rows = planned.rows()
    if as_json and not (yes or dry_run):
        raise click.UsageError("--json does not ask: give --yes or --dry-run.")
    if not as_json:
        shown = [row | {"size": readable(row["bytes"])} for row in rows]
        emit(shown, as_json=False, columns=["kind", "name", "what", "size", "files", "links", "path"])
    for part, models in planned.shared.items():
        say(f"Stays: part {part}, which {', '.join(models)} needs.")
    for other in planned.dependents:
        say(f"Needs it: {other}.")
    for seen in () if everywhere else planned.published:
        say(f"{seen.url} keeps {seen.record.dataset}: it is listed again (--everywhere removes it there, too).")
    size = readable(sum(row["bytes"] for row in rows)) or "0 B"
    if not dry_run:
        if planned.dependents and not force:
            removal.remove(home, planned)  # which is refused, before anybody is asked
        if not yes:
            _ask(f"Remove these {len(rows)} places, {size}?")
        removal.remove(home, planned, force=force, progress=tell)
        say(f"Removed {size}.")
    if as_json:
        emit_json(rows)


@click.command()
@click.option("--yes", "-y", is_flag=True, help="Remove it. Without it, what would go is shown.")
@common
def sweep(*, yes: bool, as_json: bool, quiet: bool) -> None:
    """Show, and with --yes remove, what MUDATA_STORE has and no dataset's record names any more.

    That is what was replaced (files, tables, copies after --store reference), and what killed writers left. Nothing
    goes that is younger than a day, nor anything of a dataset that was published within the last day.
    """
    from mudata.catalog.sharing import sweeping
    from mudata.storage.disk_size import readable

    tell = progress(quiet)
    with tell.bar("Listing", unit=""):
        found = sweeping.unnamed(tell)
    rows = [{"dataset": one.dataset, "objects": len(one.objects), "bytes": one.size} for one in found]
    if not as_json:
        shown = [row | {"size": readable(one.size)} for row, one in zip(rows, found, strict=True)]
        emit(shown, as_json=False, columns=["dataset", "objects", "size"], hint="Nothing is to be swept.")
    if yes:
        sweeping.sweep(found, tell)
    elif found:
        tell.say("Nothing was removed: --yes does that.")
    if as_json:
        emit_json(rows)


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody is there to ask: give --yes to remove this, or --dry-run to look only.")
    click.confirm(question, abort=True, err=True)


@click.command()
@click.argument("old", required=False, metavar="[SPLIT]", shell_complete=name_completion.splits)
@click.argument("new", required=False, metavar="[NEW]")
@click.option("--home", "place", type=click.Path(path_type=Path), help="Move the whole home to this folder instead.")
@click.option("--link", is_flag=True, help="With --home: leave a link at the old place, by which it is still found.")
@click.option("--quiet", "-q", is_flag=True, help="No notes and no progress bars.")
def mv(old: str | None, new: str | None, *, place: Path | None, link: bool, quiet: bool) -> None:
    """Rename a split or a listening test, or move the home, also to another disk.

    Stopped or killed, the same command goes on.

    A split that runs name keeps its name, and so do runs: their names are made of what decides their answers, and by
    them the same command finds them again. Datasets and models are called what their cards are called.

    \b
    mudata mv exam gtzan-exam
    mudata mv --home /data/mudata
    """
    if bool(place) == bool(old) or bool(old) != bool(new) or (link and not place):
        raise click.UsageError(
            "Give a SPLIT or a listening test and its NEW name, or --home FOLDER (and --link, if you like)."
        )
    home, tell = Home.default(), progress(quiet)
    if place:
        from mudata.storage.home_move import move_home

        moved = move_home(home, place, link=link, progress=tell)
        tell.say(f"The home is {moved.root} now.")
        if home.root.resolve() != moved.root.resolve():
            tell.say("From now on set MUDATA_HOME to it, as in the line below.")
            echo(f"export MUDATA_HOME={shlex.quote(str(moved.root))}")
        return
    from mudata.storage.renaming import rename

    tell.say(str(rename(home, str(old), str(new))))
