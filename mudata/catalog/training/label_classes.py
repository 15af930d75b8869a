"""Labels as numbers, the same for all parts of a split, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mudata.errors import UnknownName

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

UNKNOWN = -100
"""The class of a clip whose label is not known: what torch's cross entropy passes over (its `ignore_index`)."""


@dataclass(frozen=True)
class LabelClasses:
    """The classes of one namespace.

    names: its labels among all clips of the split, in alphabetical order; a label's number is its place. single:
    whether a clip has one label at most.
    """

    namespace: str
    names: tuple[str, ...]
    single: bool

    def __len__(self) -> int:
        return len(self.names)

    def encode(self, label: str | Iterable[str] | None) -> int | npt.NDArray[np.float32]:
        """The number of a label; of a namespace where a clip may have several, (classes,) float32: 1 for each it has.

        A clip without any is UNKNOWN, or all NaN: nobody said that it has none, and a loss that meets it shows it.
        Raises UnknownName.
        """
        if self.single:
            return UNKNOWN if label is None else self._number(str(label))
        import numpy as np

        own = [label] if isinstance(label, str) else list(label or ())
        row = np.full(len(self), 0.0 if own else np.nan, np.float32)
        row[[self._number(name) for name in own]] = 1.0
        return row

    def decode(self, code: Any) -> str | list[str] | None:
        """The label of a number (None: UNKNOWN); or the labels of a row of numbers, those of at least one half."""
        if self.single:
            number = int(code)
            return None if number == UNKNOWN else self.names[number]
        return [name for name, share in zip(self.names, _plain(code), strict=True) if share >= 0.5]

    def _number(self, name: str) -> int:
        try:
            return self._numbers[name]
        except KeyError:
            raise UnknownName(f"label of {self.namespace}", name, self.names) from None

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names)}


def _plain(row: Any) -> Sequence[float]:
    return row.tolist() if hasattr(row, "tolist") else list(row)
