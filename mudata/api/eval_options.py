"""What `evaluate` and `evaluate_suite` are asked for, as the one request that they make of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.api.arguments import within
from mudata.errors import ArgumentError

if TYPE_CHECKING:
    from mudata.evaluation.inference.run_plan import EvalRequest

_OF_MODEL = ("checkpoint", "revision", "device", "dtype", "max_new_tokens", "sampling")
"""Arguments that are options of the model."""


def eval_request(given: Mapping[str, Any]) -> EvalRequest:
    """The request of a function's arguments by name; a path is text in it.

    Raises:
        ArgumentError: numbers below 1, or two controls at once.
        EvaluationError: a shard that is none.
    """
    from mudata.evaluation.inference.run_plan import EvalRequest
    from mudata.evaluation.inference.sharding import Shard

    asked: dict[str, Any] = {name: str(value) if isinstance(value, Path) else value for name, value in given.items()}
    silence, swap_audio, control = asked.pop("silence"), asked.pop("swap_audio"), asked.pop("control")
    if sum([silence, swap_audio, control is not None]) > 1:
        raise ArgumentError("silence, swap_audio, control: two controls, a run each.", "Ask one at a time.")
    batch = asked["batch"]
    within(1, replicas=asked["replicas"])
    within(0, gpus_per_replica=asked["gpus_per_replica"])
    within(1, limit=asked["limit"], max_new_tokens=asked["max_new_tokens"], batch=None if batch == "auto" else batch)
    if asked["shard"] is not None:
        asked["shard"] = Shard.parse(asked["shard"])
    of_model = {name: asked.pop(name) for name in _OF_MODEL}
    return EvalRequest(
        control="silence" if silence else "swap-audio" if swap_audio else control,
        timeout_s=asked.pop("timeout"),
        options=of_model | dict(asked.pop("options") or {}),
        **asked,
    )
