"""Transformers spelled out: one head at a time, no cache, no merged weights, in float64.

Written from the papers and from what the authors publish, without the code that they check: the references of
test_references.py are put together from these parts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

Change = Callable[[Tensor], Tensor]


class Named:
    """Tensors by name, in float64, and the layers that they are."""

    def __init__(self, tensors: Mapping[str, Tensor], prefix: str = "") -> None:
        self.of = {name[len(prefix) :]: t.double() for name, t in tensors.items() if name.startswith(prefix)}

    def __getitem__(self, name: str) -> Tensor:
        return self.of[name]

    def linear(self, name: str) -> Change:
        bias = self.of.get(f"{name}.bias", torch.zeros(1, dtype=torch.double))
        return lambda x: x @ self.of[f"{name}.weight"].T + bias

    def norm(self, name: str, eps: float = 1e-5) -> Change:
        return lambda x: normed(x, eps) * self.of[f"{name}.weight"] + self.of[f"{name}.bias"]

    def rms(self, name: str, eps: float) -> Change:
        return lambda x: x / (x.pow(2).mean(-1, keepdim=True) + eps).sqrt() * self.of[f"{name}.weight"]


def normed(x: Tensor, eps: float) -> Tensor:
    """Layer norm without weights."""
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.pow(2).mean(-1, keepdim=True) + eps).sqrt()


def gelu(x: Tensor) -> Tensor:
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


def silu(x: Tensor) -> Tensor:
    return x / (1 + torch.exp(-x))


def softmax(x: Tensor) -> Tensor:
    powers = torch.exp(x - x.max(-1, keepdim=True).values)
    return powers / powers.sum(-1, keepdim=True)


def heads_of(x: Tensor, heads: int) -> list[Tensor]:
    """(n, width) as `heads` neighbouring slices of its columns."""
    return list(x.split(x.shape[-1] // heads, -1))


def attention(q: Tensor, k: Tensor, v: Tensor, heads: int, *, causal: bool = False, bias: Any = None) -> Tensor:
    """Attention, head by head. bias: what is added to each head's scores."""
    mixed = []
    for head, (a, b, c) in enumerate(zip(heads_of(q, heads), heads_of(k, heads), heads_of(v, heads), strict=True)):
        scores = a @ b.T / math.sqrt(a.shape[-1])
        if bias is not None:
            scores = scores + bias[head]
        if causal:
            later = torch.ones(scores.shape, dtype=torch.bool).triu(1)
            scores = scores.masked_fill(later, -math.inf)
        mixed.append(softmax(scores) @ c)
    return torch.cat(mixed, -1)


def block(x: Tensor, heads: int, norms: tuple[Change, Change], qkv: Iterable[Change], *rest: Change) -> Tensor:
    """A block of an encoder that normalises first. rest: output projection, and the two of the feed-forward part."""
    out, up, down = rest
    y = norms[0](x)
    x = x + out(attention(*(change(y) for change in qkv), heads))
    return x + down(gelu(up(norms[1](x))))


