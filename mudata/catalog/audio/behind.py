"""What stands behind the end of a container: padding and tags belong there, audio and another file do not.

A header that promises too little, and files joined by their bytes: decoders end where the first header says.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.catalog.audio.structure import OpenFile


_MAGIC = re.compile(
    rb"(?:RIFF|RIFX|RF64|BW64)....WAVE|riff\x2e\x91\xcf\x11|FORM....(?:AIF[FC]|8SVX|16SV)|caff\0\x01|\.snd\0\0"
    rb"|fLaC[\0\x80]\0\0\x22|OggS\0\x02|....ftyp",
    re.DOTALL,
)
"""How files of these kinds begin: enough of them that no samples look so."""
_WITHOUT_END = {
    "flac": re.compile(rb"fLaC[\0\x80]\0\0\x22"),
    "tta": re.compile(rb"TTA1[\x01\x02]\0[\x01-\x08]\0[\x08-\x20]\0"),
    "flv": re.compile(rb"FLV\x01[\x01\x04\x05]\0\0\0\x09\0\0\0\0"),
    "xi": re.compile(rb"Extended Instrument: "),
    "wtv": re.compile(rb"\xb7\xd8\x00\x20\x37\x49\xda\x11\xa6\x4e\x00\x07\xe9\x5e\xad\x8d"),
}
"""How those begin whose header does not say where they end, by libavformat's names."""
_LONGEST = 21

_TAGS = re.compile(rb"TAG|ID3|APETAGEX|LYRICSBEGIN|LIST|id3 ")

_LITTLE, _LITTLE_SHARE = 4096, 0.01
"""So many bytes, or so large a share of the samples, may stand behind them, whatever they are. Chosen here."""

_BLOCK = 1 << 20

_ID3V1, _ID3V1_LONG = 128, 227
"""Bytes of an ID3v1 tag, and of the longer one that may stand before it (id3.org)."""
_APE_FOOTER = 32
_ID3V2_FOOTER = re.compile(rb"3DI[\x04-\xfe][\0-\xfe].[\0-\x7f]{4}", re.DOTALL)
_LYRICS_ENDS, _LYRICS_MOST = (b"LYRICSEND", b"LYRICS200"), 1 << 17
"""How Lyrics3 of versions 1 and 2 ends (id3.org), and the bytes in which its beginning is looked for."""


def before_tags(opened: OpenFile) -> int:
    """Where the tags begin that stand at the end: ID3v1, ID3v2 with a footer, APE, Lyrics3, in any order."""
    stop = opened.stop
    while (size := _tag_bytes(opened, stop)) and stop - size > opened.start:
        stop -= size
    return stop


def _tag_bytes(opened: OpenFile, stop: int) -> int:
    """Of the tag that ends at a byte; 0 if none does."""

    def last(size: int) -> bytes:
        return opened.read(max(stop - size, 0), min(size, stop))

    if last(_ID3V1).startswith(b"TAG"):
        return _ID3V1
    if last(_ID3V1_LONG).startswith(b"TAG+"):
        return _ID3V1_LONG
    footer = last(_APE_FOOTER)
    if footer.startswith(b"APETAGEX"):
        size = int.from_bytes(footer[12:16], "little")
        whole = last(size + _APE_FOOTER)
        return len(whole) if whole.startswith(b"APETAGEX") else size  # a header of its own is not counted
    if _ID3V2_FOOTER.fullmatch(footer[-10:]):
        a, b, c, d = footer[-4:]
        size = 20 + (a << 21 | b << 14 | c << 7 | d)
        return size if last(size).startswith(b"ID3") else 0
    if footer.endswith(_LYRICS_ENDS):
        begin = last(_LYRICS_MOST).rfind(b"LYRICSBEGIN")  # the size that version 2 states is wrong at times
        return min(_LYRICS_MOST, stop) - begin if begin >= 0 else 0
    return 0


def joined(opened: OpenFile, at: int, magic: re.Pattern[bytes] = _MAGIC) -> str | None:
    """In words, that another file begins at a byte, behind padding; None if none does."""
    begin = past_zeros(opened, at)
    return told(begin) if begin is not None and magic.match(opened.read(begin, 64)) else None


def joined_anywhere(opened: OpenFile, container: str) -> str | None:
    """The same for a container whose header does not say where it ends: one like it anywhere in the file."""
    at = opened.start + 8
    while at < opened.stop:
        block = opened.read(at, _BLOCK)
        if found := _WITHOUT_END[container].search(block):
            return told(at + found.start())
        at += max(len(block) - _LONGEST + 1, 1)
    return None


def surplus(opened: OpenFile, at: int, size: int) -> str | None:
    """In words, that too much stands behind `size` bytes of samples to be padding, a tag or a text; None if not."""
    begin = past_zeros(opened, at)
    if begin is None:
        return None
    head = opened.read(begin, 4096)
    if _TAGS.match(head) or all(byte in b"\t\n\r" or 0x20 <= byte < 0x7F for byte in head):
        return None
    much = opened.stop - begin
    if much < max(_LITTLE, size * _LITTLE_SHARE):
        return None
    return f"{much:,} bytes stand behind the {size:,} of samples that its header states"


def past_zeros(opened: OpenFile, at: int) -> int | None:
    """The first byte from a place on that is not 0."""
    while at < opened.stop:
        block = opened.read(at, _BLOCK)[: opened.stop - at]
        if rest := block.lstrip(b"\0"):
            return at + len(block) - len(rest)
        at += len(block)
        if not block:
            return None
    return None


def told(begin: int) -> str:
    """That another file begins at a byte."""
    return f"another file begins at byte {begin:,}, behind the end of the first"
