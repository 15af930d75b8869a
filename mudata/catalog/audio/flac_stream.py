"""What a FLAC file says of itself: its STREAMINFO, and the number of its last frame (RFC 9639)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

_TAIL = 1 << 18
"""Bytes at the end in which two frames are looked for: some 30 KB each at most, in 24-bit stereo."""

_SYNC = re.compile(rb"\xff[\xf8\xf9]", re.DOTALL)

_BLOCK_SIZES = {1: 192} | {n: 144 << n for n in range(2, 6)} | {n: 1 << n for n in range(8, 16)}


@dataclass(frozen=True)
class FlacStream:
    rate: int
    channels: int
    bits: int
    samples: int
    """Per channel; 0 where the encoder did not know."""
    md5: bytes
    """Of the samples, as whole numbers of little-endian bytes; zeros where it was not computed."""
    last_sample: int
    """Where the last frame ends, by its own number; 0 if that cannot be told."""
    cut: str | None = None
    """In words, that the last frame is not whole; looked at only where the header states no length."""


def stream(file: BinaryIO, start: int, stop: int) -> FlacStream | None:
    """Of the stream that begins with `fLaC` at a byte of the file; None if its header is damaged."""
    file.seek(start)
    head = file.read(42)
    if len(head) < 42 or head[4] & 0x7F:
        return None
    packed = int.from_bytes(head[18:26], "big")
    rate, channels, bits = packed >> 44, (packed >> 41 & 7) + 1, (packed >> 36 & 31) + 1
    if not rate:
        return None
    block_size = int.from_bytes(head[8:10], "big")
    first = max(start + 42, stop - _TAIL)
    file.seek(first)
    tail = file.read(stop - first)
    begin, last = _last_frame(tail, block_size)
    samples = packed & (1 << 36) - 1
    cut = None if samples or not last or _is_whole(tail[begin:]) else "the file ends inside a frame"
    return FlacStream(rate, channels, bits, samples, head[26:42], last, cut)


def _last_frame(tail: bytes, block_size: int) -> tuple[int, int]:
    """Where in the tail the last frame begins that follows upon another (two wrong headers do not happen to), and the
    sample where it ends; 0 and 0 if there is none."""
    following: int | None = None
    begin = end = 0
    for found in reversed(list(_SYNC.finditer(tail))):
        extent = _extent(tail[found.start() : found.start() + 16], block_size)
        if extent is None:
            continue
        if following is not None and extent[1] == following:
            return begin, end
        (following, end), begin = extent, found.start()
    return 0, 0


def _extent(head: bytes, block_size: int) -> tuple[int, int] | None:
    """First sample of a frame and the one after its last; None if this is no header of a frame."""
    code, rate_code = head[2] >> 4 if len(head) > 4 else 0, head[2] & 15 if len(head) > 4 else 15
    if not code or rate_code == 15 or head[3] >> 4 > 10 or head[3] & 1:
        return None
    ones = next((n for n in range(8) if not head[4] << n & 0x80), 8)  # of a number coded as in UTF-8
    if ones in {1, 8} or len(head) < 16:
        return None
    more = max(ones - 1, 0)
    number = head[4] & (0x7F >> ones)
    for byte in head[5 : 5 + more]:
        number = number << 6 | byte & 0x3F
    at = 5 + more
    size = _BLOCK_SIZES.get(code, 0)
    if code in {6, 7}:
        size = int.from_bytes(head[at : at + code - 5], "big") + 1
        at += code - 5
    at += {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if _crc8(head[:at]) != head[at]:
        return None
    first = number if head[1] & 1 else number * block_size
    return first, first + size


def _is_whole(frame: bytes) -> bool:
    """Whether the bytes are a frame, by the sum in its last two bytes; padding and an ID3v1 tag may follow."""
    if frame[-128:-125] == b"TAG":
        frame = frame[:-128]
    bare = frame.rstrip(b"\0")
    return any(_crc16(bare + frame[len(bare) : len(bare) + more]) == 0 for more in range(3))


def _crc16(data: bytes) -> int:
    """Polynomial x^16 + x^15 + x^2 + 1, as frames have it at their end; 0 over a frame with its sum."""
    crc = 0
    for byte in data:
        crc = (crc << 8 & 0xFFFF) ^ _CRC16[crc >> 8 ^ byte]
    return crc


def _of_byte(byte: int) -> int:
    crc = byte << 8
    for _ in range(8):
        crc = (crc << 1 ^ (0x8005 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


_CRC16 = [_of_byte(byte) for byte in range(256)]


def _crc8(data: bytes) -> int:
    """Polynomial x^8 + x^2 + x + 1, as frame headers have it."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (0x07 if crc & 0x80 else 0)) & 0xFF
    return crc
