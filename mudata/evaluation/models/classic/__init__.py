"""Questions with exact truth, answered by signal processing: a reference for every table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.models.classic.classic_model import Classic

__all__ = ["Classic"]
__getattr__, __dir__ = lazy_names(__name__, {"Classic": "classic_model"})
