"""A run of an exam item by item: several passes of one item are one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mudata.evaluation.metrics.intervals import ratio
from mudata.evaluation.metrics.jackknife import ClusteredClips
from mudata.evaluation.scoring.score import read_answers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.metrics.scored import ScoredAnswer
    from mudata.evaluation.run import Run

    Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class HeardScore:
    """A share of n items with its 95 % interval (None where nothing can be said); `run` is whose it is."""

    value: float
    low: float | None
    high: float | None
    n: int
    run: str | None = None


@dataclass(frozen=True, eq=False)
class SatExam:
    """A run: `scored` answers, those to the `passes` of each item, and what items are worth (`values`, the mean over
    passes; of an item that its exam's authors leave out nothing is known)."""

    run: Run
    scored: Sequence[ScoredAnswer]
    passes: Mapping[str, Sequence[ScoredAnswer]]
    values: Mapping[str, float]

    @classmethod
    def of(cls, run: Run) -> SatExam:
        scored = read_answers(run)
        passes: dict[str, list[ScoredAnswer]] = {}
        for answer in scored:
            passes.setdefault(answer.of or answer.clip_id, []).append(answer)
        values = {}
        for item, some in passes.items():
            worth = [next(iter((answer.worth or {}).values()), None) for answer in some]
            counted = [value for value in worth if value is not None]
            if counted:  # what an exam's authors leave out is worth nothing to anybody
                values[item] = sum(counted) / len(counted)
        return cls(run, scored, passes, values)

    def cluster(self, item: str) -> str:
        return self.passes[item][0].cluster

    def array(self, items: Sequence[str]) -> Floats:
        import numpy as np

        return np.array([self.values[item] for item in items])

    def score(self, items: Sequence[str] | None = None) -> HeardScore:
        """Over these items, or all."""
        import numpy as np

        of = list(self.values) if items is None else items
        values = self.array(of)
        clips = ClusteredClips.named([self.cluster(item) for item in of])
        found = ratio(values, np.ones(len(of)), clips)
        return HeardScore(value=float(values.mean()), low=found.low, high=found.high, n=len(of), run=self.run.id)

    @property
    def exam(self) -> Mapping[str, Any]:
        """What scores.json has of the exam; nothing for a task that is of none."""
        return self.run.scores.get("exam") or {}

    @property
    def all_right(self) -> HeardScore:
        """The share of items right in every pass."""
        import numpy as np

        right = np.array([float(all(answer.right for answer in some)) for some in self.passes.values()])
        clips = ClusteredClips.named([some[0].cluster for some in self.passes.values()])
        found = ratio(right, np.ones(len(right)), clips)
        return HeardScore(value=float(right.mean()), low=found.low, high=found.high, n=len(right), run=self.run.id)

    @property
    def consistent(self) -> float:
        """The share of items for which every pass chooses the same option."""
        chosen = [{answer.counted_labels for answer in some} for some in self.passes.values()]
        return sum(len(one) == 1 and one != {()} for one in chosen) / len(chosen)
