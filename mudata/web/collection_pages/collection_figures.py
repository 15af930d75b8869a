"""Figures of these pages, drawn as those of the report are: SVG that knows light and dark by itself, since a page
shows it as a picture."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from mudata.evaluation.report.page import colour_variables
from mudata.evaluation.report.style import INK, NARROW, PALETTE, WIDE, canvas, folded, svg, text_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_drawing = threading.Lock()
"""Matplotlib's settings are the process's: one figure at a time."""

_TYPE = 'text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",sans-serif}'

_ROW = 0.3
"""Inches that a label takes in the figure of a split's balance."""

BALANCED = 40
"""Labels in that figure, the most frequent ones; the table has all that are shown. Chosen here."""


def picture(draw: Callable[[float], Figure], title: str, *, narrow: bool) -> bytes:
    """A figure as an SVG file: with its colours in light and dark, and without a need for anything else."""
    with _drawing:
        text = svg(draw, NARROW if narrow else WIDE, title)
    head, _, rest = text.partition(">")
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    style = f"<style>{colour_variables(PALETTE)}{_TYPE}</style>"
    return f"{head.replace('<svg', f'<svg {spaces}', 1)}>{style}{rest}".encode()


def durations(counts: Sequence[int], low: float, high: float, width: float) -> Figure:
    """Bars of equal width from the shortest to the longest clip."""
    import numpy as np

    figure, axes = canvas((width, 1.9), left=0.62, right=0.15, top=0.12, bottom=0.48)
    step = (high - low) / len(counts) or 0.02
    edges = low + step * np.arange(len(counts))
    axes.bar(edges, counts, width=step * 0.92, align="edge", color=INK["accent"], linewidth=0)
    if high == low:
        axes.set_xlim(low - 1, high + 1)
    axes.set_ylim(0, max(counts) * 1.08)
    axes.yaxis.set_major_locator(_few(4))
    axes.xaxis.set_major_locator(_few(5 if width == NARROW else 9, whole=False))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.grid(axis="y", color=INK["rule"], linewidth=0.6)
    axes.set_xlabel("duration, seconds")
    axes.set_ylabel("clips")
    return figure


def balance(parts: Mapping[str, Mapping[str, int]], width: float) -> Figure:
    """Of each label, how its clips are shared among the parts: a bar per label, cut by part."""
    from matplotlib.patches import Patch

    totals: dict[str, int] = {}
    for own in parts.values():
        for label, clips in own.items():
            totals[label] = totals.get(label, 0) + clips
    labels = sorted(filter(totals.get, totals), key=lambda label: (-totals[label], label))[:BALANCED]
    narrow = width == NARROW
    names = [folded(label, width - 0.3 if narrow else 2.4, 1)[0] for label in labels]
    left = 0.1 if narrow else 0.15 + max(map(text_width, names), default=0)
    row = _ROW + (0.2 if narrow else 0.0)
    height = 0.42 + row * len(labels) + 0.5
    figure, axes = canvas((width, height), left=left, right=0.2, top=0.42, bottom=0.5)
    inks = [f"line-{1 + number % 6}" for number in range(len(parts))]
    hatches = ("", "////", "....", "\\\\\\\\", "xxxx", "||||")
    for y, label in enumerate(labels):
        start = 0.0
        for number, own in enumerate(parts.values()):
            share = 100 * own.get(label, 0) / totals[label]
            axes.barh(y, share, left=start, height=0.2 / row if narrow else 0.6, color=INK[inks[number]],
                      edgecolor=INK["paper"], hatch=hatches[number % 6], linewidth=0)  # fmt: skip
            start += share
        if narrow:
            axes.text(0, y - 0.42, names[y], va="center", fontsize=9)
    axes.set_ylim(len(labels) - 0.45, -0.75 if narrow else -0.55)
    axes.set_yticks([] if narrow else range(len(labels)), [] if narrow else names)
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of the label's clips, %")
    keys = [
        Patch(facecolor=INK[ink], edgecolor=INK["paper"], hatch=hatches[number % 6], linewidth=0)
        for number, ink in enumerate(inks)
    ]
    names_of = [folded(part, 1.2, 1)[0] for part in parts]
    figure.legend(
        keys,
        names_of,
        loc="upper left",
        bbox_to_anchor=(0, 1),
        ncols=min(6, len(keys)),
        frameon=False,
        handlelength=1.1,
        handleheight=0.9,
        borderpad=0.2,
        borderaxespad=0,
    )
    return figure


def _few(most: int, *, whole: bool = True):  # type: ignore[no-untyped-def]
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(most, integer=whole)
