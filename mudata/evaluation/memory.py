"""How much memory there is, and whether a model's weights go into it: asked before hours of loading, not after."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.errors import ModelError

if TYPE_CHECKING:
    from mudata.evaluation.models.model_card import ModelCard

GB = 1e9


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
    """Refuse a model whose weights are larger than what is free where they would go.

    By the card's `memory_gb`, which is for 16 bit and doubles in 32; a `folder` of weights cannot need more than twice
    its files, 16 bits widened to 32. Nothing is said of models without a size, nor of a folder that is not there, of
    which the model itself will tell. Raises ModelError with what is needed, what there is and what to choose; and for a
    device that is not there.
    """
    if card is None or card.memory_gb is None or (card.layout and folder is not None and not folder.is_dir()):
        return
    import torch

    from mudata.evaluation.models.hf_audio import placement

    where, width = placement(device, dtype)
    halved = _smaller(card.memory_gb * GB, folder)
    wide = width is torch.float32
    needed = halved * 2 if wide else halved
    free = torch.cuda.mem_get_info(where)[0] if where.startswith("cuda") else free_ram()
    if free is None or needed <= free:
        return
    ways = []
    if wide and halved <= free:
        ways.append(f"--dtype bf16 (about {halved / GB:.1f} GB)")
    if where != "cpu" and needed <= (free_ram() or 0):
        ways.append("--device cpu")
    ways += ["a machine with more memory", "--force to try all the same"]
    raise ModelError(
        f"{name} needs about {needed / GB:.1f} GB on {where} as {str(width).removeprefix('torch.')}, "
        f"and {free / GB:.1f} GB are free.",
        f"Choose {', '.join(ways[:-1])}, or {ways[-1]}.",
    )


def _smaller(halved: float, folder: Path | None) -> float:
    """The lesser of what the card says for 16 bit and what the files can be at most."""
    if folder is None or not folder.is_dir():
        return halved
    files = (Path(base, name) for base, _, names in os.walk(folder, followlinks=True) for name in names)
    return min(halved, float(sum(file.stat().st_size for file in files if file.is_file())))
