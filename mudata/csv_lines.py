"""Lines of CSV that every reader takes apart again as they were (RFC 4180, with line feeds at the ends).

Nothing is put in front of a field: what a spreadsheet would take for a formula is a label or a name to other programs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any


def csv_line(values: Iterable[Any]) -> str:
    r"""One record; None is empty, and what holds a comma, a quote or any line end stands in quotes.

    >>> csv_line(["=1+1", "'tis", None, "a\rb"])
    '=1+1,\'tis,,"a\rb"\n'
    """
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(values)  # it quotes no carriage return that ends no line
    return line.getvalue().removesuffix("\r\n") + "\n"
