"""Audio to notes with Basic Pitch (Bittner et al., ICASSP 2022, arXiv 2203.09893):
its published model, our code.

The model is a file of the package basic-pitch 0.4.0 (Apache-2.0), whose own requirements conflict
with everything: `pip install --no-deps basic-pitch` brings the file, and onnxruntime runs it.
Constants are those of that package (constants.py, inference.py, note_creation.py).
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mudata.errors import ModelError
from mudata.safe_text import text_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE, HOP = 22_050, 256
WINDOW = 2 * RATE - HOP
"""Samples that the model hears at once."""
OVERLAP = 30
"""Frames by which windows overlap; half of them are dropped on either side."""
FRAMES_PER_S = RATE // HOP
LOWEST = 21
"""MIDI pitch of the first bin: A0."""
ONSET, FRAME = 0.5, 0.3
"""Least activation of an onset, and of a frame that goes on."""
SHORTEST = 11
"""Frames that a note must be longer than: 127.7 ms."""
PATIENCE = 11
"""Frames below FRAME that end a note."""
TOGETHER_S = 0.05
_INPUT = "serving_default_input_2:0"
_NOTE, _ONSET = "StatefulPartitionedCall:1", "StatefulPartitionedCall:2"


@dataclass(frozen=True)
class Note:
    """A note: seconds, MIDI pitch, and mean activation from 0 to 1."""

    start_s: float
    end_s: float
    pitch: int
    amplitude: float


class NoteTranscriber:
    """The loaded model. model: path of nmp.onnx; None looks into the installed package
    basic-pitch."""

    def __init__(self, model: Path | None = None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        where = model or _packaged()
        try:
            self._run: Any = onnxruntime.InferenceSession(str(where), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's errors have no common kind of their own
            raise ModelError(
                f"{where} cannot be loaded: {text_of(error)}", "Give the path of Basic Pitch's nmp.onnx."
            ) from error

    def __call__(self, wave: NDArray[np.float32]) -> list[Note]:
        """Notes of a mono wave (n,) at 22,050 Hz, by start and pitch."""
        frames, onsets = self.activations(wave)
        return sorted(notes(frames, onsets), key=lambda note: (note.start_s, note.pitch))

    def activations(self, wave: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """How much every pitch sounds, and begins, in every frame: two arrays (frames, 88)."""
        hop = WINDOW - OVERLAP * HOP
        padded = np.concatenate([np.zeros(OVERLAP * HOP // 2, np.float32), wave.astype(np.float32)])
        outputs: dict[str, list[NDArray[np.float32]]] = {_NOTE: [], _ONSET: []}
        for start in range(0, len(padded), hop):
            window = padded[start : start + WINDOW]
            window = np.pad(window, (0, WINDOW - len(window)))[None, :, None]
            for name, out in zip(outputs, self._run.run(list(outputs), {_INPUT: window}), strict=True):
                outputs[name].append(out[0, OVERLAP // 2 : -OVERLAP // 2])
        length = int(len(wave) * (FRAMES_PER_S / RATE))
        frames, onsets = (np.concatenate(parts)[:length] for parts in outputs.values())
        return frames, onsets


def notes(frames: NDArray[np.float32], onsets: NDArray[np.float32]) -> list[Note]:
    """Notes of activations (frames, 88): from every onset, last first, as long as the pitch goes
    on; then from the loudest frames that no onset explains, both ways in time."""
    if len(frames) < 3:
        return []
    begins = np.maximum(onsets, _rises(frames, onsets))
    peak = np.zeros(begins.shape, bool)
    peak[1:-1] = (begins[1:-1] > begins[:-2]) & (begins[1:-1] > begins[2:]) & (begins[1:-1] >= ONSET)
    left = frames.astype(np.float64)
    spans: list[tuple[int, int, int]] = []
    for start, pitch in np.argwhere(peak)[::-1]:
        end = _follow(left[:, pitch], int(start), +1)
        if end - start > SHORTEST:
            _silence(left, int(start), end, int(pitch))
            spans.append((int(start), end, int(pitch)))
    while left.max() > FRAME:
        middle, pitch = map(int, np.unravel_index(left.argmax(), left.shape))
        left[middle, pitch] = 0
        end, start = _follow(left[:, pitch], middle, +1) - 1, _follow(left[:, pitch], middle, -1) + 1
        reached = min(len(left) - 1, end + 1 + PATIENCE), max(1, start - PATIENCE)
        _silence(left, reached[1], reached[0], pitch)
        if end - start > SHORTEST:
            spans.append((start, end, pitch))
    return [
        Note(_time(start), _time(end), pitch + LOWEST, float(frames[start:end, pitch].mean()))
        for start, end, pitch in spans
    ]


def _rises(frames: NDArray[np.float32], onsets: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sudden rises of activation over one and over two frames, scaled to the strongest onset."""
    rise = np.zeros_like(frames)
    rise[2:] = np.minimum(frames[2:] - frames[1:-1], frames[2:] - frames[:-2]).clip(0)
    top = rise.max()
    scaled: NDArray[np.float32] = onsets.max() * rise / top if top else rise
    return scaled


