"""Numbers out of scored answers, with their intervals and tests.
Nothing here reads or writes files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.metrics.captions import caption_metrics
    from mudata.evaluation.metrics.classification import classification_metrics
    from mudata.evaluation.metrics.parsing_rules import PARSING_RULES, ParsingRule
    from mudata.evaluation.metrics.scored import Metric, ScoredAnswer
    from mudata.evaluation.metrics.tagging import tagging_metrics

__all__ = [
    "PARSING_RULES",
    "Metric",
    "ParsingRule",
    "ScoredAnswer",
    "caption_metrics",
    "classification_metrics",
    "tagging_metrics",
]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Metric": "scored",
        "PARSING_RULES": "parsing_rules",
        "ParsingRule": "parsing_rules",
        "ScoredAnswer": "scored",
        "caption_metrics": "captions",
        "classification_metrics": "classification",
        "tagging_metrics": "tagging",
    },
)
