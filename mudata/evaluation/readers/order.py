"""Orders of clips or options: which permutation an answer means.

A run of mentions ('2, 1, 3', 'second, first, third', 'clip 2, then clip 1', '2 > 1 > 3', 'B A C' where letters were
shown, or the options' texts) is an order as it is written. Where every clip has its place said ('clip 2 is first',
'1st: clip 2', a numbered list of clips), the places count and not the order of words. 'After' turns a run of two round;
'<' is unparsed, since it may be read either way, and so is an order in the other direction than was asked for. What the
answer says of several orders is read by the grammar of `align`.

A run that is no permutation is no order: 'incomplete' if some are missing, 'repeated' if one comes twice, 'outside' if
there is no such clip.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from mudata.evaluation.align.alignment import Alignment, Shown
from mudata.evaluation.readers.kept_text import lower
from mudata.evaluation.readers.order_mentions import Mention, mentions
from mudata.evaluation.readers.said_values import Said, ValueKind
from mudata.evaluation.readers.values import read_value

_SEPARATOR = re.compile(
    r"(?:\([a-z -]{2,30}\)|[\s\"'*_`,;|&)(\]\[}{:#>~→⇒➔➜–—-]|\b(?:and|then|finally|lastly|next|followed"
    r"|by|that|before|comes?|which|is|followed by|the|it's|last|after that|afterwards"
    r"|to|goes|precedes?|preceding|ending with|und|dann|y|et|puis|luego"
    r"|clips?|with|at the end|in turn|subsequently)\b)*"
)
_AFTER = re.compile(
    r"[\s\"'*,]*(?:comes? |is |goes |plays? |occurs? |was |follows?|heard )?(?:right "
    r"|directly )?(?:after|follows)\s(?:the )?[\s\"'*]*"
)
_LESS = re.compile(r"\s*<\s*")
_PLACE_OF = re.compile(
    r"[\s\"'*)\]]{0,3}(?:is|was|comes?|comes in|enters?|starts?|begins?|appears?|is heard"
    r"|is played|should be|goes|plays?|must be|would be|=|:|-+>?|→|\()\s?(?:the |in |at"
    r" |number |no\. |position |place |heard |played |placed |ranked |rank |#|\(){0,3}[\"'*]{0,2}"
)
_SUPERLATIVE = re.compile(r"\b(?:[a-z]{3,20}est|(?:most|least) [a-z]{3,20})\b")
_LEADS = re.compile(
    rf"[\"'*)]{{0,3}} is (?:the )?({_SUPERLATIVE.pattern})(?: one| clip)?,? (?:and )?(?:then"
    rf"|followed by|next)(?: comes)? (?:the )?"
)
_PLACE_LIST = re.compile(r"[ ,;>→–-]{1,4}(?:and |then |the ){0,3}")
_REACH = 60


class _Order(NamedTuple):
    start: int
    end: int
    items: tuple[int, ...]


def read_order(answer: str | None, shown: Shown, count: int | None = None) -> Alignment:
    """Which order an answer means.

    Args:
        answer: as the model gave it; None stands for a failure.
        shown: prompt and options; options may be said by their texts, and by letters where they had some.
        count: how many clips or options there are; default the number of options, else of the items said.

    Returns:
        ALIGNED with the numbers in the order meant, '2 1 3'; OUTSIDE by rule 'incomplete', 'repeated', 'outside' for
        what is no permutation; else as `values` has it.
    """
    if answer is None:
        return Alignment("ERROR", rule_id="error")
    count = count or len(shown.options) or None
    faults: list[str] = []

    def find(text: str, _: str | None) -> list[Said]:
        faults.clear()
        return _found(text, shown, count, faults)

    found = read_value(answer, shown, ValueKind("order", find))
    if found.status == "OUTSIDE" and faults:
        return replace(found, rule_id=faults[-1], labels=())
    return found


def _found(text: str, shown: Shown, count: int | None, faults: list[str]) -> list[Said]:
    """Orders said in a kept text; what is wrong with those that are none goes to `faults`."""
    small = lower(text)
    orders, unsettled = _orders(small, list(mentions(text, small, shown, count)), count, shown.prompt.lower())
    size = count or max((len(set(order.items)) for order in orders), default=0)
    said: list[Said] = []
    for order in orders:
        value = " ".join(map(str, order.items))
        if size > 1 and sorted(order.items) == list(range(1, size + 1)):
            said.append(Said(order.start, order.end, (value,)))
        elif not unsettled:
            faults.append(_fault(order.items, size if count else 0))
            said.append(Said(order.start, order.end, (value,), "outside"))
    return said


def _fault(items: Sequence[int], count: int) -> str:
    if 0 in items or (count and max(items) > count):
        return "outside"
    if len(set(items)) < len(items):
        return "repeated"
    return "incomplete"


# ------------------------------------------------------------------------------------------------- what they make up


def _orders(text: str, mentions: list[Mention], count: int | None, prompt: str) -> tuple[list[_Order], bool]:
    """Orders said, and whether something is left that may be read in two ways."""
    mentions = _without_doubles(text, mentions)
    placed = _by_places(text, mentions, count)
    if placed:
        return placed, False
    asked = _SUPERLATIVE.findall(prompt)
    first_asked = asked[0] if asked else ""
    said = _SUPERLATIVE.findall(text)
    if len(asked) > 1 and len(said) > 1 and [word for word in said if word in asked[:2]][:2] == asked[1::-1]:
        return [], True  # 'from fastest to slowest' where slowest to fastest was asked for
    mentions = _listed_places(text, mentions)
    runs = _Runs(text, first_asked)
    named = any(mention.kind == "item" for mention in mentions)
    for mention in mentions:
        if mention.item > 0 or mention.kind != "position":
            runs.add(mention, named=named)
    runs.end_run()
    return ([], True) if runs.unsettled else (runs.orders, False)


def _listed_places(text: str, mentions: list[Mention]) -> list[Mention]:
    """'First, third, second' names clips, though other mentions have nouns."""
    placed = [False] + [
        one.kind == "item" and other.kind == "position" and _PLACE_OF.fullmatch(text, one.end, other.start) is not None
        for one, other in pairwise(mentions)
    ]
    listed = [
        one.kind == other.kind == "position" and _PLACE_LIST.fullmatch(text, one.end, other.start) is not None
        for one, other in pairwise(mentions)
    ]
    return [
        mention._replace(kind="item") if (left or right) and not place else mention
        for mention, place, left, right in zip(mentions, placed, [False, *listed], [*listed, False], strict=False)
    ]


class _Runs:
    """Runs of mentions with nothing but words of an order between them."""

    def __init__(self, text: str, first_asked: str) -> None:
        self.text, self.first_asked = text, first_asked
        self.orders: list[_Order] = []
        self.unsettled = False
        """Whether something is said that may be read in two ways."""
        self.run: list[Mention] = []
        self.end = 0
        self.after = False

    def add(self, mention: Mention, *, named: bool) -> None:
        """One more; `named`: clips are said by more than ordinals, which then say places."""
        between = self.text[self.end : mention.start] if self.run else ""
        if self.run and mention.kind == "position" and self.run[-1].kind == "item" and _PLACE_OF.fullmatch(between):
            if mention.item in (len(self.run), -1):  # 'the second clip comes first, then ...'
                self.end = mention.end
                return
            self.unsettled = True
        is_place = named and mention.kind == "position" and not (self.run and self.run[-1].kind == "position")
        if is_place and self.run and mention.item == len(self.run) and between == " ":
            self.end = mention.end  # 'clip 1 first, then clip 3, ...'
            return
        if is_place and self.text[max(0, mention.start - 4) : mention.start] != "the ":
            return
        if not (self.run and self._goes_on(between)):
            self.unsettled = self.unsettled or (self.run != [] and _LESS.fullmatch(between) is not None)
            self.end_run()
        self.run.append(mention)
        self.end = mention.end

    def _goes_on(self, between: str) -> bool:
        if len(between) <= _REACH and _SEPARATOR.fullmatch(between) and not self.after:
            return True
        if len(between) <= _REACH and _AFTER.fullmatch(between):
            self.after = True
            return True
        leads = _LEADS.fullmatch(between) if len(self.run) == 1 else None
        return leads is not None and leads[1] == self.first_asked

    def end_run(self) -> None:
        if len(self.run) > 1:
            items = tuple(mention.item for mention in self.run)
            self.orders.append(_Order(self.run[0].start, self.run[-1].end, items[::-1] if self.after else items))
        self.run, self.after = [], False


def _without_doubles(text: str, mentions: list[Mention]) -> list[Mention]:
    """'(B) drums' is one item."""
    kept: list[Mention] = []
    for mention in mentions:
        last = kept[-1] if kept else None
        same = last is not None and last.kind == mention.kind == "item" and last.item == mention.item
        if last and same and not text[last.end : mention.start].strip(" \"'*):.]"):
            kept[-1] = last._replace(end=mention.end)
        else:
            kept.append(mention)
    return kept


_ITEM_AT = re.compile(
    r"[\s\"'*_)\]]{0,3}(?:\.|:|\)|=|-+>?|→|,|is|was|comes|would be|place:?|position:?|plays|plays:)[\s\"'*_]{0,3}"
    r"(?:is |was |comes |the )?"
)
_FIELD = re.compile(r"[\"'*]{0,2}\s?(?::|=|->|→|\bis\b)\s?[\"'*]{0,2}")


def _by_places(text: str, mentions: list[Mention], count: int | None) -> list[_Order]:
    """Orders in which every item has its place said: 'clip 2 is first, clip 1 second', '1. Clip 2', '1st: clip 2'."""
    pairs: list[tuple[Mention, Mention]] = []
    k = 0
    unplaced = False
    while k < len(mentions):
        pair = _placed(text, *mentions[k : k + 2]) if k + 1 < len(mentions) else None
        if pair:
            pairs.append(pair)
        else:
            unplaced = unplaced or mentions[k].kind == "item"
        k += 2 if pair else 1
    if len(pairs) < 2 or unplaced:
        return []
    size = count or len(pairs)
    groups = [pairs[at : at + size] for at in range(0, len(pairs), size)]
    found = [_placed_order(group, size) for group in groups]
    return [order for order in found if order] if all(found) else []


def _placed(text: str, one: Mention, other: Mention) -> tuple[Mention, Mention] | None:
    """A place and the item said to be in it, of two mentions that follow each other."""
    between = text[one.end : other.start]
    if one.kind == "item" and other.kind == "position":
        return (other, one) if between == " " or _PLACE_OF.fullmatch(between) else None
    if one.kind == "position" and other.kind == "number":
        return (one, other) if _FIELD.fullmatch(between) else None
    if one.kind == "item" or other.kind != "item":
        return None
    near = one.kind == "position" and between in (" ", " is ", " comes ")
    return (one, other) if near or _ITEM_AT.fullmatch(between) else None


def _placed_order(pairs: list[tuple[Mention, Mention]], size: int) -> _Order | None:
    if all(place.item == item.item for place, item in pairs):  # '(2) chorus, (1) verse': the options' own numbers
        items = tuple(item.item for _, item in pairs)
    else:
        by_place = {size if place.item == -1 else place.item: item.item for place, item in pairs}
        if sorted(by_place) != list(range(1, len(pairs) + 1)):
            return None
        items = tuple(by_place[place] for place in sorted(by_place))
    both = [mention for pair in pairs for mention in pair]
    return _Order(min(mention.start for mention in both), max(mention.end for mention in both), items)