def _follow(energy: NDArray[np.float64], start: int, step: int) -> int:
    """The first frame after (before, for step -1) `start` from which the pitch stays away."""
    at, below = start + step, 0
    while 0 < at < len(energy) - 1 and below < PATIENCE:
        below = below + 1 if energy[at] < FRAME else 0
        at += step
    return at - step * below


def _silence(left: NDArray[np.float64], start: int, end: int, pitch: int) -> None:
    """A note's own energy and that of its neighbours explain nothing else."""
    left[start:end, max(0, pitch - 1) : pitch + 2] = 0


def _time(frame: int) -> float:
    """Seconds of a frame; each window is a little longer than its frames,
    which adds up (with the package's own alignment of 1.8 ms)."""
    per_window = FRAMES_PER_S * 2
    offset = HOP / RATE * (per_window - WINDOW / HOP) + 0.0018
    return frame * HOP / RATE - offset * (frame // per_window)


def lead(transcribed: list[Note]) -> list[Note]:
    """One voice out of many: of notes that begin together the strongest, which overtones and ghosts
    are not; each ends where the next begins. A weaker note that begins while a stronger one goes on
    is left out."""
    line: list[Note] = []
    for note in sorted(transcribed, key=lambda n: n.start_s):
        if line and note.start_s - line[-1].start_s < TOGETHER_S:
            if note.amplitude > line[-1].amplitude:
                line[-1] = note
        elif not line or note.start_s >= line[-1].end_s - TOGETHER_S or note.amplitude > line[-1].amplitude:
            line.append(note)
    ends = [min(note.end_s, after.start_s) for note, after in pairwise(line)] + [note.end_s for note in line[-1:]]
    return [replace(note, end_s=end) for note, end in zip(line, ends, strict=True)]


def write_midi(line: list[Note], file: Path, tempo: float = 120.0) -> None:
    """Notes as a MIDI file of one track, starting with the first note."""
    import mido

    midi, track = mido.MidiFile(ticks_per_beat=480), mido.MidiTrack()
    midi.tracks.append(track)
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo)))
    begin = line[0].start_s if line else 0.0
    events = [(note.start_s - begin, "note_on", note) for note in line]
    events += [(note.end_s - begin, "note_off", note) for note in line]
    now = 0
    for at, kind, note in sorted(events, key=lambda e: (e[0], e[1] == "note_on")):
        tick = round(mido.second2tick(at, 480, mido.bpm2tempo(tempo)))
        velocity = max(1, min(127, round(127 * note.amplitude)))
        track.append(mido.Message(kind, note=note.pitch, velocity=velocity, time=tick - now))
        now = tick
    midi.save(str(file))


def _packaged() -> Path:
    spec = importlib.util.find_spec("basic_pitch")
    for root in (spec.submodule_search_locations if spec else None) or ():
        if (file := Path(root) / "saved_models" / "icassp_2022" / "nmp.onnx").is_file():
            return file
    raise ModelError(
        "Basic Pitch's model nmp.onnx is not installed, by which audio becomes notes.",
        "Run: pip install --no-deps basic-pitch (its other requirements are not needed), or give its path: "
        "-o transcription_model=/path/to/nmp.onnx",
    )
