"""Which runs are told apart, and `mudata compare`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from judged_answers import many, single
from scipy.special import ndtri

from mudata.cli import cli
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.comparison.compare import compare
from mudata.evaluation.comparison.pairwise import agreeing, pair_detectable
from mudata.evaluation.metrics.hypothesis_tests import mcnemar
from mudata.evaluation.metrics.intervals import ALPHA, wilson
from mudata.evaluation.metrics.paired_power import mcnemar_power
from mudata.evaluation.metrics.per_clip import PerClipMetric
from mudata.evaluation.metrics.scored import ScoredAnswer
from mudata.evaluation.run import all_runs

if TYPE_CHECKING:
    from small_corpus import Corpus

    from mudata.evaluation.comparison.comparison_result import Comparison
    from mudata.home import Home


def head(name: str, items: list[ScoredAnswer], **changes: Any) -> dict[str, Any]:
    said = {"run": name, "model": name, "split": "s", "part": "test", "task": "t", "kind": "classify", "n": len(items)}
    return said | {"labels_sha256": {"d": "1" * 64}} | changes


def answers(right: str, artists: int = 0) -> list[ScoredAnswer]:
    """One clip per character, right where it is 1."""
    return [
        single(i, "a", "a" if c == "1" else "b", artist=f"artist {i % artists}" if artists else None)
        for i, c in enumerate(right)
    ]


def compared(*runs: str, artists: int = 0) -> Comparison:
    listed = [answers(right, artists) for right in runs]
    return compare([(head(f"r{i}", items), items) for i, items in enumerate(listed)])


def test_a_pair_has_difference_p_and_the_clips_that_flipped() -> None:
    a, b = "1" * 30 + "0" * 10 + "1" * 2, "1" * 20 + "0" * 22
    found = compared(b, a)
    assert (found.n, found.independent, found.kind) == (42, 42, "classify")
    (of,) = found.metrics
    (pair,) = of.pairs
    assert (pair.a, pair.b) == ("r1", "r0")  # the better first
    assert pair.difference == pytest.approx(12 / 42)
    assert pair.low < pair.difference < pair.high
    assert (pair.n10, pair.n01) == (12, 0)
    assert pair.p == pair.p_holm == mcnemar(12, 0)
    assert pair.clips_10 == (*(f"d/{i}" for i in range(20, 30)), "d/40", "d/41")
    assert pair.verdict.startswith("r1 is ahead of r0: 28.6 points [")
    assert [(one.run, one.first, one.last, one.groups) for one in of.standings] == [
        ("r1", 1, 1, "a"),
        ("r0", 2, 2, "b"),
    ]
    assert (of.standings[0].low, of.standings[0].high) == wilson(32, 42)


def test_what_is_not_told_apart_is_tied_and_says_what_would_be() -> None:
    a, b = "1100" * 10, "1010" * 10
    (of,) = compared(a, b).metrics
    (pair,) = of.pairs
    assert (pair.n10, pair.n01, pair.p, pair.difference) == (10, 10, 1, 0)
    assert of.groups == (("r0", "r1"),)
    assert {(one.first, one.last, one.groups) for one in of.standings} == {(1, 2, "a")}
    assert pair.detectable is not None
    assert mcnemar_power(40, pair.detectable, 0.5 + pair.detectable**2) == pytest.approx(0.8, abs=0.001)
    assert pair.verdict == (
        f"r0 and r1 are not told apart: 0.0 points [{100 * pair.low:.1f}, {100 * pair.high:.1f}], p = 1.0000; "
        f"these 40 clips can tell apart about {100 * pair.detectable:.1f} points."
    )


def test_runs_that_agree_everywhere_tell_only_what_would_be_plain() -> None:
    (pair,) = compared("10" * 9, "10" * 9).metrics[0].pairs
    assert (pair.p, pair.difference) == (1, 0)
    assert pair.detectable == pytest.approx(0.404, abs=0.001), "six more right and none fewer, with power .8"
    assert pair.low is not None
    assert pair.high is not None
    assert pair.low < 0 < pair.high
    assert pair.verdict.startswith("r0 and r1 are not told apart: 0.0 points [")


@pytest.mark.parametrize(("n", "pairs"), [(100, 1), (100, 28), (290, 1), (290, 28)])
def test_what_equal_runs_say_can_be_told_is_told_of_runs_that_differ(n: int, pairs: int) -> None:
    """Answers are normal numbers below a threshold, correlated by .5: a third of those at one half are discordant, and
    the more the farther the thresholds are apart."""
    equal = [PerClipMetric(np.resize(right, n), np.ones(n)) for right in ([1.0, 0, 0, 1, 0, 1], [0.0, 1, 0, 1, 0, 1])]
    said = pair_detectable(*equal, [str(i) for i in range(n)], pairs)
    assert said is not None
    shared, *own = np.random.default_rng(0).normal(size=(3, 200_000))
    first, second = (
        shared + one < np.sqrt(2) * ndtri(0.5 + sign * said / 2) for one, sign in zip(own, (1, -1), strict=True)
    )
    assert mcnemar_power(n, said, float((first != second).mean()), ALPHA / pairs) == pytest.approx(0.81, abs=0.03)


def test_being_tied_does_not_carry_over() -> None:
    best, middle, worst = "1" * 30 + "0" * 10, "1" * 26 + "0" * 14, "1" * 22 + "0" * 18
    (of,) = compared(worst, best, middle).metrics
    by_pair = {(pair.a, pair.b): pair for pair in of.pairs}
    assert by_pair["r1", "r0"].p_holm == pytest.approx(3 * mcnemar(8, 0))
    assert by_pair["r1", "r2"].p_holm == pytest.approx(2 * mcnemar(4, 0))
    assert of.groups == (("r1", "r2"), ("r2", "r0"))
    assert [(one.run, one.groups, one.first, one.last) for one in of.standings] == [
        ("r1", "a", 1, 2),
        ("r2", "ab", 1, 3),
        ("r0", "b", 2, 3),
    ]


def test_clips_of_few_artists_are_not_that_many_clips() -> None:
    a, b = "1" * 60, ("1" * 4 + "0" * 2) * 10
    alone, grouped = (compared(a, b, artists=artists) for artists in (0, 6))
    (one,), (other,) = alone.metrics[0].pairs, grouped.metrics[0].pairs
    assert (alone.independent, grouped.independent) == (60, 6)
    assert one.p == mcnemar(20, 0)
    assert other.p == 0.5, "artists 4 and 5 alone differ, and both may have changed places by chance"
    assert "runs exchanged in whole artists" in grouped.metrics[0].recipe
    assert "McNemar exact" in alone.metrics[0].recipe


@pytest.mark.parametrize(
    ("artists", "told"),
    [
        (1, "1 artist: the smallest p that can be is 1"),
        (3, "3 artists: the smallest p that can be is 0.25"),
        (5, "5 artists: the smallest p that can be is 0.062"),
    ],
)
def test_there_is_no_verdict_where_the_smallest_p_is_too_large(artists: int, told: str) -> None:
    found = compared("1" * 40, "0" * 40, artists=artists)
    (pair,) = found.metrics[0].pairs
    assert found.independent == artists
    assert pair.p == pytest.approx(2.0 ** (1 - artists))
    assert (pair.low, pair.high, pair.detectable) == (None, None, None)
    assert pair.verdict == f"No verdict on r0 and r1: 100.0 points; {told}."
    assert found.no_verdict == told
    assert f"no verdict: {told}" in " ".join(found.heading(found.metrics[0]).split())
    assert {(one.first, one.last, one.groups) for one in found.metrics[0].standings} == {(1, 2, "a")}


def test_eight_runs_need_more_clips_than_two() -> None:
    """28 pairs: of ten clips the smallest p is .002, after Holm .055."""
    runs = ["1" * k + "0" * (10 - k) for k in range(8)]
    found = compared(*runs)
    assert found.no_verdict == "10 clips: the smallest p that can be is 0.002, after Holm over 28 pairs 0.055"
    assert {pair.low for pair in found.metrics[0].pairs} == {None}
    assert compared(*(run + "0" for run in runs)).no_verdict is None


@pytest.mark.parametrize("artists", [0, 30])
def test_verdict_and_interval_never_contradict(artists: int) -> None:
    """Of eight runs, over artists and without: 0 lies in the interval exactly where two are not told apart."""
    random = np.random.default_rng(9)
    runs = ["".join("01"[int(right)] for right in random.random(150) < 0.3 + 0.07 * k) for k in range(8)]
    found = compared(*runs, artists=artists)
    pairs = found.metrics[0].pairs
    assert 5 < sum(pair.p_holm < 0.05 for pair in pairs) < 28
    for pair in pairs:
        assert pair.low is not None
        assert pair.high is not None
        assert (pair.p_holm < 0.05) == (pair.low > 0 or pair.high < 0)
        assert ("is ahead of" in pair.verdict) == (pair.p_holm < 0.05)
        assert "(Holm over 28 pairs)" in pair.verdict
    (two,) = compared(*runs[3:5], artists=artists).metrics[0].pairs
    same = next(pair for pair in pairs if {pair.a, pair.b} == {"r3", "r4"})
    assert same.detectable is not None
    assert two.detectable is not None
    assert two.detectable < same.detectable, "what eight runs can tell is told for all 28 pairs"
    assert two.low is not None
    assert same.low is not None
    assert same.low < two.low, "and so are intervals"


def test_an_interval_is_moved_to_zero_and_no_farther() -> None:
    assert agreeing(0.01, 0.3, 0.1, told=False) == (0.0, 0.3)
    assert agreeing(-0.3, -0.01, -0.1, told=False) == (-0.3, 0.0)
    low, high = agreeing(-0.01, 0.3, 0.1, told=True)
    assert low is not None
    assert (0 < low < 1e-300, high) == (True, 0.3)
    low, high = agreeing(-0.3, 0.01, -0.1, told=True)
    assert high is not None
    assert (low, -1e-300 < high < 0) == (-0.3, True)
    assert agreeing(None, None, 0.1, told=True) == (None, None)


@pytest.mark.parametrize(("clips", "p"), [(1, 1), (2, 0.5), (3, 0.25), (5, 0.0625), (6, 0.03125)])
def test_few_captions_show_no_more_than_they_can(clips: int, p: float) -> None:
    items = [
        [ScoredAnswer(f"d/{i}", "d", ("a calm piano piece",), text) for i in range(clips)] for text in ("piano", "-")
    ]
    found = compare([(head(f"r{i}", listed, kind="caption"), listed) for i, listed in enumerate(items)])
    assert found.metrics[0].pairs[0].p == p


@pytest.mark.parametrize("artists", [0, 6, 30])
def test_the_heading_says_line_by_line_which_interval_is_which(artists: int) -> None:
    found = compared("1" * 60, ("1" * 4 + "0" * 2) * 10, artists=artists)
    lines = found.heading(found.metrics[0]).split("\n")
    assert max(map(len, lines)) <= 100
    text = " ".join(" ".join(lines).split())
    whose = f"of {artists} artists" if artists else "(clusters unknown for all of them: taken as independent)"
    assert f"accuracy on 60 clips {whose}" in text
    if artists:
        assert "cluster Newcombe, paired" in text
        assert "p: runs exchanged in whole artists or tracks" in text
    else:
        assert "values: 95 % Wilson differences: 95 % Newcombe, paired" in text
        assert "p: McNemar exact, told apart below 0.05" in text
    assert [line.partition(":")[0] for line in lines if ":" in line][-3:] == ["values", "differences", "p"]
    three = compared("1" * 60, "10" * 30, "0" * 60)
    text = " ".join(three.heading(three.metrics[0]).split())
    assert "simultaneous over 3 pairs" in text
    assert "Holm over 3 pairs, told apart below 0.05; can tell: with 80 % power at 0.05 / 3" in text
    assert "p (Holm, 3 pairs)" in three.differences(three.metrics[0])[0]


@pytest.mark.parametrize(("artists", "told"), [(3, "none: no verdict"), (6, "none: 6 clusters are too few")])
def test_how_intervals_of_differences_were_found_is_not_told_where_there_are_none(artists: int, told: str) -> None:
    items = [
        [
            ScoredAnswer(
                f"d/{i}", "d", (f"a calm piano piece {i}",), text + f" {i % 5}", cluster=f"artist:{i % artists}"
            )
            for i in range(36)
        ]
        for text in ("a calm piano", "-")
    ]
    for of in compare([(head(f"r{i}", listed, kind="caption"), listed) for i, listed in enumerate(items)]).metrics:
        assert {(pair.low, pair.interval) for pair in of.pairs} == {(None, told)}
        assert f"; differences: {told.replace('none: ', 'no interval, ')}; p: " in of.recipe


def test_one_run_that_knows_the_artists_is_enough() -> None:
    plain, known = answers("10" * 30), answers("01" * 30, artists=6)
    found = compare([(head("x", plain), plain), (head("y", known), known)])
    assert found.independent == 6


def test_only_clips_of_all_runs_count_and_the_others_are_told() -> None:
    few, more = answers("110"), answers("11011")
    found = compare([(head("x", few, split="small"), few), (head("y", more), more)])
    assert found.n == 3
    x, y = found.runs
    assert (x.clips, x.left_out, x.why) == (3, 0, "")
    assert (y.clips, y.left_out) == (5, 2)
    assert y.why == "x was not asked about 2 of them (split small, part test, 3 clips)"


def test_the_heading_says_where_there_is_no_interval() -> None:
    found = compared("1" * 60, ("1" * 4 + "0" * 2) * 10, artists=3)
    lines = found.heading(found.metrics[0]).split("\n")
    assert lines[1:3] == ["values: no interval, 3 clusters are too few", "differences: no interval, no verdict"]
    assert lines[-1] == "no verdict: 3 artists: the smallest p that can be is 0.25"


def test_small_p_values_are_only_told_to_be() -> None:
    (pair,) = compared("1" * 60, "0" * 60).metrics[0].pairs
    assert pair.p < 1e-15
    assert pair.verdict == "r0 is ahead of r1: 100.0 points [91.5, 100.0], p <0.0001."


def test_two_runs_of_one_model_are_told_by_their_ids() -> None:
    items = answers("10")
    found = compare([(head(run, items, model="m"), items) for run in ("x", "y")])
    assert [entrant.name for entrant in found.runs] == ["m (x)", "m (y)"]


def test_tags_are_compared_by_micro_f1() -> None:
    gold = ("a", "b")
    sure = [many(i, gold, gold if i % 5 else ("a",)) for i in range(50)]
    poor = [many(i, gold, ("a", "c") if i % 5 else ("c",)) for i in range(50)]
    found = compare([(head(run, items, kind="tag"), items) for run, items in (("p", poor), ("s", sure))])
    (of,) = found.metrics
    assert of.metric == "micro_f1"
    hits, said = 40 * 2 + 10, 40 * 2 + 10
    assert of.standings[0].value == pytest.approx(2 * hits / (100 + said))
    (pair,) = of.pairs
    assert (pair.a, pair.n10, pair.n01) == ("s", 50, 0)
    assert pair.p_holm == pair.p == pytest.approx(1 / 10_001)


def test_tags_that_nobody_has_and_nobody_names_differ_in_nothing() -> None:
    found = compare(
        [
            (head(run, items, kind="tag"), items)
            for run, items in ((k, [many(i, (), ()) for i in range(40)]) for k in "ab")
        ]
    )
    (of,) = found.metrics
    (pair,) = of.pairs
    assert (pair.p, pair.difference, pair.low, pair.high, pair.detectable) == (1, 0, None, None, None)
    assert pair.verdict == "a and b are not told apart: 0.000 [too few to say], p = 1.0000."
    assert {(one.value, one.low) for one in of.standings} == {(0.0, None)}
    assert "values: no interval, no label;" in of.recipe


def test_five_thousand_labels_are_compared_like_five() -> None:
    gold = [(f"l{i}", f"l{i + 1}") for i in range(5000)]
    runs = {"good": gold, "poor": [("l0",)] * 5000}
    listed = {name: [many(i, gold[i], said[i]) for i in range(5000)] for name, said in runs.items()}
    (of,) = compare([(head(name, items, kind="tag"), items) for name, items in listed.items()]).metrics
    assert of.pairs[0].verdict.startswith("good is ahead of poor: ")


@pytest.mark.parametrize("clips", [1, 2, 5])
def test_runs_that_are_right_or_wrong_throughout_get_no_verdict_from_few_clips(clips: int) -> None:
    found = compared("1" * clips, "0" * clips)
    what = "1 clip" if clips == 1 else f"{clips} clips"
    smallest = f"{2.0 ** (1 - clips):.2g}"
    assert found.metrics[0].pairs[0].verdict == (
        f"No verdict on r0 and r1: 100.0 points; {what}: the smallest p that can be is {smallest}."
    )
    assert found.metrics[0].groups == (("r0", "r1"),)


def test_captions_are_compared_by_rouge_l_and_rouge_1() -> None:
    gold = [f"slow piano number {i} with soft drums" for i in range(12)]
    good = [ScoredAnswer(f"d/{i}", "d", (text,), text if i else None) for i, text in enumerate(gold)]
    bad = [ScoredAnswer(f"d/{i}", "d", (text,), "a fast guitar with drums") for i, text in enumerate(gold)]
    heads = {"kind": "caption", "labels_sha256": {"d": None}}
    found = compare([(head(run, items, **heads), items) for run, items in (("bad", bad), ("good", good))])
    assert [of.metric for of in found.metrics] == ["rougeL_f", "rouge1_f"]
    for of in found.metrics:
        assert of.standings[0].run == "good"
        assert of.standings[0].value == pytest.approx(11 / 12)
        (pair,) = of.pairs
        assert (pair.n10, pair.n01, pair.clips_10) == (11, 1, ())
        assert pair.verdict.startswith("good is ahead of bad: 0.")


@pytest.mark.parametrize(
    ("second", "what"),
    [
        ({"run": "x"}, "two or more different runs, not x, x"),
        ({"kind": "tag"}, "different kinds of question"),
        ({"labels_sha256": {"d": "2" * 64}}, "read with different labels of d"),
    ],
)
def test_what_cannot_be_compared_is_refused(second: dict[str, Any], what: str) -> None:
    items = answers("101")
    with pytest.raises(EvaluationError, match=what):
        compare([(head("x", items), items), (head("y", items, **second), items)])


def test_one_run_is_no_comparison() -> None:
    items = answers("101")
    with pytest.raises(EvaluationError, match="two or more different runs, not x"):
        compare([(head("x", items), items)])


def test_other_clips_and_other_references_are_refused() -> None:
    items, others = answers("101"), [single(i, "a", "a", dataset="e") for i in range(3)]
    with pytest.raises(EvaluationError, match=r"no clip in common.*x: split s, part test, 3 clips; y: split z"):
        compare([(head("x", items), items), (head("y", others, split="z"), others)])
    renamed = [items[0], single(1, "b", "b"), items[2]]
    with pytest.raises(EvaluationError, match="other references for 1 of 3 clips, such as d/1"):
        compare([(head("x", items), items), (head("y", renamed), renamed)])


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words, catch_exceptions=False)


def ask(model: str, *more: str, task: str = "genre") -> None:
    assert run("eval", "--model", model, "--split", "half", "--task", task, "-q", *more).exit_code == 0


@pytest.mark.slow
def test_compare_prints_standings_pairs_and_verdicts(corpus: Corpus, home: Home) -> None:
    ask("constant")
    ask("random")
    ids = [one.id for one in all_runs(home)]
    done = run("compare", *ids)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "accuracy on 6 clips of 3 artists"
    assert lines[lines.index("") + 1].split() == ["rank", "model", "accuracy", "tied", "run"]
    assert any(line.split()[:2] == ["first", "second"] for line in lines)
    assert lines[-1].startswith("No verdict on ")
    assert lines[-1].endswith("; 3 artists: the smallest p that can be is 0.25.")
    said = json.loads(run("compare", *ids, "--json").stdout)
    assert {one["run"] for one in said["runs"]} == set(ids)
    assert {"clips_10", "clips_01", "p_holm", "verdict"} <= set(said["metrics"][0]["pairs"][0])


@pytest.mark.slow
def test_compare_tells_of_clips_left_out(corpus: Corpus, home: Home) -> None:
    ask("constant")
    ask("random", "--limit", "4")
    ids = [one.id for one in all_runs(home)]
    done = run("compare", *ids)
    assert "2 of 6 clips of constant are left out: random was not asked about 2 of them" in done.stderr
    assert run("compare", *ids, "-q").stderr == ""


def test_compare_wants_runs_that_there_are(corpus: Corpus) -> None:
    ask("constant")
    assert run("compare").exit_code == 2
    with pytest.raises(UnknownName, match="No run named 'nothing'"):
        run("compare", "nothing", "constant")


@pytest.mark.parametrize("command", [["compare", "--help"], ["split", "plan", "--help"], ["split", "plan"]])
def test_help_and_plans_import_nothing_heavy(command: list[str]) -> None:
    code = (
        "import sys; from click.testing import CliRunner; from mudata.cli import cli;"
        f"assert CliRunner().invoke(cli, {command!r}).exit_code == 0;"
        "print({'torch', 'sklearn', 'scipy', 'numpy', 'rouge_score', 'duckdb', 'pyarrow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
