"""From what a model said to the label it means, or to why there is none:
evidence first, then the first rule that fits.

`align(answer, label_set, shown)` is a pure function:
no chance, no network, no model. Stages, in this order:

    clean        width and case folded, markup, thoughts and zero-width characters dropped, with a way back (clean)
    empty        EMPTY, ERROR; DEGENERATE: a loop (clean)
    letters      only if letters were shown; letter and text must agree, else CONFLICT (letters)
    mentions     longest spelling first, whole words only; guards take their words before labels can (phrase_matcher)
    polarity     what the answer denies is no evidence for it (polarity)
    echo         the prompt or its options read back: ECHO_PROMPT, ECHO_ALL (echo)
    refusal      REFUSAL, REFUSAL_WITH_MENTION; the options listed in a refusal do not count (refusal)
    decision     one label; several, of which a final answer names one or one is primary (finals); MULTI; lenient
                 evidence only where there is no strict one; NEGATED_ONLY; OOV

The rule that decided is the `rule_id`; `alignment.RULES` says each in words. An answer that speaks
of several labels is never settled by chance, position or likelihood.

    error, empty, degenerate                     no answer to read
    letter, letters, letter_conflict             option letters
    echo_prompt, echo_examples, echo_all         nothing of its own
    refusal, refusal_echo, refusal_mention       cannot tell
    exact, single                                one label
    anchor, primary                              one label among several
    hedge, list, compound                        several labels: MULTI
    set                                          labels of an answer that may name many
    lenient, lenient_several                     SYNONYM, HYPONYM (several of them: MULTI)
    negated, oov                                 none
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mudata.evaluation.align import finals
from mudata.evaluation.align.alignment import Alignment, Shown, Span, Status
from mudata.evaluation.align.clean import clean, degenerate
from mudata.evaluation.align.echo import echoes, examples
from mudata.evaluation.align.evidence import ANY, Evidence, Mention, gather, inside, oov_terms, without
from mudata.evaluation.align.phrase_matcher import compiled

if TYPE_CHECKING:
    from mudata.evaluation.align.label_set import LabelSet

_NOTHING_SHOWN = Shown()
_PLAIN_LENGTH = 120
"""Characters to which an answer without any doubtful word is read on the short way."""
_FRAME = " \n.,;:!?\"'()[]{}<>"
_COLONS = (":", "=")
_CHAT = frozenset(("user", "assistant", "system", "question", "prompt", "response", "human", "model"))


def align(answer: str | None, label_set: LabelSet, shown: Shown = _NOTHING_SHOWN) -> Alignment:
    """Read one answer; None stands for a failure and is ERROR.
    Pure: the same input gives the same alignment."""
    if answer is None:
        return Alignment("ERROR", rule_id="error")
    matcher = compiled(label_set)
    meanings = matcher.meanings
    cleaned = clean(answer)
    text = cleaned.text
    mentions: list[Mention] = []
    turned = cleaned.starts is not None
    for match in (matcher.full if turned else matcher.ascii).finditer(text):
        phrase = match.group()
        meaning = meanings.get(phrase) or matcher.meaning(phrase)
        if meaning.kind == "trigger":
            turned = True
        elif phrase not in finals.FIELDS or text[match.end() :][:3].strip("\"' s")[:1] not in _COLONS:
            mentions.append((match.start(), match.end(), meaning))
    echoed = echoes(text, shown.prompt)
    if not turned and len(mentions) == 1 and len(text) < _PLAIN_LENGTH and not echoed and not shown.letters:
        start, end, (kind, ids, foreign) = mentions[0]
        if kind == "strict" and len(ids) == 1:  # the short way; the long one comes to the same
            spans = (Span(start, end, "positive", ids[0]),)
            flags = ("non_english",) if foreign else ()
            if matcher.many:
                return Alignment("SET", ids, "set", spans, ids, (), (), flags, text)
            rule = "exact" if _alone(text, start, end) else "single"
            return Alignment("ALIGNED", ids, rule, spans, ids, (), (), flags, text)
    evidence = gather(answer, cleaned, matcher, shown, mentions=mentions, echoed=echoed, turned=turned)
    for decide in _RULES:
        if decision := decide(evidence):
            return decision
    return _none(evidence)


def _alone(text: str, start: int, end: int) -> bool:
    return not text[:start].strip(_FRAME) and not text[end:].strip(_FRAME)


# --------------------------------------------------- rules, in the order in which they are asked


def _nothing(evidence: Evidence) -> Alignment | None:
    if not evidence.text.strip():
        return evidence.means("EMPTY", "empty")
    return evidence.means("DEGENERATE", "degenerate") if degenerate(evidence.text) else None


def _letter(evidence: Evidence) -> Alignment | None:
    """The letter decides unless the text beside it names another label."""
    if not evidence.letters or (not evidence.letters[0].announced and evidence.lists_most()):
        return None
    last, announced = evidence.letters[-1], evidence.letters[0].announced
    options = {last.option} if announced else {letter.option for letter in evidence.letters}
    if len(options) > 1:
        return evidence.means("SET" if evidence.matcher.many else "MULTI", "letters", evidence.ordered(options))
    end = evidence.clean.place(last.end)
    beside = evidence.within(end, finals.region(evidence.text, end), ANY)
    if not beside and not announced:
        beside = evidence.within(0, len(evidence.text))
    named = {label for *_, meaning in beside for label in meaning.ids}
    if named and last.option not in named:
        return evidence.means("CONFLICT", "letter_conflict")
    evidence.flags.append("letter")
    return evidence.means("SET" if evidence.matcher.many else "ALIGNED", "letter", (last.option,))


def _prompt(evidence: Evidence) -> Alignment | None:
    """The prompt read back, or the labels of its examples."""
    if evidence.echoed and not evidence.refusals and not any(m[2].ids for m in evidence.mentions):
        if not set(oov_terms(without(evidence.text, evidence.echoed))) - _CHAT:
            return evidence.means("ECHO_PROMPT", "echo_prompt")
    elif "example" in evidence.shown.prompt.casefold() and len(evidence.strict) > 1:
        given = [
            meaning.ids
            for example in examples(evidence.shown.prompt)
            if (meaning := evidence.matcher.meanings.get(example))
        ]
        listed = list(dict.fromkeys(m[2].ids for m in evidence.mentions if m[2].ids))
        if listed == given and not oov_terms(evidence.besides()):
            return evidence.means("ECHO_PROMPT", "echo_examples")
    return None


def _refusal(evidence: Evidence) -> Alignment | None:
    if not evidence.refusals:
        return None
    if evidence.lists_most():
        return evidence.means("REFUSAL", "refusal_echo")
    if evidence.positives:
        return evidence.means("REFUSAL_WITH_MENTION", "refusal_mention")
    return evidence.means("REFUSAL", "refusal")


def _strict(evidence: Evidence) -> Alignment | None:
    """One label is meant, or many may be."""
    strict = evidence.strict
    if evidence.matcher.many:
        if evidence.lists_most():
            return evidence.means("ECHO_ALL", "echo_all")
        return evidence.means("SET", "set", strict) if strict else None
    if len(strict) != 1:
        return None
    mentions = [m for m in evidence.mentions if m[2].kind == "strict"]
    alone = len(mentions) == 1 and _alone(evidence.text, *mentions[0][:2])
    return evidence.means("ALIGNED", "exact" if alone else "single", strict)


def _several(evidence: Evidence) -> Alignment | None:
    """Several labels where one was asked for: a final answer or the primary one, else none of
    them."""
    if len(evidence.strict) < 2:
        return None
    if label := _anchored(evidence):
        return evidence.means("ALIGNED", "anchor", label)
    if evidence.lists_most():
        return evidence.means("ECHO_ALL", "echo_all")
    mentions = evidence.within(0, len(evidence.text))
    colours = finals.secondary(evidence.text)
    primary = evidence.ordered({i for m in mentions if not inside(m[0], colours) for i in m[2].ids})
    if len(primary) == 1:
        evidence.flags.append("primary")
        return evidence.means("ALIGNED", "primary", primary)
    if any(set(evidence.strict) == set(m[2].ids) for m in mentions):
        return evidence.means("MULTI", "compound", evidence.strict)
    return evidence.means("MULTI", "hedge" if finals.HEDGE.search(evidence.text) else "list", evidence.strict)


def _anchored(evidence: Evidence) -> tuple[str, ...] | None:
    """The one label that the last final answer names,
    if it names one alone and nothing takes it back."""
    text = evidence.text
    for anchor in reversed(list(finals.ANCHOR.finditer(text))):
        stop = finals.region(text, anchor.end())
        announced = evidence.within(anchor.end(), stop)
        if not announced or inside(anchor.start(), evidence.echoed):
            continue
        labels = evidence.ordered({i for m in announced for i in m[2].ids})
        later = (m for m in evidence.within(stop, len(text)) if m[2].ids != labels)
        if len(labels) > 1 or finals.list_goes_on(text, announced[-1][1]):
            return None
        if any(finals.taken_back(text, m[0]) for m in later):
            return None
        evidence.anchor = anchor.span()
        evidence.flags.append("anchored")
        return labels
    return None


def _lenient(evidence: Evidence) -> Alignment | None:
    labels = evidence.positives
    if not labels:
        return None
    synonym = any(m[2].kind == "synonym" for m in evidence.within(0, len(evidence.text), ANY))
    status: Status = "SYNONYM" if synonym else "HYPONYM"
    if len(labels) == 1:
        return evidence.means(status, "lenient", labels)
    return evidence.means(status if evidence.matcher.many else "MULTI", "lenient_several", labels)


def _none(evidence: Evidence) -> Alignment:
    return evidence.means("NEGATED_ONLY", "negated") if evidence.negatives else evidence.means("OOV", "oov")


_RULES: tuple[Callable[[Evidence], Alignment | None], ...] = (
    _nothing,
    _letter,
    _prompt,
    _refusal,
    _strict,
    _several,
    _lenient,
)
