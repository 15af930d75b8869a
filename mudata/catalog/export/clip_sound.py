"""The sound of a clip on its way into an export: where it lies, and the same bytes for either store."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.audio import clip
from mudata.errors import AudioError
from mudata.object_store.local_cache import at_hand

if TYPE_CHECKING:
    from mudata.catalog.audio.original import Original


@dataclass(frozen=True, kw_only=True)
class ClipSound:
    """A clip is what lies in the file `path` from `start_s` to `end_s` (None: to its end), seconds.

    whole: nothing else is in that file. cut_from: the original that `path` is, where no copy is kept and the clip is to
    be cut out of it, at `rate` Hz, as normalising would have done it. pcm_sha256: of the samples that this gives, by
    the index.
    """

    path: Path
    start_s: float = 0.0
    end_s: float | None = None
    whole: bool = False
    cut_from: Original | None = None
    rate: int | None = None
    pcm_sha256: str | None = None

    @property
    def suffix(self) -> str:
        """Of the file that `write` makes."""
        return ".flac" if self.cut_from else self.path.suffix.lower()

    def write(self, target: Path) -> None:
        """The sound as a file of its own: the file as it is, or FLAC of what is cut out of it.

        Raises AudioError where the file is gone, is another one than was indexed, or cannot be decoded any more; and
        OSError where the target cannot be written.
        """
        with at_hand(self.path):
            self._write(target)

    def _write(self, target: Path) -> None:
        if self.cut_from is None:
            try:
                source = self.path.open("rb")
            except OSError as error:
                raise AudioError("vanished", f"{self.path}: {error.strerror}") from error
            with source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
            return
        original = self.cut_from
        original.require_unchanged()
        extent = None if original.duration_s is None else (original.start_s, original.start_s + original.duration_s)
        form = clip.AudioFormat(self.rate)
        facts = clip.normalise(original.path, target, form, segment=extent, mix=original.mix)
        if self.pcm_sha256 and facts.pcm_sha256 != self.pcm_sha256:
            raise AudioError("changed", f"{original.path} has other samples than when it was indexed")

    def is_written(self, target: Path) -> bool:
        """Whether that file is there, as far as its size tells; what is cut is decoded."""
        if not target.is_file() or target.is_symlink():
            return False
        if self.cut_from is None:
            with at_hand(self.path):
                return self.path.is_file() and target.stat().st_size == self.path.stat().st_size
        try:
            samples = clip.load(target)
        except AudioError:
            return False
        seconds, rate = self.cut_from.duration_s, self.rate or 1
        return seconds is None or abs(len(samples) - seconds * rate) <= 1
