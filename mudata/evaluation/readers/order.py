"""Orders of clips or options: which permutation an answer means.

A run of mentions ('2, 1, 3', 'second, first, third', 'clip 2, then clip 1', '2 > 1 > 3', 'B A C' where letters were
shown, or the options' texts) is an order as it is written. Where every clip has its place said ('clip 2 is first', '1st:
clip 2', a numbered list of clips), the places count and not the order of words. 'After' turns a run of two round; '<' is
unparsed, since it may be read either way. What the answer says of several orders is read by the grammar of `align`.

A run that is no permutation is no order: 'incomplete' if some are missing, 'repeated' if one comes twice, 'outside' if
there is no such clip.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from mudata.evaluation.align.alignment import Alignment, Shown
from mudata.evaluation.align.decision import decide
from mudata.evaluation.readers.option_labels import CLIP_NOUNS, COUNT, NUMBERS, ORDINAL
from mudata.evaluation.readers.option_texts import texts
from mudata.evaluation.readers.weighed import ValueSaid, announced, matcher, plain, weigh

_NOUN = rf"(?:{CLIP_NOUNS}|option|item|number|no\.|part|section|choice|stimulus)s?"
_ITEM = re.compile(
    rf"\b{_NOUN}[\s\"'*_]{{0,2}}(?:number |no\. ?|#)?[\"'*(\[]{{0,2}}(?P<named>\d{{1,2}}|{COUNT}|[a-z](?![\w'])|i{{1,3}}\b|iv\b)"
    rf"|\b(?P<ordinal>{ORDINAL})\s(?:{_NOUN}|one)\b(?!\s?[\"'*(]{{0,2}}#?(?:\d|[a-f]\b|{COUNT}))"
    rf"|\b(?P<position>{ORDINAL}|last|lastly|finally)\b"
    r"|(?<![\w./])(?P<joined>[1-9]{2,9}|[a-h]{2,8})(?![\w%']|[.:/-]\d)"
    rf"|(?<![\w./:])(?P<number>\d{{1,2}}|{COUNT})(?![\w%]|[.:/]\d|,\d{{3}})"
    r"|(?<![\w'.])\(?(?P<letter>[a-z])(?![\w'.]\w|\w)",
)
_NOT_A_COUNT = re.compile(
    r"[ -]?(?:%|seconds?\b|secs?\b|s\b|bpm\b|hz\b|beats?\b|bars?\b|(?:audio )?clips\b|(?:audio )?(?:recordings|excerpts|tracks|samples|segments|options|items)\b|minutes?\b)"
)
_SEPARATOR = re.compile(
    r"(?:[\s\"'*_`,;|&)(\]\[}{.:#>~→⇒➔➜–—-]|\b(?:and|then|finally|lastly|next|followed|by|that|before|comes?|which|is|followed by|the|it's|last|after that|afterwards|to|goes|precedes?|preceding|ending with|und|dann|y|et|puis|luego"
    r"|clips?|with|at the end|in turn|subsequently)\b)*"
)
_AFTER = re.compile(r"[\s\"'*,]*(?:comes? |is |goes |plays? |occurs? |was |follows?|heard )?(?:right |directly )?(?:after|follows)\s(?:the )?[\s\"'*]*")
_LESS = re.compile(r"\s*<\s*")
_PLACE_OF = re.compile(r"[\s\"'*)\]]{0,3}(?:is|was|comes?|comes in|enters?|starts?|begins?|appears?|is heard|is played|should be|goes|plays?|must be|would be|=|:|-+>?|→|\()\s?(?:the |in |at |number |no\. |position |place |heard |played |placed |ranked |rank |#|\(){0,3}[\"'*]{0,2}")
_LETTERS_ONLY = re.compile(r"[\W_]*[a-h](?:[\W_]+[a-h]){1,8}[\W_]*")
_SUPERLATIVE = re.compile(r"\b(?:[a-z]{3,20}est|(?:most|least) [a-z]{3,20})\b")
_LEADS = re.compile(rf"[\"'*)]{{0,3}} is (?:the )?({_SUPERLATIVE.pattern})(?: one| clip)?,? (?:and )?(?:then|followed by|next)(?: comes)? (?:the )?")
_NOUNS = "order|ordering|sequence|ranking|arrangement|permutation"
_REACH = 60


class Mention(NamedTuple):
    """A clip or option [start, end) of the answer, from 1 (0: there is none such), and how it is said; `position` is an
    ordinal that may say a place or a clip, `number` a number alone."""

    start: int
    end: int
    item: int
    kind: Literal["item", "number", "position"]


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
        ALIGNED with the numbers in the order meant, '2 1 3'; OUTSIDE by rule 'incomplete', 'repeated', 'outside' for what
        is no permutation; else as `align` does; UNPARSED.
    """
    if answer is None:
        return Alignment("ERROR", rule_id="error")
    count = count or len(shown.options) or None
    text = plain(answer)
    mentions = list(_mentions(plain(answer, lower=False), text, shown, count))
    orders, unsettled = _orders(text, mentions, count, shown.prompt.lower())
    size = count or max((len(set(order.items)) for order in orders), default=0)
    good = [order for order in orders if sorted(order.items) == list(range(1, size + 1)) and size > 1]
    known = [" ".join(map(str, order.items)) for order in good]
    said = [ValueSaid(order.start, order.end, (value,)) for order, value in zip(good, known, strict=True)]
    bad = [order for order in orders if order not in good and len(order.items) > 1]
    guards = [ValueSaid(order.start, order.end, ()) for order in bad]
    every = sorted([*said, *guards])
    found = decide(weigh(answer, every, matcher(known), shown, announced(text, every, _NOUNS)))
    if found.status not in ("OOV", "NEGATED_ONLY") or (found.status == "NEGATED_ONLY" and not bad):
        return found
    if bad and not unsettled:
        return replace(found, status="OUTSIDE", rule_id=_fault(bad[-1].items, size if count else 0), labels=())
    return replace(found, status="UNPARSED", rule_id="unparsed", labels=())


