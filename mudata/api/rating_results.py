"""Results of listening tests as functions; ratings from elsewhere and for elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mudata.api.arguments import checked, many
from mudata.deprecations import hide_deprecations
from mudata.home import Home
from mudata.narration import Progress, chosen

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_results import ListeningResults
    from mudata.evaluation.listening.rating_import import RatingImport
    from mudata.table import Table

hide_deprecations()


class ShownResults:
    """Results of a listening test: `results` has every number, `tables` what `mudata listen results` prints."""

    def __init__(self, results: ListeningResults, tables: list[Table]) -> None:
        self.results = results
        self.tables = tables

    def __repr__(self) -> str:
        return "\n\n".join([*self.results.warnings, *map(repr, self.tables)])

    def _repr_html_(self) -> str:
        import html

        told = "".join(f"<p>{html.escape(warning)}</p>" for warning in self.results.warnings)
        return told + "".join(table._repr_html_() for table in self.tables)


@checked(narrator="progress")
def listening_results(
    test: str,
    *,
    aspect: str | Iterable[str] = (),
    csv: str | Path | None = None,
    progress: Progress | bool | None = None,
) -> ShownResults:
    """Results of a listening test: scores with intervals over raters and clips, who cannot be told apart, how far
    raters agree, and which automatic score agrees with them.

    Args:
        test: its name.
        aspect: tables of these aspects alone.
        csv: a folder for CSV files.
        progress: show it, or do not [default: in notebooks and at a prompt].

    Returns:
        What shows itself as the tables; `.results` has the numbers, as results.json.

    Raises:
        UnknownName, EvaluationError: there is no such test or aspect, or nobody has rated anything.
    """
    from mudata.evaluation.listening.results_files import write_csv
    from mudata.evaluation.listening.results_of_test import results_of
    from mudata.evaluation.listening.results_tables import tables

    wanted = many(aspect)
    results, rated = results_of(Home.default(), test, wanted, chosen(progress))
    if csv is not None:
        write_csv(results, rated, Path(csv))
    return ShownResults(results, tables(results, wanted))


@checked()
def import_ratings(
    test: str,
    file: str | Path,
    *,
    new: bool = False,
    kind: Literal["mos", "pairwise", "texts"] | None = None,
    scale: str | None = None,
) -> RatingImport:
    """Take ratings that were made elsewhere, from CSV (docs/listening.md has the columns), or from the file that a
    rater saved who rated without a server.

    Args:
        test: the test that was designed, whose raters, items and systems the file names; with `new` a name for one.
        file: the file, named .csv, .tsv or .json.
        new: make the test of this file; raters get pseudonyms.
        kind: with `new`: what the file has [default: mos].
        scale: with `new`: the lowest and the highest mark, as in 0-5 [default: 1-5].

    Raises:
        UnknownName, EvaluationError: there is no such test, or lines of the file are not of it; nothing is taken then.
    """
    from mudata.evaluation.listening.rating_import import import_file, read_scale

    marks = read_scale(scale) if scale is not None else None
    return import_file(Home.default(), test, Path(file), new=new, kind=kind, scale=marks)


@checked()
def export_ratings(test: str, *, to: Literal["csv", "r"] = "csv", output: str | Path | None = None) -> list[Path]:
    """Write every rating of a test, with pseudonyms, for another program.

    Args:
        test: its name.
        to: csv, or r: the same with a script that fits mixed models or strengths.
        output: folder [default: TEST-ratings].

    Returns:
        The files written.

    Raises:
        UnknownName, EvaluationError: there is no such test, or nobody has rated anything.
    """
    from mudata.evaluation.listening.rating_export import export_ratings as written
    from mudata.evaluation.listening.results_of_test import rated_test_of

    return written(rated_test_of(Home.default(), test), to, Path(output or f"{test}-ratings"))
