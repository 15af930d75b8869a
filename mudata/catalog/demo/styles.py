"""What the demo's eight styles are made of: metre, tempo, groove, harmony, instruments.

Drum and chord patterns are one bar long, one character per step: `x` loud, `o` soft, `.` silent.
Bass patterns hold (beat, chord tone, beats long), with tones root, third, fifth, octave, `walk` (a
scale step towards the next root) and `lift` (a fifth below). Progressions name one chord per bar.
"""

from __future__ import annotations

from dataclasses import dataclass

CHORDS: dict[str, tuple[int, tuple[int, ...]]] = {
    "I": (0, (0, 4, 7)), "I7": (0, (0, 4, 10)), "Imaj7": (0, (0, 4, 7, 11)), "i": (0, (0, 3, 7)), "i7": (0, (0, 3,
    7, 10)), "bII": (1, (0, 4, 7)), "ii": (2, (0, 3, 7)), "ii7": (2, (0, 3, 7, 10)), "iio7": (2, (0, 3, 6, 10)),
    "III": (3, (0, 4, 7)), "iii7": (4, (0, 3, 7, 10)), "IV": (5, (0, 4, 7)), "IV7": (5, (0, 4, 10)), "iv": (5, (0,
    3, 7)), "iv7": (5, (0, 3, 7, 10)), "V": (7, (0, 4, 7)), "V7": (7, (0, 4, 7, 10)), "v7": (7, (0, 3, 7, 10)),
    "VI": (8, (0, 4, 7)), "VImaj7": (8, (0, 4, 7, 11)), "vi": (9, (0, 3, 7)), "vi7": (9, (0, 3, 7, 10)), "VII": (10,
    (0, 4, 7)),
}  # fmt: skip
"""Chord name -> (semitones of its root above the tonic, intervals)."""

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
}


@dataclass(frozen=True, kw_only=True)
class Style:
    genre: str
    phrase: str
    """How a caption names it."""
    beats: int
    tempo: tuple[int, int]
    swing: float
    """Where the second eighth of a beat falls: 0.5 straight, 0.66 triplets."""
    drums: dict[str, str]
    bass: tuple[tuple[float, str, float], ...]
    bass_voice: str
    comp: str
    comp_length: float
    """Beats that a chord rings."""
    comp_voices: tuple[str, ...]
    lead_voices: tuple[str, ...]
    lead_rhythms: tuple[tuple[tuple[float, float], ...], ...]
    """Bars of melody as (beat, beats long)."""
    lead_octave: int
    progressions: dict[str, tuple[tuple[str, ...], ...]]
    scales: dict[str, str]
    moods: dict[str, str]
    room: tuple[float, float]
    """Reverberation: seconds, share of the wet sound."""
    gains: tuple[float, float, float, float]
    """Drums, bass, chords, melody."""
    ensembles: tuple[str, str, str, str]


