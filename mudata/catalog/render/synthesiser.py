"""The embedded synthesiser: wavetables, phases, levels and sums of integers only.

It needs no file and gives the same bytes on every machine, which exams made from a seed rely on: NumPy's integer
arithmetic is exact, what floats remain (seconds to samples, the last scaling) are single multiplications and divisions
that IEEE 754 rounds in one way. A tone is made once for every pitch and strength of a part, and cut to its notes.
"""

from __future__ import annotations

from functools import lru_cache
from math import isqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mudata.catalog.render.drum_sounds import drum_sound
from mudata.catalog.render.integer_tables import RATE, SINE_BITS, Integers, decay, increments, milliseconds, noise, sine
from mudata.catalog.render.room import with_room
from mudata.catalog.render.timbres import Timbre, timbre

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata.catalog.render.events import Change, RenderedNote, RenderedPart

VERSION = 1
"""Rises when the same notes would give other bytes."""

FULL_NOTE = 1 << 17
"""About the peak of one note at full velocity and gain, in the numbers that `synthesise` returns."""

Sound = NDArray[np.int32]

_LEVEL = 4096
"""Root mean square of a tone that sounds on, at full velocity."""
_LEVEL_BITS = 12
_MASK = (1 << SINE_BITS) - 1
_HIGHEST_HZ = RATE * 9 // 20
"""Harmonics above are left out: none folds back."""


def synthesise(parts: Sequence[RenderedPart], samples: int) -> tuple[Sound, Sound]:
    """Left and right, each of shape (samples,), at RATE and of no particular level; zeros where nothing sounds."""
    left, right = np.zeros(samples, np.int32), np.zeros(samples, np.int32)
    for part in parts:
        mono = _drums(part, samples) if part.is_drum else _pitched(part, samples)
        if part.levels:
            mono = (mono * _held(part.levels, 0, samples, default=4096) >> 12).astype(np.int32)
        toward_right = round((part.pan + 1) * 64)
        if toward_right == 64:
            mono >>= 1
            left += mono
            right += mono
        else:
            right += (mono.astype(np.int64) * toward_right >> 7).astype(np.int32)
            left += (mono.astype(np.int64) * (128 - toward_right) >> 7).astype(np.int32)
    dry = left + right
    return with_room(dry, left, 0), with_room(dry, right, 1)


def _drums(part: RenderedPart, samples: int) -> Sound:
    mono = np.zeros(samples, np.int32)
    for note in part.notes:
        start = round(note.start_s * RATE)
        stroke = drum_sound(note.pitch)[: max(0, samples - start)]
        mono[start : start + len(stroke)] += stroke * _strength(note, part) >> 12
    return mono


