"""From a sealed test and its store to results: what counts, who is left out, what is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

import pytest
from simulated_ratings import answer, listening_test_of

from mudata.errors import EvaluationError
from mudata.evaluation.listening.automatic_scores import AutomaticScores
from mudata.evaluation.listening.listening_results import OVERALL, listening_results
from mudata.evaluation.listening.listening_test import ListeningTest, System, TestKind, folder_of, read
from mudata.evaluation.listening.rated_rows import RatedTest, joined, rated_test
from mudata.evaluation.listening.rating_store import RaterRecord, Rating, RatingStore
from mudata.evaluation.listening.results_files import read_results, write_results
from mudata.evaluation.listening.results_tables import tables
from mudata.home import Home

Rated = Callable[..., RatedTest]
Change = Callable[[RatingStore, ListeningTest], None]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[TestKind], RatedTest]:
    """A test of 20 raters and 40 clips that all have answered, made once for each kind."""
    return cache(lambda kind: _rated(Home(tmp_path_factory.mktemp("whole")), kind, None, None))


def _rated(
    home: Home,
    kind: TestKind,
    change: Change | None,
    only: int | None,
    **more: int,
) -> RatedTest:
    test = listening_test_of(kind, kind, **more)
    folder = folder_of(home, kind)
    folder.mkdir(parents=True)
    test.write(folder)
    with RatingStore(folder) as store:
        answer(test, store, only=only)
        if change:
            change(store, test)
    return rated_test(home, read(home, kind), folder)


@pytest.fixture
def rated(home: Home, whole: Callable[[TestKind], RatedTest]) -> Rated:
    """A test that raters have answered, read back from its folder."""

    def make(kind: TestKind, *, change: Change | None = None, **more: int):
        if change is None and not more:
            return whole(kind)
        return _rated(home, kind, change, more.pop("only", None), **more)

    return make


def test_marks_give_the_order_and_who_cannot_be_told_apart(rated: Rated) -> None:
    results = listening_results(rated("mos"))
    assert [one.aspect for one in results.aspects] == ["correctness", "usefulness", OVERALL]
    assert [score.system for score in results.aspects[0].scores] == ["m4", "m3", "m2", "m1", "m0"]
    for one in results.aspects:
        assert (one.scores[0].system, one.scores[-1].system) == ("m4", "m0")
        assert all(score.score.n == 160 and score.score.raters == 20 for score in one.scores)
        assert len(one.pairs) == 10
        assert not any({"m0", "m4"} <= set(group) for group in one.ties)
    assert results.aspects[0].agreement.level == "ordinal"
    assert results.aspects[2].agreement is None
    assert results.counted == results.planned == 1600
    assert results.missing == 0


def test_texts_give_strengths_and_shares_that_agree(rated: Rated) -> None:
    results = listening_results(rated("texts"))
    (preference,) = results.aspects
    assert [score.system for score in preference.scores] == ["m4", "m3", "m2", "m1", "m0"]
    assert sum(score.score.value for score in preference.scores) == pytest.approx(0)
    shares = {one.system: one for one in results.shares}
    assert shares["m4"].preferred.value > 0.6 > 0.4 > shares["m0"].preferred.value
    assert sum(sum(one.choices.values()) for one in results.shares) == 2 * 800
    assert {one.p_holm for one in results.shares} == {None}
    assert results.side is not None
    assert results.side.value == pytest.approx(0.5, abs=0.06)


def test_clips_are_found_by_their_texts_on_either_side(rated: Rated) -> None:
    results = listening_results(rated("pairwise"))
    found = {one.system: one for one in results.shares}
    assert found["m4"].preferred.value > 0.8
    assert found["m4"].p_holm < 0.001
    assert found["m0"].p_holm > 0.05  # its texts fit the other clip as well
    assert found["m4"].choices["A"] > found["m4"].choices["D"]
    assert [score.system for score in results.aspects[0].scores][:1] == ["m4"]
    assert {s.system: s.score for s in results.aspects[0].scores} == {s.system: s.preferred for s in results.shares}
    assert [table.title for table in tables(results)] == [
        "preferences",
        "preference: differences between systems",
        "agreement of raters",
    ]


@pytest.mark.slow
def test_raters_are_left_out_by_the_sealed_rule_and_named(rated: Rated) -> None:
    def change(store: RatingStore, test: ListeningTest) -> None:
        wrong = [trial for trial in test.raters[2].trials if trial.role == "check"]
        store.add(
            [_rating("r03", trial.id, aspect, "5") for trial in wrong for aspect in ("correctness", "usefulness")]
        )
        store.add([_rating("r04", wrong[0].id.replace("r2", "r3"), "correctness", "5")])  # one of two is allowed
        plan = test.raters[19]  # r20 did not come in the fixture: 19 of 40 is too little
        some = [trial for trial in plan.trials if trial.role == "rated"][:19]
        store.meet(RaterRecord(rater="r20"))
        store.add([_rating("r20", trial.id, aspect, "1") for trial in some for aspect in ("correctness", "usefulness")])

    test = rated("mos", change=change, only=19)
    left_out = {one.rater: one.excluded for one in test.raters if one.excluded}
    assert left_out == {
        "r03": "failed 2 of 2 checks; at most 1 may be failed",
        "r20": "rated 19 of 40 (48 %); 50 % are needed",
    }
    assert {row.rater for row in test.rows} == {f"r{i:02}" for i in range(1, 20)} - {"r03"}
    assert {row.role for row in test.rows} == {"rated"}
    assert {row.role for row in test.ratings} == {"practice", "rated", "check"}
    warnings = listening_results(test).warnings
    assert "r03 does not count: failed 2 of 2 checks; at most 1 may be failed." in warnings
    assert any(w.startswith("The test is not finished: 42 of 1600 ratings are missing") for w in warnings)


@pytest.mark.slow
def test_what_nobody_planned_is_counted_and_harms_nothing(rated: Rated) -> None:
    def change(store: RatingStore, test: ListeningTest) -> None:
        trial = test.raters[0].trials[2].id
        store.add(
            [
                _rating("r01", "no such trial", "correctness", "3"),
                _rating("r01", trial, "no such aspect", "3"),
                _rating("r01", trial, "correctness", "17"),
            ]
        )

    test = rated("mos", change=change)
    assert test.unreadable == 3
    results = listening_results(test)
    assert "3 ratings fit no trial, aspect or mark of the test, and do not count." in results.warnings
    assert results.missing == 1  # the last word of r01 there is no mark


def test_who_rated_some_aspects_of_a_trial_counts_for_these(rated: Rated) -> None:
    test = rated("mos")
    some = [row for row in test.ratings if row.aspect == "correctness" or row.rater > "r05"]
    fewer = joined(
        test.test,
        [_rating(row.rater, row.trial, row.aspect, row.value) for row in some],
        [RaterRecord(rater=row.rater) for row in some],
        {},
    )
    assert {one.rater for one in fewer.raters if one.excluded} == {f"r0{i}" for i in range(1, 6)}  # none is complete
    results = listening_results(fewer)
    assert results.aspects[0].scores[0].score.raters == 15


def test_hidden_anchors_are_told_apart_or_it_is_said(rated: Rated) -> None:
    test = rated("mos")
    good = _with_roles(test, {"m4": "reference", "m0": "wrong clip"})
    checks = listening_results(good).anchors
    assert [one.aspect for one in checks] == ["correctness", "usefulness", OVERALL]
    assert all(one.difference.low > 0.5 and not one.warning for one in checks)
    told = {table.title: table for table in tables(listening_results(good))}["hidden anchors"]
    assert told[0]["raters who mark the wrong clip as high"] == (", ".join(checks[0].raters) or "none")
    bad = listening_results(_with_roles(test, {"m4": "wrong clip", "m0": "reference"}))
    assert all(one.difference.high < -0.5 for one in bad.anchors)
    assert len(bad.anchors[0].raters) > 15
    assert sum("do not believe the other numbers" in warning for warning in bad.warnings) == 3
    assert bad.warnings[0].startswith("correctness: the human reference is below a text about another clip (-")
    few = listening_results(_with_roles(rated("mos", raters=5, clips=10), {"m4": "reference", "m0": "wrong clip"}))
    assert "of correctness, usefulness and overall (5 raters are too few): do not believe" in few.warnings[0]
    assert listening_results(test).anchors == ()


def test_anchors_of_pairwise_count_clips_found_on_either_side(rated: Rated) -> None:
    (check,) = listening_results(_with_roles(rated("pairwise"), {"m4": "reference", "m0": "wrong clip"})).anchors
    assert check.difference.low > 0.2
    assert len(check.raters) <= 2  # of 20, whose eight choices of each are turned towards the described clip


def test_what_was_rated_twice_is_a_retest(rated: Rated) -> None:
    test = rated("mos")
    plan = test.test.raters[0]
    again = replace(plan.trials[3], id="again")
    plans = (replace(plan, trials=(*plan.trials, again)), *test.test.raters[1:])
    ratings = [_rating(row.rater, row.trial, row.aspect, row.value) for row in test.ratings]
    first = next(row for row in test.ratings if row.trial == plan.trials[3].id and row.aspect == "correctness")
    ratings.append(_rating("r01", "again", "correctness", "1" if first.value != "1" else "2"))
    both = joined(replace(test.test, raters=plans), ratings, [RaterRecord(rater=one.rater) for one in test.raters], {})
    (found,) = listening_results(both).retest
    assert (found.aspect, found.pairs, found.raters, found.equal) == ("correctness", 1, 1, 0.0)
    assert found.distance == abs(first.number - (1 if first.value != "1" else 2))
    assert "asked again" in [table.title for table in tables(listening_results(both))]


@pytest.mark.slow
def test_the_score_that_agrees_with_people_is_seen(rated: Rated) -> None:
    test = rated("mos")
    people: dict[tuple[str, str], list[float]] = {}
    for row in test.rows:
        people.setdefault((row.item_id, row.systems[0]), []).append(row.number)
    means = {cell: sum(marks) / len(marks) for cell, marks in people.items()}
    noise = {cell: float(i * 7919 % 101) for i, cell in enumerate(sorted(means))}
    of_system = {f"m{i}": float(i) for i in range(5)}
    scores = AutomaticScores(
        texts={"ear": means, "noise": noise, "always": dict.fromkeys(means, 1.0)},
        systems={"clap_score": of_system},
        untold=(),
    )
    results = listening_results(test, scores)
    found = {(o.aspect, o.score, o.level, o.statistic): o for o in results.correlations}
    ear = found["correctness", "ear", "texts", "spearman"]
    assert ear.n == 200
    assert ear.clusters == 40
    assert ear.low > 0.5
    assert ear.low < ear.coefficient < ear.high
    noisy = found["correctness", "noise", "texts", "kendall"]
    assert noisy.low < 0 < noisy.high
    assert found["correctness", "always", "texts", "kendall"].how == "none: one of both is always the same"
    whole = found["correctness", "clap_score", "systems", "spearman"]
    assert (whole.coefficient, whole.n) == (pytest.approx(1.0), 5)
    assert ("correctness", "clap_score", "texts", "spearman") not in found
    fewer = AutomaticScores(texts={}, systems={"clap_score": {"m0": 1.0, "m1": 2.0}}, untold=())
    refused = listening_results(test, fewer).correlations[0]
    assert (refused.coefficient, refused.how) == (None, "none: 2 systems are too few")


def test_of_few_raters_there_are_means_and_words(rated: Rated) -> None:
    results = listening_results(rated("mos", raters=5, clips=10))
    scores = results.aspects[0].scores
    assert {score.score.how for score in scores} == {"none: 5 raters are too few"}
    assert results.aspects[0].ties == (("m0", "m1", "m2", "m3", "m4"),)
    told = tables(results)[0]
    assert "[too few to say]" in repr(told)
    assert "5 raters are too few" in told.note


def test_a_system_that_never_wins_has_no_strength_and_it_is_said(rated: Rated) -> None:
    test = rated("texts")
    lost = [
        replace(row, value="A" if row.systems[1] == "m0" else "D", number=2.0 if row.systems[1] == "m0" else -2.0)
        if "m0" in row.systems
        else row
        for row in test.ratings
    ]
    results = listening_results(replace(test, ratings=tuple(lost)))
    assert results.aspects[0].why == "m0 was never preferred to m1, m2, m3 or m4"
    assert results.aspects[0].scores == ()
    assert results.shares[0].preferred.value == 0.0


def test_results_are_read_back_as_they_were_written(rated: Rated, home: Home) -> None:
    for kind in ("mos", "texts"):
        test = rated(kind)
        results = listening_results(test)
        folder_of(home, kind).mkdir(parents=True)
        write_results(results, test, folder_of(home, kind))
        assert read_results(folder_of(home, kind)) == results
    (folder_of(home, "mos") / "results.json").write_text('{"test": 3}')
    with pytest.raises(EvaluationError, match="mudata listen results mos"):
        read_results(folder_of(home, "mos"))


def test_reading_while_raters_rate_sees_whole_answers(home: Home) -> None:
    test = listening_test_of("mos", "mos", raters=8, clips=10)
    (folder := folder_of(home, "mos")).mkdir(parents=True)
    test.write(folder)
    with pytest.raises(EvaluationError, match="Nobody has rated anything"):
        rated_test(home, test, folder)
    assert not (folder / "ratings.sqlite").exists()
    with RatingStore(folder) as store:
        for only in (1, 2, 3):
            answer(test, store, only=only)  # the store stays open, as the server's is
            seen = rated_test(home, test, folder)
            assert {row.rater for row in seen.rows} == {f"r{i:02}" for i in range(1, only + 1)}
            assert seen.missing == (8 - only) * 20


def test_artists_are_clusters_where_runs_know_them(rated: Rated) -> None:
    test = rated("mos")
    records = [RaterRecord(rater=one.rater) for one in test.raters]
    ratings = [_rating(row.rater, row.trial, row.aspect, row.value) for row in test.ratings]
    known = joined(test.test, ratings, records, {f"c{i}": f"artist:{i // 4}" for i in range(40)})
    score = listening_results(known).aspects[0].scores[0].score
    assert score.clusters == 10
    assert not any("independent" in warning for warning in listening_results(known).warnings)


def _rating(rater: str, trial: str, aspect: str, value: str) -> Rating:
    return Rating(rater=rater, trial=trial, aspect=aspect, value=value)


def _with_roles(test: RatedTest, roles: Mapping[str, str]) -> RatedTest:
    systems: Sequence[System] = [
        replace(one, role=roles.get(one.name, "model"), run=None if one.name in roles else one.run)
        for one in test.test.systems
    ]
    return replace(test, test=replace(test.test, systems=tuple(systems)))
