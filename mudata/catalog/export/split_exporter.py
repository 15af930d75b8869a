"""A split on its way into a folder for other programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mudata.catalog.credits.credit_pages import Credits
from mudata.catalog.export.audformat_database import write_audformat
from mudata.catalog.export.croissant_metadata import write_croissant
from mudata.catalog.export.export_folder import ExportFolder
from mudata.catalog.export.export_options import Exported, ExportOptions, SplitFormat
from mudata.catalog.export.export_plan import ExportPlan, plan_export
from mudata.catalog.export.export_readme import readme
from mudata.catalog.export.hf_dataset import hf_header, write_hf
from mudata.catalog.export.jams_files import write_jams
from mudata.catalog.export.mirdata_index import write_mirdata
from mudata.catalog.export.table_files import write_csv, write_jsonl, write_parquet
from mudata.catalog.export.webdataset_shards import write_webdataset
from mudata.errors import SplitError
from mudata.home import writing_to
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.catalog.splits.manifest import Manifest
    from mudata.home import Home

_WRITERS: dict[SplitFormat, Callable[[ExportPlan, ExportFolder], None]] = {
    "csv": write_csv,
    "parquet": write_parquet,
    "jsonl": write_jsonl,
    "hf": write_hf,
    "webdataset": write_webdataset,
    "croissant": write_croissant,
    "audformat": write_audformat,
    "jams": write_jams,
    "mirdata-index": write_mirdata,
}


def export_split(home: Home, split: Manifest, options: ExportOptions, progress: Progress = SILENT) -> Exported:
    """Write a split into a folder. Stopped at any moment, the same call goes on.

    Raises UnknownName for a part that the split does not have; SplitError for a folder with other things in it, a
    manifest that was changed by hand, or where no clip can be had; HomeError where the disk does not take it.
    """
    plan = plan_export(home, split, options)
    with writing_to(options.folder):
        folder = ExportFolder(plan, progress)
        if not options.packs:
            folder.copy_sound()
        _WRITERS[options.to](plan, folder)
        header = hf_header(plan) if options.to == "hf" else ""
        folder.write("README.md", header + readme(plan))
        credited = tuple(plan.credits[clip.clip_id] for clip in plan.clips())
        folder.write("CREDITS.md", Credits(split.name, plan.sources, credited).markdown())
        folder.tell_of("left_out.csv", plan.left_out | plan.not_permitted)
        folder.tell_of("references.csv", plan.references)
    parts = {part: len(clips) for part, clips in plan.parts.items()}
    if not any(parts.values()):
        raise SplitError(
            f"No clip of split {split.name} could be read: {next(iter(plan.left_out.values()))}.",
            f"Run: mudata fetch {' '.join(split.datasets)}",
        )
    return Exported(folder.path, parts, plan.left_out, plan.references, plan.not_permitted)
