"""Which items a run asks about: those of one part of a split, looked up in the index.

Of tasks with labels or captions every clip is an item. Clips of the split that cannot be heard
(missing, quarantined) stay in: they are asked, fail, and count as wrong. Clips without any
reference cannot be scored; they are skipped, and their number is part of the run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from mudata.catalog.cards import loader
from mudata.catalog.cards.licences import fetch_command
from mudata.catalog.index import database
from mudata.catalog.splits import manifest
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.metrics.caption_controls import ConstantCaption, constant_caption
from mudata.evaluation.tasks.indexed_clips import (
    ClipRow,
    IndexedClips,
    IndexedItem,
    aspects_of,
    clip_rows,
    item_rows,
    references_of,
)
from mudata.evaluation.tasks.known_faults import FaultTreatment, treat
from mudata.evaluation.tasks.option_order import SEVERAL, OptionsOrder
from mudata.evaluation.tasks.part_items import PartItems, samples_of
from mudata.evaluation.tasks.samples import Sample, SampleSet
from mudata.evaluation.tasks.task import Task, bind_all
from mudata.home import Home

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.evaluation.protocol import Kind

T = TypeVar("T")
TRAIN = "train"
"""The part that models learn from."""


@dataclass(frozen=True, kw_only=True)
class SampleRequest:
    """What is asked of a split.

    `part` defaults to 'test', or to the only part. `limit` takes that many items in the order of a
    hash of seed and item id, so that a smaller limit is a subset of a larger one; all passes of an
    item are asked. `letters` and `options_order` (None: as the card says, else as ever) decide how
    options are shown, the latter with the seed. Without `audio` clips need nothing but their
    references, since the answers are there already, and items' own options stay as they are
    written; where nothing is `heard`, clips need no audio either. `own` are the model's own
    prompts, for the prompt named 'own'. `faults` (None: as the split was drawn): see `known_faults`.
    """

    task: str | None = None
    part: str | None = None
    limit: int | None = None
    prompt: str | None = None
    letters: bool = False
    options_order: OptionsOrder | None = None
    seed: int = 0
    audio: bool = True
    heard: bool = True
    own: Mapping[Kind, str] | None = None
    faults: FaultTreatment | None = None

    @property
    def needs_files(self) -> bool:
        """Whether clips are to be heard, so that one without a file is none."""
        return self.audio and self.heard


_ALL = SampleRequest()


def select(home: Home, split: str | manifest.Manifest, request: SampleRequest = _ALL) -> SampleSet:
    """Look up a split's part.

    Raises UnknownName (split, part, task), EvaluationError when the manifest is not what its hash
    says, when a dataset has no audio or nothing is left.
    """
    drawn = split if isinstance(split, manifest.Manifest) else manifest.load(home, split)
    part = _part(drawn, request.part)
    in_part = _hashes(drawn.parts[part])
    learned = _hashes(() if part == TRAIN else drawn.parts.get(TRAIN, ()))
    datasets = sorted({clip_id.partition("/")[0] for clip_id in in_part})
    if not datasets:
        raise EvaluationError(f"Part {part!r} of split {drawn.name} is empty.", "Choose another with --part.")
    treated = treat(home, drawn, datasets, request.faults)
    faulty, in_part, learned = len(in_part), treated.without(in_part), treated.without(learned)
    faulty -= len(in_part)
    cards = [loader.load(name) for name in datasets]
    tasks = {card.name: _of_items(home, card, task) for card, task in _tasks(cards, drawn, request)}
    exact = any(task.is_exact for task in tasks.values())
    asked = in_part if exact else _limited(in_part, request.limit, request.seed)
    repaired = treated.how == "repair"
    clips = _looked_up(home, cards, tasks, request, split=drawn.name, asked=asked, repaired=repaired)
    if exact:
        found = PartItems.of(clips.items, in_part)
        items, skipped, torn = _items(found.whole, tasks, clips, in_part, request), found.unasked, found.torn
        once = {n: replace(t, option_order="shuffled") if t.option_order in SEVERAL else t for n, t in tasks.items()}
        train = _items(PartItems.of(clips.items, learned).whole, once, clips, learned, replace(request, limit=None))
    else:
        samples = _samples(clips, asked)
        items, torn = tuple(sample for sample in samples if sample.references), 0
        skipped = len(samples) - len(items)
        train = tuple(s for s in _samples(clips, learned) if s.references and s.dataset in tasks)
    _refuse_nothing(items, part, next(iter(tasks.values())), datasets, torn=torn, audio=request.needs_files)
    return SampleSet(
        split=drawn.name,
        split_sha256=drawn.sha256,
        index_sha256={
            name: database.index_sha256(home, name) for name in datasets if database.current_generation(home, name)
        },
        part=part,
        limit=request.limit,
        tasks=tasks,
        items=items,
        train=_audible(train, request),
        skipped=skipped,
        torn=torn,
        faults=treated,
        faulty=faulty,
        constants={
            name: _constant(clips.references[name], asked, learned)
            for name, task in tasks.items()
            if task.kind == "caption"
        },
    )


def _part(drawn: manifest.Manifest, wanted: str | None) -> str:
    """The name of the part that is asked. Raises EvaluationError for a manifest that was
    changed."""
    if drawn.sha256 != drawn.digest():
        raise EvaluationError(
            f"The manifest of split {drawn.name} was changed: its hash is not that of its content.",
            "Undo the change, or draw a split of another name: see `mudata split --help`.",
        )
    part = wanted or ("test" if "test" in drawn.parts or len(drawn.parts) != 1 else next(iter(drawn.parts)))
    if part not in drawn.parts:
        raise UnknownName(f"part of split {drawn.name}", part, drawn.parts, "Choose one with --part.")
    return part


def _hashes(members: Sequence[manifest.Member]) -> dict[str, str]:
    return {clip.clip_id: clip.pcm_sha256 or clip.source_sha256 or "" for clip in members}


def _tasks(cards: Sequence[Card], drawn: manifest.Manifest, request: SampleRequest) -> Iterator[tuple[Card, Task]]:
    """The task of each dataset, with its card."""
    tasks = bind_all(
        cards,
        request.task,
        stratify=drawn.stratify,
        prompt=request.prompt,
        own=request.own,
        letters=request.letters,
        shuffle_seed=request.seed if request.options_order == "shuffled" else None,
        options_order=request.options_order,
    )
    return zip(cards, tasks, strict=True)


def _of_items(home: Home, card: Card, task: Task) -> Task:
    """A task that is of an exam, as asked of the edition that is indexed."""
    if card.exam is None or task.exam is None:
        return task
    return replace(task, exam=task.exam.of_items(card, task.name, database.item_files(home, card.name)))


def _limited(by_id: Mapping[str, T], limit: int | None, seed: int) -> Mapping[str, T]:
    """The first clips or items in the order that the seed draws."""
    if limit is None:
        return by_id
    drawn = sorted(by_id, key=lambda its_id: hashlib.sha256(f"{seed}:{its_id}".encode()).hexdigest())
    return {its_id: by_id[its_id] for its_id in drawn[:limit]}


def _items(
    rows: Sequence[IndexedItem],
    tasks: Mapping[str, Task],
    clips: IndexedClips,
    part: Mapping[str, str],
    request: SampleRequest,
) -> tuple[Sample, ...]:
    chosen = _limited({row.item_id: row for row in rows}, request.limit, request.seed)
    ordered = (row for _, row in sorted(chosen.items()))
    seed = request.seed if request.audio else None
    return tuple(sample for row in ordered for sample in samples_of(row, tasks[row.dataset], clips, part, seed))


def _samples(clips: IndexedClips, asked: Mapping[str, str]) -> list[Sample]:
    return [clips.sample(clip_id, pcm_sha256) for clip_id, pcm_sha256 in sorted(asked.items())]


def _looked_up(
    home: Home,
    cards: Sequence[Card],
    tasks: Mapping[str, Task],
    request: SampleRequest,
    *,
    split: str,
    asked: Collection[str],
    repaired: bool,
) -> IndexedClips:
    """The clips as the index has them.
    Raises EvaluationError for what cannot be heard or is not indexed."""
    datasets = [card.name for card in cards]
    with database.snapshot(home) as connection:
        rows = clip_rows(connection, datasets, repaired=repaired)
        if request.needs_files:
            _refuse_unheard(cards, [rows[clip_id] for clip_id in asked if clip_id in rows])
        if absent := [name for name in datasets if database.current_generation(home, name) is None]:
            raise EvaluationError(
                f"{', '.join(absent)} of split {split} is not in the index.",
                f"Run: {' && '.join(fetch_command(name, home) for name in absent)}",
            )
        labelled = [name for name in datasets if not tasks[name].is_exact]
        captioned = [card for card in cards if tasks[card.name].kind == "caption"]
        return IndexedClips(
            home=home,
            rows=rows,
            references={name: references_of(connection, tasks[name], repaired=repaired) for name in labelled},
            aspects={card.name: aspects_of(connection, card) for card in captioned},
            items=item_rows(connection, (task for task in tasks.values() if task.is_exact)),
        )


def _refuse_unheard(cards: Sequence[Card], rows: Sequence[ClipRow]) -> None:
    """Say why there is nothing to hear, where the card knows it and no clip is here."""
    for card in cards if not any(row.path or row.kind == "text" for row in rows) else ():
        if card.audio_note:
            raise EvaluationError(
                f"{card.name} has no audio to ask about: {card.audio_note}", "Choose another dataset."
            )


def _refuse_nothing(
    items: Sequence[Sample], part: str, task: Task, datasets: Sequence[str], *, torn: int, audio: bool
) -> None:
    """Say why nothing is left to ask."""
    if not items and torn:
        raise EvaluationError(
            f"No item of the task {task.name!r} has all of its clips in part {part!r}; {torn} have some.",
            "Draw a split that keeps the clips of an item together: by their track, or as the dataset publishes it.",
        )
    if not items:
        what = "item of the task" if task.is_exact else "reference for the task"
        raise EvaluationError(
            f"No clip of part {part!r} has {'an' if task.is_exact else 'a'} {what} {task.name!r}.",
            f"Choose another task, or draw the split from clips that have {'items' if task.is_exact else 'labels'}.",
        )
    if audio and all(sample.absent for sample in items):
        noun = "items" if task.is_exact else "clips"
        raise EvaluationError(
            f"None of the {len(items)} {noun} of part {part!r} is here: {items[0].absent}.",
            f"Run: {' && '.join(fetch_command(name, Home.default()) for name in datasets)}",
        )


def _audible(train: tuple[Sample, ...], request: SampleRequest) -> tuple[Sample, ...]:
    """What may be learned from: what can be heard of it, where that is asked for."""
    if not request.needs_files:
        return train
    return tuple(s for s in train if not s.absent)


def _constant(
    references: Mapping[str, tuple[str, ...]], asked: Collection[str], train: Collection[str]
) -> ConstantCaption | None:
    """References of clips that cannot be heard are text all the same."""
    train_captions = [references[clip_id] for clip_id in sorted(train) if clip_id in references]
    unasked = [captions for clip_id, captions in sorted(references.items()) if clip_id not in asked]
    return constant_caption(train_captions, unasked)
