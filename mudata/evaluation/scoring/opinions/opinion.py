"""Second opinions: what others than the aligner make of the same answers.
Extra columns, never the headline.

    loglik     the option that the model itself finds likeliest (rankings.jsonl, from models that give likelihoods)
    embedding  the label whose sentence is nearest to the answer: a forced choice, whatever the answer says
    judge      what a language model reads in the answer

An opinion that has to be asked for is kept in `opinions/`: NAME.json says of what it was asked,
NAME.jsonl has a line per different answer. Every line has a hash of all that decides it, so that
scoring again costs nothing, an answer that changed is asked about anew, and a kill loses nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from mudata.errors import EvaluationError
from mudata.evaluation.align.thoughts import without_thoughts
from mudata.evaluation.metrics.estimates import clustered, share
from mudata.evaluation.scoring.opinions.loglik import likeliest
from mudata.home import write_atomic
from mudata.json_files import read_object
from mudata.jsonl import as_line, digest, mend, numbered
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.evaluation.align.label_set import LabelSet
    from mudata.evaluation.metrics.scored import ScoredAnswer
    from mudata.evaluation.run import Run
    from mudata.evaluation.scoring.context import ScoringContext

FOLDER = "opinions"
Labels = Mapping[str, str | None]
"""By clip id the label that an opinion sees, None for none;
clips that it was not asked about are left out."""


class SecondaryScorer(Protocol):
    """Somebody who can be asked.
    `detail` is all that decides what he says; `views` gives one view per answer."""

    NAME: ClassVar[str]

    @property
    def detail(self) -> Mapping[str, object]: ...

    def views(self, asks: Sequence[AnswerToRead]) -> Iterator[ScorerLabel]: ...


class AnswerToRead(NamedTuple):
    """One answer to have an opinion about; `key` is its line in NAME.jsonl."""

    key: str
    answer: str
    label_set: LabelSet
    noun: str


class ScorerLabel(NamedTuple):
    """An opinion about one answer: a label or None, and what else is worth keeping."""

    label: str | None
    more: Mapping[str, object] = {}


def ask_scorer(context: ScoringContext, opinion: SecondaryScorer, progress: Progress = SILENT) -> int:
    """Get an opinion about every different answer that has none yet,
    keep each as it comes; how many were asked.

    Raises EvaluationError for runs whose answers mean no single label, and whatever `opinion.views`
    raises; what came before is kept.
    """
    run, kind = context.run, context.settings.kind
    if kind != "classify":
        raise EvaluationError(
            f"{run.id} asks to {kind}; second opinions are for questions with one right label.",
            "Leave --opinion out.",
        )
    detail, sets = opinion.detail, context.label_sets
    known = _lines(run, opinion.NAME)
    path = run.folder / FOLDER / f"{opinion.NAME}.jsonl"
    open_: dict[str, AnswerToRead] = {}
    for item in context.read_answers(overridden=False):
        label_set = sets[item.dataset]
        if label_set and item.answer and item.answer.strip():
            said, noun = without_thoughts(item.answer), context.tasks[item.dataset].noun
            ask = AnswerToRead(_key(detail, item, label_set), said, label_set, noun)
            if ask.key not in known:
                open_.setdefault(ask.key, ask)
    write_atomic(path.with_suffix(".json"), json.dumps(dict(detail), indent=2, ensure_ascii=False) + "\n", shared=True)
    mend(path)
    asks = list(open_.values())
    with path.open("ab") as file, progress.bar(f"{opinion.NAME} reads {run.id}", len(asks), "answers") as advance:
        for ask, label in zip(asks, opinion.views(asks), strict=True):
            file.write(as_line({"key": ask.key, "label": label.label, **label.more}).encode())
            file.flush()
            os.fsync(file.fileno())
            advance(1)
    return len(asks)


def scorer_columns(context: ScoringContext, items: Sequence[ScoredAnswer]) -> list[dict[str, Any]]:
    """What there is of second opinions, as scores.json has it;
    `items` are as the aligner reads them."""
    columns = [_column(name, items, labels, detail) for name, labels, detail in scorer_labels(context, items)]
    return [column for column in columns if column["asked"]]


def scorer_labels(
    context: ScoringContext, items: Sequence[ScoredAnswer]
) -> Iterator[tuple[str, Labels, Mapping[str, Any]]]:
    """Each opinion there is: its name, the labels that it sees, and what it was asked with. None of runs whose answers
    mean no single label. `items` are as the aligner reads them."""
    if context.settings.kind != "classify":
        return
    run, sets = context.run, context.label_sets
    for likely, detail in likeliest(run.rankings()):
        yield "loglik", likely, detail
    for path in sorted((run.folder / FOLDER).glob("*.json")):
        asked_with = _detail(path)
        lines = _lines(run, path.stem)
        keys = {item.clip_id: _key(asked_with, item, sets[item.dataset]) for item in items}
        yield path.stem, {clip_id: lines[key]["label"] for clip_id, key in keys.items() if key in lines}, asked_with


def _column(name: str, items: Sequence[ScoredAnswer], labels: Labels, detail: Mapping[str, Any]) -> dict[str, Any]:
    """Accuracy over all clips: those without an answer or an opinion are wrong."""
    right = [labels.get(item.clip_id) in item.references for item in items]
    score = share(name, right, "the opinion's label is right / all", clustered(items))
    mine = [item for item in items if item.clip_id in labels]
    same = sum(item.alignment is not None and item.alignment.label == labels[item.clip_id] for item in mine)
    return {
        "opinion": name,
        "accuracy": score.value,
        "low": score.low,
        "high": score.high,
        "n": score.n,
        "clusters": score.clusters,
        "interval": score.interval,
        "asked": len(mine),
        "labelled": sum(label is not None for label in labels.values()),
        "agreement": same / len(mine) if mine else None,
        "recipe": score.recipe,
        "detail": dict(detail),
    }


def _key(detail: Mapping[str, object], item: ScoredAnswer, label_set: LabelSet | None) -> str:
    return digest([detail, item.answer, label_set.ids if label_set else ()])


def _lines(run: Run, name: str) -> dict[str, dict[str, Any]]:
    path = run.folder / FOLDER / f"{name}.jsonl"
    return {line["key"]: line for _, line in numbered(path, {"key", "label"}, appended=True)}


def _detail(path: Path) -> dict[str, Any]:
    return read_object(path, hint="Remove it; then ask for the opinion again.")


def file_sha256(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
