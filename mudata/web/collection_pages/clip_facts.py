"""What the page of a clip tells: facts, labels and what they mean, copies, splits, and the answers of models."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mudata.catalog.audio.stored_clip import COLUMNS, StoredClip, clips_as
from mudata.errors import MudataError
from mudata.evaluation import run
from mudata.evaluation.comparison.clip_view import clip_views
from mudata.storage.clip_chain import chain_of

if TYPE_CHECKING:
    from mudata.evaluation.comparison.clip_view import ClipAnswer
    from mudata.storage.clip_chain import ChainLink, ClipChain
    from mudata.web.collection_pages.live_index import LiveIndex, Row

READ_AT_ONCE = 16 * 2**20
"""Bytes of runs that are read for the answers on a page that was not asked for them. Chosen here: about a second."""

SHOWN_ATTRIBUTES = 200

_PLACE = re.compile(r"(^|[\s;,(='\"]|:(?!//))(/|~|file:|[A-Za-z]:[\\/](?!/))", re.ASCII)
"""A path of a machine, wherever in a text; no address of a host."""

_COPIES = """
SELECT clip_id, kind, score, offset_s, conflicts FROM duplicates
WHERE group_id IN (SELECT group_id FROM duplicates WHERE clip_id = ?) AND clip_id <> ? ORDER BY clip_id LIMIT 50
"""


class NoSuchClip(MudataError):
    """The index has no clip of this id."""

    def __init__(self, clip_id: str) -> None:
        super().__init__(f"No clip of the index is named {clip_id[:200]!r}.", "Look for it on the page of clips.")


@dataclass(frozen=True, kw_only=True)
class ClipPageFacts:
    """A clip as its page has it. `row` has the columns of the table `clips`."""

    clip_id: str
    row: Row
    labels: list[Row]
    """namespace, label (as published), canonical, name, concepts, basis, and `repaired` where a fault gives another."""
    captions: list[Row]
    attributes: list[Row]
    items: list[Row]
    faults: list[Row]
    copies: list[Row]
    """clip_id, kind (exact, near), score, offset_s, conflicts."""
    splits: list[Row]
    chain: ClipChain | None
    fault_labels: dict[str, list[str]]
    """By namespace, what labels a known fault says to be right."""

    def told_by(self, namespace: str) -> str:
        """From which table or path of the raw data the labels of a namespace are."""
        told = str(self.chain["labels"].get(namespace, "")) if self.chain else ""
        return told.rpartition(" (from ")[2].removesuffix(")") if " (from " in told else "the card"

    @staticmethod
    def shown(link: ChainLink, *, public: bool = False) -> list[tuple[str, str]]:
        """What is known of a step of the clip's way, as text; in public without what names places of this machine."""
        told = [(name, _text(value)) for name, value in link.facts.items() if value not in (None, (), [], {})]
        return [(name, text) for name, text in told if not (public and (name == "link to" or _PLACE.search(text)))]


def clip_facts(index: LiveIndex, clip_id: str) -> ClipPageFacts:
    """Raises NoSuchClip where the index has no such clip."""
    rows = index.rows("SELECT * FROM clips WHERE clip_id = ?", [clip_id])
    if not rows:
        raise NoSuchClip(clip_id)
    row, dataset = rows[0], rows[0]["dataset"]
    faults = index.rows(
        "SELECT kind, action, note, source, repair, origin FROM faults WHERE clip_id = ? ORDER BY ALL", [clip_id]
    )
    return ClipPageFacts(
        clip_id=clip_id,
        row=row,
        labels=_labels(index, clip_id, dataset),
        captions=index.rows("SELECT kind, text FROM captions WHERE clip_id = ? ORDER BY ALL", [clip_id]),
        attributes=index.rows(
            "SELECT name, value, source FROM attributes WHERE clip_id = ? ORDER BY ALL"  # noqa: S608
            f" LIMIT {SHOWN_ATTRIBUTES}",
            [clip_id],
        ),
        items=index.rows(
            "SELECT item_id, task, question, options, truth FROM items WHERE list_contains(clips, ?)"
            " ORDER BY task, item_id LIMIT 50",
            [clip_id],
        ),
        faults=faults,
        copies=_copies(index, row),
        splits=index.rows(
            "SELECT split, part, origin FROM split_members WHERE clip_id = ? ORDER BY origin, split, part", [clip_id]
        ),
        chain=_chain(index, clip_id),
        fault_labels=_repairs(faults),
    )


