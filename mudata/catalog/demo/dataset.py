"""The demo dataset: music that mudata composes itself,
so that everything can be tried without any host.

Eight styles of twelve clips, each of ten seconds, several bars of drums, bass, chords and melody;
genre, mood, instruments, tempo, key, metre, ensemble and a caption are known because they were
decided first. Everything follows from `composition.SEED`; the result is dedicated to the public
domain (CC0 1.0).
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.demo import synth
from mudata.catalog.demo.composition import CLIPS_PER_STYLE, Piece, caption, plan, render, words
from mudata.catalog.demo.styles import STYLES
from mudata.home import write_atomic
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.execution.executor import Executor

COLUMNS = (
    "id",
    "file",
    "genre",
    "mood",
    "instruments",
    "tempo_bpm",
    "key",
    "time_signature",
    "ensemble",
    "title",
    "caption",
)


def compose(files: Path, progress: Progress = SILENT, _executor: Executor | None = None) -> list[Path]:
    """Write the demo's clips and `demo/clips.csv` below `files`, in this process; what is already there is kept."""
    import soundfile

    written, rows = [], []
    with progress.bar("composing", len(STYLES) * CLIPS_PER_STYLE) as advance:
        for index, style in enumerate(STYLES):
            for number in range(CLIPS_PER_STYLE):
                piece = plan(index, number)
                target = files / "demo" / "audio" / style.genre / f"{piece.id}.flac"
                if not target.exists():
                    sound = io.BytesIO()
                    soundfile.write(sound, render(piece), synth.RATE, format="FLAC", subtype="PCM_16")
                    write_atomic(target, sound.getvalue())
                    written.append(target)
                rows.append(_row(piece, target.relative_to(files).as_posix()))
                advance(1)
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomic(files / "demo" / "clips.csv", table.getvalue())
    return [*written, files / "demo" / "clips.csv"]


def _row(piece: Piece, file: str) -> dict[str, object]:
    return {
        "id": piece.id,
        "file": file,
        "genre": piece.style.genre,
        "mood": piece.style.moods[piece.mode],
        "instruments": ";".join(piece.instruments),
        "tempo_bpm": piece.tempo,
        "key": piece.key,
        "time_signature": f"{piece.style.beats}/4",
        "ensemble": piece.ensemble,
        "title": f"{words(piece.style.genre).capitalize()} no. {piece.number + 1} in {piece.key}",
        "caption": caption(piece),
    }
