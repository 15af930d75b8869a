"""Which clips a run asks about: one part of a split, looked up in the index.

Clips of the split that cannot be heard (missing, quarantined) stay in: they are asked, fail, and
count as wrong. Clips without any reference cannot be scored; they are skipped, and their number is
part of the run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.catalog.cards import loader
from mudata.catalog.cards.licences import fetch_command
from mudata.catalog.index import database
from mudata.catalog.splits import manifest
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.metrics.caption_controls import ConstantCaption, constant_caption
from mudata.evaluation.tasks.indexed_clips import (
    ClipRow,
    IndexedClips,
    aspects_of,
    clip_rows,
    references_of,
)
from mudata.evaluation.tasks.samples import Sample, SampleSet
from mudata.evaluation.tasks.task import OptionsOrder, Task, bind_all
from mudata.home import Home

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.evaluation.protocol import Kind

TRAIN = "train"
"""The part that models learn from."""


@dataclass(frozen=True, kw_only=True)
class SampleRequest:
    """What is asked of a split.

    `part` defaults to 'test', or to the only part. `limit` takes that many clips in the order of a
    hash of seed and clip id, so that a smaller limit is a subset of a larger one. `letters` and
    `options_order` decide how options are shown, the latter with the seed. Without `audio` clips
    need nothing but their references, since the answers are there already. `midi`: the model takes
    clips that are MIDI. `own` are the model's own prompts, for the prompt named 'own'.
    """

    task: str | None = None
    part: str | None = None
    limit: int | None = None
    prompt: str | None = None
    letters: bool = False
    options_order: OptionsOrder = "published"
    seed: int = 0
    audio: bool = True
    midi: bool = False
    own: Mapping[Kind, str] | None = None


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
    cards = [loader.load(name) for name in datasets]
    tasks = _tasks(cards, drawn, request)
    asked = _limited(in_part, request.limit, request.seed)
    clips = _looked_up(home, cards, tasks, request, split=drawn.name, asked=asked)
    samples = [clips.sample(clip_id, pcm_sha256) for clip_id, pcm_sha256 in sorted(asked.items())]
    items = tuple(sample for sample in samples if sample.references)
    _refuse_nothing(items, part, next(iter(tasks.values())).name, datasets, audio=request.audio)
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
        train=_train(clips, learned, tasks, request),
        skipped=len(samples) - len(items),
        changed=sum(sample.pcm_sha256 != asked[sample.clip_id] for sample in items if not sample.absent),
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


def _tasks(cards: Sequence[Card], drawn: manifest.Manifest, request: SampleRequest) -> dict[str, Task]:
    """The task of each dataset, by its name."""
    tasks = bind_all(
        cards,
        request.task,
        stratify=drawn.stratify,
        prompt=request.prompt,
        own=request.own,
        letters=request.letters,
        shuffle_seed=request.seed if request.options_order == "shuffled" else None,
    )
    return {task.dataset: task for task in tasks}


def _limited(hashes: Mapping[str, str], limit: int | None, seed: int) -> Mapping[str, str]:
    """The first clips in the order that the seed draws."""
    if limit is None:
        return hashes
    drawn = sorted(hashes, key=lambda clip_id: hashlib.sha256(f"{seed}:{clip_id}".encode()).hexdigest())
    return {clip_id: hashes[clip_id] for clip_id in drawn[:limit]}


def _looked_up(
    home: Home,
    cards: Sequence[Card],
    tasks: Mapping[str, Task],
    request: SampleRequest,
    *,
    split: str,
    asked: Collection[str],
) -> IndexedClips:
    """The clips as the index has them.
    Raises EvaluationError for what cannot be heard or is not indexed."""
    datasets = [card.name for card in cards]
    with database.snapshot(home) as connection:
        rows = clip_rows(connection, datasets)
        if request.audio:
            _refuse_unheard(cards, [rows[clip_id] for clip_id in asked if clip_id in rows], midi=request.midi)
        if absent := [name for name in datasets if database.current_generation(home, name) is None]:
            raise EvaluationError(
                f"{', '.join(absent)} of split {split} is not in the index.",
                f"Run: {' && '.join(fetch_command(name, home) for name in absent)}",
            )
        captioned = [card for card in cards if tasks[card.name].kind == "caption"]
        return IndexedClips(
            home=home,
            rows=rows,
            references={name: references_of(connection, tasks[name]) for name in datasets},
            aspects={card.name: aspects_of(connection, card) for card in captioned},
        )


def _refuse_unheard(cards: Sequence[Card], rows: Sequence[ClipRow], *, midi: bool) -> None:
    """Say why there is nothing to hear: not one clip is here that is sound, and the card knows the
    reason; or clips are MIDI, and that is not taken."""
    audible = any((row.kind == "audio" or midi) and row.path for row in rows)
    notes = [] if midi else [row.clip_id for row in rows if row.kind == "midi"]
    reader = ", or a model that reads MIDI: chatmusician" if notes else ""
    for card in cards if not audible else ():
        if card.audio_note:
            raise EvaluationError(
                f"{card.name} has no audio to ask about: {card.audio_note}", f"Choose another dataset{reader}."
            )
    if notes:
        raise EvaluationError(
            f"{notes[0]} is MIDI, which this model cannot hear.", f"Choose a split of clips with audio{reader}."
        )


def _refuse_nothing(items: Sequence[Sample], part: str, task: str, datasets: Sequence[str], *, audio: bool) -> None:
    """Say why nothing is left to ask."""
    if not items:
        raise EvaluationError(
            f"No clip of part {part!r} has a reference for the task {task!r}.",
            "Choose another task, or draw the split from clips that have labels.",
        )
    if audio and all(sample.absent for sample in items):
        raise EvaluationError(
            f"None of the {len(items)} clips of part {part!r} is here: {items[0].absent}.",
            f"Run: {' && '.join(fetch_command(name, Home.default()) for name in datasets)}",
        )


def _train(
    clips: IndexedClips, learned: Mapping[str, str], tasks: Mapping[str, Task], request: SampleRequest
) -> tuple[Sample, ...]:
    """What may be learned from: clips of the train part that have references and can be heard."""
    samples = [clips.sample(clip_id, pcm_sha256) for clip_id, pcm_sha256 in sorted(learned.items())]
    labelled = [sample for sample in samples if sample.references and sample.dataset in tasks]
    if not request.audio:
        return tuple(labelled)
    return tuple(s for s in labelled if not s.absent and (request.midi or not s.midi))


def _constant(
    references: Mapping[str, tuple[str, ...]], asked: Collection[str], train: Collection[str]
) -> ConstantCaption | None:
    """References of clips that cannot be heard are text all the same."""
    train_captions = [references[clip_id] for clip_id in sorted(train) if clip_id in references]
    unasked = [captions for clip_id, captions in sorted(references.items()) if clip_id not in asked]
    return constant_caption(train_captions, unasked)
