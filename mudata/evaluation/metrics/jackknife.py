"""How far a number moves when one cluster of clips, or one clip, is left out: what its interval is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class ClusteredClips:
    """Which of n clips belong together, numbered once for all numbers about them.

    of: the cluster of each clip, from 0, shape (n,). count: how many clusters there are.
    """

    of: Places
    count: int

    @classmethod
    def named(cls, names: Sequence[str]) -> ClusteredClips:
        """From the name of each clip's cluster.

        Example:
            >>> ClusteredClips.named(["ann", "bob", "ann"]).of.tolist()
            [0, 1, 0]
        """
        import numpy as np

        places: dict[str, int] = {}
        of = np.array([places.setdefault(name, len(places)) for name in names], dtype=np.intp)
        return cls(of, len(places))

    def only(self, asked: NDArray[np.bool_]) -> ClusteredClips:
        """The clusters of some of the clips. asked: shape (n,)."""
        import numpy as np

        if asked.all():
            return self
        there, of = np.unique(self.of[asked], return_inverse=True)
        return ClusteredClips(of, len(there))

    def among(self, places: Places) -> ClusteredClips:
        """The clusters of the clips at some places, numbered anew in the order of these, as `named` does.

        Example:
            >>> import numpy as np
            >>> ClusteredClips.named(["ann", "bob", "eve", "bob"]).among(np.array([3, 0, 1])).of.tolist()
            [0, 1, 0]
        """
        import numpy as np

        _, first, of = np.unique(self.of[places], return_index=True, return_inverse=True)
        numbers = np.empty(len(first), dtype=np.intp)
        numbers[np.argsort(first)] = np.arange(len(first))
        return ClusteredClips(numbers[of], len(first))

    def sums(self, values: Floats) -> Floats:
        """Sums by cluster of one value per clip: from shape (n,) to (count,)."""
        return _sums(self.of, values, self.count)


@dataclass(frozen=True, eq=False)
class Jackknife:
    """A number and how far it moves without each cluster, shape (clusters,), and without each clip, shape (n,), with
    the weight that each has in it."""

    value: float
    moves: Floats
    weights: Floats
    clip_moves: Floats
    clip_weights: Floats

    @classmethod
    def ratio(cls, over: Floats, under: Floats, clips: ClusteredClips) -> Jackknife:
        """Of sum(over) / sum(under), each of shape (n,), no sum 0.

        Example:
            >>> clips = ClusteredClips.named(["ann", "ann", "bob"])
            >>> import numpy as np
            >>> Jackknife.ratio(np.array([1.0, 1, 0]), np.ones(3), clips).moves.round(3).tolist()
            [-0.667, 0.333]
        """
        whole = float(under.sum())
        value = float(over.sum()) / whole
        apart, weights = over - value * under, clips.sums(under)
        moves = -clips.sums(apart) / (whole - weights) if clips.count > 1 else apart[:1] * 0
        return cls(value, moves, weights, -apart / whole, under)

    def minus(self, other: Jackknife) -> Jackknife:
        """The difference of two numbers of the same clips."""
        return Jackknife(
            self.value - other.value,
            self.moves - other.moves,
            (self.weights + other.weights) / 2,
            self.clip_moves - other.clip_moves,
            (self.clip_weights + other.clip_weights) / 2,
        )

    @classmethod
    def statistic(cls, columns: Floats, of_sums: Callable[[Floats], Floats], clips: ClusteredClips) -> Jackknife:
        """Of anything made of column sums.

        Args:
            columns: shape (n, k), a row for each clip.
            of_sums: from sums of shape (m, k) to values of shape (m,).
        """
        import numpy as np

        whole = columns.sum(0)
        by_cluster = np.zeros((clips.count, columns.shape[1]))
        np.add.at(by_cluster, clips.of, columns)
        value = float(of_sums(whole[None])[0])
        moves, clip_moves = (of_sums(whole - without) - value for without in (by_cluster, columns))
        ones = np.ones(len(columns))
        return cls(value, moves, clips.sums(ones), clip_moves, ones)

    @classmethod
    def macro_f1(
        cls, references: tuple[Places, Places], named: tuple[Places, Places], clips: ClusteredClips
    ) -> Jackknife:
        """Of the mean F1 over the labels that occur in the references; without a cluster, over those that still do.

        Args:
            references, named: (clips, labels), of every label of every clip once; labels are numbered.

        Example:
            >>> import numpy as np
            >>> clips = ClusteredClips(np.arange(3), 3)
            >>> labels = np.arange(3), np.array([0, 0, 1])
            >>> found = Jackknife.macro_f1(labels, (np.arange(3), np.array([0, 1, 1])), clips)
            >>> round(found.value, 3), found.moves.round(3).tolist()
            (0.667, [-0.333, 0.333, 0.0])
        """
        import numpy as np

        n, labels = len(clips.of), 1 + max(int(of.max(initial=-1)) for _, of in (references, named))
        support = np.bincount(references[1], minlength=labels)
        # one entry for each clip and label: in the reference, said, both
        keys, which = np.unique(
            np.concatenate([clip * labels + label for clip, label in (references, named)]), return_inverse=True
        )
        counts = np.zeros((3, len(keys)))
        counts[0, which[: len(references[0])]] = 1
        counts[1, which[len(references[0]) :]] = 1
        counts[2] = counts[0] * counts[1]
        clip, label = np.divmod(keys, labels)
        counted = support[label] > 0  # what is said of a label that no reference has is no failure at it
        counts, clip, label = counts[:, counted], clip[counted], label[counted]
        totals = np.stack([_sums(label, row, labels) for row in counts])
        f1 = _f1(totals)
        occurring, summed = int((support > 0).sum()), float(f1.sum())

        def without(thing: Places, things: int) -> Floats:
            keys, which = np.unique(thing * labels + label, return_inverse=True)
            left = np.stack([_sums(which, row, len(keys)) for row in counts])
            owner, of = np.divmod(keys, labels)
            rest = totals[:, of] - left
            changed = _sums(owner, _f1(rest) * (rest[0] > 0) - f1[of], things)
            lost = _sums(owner, (rest[0] <= 0).astype(np.float64), things)
            return (summed + changed) / np.maximum(1, occurring - lost) - summed / occurring

        weights = _sums(references[0], 1 / support[references[1]], n)
        return cls(
            summed / occurring,
            without(clips.of[clip], clips.count),
            clips.sums(weights),
            without(clip, n),
            weights,
        )


def _sums(of: Places, values: Floats, count: int) -> Floats:
    import numpy as np

    return np.bincount(of, values, count).astype(np.float64, copy=False)


def _f1(counts: Floats) -> Floats:
    """From (in the references, said, both) by label; 0 where nothing is."""
    import numpy as np

    both = counts[0] + counts[1]
    return np.asarray(np.divide(2 * counts[2], both, out=np.zeros(counts.shape[1]), where=both > 0))
