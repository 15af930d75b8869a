"""`mudata compare`: which runs can be told apart."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from mudata.cli.output import common, emit, emit_json, progress

if TYPE_CHECKING:
    from mudata.evaluation.comparison.comparison_result import Comparison, MetricComparison


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN [RUN]...")
@common
def compare(runs: tuple[str, ...], quiet: bool, as_json: bool) -> None:
    """Tell which runs differ on the clips that all of them have: RUNS are ids or folders.

    Each pair gets its difference with a 95 % interval (paired bootstrap, by artist or track where clips share them),
    a p value (McNemar's exact test for accuracy, else the bootstrap's) corrected for the number of pairs (Holm), and
    how many clips are better in the first (n10) and in the second (n01); --json names them. Runs with a letter in
    common are tied; a rank is the range that what was told apart leaves open.
    """
    from mudata.evaluation.comparison.compare import compare as compared
    from mudata.evaluation.run import find
    from mudata.evaluation.scoring import score
    from mudata.home import Home

    home = Home.default()
    found = compared([(run.scores, score.read_answers(run)) for run in (find(home, name) for name in runs)])
    if as_json:
        emit_json(asdict(found))
        return
    for entrant in found.runs:
        if entrant.left_out:
            progress(quiet).say(
                f"{entrant.left_out} of {entrant.clips} clips of {entrant.name} are left out: {entrant.why}."
            )
    for i, metric in enumerate(found.metrics):
        if i:
            click.echo()
        _tell(found, metric)


def _tell(found: Comparison, of: MetricComparison) -> None:
    from mudata.evaluation.comparison.compare import chance, shown

    percent = " %" if of.metric == "accuracy" else ""
    shared = f"{found.independent} groups of one artist or track"
    known = shared if found.independent < found.n else "none known to share an artist or track"
    click.echo(f"{of.metric} on {found.n} clips ({known}); {of.recipe}\n")
    rows = [
        {
            "rank": str(one.first) if one.first == one.last else f"{one.first}–{one.last}",
            "model": one.name,
            of.metric: f"{shown(of.metric, one.value)}{percent} "
            f"[{shown(of.metric, one.low)}, {shown(of.metric, one.high)}]",
            "tied": one.groups,
            "run": one.run,
        }
        for one in of.standings
    ]
    emit(rows, as_json=False)
    click.echo()
    names = {entrant.run: entrant.name for entrant in found.runs}
    pairs = [
        {
            "first": names[pair.a],
            "second": names[pair.b],
            "difference": f"{shown(of.metric, pair.difference)} "
            f"[{shown(of.metric, pair.low)}, {shown(of.metric, pair.high)}]",
            "p": chance(pair.p),
            "p (Holm)": chance(pair.p_holm),
            "n10": pair.n10,
            "n01": pair.n01,
            "can tell": shown(of.metric, pair.detectable) if pair.detectable else "",
        }
        for pair in of.pairs
    ]
    emit(pairs, as_json=False)
    click.echo()
    for pair in of.pairs:
        click.echo(pair.verdict)
