"""Scores of descriptions with the controls that give them meaning.

`rouge` has the recipe of ROUGE, `caption_controls` and `derangement` the controls, `caption_refusals`
what refuses.

Every number is a ratio of two sums over clips.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mudata.evaluation.metrics import rouge
from mudata.evaluation.metrics.caption_controls import (
    ConstantCaption,
    aspect_recall,
    leave_one_out,
    pronounceable,
)
from mudata.evaluation.metrics.caption_refusals import refuses
from mudata.evaluation.metrics.derangement import NONE, other_clips
from mudata.evaluation.metrics.estimates import LIFTS, SHARES, clustered, metric, ratio, share
from mudata.evaluation.metrics.intervals import Interval, require_clips
from mudata.evaluation.metrics.scored import SEED, Metric, ScoredAnswer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

Constants = Mapping[str, Mapping[str, str] | None]
"""By dataset the constant caption that run.json recorded;
none for older runs and where nothing was at hand."""

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


class ClipRatio(NamedTuple):
    """One metric as a ratio of sums over clips: `over` / `under`, both of shape (n,); `within` are
    the least and the most that a clip can be worth, where there are such."""

    name: str
    over: Values
    under: Values
    recipe: str
    within: tuple[float, float] | None = SHARES


def caption_metrics(
    scored: Sequence[ScoredAnswer],
    constants: Constants | None = None,
    *,
    reference_scorer: bool = False,
) -> list[Metric]:
    """Metrics of descriptions, over all clips: an answer that failed is empty and scores 0.

    Controls that need another clip, and aspects, are left out where there is none.

    Args:
        scored: the answers with their references.
        constants: the task records' "constant", by dataset.
        reference_scorer: have rouge-score itself count.

    Returns:
        Metrics in the order of NAMES; ROUGE, recall and shares lie in [0, 1], lifts in [-1, 1].

    Raises:
        EvaluationError: there is nothing to score.

    Source:
        ROUGE: C.-Y. Lin, ROUGE: A package for automatic evaluation of summaries, 2004, as
        rouge-score 0.1.2 has it; see `rouge`. The controls are ours; see `caption_controls`.

    Example:
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> scored = [ScoredAnswer("d/1", "d", ("slow piano",), "a slow piano")]
        >>> values = {metric.metric: metric.value for metric in caption_metrics(scored)}
        >>> values["rouge1_r"], values["rouge1_f"], values["length_ratio"]
        (1.0, 0.8, 1.5)
    """
    n = require_clips(len(scored))
    answers = [(item.answer or "").strip() for item in scored]
    ratios = [
        *_rouge_ratios(scored, constants or {}, reference_scorer),
        _length_ratio(scored),
        *_aspect_ratios(scored),
    ]
    clips, distinct = clustered(scored), len(set(answers) - {""}) / n
    unknown = Interval(None, None, clips.count, "none: it falls with the number of clips")
    metrics = [
        *(ratio(*one[:4], clips, within=one.within) for one in ratios if one.under.any()),
        share("refusals", list(map(refuses, answers)), "answers that refuse to describe the clip / all", clips),
        metric("distinct_ratio", distinct, unknown, n, "different answers that are not empty / all"),
        share("coverage", list(map(bool, answers)), "answers that are not empty / all", clips),
    ]
    return sorted(metrics, key=lambda metric: NAMES.index(metric.metric))


def caption_details(scored: Sequence[ScoredAnswer], constants: Constants | None = None) -> dict[str, object]:
    """What stands behind the metrics: constant captions, seeds, lengths, the most frequent answer.

    Args:
        scored: the answers with their references.
        constants: the task records' "constant", by dataset.

    Returns:
        What scores.json keeps as "captions"; lengths are in words between blanks.

    Raises:
        EvaluationError: there is nothing to score.

    Example:
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> scored = [ScoredAnswer("d/1", "d", ("slow piano",), "a slow piano")]
        >>> caption_details(scored)["most_frequent"]
        {'answer': 'a slow piano', 'count': 1}
    """
    import numpy as np

    answers, references = _texts(scored)
    times = Counter(text.strip() for text in answers if text.strip())
    refusing = Counter({text: count for text, count in times.items() if refuses(text)})
    lengths = np.array([len(text.split()) for text in answers])
    counts, _ = np.histogram(lengths, bins=[*_BINS, np.inf])
    scores = rouge.rouge(answers, references)
    frequent = times.most_common(1)
    return {
        "constants": {
            dataset: {"text": constant.text, "source": constant.source, "recipe": constant.recipe}
            for dataset, (_, constant) in _constants(scored, constants or {}).items()
        },
        "seeds": {"wrong_clip": SEED, "random_human": SEED, "constant_sample": SEED},
        "most_frequent": {"answer": frequent[0][0], "count": frequent[0][1]} if frequent else None,
        "refusals": {
            "count": refusing.total(),
            "share": refusing.total() / require_clips(len(scored)),
            "examples": [{"answer": text, "count": n} for text, n in refusing.most_common(5)],
        },
        "answer_words": {
            "mean": float(lengths.mean()),
            "median": float(np.median(lengths)),
            "histogram": [
                {"from": low, "to": high, "n": int(count)}
                for low, high, count in zip(_BINS, (*(b - 1 for b in _BINS[1:]), None), counts, strict=True)
            ],
        },
        "reference_words": {"mean": float(_reference_words(scored).mean())},
        "standard_deviation": {name: float(scores[:, rouge.COLUMNS.index(name)].std()) for name in HEADLINES},
    }


def _texts(scored: Sequence[ScoredAnswer]) -> tuple[list[str], list[tuple[str, ...]]]:
    return [item.answer or "" for item in scored], [item.references for item in scored]


def _rouge_ratios(scored: Sequence[ScoredAnswer], recorded: Constants, reference_scorer: bool) -> list[ClipRatio]:
    """ROUGE of the answers and, for the headlines, of the controls; all of them in one call."""
    import numpy as np

    n = len(scored)
    answers, references = _texts(scored)
    compared: dict[str, tuple[list[str], list[tuple[str, ...]]]] = {"own": (answers, references)}
    other, constants = other_clips(scored), _constants(scored, recorded)
    has = other != NONE
    if has.any():
        given = [references[i] for i in np.where(has, other, np.arange(n))]  # who has none does not count below
        compared["wrong_clip"] = answers, given
        compared["random_human"] = [texts[0] for texts in given], references
    if len(constants) == len({item.dataset for item in scored}):
        captions = {dataset: iter(texts) for dataset, (texts, _) in constants.items()}
        compared["constant"] = [next(captions[item.dataset]) for item in scored], references
    rows = rouge.rouge(
        [text for texts, _ in compared.values() for text in texts],
        [texts for _, many in compared.values() for texts in many],
        reference_scorer=reference_scorer,
    )
    scores = dict(zip(compared, rows.reshape(len(compared), n, -1), strict=True))
    if has.any():
        scores["lift"] = scores["own"] - scores["wrong_clip"]
    stemmed = rouge.rouge(answers, references, stem=True, reference_scorer=reference_scorer)
    wrong = f"references of another clip of the dataset, of another track where there is one ({_draw(scored, has)})"
    sources = "; ".join(f"{constant.source}: {constant.recipe}" for _, constant in constants.values())
    recipes = {
        "wrong_clip": f"against {wrong}",
        "lift": f"minus the same against {wrong}; paired by clip",
        "constant": f"of one caption for all clips ({sources})",
        "random_human": f"of a person's caption of another clip of the dataset ({_draw(scored, has)})",
    }
    ones = np.ones(n)
    counts = {"constant": ones} | dict.fromkeys(("wrong_clip", "lift", "random_human"), has.astype(np.float64))
    ratios = []
    for i, name in enumerate(rouge.COLUMNS):
        ratios.append(ClipRatio(name, scores["own"][:, i], ones, rouge.RECIPE))
        ratios.append(ClipRatio(f"{name}_stem", stemmed[:, i], ones, rouge.STEMMED_RECIPE))
        if name in HEADLINES:
            ratios += [
                ClipRatio(
                    f"{name}_{control}",
                    scores[control][:, i] * counts[control],
                    counts[control],
                    f"{rouge.RECIPE}; {recipe}",
                    within=LIFTS if control == "lift" else SHARES,
                )
                for control, recipe in recipes.items()
                if control in scores
            ]
    return ratios


def _draw(scored: Sequence[ScoredAnswer], has: NDArray[np.bool_]) -> str:
    """How other clips were drawn, and for which there is none."""
    alone = Counter(item.dataset for item, one in zip(scored, has, strict=True) if not one)
    left_out = "".join(
        f"; without the {n} clips of {name}: too many captions are the same" for name, n in alone.items()
    )
    return f"seed {SEED}, one derangement, not uniform over all{left_out}"


def _constants(scored: Sequence[ScoredAnswer], recorded: Constants) -> dict[str, tuple[list[str], ConstantCaption]]:
    """By dataset the constant caption of each of its clips, and what it is; no entry where there is
    none."""
    constants = {}
    for dataset in dict.fromkeys(item.dataset for item in scored):
        references = [item.references for item in scored if item.dataset == dataset]
        if record := recorded.get(dataset):
            constant = ConstantCaption(**record)
            constants[dataset] = [constant.text] * len(references), constant
        elif left_out := leave_one_out(references):
            constants[dataset] = left_out
    return constants


def _length_ratio(scored: Sequence[ScoredAnswer]) -> ClipRatio:
    import numpy as np

    answers = np.array([len((item.answer or "").split()) for item in scored], dtype=np.float64)
    recipe = "words of the answers / words of the references (several: their mean), between blanks"
    return ClipRatio("length_ratio", answers, _reference_words(scored), recipe, within=None)


def _reference_words(scored: Sequence[ScoredAnswer]) -> Values:
    import numpy as np

    return np.array([sum(len(text.split()) for text in item.references) / len(item.references) for item in scored])


def _aspect_ratios(scored: Sequence[ScoredAnswer]) -> list[ClipRatio]:
    """Recall of aspects, over the clips that have any."""
    import numpy as np

    has, recall, lift, paired = np.zeros((4, len(scored)))
    rows = [i for i, item in enumerate(scored) if pronounceable(item.aspects)]
    if not rows:
        return []
    with_aspects = [scored[i] for i in rows]
    has[rows] = 1
    recall[rows] = [aspect_recall(item.answer or "", item.aspects) for item in with_aspects]
    recipe = "aspects that people gave the clip whose words occur in the answer in a row / all; mean over clips"
    ratios = [ClipRatio("aspect_recall", recall, has, recipe)]
    other = other_clips(with_aspects)
    paired[rows] = other != NONE
    if paired.any():
        lift[rows] = [
            aspect_recall(item.answer or "", with_aspects[i].aspects)
            for item, i in zip(with_aspects, other, strict=True)
        ]
        draw = _draw(with_aspects, other != NONE)
        recipe = f"{recipe}; minus the same with aspects of another clip ({draw}); paired by clip"
        ratios.append(ClipRatio("aspect_recall_lift", (recall - lift) * paired, paired, recipe, within=LIFTS))
    return ratios
