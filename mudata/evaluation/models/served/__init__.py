"""Any audio-language model behind servers that speak OpenAI's chat protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.models.served.served_model import Served

__all__ = ["Served"]
__getattr__, __dir__ = lazy_names(__name__, {"Served": "served_model"})
