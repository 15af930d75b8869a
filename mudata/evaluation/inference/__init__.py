"""Asking a model about the clips of a split: planned, played, batched, appended, resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.inference.run_plan import EvalRequest
    from mudata.evaluation.inference.runner import evaluate, preview

__all__ = ["EvalRequest", "evaluate", "preview"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "EvalRequest": "run_plan",
        "evaluate": "runner",
        "preview": "runner",
    },
)
