"""The chart of a suite of exams: small multiples, one for each exam, by difficulty, with what needs no listening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from mudata.catalog.cards.card_task import LEVELS
from mudata.evaluation.report.style import INK, WIDE, folded, text_width
from mudata.evaluation.suites.exam_table import ALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mudata.evaluation.suites.exam_table import ExamRow, ExamTable

_COLUMNS, _NARROW_COLUMNS = 4, 2
_HEIGHT, _BETWEEN, _LEFT, _TITLE, _TICKS = 1.25, 0.28, 0.42, 0.42, 0.3
"""Inches: of one small chart, and of what is around it."""
_ROOM = 0.06
"""Below 0 and above 1, of the height from one to the other: half a mark."""
_MARKERS = "osD^vP"
_FLOORS: dict[str, Literal[":", "--"]] = {"uniform guess": ":", "best constant answer": "--"}
_ANEW = "open: composed anew"


def small_multiples(table: ExamTable, width: float = WIDE) -> Figure:
    """A small chart for each exam, by its headline: a mark for each model at each difficulty with its 95 % interval,
    open where the items were composed anew; dotted what a uniform guess is worth, dashed the best constant answer."""
    from matplotlib.figure import Figure

    exams: dict[str, list[ExamRow]] = {}
    for row in table.rows:
        if row.headline:
            exams.setdefault(row.exam, []).append(row)
    columns = min(_COLUMNS if width == WIDE else _NARROW_COLUMNS, max(1, len(exams)))
    lines = -(-len(exams) // columns)
    anew = any(row.dataset != rows[0].dataset for rows in exams.values() for row in rows)
    legend = _legend_lines([*table.models, *_FLOORS, *([_ANEW] if anew else [])], width)
    top = 0.1 + 0.2 * len(legend)
    height = top + lines * (_TITLE + _HEIGHT + _TICKS) + 0.1
    figure = Figure(figsize=(width, height))
    each = (width - 0.05) / columns
    for place, rows in enumerate(exams.values()):
        line, column = divmod(place, columns)
        bottom = height - top - (line + 1) * (_TITLE + _HEIGHT + _TICKS) + _TICKS
        left = column * each + _LEFT
        size = (left / width, bottom / height, (each - _LEFT - _BETWEEN / 2) / width, _HEIGHT / height)
        axes = figure.add_axes(size)
        _draw(axes, rows, table.models)
        title = folded(rows[0].title, each - _BETWEEN, most=1)[0]
        axes.text(0, 1.2, title, transform=axes.transAxes, va="bottom", ha="left", fontsize=9, fontweight="bold")
        axes.text(
            0, 1.04, rows[0].metric_title, transform=axes.transAxes, va="bottom", fontsize=8, color=INK["soft"]
        )  # fmt: skip
    _legend(figure, legend, table.models, height)
    return figure


def _draw(axes: Axes, rows: Sequence[ExamRow], models: Sequence[str]) -> None:
    levels = _levels(rows)
    x = {level: place for place, level in enumerate(levels)}
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, labelsize=8)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=INK["rule"], linewidth=0.6)
    axes.set_ylim(-_ROOM, 1 + _ROOM)
    axes.set_yticks([0, 0.5, 1], ["0", "50", "100 %"] if rows[0].style == "percent" else ["0", ".5", "1"])
    axes.set_xlim(-0.5, len(levels) - 0.5)
    axes.set_xticks(range(len(levels)), levels)
    own = rows[0].dataset
    told = {row.difficulty for row in rows if row.dataset == own}
    for row in (row for row in rows if row.difficulty in x):
        at = x[row.difficulty]
        if row.dataset == own or row.difficulty not in told:
            for floor, dashes in ((row.chance, ":"), (row.constant, "--")):
                if floor is not None:
                    axes.plot([at - 0.45, at + 0.45], [floor, floor], dashes, color=INK["soft"], linewidth=1.1)
        for number, model in enumerate(models):
            if value := row.models.get(model):
                here = at + _beside(number, len(models)) + (0.0 if row.dataset == own else 0.04)
                look = _look(number, filled=row.dataset == own)
                if value.low is not None and value.high is not None:
                    axes.plot([here, here], [value.low, value.high], color=look["color"], linewidth=1.4)
                axes.plot([here], [value.value], **look, clip_on=False)


_OPEN: Mapping[str, Any] = {
    "color": INK["soft"],
    "marker": "o",
    "markersize": 5,
    "markerfacecolor": INK["paper"],
    "linestyle": "none",
}


def _levels(rows: Sequence[ExamRow]) -> list[str]:
    """The difficulties of an exam; all together only where no row tells them apart."""
    told = {row.difficulty for row in rows}
    known = [level for level in LEVELS if level in told]
    others = sorted(told - {*LEVELS, ALL})
    return [*known, *others] or [ALL]


def _beside(number: int, count: int) -> float:
    """How far a model's mark stands beside the middle."""
    return 0.0 if count == 1 else 0.6 * (number / (count - 1) - 0.5)


def _look(number: int, *, filled: bool = True) -> Mapping[str, Any]:
    colour = INK[f"line-{number % 6 + 1}"]
    return {
        "color": colour,
        "marker": _MARKERS[number % 6],
        "markersize": 5,
        "markerfacecolor": colour if filled else INK["paper"],
        "linestyle": "none",
    }


def _legend_lines(named: Sequence[str], width: float) -> list[list[str]]:
    """Names of models and floors, in lines that fit."""
    lines: list[list[str]] = [[]]
    used = 0.0
    for name in named:
        room = text_width(name, 8.5) + 0.45
        if lines[-1] and used + room > width:
            lines.append([])
            used = 0.0
        lines[-1].append(name)
        used += room
    return lines


def _legend(figure: Figure, lines: Sequence[Sequence[str]], models: Sequence[str], height: float) -> None:
    from matplotlib.lines import Line2D

    known = {name: Line2D([], [], linestyle=dashes, color=INK["soft"]) for name, dashes in _FLOORS.items()}
    known[_ANEW] = Line2D([], [], **_OPEN)
    known |= {name: Line2D([], [], **_look(number)) for number, name in enumerate(models)}
    for place, names in enumerate(lines):
        handles = [known[name] for name in names]
        legend = figure.legend(
            handles, names, loc="upper left", bbox_to_anchor=(0.0, 1 - (0.05 + 0.2 * place) / height), ncols=len(names),
            frameon=False, fontsize=8.5, borderpad=0, borderaxespad=0, handlelength=1.6, columnspacing=1.2,
            handletextpad=0.5,
        )  # fmt: skip
        figure.add_artist(legend)
