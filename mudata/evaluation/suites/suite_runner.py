"""Asking a suite: every exam whose clips are here, every model that is installed;
the rest is told and passed over.

    draw the exam's split, once -> runner.evaluate -> runs of the suite, which are ordinary runs

An exam's split is an ordinary manifest, `<suite>-<exam>`. It is drawn the first time from what is
indexed then, and kept, so that all models of a home are asked the same clips.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from mudata.catalog.cards import card_files, licences, loader
from mudata.catalog.index import database
from mudata.catalog.splits import draw as splits
from mudata.catalog.splits import manifest
from mudata.catalog.splits.split_request import SplitRequest
from mudata.errors import (
    Busy,
    EvaluationError,
    HomeError,
    MissingExtra,
    MudataError,
    SplitError,
    from_os_error,
)
from mudata.evaluation.models import registry
from mudata.evaluation.run import Run, readable_runs
from mudata.evaluation.scoring import score
from mudata.evaluation.suites.suite_table import Result
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.splits.manifest import Manifest
    from mudata.evaluation.inference.runner import EvalRequest
    from mudata.evaluation.suites.suite import Exam, Suite
    from mudata.home import Home

TRAIN, TEST = "train", "test"
_GATES = {
    "token": "The host may want a token; a copy that you have: --from PATH.",
    "do-it-yourself": "Its audio is cut from videos: pip install 'mudata-music[youtube]'.",
}


@dataclass(frozen=True)
class Problem:
    """What was not asked, why, and how to go on:
    `missing` clips, or a split or model that `failed`."""

    kind: Literal["missing", "failed"]
    exam: str | None
    model: str | None
    what: str
    how: str | None

    def __str__(self) -> str:
        who = ", ".join(name for name in (self.model, self.exam) if name)
        return "\n    ".join([f"  {who}: {self.what}", *(self.how or "").splitlines()])


@dataclass
class SuiteOutcome:
    """What asking a suite came to. `planned` has, of a dry run, the run's id by exam and model."""

    results: list[Result] = field(default_factory=list)
    planned: dict[tuple[str, str], str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether anything but missing clips stood in the way."""
        return any(problem.kind == "failed" for problem in self.problems)

    @contextlib.contextmanager
    def noting(self, exam: str | None, model: str | None) -> Iterator[None]:
        """Record what fails in here; only what concerns the whole home gets through."""
        try:
            yield
        except MudataError as error:
            if isinstance(error, HomeError) and not isinstance(error, Busy):
                raise
            self.problems.append(Problem("failed", exam, model, error.what, error.hint))
        except Exception as error:  # a model's code may fail in any way
            if isinstance(error, OSError) and from_os_error(error):
                raise
            self.problems.append(Problem("failed", exam, model, f"{type(error).__name__}: {error}", None))


def run_suite(
    home: Home,
    suite: Suite,
    names: Sequence[str],
    request: EvalRequest,
    progress: Progress = SILENT,
    *,
    dry_run: bool = False,
) -> SuiteOutcome:
    """Ask all models (`names`) all exams;
    `request` says everything but model, split, task and part.

    A model that fails, in whatever way, is recorded and the rest goes on. A dry run draws the
    splits and asks nothing. Raises HomeError if the home is unusable.
    """
    from mudata.evaluation.inference import runner

    asked = SuiteOutcome()
    drawn: dict[str, Manifest] = {}
    for name in suite.exams:
        with asked.noting(name, None):
            match draw(home, suite, name):
                case Problem() as problem:
                    asked.problems.append(problem)
                case split:
                    drawn[name] = split
    for model in names:
        installed = False
        with asked.noting(None, model):
            installed = _installed(model)
        for name, split in drawn.items() if installed else ():
            exam_request = replace(request, model=model, split=split.name, task=suite.exams[name].task, part=TEST)
            with asked.noting(name, model):
                if dry_run:
                    asked.planned[name, model] = str(runner.preview(home, exam_request)["run"])
                    continue
                progress.say(
                    f"{model}: {suite.exams[name].title}, {len(split.parts[TEST])} clips of split {split.name}"
                )
                run = runner.evaluate(home, exam_request, progress)
                if failed := sum(run.failures().values()):
                    progress.say(f"{failed} of {run.scores['n']} clips failed and count as wrong: see answers.jsonl.")
                label = f"{model} ({request.control})" if request.control else model
                asked.results.append(Result(name, label, label, run.scores))
    return asked


def draw(home: Home, suite: Suite, name: str) -> Manifest | Problem:
    """The split of an exam, drawn if it is not there yet;
    or which clips are missing and how to get them.

    Raises SplitError, QueryError for recipes that cannot be followed,
    SplitError if another split has the name.
    """
    exam = suite.exams[name]
    recipe, split = exam.split, suite.split_of(name)
    dataset = _composed(home, exam, split) if exam.compose else exam.dataset
    if dataset is None:
        return Problem("missing", name, None, f"{exam.title}: its pieces have not been composed.", exam.compose)
    card = loader.load(dataset)
    if database.current_generation(home, card.name) is None:
        return Problem("missing", name, None, f"{card.title} has not been fetched.", how_to_get(home, card, exam))
    if manifest.path_of(home, split).is_file():
        return _as_asked(home, manifest.load(home, split), exam, card)
    request = SplitRequest(
        name=split, datasets=(card.name,), where=recipe.where, stratify=recipe.stratify, n=recipe.n, seed=recipe.seed
    )
    if recipe.n is None:
        request = replace(request, parts={TEST: 1.0})
    have, wanted = _usable(home, request), recipe.n or 1
    if have < wanted:
        what = f"{recipe.n or 'All'} clips of {card.title} are asked for, {have} can be had."
        return Problem("missing", name, None, what, how_to_get(home, card, exam))
    if recipe.n and (more := min(recipe.train, have - recipe.n)):
        n = recipe.n + more
        request = replace(request, n=n, parts={TRAIN: more / n, TEST: recipe.n / n}, group=recipe.group)
    made = splits.make(home, request)
    manifest.save(home, made)
    return made


def _composed(home: Home, exam: Exam, split: str) -> str | None:
    """The dataset of an exam whose name hangs on what it was composed with: that of the split, else the first that
    the suite's own command has made."""
    if manifest.path_of(home, split).is_file():
        return manifest.load(home, split).datasets[0]
    known = [name for name in card_files.files() if exam.composed and fnmatchcase(name, exam.composed)]
    return next((name for name in known if database.current_generation(home, name)), None)


def _usable(home: Home, request: SplitRequest) -> int:
    with database.connect(home) as connection:
        try:
            return len(splits.selected(connection, request).column("clip_id"))
        except SplitError:  # not a single one
            return 0


def _as_asked(home: Home, drawn: Manifest, exam: Exam, card: Card) -> Manifest:
    """A split that is there already. Raises SplitError unless it was drawn by the exam's recipe."""
    recipe, query = exam.split, drawn.query
    drawn_n = query.get("n")
    tested = None if drawn_n is None else round(drawn_n * query.get("parts", {}).get(TEST, 0))
    group = recipe.group if TRAIN in drawn.parts else ()
    is_drawn = (drawn.datasets, drawn.seed, drawn.stratify, drawn.group, query.get("where"), tested)
    if is_drawn != ((card.name,), recipe.seed, recipe.stratify, group, recipe.where, recipe.n):
        raise SplitError(
            f"The split {drawn.name!r} was not drawn as the suite says.",
            f"Move {manifest.path_of(home, drawn.name)} away; the suite then draws its own.",
        )
    return drawn


def how_to_get(home: Home, card: Card, exam: Exam) -> str:
    """The command that fetches an exam's clips, and what stands before it."""
    words = ["mudata fetch", card.name]
    if exam.subset and exam.subset != card.default_subset:
        words += ["--subset", exam.subset]
    if not licences.agreed(card, home):
        words.append("--accept-licence")
    gate = _GATES.get(card.availability)
    return " ".join(["Run:", *words, *([f"({gate})"] if gate else [])])


def _installed(model: str) -> bool:
    """Raises UnknownName, CardError, or MissingExtra with the line that installs it."""
    listing = registry.find(model)
    if listing.missing and listing.extra:
        raise MissingExtra(f"The model {model!r}", listing.missing[0], listing.extra)
    return True


def existing_results(home: Home, suite: Suite, progress: Progress = SILENT) -> list[Result]:
    """The results that a home has already:
    for every exam, dataset and model the run with most clips, the newest of equals.

    What is asked of another dataset of the exam (`Exam.also`) may be of any split of it. Runs of another draw of the
    split, controls and unfinished runs are left out. Models of one name that differ in options or seed are told apart
    by the beginning of their hash.
    """
    best: dict[tuple[str, str, str, str], tuple[int, str, Run]] = {}
    exams = {suite.split_of(name): name for name in suite.exams}
    hashes = {split.name: split.sha256 for split in manifest.load_all(home) if split.name in exams}
    for run, settings in readable_runs(home, lambda run: run.settings):
        if settings.control:
            continue
        datasets = ", ".join(task.dataset for task in settings.tasks)
        name = exams.get(settings.split) or _also(suite, datasets, settings.task)
        if name is None or settings.task != suite.exams[name].task:
            continue
        if hashes.get(settings.split, settings.split_sha256) != settings.split_sha256:
            continue
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
