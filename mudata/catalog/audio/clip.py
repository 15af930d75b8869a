"""Normalised clips: one mono FLAC file per clip, or none, and what is measured on the way.

Conventions. Mono is the mean of the channels, in float32. A source with more than 16 bits (24-bit,
float, what ffmpeg decodes) gives a clip of 24 bits, every other source one of 16: a 16-bit mono
source comes back bit for bit, a mix of channels is rounded by half a step at most. Lossy sources
may exceed full scale; such samples are cut off and counted. Resampling is soxr's high quality (HQ),
once, from the mono signal. Everything streams: length costs no memory.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.catalog.audio.audio_source import shortfall
from mudata.catalog.audio.decode import read
from mudata.catalog.audio.encode import Flac, replacing, require_rate
from mudata.catalog.audio.mix import Measure, Mix, MonoMix, resampled
from mudata.catalog.read.source_file import reading
from mudata.errors import AudioError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mudata.catalog.audio.audio_source import Samples, Source

SILENT_BELOW = 1e-4
"""Peak under which a clip is silent: -80 dB, three steps of 16 bits. Chosen here."""

MIN_SECONDS = 0.05
"""Shorter clips hold nothing to listen to: one frame of common analyses. Chosen here."""


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

    path: Path | None
    """None of a clip without a copy."""
    start_s: float
    duration_s: float
    sample_rate: int
    peak: float
    rms: float
    clipped: int
    """Samples of the clip beyond full scale; those of a copy are cut off."""
    decoder: str
    """Who decoded the source: libsndfile, PyAV or ffmpeg."""
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
    target: Path | None,
    audio_format: AudioFormat,
    *,
    crop: tuple[str, float] | None = None,
    segment: tuple[float, float] | None = None,
    bounds: tuple[float, float] | None = None,
    mix: Mix = "mean",
) -> ClipFacts:
    """Write one clip of `source` to `target` (FLAC), all of it or nothing; without a target, measure it alone.

    `segment` is (start, end) in seconds of the source; `crop` takes ('centre' | 'first', seconds)
    out of that; a source that is shorter is taken whole. `bounds` is (shortest, longest) clip in
    seconds that is accepted. `mix` says what becomes of several channels.

    Raises AudioError with reason `vanished`, `empty`, `undecodable`, `unsupported`, `truncated`, `checksum` (FLAC's
    own), `not_finite`, `out_of_range`, `too_short`, `wrong_duration`, `channels_cancel` or `silent`, and OSError when
    the target cannot be written.
    """
    source_sha256, source_size = digest(source), source.stat().st_size

    def made(decoder: Source) -> ClipFacts:
        start, stop = _extent(decoder, crop, segment)
        _begins_within(decoder, start)
        rate = audio_format.rate or decoder.rate
        require_rate(rate)
        measure, mono = Measure(), MonoMix(decoder, mix)
        blocks = measure.watch(mono.blocks(start, stop))
        with _writing(target, rate, wide=decoder.wide) as flac:
            for block in _resampled(blocks, decoder.rate, rate) if flac else blocks:
                if flac:
                    flac.write(block)
            _check(decoder, (start, stop), measure, mono, bounds)
        whole = stop is None and start == 0
        frames = measure.frames if whole else decoder.frames
        return ClipFacts(
            path=target,
            start_s=start / decoder.rate,
            duration_s=measure.frames / decoder.rate,
            sample_rate=rate,
            peak=measure.peak,
            rms=measure.rms,
            clipped=flac.clipped if flac else measure.clipped,
            decoder=decoder.decoder,
            source_sha256=source_sha256,
            source_size=source_size,
            pcm_sha256=measure.sha256.hexdigest(),
            source_format=decoder.coding,
            source_rate=decoder.rate,
            source_channels=decoder.channels,
            source_duration_s=None if frames is None else frames / decoder.rate,
        )

    return read(source, made)


def check_duration(seconds: float, bounds: tuple[float, float] | None) -> None:
    """Raise AudioError `wrong_duration` unless `seconds`
    lies within (shortest, longest), to the millisecond."""
    if bounds is not None and not bounds[0] - 0.001 <= seconds <= bounds[1] + 0.001:
        raise AudioError("wrong_duration", f"{seconds:.4g} s, expected {bounds[0]:g} to {bounds[1]:g} s")


def load(
    path: Path,
    rate: int | None = None,
    *,
    start_s: float = 0.0,
    duration_s: float | None = None,
) -> Samples:
    """Samples of a file, (frames,) float32 mono, resampled once to `rate` Hz (None: as they are).

    Raises AudioError as `normalise` does for files that cannot be decoded, or are shorter than they say.
    """

    def whole(decoder: Source) -> tuple[Samples, int]:
        start, stop = _frames(decoder, start_s, duration_s)
        pieces = [block.copy() for block in MonoMix(decoder).blocks(start, stop)]
        return _joined(decoder, start, stop, pieces), decoder.rate

    samples, native = read(path, whole)
    return resampled(samples, native, rate or native)


def load_channels(path: Path, *, start_s: float = 0.0, duration_s: float | None = None) -> tuple[Samples, int]:
    """Samples of any audio file, (frames, channels) float32, and their rate in Hz:
    neither mixed nor resampled.

    Raises AudioError as `load` does, and `not_finite`.
    """
    import numpy as np

    def whole(decoder: Source) -> tuple[Samples, int]:
        start, stop = _frames(decoder, start_s, duration_s)
        pieces = [block.copy() for block in decoder.blocks(start, stop)]
        return _joined(decoder, start, stop, pieces), decoder.rate

    samples, rate = read(path, whole)
    if not np.isfinite(samples).all():
        raise AudioError("not_finite", "NaN or infinity among the samples")
    return samples, rate


# --------------------------------------------------------------------- what becomes of samples


@contextlib.contextmanager
def _writing(target: Path | None, rate: int, *, wide: bool) -> Iterator[Flac | None]:
    """The file of a clip; None where there is to be none."""
    if target is None:
        yield None
        return
    with replacing(target) as temporary, contextlib.closing(Flac(temporary, rate, wide=wide)) as flac:
        yield flac


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


def _frames(source: Source, start_s: float, duration_s: float | None) -> tuple[int, int | None]:
    start = round(start_s * source.rate)
    _begins_within(source, start)
    return start, None if duration_s is None else start + round(duration_s * source.rate)


def _joined(source: Source, start: int, stop: int | None, pieces: list[Samples]) -> Samples:
    import numpy as np

    frames = sum(map(len, pieces))
    if not frames:
        raise AudioError("empty", f"no samples can be decoded from {start / source.rate:g} s on")
    if error := shortfall(source, start, stop, frames):
        raise error
    return np.concatenate(pieces)


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


def _check(
    source: Source, extent: tuple[int, int | None], measure: Measure, mono: MonoMix, bounds: tuple[float, float] | None
) -> None:
    if not measure.frames:
        raise AudioError("empty", "no samples can be decoded")
    if error := shortfall(source, *extent, measure.frames):
        raise error
    seconds = measure.frames / source.rate
    check_duration(seconds, bounds)
    if seconds < MIN_SECONDS:
        raise AudioError("too_short", f"{measure.frames} samples, {seconds:.2g} s")
    if mono.channels_rms >= SILENT_BELOW and mono.cancelled:
        raise AudioError(
            "channels_cancel",
            f"the channels cancel each other: rms {mono.channels_rms:.2g}, of their mean {measure.rms:.2g}.",
            "In a card of your own, `mix: first` in `clips` keeps the first channel.",
        )
    if measure.peak < SILENT_BELOW:
        raise AudioError("silent", f"the largest sample is {measure.peak:.2g} of full scale")


def _begins_within(source: Source, start: int) -> None:
    """Raise AudioError `too_short` for a clip that begins after the end."""
    if source.frames is not None and start >= source.frames > 0:
        raise AudioError("too_short", f"the source ends at {source.frames / source.rate:.4g} s, before the clip begins")
