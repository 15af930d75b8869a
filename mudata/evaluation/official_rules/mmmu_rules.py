"""lmms-eval's rule of letters, from MMMU, in the two forms that its music exams have. Where it finds no letter it draws
one, without a seed; here nothing is drawn: the credit is the expectation of the draw. Blanks at the ends of an answer
go first, as in its MuChoMusic; its MMAU keeps them. Letters that no option was shown at, for which it breaks off, are
not looked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mudata.evaluation.official_rules.official_rule import (
    LETTERS,
    JudgedItem,
    Verdict,
    WrittenRule,
    drawn,
    judged,
    of_letter,
)

_STRIPPED = (",", ".", "!", "?", ";", ":", "'")
_LONG = 5
"""Words beyond which mmar looks for texts of options."""


def letter_odds(answer: str, options: Sequence[str]) -> dict[str, float]:
    """How likely lmms-eval credits each option, by text.

    >>> letter_odds("A slow waltz", ("fast", "slow", "medium", "none"))
    {'fast': 1.0, 'slow': 0.0, 'medium': 0.0, 'none': 0.0}
    >>> letter_odds("", ("fast", "slow"))
    {'fast': 0.5, 'slow': 0.5}
    """
    letters = LETTERS[: min(len(options), 4)]
    letter, _ = _letter(answer.strip(), letters)
    chances = dict.fromkeys(options, 0.0)
    for option, each in zip(options, letters, strict=False):
        chances[option] += 1 / len(letters) if letter is None else float(each == letter)
    return chances


def _decide(answer: str, item: JudgedItem) -> Verdict:
    letters, gold = LETTERS[: min(len(item.options), 4)], _folded(item.gold)
    letter, evidence = _letter(answer.strip(), letters)
    if letter is None:
        right = sum(_folded(option) == gold for option in item.options[: len(letters)])
        return drawn({gold: right / len(letters)} if letters else {}, gold, evidence)
    chosen = item.options[LETTERS.index(letter)]
    return judged(_folded(chosen) == gold, evidence, chosen)


def _decide_mmar(answer: str, item: JudgedItem) -> Verdict:
    letter, evidence = _letter_or_text(answer, item.options)
    if letter is None:
        share = 1 / len(item.options) if item.options else 0.0
        return drawn(dict.fromkeys(item.options, share), item.gold, evidence)
    return of_letter(letter, item, evidence)


def _folded(text: str) -> str:
    return text.strip().lower()


def _letter(answer: str, letters: str) -> tuple[str | None, str]:
    said = _bare(answer)
    for before, after in (("(", ")"), (" ", " "), ("", ".")):
        if found := [letter for letter in letters if f"{before}{letter}{after}" in said]:
            return _last(found, said, " ", " "), f"{before}{found[-1]}{after}".strip()
    return None, "no letter: the authors draw one"


def _letter_or_text(answer: str, options: Sequence[str]) -> tuple[str | None, str]:
    said, letters = _bare(answer), LETTERS[: len(options)]
    for before, after in (("(", ")"), ("", " "), ("", ".")):
        if found := [letter for letter in letters if f"{before}{letter}{after}" in said]:
            ends = ("(", ")") if before else (" ", " ")
            return _last(found, said, *ends), f"{before}{found[-1]}{after}".strip()
    if len(said.split()) > _LONG:
        spoken = said.lower()
        places = {
            letter: spoken.rfind(option.strip().lower())
            for letter, option in zip(letters, options, strict=True)
            if option.strip().lower() in spoken
        }
        if places:
            return max(places, key=lambda letter: places[letter]), "the last option that it contains"
    return None, "no letter and no option: the authors draw one"


def _bare(answer: str) -> str:
    for sign in _STRIPPED:
        answer = answer.strip(sign)
    return f" {answer} "


def _last(letters: Iterable[str], said: str, before: str, after: str) -> str:
    """Of several letters the one that stands last between `before` and `after`; the first where none does."""
    return max(letters, key=lambda letter: said.rfind(f"{before}{letter}{after}"))


MMMU_LETTERS = WrittenRule(
    name="mmmu_letters",
    title="lmms-eval's letters (MMAU, MuChoMusic)",
    source="EvolvingLMMs-Lab/lmms-eval@75571cf lmms_eval/tasks/mmau/utils.py, lmms_eval/tasks/muchomusic/utils.py",
    recipe="'(A)', else ' A ', else 'A.', of the letters A to D; of several the last ' A '; none: one is drawn without "
    "a seed, here counted as its expectation",
    misreads="'A jazz song' is option A; 'B) Jazz', '**B**', 'b' and the option's text are drawn",
    decide=_decide,
)
MMMU_LETTERS_MMAR = WrittenRule(
    name="mmmu_letters_mmar",
    title="lmms-eval's letters (MMAR)",
    source="EvolvingLMMs-Lab/lmms-eval@75571cf lmms_eval/tasks/mmar/utils.py",
    recipe="'(A)', else 'A ' wherever a letter ends before a blank, else 'A.'; of several the last; else, in more than "
    "five words, the option that occurs last; none: one is drawn, here counted as its expectation",
    misreads="'MIDA is good' is option A; an empty option is contained in every long answer; short texts of options "
    "are drawn",
    decide=_decide_mmar,
)
