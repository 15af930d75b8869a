"""`mudata export`: a split for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mudata.cli import name_completion
from mudata.cli.output import common, emit, emit_json, progress
from mudata.cli.usage_option import usage_option

if TYPE_CHECKING:
    from mudata.catalog.cards.licence_terms import Purpose
    from mudata.catalog.export.export_options import SplitFormat, WhichAudio

FORMATS = ("csv", "parquet", "jsonl", "hf", "webdataset", "croissant", "audformat", "jams", "mirdata-index")


@click.command()
@click.argument("split_", metavar="NAME|FILE", shell_complete=name_completion.splits)
@click.option("--to", type=click.Choice(FORMATS), required=True, help="Which format, for which library.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder to write."
)
@click.option("--part", "parts", multiple=True, metavar="PART", help="A part of the split; may be given again.")
@click.option(
    "--audio",
    type=click.Choice(["clip", "source"]),
    default="clip",
    show_default=True,
    help="The clip, or the whole file that it was cut from.",
)
@usage_option
@click.option("--copy", is_flag=True, help="Put the sound into the folder, else paths of this machine lead to it.")
@click.option(
    "--i-have-rights", is_flag=True, help="Also sound whose licence does not let it be passed on: you may all the same."
)
@click.option("--force", is_flag=True, help="Write although other things lie in the folder.")
@common
def export(
    split_: str,
    *,
    to: SplitFormat,
    output: Path,
    parts: tuple[str, ...],
    audio: WhichAudio,
    usage: Purpose | None,
    copy: bool,
    i_have_rights: bool,
    force: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Write a split for another program: clips with paths, labels, captions, groups, licences, credits.

    csv, parquet, jsonl: a table for each part. hf: a folder that datasets.load_dataset reads. webdataset: shards with
    the sound in them. croissant, audformat, jams, mirdata-index: for the library of that name. docs/export.md has what
    goes into each.

    Sound that a licence does not let others pass on stays where it is, and the export refers to it: path, source,
    start, end, hashes. Exit 1 if clips are left out: left_out.csv has the reasons.

    \b
    mudata export exam --to parquet -o exam-files
    mudata export exam --to webdataset -o exam-shards --part train
    """
    from mudata.catalog.export.export_options import ExportOptions
    from mudata.catalog.export.split_exporter import export_split
    from mudata.catalog.splits import manifest
    from mudata.errors import number
    from mudata.home import Home

    home, tell = Home.default(), progress(quiet)
    options = ExportOptions(
        to=to, folder=output, parts=parts, audio=audio, usage=usage, copy=copy, i_have_rights=i_have_rights, force=force
    )
    done = export_split(home, manifest.load(home, split_), options, tell)
    rows = [{"part": part, "clips": clips} for part, clips in done.clips.items()]
    if as_json:
        told = {name: dict(getattr(done, name)) for name in ("left_out", "references", "not_permitted")}
        emit_json({"folder": str(done.folder), "parts": rows, **told})
    else:
        emit(rows, as_json=False)
    if done.references:
        tell.say(f"The sound of {number(len(done.references), 'clip')} stays where it is: see references.csv.")
    if done.not_permitted:
        tell.say(f"{number(len(done.not_permitted), 'clip')} may not be used for {usage} purposes: see left_out.csv.")
    if done.left_out:
        tell.say(f"Left out: {number(len(done.left_out), 'clip')}, see left_out.csv.")
    tell.say(f"{done.folder}: README.md there has the lines that load it.")
    raise SystemExit(1 if done.left_out else 0)
