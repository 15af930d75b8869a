"""Exams as functions: what is wrong with their items, before anybody sits them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mudata.api.arguments import checked
from mudata.deprecations import hide_deprecations
from mudata.home import Home
from mudata.table import Table

if TYPE_CHECKING:
    from mudata.catalog.index.exam_lint import ExamLint
    from mudata.catalog.item_lint import ItemLint

hide_deprecations()


class LintTable(Table):
    """A row for each thing that is wrong with an exam's items or worth knowing, a column for each group of items.

    `lint` has the same as values; `wrong` says whether a right answer is impossible or ambiguous somewhere.
    """

    def __init__(self, lint: ExamLint) -> None:
        self.lint = lint
        groups = lint.groups
        rows = [
            {"level": level, "finding": text} | {name: _text(cells.get(name)) for name in groups}
            for level, text, cells in _rows(lint)
        ]
        note = "of which at the right option in brackets; options are compared to the letter unless said otherwise"
        edition = f"; edition: {lint.edition}" if lint.edition else ""
        super().__init__(rows, ("level", "finding", *groups), title=f"{lint.title}{edition}", note=note)

    @property
    def wrong(self) -> bool:
        return bool(self.lint.groups["all"].wrong) or bool(self.lint.left_out)


@checked()
def lint_exam(
    exam: str | Path, *, card: str | None = None, by: Literal["category", "difficulty"] | None = None
) -> LintTable:
    """What is wrong with an exam's items: `print` it, or take `lint`.

    Args:
        exam: an exam that was fetched, by its name; or an item file as it was published.
        card: whose items a file has, by name or path of a card [default: found by the file's name].
        by: 'category' or 'difficulty': columns for these [default: the card's subsets].

    Raises:
        UnknownName, CardError, ReadError.
    """
    from mudata.catalog.index import exam_lint

    path = Path(exam)
    if isinstance(exam, Path) or card is not None or (path.suffix not in (".yaml", ".yml") and path.is_file()):
        return LintTable(exam_lint.of_file(path, card, by=by))
    return LintTable(exam_lint.of_index(Home.default(), exam, by=by))


Cells = dict[str, Any]


def _rows(lint: ExamLint) -> Iterator[tuple[str, str, Cells]]:
    """Level, text, and a value by group."""
    of = lint.groups.items()
    yield "", "items", {name: one.n for name, one in of}
    yield "", "clips", {name: one.clips for name, one in of}
    yield "", "items that share a clip", {name: one.on_shared_clips for name, one in of}
    yield "", "distinct questions", {name: one.questions for name, one in of}
    if any(size for _, one in of for size, _ in one.sizes):
        yield "", "options: items", {name: ", ".join(f"{k}: {n}" for k, n in one.sizes) for name, one in of}
        yield _place_level(lint), "places of the right option", {name: _places(one) for name, one in of}
        yield "", "chance", {name: _percent(one.chance) for name, one in of}
        yield "", "always the best place", {name: _percent(one.place) for name, one in of}
        yield "", "always the longest", {name: _percent(one.longest) for name, one in of}
        yield "", "always the shortest", {name: _percent(one.shortest) for name, one in of}
    names = {fault.name: fault for _, one in of for fault in one.faults}
    order = {"error": 0, "warning": 1, "note": 2}
    for fault in sorted(names.values(), key=lambda fault: order[fault.level]):
        yield fault.level, fault.text, {name: _count(one, fault.name) for name, one in of}
    for what in lint.left_out:
        yield "error", what, {}


def _place_level(lint: ExamLint) -> str:
    from mudata.catalog.item_lint import SKEWED

    p = lint.groups["all"].place_p
    return "warning" if p is not None and p < SKEWED else ""


def _places(one: ItemLint) -> str:
    from mudata.evaluation.metrics.position_bias import place_names

    if not one.places:
        return "stands apart" if one.chance is not None else ""
    letters = " ".join(f"{place}{n}" for place, n in zip(place_names(len(one.places)), one.places, strict=True) if n)
    return letters if one.place_p is None else f"{letters} (p {one.place_p:.2g})"


def _count(one: ItemLint, name: str) -> str:
    fault = next((fault for fault in one.faults if fault.name == name), None)
    if fault is None:
        return "0"
    return str(fault.n) if fault.of_gold is None else f"{fault.n} ({fault.of_gold})"


def _percent(value: float | None) -> str:
    """Half a tenth is rounded up, as in the published tables: 0.2985 is '29.9 %'."""
    return "" if value is None else f"{math.floor(1000 * value + 0.5 + 1e-9) / 10:.1f} %"


def _text(value: object) -> str:
    return "" if value is None else str(value)
