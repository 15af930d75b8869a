"""Regular expressions for any of many spellings, the longest first where one begins another."""

from __future__ import annotations

import re
from collections.abc import Iterable

UNSPACED = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Characters of scripts without blanks between words, as in a class of a pattern."""
HANGUL = r"\uac00-\ud7af"
HAS_UNSPACED = re.compile(f"[{UNSPACED}{HANGUL}]")

Node = dict[str, "Node"]


def either(ways: Iterable[list[str]]) -> str:
    """Of ways to write, each a list of symbols (pieces of a pattern). Two ways that begin alike must not
    part at a symbol that may be nothing.

    >>> either([["a", "b"], ["a", "b", "c"], ["d"]])
    '(?:ab(?:c)?|d)'
    """
    root: Node = {}
    for symbols in sorted(ways):
        node = root
        for symbol in symbols:
            node = node.setdefault(symbol, {})
        node[""] = {}
    return _expression(root)


def _expression(node: Node) -> str:
    branches = [symbol + _expression(after) for symbol, after in node.items() if symbol]
    if not branches:
        return ""
    if len(branches) == 1 and "" not in node:
        return branches[0]
    return f"(?:{'|'.join(branches)})" + ("?" if "" in node else "")
