"""Which clips a run asks about, with their audio and their references: one part of a split, looked up in the index.

Clips of the split that cannot be heard (missing, quarantined) stay in: they are asked, fail, and count as wrong.
Clips without any reference cannot be judged; they are left out, and their number is part of the run.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog import cards, index, manifest
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.tasks import Task, bind_all

if TYPE_CHECKING:
    import duckdb

    from mudata.catalog.schema import Card
    from mudata.home import Home

TRAIN = "train"
"""The part that models learn from."""


@dataclass(frozen=True)
class Item:
    """One clip and what is right about it: canonical label ids in published order, or captions.

    `path` is None, and `absent` says why, when there is nothing to hear.
    """

    clip_id: str
    dataset: str
    gold: tuple[str, ...]
    path: Path | None
    pcm_sha256: str
    sample_rate: int
    absent: str | None = None


@dataclass(frozen=True)
class Selection:
    """What is asked (`items`, sorted by id), by which tasks, and what may be learned from first (`train`)."""

    split: str
    split_sha256: str
    index_sha256: Mapping[str, str]
    part: str
    limit: int | None
    tasks: Mapping[str, Task]
    items: tuple[Item, ...]
    train: tuple[Item, ...]
    left_out: int
    """Clips without a reference."""
    changed: int
    """Clips whose audio is not what the split was drawn from."""

    def of(self, dataset: str) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.dataset == dataset)

    def train_of(self, dataset: str) -> tuple[Item, ...]:
        return tuple(item for item in self.train if item.dataset == dataset)

    def common(self, dataset: str) -> tuple[str | None, str]:
        """The most frequent label of the train part, else of what is asked, and which of the two it was."""
        source, items = "train part", self.train_of(dataset)
        if not items:
            source, items = "clips asked (the split has no train part)", self.of(dataset)
        task = self.tasks[dataset]
        if task.kind == "caption":
            return None, source
        counts = Counter(label for item in items for label in item.gold)
        return max(task.written, key=lambda label: counts[label]), source  # the first in published order wins ties


def select(
    home: Home,
    split: str,
    *,
    task: str | None = None,
    part: str | None = None,
    limit: int | None = None,
    prompt: str | None = None,
    seed: int = 0,
) -> Selection:
    """Look up a split's part.

    `part` defaults to 'test', or to the only part. `limit` takes that many clips in the order of a hash of
    seed and clip id, so that a smaller limit is a subset of a larger one.

    Raises UnknownName (split, part, task), EvaluationError when a dataset has no audio or nothing is left.
    """
    drawn = manifest.load(home, split)
    part = part or ("test" if "test" in drawn.parts or len(drawn.parts) != 1 else next(iter(drawn.parts)))
    if part not in drawn.parts:
        raise UnknownName(f"part of split {drawn.name}", part, drawn.parts, "Choose one with --part.")
    wanted = {clip.clip_id: clip.pcm_sha256 or "" for clip in drawn.parts[part]}
    learned = {clip.clip_id: clip.pcm_sha256 or "" for clip in drawn.parts.get(TRAIN, ()) if part != TRAIN}
    names = sorted({clip_id.partition("/")[0] for clip_id in wanted})
    if not names:
        raise EvaluationError(f"Part {part!r} of split {drawn.name} is empty.", "Choose another with --part.")
    of = [cards.load(name) for name in names]
    tasks = {t.dataset: t for t in bind_all(of, task, stratify=drawn.stratify, prompt=prompt)}
    if limit is not None:
        kept = sorted(wanted, key=lambda clip_id: hashlib.sha256(f"{seed}:{clip_id}".encode()).hexdigest())
        wanted = {clip_id: wanted[clip_id] for clip_id in kept[:limit]}
    with index.connect(home) as connection:
        known = _clips(connection, names)
        _refuse_silent(of, [known[clip_id] for clip_id in wanted if clip_id in known])
        if absent := [name for name in names if index.generation(home, name) is None]:
            raise EvaluationError(
                f"{', '.join(absent)} of split {drawn.name} is not in the index.",
                f"Run: {' && '.join(f'mudata fetch {name}' for name in absent)}",
            )
        gold = {name: _references(connection, tasks[name]) for name in names}
    found = [_item(home, clip_id, pcm, known.get(clip_id), gold) for clip_id, pcm in sorted(wanted.items())]
    items = tuple(item for item in found if item.gold)
    if not items:
        raise EvaluationError(
            f"No clip of part {part!r} has a reference for the task {next(iter(tasks.values())).name!r}.",
            "Choose another task, or draw the split from clips that have labels.",
        )
    if all(item.absent for item in items):
        raise EvaluationError(
            f"None of the {len(items)} clips of part {part!r} is here: {items[0].absent}.",
            f"Run: {' && '.join(f'mudata fetch {name}' for name in names)}",
        )
    taught = (_item(home, clip_id, pcm, known.get(clip_id), gold) for clip_id, pcm in sorted(learned.items()))
    return Selection(
        drawn.name,
        drawn.sha256,
        {name: index.index_sha256(home, name) for name in names if index.generation(home, name)},
        part,
        limit,
        tasks,
        items,
        tuple(item for item in taught if item.gold and not item.absent and item.dataset in tasks),
        len(found) - len(items),
        sum(item.pcm_sha256 != wanted[item.clip_id] for item in items if not item.absent),
    )


def _refuse_silent(of: Sequence[Card], rows: Sequence[tuple[Any, ...]]) -> None:
    """Say why there is nothing to hear: not one clip is sound that is here, and the card knows the reason."""
    if any(kind == "audio" and path for kind, path, *_ in rows):
        return
    for card in of:
        if card.audio_note:
            raise EvaluationError(
                f"{card.name} has no audio to ask about: {card.audio_note}", "Choose another dataset."
            )


def _clips(connection: duckdb.DuckDBPyConnection, datasets: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    rows = connection.execute(
        "SELECT clip_id, kind, path, pcm_sha256, sample_rate, status, reason FROM clips "
        "WHERE list_contains(?, dataset)",
        [list(datasets)],
    ).fetchall()
    return {row[0]: row[1:] for row in rows}


def _references(connection: duckdb.DuckDBPyConnection, task: Task) -> dict[str, tuple[str, ...]]:
    if task.kind == "caption":
        query = "SELECT clip_id, text FROM captions WHERE dataset = ? AND kind = 'caption' ORDER BY clip_id, text"
        rows = connection.execute(query, [task.dataset]).fetchall()
    else:
        query = "SELECT clip_id, canonical FROM labels WHERE dataset = ? AND namespace = ? AND canonical IS NOT NULL"
        rows = connection.execute(query, [task.dataset, task.namespace]).fetchall()
        place = {label: i for i, label in enumerate(task.written)}
        rows = sorted((row for row in set(rows) if row[1] in place), key=lambda row: place[row[1]])
    found: defaultdict[str, list[str]] = defaultdict(list)
    for clip_id, reference in rows:
        found[clip_id].append(reference)
    return {clip_id: tuple(references) for clip_id, references in found.items()}


def _item(
    home: Home, clip_id: str, pcm: str, row: tuple[Any, ...] | None, gold: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> Item:
    dataset = clip_id.partition("/")[0]
    right = gold.get(dataset, {}).get(clip_id, ())
    if row is None:
        return Item(clip_id, dataset, right, None, pcm, 0, "not in the index")
    kind, path, heard, rate, status, reason = row
    if kind != "audio":
        raise EvaluationError(
            f"{clip_id} is {kind}, which no model here can hear.", "Choose a split of clips with audio."
        )
    if status != "ok":
        return Item(clip_id, dataset, right, None, heard or pcm, 0, f"{status}: {reason}")
    return Item(clip_id, dataset, right, home.root / path, heard, rate)
