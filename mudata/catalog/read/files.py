"""The files of a dataset below its folder: all that lie there, and those that the card means."""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mudata.catalog.cards.patterns import Pattern
from mudata.errors import is_of_machine

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card

JUNK = ("**/.*", "**/__MACOSX/**")
"""What archives and desktops leave behind; never a table of a dataset."""


MIDI = ("mid", "midi")
_AUDIO = ("wav", "flac", "mp3", "ogg", "opus", "m4a", "aac", "aif", "aiff")
"""Endings of files that items may name by whole paths."""


@dataclass
class Walk:
    """What lies below a folder."""

    files: list[tuple[str, int]] = field(default_factory=list)
    """Relative path and size in bytes, sorted by path."""
    linked: dict[str, str] = field(default_factory=dict)
    """Folders that were come to by a link: relative path -> the real folder."""
    left_out: dict[str, list[str]] = field(default_factory=dict)
    """What was not looked into: why -> relative paths."""

    def leave_out(self, why: str, path: str) -> None:
        self.left_out.setdefault(why, []).append(path)


def walk(root: Path) -> list[tuple[str, int]]:
    """As `look_through`: relative path and size in bytes of every file below `root`, sorted by path."""
    return look_through(root).files


def look_through(root: Path) -> Walk:
    """Every file below `root`; a folder that does not exist is empty.

    Links to files are followed, and links to folders once each, after all real folders. What cannot be
    looked at (a link in a circle or to nowhere, a folder without permission) is left out and told.
    """
    found = Walk()
    folders = [("", str(root), os.path.realpath(root))] if root.is_dir() else []
    links: list[tuple[str, str, str]] = []
    followed = {os.path.realpath(root)}
    while folders or links:
        if not folders:
            links.sort(reverse=True)
            folders = _follow(found, *links.pop(), followed)
            continue
        prefix, folder, real = folders.pop()
        with _told(found, prefix or "."), os.scandir(folder) as entries:
            for entry in entries:
                path = prefix + entry.name
                with _told(found, path):
                    if entry.is_dir(follow_symlinks=False):
                        folders.append((path + "/", entry.path, f"{real}/{entry.name}"))
                    elif entry.is_dir():
                        links.append((path, entry.path, real))
                    elif entry.is_file():
                        found.files.append((path, entry.stat().st_size))
                    elif entry.is_symlink() and not Path(entry.path).exists():
                        found.leave_out("leads nowhere", path)
    found.files.sort()
    return found


def _follow(found: Walk, path: str, link: str, parent: str, followed: set[str]) -> list[tuple[str, str, str]]:
    """The folder that a link leads to, if it was not come to by another link and does not hold this one."""
    real = os.path.realpath(link)
    if f"{parent}/".startswith(f"{real.rstrip('/')}/"):
        found.leave_out("leads back to a folder that it lies in", path)
    elif real in followed:
        found.leave_out("leads to a folder that was come to already", path)
    else:
        followed.add(real)
        found.linked[path] = real
        return [(path + "/", link, real)]
    return []


@contextlib.contextmanager
def _told(found: Walk, path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        pass  # it vanished meanwhile
    except OSError as error:
        if is_of_machine(error):
            raise
        found.leave_out(f"cannot be looked at ({error.strerror})", path)


def match_all(
    entries: Sequence[tuple[str, int]], patterns: Sequence[str], ignore: Sequence[str] = JUNK
) -> Iterator[tuple[str, int, dict[str, str]]]:
    """The entries of a walk that match one of the patterns
    (the first that does gives the parts) and none of `ignore`.

    Where no other file differs from one by case only, the case of its letters does not count.
    """
    compiled = [Pattern(p) for p in patterns]
    ignored = _ignored(ignore)
    alone: Counter[str] | None = None
    for path, size in entries:
        parts = _first_match(compiled, path, any_case=False)
        if parts is None and (parts := _first_match(compiled, path, any_case=True)) is not None:
            alone = alone or Counter(other.casefold() for other, _ in entries)
            if alone[path.casefold()] > 1:
                continue
        if parts is not None and not ignored(path):
            yield path, size, parts


def left_for_case(
    entries: Sequence[tuple[str, int]], patterns: Sequence[str], ignore: Sequence[str] = JUNK
) -> list[str]:
    """Files that would match but for the case of their letters, and are left out because another's path
    differs from theirs by it alone."""
    alone = Counter(path.casefold() for path, _ in entries)
    doubtful = [(path, size) for path, size in entries if alone[path.casefold()] > 1]
    matching = {path for path, _, _ in match_all(doubtful, patterns, ignore)}
    compiled, ignored = [Pattern(p) for p in patterns], _ignored(ignore)
    return [
        path
        for path, _ in doubtful
        if path not in matching and not ignored(path) and _first_match(compiled, path, any_case=True) is not None
    ]


def _first_match(patterns: Sequence[Pattern], path: str, *, any_case: bool) -> dict[str, str] | None:
    return next((parts for p in patterns if (parts := p.match(path, any_case=any_case)) is not None), None)


class TableFile(NamedTuple):
    """A pattern of files with rows in them, and whether there may be none."""

    path: str
    optional: bool


def table_files(card: Card) -> dict[str, TableFile]:
    """What the card's SQL sees by name: its tables, and the item files of its exam."""
    files = card.exam.files if card.exam else {}
    found = {name: TableFile(table.path, table.optional) for name, table in card.tables.items()}
    return found | {name: TableFile(file.path, file.optional) for name, file in files.items()}


def clip_patterns(card: Card) -> list[str]:
    """Patterns of the files that are clips: of the card's rules, and of what its exam's items name."""
    named = [clip.pattern for items in card.exam.items for clip in items.clips] if card.exam else []
    return [pattern for rule in card.clips for pattern in rule.files] + [
        pattern for text in dict.fromkeys(filter(None, named)) for pattern in _with_endings(text)
    ]


def _with_endings(pattern: str) -> list[str]:
    return [pattern] if not pattern.endswith("*") else [f"{pattern}.{ending}" for ending in (*_AUDIO, *MIDI)]


def wanted(card: Card) -> Callable[[str], bool]:
    """Whether a relative path is a clip, a table or an item file of the card, whatever the case of its letters."""
    rules = [([Pattern(p) for p in rule.files], _ignored(rule.ignore)) for rule in card.clips]
    of_rules = {pattern for rule in card.clips for pattern in rule.files}
    others = [*(table.path for table in table_files(card).values()), *clip_patterns(card)]
    rules.append(([Pattern(p) for p in others if p not in of_rules], _ignored(JUNK)))

    def is_wanted(path: str) -> bool:
        return any(
            _first_match(patterns, path, any_case=True) is not None and not ignored(path) for patterns, ignored in rules
        )

    return is_wanted


def is_junk(path: str) -> bool:
    """Whether archives and desktops leave such a file behind."""
    return _is_junk(path)


def _ignored(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path, or a folder that it lies in, matches one of the patterns."""
    if not patterns:
        return lambda path: False
    ignored = re.compile("(?:" + "|".join(f"(?:{Pattern(p).regex})" for p in patterns) + ")(?:/.*)?", re.DOTALL)
    return lambda path: ignored.fullmatch(path) is not None


_is_junk = _ignored(JUNK)
