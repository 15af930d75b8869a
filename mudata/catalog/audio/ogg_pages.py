"""The pages of an Ogg file (RFC 3533): how long each of its chained streams is, and whether it ends inside one.

libsndfile reads the first stream of a chain and no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO

_NO_PACKET_ENDS = 2**64 - 1
"""Granule position of such a page."""


@dataclass
class OggStream:
    """One logical stream of audio."""

    coding: str
    rate: int
    channels: int
    pre_skip: int = 0
    """Samples at the beginning that are not played (Opus)."""
    positions: list[int] = field(default_factory=list)
    """The first and the highest granule position: samples up to there."""
    ended: bool = False
    """Whether its last page is there, which is marked (RFC 3533, section 6)."""

    @property
    def seconds(self) -> float:
        """At least: a stream that was cut out of another begins later than at 0, by less than its first page's end."""
        if not self.positions or self.rate <= 0:
            return 0.0
        first, last = self.positions
        begins = first if first > _LONGEST_PAGE_S * self.rate else self.pre_skip
        return max(last - begins, 0) / self.rate


_LONGEST_PAGE_S = 10
"""No first page with audio ends later than this, unless its stream was cut out of another. Chosen here."""


@dataclass(frozen=True)
class OggFile:
    streams: tuple[OggStream, ...]
    """Of audio, in their order: several are a chain."""
    missing_bytes: int
    """Of the last page."""

    @property
    def cut(self) -> str | None:
        """Where the file breaks off, in words."""
        if self.missing_bytes:
            return "the file ends inside a page"
        return None if all(stream.ended for stream in self.streams) else "the page is missing that ends a stream"


def streams(file: BinaryIO, start: int, stop: int) -> OggFile:
    """What the pages in the bytes [start, stop) say."""
    known: dict[int, OggStream | None] = {}
    chain: list[OggStream] = []
    at, missing, headers = start, 0, False
    while at < stop:
        file.seek(at)
        head = file.read(27 + 255 + 64)
        if head[:4] != b"OggS":
            if (at := _next_page(file, at + 1, stop)) < 0:
                break
            continue
        if len(head) < 27 or len(head) < 27 + head[26]:
            missing = 27 + (head[26] if len(head) > 26 else 0) - len(head)
            break
        flags, position, serial = head[5], int.from_bytes(head[6:14], "little"), int.from_bytes(head[14:18], "little")
        body = 27 + head[26]
        size = body + sum(head[27:body])
        if flags & 2:  # a stream begins
            known[serial] = stream = _stream(head[body:])
            if stream and (not headers or not chain):  # those that begin together are one link of the chain
                chain.append(stream)
            headers = True
            at += size
            continue
        headers = False
        if flags & 4 and (ending := known.get(serial)):
            ending.ended = True
        if (stream := known.get(serial)) and position not in {0, _NO_PACKET_ENDS}:
            first = stream.positions[0] if stream.positions else position
            stream.positions = [first, max(position, *stream.positions, first)]
        at += size
        missing = max(at - stop, 0)
    return OggFile(tuple(chain), missing)


def _stream(packet: bytes) -> OggStream | None:
    """What the first packet of a stream says; None if it is not of audio that is known."""
    if packet[:7] == b"\x01vorbis":
        return OggStream("VORBIS", int.from_bytes(packet[12:16], "little"), packet[11])
    if packet[:8] == b"OpusHead":
        return OggStream("OPUS", 48_000, packet[9], int.from_bytes(packet[10:12], "little"))
    if packet[:5] == b"\x7fFLAC":
        rate_channels = int.from_bytes(packet[27:31], "big")
        return OggStream("FLAC", rate_channels >> 12, (rate_channels >> 9 & 7) + 1)
    if packet[:8] == b"Speex   ":
        return OggStream("SPEEX", int.from_bytes(packet[36:40], "little"), int.from_bytes(packet[48:52], "little"))
    return None


def _next_page(file: BinaryIO, at: int, stop: int) -> int:
    """Where the next page begins; -1 if none does."""
    while at < stop:
        file.seek(at)
        block = file.read(1 << 20)
        if (found := block.find(b"OggS")) >= 0:
            return at + found
        if len(block) < 4:
            return -1
        at += len(block) - 3
    return -1
