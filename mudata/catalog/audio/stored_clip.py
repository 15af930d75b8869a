"""The one door to the sound of an indexed clip, whichever way it is kept.

`flac`: a normalised copy of its own. `reference`: no copy; the original is decoded when it is heard, cropped, mixed and
resampled as the copy would have been, but not rounded to 16 or 24 bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from mudata.catalog.audio.original import Original
from mudata.errors import AudioError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mudata.catalog.audio.audio_source import Samples
    from mudata.catalog.audio.stores import Store
    from mudata.home import Home

COLUMNS = (
    *("kind", "dataset", "path", "store", "sample_rate", "source_path", "start_s", "duration_s", "mix"),
    *("source_size", "source_mtime_ns", "source_sha256", "source_duration_s", "decoder"),
)
"""Columns of the table `clips` of which a StoredClip is made."""


@dataclass(frozen=True, kw_only=True)
class StoredClip:
    """Where a clip's sound is.

    path: the file that is decoded: the normalised copy, or the original. rate: Hz of the clip as the index has it.
    original: the file that it was cut from; None where the index does not say.
    """

    path: Path
    rate: int
    store: Store = "flac"
    original: Original | None = None

    @classmethod
    def of_row(cls, home: Home, row: Mapping[str, Any]) -> Self | None:
        """Of a row of the table `clips` with COLUMNS; None where there is nothing to decode: MIDI, text, not ok."""
        if row["kind"] != "audio" or not row["path"]:
            return None
        original = None
        if row["source_path"] and row["duration_s"] is not None:
            original = Original(
                path=home.raw(row["dataset"]) / "files" / row["source_path"],
                start_s=row["start_s"] or 0.0,
                duration_s=row["duration_s"],
                mix=row["mix"] or "mean",
                size=row["source_size"],
                mtime_ns=row["source_mtime_ns"],
                sha256=row["source_sha256"],
                whole_s=row["source_duration_s"],
                decoder=row["decoder"],
            )
        path = home.root / row["path"]
        return cls(path=path, rate=row["sample_rate"], store=row["store"] or "flac", original=original)

    def is_here(self) -> bool:
        """Whether its file is there, of an original also whether it is what was indexed."""
        if self.store == "flac" or self.original is None:
            return self.path.is_file()
        try:
            self.original.require_unchanged()
        except AudioError:
            return False
        return True

    @property
    def excerpt_of(self) -> Original | None:
        """The original, where the clip has no copy and is not all of it."""
        is_part = self.store == "reference" and self.original is not None and not self.original.is_whole
        return self.original if is_part else None

    def samples(self, rate: int | None = None, *, start_s: float = 0.0, duration_s: float | None = None) -> Samples:
        """The clip, or `duration_s` of it from `start_s` on: (frames,) float32 mono at `rate` Hz (None: its own).

        Raises AudioError as `clip.load` does, and `changed` where the original is not what was indexed.
        """
        from mudata.catalog.audio import written_copy
        from mudata.catalog.audio.mix import resampled

        wanted = rate or self.rate
        if self.store == "flac" or self.original is None:
            return written_copy.load(self.path, wanted, start_s=start_s, duration_s=duration_s)
        samples = self.original.mono(self.rate, start_s=start_s, duration_s=duration_s)
        return resampled(samples, self.rate, wanted)

    def channels(self, rate: int | None = None, *, start_s: float = 0.0, duration_s: float | None = None) -> Samples:
        """The same part as (channels, n) float32: the channels of the original, resampled once to `rate` Hz (None: the
        original's own rate, of a copy the clip's). Where the original is gone, the copy: one channel.

        Raises AudioError as `samples` does.
        """
        from mudata.catalog.audio.mix import resampled

        if self.store == "flac" and not (self.original and self.original.path.exists()):
            return self.samples(rate, start_s=start_s, duration_s=duration_s)[None]
        if self.original is None:
            raise AudioError("vanished", "the index does not say which file the clip is from")
        samples, native = self.original.channels(start_s=start_s, duration_s=duration_s)
        return resampled(samples, native, rate or native).T
