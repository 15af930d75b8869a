"""The embedded synthesiser: right pitches, levels, and the same bytes everywhere."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys

import numpy as np
import pytest

from mudata.catalog.render.events import Change, RenderedNote, RenderedPart
from mudata.catalog.render.integer_tables import RATE, decay, increments, sine
from mudata.catalog.render.renderer import render
from mudata.catalog.render.synthesiser import synthesise
from mudata.catalog.render.timbres import TIMBRES, Timbre, timbre

REFERENCE = "6c896f4d9e96da9a327cdb25e47dccb4f42cd71f9c8b86c54fb8972dfe629e7f"
"""SHA-256 of `reference_piece`: with `synthesiser.VERSION` it changes only when bytes are meant to."""


def reference_piece() -> tuple[RenderedPart, ...]:
    """Every timbre, every drum, bends, levels, pans: what can differ."""
    parts = [
        RenderedPart(
            program,
            (RenderedNote(0.1 * (program % 8), 1.2, 40 + program % 50, 40 + program % 80),),
            pan=(program - 64) / 64,
            gain=0.5 + program / 256,
        )
        for program in range(0, 128, 3)
    ]
    drums = tuple(RenderedNote((pitch - 27) * 0.03, (pitch - 27) * 0.03 + 0.1, pitch, 100) for pitch in range(27, 88))
    parts.append(RenderedPart(0, drums, is_drum=True))
    bends = (Change(0.2, 0.5), Change(0.5, -1.37))
    parts.append(RenderedPart(81, (RenderedNote(0, 1.5, 64, 90),), levels=(Change(0.7, 0.33),), bends=bends))
    return tuple(parts)


def fundamental(samples: np.ndarray) -> float:
    """Frequency in Hz of the lowest peak of the spectrum that is at least a third as high as the highest."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 19))
    first = int(np.argmax(spectrum > spectrum.max() / 3))
    return (first + int(spectrum[first : first + 500].argmax())) * RATE / (1 << 19)


def cents(frequency: float, pitch: int) -> float:
    return 1200 * math.log2(frequency / (440 * 2 ** ((pitch - 69) / 12)))


def loudness(part: RenderedPart, seconds: float = 1.0) -> float:
    left, right = synthesise([part], int(seconds * RATE))
    return float(np.sqrt((left.astype(float) ** 2 + right.astype(float) ** 2).mean()))


def program_of(wanted: Timbre) -> int:
    return next(program for program in range(128) if timbre(program) == wanted)


def test_tables_are_those_of_floats_rounded() -> None:
    assert np.array_equal(sine(), np.round(32767 * np.sin(2 * np.pi * np.arange(4096) / 4096)))
    expected = [440 * 2 ** ((pitch - 69) / 12) / RATE * 2**32 for pitch in range(129)]
    assert np.abs(np.array(increments()) - expected).max() <= 1
    assert (
        np.abs(decay(RATE, 500, 12) - 4096 * 2 ** (-np.arange(RATE) / (RATE / 2))).max() <= 12
    )  # steps of 1/256 of a half-life


def test_the_reference_piece_has_the_bytes_it_always_had() -> None:
    samples = render(reference_piece(), seconds=2.0, channels=2).samples
    assert hashlib.sha256(samples.astype("<f4").tobytes()).hexdigest() == REFERENCE


def test_another_process_makes_the_same_bytes() -> None:
    code = (
        "import hashlib\n"
        "from mudata.catalog.render.events import RenderedNote, RenderedPart\n"
        "from mudata.catalog.render.renderer import render\n"
        "part = RenderedPart(48, (RenderedNote(0, 0.5, 60, 90), RenderedNote(0.25, 0.9, 67, 80)))\n"
        "print(hashlib.sha256(render([part]).samples.tobytes()).hexdigest())"
    )
    part = RenderedPart(48, (RenderedNote(0, 0.5, 60, 90), RenderedNote(0.25, 0.9, 67, 80)))
    here = hashlib.sha256(render([part]).samples.tobytes()).hexdigest()
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here


@pytest.mark.parametrize("pitch", [57, 69, 81])
@pytest.mark.parametrize("voice", TIMBRES, ids=lambda voice: voice.name)
def test_every_timbre_sounds_the_pitch_that_was_asked_for(voice: Timbre, pitch: int) -> None:
    samples = render([RenderedPart(program_of(voice), (RenderedNote(0, 1.5, pitch, 100),))], seconds=1.5).samples
    assert abs(cents(fundamental(samples), pitch)) < 5


def test_timbres_differ_from_each_other() -> None:
    """Same note, same level: no two spectra over time are alike."""
    sounds = {}
    for voice in TIMBRES:
        part = RenderedPart(program_of(voice), (RenderedNote(0, 1, 60, 100),))
        samples = render([part], seconds=1.2).samples[: RATE // 1000 * 1000]
        frames = np.abs(np.fft.rfft(samples.reshape(-1, 2000)[:10], axis=1))
        sounds[voice.name] = (frames / np.linalg.norm(frames)).ravel()
    names = list(sounds)
    alike = {(a, b): float(sounds[a] @ sounds[b]) for i, a in enumerate(names) for b in names[i + 1 :]}
    assert max(alike.values()) < 0.985, max(alike, key=lambda pair: alike[pair])


def test_no_harmonic_folds_back() -> None:
    """At a high pitch all energy lies at multiples of the fundamental."""
    part = RenderedPart(81, (RenderedNote(0, 1, 100, 100),))
    samples = render([part], seconds=1.0).samples[2000:-2000]
    spectrum = np.abs(np.fft.rfft(samples * np.blackman(len(samples)))) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / RATE)
    fundamental = 440 * 2 ** (31 / 12)
    nearest = np.abs(frequency / fundamental - np.round(frequency / fundamental)) * fundamental
    assert spectrum[nearest > 60].sum() < 1e-4 * spectrum.sum()


def test_velocity_gain_and_levels_make_it_softer() -> None:
    note = RenderedNote(0, 0.8, 60, 127)
    full = loudness(RenderedPart(16, (note,)))
    soft = loudness(RenderedPart(16, (note._replace(velocity=64),)))
    assert soft / full == pytest.approx((64 / 127) ** 2, rel=0.02)
    assert loudness(RenderedPart(16, (note,), gain=0.5)) / full == pytest.approx(0.5, rel=0.01)
    assert loudness(RenderedPart(16, (note,), levels=(Change(0.0, 0.25),))) / full == pytest.approx(0.25, rel=0.01)


def test_pan_moves_a_part() -> None:
    left, right = synthesise([RenderedPart(0, (RenderedNote(0, 1, 60, 100),), pan=-1)], RATE)
    assert np.abs(left).max() > 8 * np.abs(right).max() > 0  # the room returns some


def test_bends_move_the_pitch() -> None:
    bent = RenderedPart(16, (RenderedNote(0, 1.5, 69, 100),), bends=(Change(0.0, 2.0),))
    assert abs(cents(fundamental(render([bent], seconds=1.5).samples), 71)) < 2


@pytest.mark.parametrize("pitch", [35, 38, 42, 46, 49, 51, 60, 76])
def test_drums_sound_and_end(pitch: int) -> None:
    left, _ = synthesise([RenderedPart(0, (RenderedNote(0, 0.1, pitch, 100),), is_drum=True)], 4 * RATE)
    assert np.abs(left).max() > 10_000 > 1000 * np.abs(left[3 * RATE :]).max()
