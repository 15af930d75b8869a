"""`text_checks`: MMAU-Pro's 27 checks of instructions (sonalkum/MMAUPro@960e93a), by `task_identifier` and `kwargs`.

Each walks its text once: the authors' patterns take a time that grows with the square of some texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.official_rule import JudgedItem, Verdict, WrittenRule, judged

if TYPE_CHECKING:
    from nltk.tokenize.punkt import PunktSentenceTokenizer

Arguments = Mapping[str, object]
_NO_LETTERS, _NO_LETTERS_OR_BLANKS = re.compile(r"[^a-zA-Z]"), re.compile(r"[^a-zA-Z ]")
_ABBREVIATIONS = [
    "dr",
    "mr",
    "mrs",
    "ms",
    "prof",
    "st",
    "vs",
    "etc",
    "e.g",
    "i.e",
    "no",
    "jr",
    "sr",
    "inc",
    "ltd",
    "co",
    "op",
    "feat",
    "approx",
]
_TWO = "******"


def bullets(text: str) -> int:
    """Stars at the beginning of a line, with a blank behind them; a bullet takes the blanks behind it, and with them
    the line's end."""
    count = end = 0
    at = text.find("*")
    while at >= 0:
        before, behind = at, at + 1
        while before > end and text[before - 1].isspace():
            before -= 1
        while behind < len(text) and text[behind].isspace():
            behind += 1
        if behind > at + 1 and (before == 0 or "\n" in text[before:at]):
            count, end = count + 1, behind
        at = text.find("*", at + 1)
    return count


def enclosed(text: str, opening: str, closing: str) -> int:
    """Stretches from a sign to the next closing one with something between them."""
    count, at = 0, text.find(opening)
    while at >= 0:
        end = text.find(closing, at + 1)
        if end < 0:
            break
        if end > at + 1:
            count, at = count + 1, text.find(opening, end + 1)
        else:
            at = text.find(opening, at + 1)
    return count


def has_title(text: str) -> bool:
    """Whether something stands in << and >>."""
    pieces = text.split(">")
    return any("<<" in piece[:-1] and not behind for piece, behind in pairwise(pieces[:-1]))


def sections(text: str, splitter: str) -> int:
    """Pieces with anything in them; without a splitter every sign is one, as with the authors."""
    return sum(bool(piece.strip()) for piece in text.split(splitter)) if splitter else len("".join(text.split()))


def sentences(text: str) -> int:
    return len(_sentence_tokenizer().tokenize(text))


@cache
def _sentence_tokenizer() -> PunktSentenceTokenizer:
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    parameters = PunktParameters()
    parameters.abbrev_types = set(_ABBREVIATIONS)
    return PunktSentenceTokenizer(parameters)


def _words(text: str) -> int:
    return len(text.split())


def _capital_words(text: str) -> int:
    return sum(word.isupper() for word in text.split())


def _number(given: Arguments, name: str, default: float = 0) -> float:
    value = given.get(name, default)
    if value is None:
        value = default
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise EvaluationError(
            f"The argument {name}={value!r} of a text check is no number.", "Correct kwargs in the exam's items."
        ) from error


def _text(given: Arguments, name: str) -> str:
    return str(given.get(name) or "")


def _exactly(count: Callable[[str], int]) -> Callable[[str, Arguments], bool]:
    return lambda text, given: count(text) == _number(given, "N")


def _at_least(count: Callable[[str], int]) -> Callable[[str, Arguments], bool]:
    return lambda text, given: count(text) >= _number(given, "N")


def _at_most(count: Callable[[str], int]) -> Callable[[str, Arguments], bool]:
    return lambda text, given: count(text) <= _number(given, "N")


def _between(count: Callable[[str], int]) -> Callable[[str, Arguments], bool]:
    return lambda text, given: _number(given, "N1") <= count(text) <= _number(given, "N2", 999)


def _includes(text: str, given: Arguments) -> bool:
    return all(word.lower() in text.lower() for word in _text(given, "keywords").split(", "))


def _avoids(text: str, given: Arguments) -> bool:
    return not any(word.lower() in text.lower() for word in _text(given, "forbidden_words").split(", "))


