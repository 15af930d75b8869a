"""A label set made ready for reading:
what every spelling means, and one pattern that finds them all in one pass.

Spellings, guards and compounds go into one trie, so that the longest match wins and guards take
their words before labels can. Between the words of a spelling up to three spaces may stand ('hip
hop', 'hip - hop') or none ('hiphop'); '&', 'and', 'n' are one word. A spelling stands alone between
characters that are no letters or digits, or before a noun that is joined to it ('Rockmusik');
scripts without spaces between words (Chinese, Japanese, Thai) need no such border.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

from mudata.evaluation.align.clean import clean
from mudata.evaluation.align.cues import Meaning, cues_of
from mudata.evaluation.align.language import ENGLISH, folded, languages
from mudata.evaluation.align.trie import HANGUL, HAS_UNSPACED, UNSPACED, either

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mudata.evaluation.align.label_set import LabelSet

_WORD = re.compile(r"[^\W_]+#?|[^\w\s]+")
_AND = ("&", "and", "n")
_FEW = 4
_GAP = " {1,3}"
_SIGN_GAP = r"[ '.,:+!()#]{0,3}"
_ANY_AND = " {0,3}(?:&|and|'?n'?) {0,3}"


@dataclass(frozen=True, eq=False)
class PhraseMatcher:
    """A compiled label set; `rank` is each label's place in published order."""

    ids: tuple[str, ...]
    rank: dict[str, int]
    many: bool
    meanings: dict[str, Meaning]
    ascii: re.Pattern[str]
    """For text that is ASCII; `full` is for any."""
    full: re.Pattern[str]
    plain: tuple[str, ...]
    """Strict spellings of one label in ASCII letters alone."""
    nouns: frozenset[str]
    """Spellings of labels that are nouns of the question as well ('emotion')."""
    fields: frozenset[str]
    """Those that are nouns of any question: before a colon they name it."""
    leads: frozenset[str]
    """Words of letters and digits by one of which each spelling in ASCII is noticed, and what others of them begin
    with."""
    glued: tuple[str, ...]

    def noticed_by(self, word: str) -> bool:
        """Whether a word of letters and digits may be that by which a spelling is noticed."""
        if word in self.leads or word.startswith(self.glued):
            return True
        return any(word.endswith(head) and word[: -len(head)] in self.leads for head in _all_heads())

    def meaning(self, phrase: str) -> Meaning:
        """Of a piece that one of the patterns has found."""
        return self.meanings.get(phrase) or self.meanings[squeezed(phrase)]


def squeezed(spelling: str) -> str:
    """A spelling without what may differ: spaces and signs other than '&' and the sharp of a
    key."""
    return _SIGNS.sub("", spelling)


_SIGNS = re.compile(r"[^\w&#]+|_")
_KNOWN: dict[int, tuple[LabelSet, dict[tuple[str, ...], PhraseMatcher]]] = {}
_MOST_KNOWN = 64


def compiled(label_set: LabelSet, topics: tuple[str, ...]) -> PhraseMatcher:
    """The vocabulary of a label set, made once for each object: hashing a big frozen set at each
    call would cost more than reading the answer does.

    topics: what is asked for.
    """
    known = _KNOWN.get(id(label_set))
    if known is None or known[0] is not label_set:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        known = _KNOWN[id(label_set)] = label_set, {}
    matcher = known[1].get(topics)
    if matcher is None:
        matcher = known[1][topics] = _compile(label_set, topics)
    return matcher


def _compile(label_set: LabelSet, topics: tuple[str, ...]) -> PhraseMatcher:
    meanings: dict[str, Meaning] = {}
    shapes: dict[tuple[str, ...], None] = {}
    said = {folded(spelling) for entry in label_set.entries for spelling in entry.strict}
    cues = cues_of(ENGLISH, topics)
    fields = {phrase for phrase, classes in cues.items() if classes[0] in ("noun", "off_topic") and phrase in said}
    nouns = {phrase for phrase in fields if cues[phrase][0] == "noun"}
    for spelling, meaning in _spellings(label_set):
        if meaning.kind == "guard" and not nouns.isdisjoint(folded(spelling).split()):
            continue  # the noun itself is known to be no label
        words = _words(spelling)
        if not words:
            continue
        joined = [""]
        for word in words:
            spelt_as = _AND if word == "&" else (word,)
            joined = [before + squeezed(spelt) for before in joined for spelt in spelt_as]
        for spelt in joined:
            meanings.setdefault(spelt, meaning)
        meanings.setdefault(" ".join(words), meanings[joined[0]])
        shapes[words] = None
    bounded = [way for words in shapes if not HAS_UNSPACED.search("".join(words)) for way in _written(words)]
    free = [way for words in shapes if HAS_UNSPACED.search("".join(words)) for way in _written(words)]
    plain = [way for way in bounded if "".join(way).isascii()]
    leads, glued = _leads(plain)
    letters = rf"[^\W_{UNSPACED}]"
    both = [f"(?<!{letters})(?:{either(bounded)})(?:(?!{letters}|#)|(?={_heads()}(?!{letters})))"]
    if free:
        both.append(rf"(?:(?<![{HANGUL}])|(?![{HANGUL}]))(?:{either(free)})")
    return PhraseMatcher(
        label_set.ids,
        {label: place for place, label in enumerate(label_set.ids)},
        label_set.kind == "multi",
        meanings,
        re.compile(rf"\b(?:{either(plain)})(?:(?![a-z0-9#])|(?={_heads()}(?![a-z0-9#])))"),
        re.compile("|".join(both)),
        tuple(s for s, m in meanings.items() if m.kind == "strict" and len(m.ids) == 1 and s.isascii() and s.isalpha()),
        frozenset(nouns),
        frozenset(fields),
        leads,
        glued,
    )


