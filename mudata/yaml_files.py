"""YAML that people write: cards, suites and words files; every complaint has the file and the line.

Told as an error: a key that comes twice in one mapping (YAML lets the last one win without a word),
aliases that stand for more than LARGEST values or for themselves, nesting deeper than DEEPEST,
numbers beyond 64 bits, and control characters. `yes`, `no`, `on`, `off` and dates are text, as in
YAML 1.2, and not truth values and dates, as in YAML 1.1; pydantic makes truth values of the former
where one is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from mudata.errors import CardError, MudataError, is_of_machine

DEEPEST = 100
"""Levels of lists and mappings within each other, aliases followed. Ours: cards have up to ten."""
LARGEST = 1_000_000
"""Values in a file, aliases followed. Ours: the largest card has some thousands."""

_BITS = 64
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_TAGS = "tag:yaml.org,2002:"
_BOOL, _MERGE = f"{_TAGS}bool", f"{_TAGS}merge"
_YAML_1_1 = {_BOOL, f"{_TAGS}timestamp", f"{_TAGS}value"}
_WRONG_VALUE = (ValueError, TypeError, LookupError, AttributeError)
"""What the parser raises where a value is not what its tag says, such as `!!bool maybe`."""
_PLAINLY = {
    "found character that cannot start any token": "a tab, or a sign that cannot stand at the start of a value",
    "found a tab character that violates indentation": "found a tab character where spaces are expected",
    "mapping values are not allowed in this context": "a colon that is no key's: put the text into quotes",
    "did not find expected node content": "it is cut short, or a bracket is not closed",
}
"""What the parser says in words of its own, as a reader can use it."""


class YamlProblem(NamedTuple):
    """What is wrong with a file, and where, counted from 1."""

    line: int
    column: int
    what: str


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A safe loader, by libyaml where the wheel has it (8 times faster)."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as the base class has it
        first: [(tag, pattern) for tag, pattern in rules if tag not in _YAML_1_1]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merges (`<<`) as YAML means them: what a mapping says itself stands, and of several that are merged the first
        that says it. PyYAML 6.0.4 takes the last, and brings back what a merged mapping had overridden (findings)."""
        own, merged = [], []
        for key, value in node.value:
            if key.tag != _MERGE:
                own.append((key, value))
                continue
            for part in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if not isinstance(part, yaml.MappingNode):
                    raise _at(part, f"only mappings can be merged, and this is a {part.id}")
                self.flatten_mapping(part)
                merged.append(part.value)
        node.value = [pair for pairs in reversed(merged) for pair in pairs] + own  # of equal keys the last counts

    def whole_number(self, node: yaml.ScalarNode) -> int:
        value = int(self.construct_yaml_int(node)) if len(node.value) <= _BITS + 10 else 1 << _BITS
        if value.bit_length() >= _BITS:
            raise _at(node, f"a number of {len(node.value):,} digits; at most {_BITS} bits are expected")
        return value


_Loader.add_implicit_resolver(_BOOL, re.compile("(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
_Loader.add_constructor(f"{_TAGS}int", _Loader.whole_number)


def read(path: Path, *, error: type[MudataError] = CardError) -> Any:
    """What a YAML file says, as dicts, lists, texts, numbers, truth values and None.

    Raises `error`, which begins with file and line.
    """
    try:
        raw = path.read_bytes()
    except OSError as wrong:
        if is_of_machine(wrong):
            raise
        raise error(f"{path}: cannot be read: {wrong.strerror}.", "Give a YAML file that is there.") from wrong
    root = None
    try:
        loader = _Loader(raw)
        try:
            if (root := loader.get_single_node()) is None:
                return None
            _measure(root, {}, 0)
            return loader.construct_document(root)
        finally:
            loader.dispose()
    except (yaml.YAMLError, *_WRONG_VALUE, RecursionError) as wrong:
        line, column, what = _problem(wrong, raw, root)
        raise error(
            f"{path}:{line}: not valid YAML: {what} (column {column}).", "Check indentation and quotes there."
        ) from wrong


def line_of(path: Path, where: tuple[int | str, ...]) -> int:
    """The line of a place in a YAML file that can be read, as near as the file has it."""
    node = yaml.compose(path.read_bytes(), Loader=_Loader)
    line = 1
    for step in where:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(step):
                    node, line = value, key.start_mark.line + 1
                    break
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def _measure(node: yaml.Node, known: dict[int, tuple[int, int]], depth: int) -> tuple[int, int]:
    """How many values a node stands for, and how many levels it has, with what its aliases mean.

    Raises ConstructorError for what no file should have.
    """
    if isinstance(node, yaml.ScalarNode):
        if not node.value.isprintable() and (control := _CONTROL.search(node.value)):
            raise _at(node, f"a control character (U+{ord(control[0]):04X})")
        return 1, 0
    if (measured := known.get(id(node))) is not None:
        if not measured[0]:
            raise _at(node, "an alias that stands within what it stands for")
        return measured
    known[id(node)] = 0, 0
    if isinstance(node, yaml.MappingNode):
        _refuse_twice(node)
    size = levels = 0
    if depth < DEEPEST:
        inner = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
        for part in inner:
            part_size, part_levels = _measure(part, known, depth + 1)
            size, levels = size + part_size, max(levels, part_levels)
    if depth + levels >= DEEPEST:
        raise _at(node, f"lists and mappings are nested more than {DEEPEST} deep")
    if size > LARGEST:
        raise _at(node, f"its aliases stand for more than {LARGEST:,} values")
    known[id(node)] = size + 1, levels + 1
    return known[id(node)]


def _refuse_twice(node: yaml.MappingNode) -> None:
    """Raises ConstructorError for a mapping one of whose keys comes twice."""
    seen: dict[tuple[str, str], yaml.Node] = {}
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            first = seen.setdefault((key.tag, key.value), key)
            if first is not key:
                raise _at(key, f"the key {key.value!r} is here again; it was first in line {first.start_mark.line + 1}")


def _at(node: yaml.Node, what: str) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, what, node.start_mark)


def _problem(error: Exception, raw: bytes, root: yaml.Node | None) -> YamlProblem:
    """What the parser complains of, in plain words where there are some."""
    if isinstance(error, yaml.reader.ReaderError):
        before = raw[: error.position]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        sign = raw[error.position : error.position + 1].hex().upper()
        return YamlProblem(line, column, f"a byte that is no text (0x{sign}); UTF-8 is expected")
    if isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark or error.context_mark):
        what = error.problem or error.context or "a mistake"
        return YamlProblem(mark.line + 1, mark.column + 1, _PLAINLY.get(what, what))
    if isinstance(error, RecursionError):
        return YamlProblem(1, 1, f"lists and mappings are nested more than {DEEPEST} deep")
    for node in _scalars(root):
        try:
            _Loader("").construct_object(node)
        except _WRONG_VALUE:
            at, tag = node.start_mark, node.tag.replace(_TAGS, "!!")
            return YamlProblem(at.line + 1, at.column + 1, f"{node.value!r} is no {tag}")
    return YamlProblem(1, 1, str(error) or "a mistake")


def _scalars(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif node is not None:
        for part in node.value:
            for one in part if isinstance(part, tuple) else (part,):
                yield from _scalars(one)
