"""The grammar of what was published: tables of scores, what there is to say of their cells, and single values of other
papers. Values are fractions."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, PositiveInt, StringConstraints, model_validator

from mudata.catalog.cards.strict_model import Name, PartName, Strict, Texts

MetricName = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9_]*$", max_length=64)]


class Publication(Strict):
    """Where numbers come from."""

    text: str
    url: str | None = None


class PublishedColumn(Strict):
    title: str
    exam: PartName
    metric: MetricName


class Remark(Strict):
    """What a reader has to know about one cell."""

    model: str
    column: str
    text: str


class PublishedTable(Strict):
    """A published table: one row per model, one value per column; null where nothing was published."""

    title: str
    n: PositiveInt | None = None
    """Clips behind every cell."""
    columns: tuple[PublishedColumn, ...]
    rows: dict[str, tuple[Annotated[float, Field(ge=0, le=1)] | None, ...]]
    remarks: tuple[Remark, ...] = ()
    notes: Texts = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for model, values in self.rows.items():
            if len(values) != len(self.columns):
                raise ValueError(f"row {model!r} has {len(values)} values for {len(self.columns)} columns")
        titles = [column.title for column in self.columns]
        for remark in self.remarks:
            if remark.model not in self.rows or remark.column not in titles:
                raise ValueError(f"a remark is about {remark.model!r}, {remark.column!r}, which is no cell here")
        return self

    def note(self, model: str, column: str) -> str | None:
        """What there is to say about a cell: that it cannot be, and the remarks."""
        notes = [self.impossible().get((model, column))]
        notes += [remark.text for remark in self.remarks if (remark.model, remark.column) == (model, column)]
        return "; ".join(text for text in notes if text) or None

    def impossible(self) -> dict[tuple[str, str], str]:
        """Cells that no answers can produce, by model and column title, with the reason.

        The longest common subsequence is never longer than the unigram overlap, so ROUGE-L <=
        ROUGE-1 holds for P, R and F of every clip and of every mean; and as F is concave in P and
        R, a mean F is never above the harmonic mean of mean P and mean R. Half a unit of the third
        decimal is allowed for rounding, on either side.
        """
        impossible: dict[tuple[str, str], str] = {}
        slack = 0.001
        for model, values in self.rows.items():
            at = {
                (column.exam, column.metric): (column.title, value)
                for column, value in zip(self.columns, values, strict=True)
                if value is not None
            }
            for (exam, metric), (title, value) in at.items():
                kind, _, part = metric.partition("_")
                above = at.get((exam, f"rouge1_{part}"))
                if kind == "rougeL" and above and value > above[1] + slack:
                    impossible[model, title] = f"{value:.3f} is above {above[0]} {above[1]:.3f}, which cannot be"
                p, r = at.get((exam, f"{kind}_p")), at.get((exam, f"{kind}_r"))
                if part == "f" and p and r and value > 2 * p[1] * r[1] / ((p[1] + r[1]) or 1) + slack:
                    impossible[model, title] = f"{value:.3f} is above the harmonic mean of {p[0]} and {r[0]}"
        return impossible


class Elsewhere(Strict):
    """Values that others published about the same question, on clips of their own choice."""

    dataset: Name
    task: Name
    metric: MetricName
    n: PositiveInt | None = None
    source: Publication
    rows: dict[str, Annotated[float, Field(ge=0, le=1)]]
    note: str | None = None
