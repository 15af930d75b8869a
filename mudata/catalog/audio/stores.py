"""The two ways in which the sound of clips is kept."""

from __future__ import annotations

from typing import Literal

Store = Literal["flac", "reference"]
"""flac: a normalised copy of every clip. reference: none; the original is decoded when the clip is heard."""

DEFAULT_STORE: Store = "flac"
"""Of a dataset that was not fetched before."""
