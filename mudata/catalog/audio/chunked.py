"""What the chunks of a file say of its length, and how a WAV of several or endless chunks of data is put right."""

from __future__ import annotations

from dataclasses import replace

from mudata.catalog.audio import behind, chunks
from mudata.catalog.audio.chunks import Chunk
from mudata.catalog.audio.frame_walk import count
from mudata.catalog.audio.mp4_fragments import fragments
from mudata.catalog.audio.mpeg_audio import MPEG_AUDIO, counted
from mudata.catalog.audio.structure import OpenFile, Stated, Structure

_MPEG_TAGS = {0x50, 0x55}
"""Format tags of MPEG audio in a WAV (RFC 2361)."""

_READ_ON = {"w64", "iff"}
"""Of which libsndfile reads all up to the end of the file, whatever stands there."""

_EXTENSIBLE = 0xFFFE
"""Format tag of a WAV whose own tag stands further behind."""


def wav(opened: OpenFile, known: Structure) -> Structure:
    """RIFF, RIFX, RF64 and BW64."""
    kind = opened.read(opened.start, 4)
    found = list(chunks.chunks(opened.file, chunks.RIFX if kind == b"RIFX" else chunks.RIFF, opened.start, opened.stop))
    data = [chunk for chunk in found if chunk.name == b"data"]
    if kind in {b"RF64", b"BW64"} and data and found[0].name == b"ds64":
        size = int.from_bytes(opened.read(found[0].start + 8, 8), "little")
        data = [replace(data[0], size=size or None)]
        found = [data[0] if chunk.name == b"data" else chunk for chunk in found]
    known = _ends(opened, replace(known, share=chunks.share(data, opened.stop)), found, data)
    form = next((chunk for chunk in found if chunk.name == b"fmt "), None)
    if kind != b"RIFF" or not data or form is None or not 16 <= (form.size or 0) < 1 << 16:
        return known
    coding = opened.read(form.start, form.size or 0)
    tag = int.from_bytes(coding[:2], "little")
    tag = int.from_bytes(coding[24:26], "little") if tag == _EXTENSIBLE else tag
    endless = data[-1].size == 0 and _is_endless(found, data[-1], opened.stop)
    parts = [range(chunk.start, opened.stop if chunk.size is None else chunk.start + chunk.size) for chunk in data]
    if endless:
        parts[-1] = range(data[-1].start, opened.stop)
    parts = [part for part in parts if len(part)]
    if not parts:
        return replace(known, container=None)  # FFmpeg would take what follows for data
    if known.changes:
        return known
    if tag in _MPEG_TAGS and parts:
        frames = count(opened.file, MPEG_AUDIO, parts[0].start, min(parts[-1].stop, opened.stop))
        return counted(opened, known, frames) if frames else known
    return _put_right(known, coding, parts) if endless or len(parts) > 1 else known


def _is_endless(found: list[Chunk], data: Chunk, stop: int) -> bool:
    """Whether data without a length goes on to the end: what follows is no sequence of chunks up to there."""
    last = found[-1]
    return data.start < stop and (last is data or last.size is None or last.start + last.size < stop - 1)


def _put_right(known: Structure, coding: bytes, parts: list[range]) -> Structure:
    """One chunk of data with all of it, behind a header of its own."""
    size = min(sum(map(len, parts)), 0xFFFF_FFFF)
    header = b"RIFF" + b"\xff" * 4 + b"WAVEfmt " + len(coding).to_bytes(4, "little") + coding
    header += b"\0" * (len(coding) % 2) + b"data" + size.to_bytes(4, "little")
    per_second = int.from_bytes(coding[8:12], "little")
    by = f"its {len(parts)} chunks of data" if len(parts) > 1 else "its data"
    stated = (Stated(sum(map(len, parts)) / per_second, by),) if per_second else ()
    return replace(known, stated=stated, mended=(header, *parts))


def w64(opened: OpenFile, known: Structure) -> Structure:
    return _shared(opened, known, chunks.W64, b"data")


def caf(opened: OpenFile, known: Structure) -> Structure:
    return _shared(opened, known, chunks.CAF, b"data")


