"""Published exams as data: asked of several models, told beside what was published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.suites.suite import Suite, anchors, load
    from mudata.evaluation.suites.suite_table import fill

__all__ = ["Suite", "anchors", "fill", "load"]
__getattr__, __dir__ = lazy_names(
    __name__, {"Suite": "suite", "anchors": "suite", "fill": "suite_table", "load": "suite"}
)
