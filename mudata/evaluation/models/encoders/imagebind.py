"""The audio branch of ImageBind-huge (Girdhar et al., arXiv 2305.05665):
one vector for three pieces of 2 s.

Facts are from facebookresearch/ImageBind at 53680b02 and the
clip sampler of facebookresearch/pytorchvideo at 28fe037d.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import torch
from torch.nn.functional import conv2d, gelu, linear, normalize, pad, scaled_dot_product_attention

from mudata.evaluation.models.encoders.fbank import fbank
from mudata.evaluation.models.encoders.layers import Layers
from mudata.evaluation.models.weights.tensors import Weights, read

RATE, MELS, FRAMES = 16_000, 128, 204
PIECES, PIECE_S = 3, 2
MEAN, SCALE = -4.268, 9.138
"""Of AudioSet's filter banks (imagebind/data.py)."""
STRIDE = 10
STEM_EPS, EPS = 1e-5, 1e-6
LARGEST_SCALE = 100.0


class ImageBindAudio:
    """The branch, in float32. heads:
    attention heads, which the file does not store (12 as published)."""

    def __init__(self, file: Path, heads: int, device: str) -> None:
        weights = read(file)
        self._heads = heads
        self._of = Layers((name, weights.take(name).to(device).float()) for name in weights if ".audio." in name)
        self._depth = weights.count(r"modality_trunks\.audio\.blocks\.(\d+)\..*")
        _check(weights, self._depth)

    def features(self, wave: torch.Tensor) -> torch.Tensor:
        """Filter banks (3, 1, 128, 204) of a wave (channels, n) at 16 kHz:
        pieces at the start, the middle and the end.

        The mean over all channels is taken off each piece in place, so that pieces that overlap
        (below 6 s) see it twice; only the first channel is heard then. The weights of ModaVerse
        were trained so.
        """
        wave = wave.clone()
        banks = []
        for place in pieces(wave.shape[1]):
            piece = wave[:, place]
            piece -= piece.mean()
            mel = fbank(piece[0], "hanning", MELS).T[:, :FRAMES]
            banks.append((pad(mel, (0, FRAMES - mel.shape[1])) - MEAN) / SCALE)
        return torch.stack(banks)[:, None]

    def trunk(self, features: torch.Tensor) -> torch.Tensor:
        """Tokens (3, 1 + patches, width)."""
        of, pre = self._of, "modality_preprocessors.audio."
        patches = conv2d(features, of[f"{pre}rgbt_stem.proj.weight"], stride=STRIDE).flatten(2).transpose(1, 2)
        x = self._of.norm(patches, f"{pre}rgbt_stem.norm_layer", STEM_EPS)
        x = torch.cat([of[f"{pre}cls_token"].expand(len(x), -1, -1), x], 1)
        x = x + of[f"{pre}pos_embedding_helper.pos_embed"]
        for i in range(self._depth):
            here = f"modality_trunks.audio.blocks.{i}."
            x = x + self._attend(self._of.norm(x, f"{here}norm_1", EPS), f"{here}attn.")
            hidden = gelu(self._of.linear(self._of.norm(x, f"{here}norm_2", EPS), f"{here}mlp.fc1"))
            x = x + self._of.linear(hidden, f"{here}mlp.fc2")
        return x

    def head(self, tokens: torch.Tensor) -> torch.Tensor:
        """One vector (output,) of the trunk's tokens:
        the mean of three scaled unit vectors, made of each piece's first token."""
        first = self._of.norm(tokens[:, 0], "modality_heads.audio.0", EPS)
        unit = normalize(linear(first, self._of["modality_heads.audio.2.weight"]), dim=-1)
        scale = self._of["modality_postprocessors.audio.1.log_logit_scale"].exp().clamp_max(LARGEST_SCALE)
        return (scale * unit).mean(0)

    def _attend(self, x: torch.Tensor, here: str) -> torch.Tensor:
        """Attention with one learned key and value more than there are tokens."""
        of, batch = self._of, len(x)
        q, k, v = linear(x, of[f"{here}in_proj_weight"], of[f"{here}in_proj_bias"]).chunk(3, -1)
        k, v = (torch.cat([y, of[f"{here}bias_{n}"].expand(batch, -1, -1)], 1) for n, y in (("k", k), ("v", v)))
        q, k, v = (y.reshape(batch, y.shape[1], self._heads, -1).transpose(1, 2) for y in (q, k, v))
        return self._of.linear(scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2), f"{here}out_proj")


def pieces(samples: int) -> list[slice]:
    """Where the three pieces of a clip of so many samples lie:
    those of 52,912 samples begin at 0, 10455 and 20911.

    The sampler takes a clip's length in seconds as a float, subtracts in floats, and keeps exact
    fractions of what is left; so the last piece of 52,912 samples ends one sample early.
    """
    last = Fraction(max(samples / RATE - PIECE_S, 0.0))
    starts = [last * i / (PIECES - 1) for i in range(PIECES)]
    return [slice(int(start * RATE), int((start + PIECE_S) * RATE)) for start in starts]


def _check(weights: Weights, depth: int) -> None:
    """Every tensor of the branch is there and none is unknown;
    those of the other senses are let go."""
    parts = ("norm_1", "norm_2", "attn.out_proj", "mlp.fc1", "mlp.fc2")
    wanted = {f"{part}.{x}" for part in parts for x in ("weight", "bias")}
    wanted |= {f"attn.{x}" for x in ("in_proj_weight", "in_proj_bias", "bias_k", "bias_v")}
    pre = "modality_preprocessors.audio."
    names = {f"modality_trunks.audio.blocks.{i}.{name}" for i in range(depth) for name in wanted}
    names |= {f"{pre}{x}" for x in ("cls_token", "rgbt_stem.proj.weight", "pos_embedding_helper.pos_embed")}
    names |= {f"{pre}rgbt_stem.norm_layer.{x}" for x in ("weight", "bias")}
    names |= {f"modality_heads.audio.{x}" for x in ("0.weight", "0.bias", "2.weight")}
    names |= {"modality_postprocessors.audio.1.log_logit_scale"}
    weights.expect(names, among=r".*\.audio\..*")
