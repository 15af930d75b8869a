"""Deciding and playing the demo's pieces:
style, key and tempo first, then every note, all from one seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mudata.catalog.demo import synth
from mudata.catalog.demo.styles import CHORDS, SCALES, STYLES, Style

SEED = 2409_09601  # the survey's arXiv number; any would do
SECONDS = 10.0
CLIPS_PER_STYLE = 12
TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True)
class Piece:
    """What is decided before a note sounds."""

    number: int
    style: Style
    tempo: int
    tonic: int
    mode: str
    progression: tuple[str, ...]
    comp_voice: str
    lead_voice: str
    ensemble: str

    @property
    def id(self) -> str:
        return f"{self.style.genre}.{self.number:02d}"

    @property
    def key(self) -> str:
        return f"{TONICS[self.tonic]} {self.mode}"

    @property
    def instruments(self) -> tuple[str, ...]:
        drums = "timpani" if "timpani" in self.style.drums else "drums"
        return tuple(dict.fromkeys((self.lead_voice, self.comp_voice, self.style.bass_voice, drums)))


def plan(style_index: int, number: int) -> Piece:
    """Decide a piece. Ensembles play three pieces each and always use the same instruments."""
    style = STYLES[style_index]
    rng = np.random.default_rng([SEED, style_index, number])
    band = number // (CLIPS_PER_STYLE // len(style.ensembles))
    modes = tuple(style.progressions)
    mode = modes[number % len(modes)]
    return Piece(
        number=number,
        style=style,
        tempo=int(rng.integers(style.tempo[0], style.tempo[1] + 1)),
        tonic=int(rng.integers(12)),
        mode=mode,
        progression=style.progressions[mode][int(rng.integers(len(style.progressions[mode])))],
        comp_voice=style.comp_voices[band % len(style.comp_voices)],
        lead_voice=style.lead_voices[(band // 2) % len(style.lead_voices)],
        ensemble=style.ensembles[band],
    )


def render(piece: Piece) -> synth.Wave:
    """Play a piece: float64, shape (SECONDS * synth.RATE, 2), peak 0.89."""
    rng = np.random.default_rng([SEED, 1, *piece.id.encode()])
    style = piece.style
    beat_s = 60 / piece.tempo
    bars = int(np.ceil(SECONDS / (beat_s * style.beats)))
    length = int(SECONDS * synth.RATE)
    stems = np.zeros((4, length))
    drum_gain, bass_gain, comp_gain, lead_gain = style.gains

    def swung(beat: float) -> float:
        whole, part = divmod(beat, 1.0)
        if abs(part - 0.5) < 0.01:
            part = style.swing
        return whole + part

    def put(stem: int, bar: int, beat: float, wave: synth.Wave, gain: float) -> None:
        human = rng.normal(0, 0.004)
        start = max(0, int(((bar * style.beats + swung(beat)) * beat_s + human) * synth.RATE))
        end = min(length, start + len(wave))
        if start < end:
            stems[stem, start:end] += gain * rng.uniform(0.88, 1.0) * wave[: end - start]

    hits = {name: getattr(synth, name)(rng) for name in style.drums}
    bass, comp, lead = (getattr(synth, v) for v in (style.bass_voice, piece.comp_voice, piece.lead_voice))
    motif = _motif(piece, rng)
    for bar in range(bars):
        root, intervals = CHORDS[piece.progression[bar % len(piece.progression)]]
        following = CHORDS[piece.progression[(bar + 1) % len(piece.progression)]][0]
        for name, pattern in style.drums.items():
            for step, mark in enumerate(pattern):
                if mark != ".":
                    put(0, bar, step * style.beats / len(pattern), hits[name], 1.0 if mark == "x" else 0.45)
        for beat, tone, beats in style.bass:
            pitch = 36 + (piece.tonic + root) % 12 + _bass_step(tone, intervals, root, following)
            put(1, bar, beat, bass(synth.hertz(pitch), beats * beat_s, rng), 1.0)
        for step, mark in enumerate(style.comp):
            chord = _voicing(piece, root, intervals) if mark != "." else []
            for pitch in chord:
                wave = comp(synth.hertz(pitch), style.comp_length * beat_s, rng)
                put(2, bar, step * style.beats / len(style.comp), wave, (1.0 if mark == "x" else 0.6) / len(chord))
        for beat, beats, degree in motif[bar % len(motif)]:
            pitch = _fit(piece, degree, root, intervals, strong=beat % 1 < 0.01)
            put(3, bar, beat, lead(synth.hertz(pitch), beats * beat_s, rng), 1.0)
    levels = (drum_gain, bass_gain, comp_gain, lead_gain)
    dry = sum(g * s / (np.sqrt((s**2).mean()) + 1e-9) for g, s in zip(levels, stems, strict=True))
    wet = synth.room(np.asarray(dry), rng, *style.room)
    fade = int(0.25 * synth.RATE)
    wet[-fade:] *= np.linspace(1, 0, fade)[:, None]
    mixed = np.tanh(0.9 * wet / np.quantile(np.abs(wet), 0.999))
    return np.asarray(0.89 * mixed / np.abs(mixed).max())


def _bass_step(tone: str, intervals: tuple[int, ...], root: int, following: int) -> int:
    match tone:
        case "third":
            return intervals[1]
        case "fifth":
            return 7
        case "octave":
            return 12
        case "walk":  # a semitone below or above the next root, whichever is nearer
            up = (following - root) % 12
            return -5 if up == 0 else up - 1 if up <= 6 else up - 11
        case _:
            return 0


def _voicing(piece: Piece, root: int, intervals: tuple[int, ...]) -> list[int]:
    """Pitches of a chord in the middle register;
    power chords carry their fifth in the voice itself."""
    power = piece.comp_voice == "distorted_guitar"
    low = 40 if power else 55
    return [low + (piece.tonic + root + i - low) % 12 for i in ((0,) if power else intervals)]


def _motif(piece: Piece, rng: np.random.Generator) -> list[list[tuple[float, float, int]]]:
    """Four bars of melody, A A' B A: lists of (beat, beats long, scale degree around 0)."""
    rhythms = piece.style.lead_rhythms

    def bar(start: int) -> list[tuple[float, float, int]]:
        degree, notes = start, []
        for beat, beats in rhythms[int(rng.integers(len(rhythms)))]:
            notes.append((beat, beats, degree))
            degree = int(np.clip(degree + rng.choice([-2, -1, -1, 1, 1, 2]), -3, 7))
        return notes

    first, other = bar(int(rng.integers(0, 3))), bar(int(rng.integers(2, 5)))
    answer = [*first[:-1], (first[-1][0], first[-1][1], 0)]
    return [first, answer, other, first]