def _labels(index: LiveIndex, clip_id: str, dataset: str) -> list[Row]:
    own = index.rows(
        "SELECT DISTINCT namespace, label, canonical FROM labels WHERE clip_id = ? AND dataset = ? ORDER BY ALL",
        [clip_id, dataset],
    )
    if not own:
        return []
    names = {
        (row["namespace"], row["label"]): row["name"]
        for row in index.rows("SELECT namespace, label, name FROM vocabulary WHERE dataset = ?", [dataset])
    }
    meant: dict[tuple[str, str], tuple[list[str], str]] = {}
    for row in index.rows(
        "SELECT DISTINCT label_namespace, label, concept, basis FROM harmonised_labels"
        " WHERE clip_id = ? AND dataset = ? AND concept IS NOT NULL ORDER BY ALL",
        [clip_id, dataset],
    ):
        meant.setdefault((row["label_namespace"], row["label"]), ([], row["basis"]))[0].append(row["concept"])
    told = []
    for row in own:
        key = (row["namespace"], row["canonical"] or row["label"])
        found, basis = meant.get(key, ([], None))
        told.append(row | {"name": names.get(key), "concepts": found, "basis": basis})
    return told


def _copies(index: LiveIndex, row: Row) -> list[Row]:
    """Copies that `mudata duplicates` found, and clips of equal samples, which the index tells by itself."""
    clip_id = row["clip_id"]
    found = index.rows(_COPIES, [clip_id, clip_id])
    if row["pcm_sha256"]:
        known = {copy["clip_id"] for copy in found}
        equal = index.rows(
            "SELECT clip_id FROM clips WHERE (peak IS NULL OR abs(peak - coalesce(?, peak)) < 1e-6)"  # hashes are dear
            " AND pcm_sha256 = ? AND clip_id <> ? AND status = 'ok' ORDER BY ALL LIMIT 50",
            [row["peak"], row["pcm_sha256"], clip_id],
        )
        found += [
            {"clip_id": copy["clip_id"], "kind": "exact", "score": 1.0, "offset_s": 0.0, "conflicts": []}
            for copy in equal
            if copy["clip_id"] not in known
        ]
    return found


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(one)}" for key, one in value.items())
    return "; ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)


def _chain(index: LiveIndex, clip_id: str) -> ClipChain | None:
    try:
        return chain_of(index.home, clip_id)
    except MudataError:
        return None


def _repairs(faults: list[Row]) -> dict[str, list[str]]:
    right: dict[str, list[str]] = {}
    for fault in faults:
        if fault["repair"]:
            right |= json.loads(fault["repair"]).get("labels") or {}
    return right


def door(index: LiveIndex, clip_id: str) -> StoredClip | None:
    """The way to the sound of a clip; None where it has none. Raises NoSuchClip."""
    rows = index.rows(
        f"SELECT {', '.join(COLUMNS)} FROM {clips_as(repaired=False)} WHERE clip_id = ?",  # noqa: S608 - ours
        [clip_id],
    )
    if not rows:
        raise NoSuchClip(clip_id)
    return StoredClip.of_row(index.home, rows[0])


@dataclass(frozen=True)
class ClipAnswers:
    """What models said of a clip, and runs that were not read: too many bytes, or damaged."""

    said: tuple[ClipAnswer, ...]
    unread: tuple[str, ...]
    """Runs that are left out of a page that did not ask for all."""
    damaged: dict[str, str]


def clip_answers(index: LiveIndex, clip_id: str, *, every: bool) -> ClipAnswers:
    """Answers in the order that the runs began. Without `every`, so many runs as READ_AT_ONCE bytes allow."""
    said: list[ClipAnswer] = []
    unread, damaged, room = [], {}, READ_AT_ONCE
    for one in run.all_runs(index.home):
        size = sum(path.stat().st_size for path in one.folder.glob("[qa]*.jsonl"))
        if size > room and not every:
            unread.append(one.id)
            continue
        room -= size
        try:
            if _asks(one, clip_id):
                said += clip_views(index.home, [clip_id], [one])[0].said
        except MudataError as error:
            damaged[one.id] = error.what
    return ClipAnswers(tuple(said), tuple(unread), damaged)


def answers_of_many(index: LiveIndex, clip_ids: Sequence[str]) -> dict[str, ClipAnswers]:
    """The same of many clips, of all runs, each of which is read once."""
    said: dict[str, list[ClipAnswer]] = {clip_id: [] for clip_id in clip_ids}
    damaged: dict[str, str] = {}
    for one in run.all_runs(index.home):
        try:
            for view in clip_views(index.home, clip_ids, [one]):
                said[view.clip_id] += view.said
        except MudataError as error:
            damaged[one.id] = error.what
    return {clip_id: ClipAnswers(tuple(own), (), damaged) for clip_id, own in said.items()}


def _asks(one: run.Run, clip_id: str) -> bool:
    """Whether a run's questions name the clip: a look at their bytes, which is quick."""
    name = clip_id.partition("/")[2] or clip_id
    plain = json.dumps(name)[1:-1].encode()
    path = one.folder / "questions.jsonl"
    if not path.exists():
        return False
    text = path.read_bytes()
    return plain in text or name.encode("utf-8", "replace") in text
