"""`mudata listen results`, `import` and `export`: everything after people have rated."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mudata.cli import name_completion
from mudata.cli.output import common, echo, emit_json, json_option, progress
from mudata.errors import EvaluationError, number
from mudata.home import Home

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_test import TestKind


@click.command()
@click.argument("test", shell_complete=name_completion.listening_tests)
@click.option(
    "--aspect", "aspects", multiple=True, metavar="NAME", help="Only this aspect; can be given several times."
)
@click.option("--csv", "folder", type=click.Path(path_type=Path, file_okay=False), help="Also write CSV files here.")
@common
def results(test: str, aspects: tuple[str, ...], folder: Path | None, quiet: bool, as_json: bool) -> None:
    """Tell what raters found.

    Scores of systems with intervals that know raters and clips, who cannot be told apart, how far raters agree, and
    which automatic score agrees with them. Raters are left out by the rule that was sealed with the test, and named.

    It can be asked while raters rate. The test's folder gets results.json, and the lines that SQL's tables ratings and
    raters are made of.
    """
    from mudata.evaluation.listening.results_files import write_csv
    from mudata.evaluation.listening.results_of_test import results_of
    from mudata.evaluation.listening.results_tables import tables

    narrator = progress(quiet)
    found, rated = results_of(Home.default(), test, aspects, narrator)
    written = write_csv(found, rated, folder) if folder else []
    if as_json:
        emit_json(asdict(found))
        return
    for warning in found.warnings:
        narrator.say(warning)
    for i, table in enumerate(tables(found, aspects)):
        if i:
            echo()
        echo(table.title + "\n")
        for line in table.lines():
            echo(line)
        if table.note:
            echo("\n" + table.note)
    for path in written:
        narrator.say(f"Wrote {path}")


@click.command("import")
@click.argument("test", shell_complete=name_completion.listening_tests)
@click.argument(
    "paths", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--new", is_flag=True, help="Make the test of this file; raters get pseudonyms.")
@click.option("--kind", type=click.Choice(["mos", "pairwise", "texts"]), help="What the file has; with --new.")
@click.option("--scale", metavar="LOW-HIGH", help="Lowest and highest mark [default: 1-5]; with --new.")
@common
def import_(
    test: str,
    paths: tuple[Path, ...],
    *,
    new: bool,
    kind: TestKind | None,
    scale: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Take files that raters sent back, or ratings made elsewhere.

    Raters who rated without a server (`listen serve --static`) send back a file each; ratings that were made elsewhere
    are CSV with a line of names. A file is taken whole or not at all, and again changes nothing.

    \b
    mos       rater, item, system, aspect, rating; or rater, item, system and a column for each aspect
    texts     rater, item, system_1, system_2, choice (A to E)
    pairwise  rater, item, system, described (1 or 2), choice (A to E)

    Into a test that was designed: raters, items and systems are named as there. With --new a test is made of the file.
    """
    from mudata.evaluation.listening.rating_import import import_file, read_scale

    if new and len(paths) > 1:
        raise click.UsageError("--new makes a test of one file.")
    home, say = Home.default(), progress(quiet).say
    marks = read_scale(scale) if scale is not None else None
    taken, refused = [], []
    for path in paths:
        try:
            imported = import_file(home, test, path, kind=kind, scale=marks, new=new)
        except EvaluationError as error:
            if len(paths) == 1:
                raise
            refused.append(path)  # the others are taken
            echo(f"Error: {error}", err=True)
        else:
            taken.append(imported)
            known = f", {imported.known} were there" if imported.known else ""
            say(f"{path.name}: {number(imported.ratings, 'rating')} of {number(imported.raters, 'rater')}{known}.")
    if as_json:
        emit_json([asdict(one) for one in taken])
    elif taken:
        done = "Made" if taken[0].made else "Added to"
        echo(f"{done} the test {test}. See: mudata listen results {test}")
    if refused:
        raise SystemExit(EvaluationError.exit_code)


@click.command()
@click.argument("test", shell_complete=name_completion.listening_tests)
@click.option(
    "--to", "form", type=click.Choice(["csv", "r"]), default="csv", show_default=True, help="For R with a script."
)
@click.option(
    "--output", "-o", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder [default: TEST-ratings]."
)
@json_option
def export(test: str, form: str, folder: Path | None, *, as_json: bool) -> None:
    """Write every rating for another program.

    ratings.csv, with pseudonyms; for R also analysis.R, which fits mixed models (lme4, ordinal) or strengths
    (BradleyTerry2).
    """
    from mudata.evaluation.listening.rating_export import export_ratings
    from mudata.evaluation.listening.results_of_test import rated_test_of

    rated = rated_test_of(Home.default(), test)
    written = export_ratings(rated, "r" if form == "r" else "csv", folder or Path(f"{test}-ratings"))
    if as_json:
        emit_json([str(path) for path in written])
        return
    for path in written:
        echo(str(path))
