"""From evidence to a verdict: one table, asked from top to bottom; the first rule that fits decides.

Nothing else decides: what cues and clauses do is only to give votes their ranks (`clauses.RANKS`). `alignment.RULES`
says every rule in words, `mudata align --explain` prints it all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mudata.evaluation.align.clauses import CHOICE, NONE, PART, PLAIN, WEAK
from mudata.evaluation.align.clean import alone
from mudata.evaluation.align.echo import examples
from mudata.evaluation.align.idle_words import oov_terms
from mudata.evaluation.align.misspelling import misspelt
from mudata.evaluation.align.numbers import number_alone, numbered
from mudata.evaluation.align.phrase_matcher import squeezed
from mudata.evaluation.align.refusal import only_of_certainty, sentence_before
from mudata.evaluation.align.text_pieces import without

if TYPE_CHECKING:
    from collections.abc import Callable

    from mudata.evaluation.align.alignment import Alignment, Status
    from mudata.evaluation.align.clauses import Vote
    from mudata.evaluation.align.evidence import Evidence

_CHAT = frozenset(("user", "assistant", "system", "question", "prompt", "response", "human", "model"))
_NOTHING_ELSE = re.compile(
    r"[^\w]*(?:(?:the )?(?:genre|mood|emotion|instrument|answer|label|tag|category)s?(?: is)?[^\w]*)?"
    r"(?:none|n a|unknown|null|nil|undefined|idk|no|not applicable)[^\w]*"
)
_NOTHING_LENGTH = 40
_LIST_GOES_ON = re.compile(
    r"[ \"'\])]*(?:,|/|\||&|\+|\band\b|\bor\b)[ \"'(\[]*(?:and |or )?"
    r"(?!(?:which|because|with|as|since|not|but|given|due|it|this|that|the|a|an|is|was|has|having|while|featuring|though"
    r"|although|so|thus|i|its|in|for|from|by|rather|however|where|who|whose|when|there|these|such|based|more|most|because"
    r"|and|or|specifically|particularly|especially|definitely|clearly|probably|possibly|mainly|likely|characteri[sz]ed)\b)"
    r"(?![\w ]{1,30}[\"']?\s?[:=])\w"
)
_UNDECIDED = re.compile(r"\b(?:either|between|both|decide|choose|hard to|difficult to)\b")
"""Words of one who has two labels and does not choose."""
_LETTER_REACH = 240
_MISSPELT_LENGTH = 60
_LEAVES_AS_IT_IS = frozenset(
    {
        "is",
        "noun",
        "answer",
        "colon",
        "comma",
        "stop",
        "newline",
        "guess",
        "primary",
        "final",
        "conclusion",
        "soft",
        "yes",
        "weak",
        "hedge",
        "tell",
    }
)
"""Cues beside which a misspelt label means what it would mean alone."""


def decide(evidence: Evidence) -> Alignment:
    for _, rule in TABLE:
        if decision := rule(evidence):
            return decision
    return evidence.means("OOV", "oov")


def _nothing(evidence: Evidence) -> Alignment | None:
    if not evidence.text.strip():
        return evidence.means("EMPTY", "empty")
    return evidence.means("DEGENERATE", "degenerate") if evidence.loops else None


def _letter(evidence: Evidence) -> Alignment | None:
    """The letter decides unless the text beside it names another label."""
    if not evidence.letters or (not evidence.letters[0].announced and evidence.lists_most()):
        return None
    last, announced = evidence.letters[-1], evidence.letters[0].announced
    options = {last.option} if announced else {letter.option for letter in evidence.letters}
    if len(options) > 1:
        return evidence.means("SET" if evidence.matcher.many else "MULTI", "letters", evidence.ordered(options))
    said = [vote for vote in evidence.reading.votes if not vote.denied and vote.rank > PART]
    place = evidence.clean.place(last.end)
    clause = next((c for c in evidence.reading.clauses if c.start <= place < c.end), None)
    stop = min(clause.end if clause else len(evidence.text), place + _LETTER_REACH)
    beside = [vote for vote in said if place <= vote.start < stop]
    if not beside and not announced:
        beside = said
    named = {label for vote in beside for label in vote.meaning.ids}
    if named and last.option not in named:
        return evidence.means("CONFLICT", "letter_conflict")
    evidence.flags.append("letter")
    return evidence.means("SET" if evidence.matcher.many else "ALIGNED", "letter", (last.option,))


def _prompt(evidence: Evidence) -> Alignment | None:
    """The prompt read back, or the labels of its examples."""
    votes = evidence.reading.votes
    if evidence.echoed and not evidence.reading.refusals and not any(vote.meaning.ids for vote in votes):
        if not set(oov_terms(without(evidence.text, evidence.echoed))) - _CHAT:
            return evidence.means("ECHO_PROMPT", "echo_prompt")
    elif len(evidence.strict) > 1 and "example" in evidence.shown.prompt.casefold():
        given = [
            meaning.ids
            for example in examples(evidence.shown.prompt)
            if (meaning := evidence.matcher.meanings.get(example))
        ]
        listed = list(dict.fromkeys(vote.meaning.ids for vote in votes if vote.meaning.ids))
        if listed == given and not oov_terms(evidence.besides()):
            return evidence.means("ECHO_PROMPT", "echo_examples")
    return None


def _undecided(evidence: Evidence) -> Alignment | None:
    """Cannot choose between labels: 'either rock or metal; I can't decide'."""
    refusals = evidence.reading.refusals
    left = [vote for vote in evidence.votes if vote.rank > PART and vote.start < refusals[0][0]]
    between = evidence.reading.either and _UNDECIDED.search(evidence.text)
    if len(evidence.labels(left)) > 1 and (between or all(vote.role == "alternative" for vote in left)):
        return evidence.means("MULTI", "hedge", evidence.labels(left), left)
    return None


