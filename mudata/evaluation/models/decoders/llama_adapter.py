"""LLaMA-Adapter bridges: a clip becomes one vector,
which the attention of some layers adds to every position.

MU-LLaMA (Liu et al., arXiv 2308.11276) and M2UGen (Liu et al., arXiv 2311.11255) share it. Names of
tensors are those of their checkpoint.pth; facts are from shansongliu/MU-LLaMA at c7c8db61 and
shansongliu/M2UGen at 2c702a48.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import conv1d, linear, normalize, rms_norm, silu

from mudata.evaluation.models.decoders.audio_llm import AudioLLM
from mudata.evaluation.models.decoders.causal_lm import causal_lm
from mudata.evaluation.models.decoders.generation import PromptEmbedding
from mudata.evaluation.models.decoders.llama_tokenizer import LlamaTokenizer
from mudata.evaluation.models.decoders.lora import merged
from mudata.evaluation.models.encoders.mert import RATE, RENAMED, Mert
from mudata.evaluation.models.encoders.mixdown import mean_of_resampled
from mudata.evaluation.models.weights.tensors import read_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.models.weights.tensors import Weights
    from mudata.evaluation.protocol import Question

EPS = 1e-6
"""Of the bridge's norms; the language model has its own, from params.json."""
BLOCKS = 3
NEW_NAMES = {
    "attention.wq": "self_attn.q_proj",
    "attention.wk": "self_attn.k_proj",
    "attention.wv": "self_attn.v_proj",
    "attention.wo": "self_attn.o_proj",
    "feed_forward.w1": "mlp.gate_proj",
    "feed_forward.w2": "mlp.down_proj",
    "feed_forward.w3": "mlp.up_proj",
}
"""Names of Meta's LLaMA, and of transformers'."""


