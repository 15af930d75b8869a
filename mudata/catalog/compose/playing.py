"""Which engine plays an exam, as it is recorded: what a piece sounds like is part of what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.catalog.render import fluidsynth_engine, soundfonts, tinysoundfont_engine
from mudata.catalog.render.integer_tables import RATE
from mudata.catalog.render.renderer import player
from mudata.catalog.render.synthesiser import VERSION
from mudata.errors import FetchError

if TYPE_CHECKING:
    from mudata.catalog.compose.exam_plan import ExamRequest
    from mudata.catalog.render.renderer import EngineChoice, EngineName


@dataclass(frozen=True)
class PlayingEngine:
    """An engine of this machine, with its soundfont."""

    name: EngineName
    version: str
    rate: int
    soundfont: str = ""
    soundfont_sha256: str = ""
    soundfont_licence: str = ""

    def __str__(self) -> str:
        font = f" with {self.soundfont} ({self.soundfont_licence})" if self.soundfont else ""
        return f"{self.name} {self.version}{font}"


EMBEDDED = PlayingEngine("embedded", str(VERSION), RATE)


def engine_here(choice: EngineChoice) -> PlayingEngine:
    """The engine of that name on this machine; "soundfont" is the first that is there of those that play one.

    Raises MissingSoundfont, with the command that installs what is missing; AudioError for a soundfont that is none.
    """
    if choice == "embedded":
        return EMBEDDED
    font = soundfonts.find()
    name = player() if choice == "soundfont" else choice
    module = tinysoundfont_engine if name == "tinysoundfont" else fluidsynth_engine
    return PlayingEngine(name, module.version(), module.RATE, font.name, font.sha256, font.licence)


def engine_of(request: ExamRequest) -> PlayingEngine:
    """The engine that a request names. Raises as `engine_here`, and FetchError for another soundfont than the one that
    the exam was composed with."""
    engine = engine_here(request.engine)
    if engine.soundfont_sha256 != request.soundfont_sha256:
        raise FetchError(
            f"{request.exam}: composed with the soundfont {request.soundfont_sha256[:12]}; here is {engine.soundfont}"
            f" ({engine.soundfont_sha256[:12]}).",
            f"Name the other one, {soundfonts.VARIABLE}=/path/to/file.sf2, or compose the exam anew.",
        )
    return engine
