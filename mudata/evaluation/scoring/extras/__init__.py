"""Further caption metrics that need packages of their own, computed once and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.scoring.extras.extra_metrics import EXTRAS, Extra

__all__ = ["EXTRAS", "Extra"]
__getattr__, __dir__ = lazy_names(__name__, {"EXTRAS": "extra_metrics", "Extra": "extra_metrics"})
