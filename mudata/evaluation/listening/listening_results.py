"""Results of a listening test: from rows of ratings to numbers with intervals, and what is wrong with them in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from mudata.errors import listed, number
from mudata.evaluation.listening.anchors import AnchorCheck, Retest, anchor_check, retest
from mudata.evaluation.listening.bradley_terry import bradley_terry
from mudata.evaluation.listening.crossed_intervals import CrossedEstimate, Crossing
from mudata.evaluation.listening.listening_test import PREFERENCE, SystemRole, TestKind
from mudata.evaluation.listening.mean_opinions import SystemPair, difference, mean, system_pairs
from mudata.evaluation.listening.preferences import SHARE, PreferenceShares, shares_of, side_bias, towards
from mudata.evaluation.listening.rated_rows import RatedRow, RatedTest, RaterSummary, scale_of
from mudata.evaluation.listening.rater_agreement import Agreement, krippendorff
from mudata.evaluation.listening.score_correlations import ScoreCorrelation, correlations
from mudata.evaluation.metrics.jackknife import ClusteredClips
from mudata.version import __version__

if TYPE_CHECKING:
    from mudata.evaluation.listening.automatic_scores import AutomaticScores
    from mudata.evaluation.listening.score_correlations import Cell

OVERALL = "overall"
"""The mean of all aspects of a trial, unless the test has an aspect of this name."""


@dataclass(frozen=True, kw_only=True)
class SystemScore:
    """A system's MOS of one aspect, its strength (texts), or how often its clip is found (pairwise)."""

    system: str
    role: SystemRole
    score: CrossedEstimate


@dataclass(frozen=True, kw_only=True)
class AspectResults:
    """One aspect. `scores` best first: MOS, shares, or strengths (empty where there are none: `why` says why). `ties`
    are sets of systems of which no two are told apart. `agreement` of raters about single texts."""

    aspect: str
    scores: tuple[SystemScore, ...]
    pairs: tuple[SystemPair, ...]
    ties: tuple[tuple[str, ...], ...]
    agreement: Agreement | None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class ListeningResults:
    """All of them, as results.json has them. `counted` ratings of so many `raters` who are not left out, of `planned`
    in the whole test. `warnings` say in words what a reader has to know before believing a number."""

    test: str
    test_sha256: str
    kind: TestKind
    split: str
    scale: tuple[int, int] | None
    runs: Mapping[str, str]
    """Of each system that is a model, the run."""
    raters: tuple[RaterSummary, ...]
    counted: int
    planned: int
    missing: int
    absent: tuple[str, ...]
    aspects: tuple[AspectResults, ...]
    shares: tuple[PreferenceShares, ...]
    side: CrossedEstimate | None
    anchors: tuple[AnchorCheck, ...]
    retest: tuple[Retest, ...]
    correlations: tuple[ScoreCorrelation, ...]
    warnings: tuple[str, ...]
    mudata_version: str = __version__


def listening_results(rated: RatedTest, automatic: AutomaticScores | None = None) -> ListeningResults:
    """Compute them.

    Args:
        rated: the test with its ratings.
        automatic: scores of the same texts, where they are wanted.
    """
    test = rated.test
    by_aspect = {aspect.name: rated.of(aspect.name) for aspect in test.aspects}
    if test.kind == "mos" and len(test.aspects) > 1 and OVERALL not in by_aspect:
        by_aspect[OVERALL] = _overall(rated.rows, len(test.aspects))
    by_aspect = {aspect: rows for aspect, rows in by_aspect.items() if rows}
    preferences = by_aspect.get(PREFERENCE, []) if test.kind != "mos" else []
    crossing = _crossing(preferences) if preferences else None
    systems = [system.name for system in test.systems]
    aspects = tuple(_aspect(rated, aspect, rows) for aspect, rows in by_aspect.items())
    results = ListeningResults(
        test=test.name,
        test_sha256=test.sha256,
        kind=test.kind,
        split=test.split,
        scale=test.scale,
        runs={system.name: system.run for system in test.systems if system.run is not None},
        raters=rated.raters,
        counted=len(rated.rows),
        planned=rated.planned,
        missing=rated.missing,
        absent=rated.absent,
        aspects=aspects,
        shares=shares_of(preferences, systems, crossing) if crossing else (),
        side=side_bias(preferences, crossing) if crossing else None,
        anchors=tuple(
            check for one in aspects if (check := anchor_check(test, one.aspect, one.pairs, by_aspect[one.aspect]))
        ),
        retest=tuple(found for aspect, rows in by_aspect.items() if (found := retest(aspect, rows))),
        correlations=tuple(_correlations(by_aspect, automatic)) if automatic else (),
        warnings=(),
    )
    return replace(results, warnings=tuple(_warnings(results, rated, automatic)))


