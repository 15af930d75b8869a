"""The options that a server's command line knows, read from its source without running it.

Two ways of defining them are known: `add_argument("--name")`, and classes whose fields become options
(`trust_remote_code` is `--trust-remote-code`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path


def options(folder: Path, files: Iterable[str], classes: tuple[str, ...] = ()) -> set[str]:
    """Options that the files (globs in a package's folder) define. classes: endings of the names of
    classes whose fields are options."""
    found: set[str] = set()
    for file in sorted(file for pattern in files for file in folder.glob(pattern)):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
                words = [word.value for word in node.args if isinstance(word, ast.Constant)]
                found |= {word for word in words if isinstance(word, str) and word.startswith("--")}
            if isinstance(node, ast.ClassDef) and node.name.endswith(classes):
                named = [field.target for field in node.body if isinstance(field, ast.AnnAssign)]
                found |= {f"--{name.id.replace('_', '-')}" for name in named if isinstance(name, ast.Name)}
    return found
