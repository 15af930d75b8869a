"""From what a model said to the label it means, or to why there is none: evidence first, then the first rule that fits.

`align(answer, label_set, shown)` is a pure function: no chance, no network, no model. Stages, in this order:

    clean        width and case folded, markup, thoughts and zero-width characters dropped, with a way back (clean)
    empty        EMPTY, ERROR; DEGENERATE: a loop (clean)
    letters      only if letters were shown; letter and text must agree, else CONFLICT (letters)
    mentions     longest spelling first, whole words only; guards take their words before labels can (phrase_matcher)
    polarity     what the answer denies is no evidence for it (polarity)
    echo         the prompt or its options read back: ECHO_PROMPT, ECHO_ALL (echo)
    refusal      REFUSAL, REFUSAL_WITH_MENTION; the options listed in a refusal do not count (refusal)
    decision     one label; several, of which a final answer names one or one is primary (finals); MULTI; lenient
                 evidence only where there is no strict one; NEGATED_ONLY; OOV

The rule that decided is the `rule_id`; `alignment.RULES` says each in words. An answer that speaks of several labels is
never settled by chance, position or likelihood.

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
from mudata.evaluation.align.label_terms import compiled

if TYPE_CHECKING:
    from mudata.evaluation.align.label_set import LabelSet

_NOTHING_SHOWN = Shown()
_PLAIN_LENGTH = 120
"""Characters to which an answer without any doubtful word is read on the short way."""
_FRAME = " \n.,;:!?\"'()[]{}<>"
_COLONS = (":", "=")
_CHAT = frozenset(("user", "assistant", "system", "question", "prompt", "response", "human", "model"))


def align(answer: str | None, label_set: LabelSet, shown: Shown = _NOTHING_SHOWN) -> Alignment:
    """Read one answer; None stands for a failure and is ERROR. Pure: the same input gives the same alignment."""
    if answer is None:
        return Alignment("ERROR", rule_id="error")
    words = compiled(label_set)
    meanings = words.meanings
    cleaned = clean(answer)
    text = cleaned.text
    mentions: list[Mention] = []
    turned = cleaned.starts is not None
    for found in (words.full if turned else words.ascii).finditer(text):
        said = found.group()
        meaning = meanings.get(said) or words.meaning(said)
        if meaning.kind == "trigger":
            turned = True
        elif said not in finals.FIELDS or text[found.end() :][:3].strip("\"' s")[:1] not in _COLONS:
            mentions.append((found.start(), found.end(), meaning))
    echoed = echoes(text, shown.prompt)
    if not turned and len(mentions) == 1 and len(text) < _PLAIN_LENGTH and not echoed and not shown.letters:
        start, end, (kind, ids, foreign) = mentions[0]
        if kind == "strict" and len(ids) == 1:  # the short way; the long one comes to the same
            spans = (Span(start, end, "positive", ids[0]),)
            flags = ("non_english",) if foreign else ()
            if words.many:
                return Alignment("SET", ids, "set", spans, ids, (), (), flags, text)
            rule = "exact" if _alone(text, start, end) else "single"
            return Alignment("ALIGNED", ids, rule, spans, ids, (), (), flags, text)
    evidence = gather(answer, cleaned, words, shown, mentions=mentions, echoed=echoed, turned=turned)
    for rule_ in _RULES:
        if decision := rule_(evidence):
            return decision
    return _none(evidence)


def _alone(text: str, start: int, end: int) -> bool:
    return not text[:start].strip(_FRAME) and not text[end:].strip(_FRAME)


# --------------------------------------------------- rules, in the order in which they are asked


def _nothing(said: Evidence) -> Alignment | None:
    if not said.text.strip():
        return said.means("EMPTY", "empty")
    return said.means("DEGENERATE", "degenerate") if degenerate(said.text) else None


def _letter(said: Evidence) -> Alignment | None:
    """The letter decides unless the text beside it names another label."""
    if not said.letters or (not said.letters[0].announced and said.lists_most()):
        return None
    last, announced = said.letters[-1], said.letters[0].announced
    options = {last.option} if announced else {letter.option for letter in said.letters}
    if len(options) > 1:
        return said.means("SET" if said.words.many else "MULTI", "letters", said.ordered(options))
    end = said.clean.place(last.end)
    beside = said.within(end, finals.region(said.text, end), ANY)
    if not beside and not announced:
        beside = said.within(0, len(said.text))
    named = {label for *_, meaning in beside for label in meaning.ids}
    if named and last.option not in named:
        return said.means("CONFLICT", "letter_conflict")
    said.flags.append("letter")
    return said.means("SET" if said.words.many else "ALIGNED", "letter", (last.option,))


def _prompt(said: Evidence) -> Alignment | None:
    """The prompt read back, or the labels of its examples."""
    if said.echoed and not said.refusals and not any(m[2].ids for m in said.mentions):
        if not set(oov_terms(without(said.text, said.echoed))) - _CHAT:
            return said.means("ECHO_PROMPT", "echo_prompt")
    elif "example" in said.shown.prompt.casefold() and len(said.strict) > 1:
        given = [meaning.ids for one in examples(said.shown.prompt) if (meaning := said.words.meanings.get(one))]
        listed = list(dict.fromkeys(m[2].ids for m in said.mentions if m[2].ids))
        if listed == given and not oov_terms(said.besides()):
            return said.means("ECHO_PROMPT", "echo_examples")
    return None


def _refusal(said: Evidence) -> Alignment | None:
    if not said.refusals:
        return None
    if said.lists_most():
        return said.means("REFUSAL", "refusal_echo")
    if said.positives:
        return said.means("REFUSAL_WITH_MENTION", "refusal_mention")
    return said.means("REFUSAL", "refusal")


def _strict(said: Evidence) -> Alignment | None:
    """One label is meant, or many may be."""
    strict = said.strict
    if said.words.many:
        if said.lists_most():
            return said.means("ECHO_ALL", "echo_all")
        return said.means("SET", "set", strict) if strict else None
    if len(strict) != 1:
        return None
    found = [m for m in said.mentions if m[2].kind == "strict"]
    alone = len(found) == 1 and _alone(said.text, *found[0][:2])
    return said.means("ALIGNED", "exact" if alone else "single", strict)


def _several(said: Evidence) -> Alignment | None:
    """Several labels where one was asked for: a final answer or the primary one, else none of them."""
    if len(said.strict) < 2:
        return None
    if label := _anchored(said):
        return said.means("ALIGNED", "anchor", label)
    if said.lists_most():
        return said.means("ECHO_ALL", "echo_all")
    mentions = said.within(0, len(said.text))
    colours = finals.secondary(said.text)
    primary = said.ordered({i for m in mentions if not inside(m[0], colours) for i in m[2].ids})
    if len(primary) == 1:
        said.flags.append("primary")
        return said.means("ALIGNED", "primary", primary)
    if any(set(said.strict) == set(m[2].ids) for m in mentions):
        return said.means("MULTI", "compound", said.strict)
    return said.means("MULTI", "hedge" if finals.HEDGE.search(said.text) else "list", said.strict)


def _anchored(said: Evidence) -> tuple[str, ...] | None:
    """The one label that the last final answer names, if it names one alone and nothing takes it back."""
    text = said.text
    for anchor in reversed(list(finals.ANCHOR.finditer(text))):
        stop = finals.region(text, anchor.end())
        found = said.within(anchor.end(), stop)
        if not found or inside(anchor.start(), said.echoed):
            continue
        labels = said.ordered({i for m in found for i in m[2].ids})
        later = (m for m in said.within(stop, len(text)) if m[2].ids != labels)
        if len(labels) > 1 or finals.list_goes_on(text, found[-1][1]):
            return None
        if any(finals.taken_back(text, m[0]) for m in later):
            return None
        said.anchor = anchor.span()
        said.flags.append("anchored")
        return labels
    return None


def _lenient(said: Evidence) -> Alignment | None:
    labels = said.positives
    if not labels:
        return None
    synonym = any(m[2].kind == "synonym" for m in said.within(0, len(said.text), ANY))
    status: Status = "SYNONYM" if synonym else "HYPONYM"
    if len(labels) == 1:
        return said.means(status, "lenient", labels)
    return said.means(status if said.words.many else "MULTI", "lenient_several", labels)


def _none(said: Evidence) -> Alignment:
    return said.means("NEGATED_ONLY", "negated") if said.negatives else said.means("OOV", "oov")


_RULES: tuple[Callable[[Evidence], Alignment | None], ...] = (
    _nothing,
    _letter,
    _prompt,
    _refusal,
    _strict,
    _several,
    _lenient,
)
