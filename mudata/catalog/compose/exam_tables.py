"""The tables of a composed exam: what is known of its clips, and what is asked of them, as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from mudata.catalog.compose.exams import exam_of, planned
from mudata.catalog.compose.sound_measures import SoundMeasures
from mudata.home import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from mudata.catalog.compose.exam_plan import ComposedItem, ExamRequest

PIECE_COLUMNS = ("id", "file", "track", "title")
FACT_COLUMNS = ("id", "name", "value", "source")
ITEM_COLUMNS = ("id", "task", "clips", "question", "options", "truth", "category", "cluster", "difficulty")


def write_tables(
    folder: Path, request: ExamRequest, items: Sequence[ComposedItem], records: Mapping[str, Mapping[str, Any]]
) -> list[Path]:
    """Write pieces.csv, facts.csv and items.csv into `folder`; `records` say how each clip was played."""
    plan, exam = planned(request), exam_of(request.exam)
    known = {"exam": f"{exam.name} {exam.version}", "difficulty": request.level}
    pieces = [
        (piece.id, f"{folder.name}/audio/{piece.id}.wav", piece.source, f"{piece.idiom.capitalize()} in {piece.key}")
        for piece in plan.pieces
    ]
    facts = [
        (piece.id, name, value, source)
        for piece in plan.pieces
        for source, told in (
            ("construction", piece.facts() | known),
            ("", _heard(records[piece.id])),
        )
        for name, value in told.items()
    ]
    rows = [
        (
            item.id, item.task, " ".join(item.clips), item.question or "", "|".join(item.options), item.truth,
            item.category or "", item.cluster, request.level,
        )
        for item in items
    ]  # fmt: skip
    return [
        _write(folder / "pieces.csv", PIECE_COLUMNS, pieces),
        _write(folder / "facts.csv", FACT_COLUMNS, facts),
        _write(folder / "items.csv", ITEM_COLUMNS, rows),
    ]


def _heard(record: Mapping[str, Any]) -> dict[str, str]:
    """What is known of a clip's sound: who played it, and what was measured."""
    told = {
        "engine": "{engine} {version}".format_map(record),
        "engine_gain": repr(record["gain"]),
        "soundfont": record["soundfont"],
        "soundfont_sha256": record["soundfont_sha256"],
        "soundfont_licence": record["soundfont_licence"],
    }
    measures = {name: f"{record[name]:.6g}" for name in SoundMeasures._fields if name in record}
    return {name: value for name, value in (told | measures).items() if value}


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_atomic(path, text.getvalue())
    return path
