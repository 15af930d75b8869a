"""From what a model said to the label it means, or to why there is none.

`align(answer, label_set, shown)` is a pure function: no chance, no network, no model. Stages, in this order:

    clean        width and case folded, markup, thoughts and zero-width characters dropped, with a way back (clean)
    empty        EMPTY, ERROR; DEGENERATE: a loop (loops)
    letters      only if letters were shown; letter and text must agree, else CONFLICT (letters)
    mentions     longest spelling first, whole words only; guards take their words before labels can (vocabulary)
    polarity     what the answer denies is no evidence for it (polarity)
    echo         the prompt or its options read back: ECHO_PROMPT, ECHO_ALL (echo)
    refusal      REFUSAL, REFUSAL_WITH_MENTION; the options listed in a refusal do not count (refusal)
    decision     one label; several, of which a final answer names one or one is primary (finals); MULTI; lenient
                 evidence only where there is no strict one; NEGATED_ONLY; OOV (reading)

The rule that decided is the `rule_id`; `RULES` says each in words. An answer that speaks of several labels is never
settled by chance, position or likelihood.

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

from mudata.evaluation.align.aligner import align
from mudata.evaluation.align.alignment import Alignment, Role, Shown, Span, Status
from mudata.evaluation.align.rules import ALIGNER, RULES

__all__ = ["ALIGNER", "RULES", "Alignment", "Role", "Shown", "Span", "Status", "align"]
