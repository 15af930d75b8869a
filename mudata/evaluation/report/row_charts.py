"""Figures with one row per run: scores beside what was published, where answers ended, captions
beside their controls.

On a wide screen names stand left of the rows and values right of them; on a narrow one both stand
above. Rows are placed in inches from the top.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mudata.evaluation.metrics.scored import interval_text
from mudata.evaluation.report.style import INK, NARROW, ON_FATE, WIDE, canvas, folded, text_width
from mudata.evaluation.report.wording import FATES, METRICS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mudata.evaluation.report.data import Panel, PanelEntry
    from mudata.evaluation.suites.suite import Anchor

HATCH = {"lenient": "////", "several": "\\\\\\\\", "refused": "....", "echo": "xxxx", "error": "||||"}
_NAMES = 2.7
"""Most inches that names take of a wide figure; longer ones are folded."""
_SIGNS = {
    "chance": (":", "·····"),
    "constant": ("--", "– – –"),
    "majority": ("--", "– – –"),
    "majority_micro_f1": ("--", "– – –"),
}


class ChartRow(NamedTuple):
    """`whose`: 'here', 'published', or 'heading' of the rows that follow."""

    name: str
    value: str = ""
    whose: str = "here"


def score_strip(panel: Panel, width: float = WIDE) -> Figure:
    """The score of each run with its 95 % interval, and for classification the parser interval as a
    band; then what was published about the same models, and about others, each under its name."""
    name = panel.headline
    scale = 100 if METRICS[name].style == "percent" else 1
    runs = [ChartRow(_name(panel, entry), _value(name, entry.metrics[name])) for entry in panel.entries]
    published: list[Anchor | None] = [None] * len(runs)
    rows = list(runs)
    for heading, anchors in (
        ("published, of the same model", panel.published_here),
        ("published, of other models", panel.published_elsewhere),
    ):
        if anchors:
            best_first = sorted(anchors, key=lambda anchor: -anchor.value)
            rows += [ChartRow(heading, whose="heading"), *(_published(name, anchor) for anchor in best_first)]
            published += [None, *best_first]
    words = [
        f"{_SIGNS[reference][1]} {METRICS[reference].title} {_number(name, metric['value'])}"
        for reference, metric in panel.references.items()
    ]
    figure, axes, places = _rows(width, rows, words)
    for y, entry in zip(places, panel.entries, strict=False):
        metric = entry.metrics[name]
        if entry.parser_interval:
            low, high = (scale * end for end in entry.parser_interval)
            axes.plot([low, high], [y, y], color=INK["band"], linewidth=10, solid_capstyle="butt", zorder=2)
        _whisker(axes, y, [scale * end for end in _ends(metric)], "accent", "o")
    for y, anchor in zip(places, published, strict=True):
        if anchor:
            _whisker(axes, y, [scale * end for end in _ends(_measured(anchor))], "anchor", "D")
    highest = [_ends(entry.metrics[name])[-1] for entry in panel.entries]
    highest += [anchor.high or anchor.value for anchor in panel.anchors]
    highest += [metric["value"] for metric in panel.references.values()]
    axes.set_xlim(0, 100 if scale == 100 else min(1.0, 1.1 * max(highest) + 0.02))
    for reference, metric in panel.references.items():
        style = _SIGNS[reference][0]
        axes.axvline(scale * metric["value"], color=INK["soft"], linewidth=1, linestyle=style, zorder=1)
    axes.set_xlabel(METRICS[name].title + (", %" if scale == 100 else ""))
    return figure


def outcomes(panel: Panel, width: float = WIDE) -> Figure:
    """A bar per run, cut by where the answers ended."""
    from matplotlib.patches import Patch

    titles = [FATES[name][0] for name in panel.fates]
    columns = max(1, min(len(titles), int(width / (max(map(text_width, titles)) + 0.45))))
    lines = -(-len(titles) // columns)
    rows = [ChartRow(_name(panel, entry)) for entry in panel.entries]
    figure, axes, places = _rows(width, rows, above=0.2 * lines + 0.12)
    inches = axes.get_position().width * width
    for y, entry in zip(places, panel.entries, strict=True):
        left = 0.0
        for name, n in entry.fates.items():
            share = 100 * n / entry.n
            _segment(axes, (left, y), share, name, roomy=share / 100 * inches > 0.25)
            left += share
    axes.set_xlim(0, 100)
    axes.grid(visible=False)
    axes.set_xlabel("share of answers, %")
    keys = [
        Patch(facecolor=INK[f"fate-{name}"], edgecolor=INK["paper"], hatch=HATCH.get(name), linewidth=0)
        for name in panel.fates
    ]
    figure.legend(
        keys,
        titles,
        loc="upper left",
        bbox_to_anchor=(0, 1),
        ncols=columns,
        frameon=False,
        handlelength=1.1,
        handleheight=0.9,
        columnspacing=1.2,
        borderpad=0,
        borderaxespad=0,
    )
    return figure


def captions(panel: Panel, width: float = WIDE) -> Figure:
    """ROUGE-L F of each run beside what needs no listening:
    wrong clip, constant caption, another clip's caption."""
    words, lines, highest = ["● right clip", "✖ wrong clip"], [], []
    for name, style, sign in (("constant", ":", "·····"), ("random_human", "--", "– – –")):
        if metric := panel.entries[0].metrics.get(f"rougeL_f_{name}"):
            lines.append((metric["value"], style))
            highest.append(metric["value"])
            words.append(f"{sign} {name.replace('_', ' ')} {metric['value']:.3f}")
    rows = [ChartRow(_name(panel, entry), f"{entry.metrics['rougeL_f']['value']:.3f}") for entry in panel.entries]
    figure, axes, places = _rows(width, rows, words)
    for y, entry in zip(places, panel.entries, strict=True):
        for name, lower, marker, ink in (
            ("rougeL_f", -0.03, "o", "accent"),
            ("rougeL_f_wrong_clip", 0.07, "X", "fate-wrong"),
        ):
            if metric := entry.metrics.get(name):
                _whisker(axes, y + lower, _ends(metric), ink, marker)
                highest.append(_ends(metric)[-1])
    for value, style in lines:
        axes.axvline(value, color=INK["soft"], linewidth=1, linestyle=style, zorder=1)
    axes.set_xlim(0, 1.1 * max(highest) or 1)
    axes.set_xlabel("ROUGE-L F")
    return figure


