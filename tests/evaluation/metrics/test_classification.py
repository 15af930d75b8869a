"""Scores of one right label per clip."""

from __future__ import annotations

from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged_answers import LABELS, by_name, single

from mudata.errors import EvaluationError
from mudata.evaluation.align.alignment import Alignment
from mudata.evaluation.metrics.classification import any_mention, classification_metrics, confusion
from mudata.evaluation.metrics.intervals import wilson
from mudata.evaluation.metrics.scored import Metric, ScoredAnswer
from mudata.evaluation.metrics.tagging import outcomes, per_label

ANSWERS = [
    single(0, "a", "a"),
    single(1, "a", "a"),
    single(2, "a", "b"),
    single(3, "b", "b"),
    single(4, "b", None, "OOV"),
    single(5, "a", None, "ERROR"),
    single(6, "b", "b", "HYPONYM"),
    single(7, "a", None, "MULTI", named=("a", "c")),
    single(8, "a", None, "REFUSAL"),
    single(9, "c", None, "ECHO_ALL", named=("a", "b", "c")),
]


def scored(items: list[ScoredAnswer]) -> dict[str, Metric]:
    return by_name(classification_metrics(items, LABELS, {"d": "a"}, "train part"))


def test_failures_and_unreadable_answers_stay_in_the_denominator() -> None:
    got = scored(ANSWERS)
    assert got["accuracy"].value == pytest.approx(3 / 10)
    assert (got["accuracy"].low, got["accuracy"].high) == wilson(3, 10)
    assert got["coverage"].value == pytest.approx(4 / 10)
    assert (got["selective_accuracy"].value, got["selective_accuracy"].n) == (pytest.approx(3 / 4), 4)
    assert got["lenient_accuracy"].value == pytest.approx(4 / 10)
    assert got["any_mention_accuracy"].value == pytest.approx(6 / 10)
    assert got["partial_credit"].value == pytest.approx((3 + 1 + 1 / 2 + 1 / 3) / 10)
    assert got["chance"].value == pytest.approx(1 / 3)
    assert got["centred_accuracy"].value == pytest.approx((0.3 - 1 / 3) / (2 / 3))
    assert got["majority"].value == pytest.approx(6 / 10)
    assert all(metric.recipe and metric.low <= metric.value <= metric.high for metric in got.values())
    assert {m.n for name, m in got.items() if name != "selective_accuracy"} == {10}


def test_metrics_come_in_the_order_they_are_shown() -> None:
    assert list(scored(ANSWERS)) == [
        *("accuracy", "coverage", "selective_accuracy", "lenient_accuracy", "any_mention_accuracy"),
        *("partial_credit", "macro_f1", "centred_accuracy", "chance", "majority"),
    ]


def test_metrics_that_would_divide_by_nothing_are_absent() -> None:
    got = by_name(classification_metrics([single(0, "a", None, "OOV")], {"d": ("a",)}, {"d": "a"}, "x"))
    assert {"selective_accuracy", "centred_accuracy"}.isdisjoint(got)
    with pytest.raises(EvaluationError, match="nothing to score"):
        classification_metrics([], LABELS, {}, "")


CLUSTERED = ("accuracy", "coverage", "selective_accuracy", "lenient_accuracy", "any_mention_accuracy", "partial_credit")
CLUSTERED += ("macro_f1", "centred_accuracy", "majority")
"""All that is counted on clips, so that artists count."""