def _refusal(evidence: Evidence) -> Alignment | None:
    """Cannot tell; but a guess that follows, of one label, is taken (of a set: of those that it names)."""
    refusals = evidence.reading.refusals
    if not refusals:
        short = len(evidence.text) < _NOTHING_LENGTH and not evidence.positives
        return evidence.means("REFUSAL", "refusal") if short and _NOTHING_ELSE.fullmatch(evidence.text) else None
    if not evidence.positives:
        return evidence.means("REFUSAL", "refusal")
    if evidence.lists_most():
        return evidence.means("REFUSAL", "refusal_echo")
    guessed = [
        vote
        for vote in evidence.votes
        if vote.committed and vote.rank >= (WEAK if vote.start > refusals[0][0] or evidence.is_likely(vote) else CHOICE)
    ]
    if not guessed and all(only_of_certainty(evidence.text, *place) for place in refusals):
        stated = sentence_before(evidence.text, refusals[0][0])
        guessed = [vote for vote in evidence.votes if vote.rank >= PLAIN and vote.end <= stated]
    best = evidence.best(guessed)
    labels = evidence.labels(best)
    if evidence.matcher.many and guessed:
        evidence.flags.append("hedged")
        return evidence.means("SET", "hedged", evidence.labels(evidence.heard(guessed)), guessed)
    if len(labels) == 1 and not _unsettled(evidence, best):
        evidence.flags.append("hedged")
        return evidence.means("ALIGNED", "hedged", labels, best)
    return _undecided(evidence) or evidence.means("REFUSAL_WITH_MENTION", "refusal_mention")


def _set(evidence: Evidence) -> Alignment | None:
    """Many labels may be meant."""
    if not evidence.matcher.many:
        return None
    if evidence.lists_most():
        return evidence.means("ECHO_ALL", "echo_all")
    heard = evidence.heard(evidence.votes)
    return evidence.means("SET", "set", evidence.labels(heard), heard) if heard else None


def _elsewhere(evidence: Evidence) -> Alignment | None:
    """One label was asked for, and what is announced is none: 'so the genre is funk'."""
    if not evidence.reading.elsewhere or not evidence.votes or evidence.matcher.many:
        return None
    best = evidence.best(evidence.votes)
    if best and evidence.reading.elsewhere <= best[0].rank:
        return None
    several = evidence.reading.mixed and len(evidence.strict) > 1
    return evidence.means("MULTI" if several else "OOV", "elsewhere", evidence.strict if several else ())


def _one(evidence: Evidence) -> Alignment | None:
    """One label was asked for: the highest rank decides, if it has one."""
    if evidence.matcher.many:
        return None
    best = evidence.best(evidence.votes)
    if not best or len(evidence.labels(best)) > 1:
        return None
    if len(evidence.strict) == 1:
        said = [vote for vote in evidence.reading.votes if vote.meaning.kind == "strict"]
        whole = len(said) == 1 and alone(evidence.text, said[0].start, said[0].end)
        return _aligned(evidence, "exact" if whole else "single", best)
    if _unsettled(evidence, best) or _listed(evidence, best):
        return None
    rank, colours = best[0].rank, any(vote.rank == PART for vote in evidence.votes)
    rule = "anchor" if rank >= CHOICE else "primary" if rank == PLAIN and colours else "statement"
    return _aligned(evidence, rule, best)


