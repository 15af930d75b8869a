"""Scores of questions with exact truth: what a kind measures of each item, over all items, with what stands beside it.

Failures and answers without one value are worth 0 and stay in the denominator; nothing is drawn at random. Beside every
score: what a uniform guess and the best constant answer reach on these items, and the same over the answers that give
one value. Intervals count items of one piece together (`ScoredAnswer.cluster`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from mudata.catalog.cards.card_task import LEVELS
from mudata.evaluation.kinds.kind_registry import kind_of
from mudata.evaluation.metrics.constant_floors import BestConstant, ConstantFloors, MeasureColumn
from mudata.evaluation.metrics.estimates import clustered, constant, mean, share
from mudata.evaluation.metrics.intervals import require_clips
from mudata.evaluation.metrics.scored import Metric
from mudata.evaluation.metrics.shown_choices import FEW_TRUTHS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.kinds.question_kind import QuestionKind, ScoreMeasure
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


class _Measured(NamedTuple):
    """One measure of a kind, and what each item is worth by it."""

    measure: ScoreMeasure
    worth: MeasureColumn


class _Answers(NamedTuple):
    """What metrics count, as columns of n items: by measures that say something of any, the first value that each
    answer gives, and clusters."""

    measured: Sequence[_Measured]
    said: Sequence[str | None]
    clips: ClusteredClips

    @classmethod
    def of(cls, kind: QuestionKind, scored: Sequence[ScoredAnswer]) -> Self:
        said = [item.counted_labels[0] if item.counted_labels else None for item in scored]
        return cls(_measured(kind, scored), said, clustered(scored))


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
    return _metrics(_Answers.of(kind_of(kind), scored), _floors(kind_of(kind), scored))


def _floors(kind: QuestionKind, scored: Sequence[ScoredAnswer]) -> ConstantFloors:
    return ConstantFloors.of(kind, [(item.references[0], item.require_asked()) for item in scored])


def _metrics(answers: _Answers, floors: ConstantFloors) -> list[Metric]:
    import numpy as np

    n, clips = require_clips(len(answers.said)), answers.clips
    parsed = np.array([value is not None for value in answers.said], dtype=np.bool_)
    found, beside = [], []
    for place, one in enumerate(answers.measured):
        tail = f"_{one.measure.name}" if place else ""
        metrics = _with_baselines(one, floors, parsed, clips, tail)
        found.append(metrics[0])
        beside.append(metrics[1:])
    values = Counter(value for value in answers.said if value is not None)
    commonest = values.most_common(1)[0][0] if values else None
    said = [value is not None and value == commonest for value in answers.said]
    of_answers = [
        share("coverage", parsed.tolist(), "answers that give exactly one value / all", clips),
        share("commonest_share", said, "answers that give the commonest value / all", clips),
        Metric("distinct_answers", float(len(values)), None, None, n, "how many different values are given"),
    ]
    headline, others = beside[:1], beside[1:]
    return [*found, *chain(*headline), *of_answers, *chain(*others)]


def _with_baselines(
    one: _Measured, floors: ConstantFloors, parsed: NDArray[np.bool_], clips: ClusteredClips, tail: str
) -> list[Metric]:
    """The measure, then selective, chance and constant."""
    name, recipe, asked, values = one.measure.name, one.measure.recipe, one.worth.asked, one.worth.known
    here, parsed = clips.only(asked), parsed[asked]
    metrics = [mean(name, values, recipe, here)]
    if parsed.any():
        of_parsed = f"as {name}, of the answers with one value alone"
        metrics.append(mean(f"selective_{name}", values[parsed], of_parsed, here.only(parsed)))
    if len(chances := floors.guessed(name)):
        told = "what a uniform guess among all that may be answered is worth, exactly"
        metrics.append(constant(f"chance{tail}", float(chances.mean()), len(chances), told))
    if best := floors.best(name):
        told = f"what always answering {best.answer!r} is worth, the best of {best.tried} constant answers on this set"
        metrics.append(mean(f"constant{tail}", best.values, told, here))
    return metrics


def best_constant(kind: str, scored: Sequence[ScoredAnswer], measure: str) -> BestConstant | None:
    """The constant answer that is worth most by a measure, on these items; None where none can be tried.

    Of equal ones the first that the kind names. It is found on the set itself, so that it is hard to beat by luck.
    """
    return _floors(kind_of(kind), scored).best(measure)


def measure_values(kind: str, scored: Sequence[ScoredAnswer]) -> dict[str, tuple[Floats, Floats]]:
    """What each item is worth by each measure, as sums over and under the line of a ratio, shape (n,) each."""
    import numpy as np

    measured = _measured(kind_of(kind), scored)
    return {one.measure.name: (one.worth.values, one.worth.asked.astype(np.float64)) for one in measured}


def _measured(kind: QuestionKind, scored: Sequence[ScoredAnswer]) -> list[_Measured]:
    """Measures that say something of any item, in the order of the kind."""
    worth = [item.worth or {} for item in scored]
    found = (_Measured(measure, MeasureColumn.of(worth, measure.name)) for measure in kind.measures)
    return [one for one in found if one.worth.asked.any()]


def answer_counts(scored: Sequence[ScoredAnswer]) -> dict[AnswerCount, int]:
    """How answers end, over all items; the counts add up to them."""
    times = Counter(
        [(item.outcome, item.alignment is not None and "hedged" in item.alignment.flags) for item in scored]
    )
    counts: Counter[AnswerCount] = Counter()
    for (outcome, hedged), n in times.items():
        counts["hedged" if hedged and outcome == "MULTI" else _OF_STATUS.get(outcome, "unparsed")] += n
    return {name: counts[name] for name in COUNTS}


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
    return _details(scored, _Answers.of(kind_of(kind), scored), _floors(kind_of(kind), scored))


def exact_scores(kind: str, scored: Sequence[ScoredAnswer]) -> tuple[list[Metric], dict[str, Any]]:
    """`exact_metrics` and `exact_details`, of floors that are counted once."""
    answers, floors = _Answers.of(kind_of(kind), scored), _floors(kind_of(kind), scored)
    return _metrics(answers, floors), _details(scored, answers, floors)


def _details(scored: Sequence[ScoredAnswer], answers: _Answers, floors: ConstantFloors) -> dict[str, Any]:
    values = Counter(value for value in answers.said if value is not None)
    names = [one.measure.name for one in answers.measured]
    constants = {name: best.answer for name in names if (best := floors.best(name))}
    return {
        "counts": answer_counts(scored),
        "constants": constants,
        "values": sorted({value for of in few_values(scored).values() for value in of}, key=_in_order),
        "answers": [[value, n] for value, n in values.most_common(FEW_TRUTHS)],
        "groups": [row for by in ("category", "difficulty") for row in _groups(scored, answers, by, floors)],
    }


def _groups(
    scored: Sequence[ScoredAnswer], answers: _Answers, by: Literal["category", "difficulty"], floors: ConstantFloors
) -> list[dict[str, Any]]:
    """The measures of the items of each category or difficulty, where items have any."""
    import numpy as np

    found: dict[str, list[int]] = {}
    for place, item in enumerate(scored):
        if (name := getattr(item, by)) is not None:
            found.setdefault(name, []).append(place)
    rows = []
    for name in sorted(found, key=_in_order):
        places = np.array(found[name], dtype=np.intp)
        clips, of_group = answers.clips.among(places), floors.among(places)
        for measure, column in answers.measured:
            worth = column.among(places)
            if not worth.asked.any():
                continue
            metric = mean(measure.name, worth.known, measure.recipe, clips.only(worth.asked))
            chances, best = of_group.guessed(measure.name), of_group.best(measure.name)
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
                    "chance": float(chances.mean()) if len(chances) else None,
                    "constant": float(best.values.sum() / len(best.values)) if best else None,
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
    found: dict[str, set[str]] = {}
    for item in scored:
        values = found.setdefault(item.dataset, set())
        values.update(item.references, item.counted_labels)
        scale = item.asked.scale if item.asked else None
        if len(values) > FEW_TRUTHS or (scale and (scale.tolerance or scale.within)):
            return {}
    return {dataset: tuple(sorted(values, key=_in_order)) for dataset, values in found.items()}