STYLES = (
    Style(
        genre="blues", phrase="slow blues shuffle", beats=4, tempo=(78, 104), swing=0.667,
        drums={"kick": "x.....o.x..o", "snare": "...x.....x..", "ride": "x.xx.xx.xx.x"},
        bass=((0, "root", 0.9), (1, "third", 0.9), (2, "fifth", 0.9), (3, "walk", 0.9)), bass_voice="bass_guitar",
        comp="..x..x..x..x", comp_length=0.4, comp_voices=("organ", "piano"), lead_voices=("steel_guitar", "harmonica"),
        lead_rhythms=(((0.0, 0.66), (0.667, 0.33), (1.0, 1.5), (2.667, 0.33), (3.0, 0.9)), ((0.667, 0.33), (1.0, 0.66),
            (1.667, 2.0)), ((0.0, 2.5), (2.667, 0.33), (3.0, 0.66), (3.667, 0.33))),
        lead_octave=5,
        progressions={"major": (("I7", "IV7", "I7", "I7", "IV7", "I7", "V7", "I7"),), "minor": (("i7", "iv7", "i7",
            "i7", "VI", "V7", "i7", "V7"),)},
        scales={"major": "blues", "minor": "blues"}, moods={"major": "soulful", "minor": "melancholic"},
        room=(0.9, 0.2), gains=(0.75, 0.8, 0.45, 0.85),
        ensembles=("The Riverside Four", "Lowdown Mabel", "Crossing Street Band", "Old Dog Trio"),
    ),
    Style(
        genre="bossa_nova", phrase="gentle bossa nova", beats=4, tempo=(118, 138), swing=0.5,
        drums={"rim": "x..x..x...x..x..", "shaker": "xoxoxoxoxoxoxoxo", "kick": "x..ox..ox..ox..o"},
        bass=((0, "root", 1.4), (1.5, "fifth", 0.5), (2, "fifth", 1.4), (3.5, "root", 0.5)), bass_voice="double_bass",
        comp="x..x..x...x.x...", comp_length=0.6, comp_voices=("nylon_guitar",), lead_voices=("flute", "saxophone"),
        lead_rhythms=(((0.0, 1.5), (1.5, 0.5), (2.0, 2.0)), ((0.5, 1.0), (1.5, 1.0), (2.5, 1.5)), ((0.0, 1.0), (1.5,
            0.5), (2.0, 0.5), (2.5, 1.5))),
        lead_octave=5,
        progressions={"major": (("Imaj7", "vi7", "ii7", "V7"), ("Imaj7", "iii7", "ii7", "V7")), "minor": (("i7", "iv7",
            "VImaj7", "V7"), ("i7", "VImaj7", "iio7", "V7"))},
        scales={"major": "major", "minor": "minor"}, moods={"major": "relaxed", "minor": "melancholic"},
        room=(1.1, 0.22), gains=(0.5, 0.8, 0.75, 0.75),
        ensembles=("Praia Clara", "Trio Lua Nova", "Sandglass", "Verde e Azul"),
    ),
    Style(
        genre="hiphop", phrase="boom-bap hip hop beat", beats=4, tempo=(84, 96), swing=0.6,
        drums={"kick": "x.....x..xx.....", "snare": "....x.......x..o", "hat": "xoxoxoxoxoxoxoxo"},
        bass=((0, "root", 0.9), (1.5, "root", 0.4), (2.25, "octave", 0.3), (2.5, "root", 0.9)), bass_voice="synth_bass",
        comp="x.....x.........", comp_length=1.4, comp_voices=("electric_piano", "piano"),
        lead_voices=("lead", "flute"),
        lead_rhythms=(((0.0, 0.5), (0.75, 0.25), (1.0, 1.0)), ((2.0, 0.5), (2.5, 0.5), (3.25, 0.75)), ((0.5, 0.5), (1.0,
            0.5), (3.0, 1.0))),
        lead_octave=5,
        progressions={"major": (("Imaj7", "vi7", "ii7", "iii7"),), "minor": (("i7", "VImaj7", "iv7", "v7"), ("i7",
            "iv7", "i7", "VII"))},
        scales={"major": "pentatonic", "minor": "minor pentatonic"}, moods={"major": "relaxed", "minor": "dark"},
        room=(0.5, 0.1), gains=(1.0, 0.9, 0.5, 0.35),
        ensembles=("Basement Arithmetic", "Dusty Needle", "MC Quartertone", "Northside Loop"),
    ),
    Style(
        genre="house", phrase="four-on-the-floor house track", beats=4, tempo=(120, 128), swing=0.5,
        drums={"kick": "x...x...x...x...", "clap": "....x.......x...", "open_hat": "..x...x...x...x.", "hat":
            "xoxoxoxoxoxoxoxo"},
        bass=((0.5, "root", 0.4), (1.5, "root", 0.4), (2.25, "octave", 0.2), (2.5, "root", 0.4), (3.5, "fifth", 0.4)),
        bass_voice="synth_bass", comp="x..x..x...x..x..", comp_length=0.3, comp_voices=("stab", "organ"),
        lead_voices=("lead",),
        lead_rhythms=(((0.0, 0.25), (0.75, 0.25), (1.5, 0.5), (2.75, 0.25), (3.5, 0.5)), ((0.5, 0.25), (1.0, 0.25),
            (1.75, 0.5), (3.0, 0.5)), ((0.5, 0.5), (1.5, 0.5), (2.0, 0.5), (3.5, 0.5))),
        lead_octave=6,
        progressions={"major": (("I", "vi", "IV", "V"), ("IV", "I", "V", "vi")), "minor": (("i", "VI", "III", "VII"),
            ("i", "iv", "VI", "VII"))},
        scales={"major": "pentatonic", "minor": "minor pentatonic"}, moods={"major": "happy", "minor": "energetic"},
        room=(0.6, 0.12), gains=(1.0, 0.8, 0.6, 0.4),
        ensembles=("Mirrorball Unit", "Deep Harbour", "Kilowatt Garden", "Analogue Aunt"),
    ),
    Style(
        genre="jazz", phrase="swinging jazz combo", beats=4, tempo=(140, 184), swing=0.66,
        drums={"ride": "x.....x..o..x.....x..o..", "hat": "......x...........x.....", "snare":
            "..............o......o..", "kick": "o.....o.....o.....o....."},
        bass=((0, "root", 0.95), (1, "third", 0.95), (2, "fifth", 0.95), (3, "walk", 0.95)), bass_voice="double_bass",
        comp="......x.........x.......", comp_length=0.7, comp_voices=("piano", "electric_piano"),
        lead_voices=("saxophone", "piano"),
        lead_rhythms=(((0.0, 0.5), (0.5, 0.5), (1.0, 0.5), (1.5, 1.0), (2.5, 0.5), (3.0, 1.0)), ((0.5, 0.5), (1.0, 0.5),
            (1.5, 0.5), (2.0, 1.5)), ((0.0, 1.0), (1.5, 0.5), (2.0, 0.5), (2.5, 0.5), (3.0, 0.5), (3.5, 0.5))),
        lead_octave=5,
        progressions={"major": (("ii7", "V7", "Imaj7", "vi7"), ("Imaj7", "vi7", "ii7", "V7")), "minor": (("iio7", "V7",
            "i7", "i7"), ("i7", "iv7", "iio7", "V7"))},
        scales={"major": "major", "minor": "minor"}, moods={"major": "happy", "minor": "relaxed"}, room=(0.8, 0.18),
        gains=(0.6, 0.85, 0.5, 0.8), ensembles=("Blue Lantern Trio", "The Off Minors", "Parlour Quartet", "Late Set"),
    ),
    Style(
        genre="metal", phrase="fast heavy metal", beats=4, tempo=(150, 184), swing=0.5,
        drums={"kick": "x.xxx.xxx.xxx.xx", "snare": "....x.......x...", "open_hat": "x...x...x...x..."},
        bass=((0, "root", 0.45), (0.5, "root", 0.45), (1, "root", 0.45), (1.5, "root", 0.45), (2, "root", 0.45), (2.5,
            "root", 0.45), (3, "root", 0.45), (3.5, "walk", 0.45)),
        bass_voice="bass_guitar", comp="x.oox.oox.oox.oo", comp_length=0.24, comp_voices=("distorted_guitar",),
        lead_voices=("distorted_guitar", "lead"),
        lead_rhythms=(((0.0, 0.5), (0.5, 0.25), (0.75, 0.25), (1.0, 1.0), (2.0, 0.5), (2.5, 0.5), (3.0, 1.0)), ((0.0,
            2.0), (2.0, 1.0), (3.0, 1.0))),
        lead_octave=5,
        progressions={"minor": (("i", "VI", "VII", "i"), ("i", "bII", "i", "VII"), ("i", "i", "VI", "VII"))},
        scales={"minor": "minor"}, moods={"minor": "aggressive"}, room=(0.4, 0.08), gains=(0.95, 0.6, 0.75, 0.5),
        ensembles=("Iron Orchard", "Grave Semitone", "Wolf Parallax", "Cinder Choir"),
    ),
    Style(
        genre="reggae", phrase="one-drop reggae groove", beats=4, tempo=(68, 82), swing=0.56,
        drums={"kick": "........x.......", "rim": "........x.......", "hat": "x.o.x.o.x.o.x.o.", "snare":
            "...............o"},
        bass=((0, "root", 0.6), (0.75, "root", 0.25), (1, "third", 0.5), (2.5, "fifth", 0.5), (3, "octave", 0.5), (3.5,
            "fifth", 0.5)),
        bass_voice="bass_guitar", comp="....x.......x...", comp_length=0.22, comp_voices=("organ", "steel_guitar"),
        lead_voices=("harmonica", "saxophone"),
        lead_rhythms=(((0.5, 0.5), (1.0, 0.5), (1.5, 1.5)), ((0.0, 0.75), (1.0, 0.5), (2.5, 0.5), (3.0, 0.9)), ((0.0,
            1.5), (1.5, 0.5), (2.0, 2.0))),
        lead_octave=5,
        progressions={"major": (("I", "IV", "I", "V"), ("I", "V", "vi", "IV")), "minor": (("i", "iv", "i", "VII"), ("i",
            "VII", "VI", "VII"))},
        scales={"major": "pentatonic", "minor": "minor pentatonic"}, moods={"major": "happy", "minor": "soulful"},
        room=(1.2, 0.25), gains=(0.8, 1.0, 0.6, 0.55),
        ensembles=("Harbour Lions", "Coconut Telegraph", "Zinc Roof Sound", "Sister Irene & the Tides"),
    ),
    Style(
        genre="waltz", phrase="orchestral waltz", beats=3, tempo=(138, 176), swing=0.5,
        drums={"timpani": "x.....", "triangle": "..o.o."}, bass=((0, "root", 0.95),), bass_voice="double_bass",
        comp="..x.x.", comp_length=0.6, comp_voices=("strings", "piano"), lead_voices=("strings", "flute"),
        lead_rhythms=(((0.0, 2.0), (2.0, 1.0)), ((0.0, 1.0), (1.0, 1.0), (2.0, 1.0)), ((0.0, 1.5), (1.5, 0.5), (2.0,
            1.0)), ((0.0, 2.9),)),
        lead_octave=5,
        progressions={"major": (("I", "I", "V7", "V7", "V7", "V7", "I", "I"), ("I", "vi", "ii", "V7")), "minor": (("i",
            "i", "iv", "V7"), ("i", "VI", "iio7", "V7"))},
        scales={"major": "major", "minor": "minor"}, moods={"major": "elegant", "minor": "melancholic"},
        room=(1.6, 0.3), gains=(0.55, 0.75, 0.7, 0.85),
        ensembles=("Kurhaus Orchestra", "Salon Amberg", "The Ballroom Strings", "Pavilion Ensemble"),
    ),
)  # fmt: skip
