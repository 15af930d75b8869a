"""Where an answer names an option by its label: '(2)', 'option 2', 'the second clip', 'B'.

Numbers that belong to something else are no labels: '2/4', '2 beats', 'a second later', 'at first'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

COUNT_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_SHORT_ORDINALS = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th")
NUMBERS = {word: k for words in (COUNT_WORDS, _ORDINALS, _SHORT_ORDINALS) for k, word in enumerate(words, 1)}
"""Numbers in words and ordinals, as whole numbers."""
ORDINAL = "|".join((*_ORDINALS, *_SHORT_ORDINALS))
COUNT = "|".join(COUNT_WORDS)

_OPTION_NOUNS = "option|choice|answer|statement|description|candidate|alternative"
CLIP_NOUNS = (
    "clip|audio clip|audio|recording|excerpt|track|sample|segment|sound clip|sound|song|piece|fragment|passage|music"
    "|audio file|file|example|snippet|version|performance|melody|rhythm"
)
"""What clips are called in answers."""
ONE_OF_CLIPS = re.compile(
    r"(?:the )?(?:(?:audio )?(?:clip|recording|excerpt|track|sample|segment|sound|audio"
    r"|song|piece)s? (?:no\. ?|number |#)?"
    r"(?:\d|one|two|three|four|[a-f])|(?:first|second|third|fourth|1st|2nd|3rd|4th|former|latter)"
    r"(?: (?:clip|recording|excerpt|track|sample|segment|sound|audio|song|piece|one))?)"
)
"""An option that only names a clip: 'the second clip', 'Clip B'."""
_NO_UNIT = (
    r"(?![\w]|[/.:,]\d|[ -]{0,2}(?:%|bpm|hz|beats?\b|bars?\b|seconds?\b|minutes?\b|parts?\b"
    r"|voices?\b|semitones?\b|times\b))"
)
"""Behind a number that is a label."""
_ENDS = (
    r"(?=[\s\"'*)}\]]*(?:[.,;:!?\n}]|\Z|\s-|\s?[–—]|\s\(|\s(?:because|since|as|due|given"
    r"|is|was|has|sounds|but|with|over|than)\b))"
)
_AFTER_ORDINAL = (
    r"(?=[\"'*)}\]]*(?:[.;:!?,)\n]|\Z|\s?[-–—]\s|\s\(|\s?>|\s(?:is|was|are|isn't|wasn't|has"
    r"|had|sounds|seems|appears|feels|because|since|as|than|but|and|or"
    r"|nor|while|whereas|rather|with|due|given|more|less|much|slightly|clearly|one's|i (?:think"
    r"|believe|guess|would|say|hear)"
    r"|in my|by|clearly|definitely|probably|obviously|over|to me|instead|would|must|might"
    r"|could|may|can|"
    r"does|doesn't|did|didn't|if|when|were|having|being|contains|uses|features|wins|edges|beats|takes|stands|sparkles|shines|comes"
    r"|starts|ends|begins|gets|came|felt|sounded|seemed|looks|outshines|tops|,)\b))"
)


class LabelSaid(NamedTuple):
    """A label [start, end) of the raw answer, and which option it names, from 1; 0 where there is none such.

    `bracketed`: it stands in brackets, as the prompt showed it, or at the head of a line ('2.'); `bare`: it is a number
    and nothing beside it.
    """

    start: int
    end: int
    option: int
    bracketed: bool = False
    bare: bool = False


@cache
def _numbered(nouns: str) -> re.Pattern[str]:
    """'option 2', 'clip no. 2', 'number two'."""
    return re.compile(
        rf"\b(?:(?:{nouns})s?|number|no\.|nr\.|#)[\s:=\"'*]{{0,3}}(?:number |no\. ?|nr\. ?|#)?[\"'*]{{0,2}}"
        rf"[(\[{{]?(\d{{1,2}}|{COUNT})[)\]}}]?(?:{_NO_UNIT})",
    )


@cache
def _ordinal(nouns: str) -> re.Pattern[str]:
    """'the second option', 'the 2nd'."""
    return re.compile(
        rf"\b({ORDINAL}|last)[\"'*]{{0,2}}(?:\s(?:of the two |listed )?(?:{nouns}|one|of the two|of these)\b)"
    )


_BRACKETED = re.compile(r"[(\[](\d{1,2})[)\]]")
_LISTED = re.compile(
    r"(?:\A|\n)[\s\"'*_>]{0,6}(\d{1,2})[\"'*_]{0,2}(?:[.):](?=\s|[\"'*_]|\Z)|(?=\s-{1,2}\s|\s?[–—]\s))"
)
_STATED = re.compile(
    r"(?:\b(?:choose|select|pick|go(?:ing)? with|say|think|it's|it is|is|be|answer|choice"
    r"|option|selected|chose|picked|chosen|vote for|prediction)"
    r"(?: (?:probably|most likely|likely|definitely|clearly|certainly|maybe|perhaps))?"
    r"[\"'*]{0,3}[ :=\"'*{(]{1,5}(?:- )?(?:number |no\. ?|#)?|boxed\{(?:\\text\{)?|\banswer>\s*)"
    r"(?P<said>\d{1,2})(?:" + _NO_UNIT + ")" + _ENDS
)
_NUMBERS_ONLY = re.compile(r"[\W_]*\d{1,2}[\W_]+(?:(?:\d{1,2}|or|and|either|both|vs)[\W_]*){1,20}")
_A_NUMBER = re.compile(r"(?<![\d./:])\d{1,2}(?![\d./:]\d|\d)")
_HASH = re.compile(rf"#(\d{{1,2}})(?:{_NO_UNIT})")
_ALONE = re.compile(rf"[\s\"'*_`(\[{{#<$]*(\d{{1,2}}|{COUNT}|{ORDINAL})[\s\"'*_`)\]}}>.!$]*")
_OPENS = re.compile(r"[\s\"'*_`]*(\d{1,2})[\"'*_`]{0,2},?\s(?:because|since|as|due|is|i think|i believe|i guess)\b")
_ORDINAL_BARE = re.compile(rf"\b({ORDINAL}|former|latter|last)\b{_AFTER_ORDINAL}")
_NO_ORDINAL_BEFORE = re.compile(
    r"(?:\d|\b(?:a|per|each|every|split|half a|at|one|two|three|four|five|six|seven|eight"
    r"|nine|ten|(?<!for the )very)[ -]?)\s?\Z"
)
_ARTICLE = re.compile(
    r"(?:\bthe|\bmy|\b(?:clip|option|answer)\b\W{0,3}|[:=]\W{0,4}|\bis|\bor|\bnor|\band"
    r"|\bnot)\s\Z|\n\W{0,4}\Z|[:={(\"*]\s?\Z|[)\].!?]\s?\Z|\b(?:both|either|neither)\s\Z|\A\W*\Z"
)
_ADVERB = re.compile(
    r",\s(?!(?:because|since|as|due|it|the|with|by|but|though|although|albeit|just|only|which"
    r"|for sure|definitely|i think|obviously|clearly|given|not)\b)\w"
)


_FEW = 80


def labels(text: str, count: int, *, numbered: bool, clips: bool) -> Iterator[LabelSaid]:
    """Labels in a lower-case answer, not sorted, some twice.

    Args:
        text: the answer in lower case, of the raw length.
        count: how many options there are.
        numbered: the options were shown with numbers, so that a number alone is a label.
        clips: the options are the clips heard, so that 'clip 2' is a label and so is 'the second'.
    """

    def said(match: re.Match[str], group: int | str = 1, *, whole: bool = False, **more: bool) -> LabelSaid:
        number = match[group]
        option = count if number == "last" else int(number) if number.isdigit() else NUMBERS[number]
        start, end = match.span(group)
        if whole and not text.startswith(("answer", "choice"), match.start()):  # these announce as well
            start = match.start()
        return LabelSaid(start, end, option if option <= count else 0, **more)

    if match := _ALONE.fullmatch(text):
        if numbered or clips or match[1] in NUMBERS:
            bare = match[1].isdigit() or match[1] in COUNT_WORDS
            yield said(match, bare=bare, bracketed=_in_brackets(text, *match.span(1)))
        return
    nouns = f"{_OPTION_NOUNS}|{CLIP_NOUNS}" if clips else _OPTION_NOUNS
    for match in (*_numbered(nouns).finditer(text), *_ordinal(nouns).finditer(text)):
        yield said(match, whole=True)
    for match in _ORDINAL_BARE.finditer(text):
        if (option := _ordinal_option(text, match, count, clips=clips)) is not None:
            yield LabelSaid(*match.span(1), option)
    if numbered or clips:
        yield from (said(match, bracketed=True) for match in _BRACKETED.finditer(text))
        yield from (said(match, bracketed=numbered) for match in _LISTED.finditer(text))
        yield from (said(match) for match in _HASH.finditer(text))
        yield from (said(match, group, bare=True) for match, group in _bare(text))


def _bare(text: str) -> Iterator[tuple[re.Match[str], int | str]]:
    """Numbers with nothing beside them that are labels: announced, at the head of a reason, or with others alone."""
    for match in _STATED.finditer(text):
        yield match, "said"
    if opens := _OPENS.match(text):
        yield opens, 1
    if len(text) <= _FEW and "(" not in text and _NUMBERS_ONLY.fullmatch(text):
        for match in _A_NUMBER.finditer(text):
            yield match, 0


def _in_brackets(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start] in ("(", "[") and text[end : end + 1] in (")", "]")


def _ordinal_option(text: str, match: re.Match[str], count: int, *, clips: bool) -> int | None:
    """Which option an ordinal without a noun names, if it names one."""
    word, start = match[1], match.start(1)
    before = text[max(0, start - 14) : start]
    if _NO_ORDINAL_BEFORE.search(before):
        return None
    article = _ARTICLE.search(before)
    if not article or (not before.rstrip().endswith("the") and _ADVERB.match(text, match.end(1))):
        return None
    if word in ("former", "latter"):
        return ("former", "latter").index(word) + 1 if count == 2 and before.endswith("the ") else None
    if word == "last":
        return count if before.endswith("the ") and clips else None
    return NUMBERS[word] if NUMBERS[word] <= count else 0
