"""A piece is played and written as a WAV file; what the pool of processes calls."""

from __future__ import annotations

import os
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.compose.arrangement import PANS, Arrangement, arrange
from mudata.catalog.compose.exam_plan import ExamRequest
from mudata.catalog.compose.exams import exam_of, planned
from mudata.catalog.compose.sound_measures import measured
from mudata.catalog.render.events import RenderedNote, RenderedPart
from mudata.errors import AudioError, from_os_error
from mudata.home import PARTIAL

if TYPE_CHECKING:
    from mudata.catalog.compose.piece import ComposedPiece
    from mudata.catalog.render.renderer import EngineName

_SAMPLE_BYTES = 2
_HEADER_BYTES = 44


def rendered_parts(arrangement: Arrangement) -> list[RenderedPart]:
    """The parts in seconds, as any engine plays them; of a gain of 1 at most."""
    tick_s = arrangement.piece.tick_s
    return [
        RenderedPart(
            program=part.program,
            notes=tuple(RenderedNote(s * tick_s, e * tick_s, pitch, loud) for s, e, pitch, loud in part.notes),
            is_drum=part.role == "drums",
            pan=PANS[part.role],
            gain=min(part.gain, 1.0),
        )
        for part in arrangement.parts
    ]


def perform(call: list[Any]) -> dict[str, Any]:
    """Play one piece of an exam into a file: [path, fields of ExamRequest, number] -> its row in the journal.

    A failure is returned: {'failed': why}, or {'fatal': [what, hint]} where no other piece can be written either.
    """
    path, request, number = call
    wanted = ExamRequest(**request)
    piece = planned(wanted).pieces[number]
    try:
        return _played(piece, Path(path), wanted.engine, listen=exam_of(wanted.exam).items_heard is not None)
    except AudioError as error:
        return {"failed": f"{error.reason}: {error.what}"}
    except OSError as error:
        if known := from_os_error(error):
            return {"fatal": [known.what, known.hint]}
        return {"failed": f"{type(error).__name__}: {error.strerror or error}"}


def _played(piece: ComposedPiece, path: Path, engine: EngineName, *, listen: bool) -> dict[str, Any]:
    import numpy as np

    from mudata.catalog.render.renderer import render

    parts = rendered_parts(arrange(piece))
    rendering = render(parts, seconds=piece.duration_s, engine=engine)
    scaled = rendering.samples * np.float32(32767)
    samples = np.rint(scaled, out=scaled).astype("<i2")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{path.name}{PARTIAL}")
    with wave.open(str(temporary), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(_SAMPLE_BYTES)
        file.setframerate(rendering.record.rate)
        file.writeframes(samples.data)
    temporary.replace(path)
    heard = {}
    if listen:
        notes = [(note.start_s, note.end_s) for note in parts[0].notes]
        heard = measured(rendering.samples, rendering.record.rate, notes)._asdict()
    return {"size": _HEADER_BYTES + _SAMPLE_BYTES * len(samples)} | vars(rendering.record) | heard
