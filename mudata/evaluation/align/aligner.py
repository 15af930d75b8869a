"""From what a model said to the label it means, or to why there is none.

`align(answer, label_set, shown)` is a pure function: no chance, no network, no model. Stages, in this order:

    clean      width and case folded, markup, thoughts and zero-width characters dropped, with a way back (clean)
    language   which language the answer is in, and so which cues there are (language)
    events     labels and guards (phrase_matcher); cues, signs and marks (cues); longest first (scan); sentences of a
               long English answer that can hold none of weight are passed over (skim), which changes nothing
    echo       the prompt or its options read back (echo)
    grammar    clauses with a role, votes with a rank (grammar, negation, refusal, scores; clauses says which there are)
    letters    only where letters were shown (letters)
    decision   one table, the first rule that fits (decision); its id is the alignment's `rule_id`

An answer that speaks of several labels is never settled by chance or position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.evaluation.align.alignment import Alignment, Shown, Span
from mudata.evaluation.align.clean import alone
from mudata.evaluation.align.decision import decide
from mudata.evaluation.align.evidence import gather
from mudata.evaluation.align.scan import Scan, scan

if TYPE_CHECKING:
    from mudata.evaluation.align.label_set import LabelSet

_NOTHING_SHOWN = Shown()


def align(answer: str | None, label_set: LabelSet, shown: Shown = _NOTHING_SHOWN) -> Alignment:
    """Read one answer; None stands for a failure and is ERROR.
    Pure: the same input gives the same alignment."""
    if answer is None:
        return Alignment("ERROR", rule_id="error")
    found = scan(answer, label_set, shown)
    return _plainly(found, len(answer)) if found.plain else decide(gather(answer, found, shown))


def _plainly(found: Scan, length: int) -> Alignment:
    """An answer that says one label and nothing that could turn it; the long way comes to the same."""
    start, end, (_, ids, foreign) = found.labels[0]
    text = found.clean.text
    spans = (Span(*found.clean.raw(start, end), "positive", ids[0]),)
    flags = ("non_english",) if foreign else ()
    if found.matcher.many:
        return Alignment("SET", ids, "set", spans, ids, (), (), flags, text, (0, length), "statement")
    rule = "exact" if alone(text, start, end) else "single"
    return Alignment("ALIGNED", ids, rule, spans, ids, (), (), flags, text, (0, length), "statement")
