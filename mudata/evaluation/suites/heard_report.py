"""Was an exam heard or guessed? Scores beside the strongest floor that needs no ears, for every exam and model.

    heard_runs -> values of each item under each condition -> floors -> lift, verdict -> HeardReport

Values are our reading of the answers (an open question's are its official rule's), the mean over an item's passes. The
official score and the places chosen are those of scores.json.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mudata.catalog.index import exam_lint
from mudata.catalog.item_lint import SKEWED
from mudata.errors import EvaluationError, MudataError
from mudata.evaluation.comparison.audio_use import check_audio_use, is_greedy
from mudata.evaluation.inference.controls import BLIND
from mudata.evaluation.metrics.blind_lift import BlindFloor, BlindShare, HeardVerdict, Lift, blind_share, lift, verdict
from mudata.evaluation.metrics.differences import mean_difference
from mudata.evaluation.metrics.exam_floors import exam_floors
from mudata.evaluation.metrics.exam_items import groups_of, shown_passes
from mudata.evaluation.metrics.exam_scores import FEW
from mudata.evaluation.metrics.hypothesis_tests import draws_for, holm
from mudata.evaluation.metrics.jackknife import ClusteredClips
from mudata.evaluation.suites.heard_runs import HeardRuns, heard_runs
from mudata.evaluation.suites.sat_exam import HeardScore, SatExam
from mudata.evaluation.suites.suite import REAL
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.suites.suite import Suite
    from mudata.home import Home

    Floats = NDArray[np.float64]

READERS = "reader:"
"""Before the name of a floor that is a language model without ears."""


@dataclass(frozen=True, kw_only=True)
class FloorValue:
    name: str
    title: str
    value: float


@dataclass(frozen=True, kw_only=True)
class HeardGroup:
    """Items of a category or a difficulty: the score, the exam's strongest blind floor on them, and the lift over that,
    with its 95 % interval: not corrected for the number of groups, without ends where nothing can be said. In a
    simulation (8 to 200 items, alone and in clusters of four, shares .3 to .9, a floor that is known and one that is
    drawn, 400 draws of each) it held the truth in 92 to 100 %."""

    by: str
    name: str
    score: HeardScore
    floor: float
    lift: float
    low: float | None
    high: float | None

    @property
    def few(self) -> bool:
        return self.score.n < FEW


@dataclass(frozen=True, kw_only=True)
class HeardRow:
    """An exam and a model.

    `score` is our reading of the answers with the clips, over the items; `official` the score by the rule of the exam's
    authors, of the items that they count. `conditions` has the score under each that was asked. `lift` is over the
    strongest of `floors`, on the items that all have; `p` that of `lift` after Holm's correction over the report.
    `listens`: whether answers are better with the clips than under controls; None where none was asked.
    `all_right` and `consistent`: of items asked in all rotations, the shares right in all of them and answered alike.
    `positions`: what scores.json has of chosen places, of the run in all rotations, or else the real one.
    """

    exam: str
    title: str
    model: str
    clusters: int
    score: HeardScore
    official: HeardScore | None
    chance: float | None
    conditions: Mapping[str, HeardScore]
    floors: tuple[FloorValue, ...]
    lift: Lift
    p: float
    listens: bool | None
    verdict: HeardVerdict
    why: str
    blind: BlindShare | None
    all_right: HeardScore | None
    consistent: float | None
    positions: Mapping[str, Any] | None
    groups: tuple[HeardGroup, ...]
    not_asked: tuple[str, ...]


@dataclass(frozen=True)
class HeardReport:
    """All rows, in the order of the suite's exams, the best score first; `warnings` by exam: what is wrong with its
    items, and what was not asked; `readers` are language models without ears, by exam and name."""

    title: str
    rows: tuple[HeardRow, ...]
    warnings: Mapping[str, tuple[str, ...]]
    readers: Mapping[str, Mapping[str, HeardScore]]
    conditions: Mapping[str, str]
    """Titles."""


def heard_report(
    home: Home, suite: Suite, progress: Progress = SILENT, *, exams: Sequence[str] = (), models: Sequence[str] = ()
) -> HeardReport:
    """The report of a suite with blind conditions, from the runs that are there. Nothing is asked. A run that cannot be
    told of (it is damaged, or nothing blind stands beside it) is left out, with the reason among the warnings.

    Args:
        home: whose runs are read.
        suite: with `rows: heard`.
        exams, models: only these; none means all that were asked.
    """
    found = heard_runs(home, suite, progress, exams=exams, models=models)
    by_exam: dict[str, list[HeardRuns]] = {}
    for one in found:
        by_exam.setdefault(one.exam, []).append(one)
    rows: list[HeardRow] = []
    readers: dict[str, dict[str, HeardScore]] = {}
    left_out: dict[str, list[str]] = {exam: [] for exam in by_exam}
    tests = max(1, sum(one.real is not None for one in found))
    for exam, members in by_exam.items():
        read: dict[str, SatExam] = {}
        for one in filter(_reads, members):
            with _leaving_out(one, left_out, progress):
                read[one.label] = SatExam.of(one.runs["no-audio"])
        readers[exam] = {label: sat.score() for label, sat in read.items()}
        of_exam = []
        for one in members:
            if one.real is not None:
                bar = progress.bar(f"Reading {one.label}, {exam}", unit="")
                with _leaving_out(one, left_out, progress), bar:
                    of_exam.append(_row(suite, one, read, draws=draws_for(tests)))
        rows += sorted(of_exam, key=lambda row: (-row.score.value, row.model))
    warnings = {exam: (*_warnings(home, suite, exam), *left_out[exam]) for exam in by_exam}
    titles = {name: condition.title for name, condition in suite.conditions.items()}
    return HeardReport(suite.title, tuple(adjusted(rows)), warnings, readers, titles)


def adjusted(rows: Sequence[HeardRow]) -> list[HeardRow]:
    """Rows whose p, each its own until then, is corrected for all of them (Holm), with the verdict that this leaves."""
    found = []
    for row, p in zip(rows, holm([row.p for row in rows]), strict=True):
        said, why = verdict(row.lift, p, listens=row.listens)
        found.append(replace(row, p=p, verdict=said, why=why))
    return found


@contextlib.contextmanager
def _leaving_out(one: HeardRuns, left_out: Mapping[str, list[str]], progress: Progress) -> Iterator[None]:
    """Tell by exam what runs cannot be told of; the others, which took hours, are."""
    try:
        yield
    except EvaluationError as error:
        left_out[one.exam].append(f"{one.label} is left out: {error.what}")
        progress.say(f"{one.exam}: {left_out[one.exam][-1]} {error.hint or ''}".rstrip())


def _reads(one: HeardRuns) -> bool:
    """Whether it is a language model without ears."""
    return one.real is None and "no-audio" in one.runs


def _row(suite: Suite, one: HeardRuns, readers: Mapping[str, SatExam], *, draws: int) -> HeardRow:
    """A row whose p is its own, not yet adjusted."""
    sat = {name: SatExam.of(run) for name, run in one.runs.items()}
    real, exam = sat[REAL], suite.exams[one.exam]
    if not real.values:
        raise EvaluationError(f"{real.run.id} has no item that counts.", f"Look at: mudata show {real.run.id}")
    blind: dict[str, SatExam] = {name: sat[name] for name in BLIND if name in sat}
    others = blind | {f"{READERS}{label}": read for label, read in readers.items()}
    items = [item for item in real.values if all(item in other.values for other in others.values())]
    if not items:  # controls that asked other items say nothing of these
        items, blind, others = list(real.values), {}, {}
    clusters = [real.cluster(item) for item in items]
    rules = _rules(real, items)
    floors = rules + [
        BlindFloor(name=name, title=_floor_title(suite, name), values=other.array(items))
        for name, other in others.items()
    ]
    found = lift(real.array(items), floors, clusters, draws=draws) if floors else None
    if found is None:
        raise EvaluationError(
            f"Nothing blind stands beside {real.run.id}: its items have no options, and no control was asked.",
            f"Run: mudata eval --suite {suite.name} --models {one.label} --exams {one.exam}",
        )
    listens = _listens(real, sat)
    said, why = verdict(found, found.p, listens=listens)
    chance = next((floor for floor in rules if floor.name == "chance"), None)
    turned = sat.get("rotations")
    placed = turned or real
    return HeardRow(
        exam=one.exam,
        title=exam.title,
        model=one.label,
        clusters=len({real.cluster(item) for item in real.values}),
        score=real.score(),
        official=_official(real),
        chance=chance.value if chance else None,
        conditions={name: other.score() for name, other in sat.items()},
        floors=tuple(FloorValue(name=floor.name, title=floor.title, value=floor.value) for floor in floors),
        lift=found,
        p=found.p,
        listens=listens,
        verdict=said,
        why=why,
        blind=blind_share(
            real.array(items), {name: other.array(items) for name, other in blind.items()}, chance.values, clusters
        )
        if chance
        else None,
        all_right=turned.all_right if turned else None,
        consistent=turned.consistent if turned else None,
        positions=(placed.exam.get("passes") or {}).get("positions"),
        groups=tuple(_groups(real, items, next(floor for floor in floors if floor.name == found.floor))),
        not_asked=tuple(name for name in suite.conditions if name not in sat),
    )


def _rules(real: SatExam, items: Sequence[str]) -> list[BlindFloor]:
    """What an item's options give away, where all have some."""
    floors = exam_floors(shown_passes(real.passes[item] for item in items))
    return [
        BlindFloor(name=floor.name, title=floor.title, values=floor.values) for floor in floors if floor.n == len(items)
    ]


