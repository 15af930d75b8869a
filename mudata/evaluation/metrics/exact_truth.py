"""Scores of questions with exact truth: what a kind measures of each item, over all items, with what stands beside it.

Failures and answers without one value are worth 0 and stay in the denominator; nothing is drawn at random. Beside every
score: what a uniform guess and the best constant answer reach on these items, and the same over the answers that give
one value. Intervals count items of one piece together (`ScoredAnswer.cluster`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mudata.catalog.cards.card_task import LEVELS
from mudata.evaluation.kinds.choose_kind import ChooseKind
from mudata.evaluation.kinds.kind_registry import kind_of
from mudata.evaluation.metrics.estimates import clustered, constant, mean, share
from mudata.evaluation.metrics.intervals import require_clips
from mudata.evaluation.metrics.scored import Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.kinds.question_kind import AskedItem, MeasuredValues, QuestionKind, ScoreMeasure
    from mudata.evaluation.metrics.jackknife import ClusteredClips
    from mudata.evaluation.metrics.scored import ScoredAnswer

    Floats = NDArray[np.float64]

AnswerCount = Literal["parsed", "hedged", "ambiguous", "refused", "outside", "unparsed", "error"]
COUNTS: tuple[AnswerCount, ...] = ("parsed", "hedged", "ambiguous", "refused", "outside", "unparsed", "error")
"""How answers end, over all items: one value; several, as a range or with 'or'; several otherwise; it says that it
cannot tell; a value that may not be answered; no value; no answer. Each item is in one of them."""
_OF_STATUS: dict[str, AnswerCount] = {
    "ALIGNED": "parsed",
    "MULTI": "ambiguous",
    "CONFLICT": "ambiguous",
    "REFUSAL": "refused",
    "REFUSAL_WITH_MENTION": "refused",
    "OUTSIDE": "outside",
    "ERROR": "error",
}
FEW_TRUTHS = 30
"""Where there are no more different truths and answers than these, tables show them one by one."""


class BestConstant(NamedTuple):
    """The answer that is worth most if it is given to every item, and what it is worth for each, shape (n,)."""

    answer: str
    values: Floats
    tried: int


class _Measured(NamedTuple):
    """One measure of a kind over the items that it says something of: those are `asked`, shape (n,)."""

    measure: ScoreMeasure
    asked: NDArray[np.bool_]
    values: Floats


def exact_metrics(kind: str, scored: Sequence[ScoredAnswer]) -> list[Metric]:
    """Every measure of a kind, the headline first, then what goes with the headline, then what goes with the others.

    Of a measure m: `m` itself over all items; `selective_m` over the answers with one value, where there are any;
    `chance` what a uniform guess is worth, exactly, and `constant` what the best constant answer is worth on this set
    (`chance_m`, `constant_m` of a measure that is not the headline). Further `coverage`, the share of answers with one
    value, `commonest_share`, how often the commonest value is given, and `distinct_answers`, how many there are.

    Args:
        kind: one of EXACT_KINDS.
        scored: the answers, with what they are worth.

    Returns:
        Metrics in [0, 1], but for `distinct_answers`.

    Raises:
        EvaluationError: there is nothing to score.
    """
    return _metrics(kind, scored, _Floors.of(kind_of(kind), scored))


def _metrics(kind: str, scored: Sequence[ScoredAnswer], floors: _Floors) -> list[Metric]:
    import numpy as np

    n, clips = require_clips(len(scored)), clustered(scored)
    found, beside = [], []
    for place, one in enumerate(_measured(kind_of(kind), scored)):
        tail = f"_{one.measure.name}" if place else ""
        metrics = [*_with_baselines(one, floors, scored, clips, tail)]
        found.append(metrics[0])
        beside.append(metrics[1:])
    parsed = [bool(item.counted_labels) for item in scored]
    values = Counter(item.counted_labels[0] for item in scored if item.counted_labels)
    commonest = values.most_common(1)[0][0] if values else None
    said = np.array([commonest is not None and item.counted_labels[:1] == (commonest,) for item in scored])
    answers = [
        share("coverage", parsed, "answers that give exactly one value / all", clips),
        share("commonest_share", said.tolist(), "answers that give the commonest value / all", clips),
        Metric("distinct_answers", float(len(values)), None, None, n, "how many different values are given"),
    ]
    return [*found, *beside[0], *answers, *(metric for others in beside[1:] for metric in others)]


@dataclass(frozen=True)
class _Floors:
    """What needs no listening, of each of n items: what a uniform guess is worth, and what each constant answer is."""

    kind: QuestionKind
    pairs: Sequence[tuple[str, AskedItem]]
    guesses: Sequence[MeasuredValues]
    constants: Mapping[str, Sequence[MeasuredValues]]
    tried: int
    """How many constant answers there are: of those that cannot be the best, worth is not counted out."""

    @classmethod
    def of(cls, kind: QuestionKind, scored: Sequence[ScoredAnswer]) -> _Floors:
        pairs = [(item.references[0], item.require_asked()) for item in scored]
        tried, some = _to_try(kind, pairs)
        constants = {answer: _scores(kind, answer, pairs) for answer in some}
        return cls(kind, pairs, [kind.guess(*pair) for pair in pairs], constants, tried)

    def among(self, places: Sequence[int]) -> _Floors:
        """Those of some of the items."""
        pairs = [self.pairs[place] for place in places]
        tried, some = _to_try(self.kind, pairs)
        constants = {
            answer: [known[place] for place in places]
            if (known := self.constants.get(answer))
            else _scores(self.kind, answer, pairs)
            for answer in some
        }
        return _Floors(self.kind, pairs, [self.guesses[place] for place in places], constants, tried)

    def best(self, measure: str) -> BestConstant | None:
        """Of equal answers the first that the kind names; over the items that the measure says something of."""
        import numpy as np

        best: BestConstant | None = None
        for answer, worth in self.constants.items():
            values = np.array([one[measure] for one in worth if measure in one])
            if len(values) and (best is None or values.sum() > best.values.sum() + 1e-9):
                best = BestConstant(answer, values, self.tried)
        return best


def _scores(kind: QuestionKind, answer: str, pairs: Sequence[tuple[str, AskedItem]]) -> Sequence[MeasuredValues]:
    if isinstance(kind, ChooseKind):  # thousands of items of an exam, each with its own options
        return kind.scores(answer, pairs)
    return [kind.score(answer, *pair) for pair in pairs]


def _to_try(kind: QuestionKind, pairs: Sequence[tuple[str, AskedItem]]) -> tuple[int, list[str]]:
    """How many constant answers there are, and those among which the best is. Where an option is right for one truth
    alone, no other is worth more than the commonest."""
    constants = list(kind.constants(pairs)) if pairs else []
    truths = Counter(truth for truth, asked in pairs if truth in asked.shown.options)
    if not isinstance(kind, ChooseKind) or len(truths) <= FEW_TRUTHS:
        return len(constants), constants
    most = max(truths.values())
    commonest = next(answer for answer in constants if truths[answer] == most)
    right = {truth for truth, _ in pairs} - {commonest}
    return len(constants), [answer for answer in constants if answer not in right]


def _with_baselines(
    one: _Measured, floors: _Floors, scored: Sequence[ScoredAnswer], clips: ClusteredClips, tail: str
) -> list[Metric]:
    """The measure, then selective, chance and constant."""
    import numpy as np

    name, recipe, asked = one.measure.name, one.measure.recipe, one.asked
    here, of = clips.only(asked), [item for item, is_asked in zip(scored, asked, strict=True) if is_asked]
    metrics = [mean(name, one.values, recipe, here)]
    parsed = np.array([bool(item.counted_labels) for item in of])
    if parsed.any():
        of_parsed = f"as {name}, of the answers with one value alone"
        metrics.append(mean(f"selective_{name}", one.values[parsed], of_parsed, here.only(parsed)))
    if chances := [guess[name] for guess in floors.guesses if name in guess]:
        told = "what a uniform guess among all that may be answered is worth, exactly"
        metrics.append(constant(f"chance{tail}", float(np.mean(chances)), len(chances), told))
    if best := floors.best(name):
        told = f"what always answering {best.answer!r} is worth, the best of {best.tried} constant answers on this set"
        metrics.append(mean(f"constant{tail}", best.values, told, here))
    return metrics


def best_constant(kind: str, scored: Sequence[ScoredAnswer], measure: str) -> BestConstant | None:
    """The constant answer that is worth most by a measure, on these items; None where none can be tried.

    Of equal ones the first that the kind names. It is found on the set itself, so that it is hard to beat by luck.
    """
    return _Floors.of(kind_of(kind), scored).best(measure)


def measure_values(kind: str, scored: Sequence[ScoredAnswer]) -> dict[str, tuple[Floats, Floats]]:
    """What each item is worth by each measure, as sums over and under the line of a ratio, shape (n,) each."""
    import numpy as np

    found = {}
    for one in _measured(kind_of(kind), scored):
        over = np.zeros(len(scored))
        over[one.asked] = one.values
        found[one.measure.name] = (over, one.asked.astype(np.float64))
    return found


def _measured(kind: QuestionKind, scored: Sequence[ScoredAnswer]) -> list[_Measured]:
    """Measures that say something of any item, in the order of the kind."""
    import numpy as np

    found = []
    for measure in kind.measures:
        asked = np.array([measure.name in (item.worth or {}) for item in scored])
        if asked.any():
            values = np.array(
                [(item.worth or {})[measure.name] for item in scored if measure.name in (item.worth or {})]
            )
            found.append(_Measured(measure, asked, values))
    return found


def answer_counts(scored: Sequence[ScoredAnswer]) -> dict[AnswerCount, int]:
    """How answers end, over all items; the counts add up to them."""
    counts = Counter(_count(item) for item in scored)
    return {name: counts[name] for name in COUNTS}


def _count(item: ScoredAnswer) -> AnswerCount:
    flags = item.alignment.flags if item.alignment else ()
    if item.outcome == "MULTI" and "hedged" in flags:
        return "hedged"
    return _OF_STATUS.get(item.outcome, "unparsed")


def exact_details(kind: str, scored: Sequence[ScoredAnswer]) -> dict[str, Any]:
    """What scores.json has of a kind with exact truth beside its metrics.

    Args:
        kind: one of EXACT_KINDS.
        scored: the answers, with what they are worth.

    Returns:
        counts: see COUNTS. constants: by measure, the best constant answer. values: those that are right or given,
        where they are few. answers: the values given, commonest first, with how often (at most FEW_TRUTHS). groups: the
        measures by category and by difficulty, each with n, its interval, chance and constant.
    """
    return _details(kind, scored, _Floors.of(kind_of(kind), scored))


def exact_scores(kind: str, scored: Sequence[ScoredAnswer]) -> tuple[list[Metric], dict[str, Any]]:
    """`exact_metrics` and `exact_details`, of floors that are counted once."""
    floors = _Floors.of(kind_of(kind), scored)
    return _metrics(kind, scored, floors), _details(kind, scored, floors)


def _details(kind: str, scored: Sequence[ScoredAnswer], floors: _Floors) -> dict[str, Any]:
    values = Counter(item.counted_labels[0] for item in scored if item.counted_labels)
    names = [one.measure.name for one in _measured(kind_of(kind), scored)]
    constants = {name: best.answer for name in names if (best := floors.best(name))}
    return {
        "counts": answer_counts(scored),
        "constants": constants,
        "values": sorted({value for of in few_values(scored).values() for value in of}, key=_in_order),
        "answers": [[value, n] for value, n in values.most_common(FEW_TRUTHS)],
        "groups": [row for by in ("category", "difficulty") for row in _groups(kind, scored, by, floors)],
    }


def _groups(
    kind: str, scored: Sequence[ScoredAnswer], by: Literal["category", "difficulty"], floors: _Floors
) -> list[dict[str, Any]]:
    """The measures of the items of each category or difficulty, where items have any."""
    places: dict[str, list[int]] = {}
    for place, item in enumerate(scored):
        if (name := getattr(item, by)) is not None:
            places.setdefault(name, []).append(place)
    rows = []
    for name in sorted(places, key=_in_order):
        of = [scored[place] for place in places[name]]
        metrics = {metric.metric: metric for metric in _metrics(kind, of, floors.among(places[name]))}
        for place, one in enumerate(_measured(kind_of(kind), of)):
            metric, tail = metrics[one.measure.name], f"_{one.measure.name}" if place else ""
            beside = {name: found.value for name in ("chance", "constant") if (found := metrics.get(f"{name}{tail}"))}
            rows.append(
                {
                    "by": by,
                    "name": name,
                    "metric": metric.metric,
                    "n": metric.n,
                    "value": metric.value,
                    "low": metric.low,
                    "high": metric.high,
                    "clusters": metric.clusters,
                    "interval": metric.interval,
                    "chance": beside.get("chance"),
                    "constant": beside.get("constant"),
                }
            )
    return rows


def _in_order(name: str) -> tuple[float, int, str]:
    """Numbers by their size, then LEVELS, then names by the alphabet."""
    try:
        return float(name), 0, name
    except ValueError:
        return float("inf"), LEVELS.index(name) if name in LEVELS else len(LEVELS), name


def few_values(scored: Sequence[ScoredAnswer]) -> dict[str, tuple[str, ...]]:
    """By dataset every value that is right or given somewhere; nothing where they are more than FEW_TRUTHS, or where
    other values than the truth are right too (tempi)."""
    scales = [item.asked.scale for item in scored if item.asked and item.asked.scale]
    if any(scale.tolerance or scale.within for scale in scales):
        return {}
    found: dict[str, set[str]] = {}
    for item in scored:
        found.setdefault(item.dataset, set()).update(item.references, item.counted_labels)
    if any(len(values) > FEW_TRUTHS for values in found.values()):
        return {}
    return {dataset: tuple(sorted(values, key=_in_order)) for dataset, values in found.items()}