def _fault(items: Sequence[int], count: int) -> str:
    if 0 in items or (count and max(items) > count):
        return "outside"
    if len(set(items)) < len(items):
        return "repeated"
    return "incomplete"


# ------------------------------------------------------------------------------------------------- what is mentioned


def _mentions(raw: str, text: str, shown: Shown, count: int | None) -> Iterator[Mention]:
    """All clips and options said, in order and apart."""
    by_text = list(texts(text, shown.options)) if shown.options else []
    pieces = iter([*by_text, None])
    piece = next(pieces)
    place = 0
    for match in _ITEM.finditer(text):
        while piece and piece.start <= match.start():
            if piece.start >= place:
                yield Mention(piece.start, piece.end, piece.option, "item")
                place = piece.end
            piece = next(pieces)
        if match.start() < place:
            continue
        if match.lastgroup == "joined":
            yield from _digits(raw, match, shown, count)
            place = match.end()
            continue
        if mention := _mention(raw, text, match, shown, count):
            yield mention
            place = mention.end
    while piece:
        if piece.start >= place:
            yield Mention(piece.start, piece.end, piece.option, "item")
            place = piece.end
        piece = next(pieces)


def _digits(raw: str, match: re.Match[str], shown: Shown, count: int | None) -> Iterator[Mention]:
    """'213', 'BAC': every sign an item, where all of them are an order; else one number."""
    start, end = match.span("joined")
    signs = raw[start:end]
    whole = not re.search(r"[^\W_]", raw[:start] + raw[end:])
    if signs.isdigit():
        items, may_be = list(map(int, signs)), whole or len(signs) > 2  # '12' may be a number
    else:
        items, may_be = [ord(sign) - ord("A") + 1 for sign in signs.upper()], shown.letters and (whole or signs.isupper())
    if may_be and sorted(items) == list(range(1, (count or len(items)) + 1)):
        for k, item in enumerate(items, start):
            yield Mention(k, k + 1, item, "number")
    elif signs.isdigit() and not _NOT_A_COUNT.match(raw, end):
        yield _of(Mention(start, end, int(signs), "number"), count)


def _mention(raw: str, text: str, match: re.Match[str], shown: Shown, count: int | None) -> Mention | None:
    kind = match.lastgroup or ""
    word = match[kind]
    start, end = match.span(kind)
    if kind == "letter":
        if (shown.options and not shown.letters) or not (raw[start].isupper() or _LETTERS_ONLY.fullmatch(text)):
            return None
        return _of(Mention(start, end, ord(word) - ord("a") + 1, "item"), count)
    if kind == "position":
        return Mention(start, end, NUMBERS.get(word, -1), "position")
    if _NOT_A_COUNT.match(text, end) and kind == "number":
        return None
    if kind == "ordinal":
        return _of(Mention(start, match.end(), NUMBERS[word], "item"), count)
    if word.isdigit():
        item = int(word)
    elif word in NUMBERS:
        item = NUMBERS[word]
    elif word in ("i", "ii", "iii", "iv") and not shown.letters:
        item = ("i", "ii", "iii", "iv").index(word) + 1
    else:
        if not raw[start].isupper() and word == "a":
            return None
        item = ord(word[0]) - ord("a") + 1
    return _of(Mention(match.start() if kind == "named" else start, end, item, "number" if kind == "number" else "item"), count)


