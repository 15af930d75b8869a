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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards import loader
from mudata.catalog.cards.licences import fetch_command
from mudata.catalog.index import database
from mudata.catalog.splits import manifest
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.answer_import import formats
from mudata.evaluation.answer_import.import_run import IMPORTED, Import, reasons
from mudata.evaluation.answer_import.matching import ClipNames, Joined, join, without_ending
from mudata.evaluation.answer_import.references import canonical_references, disagreement
from mudata.evaluation.run import Run
from mudata.evaluation.scoring import score
from mudata.evaluation.tasks.indexed_clips import IndexedItem, clip_rows, item_rows
from mudata.evaluation.tasks.sample_selection import SampleRequest, select
from mudata.evaluation.tasks.samples import ClipFile, Sample, SampleSet
from mudata.evaluation.tasks.task import bind_all
from mudata.jsonl import digest
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.evaluation.answer_import.formats import FileAnswer
    from mudata.evaluation.answer_import.import_request import ImportRequest
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
    given = formats.read(request.file, request.format, request.fields)
    settled: dict[str, Any] = {"references": request.references}
    if request.references == "file":
        joined, selection = _from_file(home, request, given)
    else:
        joined, selection = _from_index(home, request, given)
        settled |= disagreement(selection, joined)
    made = Import(request, selection, joined, settled)
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


def _from_index(home: Home, request: ImportRequest, given: Sequence[FileAnswer]) -> tuple[Joined, SampleSet]:
    """Join to the clips or items of the index,
    and look up what is right about those of the split, the part or the file."""
    drawn = manifest.load(home, request.split) if request.split else None
    datasets = drawn.datasets if drawn else (loader.load(str(request.dataset)).name,)
    tasks = bind_all([loader.load(name) for name in datasets], request.task, stratify=drawn.stratify if drawn else ())
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
    joined = join(given, _names(rows, items if tasks[0].is_exact else None))
    if not joined.answers:
        raise _nothing(request, joined)
    if drawn is None:
        clips = {item.item_id: item.clips for item in items}
        named = {clip_id for answered in joined.answers for clip_id in clips.get(answered, (answered,))}
        members = sorted(parts if parts is not None else named)
        part = request.part.replace("/", "-") if request.part else IMPORTED
        drawn = manifest.Manifest(
            name=f"{datasets[0]}-{IMPORTED}",
            datasets=datasets,
            query={IMPORTED: request.file.name},
            seed=0,
            stratify=(),
            group=(),
            parts={part: tuple(manifest.Member(clip_id, None) for clip_id in members)},
            index_sha256={},
            card_sha256={},
        ).sealed()
        selection = select(home, drawn, SampleRequest(task=request.task, part=part, audio=False))
        if parts is None:  # of items whose clips are in the file, only those that are in it
            asked_of = tuple(item for item in selection.items if item.item_id in joined.answers)
            selection = replace(selection, items=asked_of, torn=0)
    else:
        selection = select(home, drawn, SampleRequest(task=request.task, part=request.part, audio=False))
    asked = {item.item_id for item in selection.items}
    outside = tuple(
        (answer, f"{item_id} is not asked") for item_id, answer in joined.answers.items() if item_id not in asked
    )
    if len(outside) == len(joined.answers):
        raise _nothing(request, replace(joined, lost=outside))
    answers = {item_id: answer for item_id, answer in joined.answers.items() if item_id in asked}
    return replace(joined, answers=answers, lost=(*joined.lost, *outside)), selection


def _names(rows: Iterable[tuple[str, str | None]], items: Sequence[IndexedItem] | None) -> Iterator[ClipNames]:
    """What answers may be about: clips (id and path), or the items of a task that has some."""
    if items is None:
        yield from (ClipNames(*row) for row in rows)
        return
    paths = dict(rows)
    for item in items:
        clip_id = item.clips[0] if len(item.clips) == 1 else None
        yield ClipNames(item.item_id, paths.get(clip_id) if clip_id else None, clip_id)


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


