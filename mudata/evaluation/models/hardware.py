"""How much memory there is, and whether a model goes into it: one rule, asked by the table of
models and before hours of loading. The system and nvidia-smi are asked; only `check` imports torch.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.errors import ModelError

if TYPE_CHECKING:
    from mudata.evaluation.models.model_card import ModelCard

GB = 1e9
WORKING_BYTES = 2 * GB
"""At most, beside the weights: keys and values of a batch, encoders at work. Ours."""


@dataclass(frozen=True)
class Footprint:
    """Bytes that a model takes when it is loaded and at work.

    half: language model in 16 bit, encoders in 32; full: everything in 32 bit.
    """

    half: float
    full: float

    @classmethod
    def of(cls, card: ModelCard, folder: Path | None = None) -> Footprint | None:
        """What a card says, bounded by the files in `folder` if there is one; None if the card
        has no `memory_gb`.

        Files are taken to hold 16 bits a parameter, which double in 32 bit. What is computed
        beside the weights is as much again as they are, but never more than WORKING_BYTES:
        a card of 13.5 GB and 6.74e9 parameters needs 15.5 GB in 16 bit and 29.0 GB in 32.
        """
        if card.memory_gb is None:
            return None
        half = card.memory_gb * GB
        full = card.parameters * 4 if card.parameters else 2 * half
        if folder is not None and folder.is_dir():
            files = _size(folder)
            half, full = min(half, files), min(full, 2 * files)
        return cls(*(weights + min(weights, WORKING_BYTES) for weights in (half, full)))


@dataclass(frozen=True)
class Memory:
    """GB (10^9 bytes), all of it and what can still be had."""

    total_gb: float
    free_gb: float

    def holds(self, needed: float) -> bool:
        return needed <= self.free_gb * GB


@dataclass(frozen=True)
class Machine:
    """What can hold a model; None where there is none, or the system does not say."""

    gpu: Memory | None
    ram: Memory | None

    def fits(self, card: ModelCard, folder: Path | None = None) -> str | None:
        """Where a model fits now: 'GPU' (16 bit), 'RAM' (32 bit), 'RAM, bf16', 'no'; None if its
        card does not tell its size. `folder`: its weights, if they are here."""
        if (needs := Footprint.of(card, folder)) is None:
            return None
        places = (("GPU", self.gpu, needs.half), ("RAM", self.ram, needs.full))
        for name, memory, needed in (*places, ("RAM, bf16", self.ram, needs.half)):
            if memory is not None and memory.holds(needed):
                return name
        return "no"

    def __str__(self) -> str:
        gpu = f"a GPU with {self.gpu.total_gb:.0f} GB" if self.gpu else "no GPU"
        return gpu + (f", {self.ram.total_gb:.0f} GB of memory" if self.ram else "")


def look() -> Machine:
    """This machine; of several GPUs the one with the most free memory."""
    return Machine(_gpu(), ram())


def _gpu() -> Memory | None:
    if (program := shutil.which("nvidia-smi")) is None:
        return None
    query = [program, "--query-gpu=memory.total,memory.free", "--format=csv,noheader,nounits"]
    try:
        run = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True)
        rows = [line.split(",") for line in run.stdout.splitlines() if line.strip()]
        gpus = [Memory(*(float(mib) * 2**20 / GB for mib in row)) for row in rows]
        return max(gpus, key=lambda gpu: gpu.free_gb)
    except (OSError, subprocess.SubprocessError, ValueError, TypeError):
        return None


def ram() -> Memory | None:
    """Main memory; None where the system does not say, as Windows."""
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        total = os.sysconf("SC_PHYS_PAGES") * page
    except (AttributeError, ValueError, OSError):
        return None
    free = free_ram()
    return Memory(total / GB, (total if free is None else free) / GB)


def free_ram() -> int | None:
    """Bytes of main memory that can still be had; None where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def resident() -> int | None:
    """Bytes of main memory that this process takes up; None where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def check(name: str, card: ModelCard | None, folder: Path | None, *, device: str, dtype: str) -> None:
    """Refuse a model that needs more memory than is free where it would go.

    Nothing is said of models without a size, nor of a folder that is not there, of which the
    model itself will tell. Raises ModelError with what is needed, what there is and what to
    choose; and for a device that is not there.
    """
    if card is None or (card.layout and folder is not None and not folder.is_dir()):
        return
    if (needs := Footprint.of(card, folder)) is None:
        return
    import torch

    from mudata.evaluation.models.device import placement

    where, width = placement(device, dtype)
    wide = width is torch.float32
    needed = needs.full if wide else needs.half
    free = torch.cuda.mem_get_info(where)[0] if where.startswith("cuda") else free_ram()
    if free is None or needed <= free:
        return
    ways = []
    if wide and needs.half <= free:
        ways.append(f"--dtype bf16 (about {needs.half / GB:.1f} GB)")
    if where != "cpu" and needs.full <= (free_ram() or 0):
        ways.append("--device cpu")
    ways += ["a machine with more memory", "--force to try all the same"]
    raise ModelError(
        f"{name} needs about {needed / GB:.1f} GB on {where} "
        f"as {str(width).removeprefix('torch.')}, and {free / GB:.1f} GB are free.",
        f"Choose {', '.join(ways[:-1])}, or {ways[-1]}.",
    )


def _size(folder: Path) -> int:
    """Bytes of all files below a folder, those behind links included."""
    walked = os.walk(folder, followlinks=True)
    files = (Path(base, name) for base, _, names in walked for name in names)
    return sum(file.stat().st_size for file in files if file.is_file())
