"""MERT-v1-330M (Li et al., arXiv 2306.00107),
the music encoder inside MU-LLaMA and M2UGen, as a plain HubertModel.

Its published class is remote code that current transformers cannot run; the branch that the 330M
model takes is Hubert's (yizhilll/MERT at 391062e4, scripts/mert_hf).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from mudata.evaluation.models.weights.tensors import fill, read_json

RATE = 24_000
RENAMED = {
    r"\.weight_g$": ".parametrizations.weight.original0",
    r"\.weight_v$": ".parametrizations.weight.original1",
}
"""The position convolution's weight norm under its names in current torch;
unrenamed it would stay random."""
_NOT_OURS = ("model_type", "architectures", "auto_map", "transformers_version", "_name_or_path", "torch_dtype")


class Mert:
    """The encoder of a folder with config.json and preprocessor_config.json, with tensors named as
    in pytorch_model.bin after RENAMED. Runs in float32: it is a small part of any model here."""

    def __init__(self, folder: Path, tensors: Iterable[tuple[str, torch.Tensor]], device: str) -> None:
        from transformers import HubertConfig, HubertModel, Wav2Vec2FeatureExtractor

        settings = read_json(folder / "config.json").items()
        config = HubertConfig(**{key: value for key, value in settings if key not in _NOT_OURS})
        with torch.device("meta"):
            self._model: Any = HubertModel(config)
        fill(self._model, tensors, "MERT", device)
        self._model.eval().requires_grad_(False)
        self._extract: Any = Wav2Vec2FeatureExtractor.from_pretrained(folder)

    def inputs(self, wave: torch.Tensor) -> torch.Tensor:
        """A mono wave (n,) at 24 kHz, normalised as the folder says, of shape (1, n)."""
        inputs = self._extract(wave.cpu().numpy(), sampling_rate=RATE, return_tensors="pt")
        return torch.as_tensor(inputs.input_values, device=wave.device)

    def hidden_states(self, wave: torch.Tensor) -> torch.Tensor:
        """States of shape (layers + 1, frames, width),
        75 frames a second, the last one after the final norm.

        Clips are heard one by one:
        a group norm runs over time, so that padding would change everything.
        """
        out = self._model(self.inputs(wave), output_hidden_states=True)
        return torch.cat([*out.hidden_states[:-1], out.last_hidden_state])
