"""Which of several values an answer settles on: the last announced, what is in bold or in a box, what it concludes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from mudata.evaluation.align.clauses import FINAL, NONE, PART, Vote
from mudata.evaluation.align.language import languages
from mudata.evaluation.align.text_pieces import inside

if TYPE_CHECKING:
    from mudata.evaluation.readers.said_values import ValueEvidence

_SET_OFF = re.compile(
    r"\*\*([^*\n]{1,80})\*\*|\\boxed\{([^{}\n]{1,80}(?:\{[^{}\n]{0,40}\}[^{}\n]{0,40}){0,3})\}|__([^_\n]{1,80})__"
)


def values_of(gathered: ValueEvidence, votes: Iterable[Vote]) -> tuple[tuple[str, ...], ...]:
    return tuple(dict.fromkeys(gathered.of(vote).values for vote in votes))


def is_wide(gathered: ValueEvidence, votes: Iterable[Vote]) -> bool:
    return any(gathered.of(vote).sort in ("range", "bound") for vote in votes)


_MOST_ANSWERS = 3
"""Answers that one may announce while changing one's mind; more are a list of what may be answered ('### Response: C
major ### Response: E minor ...'), whose last one says nothing."""


@cache
def _answer_words() -> re.Pattern[str]:
    words = {word for language in languages().values() for word in language.words["answer"] if "*" not in word}
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word))))


def last_announced(gathered: ValueEvidence, best: list[Vote]) -> list[Vote]:
    """Of values announced as the answer ('Answer:', 'the final answer is') those of the last announcement; none where
    what announces them is only the noun of the question."""
    anchors = [vote.anchor for vote in best if vote.anchor]
    if not anchors:
        return []
    text = gathered.clean.text
    if best[0].rank < FINAL and not _answer_words().search(text, *anchors[-1]):
        return []
    if len(set(anchors)) > _MOST_ANSWERS and len(values_of(gathered, best)) > _MOST_ANSWERS:
        return []
    last = max(anchors)
    return [vote for vote in best if vote.start >= last[0]]


def set_off(gathered: ValueEvidence, live: list[Vote]) -> list[Vote]:
    """The votes in bold or in a box, if these say one value."""
    places = [match.span() for match in _SET_OFF.finditer(gathered.text.text)] if _may_set_off(gathered.answer) else []
    off = [vote for vote in live if vote.rank > NONE and inside(gathered.of(vote).start, places)]
    return off if len(values_of(gathered, off)) == 1 and not is_wide(gathered, off) else []


_LAST_LINE = re.compile(r"[.!?。！？][\"'*_)\]]{0,4}\s*\n\s*(?=[^\n]*\Z)")
_BARE = re.compile(r"[\W_]*(?:(?:an?|the) )?[\W_]*")


def last_line(gathered: ValueEvidence, live: list[Vote]) -> list[Vote]:
    """The value that is all of the last line, behind a line that ends a sentence and is no value itself, as it is in a
    list."""
    text = gathered.clean.text.rstrip()
    ends = _LAST_LINE.search(text)
    last = max(live, key=lambda vote: vote.start)
    if not ends or last.start < ends.end() or is_wide(gathered, [last]):
        return []
    before = text[: ends.start()].rpartition("\n")[2]
    begin = ends.start() - len(before)
    said = [vote for vote in live if vote.start >= begin and vote.end <= ends.start()]
    of_list = len(said) == 1 and _BARE.fullmatch(text[begin : said[0].start] + text[said[0].end : ends.start()])
    alone = _BARE.fullmatch(text[ends.end() : last.start]) and _BARE.fullmatch(text[last.end :])
    return [last] if alone and not of_list else []


_CONCLUDES = re.compile(
    r"(?:\b(?:so|therefore|thus|hence|which makes it|making it|donc|por tanto|por lo tanto|quindi|portanto"
    r"|daher|dus|więc)\b,?"
    r"(?: (?:it(?:'s| is| must be)?|this is|the [\w ]{2,24} (?:is|must be)|i(?:'d| would) (?:say|go with)"
    r"|probably|likely)){0,2}"
    r"|因此|所以|したがって|따라서) ?(?:an? |the )?\Z"
)
_BEFORE_CONCLUDED = 60


_LIKELIEST_BEFORE = re.compile(
    r"\b(?:probably|most likely|more likely|likelier|likely|rather"
    r"|i(?:'d| would|'ll| will)?(?: rather| probably)? (?:choose|pick|say|go with|go for|lean towards?"
    r"|opt for|settle (?:on|for)|favou?r|prefer)) (?:an? |the )?\Z"
)
_LIKELIEST_AFTER = re.compile(
    r"[\"']? (?:is|seems|appears|being) (?:far |much )?(?:(?:more|most) (?:likely|plausible|probable)|likelier"
    r"|the (?:main|better|best)\b)"
)


def concluded(gathered: ValueEvidence, live: list[Vote]) -> list[Vote]:
    """The last value, where it stands right behind 'so' or 'therefore', or is one of those said before and now said to
    be the likelier one; nothing else is said after it."""
    last = max(live, key=lambda vote: vote.start)
    text, head = gathered.clean.text, max(0, last.start - _BEFORE_CONCLUDED)
    if last.rank <= PART or is_wide(gathered, [last]):
        return []
    if _CONCLUDES.search(text, head, last.start):
        return [last]
    again = any(vote is not last and gathered.of(vote).values == gathered.of(last).values for vote in live)
    likeliest = _LIKELIEST_BEFORE.search(text, head, last.start) or _LIKELIEST_AFTER.match(text, last.end)
    return [last] if again and likeliest else []


_FORMER_OR_LATTER = re.compile(
    r"(?:(?:(?<!not )\b(?:is|it's|be|towards|points? to|leans? to|go(?:ing)? with|say|choose|pick|prefer|opt for"
    r"|settle (?:on|for)|seems|suggests?|supports?|favou?rs?|confirms?|indicates?)|[:=])"
    r" (?:rather |clearly |probably |definitely |more likely |most likely )?the "
    r"(?P<chosen>former|latter)"
    r"|\bthe (?P<fits>former|latter)(?: one)? (?:is|seems|feels|sounds|fits|appears)(?: (?:much|far|slightly|the))? "
    r"(?:(?:more|most) (?:likely|plausible|probable|convincing|accurate)|likelier|better|best|right|correct|dominant"
    r"|stronger))\b"
)
_TAKES_BACK = re.compile(r"\b(?:not|n't|unlike|than|instead of|rule[sd]? out|(?:un|less )likely)\b|n't\b")


def former_or_latter(gathered: ValueEvidence, live: list[Vote]) -> list[Vote]:
    """Of two values the one that is chosen as 'the former' or 'the latter' behind them."""
    said = values_of(gathered, [vote for vote in live if vote.rank > PART])
    if len(said) != 2 or is_wide(gathered, live):
        return []
    last = max(live, key=lambda vote: vote.start)
    text = gathered.clean.text
    chosen = [match["chosen"] or match["fits"] for match in _FORMER_OR_LATTER.finditer(text, last.end)]
    if len(set(chosen)) != 1 or _TAKES_BACK.search(text, last.end):
        return []
    meant = said[0] if chosen[0] == "former" else said[1]
    return [vote for vote in live if gathered.of(vote).values == meant]


def _may_set_off(answer: str) -> bool:
    return "**" in answer or "boxed" in answer or "__" in answer
