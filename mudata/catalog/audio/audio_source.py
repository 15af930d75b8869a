"""What an open audio file is to the rest of mudata, whoever decodes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from mudata.catalog.audio.structure import Stated, Structure
from mudata.errors import AudioError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]

BLOCK = 65_536
"""Frames per block: half a megabyte of stereo, which caches hold;
smaller blocks pay for more calls."""


_BY_SIZE = Stated(0.0, "the size of its container")


class Source(Protocol):
    """An open audio file."""

    decoder: str
    """Who decodes it."""
    structure: Structure
    coding: str
    """Container and coding, such as WAV/PCM_16."""
    rate: int
    channels: int
    frames: int | None
    """Length that the header promises; None if it promises none."""
    stated: tuple[Stated, ...]
    """Every length that the file states."""
    wide: bool
    """Whether samples have more than 16 bits."""

    def blocks(self, start: int, stop: int | None) -> Iterator[Samples]:
        """Frames [start, stop) in order, as arrays (frames, channels) that live until the next one.

        Ends early where the file does. When decoding breaks off, raises AudioError:
        `truncated`, or `undecodable` if it never began.
        """

    def close(self) -> None: ...


def shortfall(source: Source, start: int, stop: int | None, got: int) -> AudioError | None:
    """What is wrong where `got` of the frames [start, stop) were decoded: less than the file states, or a
    file that ends before its container does."""
    seconds, begin, end = got / source.rate, start / source.rate, None if stop is None else stop / source.rate
    for stated in source.stated:
        promised = (stated.seconds if end is None else min(stated.seconds, end)) - begin
        if not stated.allows(promised - seconds, promised):
            text = f"{seconds:.4g} s of {promised:.4g} s can be decoded ({promised:.4g} s by {stated.by})"
            return AudioError("truncated", text)
    if end is None or begin + seconds < end - 1 / source.rate:  # the end of the file was reached
        structure = source.structure
        missing = (begin + seconds) * (structure.share - 1)
        if not _BY_SIZE.allows(missing, begin + seconds + missing):
            promised = begin + seconds + missing
            text = f"{seconds:.4g} s of {promised - begin:.4g} s can be decoded (by the size of its container)"
            return AudioError("truncated", text)
        if structure.cut:
            return AudioError("truncated", f"{structure.cut}, after {begin + seconds:.4g} s")
    return None


def breaks_off(decoded: int, rate: int) -> AudioError:
    """The error for a decoder that fails after so many frames."""
    if not decoded:
        return AudioError("undecodable", "decoding fails at the first frame")
    return AudioError("truncated", f"decoding breaks off after {decoded / rate:.4g} s")
