"""All that speaks for or against labels in an answer, and the words of it that are no labels."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from mudata.evaluation.align.alignment import Alignment, Role, Shown, Span, Status
from mudata.evaluation.align.clean import Clean, without_markup
from mudata.evaluation.align.letters import Letter, letters
from mudata.evaluation.align.phrase_matcher import Meaning, PhraseMatcher
from mudata.evaluation.align.polarity import denied
from mudata.evaluation.align.refusal import refusals

Mention = tuple[int, int, Meaning]
"""A piece [start, end) of the clean text and what it stands for."""

ANY = ("strict", "synonym", "hyponym")

_ROLE: dict[str, Role] = {"strict": "positive", "synonym": "lenient", "hyponym": "lenient", "guard": "guard"}
_ECHO_SHARE = 0.8
_ECHO_LEAST = {False: 3, True: 10}
"""Labels that a set has at least (by whether many may be meant)
before naming 80 % of them is an echo."""
_NO_LABEL = (None,)
_start: Callable[[tuple[Any, ...]], int] = itemgetter(0)


@dataclass(slots=True)
class Evidence:
    """Mentions, echoes, refusals and the anchor have offsets of the clean text,
    letters those of the raw one."""

    clean: Clean
    matcher: PhraseMatcher
    shown: Shown
    mentions: list[Mention]
    denied: list[bool]
    echoed: list[tuple[int, int]]
    refusals: list[tuple[int, int]]
    letters: list[Letter]
    anchor: tuple[int, int] | None = None
    flags: list[str] = field(default_factory=list)
    strict: tuple[str, ...] = ()
    """Labels said in so many words and not denied."""
    positives: tuple[str, ...] = ()
    negatives: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        strict: set[str] = set()
        positives: set[str] = set()
        negatives: set[str] = set()
        for (_, _, (kind, ids, _)), is_denied in zip(self.mentions, self.denied, strict=True):
            (negatives if is_denied else positives).update(ids)
            if kind == "strict" and not is_denied:
                strict.update(ids)
        self.strict, self.positives, self.negatives = map(self.ordered, (strict, positives, negatives))

    @property
    def text(self) -> str:
        return self.clean.text

    def ordered(self, ids: Collection[str]) -> tuple[str, ...]:
        return tuple(sorted(ids, key=self.matcher.rank.__getitem__) if len(ids) > 1 else ids)

    def within(self, start: int, end: int, kinds: tuple[str, ...] = ("strict",)) -> list[Mention]:
        """Mentions of these kinds that begin in a piece and are not denied."""
        piece = slice(*(bisect_left(self.mentions, place, key=_start) for place in (start, end)))
        pairs = zip(self.mentions[piece], self.denied[piece], strict=True)
        return [m for m, is_denied in pairs if not is_denied and m[2].kind in kinds]

    def besides(self) -> str:
        """The text without its mentions."""
        return without(self.text, [m[:2] for m in self.mentions])

    def lists_most(self) -> bool:
        """Whether at least 80 % of the labels are said."""
        least, all_ = _ECHO_LEAST[self.matcher.many], len(self.matcher.ids)
        return all_ >= least and len(self.strict) >= _ECHO_SHARE * all_

    def means(self, status: Status, rule: str, labels: tuple[str, ...] = ()) -> Alignment:
        """What a rule decides, with all the evidence."""
        foreign = True in [
            m[2].foreign and not is_denied for m, is_denied in zip(self.mentions, self.denied, strict=True)
        ]
        return Alignment(
            status,
            labels,
            rule,
            tuple(self._spans()),
            self.positives,
            self.negatives,
            oov_terms(self.besides()) if status == "OOV" else (),
            (*self.flags, *(("echo",) if self.echoed else ()), *(("non_english",) if foreign else ())),
            self.text,
        )

    def _spans(self) -> list[Span]:
        """Evidence as pieces of the raw answer."""
        raw = self.clean.raw
        spans = [Span(letter.start, letter.end, "letter", letter.option) for letter in self.letters]
        for (start, end, meaning), is_denied in zip(self.mentions, self.denied, strict=True):
            role: Role = "negative" if is_denied and meaning.ids else _ROLE[meaning.kind]
            piece = raw(start, end)
            spans += [Span(*piece, role, label) for label in sorted(meaning.ids) or _NO_LABEL]
        spans += [Span(*raw(*piece), "echo") for piece in self.echoed]
        spans += [Span(*raw(*piece), "cue") for piece in self.refusals]
        if self.anchor:
            spans.append(Span(*raw(*self.anchor), "anchor"))
        return spans if len(spans) == len(self.mentions) else sorted(spans, key=_place)


def _place(span: Span) -> tuple[int, int, str, str]:
    return span.start, span.end, span.role, span.label or ""


def gather(
    answer: str,
    clean: Clean,
    matcher: PhraseMatcher,
    shown: Shown,
    *,
    mentions: list[Mention],
    echoed: list[tuple[int, int]],
    turned: bool,
) -> Evidence:
    """`turned`: whether there is a word that could deny or refuse.
    What is echoed speaks for nothing."""
    text = clean.text
    cues = refusals(text, shown.prompt) if turned else []
    if echoed:
        echoed = [piece for piece in echoed if not _lists_labels(text, piece, mentions)]
        mentions = [m for m in mentions if not inside(m[0], echoed)]
        cues = [cue for cue in cues if not inside(cue[0], echoed)]
    negations = denied(text, [m[:2] for m in mentions]) if turned and mentions else [False] * len(mentions)
    given = letters(without_markup(answer), shown.options or matcher.ids) if shown.letters else []
    return Evidence(clean, matcher, shown, mentions, negations, echoed, cues, given)


def _lists_labels(text: str, piece: tuple[int, int], mentions: list[Mention]) -> bool:
    """Whether a piece is nothing but labels:
    such a list is no part of the prompt that only a prompt has."""
    first, last = (bisect_left(mentions, place, key=_start) for place in piece)
    return not any(c.isalnum() for c in without(text, [m[:2] for m in mentions[first:last]], *piece))


def without(text: str, pieces: Iterable[tuple[int, int]], start: int = 0, end: int | None = None) -> str:
    """Text from start to end with commas in place of pieces."""
    kept = []
    for first, last in pieces:
        kept.append(text[start:first])
        start = last
    return ",".join([*kept, text[start:end]])


def inside(place: int, pieces: list[tuple[int, int]]) -> bool:
    """Whether one of the pieces, which are sorted and apart, covers a place."""
    i = bisect_right(pieces, place, key=_start)
    return i > 0 and place < pieces[i - 1][1]


# ------------------------------------------------------------------------------------- words that are no labels

_IDLE_WORDS = """
a an the this that these those it its is are was were be been being am i you we they he she my your our their there
here of in on at to for from by with and or but so as if then than not no nor do does did has have had having can
could may might must shall should will would about into over under up down out off very quite rather really too also
just only more most less least much many some any all each every both either neither one two three several various
which who whom whose what when where why how because since while although though however therefore thus hence such
like likely probably possibly perhaps maybe seems seem appears appear sounds sound feels feel let me think believe say
based given following described describes describe called considered belongs belong contains contain includes include
including features feature featuring characterized classified identified genre genres style styles mood moods emotion
emotions tag tags label labels category class theme themes answer final option options choice list music musical audio
clip song songs track tracks piece pieces sample recording excerpt example kind type types different specific
particular main primary overall general s t re ve ll m d le la les un une est el es der die das ist blend mix mixture
combination element elements influence influences touch hint hints can't don't
"""
_IDLE = frozenset(_IDLE_WORDS.split())
_OOV_PHRASE = re.compile(r"[^,.;:!?()\[\]{}\"\n|]+")
_OOV_WORD = re.compile(r"[^\W_]+(?:['&][^\W_]+)*")
_OOV_LONGEST, _OOV_MOST, _OOV_READ = 3, 12, 4000


def oov_terms(text: str) -> tuple[str, ...]:
    """Runs of at most three words between signs and words that mean nothing here;
    twelve of them, in order, once each.

    Only the first 4,000 characters are read.
    """
    terms: dict[str, None] = {}
    for phrase in _OOV_PHRASE.finditer(text[:_OOV_READ]):
        run: list[str] = []
        for word in (*_OOV_WORD.findall(phrase.group()), "the"):
            if word not in _IDLE and not word.isdigit():
                run.append(word)
            elif run:
                terms[" ".join(run[:_OOV_LONGEST])] = None
                run = []
        if len(terms) >= _OOV_MOST:
            break
    return tuple(terms)[:_OOV_MOST]
