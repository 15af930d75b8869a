"""The idioms that pieces are composed in: drums, bass, chords and instruments, for any metre.

A pattern is three cells of sixteenths, for a strong, a middle and a weak beat; beats of a quarter have cells of four
steps, beats of a dotted quarter of six. A bar is its beats' cells in a row, so that every idiom can be played in every
metre. Drums: `x` loud, `o` soft, `.` silent. Bass: `R` root, `3` third, `5` fifth, `8` octave, `w` one step from the
next root. Chords: `x` all of the chord. A note of bass or chords lasts until the next, `longest` steps at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from mudata.catalog.compose.metres import STEP, STRENGTHS, Metre, Strength

DRUM_PITCHES = {
    "kick": 36, "rim": 37, "snare": 38, "clap": 39, "hat": 42, "pedal": 44, "open_hat": 46, "crash": 49, "ride": 51,
    "tambourine": 54, "cowbell": 56, "bongo": 60, "conga": 63, "shaker": 70, "claves": 75, "triangle": 81,
}  # fmt: skip
"""General MIDI 1, percussion key map."""


@dataclass(frozen=True)
class BeatPattern:
    """Cells for strong, middle and weak beats."""

    quarter: tuple[str, ...]
    dotted: tuple[str, ...]
    longest: int = 16
    """Steps (sixteenths) that a note of it lasts at most."""

    def bar(self, metre: Metre, strengths: tuple[Strength, ...] | None = None) -> tuple[tuple[int, str], ...]:
        """(tick from the bar line, mark) of everything but rests."""
        return _bar(self, metre, strengths or metre.strengths)


@cache
def _bar(pattern: BeatPattern, metre: Metre, strengths: tuple[Strength, ...]) -> tuple[tuple[int, str], ...]:
    marks = []
    for start, length, strength in zip(metre.starts, metre.beats, strengths, strict=True):
        cells = pattern.dotted if length > 4 * STEP else pattern.quarter
        cell = cells[STRENGTHS.index(strength)]
        marks += [(start + STEP * step, mark) for step, mark in enumerate(cell) if mark != "."]
    return tuple(marks)


def _pattern(quarter: str, dotted: str, longest: int = 16) -> BeatPattern:
    return BeatPattern(tuple(quarter.split()), tuple(dotted.split()), longest)


@dataclass(frozen=True, kw_only=True)
class Idiom:
    """What pieces of one idiom share. Programs are General MIDI's."""

    name: str
    drums: Mapping[str, BeatPattern]
    bass: BeatPattern
    chords: BeatPattern
    bass_programs: tuple[int, ...]
    chord_programs: tuple[int, ...]
    melody_programs: tuple[int, ...]
    sevenths: bool = False
    """Whether its chords have them."""
    swing: bool = False
    """Whether eighths off the beat fall on the last triplet of a quarter."""
    gains: Mapping[str, float] = field(default_factory=dict)
    """Factors of amplitude by role, where they differ from `arrangement.GAINS`."""


_BACKBEAT = _pattern(".... .... x...", "...... ...... x.....")
_EIGHTHS = _pattern("x.o. x.o. x.o.", "x.o.o. x.o.o. x.o.o.")
_SIXTEENTHS = _pattern("xoxo xoxo xoxo", "xoxoxo xoxoxo xoxoxo")
_ON_ONE = _pattern("x... .... ....", "x..... ...... ......")
_QUARTERS = _pattern("R... 5... 3...", "R..... 5..... 3.....", 4)

