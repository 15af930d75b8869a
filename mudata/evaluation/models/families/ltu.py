"""LTU, Listen, Think, and Understand (Gong et al., arXiv 2305.10790):
an audio spectrogram transformer before Vicuna.

Folder, as its authors lay it out: `vicuna_ltu/` (Vicuna-7B v1.1) and `ltu_ori_paper.bin` (what was
trained). Facts are from YuanGongND/ltu at 2002aad8, src/ltu. The quirks below are kept, because the
weights were trained with them.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import gelu, layer_norm, linear, scaled_dot_product_attention

from mudata.evaluation.models.decoders.audio_llm import AudioLLM
from mudata.evaluation.models.decoders.causal_lm import causal_lm, with_lora
from mudata.evaluation.models.decoders.generation import GenerationConfig, PromptEmbedding
from mudata.evaluation.models.decoders.llama_tokenizer import LlamaTokenizer
from mudata.evaluation.models.encoders.fbank import fbank
from mudata.evaluation.models.encoders.layers import Layers
from mudata.evaluation.models.encoders.mixdown import first_channel
from mudata.evaluation.models.weights.tensors import Weights, read

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.protocol import Question

FRAMES, MELS, PATCH = 1024, 128, 16
MEAN, SCALE = -5.081, 4.4849
"""Of the training set's filter banks (src/ltu/inference_gradio.py)."""
EPS = 1e-5
LORA_SCALE = 2.0
"""alpha 16 / r 8 (src/ltu/finetune.py)."""
PREFIX = "base_model.model.model."


class LTU(AudioLLM):
    """LTU. `vit_heads`: attention heads of its audio encoder, which no file stores."""

    RATE, LONGEST_S = 16_000, (FRAMES - 1) * 0.01 + 0.025
    GREEDY = GenerationConfig((2,), max_new_tokens=400)
    PAPER = GenerationConfig(
        (2,), max_new_tokens=400, sample=True, temperature=0.1, top_p=0.95, top_k=500, repetition_penalty=1.1
    )

    def __init__(self, checkpoint: str, *, vit_heads: int = 12, **options: Any) -> None:
        super().__init__(checkpoint, **options)
        self._heads = vit_heads

    def _load(self, folder: Path, device: str, dtype: torch.dtype) -> None:
        from transformers import LlamaConfig

        base, trained = read(folder / "vicuna_ltu"), read(folder / "ltu_ori_paper.bin")
        config = LlamaConfig.from_pretrained(folder / "vicuna_ltu")
        tensors = with_lora(base.under(""), trained, PREFIX, LORA_SCALE)
        self.llm = causal_lm(config, tensors, "vicuna_ltu", device, dtype)
        self.encoder = _Encoder(trained, self._heads, device)
        self._project = tuple(trained.take(f"{PREFIX}audio_proj.1.{x}").to(device).float() for x in ("weight", "bias"))
        trained.finish()
        self.tokenizer = LlamaTokenizer(folder / "vicuna_ltu" / "tokenizer.model")

    def waveform(self, audio: NDArray[np.float32], rate: int) -> torch.Tensor:
        """The first channel at 16 kHz, less the mean of the whole clip."""
        wave = first_channel(audio, rate, self.RATE)
        return wave - wave.mean()

    def stages(self, wave: torch.Tensor) -> dict[str, torch.Tensor]:
        """Of a wave (n,): features, the filter bank (1024, 128); encoder, tokens (512, 768), in
        rows of one frequency; positions (32, width of the language model)."""
        features = self._features(wave)
        tokens = self.encoder(features)
        return {"features": features, "encoder": tokens, "positions": self._positions(tokens)}

    def _features(self, wave: torch.Tensor) -> torch.Tensor:
        """Padded with zeros first and normalised then, so that padding is not zero."""
        frames = fbank(wave, "hanning", MELS)[:FRAMES]
        padded = torch.nn.functional.pad(frames, (0, 0, 0, FRAMES - len(frames)))
        return (padded - MEAN) / SCALE

    def _positions(self, tokens: torch.Tensor) -> torch.Tensor:
        """Tokens averaged over frequency and over pairs in time, divided by 50 and normalised
        without weights, so that the epsilon matters."""
        rows = tokens.reshape(MELS // PATCH, -1, tokens.shape[-1]).mean(0)
        pooled = rows.reshape(-1, 2, rows.shape[-1]).mean(1) / 50
        return linear(layer_norm(pooled, pooled.shape[-1:], eps=EPS), *self._project)

    def compose(self, audio: torch.Tensor, prompt: str, question: Question) -> PromptEmbedding:
        """Audio first, then BOS and the short Alpaca prompt."""
        ids = [self.tokenizer.bos, *self.tokenizer.encode(f"### Instruction:\n{prompt}\n\n### Response:\n")]
        text = self.llm.get_input_embeddings()(torch.tensor(ids, device=audio.device))
        return PromptEmbedding(torch.cat([audio.to(text.dtype), text]), tuple(ids))

    def finish(self, ids: list[int]) -> str:
        return self.tokenizer.decode(ids).strip()

    def continuation(self, option: str) -> list[int]:
        return self.tokenizer.encode(option)


class _Encoder:
    """The audio branch of CAV-MAE:
    patches, frequency first, through pre-norm transformer blocks, in float32."""

    def __init__(self, weights: Weights, heads: int, device: str) -> None:
        prefix = f"{PREFIX}audio_encoder."
        depth = {x: weights.count(rf"{re.escape(prefix)}{x}\.(\d+)\..*") for x in ("blocks_a", "blocks_u")}
        self._heads = heads
        self._blocks = [
            *((f"blocks_a.{i}", "norm1", "norm2") for i in range(depth["blocks_a"])),
            # the block that both modalities shared has norms of its own for audio
            *((f"blocks_u.{i}", "norm1_a", "norm2_a") for i in range(depth["blocks_u"])),
        ]
        layers = [
            f"{b}.{x}" for b, *norms in self._blocks for x in (*norms, "attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2")
        ]
        named = [f"{x}.{part}" for x in (*layers, "patch_embed_a.proj", "norm_a") for part in ("weight", "bias")]
        self._of = Layers(
            (name, weights.take(prefix + name).to(device).float()) for name in (*named, "pos_embed_a", "modality_a")
        )
        weights.let_go(rf"{re.escape(prefix)}blocks_.\.\d+\.norm\d(_[av])?\.(weight|bias)")  # norms of other paths

    def __call__(self, features: torch.Tensor) -> torch.Tensor:
        """Tokens (512, width) of a filter bank (1024, 128)."""
        of = self._of
        patches = torch.nn.functional.conv2d(
            features.T[None, None], of["patch_embed_a.proj.weight"], of["patch_embed_a.proj.bias"], stride=PATCH
        )
        x = patches.flatten(2).transpose(1, 2)[0] + of["pos_embed_a"][0] + of["modality_a"][0]
        for block, first, second in self._blocks:
            x = x + self._attend(block, self._of.norm(x, f"{block}.{first}"))
            hidden = gelu(self._of.linear(self._of.norm(x, f"{block}.{second}"), f"{block}.mlp.fc1"))
            x = x + self._of.linear(hidden, f"{block}.mlp.fc2")
        return self._of.norm(x, "norm_a")

    def _attend(self, block: str, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self._of.linear(x, f"{block}.attn.qkv").reshape(len(x), 3, self._heads, -1).permute(1, 2, 0, 3)
        mixed = scaled_dot_product_attention(q, k, v, scale=1 / math.sqrt(q.shape[-1]))
        return self._of.linear(mixed.transpose(0, 1).flatten(1), f"{block}.attn.proj")