def _frequency(text: str, given: Arguments) -> bool:
    word = re.escape(_text(given, "keyword").lower())
    return len(re.findall(rf"\b{word}\b", text.lower())) == _number(given, "N")


def _postscript(text: str, given: Arguments) -> bool:
    return _bare(_text(given, "postscript_marker"), _NO_LETTERS) in _bare(text, _NO_LETTERS)


def _bare(text: str, dropped: re.Pattern[str]) -> str:
    return dropped.sub("", text).lower()


def _starts(text: str, given: Arguments) -> bool:
    return _bare(text, _NO_LETTERS_OR_BLANKS).startswith(_bare(_text(given, "start_phrase"), _NO_LETTERS_OR_BLANKS))


def _ends(text: str, given: Arguments) -> bool:
    return _bare(text, _NO_LETTERS_OR_BLANKS).endswith(_bare(_text(given, "end_phrase"), _NO_LETTERS_OR_BLANKS))


def _two_responses(text: str, _: Arguments) -> bool:
    parts = text.split(_TWO)
    return len(parts) == 2 and parts[0].lower().strip() != parts[1].lower().strip()


def _quoted(text: str, _: Arguments) -> bool:
    return text.strip().startswith('"') and text.strip().endswith('"')


CHECKS: Mapping[str, Callable[[str, Arguments], bool]] = {
    "Include Keywords": _includes,
    "Keyword Frequency": _frequency,
    "Forbidden Words": _avoids,
    "Number Paragraphs": _exactly(lambda text: sections(text, "***")),
    "Number Words (at least)": _at_least(_words),
    "Number Words (at most)": _at_most(_words),
    "Number Words (range)": _between(_words),
    "Number Sentences (at least)": _at_least(sentences),
    "Number Sentences (at most)": _at_most(sentences),
    "Number Sentences (range)": _between(sentences),
    "Postscript": _postscript,
    "Number Placeholder": _at_least(lambda text: enclosed(text, "[", "]")),
    "Number Bullets": _exactly(bullets),
    "Title": lambda text, _: has_title(text),
    "Minimum Number Highlighted Section": _at_least(lambda text: enclosed(text, "*", "*")),
    "Multiple Sections": lambda text, given: sections(text, _text(given, "section_splitter")) == _number(given, "N"),
    "Repeat Prompt": lambda text, given: text.strip().lower().startswith(_text(given, "question").strip().lower()),
    "Two Responses": _two_responses,
    "All Uppercase": lambda text, _: text.isupper(),
    "All Lowercase": lambda text, _: text.islower(),
    "All-capital Words (at least)": _at_least(_capital_words),
    "All-capital Words (at most)": _at_most(_capital_words),
    "All-capital Words (range)": _between(_capital_words),
    "Start Checker": _starts,
    "End Checker": _ends,
    "Quotation": _quoted,
    "No Commas": lambda text, _: "," not in text,
}
"""By the item's task_identifier; one that is unknown is never fulfilled."""


def _decide(answer: str, item: JudgedItem) -> Verdict:
    name, given = str(item.settings.get("task_identifier", "")), item.settings.get("kwargs") or {}
    if not isinstance(given, Mapping):
        raise EvaluationError(f"The kwargs {given!r} of a text check are no mapping.", "Correct the exam's items.")
    check = CHECKS.get(name)
    right = check is not None and check(answer, {**given, "question": item.question})
    return judged(right, f"{name or 'no task_identifier'}: {'fulfilled' if right else 'not fulfilled'}")


TEXT_CHECKS = WrittenRule(
    name="text_checks",
    title="MMAU-Pro's checks of instructions",
    source="sonalkum/MMAUPro@960e93a evaluate_mmau_pro_comprehensive.py",
    recipe="the one of 27 checks that the item names (settings: task_identifier, kwargs). Sentences are NLTK's Punkt "
    "with a short list of abbreviations, where the authors download a trained model",
    misreads="'art' is included in 'heart'; a postscript counts anywhere, letters alone; whether the audio was heard "
    "plays no part",
    decide=_decide,
)
