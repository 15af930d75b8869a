"""Suites as functions: published exams that models are asked as a whole, and their tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mudata.api.arguments import checked, many
from mudata.api.eval_options import eval_request
from mudata.api.scored_run import ScoredRun, ScoredRuns
from mudata.deprecations import hide_deprecations
from mudata.errors import EvaluationError
from mudata.home import Home
from mudata.narration import Progress, chosen
from mudata.table import Table

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.evaluation.suites.exam_splits import Problem
    from mudata.evaluation.suites.exam_table import ExamTable
    from mudata.evaluation.suites.heard_table import HeardTables
    from mudata.evaluation.suites.suite import Suite
    from mudata.evaluation.suites.suite_table import FilledTable, Result

hide_deprecations()


class SuiteTables(list["FilledTable | ExamTable | HeardTables"]):
    """Tables of a suite, shown as `mudata suites table` prints them: published ones filled, one whose rows are exams
    with their floors, or what the runs of a suite with blind conditions show of listening."""

    def __repr__(self) -> str:
        return "\n\n".join(map(str, self)) or "(no tables)"

    def _repr_markdown_(self) -> str:
        return "\n".join(table.markdown() for table in self)


@dataclass(frozen=True, repr=False)
class AskedSuite:
    """What asking a suite came to: its `tables`, the `runs` (or `shards`, which have no scores), and the `problems` of
    what was not asked.

    Shows itself as the tables, and what was not asked below them.
    """

    tables: SuiteTables
    runs: ScoredRuns
    problems: tuple[Problem, ...]
    shards: tuple[Run, ...] = ()

    def __repr__(self) -> str:
        told = ["Not asked:", *map(str, self.problems)] if self.problems else []
        return "\n".join([repr(self.tables), *told])

    def _repr_markdown_(self) -> str:
        return "\n".join([self.tables._repr_markdown_(), *(f"- Not asked: {problem}" for problem in self.problems)])


def _tables(suite: Suite, results: Sequence[Result]) -> SuiteTables:
    """Of a suite without blind conditions."""
    from mudata.evaluation.suites.exam_table import exam_table
    from mudata.evaluation.suites.suite_table import fill

    return SuiteTables([exam_table(suite, results)] if suite.rows == "exams" else fill(suite, results))


def _heard(suite: Suite, progress: Progress, *, exams: Sequence[str] = (), models: Sequence[str] = ()) -> SuiteTables:
    """Of one with them."""
    from mudata.evaluation.suites.heard_report import heard_report
    from mudata.evaluation.suites.heard_table import HeardTables

    return SuiteTables([HeardTables(heard_report(Home.default(), suite, progress, exams=exams, models=models))])


@checked()
def suites() -> Table:
    """The suites that models can be asked: what `mudata suites` prints."""
    from mudata.evaluation.suites.suite import overview

    return Table(overview())


@checked(narrator="progress")
def suite_tables(suite: str | Path, *, progress: Progress | bool | None = None) -> SuiteTables:
    """A suite's tables: what was published, and beside it the runs that are there. Nothing is asked.

    Args:
        suite: a name from `suites()`, or the path of its file.
        progress: True, False, or None for what `show_progress` says.

    Raises:
        UnknownName, CardError.
    """
    from mudata.evaluation.suites.suite import load
    from mudata.evaluation.suites.suite_runner import existing_results

    loaded, reporter = load(str(suite)), chosen(progress)
    if loaded.rows == "heard":
        return _heard(loaded, reporter)
    return _tables(loaded, existing_results(Home.default(), loaded, reporter))


@checked()
def evaluate_suite(
    suite: str | Path,
    models: str | Iterable[str],
    *,
    exams: str | Iterable[str] = (),
    limit: int | None = None,
    checkpoint: str | Path | None = None,
    revision: str | None = None,
    device: str | None = None,
    dtype: str | None = None,
    batch: int | Literal["auto"] | None = None,
    max_new_tokens: int | None = None,
    sampling: Literal["greedy", "paper"] | None = None,
    audio: Literal["clip", "source"] = "clip",
    prompt: str | Path | None = None,
    letters: bool = False,
    options_order: Literal["published", "shuffled", "rotations", "leave-one-out"] | None = None,
    silence: bool = False,
    swap_audio: bool = False,
    control: Literal["silence", "noise", "no-audio", "swap-audio"] | None = None,
    rank: bool = False,
    timeout: float | None = None,
    shard: str | None = None,
    on: str | None = None,
    replicas: int | None = None,
    gpus_per_replica: float | None = None,
    force: bool = False,
    offline: bool = False,
    seed: int = 0,
    options: Mapping[str, object] | None = None,
    command: str | None = None,
    progress: Progress | bool | None = None,
) -> AskedSuite:
    """Ask models all exams of a suite whose clips are here. Stopped or killed, the same call goes on.

    A model or an exam that fails is told in `problems`, and the rest goes on.

    Args:
        suite: a name from `suites()`, or the path of its file.
        models: names from `models()`, or 'package.module:Class'; one or several.
        exams: only these of the suite's.
        limit: ask only so many clips, drawn by `seed`.
        checkpoint: Hugging Face id or folder of the weights.
        revision: of the checkpoint.
        device: 'cpu', 'cuda', 'cuda:1' [default: the best there is].
        dtype: 'bf16', 'fp16', 'fp32' [default: the model's choice].
        batch: clips per batch; 'auto': as many as fit [default: the model's choice].
        max_new_tokens: longest answer, in tokens.
        sampling: 'greedy', or 'paper' as the model's authors do.
        audio: 'clip' plays the normalised clips, 'source' the original files.
        prompt: id of a prompt, a text file with {noun} and {options} in it,
            or 'own' for its authors' words.
        letters: show the options as (A) ..., (B) ...; a letter is then an answer.
        options_order: 'published', 'shuffled' by `seed`, or in several passes: 'rotations', 'leave-one-out'
            [default: as the card says; labels published, items' own options shuffled].
        silence: control: play silence instead of every clip.
        swap_audio: control: play other clips instead of each item's.
        control: any control by its name: 'silence', 'noise' (white, as loud), 'no-audio' (the words alone) or
            'swap-audio'.
        rank: also keep how likely the model finds every option.
        timeout: seconds after which a batch is given up [default: wait].
        shard: ask only every n-th item, from the i-th on: 'i/n'. A run of its own, without scores; `merge_runs` joins
            all n.
        on: where the model is: 'local', 'ray' (the cluster in RAY_ADDRESS, or the one of this machine) or
            'ray://HOST:PORT' (docs/scale.md) [default: local].
        replicas: on a cluster, copies of the model [default: as many as there is room for].
        gpus_per_replica: on a cluster, GPUs of each copy, also a share of one [default: 1 where it has any].
        force: load the model even if its weights are larger than the memory.
        offline: take weights from this machine only; never ask Hugging Face.
        seed: of everything that is drawn.
        options: any other option of the model, by name.
        command: what run.json keeps as the command that repeats the run.
        progress: True, False, or None for what `show_progress` says.

    Raises:
        UnknownName: also for an exam that the suite does not have.
        CardError, HomeError.
        EvaluationError: nothing of the suite could be asked; all reasons are told.
    """
    given = dict(locals())
    from mudata.evaluation.suites.suite import load
    from mudata.evaluation.suites.suite_runner import run_suite

    reporter, loaded, names = chosen(given.pop("progress")), load(str(given.pop("suite"))), many(given.pop("models"))
    if not names:
        raise EvaluationError("models names nobody.", "Give names from mudata.models().")
    only = many(given.pop("exams"))
    request = eval_request(given | {"model": "", "split": ""})
    home = Home.default()
    asked = run_suite(home, loaded, list(dict.fromkeys(names)), request, reporter, exams=list(dict.fromkeys(only)))
    if asked.shards:
        return AskedSuite(SuiteTables(), ScoredRuns(), tuple(asked.problems), tuple(asked.shards.values()))
    if not asked.results:
        raise EvaluationError(
            f"Nothing of the suite {loaded.name!r} could be asked.\n" + "\n".join(map(str, asked.problems)), None
        )
    runs = ScoredRuns(ScoredRun(home.runs / str(result.scores["run"])) for result in asked.results)
    heard = loaded.rows == "heard"
    tables = _heard(loaded, reporter, exams=only, models=names) if heard else _tables(loaded, asked.results)
    return AskedSuite(tables, runs, tuple(asked.problems))