def _leads(ways: Iterable[list[str]]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Words by which ways to write are noticed: of each one that is a spelling itself, or the longest; of those with
    signs, which may end sentences, all but the first, and that before a stop; and what words begin with in which a sign
    is left out."""
    ways = list(ways)
    single = {"".join(symbols) for symbols in ways if "".join(symbols).isalnum()}
    leads: set[str] = set()
    glued: set[str] = set()
    for symbols in ways:
        words = [""]
        for symbol, after in zip(symbols, (*symbols[1:], ""), strict=True):
            if symbol == _GAP:
                words.append("")
            elif symbol == _SIGN_GAP:
                glued.add(words[-1] + after)
                words.append("")
            elif symbol == _ANY_AND:
                glued |= {words[-1] + "and", words[-1] + "n"}
                words.append("")
            else:
                words[-1] += symbol
        if _SIGN_GAP in symbols:
            leads |= {*words[1:], words[0] + "."}
        else:
            leads.add(max(words, key=lambda word: (word in single, len(word))))
    return frozenset(leads) - {""}, tuple(glued)


@cache
def _heads() -> str:
    """Nouns that Germanic languages join to a label, as a pattern: 'Rockmusik', 'countrylåt'."""
    return either([re.escape(c) for c in head] for head in _all_heads())


@cache
def _all_heads() -> tuple[str, ...]:
    return tuple(head for language in languages().values() for head in language.heads)


def _words(spelling: str) -> tuple[str, ...]:
    """Words and the signs between them;
    'and' in any spelling is '&', as long as there are few of them."""
    words = _WORD.findall(clean(spelling).text.replace("'n'", "n"))
    spoken = [i for i, word in enumerate(words) if word[0].isalnum()]
    if not spoken:
        return ()
    first, *between, last = words[spoken[0] : spoken[-1] + 1] if len(spoken) > 1 else (words[spoken[0]], "")
    few = sum(word in _AND for word in between) <= _FEW
    middle = (("&" if few else "and") if word in _AND else word for word in between)
    return (first, *middle, last) if last else (first,)


def _spellings(label_set: LabelSet) -> Iterable[tuple[str, Meaning]]:
    """Every spelling with its meaning; the first meaning of a spelling is the one that counts."""
    for entry in label_set.entries:
        for spelling in entry.strict:
            yield spelling, Meaning("strict", (entry.id,), spelling in entry.foreign)
    for phrase, ids in label_set.compounds:
        yield phrase, Meaning("strict", ids)
    for guard in label_set.guards:
        yield guard, Meaning("guard")
    for kind in ("synonym", "hyponym"):
        lenient: dict[str, list[str]] = {}
        for entry in label_set.entries:
            for spelling in entry.synonyms if kind == "synonym" else entry.hyponyms:
                lenient.setdefault(spelling, []).append(entry.id)
        for spelling, several in lenient.items():
            yield spelling, Meaning(kind, tuple(several))


def _written(words: tuple[str, ...]) -> Iterable[list[str]]:
    """The ways to write a spelling: with a gap and without one between any two words (of more than
    five words: between all or none). Two ways never begin alike and part at a gap that may be
    nothing, so the longest spelling is found."""
    plain = [i for i in range(1, len(words)) if words[i][0].isalnum() and words[i - 1][0].isalnum()]
    ways = (
        product((True, False), repeat=len(plain)) if len(plain) <= _FEW else ((x,) * len(plain) for x in (True, False))
    )
    for way in ways:
        gaps = {i for i, gap in zip(plain, way, strict=True) if gap}
        symbols: list[str] = []
        for i, word in enumerate(words):
            if i in gaps:
                symbols.append(_GAP)
            if word[0].isalnum():
                symbols += [re.escape(c) for c in word]
            else:
                symbols.append(_ANY_AND if word == "&" else _SIGN_GAP)
        yield symbols
