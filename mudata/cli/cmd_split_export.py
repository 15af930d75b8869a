"""`mudata split export`: a split's clips for programs of training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mudata.cli import name_completion
from mudata.cli.output import common, emit, emit_json, progress

if TYPE_CHECKING:
    from mudata.catalog.splits.export_split import Format


@click.command()
@click.argument("split_", metavar="NAME|FILE", shell_complete=name_completion.splits)
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder to write.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["csv", "jsonl", "audiofolder"]),
    default="csv",
    show_default=True,
    help="A table for each part, or a folder that datasets.load_dataset reads.",
)
@click.option("--copy", is_flag=True, help="With audiofolder: copy the clips; else they are linked.")
@click.option("--force", is_flag=True, help="Write although other things lie in the folder.")
@common
def export(split_: str, *, to: Path, format_: Format, copy: bool, force: bool, quiet: bool, as_json: bool) -> None:
    """Write a split for training: its clips with paths, labels, captions, groups. Exit 1 if clips are left out.

    Tables have absolute paths of the normalised audio, and of the source with the seconds where the clip lies in it.

    \b
    mudata split export exam --to exam-files
    mudata split export exam --to exam-folder --format audiofolder
    """
    from mudata.catalog.splits import export_split, manifest
    from mudata.home import Home

    home, tell = Home.default(), progress(quiet)
    made = manifest.load(home, split_)
    exported = export_split.export(home, made, to, format_=format_, copy=copy, force=force, progress=tell)
    rows = [{"part": part, "clips": clips} for part, clips in exported.clips.items()]
    if as_json:
        emit_json({"folder": str(exported.folder), "parts": rows, "left_out": dict(exported.left_out)})
    else:
        emit(rows, as_json=False)
    if exported.left_out:
        tell.say(f"{len(exported.left_out)} clips cannot be heard and are left out: see left_out.csv.")
    tell.say(str(exported.folder))
    raise SystemExit(1 if exported.left_out else 0)
