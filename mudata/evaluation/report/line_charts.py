"""Figures with one line per run: the same answers under other rules, and how long captions are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mudata.evaluation.report.style import INK, NARROW, WIDE, canvas, folded, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mudata.evaluation.report.data import Panel

_MARKERS = "osD^vP"
_TURNED: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
_LABELS = 2.2
"""Most inches that names take right of their lines; longer ones are folded."""

RULE_NAMES = {
    "exact": "exact",
    "prefix": "prefix",
    "substring": "substring",
    "mmau": "MMAU",
    "cmi": "CMI-Bench",
    "mucho": "MuChoMusic",
    "any_mention": "any mention",
    "strict": "mudata",
}
"""Rules of reading in the order of the figure, ours last."""


def parsing_rules(panel: Panel, width: float = WIDE) -> Figure:
    """The same answers under other published rules of reading them: one line per run."""
    entries = [entry for entry in panel.entries if entry.parsing_rules]
    order = [name for name in RULE_NAMES if all(name in entry.parsing_rules for entry in entries)]
    names = [entry.name for entry in entries]
    figure, axes = _lines(width, names, 2.3, beside=True)
    ends = []
    for number, entry in enumerate(entries):
        values = [100 * entry.parsing_rules[name]["accuracy"] for name in order]
        axes.plot(values, clip_on=False, **_look(number))
        ends.append((values[-1], entry.name, _look(number)["color"]))
    if width != NARROW:
        inches = axes.get_position().height * figure.get_figheight()
        for y, text, colour in _spread(ends, inches):
            axes.text(len(order) - 0.8, y, text, color=colour, va="center")
    _ticks(axes, [RULE_NAMES[name] for name in order], width)
    axes.tick_params(axis="x", pad=7)  # below the markers of what is never right
    axes.set_ylim(0, 100)
    axes.set_xlim(-0.2, len(order) - 0.9)
    axes.set_ylabel("accuracy, %")
    return figure


def lengths(panel: Panel, width: float = WIDE) -> Figure:
    """How many words the captions have: share of captions by length, one line per run."""
    histograms = {e.name: e.run.scores["captions"]["answer_words"]["histogram"] for e in panel.entries}
    figure, axes = _lines(width, list(histograms), 1.8, beside=False)
    for number, bins in enumerate(histograms.values()):
        total = sum(bin_["n"] for bin_ in bins)
        axes.plot([100 * bin_["n"] / total for bin_ in bins], **_look(number))
    ends = [
        f"{bin_['from']}+" if bin_["to"] is None else "–".join(dict.fromkeys(map(str, (bin_["from"], bin_["to"]))))
        for bin_ in bins
    ]
    _ticks(axes, ends, width)
    axes.set_ylim(0)
    axes.set_ylabel("captions, %")
    axes.set_xlabel("words")
    return figure


def _look(number: int) -> dict[str, Any]:
    """Colour, marker and, from the seventh on, dashes of a line."""
    return {
        "color": INK[f"line-{number % 6 + 1}"],
        "linewidth": 1.6,
        "linestyle": "-" if number < 6 else "--",
        "marker": _MARKERS[number % 6],
        "markersize": 4.5,
    }


def _lines(width: float, names: Sequence[str], height: float, *, beside: bool) -> tuple[Figure, Axes]:
    """Axes for a line per name. The names stand right of the lines (`beside`, where there is room
    for them), or above as a legend."""
    from matplotlib.lines import Line2D

    beside = beside and width != NARROW
    right, above, handles, labels, columns = 0.15, 0.1, [], [], 1
    if beside:
        right = 0.1 + max(text_width(line) for name in names for line in folded(name, _LABELS))
        height = max(height, 0.17 * sum(len(folded(name, _LABELS)) for name in names))
    else:
        handles = [Line2D([], [], **_look(number)) for number in range(len(names))]
        labels = ["\n".join(folded(name, width - 0.6)) for name in names]
        widest = max(text_width(line) for label in labels for line in label.split("\n"))
        columns = max(1, min(len(names), int(width / (widest + 0.6))))
        above = 0.15 + 0.19 * -(-sum(label.count("\n") + 1 for label in labels) // columns)
    below = 0.85
    size = width, above + height + below
    figure, axes = canvas(size, left=0.55, right=right, top=above, bottom=below)
    axes.grid(axis="y", color=INK["rule"], linewidth=0.6)
    if handles:
        figure.legend(
            handles, labels, loc="upper left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False, borderpad=0,
            borderaxespad=0,
        )  # fmt: skip
    return figure, axes


def _ticks(axes: Axes, names: Sequence[str], width: float) -> None:
    room = axes.get_position().width * width / len(names)
    turned: dict[str, Any] = _TURNED if max(map(text_width, names)) > room else {}
    axes.set_xticks(range(len(names)), names, **turned)


def _spread(ends: Sequence[tuple[float, str, str]], inches: float) -> list[tuple[float, str, str]]:
    """Labels at their heights (0 to 100 over so many inches), moved just as far as they would
    overlap."""
    placed: list[tuple[float, str, str]] = []
    reach = 2.0
    for y, name, colour in sorted(ends):
        lines = folded(name, _LABELS)
        half = 100 * 0.085 * len(lines) / inches
        placed.append((max(y, reach + half), "\n".join(lines), colour))
        reach = placed[-1][0] + half
    over = max(0.0, reach - 100)
    return [(y - over, text, colour) for y, text, colour in placed]
