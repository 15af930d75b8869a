"""A split as a dataset of Hugging Face: files of Parquet whose column `audio` is an Audio feature, not decoded.

The library `datasets` would load a folder of sound files only with torchcodec (and FFmpeg) installed; Parquet it loads
without, and gives path or bytes of each clip. FOLDER/README.md says which part lies where; so the folder can be pushed
to the Hub as it is. With `copy` the sound is inside, as the Hub's own files have it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.export.shard_sizes import shards
from mudata.catalog.export.table_files import arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

    from mudata.catalog.export.export_folder import ExportFolder
    from mudata.catalog.export.export_plan import ExportClip, ExportPlan

_GROUP_BYTES = 1 << 26
"""Of sound in one group of rows, which a reader holds in memory. Chosen here: 20 to 50 clips of 30 s."""


def write_hf(plan: ExportPlan, folder: ExportFolder) -> None:
    """Write the files that are not there yet."""
    written: set[str] = set()
    with folder.progress.bar(f"Packing {plan.split.name}", sum(map(len, plan.planned.values()))) as advance:
        for part, clips in plan.planned.items():
            cut = shards(clips) if plan.options.copy else [clips] * bool(clips)
            for number, shard in enumerate(cut):
                name = f"data/{plan.files[part]}-{number:05}-of-{len(cut):05}.parquet"
                if not (folder.goes_on and _ids(folder.path / name) == {clip.clip_id for clip in shard}):
                    _pack(plan, folder, name, shard)
                written.add(name)
                advance(len(shard))
    for file in plan.files.values():
        folder.keep_only(f"data/{file}-?????-of-?????.parquet", written)


def hf_header(plan: ExportPlan) -> str:
    """The head of README.md, by which `datasets` knows its splits. A part without clips has no file: `datasets` 5.2
    fails on an empty one."""
    lines = ["---", "configs:", "- config_name: default", "  data_files:"]
    for name, part in _splits(plan).items():
        lines += [f"  - split: {name}", f"    path: data/{plan.files[part]}-?????-of-?????.parquet"]
    licences = {clip.terms.spdx for clip in plan.clips()}
    if len(licences) == 1 and (only := licences.pop()):
        lines.append(f"license: {only.lower()}")
    return "\n".join([*lines, "---", ""])


def _splits(plan: ExportPlan) -> dict[str, str]:
    """The parts with clips by the names of their splits: letters, digits, underscores, no two alike; and `all` is a
    word of the library."""
    found: dict[str, str] = {}
    for part, clips in plan.parts.items():
        name = re.sub(r"\W", "_", part)
        while name in found or name == "all":
            name += "_"
        if clips:
            found[name] = part
    return found


def _pack(plan: ExportPlan, folder: ExportFolder, name: str, shard: list[ExportClip]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(plan)
    with folder.whole(name) as draft, pq.ParquetWriter(draft, schema) as writer:
        rows: list[dict[str, Any]] = []
        size = 0
        for clip in shard:
            sound = folder.bytes_of(clip) if clip.inside else None
            if clip.inside and sound is None:
                continue
            rows.append({**clip.row, "audio": {"bytes": sound, "path": clip.row["path"]}})
            size += len(sound or b"")
            if size >= _GROUP_BYTES:
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))
                rows, size = [], 0
        if rows:
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _schema(plan: ExportPlan) -> pa.Schema:
    """Columns of Arrow, and for `datasets` the features that they are; `audio` stands for the path."""
    import pyarrow as pa

    names = {"text": "string", "number": "float64", "count": "int64"}
    fields: list[pa.Field] = []
    features: dict[str, Any] = {}
    for field in arrow_schema(plan.columns):
        if field.name == "path":
            fields.append(pa.field("audio", pa.struct([("bytes", pa.binary()), ("path", pa.string())])))
            features["audio"] = {"decode": False, "_type": "Audio"}
            continue
        fields.append(field)
        kind = plan.columns[field.name]
        value: dict[str, Any] = {"dtype": names.get(kind, "string"), "_type": "Value"}
        features[field.name] = {"feature": value, "_type": "List"} if kind == "texts" else value
    return pa.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})


def _ids(file: Path) -> set[str]:
    """The clips in a finished file; those of a damaged one not."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return set(pq.read_table(file, columns=["clip_id"])["clip_id"].to_pylist())
    except (OSError, pa.ArrowInvalid):
        return set()
