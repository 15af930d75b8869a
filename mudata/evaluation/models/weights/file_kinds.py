"""What weights are known by, for code that must not import torch."""

from __future__ import annotations

from pathlib import Path

INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
SINGLES = ("model.safetensors", "pytorch_model.bin")
"""What a folder in the layout of the Hugging Face Hub has, the first that is there counting."""
SUFFIXES = (".safetensors", ".bin", ".pth", ".pt")
CONVERTED = ".mapped.safetensors"
"""Ends the name of a file beside a pickle:
its tensors written anew, so that they can be mapped into memory."""


def is_archive(path: Path) -> bool:
    """Whether a pickle of torch.save is a zip archive, which can be mapped: since PyTorch 1.6."""
    return _begins(path, b"PK\x03\x04")


def is_old_pickle(path: Path) -> bool:
    """Whether a file is what torch.save wrote before: pickles of protocol 2 one after the other."""
    return path.suffix in SUFFIXES and _begins(path, b"\x80\x02")


def _begins(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic
