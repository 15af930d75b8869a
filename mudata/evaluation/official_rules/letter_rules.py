"""Rules that look for the letter of an option: MuChoMusic's, RUListening's and evalscope's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mudata.evaluation.official_rules.official_rule import (
    LETTERS,
    JudgedItem,
    Verdict,
    WrittenRule,
    judged,
    of_letter,
    wrong,
)

_PREFIX = "The correct answer is:"
_FOUR = frozenset("ABCD")
_BRACKETED = re.compile(r"\[\[([A-E])\]\]")
_PHRASED = re.compile(r"(?:answer is|chose|choose|select|guess is|i guess) ([a-e])\b", re.IGNORECASE)
"""'I choose' and 'I select', which the authors name as well, hold 'choose' and 'select'."""
_MARKER = re.compile(r"answer\s*:\s*\**\s*", re.IGNORECASE)


def mucho_choice(answer: str, options: Sequence[str]) -> str | None:
    """The option that MuChoMusic credits: of the characters of the answer that are letters of options (A to D of its
    four) the only one, anywhere; else the first option, in the order shown, that the answer contains.

    >>> mucho_choice("The key is D minor.", ("C major", "D minor", "E minor", "F major"))
    'F major'
    >>> mucho_choice("it is 12/8", ("3/4", "2/8", "12/8", "6/8"))
    '2/8'
    """
    return _mucho(answer, options)[0]


def _mucho(answer: str, options: Sequence[str]) -> tuple[str | None, str]:
    chosen = answer.rpartition(_PREFIX)[2].strip()
    shown = LETTERS[: len(options)]
    letters = set(shown).intersection(chosen)
    if len(letters) == 1:
        (letter,) = letters
        return options[LETTERS.index(letter)], f"{letter} is the only one of {', '.join(shown)} in it"
    said = chosen.lower()
    for option in options:
        if option.lower().strip() in said:
            return option, "the first option that it contains"
    return None, "neither one letter nor an option"


def _decide_mucho(answer: str, item: JudgedItem) -> Verdict:
    chosen, evidence = _mucho(answer, item.options)
    return judged(chosen is not None and chosen == item.gold, evidence, chosen)


def _decide_rul(answer: str, item: JudgedItem) -> Verdict:
    if found := _BRACKETED.findall(answer):
        return of_letter(found[-1], item, f"the last [[{found[-1]}]]")
    if found := _PHRASED.findall(answer):
        return of_letter(found[-1].upper(), item, f"the last phrase with {found[-1]}")
    for letter in "ABCDE":
        if any(form in answer for form in (f"option {letter}", f"Option {letter}", f"({letter})")):
            return of_letter(letter, item, f"the first letter of the alphabet as ({letter}) or option {letter}")
    said = answer.lower()
    for option in item.options:
        if option and option.lower() in said:
            return judged(option == item.gold, "the first option that it contains", option)
    return wrong("no letter and no option")


def _decide_line(answer: str, item: JudgedItem) -> Verdict:
    for line in reversed(answer.splitlines()):
        *_, said = ["", *_MARKER.split(line.replace("**", ""))[1:]]
        if letter := _bare_letter(said.strip().strip("*")):
            return _first_of_its_text(letter, item, f"the last ANSWER: {letter}")
    if letter := _bare_letter(answer):
        return _first_of_its_text(letter, item, "the answer is a letter alone")
    return wrong("no line ANSWER: letter")


def _first_of_its_text(letter: str, item: JudgedItem, evidence: str) -> Verdict:
    """evalscope knows one right letter: of options with the right text, the first."""
    verdict = of_letter(letter, item, evidence)
    texts = [option.strip().lower() for option in item.options]
    gold = item.gold.strip().lower()
    right = verdict.chosen is not None and gold in texts and LETTERS.index(letter) == texts.index(gold)
    return judged(right, verdict.evidence, verdict.chosen)


def _bare_letter(text: str) -> str | None:
    """A to D, however bracketed or bold: evalscope knows no further ones."""
    letter = text.strip().strip(" *().[]").upper()
    return letter if letter in _FOUR else None


MUCHO_CHARS = WrittenRule(
    name="mucho_chars",
    title="MuChoMusic's characters",
    source="mulab-mir/muchomusic@d3c9a42 muchomusic_eval/scoring.py",
    recipe="behind the last 'The correct answer is:': if exactly one of the characters A, B, C, D occurs, anywhere "
    "and in words too, that option; else the first option shown that the answer contains; else wrong",
    misreads="'Blues' is option B; 'As an AI, I cannot listen.' is option A; 'Answer: B' is unanswered, for its A; "
    "'12/8' contains '2/8'",
    decide=_decide_mucho,
)
RUL_BRACKETS = WrittenRule(
    name="rul_brackets",
    title="RUListening's brackets",
    source="yongyizang/AreYouReallyListening@d3971de ExampleAudioEval/qwen_2_audio.py",
    recipe="the last [[A-E]]; else the last 'answer is', 'chose', 'choose', 'select', 'guess is' or 'I guess' before a "
    "letter, in any case; else the first of A to E that occurs as '(A)' or 'option A'; else the first option shown "
    "that the answer contains; else none",
    misreads="'the answer is a mellow organ' is option A; options echoed are option A; a letter of no option counts "
    "for none, even where the text behind it is clear",
    decide=_decide_rul,
)
ANSWER_LINE = WrittenRule(
    name="answer_line",
    title="evalscope's answer line",
    source="modelscope/evalscope@1.14.1 evalscope/benchmarks/mmau/mmau_adapter.py",
    recipe="the last line with 'ANSWER:' and one of A to D alone behind it, in any case, bold or bracketed; else the "
    "whole answer as such a letter; else wrong",
    misreads="'ANSWER: B. jazz' and the option's text are wrong; options behind the fourth cannot be chosen",
    decide=_decide_line,
)
