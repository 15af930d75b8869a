"""Items by what was asked: their clips in the order heard, their question, their options, what is right about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from mudata.evaluation.answer_import.clip_names import file_stem
from mudata.evaluation.answer_import.file_answer import of_letters
from mudata.evaluation.answer_import.shown_options import are_options, fold, shown_options

if TYPE_CHECKING:
    from mudata.evaluation.answer_import.file_answer import FileAnswer


class ClipNames(NamedTuple):
    """A clip or an item by its id, and the path of the clip's raw file where the index has it."""

    clip_id: str
    source_path: str | None = None
    of_clip: str | None = None
    """The only clip that an item with an id of its own is about."""
    clips: tuple[str, ...] = ()
    """Paths, or ids, of the clips of an item in the order heard."""
    question: str | None = None
    options: tuple[str, ...] = ()
    truth: str | None = None


class AskedItems:
    """Items, found by what an answer says that was asked."""

    def __init__(self, items: Iterable[ClipNames]) -> None:
        self._items = {item.clip_id: item for item in items if item.clips or item.question}
        self._by_clips: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        self._by_question: defaultdict[str, set[str]] = defaultdict(set)
        for item in self._items.values():
            if item.clips:
                self._by_clips[tuple(map(file_stem, item.clips))].add(item.clip_id)
            if item.question and (lines := _lines(item.question)):
                self._by_question[lines[0]].add(item.clip_id)

    def find(self, answer: FileAnswer) -> str | None:
        """The only item that it can be about by clips, or by the question."""
        heard = self._by_clips.get(tuple(map(file_stem, answer.clips)), ()) if answer.clips else ()
        candidates = heard or {item_id for line in _asked(answer) for item_id in self._by_question.get(line, ())}
        if not candidates and (asked := fold(answer.question or answer.prompt or "")):
            candidates = {item_id for line, ids in self._by_question.items() if line in asked for item_id in ids}
        found = self.only(answer, candidates)
        return next(iter(found)) if len(found) == 1 else None

    def only(self, answer: FileAnswer, candidates: Collection[str]) -> Collection[str]:
        """Those of some items that fit what was asked; where nothing more is known of it, all of them."""
        asked = fold(answer.question or answer.prompt or "")
        left = [self._items[item_id] for item_id in candidates if item_id in self._items]
        if len(left) < len(candidates):
            return candidates
        if answer.clips:
            heard = tuple(map(file_stem, answer.clips))
            left = [item for item in left if tuple(map(file_stem, item.clips)) == heard]
        if asked:
            left = [item for item in left if not item.question or fold(item.question) in asked]
        left = [item for item in left if not _other_options(item, answer)]
        if len(left) > 1 and answer.references:
            left = [item for item in left if item.truth in _right(item, answer)] or left
        if len(left) > 1 and answer.ids:  # ids like 'metre.A/file', of items 'metre.A1' and 'metre.B1'
            group = answer.ids[0].partition("/")[0]
            left = [item for item in left if item.clip_id.partition("/")[2].startswith(group)] or left
        return {item.clip_id for item in left}

    def contradiction(self, answer: FileAnswer, item_id: str) -> str | None:
        """Why an answer to an item of this id was to another question."""
        item = self._items.get(item_id)
        if item is None or not answer.options or not item.options or are_options(item.options, answer.options):
            return None
        strange = [option for option in answer.options if not are_options(item.options, [option])]
        told = f"no {strange[0]!r}" if strange else f"{len(item.options)} of them, not {len(answer.options)}"
        return f"its options are not those of {item_id}, which has {told}: another version of the questions?"


def _other_options(item: ClipNames, answer: FileAnswer) -> bool:
    """Whether the answer was to other options than the item has."""
    if not item.options:
        return False
    if answer.options:
        return not are_options(item.options, answer.options)
    return bool(answer.prompt) and sum(fold(text) in fold(answer.prompt or "") for text in item.options) < 2


def _right(item: ClipNames, answer: FileAnswer) -> tuple[str, ...]:
    shown = shown_options(item.options, answer)
    return of_letters(answer.references, shown.options if shown else item.options)


def _asked(answer: FileAnswer) -> Iterator[str]:
    """The lines of what was asked, also without words like 'Question:' before them."""
    for line in _lines(answer.question or answer.prompt or ""):
        yield line
        for mark in (": ", "："):
            before, found, rest = line.partition(mark)
            if found and len(before.split()) < 3:
                yield rest.strip()


def _lines(text: str) -> list[str]:
    return [line for line in map(fold, text.splitlines()) if line]
