"""A split as shards of WebDataset: PART-000000.tar with KEY.json (all that is told of a clip) and KEY.flac beside it.

Sound is always inside; a clip whose licence does not let it be passed on is left out. Keys have no dots, at which
WebDataset would end them; the same split gives the same bytes (no times, no owners).
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.export.shard_sizes import shards
from mudata.catalog.export.table_files import json_text

if TYPE_CHECKING:
    from mudata.catalog.export.export_folder import ExportFolder
    from mudata.catalog.export.export_plan import ExportClip, ExportPlan


def write_webdataset(plan: ExportPlan, folder: ExportFolder) -> None:
    """Write the shards that are not there yet."""
    written: set[str] = set()
    with folder.progress.bar(f"Packing {plan.split.name}", sum(map(len, plan.planned.values()))) as advance:
        for part, clips in plan.planned.items():
            for number, shard in enumerate(shards(clips)):
                name = f"{plan.files[part]}-{number:06}.tar"
                if not (folder.goes_on and _keys(folder.path / name) == {clip.name for clip in shard}):
                    _pack(folder, name, shard)
                written.add(name)
                advance(len(shard))
    for file in plan.files.values():
        folder.keep_only(f"{file}-??????.tar", written)


def _pack(folder: ExportFolder, name: str, shard: list[ExportClip]) -> None:
    with folder.whole(name) as draft, tarfile.open(draft, "w", format=tarfile.PAX_FORMAT) as tar:
        for clip in shard:
            if (sound := folder.bytes_of(clip)) is None:
                continue
            _add(tar, f"{clip.name}.json", json_text(clip.row).encode())
            _add(tar, f"{clip.name}{clip.sound.suffix}", sound)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def _keys(shard: Path) -> set[str]:
    """The keys in a finished shard, that of a damaged one not."""
    try:
        with tarfile.open(shard, "r:") as tar:
            return {name.removesuffix(".json") for name in tar.getnames() if name.endswith(".json")}
    except (OSError, tarfile.TarError):
        return set()
