"""All of a report: gathered, and written to the files that are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError, MissingExtra, number
from mudata.home import write_atomic, writing_to
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home


def write(
    home: Home,
    names: Sequence[str],
    page: Path,
    *,
    title: str | None = None,
    embed_audio: bool = False,
    markdown: Path | None = None,
    latex: Path | None = None,
    plots: Path | None = None,
    data: Path | None = None,
    waveforms: bool = True,
    progress: Progress = SILENT,
) -> dict[Path, str]:
    """Write the page, and the tables, figures and data that are wanted.

    Args:
        home: whose runs and index are read.
        names: run ids or folders; none means every run that is scored.
        page: the HTML file to write.
        title: of the page; without one it names models and datasets.
        embed_audio: put the clips into the page, up to `explorer.EMBED_LIMIT`.
        markdown, latex: files for tables; plots, data: folders for figures and exports.
        waveforms: decode the clips to show them.
        progress: told what is left out.

    Returns:
        What each file written is, by path.

    Raises:
        MissingExtra: the extra `report` is not installed.
        UnknownName: no run has that name.
        EvaluationError: a run is damaged or not scored, or a folder is named for a file, or a file for
            a folder.
    """
    _needs_extra()
    _check_places((page, markdown, latex), (plots, data))
    from mudata.evaluation.report import charts, exports, paper_tables
    from mudata.evaluation.report.explorer import find_audio
    from mudata.evaluation.report.gather import gather
    from mudata.evaluation.report.headline import headline
    from mudata.evaluation.report.heard_section import heard_exams
    from mudata.evaluation.report.listening_section import listening_sections
    from mudata.evaluation.report.page import render
    from mudata.evaluation.report.waveforms import BUDGET_S

    with progress.bar("Gathering the runs", unit=""):
        report = gather(home, _runs(home, names, progress), title)
    for panel in report.panels:
        progress.say(f"{report.titles[panel.key]}: {headline(panel)}")
    audio = find_audio(home, report, page, embed=embed_audio, waveforms=waveforms, progress=progress)
    if audio.left:
        told = number(audio.embedded, "clip is", "clips are")
        progress.say(f"{told} in the page; {audio.left} would make it too large and are linked.")
    if audio.undrawn:
        hours = BUDGET_S / 3600
        told = number(audio.undrawn, "clip has", "clips have")
        progress.say(f"{told} no waveform: the page decodes {hours:g} h of audio, and no more.")
    with progress.bar("Drawing the page", unit=""):
        heard, people = heard_exams(home, report, progress), listening_sections(home, report, progress)
        _put(page, render(report, audio, heard, people))
    written = {page: "page"}
    if markdown:
        _put(markdown, paper_tables.markdown(report))
        written[markdown] = "Markdown table"
    if latex:
        _put(latex, paper_tables.latex(report))
        written[latex] = "LaTeX table"
    if plots:
        with progress.bar("Drawing figures", unit=""), writing_to(plots):
            written |= dict.fromkeys(charts.save(report.panels, plots), "figure")
    if data:
        with progress.bar("Writing the data", unit=""), writing_to(data):
            written |= exports.save(report, data)
    return written


def _put(path: Path, text: str | bytes) -> None:
    with writing_to(path.parent):
        write_atomic(path, text)


def _check_places(files: Sequence[Path | None], folders: Sequence[Path | None]) -> None:
    """Before minutes of work: whether each name can be that of a file, or of a folder."""
    for path in filter(None, files):
        if not path.name or path.is_dir():
            raise EvaluationError(f"{path} is a folder.", "Name a file to write.")
    for path in filter(None, folders):
        if path.exists() and not path.is_dir():
            raise EvaluationError(f"{path} is a file.", "Name a folder to write to.")


def _needs_extra() -> None:
    for package in ("jinja2", "matplotlib"):
        try:
            __import__(package)
        except ImportError as error:
            raise MissingExtra("A report", package, "report") from error


def _runs(home: Home, names: Sequence[str], progress: Progress) -> list[Run]:
    """The runs named, or all that are scored; those left out are told."""
    from mudata.evaluation.run import find, readable_runs

    if names:
        return [find(home, name) for name in names]
    return [run for run, _ in readable_runs(home, lambda run: (run.scores, run.settings), progress)]
