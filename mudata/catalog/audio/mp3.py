"""How long an mp3 file is, frame by frame.

libsndfile knows the length of an mp3 from its Xing, Info or VBRI frame. Without one it guesses from
the first frames, and decodes no further than its guess: a file of varying bit rate loses its end
without a word.
"""

from __future__ import annotations

from typing import BinaryIO

_KBPS = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates of Layer III, MPEG 1 and MPEG 2 (ISO/IEC 11172-3, 13818-3)."""

_HZ = (44_100, 48_000, 32_000)
"""Sample rates of MPEG 1; MPEG 2 halves them, 2.5 halves again."""


def states_length(file: BinaryIO) -> bool:
    """Whether the file has a frame that tells its
    length (near its beginning, as the formats demand)."""
    file.seek(_audio_start(file))
    first = file.read(4096)
    return any(tag in first for tag in (b"Xing", b"Info", b"VBRI"))


def counted_samples(file: BinaryIO) -> int:
    """Samples per channel of all frames up to the first thing that is none,
    such as a tag or damage."""
    samples = 0
    file.seek(_audio_start(file))
    while size := _frame(header := file.read(4)):
        samples += 1152 if header[1] & 0b1000 else 576
        file.seek(size - 4, 1)
    return samples


def _audio_start(file: BinaryIO) -> int:
    file.seek(0)
    head = file.read(10)
    if head[:3] != b"ID3":
        return 0
    a, b, c, d = head[6:10]
    return 10 + (a << 21 | b << 14 | c << 7 | d)


def _frame(header: bytes) -> int:
    """Bytes of the Layer III frame that begins with these four; 0 if none does."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0b1110_0110 != 0b1110_0010:
        return 0
    version = header[1] >> 3 & 0b11  # 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
    kbps, hz = header[2] >> 4, header[2] >> 2 & 0b11
    if version == 1 or kbps in (0, 15) or hz == 3:
        return 0
    if version == 3:
        return 144_000 * _KBPS[1][kbps] // _HZ[hz] + (header[2] >> 1 & 1)
    return 72_000 * _KBPS[2][kbps] // (_HZ[hz] >> (1 if version == 2 else 2)) + (header[2] >> 1 & 1)
