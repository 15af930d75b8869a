"""Forms of pieces in an answer: letters, names of sections, names of forms."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from mudata.evaluation.align.text_pieces import apart

NAMED_FORMS = {
    "ternary": "ABA",
    "simple ternary": "ABA",
    "three-part": "ABA",
    "binary": "AB",
    "simple binary": "AB",
    "two-part": "AB",
    "da capo": "ABA",
    "arch": "",
    "32-bar": "AABA",
    "thirty-two-bar": "AABA",
    "bar": "AAB",
    "rounded binary": "",
    "compound ternary": "ABA",
    "rondo": "",
    "sonata": "",
    "strophic": "",
    "verse-chorus": "",
    "verse chorus": "",
    "verse and chorus": "",
    "through-composed": "",
    "through composed": "",
    "song": "",
    "free": "",
    "theme and variations": "",
    "theme-and-variations": "",
    "blues": "",
    "12-bar blues": "",
}
"""Letters by name of a form (Caplin 1998; Green 1979); '' where the name does not settle them."""
SECTIONS = (
    "intro", "introduction", "verse", "pre-chorus", "prechorus", "post-chorus", "chorus", "refrain", "bridge",
    "middle eight", "interlude", "instrumental", "solo", "outro", "coda", "hook", "drop", "breakdown", "build-up",
    "buildup", "break", "exposition", "development", "recapitulation",
)  # fmt: skip
"""What sections are called."""


def _any(names: Iterable[str], hyphen: str) -> str:
    """One of the names, the longest that fits; a hyphen may be a blank."""
    ordered = sorted(names, key=len, reverse=True)
    return "|".join(re.escape(name).replace(r"\-", hyphen).replace(r"\ ", "[- ]") for name in ordered)


SECTION = _any(SECTIONS, "[- ]?")
_PRIME = r"(?:['′*]{1,3}|₁|₂|[12](?!\d))?"
_WORD = r"A-Za-z0-9_\u00c0-\u024f\u0370-\u04ff"
"""Letters of scripts that set words apart."""
_JOINED = re.compile(rf"(?<![{_WORD}#♭♯'/\\-])((?:[A-H]{_PRIME}){{2,40}})(?![{_WORD}#♭♯]|[-/][A-Z]?\w)")
_LOWER = re.compile(
    r"(?:\A[\s\"'*_`(]*|\b(?:form|structure|pattern|scheme|layout)(?:\s(?:is|would be"
    r"|of)(?: an?)?|:)?\s[\"'*(]{0,3}|\ban?\s)([a-h]{2,40})"
    r"(?=[\"'*_`)]*(?:[.,;!]|\s*\Z|\s(?:form|structure|pattern|scheme|layout)))"
)
_LETTER = (
    rf"(?<![\w#♭♯'/.])(?:\(|\[)?(?:(?:the )?(?:section|part)\s)?[\"'*]{{0,2}}([A-H])({_PRIME})"
    r"(?![\w#♭♯]|\.\w| ?(?i:major|minor|maj\b|min\b|flat|sharp|dorian|mixolydian|chord|note))[\"'*]{0,2}(?:\)|\])?"
    r"(?:\s?[x×]\s?(\d)(?!\d))?(?:\s(?i:sections?|parts?|theme)\b)?"
)
_FILLER = (
    r"(?:\([^()\n]{1,40}\)|[\s\"'*,/|&+>~→⇒➔\[\].–—-]|\b(?i:and|then|finally|again|followed|by|returns?"
    r"|returning|back|to|goes|moves|with|the|(?-i:a|an)|section|part|(?-i:a) return|return|of|repeat"
    r" of|"
    r"it|contrasting|new|in|before|first|second|third|once more|another|comes|ending"
    r"|ends|on|into|leads|middle|reprise|opening|final|same|as|next|we|have|hear|material"
    r"|theme)\b)"
)
_STEP = re.compile(rf"{_FILLER}{{0,60}}")
_LETTERED = re.compile(_LETTER)
_SECTIONED = re.compile(
    rf"(?i)\b(?:(?:first|second|third|final|last|short|brief|long|another|repeated)\s)?({SECTION})(?:s\b"
    rf"|\b)(?:\s?\d\b)?(?:\s?[x×]\s?(\d)(?!\d))?"
)
_NAMED_BEFORE = re.compile(rf"(?i)\b(?:{SECTION})s?\s?(?:,|-+>?|→|–)\s?(?:and |then ){{0,2}}\Z")
_NAMED_BEHIND = re.compile(rf"(?i)\s?(?:,|-+>?|→|–)\s?(?:(?:and|then|an?)\s){{0,3}}(?:{SECTION})\b")
"""Named sections beside letters: which letter they have is not said."""
_NAMED = re.compile(
    rf"(?i)\b({_any(NAMED_FORMS, '[- ]')})"
    r"(?:[- ](?:song|musical|overall))?[- ](?:form|structure)\b"
    r"|\b(?:form|structure)\b(?:\s(?:is|of this \w+ is|appears to be|seems to be)|:)\s[\"'*]{0,3}(?:a"
    r" |an )?(ternary|binary|rounded binary|rondo|strophic|through[- ]composed)\b"
    r"|\A[\s\"'*]*(ternary|binary|rondo|strophic|through[- ]composed)[\s\"'*.]*\Z"
)
_CHORDS = re.compile(
    r"(?i)\b(?:chords?|progression|notes?|keys?|pitch(?:es)?|scale|tuning|strings?)\b[^.;!?\n]{0,40}\Z"
)
_TYPE = re.compile(r"(?i)[\s\"'*-]{0,3}(?:form|structure|song|type|format|alternation|pattern)\b")
_REPEATED = re.compile(
    r"(?i)[\"'*)\s,]{0,4}(?:(?:is |are |and |all |that |which |this |the whole |pattern"
    r" |form |structure ){0,4}(?:repeated|repeats|repeating|looped|loops|[x×]\s?\d)|and"
    r" so on|etc\b|\.\.\.|…)"
)
_GOES_BACK = re.compile(r"(?i)[\s,]*(?:(?:and|then)\s)?(?:back|returns?|returning)\b")
_GOES_ON = re.compile(
    r"(?:,|\s?[(→>–-]|\s(?:and|then)\b)(?!\s?(?:not|rather|but|where|with|which|in which|as)\b)[^.;!?\n]{0,24}"
)
"""From a list of sections to one more, with words between them that are not known."""
_AND = re.compile(r"(?i)\s(?:and|&)\s(?:an?\s|the\s|its\s)?")
_PLURAL = re.compile(r"(?i)(?:verse|bridge|solo|interlude|refrain|hook|drop|break|breakdown)s\b")
"""Sections whose plural ends in 's': more than one of them, wherever they are."""
_WHOLE = 80
_LEADING_NAME = re.compile(r"(?i)(?:band|group|by|abba['s]*)\s*\Z")


class FormSaid(NamedTuple):
    """A form [start, end) of the text as letters by first occurrence; '' where what is said settles none."""

    start: int
    end: int
    form: str


def relettered(form: Sequence[str]) -> str:
    """Letters in the order of first appearance, so that forms are equal whatever their sections are called; '?' for
    whatever comes behind 26 of them.

    >>> relettered("XYX"), relettered(["verse", "chorus", "verse"])
    ('ABA', 'ABA')
    """
    letters: dict[str, str] = {}
    for section in form:
        letters.setdefault(section, string.ascii_uppercase[len(letters)] if len(letters) < 26 else "?")
    return "".join(letters[section] for section in form)


def first_occurrences(labels: Sequence[str]) -> str:
    """Letters for labels in the order in which they first occur; primes and case aside.

    >>> first_occurrences(["verse", "chorus", "verse"]), first_occurrences(["B", "C", "B'"])
    ('ABA', 'ABA')
    """
    return relettered([_bare(label) for label in labels])


def _bare(label: str) -> str:
    bare = re.sub(r"['′*₁₂]|\s?\d+$", "", label.strip().lower())
    return re.sub(r"[\s-]", "", bare).rstrip("s") if len(bare) > 1 else bare


def forms(text: str) -> list[FormSaid]:
    """Forms in a text that keeps its case, in order and apart."""
    found = [*_separated(text), *_joined(text), *_runs(text), *_names(text)]
    return apart(sorted(found, key=lambda one: (one.start, -one.end)))


def _joined(text: str) -> Iterator[FormSaid]:
    """'ABA', and 'aba' where a form is announced or nothing else is said."""
    for match in _JOINED.finditer(text):
        letters = re.sub(r"[^A-H]", "", match[1])
        start = match.start()
        if (
            len(letters) > 1
            and first_occurrences(letters) == letters
            and not _CHORDS.search(text, max(0, start - 60), start)
        ) and not _LEADING_NAME.search(text, max(0, start - 10), start):
            yield FormSaid(start, match.end(), "" if _REPEATED.match(text, match.end()) else letters)
    lower = text.lower()
    for match in _LOWER.finditer(lower):
        letters = match[1]
        if text[match.start(1) : match.end(1)] == letters and first_occurrences(letters) == letters.upper():
            yield FormSaid(*match.span(1), "" if _REPEATED.match(text, match.end(1)) else letters.upper())


_LOWER_APART = re.compile(
    r"\b(?:form|structure|pattern|scheme|layout)(?: is| would be|:| =) "
    r"[\"'*(]{0,3}([a-h](?:(?:, ?| ?[-–→] ?)[a-h]){1,15})"
    r"(?=[\"'*)]{0,3}(?:[.;!\n]|\s*\Z))"
)
"""'The structure is a, b, a.'"""
_SEPARATED = re.compile(r"[\s\"'*`(\[]*([A-Za-z](?:[ ,|>–-]{1,4}[A-Za-z]){1,15})[\s\"'*`).\]]*")


def _separated(text: str) -> Iterator[FormSaid]:
    """'X Y X', 'a b a': any letters apart that are the whole answer, where one comes again."""
    match = _SEPARATED.fullmatch(text) if len(text) < _WHOLE else None
    letters = re.findall(r"[A-Za-z]", match[1]) if match else []
    for said in _LOWER_APART.finditer(text):
        run = re.findall("[a-h]", said[1])
        if first_occurrences(run) == "".join(run).upper():
            yield FormSaid(*said.span(1), first_occurrences(run))
    if match and len({letter.isupper() for letter in letters}) == 1 and len(set(letters)) < len(letters):
        yield FormSaid(*match.span(1), first_occurrences(letters))


def _runs(text: str) -> Iterator[FormSaid]:
    """'A, B, then A again'; 'verse, chorus, verse'."""
    for pattern, least, alphabetic in ((_LETTERED, 2, True), (_SECTIONED, 2, False)):
        run: list[re.Match[str]] = []
        for match in (*pattern.finditer(text), None):
            if run and (
                match is None
                or not _STEP.fullmatch(text, run[-1].end(), min(match.start(), run[-1].end() + 61))
                or match.start() - run[-1].end() > 60
            ):
                if len(run) >= least and (said := _form_of(text, run, alphabetic=alphabetic)):
                    goes_on = match is not None and _GOES_ON.fullmatch(text, said.end, match.start())
                    yield said._replace(form="") if goes_on or _GOES_BACK.match(text, said.end) else said
                run = []
            if match is not None:
                run.append(match)


def _form_of(text: str, run: list[re.Match[str]], *, alphabetic: bool) -> FormSaid | None:
    labels = [match[1] for match in run for _ in range(int(match[match.re.groups] or 1))]
    letters = first_occurrences(labels)
    start, end = run[0].start(), run[-1].end()
    if alphabetic:
        if letters != "".join(labels).upper() or _CHORDS.search(text, max(0, start - 60), start):
            return None
        if _NAMED_BEFORE.search(text, max(0, start - 40), start) or _NAMED_BEHIND.match(text, end):
            return FormSaid(start, end, "")  # 'intro, A, B, A, outro'
    elif any(_PLURAL.search(match.group()) for match in run):
        return FormSaid(start, end, "")  # 'an intro, two verses and a chorus': which follows which is not said
    elif len(run) == 2 and _AND.fullmatch(text, run[0].end(), run[1].start()):
        return FormSaid(start, end, "")  # 'a verse and a chorus'
    elif len(run) == 2 and _TYPE.match(text, end) and not re.search(r"[,>→]", text[run[0].end() : run[1].start()]):
        return FormSaid(start, end, "")  # 'verse-chorus form'
    return FormSaid(start, end, "" if _REPEATED.match(text, end) else letters)


def _names(text: str) -> Iterator[FormSaid]:
    """'ternary form'."""
    for match in _NAMED.finditer(text):
        name = (match[1] or match[2] or match[3]).lower()
        form = NAMED_FORMS.get(
            name, NAMED_FORMS.get(name.replace(" ", "-"), NAMED_FORMS.get(name.replace("-", " "), ""))
        )
        yield FormSaid(*match.span(), form)
