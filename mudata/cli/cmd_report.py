"""`mudata report`: runs as one page, as tables and as figures."""

from __future__ import annotations

from pathlib import Path

import click

from mudata.cli import name_completion
from mudata.cli.output import common, emit, progress
from mudata.home import Home

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("runs", nargs=-1, shell_complete=name_completion.runs)
@click.option(
    "-o",
    "--output",
    type=_FILE,
    default="report.html",
    show_default=True,
    help="The page; clips are linked from where it lies.",
)
@click.option("--title", help="Heading of the page.")
@click.option(
    "--embed-audio", is_flag=True, help="Put the clips into the page (up to 100 MiB) instead of linking them."
)
@click.option("--markdown", type=_FILE, help="Write the scores as a Markdown table too.")
@click.option("--latex", type=_FILE, help="Write the scores as a LaTeX table (booktabs, graphicx) too.")
@click.option(
    "--plots",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the figures too: PNG and SVG, in this folder.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write answers (Parquet), all tables (DuckDB), results (JSON) and badges (SVG) too, in this folder.",
)
@click.option("--no-waveforms", is_flag=True, help="Do not decode the clips to show their waveforms.")
@common
def report(
    *,
    runs: tuple[str, ...],
    output: Path,
    title: str | None,
    embed_audio: bool,
    markdown: Path | None,
    latex: Path | None,
    plots: Path | None,
    data: Path | None,
    no_waveforms: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Make one page of scored runs: RUNS are ids or folders [default: all that are scored].

    The page is a single file that needs no network. It shows scores with intervals, where answers
    ended, how other rules would count them, and every answer beside its clip.
    """
    from mudata.evaluation.report.build import write

    say = progress(quiet)
    written = write(
        Home.default(),
        runs,
        output,
        title=title,
        embed_audio=embed_audio,
        markdown=markdown,
        latex=latex,
        plots=plots,
        data=data,
        waveforms=not no_waveforms,
        progress=say,
    )
    rows = [{"file": str(path), "what": what, "bytes": path.stat().st_size} for path, what in written.items()]
    emit(rows, as_json=as_json)
