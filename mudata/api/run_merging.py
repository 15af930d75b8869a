"""Runs that were asked in shards, joined."""

from __future__ import annotations

from pathlib import Path

from mudata.api.arguments import checked
from mudata.api.scored_run import ScoredRun, ScoredRuns
from mudata.deprecations import hide_deprecations
from mudata.evaluation.run import Run
from mudata.home import Home
from mudata.narration import Progress, chosen

hide_deprecations()


@checked(narrator="progress")
def merge_runs(*shards: str | Path | Run, progress: Progress | bool | None = None) -> ScoredRuns:
    """Join shards into the runs that `evaluate` without `shard` would have made, and score these.
    Merging again changes nothing.

    Args:
        shards: ids, folders, or what `evaluate(shard=...)` gave; the id of a run means all of its shards that are here
            [default: all shards of the home].
        progress: True, False, or None for what `show_progress` says.

    Raises:
        UnknownName: no shard is named so.
        EvaluationError: shards of a run are missing, unfinished, there twice or of another recipe; each is named.
        HomeError: one of them is being asked.
    """
    from mudata.evaluation.inference import merging

    home, reporter = Home.default(), chosen(progress)
    names = [str(one.folder) if isinstance(one, Run) else str(one) for one in shards]
    groups = merging.found(home, names)
    return ScoredRuns(ScoredRun(merging.merge(home, group, reporter).folder) for group in groups.values())