def iff(opened: OpenFile, known: Structure) -> Structure:
    return _shared(opened, known, chunks.RIFX, b"BODY")


def _shared(opened: OpenFile, known: Structure, layout: chunks.Layout, name: bytes) -> Structure:
    found = list(chunks.chunks(opened.file, layout, opened.start, opened.stop))
    data = [chunk for chunk in found if chunk.name[:4] == name]
    return _ends(opened, replace(known, share=chunks.share(data, opened.stop)), found, data)


def _ends(opened: OpenFile, known: Structure, found: list[Chunk], data: list[Chunk]) -> Structure:
    """What stands behind the chunks: another file, or samples that no size tells of."""
    sizes = [chunk.size for chunk in data]
    if not data or None in sizes or not sum(filter(None, sizes)):
        return replace(known, unstated=bool(data))  # nobody says where they end
    last, final = data[-1], found[-1]
    another = next((at for chunk in found[:-1] if (at := behind.joined(opened, chunk.start + (chunk.size or 0)))), None)
    known = replace(known, changes=another or behind.joined(opened, last.start + (last.size or 0)))
    end = final.start + (opened.stop if final.size is None else final.size)
    ends = last.start + (last.size or 0)
    if known.container in _READ_ON and opened.read(ends + 1, 1):
        known = replace(known, mended=(range(opened.start, ends),), reads_on=True)
    return replace(known, cut=behind.surplus(opened, end + end % 2, sum(filter(None, sizes))))


def aiff(opened: OpenFile, known: Structure) -> Structure:
    known = _shared(opened, known, chunks.RIFX, b"SSND")
    found = chunks.chunks(opened.file, chunks.RIFX, opened.start, opened.stop)
    common = next((chunk for chunk in found if chunk.name == b"COMM"), None)
    body = opened.read(common.start, 18) if common else b""
    rate = _extended(body[8:18]) if len(body) == 18 else 0.0
    return replace(known, stated=(Stated(int.from_bytes(body[2:6], "big") / rate, "its header"),)) if rate else known


def _extended(raw: bytes) -> float:
    """A number of 80 bits, as AIFF writes sample rates."""
    exponent = int.from_bytes(raw[:2], "big") & 0x7FFF
    return int.from_bytes(raw[2:], "big") * 2.0 ** (exponent - 16383 - 63) if 0 < exponent < 16383 + 32 else 0.0


def avi(opened: OpenFile, known: Structure) -> Structure:
    found = chunks.chunks(opened.file, chunks.RIFF, opened.start, opened.stop)
    movie = [chunk for chunk in found if chunk.name == b"LIST" and opened.read(chunk.start, 4) == b"movi"]
    return replace(known, share=chunks.share(movie, opened.stop))


def au(opened: OpenFile, known: Structure) -> Structure:
    head = opened.read(opened.start, 12)
    size = int.from_bytes(head[8:12], "big")
    data = Chunk(b"", opened.start + int.from_bytes(head[4:8], "big"), None if size == 0xFFFF_FFFF else size)
    return _ends(opened, replace(known, share=chunks.share([data], opened.stop)), [data], [data])


def mov(opened: OpenFile, known: Structure) -> Structure:
    """MP4 and its kin."""
    boxes = list(chunks.chunks(opened.file, chunks.BOXES, opened.start, opened.stop))
    share = chunks.share([box for box in boxes if box.name == b"mdat"], opened.stop)
    cut = any(box.start + (box.size or 0) > opened.stop for box in boxes if box.name != b"mdat")
    movies = [box.start for box in boxes if box.name == b"moov"]
    told = fragments(opened, boxes)
    return replace(
        known,
        stated=told.stated,
        unstated=told.unstated,
        share=share,
        cut="the file ends inside a box" if cut else None,
        changes=behind.told(movies[1]) if len(movies) > 1 else None,  # FFmpeg passes over the second
    )


def matroska(opened: OpenFile, known: Structure) -> Structure:
    share, cut = chunks.matroska_share(opened.file, opened.start, opened.stop)
    return replace(known, share=share, cut="the file ends inside a block" if cut else None)
