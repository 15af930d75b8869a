"""One door to what plays notes: parts in, samples out, and a record of what made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mudata.catalog.render import fluidsynth_engine, soundfonts, tinysoundfont_engine
from mudata.catalog.render.events import LONGEST_S, RenderedPart, check
from mudata.catalog.render.integer_tables import RATE
from mudata.catalog.render.synthesiser import FULL_NOTE, VERSION, synthesise
from mudata.errors import AudioError, MissingSoundfont

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from mudata.catalog.render.soundfonts import Soundfont

EngineName = Literal["embedded", "tinysoundfont", "fluidsynth"]
EngineChoice = Literal["embedded", "tinysoundfont", "fluidsynth", "soundfont"]

PEAK = 0.9
"""Of every rendering: models hear pieces equally loud, and nothing clips."""

FADE_S = 0.01
"""At both ends, so that a cut does not click."""

QUIETEST = 1e-4
"""Of a note at full velocity: what stays below, 80 dB, is silence."""

TAIL_S = 1.0
"""How long the last notes may ring where no length is asked for."""


@dataclass(frozen=True)
class RenderingRecord:
    """What made the samples, as it goes into runs and cards."""

    engine: EngineName
    version: str
    rate: int
    gain: float
    """Factor by which the engine's own sound was scaled to PEAK."""
    soundfont: str | None = None
    soundfont_sha256: str | None = None
    soundfont_licence: str | None = None


@dataclass(frozen=True, eq=False)
class Rendering:
    samples: NDArray[np.float32]
    """Shape (n,), mono, or (n, 2); peak 0.9."""
    record: RenderingRecord


def render(
    parts: Sequence[RenderedPart],
    *,
    seconds: float | None = None,
    skip_s: float = 0.0,
    engine: EngineChoice = "embedded",
    soundfont: Path | None = None,
    channels: Literal[1, 2] = 1,
) -> Rendering:
    """Play parts from 0 s on, for `seconds` or until the last note has rung; the first `skip_s` of it are not kept.

    Mono is the mean of left and right. `engine` "soundfont" is the first that is there of those that play one. Raises
    AudioError: `silent`, where nothing is heard in that time, and what `events.check` and the engine raise;
    MissingSoundfont.
    """
    end = check(parts)
    length = end + TAIL_S if seconds is None else seconds
    if length > LONGEST_S + TAIL_S:
        raise AudioError("too_long", f"{length:.0f} s are asked for; at most {LONGEST_S:.0f} s are rendered.")
    if engine == "embedded":
        sound, full_note, record = _embedded(parts, length)
    else:
        font = soundfonts.find(soundfont)
        sound, full_note, record = _recorded(parts, length, player() if engine == "soundfont" else engine, font)
    return _finished(sound[round(skip_s * record.rate) :], full_note, record, channels)


def player() -> EngineName:
    """What plays soundfonts here. Raises MissingSoundfont."""
    if tinysoundfont_engine.is_there():
        return "tinysoundfont"
    if fluidsynth_engine.is_there():
        return "fluidsynth"
    raise MissingSoundfont(
        "There is nothing on this machine that plays soundfonts.",
        f"Run: {tinysoundfont_engine.INSTALL}, or: {fluidsynth_engine.INSTALL}",
    )


def _embedded(parts: Sequence[RenderedPart], seconds: float) -> tuple[Any, float, RenderingRecord]:
    """Sound of shape (n, 2), the level of a full note in it, and the record."""
    left, right = synthesise(parts, ceil(seconds * RATE))
    return np.stack([left, right], axis=1), FULL_NOTE, RenderingRecord("embedded", str(VERSION), RATE, 1.0)


def _recorded(
    parts: Sequence[RenderedPart], seconds: float, name: EngineName, font: Soundfont
) -> tuple[Any, float, RenderingRecord]:
    module = tinysoundfont_engine if name == "tinysoundfont" else fluidsynth_engine
    sound = module.play(parts, seconds, font)
    return sound, 1.0, RenderingRecord(name, module.version(), module.RATE, 1.0, font.name, font.sha256, font.licence)


def _finished(sound: Any, full_note: float, record: RenderingRecord, channels: int) -> Rendering:
    """Faded at both ends and scaled. Each sample is multiplied and rounded once, alike on every machine."""
    wave = sound.astype(np.float64)
    if channels == 1:
        wave = wave.mean(axis=1, keepdims=True)
    fade = min(round(FADE_S * record.rate), len(wave) // 2)
    ramp = np.arange(fade)[:, None] / max(fade, 1)
    wave[:fade] *= ramp
    wave[len(wave) - fade :] *= ramp[::-1]
    loudest = float(np.abs(wave).max(initial=0.0))
    if loudest < QUIETEST * full_note:
        raise AudioError("silent", "Nothing is heard in what was rendered.", "Choose a window in which notes sound.")
    gain = PEAK / loudest
    samples = (wave * gain).astype(np.float32)
    return Rendering(samples[:, 0] if channels == 1 else samples, replace(record, gain=gain))
