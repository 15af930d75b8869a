"""A split as files for programs of training: a table for each part, or a folder that the library `datasets` loads.

FOLDER/<part>.csv or .jsonl       a row for each clip, with the absolute path of its audio
FOLDER/<part>/...                 audiofolder: the clips, linked or copied, and metadata.jsonl
FOLDER/README.md                  audiofolder: which part lies where, as `datasets.load_dataset` reads it
FOLDER/split.json                 the manifest
FOLDER/left_out.csv               clips that cannot be heard, with the reason; only if there are any
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from mudata.catalog.fetch import own_files
from mudata.catalog.splits import manifest
from mudata.catalog.splits.split_clips import load_parts
from mudata.csv_lines import csv_line
from mudata.errors import SplitError, UnknownName
from mudata.home import write_atomic
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.catalog.splits.manifest import Manifest
    from mudata.catalog.training.split_part import SplitPart
    from mudata.home import Home

Format = Literal["csv", "jsonl", "audiofolder"]

_MANIFEST = "split.json"


@dataclass(frozen=True)
class Exported:
    """What was written: clips by part, and those left out, by clip id, with the reason."""

    folder: Path
    clips: Mapping[str, int]
    left_out: Mapping[str, str]


def export(
    home: Home,
    split: Manifest,
    folder: Path,
    *,
    format_: Format = "csv",
    copy: bool = False,
    force: bool = False,
    progress: Progress = SILENT,
) -> Exported:
    """Write the clips of a split into a folder. Stopped at any moment, the same call goes on.

    copy: with audiofolder, copy the clips; else they are linked. force: although other things lie in the folder.
    Raises UnknownName (format), SplitError for a folder with other things in it, or no clip that can be heard.
    """
    if format_ not in get_args(Format):
        raise UnknownName("format", format_, get_args(Format))
    folder = folder.expanduser().absolute()
    if not (force or _is_free(home, folder, split)):
        raise SplitError(f"{folder} holds other things.", "Give a folder that is empty or not there yet, or --force.")
    parts = load_parts(home, split)
    left_out = {clip_id: why for part in parts.values() for clip_id, why in part.left_out.items()}
    if not any(parts.values()):
        raise SplitError(
            f"No clip of split {split.name} can be heard: {next(iter(left_out.values()), 'it has none')}.",
            f"Run: mudata fetch {' '.join(split.datasets)}",
        )
    for part in parts.values():
        _check_inside(folder, part)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / _MANIFEST, split.to_json())
    if format_ == "audiofolder":
        with progress.bar(f"exporting {split.name}", sum(map(len, parts.values()))) as advance:
            for part in parts.values():
                for name, row in _placed(part):
                    _put(Path(row["path"]), folder / part.name / name, copy=copy)
                    advance(1)
                lines = [{"file_name": name} | _plain(row) for name, row in _placed(part)]
                write_atomic(folder / part.name / "metadata.jsonl", _jsonl(lines))
        write_atomic(folder / "README.md", _dataset_card(split, [part.name for part in parts.values() if len(part)]))
    else:
        for part in parts.values():
            write_atomic(folder / f"{part.name}.{format_}", (_csv if format_ == "csv" else _jsonl)(part.rows))
    if left_out:
        write_atomic(folder / "left_out.csv", _csv([{"clip_id": i, "reason": why} for i, why in left_out.items()]))
    return Exported(folder, {name: len(part) for name, part in parts.items()}, left_out)


def _is_free(home: Home, folder: Path, split: Manifest) -> bool:
    """Whether a folder is not there, empty, or holds an export of this split."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return True
    try:
        return manifest.load(home, folder / _MANIFEST).sha256 == split.sha256
    except SplitError:
        return False


def _check_inside(folder: Path, part: SplitPart) -> None:
    """Raises SplitError for names, of a manifest from elsewhere, that lead out of the folder."""
    for name in (f"{part.name}.csv", *(f"{part.name}/{name}" for name, _ in _placed(part))):
        if not Path(os.path.normpath(folder / name)).is_relative_to(folder / "") or "\0" in name:
            raise SplitError(f"{name!r} would lie outside {folder}.", "Rename that part, or that clip, and draw again.")


def _placed(part: SplitPart) -> list[tuple[str, Mapping[str, Any]]]:
    """Rows with the path of their clip below the part's folder: its id and the suffix of its audio."""
    return [(row["clip_id"] + Path(row["path"]).suffix, row) for row in part.rows]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without its path, which the folder has, and without the part, which is its split."""
    return {name: value for name, value in row.items() if name not in ("path", "part")}


def _put(source: Path, target: Path, *, copy: bool) -> None:
    if target.is_symlink() == (not copy) and target.exists() and target.stat().st_size == source.stat().st_size:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if not copy:
        own_files.link(source, target)
        return
    target.unlink(missing_ok=True)
    draft = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, draft)
    draft.replace(target)


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """CSV with a header; lists are JSON, what is not known is empty."""
    cells = [[json.dumps(v, ensure_ascii=False) if isinstance(v, list) else v for v in row.values()] for row in rows]
    return "".join(map(csv_line, [*rows[:1], *cells]))


def _jsonl(rows: Sequence[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _dataset_card(split: Manifest, parts: Sequence[str]) -> str:
    """What tells `datasets` which files are which split; names of its splits are letters, digits and underscores."""
    lines = ["---", "configs:", "- config_name: default", "  data_files:"]
    for part in parts:
        name = "".join(sign if sign.isalnum() else "_" for sign in part)
        lines += [f"  - split: {name}", f"    path: {json.dumps(part + '/**')}"]
    return "\n".join([*lines, "---", f"{split!r}", ""])
