"""Choices between options of the item's own, and between clips: which one an answer means.

An option is meant by its label as shown ('(2)', 'option 2', 'the second clip', 'B' where letters were shown) or by its
whole text as whole tokens. Both are given to the grammar of `align` in place of labels, so that denials, corrections,
hedges, announced answers and refusals are read as they are everywhere else, in all its languages.

    label and text beside it name two options      CONFLICT
    options that hold each other                   the longest match ('bass guitar', 'guitar')
    options that are all keys, tempi, metres       by value, as their readers read them: F# major is Gb major
    'both', 'neither', 'the same'                  OUTSIDE, unless an option says so
    'not the first', of two                        NEGATED_ONLY: what is left is not said
    'the second is darker', brighter asked         UNPARSED: nothing is inferred from another quality
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from mudata.evaluation.align.alignment import Alignment, Shown
from mudata.evaluation.align.clauses import CHOICE, NONE, NOUN, PLAIN, Vote
from mudata.evaluation.align.decision import decide
from mudata.evaluation.align.evidence import Evidence
from mudata.evaluation.align.letters import letters
from mudata.evaluation.align.text_pieces import inside
from mudata.evaluation.readers.comparisons import AskedQuality, Effect, asked_quality, behind_than, effects
from mudata.evaluation.readers.option_labels import NUMBERS, labels
from mudata.evaluation.readers.option_texts import option_tokens, texts
from mudata.evaluation.readers.weighed import UNSTATED, ValueSaid, matcher, plain, weigh

CLIPS = ("first", "second")
"""The options of a pair that has none of its own."""

_BESIDE = re.compile(r"[\s\"'*_`)\]}>(\[{.:,=;-]{0,6}(?:is\s)?[\"'*_`(\[{]{0,3}")
"""What may stand between a label and the text beside it."""
_ONE_OF_CLIPS = re.compile(
    r"(?:the )?(?:(?:audio )?(?:clip|recording|excerpt|track|sample|segment|sound|audio|song|piece)s? (?:no\. ?|number |#)?"
    r"(?:\d|one|two|three|four|[a-f])|(?:first|second|third|fourth|1st|2nd|3rd|4th|former|latter)"
    r"(?: (?:clip|recording|excerpt|track|sample|segment|sound|audio|song|piece|one))?)"
)
_IS_ITS_LABEL = re.compile(r"(?:the )?(?:\w+ )?(?:clip )?(?:no\. ?|number |#)?(?:\d|one|two|three|four|first|second|third|fourth|1st|2nd|3rd|4th)(?: \w+)?")
"""Options that only number clips: 'first', 'Clip 2'."""
_NO_CHOICE = {
    "same": r"the same|identical|equal|equally|no (?:real |audible |noticeable |clear )?difference|a tie|tied|alike|indistinguishable",
    "both": r"both|all of (?:the above|them)|each of them|all options",
    "neither": r"neither|none of (?:the above|them|these|the options)|no option|none",
}
_NONE_CHOSEN = re.compile(r"\b(?:" + "|".join(f"(?P<{name}>{said})" for name, said in _NO_CHOICE.items()) + r")\b")
_ALONE = re.compile(rf"[\W_]*(?:it's |it is |they are |they're )?{_NONE_CHOSEN.pattern}[\W_]*")
_OTHER_ONE = re.compile(r"\bthe other(?: one| clip| recording| excerpt| track| sample| option| of the two)?\b(?! (?:hand|way|day))")


class _Said(NamedTuple):
    """An option [start, end) of the raw answer: by its label, its text, or both; `options` are two where these disagree,
    none for what may not be answered."""

    start: int
    end: int
    options: tuple[int, ...]
    by_label: bool
    by_text: bool


def read_choice(answer: str | None, shown: Shown, *, clips: bool = False) -> Alignment:
    """Which option an answer means.

    Args:
        answer: as the model gave it; None stands for a failure.
        shown: prompt, options as written in the order shown, and whether they had letters or numbers.
        clips: the options are the clips heard, first to last; default for options that are called so. Without options
            these are 'first' and 'second'.

    Returns:
        ALIGNED with the option's text; CONFLICT where label and text disagree; MULTI, NEGATED_ONLY, REFUSAL and so on as
        `align` gives them; OUTSIDE for 'both', 'neither', 'the same' and labels that were not shown; UNPARSED.
    """
    if answer is None:
        return Alignment("ERROR", rule_id="error")
    options = shown.options or CLIPS
    clips = clips or sum(_ONE_OF_CLIPS.fullmatch(option.lower()) is not None for option in options) > 1
    lower = plain(answer)
    said = _said(plain(answer, lower=False), lower, options, shown, clips=clips)
    asked = asked_quality(shown.prompt) if clips else None
    told = effects(lower, [(one.start, one.end) for one in said], asked) if asked else {}

    def values(k: int, one: _Said) -> ValueSaid:
        compared = clips and told.get(k) != "chosen" and behind_than(lower, one.start)
        return ValueSaid(one.start, one.end, () if compared else tuple(options[i - 1] for i in one.options))

    def adjust(vote: Vote, k: int) -> None:
        if k in told:
            _compare(vote, told[k])

    slips = [] if clips else [option for option in options if option.isascii() and option.isalpha()]
    known = matcher(options, slips)
    evidence = weigh(answer, [values(k, one) for k, one in enumerate(said)], known, shown, adjust)
    return _settled(decide(evidence), evidence, said, lower, options)


# --------------------------------------------------------------------------------------- what is said of the options


def _said(raw: str, lower: str, options: Sequence[str], shown: Shown, *, clips: bool) -> list[_Said]:
    """All options said in their order, labels joined to the texts beside them."""
    worded = [option if not clips or not _IS_ITS_LABEL.fullmatch(option.lower()) else "" for option in options]
    by_text = [_Said(start, end, (option,), False, True) for start, end, option in texts(lower, worded)]
    numbered = shown.numbered or clips
    named = {}
    numbers = {tokens[0]: k for k, tokens in enumerate(map(option_tokens, options), 1) if len(tokens) == 1 and tokens[0].isdigit()}
    leading = {tokens[0] for tokens in map(option_tokens, options) if tokens and tokens[0].isdigit()}
    own = _own_numbers(options) if clips else {}
    for label in labels(lower, len(options), numbered=numbered, clips=clips):
        text = lower[label.start : label.end]
        place = label.option if label.bracketed and shown.numbered else own.get(label.option, label.option)
        found = (place,) if place else ()
        if label.bare and not label.bracketed and text in leading:  # '3' where options are numbers: label, text or both
            if text in numbers:
                found = tuple(dict.fromkeys((*found, numbers[text])))
            elif found != ():
                continue
        worded_label = clips and text[0].isalpha()
        named.setdefault(label.start, _Said(label.start, label.end, found, not worded_label, worded_label))
    if shown.letters:
        places = {option: k for k, option in enumerate(options, 1)}
        for letter in letters(raw, options):
            named[letter.start] = _Said(letter.start, letter.end, (places[letter.option],), True, False)
    if len(options) == 2 and clips:
        for match in _OTHER_ONE.finditer(lower):
            named.setdefault(match.start(), _Said(*match.span(), (-1,), True, False))
    merged = sorted(_apart(named.values(), by_text, lower))
    return list(_other_ones(_joined(lower, merged)))


def _own_numbers(options: Sequence[str]) -> dict[int, int]:
    """Place of each option that numbers a clip, by that number: of ('second', 'first') 1 is in place 2."""
    found = {}
    for place, option in enumerate(options, 1):
        for word in re.findall(r"\w+", option.lower()):
            if number := NUMBERS.get(word) or (int(word) if word.isdigit() else 0):
                found[number] = place
    return found


def _apart(named: Iterable[_Said], by_text: list[_Said], text: str) -> Iterator[_Said]:
    """Labels and texts, none within another: a text hides labels within it, but a label hides a number of one text."""
    numbers = {said.start: said for said in by_text if text[said.start : said.end].isdigit()}
    pieces = [(said.start, said.end) for said in by_text if said.start not in numbers]
    hidden = set()
    for said in named:
        if not inside(said.start, pieces):
            hidden.add(said.start)
            yield said
    for said in by_text:
        if said.start not in hidden:
            yield said


def _joined(text: str, said: list[_Said]) -> Iterator[_Said]:
    """Each label with the text beside it: '(2) rock', 'rock (2)'."""
    i, done = 0, 0
    while i < len(said):
        one = said[i]
        if one.start < done:  # within what came before
            i += 1
            continue
        other = said[i + 1] if i + 1 < len(said) else None
        if other and _beside(text, one, other) and one.by_label != other.by_label and one.options and other.options:
            third = said[i + 2] if i + 2 < len(said) else None
            if one.by_label or not (third and third.by_text and _beside(text, other, third)):
                options = tuple(dict.fromkeys((*one.options, *other.options)))
                yield _Said(one.start, other.end, options, True, True)
                i, done = i + 2, other.end
                continue
        yield one
        done = one.end
        i += 1


def _beside(text: str, one: _Said, other: _Said) -> bool:
    if one.end > other.start:
        return False
    between = text[one.end : other.start]
    if one.by_label and not one.by_text:
        return _BESIDE.fullmatch(between) is not None and not ("," in between and text[one.start - 1 : one.start] != "(")
    return between.strip(" \"'*") in ("(", "[", "- (", ", option", ", number") or re.fullmatch(r"[\"'*]*\s*[(\[](?:option|number|clip)?\s?", between) is not None


def _other_ones(said: Iterator[_Said]) -> Iterator[_Said]:
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


def _compare(vote: Vote, effect: Effect) -> None:
    """What a comparison does to a clip that it tells of."""
    if effect == "denied":
        vote.deny()
    elif effect in ("lost", "other"):
        if vote.rank <= PLAIN:
            vote.rank, vote.role = NONE, "colour"
    elif effect == "said":
        if vote.rank == PLAIN:
            vote.rank = CHOICE
    elif vote.role not in UNSTATED:
        vote.denied, vote.committed = False, True
        vote.rank, vote.role = max(vote.rank, NOUN), "statement" if vote.role == "denial" else vote.role


# ------------------------------------------------------------------------------------------------------ the verdict


def _settled(found: Alignment, evidence: Evidence, said: list[_Said], lower: str, options: Sequence[str]) -> Alignment:
    """The verdict of `align`, by what is not known there: labels and texts that disagree, and what may not be answered."""
    if found.status == "ALIGNED" and found.rule_id != "misspelt" and _contradicted(evidence, said, found.labels[0]):
        return replace(found, status="CONFLICT", rule_id="letter_conflict", labels=())
    if found.status == "MULTI" and any(len(vote.meaning.ids) > 1 for vote in evidence.best(evidence.votes)):
        return replace(found, status="CONFLICT", rule_id="letter_conflict", labels=())
    if found.status not in ("OOV", "NEGATED_ONLY") and not (found.status == "REFUSAL" and _ALONE.fullmatch(lower)):
        return found
    if match := _NONE_CHOSEN.search(lower):
        meant = [option for option in options if _says(option, match.lastgroup or "")]
        if len(meant) == 1 and found.status != "NEGATED_ONLY":
            return replace(found, status="ALIGNED", rule_id="single", labels=(meant[0],))
        return replace(found, status="OUTSIDE", rule_id="outside", labels=())
    if found.status == "NEGATED_ONLY":
        return found
    if any(not one.options for one in said) or evidence.reading.elsewhere:
        return replace(found, status="OUTSIDE", rule_id="outside", labels=())
    return replace(found, status="UNPARSED", rule_id="unparsed", labels=())


def _says(option: str, group: str) -> bool:
    return any(match.lastgroup == group for match in _NONE_CHOSEN.finditer(option.lower()))


def _contradicted(evidence: Evidence, said: list[_Said], label: str) -> bool:
    """Whether an option chosen by its label alone has another one's text stated behind it: 'Answer: 2. It is C major.'"""
    place = evidence.matcher.rank[label] + 1
    mine = [one for one in said if one.options == (place,)]
    if any(one.by_text for one in mine) or not mine:
        return False
    first = evidence.clean.place(mine[0].start)
    texts_at = {evidence.clean.place(one.start) for one in said if one.by_text and not one.by_label}
    return any(v.start > first and v.start in texts_at and v.rank >= PLAIN and not v.denied for v in evidence.reading.votes)
