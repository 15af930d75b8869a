"""Which clip or item an answer is about, when all that the file has is some name or path of it.

An item is known by its id, and as its clip is where it is about one alone. A clip is known by its
id, with or without the dataset before it, by any tail of the path of its raw file
('blues/blues.00012.wav'), with or without the ending. The most exact kind of name that says anything
decides, the longest tail first; a name of several clips joins none, and several names of one clip
join none either.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from mudata.errors import some

if TYPE_CHECKING:
    from mudata.evaluation.answer_import.formats import FileAnswer

_ENDINGS = frozenset(
    ("wav", "mp3", "flac", "ogg", "opus", "m4a", "mp4", "aac", "aif", "aiff", "au", "wma", "webm", "mid", "midi", "npy")
)
_SHOWN = 3


class ClipNames(NamedTuple):
    """A clip or an item by its id, and the path of the clip's raw file where the index has it."""

    clip_id: str
    source_path: str | None = None
    of_clip: str | None = None
    """The only clip that an item with an id of its own is about."""


@dataclass(frozen=True)
class Joined:
    """`answers` by id of clip or item (the last of each counts);
    `lost` are those that joined none, each with the reason."""

    answers: Mapping[str, FileAnswer]
    lost: tuple[tuple[FileAnswer, str], ...]
    duplicates: int
    """Further answers to a clip by the same name."""
    contradictions: int
    """Those of them that say something else."""


def join(given: Iterable[FileAnswer], clips: Iterable[ClipNames]) -> Joined:
    """Join answers to clips, unique matches only."""
    known = _Index(clips)
    by_clip: defaultdict[str, list[tuple[int, str, FileAnswer]]] = defaultdict(list)
    lost: list[tuple[FileAnswer, str]] = []
    for answer in given:
        hit = known.find(answer.ids)
        if isinstance(hit, str):
            lost.append((answer, hit))
        else:
            by_clip[hit.clip_id].append((hit.rank, hit.name, answer))
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
        same = [answer for rank, _, answer in hits if rank == best]
        lost += [
            (answer, f"{clip_id} has an answer under a more exact name") for rank, _, answer in hits if rank > best
        ]
        answers[clip_id] = same[-1]
        duplicates += len(same) - 1
        contradictions += sum(answer.answer != same[-1].answer for answer in same[:-1])
    return Joined(answers, tuple(sorted(lost, key=lambda pair: pair[0].place)), duplicates, contradictions)


class _Hit(NamedTuple):
    clip_id: str
    rank: int
    name: str


class _Index:
    """Clips by every name they have, the most exact kind first."""

    def __init__(self, clips: Iterable[ClipNames]) -> None:
        self._by: tuple[defaultdict[str, set[str]], ...] = tuple(defaultdict(set) for _ in range(4))
        for clip_id, source, of_clip in clips:
            ids = {known for name in (clip_id, of_clip) if name for known in (name, name.partition("/")[2])}
            for known in ids:
                self._by[0][known].add(clip_id)
            for path in {*ids, *([source] if source else [])}:
                for tail in _tails(path):
                    self._by[1][tail].add(clip_id)
                for tail in _tails(without_ending(path)):
                    self._by[2][tail].add(clip_id)
                    if "." not in tail:  # 24/3524.low.mp3 is 24/3524.mp3; but blues.00012 is no 'blues'
                        self._by[3][tail].add(clip_id)

    def find(self, ids: Sequence[str]) -> _Hit | str:
        """The clip that the first telling name means, or why none is."""
        why = "it has no id"
        for name in ids:
            path = name.strip().replace("\\", "/")
            why = f"no clip is named {name!r}" if why.startswith(("it has", "no clip")) else why
            for rank, key in self._keys(path):
                clips = self._by[rank].get(key)
                if clips and len(clips) == 1:
                    return _Hit(next(iter(clips)), rank, path)
                if clips:
                    why = f"{name!r} may be any of {len(clips)} clips: {some(sorted(clips), _SHOWN, counted=False)}"
                    break
        return why

    def _keys(self, path: str) -> Iterator[tuple[int, str]]:
        yield 0, path
        yield from ((1, tail) for tail in _tails(path))
        bare = without_ending(path)
        yield from ((2, tail) for tail in _tails(bare))
        folder, slash, file = bare.rpartition("/")
        yield from ((3, tail) for tail in _tails(f"{folder}{slash}{file.partition('.')[0]}"))


def without_ending(path: str) -> str:
    """A path without the ending of an audio file."""
    head, dot, ending = path.rpartition(".")
    return head if dot and ending.casefold() in _ENDINGS else path


def _tails(path: str) -> list[str]:
    """a/b/c, b/c, c."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return ["/".join(parts[i:]) for i in range(len(parts))]
