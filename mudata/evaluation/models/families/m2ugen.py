"""M2UGen (Liu et al., arXiv 2311.11255), its understanding of music:
MU-LLaMA's bridge into other layers.

Folder, as its authors publish it: `checkpoint.pth` with everything in it, `LLaMA/7B/params.json`
and `LLaMA/tokenizer.model`, and MERT's folder beside. Its image, video and generation parts are not
needed here.
"""

from __future__ import annotations

from pathlib import Path

from mudata.errors import ModelError
from mudata.evaluation.models.decoders.generation import GenerationConfig
from mudata.evaluation.models.decoders.llama_adapter import Bridged
from mudata.evaluation.models.weights.tensors import Weights, read

TEMPLATE = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{prompt}\n\n### Response:"
)
NEWLINE = 13
"""Id at which the authors cut the answer, whatever follows;
the end-of-sequence id does not stop it."""
OTHERS = ("vit_model", "vivit_model", "iu_vit_", "iu_vivit_", "generation_model", "output_projector")


class M2UGen(Bridged):
    """M2UGen. Without image and video their layers still add their bare queries, as in training."""

    GREEDY = GenerationConfig((NEWLINE,), max_new_tokens=512)
    PAPER = GenerationConfig((NEWLINE,), max_new_tokens=512, sample=True, temperature=0.6, top_p=0.8)

    def stop_ids(self) -> tuple[int, ...]:
        return (NEWLINE,)

    def _weights(self, folder: Path) -> Weights:
        weights = read(folder / "checkpoint.pth", inside="model").without_prefix("module.")
        if "mu_mert_agg.weight" not in weights:
            raise ModelError(
                "checkpoint.pth holds no bridge to MERT.",
                "It may be of MuMu-LLaMA, as the project was renamed to: use the M2UGen checkpoints.",
            )
        weights.let_go(*(rf"{other}.*" for other in OTHERS))
        return weights

    def _hearing_rows(self, rows: int) -> range:
        return range(rows // 3)

    def template(self, prompt: str) -> str:
        return TEMPLATE.replace("{prompt}", prompt)

    def finish(self, ids: list[int]) -> str:
        """The first line, without the tokens that would start generated music."""
        return self.tokenizer.decode(ids).strip()
