"""Answers read and scored, again at any time, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.scoring.context import ScoringContext
    from mudata.evaluation.scoring.score import override, read_answers

__all__ = ["ScoringContext", "override", "read_answers"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ScoringContext": "context",
        "override": "score",
        "read_answers": "score",
    },
)
