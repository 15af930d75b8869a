"""A run's headline score as a small picture for a README."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from mudata.evaluation.metrics.interval_notes import clips_and_clusters, methods
from mudata.evaluation.metrics.scored import headline_of, interval_text
from mudata.evaluation.report.style import plain
from mudata.evaluation.report.wording import METRICS

if TYPE_CHECKING:
    from mudata.evaluation.report.report_run import ReportRun

_SIZE, _SIDE, _HEIGHT = 11, 6, 20
"""Pixels: type, room beside it, and height, as other badges have them."""
_GREY, _BLUE, _WHITE = "#4a525a", "#1f5fa8", "#ffffff"


def badge(run: ReportRun) -> str:
    """The badge as SVG of one line: datasets and task, then the score with its 95 % interval and its clips; of how many
    clusters they are and how the interval was found is told to who points at it."""
    metrics = {metric["metric"]: metric for metric in run.scores["metrics"]}
    headline = metrics[name := headline_of(run.scores["kind"], metrics)]
    datasets = list(run.scores["datasets"])
    what = f"{datasets[0] if len(datasets) == 1 else f'{len(datasets)} datasets'} {run.scores['task']}"
    scale, digits, unit = (100, 0, " %") if METRICS[name].style == "percent" else (1, 3, "")
    value = f"{100 * headline['value']:.1f}" if unit else f"{headline['value']:.3f}"
    ends = interval_text(headline["low"], headline["high"], lambda end: f"{scale * end:.{digits}f}").replace(", ", "–")
    score = f"{value}{unit} {ends}" if unit else f"{METRICS[name].title} {value} {ends}"
    basis = f"{clips_and_clusters(run.scores['n'], run.scores.get('clusters'))}; interval: {methods([headline])}"
    title = plain(f"{run.name}, {what}: {METRICS[name].title} {score} of {basis}", 400)
    return _svg(plain(what, 60), f"{score} n {headline['n']}", title)


def _svg(left: str, right: str, title: str) -> str:
    """Two boxes; the text is stretched to the width it was measured with,
    whatever type the reader has."""
    widths = [round(_width(text)) for text in (left, right)]
    boxes = [width + 2 * _SIDE for width in widths]
    whole, named = sum(boxes), html.escape(title)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{named}" width="{whole}" height="{_HEIGHT}"'
        f' viewBox="0 0 {whole} {_HEIGHT}"><title>{named}</title>'
    ]
    places = zip((0, boxes[0]), boxes, widths, (left, right), (_GREY, _BLUE), strict=True)
    for x, box, width, text, colour in places:
        parts.append(
            f'<rect x="{x}" width="{box}" height="{_HEIGHT}" fill="{colour}"/>'
            f'<text x="{x + _SIDE}" y="14" textLength="{width}" fill="{_WHITE}" font-size="{_SIZE}"'
            f' font-family="DejaVu Sans,Verdana,sans-serif">{html.escape(text)}</text>'
        )
    return "".join(parts) + "</svg>"


def _width(text: str) -> float:
    """Pixels that a text takes in DejaVu Sans, which matplotlib brings."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    font = FontProperties(family="DejaVu Sans", size=_SIZE)
    width: float = TextToPath().get_text_width_height_descent(text, font, ismath=False)[0]
    return width
