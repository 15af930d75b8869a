"""Tables of ratings that were made elsewhere, in CSV with a line of names.

    mos       rater, item, system, aspect, rating; or wide: rater, item, system, and a column for each aspect
    texts     rater, item, system_1, system_2, choice
    pairwise  rater, item, system, described, choice

`clip` or `clip_id` may stand for `item`. `choice` is A to E as in `listening_test.CHOICES`, by the order in the file;
`described` is 1 or 2, the clip that the text is about. A file is taken whole or not at all.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError
from mudata.evaluation.listening.listening_test import PREFERENCE

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_test import TestKind

_ITEM = ("item", "item_id", "clip", "clip_id")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "mos": ("rater", "item", "system", "aspect", "rating"),
    "texts": ("rater", "item", "system_1", "system_2", "choice"),
    "pairwise": ("rater", "item", "system", "described", "choice"),
}
LARGEST = 256 * 2**20
"""Bytes of a file: more is no table of ratings."""
_TOLD = 5
"""Wrong lines that a message names."""


@dataclass(frozen=True, kw_only=True)
class ImportedRating:
    """One line: what was rated, and how. `line` is its number in the file."""

    line: int
    rater: str
    item: str
    systems: tuple[str, ...]
    aspect: str
    value: str
    described: int | None = None


def read_ratings(path: Path, kind: TestKind) -> list[ImportedRating]:
    """The lines of a file. Raises EvaluationError with line numbers where it is not what the module says."""
    names, lines = _table(path)
    item = next((name for name in _ITEM if name in names), None)
    columns = {"item": item, **{name: name for name in _COLUMNS[kind] if name != "item"}}
    aspects = [name for name in names if name not in {*_ITEM, "rater", "system"}] if kind == "mos" else []
    wide = kind == "mos" and not {"aspect", "rating"} & set(names)
    needed = [name for name in columns if not (wide and name in ("aspect", "rating"))]
    lacking = [name for name in needed if columns[name] not in names]
    if lacking or (wide and not aspects):
        raise EvaluationError(
            f"{path} has no column {', '.join(lacking) or 'of an aspect'} (it has {', '.join(names) or 'none'}).",
            f"Ratings of the kind {kind} have the columns {', '.join(_COLUMNS[kind])}"
            + ("; or a column for each aspect in place of the last two." if kind == "mos" else "."),
        )
    rows: list[ImportedRating] = []
    wrong: list[str] = []
    for number, line in lines:
        empty = [name for name in needed if not line.get(str(columns[name]))]
        place = {"1": 0, "2": 1}.get(line.get("described", ""))
        if empty:
            wrong.append(f"line {number}: {empty[0]} is empty")
        elif kind == "pairwise" and place is None:
            wrong.append(f"line {number}: described is {line['described']!r}, not 1 or 2")
        else:
            systems = ("system_1", "system_2") if kind == "texts" else ("system",)
            one = ImportedRating(
                line=number,
                rater=line["rater"],
                item=line[str(item)],
                systems=tuple(line[name] for name in systems),
                aspect=line["aspect"] if kind == "mos" and not wide else PREFERENCE,
                value=line["rating"] if kind == "mos" and not wide else line.get("choice", ""),
                described=place if kind == "pairwise" else None,
            )
            rows += [replace(one, aspect=a, value=line[a]) for a in aspects if line.get(a)] if wide else [one]
    if wrong or not rows:
        raise refused(path, wrong or ["it has no line"], "not complete")
    return rows


def _table(path: Path) -> tuple[list[str], Iterator[tuple[int, dict[str, str]]]]:
    """Names of the columns, and lines with their numbers."""
    if path.suffix.lower() not in (".csv", ".tsv"):
        raise EvaluationError(f"{path} is no CSV file.", "Ratings are imported from files named .csv or .tsv.")
    try:
        if path.stat().st_size > LARGEST:
            raise EvaluationError(f"{path} is larger than {LARGEST >> 20} MiB.", "Give a file of ratings.")
        text = path.read_text("utf-8-sig")
        delimiter = "\t" if path.suffix.lower() == ".tsv" else ";" if ";" in text.partition("\n")[0] else ","
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        lines = [(reader.line_num, [cell.strip() for cell in line]) for line in reader]
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read ({error.strerror or error}).", "Give a CSV file.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise EvaluationError(f"{path} is no CSV in UTF-8 ({error}).", "Save it as CSV UTF-8.") from error
    lines = [(number, line) for number, line in lines if any(line)]
    names = [name.casefold() for name in lines[0][1]] if lines else []
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise EvaluationError(f"{path} has two columns {twice[0]!r}.", "Name each column once.")
    return names, ((number, dict(zip(names, line, strict=False))) for number, line in lines[1:])


def refused(path: Path, wrong: Sequence[str], what: str) -> EvaluationError:
    """The error that names the first wrong lines of a file."""
    more = f"; and {len(wrong) - _TOLD} more" if len(wrong) > _TOLD else ""
    lines = "; ".join(wrong[:_TOLD])
    return EvaluationError(f"{path}: {what}: {lines}{more}.", "Mend the file; nothing of it was taken.")
