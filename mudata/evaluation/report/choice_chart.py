"""Choices from A to E as bars: how strongly a system, or its clip, is preferred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mudata.evaluation.report.style import INK, NARROW, WIDE, canvas, folded, text_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mudata.evaluation.listening.preferences import PreferenceShares

_ROW, _NAMES = 0.4, 1.9
"""Inches: of a bar, and at most of the names left of it."""
_COLOURS = {
    "A": "fate-right",
    "B": "fate-lenient",
    "C": "fate-unparsed",
    "E": "fate-several",
    "D": "fate-wrong",
}
_LETTERS = {"A": "paper", "D": "on-wrong"}
"""What letters are written in, where that is not ink."""
_LEAST = 5
"""Per cent of a bar from which on its letter is written in it."""


def choice_chart(shares: Sequence[PreferenceShares], width: float = WIDE) -> Figure:
    """A bar for each system, the best first, from what is strongly for it to what is strongly against it."""
    names = min(_NAMES if width != NARROW else 1.1, max(text_width(one.system) for one in shares)) + 0.12
    height = len(shares) * _ROW + 0.55
    figure, axes = canvas((width, height), left=names, right=0.2, top=0.05, bottom=0.5)
    axes.set_xlim(0, 100)
    axes.set_ylim(len(shares) - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xlabel("choices, %")
    for y, one in enumerate(shares):
        start, all_of_it = 0.0, sum(one.choices.values())
        for letter, count in one.choices.items():
            share = 100 * count / all_of_it
            axes.barh(y, share, left=start, height=0.62, color=INK[_COLOURS[letter]])
            if share >= _LEAST:
                ink = INK[_LETTERS.get(letter, "ink")]
                axes.text(start + share / 2, y, letter, ha="center", va="center", fontsize=8.5, color=ink)
            start += share
        shown = "\n".join(folded(one.system, names - 0.12))
        axes.annotate(shown, (0, y), (-7, 0), textcoords="offset points", ha="right", va="center", fontsize=9)
    return figure
