"""`mudata compare`: which runs can be told apart."""

from __future__ import annotations

from dataclasses import asdict

import click

from mudata.cli import name_completion
from mudata.cli.output import common, echo, emit, emit_json, progress


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN [RUN]...", shell_complete=name_completion.runs)
@common
def compare(runs: tuple[str, ...], quiet: bool, as_json: bool) -> None:
    """Tell which runs differ on the clips that all of them have: RUNS are ids or folders.

    Each pair gets its difference, a p value (both runs exchanged at random, artist by artist; for accuracy of clips
    that share none McNemar's exact test) corrected for the number of pairs (Holm), an interval that holds 95 % over all
    pairs and agrees with that p, how many clips are better in the first (n10) and in the second (n01), which --json
    names, and the smallest difference that could be told (80 % power). Runs with a letter in common are tied; a rank
    is the range that what was told apart leaves open. So few clips or artists that no p can be small get no verdict.
    """
    from mudata.evaluation.comparison.compare import compare as compared
    from mudata.evaluation.run import find
    from mudata.evaluation.scoring import score
    from mudata.home import Home

    home = Home.default()
    with progress(quiet).bar("Comparing", unit=""):
        comparison = compared([(run.scores, score.read_answers(run)) for run in (find(home, name) for name in runs)])
    if as_json:
        told = asdict(comparison)
        if not comparison.editions:  # of exams alone: elsewhere the JSON is that of older versions
            del told["editions"]
        emit_json(told)
        return
    for entrant in comparison.runs:
        if entrant.left_out:
            progress(quiet).say(
                f"{entrant.left_out} of {entrant.clips:,} clips of {entrant.name} are left out: {entrant.why}."
            )
    for i, metric in enumerate(comparison.metrics):
        if i:
            echo()
        echo(comparison.heading(metric) + "\n")
        emit(comparison.ranks(metric), as_json=False)
        echo()
        emit(comparison.differences(metric), as_json=False)
        echo()
        for pair in metric.pairs:
            echo(pair.verdict)
