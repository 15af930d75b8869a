"""Judged answers made by hand, and metrics by name."""

from __future__ import annotations

from collections.abc import Iterable

from mudata.evaluation.align.alignment import Alignment
from mudata.evaluation.metrics.scored import Metric, ScoredAnswer

LABELS = {"d": ("a", "b", "c")}


def single(
    clip: int,
    gold: str,
    said: str | None,
    status: str = "ALIGNED",
    *,
    dataset: str = "d",
    named: tuple[str, ...] = (),
    artist: str | None = None,
) -> ScoredAnswer:
    """An answer to a question with one right label; `named` are the labels said anywhere if not just `said`."""
    labels = (said,) if said else ()
    alignment = Alignment(status, labels, positives=named or labels)  # type: ignore[arg-type]
    answer = None if status == "ERROR" else said or "?"
    return ScoredAnswer(f"{dataset}/{clip}", dataset, (gold,), answer, alignment, cluster=_cluster(artist))


def many(clip: int, gold: tuple[str, ...], said: tuple[str, ...], artist: str | None = None) -> ScoredAnswer:
    """An answer to a question with any number of right labels."""
    alignment = Alignment("SET" if said else "OOV", said, positives=said)
    return ScoredAnswer(f"d/{clip}", "d", gold, ", ".join(said), alignment, cluster=_cluster(artist))


def _cluster(artist: str | None) -> str:
    return f"artist:{artist}" if artist else ""


def by_name(metrics: Iterable[Metric]) -> dict[str, Metric]:
    return {metric.metric: metric for metric in metrics}
