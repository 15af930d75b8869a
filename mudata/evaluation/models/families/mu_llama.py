"""MU-LLaMA (Liu et al., arXiv 2308.11276):
MERT, a bridge, and LLaMA-2-7B whose last layers hear the clip.

Folder, as its authors publish it (`mu-llama/MU-LLaMA`, revision fc74b4c or later):
`checkpoint.pth`, `LLaMA/7B/` and `LLaMA/tokenizer.model`, and MERT's folder beside. The first
revisions were built on LLaMA-1 and are refused by the checksum that lies with it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mudata.errors import ModelError
from mudata.evaluation.models.decoders.generation import GenerationConfig
from mudata.evaluation.models.decoders.llama_adapter import Bridged
from mudata.evaluation.models.weights.tensors import Weights, read

TEMPLATE = (
    "Below is an instruction that describes a task, paired with an input that provides further context. "
    "Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{prompt}\n\n### Input:\n<built-in function input>\n\n### Response:"
)
"""The authors' code formats Python's function `input` where an input was meant;
it did so in training as well."""


LLAMA_1 = "6efc8dab194ab59e49cd24be5574d85e"
"""MD5 of LLaMA-1-7B's consolidated.00.pth, as Meta's checklist.chk beside it says."""


class MuLlama(Bridged):
    """What an adapter-only checkpoint lacks is taken
    from `LLaMA/7B/consolidated.00.pth` and MERT's folder."""

    GREEDY = GenerationConfig((2,), max_new_tokens=512)
    PAPER = GenerationConfig((2,), max_new_tokens=512, sample=True, temperature=0.6, top_p=0.8)

    def _weights(self, folder: Path) -> Weights:
        checklist = folder / "LLaMA" / "7B" / "checklist.chk"
        if checklist.is_file() and LLAMA_1 in checklist.read_text("utf-8", "replace"):
            raise ModelError(
                f"{folder.name} is one of the first revisions of MU-LLaMA: its LLaMA/7B is LLaMA-1.",
                "Fetch the revision that the model card names (fc74b4c or later).",
            )
        # the optimizer's settings lie beside the model as a namespace of plain values
        trained = read(folder / "checkpoint.pth", inside="model", allow=[argparse.Namespace])
        return trained.over(
            {"llama.": folder / "LLaMA" / "7B" / "consolidated.00.pth", "mert_model.": folder / "MERT-v1-330M"},
            skip=(r"llama\.rope\.freqs",),
        )

    def _hearing_rows(self, rows: int) -> range:
        return range(rows)

    def template(self, prompt: str) -> str:
        return TEMPLATE.replace("{prompt}", prompt)

    def finish(self, ids: list[int]) -> str:
        return self.tokenizer.decode(ids).strip()
