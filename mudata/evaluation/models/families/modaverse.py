"""ModaVerse 7b-v0 (Wang et al., CVPR 2024, arXiv 2401.06395):
ImageBind's ear, and one position of Vicuna for it.

Folder, in its authors' layout: `ModaVerse-7b/` (what was trained), `7b_v0/` (Vicuna-7B v0, to be
made from LLaMA and a delta), `imagebind_huge.pth`. Facts are from xinke-wang/ModaVerse at 9838da4c.
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
from mudata.evaluation.models.decoders.llama_tokenizer import LlamaTokenizer
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
    """ModaVerse answering in words.
    `imagebind_heads`: attention heads of the audio branch, which no file stores."""

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
        self.llm = causal_lm(config, lora, base.name, device, dtype)
        self._project = tuple(trained.take(f"linear_proj.{x}").to(device).float() for x in ("weight", "bias"))
        trained.finish()
        self.encoder = ImageBindAudio(folder / "imagebind_huge.pth", self._heads, device)
        added = read_json(folder / "ModaVerse-7b" / "added_tokens.json")
        self.tokenizer = LlamaTokenizer(base / "tokenizer.model", added)
        special = read_json(base / "special_tokens_map.json")
        # Vicuna v0's tokenizer may call something else its begin of sentence; the authors embed whatever it says
        self.bos, self.eos = (self.tokenizer.id_of(_content(special[f"{x}_token"])) for x in ("bos", "eos"))

    def waveform(self, audio: NDArray[np.float32], rate: int) -> torch.Tensor:
        """All channels (channels, n) at 16 kHz:
        which of them is heard is for `ImageBindAudio` to say."""
        return resample(torch.from_numpy(np.ascontiguousarray(np.atleast_2d(audio.T))), rate, self.RATE)

    def stages(self, wave: torch.Tensor) -> dict[str, torch.Tensor]:
        """Of a wave (channels, n): features, the filter banks of three pieces (3, 1, 128, 204);
        trunk, their tokens (3, 1 + patches, width); imagebind, one vector (output,); positions, one
        (1, width of the language model)."""
        features = self.encoder.features(wave)
        trunk = self.encoder.trunk(features)
        vector = self.encoder.head(trunk)
        positions = linear(vector, *self._project)[None]
        return {"features": features, "trunk": trunk, "imagebind": vector, "positions": positions}

    def compose(self, audio: torch.Tensor, prompt: str, question: Question) -> PromptEmbedding:
        """Texts before and after the media are stripped and tokenised apart."""
        text = self.tokenizer
        before = [self.bos, *text.encode("### Human:"), text.specials["<Media>"]]
        after = [text.specials["</Media>"], *text.encode(f"{prompt.strip()}\n### Assistant:")]
        table = self.llm.get_input_embeddings()
        first, last = (table(torch.tensor(ids, device=audio.device)) for ids in (before, after))
        return PromptEmbedding(torch.cat([first, audio.to(first.dtype), last]), (*before, *after))

    def stop_ids(self) -> tuple[int, ...]:
        return (self.eos, self.tokenizer.id_of(f"▁{STOP}"))

    def finish(self, ids: list[int]) -> str:
        """The model answers 'Modality: [TEXT] Prompt:
        ...'; what follows counts, or all of it where that form was not kept."""
        return answer_of(self.tokenizer.decode(ids))

    def continuation(self, option: str) -> list[int]:
        """In the form in which the model was taught to answer."""
        text = self.tokenizer
        return [*text.encode("Modality:"), text.specials["[TEXT]"], *text.encode(f"{PROMPT} {option}")]


def answer_of(text: str) -> str:
    """What follows 'Prompt:' up to '###'; the whole text where there is none."""
    _, separator, rest = text.partition(PROMPT)
    return (rest if separator else text).partition(STOP)[0].strip()


def _with_tables(base: Weights, trained: Weights) -> Iterator[tuple[str, torch.Tensor]]:
    """The base model with the trained embeddings and head, which have rows for the added tokens."""
    tables = {"model.embed_tokens.weight", "lm_head.weight"}
    yield from ((name, trained.take(_LLM + name)) for name in sorted(tables))
    yield from ((name, base.take(name)) for name in base if name not in tables)


def _content(token: Any) -> str:
    return str(token["content"] if isinstance(token, dict) else token)
