"""Writing a clip: a mono FLAC file that appears whole, or not at all."""

from __future__ import annotations

import contextlib
import io
import os
from typing import TYPE_CHECKING, Any

from mudata.errors import AudioError
from mudata.home import PARTIAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mudata.catalog.audio.audio_source import Samples

FLAC_LEVEL = 0.625
"""libsndfile's scale for FLAC level 5, the reference default:
music 1 to 9 % smaller than level 0 for 7 % more time."""


class _Disk(io.BufferedRandom):
    """A file that libsndfile writes through: keeps the error that libsndfile would hide, and is not
    flushed to disk at every close, which costs more than a short clip and which
    `mudata.catalog.audio.normalise` does without."""

    error: OSError | None = None

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path, "w+"), 1 << 17)

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            self.error = error
            return 0

    def seek(self, offset: int, whence: int = 0) -> int:  # which writes what is buffered
        try:
            return super().seek(offset, whence)
        except OSError as error:
            self.error = error
            return -1


def require_rate(rate: int) -> None:
    """Raise AudioError `unsupported` for a rate in Hz beyond the streamable subset of FLAC."""
    if rate > 655_350 or (rate > 65_535 and rate % 10):
        raise AudioError("unsupported", f"FLAC cannot hold {rate} Hz.", "Fetch with --rate, such as --rate 44100.")


class Flac:
    """A mono FLAC file being written. Raises OSError when the disk does not take it."""

    def __init__(self, path: Path, rate: int, *, wide: bool) -> None:
        import soundfile

        self.clipped = 0
        self._steps = 2.0**23 if wide else 2.0**15
        self._disk = _Disk(path)
        coding = {"format": "FLAC", "subtype": "PCM_24" if wide else "PCM_16", "compression_level": FLAC_LEVEL}
        with self._os_errors():
            self._sound: Any = soundfile.SoundFile(self._disk, "w", rate, 1, **coding)

    def write(self, block: Samples) -> None:
        """Append mono samples, rounded to the nearest step;
        what exceeds full scale is cut off and counted."""
        import numpy as np

        steps = block * np.float32(self._steps)  # numpy rounds faster than libsndfile: an eighth of the encoding
        np.rint(steps, out=steps)
        if len(block) and max(steps.max(), -steps.min()) >= self._steps:
            self.clipped += int(np.count_nonzero(np.abs(block) > 1))
            np.clip(steps, -self._steps, self._steps - 1, out=steps)
        with self._os_errors():
            self._sound.write(steps.astype(np.int16) if self._steps == 2.0**15 else steps.astype(np.int32) << 8)

    def close(self) -> None:
        with self._disk, self._os_errors():
            self._sound.close()
        if self._disk.error:
            raise self._disk.error

    @contextlib.contextmanager
    def _os_errors(self) -> Iterator[None]:
        import soundfile

        try:
            yield
        except (
            soundfile.LibsndfileError,
            AssertionError,
        ) as error:  # the latter is how soundfile tells of a short write
            raise self._disk.error or OSError(f"libsndfile cannot write: {error}") from error


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A name beside `target` that takes its place at the end."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{os.getpid()}-{target.name}{PARTIAL}")
    try:
        yield temporary
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
