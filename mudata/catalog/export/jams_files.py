"""A split as JAMS: PART/NAME.jams for each clip, its labels and captions as tags over the whole clip.

JAMS has no namespace for labels of any dataset, so that all are `tag_open`, and `sandbox.namespace` says which; what
else is told of a clip, parts, paths and licences, is in the file's sandbox.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mudata.catalog.export.export_folder import ExportFolder
    from mudata.catalog.export.export_plan import ExportClip, ExportPlan

_VERSION = "0.3.5"
"""Of JAMS, whose schema these files follow."""


def write_jams(plan: ExportPlan, folder: ExportFolder) -> None:
    """Write a file for each clip."""
    for part, clips in plan.parts.items():
        names = {clip.clip_id: f"{plan.files[part]}/{clip.name}.jams" for clip in clips}
        for clip in clips:
            text = json.dumps(_jams(plan, clip), ensure_ascii=False, indent=1)
            folder.write(names[clip.clip_id], text + "\n")
        folder.keep_only(f"{plan.files[part]}/**/*.jams", set(names.values()))


def _jams(plan: ExportPlan, clip: ExportClip) -> dict[str, Any]:
    row = clip.row
    heads = {"title": row["title"], "artist": row["artist"], "release": row["album"], "duration": row["duration_s"]}
    labelled = {*plan.classes, "captions"}
    return {
        "file_metadata": {
            **{name: value for name, value in heads.items() if value is not None},
            "identifiers": {"mudata": clip.clip_id},
            "jams_version": _VERSION,
        },
        "annotations": [_tags(plan, clip, name) for name in row if name in labelled and row[name]],
        "sandbox": {name: value for name, value in row.items() if name not in labelled},
    }


def _tags(plan: ExportPlan, clip: ExportClip, name: str) -> dict[str, Any]:
    value, seconds = clip.row[name], clip.row["duration_s"] or 0.0
    space = plan.classes[name].namespace if name in plan.classes else "caption"
    return {
        "namespace": "tag_open",
        "annotation_metadata": {"corpus": clip.row["dataset"], "data_source": f"labels of {clip.row['dataset']}"},
        "data": [
            {"time": 0.0, "duration": seconds, "value": text, "confidence": None}
            for text in ([value] if isinstance(value, str) else value)
        ],
        "sandbox": {"namespace": space},
        "time": 0.0,
        "duration": seconds,
    }
