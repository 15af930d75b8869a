"""Pickles through torch's weights-only loader alone, and what is said of weights that cannot be read.

What torch says of a pickle that it refuses advises to run it; nobody is shown that advice.
"""

from __future__ import annotations

import contextlib
import pickle
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mudata.errors import ModelError, MudataError
from mudata.evaluation.models.weights.file_kinds import is_archive
from mudata.safe_text import text_of

CUT_SHORT = "It may be cut short: fetch it again."


@contextlib.contextmanager
def reading(name: str, hint: str, *, done: str = "read") -> Iterator[None]:
    """While this lasts, whatever goes wrong with weights is a ModelError:
    '`name` cannot be `done`: the reason', or what a pickle wants to run.

    Files of others, read by libraries of others, fail in any way. mudata's own errors pass as they
    are, and so does memory that is lacking. Nothing is warned of a pickle that is refused anyway.
    """
    import torch

    try:
        with warnings.catch_warnings():
            # before it refuses a plain pickle, torch warns that it may not support one
            warnings.filterwarnings("ignore", "Detected pickle protocol", UserWarning)
            yield
    except (MudataError, torch.OutOfMemoryError, MemoryError):
        raise
    except pickle.UnpicklingError as error:
        match = re.search(r"GLOBAL (\S+)", text_of(error))
        what = f"wants to run {match[1]}" if match else "is a pickle of a kind that only running reads"
        raise ModelError(
            f"{name} holds more than tensors: it {what}. It was not read further.",
            "Get the weights from the publisher, or as safetensors.",
        ) from error
    except Exception as error:
        reason = (text_of(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{name} cannot be {done}: {reason}", hint) from error


def unpickled(path: Path, allow: tuple[Any, ...] = ()) -> Any:
    """What a pickle of torch.save holds; `allow` are classes that it may name besides torch's own.
    Raises ModelError: cut short, or anything but tensors in it."""
    import torch

    with reading(path.name, CUT_SHORT), torch.serialization.safe_globals(list(allow)):
        return torch.load(path, map_location="cpu", weights_only=True, mmap=is_archive(path))
