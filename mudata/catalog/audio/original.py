"""The file that a clip was cut from, as the index knows it: still the same, and read where the clip lies in it."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.catalog.audio import clip
from mudata.catalog.read.source_file import reading
from mudata.errors import AudioError

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.catalog.audio.audio_source import Samples
    from mudata.catalog.audio.mix import Mix


@dataclass(frozen=True, kw_only=True)
class Original:
    """A clip's source, and where in it the clip lies.

    start_s, duration_s: seconds (None: to its end). mix: what becomes of several channels. size (bytes), mtime_ns and
    sha256: of the file when it was indexed; None where that is not known, and then not asked.
    """

    path: Path
    start_s: float = 0.0
    duration_s: float | None = None
    mix: Mix = "mean"
    size: int | None = None
    mtime_ns: int | None = None
    sha256: str | None = None

    def require_unchanged(self) -> None:
        """Raise AudioError unless the file is what was indexed: `vanished`, `changed`, or as `source_file.reading`.

        Size and time of change are looked at; where one of them is another, the file is hashed, once in this process.
        """
        with reading(self.path):
            now = self.path.stat()
        if self.size is not None and now.st_size != self.size:
            raise self._changed(f"{now.st_size:,} bytes, {self.size:,} were indexed")
        if self.sha256 is None or now.st_mtime_ns == self.mtime_ns:
            return
        with reading(self.path):
            got = _sha256(self.path, now.st_size, now.st_mtime_ns)
        if got != self.sha256:
            raise self._changed(f"sha256 {got[:12]}, {self.sha256[:12]} was indexed")

    def _changed(self, how: str) -> AudioError:
        return AudioError(
            "changed",
            f"{self.path} is not the file that was indexed: {how}.",
            "Put the file back, or run `mudata fetch` for its dataset again, which indexes what is there now.",
        )

    def mono(self, rate: int | None = None, *, start_s: float = 0.0, duration_s: float | None = None) -> Samples:
        """`duration_s` of the clip from `start_s` on: (frames,) float32, mixed, resampled once to `rate` Hz (None: the
        file's own). Raises AudioError as `require_unchanged` and `clip.load` do."""
        self.require_unchanged()
        begin, seconds = self._part(start_s, duration_s)
        return clip.load(self.path, rate, start_s=begin, duration_s=seconds, mix=self.mix)

    def channels(self, *, start_s: float = 0.0, duration_s: float | None = None) -> tuple[Samples, int]:
        """The same part, (frames, channels) float32, and the file's rate in Hz: neither mixed nor resampled."""
        self.require_unchanged()
        begin, seconds = self._part(start_s, duration_s)
        return clip.load_channels(self.path, start_s=begin, duration_s=seconds)

    def _part(self, start_s: float, duration_s: float | None) -> tuple[float, float | None]:
        """Seconds of the file: where the part begins, and how long it is, up to the clip's end."""
        if self.duration_s is None:
            return self.start_s + start_s, duration_s
        left = self.duration_s - start_s
        if left <= 0:
            raise AudioError("too_short", f"the clip ends at {self.duration_s:.4g} s, before the part begins")
        return self.start_s + start_s, left if duration_s is None else min(left, duration_s)


@functools.lru_cache(maxsize=1 << 16)
def _sha256(path: Path, size: int, mtime_ns: int) -> str:  # noqa: ARG001 - of which state of the file
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
