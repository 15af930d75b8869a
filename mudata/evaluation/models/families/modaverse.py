"""ModaVerse 7b-v0 (Wang et al., CVPR 2024, arXiv 2401.06395): ImageBind's ear, and one position of Vicuna for it.

Folder, in its authors' layout: `ModaVerse-7b/` (what was trained), `7b_v0/` (Vicuna-7B v0, to be made from LLaMA and a
delta), `imagebind_huge.pth`. Facts are from xinke-wang/ModaVerse at 9838da4c.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.functional import linear

from mudata.evaluation.models.decoders.audio_llm import AudioLLM
from mudata.evaluation.models.decoders.causal_lm import causal_lm, with_lora
from mudata.evaluation.models.decoders.generation import GenerationConfig, PromptEmbedding
from mudata.evaluation.models.decoders.sentencepiece import PromptEncoder
from mudata.evaluation.models.encoders.imagebind import ImageBindAudio
from mudata.evaluation.models.encoders.resample import resample
from mudata.evaluation.models.weights.tensors import read, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mudata.evaluation.models.weights.tensors import Weights
    from mudata.evaluation.protocol import Question

LORA_SCALE = 1.0
"""alpha 32 / r 32."""
STOP, PROMPT = "###", "Prompt:"
_LLM = "LLM.base_model.model."


class ModaVerse(AudioLLM):
    """ModaVerse answering in words. `imagebind_heads`: attention heads of the audio branch, which no file stores."""

    RATE, LONGEST_S = 16_000, None
    GREEDY = GenerationConfig((2,), max_new_tokens=246)
    PAPER = GenerationConfig((2,), max_new_tokens=246, sample=True, top_p=0.01)

    def __init__(self, checkpoint: str, *, imagebind_heads: int = 12, **options: Any) -> None:
        super().__init__(checkpoint, **options)
        self._heads = imagebind_heads

    def _load(self, folder: Path, device: str, dtype: torch.dtype) -> None:
        from transformers import LlamaConfig

        base, trained = folder / "7b_v0", read(folder / "ModaVerse-7b" / "pytorch_model.pt")
        config = LlamaConfig.from_pretrained(base)
        config.vocab_size = trained.shape(f"{_LLM}model.embed_tokens.weight")[0]
        lora = with_lora(_with_tables(read(base), trained), trained, f"{_LLM}model.", LORA_SCALE)
        self._llm = causal_lm(config, lora, base.name, device, dtype)
        self._project = tuple(trained.take(f"linear_proj.{x}").to(device).float() for x in ("weight", "bias"))
        trained.finish()
        self._ear = ImageBindAudio(folder / "imagebind_huge.pth", self._heads, device)
        added = read_json(folder / "ModaVerse-7b" / "added_tokens.json")
        self._text = PromptEncoder(base / "tokenizer.model", added)
        said = read_json(base / "special_tokens_map.json")
        # Vicuna v0's tokenizer may call something else its begin of sentence; the authors embed whatever it says
        self._bos, self._eos = (self._text.id_of(_content(said[f"{x}_token"])) for x in ("bos", "eos"))

    def waveform(self, audio: NDArray[np.float32], rate: int) -> torch.Tensor:
        """All channels (channels, n) at 16 kHz: which of them is heard is for `ImageBindAudio` to say."""
        return resample(torch.from_numpy(np.ascontiguousarray(np.atleast_2d(audio.T))), rate, self.RATE)

    def hear(self, wave: torch.Tensor) -> torch.Tensor:
        """One position (1, width)."""
        return linear(self._ear(wave), *self._project)[None]

    def compose(self, heard: torch.Tensor, prompt: str, question: Question) -> PromptEmbedding:
        """Texts before and after the media are stripped and tokenised apart."""
        text = self._text
        before = [self._bos, *text.encode("### Human:"), text.specials["<Media>"]]
        after = [text.specials["</Media>"], *text.encode(f"{prompt.strip()}\n### Assistant:")]
        table = self._llm.get_input_embeddings()
        first, last = (table(torch.tensor(ids, device=heard.device)) for ids in (before, after))
        return PromptEmbedding(torch.cat([first, heard.to(first.dtype), last]), (*before, *after))

    def _stop(self) -> tuple[int, ...]:
        return (self._eos, self._text.id_of(f"▁{STOP}"))

    def finish(self, ids: list[int]) -> str:
        """The model answers 'Modality: [TEXT] Prompt: ...'; what follows counts, or all of it where that form was not
        kept."""
        return answer_of(self._text.decode(ids))

    def continuation(self, option: str) -> list[int]:
        """In the form in which the model was taught to answer."""
        text = self._text
        return [*text.encode("Modality:"), text.specials["[TEXT]"], *text.encode(f"{PROMPT} {option}")]


def answer_of(text: str) -> str:
    """What follows 'Prompt:' up to '###'; the whole text where there is none."""
    _, found, rest = text.partition(PROMPT)
    return (rest if found else text).partition(STOP)[0].strip()


def _with_tables(base: Weights, trained: Weights) -> Iterator[tuple[str, torch.Tensor]]:
    """The base model with the trained embeddings and head, which have rows for the added tokens."""
    tables = {"model.embed_tokens.weight", "lm_head.weight"}
    yield from ((name, trained.take(_LLM + name)) for name in sorted(tables))
    yield from ((name, base.take(name)) for name in base if name not in tables)


def _content(token: Any) -> str:
    return str(token["content"] if isinstance(token, dict) else token)
