"""From the channels of a source to one, and what is looked at on the way."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, get_args

from mudata.catalog.audio.audio_source import BLOCK
from mudata.errors import AudioError

if TYPE_CHECKING:
    import numpy.typing as npt

    from mudata.catalog.audio.audio_source import Samples, Source
    from mudata.catalog.audio.flac_stream import FlacStream

Mix = Literal["mean", "first"]
"""What becomes of several channels: their mean, or the first one alone."""

MIXES: tuple[Mix, ...] = get_args(Mix)

CANCELLED_BELOW = 0.01
"""How much of the channels' level their mean has at least, or they cancel each other: -40 dB. Two channels that know
nothing of each other keep -3 dB; one that is the other upside down, through a lossy coding, some -50. Chosen here."""

LOUDEST = 10.0
"""Above this, samples are no share of full scale but numbers of another scale: +20 dB, where lossy codings
overshoot by 6 at most and loud mixes in floats by 12. Chosen here."""

_EVERY = 61
"""Of so many frames one is looked at, to compare channels with their mean: a prime, so that no rhythm of the
wave comes back at each."""


class MonoMix:
    """Mono blocks of a source, and how loud its channels were."""

    def __init__(self, source: Source, mix: Mix = "mean") -> None:
        self._source, self._mix = source, mix
        self._channels_energy = self._mean_energy = 0.0
        self._looked_at = 0

    @property
    def channels_rms(self) -> float:
        """Of the channels before they were mixed, by the frames that were looked at; 0 for one channel."""
        return math.sqrt(self._channels_energy / max(self._looked_at, 1))

    @property
    def cancelled(self) -> bool:
        """Whether the channels are nearly nothing in their mean."""
        return self._mean_energy < CANCELLED_BELOW**2 * self._channels_energy

    def blocks(self, start: int, stop: int | None) -> Iterator[Samples]:
        """Frames [start, stop) as blocks (frames,), alive until the next one.
        Sums keep one order: hashes repeat."""
        import numpy as np

        source = self._source
        mixed = np.empty(BLOCK, np.float32)
        share = np.float32(1 / source.channels)
        whole = start == 0 and stop is None and source.structure.flac
        blocks = source.blocks(start, stop)
        for block in _md5_checked(blocks, whole) if whole else blocks:
            if source.channels == 1 or self._mix == "first":
                yield block[:, 0]
                continue
            if len(block) > len(mixed):
                mixed = np.empty(len(block), np.float32)
            with np.errstate(over="ignore", invalid="ignore"):  # of numbers that are refused later
                mono = np.add(block[:, 0], block[:, 1], out=mixed[: len(block)])
                for channel in range(2, source.channels):
                    mono += block[:, channel]
                mono *= share
                self._compare(block[::_EVERY], mono[::_EVERY])
            yield mono

    def _compare(self, channels: Samples, mono: Samples) -> None:
        import numpy as np

        self._channels_energy += float(np.square(channels).sum()) / self._source.channels
        self._mean_energy += float(np.square(mono).sum())
        self._looked_at += len(mono)


class Measure:
    """Looks at the mono clip as it streams by."""

    def __init__(self) -> None:
        self.frames = 0
        self.peak = 0.0
        self.clipped = 0
        """Samples beyond full scale."""
        self.sha256 = hashlib.sha256()
        self._energy = 0.0

    @property
    def rms(self) -> float:
        """Seven decimals, what float32 can tell."""
        return round(math.sqrt(self._energy / max(self.frames, 1)), 7)

    def watch(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """The blocks, measured. Raises AudioError `not_finite`, `out_of_range`."""
        import numpy as np

        squares = np.empty(BLOCK, np.float32)
        for block in blocks:
            if not len(block):
                continue
            peak = max(float(block.max()), -float(block.min()))
            if not math.isfinite(peak):
                raise AudioError("not_finite", f"NaN or infinity after {self.frames} samples")
            if peak > LOUDEST:
                text = f"a sample of {peak:.4g}, where full scale is 1: numbers of another scale"
                raise AudioError("out_of_range", text)
            self.peak = max(self.peak, peak)
            if peak > 1:
                self.clipped += int(np.count_nonzero(np.abs(block) > 1))
            if len(block) > len(squares):
                squares = np.empty(len(block), np.float32)
            squared = np.square(block, out=squares[: len(block)])
            self._energy += float(squared.sum())  # pairwise, without the threads that np.dot would start
            self.sha256.update(np.ascontiguousarray(block, "<f4").data)
            self.frames += len(block)
            yield block


def resampled(samples: Samples, rate_in: int, rate_out: int) -> Samples:
    """(frames,) or (frames, channels) at another rate in Hz, by soxr's high quality; the same where it is no other."""
    if rate_in == rate_out:
        return samples
    import soxr

    return soxr.resample(samples, rate_in, rate_out, "HQ")  # type: ignore[no-any-return]


def _md5_checked(blocks: Iterable[Samples], flac: FlacStream) -> Iterator[Samples]:
    """The blocks of a whole FLAC file. Raises AudioError `checksum` at the end, if they are not what its header
    says; floats hold up to 24 bits exactly."""
    import numpy as np

    if not any(flac.md5) or flac.bits > 24:
        yield from blocks
        return
    md5 = hashlib.md5(usedforsecurity=False)
    steps, width = np.float32(2 ** (flac.bits - 1)), (flac.bits + 7) // 8
    samples = 0
    for block in blocks:
        samples += len(block)
        md5.update(_low_bytes((block * steps).astype("<i2" if width == 2 else "<i4"), width))
        yield block
    if md5.digest() != flac.md5 and samples >= flac.samples:  # what is too short is told as that
        raise AudioError("checksum", f"the samples have MD5 {md5.hexdigest()}, the FLAC header says {flac.md5.hex()}")


def _low_bytes(whole: npt.NDArray[Any], width: int) -> memoryview | bytes:
    """The lower bytes of whole numbers, as many as `width`; one number after the other."""
    import numpy as np

    raw = np.ascontiguousarray(whole)
    return raw.data if raw.itemsize == width else raw.view(np.uint8).reshape(-1, raw.itemsize)[:, :width].tobytes()
