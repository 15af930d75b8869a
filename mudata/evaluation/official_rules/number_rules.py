"""`last_number` and the other rules of BASS that read one value: minjang10/bass_music_benchmark@a401ccf src/metrics."""

from __future__ import annotations

import math
import re

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.official_rule import JudgedItem, Verdict, WrittenRule, judged, wrong
from mudata.evaluation.official_rules.structured_answer import literal

_SOURCE = "minjang10/bass_music_benchmark@a401ccf src/metrics/"
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_UNSIGNED, _SIGNED = re.compile(r"\d+(?:\.\d+)?"), re.compile(r"-?\d+(?:\.\d+)?")


def last_number(answer: str, *, signed: bool = False) -> float | None:
    """The number that an answer is, spelled out from zero to nine, or the last one in it.

    >>> last_number("Three"), last_number("three artists"), last_number("from 1:05 to 1.5"), last_number("none")
    (3.0, None, 1.5, None)
    """
    if answer.lower() in _WORDS:
        return float(_WORDS.index(answer.lower()))
    found = (_SIGNED if signed else _UNSIGNED).findall(answer)
    return float(found[-1]) if found else None


def _decide_number(answer: str, item: JudgedItem) -> Verdict:
    settings = item.settings
    said = last_number(answer, signed=settings.get("signed") is True)
    if said is None:
        return wrong("no number")
    if settings.get("truncate") is True:
        said = float(math.trunc(said)) if math.isfinite(said) else said
    off = abs(said - _number(item.gold))
    return judged(off <= _tolerance(settings.get("tolerance", 0)), f"the last number: {said:g}")


def _number(gold: str) -> float:
    try:
        return float(gold)
    except ValueError as error:
        raise EvaluationError(
            f"The truth {gold[:60]!r} is no number, which last_number compares answers with.",
            "Give the exam's items a column with numbers as `answer`.",
        ) from error


def _tolerance(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise EvaluationError(f"A tolerance of {value!r} is none.", "Give a number from 0 up, such as tolerance: 3.")
    return float(value)


def _decide_alpha(answer: str, item: JudgedItem) -> Verdict:
    said, right = _letters_only(answer), _letters_only(item.gold)
    chosen = next((option for option in item.options if _letters_only(option) == said), None)
    return judged(said == right, f"without signs and digits: {said[:60]!r}", chosen)


def _letters_only(text: str) -> str:
    return "".join(sign for sign in text.lower().strip() if sign.isalpha() or sign.isspace())


def _decide_contained(answer: str, item: JudgedItem) -> Verdict:
    said, right = literal(answer), item.gold.lower().strip()
    if isinstance(said, int | float):
        stored = item.settings.get("stored_options", item.options)
        place = int(said) if isinstance(said, int) or math.isfinite(said) else 0
        if not isinstance(stored, list | tuple) or not 1 <= place <= len(stored):
            return wrong("the number of no option")
        chosen = str(stored[place - 1])
        return judged(right in chosen.lower().strip(), f"number {place} in the order stored", chosen)
    if isinstance(said, str):
        return judged(right in said.lower().strip(), "whether it contains the right option")
    if isinstance(said, list | tuple | set | dict):
        return judged(right in said, "whether its list has the right option, in lower case")
    return wrong("neither a number nor a text")


LAST_NUMBER = WrittenRule(
    name="last_number",
    title="BASS's counts, durations and places",
    source=_SOURCE + "collab_analysis_evaluation.py",
    recipe="zero to nine as the whole answer, else the last number in it; right within the tolerance (settings: "
    "tolerance, 0 unless given; truncate: 2.9 is 2; signed: a number may have a minus)",
    misreads="'1:05' is 5; 'three artists' has no number; '2 of 3' is 3",
    decide=_decide_number,
)
ALPHA_EQUAL = WrittenRule(
    name="alpha_equal",
    title="BASS's strings",
    source=_SOURCE + "collab_analysis_evaluation.py",
    recipe="equal to the right option in lower case, letters and blanks only",
    misreads="any word around it is wrong: 'it is rapping'; digits and signs are dropped: 'verse 3' is 'verse 2'",
    decide=_decide_alpha,
)
CONTAINS_GOLD = WrittenRule(
    name="contains_gold",
    title="BASS's single choices",
    source=_SOURCE + "musicological_analysis_evaluation.py",
    recipe="an answer that is a number is the option at that place in the order stored (settings: stored_options, "
    "which the authors do not shuffle); else right if it contains the right option in lower case",
    misreads="all options echoed are right, and so is 'not X'; a number counts in another order than was shown",
    decide=_decide_contained,
)
