"""A split as a database of audformat: db.yaml, the header, and a table for each part, db.clips.PART.parquet.

A clip is a file, or a segment of one where it is a part of the file. A column holds one label: of a namespace where
clips may have several each label is a column of its own, true or false (`mood.calm`); with more labels than
MOST_COLUMNS they are a list in JSON, as captions are. Tables are Parquet, since audformat reads a label NA in CSV as
none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mudata.catalog.export.table_files import json_text

if TYPE_CHECKING:
    from mudata.catalog.cards.strict_model import Usage
    from mudata.catalog.export.export_folder import ExportFolder
    from mudata.catalog.export.export_plan import ExportClip, ExportPlan
    from mudata.catalog.training.label_classes import LabelClasses

MOST_COLUMNS = 256
"""Labels of a namespace that get columns. Chosen here: more than any closed vocabulary of the cards has (195)."""

_USAGE: tuple[tuple[Usage, str], ...] = (
    ("unknown", "restricted"),
    ("research", "research"),
    ("noncommercial", "other"),
    ("unrestricted", "unrestricted"),
)
"""Usage classes, the strictest first, and the words of audformat's header for them; it has none for noncommercial."""

_SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "dev"),
    **dict.fromkeys(("test", "testing"), "test"),
}

_TIMES = ("path", "path_start_s", "path_end_s")
"""Columns that the index of a table stands for."""


def write_audformat(plan: ExportPlan, folder: ExportFolder) -> None:
    """Write the tables, then the header."""
    import yaml

    parts = plan.parts
    for part, clips in parts.items():
        with folder.whole(f"db.clips.{plan.files[part]}.parquet") as draft:
            _table(plan, clips, draft)
    text = yaml.safe_dump(_header(plan, parts), sort_keys=False, allow_unicode=True, width=120)
    folder.write("db.yaml", text)


def _header(plan: ExportPlan, parts: Mapping[str, list[ExportClip]]) -> dict[str, Any]:
    usages = {clip.row["usage"] for clip in plan.clips()}
    licences = sorted({clip.terms.title for clip in plan.clips()})
    addresses = {clip.terms.url for clip in plan.clips()}
    alone = addresses.pop() if len(addresses) == 1 else None
    columns = _columns(plan)
    media = _media(plan)
    tables = {}
    for part, clips in parts.items():
        table: dict[str, Any] = {"type": "segmented" if _segmented(clips) else "filewise", "split_id": part}
        if len(media) == 1:
            table["media_id"] = next(iter(media))
        tables[f"clips.{plan.files[part]}"] = table | {"columns": {name: {"scheme_id": name} for name in columns}}
    return {
        "name": plan.split.name,
        "description": f"{plan.split!r}",
        "source": ", ".join(dataset.homepage or dataset.title for dataset in plan.sources),
        "usage": next((word for usage, word in _USAGE if usage in usages), "restricted"),
        "license": "; ".join(licences),
        **({"license_url": alone} if alone else {}),
        "languages": [],
        "media": media,
        "splits": {part: {"type": _SPLITS.get(part, "other")} for part in parts},
        "schemes": columns,
        "tables": tables,
    }


def _media(plan: ExportPlan) -> dict[str, Any]:
    """The kinds of files, by format."""
    found: dict[str, Any] = {}
    for clip in plan.clips():
        form = clip.row["path"].rpartition(".")[2].lower()
        found[form] = {"type": "audio" if clip.row["kind"] == "audio" else "other", "format": form}
    return dict(sorted(found.items()))


def _segmented(clips: list[ExportClip]) -> bool:
    """Whether clips are parts of files, or a file is there twice."""
    return not all(clip.whole for clip in clips) or len({clip.row["path"] for clip in clips}) < len(clips)


def _columns(plan: ExportPlan) -> dict[str, Any]:
    """The columns with their schemes."""
    types = {"text": "str", "texts": "str", "number": "float", "count": "int"}
    found: dict[str, Any] = {}
    for name, kind in plan.columns.items():
        own = plan.classes.get(name)
        if name in _TIMES:
            continue
        if own is None or (not own.single and not _is_wide(own)):
            found[name] = {"dtype": types[kind]}
        elif own.single:
            found[name] = {"dtype": "str", "labels": list(own.names)}
        else:
            found |= {f"{name}.{label}": {"dtype": "bool"} for label in own.names}
    return found


def _is_wide(own: LabelClasses) -> bool:
    """Whether each label gets a column."""
    return len(own) <= MOST_COLUMNS


def _table(plan: ExportPlan, clips: list[ExportClip], file: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"str": pa.string(), "float": pa.float64(), "int": pa.int64(), "bool": pa.bool_()}
    rows = [_cells(plan, clip) for clip in clips]
    columns: dict[str, Any] = {"file": pa.array([clip.row["path"] for clip in clips], pa.string())}
    if _segmented(clips):
        for name, column in (("start", "path_start_s"), ("end", "path_end_s")):
            columns[name] = pa.array([_nanoseconds(clip.row[column]) for clip in clips], pa.duration("ns"))
    for name, scheme in _columns(plan).items():
        columns[name] = pa.array([row.get(name) for row in rows], types[scheme["dtype"]])
    pq.write_table(pa.table(columns), file)


def _nanoseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e9)


def _cells(plan: ExportPlan, clip: ExportClip) -> dict[str, Any]:
    """The cells of a row; where a clip has no label of a namespace, nobody said that it has none."""
    cells: dict[str, Any] = {}
    for name, value in clip.row.items():
        own = plan.classes.get(name)
        if own is not None and not own.single and _is_wide(own):
            if value:
                cells |= {f"{name}.{label}": label in value for label in own.names}
        else:
            cells[name] = json_text(value) if isinstance(value, list) else value
    return cells
