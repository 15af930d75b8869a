"""The figures of a report,
drawn once for the page (SVG in the page's own colours and type) and for papers.

Every figure is a function from a panel and a width to a matplotlib Figure; `ink` writes it. No
meaning rests on colour alone: markers, hatching, labels and the tables beside them say the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.evaluation.report.style import INK, blank, plain, write
from mudata.evaluation.report.wording import FATES, METRICS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mudata.evaluation.report.data import Panel, PanelEntry

_HATCH = {"lenient": "////", "several": "\\\\\\\\", "refused": "....", "echo": "xxxx", "error": "||||"}
_MARKERS = "osD^vP"
_TURNED: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
WIDE, NARROW = 8.6, 3.4
"""Inches: beside text on a desk, and on a telephone."""

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


def score_strip(panel: Panel, width: float = WIDE) -> Figure:
    """One row per run: the score with its 95 % interval, and for classification the parser interval
    as a band; then what was published about the same models, and one row of ticks for everybody
    else."""
    name = panel.headline
    percent = METRICS[name].style == "percent"
    scale = 100 if percent else 1
    same, others = panel.published_here, panel.published_elsewhere
    labels = [entry.name for entry in panel.entries] + [f"◇ {anchor.model}" for anchor in same]
    labels += ["others, published"] if others else []
    figure, axes = blank(width, 0.36 * len(labels) + 0.7)
    for y, entry in enumerate(panel.entries):
        metric = entry.metrics[name]
        if entry.parser_interval:
            low, high = (scale * end for end in entry.parser_interval)
            axes.plot([low, high], [y, y], color=INK["band"], linewidth=10, solid_capstyle="butt", zorder=2)
        _whisker(axes, y, [scale * metric[key] for key in ("low", "value", "high")], "accent", "o")
    for y, anchor in enumerate(same, start=len(panel.entries)):
        ends = (anchor.value if end is None else end for end in (anchor.low, anchor.value, anchor.high))
        _whisker(axes, y, [scale * end for end in ends], "anchor", "D")
    for anchor in others:
        axes.plot([scale * anchor.value], [len(labels) - 1], "|", color=INK["anchor"], markersize=9, zorder=3)
    highest = [scale * entry.metrics[name]["high"] for entry in panel.entries]
    highest += [scale * anchor.value for anchor in (*same, *others)]
    axes.set_xlim(0, 100 if percent else min(1.0, 1.1 * max(highest) + 0.02))
    _rows(axes, labels, width)
    words = []
    for reference, metric in panel.references.items():
        style, sign = (":", "·····") if reference == "chance" else ("--", "– – –")
        axes.axvline(scale * metric["value"], color=INK["soft"], linewidth=1, linestyle=style, zorder=1)
        value = f"{100 * metric['value']:.1f} %" if percent else f"{metric['value']:.3f}"
        words.append(f"{sign} {METRICS[reference].title} {value}")
    _above(axes, "    ".join(words))
    axes.set_xlabel(METRICS[name].title + (", %" if percent else ""))
    return figure


def outcomes(panel: Panel, width: float = WIDE) -> Figure:
    """A bar per run, cut by where the answers ended."""
    from matplotlib.patches import Patch

    figure, axes = blank(width, 0.4 * len(panel.entries) + 0.7)
    for y, entry in enumerate(panel.entries):
        left = 0.0
        for name, n in entry.fates.items():
            share = 100 * n / entry.n
            _segment(axes, (left, y), share, name, roomy=share * width > 36)
            left += share
    axes.set_xlim(0, 100)
    _rows(axes, [entry.name for entry in panel.entries], width)
    axes.grid(visible=False)
    axes.set_xlabel("share of answers, %")
    keys = [
        Patch(facecolor=INK[f"fate-{name}"], edgecolor=INK["paper"], hatch=_HATCH.get(name), linewidth=0)
        for name in panel.fates
    ]
    axes.legend(
        keys,
        [FATES[name][0] for name in panel.fates],
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=2 if width == NARROW else len(keys) if len(keys) <= 6 else (len(keys) + 1) // 2,
        frameon=False,
        handlelength=1.1,
        handleheight=0.9,
        columnspacing=1.2,
        borderpad=0.1,
    )
    return figure


def parsing_rules(panel: Panel, width: float = WIDE) -> Figure:
    """The same answers under other published rules of reading them: one line per run."""
    entries = [entry for entry in panel.entries if entry.parsing_rules]
    order = [name for name in RULE_NAMES if all(name in entry.parsing_rules for entry in entries)]
    figure, axes = blank(width, 3.1)
    ends = []
    for number, entry in enumerate(entries):
        values = [100 * entry.parsing_rules[name]["accuracy"] for name in order]
        colour, style = INK[f"line-{number % 6 + 1}"], "-" if number < 6 else "--"
        marker = _MARKERS[number % 6]
        axes.plot(values, color=colour, linewidth=1.6, linestyle=style, marker=marker, markersize=4.5, clip_on=False)
        ends.append((values[-1], plain(entry.name, 24 if width > NARROW else 12), colour))
    for y, text, colour in _spread(ends, 5.5 if width > NARROW else 6.5):
        axes.text(len(order) - 0.8, y, text, color=colour, va="center")
    turned: dict[str, Any] = _TURNED if width == NARROW else {}
    axes.set_xticks(range(len(order)), [RULE_NAMES[name] for name in order], **turned)
    axes.tick_params(axis="x", pad=7)  # below the markers of what is never right
    axes.set_ylim(0, 100)
    axes.set_xlim(-0.2, len(order) - 0.9)
    axes.set_ylabel("accuracy, %")
    axes.grid(axis="y", color=INK["rule"], linewidth=0.6)
    return figure


def captions(panel: Panel, width: float = WIDE) -> Figure:
    """ROUGE-L F of each run beside what needs no listening:
    wrong clip, constant caption, another clip's caption."""
    figure, axes = blank(width, 0.42 * len(panel.entries) + 0.7)
    highest = []
    for y, entry in enumerate(panel.entries):
        for name, up, marker, ink in (
            ("rougeL_f", -0.1, "o", "accent"),
            ("rougeL_f_wrong_clip", 0.18, "X", "fate-wrong"),
        ):
            if metric := entry.metrics.get(name):
                _whisker(axes, y + up, [metric[key] for key in ("low", "value", "high")], ink, marker)
                highest.append(metric["high"])
    words = ["● right clip", "✖ wrong clip"]
    for name, style, sign in (("constant", ":", "·····"), ("random_human", "--", "– – –")):
        if metric := panel.entries[0].metrics.get(f"rougeL_f_{name}"):
            axes.axvline(metric["value"], color=INK["soft"], linewidth=1, linestyle=style, zorder=1)
            highest.append(metric["value"])
            words.append(f"{sign} {name.replace('_', ' ')} {metric['value']:.3f}")
    axes.set_xlim(0, 1.1 * max(highest) or 1)
    _rows(axes, [entry.name for entry in panel.entries], width)
    _above(axes, ("\n" if width == NARROW else "    ").join(["    ".join(words[:2]), "    ".join(words[2:])]))
    axes.set_xlabel("ROUGE-L F")
    return figure


