"""The records of a CSV file, one by one: where those stand that do not fit, and a copy without them.

DuckDB reads CSV by far faster, and says less when it cannot: a file whose lines end in two ways, or that it cannot
guess the dialect of because of one short record, it refuses as a whole. Such files come here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

_OPTION = r"\b(?:{})\s*=\s*(?:'((?:[^']|'')*)'|(\w+))"
_DELIMITERS = ",\t;|"
MOST_FAULTS = 10_000
"""After so many records that do not fit, the file is something else."""

_LONGEST_FIELD = (1 << 31) - 1
"""The largest limit that the module csv takes on every system."""


@dataclass(frozen=True)
class CsvOptions:
    """What a card's read_csv says of the dialect."""

    delimiter: str | None
    """None: the one among comma, tab, semicolon and bar that gives the first record most fields."""
    quoted: bool
    header: bool
    skip: int
    comment: str | None


@dataclass
class CsvRecords:
    """What was found. Lines count from 1."""

    faults: list[tuple[int, str]] = field(default_factory=list)
    """Records that do not fit, by the line where they begin."""
    blank: int = 0
    """Records with nothing but delimiters, of another number of fields."""
    line_ends: set[str] = field(default_factory=set)
    fitting: list[str] = field(default_factory=list)
    """The lines of the records that fit, and of what comes before them, each without its end."""
    delimiter: str = ","


def options(select: str) -> CsvOptions | None:
    """The options in a SELECT; None where they say what is not looked at here: another encoding, compression, signs of
    several characters or given by a function."""
    if "read_csv" not in select or re.search(r"\b(encoding|compression|new_line|ignore_errors|null_padding)\b", select):
        return None
    delimiter = _option(select, "delim|sep|delimiter")
    quote, escape = _option(select, "quote"), _option(select, "escape")
    unread = (delimiter is not None and len(delimiter) != 1) or re.search(r"\b(delim|sep|delimiter)\s*=\s*\w", select)
    if unread or quote not in (None, "", '"') or (escape or '"') != '"':
        return None
    skip, header = _option(select, "skip") or "0", _option(select, "header")
    if not skip.isdecimal():
        return None
    return CsvOptions(delimiter, quote != "", header != "false", int(skip), _option(select, "comment"))


def _option(select: str, names: str) -> str | None:
    match = re.search(_OPTION.format(names), select)
    return None if match is None else match[2] or (match[1] or "").replace("''", "'")


def examine(path: Path, given: CsvOptions) -> CsvRecords:
    """Read a file to its end. Records have as many fields as the first. Raises OSError."""
    csv.field_size_limit(_LONGEST_FIELD)  # it is the process's; DuckDB has a limit of its own
    raw = path.read_bytes()
    found = CsvRecords()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found.faults.append((line, f"not UTF-8: byte 0x{raw[error.start]:02X} stands here"))
        text = raw.decode("utf-8-sig", "surrogateescape")
    lines = re.split(r"\r\n|\r|\n", text)
    found.line_ends = set(re.findall(r"\r\n|\r|\n", text))
    found.fitting = lines[: given.skip]
    at = given.skip
    while given.comment and at < len(lines) and lines[at].startswith(given.comment):
        at += 1
    first = next((line for line in lines[at:] if line.strip()), "")
    found.delimiter = given.delimiter or max(_DELIMITERS, key=lambda sign: len(_fields(first, sign)))
    _records(lines, at, given, found)
    return found


def lines_with(path: Path, given: CsvOptions, values: Collection[str]) -> list[int]:
    """The lines at which records begin that have one of the values as a field. Raises OSError."""
    found = examine(path, given)
    lines = re.split(r"\r\n|\r|\n", path.read_bytes().decode("utf-8-sig", "replace"))
    reader = csv.reader((line + "\n" for line in lines), delimiter=found.delimiter)
    wanted, at, places = set(values), 1, []
    for record in reader:
        if wanted.intersection(record):
            places.append(at)
        at = reader.line_num + 1
    return places


def _fields(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _records(lines: list[str], at: int, given: CsvOptions, found: CsvRecords) -> None:
    expected = 0
    while at < len(lines) and len(found.faults) < MOST_FAULTS:
        begin = at
        reader = csv.reader(
            (line + "\n" for line in islice(lines, begin, None)),
            delimiter=found.delimiter,
            quoting=csv.QUOTE_MINIMAL if given.quoted else csv.QUOTE_NONE,
            strict=True,
        )
        try:
            for record in reader:
                at, start = begin + reader.line_num, at
                if not record or (given.comment and lines[start].startswith(given.comment)):
                    continue
                expected = expected or len(record)
                if len(record) == expected:
                    found.fitting += lines[start:at]
                elif not any(value.strip() for value in record):
                    found.blank += 1
                else:
                    number = f"{len(record)} field{'s' * (len(record) != 1)}, expected {expected}"
                    found.faults.append((start + 1, f"{number}: {_shown(lines[start])}"))
        except csv.Error as error:
            never = "unexpected end of data" in str(error)
            what = "a quote that is never closed" if never else f"a quoted field that goes on after its quote ({error})"
            found.faults.append((at + 1, f"{what}: {_shown(lines[at])}"))
            at += 1
    found.faults.sort()


def _shown(line: str) -> str:
    return line if len(line) <= 60 else f"{line[:57]}..."
