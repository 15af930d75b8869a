"""What this machine can hold, asked of the system and of nvidia-smi: no library is imported for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.evaluation.models.model_card import ModelCard

_WORK_GB = 2.0
"""Beside the weights: keys and values of a batch, encoders at work."""


@dataclass(frozen=True)
class Machine:
    """Memory in GB (10^9 bytes); None where it is not known or there is none."""

    gpu_gb: float | None
    ram_gb: float | None

    def fits(self, card: ModelCard) -> str | None:
        """Where a model's weights fit as they are loaded there: 'GPU' (16 bit), 'RAM' (32 bit), 'RAM, bf16', 'no'; None
        if the card does not tell their size."""
        if card.memory_gb is None:
            return None
        full = card.parameters * 4e-9 if card.parameters else 2 * card.memory_gb
        needs = (("GPU", self.gpu_gb, card.memory_gb), ("RAM", self.ram_gb, full))
        for name, there, needed in (*needs, ("RAM, bf16", self.ram_gb, card.memory_gb)):
            if there is not None and needed + _WORK_GB <= there:
                return name
        return "no"

    def __str__(self) -> str:
        gpu = f"a GPU with {self.gpu_gb:.0f} GB" if self.gpu_gb else "no GPU"
        return gpu + (f", {self.ram_gb:.0f} GB of memory" if self.ram_gb else "")


def look() -> Machine:
    """This machine; of several GPUs the largest."""
    return Machine(_gpu_gb(), _ram_gb())


def _gpu_gb() -> float | None:
    if (program := shutil.which("nvidia-smi")) is None:
        return None
    query = [program, "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True).stdout
        return max(float(line) for line in said.splitlines() if line.strip()) * 2**20 / 1e9
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def _ram_gb() -> float | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    except (AttributeError, ValueError, OSError):  # Windows
        return None
