"""A test and what raters said, joined: rows of who rated what how, and whose ratings do not count.

Practice and checks never count. Of raters the sealed rule decides (`ExclusionRule`), and everybody who is left out is
named with the reason. Whoever did not finish counts with what they rated, where the rule does not leave them out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.item_clusters import item_cluster_ids
from mudata.errors import CardError, EvaluationError, UnknownName, number
from mudata.evaluation import run
from mudata.evaluation.listening.listening_test import CHOICES, ListeningTest, RaterPlan, Trial, TrialRole
from mudata.evaluation.listening.rating_store import RaterRecord, Rating, RatingStore

if TYPE_CHECKING:
    from mudata.home import Home


@dataclass(frozen=True, kw_only=True)
class RatedRow:
    """One rating. It is `counted` unless it is of practice, of a check, or of a rater who is left out.

    `clips` are those heard, in the order shown; `number` is the mark, or of a choice by how much the first is
    preferred (-2 to 2). `systems` are in the order shown, and so is `described`, the place of the clip that the text
    is about. `cluster` is what hangs together with this item: its artist, album or track where that is known.
    """

    rater: str
    trial: str
    role: TrialRole
    counted: bool
    item_id: str
    clips: tuple[str, ...]
    cluster: str
    aspect: str
    systems: tuple[str, ...]
    described: int | None
    value: str
    number: float
    heard_s: float | None
    rated_at: str


@dataclass(frozen=True, kw_only=True)
class RaterSummary:
    """What became of one rater. `failed_checks` of `checks` that were answered; `rated` of `planned` trials were rated
    in all aspects. `excluded` is why their ratings do not count; empty where they do."""

    rater: str
    language: str | None
    source: str
    finished: bool
    planned: int
    rated: int
    checks: int
    failed_checks: int
    excluded: str


@dataclass(frozen=True, kw_only=True)
class RatedTest:
    """A test with all its ratings, of which `rows` count. `missing` ratings were planned and are not there, `absent`
    raters never came, `unreadable` ratings fit no trial, aspect or mark of the test."""

    test: ListeningTest
    ratings: tuple[RatedRow, ...]
    raters: tuple[RaterSummary, ...]
    planned: int
    missing: int
    absent: tuple[str, ...]
    unreadable: int
    clusters_known: bool

    @cached_property
    def rows(self) -> tuple[RatedRow, ...]:
        """The ratings that count."""
        return tuple(row for row in self.ratings if row.counted)

    def of(self, aspect: str) -> list[RatedRow]:
        """The ratings of one aspect that count."""
        return [row for row in self.rows if row.aspect == aspect]


def rated_test(home: Home, test: ListeningTest, folder: Path) -> RatedTest:
    """Join a test with what is in its store now; safe while raters rate.

    Raises:
        EvaluationError: nobody has rated anything yet, or the store is damaged.
    """
    if not (folder / "ratings.sqlite").is_file():
        raise _nobody(test.name)
    with RatingStore(folder) as store:  # raters after ratings: whoever rated in between is known
        ratings, records = store.ratings(), store.raters()
    if not ratings:
        raise _nobody(test.name)
    clusters = clusters_of(home, test)
    return joined(test, ratings, records, clusters)


def joined(
    test: ListeningTest, ratings: Sequence[Rating], records: Sequence[RaterRecord], clusters: Mapping[str, str]
) -> RatedTest:
    """As `rated_test`, of ratings at hand; `clusters` has what is known of items."""
    given: dict[tuple[str, str], dict[str, Rating]] = {}
    unreadable, aspects = 0, {aspect.name for aspect in test.aspects}
    for rating in ratings:
        trial = test.trials.get((rating.rater, rating.trial))
        if trial is None or rating.aspect not in aspects or number_of(test, rating.value) is None:
            unreadable += 1
        else:
            given.setdefault((rating.rater, rating.trial), {})[rating.aspect] = rating
    came = {record.rater: record for record in records} | {
        rater: RaterRecord(rater=rater) for rater, _ in given if rater not in {record.rater for record in records}
    }
    plans = [plan for plan in test.raters if plan.rater in came]
    raters = tuple(_summary(test, plan, came[plan.rater], given) for plan in plans)
    counted = {one.rater for one in raters if not one.excluded}
    heard = {stimulus.name: stimulus.clip_id for stimulus in test.stimuli}
    rows = [_row(test, rating, counted, heard, clusters) for answers in given.values() for rating in answers.values()]
    planned = sum(len(_rated(plan)) for plan in test.raters) * len(aspects)
    there = sum(len(one) for key, one in given.items() if test.trials[key].role == "rated")
    return RatedTest(
        test=test,
        ratings=tuple(rows),
        raters=raters,
        planned=planned,
        missing=planned - there,
        absent=tuple(plan.rater for plan in test.raters if plan.rater not in came),
        unreadable=unreadable,
        clusters_known=bool(clusters),
    )


def number_of(test: ListeningTest, value: str) -> float | None:
    """A mark, or a choice, as a number; None where it is none of this test."""
    if test.kind != "mos":
        return CHOICES.get(value)
    low, high = scale_of(test)
    try:
        mark = float(value)
    except ValueError:
        return None
    return mark if low <= mark <= high else None


def scale_of(test: ListeningTest) -> tuple[int, int]:
    """The lowest and the highest mark. Raises EvaluationError for a test of marks without any."""
    if test.scale is None:
        raise EvaluationError(f"The test {test.name} asks for marks and has no scale.", "Make the test again.")
    return test.scale


def clusters_of(home: Home, test: ListeningTest) -> dict[str, str]:
    """What items hang together by (artist, album, track, copies), as the first readable run of the test knows it; empty
    where none does: then every item is taken as independent."""
    for system in test.systems:
        if system.run is None:
            continue
        try:
            questions = run.find(home, system.run).questions()
        except (EvaluationError, UnknownName, CardError, OSError):
            continue
        return dict(item_cluster_ids(question.evidence for question in questions))
    return {}


def _summary(
    test: ListeningTest,
    plan: RaterPlan,
    record: RaterRecord,
    given: Mapping[tuple[str, str], Mapping[str, Rating]],
) -> RaterSummary:
    checks = [trial for trial in plan.trials if trial.role == "check" and (plan.rater, trial.id) in given]
    failed = sum(
        any(given[plan.rater, trial.id].get(aspect, _NONE).value != value for aspect, value in trial.expected.items())
        for trial in checks
    )
    planned = _rated(plan)
    rated = sum(len(given.get((plan.rater, trial.id), ())) == len(test.aspects) for trial in planned)
    share = rated / len(planned) if planned else 0.0
    reasons = []
    if failed > test.rule.failed_checks:
        reasons.append(
            f"failed {failed} of {number(len(checks), 'check')}; at most {test.rule.failed_checks} may be failed"
        )
    if share < test.rule.least_share:
        least = f"{100 * test.rule.least_share:.0f} %"
        reasons.append(f"rated {rated} of {len(planned)} ({100 * share:.0f} %); {least} are needed")
    return RaterSummary(
        rater=plan.rater,
        language=record.language,
        source=record.source,
        finished=record.finished_at is not None,
        planned=len(planned),
        rated=rated,
        checks=len(checks),
        failed_checks=failed,
        excluded=" and ".join(reasons),
    )


_NONE = Rating(rater="", trial="", aspect="", value="")


def _row(
    test: ListeningTest,
    rating: Rating,
    counted: Collection[str],
    heard: Mapping[str, str],
    clusters: Mapping[str, str],
) -> RatedRow:
    trial = test.trials[rating.rater, rating.trial]
    return RatedRow(
        rater=rating.rater,
        trial=trial.id,
        role=trial.role,
        counted=trial.role == "rated" and rating.rater in counted,
        item_id=trial.item_id,
        clips=tuple(heard.get(name, trial.item_id) for name in trial.stimuli),
        cluster=clusters.get(trial.item_id, f"clip:{trial.item_id}"),
        aspect=rating.aspect,
        systems=trial.systems,
        described=trial.described,
        value=rating.value,
        number=number_of(test, rating.value) or 0.0,
        heard_s=rating.heard_s,
        rated_at=rating.rated_at,
    )


def _rated(plan: RaterPlan) -> list[Trial]:
    return [trial for trial in plan.trials if trial.role == "rated"]


def repeated(rows: Sequence[RatedRow]) -> list[tuple[RatedRow, RatedRow]]:
    """Pairs of ratings that one rater gave to the same thing twice: what of a rater comes again."""
    times = Counter((row.rater, row.item_id, row.aspect, tuple(sorted(row.systems))) for row in rows)
    first: dict[tuple[object, ...], RatedRow] = {}
    pairs = []
    for row in rows:
        key = (row.rater, row.item_id, row.aspect, tuple(sorted(row.systems)))
        if times[key] > 1 and key in first:
            pairs.append((first[key], row))
        first.setdefault(key, row)
    return pairs


def _nobody(name: str) -> EvaluationError:
    return EvaluationError(
        f"Nobody has rated anything in the test {name} yet.",
        f"Let raters rate: mudata listen serve {name}. Or bring ratings: mudata listen import {name} FILE.csv",
    )
