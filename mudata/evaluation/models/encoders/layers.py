"""Weights of an encoder by their published names, applied by name."""

from __future__ import annotations

import torch
from torch.nn.functional import layer_norm, linear


class Layers(dict[str, torch.Tensor]):
    """Tensors by name; a layer is named without its '.weight' and '.bias'."""

    def linear(self, x: torch.Tensor, name: str) -> torch.Tensor:
        """x @ weight.T, plus the bias if the layer has one."""
        return linear(x, self[f"{name}.weight"], self.get(f"{name}.bias"))

    def norm(self, x: torch.Tensor, name: str, eps: float = 1e-5) -> torch.Tensor:
        """Layer normalisation over the last axis; 1e-5 is torch's default."""
        return layer_norm(x, x.shape[-1:], self[f"{name}.weight"], self[f"{name}.bias"], eps)
