"""Several runs scored: one after the other here, or each in a process of whatever executes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.errors import ArgumentError, EvaluationError, HomeError, MudataError, from_machine_error
from mudata.evaluation.run import Run, all_runs, readable_runs
from mudata.evaluation.scoring.score import read_further, score
from mudata.execution.executor import Call, Executor, Lost
from mudata.execution.local_processes import LOCAL
from mudata.narration import SILENT, Advance, Progress, untold

if TYPE_CHECKING:
    from mudata.evaluation.scoring.opinions.opinion import SecondaryScorer
    from mudata.home import Home

PAYS = 16
"""Runs for which a further process is started: it needs 0.55 s of CPU until it has scored its first one, and 0.034 s
for each after it (48 answers about the demo)."""

RUN_S = 60.0
"""What a run weighs, as seconds of audio: none is bundled with another."""


def score_runs(
    home: Home,
    runs: Sequence[Run] | None,
    progress: Progress = SILENT,
    *,
    executor: Executor = LOCAL,
    opinions: Sequence[SecondaryScorer] = (),
    extras: Sequence[str] = (),
    reference_scorer: bool = False,
    rules: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """What scores.json says, of each of these runs in their order; None: of all that can be scored, oldest first, and
    those that cannot are told and passed over. `opinions` and `extras` load models, so they are read in this process.

    Raises EvaluationError, CardError or UnknownName as `score` does, ArgumentError for opinions or extras elsewhere,
    and what the executor raises.
    """
    if executor.name != "local" and (opinions or extras):
        raise ArgumentError(
            "Opinions and extra metrics load models into the process that asks for them.",
            "Leave out `on` (--on) with them; without them the runs are scored on the cluster.",
        )
    every = all_runs(home) if runs is None else runs
    if executor.name == "local" and (opinions or extras or len(every) < 2 * PAYS):

        def scored(run: Run) -> dict[str, Any]:
            read_further(home, run, opinions, extras, progress)
            return score(run, progress, reference_scorer=reference_scorer, rules=rules)

        if runs is not None:
            return [scored(run) for run in runs]
        return [scores for _, scores in readable_runs(home, scored, progress)]
    found: dict[int, dict[str, Any]] = {}
    calls = (Call([str(run.folder), reference_scorer, list(rules)], RUN_S) for run in every)
    results = executor.map(scored_run, calls, count=len(every), pays=PAYS)
    with progress.bar("Scoring", len(every), "runs") as advance, contextlib.closing(results):
        for n, result in results:
            found[n] = {"failed": ["", f"{every[n].id}: {result.how}.", None]} if isinstance(result, Lost) else result
            advance(1)
    return list(_in_order([found[n] for n in range(len(every))], progress, raising=runs is not None))


def _in_order(found: Sequence[dict[str, Any]], progress: Progress, *, raising: bool) -> Iterator[dict[str, Any]]:
    """The scores of each run, and what was said of it."""
    for result in found:
        if "failed" in result:
            kind, what, hint = result["failed"]
            if raising or kind in _OF_ALL:
                raise _OF_ALL.get(kind, EvaluationError)(what, hint)
            progress.say(f"Left out: {what}")
            continue
        for line in result["said"]:
            progress.say(line)
        yield result["scores"]


_OF_ALL: dict[str, type[MudataError]] = {"HomeError": HomeError, "Busy": HomeError, "MudataError": MudataError}
"""Errors that no other run is spared."""


# --------------------------------------------------------------------------- in the workers


class _Kept(Progress):
    """Keeps what is said, for the process that asked."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    @contextlib.contextmanager
    def bar(self, title: str, total: float | None = None, unit: str = "clips") -> Iterator[Advance]:
        yield untold


def scored_run(call: list[Any]) -> dict[str, Any]:
    """What a worker is asked: [folder, reference_scorer, rules] -> {'scores': ..., 'said': lines}, or
    {'failed': [name of the error, what, hint]}."""
    folder, reference_scorer, rules = call
    kept = _Kept()
    try:
        scores = score(Run(Path(folder)), kept, reference_scorer=reference_scorer, rules=rules)
    except Exception as error:
        if (known := from_machine_error(error)) is None:
            raise
        return {"failed": [type(known).__name__, known.what, known.hint]}
    return {"scores": scores, "said": kept.lines}
