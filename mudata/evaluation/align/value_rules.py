"""The rules by which answers that are no labels are read: keys, tempi, metres, numbers, choices, orders, forms.

As `alignment.RULES`, by the id that a verdict names; `mudata.evaluation.readers` applies them.
"""

from __future__ import annotations

READER = "reader-2"
"""Name of these rules and the readers that apply them; it changes when an answer could be read differently."""

VALUE_RULES: dict[str, str] = {
    "value": "one value of the kind asked for is said",
    "final": "several values are said, and one of them alone is announced as the final answer",
    "range": "a range or a choice between values is said, which is no single value",
    "several": "several values are said, and none is announced as the answer",
    "half": "only part of a value is said: a tonic without a mode",
    "outside": "the value said is none that may be answered",
    "incomplete": "an order is said that leaves some out",
    "repeated": "an order is said in which one comes twice",
    "gaps": "segments are said that overlap, or do not follow one another",
    "whole": "an open question takes the whole answer",
    "unparsed": "no value of the kind asked for is said",
}
