"""From judged answers to numbers; pure functions.

Conventions. n is every clip that was asked: failures, refusals and unreadable answers stay in the denominator as
wrong. Every metric carries its n, its 95 % interval and its recipe. Proportions have Wilson intervals; everything else
has the percentile interval of a seeded bootstrap over clips. Nothing to score is an error, never a 0.

Metrics
    classify  accuracy, coverage (answers that name exactly one label), selective_accuracy (on those), macro_f1,
              and the lines to compare with: chance, majority
    tag       micro_f1, micro_precision, micro_recall, macro_f1, coverage, majority_micro_f1
    caption   rouge1, rouge2, rougeL: _p, _r, _f; rouge1_f_lift and rougeL_f_lift over the same answers paired with
              other clips; coverage
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError
from mudata.evaluation import rouge

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.align import Alignment

Z95 = 1.959963984540054
"""97.5 % quantile of the normal distribution."""
SEED, RESAMPLES = 0, 1000
_BOOTSTRAP = f"95 % percentile bootstrap over clips, {RESAMPLES} resamples, seed {SEED}"
_WILSON = "Wilson 95 %"


@dataclass(frozen=True)
class Metric:
    """One number as the table `scores` has it."""

    metric: str
    value: float
    low: float
    high: float
    n: int
    recipe: str


@dataclass(frozen=True)
class Judged:
    """One clip's references (canonical ids, or captions) beside what the model said and what that means.

    `answer` is None for a failure; `alignment` is None for captions.
    """

    clip_id: str
    dataset: str
    gold: tuple[str, ...]
    answer: str | None
    alignment: Alignment | None = None

    @property
    def right(self) -> bool:
        return self.alignment is not None and self.alignment.label in self.gold

    @property
    def outcome(self) -> str:
        """ALIGNED, MULTI, OOV, ...; for captions ANSWERED, EMPTY or ERROR."""
        if self.alignment is not None:
            return self.alignment.status
        return "ERROR" if self.answer is None else "ANSWERED" if self.answer.strip() else "EMPTY"


Labels = Mapping[str, Sequence[str]]
"""Canonical ids by dataset, in published order."""


def wilson(k: int, n: int) -> tuple[float, float]:
    """95 % interval of a proportion (Wilson 1927). 80 of 100: 0.711 to 0.867. Raises EvaluationError for n = 0."""
    _some(n)
    p, z2 = k / n, Z95 * Z95
    centre, half = p + z2 / (2 * n), Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # at the ends rounding must not push the bound past the value
    low = 0.0 if k == 0 else (centre - half) / (1 + z2 / n)
    return low, 1.0 if k == n else (centre + half) / (1 + z2 / n)


def classify(items: Sequence[Judged], labels: Labels, majority: Mapping[str, str], source: str) -> list[Metric]:
    """Metrics of a task with one right label per clip. `majority` is each dataset's most frequent label in `source`."""
    n = _some(len(items))
    aligned = [item for item in items if item.alignment and item.alignment.label is not None]
    right = sum(item.right for item in items)
    chance = sum(1 / len(labels[item.dataset]) for item in items) / n
    metrics = [
        _share("accuracy", right, n, "aligned and equal / all"),
        _share("coverage", len(aligned), n, "answers that name exactly one label / all"),
        Metric("chance", chance, chance, chance, n, "1 / number of labels"),
        _share(
            "majority",
            sum(majority[item.dataset] in item.gold for item in items),
            n,
            f"accuracy of always saying the most frequent label of the {source}",
        ),
        *_of_sets(items, labels, ("macro_f1",)),
    ]
    if aligned:
        recipe = "aligned and equal / aligned"
        metrics.insert(2, _share("selective_accuracy", right, len(aligned), recipe))
    return metrics


def tag(items: Sequence[Judged], labels: Labels, majority: Mapping[str, str], source: str) -> list[Metric]:
    """Metrics of a task with any number of right labels per clip."""
    n = _some(len(items))
    named = sum(item.outcome == "SET" for item in items)
    common = sum(majority[item.dataset] in item.gold for item in items)
    always = 2 * common / max(1, n + sum(len(item.gold) for item in items))
    return [
        *_of_sets(items, labels, ("micro_f1", "micro_precision", "micro_recall", "macro_f1")),
        _share("coverage", named, n, "answers that name at least one label / all"),
        Metric(
            "majority_micro_f1",
            always,
            always,
            always,
            n,
            f"micro-F1 of always saying the most frequent label of the {source}",
        ),
    ]


def caption(items: Sequence[Judged]) -> list[Metric]:
    """Metrics of descriptions; see `rouge` for the recipe."""
    import numpy as np

    n = _some(len(items))
    said, gold = [item.answer or "" for item in items], [item.gold for item in items]
    scores = rouge.rouge(said, gold)
    rouge.check(scores.mean(0))
    metrics = [_mean(name, scores[:, i], rouge.RECIPE) for i, name in enumerate(rouge.COLUMNS)]
    if n > 1:  # one cycle through all clips in a random order gives every answer to another clip
        cycle = np.random.default_rng(SEED).permutation(n)
        other = np.empty(n, dtype=np.intp)
        other[cycle] = np.roll(cycle, 1)
        wrong = rouge.rouge(said, [gold[i] for i in other])
        for name in ("rouge1_f", "rougeL_f"):
            i = rouge.COLUMNS.index(name)
            recipe = f"{rouge.RECIPE}; minus the same with references of other clips (one cycle, seed {SEED})"
            metrics.append(_mean(f"{name}_lift", scores[:, i] - wrong[:, i], recipe))
    metrics.append(_share("coverage", sum(bool(s.strip()) for s in said), n, "answers that are not empty / all"))
    return metrics


