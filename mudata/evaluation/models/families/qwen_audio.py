"""Qwen-Audio and Qwen-Audio-Chat (Chu et al., arXiv 2311.07919):
a Whisper-like encoder before Qwen-7B.

Folder, as published (`Qwen/Qwen-Audio-Chat`): safetensors, config.json, qwen.tiktoken. Facts are
from QwenLM/Qwen-Audio at b50fb958. Qwen-7B is Qwen2's architecture under other names; the encoder
is its own, because it cuts the spectrogram to the clip before its convolutions, where Whisper's and
Qwen2-Audio's read 30 s.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import avg_pool1d, conv1d, gelu, scaled_dot_product_attention

from mudata.errors import ModelError
from mudata.evaluation.models.decoders.audio_llm import AudioLLM
from mudata.evaluation.models.decoders.causal_lm import causal_lm
from mudata.evaluation.models.decoders.generation import GenerationConfig, PromptEmbedding
from mudata.evaluation.models.decoders.qwen_tokenizer import (
    AUDIO_END,
    AUDIO_PAD,
    AUDIO_START,
    AUDIO_TAGS,
    END,
    IM_END,
    IM_START,
    SPECIALS,
    QwenTokenizer,
)
from mudata.evaluation.models.encoders.layers import Layers
from mudata.evaluation.models.encoders.mixdown import as_ffmpeg
from mudata.evaluation.models.weights.tensors import Weights, read, read_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.protocol import Question

HOP = 160
BLOCK = ("attn.query", "attn.key", "attn.value", "attn.out", "attn_ln", "mlp.0", "mlp.2", "mlp_ln")
SYSTEM = "You are a helpful assistant."
ANALYSIS = "<|startofanalysis|>"
CAPTION = f"{ANALYSIS}<|unknown|><|caption|><|en|><|notimestamps|><|caption_plain|>"
"""What the base model is told instead of a question
(eval_audio/evaluate_audiocaps.py and TUTORIAL.md)."""


class QwenAudio(AudioLLM):
    """Either model. chat: whether the checkpoint follows instructions; the base model knows
    tasks by tags only, and gets its caption tag for captions and its question tags for
    everything else."""

    RATE, LONGEST_S = 16_000, 30.0
    GREEDY = GenerationConfig((0,), max_new_tokens=512)
    PAPER = GenerationConfig((0,), max_new_tokens=512, sample=True, top_p=0.5)

    def __init__(self, checkpoint: str, *, chat: bool = True, **options: Any) -> None:
        super().__init__(checkpoint, **options)
        self._chat = chat
        self.capabilities = dataclasses.replace(self.capabilities, audio_optional=chat)

    def _load(self, folder: Path, device: str, dtype: torch.dtype) -> None:
        from transformers import Qwen2Config, WhisperFeatureExtractor

        settings = read_json(folder / "config.json")
        if settings.get("model_type") != "qwen" or "audio" not in settings:
            raise ModelError(f"{folder.name} is not Qwen-Audio: its config.json says otherwise.", "Check the folder.")
        weights = read(folder)
        config = Qwen2Config(
            vocab_size=weights.shape("transformer.wte.weight")[0],
            hidden_size=settings["hidden_size"],
            intermediate_size=settings["intermediate_size"] // 2,  # the file counts both branches
            num_hidden_layers=settings["num_hidden_layers"],
            num_attention_heads=settings["num_attention_heads"],
            num_key_value_heads=settings["num_attention_heads"],
            rms_norm_eps=settings["layer_norm_epsilon"],
            rope_parameters={"rope_type": "default", "rope_theta": float(settings["rotary_emb_base"])},
            max_position_embeddings=settings["max_position_embeddings"],
            tie_word_embeddings=False,
        )
        self.llm = causal_lm(config, _renamed(weights, config.num_hidden_layers), folder.name, device, dtype)
        self.encoder = _Encoder(weights, settings["audio"], device)
        weights.let_go(r"transformer\.rotary_emb\.inv_freq")
        weights.finish()
        # past this many positions dynamic scaling of the rotary table and of the logits would set in
        self._longest = int(settings["seq_length"])
        self.tokenizer = QwenTokenizer(folder / "qwen.tiktoken")
        self._mel: Any = WhisperFeatureExtractor(feature_size=settings["audio"]["n_mels"])

    def waveform(self, audio: NDArray[np.float32], rate: int) -> torch.Tensor:
        """The mean of the channels at 16 kHz, in 16 bit, as ffmpeg hands it over."""
        return as_ffmpeg(audio, rate, self.RATE)[: round(self.LONGEST_S * self.RATE)]

    def stages(self, wave: torch.Tensor) -> dict[str, torch.Tensor]:
        """Of a wave (n,): features, the log-mel (80, 2 T), T = ceil(n // 160 / 2); encoder, the
        frames (T, width) after the last block; positions (T // 2 + 2, width): a begin vector, 25
        frames a second, an end vector."""
        features = self._features(wave)
        frames = self.encoder.blocks(features)
        positions = self.encoder.positions(frames)
        return {"features": features, "encoder": frames, "positions": positions}

    def _features(self, wave: torch.Tensor) -> torch.Tensor:
        """Of the clip padded to 30 s, whose quietest values count as well, then cut to the clip."""
        mel = self._mel(wave.cpu().numpy(), sampling_rate=self.RATE, return_tensors="pt")
        cut: torch.Tensor = mel.input_features[0][:, : 2 * -(-(len(wave) // HOP) // 2)]
        return cut.to(wave.device)

    def compose(self, audio: torch.Tensor, prompt: str, question: Question) -> PromptEmbedding:
        """The chat form, pieces of which are tokenised one by one as in training;
        or the base model's tags."""
        text = self.tokenizer
        span = self.audio_ids(len(audio))
        if not self._chat:
            tags = CAPTION if question.kind == "caption" else f"{ANALYSIS}<|en|><|question|>{prompt}<|answer|>"
            return self.place(audio, [*span, *text.encode(tags, SPECIALS)])
        return self.place(audio, self._turn([*text.encode("Audio 1:"), *span, *text.encode(f"\n{prompt}", AUDIO_TAGS)]))

    def compose_words(self, prompt: str) -> PromptEmbedding:
        """The chat form of a turn without audio."""
        turn = self._turn(self.tokenizer.encode(prompt, AUDIO_TAGS))
        return PromptEmbedding(self.llm.get_input_embeddings()(torch.tensor(turn, device=self.device)), tuple(turn))

    def _turn(self, said: list[int]) -> list[int]:
        """The ids of a whole chat in which the user says this."""
        text, ids = self.tokenizer, self.tokenizer.ids
        start, end, line = [ids[IM_START]], [ids[IM_END]], text.encode("\n")
        return [
            *(*start, *text.encode("system"), *line, *text.encode(SYSTEM), *end, *line),
            *(*start, *text.encode("user"), *line, *said, *end, *line),
            *(*start, *text.encode("assistant"), *line),
        ]

    def audio_ids(self, positions: int) -> list[int]:
        """The span of so many positions that `place` fills, from its begin tag to its end tag."""
        ids = self.tokenizer.ids
        return [ids[AUDIO_START], *[ids[AUDIO_PAD]] * (positions - 2), ids[AUDIO_END]]

    def place(self, audio: torch.Tensor, ids: list[int]) -> PromptEmbedding:
        """Put what was heard over the positions of its span: also over those of the two tags."""
        longest = self.max_new_tokens or self.GREEDY.max_new_tokens
        if len(ids) + longest > self._longest:
            raise ModelError(
                f"Prompt and answer would have {len(ids)} + {longest} positions; this model is exact up to "
                f"{self._longest}.",
                "Ask with a shorter prompt, or give --max-new-tokens.",
            )
        embeds = self.llm.get_input_embeddings()(torch.tensor(ids, device=audio.device))
        at = ids.index(self.tokenizer.ids[AUDIO_START])
        embeds[at : at + len(audio)] = audio.to(embeds.dtype)
        return PromptEmbedding(embeds, tuple(ids))

    def stop_ids(self) -> tuple[int, ...]:
        names = (END, IM_END, IM_START) if self._chat else (END,)
        return tuple(self.tokenizer.ids[name] for name in names)

    def finish(self, ids: list[int]) -> str:
        return self.tokenizer.decode(ids).strip()

    def continuation(self, option: str) -> list[int]:
        return self.tokenizer.encode(option)


class _Encoder:
    """Whisper's encoder over a spectrogram of any length, pooled by two and projected; in
    float32."""

    def __init__(self, weights: Weights, settings: dict[str, Any], device: str) -> None:
        self._heads, self._depth = int(settings["n_head"]), int(settings["n_layer"])
        layers = [f"blocks.{i}.{name}" for i in range(self._depth) for name in BLOCK]
        names = {f"{name}.{x}" for name in (*layers, "conv1", "conv2", "ln_post", "proj") for x in ("weight", "bias")}
        names -= {f"blocks.{i}.attn.key.bias" for i in range(self._depth)}  # Whisper's keys have none
        names |= {"positional_embedding", "audio_bos_eos_token.weight"}
        prefix = "transformer.audio."
        weights.expect({prefix + name for name in names}, among=rf"{re.escape(prefix)}.*")
        self._of = Layers((name, tensor.to(device).float()) for name, tensor in weights.under(prefix))

    def blocks(self, mel: torch.Tensor) -> torch.Tensor:
        """Frames (T, width) of a log-mel (80, 2 T), after the last block."""
        of = self._of
        x = gelu(conv1d(mel[None], of["conv1.weight"], of["conv1.bias"], padding=1))
        x = gelu(conv1d(x, of["conv2.weight"], of["conv2.bias"], stride=2, padding=1))[0].T
        x = x + of["positional_embedding"][: len(x)]
        for i in range(self._depth):
            here = f"blocks.{i}."
            x = x + self._attend(self._of.norm(x, f"{here}attn_ln"), f"{here}attn.")
            hidden = gelu(self._of.linear(self._of.norm(x, f"{here}mlp_ln"), f"{here}mlp.0"))
            x = x + self._of.linear(hidden, f"{here}mlp.2")
        return x

    def positions(self, frames: torch.Tensor) -> torch.Tensor:
        """Positions (T // 2 + 2, width of the language model) of frames (T, width)."""
        x = avg_pool1d(frames.T[None], 2, 2)[0].T  # pooled first, normalised then
        begin, end = self._of["audio_bos_eos_token.weight"]
        return torch.cat([begin[None], self._of.linear(self._of.norm(x, "ln_post"), "proj"), end[None]])

    def _attend(self, x: torch.Tensor, here: str) -> torch.Tensor:
        q, k, v = (
            self._of.linear(x, f"{here}{name}").reshape(len(x), self._heads, -1).transpose(0, 1)
            for name in ("query", "key", "value")
        )
        mixed = scaled_dot_product_attention(q[None], k[None], v[None])[0]
        return self._of.linear(mixed.transpose(0, 1).flatten(1), f"{here}out")


def _renamed(weights: Weights, layers: int) -> Iterator[tuple[str, torch.Tensor]]:
    """Qwen's tensors under Qwen2's names; its activation is on w2, which so is the gate."""
    yield "model.embed_tokens.weight", weights.take("transformer.wte.weight")
    yield "model.norm.weight", weights.take("transformer.ln_f.weight")
    yield "lm_head.weight", weights.take("lm_head.weight")
    names = {
        "ln_1.weight": "input_layernorm.weight",
        "ln_2.weight": "post_attention_layernorm.weight",
        "attn.c_proj.weight": "self_attn.o_proj.weight",
        "mlp.w1.weight": "mlp.up_proj.weight",
        "mlp.w2.weight": "mlp.gate_proj.weight",
        "mlp.c_proj.weight": "mlp.down_proj.weight",
    }
    for layer in range(layers):
        here, there = f"transformer.h.{layer}.", f"model.layers.{layer}."
        for old, new in names.items():
            yield f"{there}{new}", weights.take(f"{here}{old}")
        for part in ("weight", "bias"):
            stacked = weights.take(f"{here}attn.c_attn.{part}").chunk(3)
            for name, piece in zip("qkv", stacked, strict=True):
                yield f"{there}self_attn.{name}_proj.{part}", piece
