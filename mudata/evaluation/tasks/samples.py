"""Which clips a run asks about, with their audio and their references: one part of a split, looked up in the index.

Clips of the split that cannot be heard (missing, quarantined) stay in: they are asked, fail, and count as wrong.
Clips without any reference cannot be judged; they are left out, and their number is part of the run.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mudata.catalog.cards import loader
from mudata.catalog.index import database
from mudata.catalog.splits import manifest
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.metrics.caption_controls import ConstantCaption, constant_caption
from mudata.evaluation.tasks.task import OptionsOrder, Task, bind_all

if TYPE_CHECKING:
    import duckdb

    from mudata.catalog.cards.schema import Card
    from mudata.evaluation.protocol import Kind
    from mudata.home import Home

TRAIN = "train"
"""The part that models learn from."""


@dataclass(frozen=True)
class Sample:
    """One clip and what is right about it: canonical label ids in published order, or captions.

    `path` is None, and `absent` says why, when there is nothing to hear. `pcm_sha256` is, for MIDI, the hash of the
    file.
    """

    clip_id: str
    dataset: str
    gold: tuple[str, ...]
    path: Path | None
    pcm_sha256: str
    sample_rate: int
    absent: str | None = None
    artist: str | None = None
    album: str | None = None
    track: str | None = None
    aspects: tuple[str, ...] = ()
    """Short phrases that people gave the clip (MusicCaps), for captions."""
    midi: bool = False
    """`path` is a MIDI file."""
    source: Path | None = None
    """The original file, of which the clip is `duration_s` seconds from `start_s` on."""
    start_s: float = 0.0
    duration_s: float | None = None


@dataclass(frozen=True)
class SampleSet:
    """What is asked (`items`, sorted by id), by which tasks, and what may be learned from first (`train`)."""

    split: str
    split_sha256: str
    index_sha256: Mapping[str, str]
    part: str
    limit: int | None
    tasks: Mapping[str, Task]
    items: tuple[Sample, ...]
    train: tuple[Sample, ...]
    left_out: int
    """Clips without a reference."""
    changed: int
    """Clips whose audio is not what the split was drawn from."""
    constants: Mapping[str, ConstantCaption | None]
    """The constant caption by dataset, for tasks that ask for captions; None where all there are are asked."""

    def of(self, dataset: str) -> tuple[Sample, ...]:
        return tuple(item for item in self.items if item.dataset == dataset)

    def train_of(self, dataset: str) -> tuple[Sample, ...]:
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
    split: str | manifest.Manifest,
    *,
    task: str | None = None,
    part: str | None = None,
    limit: int | None = None,
    prompt: str | None = None,
    letters: bool = False,
    options_order: OptionsOrder = "published",
    seed: int = 0,
    audio: bool = True,
    midi: bool = False,
    own: Mapping[Kind, str] | None = None,
) -> SampleSet:
    """Look up a split's part.

    `part` defaults to 'test', or to the only part. `limit` takes that many clips in the order of a hash of
    seed and clip id, so that a smaller limit is a subset of a larger one. `letters` and `options_order` decide how
    options are shown, the latter with the seed. Without `audio` clips need nothing but their references, since the
    answers are there already. `midi`: the model takes clips that are MIDI. `own` are the model's own prompts, for the
    prompt named 'own'.

    Raises UnknownName (split, part, task), EvaluationError when the manifest is not what its hash says, when a dataset
    has no audio or nothing is left.
    """
    drawn = split if isinstance(split, manifest.Manifest) else manifest.load(home, split)
    if drawn.sha256 != drawn.digest():
        raise EvaluationError(
            f"The manifest of split {drawn.name} was changed: its hash is not that of its content.",
            "Undo the change, or draw a split of another name: see `mudata split --help`.",
        )
    part = part or ("test" if "test" in drawn.parts or len(drawn.parts) != 1 else next(iter(drawn.parts)))
    if part not in drawn.parts:
        raise UnknownName(f"part of split {drawn.name}", part, drawn.parts, "Choose one with --part.")
    wanted = _hashes(drawn.parts[part])
    learned = _hashes(() if part == TRAIN else drawn.parts.get(TRAIN, ()))
    names = sorted({clip_id.partition("/")[0] for clip_id in wanted})
    if not names:
        raise EvaluationError(f"Part {part!r} of split {drawn.name} is empty.", "Choose another with --part.")
    of = [loader.load(name) for name in names]
    shuffle_seed = seed if options_order == "shuffled" else None
    bound = bind_all(
        of, task, stratify=drawn.stratify, prompt=prompt, own=own, letters=letters, shuffle_seed=shuffle_seed
    )
    tasks = {one.dataset: one for one in bound}
    if limit is not None:
        kept = sorted(wanted, key=lambda clip_id: hashlib.sha256(f"{seed}:{clip_id}".encode()).hexdigest())
        wanted = {clip_id: wanted[clip_id] for clip_id in kept[:limit]}
    with database.connect(home) as connection:
        known = _clips(connection, names)
        if audio:
            _refuse_unheard(of, [known[clip_id] for clip_id in wanted if clip_id in known], midi=midi)
        if absent := [name for name in names if database.current_generation(home, name) is None]:
            raise EvaluationError(
                f"{', '.join(absent)} of split {drawn.name} is not in the index.",
                f"Run: {' && '.join(f'mudata fetch {name}' for name in absent)}",
            )
        gold = {name: _references(connection, tasks[name]) for name in names}
        aspects = {card.name: _aspects(connection, card) for card in of if tasks[card.name].kind == "caption"}
    found = [
        _item(home, clip_id, pcm, known.get(clip_id), gold=gold, aspects=aspects)
        for clip_id, pcm in sorted(wanted.items())
    ]
    items = tuple(item for item in found if item.gold)
    if not items:
        raise EvaluationError(
            f"No clip of part {part!r} has a reference for the task {next(iter(tasks.values())).name!r}.",
            "Choose another task, or draw the split from clips that have labels.",
        )
    if audio and all(item.absent for item in items):
        raise EvaluationError(
            f"None of the {len(items)} clips of part {part!r} is here: {items[0].absent}.",
            f"Run: {' && '.join(f'mudata fetch {name}' for name in names)}",
        )
    taught = (
        _item(home, clip_id, pcm, known.get(clip_id), gold=gold, aspects=aspects)
        for clip_id, pcm in sorted(learned.items())
    )
    return SampleSet(
        drawn.name,
        drawn.sha256,
        {name: database.index_sha256(home, name) for name in names if database.current_generation(home, name)},
        part,
        limit,
        tasks,
        items,
        tuple(
            i for i in taught if i.gold and i.dataset in tasks and not (audio and (i.absent or (i.midi and not midi)))
        ),
        len(found) - len(items),
        sum(item.pcm_sha256 != wanted[item.clip_id] for item in items if not item.absent),
        {name: _constant(gold[name], wanted, learned) for name, task in tasks.items() if task.kind == "caption"},
    )


def _hashes(members: Sequence[manifest.Member]) -> dict[str, str]:
    return {clip.clip_id: clip.pcm_sha256 or clip.source_sha256 or "" for clip in members}


def _refuse_unheard(of: Sequence[Card], rows: Sequence[_Row], *, midi: bool) -> None:
    """Say why there is nothing to hear: not one clip is here that is sound, and the card knows the reason; or clips
    are MIDI, and that is not taken."""
    heard = any((row.kind == "audio" or midi) and row.path for row in rows)
    notes = [] if midi else [row.clip_id for row in rows if row.kind == "midi"]
    reader = ", or a model that reads MIDI: chatmusician" if notes else ""
    for card in of if not heard else ():
        if card.audio_note:
            raise EvaluationError(
                f"{card.name} has no audio to ask about: {card.audio_note}", f"Choose another dataset{reader}."
            )
    if notes:
        raise EvaluationError(
            f"{notes[0]} is MIDI, which this model cannot hear.", f"Choose a split of clips with audio{reader}."
        )


class _Row(NamedTuple):
    """A clip as the index has it."""

    clip_id: str
    kind: str
    path: str | None
    source_path: str | None
    hash: str | None
    start_s: float | None
    duration_s: float | None
    sample_rate: int | None
    status: str
    reason: str | None
    artist: str | None
    album: str | None
    track: str | None


def _clips(connection: duckdb.DuckDBPyConnection, datasets: Sequence[str]) -> dict[str, _Row]:
    rows = connection.execute(
        "SELECT clip_id, kind, path, source_path, coalesce(pcm_sha256, source_sha256), start_s, duration_s,"
        " sample_rate, status, reason, artist, album, track FROM clips WHERE list_contains(?, dataset)",
        [list(datasets)],
    ).fetchall()
    return {row[0]: _Row(*row) for row in rows}


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


def _aspects(connection: duckdb.DuckDBPyConnection, card: Card) -> dict[str, tuple[str, ...]]:
    """What people said of each clip in words of their own: labels of the namespaces without a vocabulary."""
    rows = connection.execute(
        "SELECT clip_id, list(DISTINCT label ORDER BY label) FROM labels "
        "WHERE dataset = ? AND list_contains(?, namespace) GROUP BY clip_id",
        [card.name, [name for name, space in card.labels.items() if space.open]],
    ).fetchall()
    return {clip_id: tuple(labels) for clip_id, labels in rows}


def _constant(
    gold: Mapping[str, tuple[str, ...]], asked: Collection[str], train: Collection[str]
) -> ConstantCaption | None:
    """References of clips that cannot be heard are text all the same."""
    taught = [gold[clip_id] for clip_id in sorted(train) if clip_id in gold]
    return constant_caption(taught, [texts for clip_id, texts in sorted(gold.items()) if clip_id not in asked])


def _item(
    home: Home,
    clip_id: str,
    pcm: str,
    row: _Row | None,
    *,
    gold: Mapping[str, Mapping[str, tuple[str, ...]]],
    aspects: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> Sample:
    dataset = clip_id.partition("/")[0]
    right, said = gold.get(dataset, {}).get(clip_id, ()), aspects.get(dataset, {}).get(clip_id, ())
    if row is None:
        return Sample(clip_id, dataset, right, None, pcm, 0, "not in the index")
    usable = row.status == "ok" and row.path
    return Sample(
        clip_id,
        dataset,
        right,
        home.root / row.path if usable and row.path else None,
        row.hash or pcm,
        row.sample_rate or 0,
        None if usable else f"{row.status}: {row.reason}",
        row.artist,
        row.album,
        row.track,
        said,
        midi=row.kind == "midi",
        source=home.raw(dataset) / "files" / row.source_path if row.source_path else None,
        start_s=row.start_s or 0.0,
        duration_s=row.duration_s,
    )