def _fit(piece: Piece, degree: int, root: int, intervals: tuple[int, ...], *, strong: bool) -> int:
    """Pitch of a scale degree; on strong beats the nearest chord tone."""
    scale = SCALES[piece.style.scales[piece.mode]]
    octave, step = divmod(degree, len(scale))
    pitch = 12 * piece.style.lead_octave + piece.tonic + 12 * octave + scale[step]
    if piece.tonic > 6:
        pitch -= 12
    if strong:
        tones = {(piece.tonic + root + i) % 12 for i in intervals}
        pitch = min(range(pitch - 3, pitch + 4), key=lambda p: (p % 12 not in tones, abs(p - pitch)))
    return pitch


def words(name: str) -> str:
    return name.replace("_", " ")


def caption(piece: Piece) -> str:
    """One or two sentences that say what is heard."""
    rng = np.random.default_rng([SEED, 2, *piece.id.encode()])
    mood = piece.style.moods[piece.mode]
    lead, comp, bass, drums = piece.lead_voice, piece.comp_voice, piece.style.bass_voice, piece.instruments[-1]
    metre = "three-four" if piece.style.beats == 3 else "four-four"
    article = "An" if mood[0] in "aeiou" else "A"
    openings = (
        f"{article} {mood} {piece.style.phrase} in {piece.key} at {piece.tempo} beats per minute.",
        f"This is {article.lower()} {mood}, instrumental {piece.style.phrase} in {metre} time, "
        f"played at {piece.tempo} BPM in {piece.key}.",
        f"{article} {mood} {piece.style.phrase}, {metre} time, around {piece.tempo} BPM.",
    )
    bodies = (
        f"The {words(lead)} plays the melody over {words(comp)} chords, {words(bass)} and {drums}.",
        f"A {words(lead)} carries the tune while {words(comp)} chords, {words(bass)} and {drums} accompany it.",
        f"One hears {words(lead)} on top, {words(comp)} in the middle, and {words(bass)} and {drums} underneath.",
    )
    return f"{openings[int(rng.integers(3))]} {bodies[int(rng.integers(3))]}"
