"""BEATs (Chen et al., arXiv 2212.09058), iteration 3 and later:
the general audio encoder inside SALMONN.

Sizes are those of the checkpoint's own `cfg`. Facts are from microsoft/unilm's BEATs as
bytedance/SALMONN carries it (branch salmonn, a58bba7).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import conv1d, conv2d, embedding, gelu, scaled_dot_product_attention

from mudata.errors import ModelError
from mudata.evaluation.models.encoders.fbank import fbank
from mudata.evaluation.models.encoders.layers import Layers
from mudata.evaluation.models.weights.tensors import Weights, read, read_entry

RATE, MELS = 16_000, 128
MEAN, SCALE = 15.41663, 2 * 6.55582
"""Of the filter banks of its training data, whose waves had the range of 16 bit."""
LAYER = (
    *(f"self_attn.{x}" for x in ("q_proj", "k_proj", "v_proj", "out_proj", "grep_linear")),
    *("self_attn_layer_norm", "fc1", "fc2", "final_layer_norm"),
)


class Beats:
    """The encoder without its classifier, in float32."""

    def __init__(self, file: Path, device: str) -> None:
        settings = read_entry(file, "cfg")
        if not isinstance(settings, dict) or settings.get("layer_norm_first") or not settings.get("deep_norm"):
            raise ModelError(f"{file.name} is not a BEATs of iteration 3 or later.", "Check the file.")
        self._patch, self._depth = int(settings["input_patch_size"]), int(settings["encoder_layers"])
        self._take(read(file, inside="model"), device, biased=bool(settings["conv_bias"]))
        self._heads, self._groups = int(settings["encoder_attention_heads"]), int(settings["conv_pos_groups"])
        self._buckets, self._distance = int(settings["num_buckets"]), int(settings["max_distance"])

    def _take(self, weights: Weights, device: str, *, biased: bool) -> None:
        layers = [f"encoder.layers.{i}.{name}" for i in range(self._depth) for name in LAYER]
        parts = (*layers, "layer_norm", "post_extract_proj", "encoder.layer_norm")
        names = [f"{name}.{x}" for name in parts for x in ("weight", "bias")]
        names += [f"encoder.layers.{i}.self_attn.grep_a" for i in range(self._depth)]
        names += [f"encoder.pos_conv.0.{x}" for x in ("weight_g", "weight_v", "bias")]
        names += ["patch_embedding.weight", *(["patch_embedding.bias"] if biased else [])]
        shared = "encoder.layers.{}.self_attn.relative_attention_bias.weight"  # each layer stores the same one
        weights.expect([*names, shared.format(0)], among=rf"(?!predictor\.|{shared.format('[1-9][0-9]*')}).*")
        self._of = Layers((name, weights.take(name).to(device).float()) for name in names)
        self._relative = weights.take(shared.format(0)).to(device).float()
        g, v = (self._of.pop(f"encoder.pos_conv.0.weight_{x}") for x in "gv")
        self._position = v * (g / v.norm(dim=(0, 1), keepdim=True))  # weight norm over the last axis

    def features(self, wave: torch.Tensor) -> torch.Tensor:
        """Normalised filter bank (frames, 128) of a wave (n,) at 16 kHz, full scale 1; computed in
        float64, since in float32 quiet bins next to loud ones are off."""
        return ((fbank(wave.double() * 2**15, "povey", MELS) - MEAN) / SCALE).float()

    def patches(self, features: torch.Tensor) -> torch.Tensor:
        """Patch embeddings (tokens, embed_dim):
        8 tokens for 16 frames, frequency fastest; a last incomplete patch is dropped."""
        weight, bias = self._of["patch_embedding.weight"], self._of.get("patch_embedding.bias")
        return conv2d(features[None, None], weight, bias, stride=self._patch)[0].flatten(1).T

    def project(self, patches: torch.Tensor) -> torch.Tensor:
        """Patches normalised, at the width of the layers."""
        return self._of.linear(self._of.norm(patches, "layer_norm"), "post_extract_proj")

    def states(self, features: torch.Tensor) -> list[torch.Tensor]:
        """What enters the first layer, then the output of every layer, each (tokens, width)."""
        x = self.project(self.patches(features))
        kernel = self._position.shape[-1]
        around = conv1d(
            x.T[None], self._position, self._of["encoder.pos_conv.0.bias"], padding=kernel // 2, groups=self._groups
        )[0]
        # an even kernel gives one frame too many
        x = self._of.norm(x + gelu(around[:, : len(x)]).T, "encoder.layer_norm")
        states, bias = [x], self._bias(len(x), x.device)
        residual = (2 * self._depth) ** 0.25
        for i in range(self._depth):
            here = f"encoder.layers.{i}."
            x = self._of.norm(residual * x + self._attend(x, f"{here}self_attn.", bias), f"{here}self_attn_layer_norm")
            hidden = self._of.linear(gelu(self._of.linear(x, f"{here}fc1")), f"{here}fc2")
            x = self._of.norm(residual * x + hidden, f"{here}final_layer_norm")
            states.append(x)
        return states

    def __call__(self, wave: torch.Tensor) -> torch.Tensor:
        """Tokens (n, width) of a wave."""
        return self.states(self.features(wave))[-1]

    def _bias(self, length: int, device: Any) -> torch.Tensor:
        """Relative position bias (heads, queries, keys), by T5's buckets: half of them for keys
        that come later; of each half, one bucket a distance for the nearer half, then logarithmic
        up to the greatest distance, beyond which all share the last. Source: Raffel et al., arXiv
        1910.10683."""
        at = torch.arange(length, device=device)
        offset = at[None] - at[:, None]
        half = self._buckets // 2
        exact = half // 2
        far = offset.abs().clamp_min(1).float() / exact
        logarithmic = exact + (far.log() / math.log(self._distance / exact) * (half - exact)).long()
        near = offset.abs() < exact
        bucket = torch.where(near, offset.abs(), logarithmic.clamp_max(half - 1)) + (offset > 0) * half
        return embedding(bucket, self._relative).permute(2, 0, 1)

    def _attend(self, x: torch.Tensor, here: str, bias: torch.Tensor) -> torch.Tensor:
        """Attention over x (tokens, width), whose bias (heads, queries, keys) every head of every
        query scales by 2 + a(b g - 1): a and b in (0, 1) come from the query, g is learned. Source:
        Chi et al., arXiv 2106.16138 (gated relative position bias)."""
        q, k, v = (
            self._of.linear(x, f"{here}{name}_proj").reshape(len(x), self._heads, -1).transpose(0, 1) for name in "qkv"
        )
        gates = self._of.linear(q, f"{here}grep_linear").reshape(*q.shape[:2], 2, 4).sum(-1).sigmoid()
        first, second = gates.unsqueeze(-2).unbind(-1)
        gate = first * (second * self._of[f"{here}grep_a"][0] - 1) + 2
        mixed = scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=(gate * bias)[None])[0]
        return self._of.linear(mixed.transpose(0, 1).flatten(1), f"{here}out_proj")
