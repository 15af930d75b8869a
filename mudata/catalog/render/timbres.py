"""The timbres of the embedded synthesiser: one for every family of General MIDI, and a few for single programs.

A timbre is data: two spectra (as it is struck, and as it sounds on), how fast the one turns into the other, how the
level rises, falls and ends. Amplitudes of harmonics are relative, 255 at most. No instrument is imitated: what
counts is that parts are told apart by ear, as plucked, bowed, blown, struck or held.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timbre:
    name: str
    struck: tuple[int, ...]
    """Amplitudes of harmonics 1, 2, 3, ... as a note begins."""
    held: tuple[int, ...]
    """Amplitudes of them as it sounds on."""
    turn_ms: int
    """Half-life of the spectrum it begins with."""
    attack_ms: int
    half_life_ms: int = 0
    """Of the level, key held; 0 holds it."""
    release_ms: int = 60
    detuned: int = 0
    """Two oscillators instead of one, so many 65,536ths apart: 100 are 2.6 cents."""
    vibrato: int = 0
    """256ths of a sample by which time wavers, 5.5 times a second: 1,000 are a tenth of a semitone either way."""
    breath: int = 0
    """Level of noise beside the tone, 4,096ths."""


def _saw(harmonics: int, power: int = 1) -> tuple[int, ...]:
    return tuple(255 // k**power for k in range(1, harmonics + 1))


def _square(harmonics: int) -> tuple[int, ...]:
    return tuple(255 // k if k % 2 else 0 for k in range(1, harmonics + 1))


PIANO = Timbre(
    "piano", (255, 190, 130, 110, 70, 60, 30, 34, 22, 16, 10, 8), (255, 110, 40, 24, 9, 5, 2), 180, 2, 750, 90
)
BELL = Timbre("bell", (255, 20, 120, 160, 10, 60, 0, 40, 0, 0, 30), (255, 6, 14, 30), 90, 1, 420, 250)
ORGAN = Timbre("organ", (255, 220, 120, 190, 0, 90, 0, 120), (255, 200, 80, 150, 0, 60, 0, 80), 40, 8, release_ms=40)
REED_ORGAN = Timbre("reed organ", _saw(14), (255, 120, 150, 90, 100, 60, 60, 40, 30, 24), 60, 30, 0, 60, 60)
PLUCKED = Timbre("plucked", _saw(20), (255, 110, 60, 26, 12, 6, 3), 70, 1, 420, 60)
DRIVEN = Timbre(
    "driven", _saw(24), (255, 200, 190, 140, 120, 100, 80, 70, 60, 50, 40, 36, 30, 26, 20), 400, 3, 1800, 50, 110
)
BASS = Timbre("bass", (255, 230, 90, 40, 20), (255, 50, 16, 4), 60, 4, 900, 50)
SYNTH_BASS = Timbre("synth bass", _saw(18), (255, 210, 150, 110, 70, 50, 30, 20), 250, 2, 1500, 40, 60)
STRINGS = Timbre("strings", _saw(12), _saw(16), 200, 70, 0, 130, 130, 900)
PIZZICATO = Timbre("pizzicato", (255, 160, 90, 60, 40, 24, 12), (255, 80, 20, 6), 30, 1, 110, 60)
CHOIR = Timbre("choir", (255, 90, 30), (255, 170, 120, 30, 20, 40, 30, 10), 250, 90, 0, 160, 110, 800, 60)
BRASS = Timbre("brass", (255, 80, 30, 10), (255, 230, 210, 170, 130, 90, 70, 50, 36, 26, 18, 12), 60, 25, 0, 70, 0, 350)
REED = Timbre("reed", (255, 60, 120), (255, 40, 200, 50, 140, 60, 80, 40, 40, 24, 16), 40, 20, 0, 60, 0, 500, 40)
FLUTE = Timbre("flute", (255, 140, 60, 20), (255, 60, 24, 6), 80, 35, 0, 80, 0, 800, 160)
SQUARE_LEAD = Timbre("square lead", _square(21), _square(15), 200, 4, 0, 50, 0, 500)
SAW_LEAD = Timbre("saw lead", _saw(28), _saw(20), 300, 4, 0, 50, 140, 500)
PAD = Timbre("pad", (255, 60, 20), (255, 130, 60, 60, 30, 16, 10), 600, 160, 0, 300, 220)
STRUCK_WOOD = Timbre("struck wood", (255, 0, 40, 200, 0, 0, 0, 0, 60, 60), (255, 0, 0, 40), 24, 1, 90, 50)

_OF_FAMILY = (
    PIANO, BELL, ORGAN, PLUCKED, BASS, STRINGS, CHOIR, BRASS,
    REED, FLUTE, SAW_LEAD, PAD, PAD, PLUCKED, STRUCK_WOOD, BELL,
)  # fmt: skip
_OF_PROGRAM = {
    12: STRUCK_WOOD, 13: STRUCK_WOOD, 20: REED_ORGAN, 21: REED_ORGAN, 22: REED_ORGAN, 23: REED_ORGAN,
    29: DRIVEN, 30: DRIVEN, 38: SYNTH_BASS, 39: SYNTH_BASS, 45: PIZZICATO, 46: PLUCKED, 47: STRUCK_WOOD,
    48: STRINGS, 49: STRINGS, 50: STRINGS, 51: STRINGS, 80: SQUARE_LEAD, 82: FLUTE, 109: REED_ORGAN, 110: STRINGS,
    111: REED,
}  # fmt: skip


def timbre(program: int) -> Timbre:
    """The timbre that plays a General MIDI program, 0 to 127."""
    return _OF_PROGRAM.get(program) or _OF_FAMILY[program // 8]


TIMBRES = tuple(dict.fromkeys([*_OF_FAMILY, *_OF_PROGRAM.values()]))
"""Every timbre there is."""
