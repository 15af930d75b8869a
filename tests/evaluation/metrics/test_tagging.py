"""Scores of label sets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from judged_answers import LABELS, by_name, many

from mudata.errors import EvaluationError
from mudata.evaluation.metrics.tagging import jaccard, label_counts, per_label, tagging_metrics

if TYPE_CHECKING:
    from mudata.evaluation.metrics.scored import ScoredAnswer


def sets(truth: np.ndarray, said: np.ndarray, names: list[str]) -> list[ScoredAnswer]:
    pick = np.array(names)
    return [many(i, tuple(pick[t]), tuple(pick[s])) for i, (t, s) in enumerate(zip(truth, said, strict=True))]


def test_metrics_are_scikit_learns() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(1)
    truth, said = random.random((2, 60, 3)) < 0.4
    truth[:, 0] |= ~truth.any(1)
    got = by_name(tagging_metrics(sets(truth, said, list("abc")), LABELS, {"d": "a"}, "x"))
    for average in ("micro", "macro"):
        assert got[f"{average}_f1"].value == pytest.approx(metrics.f1_score(truth, said, average=average))
    assert got["micro_precision"].value == pytest.approx(metrics.precision_score(truth, said, average="micro"))
    assert got["micro_recall"].value == pytest.approx(metrics.recall_score(truth, said, average="micro"))
    assert got["jaccard"].value == pytest.approx(metrics.jaccard_score(truth, said, average="samples"))
    always = np.zeros_like(said)
    always[:, 0] = True
    assert got["majority_micro_f1"].value == pytest.approx(metrics.f1_score(truth, always, average="micro"))
    assert got["coverage"].value == pytest.approx(said.any(1).mean())
    for name, metric in got.items():
        assert metric.low < metric.value < metric.high, name
    assert list(got) == [
        *("micro_f1", "micro_precision", "micro_recall", "macro_f1", "jaccard", "coverage", "majority_micro_f1")
    ]


@pytest.mark.parametrize(
    ("gold", "said", "value", "counted"),
    [
        (("a", "b"), ("b", "c"), 1 / 3, (1, 2, 2)),
        (("a",), ("a",), 1, (1, 1, 1)),
        (("a",), (), 0, (0, 1, 0)),
        ((), ("a",), 0, (0, 0, 1)),
        ((), (), 1, (0, 0, 0)),
    ],
)
def test_two_empty_sets_agree(
    gold: tuple[str, ...], said: tuple[str, ...], value: float, counted: tuple[int, int, int]
) -> None:
    assert jaccard(many(0, gold, said)) == pytest.approx(value)
    assert label_counts(many(0, gold, said)) == counted


def test_clips_of_one_artist_widen_the_intervals() -> None:
    answers = [(("a", "b"), ("a",)), (("a",), ("b", "c")), (("c",), ("c",)), (("b",), ("a", "b"))]
    items = [many(i, *answers[i // 20 % 4], artist=f"artist {i // 20}") for i in range(160)]
    apart = [many(i, *answers[i // 20 % 4]) for i in range(160)]
    together, alone = (by_name(tagging_metrics(some, LABELS, {"d": "a"}, "x")) for some in (items, apart))
    for name in ("micro_f1", "macro_f1", "jaccard"):
        assert together[name].value == alone[name].value
        assert together[name].high - together[name].low > 1.5 * (alone[name].high - alone[name].low)
        assert together[name].recipe.endswith("; 95 % cluster jackknife t, 8 clusters of 160 clips")


def test_no_clip_is_no_score() -> None:
    with pytest.raises(EvaluationError, match="nothing to score"):
        tagging_metrics([], LABELS, {"d": "a"}, "x")


@pytest.mark.shared
@pytest.mark.parametrize("baseline", ["popular", "vggish"])
@pytest.mark.slow
def test_mediaeval_baselines_get_their_published_scores(shared: Path, baseline: str) -> None:
    folder = shared / "data/jamendo/mediaeval"
    truth, said = np.load(folder / "groundtruth.npy"), np.load(folder / f"baseline_{baseline}_decisions.npy")
    lines = (folder / f"baseline_{baseline}_results.tsv").read_text().splitlines()
    published = {name: float(value) for name, value in (line.split("\t") for line in lines)}
    names = (shared / "data/jamendo/tags/moodtheme_split.txt").read_text().split()
    items = sets(truth, said, names)
    assert (len(items), len(names)) == (4231, 56)
    got = by_name(tagging_metrics(items, {"d": names}, {"d": names[0]}, "x"))
    rows = per_label(items, {"d": names})
    known = {
        "precision-micro": got["micro_precision"].value,
        "recall-micro": got["micro_recall"].value,
        "F-score-micro": got["micro_f1"].value,
        "F-score-macro": got["macro_f1"].value,
        "precision-macro": sum(float(row["precision"] or 0) for row in rows) / 56,  # type: ignore[arg-type]
        "recall-macro": sum(float(row["recall"] or 0) for row in rows) / 56,  # type: ignore[arg-type]
    }
    assert known == pytest.approx({name: published[name] for name in known}, abs=5e-7)
