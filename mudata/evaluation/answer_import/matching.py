"""Which clip or item an answer is about, when all that the file has is some name or path of it.

An item is known by its id, and as its clip is where it is about one alone. A clip is known by its
id, with or without the dataset before it, by any tail of the path of its raw file
('blues/blues.00012.wav'), with or without the ending. The most exact kind of name that says anything
decides, the longest tail first; a name of several clips joins none, and several names of one clip
join none either.

Where names leave several items, or say nothing, an item is known by its clips in the order heard, by its
question, its options and what is right (see `asked_items`). An item that a name means, whose options are
others than those in the file, is of another version of the exam, and joins none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from mudata.errors import some
from mudata.evaluation.answer_import.asked_items import AskedItems, ClipNames
from mudata.evaluation.answer_import.clip_names import tails, without_ending
from mudata.evaluation.tasks.option_order import pass_id

if TYPE_CHECKING:
    from mudata.evaluation.answer_import.file_answer import FileAnswer

_SHOWN = 3


@dataclass(frozen=True)
class Joined:
    """`answers` by id of clip or item (the last of each counts), or of a pass of one where an item has `passes`;
    `lost` are those that joined none, each with the reason."""

    answers: Mapping[str, FileAnswer]
    lost: tuple[tuple[FileAnswer, str], ...]
    duplicates: int
    """Further answers to a clip by the same name."""
    contradictions: int
    """Those of them that say something else."""
    passes: int = 1
    """How many times every item was asked, as the file tells them apart."""


def join(given: Iterable[FileAnswer], clips: Iterable[ClipNames], *, several: bool = False) -> Joined:
    """Join answers to clips, unique matches only. `several`: answers to one item that the file calls different
    passes are kept apart, under ids of passes."""
    known = _Index(clips)
    by_clip: defaultdict[str, list[tuple[int, str, FileAnswer]]] = defaultdict(list)
    lost: list[tuple[FileAnswer, str]] = []
    for answer in given:
        hit = known.find(answer)
        if isinstance(hit, str):
            lost.append((answer, hit))
        else:
            by_clip[hit.clip_id].append((hit.rank, hit.name, answer))
    numbers = {answer.pass_number for hits in by_clip.values() for *_, answer in hits} if several else set()
    order = {number: place for place, number in enumerate(sorted(n for n in numbers if n is not None))}
    answers, duplicates, contradictions = {}, 0, 0
    for clip_id, hits in by_clip.items():
        best = min(rank for rank, _, _ in hits)
        names = {name for rank, name, _ in hits if rank == best}
        if len(names) > 1:
            lost += [
                (answer, f"{len(names)} names in the file mean {clip_id}: {some(sorted(names), _SHOWN, counted=False)}")
                for *_, answer in hits
            ]
            continue
        lost += [
            (answer, f"{clip_id} has an answer under a more exact name") for rank, _, answer in hits if rank > best
        ]
        same: defaultdict[str, list[FileAnswer]] = defaultdict(list)
        for rank, _, answer in hits:
            if rank == best:
                number = order.get(answer.pass_number or 0, 0) if len(order) > 1 else None
                same[pass_id(clip_id, number)].append(answer)
        for asked, found in same.items():
            answers[asked] = found[-1]
            duplicates += len(found) - 1
            contradictions += sum(answer.answer != found[-1].answer for answer in found[:-1])
    return Joined(answers, tuple(sorted(lost, key=_place)), duplicates, contradictions, max(1, len(order)))


def _place(pair: tuple[FileAnswer, str]) -> tuple[str, int]:
    return pair[0].file, pair[0].place


class _Hit(NamedTuple):
    clip_id: str
    rank: int
    name: str


class _Index:
    """Clips by every name they have, the most exact kind first."""

    def __init__(self, clips: Iterable[ClipNames]) -> None:
        self._by: tuple[defaultdict[str, set[str]], ...] = tuple(defaultdict(set) for _ in range(4))
        named = list(clips)
        self._asked = AskedItems(named)
        for clip in named:
            ids = {known for name in (clip.clip_id, clip.of_clip) if name for known in (name, name.partition("/")[2])}
            for known in ids:
                self._by[0][known].add(clip.clip_id)
            for path in {*ids, *([clip.source_path] if clip.source_path else [])}:
                for tail in tails(path):
                    self._by[1][tail].add(clip.clip_id)
                for tail in tails(without_ending(path)):
                    self._by[2][tail].add(clip.clip_id)
                    if "." not in tail:  # 24/3524.low.mp3 is 24/3524.mp3; but blues.00012 is no 'blues'
                        self._by[3][tail].add(clip.clip_id)

    def find(self, answer: FileAnswer) -> _Hit | str:
        """The clip that the first telling name means, or why none is."""
        why = "it has no id"
        for name in answer.ids:
            path = name.strip().replace("\\", "/")
            why = f"no clip is named {name!r}" if why.startswith(("it has", "no clip")) else why
            for rank, key in self._keys(path):
                clips = self._by[rank].get(key)
                found = self._asked.only(answer, clips) if clips and len(clips) > 1 else clips
                if found and len(found) == 1:
                    clip_id = next(iter(found))
                    return self._asked.contradiction(answer, clip_id) or _Hit(clip_id, rank, path)
                if clips:
                    why = f"{name!r} may be any of {len(clips)} clips: {some(sorted(clips), _SHOWN, counted=False)}"
                    break
        if by_content := self._asked.find(answer):
            return _Hit(by_content, len(self._by), "")
        return why

    def _keys(self, path: str) -> Iterator[tuple[int, str]]:
        yield 0, path
        yield from ((1, tail) for tail in tails(path))
        bare = without_ending(path)
        yield from ((2, tail) for tail in tails(bare))
        folder, slash, file = bare.rpartition("/")
        yield from ((3, tail) for tail in tails(f"{folder}{slash}{file.partition('.')[0]}"))


def item_of(name: str, passes: int) -> str:
    """The item that an id of a pass is of."""
    return name.rpartition("~")[0] if passes > 1 else name
