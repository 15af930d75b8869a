"""Low-rank updates, merged into the weights that they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def merged(weight: torch.Tensor, down: torch.Tensor, up: torch.Tensor, scale: float) -> torch.Tensor:
    """weight + scale * up @ down, in float32, whatever the dtype of `weight`.

    weight: (out, in); down ('lora_A'): (rank, in); up ('lora_B'): (out, rank); scale is alpha /
    rank, which no file stores. Exact in float32; in half precision the authors' unmerged branches
    differ in the last bits.
    """
    return weight.float() + scale * (up.float() @ down.float())
