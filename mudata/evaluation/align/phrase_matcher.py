"""A label set made ready for reading:
what every spelling means, and one pattern that finds them all in one pass.

Spellings, guards, compounds and the words that can turn a meaning round (`TRIGGERS`) go into one
trie, so that the longest match wins and guards take their words before labels can. Between the
words of a spelling up to three spaces may stand ('hip hop', 'hip - hop') or none ('hiphop'); '&',
'and', 'n' are one word. A spelling stands alone between characters that are no letters or digits;
scripts without spaces between words (Chinese, Japanese, Thai) need no such border.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal, NamedTuple

from mudata.evaluation.align.clean import clean
from mudata.evaluation.align.refusal import TRIGGERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mudata.evaluation.align.label_set import LabelSet

TermKind = Literal["strict", "synonym", "hyponym", "guard", "trigger"]

_UNSPACED = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HANGUL = r"\uac00-\ud7af"
_HAS_UNSPACED = re.compile(f"[{_UNSPACED}{_HANGUL}]")
_WORD = re.compile(r"[^\W_]+#?|[^\w\s]+")
_AND = ("&", "and", "n")
_FEW = 4
_GAP = " {1,3}"
_SIGN_GAP = r"[ '.,:+!()]{0,3}"
_ANY_AND = " {0,3}(?:&|and|'?n'?) {0,3}"


class Meaning(NamedTuple):
    """What a spelling stands for.
    `ids` is one label, several for a compound, none for guards and triggers."""

    kind: TermKind
    ids: tuple[str, ...] = ()
    foreign: bool = False


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

    def meaning(self, phrase: str) -> Meaning:
        """Of a piece that one of the patterns has found."""
        return self.meanings.get(phrase) or self.meanings[squeezed(phrase)]


def squeezed(spelling: str) -> str:
    """A spelling without what may differ: spaces and signs other than '&' and the sharp of a
    key."""
    return _SIGNS.sub("", spelling)


_SIGNS = re.compile(r"[^\w&#]+|_")
_KNOWN: dict[int, tuple[LabelSet, PhraseMatcher]] = {}
_MOST_KNOWN = 64


def compiled(label_set: LabelSet) -> PhraseMatcher:
    """The vocabulary of a label set, made once for each object: hashing a big frozen set at each
    call would cost more than reading the answer does."""
    known = _KNOWN.get(id(label_set))
    if known is not None and known[0] is label_set:
        return known[1]
    matcher = _compile(label_set)
    if len(_KNOWN) >= _MOST_KNOWN:
        _KNOWN.clear()
    _KNOWN[id(label_set)] = (label_set, matcher)
    return matcher


def _compile(label_set: LabelSet) -> PhraseMatcher:
    meanings: dict[str, Meaning] = {}
    shapes: dict[tuple[str, ...], None] = {}
    for spelling, meaning in _spellings(label_set):
        words = _words(spelling)
        if not words:
            continue
        joined = [""]
        for word in words:
            either = _AND if word == "&" else (word,)
            joined = [before + squeezed(spelt) for before in joined for spelt in either]
        for spelt in joined:
            meanings.setdefault(spelt, meaning)
        meanings.setdefault(" ".join(words), meanings[joined[0]])
        shapes[words] = None
    bounded = [words for words in shapes if not _HAS_UNSPACED.search("".join(words))]
    free = [words for words in shapes if _HAS_UNSPACED.search("".join(words))]
    plain = [words for words in bounded if "".join(words).isascii()]
    letters = rf"[^\W_{_UNSPACED}]"
    both = [f"(?<!{letters})(?:{_either(bounded)})(?!{letters}|#)"]
    if free:
        both.append(rf"(?:(?<![{_HANGUL}])|(?![{_HANGUL}]))(?:{_either(free)})")
    return PhraseMatcher(
        label_set.ids,
        {label: place for place, label in enumerate(label_set.ids)},
        label_set.kind == "multi",
        meanings,
        re.compile(rf"\b(?:{_either(plain)})(?![a-z0-9#])"),
        re.compile("|".join(both)),
    )


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
    for word in TRIGGERS:
        yield word, Meaning("trigger")


# --------------------------------------------------------------------------------- the pattern

Node = dict[str, "Node"]


def _either(shapes: Iterable[tuple[str, ...]]) -> str:
    """A regular expression for any of these spellings, longest first where one begins another."""
    root: Node = {}
    for words in sorted(shapes):
        for symbols in _written(words):
            node = root
            for symbol in symbols:
                node = node.setdefault(symbol, {})
            node[""] = {}
    return _expression(root)


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


def _expression(node: Node) -> str:
    branches = [symbol + _expression(after) for symbol, after in node.items() if symbol]
    if not branches:
        return ""
    if len(branches) == 1 and "" not in node:
        return branches[0]
    return f"(?:{'|'.join(branches)})" + ("?" if "" in node else "")
