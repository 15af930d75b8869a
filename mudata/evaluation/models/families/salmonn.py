"""SALMONN (Tang et al., arXiv 2310.13289), 7B and 13B:
Whisper and BEATs, mixed window by window, before Vicuna.

Folder: `salmonn_7b_v0.pth` or `salmonn_v1.pth` (what was trained), `whisper-large-v2/`, the BEATs
file, and Vicuna's folder (any whose name begins with 'vicuna'). Facts are from bytedance/SALMONN,
branch salmonn, a58bba7.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import pad

from mudata.errors import ModelError
from mudata.evaluation.models.decoders.audio_llm import AudioLLM
from mudata.evaluation.models.decoders.causal_lm import causal_lm, with_lora
from mudata.evaluation.models.decoders.generation import GenerationConfig, PromptEmbedding
from mudata.evaluation.models.decoders.llama_tokenizer import LlamaTokenizer
from mudata.evaluation.models.encoders.beats import Beats
from mudata.evaluation.models.encoders.layers import Layers
from mudata.evaluation.models.encoders.mixdown import first_channel
from mudata.evaluation.models.encoders.whisper import whisper_encoder
from mudata.evaluation.models.weights.tensors import Weights, fill, read

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.protocol import Question

WINDOW = 17
"""Frames per window: round(1500 * 0.333333 / 30), a third of a second (models/salmonn.py)."""
LORA_SCALE = 4.0
"""alpha 32 / r 8 (configs/config.yaml)."""
QFORMER_EPS = 1e-12
BEFORE, AFTER = "USER: <Speech>", "</Speech> {prompt}\nASSISTANT:"
_LLAMA = "llama_model.base_model.model.model."


class Salmonn(AudioLLM):
    """Either size. `qformer_heads`: attention heads of the window Q-Former, which no file
    stores."""

    RATE, LONGEST_S = 16_000, 30.0
    GREEDY = GenerationConfig((2,), max_new_tokens=200)
    PAPER = GenerationConfig((2,), max_new_tokens=200, beams=4)

    def __init__(self, checkpoint: str, *, qformer_heads: int = 12, **options: Any) -> None:
        super().__init__(checkpoint, **options)
        self._heads = qformer_heads

    def _load(self, folder: Path, device: str, dtype: torch.dtype) -> None:
        from transformers import LlamaConfig

        trained = read(_only(folder, "salmonn*.pth"), inside="model")
        vicuna = _only(folder, "vicuna*")
        tensors = with_lora(read(vicuna).under(""), trained, _LLAMA, LORA_SCALE)
        self.llm = causal_lm(LlamaConfig.from_pretrained(vicuna), tensors, vicuna.name, device, dtype)
        self._whisper, self._mel = whisper_encoder(_only(folder, "whisper*"), device)
        self.beats = Beats(_only(folder, "BEATs*.pt"), device)
        names = [f"{x}.{part}" for x in ("ln_speech", "ln_audio", "speech_llama_proj") for part in ("weight", "bias")]
        self._of = Layers((name, trained.take(name).to(device).float()) for name in (*names, "speech_query_tokens"))
        self._qformer = self._window_former(trained, device)
        # what the authors' saver kept of parts that are stored elsewhere, or are computed
        trained.let_go(r"beats\..*relative_attention_bias\.weight", r".*rotary_emb\.inv_freq", r".*\.position_ids")
        trained.finish()
        self.tokenizer = LlamaTokenizer(vicuna / "tokenizer.model")

    def _window_former(self, trained: Weights, device: str) -> Any:
        from transformers import Blip2QFormerConfig, Blip2QFormerModel

        prefix = "speech_Qformer.bert."
        inner, width = trained.shape(f"{prefix}encoder.layer.0.intermediate_query.dense.weight")
        config = Blip2QFormerConfig(
            hidden_size=width,
            num_hidden_layers=trained.count(rf"{prefix}encoder\.layer\.(\d+)\..*"),
            num_attention_heads=self._heads,
            intermediate_size=inner,
            layer_norm_eps=QFORMER_EPS,
            cross_attention_frequency=1,
            encoder_hidden_size=trained.shape(f"{prefix}encoder.layer.0.crossattention.self.key.weight")[1],
        )
        with torch.device("meta"):
            model: Any = Blip2QFormerModel(config)
        new = {r"^embeddings\.LayerNorm": "layernorm", r"attention\.self\.": "attention.attention."}
        tensors = ((n, t) for n, t in trained.under(prefix, new) if not n.endswith("position_ids"))
        fill(model, tensors, "the Q-Former", device)
        return model.eval().requires_grad_(False)

    def waveform(self, audio: NDArray[np.float32], rate: int) -> torch.Tensor:
        """The first channel at 16 kHz, the first 30 s, padded to one second at least."""
        wave = first_channel(audio, rate, self.RATE)[: round(self.LONGEST_S * self.RATE)]
        return pad(wave, (0, max(0, self.RATE - len(wave))))

    def stages(self, wave: torch.Tensor) -> dict[str, torch.Tensor]:
        """Of a wave (n,): mel, Whisper's log-mel (80, 3000); whisper, its last states (1500,
        width); features, the filter bank of BEATs (frames, 128); beats, its tokens (tokens, width);
        qformer, what both are in windows (windows, width); positions (88 for Whisper's 30 s, width
        of the language model)."""
        log_mel = self._mel(wave.cpu().numpy(), sampling_rate=self.RATE, return_tensors="pt")
        mel = torch.as_tensor(log_mel.input_features[0], device=wave.device)
        speech: torch.Tensor = self._whisper(mel[None]).last_hidden_state[0]
        features = self.beats.features(wave)
        sounds = self.beats.states(features)[-1]
        windows = self._windows(speech, sounds)
        return {
            "mel": mel,
            "whisper": speech,
            "features": features,
            "beats": sounds,
            "qformer": windows,
            "positions": self._of.linear(windows, "speech_llama_proj"),
        }

    def _windows(self, speech: torch.Tensor, sounds: torch.Tensor) -> torch.Tensor:
        """One query's answer (windows, width) to each 17 frames of both encoders, put together by
        index: each is normalised first and padded then; an incomplete last window is dropped."""
        both = [self._of.norm(speech, "ln_speech"), self._of.norm(sounds, "ln_audio")]
        longest = max(map(len, both))
        frames = torch.cat([pad(x, (0, 0, 0, longest - len(x))) for x in both], 1)
        frames = frames[: len(frames) // WINDOW * WINDOW].reshape(-1, WINDOW, frames.shape[1])
        query = self._of["speech_query_tokens"].expand(len(frames), -1, -1)
        out: torch.Tensor = self._qformer(query_embeds=query, encoder_hidden_states=frames).last_hidden_state
        return out.reshape(-1, out.shape[-1])

    def compose(self, audio: torch.Tensor, prompt: str, question: Question) -> PromptEmbedding:
        """The texts before and after the audio are tokenised apart,
        so that each has a leading space."""
        before = [self.tokenizer.bos, *self.tokenizer.encode(BEFORE)]
        after = self.tokenizer.encode(AFTER.replace("{prompt}", prompt))
        table = self.llm.get_input_embeddings()
        first, last = (table(torch.tensor(ids, device=audio.device)) for ids in (before, after))
        return PromptEmbedding(torch.cat([first, audio.to(first.dtype), last]), (*before, *after))

    def finish(self, ids: list[int]) -> str:
        return self.tokenizer.decode(ids).strip()

    def continuation(self, option: str) -> list[int]:
        return self.tokenizer.encode(option)


def _only(folder: Path, pattern: str) -> Path:
    paths = sorted(folder.glob(pattern))
    if len(paths) != 1:
        what = ", ".join(path.name for path in paths) or "nothing"
        raise ModelError(f"{folder} should hold one {pattern}; found: {what}.", "Fetch the model again.")
    return paths[0]