class Bridged(AudioLLM):
    """MERT, a bridge, and a LLaMA with low-rank updates (scale 1), biases and adapter layers.

    A subclass says which rows of `prefix_query` the clip's
    vector is added to (`_hearing_rows`), and the prompt.
    """

    RATE, LONGEST_S = RATE, 60.0  # the authors' loop over minutes never gets past the first

    def waveform(self, audio: NDArray[np.float32], rate: int) -> torch.Tensor:
        """Channels resampled to 24 kHz each, then averaged;
        all of them, `hear` takes the first minute."""
        return mean_of_resampled(audio, rate, self.RATE)

    def _weights(self, folder: Path) -> Weights:
        """The trained tensors, without anything that only other modalities need."""
        raise NotImplementedError

    def _hearing_rows(self, rows: int) -> range:
        """Which of the adapter layers' queries hear the clip."""
        raise NotImplementedError

    def _load(self, folder: Path, device: str, dtype: torch.dtype) -> None:
        weights = self._weights(folder)
        self.mert = Mert(folder / "MERT-v1-330M", weights.under("mert_model.", RENAMED), device)
        names = ["mu_mert_agg.weight", "mu_mert_agg.bias", "mu_mert_proj.weight", "mu_mert_proj.bias"]
        names += [f"mu_mert_{x}_{i}.weight" for i in range(1, BLOCKS + 1) for x in ("norm", "f1", "f2", "f3")]
        self._bridge = {name: weights.take(name).to(device).float() for name in (*names, "prefix_query.weight")}
        self.llm = _llama(folder, weights, device, dtype)
        self._install(weights, device, dtype)
        weights.finish()
        self.tokenizer = LlamaTokenizer(folder / "LLaMA" / "tokenizer.model")

    def _install(self, weights: Weights, device: str, dtype: torch.dtype) -> None:
        """Let the last layers add their adapter term in front of the output projection.

        Attention over a single key is its value, whatever the query: the term of row r is
        tanh(gate) * value projection of the clip's vector, (batch, 1, width), the same at every
        position. It is added to the heads' outputs (batch, positions, width).
        """
        layers = self.llm.model.layers
        rows = len(self._bridge["prefix_query.weight"])
        self._terms: list[torch.Tensor | None] = [None] * rows
        self._values: list[torch.Tensor] = []
        for row, layer in enumerate(range(len(layers) - rows, len(layers))):
            gate = weights.take(f"llama.layers.{layer}.attention.gate").flatten().float().tanh()
            value = weights.take(f"llama.layers.{layer}.attention.wv.weight").float()  # without its low-rank update
            gated = gate.repeat_interleave(len(value) // len(gate))[:, None] * value
            self._values.append(gated.to(device))
            layers[layer].self_attn.o_proj.register_forward_pre_hook(self._adding(row))
        weights.let_go(r"llama\.layers\.\d+\.attention\.gate")  # of layers that do not hear

    def _adding(self, row: int) -> Any:
        def add(_: torch.nn.Module, inputs: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
            term = self._terms[row]
            return inputs if term is None else (inputs[0] + term.to(inputs[0].dtype),)

        return add

    @contextlib.contextmanager
    def attending(self, prompts: Sequence[PromptEmbedding]) -> Iterator[None]:
        """While this lasts, the language model hears the clips of these prompts, in this order."""
        adapters = [prompt.adapter for prompt in prompts if prompt.adapter is not None]
        vectors = torch.stack(adapters)  # (batch, rows, width)
        self._terms = [linear(vectors[:, row], value)[:, None] for row, value in enumerate(self._values)]
        try:
            yield
        finally:
            self._terms = [None] * len(self._terms)

    def stages(self, wave: torch.Tensor) -> dict[str, torch.Tensor]:
        """Of a wave (n,): mert, hidden states (layers + 1, frames, width of MERT); aggregate, their
        mean over time, layers mixed (width of MERT,); vector, what adapter layers hear (width of
        the language model,)."""
        bridge = self._bridge
        states = self.mert.hidden_states(wave[: round(self.LONGEST_S * self.RATE)])
        mean = states.mean(1)[None]
        mixed = conv1d(mean, bridge["mu_mert_agg.weight"], bridge["mu_mert_agg.bias"])[0, 0]
        return {"mert": states, "aggregate": mixed, "vector": self._vector(mixed)}

    def _vector(self, aggregate: torch.Tensor) -> torch.Tensor:
        """Through a projection and three residual blocks of SwiGLU."""
        of = self._bridge
        # the authors' cache of nearest neighbours, at weight 0, leaves this factor
        unit = normalize(aggregate, dim=-1) / (1 + 1e-6)
        x = linear(unit, of["mu_mert_proj.weight"], of["mu_mert_proj.bias"])
        for i in range(1, BLOCKS + 1):
            f1, f2, f3 = (of[f"mu_mert_f{k}_{i}.weight"] for k in (1, 2, 3))
            n = rms_norm(x, x.shape[-1:], of[f"mu_mert_norm_{i}.weight"], EPS)
            x = x + linear(silu(linear(n, f1)) * linear(n, f3), f2)
        return x

    def compose(self, audio: torch.Tensor, prompt: str, question: Question) -> PromptEmbedding:
        """Text alone, and the vectors that the adapter layers add."""
        ids = [self.tokenizer.bos, *self.tokenizer.encode(self.template(prompt))]
        queries = self._bridge["prefix_query.weight"]
        hears = torch.zeros(len(queries), 1, device=queries.device)
        hears[list(self._hearing_rows(len(queries)))] = 1
        embeds = self.llm.get_input_embeddings()(torch.tensor(ids, device=audio.device))
        return PromptEmbedding(embeds, tuple(ids), queries + hears * audio)

    def template(self, prompt: str) -> str:
        """The text around a prompt, as the model was taught."""
        raise NotImplementedError

    def continuation(self, option: str) -> list[int]:
        return self.tokenizer.encode(option)


def _llama(folder: Path, weights: Weights, device: str, dtype: torch.dtype) -> Any:
    """The language model. Sizes are those of the tensors;
    params.json has the number of heads and the epsilon."""
    from transformers import LlamaConfig

    params = read_json(folder / "LLaMA" / "7B" / "params.json")
    vocabulary, width = weights.shape("llama.tok_embeddings.weight")
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=weights.shape("llama.layers.0.feed_forward.w1.weight")[0],
        num_hidden_layers=weights.count(r"llama\.layers\.(\d+)\..*"),
        num_attention_heads=params["n_heads"],
        rms_norm_eps=params["norm_eps"],
        attention_bias=True,
        mlp_bias=True,
        tie_word_embeddings=False,
        max_position_embeddings=8192,
    )
    return causal_lm(config, _renamed(weights, config), "checkpoint.pth", device, dtype)


def _renamed(weights: Weights, config: Any) -> Iterator[tuple[str, torch.Tensor]]:
    """Meta's LLaMA with its updates merged,
    under transformers' names and in its order of rotary dimensions."""
    outer = {"tok_embeddings": "model.embed_tokens", "norm": "model.norm", "output": "lm_head"}
    for old, new in outer.items():
        yield f"{new}.weight", weights.take(f"llama.{old}.weight")
    for layer in range(config.num_hidden_layers):
        here, there = f"llama.layers.{layer}.", f"model.layers.{layer}."
        yield f"{there}input_layernorm.weight", weights.take(f"{here}attention_norm.weight")
        yield f"{there}post_attention_layernorm.weight", weights.take(f"{here}ffn_norm.weight")
        for old, new in NEW_NAMES.items():
            room, _, part = old.partition(".")
            down, up = (weights.take(f"{here}{room}.lora_{part}_l{k}.weight") for k in (1, 2))
            weight = merged(weights.take(f"{here}{old}.weight"), down, up, 1.0)
            plain = part in ("wk", "wv")  # these were given no bias
            bias = weight.new_zeros(len(weight)) if plain else weights.take(f"{here}{old}.bias").float()
            if part in ("wq", "wk"):
                weight, bias = (_half_split(x, config.num_attention_heads) for x in (weight, bias))
            yield f"{there}{new}.weight", weight
            yield f"{there}{new}.bias", bias


def _half_split(rows: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows of a query or key projection,
    from Meta's order of rotary pairs (neighbours) to transformers' (halves)."""
    shape = rows.shape
    return rows.reshape(heads, -1, 2, *shape[1:]).transpose(1, 2).reshape(shape)
