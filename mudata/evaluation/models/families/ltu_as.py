"""LTU-AS (Gong et al., arXiv 2309.14405):
every layer of Whisper's encoder, and its transcript, before Vicuna.

Folder, in its authors' layout: `vicuna_ltuas/` (Vicuna-7B v1.1), `ltuas_long_noqa_a6.bin` (what was
trained), `whisper-large/` (large-v1, whose encoder hears) and `whisper-large-v2/` (which
transcribes). Facts are from YuanGongND/ltu at 2002aad8, src/ltu_as.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import gelu, layer_norm, pad, scaled_dot_product_attention

from mudata.evaluation.models.decoders.audio_llm import AudioLLM
from mudata.evaluation.models.decoders.causal_lm import causal_lm, with_lora
from mudata.evaluation.models.decoders.generation import GenerationConfig, PromptEmbedding
from mudata.evaluation.models.decoders.llama_tokenizer import LlamaTokenizer
from mudata.evaluation.models.encoders.layers import Layers
from mudata.evaluation.models.encoders.mixdown import as_ffmpeg
from mudata.evaluation.models.encoders.whisper import SpeechTranscriber, whisper_encoder
from mudata.evaluation.models.families.ltu import EPS, LORA_SCALE, PREFIX
from mudata.evaluation.models.weights.tensors import Weights, read

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.protocol import Question

FRAMES, POOLED = 1000, 20
"""Mel frames that reach the encoder (10 s), and encoder frames that make one position."""
BLOCK = ("attn.query", "attn.key", "attn.value", "attn.out", "attn_ln", "mlp.0", "mlp.2", "mlp_ln")


class LtuAs(AudioLLM):
    """LTU-AS. `layer_heads`: attention heads over Whisper's layers, which no file stores.
    transcribe: whether the prompt gets the transcript, as in training; without, `whisper-large-v2/`
    is not needed."""

    RATE, LONGEST_S = 16_000, None
    GREEDY = GenerationConfig((2,), max_new_tokens=400)
    PAPER = GenerationConfig(
        (2,), max_new_tokens=400, sample=True, temperature=0.1, top_p=0.95, top_k=500, repetition_penalty=1.1
    )

    def __init__(self, checkpoint: str, *, layer_heads: int = 8, transcribe: bool = True, **options: Any) -> None:
        super().__init__(checkpoint, **options)
        self._heads, self._transcribes = layer_heads, transcribe

    def _load(self, folder: Path, device: str, dtype: torch.dtype) -> None:
        from transformers import LlamaConfig

        base, trained = folder / "vicuna_ltuas", read(folder / "ltuas_long_noqa_a6.bin")
        tensors = with_lora(read(base).under(""), trained, PREFIX, LORA_SCALE)
        self.llm = causal_lm(LlamaConfig.from_pretrained(base), tensors, base.name, device, dtype)
        self._whisper, self._mel = whisper_encoder(folder / "whisper-large", device)
        self._trained = _trained(trained, device)
        trained.finish()
        self.tokenizer = LlamaTokenizer(base / "tokenizer.model")
        self._write_down = SpeechTranscriber(folder / "whisper-large-v2", device, dtype) if self._transcribes else None

    def waveform(self, audio: NDArray[np.float32], rate: int) -> torch.Tensor:
        """The mean of the channels at 16 kHz, in 16 bit, as ffmpeg hands it over."""
        return as_ffmpeg(audio, rate, self.RATE)

    def stages(self, wave: torch.Tensor) -> dict[str, torch.Tensor]:
        """Of a wave (n,): features, Whisper's log-mel (80, 1000); layers, what every block of its
        encoder gives (layers, 25, width); encoder, all of them in one (25, width); positions (25,
        width of the language model)."""
        features = self._features(wave)
        layers = self._layers(features)
        encoded = self._encode(layers)
        normed = layer_norm(encoded, encoded.shape[-1:], eps=EPS)
        positions = self._trained.linear(normed, "audio_proj")
        return {"features": features, "layers": layers, "encoder": encoded, "positions": positions}

    def _features(self, wave: torch.Tensor) -> torch.Tensor:
        """Of the whole clip, whose loudest moment sets the floor, then cut or padded with zeros."""
        mel = self._mel(
            wave.cpu().numpy(),
            sampling_rate=self.RATE,
            truncation=False,
            padding="longest",
            return_tensors="pt",
        ).input_features[0][:, :FRAMES]
        return pad(torch.as_tensor(mel, device=wave.device), (0, FRAMES - mel.shape[1]))

    def _layers(self, features: torch.Tensor) -> torch.Tensor:
        """Averaged over 20 frames, which are 0.4 s."""
        whisper = self._whisper
        x = gelu(whisper.conv2(gelu(whisper.conv1(features[None])))).transpose(1, 2)
        x = x + whisper.embed_positions.weight[: x.shape[1]]
        pooled = []
        for layer in whisper.layers:
            out = layer(x, None)
            x = out[0] if isinstance(out, tuple) else out
            pooled.append(x[0].reshape(-1, POOLED, x.shape[-1]).mean(1))
        return torch.stack(pooled)

    def _encode(self, layers: torch.Tensor) -> torch.Tensor:
        """One block looks along time, one along layers, which are averaged."""
        over_time = self._block(layers, "time_tr", 1)
        return self._block(over_time.transpose(0, 1), "layer_tr", self._heads).mean(1)

    def compose(self, audio: torch.Tensor, prompt: str, question: Question) -> PromptEmbedding:
        return self.compose_with(audio, prompt, "")

    def compose_with(self, audio: torch.Tensor, prompt: str, transcript: str) -> PromptEmbedding:
        """Audio first, then BOS and the short Alpaca prompt, with the transcript as its input if
        there is one."""
        heard = f"### Input:\n{transcript}\n\n" if transcript else ""
        ids = [self.tokenizer.bos, *self.tokenizer.encode(f"### Instruction:\n{prompt}\n\n{heard}### Response:\n")]
        text = self.llm.get_input_embeddings()(torch.tensor(ids, device=audio.device))
        return PromptEmbedding(torch.cat([audio.to(text.dtype), text]), tuple(ids))

    def embed_wave(self, wave: torch.Tensor, question: Question) -> PromptEmbedding:
        transcript = cleaned(self._write_down(wave)) if self._write_down else ""
        return self.compose_with(self.hear(wave), question.prompt, transcript)

    def finish(self, ids: list[int]) -> str:
        return self.tokenizer.decode(ids).strip()

    def continuation(self, option: str) -> list[int]:
        return self.tokenizer.encode(option)

    def _block(self, x: torch.Tensor, name: str, heads: int) -> torch.Tensor:
        """A pre-norm transformer block of Whisper's kind over the second axis of (batch, steps,
        width)."""
        of = self._trained
        y = of.norm(x, f"{name}.attn_ln")
        q, k, v = (
            of.linear(y, f"{name}.attn.{z}").reshape(*y.shape[:2], heads, -1).transpose(1, 2)
            for z in ("query", "key", "value")
        )
        x = x + of.linear(scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2), f"{name}.attn.out")
        hidden = gelu(of.linear(of.norm(x, f"{name}.mlp_ln"), f"{name}.mlp.0"))
        return x + of.linear(hidden, f"{name}.mlp.2")


def _trained(trained: Weights, device: str) -> Layers:
    names = {
        f"{tr}.{part}.{x}": f"{PREFIX}audio_encoder.{tr}.{part}.{x}"
        for tr, part, x in itertools.product(("time_tr", "layer_tr"), BLOCK, ("weight", "bias"))
        if (part, x) != ("attn.key", "bias")  # Whisper's keys have none
    }
    names |= {f"audio_proj.{x}": f"{PREFIX}audio_proj.1.{x}" for x in ("weight", "bias")}
    return Layers((new, trained.take(old).to(device).float()) for new, old in names.items())


def cleaned(transcript: str) -> str:
    """A transcript without what Whisper likes to hear in silence
    (src/ltu_as/inference_gradio.py)."""
    text = transcript.lstrip()
    for phrase in ("thanks for watching", "thank you for watching"):
        for spelling, end in itertools.product((phrase, phrase.capitalize(), phrase.upper()), (".", "!", "")):
            text = text.replace(spelling + end, "")
    return text