def turned(x: Tensor, heads: int, theta: float, *, neighbours: bool) -> Tensor:
    """Rotary positions (Su et al., arXiv 2104.09864): pairs of dimensions as complex numbers, turned by the position.
    neighbours: a pair is two dimensions next to each other (Meta's LLaMA), or one of either half (transformers)."""
    found = []
    for part in heads_of(x, heads):
        width = part.shape[-1]
        angles = torch.arange(len(x)).double()[:, None] * theta ** (-torch.arange(0, width, 2).double() / width)
        first, second = (part[:, 0::2], part[:, 1::2]) if neighbours else part.split(width // 2, -1)
        pairs = torch.complex(first, second) * torch.polar(torch.ones_like(angles), angles)
        both = [pairs.real, pairs.imag]
        found.append(torch.stack(both, -1).flatten(1) if neighbours else torch.cat(both, -1))
    return torch.cat(found, -1)


def llama(
    x: Tensor,
    layers: int,
    heads: int,
    project: Callable[[int, str], Change],
    norm: Callable[[int, int], Change],
    *,
    theta: float = 10_000.0,
    neighbours: bool = False,
    heard: Callable[[int, Tensor], Tensor] = lambda layer, mixed: mixed,
) -> Tensor:
    """A LLaMA's layers over embeddings (n, width). `project(layer, name)` for q, k, v, o, gate, up, down; `norm(layer,
    0 or 1)`; `heard(layer, mixed)` is what an adapter makes of the attention's output."""
    for layer in range(layers):
        y = norm(layer, 0)(x)
        q, k = (turned(project(layer, name)(y), heads, theta, neighbours=neighbours) for name in "qk")
        mixed = attention(q, k, project(layer, "v")(y), heads, causal=True)
        x = x + project(layer, "o")(heard(layer, mixed))
        y = norm(layer, 1)(x)
        x = x + project(layer, "down")(silu(project(layer, "gate")(y)) * project(layer, "up")(y))
    return x


def with_branch(base: Change, down: Tensor, up: Tensor, scale: float) -> Change:
    """A low-rank update beside what it updates, as it was trained (Hu et al., arXiv 2106.09685)."""
    return lambda x: base(x) + scale * ((x @ down.double().T) @ up.double().T)


def kaldi_fbank(wave: np.ndarray, window: str, mels: int = 128) -> np.ndarray:
    """Kaldi's filter bank frame by frame, from feat/feature-window.cc and feat/mel-computations.cc, at 16 kHz."""
    n = np.arange(400)
    shape = 0.5 - 0.5 * np.cos(2 * np.pi * n / 399)
    shape = shape**0.85 if window == "povey" else shape

    def mel(hz: float) -> float:
        return 1127 * math.log(1 + hz / 700)

    low, high = mel(20), mel(8000)
    step = (high - low) / (mels + 1)
    bank = np.zeros((mels, 257))
    for band in range(mels):
        left, centre, right = (low + (band + k) * step for k in range(3))
        for at in range(256):
            here = mel(at * 16_000 / 512)
            if left < here <= centre:
                bank[band, at] = (here - left) / (centre - left)
            elif centre < here < right:
                bank[band, at] = (right - here) / (right - centre)
    rows = []
    for start in range(0, len(wave) - 399, 160):
        frame = wave[start : start + 400].astype(np.float64)
        frame = frame - frame.mean()
        emphasised = [frame[0] - 0.97 * frame[0]] + [frame[i] - 0.97 * frame[i - 1] for i in range(1, 400)]
        power = np.abs(np.fft.rfft(np.array(emphasised) * shape, 512)) ** 2
        rows.append(np.log(np.maximum(bank @ power, np.finfo(np.float32).eps)))
    return np.array(rows).reshape(-1, mels)


def whisper_mel(wave: np.ndarray, samples: int, mels: int = 80) -> np.ndarray:
    """Whisper's log-mel (mels, samples // 160) of a wave padded with zeros to `samples`, from openai/whisper's
    audio.py: Slaney's filters, the quietest 8 (log10) below the loudest."""

    def to_hz(mel: float) -> float:
        return mel * 200 / 3 if mel < 15 else 1000 * math.exp((mel - 15) * math.log(6.4) / 27)

    top = 15 + math.log(8) / (math.log(6.4) / 27)
    edges = [to_hz(top * i / (mels + 1)) for i in range(mels + 2)]
    bins = np.arange(201) * 40.0
    bank = np.array(
        [
            np.maximum(0, np.minimum((bins - a) / (b - a), (c - bins) / (c - b))) * 2 / (c - a)
            for a, b, c in zip(edges, edges[1:], edges[2:], strict=False)
        ]
    )
    padded = np.pad(np.pad(wave.astype(np.float64), (0, samples - len(wave))), 200, mode="reflect")
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    power = np.array([np.abs(np.fft.rfft(padded[i * 160 :][:400] * hann)) ** 2 for i in range(samples // 160)])
    found = np.log10(np.maximum(bank @ power.T, 1e-10))
    return (np.maximum(found, found.max() - 8) + 4) / 4


def whisper_layers(mel: Tensor, of: Named, heads: int) -> list[Tensor]:
    """What every block of a Whisper encoder, under transformers' names, makes of a log-mel; no final norm."""
    x = gelu(torch.nn.functional.conv1d(mel[None], of["conv1.weight"], of["conv1.bias"], padding=1))
    x = gelu(torch.nn.functional.conv1d(x, of["conv2.weight"], of["conv2.bias"], stride=2, padding=1))[0].T
    x = x + of["embed_positions.weight"][: len(x)]
    found = []
    for i in range(len({name.split(".")[1] for name in of.of if name.startswith("layers.")})):
        here = f"layers.{i}."
        norms = of.norm(f"{here}self_attn_layer_norm"), of.norm(f"{here}final_layer_norm")
        qkv = [of.linear(f"{here}self_attn.{n}_proj") for n in "qkv"]
        x = block(x, heads, norms, qkv, *(of.linear(here + n) for n in ("self_attn.out_proj", "fc1", "fc2")))
        found.append(x)
    return found
