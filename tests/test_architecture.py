"""The shape of the house, read off the source: no circles, no name twice, every module of a size to hold in mind."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "mudata"
LONGEST = 350
"""Lines of a module; about 150 is usual."""


@cache
def trees() -> dict[str, tuple[Path, ast.Module]]:
    """Every module by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        found[name] = (path, ast.parse(path.read_text("utf-8")))
    return found


def imports(tree: ast.Module, known: set[str]) -> Iterator[str]:
    """Modules of ours that a module imports: anywhere in it, for type checkers too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                if (module := name if name in known else node.module) in known:
                    yield module


@cache
def graph() -> dict[str, frozenset[str]]:
    known = set(trees())
    return {name: frozenset(imports(tree, known)) - {name} for name, (_, tree) in trees().items()}


def reachable(start: str) -> set[str]:
    seen: set[str] = set()
    todo = list(graph()[start])
    while todo:
        module = todo.pop()
        if module not in seen:
            seen.add(module)
            todo += graph()[module]
    return seen


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert [name for name in graph() if name in reachable(name)] == []


def test_no_two_folders_import_each_other() -> None:
    def folder(module: str) -> str:
        return module if trees()[module][0].name == "__init__.py" else module.rpartition(".")[0]

    between = defaultdict(set)
    for module, imported in graph().items():
        for other in imported:
            here, there = folder(module), folder(other)
            if not f"{here}.".startswith(f"{there}.") and not f"{there}.".startswith(f"{here}."):
                between[here].add(there)
    assert [(a, b) for a, others in between.items() for b in others if a in between.get(b, ())] == []


def test_inside_nobody_imports_a_face() -> None:
    """A package's `__init__` is for users; modules import the module that has the name."""
    faces = {name for name, (path, _) in trees().items() if path.name == "__init__.py" and name != "mudata.cli"}
    inside = {name for name, (path, _) in trees().items() if path.name != "__init__.py"}
    assert [(name, face) for name in inside for face in graph()[name] & faces] == []


def test_no_two_modules_share_a_name() -> None:
    stems = defaultdict(list)
    for name, (path, _) in trees().items():
        if path.name not in ("__init__.py", "__main__.py"):
            stems[path.stem].append(name)
    assert {stem: names for stem, names in stems.items() if len(names) > 1} == {}


def test_no_two_public_classes_share_a_name() -> None:
    classes = defaultdict(list)
    for name, (_, tree) in trees().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].append(name)
    assert {name: modules for name, modules in classes.items() if len(modules) > 1} == {}


@pytest.mark.parametrize("name", [n for n, (path, _) in trees().items() if path.name == "__init__.py"])
def test_a_face_says_what_its_room_is_for_and_holds_no_code(name: str) -> None:
    tree = trees()[name][1]
    assert ast.get_docstring(tree)
    if name != "mudata.cli":  # the front door itself
        assert not [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def test_modules_fit_in_one_head() -> None:
    lines = {name: path.read_text("utf-8").count("\n") for name, (path, _) in trees().items()}
    assert {name: length for name, length in lines.items() if length > LONGEST} == {}
    assert sorted(lines.values())[len(lines) // 2] <= 160


def test_every_module_says_what_it_is() -> None:
    assert [name for name, (_, tree) in trees().items() if not ast.get_docstring(tree)] == []


def test_all_text_reaches_the_terminal_by_one_door() -> None:
    """`output.echo`: nothing in it is obeyed. JSON has escapes, and what the front door tells of errors is safe."""
    doors = {"mudata.cli", "mudata.cli.output", "mudata.cli.rows"}
    callers = {name for name, (path, _) in trees().items() if "click.echo(" in path.read_text("utf-8")}
    assert callers == doors
