"""Weights on disk: fetched, verified, converted, read tensor by tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.models.weights.fetch_weights import FetchedWeights, WeightsRequest, fetch
    from mudata.evaluation.models.weights.tensors import Weights, read
    from mudata.evaluation.models.weights.weight_store import PartOnDisk, look

__all__ = ["FetchedWeights", "PartOnDisk", "Weights", "WeightsRequest", "fetch", "look", "read"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "FetchedWeights": "fetch_weights",
        "PartOnDisk": "weight_store",
        "Weights": "tensors",
        "WeightsRequest": "fetch_weights",
        "fetch": "fetch_weights",
        "look": "weight_store",
        "read": "tensors",
    },
)
