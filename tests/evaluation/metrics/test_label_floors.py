"""Floors of labels beside counting every guess and every constant answer."""

from __future__ import annotations

from itertools import chain, combinations, product
from statistics import fmean

import numpy as np
import pytest
from judged_answers import many, single

from mudata.errors import EvaluationError
from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.align.label_set import LabelEntry, LabelSet
from mudata.evaluation.metrics.classification import classification_metrics
from mudata.evaluation.metrics.label_floors import constant_words, label_floors
from mudata.evaluation.metrics.scored import Metric, ScoredAnswer
from mudata.evaluation.metrics.summary import summarise
from mudata.evaluation.metrics.tagging import label_set_metrics

LABELS = {"d": ("a", "b", "c")}
SETS = list(chain.from_iterable(combinations("abc", size) for size in range(4)))


def values(found: dict[str, object]) -> dict[str, float]:
    metrics = found["metrics"]
    assert isinstance(metrics, list)
    return {one["metric"]: one["value"] for one in metrics}


def f1(truths: list[tuple[str, ...]], said: list[tuple[str, ...]], measure: str) -> float:
    answers = [many(i, truth, of) for i, (truth, of) in enumerate(zip(truths, said, strict=True))]
    (metric,) = label_set_metrics(answers, LABELS, [measure])
    return metric.value


@pytest.mark.parametrize("truths", [[("a",), ("a", "b")], [("c",), ()], [("a", "b", "c")] * 2, [("b",), ("b",)]])
def test_a_uniform_guess_of_sets_is_the_mean_over_all_guesses(truths: list[tuple[str, ...]]) -> None:
    found = values(label_floors("tag", [many(i, truth, ()) for i, truth in enumerate(truths)], LABELS))
    for name, measure in (("chance", "micro_f1"), ("chance_macro_f1", "macro_f1")):
        every = [f1(truths, list(said), measure) for said in product(SETS, repeat=len(truths))]
        assert len(every) == 64
        assert found[name] == pytest.approx(fmean(every), abs=1e-8)


@pytest.mark.parametrize("truths", ["aab", "abc", "ccc"])
def test_a_uniform_guess_of_one_label_is_the_mean_over_all_guesses(truths: str) -> None:
    found = values(label_floors("classify", [single(i, gold, None, "OOV") for i, gold in enumerate(truths)], LABELS))
    every = [
        f1([(gold,) for gold in truths], [(one,) for one in said], "macro_f1") for said in product("abc", repeat=3)
    ]
    assert found["chance_macro_f1"] == pytest.approx(fmean(every), abs=1e-8)
    assert "chance" not in found  # which is among the metrics themselves


@pytest.mark.parametrize("seed", range(6))
def test_no_constant_set_is_better(seed: int) -> None:
    random = np.random.default_rng(seed)
    truths = [tuple(np.array(list("abc"))[random.random(3) < (0.9, 0.5, 0.2)]) for _ in range(7)]
    found = label_floors("tag", [many(i, truth, ()) for i, truth in enumerate(truths)], LABELS)
    for name, measure in (("constant", "micro_f1"), ("constant_macro_f1", "macro_f1")):
        worth = {said: f1(truths, [said] * len(truths), measure) for said in SETS}
        assert values(found)[name] == pytest.approx(max(worth.values()))
        assert worth[tuple(found["constants"][measure]["d"])] == pytest.approx(max(worth.values()))


def test_no_constant_label_is_better_and_of_equal_ones_it_is_the_first() -> None:
    answers = [single(i, gold, "b") for i, gold in enumerate("acccaab")]
    found = label_floors("classify", answers, LABELS)
    assert found["constants"] == {"accuracy": {"d": ["a"]}, "macro_f1": {"d": ["a"]}}
    assert values(found)["constant"] == pytest.approx(3 / 7)
    for label, expected in (("a", True), ("b", False), ("c", True)):
        always = f1([item.references for item in answers], [(label,)] * 7, "macro_f1")
        assert (always == pytest.approx(values(found)["constant_macro_f1"])) is expected


