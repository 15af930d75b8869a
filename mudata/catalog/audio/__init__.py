"""Clips out of audio files: decoded, checked, normalised and written, on a pool of processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.catalog.audio.clip import AudioFormat, ClipFacts, load, load_channels

__all__ = ["AudioFormat", "ClipFacts", "load", "load_channels"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {"AudioFormat": "clip", "ClipFacts": "clip", "load": "clip", "load_channels": "clip"},
)
