"""What a file's bytes say of it before anything is decoded: which container it is, where that begins, how long it is.

The first bytes prove the container, behind tags and padding, whatever the file's name. A text file called x.wav is
none of these and never reaches ffmpeg, which might take it for a playlist and follow the addresses in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mudata.catalog.audio import behind, chunked, flac_stream, frame_ends, header_lengths, ogg_pages
from mudata.catalog.audio.frame_walk import Framing, after_tags, count
from mudata.catalog.audio.mpeg_audio import ADTS, MPEG_AUDIO, counted, of_constant_rate
from mudata.catalog.audio.structure import UNSTATED, OpenFile, Stated, Structure, changes
from mudata.catalog.read.source_file import reading

_CONTAINERS = (
    (re.compile(rb"....(?:ftyp|styp|moov|mdat|wide|free|skip|pnot)", re.DOTALL), "mov"),  # m4a, mp4, 3gp
    (re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), "asf"),  # wma
    (re.compile(rb"\x1a\x45\xdf\xa3"), "matroska"),  # webm, mka
    (re.compile(rb"OggS"), "ogg"),
    (re.compile(rb"fLaC"), "flac"),
    (re.compile(rb"(?:RIFF|RIFX|RF64|BW64)....WAVE", re.DOTALL), "wav"),
    (re.compile(rb"riff\x2e\x91\xcf\x11"), "w64"),
    (re.compile(rb"FORM....AIF[FC]", re.DOTALL), "aiff"),
    (re.compile(rb"FORM....(?:8SVX|16SV)", re.DOTALL), "iff"),
    (re.compile(rb"caff"), "caf"),
    (re.compile(rb"\.snd"), "au"),
    (re.compile(rb"RIFF....AVI ", re.DOTALL), "avi"),
    (re.compile(rb"FLV\x01"), "flv"),
    (re.compile(rb"#!AMR"), "amr"),
    (re.compile(rb"MAC "), "ape"),
    (re.compile(rb"wvpk"), "wv"),
    (re.compile(rb"TTA1"), "tta"),
    (re.compile(rb"MPCK"), "mpc8"),
    (re.compile(rb"MP\+"), "mpc"),
    (re.compile(rb"tBaK"), "tak"),
    (re.compile(rb"DSD "), "dsf"),
    (re.compile(rb"\.RMF|\.ra\xfd"), "rm"),
    (re.compile(rb"RIFF....XWMA", re.DOTALL), "xwma"),
    (re.compile(rb"FRM8.{8}DSD ", re.DOTALL), "iff"),  # dff
    (re.compile(rb"ajkg"), "shn"),
    (re.compile(rb"\.SoX|XoS\."), "sox"),
    (re.compile(rb"nut/multimedia container\0"), "nut"),
    (re.compile(rb"ea3\x03|EA3\x01"), "oma"),
    (re.compile(rb"[FC]WS[\x01-\x20]"), "swf"),
    (re.compile(rb"\xb7\xd8\x00\x20\x37\x49\xda\x11"), "wtv"),
    (re.compile(rb"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02"), "mxf"),
    (re.compile(rb".{4}\xf8\x72\x6f\xba", re.DOTALL), "truehd"),
    (re.compile(rb".{4}\xf8\x72\x6f\xbb", re.DOTALL), "mlp"),
    (re.compile(rb"\x56[\xe0-\xff]"), "loas"),
    (re.compile(rb"Creative Voice File"), "voc"),
    (re.compile(rb"\x0b\x77...[\x50-\x87]", re.DOTALL), "eac3"),  # bsid, five bits, of 11 to 16
    (re.compile(rb"\x0b\x77"), "ac3"),
    (re.compile(rb"\x7f\xfe\x80\x01|\xfe\x7f\x01\x80|\x1f\xff\xe8\x00|\xff\x1f\x00\xe8"), "dts"),
    (re.compile(rb"\x47.{187}\x47.{187}\x47|.{4}\x47.{191}\x47.{191}\x47", re.DOTALL), "mpegts"),
    (re.compile(rb"\x00\x00\x01\xba"), "mpeg"),
)
"""How containers begin, by libavformat's names of their demuxers."""

_STATING_NO_LENGTH = frozenset(
    ("AAC", "AC3", "EAC3", "DTS", "MPEGTS", "MPEG", "LOAS", "TRUEHD", "MLP", "AMR", "PAF", "PVF", "IRCAM")
)
"""Kinds of files in which nothing says how long they are: one that was cut between frames looks like a whole one."""

_HEAD = 600

_MOST_PADDING = 1 << 20
"""Zero bytes in front of a container that are stepped over. Chosen here."""


def states_no_length(kind: str) -> bool:
    """Of what stands before the slash in a coding."""
    return kind in _STATING_NO_LENGTH or kind.endswith(UNSTATED.upper())


