"""Tables for papers: one per panel, best first,
with intervals, denominators, ties and the recipe in a footnote."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from mudata.evaluation.metrics.interval_notes import formulas
from mudata.evaluation.report.data import REFERENCES
from mudata.evaluation.report.headline import floor_test, headline
from mudata.evaluation.report.wording import METRICS, WITH_INTERVAL, written

if TYPE_CHECKING:
    from mudata.evaluation.report.data import Panel, PanelEntry, Report


def markdown(report: Report) -> str:
    """GitHub's Markdown: a heading, a table and a footnote per panel."""
    parts = []
    for panel in report.panels:
        header = [_md(name) for name in _header(panel)]
        lines = [header, ["---" if i < _texts(panel) else "---:" for i in range(len(header))]]
        lines += [[_md(cell) for cell in _row(panel, entry)] for entry in panel.entries]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        sentence = _md(headline(panel))
        parts.append(f"### {_md(_caption(panel))}\n\n{sentence}\n\n{table}\n\n{_md(_footnote(panel))}\n")
    return "\n".join(parts)


def latex(report: Report) -> str:
    """LaTeX for the packages booktabs and graphicx (which shrinks what is wider than the text), one
    table environment per panel; UTF-8, as LaTeX reads it since 2018."""
    parts = ["% \\usepackage{booktabs,graphicx}\n"]
    for panel in report.panels:
        columns = "l" * _texts(panel) + "r" * (len(_header(panel)) - _texts(panel))
        rows = [" & ".join(map(_tex, row)) + r" \\" for row in (_row(panel, entry) for entry in panel.entries)]
        label = re.sub(r"[^a-z0-9]+", "-", f"{panel.title}-{panel.split}".lower()).strip("-")
        lines = [
            r"\begin{table}",
            r"  \centering",
            rf"  \caption{{{_tex(_caption(panel))}. {_tex(headline(panel))}}}",
            rf"  \label{{tab:{label}}}",
            r"  \footnotesize",
            r"  \setlength{\tabcolsep}{3pt}",
            r"  \resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"  \begin{{tabular}}{{@{{}}{columns}@{{}}}}",
            r"    \toprule",
            f"    {' & '.join(map(_tex, _header(panel)))} \\\\",
            r"    \midrule",
            *(f"    {row}" for row in rows),
            r"    \bottomrule",
            r"  \end{tabular}}",
            rf"  \par\medskip\raggedright {_tex(_footnote(panel))}",
            r"\end{table}",
        ]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _texts(panel: Panel) -> int:
    """How many of the first columns are text."""
    return 2 if panel.groups else 1


def _header(panel: Panel) -> list[str]:
    names = [METRICS[name].title + " [95 %]" * (name in WITH_INTERVAL) for name in panel.columns]
    interval = ["parser interval"] if any(entry.parser_interval for entry in panel.entries) else []
    return ["model", *(["group"] if panel.groups else []), *names, *interval, "n"]


def _row(panel: Panel, entry: PanelEntry) -> list[str]:
    cells = []
    for name in panel.columns:
        if name == "coverage" and entry.run.scores["forced_choice"]:
            cells.append("forced")
        else:
            cells.append(
                written(name, entry.metrics[name], interval=name in WITH_INTERVAL) if name in entry.metrics else "–"
            )
    interval = []
    if any(other.parser_interval for other in panel.entries):
        ends = entry.parser_interval
        interval = [f"{100 * ends[0]:.1f}–{100 * ends[1]:.1f} %" if ends else "–"]
    group = [panel.groups.get(entry.run.id, "–")] if panel.groups else []
    mark = " *" if panel.is_other_clips(entry) else ""
    return [entry.name, *group, *cells, *interval, f"{entry.n}{mark}"]


def _caption(panel: Panel) -> str:
    part = f", part {panel.part}" if panel.part else ""
    return f"{panel.title.replace(' · ', ', ')}: split {panel.split}{part}, {panel.clips} clips"


def _footnote(panel: Panel) -> str:
    """Clips, clusters and intervals, chance, ties, and how the headline was computed."""
    sentences = [f"{panel.basis}."]
    if compared_with := _compared_with(panel):
        sentences.append(f"For comparison: {compared_with}.")
    if tested := floor_test(panel):
        sentences.append(f"{tested}.")
    if panel.measured:
        sentences.append(f"Runs with a letter in common are not told apart ({panel.test}).")
    if panel.unequal:
        sentences.append("* Asked about other clips than most: the score stands beside scores of other clips.")
    sentences.append(
        f"{METRICS[panel.headline].title}: {formulas(entry.metrics[panel.headline] for entry in panel.entries)}."
    )
    if aligner := panel.entries[0].run.scores.get("aligner"):
        sentences.append(f"Answers read by {aligner}, mudata {panel.entries[0].run.scores.get('mudata_version')}.")
    return " ".join(sentences)


def _compared_with(panel: Panel) -> str:
    """Chance and majority in words; where they differ with the clips, of whose clips each is."""
    told = []
    for name in REFERENCES:
        runs: dict[str, list[str]] = {}
        for entry in panel.entries:
            if name in entry.metrics:
                runs.setdefault(written(name, entry.metrics[name], interval=False), []).append(entry.name)
        each = [f"{value} ({', '.join(names)})" if len(runs) > 1 else value for value, names in runs.items()]
        told += [f"{METRICS[name].title} {', '.join(each)}"] if each else []
    return "; ".join(told)


def _md(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|#~$&])", r"\\\1", _plain(text))


def _tex(text: str) -> str:
    return re.sub(r"[\\{}$&#^_~%<>|\"–≥]", lambda found: _TEX[found.group()], _plain(text))


def _plain(text: str) -> str:
    """One line without control characters."""
    return "".join(" " if c in "\n\t" else c for c in text if c in "\n\t" or unicodedata.category(c)[0] != "C")


_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "^": r"\textasciicircum{}",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "%": r"\%",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "–": "--",
    "≥": r"$\ge$",
}
