"""How far every run of a home is: what `mudata runs list` and `mudata.list_runs` tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mudata.evaluation.run import readable_runs
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home

COLUMNS = ("run", "shard", "model", "split", "task", "answered", "planned", "failures", "scored", "created")


def rows(home: Home, progress: Progress = SILENT) -> list[dict[str, Any]]:
    """A row for each run, oldest first, then for each shard. Runs that cannot be read are
    told and left out.

    `answered` of the `planned` items have an answer, `failures` were asked and have none; what is left was not asked.
    `scored`: whether it has scores (shards never have). Further keys: `control`, `imported`, `sessions`, `folder`.
    """
    return [row for shards in (False, True) for _, row in readable_runs(home, _row, progress, shards=shards)]


def _row(run: Run) -> dict[str, Any]:
    settings, answers = run.settings, run.answers().values()
    failed = sum(record.error is not None for record in answers)
    shard = settings.shard
    return {
        "run": run.id,
        "shard": f"{shard.number}/{shard.of}" if shard else None,
        "model": settings.model,
        "split": settings.split,
        "task": settings.task,
        "control": settings.control,
        "answered": len(answers) - failed,
        "planned": settings.clips,
        "failures": failed,
        "scored": (run.folder / "scores.json").exists(),
        "created": settings.created_at,
        "imported": settings.imported is not None,
        "sessions": len(settings.sessions),
        "folder": str(run.folder),
    }
