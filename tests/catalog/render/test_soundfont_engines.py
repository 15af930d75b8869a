"""The two engines that play soundfonts, where they and a soundfont are installed (CI installs them)."""

from __future__ import annotations

import math
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from mudata.catalog.render import fluidsynth_engine, soundfonts, tinysoundfont_engine
from mudata.catalog.render.events import Change, RenderedNote, RenderedPart
from mudata.catalog.render.renderer import EngineName, render
from mudata.errors import AudioError, MissingSoundfont

MODULES = {"tinysoundfont": tinysoundfont_engine, "fluidsynth": fluidsynth_engine}


@pytest.fixture(params=sorted(MODULES))
def engine(request: pytest.FixtureRequest) -> EngineName:
    """Each engine, skipped where it, or a soundfont, is not installed."""
    if not MODULES[request.param].is_there():
        pytest.skip(f"{request.param} is not installed")
    try:
        soundfonts.find()
    except MissingSoundfont:
        pytest.skip("no soundfont is installed")
    name: EngineName = request.param
    return name


def played(part: RenderedPart, engine: EngineName, seconds: float = 1.5) -> np.ndarray:
    """Shape (n, 2), as the engine gives it, before it is scaled."""
    return np.asarray(MODULES[engine].play([part], seconds, soundfonts.find()))


def loudness(sound: np.ndarray) -> float:
    return float(np.sqrt((sound.astype(float) ** 2).mean()))


def cents_off(sound: np.ndarray, pitch: int) -> float:
    """How far the nearest peak of the spectrum lies from the pitch."""
    mono = sound.mean(axis=1)
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(len(mono)), 1 << 20))
    expected = 440 * 2 ** ((pitch - 69) / 12) * (1 << 20) / 44_100
    low, high = int(expected * 0.94), int(expected * 1.06)
    assert spectrum[low:high].max() > 0.05 * spectrum.max()
    return 1200 * math.log2((low + int(spectrum[low:high].argmax())) / expected)


@pytest.mark.parametrize("program", [0, 40, 73])
@pytest.mark.parametrize("pitch", [57, 69, 81])
def test_pitches_are_right(engine: EngineName, program: int, pitch: int) -> None:
    assert abs(cents_off(played(RenderedPart(program, (RenderedNote(0, 1.5, pitch, 100),)), engine), pitch)) < 20


def test_the_same_bytes_every_time(engine: EngineName) -> None:
    """Nothing of what was played before is left in the next."""
    part = RenderedPart(0, (RenderedNote(0, 1.5, 60, 100),))
    first = played(part, engine)
    played(RenderedPart(48, (RenderedNote(0, 1.5, 72, 127),), bends=(Change(0, 2),)), engine)
    assert np.array_equal(first, played(part, engine))


def test_velocity_gain_levels_pan_and_bends_are_heard(engine: EngineName) -> None:
    note = RenderedNote(0, 1.4, 69, 110)
    full = played(RenderedPart(73, (note,)), engine)
    assert loudness(played(RenderedPart(73, (note._replace(velocity=50),)), engine)) < 0.5 * loudness(full)
    assert loudness(played(RenderedPart(73, (note,), gain=0.25), engine)) == pytest.approx(loudness(full) / 4, rel=0.1)
    sinking = played(RenderedPart(73, (note,), levels=(Change(0.7, 0.01),)), engine)
    assert loudness(sinking[40_000:]) < 0.1 * loudness(full[40_000:])
    left = played(RenderedPart(73, (note,), pan=-1), engine)
    of_one_channel = soundfonts.find().path.stem == "TimGM6mb"
    most = 0.05 if of_one_channel else 0.5  # samples in stereo (FluidR3) keep a third on the other side
    assert loudness(left[:, 1]) < most * loudness(left[:, 0])
    assert abs(cents_off(played(RenderedPart(73, (note,), bends=(Change(0, 3.0),)), engine), 72)) < 20


def test_drums_are_drums(engine: EngineName) -> None:
    stroke = (RenderedNote(0, 0.2, 38, 110),)
    drum, tone = (played(RenderedPart(0, stroke, is_drum=is_drum), engine) for is_drum in (True, False))
    assert loudness(drum) > 0.001
    assert not np.allclose(drum, tone, atol=0.01)


def test_twenty_parts_and_two_kits_sound_together(engine: EngineName) -> None:
    notes = (RenderedNote(0, 0.5, 60, 100),)
    parts = [RenderedPart(program, notes) for program in range(20)]
    parts += [RenderedPart(0, (RenderedNote(0, 0.2, 36, 100),), is_drum=True) for _ in range(2)]
    module, font = MODULES[engine], soundfonts.find()
    alone = sum(module.play([part], 1.0, font) for part in parts)
    assert np.allclose(module.play(parts, 1.0, font), alone, atol=0.02)


