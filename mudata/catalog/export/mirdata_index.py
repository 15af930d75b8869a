"""A split as an index of mirdata: index.json with path and MD5 of each clip's file, and clips.csv with what is told."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.export.table_files import csv_table

if TYPE_CHECKING:
    from mudata.catalog.export.export_folder import ExportFolder
    from mudata.catalog.export.export_plan import ExportPlan


def write_mirdata(plan: ExportPlan, folder: ExportFolder) -> None:
    """Write the index. Paths are relative to the folder, mirdata's `data_home`, else absolute, which it takes too."""
    tracks = {}
    with folder.progress.bar(f"Hashing {plan.split.name}", len(list(plan.clips()))) as advance:
        for clip in plan.clips():
            path = Path(clip.row["path"])
            try:
                tracks[clip.clip_id] = {"audio": [path.as_posix(), _md5(folder.path / path)]}
            except OSError as error:
                plan.left_out[clip.clip_id] = f"vanished: {path}: {error.strerror}"
            advance(1)
    table = csv_table(plan, plan.clips())
    folder.write("clips.csv", table)
    index = {
        "version": plan.split.sha256[:12],
        "tracks": tracks,
        "metadata": {"clips": ["clips.csv", hashlib.md5(table.encode(), usedforsecurity=False).hexdigest()]},
    }
    folder.write("index.json", json.dumps(index, ensure_ascii=False, indent=1) + "\n")


def _md5(file: Path) -> str:
    with file.open("rb") as raw:
        return hashlib.file_digest(raw, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