def lengths(panel: Panel, width: float = WIDE) -> Figure:
    """How many words the captions have: share of captions by length, one line per run."""
    histograms = {e.name: e.run.scores["captions"]["answer_words"]["histogram"] for e in panel.entries}
    figure, axes = blank(width, 2.4)
    for number, (name, bins) in enumerate(histograms.items()):
        total = sum(bin_["n"] for bin_ in bins)
        shares = [100 * bin_["n"] / total for bin_ in bins]
        axes.plot(
            shares,
            color=INK[f"line-{number % 6 + 1}"],
            linewidth=1.6,
            linestyle="-" if number < 6 else "--",
            marker=_MARKERS[number % 6],
            markersize=4.5,
            label=plain(name, 24 if width > NARROW else 16),
        )
    ends = [
        f"{bin_['from']}+" if bin_["to"] is None else "–".join(dict.fromkeys(map(str, (bin_["from"], bin_["to"]))))
        for bin_ in bins
    ]
    turned: dict[str, Any] = _TURNED if width == NARROW else {}
    axes.set_xticks(range(len(ends)), ends, **turned)
    axes.set_ylim(0)
    axes.set_ylabel("captions, %")
    axes.set_xlabel("words")
    axes.grid(axis="y", color=INK["rule"], linewidth=0.6)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=2 if width == NARROW else 4, frameon=False)
    return figure