def structure(path: Path) -> Structure:
    """Of a file. Raises AudioError: `vanished`, `empty`, `undecodable` if it cannot be read."""
    with reading(path), path.open("rb") as file:
        whole = OpenFile(file, 0, path.stat().st_size)
        opened = whole._replace(start=_begin(whole))
        opened = opened._replace(stop=behind.before_tags(opened))
        head = opened.read(opened.start, _HEAD)
        name = next((name for magic, name in _CONTAINERS if magic.match(head)), None)
        if name is None:
            return _unframed(opened, head)
        known = Structure(container=name, start=opened.start, stop=opened.stop)
        look = _INSIDE.get(name)
        return look(opened, known) if look else known


def _begin(whole: OpenFile) -> int:
    """Where tags and padding in front end."""
    at = after_tags(whole.read, 0)
    head = whole.read(at, 8)
    if head[:1] == b"\0" and not re.match(rb"....[a-z]{4}|\0\0\x01\xba", head, re.DOTALL):
        block = whole.read(at, _MOST_PADDING)
        padding = len(block) - len(block.lstrip(b"\0"))
        at = after_tags(whole.read, at + padding) if padding < len(block) else at
    return at


def _unframed(opened: OpenFile, head: bytes) -> Structure:
    """What only libsndfile reads, or a stream without a container: frames of MPEG audio or of AAC."""
    if known := header_lengths.look(opened._replace(start=0)):
        return known
    if sized := of_constant_rate(opened):
        return sized
    kinds: tuple[tuple[str, Framing], ...] = (("mp3", MPEG_AUDIO), ("aac", ADTS))
    for name, framing in reversed(kinds) if ADTS.pattern.match(head) else kinds:
        found = count(opened.file, framing, opened.start, opened.stop)
        if found and (found.frames > 2 or found.first == opened.start):
            known = counted(opened, Structure(container=name, start=found.first, stop=found.end), found)
            cut = frame_ends.adts(opened, found.end) if name == "aac" else None
            return replace(known, changes=known.changes or behind.joined(opened, found.end), cut=cut)
    return Structure(cut=frame_ends.samples(opened))


def _ogg(opened: OpenFile, known: Structure) -> Structure:
    ogg = ogg_pages.streams(opened.file, opened.start, opened.stop)
    total = sum(stream.seconds for stream in ogg.streams)
    by = f"its {len(ogg.streams)} streams" if len(ogg.streams) > 1 else "its last page"
    return replace(
        known,
        stated=(Stated(total, by),) if total else (),
        cut=ogg.cut,
        changes=changes([(stream.rate, stream.channels) for stream in ogg.streams]),
    )


def _flac(opened: OpenFile, known: Structure) -> Structure:
    flac = flac_stream.stream(opened.file, opened.start, opened.stop)
    if flac is None:
        return known
    lengths = ((flac.samples, "its header"), (flac.last_sample, "the number of its last frame"))
    stated = tuple(Stated(samples / flac.rate, by) for samples, by in lengths if samples)
    tagged = opened.read(opened.stop, 1) != b""  # libsndfile takes it for a damaged frame
    known = replace(known, cut=flac.cut, changes=behind.joined_anywhere(opened, "flac"))
    unstated = not flac.samples
    return replace(
        known, stated=stated, unstated=unstated, flac=flac, mended=(range(opened.start, opened.stop),) if tagged else ()
    )


def _voc(opened: OpenFile, known: Structure) -> Structure:
    found = header_lengths.look(opened) or known
    cut = "the file ends inside a block" if found.share > 1 else found.cut
    return replace(found, container=known.container, stop=known.stop, cut=cut)


def _alone(opened: OpenFile, known: Structure) -> Structure:
    return replace(known, changes=behind.joined_anywhere(opened, str(known.container)))


def _framed(opened: OpenFile, known: Structure) -> Structure:
    end, cut = frame_ends.walk(opened, str(known.container))
    return replace(known, stop=end, cut=cut)


def _packets(opened: OpenFile, known: Structure) -> Structure:
    return replace(known, cut=frame_ends.transport_stream(opened))


_INSIDE: dict[str, Callable[[OpenFile, Structure], Structure]] = {
    "ogg": _ogg, "flac": _flac, "au": chunked.au, "mov": chunked.mov, "matroska": chunked.matroska,
    "wav": chunked.wav, "w64": chunked.w64, "aiff": chunked.aiff, "iff": chunked.iff, "caf": chunked.caf,
    "avi": chunked.avi, "voc": _voc, "mpegts": _packets, "tta": _alone, "flv": _alone, "wtv": _alone,
    **dict.fromkeys(frame_ends.FRAMED, _framed),
}  # fmt: skip
"""Who looks inside a container; FFmpeg knows enough of the others."""
