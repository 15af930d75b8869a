"""The page: one HTML file that needs nothing else, and asks nobody for anything.

Text from answers, cards and folders reaches it in two ways only: through jinja2 with autoescape,
and as one block of JSON that the script writes out as text. A content security policy allows this
page's own script, by its hash, and forbids the network.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mudata.evaluation.align.alignment import RULES
from mudata.evaluation.align.value_rules import VALUE_RULES
from mudata.evaluation.comparison import comparison_result
from mudata.evaluation.metrics.interval_notes import methods
from mudata.evaluation.metrics.scored import interval_text
from mudata.evaluation.report import charts, exports, headline, heard_chart, run_facts, wording
from mudata.evaluation.report import style as ink
from mudata.evaluation.report.badge import badge
from mudata.evaluation.report.explorer import explorer
from mudata.evaluation.suites import heard_table
from mudata.evaluation.suites.suite_table import VERDICTS
from mudata.safe_text import printable
from mudata.version import __version__

if TYPE_CHECKING:
    from mudata.evaluation.report.data import Panel, Report
    from mudata.evaluation.report.explorer import Audio
    from mudata.evaluation.report.heard_section import HeardExam
    from mudata.evaluation.report.listening_section import ListeningSection
    from mudata.evaluation.suites.suite import Anchor

LARGEST_CONFUSION = 40
"""Labels up to which a confusion matrix is shown whole; above, its most frequent mistakes."""
SHOWN_ERRORS = 200
LARGEST_PARQUET = 2 * 2**20
"""Bytes up to which the answers are in the page as Parquet too."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
"""As HIDDEN of app.js; also what no UTF-8 has."""

_WASHES: dict[str, tuple[str, str]] = {
    "wash": ("#f5f7f8", "#1c2024"),
    "edge": ("#868e96", "#78828c"),
    "good": ("#d5ecd9", "#1f4429"),
    "bad": ("#f8dcd9", "#55282a"),
    "near": ("#fdf0c9", "#4b3f15"),
    "off": ("#fbe0c6", "#5a3715"),
    "dull": ("#e4e8eb", "#363d44"),
    "tick": ("#1d7a3a", "#74c493"),
}
"""As `style.PALETTE`, of what is no figure."""
COLOURS = ink.PALETTE | _WASHES
"""Every colour on white and in the dark."""


