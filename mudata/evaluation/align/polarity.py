"""Which mentions an answer denies.

A negator ('not', 'never', 'rather than', 'unlike', 'anything but') reaches forward over the
mentions of its clause. Its reach ends at . ; ! ? a new line, 'but', 'however'; at a comma, unless a
list of denied labels goes on there ('not rock, jazz or blues'); at a new statement ('it is',
'sounds like') once a label or a comma has come; and after some 64 characters without a label. 'not
only', 'no doubt', 'nothing but' deny nothing. What follows a label can deny it too: 'rock is not
the genre', 'blues can be ruled out', 'rock? no'.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_REACH = 64
_NEXT_ITEM = 12
"""Characters to the first label behind a negator, and behind a comma in a list of denied labels."""

_EVENTS = re.compile(
    r"""
    (?P<hard_sign>[.;!?\n)]) | (?P<comma>,)
  | (?P<keep_nt>n't\ (?:be\ )?(?:
        only|just|merely|simply|solely|exclusively|purely|entirely|limited\ to|unlike|surprising\w*|dissimilar|miss
        |(?:any|no)thing\ (?:but|other\ than|else\ than)|(?:get\ )?(?:any\ |much\ )?more)\b)
  | (?P<neg_nt>n't\b)
  | \b(?=[a-fh-pr-uwy])(?:
      (?P<keep>
        (?:not|cannot|can't)\ (?:be\ )?(?:
            only|just|merely|simply|solely|exclusively|purely|entirely|limited\ to|to\ mention|unlike|surprising\w*
            |dissimilar|miss|(?:any|no)thing\ (?:but|other\ than|else\ than))\b
        | impossible\ not\ to\b | (?:can(?:\ ?not|'t)\ help\ but|whether\ or\ not|no\ (?:doubt|question|less)|if\ not)\b
        | without\ (?:a\ |any\ )?(?:doubt|question)\b | nothing\ (?:but|other\ than|else\ than|less\ than)\b
        | no(?:ne)?\ other\ than\b | none\ other\b | more\ than\b
      )
    | (?P<than>than\b)
    | (?P<neg>
        (?:not\ so\ much|not|never|neither|nor|none(?=\ of)|nothing\ (?:like|of)|cannot)\b | no\b(?!\s?[,.!:;?])
        | (?:cant|isnt|doesnt|dont|didnt|wasnt|arent|wont|couldnt|wouldnt|shouldnt|unlikely)\b
        | (?:hardly|barely|scarcely)\b(?!\ (?:audible|noticeable))
        | (?:lack(?:s|ing)?(?:\ of)?|absence\ of|devoid\ of|exclud(?:e|es|ing)|rul(?:e|es|ing|ed)\ out|far\ from)\b
        | (?:(?:anything|everything|all)\ but|other\ than|except|(?:the\ )?opposite\ of)\b
        | less\b(?=[^.;!?\n]{1,60}\bthan\b) | (?:pas|nicht|keine?n?)\b
      )
    | (?P<prep>
        (?:without|unlike|instead\ of|rather\ than|as\ opposed\ to|in\ contrast\ (?:to|with))\b
      )
    | (?P<as>as\b)
    | (?P<next>(?:non|anti)\b)
    | (?P<more>(?:more|closer|rather|better|likelier|sooner)\b(?=[^.;!?\n]{1,80}\bthan\b))
    | (?P<hard>
        (?:but|however|although|though|while|whereas|yet|instead|therefore|thus|hence|because|since|which|whether|if)\b
        | so\b(?!\ much) | suggest\w* | indicat\w* | impl(?:y|ies|ying)\b | mak(?:es|ing)\ it\b
        | and\ (?:is|it|this|the\ (?:genre|mood|style))\b | (?:sondern|sino|mais)\b
      )
    | (?P<soft>
        (?:it\ (?:is|was|sounds|has|seems|could|might|must)|it's|its|(?:this|that|there)(?:\ is|'s|\ sounds))\b
        | (?:sounds|belongs|i|i'd|i'm|rather|more|just|only|actually|the\ (?:genre|mood|answer|style|emotion)|c'est)\b
        | is\ (?:a|an|the|more|most|likely|probably|clearly|definitely)\b
      )
    )
  | (?P<neg_far>不是|并非|不属于|不像|没有|而非) | (?P<hard_far>而是|但) | (?P<soft_far>是)
    """,
    re.VERBOSE,
)
"""Words and signs of weight; the part of a group's name before `_` says which."""

_NOT_IT = (
    r"(?:the (?:genre|style|mood|emotion|answer|case|best|right|correct|one|label|category)|it\b|correct|right|likely"
    r"|present|heard|a (?:match|fit|good)|applicable|appropriate|suitable|accurate|what|evident|among|here\b"
    r"|an option|possible|fitting|relevant|this|represented|a (?:\w+ )?(?:genre|option|choice))"
)
_DENIED_AFTER = re.compile(
    r"[\"' )]*(?:(?:music|genre|song|style|mood|influences?|elements?) )?"
    rf"(?:(?:is|was|are|were)(?: not|n't) (?!only|just|merely|simply){_NOT_IT}"
    r"|(?:is|was|are)(?: not|n't)(?=\s*(?:[.,;!]|\Z))"
    r"|(?:does|do)(?: not|n't) (?:fit|match|apply|belong)"
    r"|(?:can|could|may) be (?:ruled out|excluded|dismissed|discarded)"
    r"|(?:can|could)(?: ?not|n't|'t) be (?:it|the|right|correct|heard)"
    r"|(?:is|are) (?:ruled out|excluded|unlikely|absent|missing|wrong|incorrect|out of the question)"
    r"|(?:不是|ではな|じゃな))"
)
_QUESTIONED = re.compile(r"[^.;!?\n]{0,60}\?[\s\"')]*(?:no|nope|not)\b")
_LISTED = re.compile(r"[ \"'()]*(?:,|,? ?\b(?:and|or|nor)\b|&|)[ \"'()]*")
_CLAUSE_BEGINS = re.compile(r"(?:\A|[.;!?\n,])\s*\Z")


def denied(text: str, mentions: Sequence[tuple[int, int]]) -> list[bool]:
    """For each mention [start, end), sorted, whether the answer denies it."""
    marks = _reached(text, mentions)
    asks = "?" in text
    after = False
    for i in range(len(mentions) - 1, -1, -1):
        end = mentions[i][1]
        listed = i + 1 < len(mentions) and _LISTED.fullmatch(text, end, mentions[i + 1][0]) is not None
        after = bool(_DENIED_AFTER.match(text, end) or (asks and _QUESTIONED.match(text, end)) or (after and listed))
        marks[i] = marks[i] or after
    return marks


def _reached(text: str, mentions: Sequence[tuple[int, int]]) -> list[bool]:
    """What negators reach forward to:
    one pass over words of weight and mentions, in order of the text."""
    scope = _Scope()
    marks: list[bool] = []
    for event in _EVENTS.finditer(text):
        start, end = event.span()
        while len(marks) < len(mentions) and mentions[len(marks)][0] < start:
            marks.append(scope.covers(*mentions[len(marks)]))
        if not marks or start >= mentions[len(marks) - 1][1]:  # else the word is part of a label
            scope.meet((event.lastgroup or "").partition("_")[0], text, start, end)
    return marks + [scope.covers(*mention) for mention in mentions[len(marks) :]]


@dataclass(slots=True)
class _Scope:
    """How far the negator at work reaches; `end` is -1 when none is."""

    end: int = -1
    said: bool = False
    """A label has been denied."""
    comma: bool = False
    leading: bool = False
    """The negator begins its clause and ends at the comma: 'unlike rock, ...'."""
    until_as: bool = False
    more: bool = False
    """'more' has been said, and 'than' is to come."""

    def covers(self, start: int, end: int) -> bool:
        if start > self.end:
            return False
        self.said, self.comma, self.end = True, False, end + _REACH
        return True

    def meet(self, kind: str, text: str, start: int, end: int) -> None:
        """A word of weight, by the name of its group."""
        match kind:
            case "neg" | "prep":
                self._begin(end + _REACH)
                self.leading = kind == "prep" and _CLAUSE_BEGINS.search(text, max(0, start - 20), start) is not None
                self.until_as = text[start:end] == "not so much"
            case "next":
                self._begin(end + 1)
            case "than" if self.more:
                self._begin(end + _REACH)
            case "as" if not self.until_as:
                pass
            case "comma":
                self._comma(start, end)
            case "soft" | "more" if not (self.said or self.comma):
                self.more |= kind == "more"
            case "keep":
                pass
            case _:  # a clause ends, or something new is stated
                self.end = -1
                self.more = kind == "more"

    def _begin(self, reach: int) -> None:
        self.end, self.said, self.comma, self.leading, self.until_as = reach, False, False, False, False

    def _comma(self, start: int, end: int) -> None:
        """A list of denied labels goes on at a comma;
        anything else ends there but for 'not, however, ...'."""
        self.comma = True
        if self.said and not self.leading:
            self.end = min(self.end, end + _NEXT_ITEM)
        elif self.leading or self.end - start < _REACH - 1:
            self.end = -1
