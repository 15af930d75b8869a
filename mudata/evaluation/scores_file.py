"""scores.json as other commands take it for granted: checked when it is read, so that a file that was
damaged or changed by hand is told with the place that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from pydantic import Field, FiniteFloat, NonNegativeInt, ValidationError, model_validator

from mudata.evaluation.metrics.scored import headline_of
from mudata.evaluation.protocol import Kind
from mudata.evaluation.run_settings import JsonObject, JsonRecord
from mudata.json_files import first_problem, read_object, reading


class _Metric(JsonRecord):
    metric: str
    value: FiniteFloat
    low: FiniteFloat | None
    high: FiniteFloat | None
    n: NonNegativeInt
    recipe: str
    clusters: NonNegativeInt | None = None  # the last two are in no file of 0.1.0
    interval: str = ""


class _Clusters(JsonRecord):
    count: NonNegativeInt
    unknown: NonNegativeInt
    known: str


class _Part(JsonRecord):
    """The scores of one dataset, or of all."""

    n: NonNegativeInt
    outcomes: dict[str, NonNegativeInt]
    metrics: tuple[_Metric, ...]
    clusters: _Clusters | None = None


class _LabelRow(JsonRecord):
    dataset: str
    label: str
    n: NonNegativeInt
    said: NonNegativeInt
    right: NonNegativeInt
    recall: FiniteFloat | None
    low: FiniteFloat | None
    high: FiniteFloat | None
    precision: FiniteFloat | None
    f1: FiniteFloat | None


class _ConfusionCell(JsonRecord):
    dataset: str
    gold: str
    answer: str
    n: NonNegativeInt


class _ParsingRule(JsonRecord):
    policy: str
    accuracy: FiniteFloat
    low: FiniteFloat | None
    high: FiniteFloat | None
    n: NonNegativeInt
    note: str


class _Detectable(JsonRecord):
    difference: FiniteFloat | None
    recipe: str


class _Opinion(JsonRecord):
    opinion: str
    accuracy: FiniteFloat
    low: FiniteFloat | None
    high: FiniteFloat | None
    n: NonNegativeInt
    agreement: FiniteFloat | None
    recipe: str


class _SavedScores(_Part):
    run: str
    model: str
    split: str
    part: str | None
    task: str
    kind: Kind
    aligner: str | None
    labels_sha256: dict[str, str | None]
    forced_choice: bool
    control: str | None
    datasets: dict[str, _Part]
    per_label: tuple[_LabelRow, ...]
    confusion: tuple[_ConfusionCell, ...]
    policies: tuple[_ParsingRule, ...] = ()
    detectable: dict[str, _Detectable] = Field(default_factory=dict)
    captions: JsonObject | None = None
    oov_terms: tuple[tuple[str, NonNegativeInt], ...] = ()
    opinions: tuple[_Opinion, ...] = ()
    kappa: JsonObject | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        named = {metric.metric for metric in self.metrics}
        if (headline := headline_of(self.kind, named)) not in named:
            raise ValueError(f"there is no {headline} among the metrics")
        if (self.kind == "caption") != (self.captions is not None):
            raise ValueError("captions stands there for runs that ask for captions, and for no others")
        return self


def read(path: Path) -> dict[str, Any]:
    """What scores.json says, as it stands there. Raises EvaluationError that names the place where it
    is not what scoring writes."""
    hint = f"Score the run again: mudata score {path.parent.name}"
    scores = read_object(path, hint=hint)
    with reading(path, hint):
        try:
            _SavedScores.model_validate(scores)
        except ValidationError as error:
            raise ValueError(first_problem(error)) from error
    return scores