def render(
    report: Report, audio: Audio, heard: Sequence[HeardExam] = (), listening: Sequence[ListeningSection] = ()
) -> bytes:
    """The whole page as UTF-8, without control characters; what cannot be encoded becomes a question mark. `heard`:
    exams that were asked blind as well; `listening`: tests in which people rated the runs."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    read = files(__package__)
    style, script = (read.joinpath(name).read_text("utf-8") for name in ("style.css", "app.js"))
    environment = Environment(
        loader=DictLoader({"table_cells.html": read.joinpath("table_cells.html").read_text("utf-8")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )
    environment.globals.update(
        words=wording,
        facts=run_facts,
        percent=_percent,
        written=wording.written,
        shown=comparison_result.shown,
        chance=comparison_result.chance,
        ends=comparison_result.ends,
        interval_text=interval_text,
        methods=methods,
    )
    environment.globals.update(strip_caption=_strip_caption, published=_published, detectable=_detectable)
    environment.globals.update(sentence=headline.headline, tests=headline.tests)
    environment.globals.update(caption_facts=run_facts.caption_facts, largest=LARGEST_CONFUSION, many=SHOWN_ERRORS)
    template = environment.from_string(read.joinpath("template.html").read_text("utf-8"))
    section, people = (
        environment.from_string(read.joinpath(name).read_text("utf-8")) for name in ("heard.html", "listening.html")
    )
    data = explorer(report, audio) | {"rules": RULES | VALUE_RULES, "scores": [run.scores for run in report.runs]}
    data["results"] = [{"file": f"{exports.stem(run)}.json", "text": exports.result_text(run)} for run in report.runs]
    data["badges"] = [f"badge-{exports.stem(run)}.svg" for run in report.runs]
    answers = exports.parquet(report)
    page = template.render(
        report=report,
        audio=audio,
        titles=report.titles,
        figures={panel.key: _figures(panel, report.titles[panel.key]) for panel in report.panels},
        heard=section.render(exams=heard, note=heard_table.NOTE, caption=heard_chart.CAPTION) if heard else "",
        listening=people.render(tests=listening) if listening else "",
        colours=colour_variables(COLOURS),
        style=style,
        script=script,
        policy=_policy(script),
        data=safe_json(data),
        badges=[badge(run) for run in report.runs],
        parquet=base64.b64encode(answers).decode() if len(answers) <= LARGEST_PARQUET else None,
        verdicts=VERDICTS,
        version=__version__,
    )
    return printable(page).encode()


def visible(value: Any) -> Any:
    """Text as the page has it: what cannot be seen is told by its code, as the page's script does
    with answers. No browser takes a NUL, and some characters turn the text around them."""
    from markupsafe import Markup

    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _HIDDEN.sub(lambda found: f"U+{ord(found[0]):04X}", value)


def safe_json(value: Any) -> str:
    """JSON that can stand inside a script element:
    no character of it can end the element or begin a comment."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=str)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _policy(script: str) -> str:
    """Nothing but this page, its own script, and audio beside it or in it."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "media-src 'self' file: data:; base-uri 'none'; form-action 'none'"
    )


def _figures(panel: Panel, title: str) -> dict[str, tuple[Any, Any]]:
    """Wide and narrow SVG of each figure; confusion is a table on the page."""
    titles = {
        "scores": f"{wording.METRICS[panel.headline].title} with 95 % intervals, by run",
        "outcomes": "Where the answers ended, by run",
        "controls": "ROUGE-L F beside its controls, by run",
        "lengths": "Words per caption, by run",
        "octaves": "Ratio of answer and truth in octaves, by run",
        "policies": "The same answers under other rules of reading, by run",
    }
    drawn = {name: draw for name, draw in charts.figures(panel).items() if name in titles}
    return {
        name: (
            ink.svg(draw, ink.WIDE, f"{title}: {titles[name]}", panel.key),
            ink.svg(draw, ink.NARROW, f"{title}: {titles[name]}", panel.key),
        )
        for name, draw in drawn.items()
    }


def colour_variables(colours: Mapping[str, tuple[str, str]]) -> str:
    """Colours on white and in the dark, as CSS variables; paper is always white."""
    light, dark = ("".join(f"--{name}:{pair[i]};" for name, pair in colours.items()) for i in (0, 1))
    return (
        f":root{{color-scheme:light;{light}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}"
    )


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _strip_caption(panel: Panel) -> str:
    """What is what in the score figure."""
    sentences = ["Dots: the score of each run; lines: its 95 % interval."]
    if any(entry.parser_interval for entry in panel.entries):
        sentences.append("Wide bands: from the strict reading to any affirmed mention of the right label.")
    if panel.verdicts:
        sentences.append(
            "Open diamonds: what was published about the same model, on other clips or with another prompt."
        )
    if len(panel.verdicts) < len(panel.anchors):
        sentences.append("Below: what was published about other models, on other clips; lines where n is known.")
    return " ".join(sentences)


def _published(metric: str, anchor: Anchor) -> str:
    """A published value, with an interval where one can be given."""
    low, high = (anchor.value if end is None else end for end in (anchor.low, anchor.high))
    return wording.written(metric, {"value": anchor.value, "low": low, "high": high})


def _detectable(panel: Panel) -> str | None:
    """The smallest difference that tells two runs of this size apart, of the least exact run, as
    text."""
    found = [(entry.run.scores.get("detectable") or {}).get(panel.headline) for entry in panel.entries]
    differences = [one["difference"] for one in found if one]
    if not panel.whole or panel.unequal or not differences or None in differences:
        return None
    points = " points" if panel.headline == "accuracy" else f" {wording.METRICS[panel.headline].title}"
    return comparison_result.shown(panel.headline, max(differences)) + points
