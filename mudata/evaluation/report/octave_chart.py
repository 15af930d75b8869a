"""How far tempi are off: the ratio of answer and truth on a scale of octaves, a row for each run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mudata.evaluation.report.style import INK, NARROW, WIDE, canvas, folded, text_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mudata.evaluation.report.data import Panel, PanelEntry

_REACH = math.log2(3) + 0.15
"""Octaves on either side: three times and a third lie just inside."""
_BIN = 0.05
"""Octaves of a bar: about 3.5 %."""
_MARKS = {"⅓": math.log2(1 / 3), "½": -1.0, "1": 0.0, "2": 1.0, "3": math.log2(3)}
_ROW, _NAME = 0.62, 2.2
"""Inches: height of a run, and most that its name takes."""
_TALLEST = 0.68
"""Of a run's height, what the tallest bar takes."""


def has_octaves(panel: Panel) -> bool:
    """Whether numbers were asked for that can be right in another octave."""
    answer = next((answer for entry in panel.entries for answer in entry.answers), None)
    scale = answer.asked.scale if answer and answer.asked else None
    return bool(scale and scale.octaves) and any(octaves_off(entry) for entry in panel.entries)


def octaves_off(entry: PanelEntry) -> list[float]:
    """log2 of answer / truth, of every answer that is one number above 0."""
    found = []
    for answer in entry.answers:
        label = answer.read.get("label")
        if label and float(label) > 0 and float(answer.references[0]) > 0:
            found.append(math.log2(float(label) / float(answer.references[0])))
    return found


def octave_errors(panel: Panel, width: float = WIDE) -> Figure:
    """A row of bars for each run: the share of all items whose answer is off by so much."""
    import numpy as np

    narrow = width == NARROW
    names = [folded(entry.name, width - 0.2 if narrow else _NAME) for entry in panel.entries]
    left = 0.1 if narrow else 0.15 + max(text_width(line) for name in names for line in name)
    row = _ROW + (0.2 if narrow else 0.0)
    figure, axes = canvas((width, 0.1 + row * len(names) + 0.5), left=left, right=0.15, top=0.1, bottom=0.5)
    half = math.ceil(_REACH / _BIN)
    edges = (np.arange(-half, half + 2) - 0.5) * _BIN
    shares = []
    for entry in panel.entries:
        off = np.clip(octaves_off(entry), edges[0] + _BIN / 2, edges[-1] - _BIN / 2)
        shares.append(np.histogram(off, edges)[0] / entry.n)
    highest = max(max(share) for share in shares) or 1.0
    for at in _MARKS.values():
        axes.axvline(at, color=INK["rule"], linewidth=0.8, zorder=0)
    for place, (share, name) in enumerate(zip(shares, names, strict=True)):
        floor = len(names) - 1 - place
        centres = (edges[:-1] + edges[1:]) / 2
        axes.bar(centres, _TALLEST * share / highest, width=_BIN * 0.9, bottom=floor, color=INK["accent"], zorder=2)
        axes.axhline(floor, color=INK["rule"], linewidth=0.8, zorder=1)
        text = "\n".join(name)
        if narrow:
            axes.text(edges[0], floor + 0.98, text, ha="left", va="top", fontsize=8.5)
        else:
            axes.text(edges[0] - 0.06, floor + 0.3, text, ha="right", va="center")
        peak = int(np.argmax(share))
        if share[peak] > 0:
            told = f"{100 * share[peak]:.0f} %"
            side, ha = (0.05, "left") if centres[peak] < 1 else (-0.05, "right")
            top = floor + _TALLEST * share[peak] / highest
            axes.text(centres[peak] + side, top, told, va="bottom", ha=ha, fontsize=8)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(-0.02, len(names))
    axes.set_yticks([])
    axes.set_xticks(list(_MARKS.values()), list(_MARKS))
    axes.set_xlabel("answer / truth")
    return figure
