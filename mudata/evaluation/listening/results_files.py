"""Files of results: results.json, ratings and raters as lines (what SQL's tables `ratings` and `raters` are made of),
CSV.

They have pseudonyms and names of systems, and nothing by which a rater could be found.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.csv_lines import csv_line
from mudata.evaluation.listening.listening_results import ListeningResults
from mudata.home import write_atomic, writing_to
from mudata.json_files import as_type, read_object, reading
from mudata.jsonl import as_line

if TYPE_CHECKING:
    from mudata.evaluation.listening.rated_rows import RatedRow, RatedTest

RESULTS = "results.json"


def write_results(results: ListeningResults, rated: RatedTest, folder: Path) -> None:
    """Into the test's folder, results.json last: whoever finds it finds the lines that it was made of."""
    write_atomic(folder / "ratings.jsonl", "".join(map(as_line, rating_rows(rated))))
    write_atomic(folder / "raters.jsonl", "".join(map(as_line, rater_rows(results))))
    write_atomic(folder / RESULTS, json.dumps(asdict(results), indent=1, ensure_ascii=False) + "\n")


def read_results(folder: Path) -> ListeningResults:
    """What results.json says. Raises EvaluationError where it is not what `mudata listen results` writes."""
    path, hint = folder / RESULTS, f"Write it anew with: mudata listen results {folder.name}"
    saved = read_object(path, hint=hint)
    with reading(path, hint):
        return as_type(saved, ListeningResults)


def rating_rows(rated: RatedTest) -> list[dict[str, Any]]:
    """Every rating, as the table `ratings` has it."""
    return [_rating(rated.test.name, row) for row in rated.ratings]


def rater_rows(results: ListeningResults) -> list[dict[str, Any]]:
    """Everybody who came, as the table `raters` has them."""
    return [
        {"test": results.test} | asdict(one) | {"counted": not one.excluded, "excluded": one.excluded or None}
        for one in results.raters
    ]


def write_csv(results: ListeningResults, rated: RatedTest, folder: Path) -> list[Path]:
    """One file for each table that has rows: ratings, raters, scores, pairs, shares, agreement, correlations."""
    tables = {
        "ratings": [flat_row(row) for row in rating_rows(rated)],
        "raters": rater_rows(results),
        "scores": score_rows(results),
        "pairs": pair_rows(results),
        "shares": share_rows(results),
        "agreement": [{"aspect": a.aspect} | asdict(a.agreement) for a in results.aspects if a.agreement],
        "correlations": [asdict(one) for one in results.correlations],
    }
    written = []
    with writing_to(folder):
        for name, rows in tables.items():
            if rows:
                written.append(folder / f"{name}.csv")
                write_atomic(written[-1], csv_text(rows))
    return written


def score_rows(results: ListeningResults) -> list[dict[str, Any]]:
    """A row for each aspect and system: its MOS, or its strength."""
    return [
        {"aspect": one.aspect, "system": score.system, "role": score.role} | asdict(score.score)
        for one in results.aspects
        for score in one.scores
    ]


def pair_rows(results: ListeningResults) -> list[dict[str, Any]]:
    """A row for each aspect and pair of systems."""
    return [
        {"aspect": one.aspect, "first": pair.first, "second": pair.second}
        | asdict(pair.difference)
        | {"p": pair.p, "p_holm": pair.p_holm, "told_apart": pair.apart}
        for one in results.aspects
        for pair in one.pairs
    ]


def share_rows(results: ListeningResults) -> list[dict[str, Any]]:
    """A row for each system: its choices A to E, and its share of preferences."""
    return [
        {"system": one.system}
        | one.choices
        | asdict(one.preferred)
        | {"strength": one.strength.value, "strength_low": one.strength.low, "strength_high": one.strength.high}
        | {"p": one.p, "p_holm": one.p_holm}
        for one in results.shares
    ]


def _rating(test: str, row: RatedRow) -> dict[str, Any]:
    line = asdict(row)
    del line["systems"]
    system, other = (*row.systems, None, None)[:2]
    return {"test": test, **line, "system": system, "system_2": other}


def flat_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `rating_rows` for CSV: lists as words with spaces between."""
    return {key: " ".join(value) if isinstance(value, tuple) else value for key, value in row.items()}


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows with the same keys as CSV with a line of names; truth as R and spreadsheets write it."""
    return csv_line(rows[0]) + "".join(_line(row.values()) for row in rows)


def _line(values: Iterable[Any]) -> str:
    return csv_line("TRUE" if value is True else "FALSE" if value is False else value for value in values)