def test_clips_of_one_artist_widen_the_interval() -> None:
    items = [single(i, "a", "a" if i // 10 % 2 else "b", artist=f"artist {i // 10}") for i in range(80)]
    together = scored(items)
    apart = scored([single(i, "a", "a" if i // 10 % 2 else "b", artist=f"artist {i}") for i in range(80)])
    assert "accuracy_clustered" not in together
    for name in CLUSTERED:
        assert apart[name].value == together[name].value
        assert together[name].clusters == 8
        assert together[name].recipe.endswith(f", 8 clusters of {together[name].n} clips")
        if 0 < apart[name].value < 1:
            assert together[name].high - together[name].low > 2 * (apart[name].high - apart[name].low)
    assert (apart["accuracy"].low, apart["accuracy"].high) == wilson(40, 80)


@pytest.mark.parametrize(
    ("alignment", "gold", "mentioned"),
    [
        (None, "a", False),
        (Alignment("ALIGNED", ("a",)), "a", True),
        (Alignment("HYPONYM", ("a",)), "a", True),
        (Alignment("MULTI", ("a", "b"), positives=("a", "b")), "b", True),
        (Alignment("REFUSAL_WITH_MENTION", positives=("a",)), "a", True),
        (Alignment("NEGATED_ONLY", negatives=("a",)), "a", False),
        (Alignment("ALIGNED", ("b",), positives=("b",), negatives=("a",)), "a", False),
    ],
)
def test_any_mention_takes_what_is_named_and_not_denied(
    alignment: Alignment | None, gold: str, mentioned: bool
) -> None:
    assert any_mention(alignment, (gold,)) is mentioned


STATUSES = ("ALIGNED", "SYNONYM", "HYPONYM", "MULTI", "OOV", "ECHO_ALL", "REFUSAL_WITH_MENTION", "ERROR")


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.sampled_from("abc"),
            st.sampled_from(STATUSES),
            st.lists(st.sampled_from("abc"), unique=True),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_readings_keep_their_order(answers: list[tuple[str, str, str, list[str]]]) -> None:
    one = ("ALIGNED", "SYNONYM", "HYPONYM")
    got = scored(
        [
            single(i, gold, said if status in one else None, status, named=tuple(named))
            for i, (gold, said, status, named) in enumerate(answers)
        ]
    )
    strict, lenient, partial, upper = (
        got[name].value for name in ("accuracy", "lenient_accuracy", "partial_credit", "any_mention_accuracy")
    )
    assert strict <= lenient <= upper
    assert strict <= partial + 1e-12
    assert partial <= upper + 1e-12


def test_macro_f1_is_the_mean_over_labels_that_occur() -> None:
    items = ANSWERS[:6]
    got = scored(items)["macro_f1"]
    a, b = 2 * 2 / (4 + 2), 2 * 1 / (2 + 2)
    assert got.value == pytest.approx((a + b) / 2)
    assert got == scored(items)["macro_f1"]  # seeded


def test_macro_f1_is_scikit_learns() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth, said = np.random.default_rng(2).choice(list("abc"), (2, 90))
    items = [single(i, str(t), str(s)) for i, (t, s) in enumerate(zip(truth, said, strict=True))]
    got = scored(items)
    assert got["macro_f1"].value == pytest.approx(metrics.f1_score(truth, said, average="macro"))
    rows = {row["label"]: row for row in per_label(items, LABELS)}
    known = metrics.precision_recall_fscore_support(truth, said, labels=list("abc"))
    for column, values in zip(("precision", "recall", "f1", "n"), known, strict=True):
        assert [rows[label][column] for label in "abc"] == pytest.approx(list(values))


def test_an_ambiguous_answer_earns_no_label() -> None:
    both = ScoredAnswer("d/0", "d", ("a",), "a or b", Alignment("MULTI", ("a", "b"), positives=("a", "b")))
    assert not both.right
    got = scored([both])
    assert (got["macro_f1"].value, got["partial_credit"].value) == (0, 0.5)


def test_labels_of_the_same_name_in_two_datasets_are_two_labels() -> None:
    items = [single(0, "a", "a"), single(1, "a", "b", dataset="e")]
    labels = {"d": ("a", "b"), "e": ("a", "b", "c", "x")}
    got = by_name(classification_metrics(items, labels, {"d": "a", "e": "b"}, "x"))
    assert got["macro_f1"].value == pytest.approx((1 + 0) / 2)
    assert got["chance"].value == pytest.approx((1 / 2 + 1 / 4) / 2)
    assert got["majority"].value == pytest.approx(1 / 2)


def test_recall_and_confusion_tell_where_answers_went() -> None:
    items = ANSWERS[:6]
    rows = {row["label"]: row for row in per_label(items, LABELS)}
    assert set(rows) == {"a", "b"}
    assert (rows["a"]["n"], rows["a"]["right"], rows["a"]["recall"]) == (4, 2, 0.5)
    assert (rows["a"]["low"], rows["a"]["high"]) == wilson(2, 4)
    assert (rows["b"]["said"], rows["b"]["recall"], rows["b"]["precision"], rows["b"]["f1"]) == (2, 0.5, 0.5, 0.5)
    cells = {(row["gold"], row["answer"]): row["n"] for row in confusion(items)}
    assert cells == {("a", "a"): 2, ("a", "b"): 1, ("a", "ERROR"): 1, ("b", "b"): 1, ("b", "OOV"): 1}
    assert outcomes(items) == {"ALIGNED": 4, "OOV": 1, "ERROR": 1}


def test_a_label_that_no_reference_has_gets_no_recall() -> None:
    (row,) = [row for row in per_label([single(0, "a", "c")], LABELS) if row["label"] == "c"]
    assert (row["n"], row["said"], row["recall"], row["precision"], row["f1"]) == (0, 1, None, 0, None)


def test_macro_f1_lies_in_its_interval() -> None:
    """Of 20 such exams it did not in 11, when resamples counted a label that they had lost as one of 0."""
    labels = [str(i) for i in range(10)]
    for seed in range(20):
        random = np.random.default_rng(seed)
        answers = []
        for i in range(50):  # all clips of a label are by one artist
            said = str((i // 5 + random.integers(1, 10)) % 10 if random.random() < 0.3 else i // 5)
            read = Alignment("ALIGNED", (said,))
            answers.append(ScoredAnswer(f"d/{i}", "d", (str(i // 5),), said, read, cluster=f"artist:{i // 5}"))
        macro = by_name(classification_metrics(answers, {"d": labels}, {"d": "0"}, "x"))["macro_f1"]
        assert macro.low is not None
        assert macro.high is not None
        assert macro.low < macro.value < macro.high
        assert macro.clusters == 10


def test_one_artist_for_all_clips_is_no_evidence_of_certainty() -> None:
    items = [single(i, "ab"[i % 2], "a", artist="one") for i in range(96)]
    for metric in scored(items).values():
        if metric.metric != "chance":
            assert (metric.low, metric.high) == (None, None), metric.metric
            assert metric.interval == f"none: {metric.n} clips of 1 cluster"
    (row, *_) = per_label(items, LABELS)
    assert (row["recall"], row["low"], row["interval"]) == (1.0, None, "none: 48 clips of 1 cluster")


def test_all_right_is_no_certainty_beyond_the_artists() -> None:
    got = scored([single(i, "a", "a", artist=f"artist {i // 3}") for i in range(96)])
    for name in ("accuracy", "coverage", "selective_accuracy", "partial_credit", "macro_f1"):
        assert got[name].value == got[name].high == 1
        assert got[name].low == pytest.approx(wilson(32, 32)[0]), name


def test_five_thousand_labels_take_no_longer_than_a_few() -> None:
    labels = [f"label {i}" for i in range(5000)]
    random = np.random.default_rng(0)
    answers = []
    for i in range(2000):
        gold, said = (labels[j] for j in random.integers(0, 4000, 2))
        answers.append(ScoredAnswer(f"d/{i}", "d", (gold,), said, Alignment("ALIGNED", (said,)), cluster=f"{i // 2}"))
    start = process_time()
    got = by_name(classification_metrics(answers, {"d": labels}, {"d": labels[0]}, "x"))
    rows = per_label(answers, {"d": labels})
    assert process_time() - start < 3
    assert got["macro_f1"].clusters == 1000
    assert sum(row["recall"] is None for row in rows) > 500  # labels that nobody has, and somebody said
    assert all(row["low"] is None for row in rows if row["n"] in (0, 1))
