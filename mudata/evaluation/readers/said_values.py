"""Values said in an answer: where they stand, of which sort they are, and what the grammar of answers makes of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mudata.evaluation.align import cues
from mudata.evaluation.align.clauses import Reading
from mudata.evaluation.align.clean import Clean, clean, degenerate
from mudata.evaluation.align.cues import Event, Meaning
from mudata.evaluation.align.echo import echoes
from mudata.evaluation.align.grammar import read
from mudata.evaluation.align.language import ENGLISH, language_of, may_be_foreign, words_of
from mudata.evaluation.align.text_pieces import inside, without
from mudata.evaluation.readers.kept_text import kept
from mudata.evaluation.readers.value_nouns import noun_pattern

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Shown
    from mudata.evaluation.align.clauses import Vote

Sort = Literal["value", "lone", "aside", "range", "bound", "half", "outside", "guard"]
SORTS: dict[Sort, str] = {
    "value": "a value by its form: 'F# minor', '120 bpm'",
    "lone": "a value only if nothing clearer is said: '120'",
    "aside": "a value of something else, if another one is said: 'modulates to G major'",
    "range": "all between two ends: '120-125'",
    "bound": "all beyond one end: 'at least 3'",
    "half": "part of a value: a tonic without a mode",
    "outside": "a value that cannot be meant: '3 bpm'",
    "guard": "what looks like a value and is none: 'a B major chord'",
}


class Said(NamedTuple):
    """A value said: the piece [start, end) of the kept text (`kept_text`), what it says, and what sort it is.

    `values` are canonical: one; the two ends of a range, the lower first; none of a guard.
    """

    start: int
    end: int
    values: tuple[str, ...]
    sort: Sort = "value"

    def guarded(self) -> Said:
        """Without its values, where it is a guard."""
        return self._replace(values=()) if self.sort == "guard" else self


Finder = Callable[[str, str | None], list[Said]]
"""Finds the values in a kept text whose language is known or None; sorted and apart."""


@dataclass(frozen=True)
class ValueKind:
    """What is looked for: how it is found, what it is called (`value_nouns.NOUNS`), and how many values there are."""

    topic: str
    find: Finder
    nouns: tuple[str, ...] = ()
    """Further names, as a card gives them."""
    all_values: int | None = None
    """Where they can be counted: an answer with 80 % of them lists what may be answered."""
    repeats: bool = False
    """Whether a value may be a list of parts that are alike, so that a short answer with few words is no loop."""
    within: Callable[[str, tuple[str, ...]], bool] | None = None
    """Whether a value lies in a range."""


_NO_TOPIC = ("value",)
_OTHER = frozenset({"off_topic", "other_things"})
_ASIDE, _NOUN, _CANNOT = Meaning("aside"), Meaning("noun"), Meaning("cannot")
_COUNT = Meaning("noun", ("tell",))
"""'count' is what is asked for, and what one cannot do."""
_CANNOT_LATE = re.compile(r"\bkann (?:die|den|das|es) (?:\w{2,30} ){0,3}(nicht)\b")
"""German says 'not' behind what cannot be told."""
_MEANWHILE, _SENTENCE_ENDS = ("while", "whereas"), ("", ".", "!", "?", "\n", ";", ":")
"""Words that concede at the head of a sentence; within one they only say what else there is."""
_WORD = re.compile(r"[^\W\d_]{2}")
_WORDS = re.compile(r"\w+")
_LOOP = 1000
"""Characters: a list of twenty sections with their times has no more."""
_VIEW = Meaning("others")
_OTHERS = re.compile(r"(?:,|;|\band|\bwhile|\bbut) (others)\b")
"""The second of two views: 'some would say C major, others A minor'."""
_EXAMPLE = re.compile(r"\bexample ?\d{1,2} ?[:.)][ ]*\n[^\n]*")
"""An example whose text has a line of its own."""


@dataclass(slots=True)
class ValueEvidence:
    answer: str
    clean: Clean
    reading: Reading
    said: dict[tuple[int, int], Said]
    """By places of the clean text."""
    echoed: list[tuple[int, int]]
    outside: list[Said]
    half: list[Said]
    text: Clean
    """The kept text."""
    loops: bool = False
    flags: list[str] = field(default_factory=list)

    def of(self, vote: Vote) -> Said:
        return self.said[vote.start, vote.end]

    def raw(self, start: int, end: int) -> tuple[int, int] | None:
        """A piece of the clean text as a piece of the answer, without the blanks at its ends."""
        piece = self.clean.text[start:end]
        start, end = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        return self.clean.raw(start, end) if start < end else None


def gather(answer: str, shown: Shown, kind: ValueKind) -> ValueEvidence:
    cleaned, text = clean(answer), kept(answer)
    if degenerate(cleaned.text) and not (kind.repeats and len(cleaned.text) < _LOOP):
        return ValueEvidence(answer, cleaned, Reading(), {}, [], [], [], text, loops=True)
    found, language = _found(cleaned, text, kind)
    placed: dict[tuple[int, int], Said] = {}
    outside: list[Said] = []
    half: list[Said] = []
    for place, said in found:
        if said.sort in ("outside", "half"):
            (outside if said.sort == "outside" else half).append(said)
        else:
            placed[place] = said
    echoed = echoes(cleaned.text, shown.prompt)
    if "example" in cleaned.text:
        echoed = sorted({*(match.span() for match in _EXAMPLE.finditer(cleaned.text)), *echoed})
    events = _events(cleaned.text, placed, kind, language)
    if echoed:
        own = {tuple(_WORDS.findall(clean(option).text)) for option in shown.options}  # shown on a line of its own
        echoed = [
            piece
            for piece in echoed
            if tuple(_WORDS.findall(cleaned.text[slice(*piece)])) not in own
            and not _only_values(cleaned.text, piece, placed)
        ]
        events = [event for event in events if not inside(event[0], echoed)]
        raw = [cleaned.raw(*piece) for piece in echoed]
        outside, half = (
            [said for said in some if not inside(text.raw(said.start, said.end)[0], raw)] for some in (outside, half)
        )
    return ValueEvidence(
        answer, cleaned, read(_filled(cleaned.text, placed), events), placed, echoed, outside, half, text
    )


def _found(cleaned: Clean, text: Clean, kind: ValueKind) -> tuple[list[tuple[tuple[int, int], Said]], str | None]:
    """The values with their places in the clean text, and the language of the words beside them."""

    def find(language: str | None) -> list[tuple[tuple[int, int], Said]]:
        found = []
        for said in kind.find(text.text, language):
            start, end = (cleaned.place(place) for place in text.raw(said.start, said.end))
            if start < end:
                found.append(((start, end), said))
        return found

    guessed = _language(cleaned.text)
    found = find(guessed)
    besides = without(cleaned.text, [place for place, _ in found])
    language = _language(besides) if found and _WORD.search(besides) else guessed
    return (found if language == guessed else find(language)), language


def _filled(text: str, placed: dict[tuple[int, int], Said]) -> str:
    """The text with letters in place of values: their own signs ('C:maj', '~120') end and announce nothing."""
    pieces, last = [], 0
    for start, end in sorted(placed):
        if start >= last:
            pieces += [text[last:start], "x" * (end - start)]
            last = end
    return "".join([*pieces, text[last:]])


def _language(text: str) -> str | None:
    if text.isascii() and not may_be_foreign(words_of(text)):
        return ENGLISH
    return language_of(text)


def _events(text: str, placed: dict[tuple[int, int], Said], kind: ValueKind, language: str | None) -> list[Event]:
    """Values, nouns and cues in the order of the text; where they overlap a value counts, then a noun."""
    found: list[Event] = [
        (start, end, Meaning("strict" if said.values else "guard", said.values))
        for (start, end), said in placed.items()
    ]
    found.sort(key=lambda event: event[:2])
    text = _filled(text, placed)  # a word of a value is no cue, nor part of one: 'not clear skies', 'and others sing'
    nouns = [
        (*match.span(), _COUNT if match.group() == "count" else _NOUN)
        for match in noun_pattern(kind.topic, kind.nouns).finditer(text)
    ]
    own = _over(found, [(*match.span(1), _CANNOT) for match in _CANNOT_LATE.finditer(text)] if "kann" in text else [])
    own = _over(own, nouns)
    own = _over([(*match.span(1), _VIEW) for match in _OTHERS.finditer(text)] if "others" in text else [], own)
    others = [
        (start, end, _without_topics(meaning))
        for start, end, meaning in cues.matcher(language or ENGLISH, _NO_TOPIC).find(text)
        if text[start:end] not in _MEANWHILE or text[max(0, start - 4) : start].rstrip(" ")[-1:] in _SENTENCE_ENDS
    ]
    return _over(own, others)


def _over(first: list[Event], second: list[Event]) -> list[Event]:
    """Both in order; of the second those that none of the first overlaps."""
    events: list[Event] = []
    i = 0
    for event in second:
        while i < len(first) and first[i][1] <= event[0]:
            events.append(first[i])
            i += 1
        if i == len(first) or first[i][0] >= event[1]:
            events.append(event)
    return events + first[i:]


def _without_topics(meaning: Meaning) -> Meaning:
    """A cue, where nouns of other questions silence nothing: a value cannot be mistaken for theirs."""
    classes = (meaning.kind, *meaning.ids)
    if _OTHER.isdisjoint(classes):
        return meaning
    rest = tuple(name for name in classes if name not in _OTHER)
    return Meaning(rest[0], (*rest[1:], "aside")) if rest else _ASIDE


def _only_values(text: str, piece: tuple[int, int], placed: dict[tuple[int, int], Said]) -> bool:
    values = sorted(place for place in placed if piece[0] <= place[0] and place[1] <= piece[1])
    return bool(values) and not any(c.isalnum() for c in without(text, values, *piece))


def clauses_of(answer: str, shown: Shown, kind: ValueKind) -> list[dict[str, Any]]:
    """The clauses of an answer: text, role, rank, the values that each speaks for and those that it denies."""
    evidence = gather(answer, shown, kind)
    rows = []
    for clause in evidence.reading.clauses:
        votes = [vote for vote in evidence.reading.votes[clause.first : clause.last] if vote.meaning.kind == "strict"]
        place = evidence.raw(clause.start, clause.end) or (0, 0)
        rows.append(
            {
                "clause": " ".join(answer[slice(*place)].split()),
                "role": clause.role,
                "rank": clause.rank,
                "labels": [value for vote in votes if not vote.denied for value in evidence.of(vote).values],
                "denied": [value for vote in votes if vote.denied for value in evidence.of(vote).values],
            }
        )
    return rows
