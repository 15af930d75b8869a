"""Normalised clips: one mono FLAC file per clip, and what is measured while it is written.

Conventions. Mono is the mean of the channels, in float32. A source with more than 16 bits (24-bit,
float, what ffmpeg decodes) gives a clip of 24 bits, every other source one of 16: a 16-bit mono
source comes back bit for bit, a mix of channels is rounded by half a step at most. Lossy sources
may exceed full scale; such samples are cut off and counted. Resampling is soxr's high quality (HQ),
once, from the mono signal. Everything streams: length costs no memory.
"""

from __future__ import annotations

import hashlib
import math
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.catalog.audio.decode import BLOCK, opened
from mudata.catalog.audio.encode import Flac, replacing
from mudata.catalog.read.source_file import reading
from mudata.errors import AudioError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mudata.catalog.audio.decode import Samples, Source

SILENT_BELOW = 1e-4
"""Peak under which a clip is silent: -80 dB, three steps of 16 bits. Chosen here."""

MIN_SECONDS = 0.05
"""Shorter clips hold nothing to listen to: one frame of common analyses. Chosen here."""

SLACK_S = 0.1
"""How much a header may promise too much:
encoders round up to packets (an mp3 frame is 26 to 72 ms). Chosen here."""


@dataclass(frozen=True)
class AudioFormat:
    """The form of normalised clips, as a value: part of their path and of the index."""

    rate: int | None = None
    """Hz; None keeps every clip's native rate."""

    @property
    def name(self) -> str:
        return "native" if self.rate is None else str(self.rate)


