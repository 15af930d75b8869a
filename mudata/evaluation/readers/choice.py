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
from mudata.evaluation.align.letters import letters
from mudata.evaluation.align.misspelling import misspelt
from mudata.evaluation.align.text_pieces import inside
from mudata.evaluation.readers.comparisons import Effect, asked_quality, behind_than, effects
from mudata.evaluation.readers.kept_text import lower
from mudata.evaluation.readers.option_labels import NUMBERS, labels
from mudata.evaluation.readers.option_texts import option_tokens, texts
from mudata.evaluation.readers.said_values import Said, ValueEvidence, ValueKind, gather
from mudata.evaluation.readers.values import decide

CLIPS = ("first", "second")
"""The options of a pair that has none of its own."""

UNSTATED = ("condition", "question", "opinion", "history")
"""Roles of clauses that state nothing."""
_BESIDE = re.compile(r"[\s\"'*_`)\]}>(\[{.:,=;-]{0,6}(?:is\s)?[\"'*_`(\[{]{0,3}")
"""What may stand between a label and the text beside it."""
_ONE_OF_CLIPS = re.compile(
    r"(?:the )?(?:(?:audio )?(?:clip|recording|excerpt|track|sample|segment|sound|audio"
    r"|song|piece)s? (?:no\. ?|number |#)?"
    r"(?:\d|one|two|three|four|[a-f])|(?:first|second|third|fourth|1st|2nd|3rd|4th|former|latter)"
    r"(?: (?:clip|recording|excerpt|track|sample|segment|sound|audio|song|piece|one))?)"
)
_IS_ITS_LABEL = re.compile(
    r"(?:the )?(?:\w+ )?(?:clip )?(?:no\. ?|number |#)?(?:\d|one|two|three|four|first"
    r"|second|third|fourth|1st|2nd|3rd|4th)(?: \w+)?"
)
"""Options that only number clips: 'first', 'Clip 2'."""
_NO_CHOICE = {
    "same": r"the same|identical|equal|equally|no (?:real |audible |noticeable |clear )?difference"
    r"|a tie|tied|alike|indistinguishable",
    "both": r"both|all of (?:the above|them)|each of them|all options",
    "neither": r"neither|none of (?:the above|them|these|the options)|no option|none",
}
_NONE_CHOSEN = re.compile(r"\b(?:" + "|".join(f"(?P<{name}>{said})" for name, said in _NO_CHOICE.items()) + r")\b")
_ECHO_LEAST, _ECHO_SHARE = 3, 0.8
"""As `align` has it of labels: of three and more options 80 % are all of them."""
_OTHER_ONE = re.compile(
    r"\bthe other(?: one| clip| recording| excerpt| track| sample| option| of the two)?\b(?! (?:hand|way|day))"
)


