"""A split as tables, a file for each part: CSV (lists are JSON), JSON Lines, Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mudata.csv_lines import csv_line

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from mudata.catalog.export.export_folder import ExportFolder
    from mudata.catalog.export.export_plan import ExportClip, ExportPlan


def write_csv(plan: ExportPlan, folder: ExportFolder) -> None:
    """PART.csv, with a header even where a part is empty."""
    for part, clips in plan.parts.items():
        folder.write(f"{plan.files[part]}.csv", csv_table(plan, clips))


def write_jsonl(plan: ExportPlan, folder: ExportFolder) -> None:
    """PART.jsonl, an object for each clip."""
    for part, clips in plan.parts.items():
        folder.write(f"{plan.files[part]}.jsonl", "".join(json_text(clip.row) + "\n" for clip in clips))


def write_parquet(plan: ExportPlan, folder: ExportFolder) -> None:
    """PART.parquet, with the types of `columns`, whatever is unknown."""
    for part, clips in plan.parts.items():
        with folder.whole(f"{plan.files[part]}.parquet") as draft:
            parquet_table(plan, clips, draft)


def csv_table(plan: ExportPlan, clips: Iterable[ExportClip]) -> str:
    """The rows of clips as CSV; what is unknown is empty."""
    rows = (csv_line(json_text(v) if isinstance(v, list) else v for v in clip.row.values()) for clip in clips)
    return csv_line(plan.columns) + "".join(rows)


def parquet_table(plan: ExportPlan, clips: Iterable[ExportClip], file: Path) -> None:
    """The rows of clips as a file of Parquet."""
    import pyarrow.parquet as pq

    pq.write_table(arrow_table(plan, clips), file)


def arrow_table(plan: ExportPlan, clips: Iterable[ExportClip]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist([dict(clip.row) for clip in clips], schema=arrow_schema(plan.columns))


def arrow_schema(columns: Mapping[str, str]) -> pa.Schema:
    """Types of Arrow for the kinds of columns."""
    import pyarrow as pa

    types = {"text": pa.string(), "number": pa.float64(), "count": pa.int64(), "texts": pa.list_(pa.string())}
    return pa.schema([(name, types[kind]) for name, kind in columns.items()])


def json_text(value: Any) -> str:
    """JSON on one line, as people read it."""
    return json.dumps(value, ensure_ascii=False)
