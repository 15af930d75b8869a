"""Runs as a report has them, made of answers in memory, with the scores that such answers have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from mudata.evaluation.align.alignment import Alignment
from mudata.evaluation.metrics.captions import caption_metrics
from mudata.evaluation.metrics.classification import classification_metrics
from mudata.evaluation.metrics.interval_notes import clusters_of
from mudata.evaluation.metrics.label_floors import label_floors
from mudata.evaluation.metrics.rouge import COLUMNS, rouge
from mudata.evaluation.metrics.scored import ScoredAnswer
from mudata.evaluation.metrics.tagging import tagging_metrics
from mudata.evaluation.report.report_run import ReportAnswer, ReportRun

if TYPE_CHECKING:
    from mudata.evaluation.metrics.scored import Metric
    from mudata.evaluation.run_settings import RunSettings

LABELS = ("a", "b", "c", "d")


def classified(right: Sequence[object], artists: int = 0, start: int = 0) -> list[ScoredAnswer]:
    """One clip per item, of label a, right where it is true (or a 1); clips of so many artists."""
    return [
        ScoredAnswer(
            f"d/{i}",
            "d",
            ("a",),
            "said",
            Alignment("ALIGNED", ("a" if one in ("1", 1, True) else "b",), "exact"),
            cluster=f"artist:{i % artists}" if artists else "",
        )
        for i, one in enumerate(right, start)
    ]


def tagged(said: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> list[ScoredAnswer]:
    return [
        ScoredAnswer(f"d/{i}", "d", tuple(gold), "said", Alignment("SET", tuple(labels), "set"))
        for i, (labels, gold) in enumerate(zip(said, references, strict=True))
    ]


def described(said: Sequence[str], references: Sequence[str]) -> list[ScoredAnswer]:
    return [
        ScoredAnswer(f"d/{i}", "d", (gold,), text) for i, (text, gold) in enumerate(zip(said, references, strict=True))
    ]


def report_run(
    name: str,
    answers: Sequence[ScoredAnswer],
    *,
    kind: str = "classify",
    model: str = "",
    control: str | None = None,
    order: str = "published",
) -> ReportRun:
    """A run of these answers, scored as `mudata score` does."""
    metrics = [asdict(metric) for metric in _metrics(kind, answers)]
    part = {
        "n": len(answers),
        "metrics": metrics,
        "outcomes": {},
        "clusters": clusters_of([one.cluster for one in answers]),
    }
    if kind == "tag":
        part["floors"] = label_floors("tag", answers, {"d": LABELS})
    scores = part | {
        "run": name,
        "model": model or name,
        "kind": kind,
        "task": "t",
        "split": "s",
        "part": "test",
        "control": control,
        "labels_sha256": {"d": "1"},
        "datasets": {"d": part},
        "confusion": [],
        "per_label": [],
        "forced_choice": False,
    }
    settings = SimpleNamespace(
        model=model or name,
        control=control,
        task="t",
        kind=kind,
        split="s",
        part="test",
        tasks=[SimpleNamespace(dataset="d", majority="a")],
        options_order=order,
        seen_in_training={},
        faults=None,
        imported=None,
    )
    return ReportRun(
        folder=Path(name),
        name=name,
        settings=cast("RunSettings", settings),
        scores=scores,
        answers=tuple(_answer(one) for one in answers),
        labels={"d": {label: label for label in LABELS}},
    )


def _metrics(kind: str, answers: Sequence[ScoredAnswer]) -> list[Metric]:
    if kind == "classify":
        return classification_metrics(answers, {"d": LABELS}, {"d": "b"}, "train part")
    if kind == "tag":
        return tagging_metrics(answers, {"d": LABELS}, {"d": "a"}, "train part")
    return caption_metrics(answers, {"d": None})


def _answer(item: ScoredAnswer) -> ReportAnswer:
    read: dict[str, Any] = {"status": item.outcome, "right": item.right}
    if item.alignment:
        read |= {"labels": list(item.alignment.labels), "rule_id": item.alignment.rule_id}
    else:
        (row,) = rouge([item.answer or ""], [item.references])
        read["rouge"] = dict(zip(COLUMNS, map(float, row), strict=True))
    groups = {"artist": item.cluster, "album": None, "track": None}
    return ReportAnswer(
        clip_id=item.clip_id,
        dataset=item.dataset,
        references=item.references,
        answer=item.answer,
        error=item.error,
        groups=groups,
        cluster=item.cluster,
        read=read,
        seconds=0.0,
        given=None,
    )
