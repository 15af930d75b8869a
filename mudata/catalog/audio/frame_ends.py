"""Whether streams that state no length end with a whole frame: AC-3, E-AC-3, DTS, AAC, MPEG transport and program
streams, and the bare samples of PAF, PVF and IRCAM; and where WavPack ends.

A file of these that was cut between two frames cannot be told from a shorter one; most cuts are within a frame.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from mudata.catalog.audio import behind
from mudata.catalog.audio.frame_walk import after_tags

if TYPE_CHECKING:
    from mudata.catalog.audio.structure import OpenFile

CUT = "the file ends inside a frame"

_AC3_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
"""Bit rates by half of frmsizecod (ATSC A/52, table 5.18)."""

_HEADER = 16
"""Bytes in which every one of these frames tells its size."""

_ADTS = re.compile(rb"\xff[\xf0\xf1\xf8\xf9]")
_PAF = re.compile(rb" paf|fap ")
_IRCAM = re.compile(rb"\x64\xa3[\x00-\x04]\0|\0[\x00-\x04]\xa3\x64")
_PVF = re.compile(rb"PVF1\n(\d+) (\d+) (\d+)\s")


def walk(opened: OpenFile, container: str) -> tuple[int, str | None]:
    """Where a stream of FRAMED ends, less zeros and tags behind the last frame; in words, that this is not whole.

    From frame to frame; what is no frame ends the walk without a word: decoders pass over it, or break off.
    """
    at, size_of = opened.start, FRAMED[container]
    while at < opened.stop:
        size = size_of(opened.read(at, _HEADER).ljust(_HEADER, b"\0"))
        if not size:
            return (opened.stop if _is_something(opened, at) else at), None
        at += size
    return opened.stop, CUT if at > opened.stop else None


def _is_something(opened: OpenFile, at: int) -> bool:
    """Whether anything but zeros and tags stands from a byte on."""
    while (begin := behind.past_zeros(opened, at)) is not None:
        at = after_tags(opened.read, begin)
        if at == begin:
            return True
    return False


def transport_stream(opened: OpenFile) -> str | None:
    """Packets of 188 bytes, or of 192 with a time in front of each."""
    size = 188 if opened.read(opened.start + 188, 1) == b"\x47" else 192
    rest = (opened.stop - opened.start) % size
    return CUT if opened.read(opened.stop - rest, rest).strip(b"\0") else None


def adts(opened: OpenFile, end: int) -> str | None:
    """Of AAC whose last whole frame ends at a byte."""
    rest = opened.read(end, 7)[: opened.stop - end]
    if not _ADTS.match(rest):
        return None
    size = (rest[3] & 3) << 11 | rest[4] << 3 | rest[5] >> 5 if len(rest) == 7 else opened.stop
    return CUT if end + size > opened.stop else None


def samples(opened: OpenFile) -> str | None:
    """Of PAF, PVF and IRCAM; None of all else."""
    head = opened.read(opened.start, 64)
    order: Literal["big", "little"]
    if _PAF.match(head):
        order = "big" if head.startswith(b" ") else "little"
        coding, channels = (int.from_bytes(head[at : at + 4], order) for at in (16, 20))
        begin, frame = 2048, {0: 2, 1: 32, 2: 1}.get(coding, 0) * channels  # of 24 bits ten samples take 32 bytes
    elif _IRCAM.match(head):
        order = "little" if any(head[8:10]) else "big"  # by the number of channels: the magic says it of some programs
        channels, coding = (int.from_bytes(head[at : at + 4], order) for at in (8, 12))
        begin, frame = 1024, (coding & 0xFFFF) * channels
    elif pvf := _PVF.match(head):
        channels, _, bits = map(int, pvf.groups())
        begin, frame = pvf.end(), bits // 8 * channels
    else:
        return None
    return CUT if frame and (opened.stop - opened.start - begin) % frame else None


def _ac3_bytes(head: bytes) -> int:
    if head[:2] != b"\x0b\x77":
        return 0
    if head[5] >> 3 > 10:  # E-AC-3
        return 2 * (((head[2] & 7) << 8 | head[3]) + 1)
    rate, code = head[4] >> 6, head[4] & 63
    if rate == 3 or code >= 2 * len(_AC3_KBPS):
        return 0
    kbps = _AC3_KBPS[code // 2]
    return 2 * (2 * kbps, kbps * 320 // 147 + code % 2, 3 * kbps)[rate]


def _dts_bytes(head: bytes) -> int:
    if head[:4] != b"\x7f\xfe\x80\x01":
        return 0
    return ((head[5] & 3) << 12 | head[6] << 4 | head[7] >> 4) + 1


def _pack_bytes(head: bytes) -> int:
    """ISO/IEC 13818-1, 2.5.3, and 11172-1, 2.4.3: packs, system headers, packets, the code at the end."""
    if head[:3] != b"\0\0\x01":
        return 0
    code = head[3]
    if code == 0xB9:
        return 4
    if code == 0xBA:
        return 14 + (head[13] & 7) if head[4] >> 6 == 1 else 12
    size = int.from_bytes(head[4:6], "big")
    return 6 + size if code > 0xBA and size else 0


def _loas_bytes(head: bytes) -> int:
    """ISO/IEC 14496-3, 1.7.2: 11 bits of a sync word, 13 of the bytes that follow."""
    return 3 + ((head[1] & 31) << 8 | head[2]) if head[0] == 0x56 and head[1] >> 5 == 7 else 0


def _wavpack_bytes(head: bytes) -> int:
    """WavPack 4 and 5 File Format, section 2: a size that does not count the first 8 bytes."""
    return 8 + int.from_bytes(head[4:8], "little") if head[:4] == b"wvpk" else 0


FRAMED: Mapping[str, Callable[[bytes], int]] = {
    "ac3": _ac3_bytes,
    "eac3": _ac3_bytes,
    "dts": _dts_bytes,  # cores in words of 16 bits, big end first, as they lie in files
    "loas": _loas_bytes,
    "mpeg": _pack_bytes,
    "wv": _wavpack_bytes,
}
"""Bytes of the frame that a header begins, 0 for what is none, by libavformat's names."""