def _pitched(part: RenderedPart, samples: int) -> Sound:
    mono = np.zeros(samples, np.int32)
    voice = timbre(part.program)
    release = milliseconds(voice.release_ms)
    ending = (np.arange(release, 0, -1, dtype=np.int64) ** 2 * 1024 // release**2).astype(np.int32)
    alike: dict[tuple[int, int], list[RenderedNote]] = {}
    for note in part.notes:
        if note.start_s * RATE < samples:
            alike.setdefault((note.pitch, note.velocity >> 4), []).append(note)
    for (pitch, touch), notes in alike.items():
        places = [(round(note.start_s * RATE), round((note.end_s - note.start_s) * RATE)) for note in notes]
        tone = _tone(voice, pitch, touch, min(max(held for _, held in places) + release, samples))
        for note, (start, held) in zip(notes, places, strict=True):
            sounding = min(held + release, samples - start)
            if part.bends and sounding > 0:
                tone = _tone(voice, pitch, touch, sounding, _bent(pitch, part.bends, start, sounding))
            cut = tone[: max(0, sounding)] * _strength(note, part) >> 10
            cut[held:] = cut[held:] * ending[: max(0, len(cut) - held)] >> 10
            mono[start : start + len(cut)] += cut
    return mono


def _strength(note: RenderedNote, part: RenderedPart) -> np.int32:
    """Amplitude, 14 bits: velocity squared (General MIDI 2 recommends 40 log10(v / 127) dB), times the gain."""
    return np.int32(note.velocity * note.velocity * round(part.gain * 4096) >> 12)


def _tone(voice: Timbre, pitch: int, touch: int, samples: int, bent: Integers | None = None) -> Sound:
    """A held note from its beginning on, shape (samples,).

    `touch`, 0 to 7, is how hard it is struck: harder is brighter. `bent` are increments of phase, one a sample.
    """
    held, brighter = _tables(voice, pitch)
    weight = decay(samples, voice.turn_ms, 10).astype(np.int32) * np.int32(touch + 2) >> 3
    step = increments()[pitch]
    sound = np.zeros(samples, np.int32)
    for detune in (-voice.detuned, voice.detuned) if voice.detuned else (0,):
        if bent is None:
            turned = _wavering(voice.vibrato, samples) * (step + (step * detune >> 17)) >> 8
        else:
            turned = np.cumsum(bent + (bent * detune >> 17))
        at = turned >> (32 - SINE_BITS) & _MASK
        sound += held[at] + (brighter[at] * weight >> 10)
    if voice.detuned:
        sound = sound * np.int32(3) >> 2
    if voice.breath:
        sound += (noise(samples, pitch) * voice.breath >> 13).astype(np.int32)
    level = np.full(samples, 1 << _LEVEL_BITS)
    if voice.half_life_ms:
        level = decay(samples, voice.half_life_ms, _LEVEL_BITS)
    rise = min(samples, milliseconds(voice.attack_ms))
    level[:rise] = level[:rise] * np.arange(rise) // max(rise, 1)
    return sound * level.astype(np.int32) >> _LEVEL_BITS


@lru_cache(maxsize=16)
def _wavering(vibrato: int, samples: int) -> Integers:
    """The times of samples in 256ths: even, or wavering 5.5 times a second, as players begin to within 250 ms."""
    n = np.arange(samples, dtype=np.int64)
    if not vibrato:
        return n << 8
    slow = sine()[(n * ((11 << 31) // RATE)) >> (32 - SINE_BITS) & _MASK]
    begun = np.minimum(n, RATE // 4)
    wavering: Integers = (n << 8) + (slow * vibrato * begun // (RATE // 4) >> 15)
    return wavering


@lru_cache(maxsize=2048)
def _tables(voice: Timbre, pitch: int) -> tuple[Sound, Sound]:
    """One period as the voice sounds on, and what is added to it as it begins, without harmonics above _HIGHEST_HZ."""
    most = max(1, (_HIGHEST_HZ << 32) // (increments()[pitch] * RATE))
    held, struck = (_period(amplitudes[:most]) for amplitudes in (voice.held, voice.struck))
    return held, struck - held


def _period(amplitudes: tuple[int, ...]) -> Sound:
    at = np.arange(1 << SINE_BITS)
    wave = np.zeros(1 << SINE_BITS, np.int64)
    for k, amplitude in enumerate(amplitudes, 1):
        if amplitude:
            wave += sine()[at * k & _MASK] * amplitude
    power = sum(amplitude * amplitude for amplitude in amplitudes) // 2
    loudness = isqrt(power << 10) * 32_767 >> 5
    return (wave * _LEVEL // max(loudness, 1)).astype(np.int32)


def _bent(pitch: int, bends: tuple[Change, ...], start: int, samples: int) -> Integers:
    """How far a bent note turns in each of its samples, in 2 ** -32 of a period."""
    fine = np.clip((pitch << 12) + _held(bends, start, samples, default=0), 0, 127 << 12)
    steps = np.array(increments(), np.int64)
    below = steps[fine >> 12]
    turned: Integers = below + ((steps[(fine >> 12) + 1] - below) * (fine & 4095) >> 12)  # at most 0.7 cents off
    return turned


def _held(changes: tuple[Change, ...], start: int, samples: int, *, default: int) -> Integers:
    """The value in force at each sample from `start` on, in 4,096ths."""
    places = [min(max(round(change.at_s * RATE) - start, 0), samples) for change in changes]
    values = [default, *(round(change.value * 4096) for change in changes)]
    return np.repeat(np.array(values, np.int64), np.diff([0, *places, samples]))