IDIOMS = (
    Idiom(
        name="pop",
        drums={"kick": _pattern("x... x.x. ....", "x..... x...x. ....o."), "snare": _BACKBEAT, "hat": _EIGHTHS},
        bass=_pattern("R... R.5. ....", "R...R. R..... ......", 8),
        chords=_pattern("x... x... ....", "x..... x..... ......", 12),
        bass_programs=(33, 34), chord_programs=(0, 4, 25), melody_programs=(80, 73, 26),
    ),
    Idiom(
        name="rock",
        drums={"kick": _pattern("x.o. x.x. ....", "x...o. x...x. ......"), "snare": _BACKBEAT,
            "hat": _pattern("x.x. x.x. x.x.", "x.x.x. x.x.x. x.x.x.")},
        bass=_pattern("R.R. R.R. R.R.", "R.R.R. R.R.R. R.R.R.", 2),
        chords=_pattern("x... x.x. ..x.", "x..... x...x. ....x.", 6),
        bass_programs=(34,), chord_programs=(29, 27), melody_programs=(30, 81), gains={"chords": 0.42},
    ),
    Idiom(
        name="house",
        drums={"kick": _pattern("x... x... x...", "x..... x..... x....."), "clap": _BACKBEAT,
            "open_hat": _pattern("..x. ..x. ..x.", "....x. ....x. ....x."), "hat": _SIXTEENTHS},
        bass=_pattern("..R. ..R. ..R8", "..R.R. ..R.R. ..R.R8", 2),
        chords=_pattern("x..x ..x. .x..", "x..x.. ..x.x. .x.x..", 2),
        bass_programs=(38, 39), chord_programs=(16, 50), melody_programs=(81, 80),
    ),
    Idiom(
        name="bossa nova",
        drums={"rim": _pattern("x..x ..x. ..x.", "x..x.. ..x... ...x.."), "shaker": _SIXTEENTHS,
            "kick": _pattern("x..o x..o x..o", "x....o x....o x....o")},
        bass=_pattern("R..5 5..R 5...", "R....5 5....R 5.....", 5),
        chords=_pattern("x..x ..x. x...", "x..x.. ..x.x. x.....", 4),
        bass_programs=(32,), chord_programs=(24,), melody_programs=(73, 66), sevenths=True,
    ),
    Idiom(
        name="swing",
        drums={"ride": _pattern("x... x... x.x.", "x...x. x...x. x.x.x."), "pedal": _BACKBEAT,
            "kick": _pattern("o... o... o...", "o..... o..... o....."),
            "snare": _pattern(".... ..o. ....", "...... ....o. ......")},
        bass=_pattern("R... 5... 3...", "R...5. 5..... 3...5.", 4),
        chords=_pattern("..x. .... ..x.", "....x. ...... ....x.", 3),
        bass_programs=(32,), chord_programs=(0, 26), melody_programs=(66, 56, 71), sevenths=True, swing=True,
    ),
    Idiom(
        name="reggae",
        drums={"kick": _pattern("o... x... ....", "o..... x..... ......"),
            "rim": _pattern(".... x... ....", "...... x..... x....."),
            "hat": _EIGHTHS},
        bass=_pattern("R..R 5.5. 3...", "R...R. 5...5. 3.....", 3),
        chords=_pattern(".... .... x...", "...x.. ...x.. ...x..", 2),
        bass_programs=(33,), chord_programs=(16, 27), melody_programs=(22, 66),
    ),
    Idiom(
        name="funk",
        drums={"kick": _pattern("x..x ..x. ....", "x..x.. ...x.. ......"),
            "snare": _pattern("...o .o.. x..o", ".....o ...o.. x....o"),
            "hat": _SIXTEENTHS},
        bass=_pattern("R..8 ..R5 .R..", "R..8.. R..5.. ..R...", 2),
        chords=_pattern(".x.. x..x ..x.", ".x.x.. x..x.. ..x...", 1),
        bass_programs=(36, 33), chord_programs=(27, 7), melody_programs=(61, 65), sevenths=True,
    ),
    Idiom(
        name="ballad",
        drums={"kick": _pattern("x... x... ....", "x..... x..... ......"), "rim": _BACKBEAT,
            "hat": _pattern("o.o. o.o. o.o.", "o.o.o. o.o.o. o.o.o.")},
        bass=_pattern("R... 5... ....", "R..... 5..... ......", 8),
        chords=_pattern("x... x... x...", "x..... x..... x.....", 4),
        bass_programs=(33, 35), chord_programs=(0, 4), melody_programs=(68, 40, 71),
    ),
    Idiom(
        name="dance of strings",
        drums={"kick": _ON_ONE, "tambourine": _pattern("x... o... o...", "x...o. o...o. o...o."),
            "triangle": _pattern(".... ..o. ..o.", "...... ...... ....o.")},
        bass=_pattern("R... 5... ....", "R..... 5..... ......", 4),
        chords=_pattern(".... x... x...", "..x.x. ..x.x. ..x.x.", 3),
        bass_programs=(43, 32), chord_programs=(48, 46), melody_programs=(40, 73, 68),
    ),
    Idiom(
        name="salsa",
        drums={"claves": _pattern("x..x ..x. ..x.", "x..x.. ..x... ..x..."),
            "cowbell": _pattern("x.o. x.o. x.o.", "x..o.. x..o.. x..o.."),
            "conga": _pattern("o..o o.oo ..xx", "o..o.. o..o.o ..x.xx"), "kick": _ON_ONE},
        bass=_pattern("R..5 ..5. ..R.", "R..5.. ...5.. ...R..", 4),
        chords=_pattern("x.xx .x.x x.x.", "x.xx.x .x.xx. x.x.x.", 1),
        bass_programs=(32, 33), chord_programs=(0,), melody_programs=(56, 61, 73),
    ),
)  # fmt: skip
