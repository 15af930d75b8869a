"""Values said in an answer, weighed by the grammar of `align`: which is denied, corrected, left open, announced.

A reader finds the values of its kind by rules of its own; what is said about them is read here as it is of labels, in all
languages whose cues `align` knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mudata.evaluation.align import cues
from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.align.clauses import NOUN, PART, Reading, Vote
from mudata.evaluation.align.clean import Clean, clean, degenerate, without_markup
from mudata.evaluation.align.cues import Event, Meaning
from mudata.evaluation.align.echo import echoes
from mudata.evaluation.align.evidence import Evidence
from mudata.evaluation.align.grammar import read
from mudata.evaluation.align.language import ENGLISH, language_of, may_be_foreign, words_of
from mudata.evaluation.align.phrase_matcher import PhraseMatcher
from mudata.evaluation.align.text_pieces import inside, without

GUARD = Meaning("guard")
UNSTATED = ("condition", "question", "opinion", "history")
"""Roles of clauses that state nothing."""
_NEVER = re.compile(r"(?!)")
_AS_ASCII = str.maketrans({
    "’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "（": "(", "）": ")", "：": ":", "，": ",", "、": ",", "；": ";", "＃": "#",
    "\t": " ", "\xa0": " ", "\u202f": " ", "～": "~", "＞": ">", "－": "-", "−": "-", "‐": "-", "‑": "-", "‒": "-",
    **{chr(0xFF10 + k): str(k) for k in range(10)},
})  # fmt: skip


class ValueSaid(NamedTuple):
    """A value [start, end) of the raw answer: its canonical spelling; several where the piece says several, none where it
    says what may not be answered."""

    start: int
    end: int
    values: tuple[str, ...]


def plain(answer: str, *, lower: bool = True) -> str:
    """The answer with thoughts and markup as blanks and usual signs for unusual ones, of the same length."""
    text = without_markup(answer).translate(_AS_ASCII)
    if not lower:
        return text
    small = text.lower()
    return small if len(small) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def matcher(values: Sequence[str], spelled: Sequence[str] = ()) -> PhraseMatcher:
    """What the decision of `align` needs to know of values; `spelled` are those whose slips of a letter are forgiven."""
    ids = tuple(dict.fromkeys(values))
    meanings = {value.lower(): Meaning("strict", (value,)) for value in spelled}
    ranks = {value: place for place, value in enumerate(ids)}
    return PhraseMatcher(ids, ranks, False, meanings, _NEVER, _NEVER, tuple(meanings), frozenset(), frozenset())


def weigh(
    answer: str,
    said: Sequence[ValueSaid],
    known: PhraseMatcher,
    shown: Shown,
    adjust: Callable[[Vote, int], None] | None = None,
) -> Evidence:
    """All that an answer says of values.

    Args:
        answer: as the model gave it.
        said: the values in it, in order and apart.
        known: by `matcher`, all values that may be said.
        shown: what the model had before it; what it reads back of the prompt speaks for nothing.
        adjust: gets every vote with the place in `said` of its value.
    """
    cleaned = clean(answer)
    text = cleaned.text
    if degenerate(text):
        once = {one.values: one for one in reversed(said)}
        votes = [Vote(*span, _meaning(one)) for one in sorted(once.values()) if (span := _place(cleaned, one))]
        return Evidence(cleaned, known, shown, Reading(votes), [], [], loops=True)
    found: list[Event] = []
    places: dict[int, int] = {}
    for k, one in enumerate(said):
        if (span := _place(cleaned, one)) and (not found or span[0] >= found[-1][1]):
            found.append((*span, _meaning(one)))
            places[span[0]] = k
    words = words_of(text) if text.isascii() else []
    foreign = not text.isascii() or may_be_foreign(words)
    language = language_of(without(text, [event[:2] for event in found])) if foreign else ENGLISH
    begin = len(text) - len(text.lstrip(" "))
    events = _merged(found, [sign for cue in cues.matcher(language or ENGLISH, ()).find(text, begin) if (sign := _heard(cue))])
    echoed = [piece for piece in echoes(text, shown.prompt, begin) if not _says_only(text, piece, found)]
    if echoed:
        events = [event for event in events if not inside(event[0], echoed)]
    reading = read(text, events, begin)
    if adjust is not None:
        for vote in reading.votes:
            if vote.start in places:
                adjust(vote, places[vote.start])
    evidence = Evidence(cleaned, known, shown, reading, echoed, [], events)
    if language is None:
        evidence.flags.append("unread_language")
    return evidence


def announced(text: str, said: Sequence[ValueSaid], nouns: str) -> Callable[[Vote, int], None]:
    """For `weigh`: values behind a noun of the question and 'is' or a colon are announced ones ('the order is 2, 1')."""
    behind = re.compile(rf"\b(?:{nouns})\b[^.;:?!\n]{{0,40}}?(?:\bis|\bare|\bbe|\bwas|:|=|\bas|->)[\s\"'*_`(\[{{]{{0,6}}(?:clips? |the )?\Z")

    def adjust(vote: Vote, k: int) -> None:
        if not vote.denied and PART < vote.rank < NOUN and vote.role not in UNSTATED:
            start = said[k].start
            if behind.search(text, max(0, start - 80), start):
                vote.rank, vote.committed = NOUN, True

    return adjust


def _meaning(one: ValueSaid) -> Meaning:
    return Meaning("strict", one.values) if one.values else GUARD


def _place(cleaned: Clean, one: ValueSaid) -> tuple[int, int] | None:
    start, end = cleaned.place(one.start), cleaned.place(one.end)
    return (start, end) if start < end else None


_OTHER_QUESTIONS = frozenset(("off_topic", "other_things"))
"""Classes of cues that tell questions about labels apart; a value of its own kind answers its own question."""


def _heard(cue: Event) -> Event | None:
    start, end, meaning = cue
    classes = tuple(name for name in (meaning.kind, *meaning.ids) if name not in _OTHER_QUESTIONS)
    return (start, end, Meaning(classes[0], classes[1:])) if classes else None


def _merged(said: list[Event], signs: list[Event]) -> list[Event]:
    """Values and cues in order; a cue that a value overlaps is none."""
    events: list[Event] = []
    i = 0
    for cue in signs:
        while i < len(said) and said[i][1] <= cue[0]:
            events.append(said[i])
            i += 1
        if i == len(said) or said[i][0] >= cue[1]:
            events.append(cue)
    return events + said[i:]


def _says_only(text: str, piece: tuple[int, int], said: list[Event]) -> bool:
    """Whether a piece that the prompt has too is a value and no more: an option is no echo of the options."""
    within = [event[:2] for event in said if piece[0] - 8 <= event[0] and event[1] <= piece[1] + 8]
    return len(within) > 0 and not any(c.isalnum() for c in without(text, within, *piece))
