"""From what a model said to the label it means, or to why there is none.

`align(answer, label_set, shown)` is a pure function: no chance, no network, no model. Stages, in this order:

    clean      width and case folded, markup, thoughts and zero-width characters dropped, with a way back (clean)
    language   which language the answer is in, and so which cues there are (language)
    events     labels, guards, cues, signs and marks, longest first, in one pass (phrase_matcher)
    echo       the prompt or its options read back (echo)
    grammar    clauses with a role, votes with a rank (grammar, negation, refusal, scores; clauses says which there are)
    letters    only where letters were shown (letters)
    decision   one table, the first rule that fits (decision); its id is the alignment's `rule_id`

An answer that speaks of several labels is never settled by chance or position.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mudata.evaluation.align.alignment import Alignment, Shown, Span
from mudata.evaluation.align.clauses import Reading, Vote
from mudata.evaluation.align.clean import clean, degenerate
from mudata.evaluation.align.cues import Meaning
from mudata.evaluation.align.cues import matcher as cue_matcher
from mudata.evaluation.align.decision import alone, decide
from mudata.evaluation.align.echo import echoes
from mudata.evaluation.align.evidence import Evidence, gather, without
from mudata.evaluation.align.language import ENGLISH, language_of, languages, may_be_foreign
from mudata.evaluation.align.phrase_matcher import compiled

if TYPE_CHECKING:
    from mudata.evaluation.align.cues import Event
    from mudata.evaluation.align.label_set import LabelSet

_NOTHING_SHOWN = Shown()
_NOUN = Meaning("noun")
_QUOTES = ("'", '"')
_PLAIN_LENGTH = 120
"""Characters to which an answer without any doubtful word is read on the short way."""
_PLAIN_KINDS = frozenset(
    {"is", "noun", "answer", "colon", "comma", "stop", "quantity", "tell", "facts", "soft", "as", "with", "either"}
)
"""What an answer of one label may have besides to be read on the short way; the long one comes to the same."""


def align(answer: str | None, label_set: LabelSet, shown: Shown = _NOTHING_SHOWN) -> Alignment:
    """Read one answer; None stands for a failure and is ERROR.
    Pure: the same input gives the same alignment."""
    if answer is None:
        return Alignment("ERROR", rule_id="error")
    cleaned = clean(answer)
    text = cleaned.text
    ascii_only = text.isascii()
    topics = label_set.topics or _topics_of(shown.prompt)
    matcher = compiled(label_set, topics)
    meanings, fields = matcher.meanings, matcher.fields
    labels: list[Event] = []
    for match in (matcher.ascii if ascii_only else matcher.full).finditer(text):
        phrase = match.group()
        meaning = meanings.get(phrase) or matcher.meaning(phrase)
        if phrase in fields and _names_the_question(text, *match.span(), own=phrase in matcher.nouns):
            meaning = _NOUN
        labels.append((match.start(), match.end(), meaning))
    language: str | None = ENGLISH
    if may_be_foreign(text):
        language = language_of(without(text, [label[:2] for label in labels]))
    if degenerate(text):
        return decide(Evidence(cleaned, matcher, shown, Reading([Vote(*label) for label in labels]), [], []))
    cues = cue_matcher(language or ENGLISH, topics).find(text)
    echoed = echoes(text, shown.prompt)
    if len(labels) == 1 and len(text) < _PLAIN_LENGTH and not echoed and not shown.letters and language == ENGLISH:
        start, end, (kind, ids, foreign) = labels[0]
        if kind == "strict" and len(ids) == 1 and all(cue[2].kind in _PLAIN_KINDS for cue in cues):
            spans = (Span(*cleaned.raw(start, end), "positive", ids[0]),)
            flags = ("non_english",) if foreign else ()
            if matcher.many:
                return Alignment("SET", ids, "set", spans, ids, (), (), flags, text, (0, len(answer)), "statement")
            rule = "exact" if alone(text, start, end) else "single"
            return Alignment("ALIGNED", ids, rule, spans, ids, (), (), flags, text, (0, len(answer)), "statement")
    events = _merged(labels, cues)
    evidence = gather(answer, cleaned, matcher, shown, events=events, echoed=echoed)
    if language is None:
        evidence.flags.append("unread_language")
    return decide(evidence)


def _merged(labels: list[Event], cues: list[Event]) -> list[Event]:
    """Labels and cues in the order of the text; where they overlap the label counts, but within a longer cue the cue
    ('emotional tone')."""
    if not labels:
        return cues
    events = []
    i, last = 0, len(labels)
    for cue in cues:
        start, end, _ = cue
        while i < last and labels[i][1] <= start:
            events.append(labels[i])
            i += 1
        if i == last or labels[i][0] >= end:
            events.append(cue)
        elif start == labels[i][0] and labels[i][1] < end and labels[i][2].kind != "guard":
            events.append(cue)
            i += 1
    return events + labels[i:]


def _names_the_question(text: str, start: int, end: int, *, own: bool) -> bool:
    """Whether a word that is a label and a noun of a question ('emotion') is the noun here: before a
    colon, or, of the very question, unless it is the whole answer or stands in quotes of its own."""
    if text[end : end + 3].strip("\"' s")[:1] in (":", "="):
        return True
    quoted = text[start - 1 : start] in _QUOTES and text[end : end + 1] in _QUOTES
    return own and not (quoted or alone(text, start, end))


@lru_cache(maxsize=256)
def _topics_of(prompt: str) -> tuple[str, ...]:
    """What a prompt asks for, where the label set does not say."""
    words = frozenset(re.findall(r"\w+", prompt.casefold()))
    nouns = languages()[ENGLISH].nouns
    return tuple(topic for topic, spelled in nouns.items() if topic != "cluster" and not words.isdisjoint(spelled))
