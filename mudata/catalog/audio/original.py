"""The file that a clip was cut from, as the index knows it: still the same, and decoded where the clip lies in it."""

from __future__ import annotations

import functools
import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.catalog.audio.decode import read_again
from mudata.catalog.audio.mix import MonoMix, resampled
from mudata.catalog.read.source_file import reading
from mudata.errors import AudioError
from mudata.object_store.local_cache import at_hand

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mudata.catalog.audio.audio_source import Samples, Source
    from mudata.catalog.audio.mix import Mix

REACH = 256
"""Samples of the lower rate on either side of one that its resampled value depends on: soxr's high quality reaches
less far. Chosen here."""

_SAME_S = 0.0005
"""Lengths that differ by less are equal: less than players and libraries of datasets tell apart. Chosen here."""


@dataclass(frozen=True, kw_only=True)
class Original:
    """A clip's source, and where in it the clip lies.

    start_s, duration_s: seconds. mix: what becomes of several channels. size (bytes), mtime_ns and sha256: of the file
    when it was indexed; None where that is not known, and then not asked. whole_s: seconds of the file. decoder: who
    decoded it then.
    """

    path: Path
    start_s: float
    duration_s: float
    mix: Mix = "mean"
    size: int | None = None
    mtime_ns: int | None = None
    sha256: str | None = None
    whole_s: float | None = None
    decoder: str | None = None

    def require_unchanged(self) -> None:
        """Raise AudioError unless the file is what was indexed: `vanished`, `changed`, or as `source_file.reading`.

        Size and time of change are looked at; where the time is another, the file is hashed, once in this process.
        """
        with at_hand(self.path), reading(self.path):
            now = self.path.stat()
            if self.size is not None and now.st_size != self.size:
                raise self._changed(f"{now.st_size:,} bytes, {self.size:,} were indexed")
            if self.sha256 is None or now.st_mtime_ns == self.mtime_ns:
                return
            got = _sha256(self.path, now.st_size, now.st_mtime_ns)
        if got != self.sha256:
            raise self._changed(f"sha256 {got[:12]}, {self.sha256[:12]} was indexed")

    def _changed(self, how: str) -> AudioError:
        return AudioError(
            "changed",
            f"{self.path} is not the file that was indexed: {how}.",
            "Put the file back, or run `mudata fetch` for its dataset again, which indexes what is there now.",
        )

    @property
    def is_whole(self) -> bool:
        """Whether the clip is all of the file, as far as the index says."""
        return self.start_s == 0 and self.whole_s is not None and abs(self.whole_s - self.duration_s) < _SAME_S

    def mono(self, rate: int, *, start_s: float = 0.0, duration_s: float | None = None) -> Samples:
        """`duration_s` of the clip from `start_s` on: (frames,) float32, mixed, and those samples that the whole clip
        has there when it is resampled to `rate` Hz (up to the last bits of floats, where it is).

        Raises AudioError as `require_unchanged` and `clip.load` do.
        """

        def use(source: Source) -> Samples:
            part = self._part(source, start_s, duration_s)
            if rate == source.rate:
                return self._mixed(source, part)
            # from a frame on that falls on one of the other rate
            clip, grid = self._extent(source), source.rate // math.gcd(source.rate, rate)
            more = math.ceil(REACH * max(source.rate / rate, 1))
            begin = max(part.start - more, clip.start)
            begin -= (begin - clip.start) % grid
            samples = self._mixed(source, range(begin, min(part.stop + more, clip.stop)))
            skipped = round(start_s * rate) - (begin - clip.start) * rate // source.rate
            wanted = None if duration_s is None else skipped + round(duration_s * rate)
            return resampled(samples, source.rate, rate)[skipped:wanted]

        with at_hand(self.path):
            self.require_unchanged()
            return read_again(self.path, self.decoder, self.whole_s, use)

    def channels(self, *, start_s: float = 0.0, duration_s: float | None = None) -> tuple[Samples, int]:
        """The same part, (frames, channels) float32, and the file's rate in Hz: neither mixed nor resampled.

        Raises AudioError as `mono` does, and `not_finite`: channels that the clip leaves out were not looked at.
        """
        import numpy as np

        def use(source: Source) -> tuple[Samples, int]:
            part = self._part(source, start_s, duration_s)
            return _filled(source, part, (source.channels,), source.blocks(part.start, part.stop)), source.rate

        with at_hand(self.path):
            self.require_unchanged()
            samples, rate = read_again(self.path, self.decoder, self.whole_s, use)
        if not np.isfinite(samples).all():
            raise AudioError("not_finite", "NaN or infinity among the samples")
        return samples, rate

    def _extent(self, source: Source) -> range:
        """Frames of the clip."""
        start = round(self.start_s * source.rate)
        return range(start, start + round(self.duration_s * source.rate))

    def _part(self, source: Source, start_s: float, duration_s: float | None) -> range:
        """Frames of a part of the clip, which ends where that does."""
        clip = self._extent(source)
        start = clip.start + round(start_s * source.rate)
        if start >= clip.stop:
            raise AudioError("too_short", f"the clip ends at {self.duration_s:.4g} s, before the part begins")
        return range(
            start, clip.stop if duration_s is None else min(start + round(duration_s * source.rate), clip.stop)
        )

    def _mixed(self, source: Source, part: range) -> Samples:
        return _filled(source, part, (), MonoMix(source, self.mix).blocks(part.start, part.stop))


def _filled(source: Source, part: range, shape: tuple[int, ...], blocks: Iterable[Samples]) -> Samples:
    """The blocks as one array. Raises AudioError unless they are as many frames as the part: all of them were there."""
    import numpy as np

    samples = np.empty((len(part), *shape), np.float32)
    frames = 0
    for block in blocks:
        samples[frames : frames + len(block)] = block
        frames += len(block)
    if frames < len(part):
        seconds = frames / source.rate, len(part) / source.rate
        raise AudioError("truncated", f"{seconds[0]:.4g} s of {seconds[1]:.4g} s can be decoded, unlike when indexed")
    return samples


@functools.lru_cache(maxsize=1 << 16)
def _sha256(path: Path, size: int, mtime_ns: int) -> str:  # noqa: ARG001 - of which state of the file
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
