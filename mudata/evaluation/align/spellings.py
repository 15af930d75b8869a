"""Which label of a set has which spelling, and how spellings are compared."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from mudata.catalog.cards.vocabulary import fold

if TYPE_CHECKING:
    from mudata.catalog.cards.labels import Label

Level = Literal["error", "note"]


@dataclass(frozen=True)
class SpellingNote:
    """What lint found: an `error` makes the set useless, a `note` is worth knowing."""

    level: Level
    what: str


@dataclass
class LabelDraft:
    """A label while spellings are given out; the lists are those of `label_set.LabelEntry`."""

    label: Label
    display: str
    strict: list[str] = field(default_factory=list)
    synonyms: list[str] = field(default_factory=list)
    hyponyms: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


Tier = Literal["strict", "synonyms", "hyponyms", "foreign"]
Given = Sequence[tuple[LabelDraft, Iterable[str]]]
"""Labels with the spellings given for them in one place: all of it has one rank."""


class Spellings:
    """Who has which spelling. Those given first keep it."""

    def __init__(self) -> None:
        self.owners: dict[str, LabelDraft | None] = {}
        self.findings: list[SpellingNote] = []

    def give(self, tier: Tier, given: Given, *, of_card: bool) -> None:
        """Hand out the spellings of one place:
        the card, where strict ones must not clash, or a words file.

        `foreign` spellings are strict ones that are translations.
        """
        wanted: dict[str, list[tuple[LabelDraft, str]]] = defaultdict(list)
        for draft, spellings in given:
            for spelling in spellings:
                wanted[folded(spelling)].append((draft, spelling))
        strictly = tier in ("strict", "foreign")
        for key, claims in wanted.items():
            first, shown = claims[0]
            names = ", ".join(repr(i) for i in dict.fromkeys(draft.label.id for draft, _ in claims))
            if not key:
                self._find("error", f"{shown!r} of {names} has neither letter nor digit")
            elif not of_card and (owner := self.owners.get(key)):
                self._take(owner, tier, [spelling for draft, spelling in claims if draft is owner])
                if strictly and (others := [repr(draft.label.id) for draft, _ in claims if draft is not owner]):
                    self._find("note", f"{shown!r} means {owner.label.id!r} and cannot mean {', '.join(others)}")
            elif any(draft is not first for draft, _ in claims):
                self._find("error" if of_card and strictly else "note", f"{names} share the spelling {shown!r}")
                self.owners.setdefault(key, None)
            elif (owner := self.owners.setdefault(key, first)) is first:
                self._take(first, tier, [spelling for _, spelling in claims])
            elif owner:
                self._find(
                    "error" if strictly else "note", f"{shown!r} means {owner.label.id!r} and cannot mean {names}"
                )

    def _take(self, draft: LabelDraft, tier: Tier, spellings: list[str]) -> None:
        strict = {folded(s) for s in draft.strict}
        lenient = {folded(s) for s in (*draft.synonyms, *draft.hyponyms)}
        for spelling in spellings:
            if tier in ("strict", "foreign") and folded(spelling) not in lenient:
                draft.strict.append(spelling)
                if tier == "foreign" and folded(spelling) not in strict:
                    draft.foreign.append(spelling)
            elif tier in ("synonyms", "hyponyms") and folded(spelling) not in strict | lenient:
                getattr(draft, tier).append(spelling)

    def _find(self, level: Level, what: str) -> None:
        self.findings.append(SpellingNote(level, what))


@lru_cache(maxsize=1 << 16)  # resolving a label set folds each spelling many times
def folded(text: str) -> str:
    """What two spellings of one label have in common in answers:
    letters, digits and sharps, in one case."""
    return fold(unicodedata.normalize("NFKC", text).replace("♯", "#"), keep="#")


@lru_cache(maxsize=1 << 16)
def plain(text: str) -> str:
    """Words of a text in one case, between single spaces, with a space before and after."""
    low = unicodedata.normalize("NFKC", text).casefold()
    return f" {' '.join(''.join(c if c.isalnum() else ' ' for c in low).split())} "


def within(phrase: str, spellings: Iterable[tuple[str, str]]) -> set[str]:
    """The labels with a spelling among the words of a phrase,
    or, where a script has no spaces, anywhere in it."""
    text = plain(phrase)
    return {label for spelling, label in spellings if (spelling if spelling.isascii() else spelling.strip()) in text}
