"""Choices between options of the item's own, and between clips: which one an answer means.

An option is meant by its label as shown ('(2)', 'option 2', 'the second clip', 'B' where letters were shown) or by its
whole text as whole tokens. Both are given to the grammar of `align` in place of labels, so that denials, corrections,
hedges, announced answers and refusals are read as they are everywhere else, in all its languages.

    label and text beside it name two options      CONFLICT
    options of one text                            one option, whichever label names it
    options that differ in case or articles alone  the one spelled so; else MULTI
    options that hold each other                   the longest match ('bass guitar', 'guitar')
    options that are all keys, tempi, metres       by value, as their readers read them: F# major is Gb major
    'both', 'neither', 'the same'                  OUTSIDE, unless an option says so
    'not the first', of two                        NEGATED_ONLY: what is left is not said
    'the second is darker', brighter asked         UNPARSED: nothing is inferred from another quality
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mudata.catalog.cards.card_task import PAIR_OPTIONS
from mudata.evaluation.align.alignment import Alignment, Shown, Span
from mudata.evaluation.align.clauses import CHOICE, NONE, NOUN, PLAIN, Vote
from mudata.evaluation.align.misspelling import misspelt
from mudata.evaluation.align.text_pieces import without
from mudata.evaluation.readers.comparisons import Effect, asked_quality, behind_than, effects, translated_effects
from mudata.evaluation.readers.kept_text import lower
from mudata.evaluation.readers.option_labels import ONE_OF_CLIPS
from mudata.evaluation.readers.option_mentions import OptionSaid, options_said
from mudata.evaluation.readers.option_texts import OptionTwins, twins
from mudata.evaluation.readers.own_marks import own_marks
from mudata.evaluation.readers.plain_choice import plain_choice
from mudata.evaluation.readers.prompt_echo import behind_question
from mudata.evaluation.readers.said_values import Said, ValueEvidence, ValueKind, gather
from mudata.evaluation.readers.values import decide

UNSTATED = ("condition", "question", "opinion", "history")
"""Roles of clauses that state nothing."""
_NO_CHOICE = {
    "same": r"the same|identical|equal|equally|no (?:real |audible |noticeable |clear )?difference"
    r"|a tie|tied|alike|indistinguishable",
    "both": r"both|all of (?:the above|them)|each of them|all options",
    "neither": r"neither|none of (?:the above|them|these|the options)|no option|none",
}
_NONE_CHOSEN = re.compile(r"\b(?:" + "|".join(f"(?P<{name}>{said})" for name, said in _NO_CHOICE.items()) + r")\b")
_MORE_THAN_A_LIST = re.compile(r"(?!\b(?:and|or|options?|a|an|the|[a-zA-Z]|\d{1,2})\b)\b[^\W_]+", re.IGNORECASE)
_ECHO_LEAST, _ECHO_SHARE = 3, 0.8
"""As `align` has it of labels: of three and more options 80 % are all of them."""


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
    echoed = behind_question(answer, shown.prompt, shown.options)
    if not (clips or echoed) and (found := plain_choice(answer, shown, read_whole)):
        return found
    return read_whole(answer, shown, clips=clips)


def read_whole(answer: str, shown: Shown, *, clips: bool = False) -> Alignment:
    """The same by the grammar of answers, whatever the answer is like."""
    if begin := behind_question(answer, shown.prompt, shown.options):
        echo = Span(0, begin, "echo")
        if not any(sign.isalnum() for sign in answer[begin:]):
            return Alignment("ECHO_PROMPT", rule_id="echo_prompt", spans=(echo,))
        found = _read(answer[begin:], shown, clips=clips)
        spans = (echo, *(Span(one.start + begin, one.end + begin, one.role, one.label) for one in found.spans))
        clause = found.clause and (found.clause[0] + begin, found.clause[1] + begin)
        return replace(found, spans=spans, clause=clause)
    return _read(answer, shown, clips=clips)


def _read(answer: str, shown: Shown, *, clips: bool) -> Alignment:
    """What an answer means without the question before it."""
    if not (shown.letters or shown.numbered) and (own := own_marks(shown.options)):
        bare = replace(shown, options=own.texts, letters=own.letters, numbered=not own.letters)
        return _renamed(_read(own.unmarked(answer), bare, clips=clips), dict(zip(own.texts, own.options, strict=True)))
    options = shown.options or PAIR_OPTIONS
    clips = clips or sum(ONE_OF_CLIPS.fullmatch(option.lower()) is not None for option in options) > 1
    asked = asked_quality(shown.prompt) if clips else None
    by_place: dict[tuple[int, int], tuple[OptionSaid, Effect | None]] = {}

    def find(text: str, language: str | None) -> list[Said]:
        by_place.clear()
        said = options_said(text, language, options, shown, clips=clips)
        small = lower(text)
        places = [(one.start, one.end) for one in said]
        told: dict[int, Effect | None] = {}
        if asked:
            told |= {places[k][0]: effect for k, effect in effects(small, places, asked).items()}
            told |= translated_effects(small, asked)
        behind = {start for start, effect in told.items() if effect is None}
        values = []
        for one in said:
            effect = told.get(one.start)
            by_place[one.start, one.end] = one, effect
            compared = clips and effect != "chosen" and (one.start in behind or behind_than(small, one.start))
            meant = () if compared else tuple(options[i - 1] for i in one.options)
            values.append(Said(one.start, one.end, meant, one.sort if meant else "guard"))
        return values

    kind = ValueKind("option", find)
    gathered = gather(answer, shown, kind)
    for vote in gathered.reading.votes:
        said = gathered.said.get((vote.start, vote.end))
        if said and by_place[said.start, said.end][0].outright:
            vote.denied, vote.committed, vote.rank = False, True, max(vote.rank, NOUN)
        elif said and (effect := by_place[said.start, said.end][1]):
            compared = "compared" in gathered.clean.text[max(0, vote.start - 60) : vote.start]
            _compare(vote, effect, compared=compared)
    found = decide(gathered, kind)
    return _settled(found, gathered, [one for one, _ in by_place.values()], options, clips=clips)


def _renamed(found: Alignment, names: Mapping[str, str]) -> Alignment:
    """A reading with other names of its options."""
    spans = tuple(Span(one.start, one.end, one.role, one.label and names[one.label]) for one in found.spans)
    labels, positives, negatives = (
        tuple(names[label] for label in some) for some in (found.labels, found.positives, found.negatives)
    )
    return replace(found, spans=spans, labels=labels, positives=positives, negatives=negatives)


def _compare(vote: Vote, effect: Effect, *, compared: bool) -> None:
    """What a comparison does to a clip that it tells of; `compared`: 'compared to' stands before it, and is no view of
    others."""
    if effect == "denied":
        vote.deny()
    elif effect in ("lost", "other"):
        if vote.rank <= PLAIN:
            vote.rank, vote.role = NONE, "colour"
    elif effect == "said":
        if vote.rank == PLAIN:
            vote.rank = CHOICE
    elif vote.role not in UNSTATED or (vote.role == "opinion" and compared):
        vote.denied, vote.committed = False, True
        vote.rank, vote.role = max(vote.rank, NOUN), "statement" if vote.role in ("denial", "opinion") else vote.role


# ------------------------------------------------------------------------------------------------------ the verdict


def _settled(
    found: Alignment, gathered: ValueEvidence, said: Sequence[OptionSaid], options: Sequence[str], *, clips: bool
) -> Alignment:
    """The verdict by what the table of values does not know: labels and texts that disagree, what may not be answered,
    slips of a letter."""
    alike = twins(tuple(options))
    if found.status == "ALIGNED":
        return _one(found, gathered, said, options, alike)
    if found.status == "MULTI":
        if any(len(one.options) > 1 and not {*one.options} <= {*alike.alike[one.options[0] - 1]} for one in said):
            return replace(found, status="CONFLICT", rule_id="letter_conflict", labels=())
        most = len(options) >= _ECHO_LEAST and len(found.positives) >= _ECHO_SHARE * alike.distinct
        return replace(found, status="ECHO_ALL", rule_id="echo_all", labels=()) if most else found
    refused = gathered.reading.refusals
    is_no_refusal = found.status == "REFUSAL" and all(_NONE_CHOSEN.search(gathered.clean.text, *at) for at in refused)
    if found.status in ("UNPARSED", "NEGATED_ONLY") or is_no_refusal:
        return _not_chosen(found, gathered, said, options, clips=clips)
    return found


def _one(
    found: Alignment, gathered: ValueEvidence, said: Sequence[OptionSaid], options: Sequence[str], alike: OptionTwins
) -> Alignment:
    """The verdict where one thing said counts: it may stand for several options, or in a list of all."""
    if _lists_all(gathered.text.text, said, alike):
        if alike.distinct >= _ECHO_LEAST:
            return replace(found, status="ECHO_ALL", rule_id="echo_all", labels=())
        return replace(found, status="MULTI", rule_id="several", labels=())
    if len(found.labels) > 1 and set(found.labels) <= _alike(found.labels[0], options, alike):
        return replace(found, status="MULTI", rule_id="several")
    if len(found.labels) > 1 or _contradicted(gathered, said, options.index(found.labels[0]) + 1):
        return replace(found, status="CONFLICT", rule_id="letter_conflict", labels=())
    return found


def _lists_all(text: str, said: Sequence[OptionSaid], alike: OptionTwins) -> bool:
    """Whether an answer is all options one after the other and nothing else, whatever stands in them."""
    places = {alike.same[one.options[0] - 1] for one in said if len(one.options) == 1}
    if len(places) < 2 or len(places) < alike.distinct:
        return False
    return not _MORE_THAN_A_LIST.search(without(text, [(one.start, one.end) for one in said]))


def _alike(option: str, options: Sequence[str], alike: OptionTwins) -> set[str]:
    return {options[place - 1] for place in alike.alike[options.index(option)]}


def _not_chosen(
    found: Alignment, gathered: ValueEvidence, said: Sequence[OptionSaid], options: Sequence[str], *, clips: bool
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


def _contradicted(gathered: ValueEvidence, said: Sequence[OptionSaid], place: int) -> bool:
    """Whether an option chosen by its label alone has another one's text stated behind it: 'Answer: 2. It is C.'"""
    mine = [one for one in said if one.options == (place,)]
    if not mine or any(one.by_text for one in mine):
        return False
    texts_at = {one.start for one in said if one.by_text and not one.by_label and one.start > mine[0].start}
    return any(
        gathered.of(vote).start in texts_at and gathered.of(vote).values and vote.rank >= PLAIN and not vote.denied
        for vote in gathered.reading.votes
        if (vote.start, vote.end) in gathered.said
    )