@dataclass(frozen=True, kw_only=True)
class ClipFacts:
    """What is known of a clip once it is written.
    Peak and rms: full scale is 1, before rounding and resampling."""

    path: Path
    start_s: float
    duration_s: float
    sample_rate: int
    peak: float
    rms: float
    clipped: int
    """Samples of the file that were cut off at full scale."""
    source_sha256: str
    source_size: int
    pcm_sha256: str
    source_format: str
    source_rate: int
    source_channels: int
    source_duration_s: float | None


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Hex digest of a file. Raises AudioError as `source_file.reading` does."""
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def normalise(
    source: Path,
    target: Path,
    audio_format: AudioFormat,
    *,
    crop: tuple[str, float] | None = None,
    segment: tuple[float, float] | None = None,
    bounds: tuple[float, float] | None = None,
) -> ClipFacts:
    """Write one clip of `source` to `target` (FLAC), all of it or nothing.

    `segment` is (start, end) in seconds of the source; `crop` takes ('centre' | 'first', seconds)
    out of that; a source that is shorter is taken whole. `bounds` is (shortest, longest) clip in
    seconds that is accepted.

    Raises AudioError with reason `vanished`, `empty`, `undecodable`, `unsupported`, `truncated`,
    `not_finite`, `too_short`, `wrong_duration` or `silent`, and OSError when the target cannot be
    written.
    """
    source_sha256, source_size = digest(source), source.stat().st_size
    with opened(source) as decoder:
        start, stop = _extent(decoder, crop, segment)
        rate = audio_format.rate or decoder.rate
        measure = _Measure()
        with replacing(target) as temporary, closing(Flac(temporary, rate, wide=decoder.wide)) as flac:
            for block in _resampled(measure.watch(_mono(decoder, start, stop)), decoder.rate, rate):
                flac.write(block)
            _check(decoder, start, stop, measure, bounds)
        whole = stop is None and start == 0
        frames = measure.frames if whole else decoder.frames
        return ClipFacts(
            path=target,
            start_s=start / decoder.rate,
            duration_s=measure.frames / decoder.rate,
            sample_rate=rate,
            peak=measure.peak,
            rms=measure.rms,
            clipped=flac.clipped,
            source_sha256=source_sha256,
            source_size=source_size,
            pcm_sha256=measure.sha256.hexdigest(),
            source_format=decoder.coding,
            source_rate=decoder.rate,
            source_channels=decoder.channels,
            source_duration_s=None if frames is None else frames / decoder.rate,
        )


def check_duration(seconds: float, bounds: tuple[float, float] | None) -> None:
    """Raise AudioError `wrong_duration` unless `seconds`
    lies within (shortest, longest), to the millisecond."""
    if bounds is not None and not bounds[0] - 0.001 <= seconds <= bounds[1] + 0.001:
        raise AudioError("wrong_duration", f"{seconds:.4g} s, expected {bounds[0]:g} to {bounds[1]:g} s")


def load(path: Path, rate: int | None = None, *, start_s: float = 0.0, duration_s: float | None = None) -> Samples:
    """Samples of a clip, (frames,) float32 mono, resampled once to `rate` Hz (None: as they are).

    Raises AudioError as `normalise` does for files that cannot be decoded.
    """
    import numpy as np
    import soxr

    with opened(path) as decoder:
        start = round(start_s * decoder.rate)
        stop = None if duration_s is None else start + round(duration_s * decoder.rate)
        pieces = [block.copy() for block in _mono(decoder, start, stop)]
        if not pieces:
            raise AudioError("empty", f"no samples can be decoded from {start_s:g} s on")
        samples = np.concatenate(pieces)
        if rate is not None and rate != decoder.rate:
            samples = soxr.resample(samples, decoder.rate, rate, "HQ")
        return samples


def load_channels(path: Path, *, start_s: float = 0.0, duration_s: float | None = None) -> tuple[Samples, int]:
    """Samples of any audio file, (frames, channels) float32, and their rate in Hz:
    neither mixed nor resampled.

    Raises AudioError as `load` does, and `not_finite`.
    """
    import numpy as np

    with opened(path) as decoder:
        start = round(start_s * decoder.rate)
        stop = None if duration_s is None else start + round(duration_s * decoder.rate)
        pieces = [block.copy() for block in decoder.blocks(start, stop)]
        if not sum(map(len, pieces)):
            raise AudioError("empty", f"no samples can be decoded from {start_s:g} s on")
        samples = np.concatenate(pieces)
        if not np.isfinite(samples).all():
            raise AudioError("not_finite", "NaN or infinity among the samples")
        return samples, decoder.rate


# --------------------------------------------------------------------- what becomes of samples


def _extent(
    source: Source, crop: tuple[str, float] | None, segment: tuple[float, float] | None
) -> tuple[int, int | None]:
    """First frame and the one after the last; None means to the end."""
    start, stop = (0, None) if segment is None else (round(second * source.rate) for second in segment)
    match crop:
        case None:
            return start, stop
        case ("first", seconds):
            wanted = start + round(seconds * source.rate)
            return start, wanted if stop is None else min(wanted, stop)
        case ("centre", seconds):
            length = source.frames if source.frames is not None else sum(map(len, source.blocks(0, None)))
            stop = length if stop is None else min(stop, length)
            spare = max(stop - start - round(seconds * source.rate), 0)
            return start + spare // 2, stop - (spare - spare // 2)
    raise ValueError(f"crop is ('centre', seconds) or ('first', seconds), not {crop!r}")


def _mono(source: Source, start: int, stop: int | None) -> Iterator[Samples]:
    """Blocks (frames,) of the mean over channels, alive until the next one.
    Sums keep one order: hashes repeat."""
    import numpy as np

    if source.frames is not None and start >= source.frames > 0:
        raise AudioError("too_short", f"the source ends at {source.frames / source.rate:.4g} s, before the clip begins")
    mixed = np.empty(BLOCK, np.float32)
    share = np.float32(1 / source.channels)
    for block in source.blocks(start, stop):
        if source.channels == 1:
            yield block[:, 0]
            continue
        if len(block) > len(mixed):
            mixed = np.empty(len(block), np.float32)
        mono = np.add(block[:, 0], block[:, 1], out=mixed[: len(block)])
        for channel in range(2, source.channels):
            mono += block[:, channel]
        mono *= share
        yield mono


class _Measure:
    """Looks at the mono clip as it streams by."""

    def __init__(self) -> None:
        self.frames = 0
        self.peak = 0.0
        self.sha256 = hashlib.sha256()
        self._energy = 0.0

    @property
    def rms(self) -> float:
        """Seven decimals, what float32 can tell."""
        return round(math.sqrt(self._energy / max(self.frames, 1)), 7)

    def watch(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        import numpy as np

        for block in blocks:
            if not len(block):
                continue
            peak = max(float(block.max()), -float(block.min()))
            if not math.isfinite(peak):
                raise AudioError("not_finite", f"NaN or infinity after {self.frames} samples")
            self.peak = max(self.peak, peak)
            self._energy += float(np.square(block).sum())  # pairwise, without the threads that np.dot would start
            self.sha256.update(np.ascontiguousarray(block, "<f4").data)
            self.frames += len(block)
            yield block


def _resampled(blocks: Iterable[Samples], rate_in: int, rate_out: int) -> Iterator[Samples]:
    if rate_in == rate_out:
        yield from blocks
        return
    import numpy as np
    import soxr

    stream = soxr.ResampleStream(rate_in, rate_out, 1, "float32", "HQ")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.empty(0, np.float32), last=True)


def _check(source: Source, start: int, stop: int | None, measure: _Measure, bounds: tuple[float, float] | None) -> None:
    if not measure.frames:
        raise AudioError("empty", "no samples can be decoded")
    seconds = measure.frames / source.rate
    if source.frames is not None:
        promised = (source.frames if stop is None else min(stop, source.frames)) - start
        if measure.frames < promised - SLACK_S * source.rate or measure.frames < 0.9 * promised:
            raise AudioError("truncated", f"{seconds:.4g} s of {promised / source.rate:.4g} s can be decoded")
    check_duration(seconds, bounds)
    if seconds < MIN_SECONDS:
        raise AudioError("too_short", f"{measure.frames} samples, {seconds:.2g} s")
    if measure.peak < SILENT_BELOW:
        raise AudioError("silent", f"the largest sample is {measure.peak:.2g} of full scale")
