"""Numbers from judged answers, against values known from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mudata.errors import EvaluationError
from mudata.evaluation import rouge, scores
from mudata.evaluation.align import Alignment
from mudata.evaluation.scores import Judged, Metric

LABELS = {"d": ("a", "b", "c")}


@pytest.mark.parametrize(
    ("k", "low", "high"),
    [(80, 71.1, 86.7), (61, 51.2, 70.0), (51, 41.3, 60.6), (45, 35.6, 54.8), (36, 27.3, 45.8), (7, 3.4, 13.7)],
)
def test_wilson_gives_the_intervals_published_for_a_hundred_clips(k: int, low: float, high: float) -> None:
    got = scores.wilson(k, 100)
    assert [round(100 * x, 1) for x in got] == [low, high]


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 1000), (1000, 1000), (3, 7)])
def test_wilson_holds_the_value_and_stays_within_bounds(k: int, n: int) -> None:
    low, high = scores.wilson(k, n)
    assert 0 <= low <= k / n <= high <= 1


def single(clip: int, gold: str, said: str | None, status: str = "ALIGNED", dataset: str = "d") -> Judged:
    alignment = Alignment(status, (said,) if said else ())  # type: ignore[arg-type]
    return Judged(f"{dataset}/{clip}", dataset, (gold,), None if status == "ERROR" else said or "?", alignment)


def many(clip: int, gold: tuple[str, ...], said: tuple[str, ...]) -> Judged:
    return Judged(f"d/{clip}", "d", gold, ", ".join(said), Alignment("SET" if said else "OOV", said))


def by_name(metrics: list[Metric]) -> dict[str, Metric]:
    return {metric.metric: metric for metric in metrics}


ANSWERS = [
    single(0, "a", "a"),
    single(1, "a", "a"),
    single(2, "a", "b"),
    single(3, "b", "b"),
    single(4, "b", None, "OOV"),
    single(5, "a", None, "ERROR"),
]


def test_failures_and_unreadable_answers_stay_in_the_denominator() -> None:
    got = by_name(scores.classify(ANSWERS, LABELS, {"d": "a"}, "train part"))
    assert got["accuracy"].value == pytest.approx(3 / 6)
    assert (got["accuracy"].low, got["accuracy"].high) == scores.wilson(3, 6)
    assert got["coverage"].value == pytest.approx(4 / 6)
    assert (got["selective_accuracy"].value, got["selective_accuracy"].n) == (pytest.approx(3 / 4), 4)
    assert got["chance"].value == pytest.approx(1 / 3)
    assert got["majority"].value == pytest.approx(4 / 6)
    assert all(metric.recipe and metric.low <= metric.value <= metric.high for metric in got.values())
    assert {m.n for name, m in got.items() if name != "selective_accuracy"} == {6}


def test_macro_f1_is_the_mean_over_labels_that_occur() -> None:
    got = by_name(scores.classify(ANSWERS, LABELS, {"d": "a"}, "x"))["macro_f1"]
    a, b = 2 * 2 / (4 + 2), 2 * 1 / (2 + 2)
    assert got.value == pytest.approx((a + b) / 2)
    assert got == by_name(scores.classify(ANSWERS, LABELS, {"d": "a"}, "x"))["macro_f1"]  # seeded


def test_tags_give_micro_and_macro_f1_as_scikit_learn_does() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(1)
    truth, said = random.random((2, 60, 3)) < 0.4
    truth[:, 0] |= ~truth.any(1)
    pick = np.array(LABELS["d"])
    items = [many(i, tuple(pick[t]), tuple(pick[s])) for i, (t, s) in enumerate(zip(truth, said, strict=True))]
    got = by_name(scores.tag(items, LABELS, {"d": "a"}, "x"))
    for average in ("micro", "macro"):
        assert got[f"{average}_f1"].value == pytest.approx(metrics.f1_score(truth, said, average=average))
    assert got["micro_precision"].value == pytest.approx(metrics.precision_score(truth, said, average="micro"))
    assert got["micro_recall"].value == pytest.approx(metrics.recall_score(truth, said, average="micro"))
    always = np.zeros_like(said)
    always[:, 0] = True
    assert got["majority_micro_f1"].value == pytest.approx(metrics.f1_score(truth, always, average="micro"))
    assert got["coverage"].value == pytest.approx(said.any(1).mean())
    assert got["micro_f1"].low < got["micro_f1"].value < got["micro_f1"].high


def test_an_ambiguous_answer_earns_no_label() -> None:
    both = Judged("d/0", "d", ("a",), "a or b", Alignment("MULTI", ("a", "b")))
    assert not both.right
    assert by_name(scores.classify([both], LABELS, {"d": "b"}, "x"))["macro_f1"].value == 0


def test_labels_of_the_same_name_in_two_datasets_are_two_labels() -> None:
    items = [single(0, "a", "a"), single(1, "a", "b", dataset="e")]
    labels = {"d": ("a", "b"), "e": ("a", "b", "c", "x")}
    got = by_name(scores.classify(items, labels, {"d": "a", "e": "b"}, "x"))
    assert got["macro_f1"].value == pytest.approx((1 + 0) / 2)
    assert got["chance"].value == pytest.approx((1 / 2 + 1 / 4) / 2)
    assert got["majority"].value == pytest.approx(1 / 2)


def test_recall_and_confusion_tell_where_answers_went() -> None:
    rows = {row["label"]: row for row in scores.per_label(ANSWERS, LABELS)}
    assert set(rows) == {"a", "b"}
    assert (rows["a"]["n"], rows["a"]["right"], rows["a"]["recall"]) == (4, 2, 0.5)
    assert (rows["b"]["said"], rows["b"]["recall"]) == (2, 0.5)
    cells = {(row["gold"], row["answer"]): row["n"] for row in scores.confusion(ANSWERS)}
    assert cells == {("a", "a"): 2, ("a", "b"): 1, ("a", "ERROR"): 1, ("b", "b"): 1, ("b", "OOV"): 1}
    assert scores.outcomes(ANSWERS) == {"ALIGNED": 4, "OOV": 1, "ERROR": 1}


@pytest.mark.parametrize("score", [scores.caption, lambda x: scores.classify(x, LABELS, {}, "")])
def test_nothing_to_score_is_an_error_and_not_a_zero(score: object) -> None:
    with pytest.raises(EvaluationError, match="nothing to score"):
        score([])  # type: ignore[operator]


def caption(clip: int, gold: str, said: str | None) -> Judged:
    return Judged(f"d/{clip}", "d", (gold,), said)


def test_captions_are_scored_against_known_rouge_values() -> None:
    items = [
        caption(0, "the cat sat on the mat", "the cat on the mat"),  # 5 of 5 and of 6 words, 3 of 4 and of 5 pairs
        caption(1, "slow piano", None),
    ]
    got = by_name(scores.caption(items))
    assert got["rouge1_p"].value == pytest.approx((1 + 0) / 2)
    assert got["rouge1_r"].value == pytest.approx((5 / 6) / 2)
    assert got["rouge2_p"].value == pytest.approx((3 / 4) / 2)
    assert got["rougeL_f"].value == pytest.approx((10 / 11) / 2)
    assert got["coverage"].value == 0.5
    assert got["rougeL_f_lift"].value == pytest.approx((10 / 11) / 2)  # neither answer fits the other clip
    assert {metric.n for metric in got.values()} == {2}
    assert "use_stemmer=False" in got["rouge1_f"].recipe


def test_the_nearest_of_several_references_counts() -> None:
    one = rouge.rouge(["slow sad piano"], [["fast drums", "a slow sad piano"]])
    assert one[0, rouge.COLUMNS.index("rouge1_p")] == 1


def test_one_caption_alone_has_no_lift() -> None:
    assert "rougeL_f_lift" not in by_name(scores.caption([caption(0, "slow piano", "slow")]))


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ([0.3, 0.235, 0.25, 0.1, 0.1, 0.1, 0.2, 0.256, 0.2], "ROUGE-L is larger"),  # as printed in the survey's Table 4
        ([0.3, 0.2, 0.4, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2], "outside of its precision and recall"),
    ],
)
def test_impossible_rouge_values_are_refused(cells: list[float], what: str) -> None:
    with pytest.raises(EvaluationError, match=what):
        rouge.check(np.array(cells))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "r1", "rl"),
    [
        ("qwen_MusicCaps.jsonl", (0.3043, 0.0768, 0.1079), (0.2668, 0.0642, 0.0916)),
        ("ltu_MusicCaps.jsonl", (0.3847, 0.1122, 0.1632), (0.3072, 0.0875, 0.1275)),
    ],
)
def test_published_answers_give_the_known_rouge(
    shared: Path, file: str, r1: tuple[float, ...], rl: tuple[float, ...]
) -> None:
    said = json.loads((shared / "data/answers/cmi-bench" / file).read_text())
    got = rouge.rouge([x["response"] for x in said], [[x["correct_answer"]] for x in said]).mean(0).round(4)
    assert len(said) == 2813
    assert tuple(got[:3]) == r1
    assert tuple(got[6:]) == rl
