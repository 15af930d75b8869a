"""Asking a suite: every exam whose clips are here, every model that is installed;
the rest is told and passed over.

    draw the exam's split, once -> runner.evaluate under each condition -> runs of the suite, which are ordinary runs
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Self

from mudata.catalog.splits import manifest
from mudata.errors import (
    Busy,
    EvaluationError,
    HomeError,
    MissingExtra,
    MudataError,
    UnknownName,
    from_os_error,
)
from mudata.evaluation.models import registry
from mudata.evaluation.run import Run, readable_runs
from mudata.evaluation.scoring import score
from mudata.evaluation.suites.counted_edition import RunOfExam, of_one_edition
from mudata.evaluation.suites.exam_splits import TEST, Problem, draw
from mudata.evaluation.suites.suite_table import Result
from mudata.narration import SILENT, Progress
from mudata.safe_text import text_of

if TYPE_CHECKING:
    from mudata.catalog.splits.manifest import Manifest
    from mudata.evaluation.inference.replicas import Replicas
    from mudata.evaluation.inference.run_plan import EvalRequest
    from mudata.evaluation.suites.suite import Suite
    from mudata.home import Home


@dataclass
class SuiteOutcome:
    """What asking a suite came to. `planned` has, of a dry run, the run's id by exam, model and condition (None of a
    suite that has none)."""

    results: list[Result] = field(default_factory=list)
    planned: dict[tuple[str, str, str | None], str] = field(default_factory=dict)
    shards: dict[tuple[str, str, str | None], Run] = field(default_factory=dict)
    """What was asked as a shard, which has no scores, by the same."""
    problems: list[Problem] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether anything but missing clips stood in the way."""
        return any(problem.kind == "failed" for problem in self.problems)

    @contextlib.contextmanager
    def noting(self, exam: str | None, model: str | None, condition: str | None = None) -> Iterator[None]:
        """Record what fails in here; only what concerns the whole home gets through."""
        try:
            yield
        except MudataError as error:
            if isinstance(error, HomeError) and not isinstance(error, Busy):
                raise
            self._note(Problem("failed", exam, model, error.what, error.hint, condition))
        except Exception as error:  # a model's code may fail in any way
            if isinstance(error, OSError) and from_os_error(error):
                raise
            what = f"{type(error).__name__}: {text_of(error)}"
            self._note(Problem("failed", exam, model, what, None, condition))

    def _note(self, problem: Problem) -> None:
        alike = [replace(one, condition=None) for one in self.problems]
        if replace(problem, condition=None) not in alike:  # what fails under one condition may fail alike under all
            self.problems.append(problem)


def run_suite(
    home: Home,
    suite: Suite,
    names: Sequence[str],
    request: EvalRequest,
    progress: Progress = SILENT,
    *,
    dry_run: bool = False,
    exams: Sequence[str] = (),
) -> SuiteOutcome:
    """Ask all models (`names`) all exams, or those named, under all conditions of the suite;
    `request` says everything but model, split, task and part.

    A model that fails, in whatever way, is recorded and the rest goes on. A dry run draws the
    splits and asks nothing. Raises HomeError if the home is unusable, UnknownName for an exam that the suite does not
    have, EvaluationError for a control or an order beside the conditions of the suite.
    """
    if suite.conditions and (request.control or request.options_order):
        raise EvaluationError(
            f"The suite {suite.name!r} asks under conditions of its own: {', '.join(suite.conditions)}.",
            "Leave out the control and the order of options.",
        )
    for name in exams:
        if name not in suite.exams:
            raise UnknownName(f"exam of the suite {suite.name}", name, suite.exams)
    asked = SuiteOutcome()
    drawn: dict[str, Manifest] = {}
    for name in exams or suite.exams:
        with asked.noting(name, None):
            match draw(home, suite, name):
                case Problem() as problem:
                    asked.problems.append(problem)
                case split:
                    drawn[name] = split
    for model in names:
        with asked.noting(None, model):
            named = replace(request, model=_installed(model))
            _ask(home, suite, named, drawn=drawn, asked=asked, progress=progress, dry_run=dry_run)
    return asked


