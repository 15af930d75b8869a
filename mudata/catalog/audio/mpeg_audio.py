"""Frames of MPEG audio and of AAC in ADTS, and the frame in which an mp3 file tells its own length.

libsndfile believes that frame (Xing, Info); without one it guesses the length from the first frames
and decodes no further than its guess: a file of varying bit rate loses its end without a word. So
frames are counted.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from mudata.catalog.audio.frame_walk import Frame, FrameCount, Framing
from mudata.catalog.audio.structure import SLACK_S, OpenFile, Stated, Structure, changes

_KBPS = {
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_KBPS[2, 3] = _KBPS[2, 2]
"""Bit rates by version (MPEG 1; MPEG 2 and 2.5) and layer (ISO/IEC 11172-3, 13818-3); 0 is free format."""

_HZ = (44_100, 48_000, 32_000)
"""Sample rates of MPEG 1; MPEG 2 halves them, 2.5 halves again."""

_AAC_HZ = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
"""Sample rates of AAC by their index (ISO/IEC 14496-3)."""


def _mpeg(head: bytes) -> Frame | None:
    version = {3: 1, 2: 2, 0: 4}.get(head[1] >> 3 & 3)  # 4: MPEG 2.5, by which its rates are divided
    layer = 4 - (head[1] >> 1 & 3)
    kbps, hz, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version is None or layer == 4 or kbps == 15 or hz == 3:
        return None
    rate = _HZ[hz] // version
    bits = 1000 * _KBPS[min(version, 2), layer][kbps]
    samples = 384 if layer == 1 else 1152 if layer == 2 or version == 1 else 576
    slot = 4 if layer == 1 else 1
    size = (samples // 8 // slot * bits // rate + padding) * slot if bits else 0
    return Frame(size, samples, rate, 1 if head[3] >> 6 == 3 else 2)


def _adts(head: bytes) -> Frame | None:
    hz, channels = head[2] >> 2 & 15, (head[2] & 1) << 2 | head[3] >> 6
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    if hz >= len(_AAC_HZ) or size < 7:
        return None
    return Frame(size, 1024 * ((head[6] & 3) + 1), _AAC_HZ[hz], channels)


MPEG_AUDIO = Framing(re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff][^\xf0-\xff].", re.DOTALL), 4, _mpeg)
ADTS = Framing(re.compile(rb"\xff[\xf0\xf1\xf8\xf9].{5}", re.DOTALL), 7, _adts)


class LengthFrame(NamedTuple):
    """What the first frame of an mp3 file says in place of audio."""

    name: str
    """Xing, Info or VBRI."""
    frames: int | None
    """How many follow."""
    trimmed: int
    """Samples at both ends that the encoder added (LAME's field)."""


def counted(opened: OpenFile, known: Structure, found: FrameCount) -> Structure:
    """What the frames of a file add to what is known of it: its length by them, and by the frame that tells it."""
    formats = list(found.formats)
    heard = [key for key, samples in found.formats.items() if samples / key[0] > SLACK_S]
    told = length_frame(opened, found.first) if known.container != "aac" else None
    packet = found.seconds / found.frames
    seconds, stated = found.seconds, []
    if told:
        trimmed = told.trimmed / formats[0][0]
        seconds = max(seconds - packet - trimmed, 0.0)
        if told.frames:
            stated.append(Stated(told.frames * packet - trimmed, f"its {told.name} frame", packet))
    believed = bool(stated) and abs(stated[0].seconds - seconds) <= packet
    stated.append(Stated(seconds, f"its {found.frames:,} frames", packet))
    return replace(known, stated=tuple(stated), counted=not believed, changes=changes(heard))


def of_constant_rate(opened: OpenFile) -> Structure | None:
    """An mp3 of constant bit rate that is as large as the count in its Info frame makes it: nothing needs counting.
    None if this is none, or another size."""
    head = opened.read(opened.start, 4)
    first = _mpeg(head) if len(head) == 4 and MPEG_AUDIO.pattern.match(head) else None
    told = length_frame(opened, opened.start) if first else None
    if not first or not told or told.name != "Info" or not told.frames:
        return None
    head = opened.read(opened.start + first.size, 4)
    frame = _mpeg(head) if len(head) == 4 and MPEG_AUDIO.pattern.match(head) else None
    if not frame or (frame.rate, frame.samples, frame.channels) != (first.rate, first.samples, first.channels):
        return None
    kbps = _KBPS[1 if head[1] & 8 else 2, 3][head[2] >> 4]
    expected = first.size + told.frames * frame.samples * kbps * 125 / frame.rate
    if abs(opened.stop - opened.start - expected) > frame.size:
        return None
    packet = frame.samples / frame.rate
    stated = Stated(told.frames * packet - told.trimmed / frame.rate, "its Info frame", packet)
    return Structure(container="mp3", start=opened.start, stated=(stated,))


def length_frame(opened: OpenFile, at: int) -> LengthFrame | None:
    """Of the frame that begins at a byte of the file; None if that holds audio."""
    head = opened.read(at, 256)
    if len(head) < 64 or head[1] >> 1 & 3 != 1:  # Layer III alone
        return None
    if head[36:40] == b"VBRI":  # Fraunhofer's
        return LengthFrame("VBRI", int.from_bytes(head[50:54], "big"), 0)
    mono, mpeg1 = head[3] >> 6 == 3, head[1] & 8
    tag = 4 + ((17 if mono else 32) if mpeg1 else (9 if mono else 17))  # behind the side information
    if head[tag : tag + 4] not in {b"Xing", b"Info"}:
        return None
    flags = head[tag + 7]
    frames = int.from_bytes(head[tag + 8 : tag + 12], "big") if flags & 1 else None
    encoder = tag + 8 + sum(size for bit, size in ((1, 4), (2, 4), (4, 100), (8, 4)) if flags & bit)
    ends = head[encoder + 21 : encoder + 24] if head[encoder : encoder + 3] in {b"LAM", b"Lav"} else b""
    trimmed = (ends[0] << 4 | ends[1] >> 4) + ((ends[1] & 15) << 8 | ends[2]) if len(ends) == 3 else 0
    return LengthFrame(head[tag : tag + 4].decode(), frames, trimmed)
