"""The folder of an export: whose it is, how files get into it whole, and what an unfinished one is gone on with.

FOLDER/export.json     what was asked for, and a hash of what that meant; written first
FOLDER/split.json      the manifest
FOLDER/README.md       what is in it, under which licences, how it is loaded
FOLDER/CREDITS.md      whom to cite, and the credit of every clip
FOLDER/left_out.csv    clips that are not in it, with the reason; only if there are any
FOLDER/references.csv  clips whose sound stays where it is, with the reason; only if there are any
FOLDER/audio/          with `copy`: the sound
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.csv_lines import csv_line
from mudata.errors import AudioError, SplitError
from mudata.home import PARTIAL, write_atomic
from mudata.json_files import parse
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.catalog.export.export_plan import ExportClip, ExportPlan

RECORD = "export.json"


class ExportFolder:
    """The folder that a plan is written into. Stopped at any moment, the same plan goes on where it was.

    goes_on: whether files that are there are of this very plan, so that whole ones can stay.
    """

    def __init__(self, plan: ExportPlan, progress: Progress = SILENT) -> None:
        """Raises SplitError for a folder with other things in it."""
        self.path = plan.options.folder.expanduser().absolute()
        self.progress = progress
        self._plan = plan
        asked = {"split": plan.split.name, "sha256": plan.split.sha256, **plan.options.record()}
        there = self._record()
        if not plan.options.force:
            self._require_free(there, asked)
        self._ours = not plan.options.force or self._is_asked(there, asked)
        self.goes_on = there == (record := asked | {"rows_sha256": plan.digest})
        self.path.mkdir(parents=True, exist_ok=True)
        if not self.goes_on:  # else a later run would take files of another state for whole ones of this
            self._clear()
        self.write(RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
        self.write("split.json", plan.split.to_json())

    def _record(self) -> Any:
        try:
            return parse((self.path / RECORD).read_bytes())
        except (OSError, ValueError):
            return None

    @staticmethod
    def _is_asked(there: Any, asked: dict[str, Any]) -> bool:
        """Whether a record is of the same request."""
        return isinstance(there, dict) and all(there.get(name) == value for name, value in asked.items())

    def _require_free(self, there: Any, asked: dict[str, Any]) -> None:
        if not self.path.exists() or (self.path.is_dir() and not _visible(self.path)):
            return
        if not self.path.is_dir():
            raise SplitError(f"{self.path} is a file.", "Give a folder that is empty or not there yet.")
        if not isinstance(there, dict):
            what, hint = f"{self.path} holds other things.", "Give a folder that is empty or not there yet, or --force."
            raise SplitError(what, hint)
        other = [name for name, value in asked.items() if there.get(name) != value]
        if other:
            told = ", ".join(f"{name} {there.get(name)!r} (now {asked[name]!r})" for name in other)
            raise SplitError(
                f"{self.path} holds another export: its {told}.",
                "Give a folder that is empty or not there yet, or --force.",
            )

    def _clear(self) -> None:
        """Remove what is there under names that whole files of this plan will have."""
        for name in self._plan.files.values():
            for path in (*self.path.glob(f"{name}-??????.tar"), *self.path.glob(f"data/{name}-?????-of-?????.parquet")):
                path.unlink()
        for clip in self._plan.clips():
            if clip.inside and not self._plan.options.packs:
                (self.path / clip.row["path"]).unlink(missing_ok=True)

    def write(self, name: str, data: bytes | str) -> None:
        """Write a small file whole."""
        write_atomic(self.path / name, data)

    @contextlib.contextmanager
    def whole(self, name: str) -> Iterator[Path]:
        """A draft that takes its name when everything went well; what a killed writer left is written over."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.parent / f".draft{PARTIAL}"
        try:
            yield draft
            with draft.open("rb") as file:
                os.fsync(file.fileno())
            draft.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise

    def copy_sound(self) -> None:
        """Put the sound of all clips that take it along into `audio/`; those that fail are left out."""
        inside = [clip for clip in self._plan.clips() if clip.inside]
        done = set()
        with self.progress.bar(f"Copying the sound of {self._plan.split.name}", len(inside)) as advance:
            for clip in inside:
                if (name := str(clip.row["path"])) not in done:
                    self._copy(clip, name)
                    done.add(name)
                advance(1)

    def _copy(self, clip: ExportClip, name: str) -> None:
        target = self.path / name
        if clip.sound.is_written(target):
            return
        try:
            with self.whole(name) as draft:
                clip.sound.write(draft)
        except AudioError as error:
            self._plan.left_out[clip.clip_id] = told(error)

    def bytes_of(self, clip: ExportClip) -> bytes | None:
        """The sound of a clip as a file; None where it cannot be had, and then it is left out."""
        draft = self.path / f".sound{PARTIAL}"
        try:
            clip.sound.write(draft)
            return draft.read_bytes()
        except AudioError as error:
            self._plan.left_out[clip.clip_id] = told(error)
            return None
        finally:
            with contextlib.suppress(OSError):
                draft.unlink()

    def keep_only(self, pattern: str, names: set[str]) -> None:
        """Remove files of an earlier state of this export that it has no longer; not among other people's."""
        if not self._ours:
            return
        for path in self.path.glob(pattern):
            if path.relative_to(self.path).as_posix() not in names:
                path.unlink()

    def tell_of(self, name: str, reasons: dict[str, str]) -> None:
        """A table of clips with reasons; none where there are none."""
        if not reasons:
            (self.path / name).unlink(missing_ok=True)
            return
        lines = [csv_line(("clip_id", "reason")), *map(csv_line, reasons.items())]
        self.write(name, "".join(lines))


def told(error: AudioError) -> str:
    """Why a clip is left out: the machine word, then the details."""
    return f"{error.reason}: {error.what}"


def _visible(folder: Path) -> list[Path]:
    """What is in a folder, less the drafts of a killed writer."""
    return [path for path in folder.iterdir() if not (path.name.startswith(".") and path.name.endswith(PARTIAL))]