def _ask(
    home: Home,
    suite: Suite,
    request: EvalRequest,
    *,
    drawn: Mapping[str, Manifest],
    asked: SuiteOutcome,
    progress: Progress,
    dry_run: bool,
) -> None:
    """Ask one model all that is drawn, its weights loaded once."""
    from mudata.evaluation.inference import runner

    with _Held() as held:
        for name, split in drawn.items():
            exam = suite.exams[name]
            task_request = replace(request, split=split.name, task=exam.task, part=TEST)
            for condition, one in _conditions(home, suite, split, task_request):
                with asked.noting(name, request.model, condition), held.asking(home, one, progress) as replicas:
                    if condition and not suite.conditions[condition].suits(hears := replicas.model.capabilities):
                        if hears.needs_audio:
                            cannot = "cannot be asked by words alone: its prompt has a place for a clip."
                            progress.say(f"{request.model}: {exam.title} {cannot}")
                        continue
                    if dry_run:
                        planned = str(runner.preview(home, one)["run"])
                        asked.planned[name, request.model, condition] = planned
                        continue
                    under = f", {suite.conditions[condition].title}" if condition else ""
                    clips = f"{len(split.parts[TEST])} clips of split {split.name}"
                    progress.say(f"{request.model}: {exam.title}{under}, {clips}")
                    run = runner.evaluate(home, one, progress, held=replicas)
                    if one.shard:
                        asked.shards[name, request.model, condition] = run
                        continue
                    if failed := sum(run.failures().values()):
                        n = run.scores["n"]
                        progress.say(f"{failed} of {n} clips failed and count as wrong: see answers.jsonl.")
                    label = f"{request.model} ({request.control})" if request.control else request.model
                    asked.results.append(Result(name, label, label, run.scores, condition))


class _Held:
    """Who answers, from one exam of a model to the next: kept where that saves loading weights."""

    def __init__(self) -> None:
        self._replicas: Replicas | None = None

    @contextlib.contextmanager
    def asking(self, home: Home, request: EvalRequest, progress: Progress) -> Iterator[Replicas]:
        """One that failed is not asked on."""
        from mudata.evaluation.inference import runner

        replicas, self._replicas = self._replicas or runner.hold(home, request, progress), None
        try:
            yield replicas
            if replicas.has_weights:
                self._replicas = replicas
        finally:
            if self._replicas is None:
                replicas.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._replicas is not None:
            self._replicas.close()


def _conditions(
    home: Home, suite: Suite, split: Manifest, request: EvalRequest
) -> Iterator[tuple[str | None, EvalRequest]]:
    """The requests that an exam's conditions make of one, with their names."""
    if not suite.conditions:
        yield None, request
    for name, condition in suite.conditions.items():
        if condition.fits(home, split.datasets[0], str(request.task)):
            yield name, replace(request, control=condition.control, options_order=condition.options_order)


def _installed(model: str) -> str:
    """Its name. Raises UnknownName, CardError, or MissingExtra with the line that installs it."""
    listing = registry.find(model)
    if listing.missing and listing.extra:
        raise MissingExtra(f"The model {model!r}", listing.missing[0], listing.extra)
    return model


def existing_results(home: Home, suite: Suite, progress: Progress = SILENT) -> list[Result]:
    """The results that a home has already:
    for every exam, dataset and model the run with most clips, the newest of equals.

    What is asked of another dataset of the exam (`Exam.also`) may be of any split of it. Runs of another draw of the
    split or another edition of the exam, controls and unfinished runs are left out. Models of one name that differ in
    options or seed are told apart by the beginning of their hash.
    """
    best: dict[tuple[str, str, str, str], tuple[int, str, Run]] = {}
    asked: list[RunOfExam] = []
    exams = {suite.split_of(name): name for name in suite.exams}
    hashes = {split.name: split.sha256 for split in manifest.load_all(home) if split.name in exams}
    for run, settings in readable_runs(home, lambda run: run.settings):
        if settings.control or settings.faults:  # exams are asked as they were published
            continue
        datasets = ", ".join(task.dataset for task in settings.tasks)
        name = exams.get(settings.split) or _also(suite, datasets, settings.task)
        if name is None or settings.task != suite.exams[name].task:
            continue
        if hashes.get(settings.split, settings.split_sha256) != settings.split_sha256:
            continue
        asked.append(RunOfExam(name, run, settings))
    for name, run, settings in of_one_edition(asked, progress):
        datasets = ", ".join(task.dataset for task in settings.tasks)
        key = (name, datasets, settings.model, str(settings.model_sha256))
        rank = (settings.clips, settings.created_at, run)
        if key not in best or rank[:2] > best[key][:2]:
            best[key] = rank
    alike: dict[str, set[str]] = {}
    for _, _, model, digest in best:
        alike.setdefault(model, set()).add(digest)
    results = []
    for (name, _, model, digest), (_, _, run) in best.items():
        label = model if len(alike[model]) == 1 else f"{model} ({digest[:6]})"
        try:
            results.append(Result(name, label, model, _scores(run)))
        except EvaluationError as error:
            progress.say(f"Left out: {error.what}")
    return results


def _also(suite: Suite, dataset: str, task: str) -> str | None:
    """The exam that a dataset of another name belongs to."""
    for name, exam in suite.exams.items():
        if exam.also and exam.task == task and fnmatchcase(dataset, exam.also):
            return name
    return None


def _scores(run: Run) -> dict[str, object]:
    return run.scores if (run.folder / "scores.json").is_file() else score.score(run)
