"""Scores of descriptions with the controls that give them meaning; `rouge` has the recipe, `caption_controls` the rest.

Every number is a ratio of two sums over clips, and one set of resamples gives the intervals of all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mudata.evaluation.metrics import rouge
from mudata.evaluation.metrics.caption_controls import (
    ConstantCaption,
    another,
    constant_caption,
    left_out,
    recalled,
    speakable,
)
from mudata.evaluation.metrics.caption_refusals import refuses
from mudata.evaluation.metrics.scored import Metric, ScoredAnswer
from mudata.evaluation.metrics.statistics import SEED, interval, method, require_clips, resampled, share

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

__all__ = ["ConstantCaption", "caption", "constant_caption", "details"]

Constants = Mapping[str, Mapping[str, str] | None]
"""By dataset the constant caption that run.json recorded; none for older runs and where nothing was at hand."""

HEADLINES = ("rouge1_f", "rougeL_f")
"""What the controls are measured by."""
NAMES = (
    *rouge.COLUMNS,
    *(f"{name}_stem" for name in rouge.COLUMNS),
    *(f"{name}_{control}" for control in ("wrong_clip", "lift", "constant", "random_human") for name in HEADLINES),
    "refusals",
    "distinct_ratio",
    "length_ratio",
    "aspect_recall",
    "aspect_recall_lift",
    "coverage",
)
"""Every metric there can be, in the order shown."""
_BINS = (0, 1, 5, 10, 20, 30, 50, 75, 100, 200)
"""Lower ends of the bars of the histogram of answer lengths, in words."""


class Column(NamedTuple):
    """One metric: sum of `over` / sum of `under`, both of shape (n,)."""

    name: str
    over: Values
    under: Values
    recipe: str


def caption(
    items: Sequence[ScoredAnswer], constants: Constants | None = None, *, reference_scorer: bool = False
) -> list[Metric]:
    """Metrics of descriptions, over all clips: an answer that failed is empty and scores 0.

    `constants` is the task records' "constant". `reference_scorer` has rouge-score itself count. Controls that need
    another clip, and aspects, are left out where there is none. Raises EvaluationError when there is nothing to score.
    """
    n = require_clips(len(items))
    said = [(item.answer or "").strip() for item in items]
    columns = _rouge_columns(items, constants or {}, reference_scorer)
    distinct = len(set(said) - {""}) / n
    metrics = [
        *_means([*columns, _length_ratio(items), *_aspect_columns(items)], [item.cluster for item in items]),
        share("refusals", sum(map(refuses, said)), n, "answers that refuse to describe the clip / all"),
        Metric("distinct_ratio", distinct, distinct, distinct, n, "different answers that are not empty / all"),
        share("coverage", sum(map(bool, said)), n, "answers that are not empty / all"),
    ]
    return sorted(metrics, key=lambda metric: NAMES.index(metric.metric))


def details(items: Sequence[ScoredAnswer], constants: Constants | None = None) -> dict[str, object]:
    """What stands behind the metrics: constant captions and their sources, seeds, the most frequent answer."""
    import numpy as np

    said, references = _texts(items)
    spoken = Counter(text.strip() for text in said if text.strip())
    refused = Counter({text: count for text, count in spoken.items() if refuses(text)})
    lengths = np.array([len(text.split()) for text in said])
    counts, _ = np.histogram(lengths, bins=[*_BINS, np.inf])
    scores = rouge.rouge(said, references)
    frequent = spoken.most_common(1)
    return {
        "constants": {
            dataset: {"text": constant.text, "source": constant.source, "recipe": constant.recipe}
            for dataset, (_, constant) in _constants(items, constants or {}).items()
        },
        "seeds": {"wrong_clip": SEED, "random_human": SEED, "constant_sample": SEED, "bootstrap": SEED},
        "most_frequent": {"answer": frequent[0][0], "count": frequent[0][1]} if frequent else None,
        "refusals": {
            "count": refused.total(),
            "share": refused.total() / require_clips(len(items)),
            "examples": [{"answer": text, "count": count} for text, count in refused.most_common(5)],
        },
        "answer_words": {
            "mean": float(lengths.mean()),
            "median": float(np.median(lengths)),
            "histogram": [
                {"from": low, "to": high, "n": int(count)}
                for low, high, count in zip(_BINS, (*(b - 1 for b in _BINS[1:]), None), counts, strict=True)
            ],
        },
        "reference_words": {"mean": float(_reference_words(items).mean())},
        "standard_deviation": {name: float(scores[:, rouge.COLUMNS.index(name)].std()) for name in HEADLINES},
    }


def _texts(items: Sequence[ScoredAnswer]) -> tuple[list[str], list[tuple[str, ...]]]:
    return [item.answer or "" for item in items], [item.gold for item in items]


def _rouge_columns(items: Sequence[ScoredAnswer], constants: Constants, reference_scorer: bool) -> list[Column]:
    import numpy as np

    n = len(items)
    said, gold = _texts(items)
    asked: dict[str, tuple[list[str], list[tuple[str, ...]]]] = {"own": (said, gold)}
    other, known = another(items), _constants(items, constants)
    if other is not None:
        asked["wrong_clip"] = said, [gold[i] for i in other]
        asked["random_human"] = [gold[i][0] for i in other], gold
    if len(known) == len({item.dataset for item in items}):
        turn = {dataset: iter(texts) for dataset, (texts, _) in known.items()}
        asked["constant"] = [next(turn[item.dataset]) for item in items], gold
    answers = [text for texts, _ in asked.values() for text in texts]
    references = [texts for _, right in asked.values() for texts in right]
    scored = rouge.rouge(answers, references, reference_scorer=reference_scorer).reshape(len(asked), n, -1)
    by = dict(zip(asked, scored, strict=True))
    if other is not None:
        by["lift"] = by["own"] - by["wrong_clip"]
    stemmed = rouge.rouge(said, gold, stem=True, reference_scorer=reference_scorer)
    wrong = f"references of another clip of the dataset, of another track where there is one (seed {SEED})"
    sources = "; ".join(f"{constant.source}: {constant.recipe}" for _, constant in known.values())
    how = {
        "wrong_clip": f"against {wrong}",
        "lift": f"minus the same against {wrong}; paired by clip",
        "constant": f"of one caption for all clips ({sources})",
        "random_human": f"of a person's caption of another clip of the dataset (seed {SEED})",
    }
    one = np.ones(n)
    columns = []
    for i, name in enumerate(rouge.COLUMNS):
        columns.append(Column(name, by["own"][:, i], one, rouge.RECIPE))
        columns.append(Column(f"{name}_stem", stemmed[:, i], one, rouge.STEMMED_RECIPE))
        if name in HEADLINES:
            columns += [
                Column(f"{name}_{control}", by[control][:, i], one, f"{rouge.RECIPE}; {text}")
                for control, text in how.items()
                if control in by
            ]
    return columns


def _constants(items: Sequence[ScoredAnswer], recorded: Constants) -> dict[str, tuple[list[str], ConstantCaption]]:
    """By dataset the constant caption of each of its clips, and what it is; no entry where there is none."""
    found = {}
    for dataset in dict.fromkeys(item.dataset for item in items):
        gold = [item.gold for item in items if item.dataset == dataset]
        if said := recorded.get(dataset):
            constant = ConstantCaption(**said)
            found[dataset] = [constant.text] * len(gold), constant
        elif made := left_out(gold):
            found[dataset] = made
    return found


def _length_ratio(items: Sequence[ScoredAnswer]) -> Column:
    import numpy as np

    answers = np.array([len((item.answer or "").split()) for item in items], dtype=np.float64)
    recipe = "words of the answers / words of the references (several: their mean), between blanks"
    return Column("length_ratio", answers, _reference_words(items), recipe)


def _reference_words(items: Sequence[ScoredAnswer]) -> Values:
    import numpy as np

    return np.array([sum(len(text.split()) for text in item.gold) / len(item.gold) for item in items])


def _aspect_columns(items: Sequence[ScoredAnswer]) -> list[Column]:
    """Recall of aspects, over the clips that have any."""
    import numpy as np

    has, recall, lift = np.zeros((3, len(items)))
    rows = [i for i, item in enumerate(items) if speakable(item.aspects)]
    if not rows:
        return []
    have = [items[i] for i in rows]
    has[rows] = 1
    recall[rows] = [recalled(item.answer or "", item.aspects) for item in have]
    recipe = "aspects that people gave the clip whose words occur in the answer in a row / all; mean over clips"
    columns = [Column("aspect_recall", recall, has, recipe)]
    other = another(have)
    if other is not None:
        lift[rows] = [recalled(item.answer or "", have[i].aspects) for item, i in zip(have, other, strict=True)]
        recipe = f"{recipe}; minus the same with aspects of another clip (seed {SEED}); paired by clip"
        columns.append(Column("aspect_recall_lift", recall - lift, has, recipe))
    return columns


def _means(columns: Sequence[Column], clusters: Sequence[str]) -> list[Metric]:
    """Metrics of all columns whose denominator is not 0."""
    import numpy as np

    columns = [column for column in columns if column.under.any()]
    over, under = (np.column_stack([getattr(column, key) for column in columns]) for key in ("over", "under"))
    sums = resampled(np.hstack([over, under]), clusters)
    top, bottom = np.hsplit(sums, 2)
    drawn = np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)  # some have no clip with aspects
    how = method(clusters)
    metrics = []
    for i, column in enumerate(columns):
        value, (low, high) = float(over[:, i].sum() / under[:, i].sum()), interval(drawn[:, i])
        n = int(np.count_nonzero(under[:, i]))
        # rounding must not push a bound past the value
        metrics.append(Metric(column.name, value, min(low, value), max(high, value), n, f"{column.recipe}; {how}"))
    return metrics
