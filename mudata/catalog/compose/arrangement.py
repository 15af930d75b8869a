"""From a plan to notes: each section's bars are written once, moved to their key, and put one after the other.

All times are ticks; they become seconds at the very end, by one multiplication each.
"""

from __future__ import annotations

from dataclasses import dataclass

from mudata.catalog.compose.draws import Draws
from mudata.catalog.compose.idioms import DRUM_PITCHES, IDIOMS, Idiom
from mudata.catalog.compose.material import REGISTERS, Material, voicing
from mudata.catalog.compose.piece import CLOSING, ComposedPiece, Role
from mudata.catalog.compose.progressions import TONIC
from mudata.catalog.compose.written_note import WrittenNote

GAINS: dict[Role, float] = {"drums": 0.8, "bass": 0.85, "chords": 0.55, "melody": 0.85, "counter": 0.6, "pad": 0.4}
"""Factors of amplitude of the roles. Chosen here: melody and bass lead, chords and pad stay behind."""

PANS: dict[Role, float] = {"drums": 0.0, "bass": 0.0, "chords": -0.3, "melody": 0.15, "counter": 0.4, "pad": -0.1}

_COUNTER_PROGRAMS = (71, 60, 42, 11, 68)
_PAD_PROGRAMS = (48, 89, 52)

OF_NAME = {idiom.name: idiom for idiom in IDIOMS}


@dataclass(frozen=True)
class WrittenPart:
    """All notes of one role."""

    role: Role
    program: int
    notes: tuple[WrittenNote, ...]
    gain: float


@dataclass(frozen=True)
class Arrangement:
    """A piece in notes. `chords` has every chord: (tick, name, semitones of its tonic above C)."""

    piece: ComposedPiece
    parts: tuple[WrittenPart, ...]
    chords: tuple[tuple[int, str, int], ...]


def arrange(piece: ComposedPiece) -> Arrangement:
    """Write the notes of a piece."""
    idiom = OF_NAME[piece.idiom]
    metre = piece.measure
    base = piece.tonic if piece.tonic <= 6 else piece.tonic - 12
    materials: dict[str, Material] = {}
    for letter in dict.fromkeys(piece.form):
        materials[letter] = Material(piece, idiom, letter, [other.progression for other in materials.values()])
    notes: dict[Role, list[WrittenNote]] = {role: [] for role in piece.roles}
    chords = []
    at = 0
    for section in piece.sections:
        material, moved = materials[section.letter], base + section.shift
        for number in range(section.bars):
            for start, name in material.chords[number % material.phrase]:
                chords.append((at + start, name, moved))
            for role in piece.roles:
                by = 0 if role == "drums" else moved
                bar = material.bar(role, number % material.phrase, first=number == 0, variant=section.variant)
                notes[role] += [WrittenNote(at + s, at + e, p + by, v) for s, e, p, v in bar]
            at += metre.bar
    tonic = TONIC[piece.mode]
    chords.append((at, tonic, moved))
    for role in piece.roles:
        notes[role] += [WrittenNote(at, at + CLOSING, p, 100) for p in _closing(role, tonic, moved)]
    parts = tuple(
        WrittenPart(role, _program(piece, idiom, role), tuple(notes[role]), _gain(piece, idiom, role))
        for role in piece.roles
    )
    return Arrangement(piece, parts, tuple(chords))


def _gain(piece: ComposedPiece, idiom: Idiom, role: Role) -> float:
    return idiom.gains.get(role, GAINS[role]) * piece.gains.get(role, 1.0)


def _program(piece: ComposedPiece, idiom: Idiom, role: Role) -> int:
    if role in piece.programs:
        return piece.programs[role]
    choices: dict[Role, tuple[int, ...]] = {
        "drums": (0,),
        "bass": idiom.bass_programs,
        "chords": idiom.chord_programs,
        "melody": idiom.melody_programs,
        "counter": _COUNTER_PROGRAMS,
        "pad": _PAD_PROGRAMS,
    }
    return Draws(piece.source, "program", role).choice(choices[role])


def _closing(role: Role, tonic: str, moved: int) -> list[int]:
    match role:
        case "drums":
            return [DRUM_PITCHES["kick"], DRUM_PITCHES["crash"]]
        case "bass":
            return [REGISTERS["bass"] + moved]
        case "chords" | "pad":
            return [p + moved for p in voicing(tonic, REGISTERS[role])]
        case "melody":
            return [REGISTERS["melody"] + moved]
        case _:
            return [REGISTERS["counter"] + 4 * (tonic == "I") + 3 * (tonic == "i") + moved]
