"""Options that an answer says, by label, by text or by value, and labels joined to the texts beside them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mudata.evaluation.align.letters import letters
from mudata.evaluation.align.text_pieces import inside
from mudata.evaluation.readers.kept_text import lower
from mudata.evaluation.readers.option_labels import CLIP_NOUNS, NUMBERS, labels
from mudata.evaluation.readers.option_texts import option_tokens, spelled_as, texts, twins
from mudata.evaluation.readers.option_values import option_values
from mudata.evaluation.readers.translated_comparisons import compared_clips
from mudata.evaluation.readers.translated_labels import translated_labels

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Shown
    from mudata.evaluation.readers.said_values import Sort

_BESIDE = re.compile(r"[\s\"'*_`)\]}>(\[{.:=-]{0,6}(?:is\s)?[\"'*_`(\[{]{0,3}")
"""What may stand between a label and the text beside it."""
_IS_ITS_LABEL = re.compile(
    r"(?:the )?(?!only |just |no )(?:\w+ )?(?:clip )?(?:no\. ?|number |#)?(?:\d|one|two|three|four|first"
    r"|second|third|fourth|1st|2nd|3rd|4th)(?: \w+)?"
)
"""Options that only number clips: 'first', 'Clip 2'."""
_LETTERED_CLIP = re.compile(
    rf"\b(?i:{CLIP_NOUNS}) ([A-D])(?![\w'♯#♭-])(?! (?i:major|minor|flat|sharp|chord|section))|\A[\W_]*([A-D])[\W_]*\Z"
)
"""'Clip B', where the options are the first and the second."""
_YES_OR_NO = re.compile(
    r"[\W_]*(?:(?P<yes>ja|jawohl|oui|sí|sì|sim|да|tak|是的|是|对|はい|예|네|evet|vâng|نعم)"
    r"|(?P<no>nein|non|não|nee|нет|nie|不是|不|否|没有|いいえ|아니요|아니오|hayır|không|لا))(?=[\W_]|\Z)"
)
"""How an answer in another language begins that says 'yes' or 'no'."""
_HEAD = re.compile(r"[\s\"'*_`(\[]*([A-Z])[.):\]]{1,2}[\s\"'*_`]+")
"""A letter as a mark at the head of an answer."""
_OTHER_ONE = re.compile(
    r"\bthe other(?: one| clip| recording| excerpt| track| sample| option| of the two)?\b(?! (?:hand|way|day))"
)


class OptionSaid(NamedTuple):
    """An option [start, end) of the kept text: by its label, its text, or both; `options` are two where these
    disagree, several where options are alike, none for what may not be answered. Of options of one text it is the
    first."""

    start: int
    end: int
    options: tuple[int, ...]
    by_label: bool
    by_text: bool
    sort: Sort = "value"
    outright: bool = False
    """A 'yes' or 'no' that begins the answer: what is denied behind it takes nothing back."""


def options_said(
    text: str, language: str | None, options: Sequence[str], shown: Shown, *, clips: bool
) -> list[OptionSaid]:
    """All options said in a kept text in their order, labels joined to the texts beside them.

    `clips`: the options are the clips heard (`option_labels.labels`).
    """
    small = lower(text)
    by_text = _texts(text, small, language, options, clips=clips)
    named = {said.start: said for said in _labels(small, options, shown, clips=clips)}
    same = twins(tuple(options)).same
    if shown.letters:
        named |= {said.start: said for said in _letters(text, same, {one.start: one for one in by_text})}
    for said in _translated(small, options, clips=clips):
        named.setdefault(said.start, said)
    if clips and not (shown.letters or shown.numbered) and all(map(_own_number, options)):
        for match in _LETTERED_CLIP.finditer(text):
            place = ord((match[1] or match[2]).upper()) - ord("A") + 1
            if place <= len(options):
                named.setdefault(match.start(), OptionSaid(*match.span(), (place,), True, False))
    if len(options) == 2 and clips:
        for match in _OTHER_ONE.finditer(small):
            named.setdefault(match.start(), OptionSaid(*match.span(), (-1,), True, False))
    merged = sorted(_apart(named.values(), by_text, small, letters=shown.letters))
    return list(_other_ones(_joined(small, merged)))


def _translated(small: str, options: Sequence[str], *, clips: bool) -> Iterator[OptionSaid]:
    own = _own_numbers(options) if clips else {}
    compared = [(one.start, one.end, one.number) for one in compared_clips(small)] if clips else []
    for start, end, number in (*compared, *translated_labels(small, clips=clips)):
        if number <= len(options):
            yield OptionSaid(start, end, (own.get(number, number),), True, False)


def _texts(text: str, small: str, language: str | None, options: Sequence[str], *, clips: bool) -> list[OptionSaid]:
    """Options by their texts, or by value where they have one."""
    if not clips and (values := option_values(tuple(options))):
        return [
            OptionSaid(start, end, said, False, True, sort) for start, end, said, sort in values.said(text, language)
        ]
    if sorted(option.lower() for option in options) == ["no", "yes"] and (match := _YES_OR_NO.match(small)):
        said = "yes" if match["yes"] else "no"
        place = [option.lower() for option in options].index(said) + 1
        return [OptionSaid(*match.span(match.lastgroup or 0), (place,), False, True, outright=True)]
    worded = ["" if clips and _own_number(option) else option for option in options]
    alike = twins(tuple(options)).alike
    return [
        OptionSaid(start, end, spelled_as(text[start:end], options, alike[option - 1]), False, True)
        for start, end, option in texts(small, worded)
    ]


def _labels(small: str, options: Sequence[str], shown: Shown, *, clips: bool) -> Iterator[OptionSaid]:
    """Options by their numbers; a bare number may be the text of an option as well, or both."""
    tokens_of = [option_tokens(option) for option in options]
    leading = {tokens[0] for tokens in tokens_of if tokens and tokens[0].isdigit()}
    numbers = {tokens[0]: k for k, tokens in enumerate(tokens_of, 1) if len(tokens) == 1 and tokens[0] in leading}
    own = _own_numbers(options) if clips else {}
    same = twins(tuple(options)).same
    for label in labels(small, len(options), numbered=shown.numbered or clips, clips=clips):
        text = small[label.start : label.end]
        place = label.option if label.bracketed and shown.numbered else own.get(label.option, label.option)
        found = (same[place - 1],) if place else ()
        word = option_tokens(text)[0] if label.bare else ""
        if label.bare and not label.bracketed and word in leading:  # '3' where options are numbers: label, text or both
            if not shown.numbered and not clips:
                continue  # a text alone
            if word in numbers:
                found = tuple(dict.fromkeys((*found, numbers[word])))
            elif found != ():
                continue
        worded = clips and text in NUMBERS  # 'first' is label and text
        yield OptionSaid(label.start, label.end, found, not worded, worded)


def _own_numbers(options: Sequence[str]) -> dict[int, int]:
    """Place of each option that numbers a clip, by that number: of ('second', 'first') 1 is in place 2."""
    return {number: place for place, option in enumerate(options, 1) if (number := _own_number(option))}


@lru_cache(maxsize=4096)
def _own_number(option: str) -> int:
    """The number of a clip that an option says and nothing else: of 'the second one' 2; else 0."""
    small = option.lower()
    if not _IS_ITS_LABEL.fullmatch(small):
        return 0
    numbers = (NUMBERS.get(word) or (int(word) if word.isdigit() else 0) for word in re.findall(r"\w+", small))
    return next(filter(None, numbers), 0)


def _letters(text: str, same: Sequence[int], texts_at: Mapping[int, OptionSaid]) -> Iterator[OptionSaid]:
    """Options by their letters; where an option is a letter, 'C' may be label, text or both."""
    if (head := _HEAD.match(text)) and (named := texts_at.get(head.end())) and named.end - named.start == 1:
        place = ord(head[1]) - ord("A")
        if place < len(same):  # 'B. D' names what B is
            yield OptionSaid(*head.span(1), (same[place],), True, False)
            return
    for letter in letters(text, tuple(map(str, same))):
        found: tuple[int, ...] = (int(letter.option),)
        alike = texts_at.get(letter.start)
        if alike and alike.end == letter.end and not _is_marked(text, letter.start, letter.end, texts_at):
            found = tuple(dict.fromkeys((*found, *alike.options)))
        yield OptionSaid(letter.start, letter.end, found, True, False)


def _is_marked(text: str, start: int, end: int, texts_at: Collection[int]) -> bool:
    """Whether a letter stands as a mark does: in brackets, or with an option's text behind its dot or colon."""
    if text[start - 1 : start] in ("(", "[") and text[end : end + 1] in (")", "]"):
        return True
    behind = _BESIDE.match(text, end)
    return text[end : end + 1] in (".", ":", ")") and behind is not None and behind.end() in texts_at


