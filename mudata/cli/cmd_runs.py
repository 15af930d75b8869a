"""`mudata runs`: how far each is, and shards of runs joined."""

from __future__ import annotations

import click

from mudata.cli import name_completion
from mudata.cli.cmd_score import show_scores
from mudata.cli.habits import HabitGroup
from mudata.cli.output import common, emit, progress
from mudata.errors import EvaluationError
from mudata.home import Home


@click.group(cls=HabitGroup)
def runs() -> None:
    """List runs, and join those that were asked in shards."""


@runs.command(name="list")
@common
def list_(*, as_json: bool, quiet: bool) -> None:
    """List all runs, and how far they are.

    The oldest first, then shards: how many of the planned items are answered, how many failed, whether it is scored,
    and when it began. What is neither answered nor failed has not been asked: the command of
    `mudata eval` goes on with it. --json has their folders and more.
    """
    from mudata.evaluation import run_listing

    rows = run_listing.rows(Home.default(), progress(quiet))
    shown = [name for name in run_listing.COLUMNS if name != "shard" or any(row["shard"] for row in rows)]
    emit(rows, as_json=as_json, columns=shown, hint="Runs are made by `mudata eval` and `mudata import-answers`.")


@runs.command()
@click.argument("shards", nargs=-1, metavar="[SHARD]...", shell_complete=name_completion.shards)
@common
def merge(shards: tuple[str, ...], *, as_json: bool, quiet: bool) -> None:
    """Join shards into one run, and score it.

    It is the run that the command without --shard would have made. SHARD is a shard's id or its folder; the id of
    their run means all of its shards that are here [default: every run whose shards are all here]. Shards that are
    missing, unfinished or of another recipe are named, and nothing is written. Merging again changes nothing; the
    shards stay until `mudata rm` takes them.

    \b
    mudata eval --model qwen2-audio --split exam --shard 1/2
    mudata eval --model qwen2-audio --split exam --shard 2/2
    mudata runs merge
    """
    from mudata.evaluation.inference import merging

    home, say = Home.default(), progress(quiet)
    groups = merging.found(home, shards)
    if not groups:
        raise EvaluationError("There is no shard to merge.", "Shards are made by `mudata eval --shard i/n`.")
    merged, left = [], 0
    for whole, group in groups.items():
        try:
            run = merging.merge(home, group, say)
        except EvaluationError as error:
            if len(groups) == 1 or shards:
                raise
            left += 1
            say.say(f"Not merged: {error}")
        else:
            merged.append(run.scores)
            say.say(f"{len(group)} shards of {whole} are one run now: {run.folder}")
    if merged:
        show_scores(merged, as_json=as_json, several=len(groups) > 1)
    raise SystemExit(1 if left else 0)
