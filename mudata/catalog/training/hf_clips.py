"""Clips as a dataset of the library `datasets`, with labels as ClassLabel, and sound by mudata's own decoders.

The library decodes audio with torchcodec alone, which wants a system's FFmpeg; a column of `Audio(decode=False)` and a
transform want neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datasets
    import pyarrow as pa

    from mudata.catalog.training.label_classes import LabelClasses
    from mudata.catalog.training.split_clip import SplitClip


def as_dataset(
    told: pa.Table, clips: Sequence[SplitClip], classes: Mapping[str, LabelClasses], rate: int | None
) -> datasets.Dataset:
    """told: the clips' facts, a row each in their order, `path` among them; classes: by column. See `SplitPart.hf`."""
    import datasets
    import pyarrow as pa

    keys = [key_of(clip) for clip in clips]
    audio = pa.StructArray.from_arrays(
        [pa.nulls(len(keys), pa.binary()), pa.array(keys, pa.string())], ["bytes", "path"]
    )
    table = told.drop_columns(["path"]).append_column("audio", audio)
    for column, own in classes.items():
        codes = _numbers(table[column].combine_chunks(), own)
        table = table.set_column(table.schema.get_field_index(column), column, codes)
    features = datasets.Features.from_arrow_schema(table.schema)
    features["audio"] = datasets.Audio(decode=False)
    for column, own in classes.items():
        label = datasets.ClassLabel(names=list(own.names))
        features[column] = label if own.single else datasets.List(label)
    made = datasets.Dataset(table.cast(features.arrow_schema), info=datasets.DatasetInfo(features=features))
    return made.with_transform(DecodedAudio(clips, rate))


def key_of(clip: SplitClip) -> str:
    """The path that stands for a clip in the column `audio`: of one that is a part of its file with the seconds behind
    it, as in `https://www.w3.org/TR/media-frags/`. A program that takes it for a path finds no file, which is better
    than the whole file instead of the clip."""
    return str(clip.path) if clip.within is None else f"{clip.path}#t={clip.within[0]:.10g},{clip.within[1]:.10g}"


@dataclass(frozen=True)
class DecodedAudio:
    """What turns `audio` of rows that are looked at into {path, array, sampling_rate}, the sound decoded now."""

    clips: Sequence[SplitClip]
    rate: int | None

    def __call__(self, rows: Mapping[str, Any]) -> dict[str, Any]:
        """Raises AudioError for a clip that cannot be read."""
        found = dict(rows)
        if "audio" in found:
            found["audio"] = [self._decoded(audio["path"]) for audio in found["audio"]]
        return found

    def _decoded(self, key: str) -> dict[str, Any]:
        clip = self.clips[self._places[key]]
        sound = clip.read(self.rate)
        array = sound[0] if len(sound) == 1 else sound
        return {"path": key, "array": array, "sampling_rate": self.rate or clip.rate}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {key_of(clip): place for place, clip in enumerate(self.clips)}


def _numbers(labels: Any, classes: LabelClasses) -> Any:
    """Labels, or lists of them, as numbers; what is not known stays so."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = pa.array(classes.names, pa.string())
    if classes.single:
        return pc.index_in(labels, names).cast(pa.int64())
    return pa.ListArray.from_arrays(labels.offsets, pc.index_in(labels.values, names).cast(pa.int64()))
