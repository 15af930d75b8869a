"""What the index knows of the clips and the items of a task:
where their audio is, what is right about them, their groups."""

# ruff: noqa: S608 - names are our own
from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from mudata.catalog.audio.stored_clip import COLUMNS, StoredClip, clips_as
from mudata.evaluation.tasks.samples import ClipFile, Sample

if TYPE_CHECKING:
    import duckdb

    from mudata.catalog.cards.schema import Card
    from mudata.evaluation.tasks.task import Task
    from mudata.home import Home


class ClipRow(NamedTuple):
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
    source_sha256: str | None
    sound: tuple[Any, ...]
    """`stored_clip.COLUMNS`."""


@dataclass(frozen=True, kw_only=True)
class IndexedClips:
    """Clips by id; references and aspects by dataset and clip id."""

    home: Home
    rows: Mapping[str, ClipRow]
    references: Mapping[str, Mapping[str, tuple[str, ...]]]
    aspects: Mapping[str, Mapping[str, tuple[str, ...]]]
    items: Sequence[IndexedItem] = ()
    """Of tasks whose items have a truth of their own, by id."""

    def clip(self, clip_id: str, pcm_sha256: str) -> ClipFile:
        """Where a clip is; `pcm_sha256` is what the split was drawn from."""
        dataset, row = clip_id.partition("/")[0], self.rows.get(clip_id)
        if row is None:
            return ClipFile(clip_id=clip_id, path=None, pcm_sha256=pcm_sha256, sample_rate=0, absent="not in the index")
        path = self.home.root / row.path if row.status == "ok" and row.path else None
        words = row.status == "ok" and row.kind == "text"
        source = self.home.raw(dataset) / "files" / row.source_path if row.source_path else None
        whole = ClipFile(
            clip_id=clip_id,
            path=path,
            pcm_sha256=row.hash or pcm_sha256,
            sample_rate=row.sample_rate or 0,
            absent=None if path or words else f"{row.status}: {row.reason}",
            source_sha256=row.source_sha256,
            artist=row.artist,
            album=row.album,
            track=row.track,
            midi=row.kind == "midi",
            words=words,
            source=source,
            start_s=row.start_s or 0.0,
            duration_s=row.duration_s,
            drawn_sha256=pcm_sha256 or None,
            is_excerpt=row.kind == "midi" and row.hash != row.source_sha256,
            sound=StoredClip.of_row(self.home, dict(zip(COLUMNS, row.sound, strict=True))) if path else None,
        )
        return whole.hashed_as_cropped()

    def sample(self, clip_id: str, pcm_sha256: str) -> Sample:
        """A clip with its labels or captions."""
        dataset = clip_id.partition("/")[0]
        return Sample(
            item_id=clip_id,
            dataset=dataset,
            references=self.references.get(dataset, {}).get(clip_id, ()),
            clips=(self.clip(clip_id, pcm_sha256),),
            aspects=self.aspects.get(dataset, {}).get(clip_id, ()),
        )


class IndexedItem(NamedTuple):
    """An item as the index has it: see `catalog.tables`."""

    item_id: str
    dataset: str
    clips: tuple[str, ...]
    question: str | None
    options: tuple[str, ...]
    truth: str
    category: str | None
    cluster: str | None
    difficulty: str | None
    semitones: tuple[int, ...]
    """Of each clip, or none."""
    seconds: float | None
    categories: tuple[str, ...] = ()
    """All of a published item, of which `category` is the first."""
    settings: Mapping[str, object] = MappingProxyType({})
    """What an official rule wants to know of it."""
    formats: Mapping[str, str] = MappingProxyType({})
    """Its questions by format, where it is asked in several."""


def item_rows(connection: duckdb.DuckDBPyConnection, tasks: Iterable[Task]) -> list[IndexedItem]:
    """Every item of some tasks, by id."""
    rows = []
    query = (
        "SELECT item_id, dataset, clips, question, options, truth, category, cluster, difficulty, semitones, seconds,"
        " categories, settings, formats FROM items WHERE dataset = ? AND task = ? ORDER BY item_id"
    )
    for task in tasks:
        found = connection.execute(query, [task.dataset, task.name]).fetchall()
        for (
            item_id,
            dataset,
            clips,
            question,
            options,
            *rest,
            semitones,
            seconds,
            categories,
            settings,
            formats,
        ) in found:
            own = (question, tuple(options or ()), *rest, tuple(semitones or ()), seconds)
            judged = {"categories": tuple(categories or ()), "settings": json.loads(settings) if settings else {}}
            judged["formats"] = json.loads(formats) if formats else {}
            rows.append(IndexedItem(item_id, dataset, tuple(clips), *own)._replace(**judged))
    return rows


def clip_rows(
    connection: duckdb.DuckDBPyConnection, datasets: Sequence[str], *, repaired: bool = False
) -> dict[str, ClipRow]:
    """Every clip of some datasets, by its id; as published, or with what is known to be right."""
    facts = (
        "clip_id, kind, path, source_path, coalesce(pcm_sha256, source_sha256), start_s, duration_s, sample_rate,"
        " status, reason, artist, album, track, source_sha256"
    )
    rows = connection.execute(
        f"SELECT {facts}, {', '.join(COLUMNS)} FROM {clips_as(repaired=repaired)} WHERE list_contains(?, dataset)",
        [list(datasets)],
    ).fetchall()
    own = len(ClipRow._fields) - 1
    return {row[0]: ClipRow._make((*row[:own], row[own:])) for row in rows}


def references_of(
    connection: duckdb.DuckDBPyConnection, task: Task, *, repaired: bool = False
) -> dict[str, tuple[str, ...]]:
    """By clip id, what is right of a task: canonical labels in published order, or captions. Labels are those that were
    published, or those that are known to be right."""
    if task.kind == "caption":
        query = "SELECT clip_id, text FROM captions WHERE dataset = ? AND kind = 'caption' ORDER BY clip_id, text"
        rows = connection.execute(query, [task.dataset]).fetchall()
    else:
        labels = "repaired_labels" if repaired else "labels"
        query = "WHERE dataset = ? AND namespace = ? AND canonical IS NOT NULL"
        rows = connection.execute(
            f"SELECT clip_id, canonical FROM {labels} {query}",
            [task.dataset, task.namespace],
        ).fetchall()
        place = {label: i for i, label in enumerate(task.written)}
        rows = sorted((row for row in set(rows) if row[1] in place), key=lambda row: place[row[1]])
    by_clip: defaultdict[str, list[str]] = defaultdict(list)
    for clip_id, reference in rows:
        by_clip[clip_id].append(reference)
    return {clip_id: tuple(references) for clip_id, references in by_clip.items()}


def aspects_of(connection: duckdb.DuckDBPyConnection, card: Card) -> dict[str, tuple[str, ...]]:
    """What people said of each clip in words of their own:
    labels of the namespaces without a vocabulary."""
    rows = connection.execute(
        "SELECT clip_id, list(DISTINCT label ORDER BY label) FROM labels "
        "WHERE dataset = ? AND list_contains(?, namespace) GROUP BY clip_id",
        [card.name, [name for name, space in card.labels.items() if space.open]],
    ).fetchall()
    return {clip_id: tuple(labels) for clip_id, labels in rows}
