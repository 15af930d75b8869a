"""Rows as people read them: aligned text, HTML in a notebook, or a data frame."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mudata.safe_text import printable


class Table(Sequence[Mapping[str, Any]]):
    """Rows with the same columns, to be looped over, shown, or taken on as a data frame.

    `rows` are mappings; `columns` says which of their keys are shown, and in which order. `note` stands below.
    """

    def __init__(
        self,
        rows: Sequence[Mapping[str, Any]],
        columns: Sequence[str] | None = None,
        *,
        title: str = "",
        note: str = "",
    ) -> None:
        self.rows = list(rows)
        self.columns = tuple(columns or (rows[0] if rows else ()))
        self.title = title
        self.note = note

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        return self.rows[index]

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self.rows)

    @property
    def cells(self) -> list[list[str]]:
        """The text of every cell, row by row."""
        return [[cell(row.get(name)) for name in self.columns] for row in self.rows]

    def lines(self) -> list[str]:
        """The table as aligned text: names, a rule, a line per row."""
        cells, names = self.cells, [cell(name) for name in self.columns]
        widths = [max([len(name), *(len(line[i]) for line in cells)]) for i, name in enumerate(names)]
        return [
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
            for line in [names, ["-" * width for width in widths], *cells]
        ]

    def df(self) -> Any:
        """All columns of the rows, shown or not, as a pandas data frame."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    def __repr__(self) -> str:
        title, note = ([cell(text)] if text else [] for text in (self.title, self.note))
        return "\n".join([*title, *(self.lines() if self.rows else ["(no rows)"]), *note])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(cell(name))}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in line) + "</tr>" for line in self.cells
        )
        title = f"<caption>{html.escape(cell(self.title))}</caption>" if self.title else ""
        note = f"<p>{html.escape(cell(self.note))}</p>" if self.note else ""
        return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


def cell(value: object) -> str:
    """A value in one line that a terminal can show: four figures of a number, lists with commas between."""
    match value:
        case None:
            return ""
        case float():
            return f"{value:.4g}"
        case list() | tuple():
            return _one_line(", ".join(map(str, value)))
        case _:
            return _one_line(str(value))


def _one_line(text: str) -> str:
    return printable(text.replace("\r\n", " ").replace("\n", " "))