def _several(evidence: Evidence) -> Alignment | None:
    """One label was asked for, and the highest rank has several, or does not settle it."""
    best = evidence.best(evidence.votes)
    if not best:
        return None
    if evidence.lists_most():
        return evidence.means("ECHO_ALL", "echo_all")
    counted = evidence.labels(vote for vote in evidence.votes if vote.rank > NONE)
    if len(counted) > 1 and any(set(counted) == set(vote.meaning.ids) for vote in best):
        return evidence.means("MULTI", "compound", counted)
    left_open = evidence.reading.unsure or evidence.reading.either
    return evidence.means("MULTI", "hedge" if left_open else "list", counted)


_FLAGS = {"anchor": "anchored", "primary": "primary"}


def _aligned(evidence: Evidence, rule: str, best: list[Vote]) -> Alignment:
    if rule in _FLAGS:
        evidence.flags.append(_FLAGS[rule])
    if any(vote.role == "correction" for vote in best):
        evidence.flags.append("corrected")
    return evidence.means("ALIGNED", rule, evidence.labels(best), best)


def _unsettled(evidence: Evidence, best: list[Vote]) -> bool:
    """Whether another label is left open after the choice: 'It could be rock as well.'"""
    said, last = set(best[0].meaning.ids), best[-1].start
    return any(
        vote.role == "alternative" and vote.rank > PART and vote.start > last and not said >= set(vote.meaning.ids)
        for vote in evidence.votes
    )


def _listed(evidence: Evidence, best: list[Vote]) -> bool:
    """Whether an announced label is one item of a list that goes on with words that are neither labels nor cues."""
    listed = (_LIST_GOES_ON.match(evidence.text, vote.end) for vote in best if vote.rank > CHOICE)
    further = {match.end() - 1 for match in listed if match is not None}
    return bool(further) and not further.issubset(start for start, _, _ in evidence.events)


def _lenient(evidence: Evidence) -> Alignment | None:
    """No label, but near words or kinds."""
    lenient = evidence.lenient()
    best = evidence.heard(lenient) if evidence.matcher.many else evidence.best(lenient)
    labels = evidence.labels(best)
    if not labels:
        return None
    status: Status = "SYNONYM" if any(vote.meaning.kind == "synonym" for vote in best) else "HYPONYM"
    if len(labels) == 1:
        return evidence.means(status, "lenient", labels, best)
    return evidence.means(status if evidence.matcher.many else "MULTI", "lenient_several", labels, best)


def _silent(evidence: Evidence) -> Alignment | None:
    """Labels are said, and none is meant."""
    if evidence.positives:
        return evidence.means("OOV", "unmeant")
    return evidence.means("NEGATED_ONLY", "negated") if evidence.negatives else None


def _spelled(evidence: Evidence) -> Alignment | None:
    """No label as it is spelled, but its number or a slip of a letter."""
    status: Status = "SET" if evidence.matcher.many else "ALIGNED"
    said = number_alone(evidence.text)
    for noun, number in numbered(evidence.matcher.ids) if said else ():
        if number == said:
            return evidence.means(status, "number", (f"{noun} {number}",))
    if len(evidence.text) > _MISSPELT_LENGTH or evidence.reading.votes:
        return None
    if not all(cue.kind in _LEAVES_AS_IT_IS for _, _, cue in evidence.events):
        return None
    runs, spellings = oov_terms(evidence.text), evidence.matcher.plain
    found = misspelt(squeezed(runs[0]), spellings) if len(runs) == 1 else set()
    if not found and evidence.text.isascii():
        found = {spelling for run in runs for word in run.split() for spelling in misspelt(word, spellings)}
    meant = {evidence.matcher.meanings[spelling].ids for spelling in found}
    if len(meant) != 1:
        return None
    evidence.flags.append("misspelt")
    return evidence.means(status, "misspelt", meant.pop())


TABLE: tuple[tuple[str, Callable[[Evidence], Alignment | None]], ...] = (
    ("empty degenerate", _nothing),
    ("letter letter_conflict letters", _letter),
    ("echo_prompt echo_examples", _prompt),
    ("hedged refusal_echo refusal_mention refusal", _refusal),
    ("echo_all set", _set),
    ("elsewhere", _elsewhere),
    ("exact single anchor primary statement", _one),
    ("echo_all compound hedge list", _several),
    ("lenient lenient_several", _lenient),
    ("unmeant negated", _silent),
    ("number misspelt", _spelled),
)
"""Which rules are asked for in which order; `oov` where none fits."""
