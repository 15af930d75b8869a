"""`mudata faults`: what is known to be wrong with a dataset's clips."""

from __future__ import annotations

from pathlib import Path

import click

from mudata.cli import name_completion
from mudata.cli.output import echo, emit, emit_json, json_option


@click.command()
@click.argument("name", shell_complete=name_completion.datasets)
@click.option(
    "--check",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Look at this file of your own faults, in place of faults/NAME.yaml of the home.",
)
@json_option
def faults(name: str, file: Path | None, as_json: bool) -> None:
    """Show the known faults of a dataset, by kind: who says so, what is done, how many of the clips are here.

    Your own go into faults/NAME.yaml of MUDATA_HOME, in the grammar of a card's `faults`; they stand in place of the
    card's about the same clip and kind. Splits and evaluations mind both (--faults drop, keep or repair). Exit code 1
    means that your own name clips that the dataset does not have.

    \b
    faults:
      - ids: [rock.00007]
        kind: mislabelled
        action: drop
        note: metal from start to end
        source: heard by me
        repair: {labels: {genre: metal}}
    """
    from mudata.catalog.cards import loader
    from mudata.catalog.index.dataset_faults import faults_of, sentence
    from mudata.home import Home

    known = faults_of(loader.load(name), Home.default(), file)
    if as_json:
        facts = {"dataset": known.dataset, "overlay": known.overlay, "faults": known.faults}
        emit_json(facts | {"findings": [vars(finding) for finding in known.findings]})
    else:
        table = known.table()
        emit(table.rows, as_json=False, columns=table.columns, hint=f"No fault of {known.dataset} is known.")
        for finding in known.findings:
            echo(sentence(finding), err=True)
    raise SystemExit(int(known.is_wrong))
