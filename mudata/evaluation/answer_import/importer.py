"""Answers that were made elsewhere, as an ordinary run:
`score`, `compare`, `report` and `show` work on it.

    read the file -> join its answers to clips or items -> look up their references -> write the run

Scoring needs no audio, so the clips may be 'missing'; where a dataset is not even indexed, the
file's own references can stand in. Clips of the split without an answer in the file are failures
and count as wrong.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards import loader
from mudata.catalog.cards.licences import fetch_command
from mudata.catalog.index import database
from mudata.catalog.splits import manifest
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.answer_import import formats
from mudata.evaluation.answer_import.asked_items import ClipNames
from mudata.evaluation.answer_import.asked_passes import as_told, in_passes
from mudata.evaluation.answer_import.file_items import items_of_file
from mudata.evaluation.answer_import.import_run import IMPORTED, Import, reasons
from mudata.evaluation.answer_import.matching import Joined, item_of, join
from mudata.evaluation.answer_import.references import disagreement
from mudata.evaluation.run import Run
from mudata.evaluation.scoring import score
from mudata.evaluation.tasks.indexed_clips import IndexedItem, item_rows
from mudata.evaluation.tasks.sample_selection import SampleRequest, select
from mudata.evaluation.tasks.task import bind_all
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.evaluation.answer_import.formats import FileAnswer
    from mudata.evaluation.answer_import.import_request import ImportRequest
    from mudata.evaluation.tasks.samples import SampleSet
    from mudata.evaluation.tasks.task import Task
    from mudata.home import Home


def import_answers(home: Home, request: ImportRequest, progress: Progress = SILENT) -> Run:
    """Make a run of a file of answers, and score it. The same file again is the same run.

    Raises UnknownName (dataset, split, part, task),
    EvaluationError where the file cannot be read or nothing joins.
    """
    if (request.split is None) == (request.dataset is None):
        raise EvaluationError("Either a split or a dataset is needed.", "Give --split NAME or --dataset NAME.")
    if request.references == "file" and request.split:
        raise EvaluationError(
            "A split has its references in the index.", "Give --dataset with --references file, or leave both out."
        )
    drawn = manifest.load(home, request.split) if request.split else None
    datasets = drawn.datasets if drawn else (loader.load(str(request.dataset)).name,)
    tasks = bind_all([loader.load(name) for name in datasets], request.task, stratify=drawn.stratify if drawn else ())
    given = formats.read(request.files, request.format, request.fields, by_question=tasks[0].is_exact)
    settled: dict[str, Any] = {"references": request.references}
    if request.references == "file":
        joined, selection = items_of_file(home, request, tasks[0], given)
    else:
        joined, selection = _from_index(home, request, drawn, tasks, given)
        settled |= disagreement(selection, joined)
    made = Import(request, as_told(selection, request), joined, settled)
    run = Run(home.runs / made.run_id)
    with run.writing(home), _whole_or_not_at_all(run, home) as writing:
        writing.begin(made.settings(), selection.items, made.prompts)
        writing.replace(made.records())
        for line in made.notes():
            progress.say(line)
        score.score(writing, progress)
    database.rebuild(home)
    return run


@contextlib.contextmanager
def _whole_or_not_at_all(run: Run, home: Home) -> Iterator[Run]:
    """The run to write to: itself if it is there, else one of its name elsewhere, which is moved to
    its place once all of it is there. Hold `run.writing`."""
    if run.folder.exists():
        yield run
        return
    folder = home.root / "importing" / run.id
    shutil.rmtree(folder, ignore_errors=True)  # what a kill left
    try:
        yield Run(home.make(folder))
        home.make(home.runs)
        folder.rename(run.folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()


def _from_index(
    home: Home,
    request: ImportRequest,
    drawn: manifest.Manifest | None,
    tasks: Sequence[Task],
    given: Sequence[FileAnswer],
) -> tuple[Joined, SampleSet]:
    """Join to the clips or items of the index,
    and look up what is right about those of the split, the part or the file."""
    datasets = tuple(task.dataset for task in tasks)
    if absent := [name for name in datasets if database.current_generation(home, name) is None]:
        raise EvaluationError(
            f"{', '.join(absent)} is not in the index, which has the references.",
            f"Run: {fetch_command(absent[0], home)}, or take the references from the file: --references file",
        )
    with database.snapshot(home) as connection:
        rows = connection.execute(
            "SELECT clip_id, source_path FROM clips WHERE list_contains(?, dataset) ORDER BY clip_id", [list(datasets)]
        ).fetchall()
        items = item_rows(connection, (task for task in tasks if task.is_exact))
        if drawn is None:
            parts = _published(connection, datasets[0], request.part) if request.part else None
    if not rows:
        raise EvaluationError(
            f"{', '.join(datasets)} is in the index without any clip.",
            f"List what has no audio as well: {fetch_command(datasets[0], home)} --where true;"
            " or take the references from the file: --references file",
        )
    joined = join(given, _names(rows, items if tasks[0].is_exact else None), several=tasks[0].is_exact)
    if not joined.answers:
        raise _nothing(request, joined)
    if drawn is None:
        clips = {item.item_id: item.clips for item in items}
        answered = {item_of(name, joined.passes) for name in joined.answers}
        named = {clip_id for item_id in answered for clip_id in clips.get(item_id, (item_id,))}
        members = sorted(parts if parts is not None else named)
        part = request.part.replace("/", "-") if request.part else IMPORTED
        drawn = manifest.Manifest(
            name=f"{datasets[0]}-{IMPORTED}",
            datasets=datasets,
            query={IMPORTED: request.name},
            seed=0,
            stratify=(),
            group=(),
            parts={part: tuple(manifest.Member(clip_id, None) for clip_id in members)},
            index_sha256={},
            card_sha256={},
        ).sealed()
        selection = select(home, drawn, _as_written(request, part))
        if parts is None:  # of items whose clips are in the file, only those that are in it
            asked_of = tuple(item for item in selection.items if item.item_id in answered)
            selection = replace(selection, items=asked_of, torn=0)
    else:
        selection = select(home, drawn, _as_written(request, request.part))
    selection = in_passes(selection, joined)
    asked = {item.item_id for item in selection.items}
    outside = tuple(
        (answer, f"{item_id} is not asked") for item_id, answer in joined.answers.items() if item_id not in asked
    )
    if len(outside) == len(joined.answers):
        raise _nothing(request, replace(joined, lost=outside))
    answers = {item_id: answer for item_id, answer in joined.answers.items() if item_id in asked}
    return replace(joined, answers=answers, lost=(*joined.lost, *outside)), selection


def _as_written(request: ImportRequest, part: str | None) -> SampleRequest:
    """Every item once, with its options in the order of the index: the file says how they were shown."""
    return SampleRequest(task=request.task, part=part, audio=False, options_order="published")


def _names(rows: Iterable[tuple[str, str | None]], items: Sequence[IndexedItem] | None) -> Iterator[ClipNames]:
    """What answers may be about: clips (id and path), or the items of a task that has some."""
    if items is None:
        yield from (ClipNames(*row) for row in rows)
        return
    paths = dict(rows)
    for item in items:
        clip_id = item.clips[0] if len(item.clips) == 1 else None
        yield ClipNames(
            item.item_id,
            paths.get(clip_id) if clip_id else None,
            clip_id,
            clips=tuple(paths.get(heard) or heard for heard in item.clips),
            question=item.question,
            options=item.options,
            truth=item.truth,
        )


def _published(connection: Any, dataset: str, part: str) -> list[str]:
    """Clip ids of a part of a published split, named by itself or as split/part."""
    parts = "SELECT DISTINCT split, part FROM official_splits WHERE dataset = ?"
    rows = connection.execute(parts, [dataset]).fetchall()
    known = {f"{split}/{name}": (split, name) for split, name in rows}
    fits = [pair for name, pair in known.items() if part in (name, pair[1])]
    if len(fits) != 1:
        raise UnknownName(f"one part of {dataset}'s published splits", part, known, "Choose one with --part.")
    query = "SELECT DISTINCT clip_id FROM official_splits WHERE dataset = ? AND split = ? AND part = ?"
    return [row[0] for row in connection.execute(query, [dataset, *fits[0]]).fetchall()]


def _nothing(request: ImportRequest, joined: Joined) -> EvaluationError:
    where = f"split {request.split}" if request.split else str(request.dataset)
    return EvaluationError(
        f"None of the {len(joined.lost)} answers of {request.name} is about a clip of {where}: {reasons(joined)}",
        "Check --split or --dataset, and where the file names its clips (--id-field).",
    )
