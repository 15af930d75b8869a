"""A file of answers taken at its word: its names are the clips or items, its references are right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards import loader
from mudata.catalog.index import database
from mudata.errors import EvaluationError
from mudata.evaluation.answer_import.asked_items import ClipNames
from mudata.evaluation.answer_import.asked_passes import in_passes
from mudata.evaluation.answer_import.clip_names import file_stem, without_ending
from mudata.evaluation.answer_import.file_answer import FileAnswer, of_letters
from mudata.evaluation.answer_import.import_run import IMPORTED
from mudata.evaluation.answer_import.matching import Joined, item_of, join
from mudata.evaluation.answer_import.references import canonical_references
from mudata.evaluation.tasks.indexed_clips import clip_rows
from mudata.evaluation.tasks.samples import ClipFile, Sample, SampleSet
from mudata.jsonl import digest

if TYPE_CHECKING:
    from mudata.evaluation.answer_import.import_request import ImportRequest
    from mudata.evaluation.tasks.task import Task
    from mudata.home import Home


def _not_known(answer: FileAnswer, noun: str, dataset: str) -> str:
    if not answer.references:
        return "there is no reference" + (f": {answer.no_reference} is none" if answer.no_reference else "")
    return f"{', '.join(map(repr, answer.references))} is no {noun} of {dataset}"


def items_of_file(
    home: Home, request: ImportRequest, task: Task, given: Sequence[FileAnswer]
) -> tuple[Joined, SampleSet]:
    """Take the file at its word: its names are the clips, its references are right. Of whom they are, the index tells
    where the dataset is in it. Items have the question and the options of the file."""
    names = _shortest({answer.ids[0] for answer in given if answer.ids})
    clips = {name: f"{task.dataset}/{short}" for name, short in names.items()}
    joined = join(
        [replace(answer, ids=(clips[answer.ids[0]],)) if answer.ids else answer for answer in given],
        [ClipNames(clip_id) for clip_id in clips.values()],
        several=task.is_exact,
    )
    fixed = _fixed_options(task)
    by_item: defaultdict[str, list[FileAnswer]] = defaultdict(list)
    for answered, answer in joined.answers.items():
        by_item[item_of(answered, joined.passes)].append(answer)
    right = {item_id: _right(task, answers, fixed) for item_id, answers in by_item.items()}
    heard = {item_id: _heard(task.dataset, item_id, answers[0]) for item_id, answers in by_item.items()}
    indexed = _indexed(home, task.dataset, {clip_id: name for clips in heard.values() for clip_id, name in clips})
    items = tuple(
        Sample(
            item_id=item_id,
            dataset=task.dataset,
            references=references,
            clips=tuple(
                ClipFile(clip_id=clip_id, path=None, sample_rate=0, absent=IMPORTED, **indexed[clip_id])
                for clip_id, _ in heard[item_id]
            ),
            question=by_item[item_id][0].question if task.is_exact else None,
            options=(by_item[item_id][0].options or fixed) if task.is_exact else (),
        )
        for item_id, references in sorted(right.items())
        if references
    )
    if not items:
        raise EvaluationError(
            f"No answer of {request.name} has a reference that is a {task.noun} of {task.dataset}.",
            "Fetch the dataset and leave --references file out, or choose another --task.",
        )
    without = [answer for item_id, answers in by_item.items() if not right[item_id] for answer in answers]
    lost = (*joined.lost, *((answer, _not_known(answer, task.noun, task.dataset)) for answer in without))
    selection = SampleSet(
        split=f"{task.dataset}-{IMPORTED}",
        split_sha256=digest(sorted(right.items())),
        index_sha256={},
        part=IMPORTED,
        limit=None,
        tasks={task.dataset: replace(task, exam=task.exam.of_unknown_items()) if task.exam else task},
        items=items,
        train=(),
        skipped=len(without),
        constants={},
    )
    kept = {name: answer for name, answer in joined.answers.items() if right[item_of(name, joined.passes)]}
    joined = replace(joined, answers=kept, lost=lost)
    return joined, in_passes(selection, joined)


def _fixed_options(task: Task) -> tuple[str, ...]:
    """The options that the card gives every item, or those of the kind, for files that do not have them."""
    exam = loader.load(task.dataset).exam
    items = [items for items in exam.items if items.task == task.name] if exam else []
    fixed = items[0].options.fixed if items and items[0].options else ()
    return fixed or task.kind_options


def _right(task: Task, answers: Sequence[FileAnswer], fixed: tuple[str, ...]) -> tuple[str, ...]:
    """What is right about an item, as the first of its answers that says it has it."""
    for answer in answers:
        options = answer.options or fixed
        if found := canonical_references(task, of_letters(answer.references, options), options):
            return found
    return ()


def _heard(dataset: str, item_id: str, answer: FileAnswer) -> list[tuple[str, str]]:
    """The clips of an item, by id, with the name that the file has for each."""
    if not answer.clips:
        return [(item_id, item_id)]
    return [(f"{dataset}/{file_stem(name)}", name) for name in answer.clips]


def _indexed(home: Home, dataset: str, names: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What the index knows of clips, as it decides clusters, by their ids in the file; `names` are the file's."""
    known: dict[str, dict[str, Any]] = {clip_id: {"pcm_sha256": ""} for clip_id in names}
    if database.current_generation(home, dataset) is None:
        return known
    with database.snapshot(home) as connection:
        rows = clip_rows(connection, [dataset])
    ids = list(names)
    named = [FileAnswer(place, (names[clip_id],), None) for place, clip_id in enumerate(ids)]
    found = join(named, (ClipNames(row.clip_id, row.source_path) for row in rows.values())).answers
    for clip_id, answer in found.items():
        row = rows[clip_id]
        known[ids[answer.place]] = {
            "pcm_sha256": row.hash or "",
            "source_sha256": row.source_sha256,
            "artist": row.artist,
            "album": row.album,
            "track": row.track,
        }
    return known


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