def _aspect(rated: RatedTest, aspect: str, rows: Sequence[RatedRow]) -> AspectResults:
    import numpy as np

    test = rated.test
    roles = {system.name: system.role for system in test.systems}
    crossing = _crossing(rows)
    names = [name for name in roles if any(name in row.systems for row in rows)]
    asked = any(one.name == aspect for one in test.aspects)
    agreement = _agreement(test.kind, rows) if asked else None
    if test.kind == "texts":
        places = {name: place for place, name in enumerate(names)}
        first, second = (np.array([places[row.systems[side]] for row in rows], dtype=np.intp) for side in (0, 1))
        wins = np.sign([row.number for row in rows]) / 2 + 0.5
        found = bradley_terry(first, second, wins, names, crossing)
        scores, differences, why = found.strengths, found.differences, found.why
    else:
        of = [np.array([row.systems[0] == name for row in rows]) for name in names]
        ends: tuple[float, float] = scale_of(test) if test.kind == "mos" else SHARE
        if test.kind == "mos":
            values = np.array([row.number for row in rows])
        else:
            values = np.sign([towards(row, row.systems[0]) for row in rows]) / 2 + 0.5
        scores = tuple(mean(values, one, crossing, ends) for one in of)
        differences = tuple(difference(values, one, other, crossing) for one, other in combinations(of, 2))
        why = ""
    if not scores:
        return AspectResults(aspect=aspect, scores=(), pairs=(), ties=(), agreement=agreement, why=why)
    pairs, ties = system_pairs(names, differences)
    told = [SystemScore(system=n, role=roles[n], score=score) for n, score in zip(names, scores, strict=True)]
    told.sort(key=lambda one: -one.score.value)
    return AspectResults(aspect=aspect, scores=tuple(told), pairs=pairs, ties=ties, agreement=agreement)


def _overall(rows: Sequence[RatedRow], aspects: int) -> list[RatedRow]:
    """A row for each trial that was rated in all aspects, with their mean."""
    trials: dict[tuple[str, str], list[RatedRow]] = defaultdict(list)
    for row in rows:
        trials[row.rater, row.trial].append(row)
    return [
        replace(of[0], aspect=OVERALL, value="", number=sum(row.number for row in of) / aspects)
        for of in trials.values()
        if len(of) == aspects
    ]


def _crossing(rows: Sequence[RatedRow]) -> Crossing:
    raters, clips = (ClusteredClips.named(names) for names in zip(*((r.rater, r.cluster) for r in rows), strict=True))
    return Crossing.of(raters.of, clips.of)


def _agreement(kind: str, rows: Sequence[RatedRow]) -> Agreement:
    """A unit is one text (of one clip), or two in either order: choices are turned towards the one that is first by
    name, or towards the clip that is described."""
    import numpy as np

    raters = ClusteredClips.named([row.rater for row in rows])
    units = ClusteredClips.named(["\n".join((row.item_id, *sorted(row.systems))) for row in rows])
    marks = [row.number if kind == "mos" else towards(row, min(row.systems)) for row in rows]
    return krippendorff(raters.of, units.of, np.array(marks), ClusteredClips.named([row.cluster for row in rows]))


def _correlations(by_aspect: Mapping[str, Sequence[RatedRow]], automatic: AutomaticScores) -> list[ScoreCorrelation]:
    found = []
    for aspect, rows in by_aspect.items():
        thought: dict[Cell, list[float]] = defaultdict(list)
        for row in rows:
            for system in row.systems:
                thought[row.item_id, system].append(row.number if aspect != PREFERENCE else towards(row, system))
        people = {cell: sum(values) / len(values) for cell, values in thought.items()}
        clusters = {row.item_id: row.cluster for row in rows}
        found += correlations(aspect, people, automatic.texts, automatic.systems, clusters)
    return found


def _warnings(results: ListeningResults, rated: RatedTest, automatic: AutomaticScores | None) -> list[str]:
    told = [check.warning for check in results.anchors if check.warning]
    if unsaid := [check for check in results.anchors if check.difference.low is None]:
        why = listed(dict.fromkeys(check.difference.how.removeprefix("none: ") for check in unsaid))
        told.append(
            "Whether the human reference is above a text about another clip cannot be said of"
            f" {listed(check.aspect for check in unsaid)} ({why}): do not believe the other numbers yet."
        )
    if rated.missing:
        absent = ""
        if rated.absent:
            verb = "has" if len(rated.absent) == 1 else "have"
            absent = f"; {len(rated.absent)} of {number(len(rated.test.raters), 'rater')} {verb} not come"
        unfinished = sum(one.rated < one.planned for one in rated.raters)
        begun = f", {number(unfinished, 'has', 'have')} not rated all" if unfinished else ""
        verb = "is" if rated.missing == 1 else "are"
        told.append(
            f"The test is not finished: {rated.missing} of {rated.planned} ratings {verb} missing{absent}{begun}."
        )
    if rated.unreadable:
        told.append(
            f"{number(rated.unreadable, 'rating fits', 'ratings fit')} no trial, aspect or mark of the test, and"
            f" {'does' if rated.unreadable == 1 else 'do'} not count."
        )
    told += [f"{one.rater} does not count: {one.excluded}." for one in rated.raters if one.excluded]
    if not rated.rows:
        told.append("No rating counts.")
    if not rated.clusters_known and rated.rows:
        told.append("Which clips share an artist or a track is not known: every clip is taken as independent.")
    if results.side and results.side.p(0.5, SHARE) < 0.05:
        share = f"{100 * results.side.value:.0f} %"
        told.append(f"Sides matter: what is shown first gets {share} of preferences, none counting as half.")
    told += [f"No strengths: {one.why}." for one in results.aspects if one.why]
    if automatic:
        told += [f"No automatic scores of {one}" for one in automatic.untold]
        told += [f"The scores of {one} are others than when the test was made." for one in automatic.changed]
    return told
