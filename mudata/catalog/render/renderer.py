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
        sides, full_note, record = _embedded(parts, length)
    else:
        font = soundfonts.find(soundfont)
        sides, full_note, record = _recorded(parts, length, player() if engine == "soundfont" else engine, font)
    skipped = round(skip_s * record.rate)
    return _finished([side[skipped:] for side in sides], full_note, record, channels)


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


def _embedded(parts: Sequence[RenderedPart], seconds: float) -> tuple[Sequence[Any], float, RenderingRecord]:
    """Left and right, shape (n,) each, the level of a full note in them, and the record."""
    return synthesise(parts, ceil(seconds * RATE)), FULL_NOTE, RenderingRecord("embedded", str(VERSION), RATE, 1.0)


def _recorded(
    parts: Sequence[RenderedPart], seconds: float, name: EngineName, font: Soundfont
) -> tuple[Sequence[Any], float, RenderingRecord]:
    module = tinysoundfont_engine if name == "tinysoundfont" else fluidsynth_engine
    sound = module.play(parts, seconds, font)
    return sound.T, 1.0, RenderingRecord(name, module.version(), module.RATE, 1.0, font.name, font.sha256, font.licence)


def _finished(sides: Sequence[Any], full_note: float, record: RenderingRecord, channels: int) -> Rendering:
    """Left and right, faded at both ends and scaled. Each sample outside of the fades is multiplied and rounded once,
    alike on every machine: that a mean is half a sum goes into the factor, which rounds nothing."""
    whole = np.issubdtype(sides[0].dtype, np.integer)
    planes = [np.add(*sides, dtype=np.int32 if whole else np.float64)] if channels == 1 else sides
    part = 0.5 if channels == 1 else 1.0
    n = len(planes[0])
    fade = min(round(FADE_S * record.rate), n // 2)
    ramp = np.arange(fade) / max(fade, 1)
    ends = [(plane[:fade] * part * ramp, plane[n - fade :] * part * ramp[::-1]) for plane in planes]
    loudest = max(
        float(max(values.max(initial=0) * by, values.min(initial=0) * -by))
        for plane, (head, tail) in zip(planes, ends, strict=True)
        for values, by in ((plane[fade : n - fade], part), (head, 1.0), (tail, 1.0))
    )
    if loudest < QUIETEST * full_note:
        raise AudioError("silent", "Nothing is heard in what was rendered.", "Choose a window in which notes sound.")
    gain = PEAK / loudest
    samples = np.empty((n, channels), np.float32)
    for at, (plane, (head, tail)) in enumerate(zip(planes, ends, strict=True)):
        np.multiply(plane, part * gain, out=samples[:, at], dtype=np.float64, casting="same_kind")
        samples[:fade, at], samples[n - fade :, at] = head * gain, tail * gain
    return Rendering(samples[:, 0] if channels == 1 else samples, replace(record, gain=gain))
