"""What must not be compared: a run with itself, other kinds of task, other labels, other
references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mudata.errors import EvaluationError
from mudata.evaluation.comparison.exam_editions import Edition, editions_of_scores

if TYPE_CHECKING:
    from mudata.evaluation.metrics.scored import ScoredAnswer


def require_different_runs(scores: Sequence[Mapping[str, Any]]) -> None:
    """Raise EvaluationError for fewer than two runs, a run twice, or other kinds of task.

    Args:
        scores: what scores.json says of each run.
    """
    ids = [head["run"] for head in scores]
    if len(ids) < 2 or len(set(ids)) < len(ids):
        raise EvaluationError(
            f"A comparison needs two or more different runs, not {', '.join(map(str, ids)) or 'none'}.",
            "Runs are listed by: mudata score",
        )
    if len({head["kind"] for head in scores}) > 1:
        kinds = ", ".join(f"{head['run']}: {head['kind']}" for head in scores)
        raise EvaluationError(
            f"These runs were asked different kinds of question ({kinds}).",
            "Compare runs of one task.",
        )


def require_same_questions(
    scores: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    answers: Sequence[Sequence[ScoredAnswer]],
) -> None:
    """Raise EvaluationError where labels or references of the common clips differ.

    Args:
        scores: what scores.json says of each run.
        names: of the runs.
        answers: of each run, to the same clips in the same order.
    """
    for dataset in dict.fromkeys(answer.dataset for answer in answers[0]):
        hashes = [head["labels_sha256"].get(dataset) for head in scores]
        for name, other in zip(names, hashes, strict=True):
            if other != hashes[0]:
                raise EvaluationError(
                    f"{names[0]} and {name} were read with different labels of {dataset} "
                    f"({str(hashes[0])[:12]} and {str(other)[:12]}).",
                    "If both are of one task, score them again with the labels as they are now: "
                    f"mudata score {' '.join(str(head['run']) for head in scores)}",
                )
        editions = _editions(scores, names, dataset)
        for (name, one), (other, two) in combinations(editions.items(), 2):
            if one.differs_from(two):
                raise EvaluationError(
                    f"{name} and {other} were asked other versions of {dataset} ({one.words!r} and {two.words!r}).",
                    "Two versions of an exam are two exams: ask one of the models again.",
                )
    for name, theirs in zip(names, answers, strict=True):
        unlike = [a.clip_id for a, b in zip(answers[0], theirs, strict=True) if set(a.references) != set(b.references)]
        if unlike:
            raise EvaluationError(
                f"{names[0]} and {name} have other references for {len(unlike)} of {len(theirs)} "
                f"clips, such as {unlike[0]}.",
                "They were asked different tasks, or the dataset's labels changed between them: ask one of them again.",
            )


def unknown_editions(scores: Sequence[Mapping[str, Any]], names: Sequence[str], datasets: Sequence[str]) -> list[str]:
    """Sentences about runs of which nobody knows to which edition of an exam their items belong."""
    told = []
    for dataset in datasets:
        unknown = [name for name, one in _editions(scores, names, dataset).items() if one.version is None]
        if unknown:
            told.append(f"{', '.join(unknown)}: not known of which edition of {dataset}")
    return told


def _editions(scores: Sequence[Mapping[str, Any]], names: Sequence[str], dataset: str) -> dict[str, Edition]:
    """By name of a run, of those whose scores are of an exam."""
    found = {name: editions_of_scores(head) for name, head in zip(names, scores, strict=True)}
    return {name: editions[dataset] for name, editions in found.items() if dataset in editions}
