"""Files made of chunks that say how long they are: WAV and its kin, AIFF, CAF, AU, AVI, MP4, Matroska.

What a chunk promises and the file does not have is missing, whatever the coding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_UNKNOWN = 0x7FFF_0000
"""A size of 32 bits from here on is what programs write that do not know the length yet; it promises nothing."""
_UNKNOWN_64 = 1 << 62
"""The same for a size of 64 bits: FFmpeg writes nearly 2^63 into a W64 that goes to a pipe."""

_MOST, _MOST_BLOCKS = 100_000, 1_000_000
"""Chunks, and blocks of Matroska, that are looked at: live streams have a chunk or 50 blocks a second. A file of more,
with nothing in them, would hold up a worker. Chosen here."""


@dataclass(frozen=True)
class Chunk:
    name: bytes
    start: int
    """Of its content."""
    size: int | None
    """None: to the end of the file."""


@dataclass(frozen=True)
class Layout:
    """How the headers of a kind of file look."""

    first: int
    """Where the first chunk begins."""
    name: int
    """Bytes of a chunk's name."""
    size: int
    """Bytes of its size."""
    order: str
    with_header: bool = False
    """Whether the size counts the header."""
    padded: int = 1


RIFF = Layout(12, 4, 4, "little", padded=2)
RIFX = Layout(12, 4, 4, "big", padded=2)
W64 = Layout(40, 16, 8, "little", with_header=True, padded=8)
CAF = Layout(8, 4, 8, "big")
BOXES = Layout(0, 4, 4, "big", with_header=True)
"""MP4 has the size before the name."""


def chunks(file: BinaryIO, layout: Layout, start: int, stop: int) -> Iterator[Chunk]:
    """The chunks in the bytes [start, stop), as long as they look like some."""
    at = start + layout.first
    header = layout.name + layout.size
    for _ in range(_MOST):
        if at + header > stop:
            return
        file.seek(at)
        head = file.read(header)
        name, raw = head[: layout.name], head[layout.name :]
        if layout is BOXES:
            name, raw = head[4:], head[:4]
        if not name[:4].replace(b"\xa9", b"x").isascii() or min(name[:4]) < 0x20:
            return
        size = int.from_bytes(raw, layout.order)  # type: ignore[arg-type]
        content = at + header
        if layout is BOXES and size == 1:
            size = int.from_bytes(file.read(8), "big")
            content += 8
        if layout.size == 4 and size >= _UNKNOWN and content + size > stop:
            size = -1
        if size >= _UNKNOWN_64 or size == (1 << 8 * layout.size) - 1 or (layout is BOXES and size == 0):
            size = -1
        if size < 0:
            yield Chunk(name, content, None)
            return
        if layout.with_header:
            size -= content - at
        if size < 0:
            return
        yield Chunk(name, content, size)
        at = content + size
        at += -(at - start) % layout.padded


def share(promised: list[Chunk], stop: int) -> float:
    """Bytes that chunks promise for each that is there; 1 if none is missing."""
    sizes = [(chunk.size, min(chunk.size, max(stop - chunk.start, 0))) for chunk in promised if chunk.size is not None]
    wanted, there = sum(size for size, _ in sizes), sum(there for _, there in sizes)
    return wanted / max(there, 1) if wanted > there else 1.0


# ---------------------------------------------------------------------------------- Matroska

_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675


def matroska_share(file: BinaryIO, start: int, stop: int) -> tuple[float, bool]:
    """As `share`, and whether an element of unknown length ends inside one of its own (RFC 8794, RFC 9559)."""
    at = start
    for _ in range(_MOST_BLOCKS):
        if at >= stop:
            break
        file.seek(at)
        head = file.read(12)
        found = _element(head)
        if found is None:
            return 1.0, len(head) < 12  # a header that is cut off
        id_, length, size = found
        content = at + length
        if size is None:
            if id_ not in {_SEGMENT, _CLUSTER}:
                return 1.0, False
            at = content  # look inside
        elif content + size > stop:
            return ((content + size - start) / max(stop - start, 1), False) if id_ == _SEGMENT else (1.0, True)
        else:
            at = content + size
    return 1.0, False


def _element(head: bytes) -> tuple[int, int, int | None] | None:
    """Id, bytes of id and size, and size (None: unknown) of an EBML element."""
    if not head or not (id_length := 9 - head[0].bit_length()) <= 4 or len(head) <= id_length:
        return None
    first = head[id_length]
    length = 9 - first.bit_length()
    raw = head[id_length : id_length + length]
    if length > 8 or len(raw) < length:
        return None
    value = int.from_bytes(raw, "big") & (1 << 7 * length) - 1
    unknown = value == (1 << 7 * length) - 1
    return int.from_bytes(head[:id_length], "big"), id_length + length, None if unknown else value
