"""What a fragmented MP4 says of its length: its header (mehd), its indexes (sidx), the times of its fragments (tfdt).

One that was cut between two fragments looks whole where none of these is there; ISO/IEC 14496-12 demands none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mudata.catalog.audio import chunks
from mudata.catalog.audio.chunks import Chunk
from mudata.catalog.audio.structure import Stated

if TYPE_CHECKING:
    from mudata.catalog.audio.structure import OpenFile

_MOST_REFERENCES = 100_000


class Fragments(NamedTuple):
    stated: tuple[Stated, ...]
    unstated: bool
    """Whether nothing tells how many fragments there should be."""


def fragments(opened: OpenFile, boxes: Sequence[Chunk]) -> Fragments:
    """Of a file with these boxes; one without fragments states nothing here."""
    parts = [box for box in boxes if box.name == b"moof"]
    if not parts:
        return Fragments((), False)
    header = _header(opened, boxes)
    index = sum(_indexed(opened, box) for box in boxes if box.name == b"sidx")
    times = _times(opened, boxes, (parts[0], parts[-1]))
    lengths = ((header, "its header"), (index, "its index"), (times, "the times of its fragments"))
    ended = any(box.name == b"mfra" for box in boxes)  # written last
    told = tuple(Stated(seconds, by) for seconds, by in lengths if seconds > 0)
    return Fragments(told, not (header or index or ended))


def _inside(opened: OpenFile, boxes: Sequence[Chunk] | Chunk, *path: bytes) -> Iterator[Chunk]:
    """The boxes at the end of a path of names."""
    for box in [boxes] if isinstance(boxes, Chunk) else boxes:
        stop = opened.stop if box.size is None else min(box.start + box.size, opened.stop)
        within = [each for each in chunks.chunks(opened.file, chunks.BOXES, box.start, stop) if each.name == path[0]]
        yield from _inside(opened, within, *path[1:]) if len(path) > 1 else within


def _number(opened: OpenFile, box: Chunk, at: int, *, long_at: int | None = None) -> int:
    """A number of 32 bits at a place of a full box; where version 1 has one of 64, that one."""
    if long_at is not None and opened.read(box.start, 1) == b"\1":
        return int.from_bytes(opened.read(box.start + long_at, 8), "big")
    return int.from_bytes(opened.read(box.start + at, 4), "big")


def _header(opened: OpenFile, boxes: Sequence[Chunk]) -> float:
    movie = [box for box in boxes if box.name == b"moov"]
    scale = next((_scale(opened, box) for box in _inside(opened, movie, b"mvhd")), 0)
    length = next((_number(opened, box, 4, long_at=4) for box in _inside(opened, movie, b"mvex", b"mehd")), 0)
    return length / scale if scale else 0.0


def _scale(opened: OpenFile, box: Chunk) -> int:
    """Units a second, of mvhd and mdhd."""
    return _number(opened, box, 20 if opened.read(box.start, 1) == b"\1" else 12)


def _indexed(opened: OpenFile, box: Chunk) -> float:
    """Seconds of the fragments that an index lists, without those that other indexes do."""
    scale, long_ = _number(opened, box, 8), opened.read(box.start, 1) == b"\1"
    begin = box.start + (32 if long_ else 24)
    count = int.from_bytes(opened.read(begin - 2, 2), "big")
    raw = opened.read(begin, 12 * min(count, _MOST_REFERENCES))
    entries = [raw[at : at + 12] for at in range(0, len(raw) - 11, 12)]
    return sum(int.from_bytes(entry[4:8], "big") for entry in entries if entry[0] < 0x80) / scale if scale else 0.0


def _times(opened: OpenFile, boxes: Sequence[Chunk], ends: tuple[Chunk, Chunk]) -> float:
    """Seconds from the beginning of the first fragment of sound to that of the last."""
    movie = [box for box in boxes if box.name == b"moov"]
    for track in _inside(opened, movie, b"trak"):
        kinds = [opened.read(box.start + 8, 4) for box in _inside(opened, track, b"mdia", b"hdlr")]
        ids = [
            _number(opened, box, 20 if opened.read(box.start, 1) == b"\1" else 12)
            for box in _inside(opened, track, b"tkhd")
        ]
        scales = [_scale(opened, box) for box in _inside(opened, track, b"mdia", b"mdhd")]
        if kinds != [b"soun"] or not ids or not scales or not scales[0]:
            continue
        times = [_begin(opened, end, ids[0]) for end in ends]
        if times[0] is not None and times[1] is not None:
            return (times[1] - times[0]) / scales[0]
    return 0.0


def _begin(opened: OpenFile, fragment: Chunk, track: int) -> int | None:
    for part in _inside(opened, fragment, b"traf"):
        if [_number(opened, box, 4) for box in _inside(opened, part, b"tfhd")] == [track]:
            return next((_number(opened, box, 4, long_at=4) for box in _inside(opened, part, b"tfdt")), None)
    return None
