"""What the report says first, and that it is no more than its tests show."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from report_runs import classified, described, report_run, tagged

from mudata.evaluation.align.alignment import Alignment
from mudata.evaluation.comparison.floors import FloorQuestion, above_floors
from mudata.evaluation.metrics.intervals import wilson
from mudata.evaluation.metrics.scored import ScoredAnswer
from mudata.evaluation.report.data import Report
from mudata.evaluation.report.gather import panels
from mudata.evaluation.report.headline import headline
from mudata.evaluation.report.paper_tables import markdown

if TYPE_CHECKING:
    from mudata.evaluation.report.data import Panel
    from mudata.evaluation.report.report_run import ReportRun


def panel(*runs: ReportRun) -> Panel:
    (found,) = panels(runs)
    return found


def said(*runs: ReportRun) -> str:
    return headline(panel(*runs))


def accuracies(n: int, *right: int, artists: int = 0) -> list[ReportRun]:
    """Runs a, b, c, ... with so many of n clips right, the same ones first."""
    return [
        report_run("abcdefgh"[i], classified([k < count for k in range(n)], artists)) for i, count in enumerate(right)
    ]


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        (accuracies(50, 40), "a is ahead of chance by 55.0 points [42.0, 63.8]."),
        (accuracies(50, 13), "a cannot be told from chance."),
        (accuracies(50, 1), "a is behind chance."),
        (accuracies(2, 2), "2 clips are too few to tell a from chance."),
        (accuracies(1, 0), "1 clip is too few to tell a from chance."),
        (accuracies(50, 13, 13), "a and b cannot be told from chance; a and b cannot be told apart."),
        (accuracies(50, *[13] * 5),
         "all 5 models cannot be told from chance; no two of the 5 models can be told apart."),
        (accuracies(50, 40, 13), "a is ahead of chance by 55.0 points [42.0, 63.8], b cannot be told from it; "
                                 "a is ahead of b by 54.0 points [38.6, 67.0]."),
        (accuracies(50, 40, 39, 38),
         "a, b and c are ahead of chance, by 55.0 points [42.0, 63.8], 53.0 points [39.8, 62.2] and 51.0 points [37.6, "
         "60.7]; no two of the 3 models can be told apart."),
        (accuracies(50, 45, 42, 12, 1),
         "a and b are ahead of chance, by 65.0 points [53.6, 70.7] and 59.0 points [46.5, 66.7], d is behind it, c "
         "cannot be told from it; the best is a or b, which cannot be told apart."),
        (accuracies(50, 50, 40, 39, 38, 37),
         "all 5 models are ahead of chance, a by 75.0 points [67.9, 75.0]; a is ahead of all 4 others."),
        (accuracies(60, 60, 60, 60, 60, 30),
         "all 5 models are ahead of chance, a by 75.0 points [69.0, 75.0]; the best may be any of 4 of the 5 models."),
        (accuracies(50, 50, 13, 12, 13, 12),
         "a is ahead of chance by 75.0 points [67.9, 75.0], the other 4 cannot be told from it; a is ahead of all 4 "
         "others."),
        (accuracies(5, 5, 0),
         "a is ahead of chance by 75.0 points [31.6, 75.0], b cannot be told from it; 5 clips are too few to tell any "
         "two models apart."),
        (accuracies(40, 40, 1, artists=4),
         "a is ahead of chance by 75.0 points [26.0, 75.0], b cannot be told from it; 4 artists or tracks are too few "
         "to tell any two models apart."),
        (accuracies(40, 40, artists=1), "40 clips worth 1 independent one are too few to tell a from chance."),
    ],
)  # fmt: skip
def test_a_sentence_says_who_is_ahead_of_chance_and_who_of_whom(runs: list[ReportRun], sentence: str) -> None:
    assert said(*runs) == sentence


def test_all_of_one_model_are_runs() -> None:
    runs = [report_run(f"m ({i})", classified([1, 0] * 20), model="m") for i in range(3)]
    assert said(*runs).endswith("no two of the 3 runs can be told apart.")


def test_control_runs_are_no_models() -> None:
    real, silent = classified([1] * 30), report_run("m (silence)", classified([0] * 30), model="m", control="silence")
    assert said(report_run("m", real), silent) == "m is ahead of chance by 75.0 points [63.6, 75.0]."
    assert said(silent) == "Only control runs are here: they say nothing of a model by themselves."


def test_a_run_of_fewer_clips_is_flagged_and_does_not_spoil_the_others() -> None:
    few = report_run("few", classified([1] * 10))
    found = panel(*accuracies(50, 40, 10), few)
    assert found.unequal
    assert headline(found).endswith("; few, asked about other clips, is not compared.")
    assert [[flag.text for flag in entry.flags] for entry in found.entries] == [["n = 10, not 50"], [], []]
    assert found.comparison is not None
    assert found.comparison.n == 50


def test_a_run_beside_its_control_is_not_compared_with_itself() -> None:
    real, control = (classified([right] * 30) for right in (1, 0))
    runs = [report_run("m", real), report_run("m (silence)", control, model="m", control="silence")]
    other = report_run("other", classified([1] * 40, start=60))
    assert said(*runs, other).endswith("; the models, asked about different items, are not compared.")


def test_two_runs_of_different_clips_are_compared_on_those_that_both_have() -> None:
    few, many = report_run("few", classified([1] * 10)), report_run("many", classified([0] * 50))
    assert said(few, many) == (
        "few is ahead of chance by 75.0 points [47.2, 75.0], many is behind it; few is ahead of many by 100.0 points "
        "[60.8, 100.0] on the 10 clips that all have."
    )  # fmt: skip
    other = report_run("other", classified([1] * 10, start=60))
    assert said(other, many).endswith("; the runs cannot be compared.")
    assert {flag.text for entry in panel(other, many).entries for flag in entry.flags} == {"n = 10, not 50"}


def test_as_many_other_clips_are_flagged_as_others() -> None:
    runs = [*accuracies(40, 30, 20), report_run("moved", classified([1] * 40, start=5))]
    flags = {entry.name: [flag.text for flag in entry.flags] for entry in panel(*runs).entries}
    assert flags == {"a": [], "b": [], "moved": ["other clips"]}


def test_runs_in_several_orders_of_options_have_a_panel_of_their_own() -> None:
    """They have an answer for each order, and so other items than who was asked once."""
    once, turned = (
        report_run(name, classified([1] * 30), order=order) for name, order in (("a", "shuffled"), ("b", "rotations"))
    )
    control = report_run("c", classified([0] * 30), control="silence")
    found = panels([once, turned, control])
    assert [[entry.name for entry in one.entries] for one in found] == [["a", "c"], ["b"]]
    assert [one.title for one in found] == ["d · t", "d · t · options in several orders: rotations"]


def test_tags_stand_beside_the_labels_that_are_best_always_named() -> None:
    """Which beat the most frequent label alone: that would say of a constant answer that it heard something."""
    gold = [("a", "b") if i % 2 else ("c",) for i in range(60)]
    good = report_run("good", tagged(gold, gold), kind="tag")
    poor = report_run("poor", tagged([("a", "b", "c")] * 60, gold), kind="tag")
    size = r"by 0\.333 micro F1 \[0\.\d+, 0\.\d+\]"
    expected = f"good is ahead of the best constant answer {size}, poor cannot be told from it; good is"
    assert re.fullmatch(rf"{expected} ahead of poor {size}\.", said(good, poor))
    few = report_run("few", tagged(gold[:5], gold[:5]), kind="tag")
    assert said(few) == "5 clips are too few to tell few from the best constant answer."


@pytest.mark.slow
def test_captions_stand_beside_their_own_on_other_clips() -> None:
    gold = [f"a piece number{i} with theme{i} and mood{i}" for i in range(40)]
    ears, deaf = (
        report_run(name, described(text, gold), kind="caption")
        for name, text in (("ears", gold), ("deaf", ["a piece"] * 40))
    )
    found = said(ears, deaf)
    assert re.match(r"ears is ahead of its own captions on other clips by 0\.\d+ ROUGE-L F \[", found)
    assert "deaf cannot be told from its own captions on other clips" in found
    assert re.search(r"; ears is ahead of deaf by 0\.\d+ ROUGE-L F \[[^]]+\]\.$", found)


@pytest.mark.slow
def test_models_that_guess_are_seldom_told_from_chance_or_apart() -> None:
    """Of 40 panels of two models, whose guesses are mostly alike within an artist, at most 5 % may claim."""
    random, false = np.random.default_rng(11), 0
    artist = np.arange(60) % 8
    for _ in range(40):
        guessed = [np.where(random.random(60) < 0.7, random.random(8)[artist], random.random(60)) < 0.25 for _ in "ab"]
        runs = [report_run(name, classified(right.tolist(), 8)) for name, right in zip("ab", guessed, strict=True)]
        false += bool(re.search(r"ahead|behind|best", said(*runs)))
    assert false <= 6, "P of more at 5 % is below 1 %"


@pytest.mark.parametrize(("clips", "artists", "models"), [(5, 5, 1), (40, 40, 3), (100, 14, 3)])
def test_guesses_are_seldom_told_from_chance(clips: int, artists: int, models: int) -> None:
    """Artists of very different numbers of clips, all clips of one guessed alike."""
    random, false = np.random.default_rng(3), 0
    sizes = random.pareto(1.2, artists) + 0.2
    for _ in range(100):
        whose = np.arange(clips) if artists == clips else random.choice(artists, clips, p=sizes / sizes.sum())
        asked = []
        for run in range(models):
            answers = classified((random.random(artists) < 0.1)[whose].tolist())
            answers = [replace(one, cluster=f"artist:{who}") for one, who in zip(answers, whose, strict=True)]
            right = sum(one.right for one in answers)
            low, high = wilson(right, clips)
            metrics = {
                "accuracy": {"value": right / clips, "low": low, "high": high},
                "chance": dict.fromkeys(("value", "low", "high"), 0.1),
            }
            asked.append(FloorQuestion(str(run), metrics, answers, {}))
        false += any(one.verdict in ("ahead", "behind") for one in above_floors("classify", asked).values())
    assert false <= 11, "P of more at 5 % is below 1 %"


def test_captions_that_say_nothing_of_the_clip_are_seldom_told_from_those_of_others() -> None:
    random, false = np.random.default_rng(5), 0
    answers = described(["a piece"] * 25, ["a piece"] * 25)
    for _ in range(300):
        lift = random.normal(0, 0.1, 25)
        half = 1.96 * lift.std() / 5  # as narrow as a bootstrap finds it
        gain = {"value": lift.mean(), "low": lift.mean() - half, "high": lift.mean() + half}
        values = dict.fromkeys(("value", "low", "high"), 0.2)
        metrics = {"rougeL_f_lift": gain, "rougeL_f": values, "rougeL_f_wrong_clip": values}
        (found,) = above_floors("caption", [FloorQuestion("x", metrics, answers, {})]).values()
        false += found.verdict == "ahead"
    assert false <= 25, "P of more at 5 % is below 1 %"


def test_each_run_is_told_to_have_too_few_clips_of_its_own() -> None:
    runs = [report_run("one", classified([1])), report_run("few", classified([1] * 3, artists=1))]
    assert said(*runs, *accuracies(50, 13)).startswith(
        "a cannot be told from chance, 3 clips worth 1 independent one are too few to tell few from chance, 1 clip is "
        "too few to tell one from chance"
    )


def test_a_run_without_an_interval_is_of_too_few_clips_whatever_its_p() -> None:
    """Of 9 right in 3 artists p is .031, yet nothing is told: of 3 artists there is no interval."""
    found = panel(report_run("few", classified([1] * 9, artists=3)))
    assert found.floors["few"].p_holm < 0.05
    assert found.floors["few"].verdict == "too few"
    assert headline(found) == "9 clips worth 3 independent ones are too few to tell few from chance."


def labelled(labels: str) -> list[ScoredAnswer]:
    """A clip of each of these labels, and always the answer a."""
    read = Alignment("ALIGNED", ("a",), "exact")
    return [ScoredAnswer(f"d/{i}", "d", (label,), "said", read) for i, label in enumerate(labels)]


def test_footnotes_tell_what_holds_for_some_runs_only() -> None:
    runs = [report_run("few", labelled("a")), *(report_run(name, labelled("abcd" * 10)) for name in "xy")]
    text = markdown(Report("t", tuple(runs), panels(runs)))
    assert "For comparison: chance 25.0 %; majority 0.0 % (few), 25.0 % (x, y). " in text
    assert "\nfew: 1 clip (" in text
    assert text.rstrip().endswith(" accuracy: aligned and equal / all.")
    assert (
        "Ahead of chance, or behind: exact binomial test, all clips of an artist or track taken for one, Holm over 3 "
        "runs, told below 0.05."
    ) in text
    recipe = Report("t", tuple(runs), panels(runs)).recipes["accuracy"]
    assert recipe == "aligned and equal / all; 95 % Wilson; none: 1 clip"
    alone = markdown(Report("t", tuple(runs[1:]), panels(runs[1:])))
    assert "For comparison: chance 25.0 %; majority 25.0 %. " in alone


def test_scores_without_clusters_are_told_to_take_clips_as_independent() -> None:
    run = report_run("old", classified([1] * 20 + [0] * 4, artists=6))
    scores = dict(run.scores)
    scores.pop("clusters")
    old = [
        {"metric": "accuracy", "value": 20 / 24, "low": 0.64, "high": 0.93, "n": 24, "recipe": "r / all; Wilson 95 %"}
    ]
    scores["datasets"] = {"d": {"n": 24, "metrics": old, "outcomes": {}}}
    found = panel(replace(run, scores=scores))
    taken = "Wilson 95 %, clips taken as independent by an older version"
    assert found.basis == f"24 clips of 6 artists; intervals: {taken}"


def failed(n: int) -> list[ScoredAnswer]:
    return [ScoredAnswer(f"d/{i}", "d", ("a",), None, Alignment("ERROR", (), "none"), error="boom") for i in range(n)]


def test_a_run_that_failed_on_every_clip_is_not_held_against_chance() -> None:
    assert said(report_run("x", failed(6))) == "x failed on every clip."
    assert said(report_run("x", failed(50)), report_run("y", failed(50))) == "x and y failed on every clip."
    assert said(report_run("x", failed(50)), *accuracies(50, 40)).startswith(
        "x failed on every clip; a is ahead of chance by 55.0 points [42.0, 63.8]; a is ahead of x by 80.0 points"
    )
    assert said(*[report_run(name, failed(6)) for name in "wxyz"]) == "4 of the 4 models failed on every clip."
    tags = [ScoredAnswer("d/0", "d", ("a",), None, Alignment("ERROR", (), "none"), error="boom")]
    assert said(report_run("x", tags, kind="tag")) == "x failed on every clip."


def test_where_the_answers_ended_is_shown_of_failures_too() -> None:
    pytest.importorskip("matplotlib")
    from mudata.evaluation.report.charts import figures

    assert "outcomes" in figures(panel(report_run("x", failed(6))))
    assert "outcomes" not in figures(panel(*accuracies(5, 5)))
