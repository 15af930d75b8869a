"""Option letters, read only where letters were shown.

A letter counts alone ('C', '(C)', 'C.'), before its text ('C: country', '(C) country'), and after words that announce
it in any language ('option C', 'the answer is C', '答案是 C'). What is said to be wrong ('option C is wrong') does not
count. The article 'A', a first character and a letter inside a word never count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from mudata.evaluation.align.language import ENGLISH, languages

_ALONE = re.compile(r"[\s\"'*_`(\[{<#]*([A-Za-z])[\s\"'*_`)\]}>.,:;!]*")
_FIRST = re.compile(r"[\s\"'*_`]*(?:[(\[]([A-Za-z])[)\]]|([A-Za-z])[).:](?=\s|\*|\Z)|([A-Z])\s[-–—]\s)")
_BRACKETED = re.compile(r"(?<!\w)\(([A-Z])\)(?!\w)")
_CHOSEN = (
    r"\b(?:choose|select|pick|go\swith|chosen|selected|picked)\s{1,2}(?:is\s)?|boxed\{|\banswer>"
    r"|\bnot\s\(?[A-Z]\)?,?\s(?:but|it\sis|it's)\s"
)
_ARTICLE = r"(?:(?:option|la|le|el|die|der|den|das|de|o|a|het|il|l'|opción|opção|opzione|optie|alternativ)\s{1,2})?"
_LETTER = (
    rf"[\"'*_(\[{{\s]{{0,6}}{_ARTICLE}[\"'*_(\[{{]{{0,3}}"
    r"(?:([B-Z])(?=[^a-zA-Z0-9_'-]|\Z)|(A)(?=[\"'*_)\]}.,:;!]|\s*\Z|\s*\n|\s(?:because|since|as|due|[-–—])\b|[^\x00-\x7f])"
    r"|([a-z])(?=[\"'*_)\]}.,:;!]*\s*(?:\Z|\n)|[)\].]))"
)
_NAMED_LETTER = r"\s{1,3}[\"'*(\[]{0,3}(?:([A-Z])(?![\w'-])|([a-z])(?=[\"'*)\].,:;!]*(?:\s|\Z)))"
_DENIED_BEFORE = re.compile(
    r"\b(?:not|n't|than|unlike|neither|nor|except|reject(?:ed)?|eliminate)\s+(?:the\s+)?(?:option\s+)?[(\[]?\Z",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"[\"'*)\]]{0,3}\s{1,2}(?:is|was|are|can\sbe|isn't|is\snot)\s(?:also\s|clearly\s)?(?:wrong|incorrect|not|out\b|ruled|false"
    r"|eliminated|correct\b(?<=n't\scorrect)|right\b(?<=n't\sright))"
)
_AFFIRMED_AFTER = re.compile(
    r"[\"'*)\]]{0,3}\s{1,2}(?:is|seems|must\sbe)\s(?:the\s)?(?:right|correct|best|true|my\s|answer)"
)
_SAID = r"(?<![\w'])[(\[\"'*]{0,3}([A-Z])"
_CLOSED = r"[)\]\"'*]{0,3}"
_ENDED = rf"(?={_CLOSED}\s*(?:[.,;!?\n]|\Z|\b(?:because|since|given|as|due)\b))"
_IN_PROSE = re.compile(
    r"\b(?i:it's|it\sis|it\smust\sbe|must\sbe|that's|this\sis|definitely|probably|clearly|lean(?:ing)?(?:\stowards?)?"
    r"|i(?:'d|\swould)?\s(?:think|believe|guess|say)(?:\s(?:it's|it\sis))?)\s[(\[\"'*]{0,3}(?!I\b)([A-Z])" + _ENDED
)
"""A letter that is stated: 'it's D', 'I think C.'"""
_AFFIRMED = re.compile(
    rf"{_SAID}{_CLOSED}\s(?:is|seems|must\sbe)\s(?:clearly\s)?(?:the\s)?(?:right|correct|best|true|my\s|answer|it(?=[.!,;]|\Z))"
    rf"|\A\s*{_SAID}{_CLOSED},?\s(?i:i\s(?:think|guess|believe)|i'd\s(?:say|guess)|probably|definitely|most\slikely|for\ssure)\b"
    rf"|(?<=[.!?;])\s{{1,3}}{_SAID}{_CLOSED}[.!]*\s*\Z|\A\s*(?i:not)\s[A-Z][,;]\s{_SAID}{_CLOSED}[.!]*\s*\Z"
    rf"|\A\s*{_SAID}{_CLOSED},?\s(?:because|since|due\sto|thanks\sto|owing\sto)\b"
)
_UNDECIDED = re.compile(rf"\b[Bb]etween\s{_SAID}{_CLOSED}\sand\s{_SAID}{_ENDED}|{_SAID}{_CLOSED}\sor\s{_SAID}{_ENDED}")
"""Two letters that are left open: 'between F and A', 'either F or A'."""
_MAYBE = re.compile(r"[A-Z](?![a-zA-Z])|[a-z](?=[\"'*_)\]}.,:;!]*\s*(?:\Z|\n)|[)\].:])")
_MAYBE_NAMED = re.compile(r"(?<=[\s\"'*(\[])[a-z](?=[\"'*)\].,:;!]*(?:\s|\Z))")
"""What all these patterns find, and more, but for a letter alone: `_NAMED_LETTER` in lower case and everything else.
Most texts have nothing of the kind, and looking for words of all languages takes long."""
_NARROW = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
"""Full-width signs and letters by their plain ones."""


