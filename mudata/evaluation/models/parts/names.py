"""Names that weights go by, for code that must not import torch."""

INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
SINGLES = ("model.safetensors", "pytorch_model.bin")
"""What a folder in the layout of the Hugging Face Hub has, the first that is there counting."""
SUFFIXES = (".safetensors", ".bin", ".pth", ".pt")
CONVERTED = ".mapped.safetensors"
"""Ends the name of a file beside a pickle: its tensors written anew, so that they can be mapped into memory."""
