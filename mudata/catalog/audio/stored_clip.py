"""The one door to the sound of an indexed clip, whichever way it is kept.

`flac`: a normalised copy of its own. `reference`: no copy; the original is decoded when it is read, cropped, mixed and
resampled as the copy would have been.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.catalog.audio.audio_source import Samples
    from mudata.catalog.audio.mix import Mix

Store = Literal["flac", "reference"]


@dataclass(frozen=True, kw_only=True)
class StoredClip:
    """Where a clip's sound is, and what of it is the clip.

    path: the normalised copy, or the original. rate: Hz of the clip as the index has it. start_s, duration_s: where it
    lies in the file, seconds (of a copy: 0 and all of it). mix: what becomes of several channels.
    """

    path: Path
    rate: int
    store: Store = "flac"
    start_s: float = 0.0
    duration_s: float | None = None
    mix: Mix = "mean"

    def samples(self, rate: int | None = None, *, start_s: float = 0.0, duration_s: float | None = None) -> Samples:
        """The clip, or `duration_s` of it from `start_s` on: (frames,) float32 mono at `rate` Hz (None: its own).

        Raises AudioError as `clip.load` does.
        """
        from mudata.catalog.audio import clip

        return clip.load(self.path, rate, start_s=start_s, duration_s=duration_s)