def _name(panel: Panel, entry: PanelEntry) -> str:
    """Marked where it was asked about other clips than most."""
    if not panel.is_other_clips(entry):
        return entry.name
    same_number = any(other.n == entry.n and not panel.is_other_clips(other) for other in panel.entries)
    return f"{entry.name} ({'other clips' if same_number else f'n = {entry.n}'})"


def _number(metric: str, value: float) -> str:
    return f"{100 * value:.1f}" if METRICS[metric].style == "percent" else f"{value:.3f}"


def _value(metric: str, values: Any) -> str:
    ends = interval_text(values["low"], values["high"], lambda end: _number(metric, end))
    return f"{_number(metric, values['value'])} {ends}"


def _ends(values: Mapping[str, Any]) -> tuple[float, float, float]:
    """Low, value and high; without an interval the value alone, so that no line is drawn."""
    low, value, high = (values[key] for key in ("low", "value", "high"))
    return (value, value, value) if low is None or high is None else (low, value, high)


def _measured(anchor: Anchor) -> dict[str, float | None]:
    return {"value": anchor.value, "low": anchor.low, "high": anchor.high}


def _published(metric: str, anchor: Anchor) -> ChartRow:
    text = _number(metric, anchor.value) if anchor.low is None else _value(metric, _measured(anchor))
    return ChartRow(anchor.model, text + (f"  n = {anchor.n}" if anchor.n else ""), "published")


