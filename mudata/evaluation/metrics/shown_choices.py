"""Choices between options of the items' own, as columns: where right options stand, and what guesses and constant
answers are worth, as `ChooseKind` has it."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.kinds.question_kind import AskedItem

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

FEW_TRUTHS = 30
"""Where there are no more different truths and answers than these, tables show them one by one."""
_PLACE = re.compile(r"\((\d+)\)")


class ShownChoices(NamedTuple):
    """n items with k options at most, one at least: which truth each has, of `truths`, shape (n,), how many options,
    and at which places its right option stands, shape (n, k)."""

    truths: Sequence[str]
    written: frozenset[str]
    """All options."""
    of: Places
    sizes: Places
    right: NDArray[np.bool_]

    @classmethod
    def of_items(cls, items: Sequence[tuple[str, AskedItem]]) -> Self:
        import numpy as np

        options = [asked.shown.options for _, asked in items]
        numbers: dict[str, int] = {}
        of = np.array([numbers.setdefault(truth, len(numbers)) for truth, _ in items], dtype=np.intp)
        sizes = np.array([len(some) for some in options], dtype=np.intp)
        right = np.zeros((len(items), int(sizes.max())), dtype=np.bool_)
        right[np.arange(right.shape[1]) < sizes[:, None]] = [
            option == truth for (truth, _), some in zip(items, options, strict=True) for option in some
        ]
        return cls(list(numbers), frozenset(chain.from_iterable(options)), of, sizes, right)

    def among(self, places: Places) -> ShownChoices:
        """Some of the items."""
        return self._replace(of=self.of[places], sizes=self.sizes[places], right=self.right[places])

    @property
    def guesses(self) -> Floats:
        """What a uniform guess is worth, shape (n,)."""
        import numpy as np

        return np.asarray(self.right.sum(1) / self.sizes)

    def worth(self, answer: str) -> Floats | None:
        """What a constant answer is worth, shape (n,); None of a place that some item has as its text."""
        import numpy as np

        place = _PLACE.fullmatch(answer)
        if place and answer in self.written:
            return None
        if place:
            number = int(place[1]) - 1
            there = 0 <= number < self.right.shape[1]
            return self.right[:, number].astype(np.float64) if there else np.zeros(len(self.of))
        if answer not in self.truths:
            return np.zeros(len(self.of))
        return np.asarray((self.of == self.truths.index(answer)) & self.right.any(1), dtype=np.float64)

    def to_try(self) -> tuple[int, list[str]]:
        """How many constant answers there are, and those among which the best is. Where an option is right for one
        truth alone, no other is worth more than the commonest."""
        import numpy as np

        numbers, first = np.unique(self.of, return_index=True)
        numbers = numbers[np.argsort(first)]
        times = np.bincount(self.of[self.right.any(1)], minlength=len(self.truths))[numbers]
        truths = [self.truths[number] for number in numbers.tolist()]
        constants = [*truths, *(f"({place})" for place in range(1, int(self.sizes.max()) + 1))]
        if (times > 0).sum() <= FEW_TRUTHS:
            return len(constants), constants
        right = {*truths} - {truths[int(times.argmax())]}
        return len(constants), [answer for answer in constants if answer not in right]
