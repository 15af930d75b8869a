"""Reading an audio file with the decoder that gives the most of it.

The first that means to give all that the file states is taken at its word: a sound file costs one look at its
structure. Where one refuses, promises less, or breaks off on the way, every decoder at hand reads
the whole file, and the one that gave most is kept. Which one that is changes neither level nor position: all of them
give the channels as they are, and begin with the same sample.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from mudata.catalog.audio import libav
from mudata.catalog.audio.audio_source import Source, shortfall
from mudata.catalog.audio.containers import structure
from mudata.catalog.audio.libsndfile import Sndfile
from mudata.catalog.audio.structure import SLACK_S, Stated, Structure
from mudata.errors import AudioError

Result = TypeVar("Result")

_ANOTHER_MAY = {"undecodable", "truncated", "empty"}
"""Reasons that another decoder may not have."""

_Opening = Callable[[Path, Structure], Source]


@dataclass(frozen=True, kw_only=True)
class DecoderVerdict:
    """How one decoder fared with a file."""

    decoder: str
    """libsndfile, 'libsndfile, mended' (a WAV whose header was put right in memory), PyAV or ffmpeg."""
    coding: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    samples: int = 0
    """Per channel, that could be decoded."""
    duration_s: float = 0.0
    stated_s: float | None = None
    """The longest length that the file states."""
    problem: str | None = None
    """What is wrong: a machine word, then ': ' and the details. None if all of the file was decoded."""
    chosen: bool = False
    """Whether clips are made with it."""


def read_again(path: Path, decoder: str | None, seconds: float | None, use: Callable[[Source], Result]) -> Result:
    """As `read`, of a file that is known: who decoded it, and how long it is. `use` must refuse less than that.

    What libsndfile read as it is needs no other look, which of a long file may cost more than half a minute of its
    sound. A file that was put right for it is as long as it says only then; of MPEG audio none is put right.
    """
    if decoder == "libsndfile":
        with contextlib.suppress(AudioError), contextlib.closing(Sndfile(path, Structure())) as source:
            if source.decodable == round((seconds or 0) * source.rate) or "/MPEG_LAYER" in source.coding:
                return use(source)
    return read(path, use)


def read(path: Path, use: Callable[[Source], Result]) -> Result:
    """What `use` makes of the file. It is called anew, with another decoder, where one breaks off on the way.

    Raises AudioError: `vanished`, `empty`, `undecodable`, `unsupported` when an extra is missing, and what `use`
    raises.
    """
    known = structure(path)
    if known.changes:
        raise AudioError("undecodable", known.changes)
    refused: dict[str, AudioError] = {}
    used = None
    for name, opening in _in_turn(known):
        try:
            with contextlib.closing(opening(path, known)) as source:
                if doubt := _doubt(source):
                    raise doubt
                used = name
                return use(source)
        except AudioError as error:
            if error.reason not in _ANOTHER_MAY:
                raise
            refused[name] = error
        if used:
            break
    decoders = _at_hand(known)
    best = _best(_tried(path, known), known) if len(decoders) > 1 else None
    if best and best.decoder != used:
        with contextlib.closing(decoders[best.decoder](path, known)) as source:
            return use(source)
    if used:
        raise refused[used]
    if known.container and not {"PyAV", "ffmpeg"} & decoders.keys():
        raise AudioError(
            "unsupported",
            f"libsndfile cannot read this {known.container} file to its end.",
            "Run: pip install 'mudata-music[formats]' (or install ffmpeg), then the same command again.",
        )
    texts = {f"{name}: {error.what}" if len(refused) > 1 else error.what: error for name, error in refused.items()}
    raise AudioError(next(iter(refused.values())).reason, "; ".join(texts))


def verdicts(path: Path) -> list[DecoderVerdict]:
    """How each decoder at hand fares with the whole file, in the order in which they are asked.

    Raises AudioError: `vanished`, `empty`, `undecodable` if the file cannot be read.
    """
    known = structure(path)
    found = _tried(path, known)
    best = None if known.changes else _best(found, known)
    return [replace(verdict, chosen=verdict is best) for verdict in found]


def _at_hand(known: Structure) -> dict[str, _Opening]:
    """The decoders for a file, by name, in the order in which they are asked."""
    return dict(_in_turn(known))


def _in_turn(known: Structure) -> Iterator[tuple[str, _Opening]]:
    """The same one by one: which programs are installed is not asked before it matters."""
    if not known.reads_on:
        yield "libsndfile", Sndfile
    if known.mended:
        yield "libsndfile, mended", partial(Sndfile, mended=True)
    if known.container and libav.pyav_is_here():
        yield "PyAV", libav.PyAV
    if known.container and libav.ffmpeg_is_here():
        yield "ffmpeg", libav.Ffmpeg


def _doubt(source: Source) -> AudioError | None:
    """What is wrong with a decoder that means to give less than the file states."""
    if isinstance(source, Sndfile) and source.decodable is not None:
        seconds, promised = source.decodable / source.rate, source.structure.seconds
        packet = max((stated.packet_s for stated in source.stated), default=0.0)
        if not Stated(promised, "", packet).allows(promised - seconds * source.structure.share, promised):
            return AudioError("truncated", f"it means to decode {seconds:.4g} s of {promised:.4g} s")
    return None


def _tried(path: Path, known: Structure) -> list[DecoderVerdict]:
    return [_verdict(name, opening, path, known) for name, opening in _at_hand(known).items()]


def _verdict(name: str, opening: _Opening, path: Path, known: Structure) -> DecoderVerdict:
    """Of one decoder, by decoding all that it gives."""
    verdict = DecoderVerdict(decoder=name, stated_s=known.seconds or None)
    samples = 0
    try:
        with contextlib.closing(opening(path, known)) as source:
            stated = max((stated.seconds for stated in source.stated), default=None)
            verdict = replace(
                verdict, coding=source.coding, sample_rate=source.rate, channels=source.channels, stated_s=stated
            )
            problem: AudioError | None = None
            try:
                for block in source.blocks(0, None):
                    samples += len(block)
            except AudioError as error:
                problem = error
            problem = problem or shortfall(source, 0, None, samples)
            verdict = replace(verdict, samples=samples, duration_s=samples / source.rate)
        if known.changes:
            problem = AudioError("undecodable", known.changes)
        elif not samples:
            problem = problem or AudioError("empty", "no samples can be decoded")
    except AudioError as error:
        problem = error
    return replace(verdict, problem=f"{problem.reason}: {problem.what}") if problem else verdict


def _best(tried: list[DecoderVerdict], known: Structure) -> DecoderVerdict | None:
    """The first, without a problem if one is, of those that give most; None if none gives anything."""
    told = known.seconds or float("inf")
    most = max(min(verdict.duration_s, told) for verdict in tried)
    good = [verdict for verdict in tried if verdict.duration_s and min(verdict.duration_s, told) >= most - SLACK_S]
    return next((verdict for verdict in good if verdict.problem is None), good[0] if good else None)