def _rows(
    width: float, rows: Sequence[ChartRow], words: Sequence[str] = (), above: float = 0.0
) -> tuple[Figure, Axes, list[float]]:
    """Axes with a place for each row, its name and value written, and words above them; the places
    are heights in inches from the top."""
    narrow = width == NARROW
    room = width - 0.1 if narrow else _NAMES
    names = [folded(row.name, room - (text_width(row.value) + 0.1 if narrow else 0), most=4) for row in rows]
    lines = folded("    ".join(words), width, most=3) if words else []
    above = max(above, 0.18 * len(lines) + 0.08)
    places, starts, y = [], [], 0.0
    for row, name in zip(rows, names, strict=True):
        least = 0.30 if row.whose == "heading" else 0.26 if row.whose == "published" else 0.36
        text = 0.16 * len(name)
        starts.append(y)
        y += text + (0.0 if row.whose == "heading" else 0.26) + 0.06 if narrow else max(least, text + 0.08)
        places.append(y - 0.15 if narrow else (starts[-1] + y) / 2)
    left = 0.1 if narrow else 0.15 + max(text_width(line) for name in names for line in name)
    right = 0.12 if narrow else 0.2 + max(text_width(row.value) for row in rows)
    figure, axes = canvas((width, above + y + 0.5), left=left, right=right, top=above, bottom=0.5)
    axes.set_ylim(y, 0)
    axes.set_yticks([])
    axes.grid(axis="x", color=INK["rule"], linewidth=0.6)
    _write(figure, axes, zip(rows, names, starts, places, strict=True), narrow=narrow)
    if lines:
        start = 0 if narrow else left / width
        figure.text(start, 1, "\n".join(lines), ha="left", va="top", color=INK["soft"], fontsize=8, linespacing=1.5)
    return figure, axes, places


def _write(figure: Figure, axes: Axes, rows: Any, *, narrow: bool) -> None:
    from matplotlib.transforms import blended_transform_factory

    at: dict[str, Any] = {"transform": blended_transform_factory(figure.transFigure, axes.transData)}
    if narrow:  # lines run behind the names
        at["bbox"] = {"boxstyle": "square,pad=0.05", "facecolor": INK["paper"], "edgecolor": "none"}
    for row, name, start, place in rows:
        y, va = (start + 0.03, "top") if narrow else (place, "center")
        colour = INK["soft" if row.whose == "heading" else "anchor" if row.whose == "published" else "ink"]
        size = 8 if row.whose == "heading" else 9
        axes.text(0, y, "\n".join(name), ha="left", va=va, color=colour, fontsize=size, **at)
        if row.value:
            axes.text(1, y, row.value, ha="right", va=va, color=colour, fontsize=8.5, **at)


def _whisker(axes: Axes, y: float, ends: Sequence[float], ink: str, marker: str) -> None:
    low, value, high = ends
    axes.plot([low, high], [y, y], color=INK[ink], linewidth=1.6, solid_capstyle="butt", zorder=3)
    face = INK["paper" if ink == "anchor" else ink]
    size = 5 if ink == "anchor" else 6
    axes.plot([value], [y], marker, color=INK[ink], markersize=size, markerfacecolor=face, zorder=4, clip_on=False)


def _segment(axes: Axes, at: tuple[float, float], share: float, name: str, *, roomy: bool) -> None:
    left, y = at
    colour, hatch = INK[f"fate-{name}"], HATCH.get(name)
    axes.barh(y, share, left=left, height=0.22, color=colour, edgecolor=INK["paper"], linewidth=0.8, hatch=hatch)
    if roomy:
        ink = INK[ON_FATE.get(name, "ink")]
        back = {"boxstyle": "square,pad=0.12", "facecolor": colour, "edgecolor": "none"} if hatch else None
        axes.text(left + share / 2, y, f"{share:.0f}", ha="center", va="center", color=ink, fontsize=8.5, bbox=back)
