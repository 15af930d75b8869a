"""`mmau_tokens`: the words of the right option and none that only a wrong one has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from mudata.evaluation.official_rules.official_rule import JudgedItem, Verdict, WrittenRule, judged, wrong

_WORDS = re.compile(r"\w+").findall


@lru_cache(maxsize=1 << 15)
def _tokens(text: str) -> frozenset[str]:
    return frozenset(_WORDS(text.lower()))


@lru_cache(maxsize=1 << 15)
def _tokens_of_all(options: frozenset[str]) -> frozenset[str]:
    """In any order of options the same."""
    return frozenset(_WORDS("\n".join(options).lower()))


def tokens_agree(answer: str, gold: str, options: Sequence[str]) -> bool:
    """Whether MMAU credits an answer.

    >>> options = ("A major", "D minor")
    >>> [tokens_agree(said, "D minor", options) for said in ("minor: D!", "It is not D minor", "B. D minor")]
    [True, True, True]
    >>> [tokens_agree(said, "D minor", options) for said in ("D", "A D minor chord", "")]
    [False, False, False]
    """
    return not _fault(answer, gold, options)


def _fault(answer: str, gold: str, options: Sequence[str]) -> str:
    """Why an answer is wrong; '' where it is right."""
    said = set(_WORDS(answer.lower()))
    if not said:
        return "no word"
    wanted = _tokens(gold)
    if not wanted <= said:
        return f"lacks {', '.join(sorted(wanted - said))}"
    if others := (said & _tokens_of_all(frozenset(options))) - wanted:
        return f"has {', '.join(sorted(others))} of other options"
    return ""


def _decide(answer: str, item: JudgedItem) -> Verdict:
    if fault := _fault(answer, item.gold, item.options):
        return wrong(fault)
    return judged(True, "has every word of the right option and none of the others'", item.gold)


MMAU_TOKENS = WrittenRule(
    name="mmau_tokens",
    title="MMAU's and MMAR's sets of words",
    source="Sakshi113/MMAU@110127f evaluation.py; ddlBoJack/MMAR@3bce090 code/evaluation.py",
    recipe="right if all words of the right option are in the answer, and no word that only other options have; "
    "words are sets of letters and digits in lower case, without order or count",
    misreads="a letter alone is wrong; 'it is not X' is right; 'X, not Y' and 'A. X' beside an option 'A major' are "
    "wrong; 'B to A' is 'A to B'; 'F#' is 'F'; an item without an answer leaves n",
    decide=_decide,
    none_leaves_n=True,
)
