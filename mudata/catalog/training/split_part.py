"""The clips of one part of a split, with sound that is decoded when it is asked for.

A part is a table of Arrow, which processes that load clips share instead of copying it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

from mudata.catalog.training.crops import Crop
from mudata.catalog.training.split_clip import SplitClip
from mudata.errors import ArgumentError, MissingExtra, SplitError, UnknownName, number

if TYPE_CHECKING:
    import datasets
    import pyarrow as pa

    from mudata.catalog.training.label_classes import LabelClasses
    from mudata.catalog.training.torch_clips import TorchClips
    from mudata.home import Home

FIXED = (
    *("part", "clip_id", "dataset", "kind", "path", "rate", "duration_s"),
    *("source", "start_s", "end_s", "artist", "album", "track", "title", "licence"),
)
"""Columns of every row; then one for each namespace of labels, and `captions`."""

HIDDEN = ("stored",)
"""Further columns, which tables do not have: what a StoredClip is made of."""

TableKind = Literal["pandas", "polars", "arrow"]
TABLE_KINDS: tuple[TableKind, ...] = get_args(TableKind)

OnError = Literal["raise", "skip"]
"""What becomes of a clip that cannot be read."""


def column(space: str) -> str:
    """The column of a namespace; one with the name of another column has a longer one."""
    return f"{space}_label" if space in (*FIXED, "captions") else space


class SplitPart(Sequence[SplitClip]):
    """The clips of one part of a split, in its order.

    name: of the part. classes: by namespace its labels with their numbers, the same for all parts of the split.
    left_out: clips of the part that have nothing to load, by id, with the reason.
    """

    def __init__(
        self,
        name: str,
        rows: pa.Table,
        classes: Mapping[str, LabelClasses],
        left_out: Mapping[str, str],
        *,
        home: Home,
        channels: int | None = 1,
    ) -> None:
        """rows: columns FIXED, of the namespaces, `captions`, and HIDDEN. channels: see SplitClip."""
        self.name, self.classes, self.left_out = name, dict(classes), dict(left_out)
        self._rows, self._home, self._channels = rows, home, channels

    @overload
    def __getitem__(self, index: int) -> SplitClip: ...
    @overload
    def __getitem__(self, index: slice) -> list[SplitClip]: ...
    def __getitem__(self, index: int | slice) -> SplitClip | list[SplitClip]:
        if isinstance(index, slice):
            return [self[n] for n in range(*index.indices(len(self)))]
        number = range(len(self))[index]
        return self._clip(self._rows.slice(number, 1).to_pylist()[0])

    def __len__(self) -> int:
        return int(self._rows.num_rows)

    def __iter__(self) -> Iterator[SplitClip]:
        for batch in self._rows.to_batches(1024):
            yield from map(self._clip, batch.to_pylist())

    def _clip(self, row: dict[str, Any]) -> SplitClip:
        labels = {name: row.pop(column(name)) for name in self.classes}
        return SplitClip.of_row(self._home, row, labels, self._channels)

    @overload
    def table(self, kind: Literal["arrow"]) -> pa.Table: ...
    @overload
    def table(self, kind: Literal["pandas", "polars"] = "pandas") -> Any: ...
    def table(self, kind: TableKind = "pandas") -> Any:
        """All clips as a table of pandas, polars or Arrow, a row each: the fields of a clip, a column for each
        namespace of labels (lists where a clip may have several), and `captions`, lists.

        Raises MissingExtra where the library is not installed, UnknownName for another kind.
        """
        if kind not in TABLE_KINDS:
            raise UnknownName("kind of table", kind, TABLE_KINDS)
        told = self._rows.drop_columns(list(HIDDEN))
        if kind == "arrow":
            return told
        try:
            if kind == "pandas":
                return told.to_pandas()
            import polars
        except ImportError as error:
            raise MissingExtra(f"A table of {kind}", kind, "tables") from error
        return polars.from_arrow(told)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """As `table`, as plain Python."""
        return list(self.table("arrow").to_pylist())

    def hf(self, rate: int | None = None) -> datasets.Dataset:
        """The clips as a `datasets.Dataset`, a row each: the columns of `table`, labels as ClassLabel (lists of them
        where a clip may have several), and `audio` instead of `path`.

        The column is `Audio(decode=False)`, so that neither torchcodec nor FFmpeg is needed. Rows that are looked at
        have {path, array, sampling_rate} there, decoded now, at `rate` Hz [default: the clip's own]; array is (n,), or
        (channels, n). Without decoding, and to save it: `.with_format(None)`. Clips of notes are left out.

        Raises SplitError where no clip is left.
        """
        from mudata.catalog.training.hf_clips import as_dataset

        _above_0(rate=rate)
        heard = self._heard([])
        classes = {column(space): own for space, own in self.classes.items()}
        return as_dataset(heard.table("arrow"), heard, classes, rate)

    def torch(
        self,
        rate: int | None = None,
        seconds: float | None = None,
        *,
        seed: int = 0,
        crop: Crop = "random",
        labels: str | Iterable[str] | None = None,
        on_error: OnError = "raise",
    ) -> TorchClips:
        """The clips as a map-style dataset of torch, for a DataLoader with any number of workers.

        rate: Hz of all waveforms [default: that of the clips, if they have one]. seconds: of each clip [default: all,
        which `collate` makes equally long]. crop: which seconds of a longer clip: 'random', by seed, epoch and clip,
        'centre' or 'first'. labels: namespaces to learn; clips without a label in one of them are left out [default:
        all namespaces, and no clip is left out for them]. on_error: 'raise' UnreadableClip for a clip that cannot be
        read, or 'skip' it, which `collate` does. Clips of notes are left out.

        Raises ArgumentError, UnknownName, MissingExtra without torch, SplitError where no clip is left.
        """
        for name, value, known in (("crop", crop, get_args(Crop)), ("on_error", on_error, get_args(OnError))):
            if value not in known:
                raise UnknownName(f"choice for {name}", value, known)
        _above_0(rate=rate, seconds=seconds)
        spaces = list(self.classes) if labels is None else [labels] if isinstance(labels, str) else list(labels)
        for space in spaces:
            if space not in self.classes:
                raise UnknownName("namespace of labels in this split", space, self.classes)
        heard = self._heard([] if labels is None else spaces)
        try:
            from mudata.catalog.training.torch_clips import TorchClips
        except ModuleNotFoundError as error:
            raise MissingExtra("A dataset of torch", "torch", "training") from error
        return TorchClips(
            heard,
            {space: self.classes[space] for space in spaces},
            heard.left_out,
            rate=rate or heard.one_rate(),
            seconds=seconds,
            seed=seed,
            crop=crop,
            skip=on_error == "skip",
        )

    def _heard(self, spaces: Sequence[str]) -> SplitPart:
        """Those clips that have samples, and labels in all of these namespaces. Raises SplitError if there is none."""
        import pyarrow.compute as pc

        rows, left_out = self._rows, dict(self.left_out)
        wanted = [("notes, which have no samples", pc.equal(rows["kind"], "audio"))]
        for space in spaces:
            own = rows[column(space)]
            has = pc.is_valid(own) if self.classes[space].single else pc.greater(pc.list_value_length(own), 0)
            wanted.append((f"no label of {space}", has))
        keep = None
        for why, has in wanted:
            left_out |= dict.fromkeys(rows["clip_id"].filter(pc.invert(has)).to_pylist(), why)
            keep = has if keep is None else pc.and_(keep, has)
        kept = rows.filter(keep).combine_chunks()
        if not kept.num_rows:
            why = next(iter(left_out.values()), "it has none")
            raise SplitError(f"No clip of part {self.name} can be trained on: {why}.", "Choose another part or split.")
        return SplitPart(self.name, kept, self.classes, left_out, home=self._home, channels=self._channels)

    def one_rate(self) -> int:
        """The rate of all clips, Hz. Raises ArgumentError where there are several."""
        rates = sorted(self._rows["rate"].unique().to_pylist())
        if len(rates) > 1:
            raise ArgumentError(f"The clips have {len(rates)} rates: {', '.join(map(str, rates))} Hz.", "Give a rate.")
        return int(rates[0])

    def __repr__(self) -> str:
        told = [f"{space} {len(own):,}" for space, own in self.classes.items()]
        return (
            f"Part {self.name!r}: {number(len(self), 'clip')}"
            + (f"; labels: {', '.join(told)}" if told else "")
            + (f"; {len(self.left_out):,} left out" if self.left_out else "")
        )


def _above_0(**given: float | None) -> None:
    """Raises ArgumentError for what is there and no number above 0."""
    for name, value in given.items():
        if value is not None and not (isinstance(value, int | float) and 0 < value < math.inf):
            raise ArgumentError(f"{name} is {value!r}.", "Give a number above 0, or leave it out.")