def per_label(items: Sequence[Judged], labels: Labels) -> list[dict[str, object]]:
    """Recall of every label, one row per dataset and label that occurs in the references or the answers."""
    rows: list[dict[str, object]] = []
    for dataset, ids in labels.items():
        mine = [item for item in items if item.dataset == dataset]
        n = Counter(label for item in mine for label in item.gold)
        said = Counter(label for item in mine for label in _meant(item))
        hit = Counter(label for item in mine for label in _meant(item) if label in item.gold)
        for label in ids:
            if n[label] or said[label]:
                low, high = wilson(hit[label], n[label]) if n[label] else (None, None)
                rows.append(
                    {
                        "dataset": dataset,
                        "label": label,
                        "n": n[label],
                        "said": said[label],
                        "right": hit[label],
                        "recall": hit[label] / n[label] if n[label] else None,
                        "low": low,
                        "high": high,
                    }
                )
    return rows


def confusion(items: Sequence[Judged]) -> list[dict[str, object]]:
    """How often each label was answered with each other, or with what came instead (MULTI, OOV, ERROR, ...)."""
    pairs = Counter(
        (item.dataset, item.gold[0], item.alignment.label or item.outcome) for item in items if item.alignment
    )
    return [{"dataset": d, "gold": g, "answer": a, "n": n} for (d, g, a), n in sorted(pairs.items())]


def outcomes(items: Sequence[Judged]) -> dict[str, int]:
    """How many answers ended how, the most frequent first."""
    return dict(Counter(item.outcome for item in items).most_common())


def bootstrap(
    columns: NDArray[np.float64], statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> tuple[float, float]:
    """95 % percentile interval of a statistic of column sums, over resampled rows (clips).

    `columns` has shape (n, k); `statistic` takes sums of shape (resamples, k) and gives shape (resamples,).
    """
    import numpy as np

    n = len(columns)
    random = np.random.default_rng(SEED)
    sums = np.empty((RESAMPLES, columns.shape[1]))
    for i in range(RESAMPLES):
        sums[i] = np.bincount(random.integers(0, n, n), minlength=n) @ columns
    low, high = np.nanpercentile(statistic(sums), [2.5, 97.5])
    return float(low), float(high)


def _meant(item: Judged) -> tuple[str, ...]:
    """Labels that an answer is credited or blamed for; several where one was asked for are none."""
    return item.alignment.labels if item.alignment and item.alignment.status in ("ALIGNED", "SET") else ()


def _of_sets(items: Sequence[Judged], labels: Labels, wanted: Sequence[str]) -> list[Metric]:
    """F1 and its parts from label sets: per label and summed, labels of different datasets kept apart."""
    import numpy as np

    place = {(dataset, label): i for i, (dataset, label) in enumerate((d, x) for d, ids in labels.items() for x in ids)}
    gold, said = np.zeros((2, len(items), len(place)))
    for row, item in enumerate(items):
        gold[row, [place[item.dataset, label] for label in item.gold]] = 1
        said[row, [place[item.dataset, label] for label in _meant(item)]] = 1
    occurs = gold.any(0)

    def parts(sums: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        return np.split(sums, 3, axis=-1)  # hits, in the references, in the answers: each (..., labels)

    def ratio(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)

    def macro(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        hit, true, named = (part[..., occurs] for part in parts(sums))
        there = true + named > 0  # a resample may hold no clip of a rare label, which is no failure at it
        return np.asarray(ratio(2 * hit, true + named).sum(-1) / np.maximum(1, there.sum(-1)))

    def micro(sums: NDArray[np.float64], over: str) -> NDArray[np.float64]:
        hit, true, named = (part.sum(-1) for part in parts(sums))
        return {"f1": ratio(2 * hit, true + named), "recall": ratio(hit, true), "precision": ratio(hit, named)}[over]

    how: dict[str, tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], str]] = {
        "macro_f1": (macro, "mean of F1 over the labels that occur in the references"),
        "micro_f1": (lambda sums: micro(sums, "f1"), "2 * hits / (labels in references + labels in answers)"),
        "micro_precision": (lambda sums: micro(sums, "precision"), "hits / labels in answers"),
        "micro_recall": (lambda sums: micro(sums, "recall"), "hits / labels in references"),
    }
    columns = np.hstack([gold * said, gold, said])
    metrics = []
    for name in wanted:
        statistic, recipe = how[name]
        low, high = bootstrap(columns, statistic)
        value = float(statistic(columns.sum(0, keepdims=True))[0])
        metrics.append(Metric(name, value, low, high, len(items), f"{recipe}; {_BOOTSTRAP}"))
    return metrics


def _share(name: str, k: int, n: int, recipe: str) -> Metric:
    low, high = wilson(k, n)
    return Metric(name, k / n, low, high, n, f"{recipe}; {_WILSON}")


def _mean(name: str, values: NDArray[np.float64], recipe: str) -> Metric:
    n = len(values)
    low, high = bootstrap(values[:, None], lambda sums: sums[:, 0] / n)
    return Metric(name, float(values.mean()), low, high, n, f"{recipe}; {_BOOTSTRAP}")


def _some(n: int) -> int:
    if n == 0:
        raise EvaluationError("There is nothing to score: no clip was asked.", "Check the split's part and the limit.")
    return n
