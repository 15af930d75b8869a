"""From scored answers to the numbers of scores.json: which module counts what for which kind of
task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from mudata.evaluation.kinds.kind_registry import EXACT_KINDS
from mudata.evaluation.metrics import (
    captions,
    classification,
    exact_truth,
    label_floors,
    parsing_rules,
    power,
    rouge,
    tagging,
)
from mudata.evaluation.metrics.exam_scores import exam_scores
from mudata.evaluation.metrics.interval_notes import clusters_of

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Shown
    from mudata.evaluation.align.label_set import LabelSet
    from mudata.evaluation.metrics.caption_controls import ConstantCaption
    from mudata.evaluation.metrics.exam_items import ExamFacts
    from mudata.evaluation.metrics.scored import Labels, Metric, ScoredAnswer
    from mudata.evaluation.protocol import Kind

OOV_TERMS = 50
"""So many of the words that might have been labels are listed, the most frequent first."""


class AskedTask(Protocol):
    """What the numbers need to know of one dataset's task."""

    @property
    def dataset(self) -> str: ...
    @property
    def majority(self) -> str | None: ...
    @property
    def majority_source(self) -> str | None: ...
    @property
    def constant(self) -> ConstantCaption | None: ...


def summarise(
    kind: Kind,
    tasks: Sequence[AskedTask],
    scored: Sequence[ScoredAnswer],
    label_sets: Mapping[str, LabelSet | None],
    shown: Mapping[str, Shown],
    *,
    exams: Mapping[str, ExamFacts] = MappingProxyType({}),
    reference_scorer: bool = False,
) -> dict[str, Any]:
    """Metrics over all clips and for each dataset, and the tables that go with the kind of task.

    Args:
        kind: of the task.
        tasks: of the run, one per dataset.
        scored: the answers with their references.
        label_sets: what answers are read with, by dataset; None for captions.
        shown: what the model had before it, by dataset.
        exams: how an official rule judges answers, by dataset, where one does.
        reference_scorer: have rouge-score itself count.

    Returns:
        The part of scores.json that is computed from answers.

    Raises:
        EvaluationError: there is nothing to score.
    """
    labels = {dataset: label_set.ids if label_set else () for dataset, label_set in label_sets.items()}

    def results(answers: Sequence[ScoredAnswer], known: Labels) -> tuple[list[Metric], dict[str, Any]]:
        """Metrics, and what stands beside them."""
        metrics, beside = _scores(kind, tasks, answers, known, reference_scorer)
        if len(known) == 1 and (facts := exams.get(next(iter(known)))):  # several exams have rules of their own
            official, part = exam_scores(kind, answers, facts)
            return [*metrics, *official], {**beside, "exam": part}
        return metrics, beside

    def described(
        answers: Sequence[ScoredAnswer], known: Labels
    ) -> tuple[list[Metric], dict[str, Any], dict[str, Any]]:
        """Metrics, what is told of any answers, and what stands beside them."""
        metrics, beside = results(answers, known)
        told = {
            "outcomes": tagging.outcomes(answers),
            "hedged": tagging.hedged(answers),
            "metrics": list(map(asdict, metrics)),
            "clusters": clusters_of([item.cluster for item in answers]),
        }
        return metrics, told, beside

    metrics, told, beside = whole = described(scored, labels)
    datasets = {}
    for dataset in label_sets:
        part = scored if len(label_sets) == 1 else [item for item in scored if item.dataset == dataset]
        _, part_told, part_beside = whole if len(label_sets) == 1 else described(part, {dataset: labels[dataset]})
        datasets[dataset] = {"n": len(part), **part_told, **part_beside}
    if exact := kind in EXACT_KINDS:
        labels = exact_truth.few_values(scored)
    known = {dataset: label_set for dataset, label_set in label_sets.items() if label_set}
    return {
        **told,
        "datasets": datasets,
        **beside,
        "per_label": tagging.per_label(scored, labels) if kind != "caption" else [],
        "confusion": classification.confusion(scored) if kind == "classify" or (exact and labels) else [],
        "policies": parsing_rules.sensitivity(scored, known, shown) if kind == "classify" else [],
        "detectable": power.detectable(metrics),
        "captions": captions.caption_details(scored, _constants(tasks)) if kind == "caption" else None,
        "oov_terms": oov_terms(scored),
    }


def rouge_by_clip(scored: Sequence[ScoredAnswer], reference_scorer: bool) -> dict[str, dict[str, float]]:
    """The nine ROUGE numbers of every description, without stemmer, by clip id."""
    answers, references = [item.answer or "" for item in scored], [item.references for item in scored]
    scores = rouge.rouge(answers, references, reference_scorer=reference_scorer)
    rows = [{name: round(float(x), 6) for name, x in zip(rouge.COLUMNS, row, strict=True)} for row in scores]
    return {item.clip_id: row for item, row in zip(scored, rows, strict=True)}


def oov_terms(scored: Sequence[ScoredAnswer]) -> list[list[str | int]]:
    """Words that might have been labels, with the number of answers they are in."""
    said = [item.alignment for item in scored if item.alignment is not None]
    counts = Counter(term for read in said if read.oov_terms for term in sorted(set(read.oov_terms)))
    return [[term, n] for term, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:OOV_TERMS]]


def _scores(
    kind: Kind,
    tasks: Sequence[AskedTask],
    items: Sequence[ScoredAnswer],
    labels: Labels,
    reference_scorer: bool,
) -> tuple[list[Metric], dict[str, Any]]:
    """Metrics, and what stands beside them: of a kind with exact truth all it has, of labels their floors; captions
    have controls of their own."""
    majority = {task.dataset: task.majority for task in tasks if task.majority is not None}
    asked = [task for task in tasks if task.dataset in labels]
    source = " or ".join(sorted({task.majority_source or "unknown" for task in asked}))
    match kind:
        case "classify":
            metrics = classification.classification_metrics(items, labels, majority, source)
            return metrics, {"floors": label_floors.label_floors(kind, items, labels)}
        case "tag":
            metrics = tagging.tagging_metrics(items, labels, majority, source)
            return metrics, {"floors": label_floors.label_floors(kind, items, labels)}
        case "caption":
            return captions.caption_metrics(items, _constants(tasks), reference_scorer=reference_scorer), {}
        case _:
            metrics, details = exact_truth.exact_scores(kind, items)
            return metrics, {"exact": details}


def _constants(tasks: Sequence[AskedTask]) -> dict[str, Mapping[str, str] | None]:
    """The constant caption of each dataset as the runner recorded it."""
    return {task.dataset: asdict(task.constant) if task.constant else None for task in tasks}