def test_each_dataset_has_a_constant_of_its_own_and_labels_of_one_name_are_two() -> None:
    labels = {"d": ("a", "b"), "e": ("b", "c", "x")}
    answers = [single(i, gold, "a") for i, gold in enumerate("aab")]
    answers += [single(i, gold, "b", dataset="e") for i, gold in enumerate("cccb")]
    found = label_floors("classify", answers, labels)
    assert found["constants"]["accuracy"] == {"d": ["a"], "e": ["c"]}
    assert values(found)["constant"] == pytest.approx(5 / 7)
    assert constant_words(found["constants"]["accuracy"]) == "d: a; e: c"
    (always,) = label_set_metrics(
        [
            single(i, item.references[0], "a" if item.dataset == "d" else "c", dataset=item.dataset)
            for i, item in enumerate(answers)
        ],
        labels,
        ["macro_f1"],
    )
    assert values(found)["constant_macro_f1"] == pytest.approx(always.value)


def test_a_constant_answer_lists_no_more_than_is_read_as_one() -> None:
    names = tuple("abcdefghij")
    answers = [many(i, names[: 1 + i % 10], ()) for i in range(40)]
    found = label_floors("tag", answers, {"d": names})["constants"]
    assert (found["micro_f1"]["d"], found["macro_f1"]["d"]) == (list("abcdefg"), list("abcdefg"))
    said = [len(label_floors("tag", answers, {"d": names[:9] + names[9:] + extra})["constants"]["macro_f1"]["d"])
            for extra in ((), ("k", "l", "m"))]  # fmt: skip
    assert said == [7, 10]  # of thirteen labels ten may be listed


def test_the_commonest_answer_and_how_many_there_are() -> None:
    answers = [many(0, ("a",), ("a", "b")), many(1, ("b",), ("a", "b")), many(2, ("b",), ("c",)), many(3, ("a",), ())]
    found = label_floors("tag", answers, LABELS)
    assert found["answers"] == [["a, b", 2], ["c", 1]]
    assert (values(found)["distinct_answers"], values(found)["commonest_share"]) == (2, 0.5)


def test_where_no_clip_has_a_label_and_where_nothing_is_asked() -> None:
    found = label_floors("tag", [many(0, (), ("a",))], LABELS)
    assert (found["constants"], values(found)["chance"], values(found)["chance_macro_f1"]) == ({}, 0, 0)
    assert "constant" not in values(found)
    with pytest.raises(EvaluationError, match="nothing to score"):
        label_floors("tag", [], LABELS)


def test_many_clips_and_labels_are_counted_in_a_moment_and_nearly_as_the_mean_says() -> None:
    names = tuple(f"l{i}" for i in range(200))
    answers = [many(i, names[: 1 + i % 9], ()) for i in range(20_000)]
    found = values(label_floors("tag", answers, {"d": names}))
    share = sum(len(item.references) for item in answers) / (200 * 20_000)
    assert found["chance"] == pytest.approx(2 * 0.5 * share / (0.5 + share), rel=1e-4)
    assert found["constant"] > found["chance"]


def test_metrics_are_what_they_were_and_floors_stand_apart() -> None:
    answers: list[ScoredAnswer] = [single(i, gold, "a") for i, gold in enumerate("aab")]

    class Task:
        dataset, majority, majority_source, constant = "d", "a", "train part", None

    labels = LabelSet("single", tuple(LabelEntry(label, label, (label,)) for label in "abc"))
    found = summarise("classify", [Task()], answers, {"d": labels}, {"d": Shown()})
    before = classification_metrics(answers, LABELS, {"d": "a"}, "train part")
    assert [Metric(**one) for one in found["metrics"]] == before
    assert found["floors"] == found["datasets"]["d"]["floors"] == label_floors("classify", answers, LABELS)
