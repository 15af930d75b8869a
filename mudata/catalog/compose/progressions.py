"""Harmony of composed pieces: phrases of four bars, by mode, and what makes them richer.

Chords are (root above the tonic, intervals above the root), in semitones; their names and those of scales are the
demo's. Phrases for the sections that state the key ('home') begin on the tonic; those that leave it ('away') do not.
All end on a chord that leads back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mudata.catalog.demo.styles import CHORDS, SCALES

if TYPE_CHECKING:
    from mudata.catalog.compose.draws import Draws

Mode = Literal["major", "minor"]
MODES: tuple[Mode, ...] = ("major", "minor")

TONIC: dict[Mode, str] = {"major": "I", "minor": "i"}

_HOME = {
    "major": ("I vi IV V", "I IV I V", "I V vi V", "I IV V V", "I ii IV V", "I vi ii V"),
    "minor": ("i VI iv V", "i iv i V", "i VII VI V", "i iv V V", "i VI III V", "i i iv V"),
}
_AWAY = {
    "major": ("IV I IV V", "vi IV ii V", "ii V vi V", "IV vi ii V", "vi ii IV V"),
    "minor": ("VI III iv V", "iv i iv V", "III VII VI V", "VI VII iv V", "iv VI III V"),
}
_WITH_SEVENTH = {
    "I": "Imaj7", "ii": "ii7", "IV": "IVmaj7", "V": "V7", "vi": "vi7", "i": "i7", "iv": "iv7", "VI": "VImaj7",
}  # fmt: skip

CHORD_OF = CHORDS | {
    "IVmaj7": (5, (0, 4, 7, 11)),
    "V/V": (2, (0, 4, 7, 10)),
    "V/IV": (0, (0, 4, 7, 10)),
    "V/vi": (4, (0, 4, 7, 10)),
    "V/iv": (0, (0, 4, 7, 10)),
    "viio7": (11, (0, 3, 6, 9)),
    "iv6": (5, (0, 3, 7, 9)),
    "V7b9": (7, (0, 4, 7, 10, 13)),
    "III+": (3, (0, 4, 8)),
    "bVII9": (10, (0, 4, 7, 10, 14)),
}
"""The demo's, and secondary dominants, diminished, augmented and altered chords."""

_INSERTED: dict[Mode, tuple[str, ...]] = {
    "major": ("V/V", "viio7", "V7b9", "iv6", "V/vi", "V/IV"),
    "minor": ("V/iv", "viio7", "V7b9", "III+", "V/V", "bVII9"),
}


def phrase(mode: Mode, *, away: bool, sevenths: bool, draws: Draws) -> tuple[str, ...]:
    """Names of the chords of four bars."""
    names = draws.choice((_AWAY if away else _HOME)[mode]).split()
    return tuple(_WITH_SEVENTH.get(name, name) for name in names) if sevenths else tuple(names)


def of_length(names: tuple[str, ...], others: tuple[str, ...], bars: int) -> tuple[str, ...]:
    """The chords of a phrase of another length than four: it begins and ends alike; long ones go through `others`.

    >>> of_length(("I", "vi", "IV", "V"), ("vi", "ii", "IV", "V"), 3)
    ('I', 'vi', 'V')
    >>> of_length(("I", "vi", "IV", "V"), ("vi", "ii", "IV", "V"), 7)
    ('I', 'vi', 'IV', 'vi', 'ii', 'IV', 'V')
    """
    between = (names[1:-1] + others)[: bars - 2]
    return (names[0], *between, names[-1])


def inserted(mode: Mode, draws: Draws) -> str:
    """A chord that is no plain chord of the key, to stand between two that are."""
    return draws.choice(_INSERTED[mode])


def pitch_classes(name: str) -> tuple[int, ...]:
    """Of a chord, above the tonic.

    >>> pitch_classes("V7")
    (7, 11, 2, 5)
    """
    root, intervals = CHORD_OF[name]
    return tuple((root + interval) % 12 for interval in intervals)


def scale_pitch(mode: Mode, degree: int, chord: str) -> int:
    """Semitones above the tonic of a scale degree (0 is the tonic, 7 the octave) over a chord.

    A degree that clashes by a semitone with a chord tone outside of the scale gives way to it: over V in minor the
    seventh is raised.
    """
    scale = SCALES[mode]
    octave, step = divmod(degree, 7)
    pitch = 12 * octave + scale[step]
    tones = pitch_classes(chord)
    if pitch % 12 in tones:
        return pitch
    for other in (pitch + 1, pitch - 1):
        if other % 12 in tones and other % 12 not in scale:
            return other
    return pitch


def nearest_tone(pitch: int, chord: str) -> int:
    """The chord tone nearest to a pitch, both above the tonic; of two the lower."""
    tones = pitch_classes(chord)
    return min(range(pitch - 6, pitch + 7), key=lambda other: (other % 12 not in tones, abs(other - pitch), other))
