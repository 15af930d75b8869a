"""The bars of a section at the tonic C: what drums, bass, chords and melodies play in the bars of a phrase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.catalog.compose import melody
from mudata.catalog.compose.draws import Draws
from mudata.catalog.compose.idioms import DRUM_PITCHES, Idiom
from mudata.catalog.compose.metres import APART, QUARTER, STEP, Metre, Strength
from mudata.catalog.compose.piece import PHRASE, ComposedPiece, Role
from mudata.catalog.compose.progressions import CHORD_OF, inserted, nearest_tone, of_length, phrase
from mudata.catalog.compose.variants import varied
from mudata.catalog.compose.written_note import WrittenNote

if TYPE_CHECKING:
    from collections.abc import Sequence

REGISTERS: dict[Role, int] = {"bass": 36, "chords": 55, "melody": 72, "counter": 60, "pad": 48}
"""Pitch of the tonic C in the register of each role, or the lowest of its chords."""

_LOUD = {"strong": 112, "middle": 102, "weak": 94}
"""Velocities on beats; off them 84."""


def voicing(chord: str, low: int) -> list[int]:
    """Pitches of a chord at the tonic C, within an octave (and a ninth above) from `low` up."""
    root, intervals = CHORD_OF[chord]
    return sorted({low + (root + i - low) % 12 for i in intervals})


_MOTIVES = {
    3: (0, 1, 2),
    4: (0, 1, 0, 2),
    5: (0, 1, 0, 3, 2),
    6: (0, 1, 3, 0, 1, 2),
    7: (0, 1, 0, 3, 1, 3, 2),
    8: (0, 1, 0, 3, 1, 0, 3, 2),
}
"""Motives of the bars of a phrase, by its length. None is two halves alike, which would be two sections."""


class Material:
    """The bars of a letter, at the tonic C: what a phrase has, whichever section plays it."""

    def __init__(self, piece: ComposedPiece, idiom: Idiom, letter: str, taken: Sequence[tuple[str, ...]] = ()) -> None:
        """`taken` are progressions of other letters: this one has another."""
        self._piece, self._idiom, self._letter = piece, idiom, letter
        self.phrase = piece.phrases.get(letter, PHRASE)
        self._metre = piece.measure
        self._strengths = _halved(self._metre) if piece.beat == "halved" else self._metre.strengths
        self._bars: dict[tuple[Role, int, bool, int], list[WrittenNote]] = {}
        self.chords = self._harmony(taken)
        self._lines = self._motives()

    def bar(self, role: Role, number: int, *, first: bool, variant: int = 0) -> list[WrittenNote]:
        """Notes of a bar of the phrase, from 0; `first`: of a section, which drums mark; `variant`: of it."""
        known = (role, number, first and role == "drums", variant)
        if known not in self._bars:
            written = getattr(self, f"_{role}")(number, known[2])
            if variant:
                draws = self._draws("variant", variant, role, number)
                written = varied(role, written, self._metre, draws, variant, fills=number == self.phrase - 1)
            self._bars[known] = _swung(written, self._metre) if self._idiom.swing else written
        return self._bars[known]

    def _draws(self, *what: str | int) -> Draws:
        return Draws(self._piece.source, self._letter, *what)

    def _harmony(self, taken: Sequence[tuple[str, ...]]) -> list[list[tuple[int, str]]]:
        piece, draws = self._piece, self._draws("harmony")
        sevenths = self._idiom.sevenths if piece.sevenths is None else piece.sevenths
        names = phrase(piece.mode, away=self._letter != "A", sevenths=sevenths, draws=draws)
        while names in taken:
            names = phrase(piece.mode, away=True, sevenths=sevenths, draws=draws)
        self.progression = names
        if self.phrase != PHRASE:
            names = of_length(names, phrase(piece.mode, away=True, sevenths=sevenths, draws=draws), self.phrase)
        starts = _slots(self._metre, piece.chords_per_bar)
        bars = []
        for number, name in enumerate(names):
            between = names[(number + 1) % self.phrase]
            bar = [(0, name)]
            for start in starts[1:]:
                other = inserted(piece.mode, draws) if draws.chance(piece.inserted) else between
                bar.append((start, other))
            bars.append(bar)
        return bars

    def _motives(self) -> list[list[tuple[int, int]]]:
        piece, draws = self._piece, self._draws("melody")
        higher = 3 if piece.contrast and self._letter != "A" else 0
        low, high = higher - 3, higher + 6
        fixed = [STEP * step for step in piece.rhythm]
        order = _MOTIVES[self.phrase]
        count = max(order) + 1
        rhythms = [fixed or melody.rhythm(self._metre, piece.syncopation, draws) for _ in range(count)]
        motive = [melody.walk(rhythms[i], draws.below(4) + higher, draws, low=low, high=high) for i in range(count)]
        bars = [motive[i] for i in order]
        return [melody.pitches(line, piece.mode, self.chords[number], self._metre) for number, line in enumerate(bars)]

    def _velocity(self, tick: int, draws: Draws) -> int:
        loud = 84
        if tick in self._metre.starts:
            loud = _LOUD[self._metre.strengths[self._metre.starts.index(tick)]]
        return loud + draws.below(9) - 4

    def _drums(self, number: int, marked: bool) -> list[WrittenNote]:
        piece, draws, metre = self._piece, self._draws("drums", number), self._metre
        drums = dict(self._idiom.drums)
        if piece.contrast and self._letter != "A":
            drums = {_OTHER_DRUM.get(name, name): pattern for name, pattern in drums.items()}
        notes = []
        fill = number == self.phrase - 1
        last = metre.starts[-1]
        for name, pattern in drums.items():
            for tick, mark in pattern.bar(metre, self._strengths):
                if not (fill and tick >= last and name in ("snare", "clap", "rim")):
                    velocity = self._velocity(tick, draws) - (36 if mark == "o" else 0)
                    notes.append(WrittenNote(tick, tick + STEP, DRUM_PITCHES[name], velocity))
        if fill:
            notes += [
                WrittenNote(t, t + STEP, DRUM_PITCHES["snare"], 80 + 8 * (t == last))
                for t in range(last, metre.bar, 24)
            ]
        if piece.beat == "steady":
            kick, taken = DRUM_PITCHES["kick"], {note.start for note in notes if note.pitch == DRUM_PITCHES["kick"]}
            pulses = range(0, metre.bar, metre.unit) if metre.bar % metre.unit == 0 else metre.starts
            notes += [WrittenNote(t, t + STEP, kick, 104) for t in pulses if t not in taken]
        if marked and piece.contrast:
            notes.append(WrittenNote(0, STEP, DRUM_PITCHES["crash"], 96))
        return notes

    def _bass(self, number: int, _marked: bool) -> list[WrittenNote]:
        draws, metre, chords = self._draws("bass", number), self._metre, self.chords[number]
        following = self.chords[(number + 1) % self.phrase][0][1]
        marks = list(self._idiom.bass.bar(metre, self._strengths))
        for start, _ in chords[1:]:  # a new chord is heard in the bass
            marks = [mark for mark in marks if mark[0] != start] + [(start, "R")]
        if self._piece.beat == "steady":
            marks += [(t, "R") for t in metre.starts if t not in {tick for tick, _ in marks}]
        notes = []
        for tick, end, mark in _lengths(sorted(marks), self._idiom.bass.longest, metre):
            name = [name for start, name in chords if start <= tick][-1]
            root, intervals = CHORD_OF[name]
            pitch = REGISTERS["bass"] + root + _bass_interval(mark, intervals, root, CHORD_OF[following][0])
            pitch -= 12 * (root > 7)
            notes.append(WrittenNote(tick, end, pitch, self._velocity(tick, draws)))
        return notes

    def _chords(self, number: int, _marked: bool) -> list[WrittenNote]:
        draws, metre, chords = self._draws("chords", number), self._metre, self.chords[number]
        marks = list(self._idiom.chords.bar(metre, self._strengths))
        for start, _ in chords[1 if len(chords) == 1 else 0 :]:
            marks = [mark for mark in marks if mark[0] != start] + [(start, "x")]
        longest = self._idiom.chords.longest
        if not marks:
            marks = [(0, "x")]
        notes = []
        for tick, end, _ in _lengths(sorted(marks), longest, metre):
            name = [name for start, name in chords if start <= tick][-1]
            loud = self._velocity(tick, draws) - 8
            notes += [WrittenNote(tick, end, pitch, loud) for pitch in voicing(name, REGISTERS["chords"])]
        return notes

    def _melody(self, number: int, _marked: bool) -> list[WrittenNote]:
        draws = self._draws("melody", number, "loud")
        line, metre = self._lines[number], self._metre
        marks = [(onset, str(pitch)) for onset, pitch in line]
        return [
            WrittenNote(tick, end, REGISTERS["melody"] + int(pitch), self._velocity(tick, draws))
            for tick, end, pitch in _lengths(marks, 12, metre)
        ]

    def _counter(self, number: int, _marked: bool) -> list[WrittenNote]:
        """Long notes below the melody, against it: on the beats that it leaves, else every other one."""
        draws, metre, chords = self._draws("counter", number), self._metre, self.chords[number]
        sung = {onset for onset, _ in self._lines[number]}
        free = [start for start in metre.starts[1:] if start not in sung] or list(metre.starts[::2])
        notes, pitch = [], draws.below(8)
        for tick, end, _ in _lengths([(start, "x") for start in free], 12, metre):
            name = [name for start, name in chords if start <= tick][-1]
            pitch = nearest_tone(min(max(pitch + draws.choice((-4, -3, 3, 4)), 0), 11), name)
            notes.append(WrittenNote(tick, end, REGISTERS["counter"] + pitch, self._velocity(tick, draws)))
        return notes

    def _pad(self, number: int, _marked: bool) -> list[WrittenNote]:
        ends = [start for start, _ in self.chords[number][1:]] + [self._metre.bar]
        return [
            WrittenNote(start, end, pitch, 80)
            for (start, name), end in zip(self.chords[number], ends, strict=True)
            for pitch in voicing(name, REGISTERS["pad"])
        ]


_OTHER_DRUM = {"hat": "ride", "ride": "hat", "shaker": "tambourine", "tambourine": "shaker", "cowbell": "ride"}


def _bass_interval(mark: str, intervals: tuple[int, ...], root: int, following: int) -> int:
    match mark:
        case "3":
            return intervals[1]
        case "5":
            return intervals[2]
        case "8":
            return 12
        case "w":
            return 11 if (following - root) % 12 == 0 else 1
        case _:
            return 0


def _slots(metre: Metre, count: int) -> list[int]:
    """Where the chords of a bar begin: on beats, spread as evenly as they go."""
    beats = len(metre.starts)
    return sorted({metre.starts[i * beats // count] for i in range(min(count, beats))})


def _lengths(marks: list[tuple[int, str]], longest: int, metre: Metre) -> list[tuple[int, int, str]]:
    """(start, end, mark): a note lasts until shortly before the next or the bar line, `longest` steps at most."""
    nexts = [start for start, _ in marks[1:]] + [metre.bar]
    return [
        (start, min(following, start + longest * STEP) - APART, mark)
        for (start, mark), following in zip(marks, nexts, strict=True)
    ]


def _halved(metre: Metre) -> tuple[Strength, ...]:
    """Strengths at half the pace: two beats count as one."""
    return tuple("strong" if i == 0 else "weak" if s == "middle" else "middle" for i, s in enumerate(metre.strengths))


def _swung(notes: list[WrittenNote], metre: Metre) -> list[WrittenNote]:
    """Eighths off the beat fall on the last triplet, sixteenths between in proportion; dotted beats stay."""
    moved = []
    for note in notes:
        start, end = _swung_tick(note.start, metre), _swung_tick(note.end, metre)
        moved.append(note._replace(start=start, end=max(end, start + 4)))
    return moved


def _swung_tick(tick: int, metre: Metre) -> int:
    for start, length in zip(metre.starts, metre.beats, strict=True):
        if start <= tick < start + length and length == QUARTER:
            within = tick - start
            return start + (within * 4 // 3 if within <= 24 else 32 + (within - 24) * 2 // 3)
    return tick
