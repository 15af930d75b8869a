"""Whisper (Radford et al., arXiv 2212.04356):
its encoder alone, as several models hear, and its transcripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from mudata.evaluation.models.weights.tensors import fill, read, whole

RATE = 16_000


def whisper_encoder(folder: Path, device: str) -> tuple[Any, Any]:
    """The encoder of a Whisper folder, in float32, and what computes its log-mel."""
    from transformers import WhisperConfig, WhisperFeatureExtractor
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    config = WhisperConfig.from_pretrained(folder)
    with torch.device("meta"):
        model: Any = WhisperEncoder(config)
    weights = read(folder)
    prefix = "model.encoder." if any(name.startswith("model.") for name in weights) else "encoder."
    fill(model, weights.under(prefix), folder.name, device)
    return model.eval().requires_grad_(False), WhisperFeatureExtractor.from_pretrained(folder)


class SpeechTranscriber:
    """A whole Whisper that writes down what is sung or said, greedily, in the language it
    detects."""

    def __init__(self, folder: Path, device: str, dtype: torch.dtype) -> None:
        from transformers import WhisperForConditionalGeneration, WhisperProcessor

        self._model: Any = whole(WhisperForConditionalGeneration, folder, dtype).to(device)
        self._processor: Any = WhisperProcessor.from_pretrained(folder)

    def __call__(self, wave: torch.Tensor) -> str:
        """The text of a wave (n,) at 16 kHz of any length."""
        features = self._processor.feature_extractor(
            wave.cpu().numpy(),
            sampling_rate=RATE,
            return_tensors="pt",
            truncation=False,
            padding="longest" if len(wave) > 30 * RATE else "max_length",
            return_attention_mask=True,
        ).to(self._model.device, self._model.dtype)
        ids = self._model.generate(**features, return_timestamps=True, do_sample=False, num_beams=1)
        return str(self._processor.batch_decode(ids, skip_special_tokens=True)[0])
