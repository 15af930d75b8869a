"""Intervals against values known from elsewhere, against slow formulas, and where nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_answers import Design, clusters, labelled, right, tag_sets

from mudata.errors import EvaluationError
from mudata.evaluation.metrics import intervals
from mudata.evaluation.metrics.differences import difference, mean_difference
from mudata.evaluation.metrics.intervals import ratio, symmetric, wilson
from mudata.evaluation.metrics.jackknife import ClusteredClips, Jackknife
from mudata.evaluation.metrics.variance import of_clusters


def share(answers: list[int], artists: list[int] | None = None, alpha: float = 0.05) -> intervals.Interval:
    names = list(map(str, artists if artists is not None else range(len(answers))))
    return ratio(np.array(answers, float), np.ones(len(answers)), ClusteredClips.named(names), alpha)


@pytest.mark.parametrize(
    ("k", "low", "high"),
    [(80, 71.1, 86.7), (61, 51.2, 70.0), (51, 41.3, 60.6), (45, 35.6, 54.8), (36, 27.3, 45.8), (7, 3.4, 13.7)],
)
def test_wilson_gives_the_intervals_published_for_a_hundred_clips(k: int, low: float, high: float) -> None:
    assert [round(100 * x, 1) for x in wilson(k, 100)] == [low, high]
    assert share([1] * k + [0] * (100 - k)) == (*wilson(k, 100), 100, "Wilson")


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 1000), (1000, 1000), (3, 7)])
def test_wilson_holds_the_value_and_stays_within_bounds(k: int, n: int) -> None:
    low, high = wilson(k, n)
    assert 0 <= low <= k / n <= high <= 1


def test_nothing_has_no_interval() -> None:
    for nothing in (lambda: wilson(0, 0), lambda: share([]), lambda: difference(*2 * [2 * [np.zeros(0)]], _clips(0))):
        with pytest.raises(EvaluationError, match="nothing to score"):
            nothing()


def _clips(n: int, clusters: int | None = None) -> ClusteredClips:
    return ClusteredClips(np.arange(n) % (clusters or max(1, n)), clusters or n)


@pytest.mark.parametrize(
    ("answers", "artists", "why"),
    [
        ([1], [0], "none: 1 clip"),
        ([1, 0], [7, 7], "none: 2 clips of 1 cluster"),
        ([1] * 96, [0] * 96, "none: 96 clips of 1 cluster"),
        ([1, 0] * 30, [0, 0, 1] * 20, "none: 2 clusters are too few"),
    ],
)
def test_where_nothing_can_be_said_it_is_said(answers: list[int], artists: list[int], why: str) -> None:
    assert share(answers, artists) == (None, None, len(set(artists)), why)


def test_all_right_says_no_more_than_there_are_artists() -> None:
    artists = [i // 3 for i in range(96)]
    low, high, count, how = share([1] * 96, artists)
    assert (low, high) == (pytest.approx(wilson(32, 32)[0]), 1.0)
    assert (count, how) == (32, "Wilson, effective n 32")
    low, high, *_ = share([0] * 96, artists)
    assert (low, high) == (0.0, pytest.approx(wilson(0, 32)[1]))


def test_one_more_error_changes_little_near_the_ends() -> None:
    artists = [i // 3 for i in range(96)]
    none, one, two = (share([1] * (96 - k) + [0] * k, artists).low for k in (0, 1, 2))
    assert none is not None
    assert one is not None
    assert two is not None
    assert none > one > two > 0.83


def test_values_that_are_all_alike_are_no_certainty() -> None:
    def mean(values: np.ndarray) -> intervals.Interval:
        return ratio(values, np.ones(len(values)), _clips(len(values)))

    low, high, *_, how = mean(np.full(40, 0.3))
    unseen = wilson(0, 40)[1]  # so many of those not seen may be 0, or 1
    assert (low, high) == (pytest.approx(0.3 - 0.3 * unseen), pytest.approx(0.3 + 0.7 * unseen))
    assert how == "Wilson, no clip differs"
    assert mean(np.append(np.full(39, 0.3), 0.31)).low is not None
    assert mean(np.linspace(0, 1, 7)) == (None, None, 7, "none: 7 clips are too few")
    weights = np.ones(40) * 2.5
    low, high, *_ = ratio(weights, weights, _clips(40))  # as good as can be: a share that is all right at worst
    assert (low, high) == (pytest.approx(wilson(40, 40)[0]), 1.0)


def test_clips_without_weight_do_not_count() -> None:
    over, under = np.array([1.0, 0, 1, 0, 0]), np.array([1.0, 1, 1, 0, 0])
    assert ratio(over, under, _clips(5)) == (*wilson(2, 3), 3, "Wilson")
    with pytest.raises(EvaluationError, match="nothing to score"):
        ratio(np.zeros(3), np.zeros(3), _clips(3))


def test_intervals_hold_their_values_and_grow_with_confidence() -> None:
    random = np.random.default_rng(5)
    for p in (0.02, 0.5, 0.97):
        design = Design(120, 20, 0.4, p)
        of = clusters(design, random)
        answers = right(design, of, random)[0].astype(float)
        wide, usual = (ratio(answers, np.ones(120), ClusteredClips(of, 20), alpha) for alpha in (0.001, 0.05))
        assert 0 <= wide.low <= usual.low <= answers.mean() <= usual.high <= wide.high <= 1  # type: ignore[operator]


def test_copies_of_clips_in_one_cluster_add_no_certainty() -> None:
    random = np.random.default_rng(0)
    once = random.random(60) < 0.6
    copied = share(np.repeat(once, 5).tolist(), np.repeat(np.arange(60), 5).tolist())
    low, high = wilson(int(once.sum()), 60)
    assert copied.low == pytest.approx(low, abs=0.006)
    assert copied.high == pytest.approx(high, abs=0.006)
    assert copied.how == "Wilson, effective n 57"  # Student's t costs three


def test_clustered_clips_are_never_surer_than_independent_ones() -> None:
    random = np.random.default_rng(2)
    for _ in range(50):
        of = clusters(Design(100, 15), random)
        answers = (random.random(100) < 0.7).tolist()
        together = share(answers, of.tolist())
        low, high = wilson(sum(answers), 100)
        assert together.high - together.low > 0.97 * (high - low)  # type: ignore[operator]


# ------------------------------------------------------------------------------------------- against slow formulas


def test_the_jackknife_is_what_leaving_out_gives() -> None:
    random = np.random.default_rng(1)
    design = Design(60, 12, 0.3, 0.6, labels=4)
    of = clusters(design, random)
    clips = ClusteredClips(of, 12)
    over, under = random.random(60), random.integers(1, 4, 60).astype(float)
    found = Jackknife.ratio(over, under, clips)
    slow = [over[of != g].sum() / under[of != g].sum() - over.sum() / under.sum() for g in range(12)]
    assert found.moves == pytest.approx(slow)
    columns = np.column_stack([over, under])
    other = Jackknife.statistic(columns, lambda sums: sums[:, 0] / sums[:, 1], clips)
    assert other.moves == pytest.approx(slow)
    assert other.clip_moves == pytest.approx([
        np.delete(over, i).sum() / np.delete(under, i).sum() - over.sum() / under.sum() for i in range(60)
    ])  # fmt: skip


@pytest.mark.parametrize("kind", ["one", "many"])
def test_the_jackknife_of_macro_f1_is_what_leaving_out_gives(kind: str) -> None:
    random = np.random.default_rng(3)
    design = Design(25, 9, 0.2, 0.5, labels=6)
    of = clusters(design, random)
    if kind == "one":
        reference, said = labelled(design, of, random)
        references, named = np.eye(6, dtype=bool)[reference], np.eye(6, dtype=bool)[said]
    else:
        references, named = tag_sets(design, of, random)
    references[:, 4] = np.arange(25) == 3  # of one clip only
    references[:, 5] = False  # said, and never right

    def macro(kept: np.ndarray) -> float:
        hit, support, said = ((x[kept]).sum(0) for x in (references & named, references, named))
        return float(np.mean([2 * h / (s + n) for h, s, n in zip(hit, support, said, strict=True) if s]))

    found = Jackknife.macro_f1(np.nonzero(references), np.nonzero(named), ClusteredClips(of, 9))
    whole = macro(np.ones(25, bool))
    assert found.value == pytest.approx(whole)
    assert found.moves == pytest.approx([macro(of != g) - whole for g in range(9)])
    assert found.clip_moves == pytest.approx([macro(np.arange(25) != i) - whole for i in range(25)])
    low, high, *_ = intervals.bounded(found)
    assert low is not None
    assert high is not None
    assert low < whole < high


def test_degrees_of_freedom_are_those_of_the_whole_matrix() -> None:
    sizes, alike = np.array([1.0, 2, 3, 5, 20, 7]), 0.3
    n, of = int(sizes.sum()), np.repeat(np.arange(6), sizes.astype(int))
    covariance = np.where(of[:, None] == of, alike, 0.0) + (1 - alike) * np.eye(n)
    residual = np.eye(n) - 1 / n
    sums = (of == np.arange(6)[:, None]) / (n - sizes)[:, None] @ residual
    middle = sums @ covariance @ sums.T
    freedom, bias = of_clusters(sizes, alike)
    assert freedom == pytest.approx(np.trace(middle) ** 2 / (middle**2).sum())
    assert bias == pytest.approx(5 / 6 * np.trace(middle) / (covariance.sum() / n**2))


def test_a_mean_of_independent_clips_has_students_interval_where_there_are_many() -> None:
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(3).normal(0.5, 0.1, 900)
    known = stats.ttest_1samp(values, 0).confidence_interval()
    found = symmetric(Jackknife.ratio(values, np.ones(900), _clips(900)))
    assert (found.low, found.high) == (pytest.approx(known.low, abs=1e-4), pytest.approx(known.high, abs=1e-4))
    assert found.how == "jackknife t"


# ------------------------------------------------------------------------------------------- differences


def test_differences_are_paired() -> None:
    random = np.random.default_rng(4)
    level, gain = random.normal(0.5, 0.2, 120), random.normal(0.03, 0.02, 120)
    ones = np.ones(120)
    found = difference((level + gain, ones), (level, ones), _clips(120))
    assert 0.02 < found.low < gain.mean() < found.high < 0.04  # type: ignore[operator]
    back = difference((level, ones), (level + gain, ones), _clips(120))
    assert (back.low, back.high) == (pytest.approx(-found.high), pytest.approx(-found.low))  # type: ignore[operator]
    together = difference((level + gain, ones), (level, ones), _clips(120, 10))
    assert together.how == "cluster jackknife t"


def test_differences_of_shares_count_clusters_at_the_ends() -> None:
    """What neither of two runs shows alone their difference cannot show: all of a few artists are alike."""
    for n, artists in ((96, 32), (1000, 30)):
        clips, all_right, all_wrong = _clips(n, artists), (np.ones(n),) * 2, (np.zeros(n), np.ones(n))
        unseen = wilson(0, artists)[1]
        low, high, count, how = difference(all_right, all_wrong, clips)
        assert low is not None
        assert low < 1 - 0.9 * unseen
        assert (high, count, how) == (1.0, artists, "cluster Newcombe")
        found = difference(all_wrong, all_wrong, clips)
        assert found.high == pytest.approx(-found.low) == pytest.approx(unseen, rel=0.02)  # type: ignore[operator]


@pytest.mark.parametrize(("n", "artists", "truth"), [(96, 32, 0.95), (290, 38, 0.97), (1000, 30, 0.97)])
def test_differences_hold_where_few_artists_differ(n: int, artists: int, truth: float) -> None:
    random, of, ones, held = np.random.default_rng(0), np.arange(n) % artists, np.ones(n), 0
    for _ in range(100):
        manner = (random.random(artists) < truth)[of].astype(float)
        low, high, *_ = difference((manner, ones), (0 * ones, ones), ClusteredClips(of, artists))
        held += low <= truth <= high  # type: ignore[operator]
    assert held >= 93  # 65 to 81 when a clip was added, and no cluster


def test_lifts_near_0_of_few_artists_reach_as_far_as_unseen_ones_may_lie() -> None:
    clips, lifts = _clips(100, 14), np.full(100, 0.001)
    lifts[3] = 0.002
    found = mean_difference(lifts, clips)
    assert found.high > 0.03  # type: ignore[operator]
    assert mean_difference(-lifts, clips).low == pytest.approx(-found.high)  # type: ignore[operator]


def test_the_effective_number_of_clips_gives_the_interval_that_is_printed() -> None:
    random = np.random.default_rng(8)
    for n, count in ((96, 32), (290, 38), (60, 12)):
        for icc, p in ((0.0, 0.5), (0.5, 0.9), (0.9, 0.5)):
            design = Design(n, count, icc, p)
            of = clusters(design, random)
            answers = right(design, of, random)[0].astype(float)
            low, high, _, how = ratio(answers, np.ones(n), ClusteredClips(of, count))
            told = int(how.rpartition(" ")[2])
            assert told <= n
            wide, narrow = (wilson(answers.mean() * m, m) for m in (told - 0.51, told + 0.51))
            assert wide[0] <= low <= narrow[0]  # type: ignore[operator]
            assert narrow[1] <= high <= wide[1]  # type: ignore[operator]


def test_runs_that_are_right_about_the_same_clips_still_may_differ() -> None:
    right_ones, ones = np.repeat([1.0, 0], 20), np.ones(40)
    low, high, *_ = difference((right_ones, ones), (right_ones, ones), _clips(40))
    assert low is not None
    assert high is not None
    assert (low, high) == (pytest.approx(-wilson(0, 40)[1]), pytest.approx(wilson(0, 40)[1]))
    values = np.linspace(0, 1, 40)
    found = difference((values, ones), (values, ones), _clips(40))
    assert (found.low, found.high) == (pytest.approx(-wilson(0, 40)[1]), pytest.approx(wilson(0, 40)[1]))
    lengths = symmetric(Jackknife.ratio(ones * 2, ones, _clips(40)))  # there is no longest answer
    assert lengths == (None, None, 40, "none: no variance")


def test_intervals_of_several_pairs_at_once_are_wider() -> None:
    random = np.random.default_rng(6)
    a, b = (random.random((2, 80)) < [[0.7], [0.5]]).astype(float)
    ones = np.ones(80)
    one, many = (difference((a, ones), (b, ones), _clips(80), 0.05 / pairs) for pairs in (1, 28))
    assert many.low < one.low < one.high < many.high  # type: ignore[operator]
