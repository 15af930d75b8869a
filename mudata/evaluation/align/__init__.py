"""Reading answers: from what a model said to the label it means, or to why there is none.

`aligner.align` is the way in and names the stages;
`label_set` joins what a card and the word lists say of labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.align.aligner import align
    from mudata.evaluation.align.alignment import ALIGNER, RULES, Alignment, Role, Shown, Span, Status
    from mudata.evaluation.align.label_set import LabelSet, resolve

__all__ = ["ALIGNER", "RULES", "Alignment", "LabelSet", "Role", "Shown", "Span", "Status", "align", "resolve"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ALIGNER": "alignment",
        "Alignment": "alignment",
        "LabelSet": "label_set",
        "RULES": "alignment",
        "Role": "alignment",
        "Shown": "alignment",
        "Span": "alignment",
        "Status": "alignment",
        "align": "aligner",
        "resolve": "label_set",
    },
)
