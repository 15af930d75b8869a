"""Phrases that say how several labels of an answer stand to each other:
final answers, lists, secondary elements."""

from __future__ import annotations

import re

from mudata.evaluation.align.refusal import CLAUSE_END

FIELDS = frozenset({"emotion", "emotions", "mood", "moods", "feeling", "feelings", "theme", "themes", "style", "genre"})
"""Words that before a colon name the question ('Emotion: happy'),
even where a label set has them as a spelling."""

ANCHOR = re.compile(
    r"""
    \b(?=[a-gilmpstv])(?:
        (?:answer|guess|choice|prediction|classification|conclusion|verdict)s?
        (?:\ (?:is|are|would\ be|would\ have\ to\ be|should\ be)\b|\ ?[:=>])
      | (?:genre|style|mood|emotion|theme|label|tag|category|class|instrument|feeling)(?:s|\(s\))?"?'?
        (?:\ (?:of|in|for)\ [^.;!?\n:]{1,40}?)?
        (?:\ (?:is|are|would\ be|should\ be|must\ be|seems\ to\ be|appears\ to\ be|is\ likely|is\ probably)\b|\ ?[:=])
      | belongs?\ (?:\w+\ )?(?:to|in)\b | falls?\ (?:\w+\ )?(?:under|into|in)\b | boxed\{
      | (?:classified|categori[sz]ed|identified|labell?ed|described|characteri[sz]ed|tagged)\ (?:as|under)\b
      | (?:classify|categori[sz]e|identify|describe|label)\ (?:\w+\ ){1,3}?as\b | sounds?\ (?:\w+\ ){0,2}?like\b
      | (?:it|this|that)(?:\ is|'s)\ (?:most\ )?(?:likely|probably|clearly|definitely|certainly)\b
      | (?:i|i'd|i'll|i\ would|i\ will|i'd\ have\ to|let's)\ (?:\w+ly\ )?
        (?:choose|pick|select|say|go\ with|go\ for|guess|answer)\b
    )
  | (?:答案|类型|流派|风格|曲风|情绪)(?:是|为|:) | 属于
    """,
    re.VERBOSE,
)
"""What announces the answer; the last one in a text counts."""

_AFTERTHOUGHT = re.compile(
    r"[.;!?\n]|\b(?:because|since|due to|given|which|where|even though|although|though|while|whereas|based on|but"
    r"|however|as (?:it|the|there|evidenced|indicated|suggested)|for its|rather than|instead of|not"
    r"|characteri[sz]ed by|featuring)\b"
)
_GAP = re.compile(r"[\s\"'*:]{0,40}")
_REACH = 240
_LIST_GOES_ON = re.compile(
    r"[ \"'\])]*(?:,|/|\||&|\+|\band\b|\bor\b)[ \"'(\[]*(?:and |or )?"
    r"(?!(?:which|because|with|as|since|not|but|given|due|it|this|that|the|a|an|is|was|has|having|while|featuring|though"
    r"|although|so|thus|i|its|in|for|from|by|rather|however|where|who|whose|when|there|these|such|based|more|most|because"
    r"|specifically|particularly|especially|definitely|clearly|probably|possibly|mainly|likely|characteri[sz]ed)\b)\w"
)


def region(text: str, start: int) -> int:
    """Where that ends which an anchor that ends at `start` announces:
    with the clause, or where reasons begin."""
    first = _GAP.match(text, start).end()  # type: ignore[union-attr]
    stop = _AFTERTHOUGHT.search(text, first, first + _REACH)
    return stop.start() if stop else min(len(text), first + _REACH)


def list_goes_on(text: str, end: int) -> bool:
    """Whether what ends here is one item of a list that goes on."""
    return _LIST_GOES_ON.match(text, end) is not None


_COLOUR = (
    r"(?:elements?|hints?|influences?|touch(?:es)?|flavou?rs?|traces?|undertones?|overtones?|bits?|dash|nods|aspects"
    r"|tinges?|accents|splash|notes)\ of\b"
)
SECONDARY = re.compile(
    rf"""
    \b(?=[afhiptw])(?:
        with(?:\ \w+){{0,3}}?\ {_COLOUR}
      | with\b(?=\ [^.;!?\n]{{0,80}}\b(?:elements?|influences?|undertones?|overtones?|flavou?rs?|touches|accents
            |nuances|sensibilit(?:y|ies)|inspirations?)\b)
      | (?:has|having|plus|and)(?:\ (?:a|an|some|strong|slight|subtle|few|the|many|several|clear)){{0,3}}\ {_COLOUR}
      | (?:influenced|inspired|infused|tinged|flavou?red)\ (?:by|with)\b
    )
    """,
    re.VERBOSE,
)
"""What comes after it, to the end of the clause, only colours what was said before."""

_TAKEN_BACK = re.compile(r"\b(?:could|might|may|also|as well|or|perhaps|maybe|possibly|alternatively)\b")


def taken_back(text: str, place: int) -> bool:
    """Whether a label said here, after a final answer, unsettles it: 'it might be country as
    well'."""
    before = CLAUSE_END.split(text[max(0, place - 80) : place])[-1]
    return _TAKEN_BACK.search(before + CLAUSE_END.split(text[place : place + 80])[0]) is not None


HEDGE = re.compile(
    r"\b(?=[bcefhmop])(?:either|or|could be|may be|might be|maybe|perhaps|blend|mix|mixture|combination|fusion"
    r"|combines|hybrid|between|cross)\b"
)


def secondary(text: str) -> list[tuple[int, int]]:
    """Pieces that only colour what was said before, each to the end of its clause."""
    pieces: list[tuple[int, int]] = []
    for cue in SECONDARY.finditer(text):
        if not pieces or cue.start() >= pieces[-1][1]:
            stop = CLAUSE_END.search(text, cue.end())
            pieces.append((cue.start(), stop.start() if stop else len(text)))
    return pieces
