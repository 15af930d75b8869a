"""Soundfonts played by the program fluidsynth (LGPL-2.1), which renders a MIDI file as fast as it can.

A note that never ends would be rendered for ever: all are closed in the file, and the process has limits of time and of
size nevertheless. Reverb and chorus, which are on by default, are off.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mudata.catalog.render.channel_messages import FULL_LEVEL, ChannelMessage, groups, messages
from mudata.errors import AudioError, MissingSoundfont

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mudata.catalog.render.events import RenderedPart
    from mudata.catalog.render.soundfonts import Soundfont

RATE = 44_100
INSTALL = "apt-get install --no-install-recommends fluidsynth"

_GAIN = 0.6
"""Of the synthesiser; its own default, 0.2, is quiet. Samples are floats, so that more than full scale is no harm."""

_TICKS = 24_000
"""A second, as one beat of the file."""

_LEAST_S, _SLOWEST = 60.0, 2.0
"""Seconds that the process may take: so many, and so many times as long as the music. It was seen at 0.13 times."""

_TELLS_S = 20.0
"""Seconds in which it tells its version; it was seen at 0.02."""

_LONGER_S = 30.0
"""Seconds of sound beyond the music after which it is stopped: notes ring 1.5 to 3 s."""

_NO_PRESET = re.compile(r"(?:No preset found|Instrument not found) on channel (?!9 )\d+ \[bank=\d+ prog=(\d+)\]")
"""What it says when it plays another instrument instead, or none; kits of drums fall back to the first one."""


def is_there() -> bool:
    return shutil.which("fluidsynth") is not None


@lru_cache(maxsize=1)
def version() -> str:
    """As the program tells it. Raises AudioError `engine_failed`: it cannot be started, or tells nothing."""
    try:
        told = subprocess.run(
            ["fluidsynth", "--version"], capture_output=True, text=True, errors="replace", timeout=_TELLS_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = error.strerror if isinstance(error, OSError) else f"no answer in {_TELLS_S:.0f} s"
        raise AudioError("engine_failed", f"'fluidsynth --version' failed: {why}.", f"Run: {INSTALL}") from error
    found = re.search(r"runtime version (\S+)", told.stdout)
    return found[1] if found else "unknown"


def play(parts: Sequence[RenderedPart], seconds: float, soundfont: Soundfont) -> NDArray[np.float32]:
    """Shape (n, 2), at RATE; a note at full velocity and gain peaks near 0.5.

    Raises MissingSoundfont: the program is not there; AudioError `engine_failed`: it told an error, or was stopped.
    """
    if not is_there():
        raise MissingSoundfont("The program 'fluidsynth' is not on PATH.", f"Run: {INSTALL}")
    samples = round(seconds * RATE)
    sound = np.zeros((samples, 2), np.float32)
    for group in groups(parts):
        told = messages(group, seconds)
        with tempfile.TemporaryDirectory(prefix="mudata-") as folder:
            played = _run(Path(folder), told, soundfont)[:samples]
        sound[: len(played)] += played
    return sound


def _run(folder: Path, told: Sequence[ChannelMessage], soundfont: Soundfont) -> NDArray[np.float32]:
    import soundfile

    _write(folder / "notes.mid", told)
    wav, complaints = folder / "sound.wav", folder / "complaints.txt"
    command = ["fluidsynth", "-ni", "-q", "-R", "0", "-C", "0", "-g", str(_GAIN), "-r", str(RATE)]
    command += [
        "-f",
        os.devnull,
        "-o",
        "synth.default-soundfont=",
        "-O",
        "float",
        "-T",
        "wav",
        "-F",
        str(wav),
        str(soundfont.path),
        "notes.mid",
    ]
    length = told[-1].at_s
    with complaints.open("wb") as errors:
        try:
            process = subprocess.Popen(command, cwd=folder, stdout=errors, stderr=errors, stdin=subprocess.DEVNULL)
        except OSError as error:
            raise AudioError("engine_failed", f"fluidsynth cannot be started: {error.strerror}") from error
        try:
            stopped = _watch(process, wav, length)
        finally:
            process.kill()
            process.wait()
    said = complaints.read_text("utf-8", "replace")
    if stopped or process.returncode or not wav.exists():
        reason = stopped or (said.strip().splitlines() or [f"it ended with code {process.returncode}"])[-1]
        raise AudioError("engine_failed", f"fluidsynth could not render {length:.0f} s: {reason}")
    if "Failed to load" in said:  # which it ends with code 0 all the same
        raise AudioError("not_a_soundfont", f"fluidsynth cannot load {soundfont.path}", "Give another soundfont.")
    if missing := _NO_PRESET.search(said):
        raise AudioError(
            "no_preset",
            f"The soundfont {soundfont.name} has no program {missing[1]}.",
            "Take one that has all of General MIDI.",
        )
    try:
        samples, _ = soundfile.read(wav, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise AudioError("engine_failed", f"fluidsynth wrote no WAV file: {error.error_string}") from error
    return np.asarray(samples)


def _watch(process: subprocess.Popen[bytes], wav: Path, length: float) -> str | None:
    """Wait for the end; why it has to be stopped before."""
    seconds, most = _LEAST_S + _SLOWEST * length, round((length + _LONGER_S) * RATE * 8)
    deadline = time.monotonic() + seconds
    while True:
        try:
            process.wait(timeout=0.05)
            return None
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                return f"it took more than {seconds:.0f} s"
            if wav.exists() and wav.stat().st_size > most:
                return f"it wrote more than {most:,} bytes"


def _write(path: Path, told: Sequence[ChannelMessage]) -> None:
    import mido

    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000)])
    before = 0
    for message in told:
        at = round(message.at_s * _TICKS)
        for made in _midi(message):
            made.time, before = at - before, at
            track.append(made)
    file = mido.MidiFile(type=0, ticks_per_beat=_TICKS)
    file.tracks.append(track)
    file.save(path)


def _midi(message: ChannelMessage) -> list[Any]:
    import mido

    _, kind, channel, first, second = message
    match kind:
        case "on":
            made = [mido.Message("note_on", note=first, velocity=second)]
        case "off":
            made = [mido.Message("note_off", note=first)]
        case "program":
            made = [mido.Message("program_change", program=first)]
        case "bend":
            made = [mido.Message("pitchwheel", pitch=first - 8192)]
        case "pan":
            made = [mido.Message("control_change", control=10, value=first)]
        case "level":
            made = [mido.Message("control_change", control=7, value=round(127 * math.sqrt(first / FULL_LEVEL)))]
        case "bend_range":  # registered parameter 0 (MIDI 1.0)
            told = ((101, 0), (100, 0), (6, first), (38, 0))
            made = [mido.Message("control_change", control=control, value=value) for control, value in told]
    return [each.copy(channel=channel) for each in made]
