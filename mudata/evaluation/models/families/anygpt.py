"""AnyGPT (Zhan et al., arXiv 2402.12226), base and chat:
music as words, LLaMA-2-7B reading EnCodec's codes.

Folder: `AnyGPT/` (a plain Llama with a large vocabulary) and `encodec_32khz/`
(`facebook/encodec_32khz`). Facts are from OpenMOSS/AnyGPT at 282b58fa. Where the authors take a
random piece of a long clip, here it is the first.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mudata.errors import ModelError
from mudata.evaluation.models.decoders.audio_llm import AudioLLM
from mudata.evaluation.models.decoders.causal_lm import causal_lm
from mudata.evaluation.models.decoders.generation import GenerationConfig, PromptEmbedding
from mudata.evaluation.models.decoders.llama_tokenizer import LlamaTokenizer
from mudata.evaluation.models.encoders.resample import resample
from mudata.evaluation.models.weights.tensors import read, read_json, whole
from mudata.evaluation.protocol import Answer, Failure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mudata.evaluation.protocol import Item, Question

SYSTEM = (
    "You are an AI assistant named MMGPT who can understand and generate multimodal content, "
    "including text, speech, images and audio."
)
INSTRUCTION = "Describe the instrumentation and arrangement of this music."
"""One of the 99 lines by which the base model was taught to caption; it follows no other words."""
WINDOW_S = {"base": 20.0, "chat": 5.0}
HUMAN, MODEL, TURN = "[Human]", "[MMGPT]", "<eoh>"
MUSIC, MUSIC_END = "<somu>", "<eomu>"
STOPS = ("<eos>", "<eom>")


class AnyGPT(AudioLLM):
    """Either model. chat: whether the checkpoint follows instructions. instruction: what the base
    model is told instead of the question, '' for the question itself; where it has to choose among
    options it cannot be asked, and the likeliest option is its answer."""

    RATE = 32_000
    GREEDY = GenerationConfig((2,), max_new_tokens=100)
    PAPER = GenerationConfig((2,), max_new_tokens=100, sample=True)

    def __init__(self, checkpoint: str, *, chat: bool = True, instruction: str = INSTRUCTION, **options: Any) -> None:
        super().__init__(checkpoint, **options)
        self._chat, self._instruction = chat, instruction
        self._window_s = WINDOW_S["chat" if chat else "base"]
        self.capabilities = dataclasses.replace(self.capabilities, max_seconds=self._window_s, forced_choice=not chat)

    def _load(self, folder: Path, device: str, dtype: torch.dtype) -> None:
        from transformers import EncodecModel, LlamaConfig

        weights = read(folder / "AnyGPT")
        config = LlamaConfig.from_pretrained(folder / "AnyGPT")
        config.vocab_size = weights.shape("model.embed_tokens.weight")[0]
        self.llm = causal_lm(config, weights.under(""), "AnyGPT", device, dtype)
        weights.finish()
        self.codec = whole(EncodecModel, folder / "encodec_32khz", torch.float32).to(device)
        self._added = {text: int(i) for text, i in read_json(folder / "AnyGPT" / "added_tokens.json").items()}
        self.tokenizer = LlamaTokenizer(folder / "AnyGPT" / "tokenizer.model")
        if lacking := [name for name in (HUMAN, MODEL, TURN, MUSIC, MUSIC_END) if name not in self._added]:
            raise ModelError(f"added_tokens.json has no {lacking[0]!r}: it is not AnyGPT's.", "Check the checkpoint.")

    def waveform(self, audio: NDArray[np.float32], rate: int) -> torch.Tensor:
        """The first seconds, channels resampled to 32 kHz each, then averaged."""
        piece = audio[: int(self._window_s * rate)]
        channels = torch.from_numpy(np.ascontiguousarray(np.atleast_2d(piece.T)))
        return resample(channels, rate, self.RATE, precision=torch.float64).mean(0)

    def stages(self, wave: torch.Tensor) -> dict[str, torch.Tensor]:
        """Of a wave (n,): codes, EnCodec's (codebooks, frames), 50 frames a second."""
        bandwidth = self.codec.config.target_bandwidths[-1]
        codes: torch.Tensor = self.codec.encode(wave[None, None], bandwidth=bandwidth).audio_codes
        return {"codes": codes[0][0]}

    def compose(self, audio: torch.Tensor, prompt: str, question: Question) -> PromptEmbedding:
        """Special tokens and the texts between them,
        each tokenised apart as the authors' tokenizer did."""
        added, text = self._added, self.tokenizer.encode
        size = int(self.codec.config.codebook_size)
        frames = audio.T.tolist()
        tokens = [added[f"<🎶{code + size * book}>"] for frame in frames for book, code in enumerate(frame)]
        music = [added[MUSIC], *tokens, added[MUSIC_END]]
        if self._chat:
            before = [*text(f"{SYSTEM}\n"), added[HUMAN], *text(": "), *music, *text(f" {prompt}")]
            ids = [self.tokenizer.bos, *before, added[TURN], *text("\n"), added[MODEL], *text(":")]
        else:
            asked = [added[HUMAN], *text(f": {self._instruction or prompt} "), *music]
            ids = [self.tokenizer.bos, *asked, added[TURN], *text(" "), added[MODEL], *text(":")]
        return PromptEmbedding(self.llm.get_input_embeddings()(torch.tensor(ids, device=audio.device)), tuple(ids))

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        if self._chat:
            return super().answer(items)
        written = iter(super().answer([item for item in items if not item.question.options]))
        chosen = iter(self._likeliest([item for item in items if item.question.options]))
        return [next(chosen if item.question.options else written) for item in items]

    def _likeliest(self, items: Sequence[Item]) -> list[Answer | Failure]:
        answers: list[Answer | Failure] = []
        for item, ranking in zip(items, self.rank(items), strict=True):
            if isinstance(ranking, Failure):
                answers.append(ranking)
                continue
            options = item.question.options
            best = max(range(len(options)), key=ranking.loglik.__getitem__)
            answers.append(Answer(options[best]))
        return answers

    def describe(self) -> dict[str, object]:
        how = {} if self._chat else {"instruction": self._instruction, "chooses": "the likeliest of the options"}
        return super().describe() | how

    def stop_ids(self) -> tuple[int, ...]:
        return (self.tokenizer.eos, *(self._added[name] for name in STOPS if name in self._added))

    def finish(self, ids: list[int]) -> str:
        return self.tokenizer.decode(ids).strip().removeprefix(":").strip()

    def continuation(self, option: str) -> list[int]:
        return self.tokenizer.encode(option)
