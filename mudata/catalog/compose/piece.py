"""What is decided of a piece before a note of it is written, and the facts that follow.

A question's truth is read off here. Nothing of it is measured: what `arrangement` writes has to agree, and the tests
measure that from the notes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from mudata.catalog.compose.metres import METRES, QUARTER, Metre
from mudata.catalog.read.truth_spelling import TONICS

if TYPE_CHECKING:
    from mudata.catalog.compose.progressions import Mode

Role = Literal["drums", "bass", "chords", "melody", "counter", "pad"]
ROLES: tuple[Role, ...] = ("drums", "bass", "chords", "melody", "counter", "pad")

Beat = Literal["plain", "steady", "halved"]
"""How drums and bass show the beat: as the idiom has it; with a stroke on every beat besides; at half the pace, so that
half the tempo is as good an answer to most ears."""

PHRASE = 4
"""Bars of a phrase, after which chords and melody begin anew; `ComposedPiece.phrases` may say otherwise."""


@dataclass(frozen=True)
class PieceSection:
    """Bars of one letter; sections of one letter and one `variant` have the same notes, `shift` semitones higher."""

    letter: str
    bars: int
    shift: int = 0
    variant: int = 0
    """Played again otherwise: the same chords, bass and theme, with other ornaments, voicings and fills."""


@dataclass(frozen=True, kw_only=True)
class ComposedPiece:
    """A piece as it is planned. Pieces of one `source` and equal choices have the same notes, transposed to the tonic
    and played at the tempo."""

    id: str
    source: str
    """Key of all draws that the notes are made from; twins share it."""
    idiom: str
    metre: str
    tempo: Decimal
    """Beats per minute (`Metre.unit`)."""
    tonic: int
    """0 is C, 11 B."""
    mode: Mode
    sections: tuple[PieceSection, ...]
    roles: tuple[Role, ...] = ("drums", "bass", "chords", "melody")
    programs: Mapping[Role, int] = field(default_factory=dict)
    """General MIDI programs that are decided; the others are drawn from the idiom's."""
    beat: Beat = "plain"
    syncopation: int = 0
    """0: melody on beats and halves of beats; 1: with anticipations; 2: mostly off the beat."""
    rhythm: tuple[int, ...] = ()
    """Steps of a bar on which the melody has notes, in every bar; none: rhythms are drawn by `syncopation`."""
    chords_per_bar: int = 1
    inserted: int = 0
    """Of a hundred chords after the first of a bar, so many that are none of the key."""
    sevenths: bool | None = None
    """Whether chords have sevenths; None: as the idiom has it."""
    contrast: bool = True
    """Whether sections of other letters differ in drums and register as well as in chords and melody, and begin with a
    cymbal."""
    phrases: Mapping[str, int] = field(default_factory=dict)
    """Bars of the phrase of a letter, where they are not PHRASE."""
    families: tuple[str, ...] = ()
    """Families of instruments that play, where an exam asks for them."""
    gains: Mapping[Role, float] = field(default_factory=dict)
    """Factors of amplitude beside those of the idiom."""

    @property
    def bars(self) -> int:
        return sum(section.bars for section in self.sections)

    @property
    def measure(self) -> Metre:
        return METRES[self.metre]

    @property
    def key(self) -> str:
        """Of the first section, as in 'F# minor'."""
        return f"{TONICS[self.tonic]} {self.mode}"

    @property
    def form(self) -> str:
        return "".join(section.letter for section in self.sections)

    @property
    def tick_s(self) -> float:
        """Seconds of a tick: a fraction that is rounded once."""
        return float(self._tick)

    @property
    def _tick(self) -> Fraction:
        return 60 / (Fraction(self.tempo) * self.measure.unit)

    def seconds(self, bars: int) -> Fraction:
        """From the beginning to a bar line, exactly."""
        return bars * self.measure.bar * self._tick

    @property
    def duration_s(self) -> float:
        """Seconds from the first downbeat to the last bar line, with the closing chord after it."""
        closing = CLOSING * self._tick
        return float(self.seconds(self.bars) + max(closing, Fraction(3, 2)))

    @property
    def boundaries(self) -> tuple[float, ...]:
        """Seconds at which a section begins that is not the first."""
        ends = [sum(section.bars for section in self.sections[: i + 1]) for i in range(len(self.sections) - 1)]
        return tuple(float(self.seconds(bars)) for bars in ends)

    def facts(self) -> dict[str, str]:
        """Attributes of the piece, as the index has them."""
        moved = [section.shift for section in self.sections if section.shift]
        facts = {
            "idiom": self.idiom,
            "tempo_bpm": f"{self.tempo.normalize():f}",
            "tempo_unit": self.measure.unit_name,
            "time_signature": self.metre,
            "bars": str(self.bars),
            "key": self.key,
            "form": self.form,
            "boundaries": " ".join(f"{second:.3f}" for second in self.boundaries),
            "parts": str(len(self.roles)),
            "roles": " ".join(self.roles),
            "families": " ".join(self.families),
            "modulation_semitones": str(moved[0]) if moved else "0",
        }
        return {name: value for name, value in facts.items() if value}


CLOSING = 2 * QUARTER
"""Ticks of the closing chord of the tonic, after the last bar line."""


def phrased(bars: int) -> tuple[PieceSection, ...]:
    """Bars as phrases A A B A, and so on; the last may be shorter."""
    letters = "AABA" * (bars // (4 * PHRASE) + 1)
    return tuple(
        PieceSection(letter, min(PHRASE, bars - PHRASE * i)) for i, letter in enumerate(letters[: -(-bars // PHRASE)])
    )


def bars_near(seconds: int, metre: Metre, tempo: Decimal, least: int) -> int:
    """Bars that last about so long, `least` at least."""
    bar = metre.bar * 60 / (Fraction(tempo) * metre.unit)
    return max(least, round(seconds / bar))
