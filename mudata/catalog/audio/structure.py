"""What is known of an audio file before it is decoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from mudata.catalog.audio.flac_stream import FlacStream

UNSTATED = " without length"
"""What follows the name of a container in a coding where the file does not say how long it is."""

SLACK_S = 0.1
"""How much a header may promise too much:
encoders round up to packets (an mp3 frame is 26 to 72 ms). Chosen here."""


class Stated(NamedTuple):
    """A length that a file states, or that follows from what was counted in it."""

    seconds: float
    by: str
    packet_s: float = 0.0
    """Length of what is decoded in one piece: the first and the last may be lost."""

    def allows(self, missing: float, promised: float) -> bool:
        """Whether so many seconds of those that it promises may be missing."""
        return missing <= max(min(SLACK_S, 0.1 * promised), 2 * self.packet_s)


@dataclass(frozen=True, kw_only=True)
class Structure:
    """What is known of a file that is not decoded yet."""

    container: str | None = None
    """libavformat's name of the demuxer; None if the bytes prove none."""
    start: int = 0
    """Where it begins; what stands before are tags and padding."""
    stop: int | None = None
    """Where it ends; what stands behind are tags and padding. None: where the file does, or nobody knows."""
    stated: tuple[Stated, ...] = ()
    counted: bool = False
    """Whether frames were counted: no header promises this length to the sample."""
    share: float = 1.0
    """Bytes that the container promises, for each that is there."""
    cut: str | None = None
    """Where the file breaks off inside something, in words."""
    changes: str | None = None
    """How the sample rate or the channels change on the way, in words: nothing can be made of that."""
    mended: tuple[bytes | range, ...] = ()
    """Pieces of which a file can be put together that libsndfile reads whole, where it is known how."""
    unstated: bool = False
    """Whether nothing in the file says how long it is, though files of its kind do: cut in the right place, it looks
    whole."""
    reads_on: bool = False
    """Whether libsndfile takes for samples what stands behind those that the header states; `mended` is without it."""
    flac: FlacStream | None = None

    def coding(self, container: str, codec: str) -> str:
        """Container and coding, such as WAV/PCM_16."""
        return f"{container}{UNSTATED if self.unstated else ''}/{codec}".upper()

    @property
    def seconds(self) -> float:
        """The longest of all that is stated; 0 if nothing is."""
        return max((stated.seconds for stated in self.stated), default=0.0)


def changes(formats: Sequence[tuple[int, int]]) -> str | None:
    """In words, from the first (rate in Hz, channels) to the first other; None if all are alike."""
    for (rate, channels), (other_rate, other_channels) in pairwise(formats):
        if other_rate != rate:
            return f"the sample rate changes from {rate} to {other_rate} Hz on the way"
        if other_channels != channels:
            return f"the number of channels changes from {channels} to {other_channels} on the way"
    return None


class OpenFile(NamedTuple):
    """A file being looked at: its bytes [start, stop) without what stands in front."""

    file: BinaryIO
    start: int
    stop: int

    def read(self, at: int, size: int) -> bytes:
        self.file.seek(at)
        return self.file.read(size)
