"""The one door to the sound of an indexed clip, whichever way it is kept.

`flac`: a normalised copy of its own. `reference`: no copy; the original is decoded when it is heard, cropped, mixed and
resampled as the copy would have been, but not rounded to 16 or 24 bits. Of a clip that a repair crops, only what is
worth hearing is its sound, whoever asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from mudata.catalog.audio.original import Original
from mudata.errors import AudioError
from mudata.object_store.local_cache import at_hand, is_here_or_shared

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mudata.catalog.audio.audio_source import Samples
    from mudata.catalog.audio.stores import Store
    from mudata.home import Home

COLUMNS = (
    *("kind", "dataset", "path", "store", "sample_rate", "source_path", "start_s", "duration_s", "mix"),
    *("source_size", "source_mtime_ns", "source_sha256", "source_duration_s", "decoder"),
    *("crop_start_s", "crop_end_s"),
)
"""Columns of `clips_as` of which a StoredClip is made."""


def clips_as(*, repaired: bool) -> str:
    """What has COLUMNS in SQL, and all others of the table `clips`: clips as they were published, or without those that
    nobody can repair, and cropped where a known fault says so."""
    whole = "(SELECT *, NULL::DOUBLE AS crop_start_s, NULL::DOUBLE AS crop_end_s FROM clips)"
    return "repaired_clips" if repaired else whole


@dataclass(frozen=True, kw_only=True)
class StoredClip:
    """Where a clip's sound is.

    path: the file that is decoded: the normalised copy, or the original. rate: Hz of the clip as the index has it.
    original: the file that it was cut from, and the part of it that is the clip; None where the index does not say.
    crop: from where to where in the clip as it was indexed, seconds, where a repair says that only this is the clip.
    """

    path: Path
    rate: int
    store: Store = "flac"
    original: Original | None = None
    crop: tuple[float, float] | None = None

    @classmethod
    def of_row(cls, home: Home, row: Mapping[str, Any]) -> Self | None:
        """Of a row of `clips_as` with COLUMNS; None where there is nothing to decode: MIDI, text, not ok."""
        if row["kind"] != "audio" or not row["path"]:
            return None
        original = crop = None
        if row["duration_s"] is not None and (row["crop_start_s"], row["crop_end_s"]) != (None, None):
            begin_s = row["crop_start_s"] or 0.0
            crop = (begin_s, begin_s + row["duration_s"])
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
        return cls(path=path, rate=row["sample_rate"], store=row["store"] or "flac", original=original, crop=crop)

    def is_here(self) -> bool:
        """Whether its file is there, or in the store that machines share; of an original that is here also whether it
        is what was indexed."""
        if self.store == "flac" or self.original is None or not self.path.is_file():
            return is_here_or_shared(self.path)
        try:
            self.original.require_unchanged()
        except AudioError:
            return False
        return True

    @property
    def cut_from(self) -> Original | None:
        """What a file of the clip's own would be cut out of, `path` with the part of it that is the clip: the original,
        of a cropped copy that; None where `path` is such a file."""
        if self.store == "reference" and self.original is not None:
            return self.original
        if self.crop is None:
            return None
        return Original(path=self.path, start_s=self.crop[0], duration_s=self.crop[1] - self.crop[0])

    @property
    def within(self) -> tuple[float, float] | None:
        """From where to where in `path` the clip lies, seconds; None: there is nothing else in it."""
        cut = self.cut_from
        return None if cut is None or cut.is_whole else (cut.start_s, cut.start_s + cut.duration_s)

    def samples(self, rate: int | None = None, *, start_s: float = 0.0, duration_s: float | None = None) -> Samples:
        """The clip, or `duration_s` of it from `start_s` on: (frames,) float32 mono at `rate` Hz (None: its own).

        Raises AudioError as `clip.load` does, and `changed` where the original is not what was indexed.
        """
        from mudata.catalog.audio import written_copy
        from mudata.catalog.audio.mix import resampled

        wanted = rate or self.rate
        if self.store == "flac" or self.original is None:
            start_s, duration_s = self._in_copy(start_s, duration_s)
            with at_hand(self.path):
                return written_copy.load(self.path, wanted, start_s=start_s, duration_s=duration_s)
        samples = self.original.mono(self.rate, start_s=start_s, duration_s=duration_s)
        return resampled(samples, self.rate, wanted)

    def channels(self, rate: int | None = None, *, start_s: float = 0.0, duration_s: float | None = None) -> Samples:
        """The same part as (channels, n) float32: the channels of the original, resampled once to `rate` Hz (None: the
        original's own rate, of a copy the clip's). Where the original is gone, was changed or is damaged, the copy,
        if there is one: one channel.

        Raises AudioError as `samples` does.
        """
        from mudata.catalog.audio.mix import resampled

        if self.original is None and self.store != "flac":
            raise AudioError("vanished", "the index does not say which file the clip is from")
        if self.original is not None:
            try:
                samples, native = self.original.channels(start_s=start_s, duration_s=duration_s)
            except AudioError:
                if self.store != "flac":
                    raise
            else:
                return resampled(samples, native, rate or native).T
        return self.samples(rate, start_s=start_s, duration_s=duration_s)[None]

    def _in_copy(self, start_s: float, duration_s: float | None) -> tuple[float, float | None]:
        """A part of the clip as one of its copy. Raises AudioError."""
        if self.crop is None:
            return start_s, duration_s
        begin_s, end_s = self.crop
        if (left := end_s - begin_s - start_s) <= 0:
            raise AudioError("too_short", f"it ends at {end_s - begin_s:.4g} s, before the part begins")
        return begin_s + start_s, left if duration_s is None else min(left, duration_s)
