"""Records of CSV come back from every reader as they were written."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb

from mudata.csv_lines import csv_line

ROWS = [
    ["id", "title"],
    ["a", "'Round Midnight"],
    ["'b'", "=SUM(A1)"],
    ["+1", "-1"],
    ["@x", " blanks "],
    ["a,b", 'a "quoted" word'],
    ["a\rb", "a\nb"],
    ["c\r\nd", "\t"],
    ["#1", "ü\u2028"],
    ["NULL", "007"],
]


def test_records_come_back(tmp_path: Path) -> None:
    text = "".join(map(csv_line, ROWS))
    assert list(csv.reader(io.StringIO(text, newline=""))) == ROWS
    path = tmp_path / "rows.csv"
    path.write_bytes(text.encode())
    with duckdb.connect() as connection:
        select = f"FROM read_csv('{path}', header = true, all_varchar = true, delim = ',', quote = '\"', comment = '')"
        assert [list(row) for row in connection.execute(select).fetchall()] == ROWS[1:]


def test_nothing_is_empty() -> None:
    assert csv_line([None, 1, 1.5, True]) == ",1,1.5,True\n"