def _floor_title(suite: Suite, name: str) -> str:
    if name.startswith(READERS):
        return f"{name.removeprefix(READERS)} on the words alone"
    return f"its own answers, {suite.conditions[name].title}"


def _listens(real: SatExam, sat: Mapping[str, SatExam]) -> bool | None:
    """Whether controls show that the answers hang on the sound."""
    controls = {name: other.scored for name, other in sat.items() if other.run.settings.control and name != REAL}
    if not controls:
        return None
    use = check_audio_use(real.scored, controls, real.run.settings.kind, deterministic=is_greedy(real.run))
    return use.verdict == "heard"


def _official(real: SatExam) -> HeardScore | None:
    row = real.exam.get("official")
    if not row:
        return None
    return HeardScore(value=row["value"], low=row["low"], high=row["high"], n=row["n"], run=real.run.id)


def _groups(real: SatExam, items: Sequence[str], floor: BlindFloor) -> list[HeardGroup]:
    """By category, of which an item may have several, and by difficulty, where there are several."""
    places: dict[tuple[str, str], list[int]] = {}
    for place, item in enumerate(items):
        for group in groups_of(real.passes[item][0]):
            places.setdefault(group, []).append(place)
    return [
        _group(real, by, name, [items[i] for i in of], floor.values[of])
        for (by, name), of in sorted(places.items())
        if len(of) < len(items) or by == "category"
    ]


def _group(real: SatExam, by: str, name: str, items: Sequence[str], floor: Floats) -> HeardGroup:
    gains = real.array(items) - floor
    found = mean_difference(gains, ClusteredClips.named([real.cluster(item) for item in items]))
    return HeardGroup(
        by=by,
        name=name,
        score=real.score(items),
        floor=float(floor.mean()),
        lift=float(gains.mean()),
        low=found.low,
        high=found.high,
    )


def _warnings(home: Home, suite: Suite, exam: str) -> list[str]:
    """What is wrong with an exam's items, worst first; nothing where they cannot be looked at."""
    try:
        found = exam_lint.of_index(home, suite.exams[exam].dataset).groups[exam_lint.ALL]
    except MudataError:
        return []
    told = [f"{fault.n} of {found.n} items: {fault.text}" for fault in found.wrong]
    if found.place_p is not None and found.place_p < SKEWED:
        told.append(f"the right option does not stand at every place equally often (p = {found.place_p:.1g})")
    if found.on_shared_clips:
        told.append(f"{found.on_shared_clips} of {found.n} items share a clip with another")
    told += [f"{fault.n} of {found.n} items: {fault.text}" for fault in found.faults if fault.level == "warning"]
    return told
