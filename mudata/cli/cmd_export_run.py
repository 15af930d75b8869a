"""`mudata export-run`: a run for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mudata.cli import name_completion
from mudata.cli.output import common, emit, progress

if TYPE_CHECKING:
    from mudata.evaluation.result_export.exporter import ExportFormat


@click.command("export-run")
@click.argument("run", shell_complete=name_completion.runs)
@click.option(
    "--to",
    type=click.Choice(["hf-eval-results", "inspect", "lmms-eval", "mteb", "csv"]),
    required=True,
    help="Which program reads it.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="The folder for the files.",
)
@click.option("--with-answers", is_flag=True, help="Answers in clear, not as hashes.")
@click.option("--hub-dataset", metavar="OWNER/NAME", help="With hf-eval-results: the benchmark [default: the card's].")
@click.option(
    "--hub-task", default="default", show_default=True, help="With hf-eval-results: its task, as its eval.yaml has it."
)
@common
def export_run(
    run: str,
    *,
    to: ExportFormat,
    output: Path,
    with_answers: bool,
    hub_dataset: str | None,
    hub_task: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Write a scored run for another program: RUN is an id, the beginning of one, or a folder.

    hf-eval-results: `.eval_results/*.yaml`, for a model's repository on the Hub. inspect: a log for `inspect view`.
    lmms-eval: samples and results as it logs them. mteb: a task's results. csv: a row for each answer.

    Answers are hashes (SHA-256) unless --with-answers; questions, options and golds that a licence does not let others
    pass on are hashes in any case.
    """
    from mudata.evaluation.result_export.exporter import ExportRequest
    from mudata.evaluation.result_export.exporter import export_run as write
    from mudata.evaluation.run import find
    from mudata.home import Home

    request = ExportRequest(to=to, folder=output, with_answers=with_answers, hub_dataset=hub_dataset, hub_task=hub_task)
    say = progress(quiet)
    files = write(find(Home.default(), run), request)
    emit([{"file": str(path), "bytes": path.stat().st_size} for path in files], as_json=as_json)
    if to == "hf-eval-results":
        say.say("Results are kept in percent. Put the file into the model's repository, as a pull request.")
