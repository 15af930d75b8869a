"""The label whose sentence lies nearest to the
answer in a sentence-embedding space: a forced choice.

Checkpoints are those of sentence-transformers, read with transformers: tokens pooled as
`1_Pooling/config.json` says (mean or first token; mean where there is none), cosine of unit
vectors. Some harnesses score so (LTU, LLark); it credits answers that name no label at all, which
is why it is no headline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from mudata.errors import MissingExtra, ModelError
from mudata.evaluation.scoring.opinions.opinion import AnswerToRead, ScorerLabel, file_sha256
from mudata.json_files import read_object
from mudata.safe_text import text_of

CHECKPOINT = "sentence-transformers/all-MiniLM-L6-v2"
TEMPLATE = "The {noun} of this music is {label}."
_BATCH = 64
_HINT = "Remove it, or get the checkpoint again."


@dataclass
class SentenceEncoder:
    """A sentence encoder: a Hugging Face id, or a folder."""

    NAME: ClassVar[str] = "embedding"

    checkpoint: str = CHECKPOINT
    revision: str | None = None
    device: str = "cpu"
    template: str = TEMPLATE

    @cached_property
    def folder(self) -> Path:
        """The checkpoint on disk. Raises ModelError if it cannot be had."""
        if (path := Path(self.checkpoint).expanduser()).is_dir():
            return path
        from huggingface_hub import snapshot_download

        from mudata.evaluation.models.weights.hub_checkpoint import loading_options

        where = {"revision": self.revision, **loading_options(self.checkpoint, self.revision)}
        files = ["*.json", "*.txt", "*.model", "model*.safetensors", "1_Pooling/*"]
        try:
            return Path(snapshot_download(self.checkpoint, allow_patterns=files, **where))
        except (OSError, ValueError) as error:
            raise ModelError(
                f"The sentence encoder {self.checkpoint!r} cannot be had: {text_of(error).strip().splitlines()[0]}",
                f"Check its name and revision, for example {CHECKPOINT}.",
            ) from error

    @cached_property
    def detail(self) -> dict[str, object]:
        """What decides the opinion:
        the checkpoint with the hash of its weights, pooling, and the sentence."""
        weights = sorted(self.folder.glob("*.safetensors"))
        if not weights:
            raise ModelError(
                f"{self.folder} has no *.safetensors.", "Choose a checkpoint whose weights are kept in that format."
            )
        return {
            "checkpoint": self.checkpoint,
            "revision": self.revision or (self.folder.name if self.folder.parent.name == "snapshots" else None),
            "weights_sha256": {path.name: file_sha256(path) for path in weights},
            "pooling": self._pooling,
            "template": self.template,
            "similarity": "cosine",
        }

    @property
    def _pooling(self) -> str:
        path = self.folder / "1_Pooling" / "config.json"
        config = (
            read_object(path, error=ModelError, hint=_HINT) if path.is_file() else {"pooling_mode_mean_tokens": True}
        )
        for key, name in (("pooling_mode_mean_tokens", "mean"), ("pooling_mode_cls_token", "first token")):
            if config.get(key):
                return name
        raise ModelError(f"{path} pools in a way that is not known here.", "Choose a checkpoint with mean pooling.")

    def views(self, asks: Sequence[AnswerToRead]) -> Iterator[ScorerLabel]:
        """One view per answer: always a label. Raises MissingExtra, ModelError."""
        if not asks:
            return
        try:
            import torch
            import transformers
        except ImportError as error:
            raise MissingExtra("The embedding opinion", str(error.name), "models") from error
        from mudata.evaluation.models.device import quieten
        from mudata.evaluation.models.weights.safe_load import reading

        quieten()
        with reading(f"The sentence encoder {self.folder}", "Choose another.", done="loaded"):
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(self.folder)
            self._model: Any = transformers.AutoModel.from_pretrained(self.folder).to(self.device).eval()
        sentences: dict[tuple[str, tuple[str, ...]], Any] = {}
        for start in range(0, len(asks), _BATCH):
            batch = asks[start : start + _BATCH]
            vectors = self._embed([answer.answer for answer in batch])
            for answer, vector in zip(batch, vectors, strict=True):
                question = (answer.noun, answer.label_set.ids)
                if question not in sentences:
                    texts = [
                        self.template.format(noun=answer.noun, label=entry.display)
                        for entry in answer.label_set.entries
                    ]
                    sentences[question] = self._embed(texts)
                similarities = sentences[question] @ vector
                best = int(torch.argmax(similarities))
                yield ScorerLabel(answer.label_set.ids[best], {"cosine": round(float(similarities[best]), 6)})

    def _embed(self, texts: list[str]) -> Any:
        """Unit vectors, shape (texts, width)."""
        import torch

        inputs = self._tokenizer(texts, padding=True, truncation=True, return_tensors="pt").to(self.device)
        with torch.inference_mode():
            states = self._model(**inputs).last_hidden_state.float()
        if self._pooling == "mean":
            mask = inputs["attention_mask"].unsqueeze(-1).float()
            pooled = (states * mask).sum(1) / mask.sum(1)
        else:
            pooled = states[:, 0]
        return torch.nn.functional.normalize(pooled, dim=1)
