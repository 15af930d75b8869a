"""What stands in an answer: its labels, the cues of its language, what is echoed; nothing is weighed yet."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mudata.evaluation.align import cues
from mudata.evaluation.align.clean import Clean, alone, clean, degenerate
from mudata.evaluation.align.cues import Event, Meaning
from mudata.evaluation.align.echo import echoes
from mudata.evaluation.align.language import ENGLISH, language_of, languages, may_be_foreign, words_of
from mudata.evaluation.align.phrase_matcher import PhraseMatcher, compiled
from mudata.evaluation.align.skim import idle
from mudata.evaluation.align.text_pieces import without

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Shown
    from mudata.evaluation.align.label_set import LabelSet

_SHORT = 120
"""Characters to which an answer without any doubtful word is read on the short way."""
_LONG = 400
"""Characters from which on it pays to look for idle sentences first."""
_NOUN = Meaning("noun")
_QUOTES = ("'", '"')


class Scan(NamedTuple):
    """An answer taken apart; all places are of the clean text."""

    clean: Clean
    matcher: PhraseMatcher
    language: str | None
    """None where no file covers it."""
    labels: list[Event]
    """Labels and guards, and nouns that are labels too."""
    cues: list[Event]
    echoed: list[tuple[int, int]]
    begin: int = 0
    """Where it begins, behind blanks."""
    loops: bool = False
    plain: bool = False
    """Whether it says one label and nothing that could turn it."""

    def events(self) -> list[Event]:
        """Labels and cues in the order of the text; where they overlap the label counts, but within a
        longer cue the cue ('emotional tone')."""
        labels = self.labels
        if not labels:
            return self.cues
        events = []
        i, last = 0, len(labels)
        for cue in self.cues:
            start, end, _ = cue
            while i < last and labels[i][1] <= start:
                events.append(labels[i])
                i += 1
            if i == last or labels[i][0] >= end:
                events.append(cue)
            elif labels[i][1] < end and _gives_way(labels[i], start):
                events.append(cue)
                i += 1
        return events + labels[i:]


def scan(answer: str, label_set: LabelSet, shown: Shown, *, whole: bool = False) -> Scan:
    """Take an answer apart; if not `whole`, idle sentences of a long one are passed over."""
    cleaned = clean(answer)
    text = cleaned.text
    begin = len(text) - len(text.lstrip(" ")) if text[:1] == " " else 0  # blanks where a thought was
    plain = text.isascii()
    topics = label_set.topics or _topics_of(shown.prompt)
    matcher = compiled(label_set, topics)
    words = words_of(text) if plain else []
    foreign = not plain or may_be_foreign(words)
    echoed = echoes(text, shown.prompt, begin)
    loops = degenerate(text)
    passed: list[Event] = []
    if len(text) >= _LONG and plain and not (whole or loops or echoed or shown.letters):
        passed = idle(text, begin, matcher, topics)
    labels: list[Event] = []
    place = begin
    for start, end, _ in passed:
        _find_labels(text, place, start, matcher, labels)
        place = end
    _find_labels(text, place, len(text), matcher, labels)
    if not foreign and len(labels) == 1 and len(text) < _SHORT and not echoed and not shown.letters:
        start, end, (kind, ids, _) = labels[0]
        if kind == "strict" and len(ids) == 1 and cues.is_plain(text[:start] + text[end:], words, topics):
            return Scan(cleaned, matcher, ENGLISH, labels, [], echoed, plain=True)
    if loops:
        return Scan(cleaned, matcher, ENGLISH, labels, [], echoed, loops=True)
    language = language_of(without(text, [label[:2] for label in labels])) if foreign else ENGLISH
    finder = cues.matcher(language or ENGLISH, topics)
    if not passed or language != ENGLISH:
        return Scan(cleaned, matcher, language, labels, finder.find(text, begin), echoed, begin)
    found: list[Event] = []
    place = begin
    for run in passed:
        found += [*finder.find(text, place, run[0]), run]
        place = run[1]
    found += finder.find(text, place)
    return Scan(cleaned, matcher, language, labels, found, echoed, begin)


def _find_labels(text: str, begin: int, end: int, matcher: PhraseMatcher, labels: list[Event]) -> None:
    """Add labels and guards from a place to another, neither within a word."""
    meanings, fields = matcher.meanings, matcher.fields
    for match in (matcher.ascii if text.isascii() else matcher.full).finditer(text, begin, end):
        phrase = match.group()
        start, stop = match.span()
        meaning = meanings.get(phrase) or matcher.meaning(phrase)
        if phrase in fields and _names_the_question(text, start, stop, own=phrase in matcher.nouns):
            meaning = _NOUN
        labels.append((start, stop, meaning))


def _names_the_question(text: str, start: int, end: int, *, own: bool) -> bool:
    """Whether a word that is a label and a noun of a question ('emotion') is the noun here: before a
    colon, or, of the very question, unless it is the whole answer or stands in quotes of its own."""
    if text[end : end + 3].strip("\"' s")[:1] in (":", "="):
        return True
    quoted = text[start - 1 : start] in _QUOTES and text[end : end + 1] in _QUOTES
    return own and not (quoted or alone(text, start, end))


def _gives_way(label: Event, start: int) -> bool:
    """Whether a label is but a part of a longer cue that begins at a place: it begins there too, or is a near word."""
    place, _, meaning = label
    return meaning.kind != "guard" if place == start else place > start and meaning.kind in ("synonym", "hyponym")


@lru_cache(maxsize=256)
def _topics_of(prompt: str) -> tuple[str, ...]:
    """What a prompt asks for, where the label set does not say."""
    words = frozenset(re.findall(r"\w+", prompt.casefold()))
    nouns = languages()[ENGLISH].nouns
    return tuple(topic for topic, spelled in nouns.items() if topic != "cluster" and not words.isdisjoint(spelled))