def _apart(named: Iterable[OptionSaid], by_text: list[OptionSaid], text: str, *, letters: bool) -> Iterator[OptionSaid]:
    """Labels and texts, none within another: a text hides labels within it, but a label hides a number of one text, and
    where letters were shown a letter."""
    short = {said.start for said in by_text if _is_short(text[said.start : said.end], letters=letters)}
    pieces = [(said.start, said.end) for said in by_text if said.start not in short]
    hidden = set()
    for said in named:
        if not inside(said.start, pieces):
            hidden.add(said.start)
            yield said
    for said in by_text:
        if said.start not in hidden:
            yield said


def _is_short(text: str, *, letters: bool) -> bool:
    return text.isdigit() or (letters and len(text) == 1)


def _joined(text: str, said: list[OptionSaid]) -> Iterator[OptionSaid]:
    """Each label with the text beside it: '(2) rock', 'rock (2)'."""
    i, done = 0, 0
    while i < len(said):
        one = said[i]
        if one.start < done:  # within what came before
            i += 1
            continue
        other = said[i + 1] if i + 1 < len(said) else None
        if other and _beside(text, one, other) and one.by_label != other.by_label:
            third = said[i + 2] if i + 2 < len(said) else None
            if one.by_label or not (third and third.by_text and _beside(text, other, third)):
                both = one.options and other.options  # '(2) D major' where D major is no option is none
                shared = tuple(place for place in one.options if place in other.options)
                options = shared or tuple(dict.fromkeys((*one.options, *other.options))) if both else ()
                yield OptionSaid(one.start, other.end, options, True, True)
                i, done = i + 2, other.end
                continue
        yield one
        done = one.end
        i += 1


def _beside(text: str, one: OptionSaid, other: OptionSaid) -> bool:
    if one.end > other.start:
        return False
    between = text[one.end : other.start]
    if one.by_label and not one.by_text:
        return _BESIDE.fullmatch(between) is not None and not (
            "," in between and text[one.start - 1 : one.start] != "("
        )
    return (
        between.strip(" \"'*") in ("(", "[", "- (", ", option", ", number")
        or re.fullmatch(r"[\"'*]*\s*[(\[](?:option|number|clip)?\s?", between) is not None
    )


def _other_ones(said: Iterator[OptionSaid]) -> Iterator[OptionSaid]:
    """'The other one' is the one that was not said last."""
    last = 0
    for one in said:
        if one.options == (-1,):
            if last:
                last = 3 - last
                yield one._replace(options=(last,))
            continue
        if len(one.options) == 1:
            last = one.options[0]
        yield one
