"""Further scores of captions (see `extra_metrics`),
kept in a run's `extras/` for as long as its answers are the same.

They cost a model or minutes, so that scoring again takes them from there;
nothing is computed unless it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from mudata.errors import EvaluationError
from mudata.evaluation.metrics.scored import Metric
from mudata.home import write_atomic
from mudata.json_files import as_type, read_object, reading
from mudata.jsonl import digest
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.catalog.audio.stored_clip import StoredClip
    from mudata.evaluation.metrics.scored import ScoredAnswer
    from mudata.evaluation.run import Run

FOLDER = "extras"
_HINT = "Remove it; then ask for it again."
_OLDER = "none: computed by an older version, ask for it again"


def compute(
    run: Run, wanted: str, items: Sequence[ScoredAnswer], audio: Mapping[str, StoredClip], progress: Progress = SILENT
) -> None:
    """Compute one extra, named as in `bertscore` or `bertscore:device=cpu`, and keep it.

    `audio` has the sound of each clip that has one. Raises EvaluationError for a run that asks for
    no captions, and what `extra_metrics` raises.
    """
    from mudata.evaluation.scoring.extras import extra_metrics

    if (kind := run.settings.kind) != "caption":
        raise EvaluationError(f"{run.id} asks to {kind}, and {wanted} is for captions.", "Leave --extra out.")
    extra, options = extra_metrics.parse(wanted)
    with progress.bar(f"{extra.metric} of {run.id}", len(items), "captions") as advance:
        metrics, provenance = extra.columns(items, options, audio, advance)
    record = {"of": _of(items), "metrics": [asdict(metric) for metric in metrics], "provenance": provenance}
    text = json.dumps(record, indent=2, ensure_ascii=False, default=str)
    write_atomic(run.folder / FOLDER / f"{extra.metric}.json", text + "\n", shared=True)


def cached(run: Run, items: Sequence[ScoredAnswer]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Metrics that are kept and still true, and what each was computed with."""
    metrics: list[dict[str, Any]] = []
    provenance = {}
    for path in sorted((run.folder / FOLDER).glob("*.json")):
        record = read_object(path, ("of", "metrics", "provenance"), hint=_HINT)
        with reading(path, _HINT):
            if record["of"] == _of(items):
                metrics += [asdict(_certain(metric)) for metric in as_type(record["metrics"], list[Metric])]
                provenance[path.stem] = record["provenance"]
    return metrics, provenance


def _certain(metric: Metric) -> Metric:
    """Without an interval that an older version found, which did not count clusters as those of today do."""
    return metric if metric.interval else replace(metric, low=None, high=None, interval=_OLDER)


def _of(items: Sequence[ScoredAnswer]) -> str:
    """Hash of what captions are scored from."""
    return digest([(item.clip_id, item.answer, item.references) for item in items])
