"""How other harnesses read a choice or a key from an answer: which option or key they would credit.

Written anew from what their scorers do (`parsing_rules` has the rules for labels); none is used for a score of ours.
They show on the same answers what a rule credits that was not meant: `benchmarks/readers.py` makes the table.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

LETTERS = string.ascii_uppercase
_TONICS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
CMI_KEYS = tuple(f"{tonic} {mode}" for mode in ("major", "minor") for tonic in _TONICS)
"""The options of CMI-Bench's key question, in its order."""
_FLAT_OF = {"c": "db", "d": "eb", "f": "gb", "g": "ab", "a": "bb"}
_SHORT = re.compile(r"([a-g]b?)(m?)")
_STRIPPED = (",", ".", "!", "?", ";", ":", "'")


def cmi_key(answer: str) -> str | None:
    """The key that CMI-Bench credits (nicolaus625/CMI-bench@4c15f41): the first of its 24 names, in the order of the
    options and not of the text, that the answer contains once spaces and digits are gone; a sharp counts only as the
    second character. None is what mir_eval refuses: 0.

    >>> cmi_key("The audio is in a major key."), cmi_key("The key is F# minor."), cmi_key("F# minor")
    ('A major', None, 'Gb minor')
    >>> cmi_key("D minor, relative of F major"), cmi_key("Am"), cmi_key("As-Dur")
    ('F major', 'A minor', None)
    """
    joined = re.sub(r"[\s\d]", "", answer.lower())
    if joined[1:2] in ("#", "♯") and joined[0] in _FLAT_OF:
        joined = _FLAT_OF[joined[0]] + joined[2:]
    if short := _SHORT.fullmatch(joined):
        tonic = short[1][:1].upper() + short[1][1:]
        return f"{tonic} {'minor' if short[2] else 'major'}" if tonic in _TONICS else None
    return next((key for key in CMI_KEYS if key.lower().replace(" ", "") in joined), None)


def mucho_choice(answer: str, options: Sequence[str]) -> str | None:
    """The option that MuChoMusic credits (muchomusic@d3c9a42): of the characters of the answer that are letters of
    options the only one, anywhere; else the first option, in the order shown, that the answer contains.

    >>> mucho_choice("The key is D minor.", ("C major", "D minor", "E minor", "F major"))
    'F major'
    >>> mucho_choice("it is 12/8", ("3/4", "2/8", "12/8", "6/8"))
    '2/8'
    """
    chosen = answer.rpartition("The correct answer is:")[2].strip()
    letters = set(chosen) & set(LETTERS[: len(options)])
    if len(letters) == 1:
        return options[LETTERS.index(letters.pop())]
    return next((option for option in options if option.lower().strip() in chosen.lower()), None)


def lmms_choice(answer: str, options: Sequence[str]) -> dict[str, float]:
    """How likely lmms-eval's muchomusic (EvolvingLMMs-Lab/lmms-eval@75571cf) credits each option: '(A)', else ' A ',
    else 'A.'; of several the last one between blanks; where there is none it draws one, without a seed.

    >>> lmms_choice("A slow waltz", ("fast", "slow", "medium", "none"))
    {'fast': 1.0, 'slow': 0.0, 'medium': 0.0, 'none': 0.0}
    >>> lmms_choice("", ("fast", "slow"))
    {'fast': 0.5, 'slow': 0.5}
    """
    said = answer.strip()
    for sign in _STRIPPED:
        said = said.strip(sign)
    said = f" {said} "
    letters = LETTERS[: len(options)]
    found: list[str] = []
    for before, after in (("(", ")"), (" ", " "), ("", ".")):
        found = found or [letter for letter in letters if f"{before}{letter}{after}" in said]
    if not found:
        return dict.fromkeys(options, 1 / len(options))
    last = max(found, key=lambda letter: said.rfind(f" {letter} "))
    return {option: float(letter == last) for letter, option in zip(letters, options, strict=True)}
