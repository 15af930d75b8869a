"""How many bytes of samples the headers of smaller formats state, which libsndfile reads.

libsndfile takes a file that is cut short for a shorter one. PAF, PVF and IRCAM state no length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from mudata.catalog.audio import behind, chunks
from mudata.catalog.audio.chunks import Chunk
from mudata.catalog.audio.structure import Structure

if TYPE_CHECKING:
    from mudata.catalog.audio.structure import OpenFile

_MATLAB_BYTES = {0: 8, 1: 4, 2: 4, 3: 2, 4: 2, 5: 1}
"""Bytes of a number in a MAT-file of level 4, by the digit P of its type MOPT (MAT-File Format, The MathWorks)."""

_MATLAB_ELEMENTS_AT = 128
"""Where the elements of a MAT-file of level 5 begin (the same document)."""

_VOC_AUDIO = {1, 2, 9}
"""Types of blocks with samples in them: sound, sound that goes on, sound in the newer form (Creative Labs)."""

_OF_AN_INSTRUMENT = b"sample"

_MOST = 100_000
"""Blocks or matrices that are looked at."""


def look(opened: OpenFile) -> Structure | None:
    """What a header states, held against what is there and what stands behind; None of any other format."""
    head = opened.read(opened.start, 1024)
    found = next(((magic, each) for magic, each in _FORMATS if magic.match(head)), None)
    if found is None:
        return None
    magic, each = found
    told = list(each(opened, head))
    known = Structure(start=opened.start, share=chunks.share(told, opened.stop))
    size = sum(chunk.size or 0 for chunk in told)
    if not size or told[-1].size is None:
        return replace(known, unstated=True, changes=behind.joined_anywhere(opened, "xi") if each is _xi else None)
    names = [chunk.name for chunk in told]
    end = told[-1].start + told[-1].size
    several = sum(bool(chunk.size) for chunk in told if chunk.name == _OF_AN_INSTRUMENT)
    if b"samplerate" in names and names.count(names[0]) > 1:
        known = replace(known, changes=behind.told(told[names.index(names[0], 1)].start))
    elif several > 1:
        known = replace(known, changes=f"it holds {several} samples of an instrument, not one sound")
    if not opened.read(end + 1, 1):  # a VOC ends with a byte of its own
        return known
    another = behind.joined(opened, end) or behind.joined(opened, end, magic)
    return replace(
        known,
        changes=known.changes or another,
        cut=behind.surplus(opened, end, size),
        mended=(range(opened.start, end),),
        reads_on=True,
    )


def _voc(opened: OpenFile, head: bytes) -> Iterator[Chunk]:
    """Blocks of a Creative Voice File."""
    at = opened.start + int.from_bytes(head[20:22], "little")
    for _ in range(_MOST):
        block = opened.read(at, 4)
        if len(block) < 4 or not block[0]:
            return
        size = int.from_bytes(block[1:], "little")
        if block[0] in _VOC_AUDIO:
            yield Chunk(b"", at + 4, size)
        at += 4 + size


def _nist(opened: OpenFile, head: bytes) -> Iterator[Chunk]:
    """SPHERE, whose header is text."""
    told = dict(re.findall(rb"^(\w+) -\w+ (\S+)", head, re.MULTILINE))
    sizes = [told.get(name, b"") for name in (b"sample_count", b"channel_count", b"sample_n_bytes")]
    begin = head[8:16].strip()
    if b"," not in told.get(b"sample_coding", b"") and begin.isdigit() and all(size.isdigit() for size in sizes):
        count, channels, width = map(int, sizes)
        yield Chunk(b"", opened.start + int(begin), count * channels * width)


def _avr(opened: OpenFile, head: bytes) -> Iterator[Chunk]:
    """Audio Visual Research, of the Atari ST."""
    channels = 2 if any(head[12:14]) else 1
    frames, bits = int.from_bytes(head[26:30], "big"), int.from_bytes(head[14:16], "big")
    yield Chunk(b"", opened.start + 128, frames * channels * bits // 8)


def _au(opened: OpenFile, head: bytes) -> Iterator[Chunk]:
    """AU with its numbers little end first."""
    begin, size = int.from_bytes(head[4:8], "little"), int.from_bytes(head[8:12], "little")
    yield Chunk(b"", opened.start + begin, None if size == 0xFFFF_FFFF else size)


def _sds(opened: OpenFile, head: bytes) -> Iterator[Chunk]:
    """MIDI Sample Dump Standard: packets of 127 bytes, 120 of them samples of seven bits a byte."""
    per_packet = 120 // -(-head[6] // 7) if head[6] else 120
    samples = head[10] | head[11] << 7 | head[12] << 14
    yield Chunk(b"", opened.start + 21, -(-samples // per_packet) * 127)


def _mpc2k(opened: OpenFile, head: bytes) -> Iterator[Chunk]:
    """Akai MPC 2000: 16 bits."""
    yield Chunk(b"", opened.start + 42, int.from_bytes(head[30:34], "little") * (2 if head[21] else 1) * 2)


def _wve(opened: OpenFile, head: bytes) -> Iterator[Chunk]:
    """Psion: a byte a sample."""
    yield Chunk(b"", opened.start + 32, int.from_bytes(head[18:22], "big"))


def _xi(opened: OpenFile, head: bytes) -> Iterator[Chunk]:
    """FastTracker II instruments, of one sample or several; libsndfile writes lengths of 0."""
    count = int.from_bytes(head[296:298], "little")
    at = opened.start + 298 + 40 * count
    for number in range(min(count, _MOST)):
        size = int.from_bytes(opened.read(opened.start + 298 + 40 * number, 4), "little")
        yield Chunk(_OF_AN_INSTRUMENT, at, size)
        at += size


def _matlab_4(opened: OpenFile, head: bytes) -> Iterator[Chunk]:
    """Matrices one after another."""
    order: Literal["big", "little"] = "big" if head[:2] == b"\0\0" and head[2:4] != b"\0\0" else "little"
    at = opened.start
    for _ in range(_MOST):
        block = opened.read(at, 20)
        if len(block) < 20:
            return
        kind, rows, columns, imaginary, name = (int.from_bytes(block[n : n + 4], order) for n in range(0, 20, 4))
        width = _MATLAB_BYTES.get(kind // 10 % 10)
        if width is None or kind > 9999:
            return
        size = rows * columns * width * (2 if imaginary else 1)
        yield Chunk(opened.read(at + 20, name).rstrip(b"\0"), at + 20 + name, size)
        at += 20 + name + size


def _matlab_5(opened: OpenFile, head: bytes) -> Iterator[Chunk]:
    """Elements one after another, each with its size."""
    order: Literal["big", "little"] = "little" if head[126:128] == b"IM" else "big"
    at = opened.start + _MATLAB_ELEMENTS_AT
    for _ in range(_MOST):
        block = opened.read(at, 8)
        if len(block) < 8 or not any(block) or (block[:2] if order == "big" else block[2:4]) != b"\0\0":
            return
        size = int.from_bytes(block[4:], order)
        yield Chunk(b"", at + 8, _matrix_bytes(opened, at + 8, size, order))
        at += 8 + size


def _matrix_bytes(opened: OpenFile, begin: int, size: int, order: Literal["big", "little"]) -> int:
    """Of the four parts of a matrix of real numbers: libsndfile writes a size that is 8 too large."""
    end = begin
    for _ in range(4):
        tag = opened.read(end, 8)
        small = any(tag[:2] if order == "big" else tag[2:4])
        length = 8 if small else 8 + int.from_bytes(tag[4:], order)
        end += length + -length % 8
    return end - begin if end <= begin + size else size


_FORMATS: tuple[tuple[re.Pattern[bytes], Callable[[OpenFile, bytes], Iterator[Chunk]]], ...] = (
    (re.compile(rb"Creative Voice File"), _voc),
    (re.compile(rb"NIST_1A"), _nist),
    (re.compile(rb"2BIT"), _avr),
    (re.compile(rb"Extended Instrument: "), _xi),
    (re.compile(rb"dns\."), _au),
    (re.compile(rb"\xf0\x7e.\x01", re.DOTALL), _sds),
    (re.compile(rb"\x01\x04.{19}[\0\x01]", re.DOTALL), _mpc2k),
    (re.compile(rb"ALawSoundFile\*\*"), _wve),
    (re.compile(rb"MATLAB 5\.0 MAT-file"), _matlab_5),
    (re.compile(rb"(?:\0{4}|\0\0\x03\xe8)(?:\x01\0\0\0|\0\0\0\x01){2}", re.DOTALL), _matlab_4),
)
"""How these files begin."""
