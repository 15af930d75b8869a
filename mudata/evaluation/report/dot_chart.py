"""Dots with 95 % intervals in panels beside each other, one row a name: what people think of systems, and of scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mudata.evaluation.report.style import INK, NARROW, WIDE, folded, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW, _NAMES = 0.34, 1.9
"""Inches: of a row, and at most of the names left of it."""
_HEAD, _FOOT, _GAP = 0.34, 0.52, 0.22
"""Inches above a panel for its title, below it for its scale, and between two."""
_BESIDE = 5
"""Panels in a line of a wide figure."""


@dataclass(frozen=True, kw_only=True)
class Dot:
    """One row; `low` and `high` None where nothing can be said. `marked`: a diamond of another colour (an anchor)."""

    name: str
    value: float
    low: float | None
    high: float | None
    marked: bool = False


@dataclass(frozen=True, kw_only=True)
class DotPanel:
    """Dots of one thing, by name. `line`: a value that is drawn across all rows (0, chance)."""

    title: str
    dots: Sequence[Dot]
    ends: tuple[float, float]
    line: float | None = None


@dataclass(frozen=True, kw_only=True)
class DotChart:
    """Panels with the same names, which stand left of the first, in this order; `scale` is what is on the axes."""

    names: Sequence[str]
    panels: Sequence[DotPanel]
    scale: str
    ticks: Sequence[float] = field(default_factory=tuple)

    def drawn(self, width: float = WIDE) -> Figure:
        """Side by side on a wide figure, one below the other on a narrow one."""
        from matplotlib.figure import Figure

        beside = 1 if width == NARROW else min(_BESIDE, len(self.panels))
        lines = -(-len(self.panels) // beside)
        names = min(_NAMES if width != NARROW else 1.15, max(map(text_width, self.names))) + 0.12
        tall = len(self.names) * _ROW
        height = lines * (_HEAD + tall + _FOOT)
        wide = (width - names - 0.15 - (beside - 1) * _GAP) / beside
        figure = Figure(figsize=(width, height))
        for place, panel in enumerate(self.panels):
            line, column = divmod(place, beside)
            left = names + column * (wide + _GAP)
            bottom = height - (line + 1) * (_HEAD + tall + _FOOT) + _FOOT
            axes = figure.add_axes((left / width, bottom / height, wide / width, tall / height))
            self._panel(axes, panel, wide, names if column == 0 else 0.0)
        return figure

    def _panel(self, axes: Axes, panel: DotPanel, wide: float, names: float) -> None:
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.tick_params(length=0)
        axes.set_axisbelow(True)
        axes.set_xlim(*panel.ends)
        axes.set_ylim(len(self.names) - 0.5, -0.5)
        axes.set_yticks([])
        if self.ticks:
            axes.set_xticks(self.ticks)
        axes.grid(axis="x", color=INK["rule"], linewidth=0.6)
        axes.set_xlabel(self.scale, fontsize=8)
        axes.set_title(folded(panel.title, wide, most=1)[0], fontsize=9, loc="left", color=INK["ink"])
        if panel.line is not None:
            axes.axvline(panel.line, color=INK["soft"], linewidth=1, linestyle="--")
        dots = {dot.name: dot for dot in panel.dots}
        for y, name in enumerate(self.names):
            if names:
                shown = "\n".join(folded(name, names - 0.12))
                place = axes.get_yaxis_transform()
                axes.annotate(shown, (0, y), (-7, 0), place, "offset points", ha="right", va="center")
            if (dot := dots.get(name)) is None:
                continue
            ink = INK["anchor"] if dot.marked else INK["accent"]
            if dot.low is not None and dot.high is not None:
                axes.plot([dot.low, dot.high], [y, y], color=ink, linewidth=1.6, zorder=3)
            axes.plot([dot.value], [y], "D" if dot.marked else "o", color=ink, markersize=5, clip_on=False, zorder=4)
