"""Notes out of activations, windows over long audio, and the way to MIDI; Whisper's transcripts at any length."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tiny_onnx import write_model

from mudata.errors import AudioError, ModelError
from mudata.evaluation.models.encoders import abc_notation
from mudata.evaluation.models.encoders.basic_pitch import Note, NoteTranscriber, lead, notes, write_midi

FRAME_S = 256 / 22_050


def song(*sounding: tuple[int, int, int, float], length: int = 120) -> np.ndarray:
    """Activations (frames, 88): first frame, end, MIDI pitch, and how strongly it sounds."""
    found = np.zeros((length, 88), np.float32)
    for start, end, pitch, strength in sounding:
        found[start:end, pitch - 21] = strength
    return found


def spans(found: list[Note]) -> list[tuple[int, int, int]]:
    """Notes as first frame, end and pitch, in order; frames by their published length."""
    rows = [(round(n.start_s / FRAME_S), round(n.end_s / FRAME_S), n.pitch) for n in found]
    return sorted(rows)


def test_a_note_begins_at_its_onset_and_lasts_while_it_sounds() -> None:
    found = notes(song((20, 60, 60, 0.8)), song((20, 21, 60, 0.9)))
    assert spans(found) == [(20, 60, 60)]
    assert found[0].amplitude == pytest.approx(0.8)


def test_every_pitch_of_a_chord_is_a_note() -> None:
    frames, onsets = song((10, 50, 60, 0.8), (10, 70, 64, 0.6)), song((10, 11, 60, 0.9), (10, 11, 64, 0.7))
    assert spans(notes(frames, onsets)) == [(10, 50, 60), (10, 70, 64)]


def test_a_note_struck_again_is_two_notes() -> None:
    frames, onsets = song((10, 80, 60, 0.8)), song((10, 11, 60, 0.9), (40, 41, 60, 0.9))
    assert spans(notes(frames, onsets)) == [(10, 40, 60), (40, 80, 60)]


@pytest.mark.parametrize(("strength", "heard"), [(0.29, False), (0.31, True)])
def test_what_stays_below_the_threshold_is_a_ghost(strength: float, heard: bool) -> None:
    frames = song((10, 60, 60, strength))
    assert bool(notes(frames, song((10, 11, 60, 0.9)))) is heard
    assert bool(notes(frames, song())) is heard


@pytest.mark.parametrize(("frames", "heard"), [(11, False), (12, True)])
def test_a_note_is_longer_than_eleven_frames(frames: int, heard: bool) -> None:
    assert bool(notes(song((20, 20 + frames, 60, 0.9)), song((20, 21, 60, 0.9)))) is heard


@pytest.mark.parametrize(("gap", "end"), [(0, 60), (10, 60), (11, 30)])
def test_a_short_dip_does_not_end_a_note(gap: int, end: int) -> None:
    frames = song((10, 30, 60, 0.8), (30 + gap, 60, 60, 0.35))  # too weak to be an onset of its own
    first = spans(notes(frames, song((10, 11, 60, 0.9))))[0]
    assert first == (10, end, 60)


def test_what_swells_without_an_onset_is_found_both_ways_in_time() -> None:
    frames = np.zeros((120, 88), np.float32)
    frames[30:71, 40] = 0.35 + 0.3 * np.sin(np.linspace(0, np.pi, 41))
    found = notes(frames, np.zeros_like(frames))
    assert len(found) == 1
    ((start, end, pitch),) = spans(found)
    assert pitch == 61
    assert abs(start - 30) <= 1
    assert abs(end - 70) <= 1


def test_a_sudden_rise_is_an_onset_of_its_own() -> None:
    """The strongest rise counts as much as the strongest onset does."""
    frames, onsets = song((10, 40, 50, 0.9), (60, 100, 72, 0.9)), song((10, 11, 50, 0.8))
    assert spans(notes(frames, onsets)) == [(10, 40, 50), (60, 100, 72)]


def test_neighbours_of_a_note_explain_nothing_new() -> None:
    frames = song((10, 60, 60, 0.9), (10, 60, 61, 0.35), (10, 60, 59, 0.35), (10, 60, 63, 0.35))
    found = notes(frames, song((10, 11, 60, 0.9)))
    assert sorted({note.pitch for note in found}) == [60, 63]  # two semitones away is another matter


@pytest.mark.parametrize("length", [0, 1, 2, 3, 40])
def test_silence_has_no_notes(length: int) -> None:
    assert notes(np.zeros((length, 88), np.float32), np.zeros((length, 88), np.float32)) == []


def test_times_stay_with_the_audio_over_many_windows() -> None:
    """172 frames stand for 43,844 samples, 188 fewer than they have; each window of 172 frames makes up for it."""
    frames, onsets = song((1720, 1760, 60, 0.9), length=1800), song((1720, 1721, 60, 0.9), length=1800)
    (found,) = notes(frames, onsets)
    drift = 10 * ((172 * 256 - 43_844) / 22_050 + 0.0018)
    assert found.start_s == pytest.approx(1720 * FRAME_S - drift, abs=2e-3)


# One voice


def note(start: float, end: float, pitch: int, amplitude: float = 0.5) -> Note:
    return Note(start, end, pitch, amplitude)


LINES = {
    "nothing": ([], []),
    "a melody is itself": ([note(0, 1, 60), note(1, 2, 62)], [(0, 1, 60), (1, 2, 62)]),
    "of a chord the strongest": ([note(0, 1, 60, 0.4), note(0.02, 1, 72, 0.9)], [(0.02, 1, 72)]),
    "a weaker one during a stronger one is left out": ([note(0, 2, 60, 0.9), note(0.5, 1, 72, 0.3)], [(0, 2, 60)]),
    "a stronger one ends a weaker one": ([note(0, 2, 60, 0.3), note(0.5, 1, 72, 0.9)], [(0, 0.5, 60), (0.5, 1, 72)]),
    "a slight overlap is legato": ([note(0, 1.03, 60, 0.9), note(1, 2, 62, 0.3)], [(0, 1, 60), (1, 2, 62)]),
    "order does not matter": ([note(1, 2, 62), note(0, 1, 60)], [(0, 1, 60), (1, 2, 62)]),
    "a rest stays a rest": ([note(0, 0.5, 60), note(1, 2, 62)], [(0, 0.5, 60), (1, 2, 62)]),
}


@pytest.mark.parametrize(("found", "line"), LINES.values(), ids=LINES)
def test_one_voice_is_taken_out_of_many(found: list[Note], line: list[tuple[float, float, int]]) -> None:
    assert [(n.start_s, n.end_s, n.pitch) for n in lead(found)] == line


def test_a_melody_becomes_midi_and_abc_and_stays_itself(tmp_path: Path) -> None:
    """C D E F G A B c in quarters at 120, with a rest before the first note that is not kept."""
    pitches = (60, 62, 64, 65, 67, 69, 71, 72)
    line = [note(3 + 0.5 * i, 3.5 + 0.5 * i, pitch) for i, pitch in enumerate(pitches)]
    write_midi(line, tmp_path / "melody.mid")
    score = abc_notation.from_midi(tmp_path / "melody.mid")
    tune = score.tune(str(score.lead()))
    body = "".join(tune.split("\n")[4:])
    assert [tune.startswith("X:1\nL:1/8\n"), "M:4/4" in tune, "K:C" in tune] == [True] * 3
    assert body.replace(" ", "").replace("|", "") == "C2D2E2F2G2A2B2c2"

    import mido

    played = mido.MidiFile(tmp_path / "melody.mid")
    starts = [message.note for message in played if message.type == "note_on" and message.velocity]
    assert starts == list(pitches)
    assert played.length == pytest.approx(4.0, abs=0.01)


def test_a_repeated_note_ends_before_it_begins_again(tmp_path: Path) -> None:
    import mido

    write_midi([note(0, 0.5, 60, 0.001), note(0.5, 1, 60, 3.0)], tmp_path / "twice.mid")
    (track,) = mido.MidiFile(tmp_path / "twice.mid").tracks
    kinds = [(m.type, m.time, m.velocity if m.type == "note_on" else 0) for m in track if m.type.startswith("note")]
    assert kinds == [("note_on", 0, 1), ("note_off", 480, 0), ("note_on", 0, 127), ("note_off", 480, 0)]


def test_a_line_without_notes_is_no_tune(tmp_path: Path) -> None:
    write_midi([], tmp_path / "none.mid")
    with pytest.raises(AudioError, match=r"midi2abc found no notes in none\.mid") as raised:
        abc_notation.from_midi(tmp_path / "none.mid")
    assert raised.value.reason == "no-notes"


# The published model's windows


@pytest.mark.parametrize("seconds", [0.3, 1.0, 1.99, 2.5, 5.3])
def test_long_audio_is_heard_in_windows_that_overlap(tmp_path: Path, seconds: float) -> None:
    pytest.importorskip("onnxruntime")
    pitches = write_model(tmp_path / "nmp.onnx")
    wave = np.random.default_rng(1).standard_normal(int(seconds * 22_050)).astype(np.float32)
    frames, onsets = NoteTranscriber(tmp_path / "nmp.onnx").activations(wave)
    padded = np.concatenate([np.zeros(3840), wave, np.zeros(2 * 43_844)])
    means, tops = [], []
    for window in range(1 + (3840 + len(wave) - 1) // 36_164):
        for frame in range(15, 172 - 15):  # the outer frames of every window are dropped
            here = padded[window * 36_164 :][:43_844][frame * 256 : frame * 256 + 256]
            means.append(here.mean())
            tops.append(here.max())
    length = int(len(wave) * 86 / 22_050)
    np.testing.assert_allclose(frames, np.outer(means[:length], pitches), atol=1e-5)
    np.testing.assert_allclose(onsets, np.outer(tops[:length], pitches), atol=1e-5)


def test_silence_through_the_whole_chain_has_no_notes(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    write_model(tmp_path / "nmp.onnx")
    assert NoteTranscriber(tmp_path / "nmp.onnx")(np.zeros(50_000, np.float32)) == []
    assert NoteTranscriber(tmp_path / "nmp.onnx")(np.zeros(10, np.float32)) == []


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    (tmp_path / "nmp.onnx").write_bytes(b"<html>404</html>")
    with pytest.raises(ModelError, match=r"nmp\.onnx cannot be loaded"):
        NoteTranscriber(tmp_path / "nmp.onnx")
    with pytest.raises(ModelError, match=r"none\.onnx cannot be loaded"):
        NoteTranscriber(tmp_path / "none.onnx")


# Whisper


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from published_layouts import transcribing_whisper

    folder = tmp_path_factory.mktemp("whisper")
    transcribing_whisper(folder)
    return folder


@pytest.fixture
def one_thread() -> Iterator[None]:
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("seconds", [0.5, 29.9, 30.0, 30.1, 65.0])
def test_whisper_writes_down_clips_of_any_length(whisper: Path, seconds: float) -> None:
    torch = pytest.importorskip("torch")
    from mudata.evaluation.models.encoders import whisper as part

    write_down = part.SpeechTranscriber(whisper, "cpu", torch.float32)
    source = torch.Generator().manual_seed(1)
    wave = 0.1 * torch.randn(int(seconds * 16_000), generator=source)
    said = write_down(wave)
    assert said == write_down(wave)
    assert "<|" not in said
    assert said


def test_a_whisper_that_lacks_a_tensor_is_refused_with_its_name(whisper: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from published_layouts import change

    from mudata.evaluation.models.encoders import whisper as part

    folder = tmp_path / "whisper-large-v2"
    shutil.copytree(whisper, folder)
    change(folder / "model.safetensors", lambda found: found.pop("model.decoder.layers.0.fc1.weight"))
    with pytest.raises(ModelError, match=r"missing keys: model\.decoder\.layers\.0\.fc1\.weight"):
        part.SpeechTranscriber(folder, "cpu", torch.float32)
    (folder / "model.safetensors").write_bytes(b"cut short")
    with pytest.raises(ModelError, match="whisper-large-v2 cannot be read"):
        part.SpeechTranscriber(folder, "cpu", torch.float32)
