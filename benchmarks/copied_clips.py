"""The clips of `benchmarks/duplicates.py`: composed pieces, copies of them, what is none, and all their fingerprints.

400 pieces of 30 s (every fourth one played with a soundfont, where this machine has one, the others by the
synthesiser), 1,080 copies of them (each kind of COPIES 120 times) and 520 pieces that are none (each of OTHERS 104
times): of one of the 400 transposed, played faster or slower, by other instruments, or others on the same drums and
bass.
"""

from __future__ import annotations

import ctypes.util
import io
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from mudata.catalog.compose.arrangement import arrange
from mudata.catalog.compose.idioms import IDIOMS
from mudata.catalog.compose.metres import METRES
from mudata.catalog.compose.performance import rendered_parts
from mudata.catalog.compose.piece import ROLES, ComposedPiece, bars_near, phrased
from mudata.catalog.duplicates.fingerprint import RATE, fingerprint
from mudata.catalog.render.renderer import player, render
from mudata.catalog.render.timbres import timbre
from mudata.errors import MudataError

SEED = 20261201
PIECES, EACH_COPY, EACH_OTHER = 400, 120, 104
SECONDS, EXCERPT = 30.0, 5.0
Sound = tuple[Any, int]
"""(frames, channels) float32 and Hz."""


# ------------------------------------------------------------------------------------- the music


def piece(number: int) -> ComposedPiece:
    rng = np.random.default_rng([SEED, 0, number])
    tempo = Decimal(int(rng.integers(60, 180)))
    metre = ("4/4", "4/4", "3/4", "6/8")[int(rng.integers(4))]
    return ComposedPiece(
        id=str(number),
        source=f"duplicates/{number}",
        idiom=IDIOMS[int(rng.integers(len(IDIOMS)))].name,
        metre=metre,
        tempo=tempo,
        tonic=int(rng.integers(12)),
        mode="major" if rng.integers(2) else "minor",
        sections=phrased(bars_near(int(SECONDS), METRES[metre], tempo, 4) + 1),
        roles=ROLES[: int(rng.integers(3, 7))],
        syncopation=int(rng.integers(3)),
    )


def played(parts: list[Any], number: int) -> Sound:
    """Stereo, by a soundfont every fourth time, where there is one."""
    engine = "soundfont" if number % 4 == 1 and soundfont_there() else "embedded"
    rendering = render(parts, seconds=SECONDS, engine=engine, channels=2)
    return rendering.samples, rendering.record.rate


def soundfont_there() -> bool:
    try:
        player()
    except MudataError:
        return False
    from mudata.catalog.render import soundfonts

    try:
        soundfonts.find()
    except MudataError:
        return False
    return True


def other_instruments(known: ComposedPiece) -> ComposedPiece:
    """Every part but the drums by an instrument of another timbre."""
    programs = {}
    for part in arrange(known).parts:
        if part.role != "drums":
            others = [p for p in range(part.program + 8, part.program + 100, 8) if p % 128 < 112]
            programs[part.role] = next(p % 128 for p in others if timbre(p % 128) is not timbre(part.program))
    return replace(known, programs=programs)


def other_tempo(known: ComposedPiece, rng: np.random.Generator) -> ComposedPiece:
    """4 to 12 % faster or slower."""
    factor = 1 + float(rng.choice([-1, 1])) * float(rng.uniform(0.04, 0.12))
    return replace(known, tempo=Decimal(f"{float(known.tempo) * factor:.2f}"))


def on_the_same_loop(known: ComposedPiece, number: int, own: int) -> list[Any]:
    """Another piece of the same idiom, tempo and key, on this one's drums and bass, sample for sample."""
    other = replace(known, source=f"duplicates/loop/{number}", id=f"loop{number}")
    first, second = (rendered_parts(arrange(one)) for one in (known, other))
    return [*first[:own], *second[own:]]


OTHERS: dict[str, Callable[[int, np.random.Generator], list[Any]]] = {
    "another key": lambda n, rng: rendered_parts(arrange(replace(piece(n), tonic=(piece(n).tonic + _step(rng)) % 12))),
    "another tempo": lambda n, rng: rendered_parts(arrange(other_tempo(piece(n), rng))),
    "other instruments": lambda n, _: rendered_parts(arrange(other_instruments(piece(n)))),
    "same drum loop": lambda n, _: on_the_same_loop(piece(n), n, 1),
    "same drums and bass": lambda n, _: on_the_same_loop(piece(n), n, 2),
}


def _step(rng: np.random.Generator) -> int:
    return int(rng.choice([-2, -1, 1, 2]))


# ------------------------------------------------------------------------------------- copies


def mp3(sound: Sound, kbit: int = 64) -> Sound:
    """Through stereo mp3 of 44.1 kHz at a constant rate."""
    samples, rate = sound
    samples = samples if samples.ndim == 2 else np.stack([samples, samples], axis=1)
    at = np.clip(samples if rate == 44_100 else soxr.resample(samples, rate, 44_100), -1, 1)
    file = io.BytesIO()
    how = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "CONSTANT"}
    soundfile.write(file, at, 44_100, **how, compression_level=(320 - kbit) / 288)  # libsndfile's scale
    file.seek(0)
    decoded, rate = soundfile.read(file, dtype="float32")
    return decoded, int(rate)


def louder(sound: Sound, db: float) -> Sound:
    return np.clip(sound[0] * np.float32(10 ** (db / 20)), -1, 1), sound[1]


