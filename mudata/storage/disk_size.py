"""How large files and folders are: each file once, however many names it has; links as links."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class DiskSize:
    """What a place takes. `bytes` is of its own files; `linked_bytes` of files elsewhere that its links lead to."""

    bytes: int = 0
    files: int = 0
    links: int = 0
    linked_bytes: int = 0
    broken: int = 0
    """Links that lead to nothing."""

    def __add__(self, other: DiskSize) -> DiskSize:
        return DiskSize(**{name: value + getattr(other, name) for name, value in vars(self).items()})

    @property
    def kept(self) -> str:
        """linked, copied, or both; empty where there are no files."""
        return ", ".join(word for word, n in (("linked", self.links), ("copied", self.files)) if n)


@dataclass
class Scale:
    """Weighs places one after another. A file with several names (hard links) counts where it is met first."""

    _own: set[tuple[int, int]] = field(default_factory=set)
    _linked: set[tuple[int, int]] = field(default_factory=set)

    def weigh(self, place: Path) -> DiskSize:
        """A file, or a folder with all that lies in it. A place that is not there weighs nothing."""
        size = DiskSize()
        for path in entries(place):
            self._add(path, size)
        return size

    def _add(self, path: Path, size: DiskSize) -> None:
        try:
            facts = path.lstat()
        except OSError:  # another process removed it in this moment
            return
        if path.is_symlink():
            size.links += 1
            try:
                facts = path.stat()
            except OSError:
                size.broken += 1
                return
            if path.is_file() and _is_new(facts, self._linked):
                size.linked_bytes += facts.st_size
        else:
            size.files += 1
            size.bytes += facts.st_size if _is_new(facts, self._own) else 0


def _is_new(facts: os.stat_result, seen: set[tuple[int, int]]) -> bool:
    identity = (facts.st_dev, facts.st_ino)
    new = identity not in seen
    seen.add(identity)
    return new


def entries(place: Path) -> Iterator[Path]:
    """The files and links below a folder, or the file or link itself. No link is followed."""
    if place.is_symlink() or place.is_file():
        yield place
        return
    try:
        below = sorted(os.scandir(place), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in below:
        if entry.is_dir(follow_symlinks=False):
            yield from entries(Path(entry.path))
        else:
            yield Path(entry.path)


def readable(size: float) -> str:
    """Bytes for people: '1.25 GB'; units of 1,000 as the cards have them; nothing is an empty text."""
    if not size:
        return ""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if size >= 100 or unit == "B" else f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