class Letter(NamedTuple):
    """A letter [start, end) of the raw answer, its option, and whether words announce it as the
    answer."""

    start: int
    end: int
    option: str
    announced: bool


@cache
def _judged() -> re.Pattern[str]:
    """A letter with its verdict, in any language: 'C: no', 'D - yes'."""
    no, yes = (
        _any(word for language in languages().values() for word in language.words.get(name, ()) if "*" not in word)
        for name in ("no", "yes")
    )
    return re.compile(
        rf"{_SAID}(?:{_CLOSED}(?:\s?[:=?：]|,|\s[-–—])|[)\]])\s{{0,2}}"
        rf"(?i:(?P<no>{no}|wrong|incorrect|false|❌|✗|✘)|(?P<yes>{yes}|right|correct|true|✅|✓|✔))"
        r"(?=\s*(?:[.,;!。、)(\n]|\Z|[A-Z]\b))"
    )


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What announces a letter: a noun for an answer or for the question with 'is', a colon, a dash or a new line; and
    what names one: such a noun alone ('option C')."""
    nouns: dict[str, None] = {}
    verbs: dict[str, None] = {}
    names: dict[str, None] = {}
    chosen: dict[str, None] = {}
    for code, language in languages().items():
        asked = (noun for topic in ("genre", "mood") for noun in language.nouns.get(topic, ()))
        nouns |= dict.fromkeys(noun for noun in (*language.words["answer"], *asked) if "*" not in noun)
        verbs |= dict.fromkeys(verb for verb in language.words["is"] if "*" not in verb)
        names |= dict.fromkeys(("option", "choice", "letter") if code == ENGLISH else language.words["answer"])
        if not language.spaced:
            chosen |= dict.fromkeys(language.words.get("guess", ()))
    noun, verb, name, choose = map(_any, (nouns, verbs, names, chosen))
    begins = r"(?:(?<![^\W\d_])|(?<=[^\x00-\x7f]))"
    joined = (
        rf"{begins}(?:{noun})[\"'*_]{{0,3}}(?:\s{{1,2}}[^\W\d_]{{2,14}}){{0,2}}?"
        rf"(?:\s{{0,2}}[:=：]|\s[-–—]\s|\s{{0,2}}(?:{verb}|would\sbe|to\sbe)\s{{0,2}}:?|\s?\n)|(?:{choose})"
    )
    return re.compile(rf"(?:(?i:{joined}|{_CHOSEN})){_LETTER}"), re.compile(rf"{begins}(?i:{name}){_NAMED_LETTER}")


def _any(words: Iterable[str]) -> str:
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace(r"\ ", r"\s").replace(r"\*", r"\w{0,20}") for word in ordered)


def letters(raw: str, options: Sequence[str]) -> list[Letter]:
    """Letters that an answer gives, sorted; only those announced where there are such."""
    raw = raw.translate(_NARROW)
    may_be = any(_is_place(match, len(options)) for match in _MAYBE.finditer(raw))
    by_place: dict[int, Letter] = {}
    for match, announced in _matches(raw, len(options), may_be=may_be):
        start, end = match.span(match.lastindex or 0)
        place = ord(raw[start].upper()) - ord("A")
        if (
            0 <= place < len(options)
            and not _DENIED_BEFORE.search(raw, max(0, match.start() - 30), start)
            and not _DENIED_AFTER.match(raw, end)
        ):
            affirmed = announced or _AFFIRMED_AFTER.match(raw, end) is not None
            by_place.setdefault(start, Letter(start, end, options[place], affirmed))
    for match in _UNDECIDED.finditer(raw) if may_be else ():
        for group, said in enumerate(match.groups(), 1):
            if said and (place := ord(said) - ord("A")) < len(options):
                by_place.setdefault(match.start(group), Letter(*match.span(group), options[place], False))
    for match in _judged().finditer(raw) if may_be else ():
        start, end = match.span(1)
        place = ord(raw[start]) - ord("A")
        if match["no"]:
            by_place.pop(start, None)
        elif place < len(options):
            by_place[start] = Letter(start, end, options[place], True)
    given = [by_place[start] for start in sorted(by_place)]
    return [letter for letter in given if letter.announced] or given


def _is_place(match: re.Match[str], options: int) -> bool:
    """Whether a letter is that of an option; within a word it is none, but behind a verb ('the answer isb')."""
    raw, at = match.string, match.start()
    if ord(raw[at].upper()) - ord("A") >= options:
        return False
    before = raw[at - 1 : at]
    return raw[at].isupper() or not (before.isascii() and before.isalpha()) or raw[:at].casefold().endswith(_verbs())


@cache
def _verbs() -> tuple[str, ...]:
    """Ends of what announces a letter right before it."""
    every = (
        word for language in languages().values() for name in ("is", "guess") for word in language.words.get(name, ())
    )
    return tuple({word.split()[-1].casefold() for word in (*every, "be")})


def _matches(raw: str, options: int, *, may_be: bool) -> Iterator[tuple[re.Match[str], bool]]:
    if whole := _ALONE.fullmatch(raw):
        yield whole, True
        return
    announces, names = _patterns()
    if not may_be:
        if any(_is_place(match, options) for match in _MAYBE_NAMED.finditer(raw)):
            yield from ((match, False) for match in names.finditer(raw))
        return
    for announcing in announces.finditer(raw):
        yield announcing, True
    for pattern in (_IN_PROSE, _AFFIRMED):
        for match in pattern.finditer(raw):
            yield match, True
    if first := _FIRST.match(raw):
        yield first, False
    for pattern in (names, _BRACKETED):
        for match in pattern.finditer(raw):
            yield match, False