def _of(mention: Mention, count: int | None) -> Mention:
    return mention._replace(item=0) if count and mention.item > count else mention


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
    orders: list[_Order] = []
    unsettled = False
    items = [mention for mention in mentions if mention.item > 0 or mention.kind != "position"]
    named = any(mention.kind == "item" for mention in items)
    run: list[Mention] = []
    after, end = False, 0
    for mention in items:
        if run:
            between = text[end : mention.start]
            if mention.kind == "position" and run[-1].kind == "item" and _PLACE_OF.fullmatch(between):
                if mention.item in (len(run), -1):  # 'the second clip comes first, then ...'
                    end = mention.end
                    continue
                unsettled = True
        if named and mention.kind == "position" and not (run and run[-1].kind == "position") and not _is_clip(text, mention):
            continue
        if run:
            if len(between) <= _REACH and _SEPARATOR.fullmatch(between) and not after:
                run.append(mention)
                end = mention.end
                continue
            if len(between) <= _REACH and _AFTER.fullmatch(between):
                after = True
                run.append(mention)
                end = mention.end
                continue
            if len(run) == 1 and (leads := _LEADS.fullmatch(between)) and leads[1] == first_asked:
                run.append(mention)
                end = mention.end
                continue
            if _LESS.fullmatch(between):
                unsettled = True
            orders += _run(run, after)
        run, after, end = [mention], False, mention.end
    orders += _run(run, after)
    if unsettled:
        return [], True
    return orders, False


def _without_doubles(text: str, mentions: list[Mention]) -> list[Mention]:
    """'(B) drums' is one item."""
    kept: list[Mention] = []
    for mention in mentions:
        last = kept[-1] if kept else None
        if last and last.kind == mention.kind == "item" == mention.kind and last.item == mention.item:
            if not text[last.end : mention.start].strip(" \"'*):.]"):
                kept[-1] = last._replace(end=mention.end)
                continue
        kept.append(mention)
    return kept


def _is_clip(text: str, mention: Mention) -> bool:
    return text[max(0, mention.start - 4) : mention.start] == "the "


def _run(run: list[Mention], after: bool) -> Iterator[_Order]:
    if len(run) > 1:
        items = tuple(mention.item for mention in run)
        yield _Order(run[0].start, run[-1].end, items[::-1] if after else items)


_FIELD = re.compile(r"[\"'*]{0,2}\s?(?::|=|->|→|\bis\b)\s?[\"'*]{0,2}")


def _by_places(text: str, mentions: list[Mention], count: int | None) -> list[_Order]:
    """Orders in which every item has its place said: 'clip 2 is first, clip 1 second', '1. Clip 2', '1st: clip 2'."""
    found: list[_Order] = []
    pairs: list[tuple[Mention, Mention]] = []
    k = 0
    while k + 1 < len(mentions):
        one, other = mentions[k], mentions[k + 1]
        between = text[one.end : other.start]
        pair = None
        if one.kind == "item" and other.kind == "position" and _PLACE_OF.fullmatch(between):
            pair = (other, one)
        elif one.kind == "position" and other.kind == "number" and _FIELD.fullmatch(between):
            pair = (one, other)
        elif one.kind in ("position", "number") and other.kind == "item" and re.fullmatch(
            r"[\s\"'*_)\]]{0,3}(?:\.|:|\)|=|-+>?|→|,|is|was|comes|would be|place:?|position:?|plays|plays:)[\s\"'*_]{0,3}(?:is |was |comes |the )?", between
        ):
            pair = (one, other)
        elif one.kind == "position" and other.kind == "item" and between in (" ", " is ", " comes "):
            pair = (one, other)
        if pair:
            pairs.append(pair)
            k += 2
        else:
            k += 1
    used = {id(m) for pair in pairs for m in pair}
    if len(pairs) < 2 or any(m.kind == "item" and id(m) not in used for m in mentions):
        return []
    size = count or len(pairs)
    for at in range(0, len(pairs), size):
        group = pairs[at : at + size]
        places = [size if place.item == -1 else place.item for place, _ in group]
        if sorted(places) != list(range(1, len(group) + 1)):
            return []
        if all(place.item == item.item for place, item in group):  # '(2) chorus, (1) verse': the options' own numbers
            group = [(Mention(0, 0, k, "number")._replace(start=place.start, end=place.end), item) for k, (place, item) in enumerate(group, 1)]
        items = tuple(item.item for _, item in sorted(group, key=lambda pair: size if pair[0].item == -1 else pair[0].item))
        ends = [m for pair in group for m in pair]
        found.append(_Order(min(m.start for m in ends), max(m.end for m in ends), items))
    return found