def cut(sound: Sound, start_s: float, seconds: float | None = None) -> Sound:
    start = round(start_s * sound[1])
    return sound[0][start : None if seconds is None else start + round(seconds * sound[1])], sound[1]


def resampled(sound: Sound, rate: int) -> Sound:
    return soxr.resample(sound[0], sound[1], rate), rate


def tilted(sound: Sound, db_an_octave: float = 1.5) -> Sound:
    """Brighter: as much more for every octave above 1 kHz, less below."""
    samples, rate = sound
    hertz = np.maximum(np.fft.rfftfreq(len(samples), 1 / rate), 20)
    gain = 10 ** (db_an_octave * np.log2(hertz / 1000) / 20)
    tilt = np.fft.irfft(np.fft.rfft(samples, axis=0) * gain[:, None], len(samples), axis=0)
    return (0.9 * tilt / np.abs(tilt).max()).astype(np.float32), rate


def anywhere(rng: np.random.Generator) -> float:
    return float(rng.uniform(0, SECONDS - EXCERPT))


COPIES: dict[str, Callable[[Sound, np.random.Generator], Sound]] = {
    "mp3 64 kb/s": lambda s, _: mp3(s),
    "6 dB louder, clipped": lambda s, _: louder(s, 6),
    "6 dB quieter": lambda s, _: louder(s, -6),
    "0.5 s trimmed": lambda s, rng: cut(s, 0.5 + float(rng.uniform(0, 0.064))),
    "resampled to 16 kHz": lambda s, _: resampled(s, 16_000),
    "mono": lambda s, _: (s[0].mean(axis=1), s[1]),
    "5 s of 30": lambda s, rng: cut(s, anywhere(rng), EXCERPT),
    "5 s, quieter, 22 kHz, mp3": lambda s, rng: mp3(resampled(louder(cut(s, anywhere(rng), EXCERPT), -6), 22_050)),
    "1.5 dB/octave brighter": lambda s, _: tilted(s),
}


# ------------------------------------------------------------------------------------- fingerprints


def mono(sound: Sound, rate: int = RATE) -> Any:
    samples, own = sound
    samples = np.ascontiguousarray(samples if samples.ndim == 1 else samples.mean(axis=1), np.float32)
    return samples if own == rate else soxr.resample(samples, own, rate, "HQ")


def chromaprint() -> Any:
    """The module of pyacoustid, where it and its library are installed."""
    if find_spec("acoustid") is None or not ctypes.util.find_library("chromaprint"):
        return None
    import chromaprint as module

    return module if hasattr(module, "Fingerprinter") else None


def chromaprint_words(sound: Sound) -> Any:
    module = chromaprint()
    if module is None:
        return np.empty(0, np.uint32)
    printer = module.Fingerprinter()
    printer.start(int(sound[1]), 1)
    printer.feed((np.clip(mono(sound, sound[1]), -1, 1) * 32767).astype("<i2").tobytes())
    return np.array(module.decode_fingerprint(printer.finish())[0], np.int64).astype(np.uint32)


def family(number: int) -> list[tuple[int, str, Any, Any]]:
    """A piece, its copies and what is made of it: (piece, kind, words, Chromaprint's words)."""
    original = played(rendered_parts(arrange(piece(number))), number)
    made: list[tuple[str, Sound]] = [("original", original)]
    for place, (kind, copy) in enumerate(COPIES.items()):
        if (number + place * 37) % PIECES < EACH_COPY:
            made.append((kind, copy(original, np.random.default_rng([SEED, 1, place, number]))))
    for place, (kind, other) in enumerate(OTHERS.items()):
        if (number + place * 61) % PIECES < EACH_OTHER:
            made.append((kind, played(other(number, np.random.default_rng([SEED, 2, place, number])), number)))
    return [(number, kind, fingerprint(mono(sound)), chromaprint_words(sound)) for kind, sound in made]


def kept_family(call: tuple[int, Path | None]) -> list[tuple[int, str, Any, Any]]:
    """As `family`; made, or as it was kept."""
    number, keep = call
    file = keep and keep / f"{number}.npz"
    if file and file.exists():
        with np.load(file) as there:
            kinds = [str(kind) for kind in there["kinds"]]
            return [(number, kind, there[f"own{i}"], there[f"theirs{i}"]) for i, kind in enumerate(kinds)]
    clips = family(number)
    if file:
        arrays = {f"own{i}": clip[2] for i, clip in enumerate(clips)}
        arrays |= {f"theirs{i}": clip[3] for i, clip in enumerate(clips)}
        temporary = file.with_suffix(".part.npz")
        np.savez(temporary, kinds=[clip[1] for clip in clips], **arrays)
        temporary.replace(file)
    return clips


def corpus(keep: Path | None, processes: int) -> tuple[list[tuple[int, str]], list[Any], list[Any]]:
    """(piece, kind), words and Chromaprint's words of 2,000 clips."""
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
    rows = []
    with ProcessPoolExecutor(processes) as pool:
        for done, clips in enumerate(pool.map(kept_family, ((number, keep) for number in range(PIECES))), 1):
            rows += clips
            if done % 20 == 0:
                print(f"{done} of {PIECES} pieces", file=sys.stderr, flush=True)
    return [(row[0], row[1]) for row in rows], [row[2] for row in rows], [row[3] for row in rows]
