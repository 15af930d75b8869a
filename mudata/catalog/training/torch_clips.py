"""Clips as a map-style dataset of torch: crops that depend on the seed, the epoch and the clip alone, however many
workers load them and however they were started."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import Dataset, default_collate

from mudata.catalog.training.crops import begin_of
from mudata.errors import AudioError, UnreadableClip, number

if TYPE_CHECKING:
    from mudata.catalog.training.crops import Crop
    from mudata.catalog.training.label_classes import LabelClasses
    from mudata.catalog.training.split_clip import SplitClip

_MORE_S = 0.001
"""So much more than asked for is decoded, so that no rounding of rates leaves the last sample out."""


class TorchClips(Dataset[Any]):
    """Clips by number, each a mapping:

    waveform: (channels, n) float32 at `rate` Hz. With `seconds`, n is the same for all: a longer clip is cropped, a
    shorter one has zeros behind its end. length: samples of `waveform` before these zeros. labels: by namespace the
    number of the label, or, where a clip may have several, (classes,) float32 with 1 for each it has
    (`classes[namespace].names`). clip_id.

    `set_epoch(n)` before each epoch gives other random crops, in workers too, those that persist included.
    """

    def __init__(
        self,
        clips: Sequence[SplitClip],
        classes: Mapping[str, LabelClasses],
        left_out: Mapping[str, str],
        *,
        rate: int,
        seconds: float | None,
        seed: int,
        crop: Crop,
        skip: bool,
    ) -> None:
        self.clips, self.classes, self.left_out = clips, dict(classes), dict(left_out)
        self.rate, self.seconds, self.seed, self.crop, self.skip = rate, seconds, seed, crop, skip
        self._epoch = _shared(1, torch.int64)
        self._unread = _shared(len(clips), torch.bool)

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> dict[str, Any] | None:
        """None for a clip that cannot be read, where these are skipped; `collate` leaves it out. Raises
        UnreadableClip where they are not."""
        index = range(len(self))[index]
        clip = self.clips[index]
        try:
            waveform, length = self._sound(clip)
        except AudioError as error:
            self._passed_over(index, error)
            return None
        labels = {space: _tensor(known.encode(clip.labels[space])) for space, known in self.classes.items()}
        return {"waveform": waveform, "length": length, "labels": labels, "clip_id": clip.clip_id}

    def set_epoch(self, epoch: int) -> None:
        """From now on random crops are those of this epoch."""
        self._epoch[0] = epoch

    @property
    def failures(self) -> dict[str, str]:
        """The clips that could not be read so far, in any worker, by id, with what is wrong with them now."""
        return {self.clips[i].clip_id: _wrong_with(self.clips[i]) for i in self._unread.nonzero().flatten().tolist()}

    def collate(self, items: Sequence[Mapping[str, Any] | None]) -> dict[str, Any]:
        """A batch, for `DataLoader(..., collate_fn=data.collate)`: clips that could not be read are not in it, and
        those of different lengths get zeros behind their ends. `waveform` is (clips, channels, n)."""
        there = [item for item in items if item is not None]
        if not there:
            none = torch.zeros(0, dtype=torch.int64)
            labels = {space: none if own.single else torch.zeros(0, len(own)) for space, own in self.classes.items()}
            return {"waveform": torch.zeros(0, 1, 0), "length": none, "labels": labels, "clip_id": []}
        longest = max(item["waveform"].shape[-1] for item in there)
        even = [{**item, "waveform": _padded(item["waveform"], longest)} for item in there]
        batch: dict[str, Any] = default_collate(even)
        return batch

    def _sound(self, clip: SplitClip) -> tuple[torch.Tensor, int]:
        """The waveform and how much of it is sound."""
        if self.seconds is None:
            whole = torch.from_numpy(clip.read(self.rate))
            return whole, whole.shape[-1]
        spare = max(clip.duration_s - self.seconds, 0.0)
        start = begin_of(self.crop, spare, seed=self.seed, epoch=int(self._epoch), clip_id=clip.clip_id)
        wanted = round(self.seconds * self.rate)
        heard = torch.from_numpy(clip.read(self.rate, start_s=start, duration_s=self.seconds + _MORE_S))[:, :wanted]
        return _padded(heard, wanted), heard.shape[-1]

    def _passed_over(self, index: int, error: AudioError) -> None:
        self._unread[index] = True
        if not self.skip:
            raise UnreadableClip(
                error.what,
                f"{error.hint or ''} With on_error='skip' such clips are passed over and listed in `failures`.".strip(),
            ) from error
        warnings.warn(f"{error.what}; it is passed over.", stacklevel=4)

    def __repr__(self) -> str:
        length = "whole clips" if self.seconds is None else f"{self.crop} {self.seconds:g} s"
        return f"{number(len(self), 'clip')}, {length} at {self.rate:,} Hz, seed {self.seed}" + (
            f"; {len(self.left_out):,} left out" if self.left_out else ""
        )


def _shared(length: int, dtype: torch.dtype) -> torch.Tensor:
    """Zeros in memory that workers share, whether they are forked or spawned."""
    zeros = torch.zeros(length, dtype=dtype)
    zeros.share_memory_()  # type: ignore[no-untyped-call]
    return zeros


def _tensor(code: Any) -> Any:
    return code if isinstance(code, int) else torch.from_numpy(code)


def _padded(waveform: torch.Tensor, length: int) -> torch.Tensor:
    spare = length - waveform.shape[-1]
    return torch.nn.functional.pad(waveform, (0, spare)) if spare else waveform  # which would copy it


def _wrong_with(clip: SplitClip) -> str:
    try:
        clip.read()
    except AudioError as error:
        return f"{error.reason}: {error.what}"
    return "it can be read again"
