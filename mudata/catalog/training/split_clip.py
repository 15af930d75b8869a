"""One clip of a split: what is known of it, and its sound, decoded whenever it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mudata.catalog.audio.stored_clip import StoredClip
from mudata.errors import AudioError, number

if TYPE_CHECKING:
    from mudata.catalog.audio.audio_source import Samples
    from mudata.home import Home


@dataclass(frozen=True, kw_only=True)
class SplitClip:
    """A clip of a split.

    clip_id, dataset, part; kind: 'audio', or 'midi' (notes, which have no samples); path: the file with its sound;
    duration_s, seconds; source: the file that it was published in, where it is from start_s to end_s; artist, album,
    track, title, licence: None where unknown; labels: by namespace, one label or None, or a list where a clip may have
    several; captions: what people wrote of it.
    """

    clip_id: str
    dataset: str
    part: str
    kind: str
    path: Path
    rate: int | None
    """Hz of `waveform`; None of notes."""
    duration_s: float
    source: Path | None
    start_s: float
    end_s: float
    artist: str | None
    album: str | None
    track: str | None
    title: str | None
    licence: str | None
    labels: Mapping[str, str | list[str] | None]
    captions: Sequence[str]
    channels: int | None = field(default=1, repr=False)
    """Of `waveform`. 1: mono as it was indexed, hashed and is heard by models; None: the channels of the source; 2 and
    more: exactly so many, a mono source in each of them."""
    stored: StoredClip | None = field(default=None, repr=False)
    """Where its sound is; None of notes."""

    @classmethod
    def of_row(cls, home: Home, row: dict[str, Any], labels: Mapping[str, Any], channels: int | None) -> Self:
        """Of a row of a part: its fields by name, `stored` with what a StoredClip is made of."""
        stored = StoredClip.of_row(home, row["stored"])
        source = row["source"] and Path(row["source"])
        known = {"path": Path(row["path"]), "source": source, "stored": stored, "labels": labels}
        return cls(**row | known, channels=channels)

    @property
    def within(self) -> tuple[float, float] | None:
        """Which seconds of `path` are the clip; None: the file is the clip."""
        return self.stored.within if self.stored else None

    @property
    def caption(self) -> str | None:
        """The first caption, by the alphabet; None where there is none."""
        return self.captions[0] if self.captions else None

    @property
    def waveform(self) -> Samples:
        """All of it: (channels, n) float32 at `rate` Hz, full scale = 1. Decoded anew each time. Raises as `read`."""
        return self.read()

    def read(self, rate: int | None = None, *, start_s: float = 0.0, duration_s: float | None = None) -> Samples:
        """The clip, or `duration_s` seconds of it from `start_s` on: (channels, n) float32, full scale = 1.

        rate: Hz to resample to [default: the clip's own]. Only what is asked for is decoded.
        Raises AudioError: a file that is gone, changed or damaged, notes, a start behind the end, other channels.
        """
        if self.stored is None:
            raise AudioError("no_audio", f"{self.clip_id} is notes, which have no samples: {self.path}")
        try:
            if self.channels == 1:
                return self.stored.samples(rate, start_s=start_s, duration_s=duration_s)[None]
            return self._many(self.stored.channels(rate or self.rate, start_s=start_s, duration_s=duration_s))
        except AudioError as error:
            raise AudioError(
                error.reason,
                f"{self.clip_id} cannot be read: {error.what} ({self.path})",
                error.hint or f"`mudata verify {self.dataset}` tells what else is wrong, `mudata fetch` mends it.",
            ) from error

    def _many(self, samples: Samples) -> Samples:
        import numpy as np

        if self.channels is None or len(samples) == self.channels:
            return samples
        if len(samples) > 1:
            text = f"it has {number(len(samples), 'channel')}, and {self.channels} are asked for"
            raise AudioError("channels", text, "Load it with channels=1, or None for as many as there are.")
        return np.repeat(samples, self.channels, axis=0)
