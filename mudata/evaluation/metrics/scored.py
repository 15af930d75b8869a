"""What scores are made of: scored answers in, metrics out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from mudata.evaluation.kinds.kind_registry import kind_of

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment
    from mudata.evaluation.kinds.question_kind import AskedItem, MeasuredValues
    from mudata.evaluation.official_rules.official_rule import JudgedItem, Verdict

_HEADLINE = {"classify": "accuracy", "tag": "micro_f1", "caption": "rougeL_f"}
SEED = 0
"""Of all that is drawn when scores are computed."""
TOO_FEW = "too few to say"
"""What stands in the place of an interval where there is none."""


@dataclass(frozen=True)
class Metric:
    """One number with its 95 % interval, its denominator and its recipe, as the table `scores` has
    it.

    `low` and `high` are None where nothing can be said of the number's certainty. `clusters` are
    those that the interval is over, None for a constant and in scores of older versions. `interval`
    tells in few words how it was found, or why there is none.
    """

    metric: str
    value: float
    low: float | None
    high: float | None
    n: int
    recipe: str
    clusters: int | None = None
    interval: str = ""


class OfficialReading(NamedTuple):
    """A verdict, the item as the rule saw it, and the answer without what is taken off before."""

    verdict: Verdict
    item: JudgedItem
    answer: str | None


@dataclass(frozen=True)
class ScoredAnswer:
    """One clip's references (canonical ids, or captions) beside what the model said and what that
    means.

    `answer` is None for a failure, and `error` says why; `alignment` is None for captions.
    `track` is the piece that the clip is of, `aspects` are short phrases that people gave it
    (MusicCaps). `cluster` is what makes clips depend on each other, over all clips of a run (see
    `mudata.catalog.clusters`); without one the clip is taken as independent.
    """

    clip_id: str
    dataset: str
    references: tuple[str, ...]
    answer: str | None
    alignment: Alignment | None = None
    error: str | None = None
    track: str | None = None
    aspects: tuple[str, ...] = ()
    cluster: str = ""
    asked: AskedItem | None = None
    """What the model had before it, of a question with exact truth."""
    worth: MeasuredValues | None = None
    """What the answer is worth by each measure of its kind, the headline first; None for labels and captions."""
    category: str | None = None
    difficulty: str | None = None
    of: str | None = None
    """The item that this is a pass of, where items are asked several times."""
    categories: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    """What its exam's card knows to be wrong with it."""
    question: str | None = None
    """What its exam asks, in the exam's own words."""
    official: OfficialReading | None = None
    """What its exam's own rule makes of the answer."""

    def __post_init__(self) -> None:
        if not self.cluster:
            object.__setattr__(self, "cluster", f"clip:{self.clip_id}")

    @cached_property
    def counted_labels(self) -> tuple[str, ...]:
        """The labels that the headline credits or blames the answer for: those meant strictly.

        None for a lenient reading (SYNONYM, HYPONYM), and none where one label was asked for and
        several are said (MULTI). Whatever counts labels counts these.
        """
        if self.alignment is None or self.alignment.tier != "strict":
            return ()
        return self.alignment.labels

    @property
    def right(self) -> bool:
        """Whether the one label counted is among the references; of a set, whether it is all of
        them and no other; of a value, whether it is worth all that the headline can give."""
        if self.worth is not None:
            return next(iter(self.worth.values()), 0.0) >= 1.0
        if self.alignment is not None and self.alignment.status == "SET":
            return set(self.counted_labels) == set(self.references)
        return bool(self.counted_labels) and self.counted_labels[0] in self.references

    def require_asked(self) -> AskedItem:
        """What was asked; of labels and captions there is nothing such."""
        if self.asked is None:
            raise ValueError(f"{self.clip_id} is no question with exact truth")
        return self.asked

    @property
    def outcome(self) -> str:
        """ALIGNED, MULTI, OOV, ...; for captions ANSWERED, EMPTY or ERROR."""
        if self.alignment is not None:
            return self.alignment.status
        return "ERROR" if self.answer is None else "ANSWERED" if self.answer.strip() else "EMPTY"


def headline_of(kind: str, metrics: Collection[str]) -> str:
    """The metric that stands for a run.

    Args:
        kind: of its questions.
        metrics: that the run has. Of a kind with exact truth it is the first of its measures that is among them.

    Example:
        >>> headline_of("tag", []), headline_of("structure", ["boundary_f_3s", "boundary_f_500ms"])
        ('micro_f1', 'boundary_f_500ms')
    """
    if kind in _HEADLINE:
        return _HEADLINE[kind]
    measures = [measure.name for measure in kind_of(kind).measures]
    return next((name for name in measures if name in metrics), measures[0])


def interval_text(low: float | None, high: float | None, written: Callable[[float], str]) -> str:
    """An interval as every table shows it.

    Args:
        low, high: its ends; None where nothing can be said.
        written: how one end is written.

    Example:
        >>> interval_text(0.25, 0.75, "{:.2f}".format), interval_text(None, None, str)
        ('[0.25, 0.75]', '[too few to say]')
    """
    return f"[{TOO_FEW}]" if low is None or high is None else f"[{written(low)}, {written(high)}]"


def decimals(value: float) -> str:
    """A number in three places, without the zero before the point, as tables show it.

    Example:
        >>> decimals(0.8333), decimals(-0.25), decimals(1.0), decimals(0.99999)
        ('.833', '-.250', '1.000', '1.000')
    """
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 0.9995 else f"{value:.3f}"


Labels = Mapping[str, Sequence[str]]
"""Canonical ids by dataset, in published order."""
