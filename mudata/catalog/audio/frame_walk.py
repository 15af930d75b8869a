"""Counting the frames of streams that state no length: MPEG audio (mp3, mp2, mp1) and AAC in ADTS.

Every frame begins with a header that tells how long it is, so that one leads to the next. What
stands in front, between and behind them (tags, padding, other files' leftovers) is stepped over: a
place where frames begin anew has to have three in a row.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

IN_A_ROW = 3
"""Frames that have to follow each other where a stream begins. A wrong header passes for one every
2,000 bytes, and one of 16,000 wrong ones leads to another like itself. Chosen here."""

_MOST_TRIES = 100_000
"""Places that look like a header and are none, after which the rest is taken for something else:
a second of work."""

_LONGEST_FREE = 8192
"""Bytes in which the next header of a stream in free format is looked for."""

_BLOCK = 1 << 16

_TAG_FRAME = re.compile(rb"[A-Z][A-Z0-9]{3}")
"""The name of a frame of an ID3v2 tag."""

_SYNC = re.compile(rb"\xff[\xe2-\xff]")
"""How frames of MPEG audio and of AAC begin."""


class Frame(NamedTuple):
    """What a header says."""

    size: int
    """Bytes, header included; 0 for the free format of MPEG audio, where only the next header tells."""
    samples: int
    """Per channel."""
    rate: int
    channels: int


class Framing(NamedTuple):
    """How a kind of stream marks its frames."""

    pattern: re.Pattern[bytes]
    """Matches what may be a header; as few other places as it can."""
    header_bytes: int
    parse: Callable[[bytes], Frame | None]


@dataclass(frozen=True)
class FrameCount:
    """What lies between two places of a file."""

    first: int
    """Where the first frame begins."""
    end: int
    """Where the last one ends."""
    frames: int
    formats: dict[tuple[int, int], int]
    """Samples per channel by (rate in Hz, channels), in the order in which they come."""

    @property
    def seconds(self) -> float:
        return sum(samples / rate for (rate, _), samples in self.formats.items())


def count(file: BinaryIO, framing: Framing, start: int, stop: int) -> FrameCount | None:
    """The whole frames in the bytes [start, stop); None if no stream begins there."""
    walk = _Walk(file, framing, stop)
    at: int | None = walk.next_stream(start)
    if at is None:
        return None
    first = end = at
    while at is not None:
        end = walk.through_frames(at)
        at = walk.next_stream(end)
    formats: dict[tuple[int, int], int] = {}
    for frame, times in walk.seen():
        key = frame.rate, frame.channels
        formats[key] = formats.get(key, 0) + times * frame.samples
    return FrameCount(first, end, sum(times for _, times in walk.seen()), formats)


def after_tags(read: Callable[[int, int], bytes], at: int) -> int:
    """Where the tags end that begin at a place: ID3v2 (id3.org, with or without footer) and APE."""
    while True:
        head = read(at, 32)
        if head[:3] == b"ID3" and len(head) >= 10 and max(head[6:10]) < 0x80:
            end = at + 10 + _seven_bits(head[6:10]) + (10 if head[5] & 0x10 else 0)
            at = _sound_within(read, at, end) or end
        elif head[:8] == b"APETAGEX" and len(head) == 32:
            is_header = head[23] & 0x20  # bit 29 of the flags
            at += 32 + (int.from_bytes(head[12:16], "little") if is_header else 0)
        else:
            return at


def _seven_bits(raw: bytes) -> int:
    a, b, c, d = raw
    return a << 21 | b << 14 | c << 7 | d


def _sound_within(read: Callable[[int, int], bytes], at: int, end: int) -> int | None:
    """Where sound begins within an ID3v2 tag that says it is longer than it is; None if its padding is padding.

    Of versions 3 and 4 without unsynchronisation and extended header, which nearly all are.
    """
    head = read(at, 10)
    if head[3] not in (3, 4) or head[5] & 0xC0:
        return None
    place = at + 10
    while place + 10 <= end and _TAG_FRAME.match(head := read(place, 10)):
        size = int.from_bytes(head[4:8], "big")
        place += 10 + (size if max(head[4:8]) > 0x7F or _version_3(read, at) else _seven_bits(head[4:8]))
    while place < end:
        block = read(place, min(_BLOCK, end - place))
        if rest := block.lstrip(b"\0"):
            place += len(block) - len(rest)
            begin = read(place, _LONGEST_FREE)
            again = _SYNC.match(begin) and begin.find(begin[:2], 24)
            return place if again and again > 0 else None
        if not block:
            return None
        place += len(block)
    return None


def _version_3(read: Callable[[int, int], bytes], at: int) -> bool:
    return read(at + 3, 1) == b"\3"


class _Walk:
    def __init__(self, file: BinaryIO, framing: Framing, stop: int) -> None:
        self._file, self._stop = file, stop
        self._pattern, self._length, self._parse = framing
        self._base, self._block = 0, b""
        self._frames: dict[bytes, Frame | None] = {}
        self._sizes: dict[bytes, int] = {}
        self._times: Counter[bytes] = Counter()
        self._free_sizes: dict[bytes, int] = {}
        self._tries = 0

    def seen(self) -> list[tuple[Frame, int]]:
        return [(frame, times) for head, times in self._times.items() if (frame := self._frames[head])]

    def through_frames(self, at: int) -> int:
        """Count the frames that follow each other from a place on; where the last whole one ends."""
        sizes, length = self._sizes, self._length
        while True:
            self._load(at)
            block, i = self._block, at - self._base
            last = len(block) - length
            heads: list[bytes] = []
            unknown = False
            try:  # a microsecond here is a hundredth of what decoding a frame takes
                while i <= last:
                    head = block[i : i + length]
                    i += sizes[head]
                    heads.append(head)
            except KeyError:
                unknown = True
            if heads and self._base + i > self._stop:  # cut off
                i -= sizes[heads.pop()]
                self._times.update(heads)
                return self._base + i
            self._times.update(heads)
            at = self._base + i
            if (unknown and self._learn(head, at) is None) or at > self._stop - length:
                return at

    def next_stream(self, at: int) -> int | None:
        """Where frames begin that follow each other, from a place on."""
        while at < self._stop:
            at = after_tags(self._read, at)
            if self._begins(at):
                return at
            self._load(at)
            begin = at - self._base
            for found in self._pattern.finditer(self._block, begin):
                self._tries += 1
                if self._tries > _MOST_TRIES:
                    return None
                place = self._base + found.start()
                block, base = self._block, self._base
                good = self._begins(place)
                self._block, self._base = block, base
                if good:
                    return place
            at = max(self._base + len(self._block) - self._length + 1, at + 1)
        return None

    def _begins(self, at: int) -> bool:
        """Whether frames of one kind follow each other here, up to the end of the file if that is near."""
        former = None
        for _ in range(IN_A_ROW):
            head = self._read(at, self._length)
            if former and at + self._length > self._stop:
                return True
            frame = self._learn(head, at)
            if frame is None or (former and (frame.rate, frame.samples) != (former.rate, former.samples)):
                return False
            at += frame.size
            if at > self._stop:  # cut off: the first may not be
                return former is not None
            former = frame
        return True

    def _learn(self, head: bytes, at: int) -> Frame | None:
        if head not in self._frames:
            frame = self._parse(head) if len(head) == self._length and self._pattern.match(head) else None
            if frame and not frame.size:
                frame = self._freely(frame, head, at)
            self._frames[head] = frame
            if frame:
                self._sizes[head] = frame.size
        return self._frames[head]

    def _freely(self, frame: Frame, head: bytes, at: int) -> Frame | None:
        """The frame with its size: as far as the next header like its own, from which the one after is as far."""
        thirds = b"|".join(re.escape(bytes([head[2] & ~2 | padding])) for padding in (0, 2))
        like = re.compile(re.escape(head[:2]) + b"(?:" + thirds + b")")
        key = like.pattern
        padding = head[2] >> 1 & 1
        if key not in self._free_sizes:
            following = self._read(at + 4, 2 * _LONGEST_FREE)
            for found in like.finditer(following, 0, _LONGEST_FREE):
                size = found.start() + 4 - padding
                after = found.start() + size + (following[found.start() + 2] >> 1 & 1)
                if like.match(following, after):
                    self._free_sizes[key] = size
                    break
            else:
                return None
        return frame._replace(size=self._free_sizes[key] + padding)

    def _read(self, at: int, size: int) -> bytes:
        if not self._base <= at <= at + size <= self._base + len(self._block):
            self._load(at)
        return self._block[at - self._base : at - self._base + size]

    def _load(self, at: int) -> None:
        if self._base <= at < self._base + len(self._block) - _BLOCK // 2:
            return
        self._file.seek(at)
        self._base, self._block = at, self._file.read(min(_BLOCK, max(self._stop - at, 0)))
