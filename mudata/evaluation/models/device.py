"""Where a model runs and in which precision, and silence about what concerns only mudata's
authors."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mudata.deprecations import hide_deprecations
from mudata.errors import ModelError
from mudata.safe_text import text_of

if TYPE_CHECKING:
    import torch


def quieten() -> None:
    """No deprecations of transformers, and no progress bars of it where nobody watches."""
    import transformers

    hide_deprecations()
    if not sys.stderr.isatty():
        transformers.utils.logging.disable_progress_bar()


def placement(device: str, dtype: str) -> tuple[str, torch.dtype]:
    """The device and the torch dtype that 'auto' stands for here.

    Args:
        device: 'auto' (the GPU if there is one), 'cpu', 'cuda', 'cuda:1', 'mps'.
        dtype: 'auto' (bfloat16 on a GPU, float16 where it lacks that, float32 on a CPU), 'bf16',
            'fp16' or 'fp32'.

    Raises:
        ModelError: the device is not there, or the dtype has no such name.
    """
    import torch

    if device == "auto":
        mps = torch.backends.mps.is_available()
        device = "cuda" if torch.cuda.is_available() else "mps" if mps else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise ModelError(
            "There is no GPU that torch can use here.",
            "Use --device cpu, or install a CUDA build of torch.",
        )
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ModelError(
            f"The device {device!r} cannot be used: {text_of(error).splitlines()[0]}",
            "Give --device auto, cpu, cuda or cuda:0.",
        ) from error
    bfloat16 = device == "cpu" or (device.startswith("cuda") and torch.cuda.is_bf16_supported())
    half = torch.bfloat16 if bfloat16 else torch.float16
    dtypes = {
        "auto": torch.float32 if device == "cpu" else half,
        "bf16": torch.bfloat16,
        "fp16": torch.float16,
        "fp32": torch.float32,
    }
    if dtype not in dtypes:
        raise ModelError(f"No dtype named {dtype!r}.", f"Known: {', '.join(dtypes)}.")
    return device, dtypes[dtype]
