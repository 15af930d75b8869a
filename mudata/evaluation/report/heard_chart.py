"""The chart of an exam that was asked blind as well: each model's score beside everything that needs no ears."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mudata.evaluation.report.style import INK, WIDE, canvas, folded, text_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mudata.evaluation.suites.heard_report import HeardRow

_ROW, _NAMES, _VERDICT = 0.42, 2.4, 0.95
"""Inches: of a row, and at most of names left of it and verdicts right of it."""
CAPTION = (
    "Dots: the score with the clips; lines: its 95 % interval. Grey ticks: what each blind floor is worth on the same"
    " items; diamond: the strongest. Ring: items right in all rotations of their options."
)


def heard_chart(rows: Sequence[HeardRow], width: float = WIDE) -> Figure:
    """One exam: a row for each model, best first."""
    wide = width == WIDE
    left = min(_NAMES, max(text_width(row.model) for row in rows)) + 0.15 if wide else 0.05
    height = 0.1 + len(rows) * (_ROW if wide else _ROW + 0.2) + 0.5
    figure, axes = canvas((width, height), left=left, right=_VERDICT if wide else 0.15, top=0.1, bottom=0.5)
    axes.set_xlim(0, 100)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks([])
    axes.grid(axis="x", color=INK["rule"], linewidth=0.6)
    axes.set_xlabel("right, %")
    for y, row in enumerate(rows):
        floors = [100 * floor.value for floor in row.floors]
        axes.plot(floors, [y] * len(floors), "|", color=INK["soft"], markersize=9, markeredgewidth=1.1, zorder=2)
        best = 100 * row.lift.floor_value
        axes.plot([best], [y], "D", color=INK["anchor"], markersize=5, clip_on=False, zorder=3)
        if row.score.low is not None and row.score.high is not None:
            ends = [100 * row.score.low, 100 * row.score.high]
            axes.plot(ends, [y, y], color=INK["accent"], linewidth=1.6, zorder=3)
        axes.plot([100 * row.score.value], [y], "o", color=INK["accent"], markersize=6, clip_on=False, zorder=4)
        if row.all_right is not None:
            share, edge = 100 * row.all_right.value, INK["accent"]
            axes.plot([share], [y], "o", mfc="none", mec=edge, markersize=7, clip_on=False, zorder=3)
        if wide:
            name = "\n".join(folded(row.model, _NAMES))
            axes.annotate(name, (0, y), (-8, 0), textcoords="offset points", ha="right", va="center", fontsize=9)
            axes.annotate(
                row.verdict, (100, y), (10, 0), textcoords="offset points", va="center", fontsize=9, color=INK["soft"]
            )
        else:
            shown = folded(f"{row.model}: {row.verdict}", width - 0.2, most=1)[0]
            axes.annotate(shown, (0, y), (0, 12), textcoords="offset points", va="center", fontsize=8.5)
    return figure