def _not_known(answer: FileAnswer, noun: str, dataset: str) -> str:
    if not answer.references:
        return "there is no reference" + (f": {answer.no_reference} is none" if answer.no_reference else "")
    return f"{', '.join(map(repr, answer.references))} is no {noun} of {dataset}"


def _from_file(home: Home, request: ImportRequest, given: Sequence[FileAnswer]) -> tuple[Joined, SampleSet]:
    """Take the file at its word: its names are the clips, its references are right. Of whom they are, the index tells
    where the dataset is in it."""
    card = loader.load(str(request.dataset))
    task = bind_all([card], request.task)[0]
    names = _shortest({answer.ids[0] for answer in given if answer.ids})
    clips = {name: f"{card.name}/{short}" for name, short in names.items()}
    joined = join(
        [replace(answer, ids=(clips[answer.ids[0]],)) if answer.ids else answer for answer in given],
        [ClipNames(clip_id) for clip_id in clips.values()],
    )
    right = {clip_id: canonical_references(task, answer.references) for clip_id, answer in joined.answers.items()}
    indexed = _indexed(home, card.name, joined.answers)
    items = tuple(
        Sample(
            item_id=clip_id,
            dataset=card.name,
            references=references,
            clips=(
                ClipFile(
                    clip_id=clip_id,
                    path=None,
                    sample_rate=0,
                    absent=IMPORTED,
                    **indexed.get(clip_id, {"pcm_sha256": ""}),
                ),
            ),
        )
        for clip_id, references in sorted(right.items())
        if references
    )
    if not items:
        raise EvaluationError(
            f"No answer of {request.file} has a reference that is a {task.noun} of {card.name}.",
            "Fetch the dataset and leave --references file out, or choose another --task.",
        )
    without = [answer for clip_id, answer in joined.answers.items() if not right[clip_id]]
    lost = (*joined.lost, *((answer, _not_known(answer, task.noun, card.name)) for answer in without))
    split_sha256 = digest(sorted(right.items()))
    selection = SampleSet(
        split=f"{card.name}-{IMPORTED}",
        split_sha256=split_sha256,
        index_sha256={},
        part=IMPORTED,
        limit=None,
        tasks={card.name: task},
        items=items,
        train=(),
        skipped=len(without),
        constants={},
    )
    answers = {item.item_id: joined.answers[item.item_id] for item in items}
    return replace(joined, answers=answers, lost=lost), selection


def _indexed(home: Home, dataset: str, answers: Mapping[str, FileAnswer]) -> dict[str, dict[str, Any]]:
    """What the index knows of the clips that a file is about, as it decides clusters, by clip id of the file."""
    if database.current_generation(home, dataset) is None:
        return {}
    with database.snapshot(home) as connection:
        rows = clip_rows(connection, [dataset])
    of_place = {answer.place: clip_id for clip_id, answer in answers.items()}
    found = join(answers.values(), (ClipNames(row.clip_id, row.source_path) for row in rows.values())).answers
    return {
        of_place[answer.place]: {
            "pcm_sha256": rows[clip_id].hash or "",
            "source_sha256": rows[clip_id].source_sha256,
            "artist": rows[clip_id].artist,
            "album": rows[clip_id].album,
            "track": rows[clip_id].track,
        }
        for clip_id, answer in found.items()
    }


def _shortest(names: Iterable[str]) -> dict[str, str]:
    """The shortest tails of paths, without the endings of audio files, that tell all names
    apart."""
    parts = {name: without_ending(name.strip().replace("\\", "/")).strip("/").split("/") for name in names}
    deepest = max(map(len, parts.values()))
    for depth in range(1, deepest + 1):
        short = {name: "/".join(path[-depth:]) for name, path in parts.items()}
        if len(set(short.values())) == len(short):
            break
    return short


def _nothing(request: ImportRequest, joined: Joined) -> EvaluationError:
    where = f"split {request.split}" if request.split else str(request.dataset)
    return EvaluationError(
        f"None of the {len(joined.lost)} answers of {request.file} is about a clip of {where}: {reasons(joined)}",
        "Check --split or --dataset, and where the file names its clips (--id-field).",
    )