def confusion(entry: PanelEntry, width: float = WIDE) -> Figure:
    """References in rows, answers in columns, shaded by the share of the row.
    For papers; the page has a table."""
    from matplotlib.patches import Rectangle

    table = entry.confusion
    assert table is not None  # noqa: S101 - only what is there is drawn
    rows, columns = len(table.references), len(table.answers)
    cell = min(0.42, width / (columns + 4))
    figure, axes = blank(cell * columns, cell * rows)
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
    drawings: dict[str, Callable[[float], Figure]] = {"scores": lambda width: score_strip(panel, width)}
    if len(panel.fates) > 1:
        drawings["outcomes"] = lambda width: outcomes(panel, width)
    if panel.kind == "caption":
        drawings["controls"] = lambda width: captions(panel, width)
        if panel.whole and all(entry.run.scores.get("captions") for entry in panel.entries):
            drawings["lengths"] = lambda width: lengths(panel, width)
    if panel.parsing_rules:
        drawings["policies"] = lambda width: parsing_rules(panel, width)
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
            stem = re.sub(r"[^\w.-]+", "-", f"{panel.dataset}-{panel.task}-{panel.split}-{name}").strip("-")
            for form in ("png", "svg"):
                path = folder / f"{stem}.{form}"
                write(draw, WIDE, path)
                written.append(path)
    return written


def _rows(axes: Axes, labels: Sequence[str], width: float) -> None:
    axes.set_yticks(range(len(labels)), [plain(label, 32 if width > NARROW else 16) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(axis="x", color=INK["rule"], linewidth=0.6)


def _above(axes: Axes, text: str) -> None:
    """A legend in words, over the upper right corner."""
    place = axes.get_xlim()[1], axes.get_ylim()[1]
    kept = text.replace("  ", "\u00a0 \u00a0")  # SVG folds spaces
    axes.annotate(
        kept, place, (0, 5), textcoords="offset points", ha="right", va="bottom", color=INK["soft"], fontsize=8
    )


def _whisker(axes: Axes, y: float, ends: Sequence[float], ink: str, marker: str) -> None:
    low, value, high = ends
    axes.plot([low, high], [y, y], color=INK[ink], linewidth=1.6, solid_capstyle="butt", zorder=3)
    face = INK["paper" if ink == "anchor" else ink]
    axes.plot([value], [y], marker, color=INK[ink], markersize=6, markerfacecolor=face, zorder=4, clip_on=False)


def _segment(axes: Axes, at: tuple[float, int], share: float, name: str, *, roomy: bool) -> None:
    left, y = at
    colour, hatch = INK[f"fate-{name}"], _HATCH.get(name)
    axes.barh(y, share, left=left, height=0.62, color=colour, edgecolor=INK["paper"], linewidth=0.8, hatch=hatch)
    if roomy:
        ink = INK["paper" if name in ("right", "set", "answered", "error", "wrong") else "ink"]
        back = {"boxstyle": "square,pad=0.12", "facecolor": colour, "edgecolor": "none"} if hatch else None
        axes.text(left + share / 2, y, f"{share:.0f}", ha="center", va="center", color=ink, fontsize=8.5, bbox=back)


def _spread(ends: Sequence[tuple[float, str, str]], apart: float) -> list[tuple[float, str, str]]:
    """Labels at their heights, moved up just as far as they would overlap."""
    placed: list[tuple[float, str, str]] = []
    for y, text, colour in sorted(ends):
        placed.append((max(y, placed[-1][0] + apart) if placed else y, text, colour))
    over = max(0.0, placed[-1][0] - 100) if placed else 0.0
    return [(y - over, text, colour) for y, text, colour in placed]
