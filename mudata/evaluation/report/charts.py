"""The figures of a report,
drawn once for the page (SVG in the page's own colours and type) and for papers.

Every figure is a function from a panel and a width to a matplotlib Figure; `style` writes it. No
meaning rests on colour alone: markers, hatching, labels and the tables beside them say the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.evaluation.report import line_charts, octave_chart, row_charts
from mudata.evaluation.report.style import INK, WIDE, canvas, plain, write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mudata.evaluation.report.data import Panel, PanelEntry


def confusion(entry: PanelEntry, width: float = WIDE) -> Figure:
    """References in rows, answers in columns, shaded by the share of the row.
    For papers; the page has a table."""
    from matplotlib.patches import Rectangle

    table = entry.confusion
    assert table is not None  # noqa: S101 - only what is there is drawn
    rows, columns = len(table.references), len(table.answers)
    cell = min(0.42, width / (columns + 4))
    figure, axes = canvas((cell * columns, cell * rows))
    for y, reference in enumerate(table.references):
        for x, answer in enumerate(table.answers):
            if n := table.counts.get((reference, answer), 0):
                colour = INK["fate-right" if reference == answer else "fate-wrong"]
                alpha = 0.12 + 0.6 * n / table.row(reference)
                axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, alpha=alpha, linewidth=0))
                axes.text(x, y, str(n), ha="center", va="center", fontsize=min(8, 19 * cell))
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    names = [plain(table.labels.get(answer, answer), 18) for answer in table.answers]
    axes.set_xticks(range(columns), names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(rows), [plain(table.labels.get(label, label), 18) for label in table.references])
    axes.set_xlabel("answer")
    axes.set_ylabel("reference")
    axes.set_title(plain(entry.name, 40), loc="left", fontsize=10)
    return figure


def figures(panel: Panel) -> dict[str, Callable[[float], Figure]]:
    """The figures that a panel has something to show for, by name;
    each is drawn at a width in inches."""
    drawings: dict[str, Callable[[float], Figure]] = {"scores": lambda width: row_charts.score_strip(panel, width)}
    if len(panel.fates) > 1 or "error" in panel.fates:
        drawings["outcomes"] = lambda width: row_charts.outcomes(panel, width)
    if panel.kind == "caption":
        drawings["controls"] = lambda width: row_charts.captions(panel, width)
        if panel.whole and all(entry.run.scores.get("captions") for entry in panel.entries):
            drawings["lengths"] = lambda width: line_charts.lengths(panel, width)
    if octave_chart.has_octaves(panel):
        drawings["octaves"] = lambda width: octave_chart.octave_errors(panel, width)
    if panel.parsing_rules:
        drawings["policies"] = lambda width: line_charts.parsing_rules(panel, width)
    return drawings


def save(panels: Sequence[Panel], folder: Path) -> list[Path]:
    """Write every figure of the panels as PNG (300 dpi) and SVG, confusion matrices too; the
    paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for panel in panels:
        drawn = figures(panel)
        for entry in panel.entries:
            if entry.confusion:
                drawn[f"confusion-{entry.name}"] = lambda width, entry=entry: confusion(entry, width)  # type: ignore[misc]
        for name, draw in drawn.items():
            stem = re.sub(r"[^\w.-]+", "-", f"{panel.title}-{panel.split}-{name}").strip("-")
            for form in ("png", "svg"):
                path = folder / f"{stem}.{form}"
                write(draw, WIDE, path)
                written.append(path)
    return written
