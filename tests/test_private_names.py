"""Tests keep to what the product offers: a private name of its code is touched only where this list says why."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
PUBLIC = {"_replace", "_asdict", "_fields", "_repr_html_", "_repr_markdown_"}
"""Public in all but name: how a NamedTuple is changed and looked at, and what notebooks ask for."""
ALLOWED = {
    (
        "evaluation/models/test_served.py",
        "_client",
    ): "open connections are counted only inside the client",
    ("evaluation/models/test_served.py", "_transport"): "the same: inside httpx2",
    ("evaluation/models/test_served.py", "_pool"): "the same: inside httpcore2",
    (
        "catalog/fetch/sources/test_kaggle.py",
        "_env_to_endpoint",
    ): "its host comes from a table of its own",
    ("data/home-0.1.0/make.py", "_tokenizer"): "runs on version 0.1.0 alone, which had no public name for it",
    ("cli/test_completion.py", "_MOST"): "so many names as are cut off would take long to make",
    (
        "evaluation/metrics/test_derangement.py",
        "_exchanged",
    ): "the matching is reached only where exchanges find nothing",
    (
        "catalog/render/test_soundfont_engines.py",
        "_LEAST_S",
    ): "a minute is waited for a process that hangs, and no caller has to choose that",
    ("catalog/render/test_soundfont_engines.py", "_SLOWEST"): "the same",
    ("catalog/render/test_soundfont_engines.py", "_LONGER_S"): "the same",
    ("catalog/render/test_soundfont_engines.py", "_TELLS_S"): "the same",
    (
        "execution/test_local_processes.py",
        "_START",
    ): "the program of a worker, whose caller is gone before it starts",
    ("test_limits.py", "_parse"): "where memory runs out cannot be chosen from outside",
    ("test_limits.py", "_connection"): "the same",
    ("test_limits.py", "_card_sql"): "the same",
    ("test_limits.py", "_failed"): "the same",
    ("test_limits.py", "_few_arenas"): "it would change the process that runs the tests",
}


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in PUBLIC


def touched(tree: ast.Module) -> Iterator[str]:
    """Private names of others: attributes of anything but self, imports, and what is patched by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and private(node.attr):
            if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")):
                yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names if private(alias.name))
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("setattr", "delattr"):
            words = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            yield from (name for word in words if private(name := word.rpartition(".")[2]))


def test_private_names_are_touched_only_where_the_list_says_why() -> None:
    files = sorted(TESTS.rglob("*.py"))
    found = {
        (str(path.relative_to(TESTS)), name) for path in files for name in touched(ast.parse(path.read_text("utf-8")))
    }
    assert found - set(ALLOWED) == set(), "use what is public, make it public, or say here why not"
    assert set(ALLOWED) - found == set(), "no longer touched: leave it out of the list"
