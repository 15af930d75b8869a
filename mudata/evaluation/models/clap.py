"""CLAP zero-shot: which option's sentence is nearest to the sound? A forced choice,
with no text of its own.

Clips longer than the 10 s window are heard in evenly spaced windows whose embeddings are averaged:
the feature extractor would cut a random window instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mudata.errors import ModelError
from mudata.evaluation.models.device import placement, quieten
from mudata.evaluation.models.question_calls import by_question
from mudata.evaluation.models.weights.hub_checkpoint import loading_options
from mudata.evaluation.models.weights.safe_load import reading
from mudata.evaluation.models.weights.weight_store import provenance
from mudata.evaluation.protocol import Answer, Failure, Item, ModelCapabilities, Question, Ranking

TEMPLATE = "This audio is a {} song."
"""The sentence with which LAION's README reports
GTZAN (71 % for music_audioset_epoch_15_esc_90.14)."""


class Clap:
    """A CLAP checkpoint (Hugging Face id or folder).

    template: the sentence around an option, with `{}`. tags: how many options a tagging question
    gets, since similarities have no threshold of their own. offline: never ask the Hub.
    """

    def __init__(
        self,
        checkpoint: str = "laion/clap-htsat-unfused",
        *,
        revision: str | None = None,
        device: str = "auto",
        dtype: str = "fp32",
        batch: int = 16,
        template: str = TEMPLATE,
        tags: int = 3,
        offline: bool = False,
    ) -> None:
        self.checkpoint, self.revision, self.device, self.dtype = checkpoint, revision, device, dtype
        self.offline = offline
        self.template, self.tags = template, tags
        self.capabilities = ModelCapabilities(batch=batch, forced_choice=True, gives_logits=True)
        self._sentences: dict[tuple[str, ...], Any] = {}

    def load(self) -> None:
        """Raises ModelError when the checkpoint cannot be had or is no CLAP."""
        import transformers

        quieten()
        self.device, self._torch_dtype = placement(self.device, self.dtype)
        where = {"revision": self.revision, **loading_options(self.checkpoint, self.revision, offline=self.offline)}
        hint = "Check the name and --revision, for example laion/clap-htsat-unfused."
        with reading(f"The CLAP checkpoint {self.checkpoint!r}", hint, done="loaded"):
            self.processor: Any = transformers.ClapProcessor.from_pretrained(self.checkpoint, **where)
            model = transformers.ClapModel.from_pretrained(self.checkpoint, dtype=self._torch_dtype, **where)
        self.model: Any = model.to(self.device).eval()
        extractor = self.processor.feature_extractor
        self._window = int(extractor.nb_max_samples)
        self.capabilities = replace(self.capabilities, sample_rate=int(extractor.sampling_rate))

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        if open_kinds := [item.question.kind for item in items if not item.question.options]:
            what = "captions" if open_kinds[0] == "caption" else f"an answer of kind {open_kinds[0]} of its own"
            raise ModelError(
                f"CLAP ranks given options; it cannot write {what}.", "Ask it for a task that has labels or options."
            )
        return [
            self._nearest(item.question, ranking.loglik)
            for item, ranking in zip(items, self._scores(items), strict=True)
        ]

    def rank(self, items: Sequence[Item]) -> list[Ranking | Failure]:
        """Cosine similarities of sound and sentences: scores, but no log-likelihoods."""
        return [*self._scores(items)]

    def _nearest(self, question: Question, scores: Sequence[float]) -> Answer:
        keep = min(self.tags, len(scores)) if question.kind == "tag" else 1
        ranked = sorted(range(len(scores)), key=lambda i: -scores[i])[:keep]
        return Answer(", ".join(question.options[i] for i in ranked))

    def _scores(self, items: Sequence[Item]) -> list[Ranking]:
        def of_one_question(some: Sequence[Item], question: Question) -> list[Ranking]:
            spectra = [self.encode(item) if item.encoded is None else item.encoded for item in some]
            scores = self.embed_spectra(spectra) @ self.embed_options(question.options).T
            return [Ranking(tuple(row)) for row in scores.tolist()]

        return by_question(items, of_one_question)

    def similarity(self, waves: Sequence[np.ndarray[Any, Any]], sentences: Sequence[str]) -> list[float]:
        """Cosine of each wave, (n,) at the model's rate, with its sentence."""
        cosines: list[float] = (self.embed_audio(waves) * self.embed_text(sentences)).sum(1).tolist()
        return cosines

    def describe(self) -> dict[str, object]:
        import transformers

        return {
            "checkpoint": self.checkpoint if not Path(self.checkpoint).is_dir() else Path(self.checkpoint).name,
            "revision": getattr(self.model.config, "_commit_hash", None) or self.revision,
            **provenance(Path(self.checkpoint)),
            "dtype": str(self._torch_dtype).removeprefix("torch."),
            "device": self.device,
            "template": self.template,
            "tags": self.tags,
            "transformers": transformers.__version__,
        }

    def encode(self, item: Item) -> Any:
        """The spectra of an item's clip (see `spectra`)."""
        return self.spectra(item.clip.audio)

    def spectra(self, wave: np.ndarray[Any, Any]) -> Any:
        """Of each window of a clip what the checkpoint's extractor makes of it, on the CPU: (windows, channels, frames,
        mels)."""
        from mudata.evaluation.models.encoders import clap_spectra

        return clap_spectra.spectra(self.processor.feature_extractor, windows(wave, self._window))

    def embed_audio(self, waves: Sequence[np.ndarray[Any, Any]]) -> Any:
        """Unit embeddings, shape (clips, width): the mean over each clip's windows."""
        return self.embed_spectra([self.spectra(wave) for wave in waves])

    def embed_spectra(self, spectra: Sequence[Any]) -> Any:
        """The same of what `spectra` gives."""
        import torch

        flat = torch.cat([*spectra]).to(self.device, self._torch_dtype)
        # no window is longer than the model hears; left alone, the extractor marks one of them at random as if it were
        is_longer = torch.zeros(len(flat), 1, dtype=torch.bool, device=self.device)
        with torch.inference_mode():
            embedded = self.model.get_audio_features(input_features=flat, is_longer=is_longer).pooler_output.float()
        means = [group.mean(0) for group in torch.split(embedded, [len(group) for group in spectra])]
        return torch.nn.functional.normalize(torch.stack(means), dim=1)

    def embed_options(self, options: tuple[str, ...]) -> Any:
        if options not in self._sentences:
            self._sentences[options] = self.embed_text([self.template.format(option) for option in options])
        return self._sentences[options]

    def embed_text(self, sentences: Sequence[str]) -> Any:
        """Unit embeddings of sentences, each cut to what the text encoder can take."""
        import torch

        config = self.model.config.text_config
        longest = config.max_position_embeddings - config.pad_token_id - 1  # positions begin after the padding token
        inputs = self.processor.tokenizer(
            list(sentences), padding=True, truncation=True, max_length=longest, return_tensors="pt"
        ).to(self.device)
        with torch.inference_mode():
            embedded = self.model.get_text_features(**inputs).pooler_output.float()
        return torch.nn.functional.normalize(embedded, dim=1)


def windows(wave: np.ndarray[Any, Any], length: int) -> list[np.ndarray[Any, Any]]:
    """Cut (n,) into the fewest windows of `length` that cover it, evenly spaced;
    a shorter wave stays whole."""
    if len(wave) <= length:
        return [wave]
    count = -(-len(wave) // length)
    starts = np.linspace(0, len(wave) - length, count).round().astype(int)
    return [wave[s : s + length] for s in starts]
