"""Answers that are an option in a usual phrase and nothing else: 'B', '(B) a slow waltz', 'The answer is a slow waltz.'

To the grammar of answers the text of an option is so many letters (`said_values._filled`): what stands around it
decides how it is read. So the reading of a phrase is kept, and moved to the next option that is said in it. Whatever
could be read otherwise (options of a sign, digit or lone letter; words that go together with the phrase; a prompt that
may be read back) is left to the whole reader. Tests hold both readings against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mudata.evaluation.align import cues
from mudata.evaluation.align.alignment import Alignment, Role, Span
from mudata.evaluation.align.clean import clean
from mudata.evaluation.align.language import ENGLISH, languages
from mudata.evaluation.readers.option_labels import ONE_OF_CLIPS
from mudata.evaluation.readers.option_texts import option_tokens
from mudata.evaluation.readers.option_values import option_values

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Shown

_LEAD = r"(?:The (?:correct |best |right )?answer is:? |Answer: )?"
_LABEL = r"[A-Z]|\d{1,2}"
_TEXT = r"[A-Za-z][A-Za-z' -]*"
_BY_LABEL = re.compile(rf"({_LEAD}[(\[]{{0,2}})({_LABEL})()()([)\]]{{0,2}}\.?)")
_BY_BOTH = re.compile(rf"({_LEAD}\(?)({_LABEL})(\) |\. |: |\): )({_TEXT})(\.?)")
_BY_TEXT = re.compile(rf"({_LEAD})()()({_TEXT})(\.?)")
"""What leads to the option, its label, what stands between, its text, and how the answer ends."""
_LONGEST = 100
_PLAIN = re.compile(r"[A-Za-z][a-z']+(?:[ -](?:[A-Za-z][a-z']+|a))*")
_LEADS = ("the answer is ", "the answer is: ", "answer: ")
_OF_LEADS = frozenset(["the", "correct", "best", "right", "answer", "is", "a", "an"])
_GO_ON = frozenset(
    [
        "is",
        "was",
        "are",
        "can",
        "isn",
        "wasn",
        "seems",
        "must",
        "not",
        "no",
        "yes",
        "nor",
        "or",
        "and",
        "but",
        "wrong",
        "incorrect",
        "false",
        "right",
        "correct",
        "true",
        "i",
        "probably",
        "definitely",
        "most",
        "for",
        "because",
        "since",
        "due",
        "thanks",
        "owing",
        "a",
        "an",
        "the",
    ]
)
"""Words behind a label that say something of it."""
_ARTICLES = ("a", "an", "the")
_END = re.compile(r"[.!?\n]")
_WORD = re.compile(r"\w+")
_FEW_WORDS = 4
"""Fewer of the prompt are not taken for an echo (`align.echo`)."""


class _Reading(NamedTuple):
    """How a phrase is read: rule, flags, role of its clause; other spans, before the option (from the start of the
    answer) or behind it (from its end); and where the clause begins and how far behind the option it ends."""

    rule_id: str
    flags: tuple[str, ...]
    clause_role: str
    before: tuple[tuple[int, int, Role], ...]
    behind: tuple[tuple[int, int, Role], ...]
    clause: tuple[int, int]


_KNOWN: dict[tuple[object, ...], _Reading | None] = {}
_MOST = 4096


def plain_choice(answer: str, shown: Shown, read: Callable[[str, Shown], Alignment]) -> Alignment | None:
    """What `read` makes of an answer of such a phrase; None of any other answer."""
    if len(answer) > _LONGEST or not answer.isascii():
        return None
    found = _BY_LABEL.fullmatch(answer) or _BY_BOTH.fullmatch(answer) or _BY_TEXT.fullmatch(answer)
    if found is None:
        return None
    lead, label, between, text, tail = found.groups()
    if text and not label and text not in shown.options and (text + tail) in shown.options:
        text, tail = text + tail, ""
    option = _option(label, text, shown)
    if option is None or _may_echo(answer, shown.prompt):
        return None
    start, end = (found.start(2) if label else found.start(4)), (found.end(4) if text else found.end(2))
    key = (lead, label, between, bool(text), tail, len(shown.options), shown.letters, shown.numbered)
    if key not in _KNOWN:
        whole = read(answer, shown)
        if len(_KNOWN) < _MOST:
            _KNOWN[key] = _reading(whole, option, start, end)
        return whole
    known = _KNOWN[key]
    if known is None:
        return None
    spans = (
        *(Span(first, last, role) for first, last, role in known.before),
        Span(start, end, "positive", option),
        *(Span(end + first, end + last, role) for first, last, role in known.behind),
    )
    clause = (known.clause[0], end + known.clause[1])
    return Alignment(
        "ALIGNED", (option,), known.rule_id, spans, (option,), (), (), known.flags, clean(answer).text, clause,
        known.clause_role,
    )  # fmt: skip


def _reading(whole: Alignment, option: str, start: int, end: int) -> _Reading | None:
    """How the phrase was read; None where that is not of the option alone."""
    own = [span for span in whole.spans if span.role == "positive"]
    if (
        (whole.status, whole.labels, whole.positives) != ("ALIGNED", (option,), (option,))
        or whole.negatives
        or whole.oov_terms
        or whole.clause is None
        or [(span.start, span.end) for span in own] != [(start, end)]
    ):
        return None
    others = [span for span in whole.spans if span.role != "positive"]
    before = tuple((span.start, span.end, span.role) for span in others if span.end <= start)
    behind = tuple((span.start - end, span.end - end, span.role) for span in others if span.start >= end)
    if len(before) + len(behind) < len(others) or any(span.label for span in others):
        return None
    clause = (whole.clause[0], whole.clause[1] - end)
    return _Reading(whole.rule_id, whole.flags, whole.clause_role, before, behind, clause)


def _option(label: str, text: str, shown: Shown) -> str | None:
    """The option that label and text mean alike; None where that is not plain."""
    options = shown.options
    plain = _plain_options(frozenset(options))
    if plain is None or (text and text not in plain):
        return None
    if not label:
        return text if text in options else None
    if not (shown.letters if label.isalpha() else shown.numbered):
        return None
    place = ord(label) - ord("A") if label.isalpha() else int(label) - 1
    if not 0 <= place < len(options) or (text and options[place] != text):
        return None
    return options[place]


@lru_cache(maxsize=1024)
def _plain_options(options: frozenset[str]) -> frozenset[str] | None:
    """Those of some options whose texts can be moved about; None where all of them are left to the whole reader."""
    if any(map(_tells_more, options)):
        return None
    words = list(map(option_tokens, options))
    plain = frozenset(
        [option for option, own in zip(options, words, strict=True) if words.count(own) == 1 and _is_plain(option)]
    )
    return plain if plain and option_values(tuple(options)) is None else None


@lru_cache(maxsize=65_536)
def _tells_more(option: str) -> bool:
    """Whether answers to an item with such an option may be about it in ways that only the whole reader knows."""
    if ONE_OF_CLIPS.fullmatch(option.lower()):
        return True
    tokens = option_tokens(option)
    if not tokens:
        return False
    first, last = tokens[0], tokens[-1]
    return last in _ARTICLES or len(first) < 2 or not first[0].isalpha() or first in _OF_LEADS or first == "no"


@lru_cache(maxsize=65_536)
def _is_plain(option: str) -> bool:
    if not _PLAIN.fullmatch(option):
        return False
    small = option.lower()
    tokens = option_tokens(option)
    words = small.split()
    if words[0] in _said_of_labels() or words[-1] in _ARTICLES or not all(token[0].isalpha() for token in tokens):
        return False
    find = cues.matcher(ENGLISH, ("value",)).find
    return all([event for event in find(lead + small) if event[0] < len(lead)] == _alone(lead) for lead in _LEADS)


@cache
def _alone(lead: str) -> list[cues.Event]:
    """The cues of a lead with nothing behind it."""
    return list(cues.matcher(ENGLISH, ("value",)).find(lead))


@cache
def _said_of_labels() -> frozenset[str]:
    return frozenset((*_GO_ON, *_judging()))


def _judging() -> Iterator[str]:
    """First words of 'yes' and 'no' in all languages."""
    for language in languages().values():
        for name in ("no", "yes"):
            yield from (word.split()[0] for word in language.words.get(name, ()))


def _may_echo(answer: str, prompt: str) -> bool:
    """Whether the prompt could have a sentence or line of four words that the answer has too; True where that is not
    seen at once."""
    if answer.count(" ") + answer.count("-") + 1 < _FEW_WORDS:
        return False
    small = answer.lower()
    for piece in _END.split(prompt.lower()):
        if len(piece) <= 3 * len(answer) and (first := _WORD.search(piece)) and first[0] in small:
            words = _WORD.findall(piece)
            if sum(map(len, words)) + len(words) - 1 <= len(answer):
                return True
    return False
