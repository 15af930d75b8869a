"""The files of a dataset below its folder: all that lie there, and those that the card means."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.cards.patterns import Pattern

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card

JUNK = ("**/.*", "**/__MACOSX/**")
"""What archives and desktops leave behind; never a table of a dataset."""


def walk(root: Path) -> list[tuple[str, int]]:
    """Every file below `root`: relative path and size in bytes, sorted by path.

    Links to files are followed, links to folders are not; a folder that does not exist is empty.
    """
    files: list[tuple[str, int]] = []
    folders = [("", str(root))] if root.is_dir() else []
    while folders:
        prefix, folder = folders.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders.append((path + "/", entry.path))
                elif entry.is_file():
                    files.append((path, entry.stat().st_size))
    return sorted(files)


def match_all(
    entries: Iterable[tuple[str, int]], patterns: Sequence[str], ignore: Sequence[str] = JUNK
) -> Iterator[tuple[str, int, dict[str, str]]]:
    """The entries of a walk that match one of the patterns
    (the first that does gives the parts) and none of `ignore`."""
    compiled = [Pattern(p) for p in patterns]
    ignored = _ignored(ignore)
    for path, size in entries:
        for pattern in compiled:
            parts = pattern.match(path)
            if parts is not None:
                if not ignored(path):
                    yield path, size, parts
                break


def wanted(card: Card) -> Callable[[str], bool]:
    """Whether a relative path is a clip or a table of the card."""
    rules = [([Pattern(p) for p in rule.files], _ignored(rule.ignore)) for rule in card.clips]
    rules.append(([Pattern(t.path) for t in card.tables.values()], _ignored(JUNK)))

    def is_wanted(path: str) -> bool:
        return any(
            any(p.match(path) is not None for p in patterns) and not ignored(path) for patterns, ignored in rules
        )

    return is_wanted


def _ignored(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path, or a folder that it lies in, matches one of the patterns."""
    if not patterns:
        return lambda path: False
    ignored = re.compile("(?:" + "|".join(f"(?:{Pattern(p).regex})" for p in patterns) + ")(?:/.*)?", re.DOTALL)
    return lambda path: ignored.fullmatch(path) is not None
