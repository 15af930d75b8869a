"""Path patterns of cards: globs with named parts, and the walk over a dataset's files.

`**/` is any depth (also none), `**` at the end is everything below, `*`, `?` and `{name}` stay within one
path segment, `{name:regex}` is exactly what the regular expression says, and a name that
comes again must match the same text. All else is literal, brackets too. Paths are relative
to the dataset's `files/` folder and use forward slashes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.errors import CardError

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card

JUNK = ("**/.*", "**/__MACOSX/**")
"""What archives and desktops leave behind; never a table of a dataset."""

_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")


class Pattern:
    """A compiled path pattern. `names` are its named parts, in order. Raises CardError if it is malformed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.regex = _regex(text)
        try:
            self._compiled = re.compile(self.regex, re.DOTALL)
        except re.error as error:
            raise CardError(f"Pattern {text!r} is not valid: {error}.", "See `{name:regex}` in the card.") from error
        self.names = tuple(self._compiled.groupindex)

    def match(self, path: str) -> dict[str, str] | None:
        """The named parts if the whole path matches, else None."""
        found = self._compiled.fullmatch(path)
        return found.groupdict() if found else None


def walk(root: Path) -> list[tuple[str, int]]:
    """Every file below `root`: relative path and size in bytes, sorted by path.

    Links to files are followed, links to folders are not; a folder that does not exist is empty.
    """
    found: list[tuple[str, int]] = []
    folders = [("", str(root))] if root.is_dir() else []
    while folders:
        prefix, folder = folders.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders.append((path + "/", entry.path))
                elif entry.is_file():
                    found.append((path, entry.stat().st_size))
    return sorted(found)


def match_all(
    entries: Iterable[tuple[str, int]], patterns: Sequence[str], ignore: Sequence[str] = JUNK
) -> Iterator[tuple[str, int, dict[str, str]]]:
    """The entries of a walk that match one of the patterns (the first that does gives the parts) and none of
    `ignore`."""
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
    one = re.compile("(?:" + "|".join(f"(?:{Pattern(p).regex})" for p in patterns) + ")(?:/.*)?", re.DOTALL)
    return lambda path: one.fullmatch(path) is not None


def _regex(text: str) -> str:
    pieces: list[str] = []
    seen: set[str] = set()
    at = 0
    while at < len(text):
        if text.startswith("**/", at):
            pieces.append("(?:.*/)?")
            at += 3
        elif text.startswith("**", at):
            pieces.append(".*")
            at += 2
        elif text[at] in "*?":
            pieces.append("[^/]*" if text[at] == "*" else "[^/]")
            at += 1
        elif text[at] == "{":
            end = _closing(text, at)
            name, colon, regex = text[at + 1 : end].partition(":")
            if not _NAME.match(name) or (colon and not regex):
                raise CardError(
                    f"Pattern {text!r}: {text[at : end + 1]} is not a named part.",
                    "Write {name} or {name:regex}, the name in small letters.",
                )
            pieces.append(f"(?P={name})" if name in seen else f"(?P<{name}>{regex or '[^/]+'})")
            seen.add(name)
            at = end + 1
        else:
            pieces.append(re.escape(text[at]))
            at += 1
    return "".join(pieces)


def _closing(text: str, start: int) -> int:
    """Index of the brace that closes the one at `start`; braces of a regex such as \\d{5} are counted."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise CardError(f"Pattern {text!r}: a brace is not closed.", "Write {name} or {name:regex}.")
