"""Clips that are MIDI on their way to a model: as a file of notes that holds just what is asked about, or as sound."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.read.source_file import reading
from mudata.catalog.symbolic.excerpt import excerpts
from mudata.errors import AudioError
from mudata.object_store.local_cache import at_hand

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.catalog.render.renderer import EngineChoice, RenderingRecord
    from mudata.evaluation.tasks.samples import ClipFile


class NotesFile:
    """A MIDI file with nothing but what is asked about, for as long as this object lives."""

    def __init__(self, clips: Sequence[ClipFile], path: Path, gap_s: float) -> None:
        """Several clips, which are stretches of equal place in one file, stand one after the other. Raises
        AudioError."""
        first = clips[0]
        if any((one.path, one.start_s, one.duration_s) != (path, first.start_s, first.duration_s) for one in clips):
            raise AudioError("too-many-clips", f"{len(clips)} clips of different MIDI files cannot be read as one")
        with at_hand(path), reading(path):
            data = path.read_bytes()
        notes = excerpts(data, first.start_s, first.duration_s or 0.0, [one.semitones for one in clips], gap_s)
        folder = Path(tempfile.mkdtemp(prefix="mudata-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.path = folder / path.name
        self.path.write_bytes(notes)


def rendered(
    clip_file: ClipFile, path: Path, rate: int | None, longest: float | None, engine: EngineChoice
) -> tuple[NDArray[np.float32], int, RenderingRecord]:
    """What a clip sounds like: mono, at `rate` Hz (None: the engine's own), no more than `longest` seconds.

    Raises AudioError, MissingSoundfont.
    """
    import soxr

    from mudata.catalog.render.midi_file import render_midi

    known = [seconds for seconds in (clip_file.duration_s, longest) if seconds is not None]
    with at_hand(path):
        made = render_midi(
            path,
            start_s=clip_file.start_s,
            seconds=min(known, default=None),
            semitones=clip_file.semitones,
            engine=engine,
        )
    record = made.record
    if rate is None or rate == record.rate:
        return made.samples, record.rate, record
    return soxr.resample(made.samples, record.rate, rate, quality="HQ"), rate, record
