"""Pickles of before PyTorch 1.6 as safetensors beside them.

torch.save has written zip archives since PyTorch 1.6 (July 2020), and torch maps those into memory
as fast as safetensors: 2.0 GB in 16 bit, taken tensor by tensor, took 1.6 to 2.9 s from a zip and
1.7 to 3.6 s from safetensors, first and second time alike, with one tensor in memory. So archives
stay as they are. Older pickles cannot be mapped and are read whole each time; they are converted
once.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from mudata.errors import ModelError
from mudata.evaluation.models.weights.file_kinds import CONVERTED, is_old_pickle
from mudata.evaluation.models.weights.safe_load import unpickled
from mudata.json_files import as_type, parse


def convert(path: Path) -> Path | None:
    """Write the tensors of an old pickle beside it, and give the new file; None where there is
    nothing to do, or it cannot be read safely (reading it says why).

    Tensors at the top, and in dictionaries at the top, as `entry:name`;
    needs host memory for the whole file, once.
    """
    if not is_old_pickle(path) or opened(path):
        return None
    try:
        content = unpickled(path)
    except ModelError:
        return None
    if not isinstance(content, dict):
        return None
    entries = {"": content} | {str(name): value for name, value in content.items() if isinstance(value, dict)}
    tensors: dict[str, torch.Tensor] = {}
    stored: set[int] = set()
    for entry, values in entries.items():
        for name, tensor in values.items():
            if isinstance(tensor, torch.Tensor):
                address = tensor.untyped_storage().data_ptr()
                own = tensor.detach().clone() if address in stored else tensor.detach()  # tied ones become two
                tensors[f"{entry}:{name}"] = own.contiguous()
                stored.add(address)
    target = path.with_name(path.name + CONVERTED)
    part = target.with_name(f".{target.name}.part")
    try:
        save_file(tensors, part, {"of": json.dumps({"size": path.stat().st_size, "entries": sorted(entries)})})
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def opened(path: Path) -> Any | None:
    """The opened conversion of a pickle:
    newer than it, complete, and made of a file of its size; else None."""
    beside = path.with_name(path.name + CONVERTED)
    with contextlib.suppress(OSError, SafetensorError, ValueError, KeyError, TypeError):
        if beside.stat().st_mtime_ns >= path.stat().st_mtime_ns:
            converted: Any = safe_open(beside, framework="pt")
            if _of(converted)["size"] == path.stat().st_size:
                return converted
    return None


def slices(converted: Any, inside: str | None) -> dict[str, Any] | None:
    """The slices of an entry of a conversion (None: those at the top), by name;
    None if there is no such entry."""
    if (inside or "") not in _of(converted)["entries"]:
        return None
    prefix = f"{inside or ''}:"
    return {key[len(prefix) :]: converted.get_slice(key) for key in converted.keys() if key.startswith(prefix)}  # noqa: SIM118


def _of(converted: Any) -> dict[str, Any]:
    """Of what a conversion was made. Raises ValueError, KeyError or TypeError where it does not say."""
    about = parse(converted.metadata()["of"])
    return {"size": about["size"], "entries": as_type(about["entries"], list[str])}
