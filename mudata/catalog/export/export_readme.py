"""README.md of an export: what is in it, under which licences, whom to credit, and how it is loaded."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mudata.markdown_text import markdown_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mudata.catalog.export.export_options import SplitFormat
    from mudata.catalog.export.export_plan import ExportPlan

_LOADING = """
csv
import pandas
clips = pandas.read_csv("{file}.csv", keep_default_na=False, na_values=[""])  # else a label "NA" is lost

parquet
import pandas
clips = pandas.read_parquet("{file}.parquet")

jsonl
import pandas
clips = pandas.read_json("{file}.jsonl", lines=True, dtype=False)  # else a label "1980" is a number

hf
import datasets, pathlib
clips = datasets.load_dataset(str(pathlib.Path.cwd()), split="{split}")  # "audio" has the path, or the bytes
# with torchcodec: clips = clips.cast_column("audio", datasets.Audio())

webdataset
import io, soundfile, webdataset
clips = webdataset.WebDataset("{file}-000000.tar", shardshuffle=False).decode()
for clip in clips:
    told, sound = clip["json"], clip.get("flac")
    samples, rate = soundfile.read(io.BytesIO(sound)) if sound else (None, None)

croissant
import mlcroissant  # beside it the command: mlcroissant validate --jsonld croissant.json
clips = list(mlcroissant.Dataset("croissant.json").records("clips"))

audformat
import audformat
clips = audformat.Database.load(".")["clips.{file}"].df

jams
import jams, pathlib
clips = [jams.load(str(path)) for path in sorted(pathlib.Path("{file}").rglob("*.jams"))]

mirdata-index
import json, pathlib
from mirdata.validate import validator
index = json.loads(pathlib.Path("index.json").read_text("utf-8"))
missing, invalid = validator(index, ".")
"""
LOADING = dict(block.split("\n", 1) for block in _LOADING.strip().split("\n\n"))
"""How each format is loaded, in its folder: of a part, by the name of its files."""


def readme(plan: ExportPlan) -> str:
    """The text, in Markdown."""
    return "\n".join([*_head(plan), *_parts(plan), *_licences(plan), *_sources(plan), *_loading(plan), ""])


def _head(plan: ExportPlan) -> Iterable[str]:
    yield f"# {plan.split.name}"
    yield f"{plan.split!r}, exported by mudata as {plan.options.to}."
    yield "`split.json` is the split itself; `left_out.csv`, where there is one, has clips that are not here, and why."


def _parts(plan: ExportPlan) -> Iterable[str]:
    yield "\n| part | clips |\n|---|---:|"
    for part, clips in plan.parts.items():
        yield f"| {markdown_text(part)} | {len(clips):,} |"


def _licences(plan: ExportPlan) -> Iterable[str]:
    yield "\n## Licences"
    yield "Every clip has its own: see `licence`, `licence_url`, `usage` and `attribution`, the line to credit it by;"
    yield "CREDITS.md has them all, and whom to cite."
    yield "This is a reading of what was published, no legal advice.\n"
    clips = Counter(clip.terms for clip in plan.clips())
    inside = Counter(clip.terms for clip in plan.clips() if clip.inside)
    yield "| licence | use | clips | with their sound here | copies may be passed on | changed ones |"
    yield "|---|---|---:|---:|---|---|"
    for terms, number in sorted(clips.items(), key=lambda one: (-one[1], one[0].title)):
        name = markdown_text(terms.title) + (f" <{terms.url}>" if terms.url else "")
        alike = ", under the same licence" if terms.share_alike and terms.may_change else ""
        may = f"{_yes(terms.may_share)} | {_yes(terms.may_change)}{alike}"
        yield f"| {name} | {terms.usage} | {number:,} | {inside[terms]:,} | {may} |"
    if any(clip.inside and clip.sound.suffix == ".flac" for clip in plan.clips()):
        yield "\nSound here was changed where it is FLAC: cut, mixed to one channel, encoded anew."
    if plan.references:
        yield "\nThe sound of the clips in `references.csv` is not here: their licences do not let it be passed on."
        yield "Path, source, start, end and hashes tell which it is."
    if plan.options.i_have_rights:
        yield "\nWhoever exported this said to have the rights to what the licences do not let be passed on."


def _sources(plan: ExportPlan) -> Iterable[str]:
    yield "\n## Sources"
    for dataset in plan.sources:
        yield f"- {markdown_text(dataset.title)}, <{dataset.homepage}>. {markdown_text(dataset.citation)}"


def _loading(plan: ExportPlan) -> Iterable[str]:
    parts = plan.parts
    part = next((part for part, clips in parts.items() if clips), next(iter(parts), ""))
    yield "\n## Loading"
    yield "```python"
    yield loading(plan.options.to, plan.files.get(part, part))
    yield "```"


def loading(to: SplitFormat, file: str) -> str:
    """The lines that load a part, in the folder, by the name of its files."""
    return LOADING[to].replace("{file}", file).replace("{split}", file.replace("-", "_"))


def _yes(value: bool) -> str:
    return "yes" if value else "no"