class _Said(NamedTuple):
    """An option [start, end) of the kept text: by its label, its text, or both; `options` are two where these
    disagree, none for what may not be answered."""

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
        ALIGNED with the option's text; CONFLICT where label and text disagree; OUTSIDE for 'both', 'neither', 'the
        same' and labels that were not shown; MULTI, ECHO_ALL, NEGATED_ONLY, REFUSAL, UNPARSED and so on as `values`.
    """
    if answer is None:
        return Alignment("ERROR", rule_id="error")
    options = shown.options or CLIPS
    clips = clips or sum(_ONE_OF_CLIPS.fullmatch(option.lower()) is not None for option in options) > 1
    asked = asked_quality(shown.prompt) if clips else None
    by_place: dict[tuple[int, int], tuple[_Said, Effect | None]] = {}

    def find(text: str, _: str | None) -> list[Said]:
        small = lower(text)
        said = _said(text, small, options, shown, clips=clips)
        told = effects(small, [(one.start, one.end) for one in said], asked) if asked else {}
        values = []
        for k, one in enumerate(said):
            by_place[one.start, one.end] = one, told.get(k)
            compared = clips and told.get(k) != "chosen" and behind_than(small, one.start)
            meant = () if compared else tuple(options[i - 1] for i in one.options)
            values.append(Said(one.start, one.end, meant, "value" if meant else "guard"))
        return values

    kind = ValueKind("option", find)
    gathered = gather(answer, shown, kind)
    for vote in gathered.reading.votes:
        said = gathered.said.get((vote.start, vote.end))
        if said and (effect := by_place[said.start, said.end][1]):
            _compare(vote, effect)
    found = decide(gathered, kind)
    return _settled(found, gathered, [one for one, _ in by_place.values()], options, clips=clips)


# --------------------------------------------------------------------------------------- what is said of the options


def _said(raw: str, small: str, options: Sequence[str], shown: Shown, *, clips: bool) -> list[_Said]:
    """All options said in their order, labels joined to the texts beside them."""
    worded = [option if not clips or not _IS_ITS_LABEL.fullmatch(option.lower()) else "" for option in options]
    by_text = [_Said(start, end, (option,), False, True) for start, end, option in texts(small, worded)]
    numbered = shown.numbered or clips
    named: dict[int, _Said] = {}
    numbers = {
        tokens[0]: k
        for k, tokens in enumerate(map(option_tokens, options), 1)
        if len(tokens) == 1 and tokens[0].isdigit()
    }
    leading = {tokens[0] for tokens in map(option_tokens, options) if tokens and tokens[0].isdigit()}
    own = _own_numbers(options) if clips else {}
    for label in labels(small, len(options), numbered=numbered, clips=clips):
        text = small[label.start : label.end]
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
        for match in _OTHER_ONE.finditer(small):
            named.setdefault(match.start(), _Said(*match.span(), (-1,), True, False))
    merged = sorted(_apart(named.values(), by_text, small))
    return list(_other_ones(_joined(small, merged)))


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
        return _BESIDE.fullmatch(between) is not None and not (
            "," in between and text[one.start - 1 : one.start] != "("
        )
    return (
        between.strip(" \"'*") in ("(", "[", "- (", ", option", ", number")
        or re.fullmatch(r"[\"'*]*\s*[(\[](?:option|number|clip)?\s?", between) is not None
    )


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


def _settled(
    found: Alignment, gathered: ValueEvidence, said: Sequence[_Said], options: Sequence[str], *, clips: bool
) -> Alignment:
    """The verdict by what the table of values does not know: labels and texts that disagree, what may not be answered,
    slips of a letter."""
    if found.status == "ALIGNED":
        at_odds = len(found.labels) > 1 or _contradicted(gathered, said, options.index(found.labels[0]) + 1)
        return replace(found, status="CONFLICT", rule_id="letter_conflict", labels=()) if at_odds else found
    if found.status == "MULTI":
        if any(len(one.options) > 1 for one in said):
            return replace(found, status="CONFLICT", rule_id="letter_conflict", labels=())
        most = len(options) >= _ECHO_LEAST and len(found.positives) >= _ECHO_SHARE * len(options)
        return replace(found, status="ECHO_ALL", rule_id="echo_all", labels=()) if most else found
    refused = gathered.reading.refusals
    is_no_refusal = found.status == "REFUSAL" and all(_NONE_CHOSEN.search(gathered.clean.text, *at) for at in refused)
    if found.status in ("UNPARSED", "NEGATED_ONLY") or is_no_refusal:
        return _not_chosen(found, gathered, said, options, clips=clips)
    return found


def _not_chosen(
    found: Alignment, gathered: ValueEvidence, said: Sequence[_Said], options: Sequence[str], *, clips: bool
) -> Alignment:
    """No option is said as such."""
    small = lower(gathered.text.text)
    denied = found.status == "NEGATED_ONLY"
    if match := _NONE_CHOSEN.search(small):
        meant = [option for option in options if _says(option, match.lastgroup or "")]
        if len(meant) == 1 and not denied:
            return replace(found, status="ALIGNED", rule_id="value", labels=(meant[0],))
        return replace(found, status="OUTSIDE", rule_id="outside", labels=())
    if not denied and (any(not one.options for one in said) or gathered.reading.elsewhere):
        return replace(found, status="OUTSIDE", rule_id="outside", labels=())
    if not (denied or clips) and (slip := _slip(small, options)):
        return replace(found, status="ALIGNED", rule_id="misspelt", labels=(slip,), flags=(*found.flags, "misspelt"))
    return found if denied else replace(found, status="UNPARSED", rule_id="unparsed", labels=())


def _slip(text: str, options: Sequence[str]) -> str | None:
    """The one option of a single word that is the whole answer with one letter wrong."""
    words = {option.lower(): option for option in options if option.isascii() and option.isalpha()}
    said = text.strip(" \n.!\"'*`()")
    found = misspelt(said, tuple(words)) if said.isalpha() else set()
    return words[found.pop()] if len(found) == 1 else None


def _says(option: str, group: str) -> bool:
    return any(match.lastgroup == group for match in _NONE_CHOSEN.finditer(option.lower()))


def _contradicted(gathered: ValueEvidence, said: Sequence[_Said], place: int) -> bool:
    """Whether an option chosen by its label alone has another one's text stated behind it: 'Answer: 2. It is C.'"""
    mine = [one for one in said if one.options == (place,)]
    if not mine or any(one.by_text for one in mine):
        return False
    texts_at = {one.start for one in said if one.by_text and not one.by_label and one.start > mine[0].start}
    return any(
        gathered.of(vote).start in texts_at and vote.rank >= PLAIN and not vote.denied
        for vote in gathered.reading.votes
        if (vote.start, vote.end) in gathered.said
    )