def test_the_record_says_what_played(engine: EngineName) -> None:
    done = render([RenderedPart(0, (RenderedNote(0, 1, 60, 100),))], engine=engine)
    font = soundfonts.find()
    assert done.record.engine == engine
    assert done.record.version == MODULES[engine].version()
    assert (done.record.soundfont, done.record.soundfont_sha256) == (font.name, font.sha256)
    assert (done.record.rate, len(done.samples)) == (44_100, 88_200)
    assert np.abs(done.samples).max() == pytest.approx(0.9)


def test_any_engine_that_is_there_will_do(engine: EngineName) -> None:
    assert render([RenderedPart(0, (RenderedNote(0, 1, 60, 100),))], engine="soundfont").record.soundfont


def test_what_begins_like_a_soundfont_and_is_none_is_refused(engine: EngineName, tmp_path: Path) -> None:
    (fake := tmp_path / "x.sf2").write_bytes(b"RIFF\x04\0\0\0sfbk")
    with pytest.raises(AudioError, match=r"cannot be loaded|cannot load") as refused:
        render([RenderedPart(0, (RenderedNote(0, 1, 60, 100),))], engine=engine, soundfont=fake)
    assert refused.value.reason == "not_a_soundfont"


def test_without_an_engine_the_commands_that_install_one_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (font := tmp_path / "x.sf2").write_bytes(b"RIFF\x04\0\0\0sfbk")
    for module in MODULES.values():
        monkeypatch.setattr(module, "is_there", lambda: False)
    part = RenderedPart(0, (RenderedNote(0, 1, 60, 100),))
    with pytest.raises(MissingSoundfont, match=r"pip install --no-deps 'tinysoundfont==0\.3\.7'"):
        render([part], engine="soundfont", soundfont=font)
    with pytest.raises(MissingSoundfont, match="pip install --no-deps"):
        render([part], engine="tinysoundfont", soundfont=font)
    with pytest.raises(MissingSoundfont, match="apt-get install --no-install-recommends fluidsynth"):
        render([part], engine="fluidsynth", soundfont=font)


def program(folder: Path, script: str) -> None:
    """A program named fluidsynth, first on PATH."""
    path = folder / "fluidsynth"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ('echo "fluidsynth: error: out of samples" >&2; exit 1', "out of samples"),
        ("exit 3", "ended with code 3"),
        ("sleep 30", "took more than"),
        ('cd "$(dirname "$0")"; while true; do head -c 1000000 /dev/zero; done > "$WAV"', "wrote more than"),
    ],
)
def test_a_process_that_fails_hangs_or_never_ends_is_stopped(
    script: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, 'for WAV; do case "$WAV" in *.wav) break;; esac; done\n' + script)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(fluidsynth_engine, "_LEAST_S", 2.0 if "wrote" in said else 0.3)
    monkeypatch.setattr(fluidsynth_engine, "_SLOWEST", 0.0)
    monkeypatch.setattr(fluidsynth_engine, "_LONGER_S", 1.0)
    (font := tmp_path / "x.sf2").write_bytes(b"RIFF\x04\0\0\0sfbk")
    monkeypatch.setattr(fluidsynth_engine.tempfile, "tempdir", str(tmp_path))
    part = RenderedPart(0, (RenderedNote(0, 0.2, 60, 100),))
    with pytest.raises(AudioError, match=said) as refused:
        render([part], engine="fluidsynth", soundfont=font)
    assert refused.value.reason == "engine_failed"
    assert not list(tmp_path.glob("mudata-*"))


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("#!/bin/sh\nexec /bin/sleep 60", "no answer in 0 s"),
        ("#!/no/such/shell", "No such file"),
        ("\x7fELF", "Exec format error"),
    ],
)
def test_a_program_that_does_not_tell_its_version_is_told(
    script: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fluidsynth"
    path.write_text(script)
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(fluidsynth_engine, "_TELLS_S", 0.2)
    with pytest.raises(AudioError, match=said):
        fluidsynth_engine.version.__wrapped__()


def test_what_it_wrote_that_is_no_sound_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (font := tmp_path / "x.sf2").write_bytes(b"RIFF\x04\0\0\0sfbk")
    program(tmp_path, 'while [ "$1" != -F ]; do shift; done; echo junk > "$2"')
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(AudioError, match="fluidsynth wrote no WAV file"):
        render([RenderedPart(0, (RenderedNote(0, 0.2, 60, 100),))], engine="fluidsynth", soundfont=font)
