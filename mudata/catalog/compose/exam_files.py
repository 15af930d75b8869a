"""The raw files of a composed exam: a WAV file for each piece, and tables of what is known and asked of them.

files/<exam>/
    audio/<id>.wav
    pieces.csv        id, file, track, title
    facts.csv         id, name, value, source
    items.csv         as the index's `items`; clips with blanks between, options with bars
played-<exam>.jsonl   what each file was played by: engine, version, rate, gain (a journal, see `audio.journal`)
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mudata.catalog.audio.journal import Journal
from mudata.catalog.compose.exam_plan import ExamRequest
from mudata.catalog.compose.exam_tables import write_tables
from mudata.catalog.compose.exams import exam_of, planned
from mudata.catalog.compose.performance import perform
from mudata.catalog.compose.playing import engine_of
from mudata.errors import FetchError, HomeError, number, telling_os_errors
from mudata.execution.executor import Call, Executor, Lost
from mudata.execution.local_processes import LOCAL
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mudata.catalog.cards.card_task import Level
    from mudata.catalog.compose.exam_plan import ComposedExam, ComposedItem
    from mudata.catalog.render.renderer import EngineName

PAYS = 8
"""Pieces for which a further process is started: it takes as long to start (0.4 s) as to play them (50 ms each)."""


def compose(
    files: Path,
    progress: Progress = SILENT,
    executor: Executor = LOCAL,
    *,
    exam: str,
    version: int,
    seed: int,
    n: int,
    difficulty: Level,
    engine: EngineName = "embedded",
    soundfont_sha256: str = "",
) -> list[Path]:
    """Write an exam below `files`; what is there of it already is kept.

    Raises UnknownName, ArgumentError for an n that cannot be balanced, FetchError for an exam of another `version` than
    this mudata composes, another soundfont than here, or a piece that cannot be played, MissingSoundfont, HomeError,
    and what the executor raises.
    """
    recipe = exam_of(exam)
    if version != recipe.version:
        raise FetchError(
            f"{exam}: version {version} of this exam is asked for; this mudata composes version {recipe.version}.",
            "Take the mudata that the card was made with, or compose the exam anew.",
        )
    request = ExamRequest(exam=exam, seed=seed, n=n, level=difficulty, engine=engine, soundfont_sha256=soundfont_sha256)
    plan = planned(request)
    folder = files / exam
    with telling_os_errors(), Journal(files.parent / f"played-{exam}.jsonl") as journal:
        _play(request, folder, journal, progress, executor)
        records = {piece.id: journal.get(piece.id)[1] for piece in plan.pieces}
        items = recipe.items_heard(plan, difficulty, records) if recipe.items_heard else plan.items
        _tell_left_out(recipe, n, items, progress)
        written = write_tables(folder, request, items, records)
    return [*(_audio(folder, piece.id) for piece in plan.pieces), *written]


def _tell_left_out(exam: ComposedExam, n: int, items: Sequence[ComposedItem], progress: Progress) -> None:
    for task in exam.tasks if exam.items_heard else ():
        if fewer := n - sum(item.task == task for item in items):
            progress.say(
                f"{exam.name}: {task}: {fewer} of {n} {exam.unit} left out: no two of their clips differ enough."
            )


def _audio(folder: Path, id_: str) -> Path:
    return folder / "audio" / f"{id_}.wav"


def _play(wanted: ExamRequest, folder: Path, journal: Journal, progress: Progress, executor: Executor) -> None:
    plan, engine = planned(wanted), engine_of(wanted)
    settings = asdict(wanted)
    request = [exam_of(wanted.exam).version, settings, engine.version]
    todo = [
        number
        for number, piece in enumerate(plan.pieces)
        if not _is_done(journal, piece.id, request, _audio(folder, piece.id))
    ]
    if not todo:
        return
    calls = (Call([str(_audio(folder, plan.pieces[at].id)), settings, at], plan.pieces[at].duration_s) for at in todo)
    failed: dict[str, str] = {}
    results = executor.map(perform, calls, count=len(todo), pays=PAYS)
    with progress.bar(f"composing {wanted.exam}", len(todo), "pieces") as advance, contextlib.closing(results):
        for at, row in results:
            id_ = plan.pieces[todo[at]].id
            if isinstance(row, Lost):
                failed[id_] = row.how
            elif "fatal" in row:
                raise HomeError(*row["fatal"])
            elif "failed" in row:
                failed[id_] = row["failed"]
            else:
                journal.put(id_, request, row)
            advance(1)
    if failed:
        id_, why = next(iter(failed.items()))
        raise FetchError(f"{number(len(failed), 'piece')} could not be played, such as {id_}: {why}.")


def _is_done(journal: Journal, id_: str, request: list[Any], path: Path) -> bool:
    answered, row = journal.get(id_)
    try:
        return bool(answered == request and path.stat().st_size == row["size"])
    except (OSError, KeyError):
        return False
