"""BERTScore F1 of captions (Zhang et al., ICLR 2020), without idf weights.

Every token of the answer is matched with the nearest token of the reference by cosine of their
embeddings in one layer of an encoder, and the other way round; precision and recall are the means
of these, and F their harmonic mean. As in the bert-score package, the tokens that a tokenizer adds
around a text can be matched but are not counted themselves. Unlike there, padding never takes part
in a match, so that a score does not depend on a batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mudata.errors import EvaluationError, MissingExtra
from mudata.evaluation.metrics.estimates import clustered, mean
from mudata.evaluation.metrics.intervals import require_clips
from mudata.narration import Advance, untold

if TYPE_CHECKING:
    from torch import Tensor

    from mudata.evaluation.metrics.scored import Metric, ScoredAnswer

MODEL = "roberta-large"
"""bert-score's default for English."""
LAYERS: Mapping[str, int] = {
    "roberta-large": 17,
    "roberta-base": 10,
    "distilroberta-base": 5,
    "bert-base-uncased": 9,
    "bert-large-uncased": 18,
    "distilbert-base-uncased": 5,
    "microsoft/deberta-xlarge-mnli": 40,
}
"""The layer that agrees best with people (bert_score/utils.py, model2layers)."""


def bertscore(
    items: Sequence[ScoredAnswer],
    *,
    model: str = MODEL,
    revision: str | None = None,
    layer: int | None = None,
    baseline: float | None = None,
    device: str = "auto",
    batch: int = 32,
    advance: Advance = untold,
) -> tuple[list[Metric], dict[str, object]]:
    """Mean F1 over all clips; of several references the best; an answer that failed scores 0.

    model: a Hugging Face id or folder of an encoder. layer: 0 is the embeddings [as LAYERS has it
    for the model]. baseline: F of unrelated sentences, which becomes 0, as (F - baseline) / (1 -
    baseline); bert-score publishes 0.83122575 for layer 17 of roberta-large (rescale_baseline/en).

    Raises MissingExtra, ModelError;
    EvaluationError for a layer that is not known or not there, a baseline of 1.
    """
    import numpy as np

    require_clips(len(items))
    if layer is None and (layer := LAYERS.get(model)) is None:
        raise EvaluationError(
            f"Which layer of {model!r} BERTScore reads is not known.", "Give it with the option layer, as in layer=9."
        )
    if baseline is not None and baseline >= 1:
        raise EvaluationError(f"The baseline {baseline:g} leaves no room.", "Give a number below 1, such as 0.83.")
    encoder = TokenEncoder(model, layer, revision=revision, device=device)
    pairs = [(i, item.answer or "", text) for i, item in enumerate(items) for text in item.references]
    pairs.sort(key=lambda pair: (max(len(pair[1]), len(pair[2])), pair))  # neighbours of one length need little padding
    scores = np.full(len(items), -np.inf)
    for start in range(0, len(pairs), batch):
        group = pairs[start : start + batch]
        for (i, *_), f in zip(group, encoder.f1([pair[1:] for pair in group]), strict=True):
            scores[i] = max(scores[i], f)
        advance(len(items) * len(group) / len(pairs))
    scale = "not rescaled"
    if baseline is not None:
        spoken = np.array([bool((item.answer or "").strip()) for item in items])
        scores = np.where(spoken, (scores - baseline) / (1 - baseline), 0.0)
        scale = f"rescaled with baseline {baseline:.8g}"
    facts = encoder.describe()
    recipe = (
        f"BERTScore F1; {model}, layer {layer}, weights sha256 {str(facts['weights_sha256'])[:12]}; no idf; {scale}; "
        "best reference; mean of per-clip scores"
    )
    return [mean("bertscore_f", scores, recipe, clustered(items), within=None)], {
        **facts,
        "baseline": baseline,
    }


class TokenEncoder:
    """One layer of a transformers encoder.
    Raises MissingExtra, ModelError, and EvaluationError for the layer."""

    def __init__(self, model: str, layer: int, *, revision: str | None = None, device: str = "auto") -> None:
        try:
            import torch
            import transformers
        except ImportError as error:
            raise MissingExtra("BERTScore", str(error.name), "captions") from error
        from mudata.evaluation.models.device import placement, quieten
        from mudata.evaluation.models.weights.hub_checkpoint import loading_options
        from mudata.evaluation.models.weights.safe_load import reading

        quieten()
        self.model, self.layer = model, layer
        self._device, _ = placement(device, "fp32")
        where = {"revision": revision, **loading_options(model, revision)}
        hint = f"Check the name and the option revision; the default is {MODEL}."
        with reading(f"The encoder {model!r}", hint, done="loaded"):
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(model, **where)
            network = transformers.AutoModel.from_pretrained(model, dtype=torch.float32, **where)
        self._network: Any = network.to(self._device).eval()
        config = self._network.config
        if not 0 <= layer <= config.num_hidden_layers:
            raise EvaluationError(
                f"{model} has layers 0 to {config.num_hidden_layers}, and no {layer}.", "Choose one with layer."
            )
        # positions of RoBERTa's kind begin after the padding token
        reserved = config.pad_token_id + 1 if "roberta" in config.model_type else 0
        self._longest = min(self._tokenizer.model_max_length, config.max_position_embeddings - reserved)
        self._transformers = transformers.__version__
        self._cut: set[str] = set()

    def f1(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """F1 of each answer with its reference; 0 where either has no token of its own."""
        known = self._embed(sorted({text for pair in pairs for text in pair}))
        scores = []
        for answer, reference in pairs:
            (a, counts_a), (b, counts_b) = known[answer], known[reference]
            if not (counts_a.any() and counts_b.any()):
                scores.append(0.0)
                continue
            cosine = a @ b.T
            p, r = (float(best[own].mean()) for best, own in ((cosine.amax(1), counts_a), (cosine.amax(0), counts_b)))
            scores.append(2 * p * r / (p + r) if p + r > 0 else 0.0)
        return scores

    def describe(self) -> dict[str, object]:
        """What was used; the hash is over names, shapes and values of all weights."""
        digest = hashlib.sha256()
        for name, weight in sorted(self._network.state_dict().items()):
            digest.update(f"{name}{tuple(weight.shape)}{weight.dtype}".encode())
            digest.update(weight.cpu().contiguous().numpy().tobytes())
        return {
            "model": self.model,
            "revision": getattr(self._network.config, "_commit_hash", None),
            "layer": self.layer,
            "weights_sha256": digest.hexdigest(),
            "texts_cut": len(self._cut),
            "longest_text": self._longest,
            "device": self._device,
            "transformers": self._transformers,
        }

    def _embed(self, texts: Sequence[str]) -> dict[str, tuple[Tensor, Tensor]]:
        """By text: unit embeddings of its tokens, (tokens, width), and which tokens are its own."""
        import torch

        # BPE tokenizers take a first word without a blank before it for the inside of one
        inputs = self._tokenizer(
            [f" {text.strip()}" for text in texts],
            padding=True,
            truncation=True,
            max_length=self._longest,
            return_special_tokens_mask=True,
            return_tensors="pt",
        )
        own = inputs.pop("special_tokens_mask") == 0
        there = inputs["attention_mask"].bool()
        with torch.inference_mode():
            states = self._network(**inputs.to(self._device), output_hidden_states=True).hidden_states[self.layer]
        states = torch.nn.functional.normalize(states.float(), dim=-1).cpu()
        self._cut |= {text for text, row in zip(texts, there, strict=True) if int(row.sum()) >= self._longest}
        return {text: (states[i][there[i]], own[i][there[i]]) for i, text in enumerate(texts)}
