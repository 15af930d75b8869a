"""What files of the user's own have in common, those of a dataset and those of weights.

They are looked for in folders of any layout, put in place by links, and recorded as `own files:
...`, so that what they satisfy is not downloaded.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.read.files import Walk, look_through
from mudata.errors import FetchError
from mudata.home import is_text

if TYPE_CHECKING:
    from mudata.catalog.fetch.ledger import FetchRecord
    from mudata.narration import Progress

_LABEL = "own files: "
"""Begins what the ledger has in place of a mirror."""


def existing(path: Path, expected: str) -> Path:
    """The path, if there is anything. Raises FetchError, which says what was `expected`."""
    if not path.exists():
        raise FetchError(f"There is no {path}.", f"Give {expected} that exists.")
    return path


def files_of(path: Path, progress: Progress) -> tuple[Path, Walk]:
    """The folder of what a user gave, and its files; a file stands for itself alone.
    What could not be looked at is said."""
    if not path.is_dir():
        return path.parent, Walk([(path.name, path.stat().st_size)])
    found = look_through(path)
    for why, paths in found.left_out.items():
        rest = f", as {len(paths) - 1} others do" if len(paths) > 1 else ""
        progress.say(f"{path / paths[0]} {why}{rest}; left out.")
    return path, found


def label(origins: Iterable[str | Path]) -> str:
    """How the ledger names files that came from there."""
    return _LABEL + ", ".join(map(str, origins))


def is_own(record: FetchRecord) -> bool:
    """Whether a record is of the user's own files rather than of downloads."""
    return record.mirror.startswith(_LABEL)


def link(source: Path, target: Path, *, relative: bool = False) -> None:
    """Let `target` be the file `source`: by a link, else by a hard link, else by a copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        if is_text(str(source)) and "\\" not in str(source):  # through a link DuckDB reads nothing that it cannot name
            target.symlink_to(os.path.relpath(source, target.parent) if relative else source)
            return
    except (OSError, NotImplementedError):  # file systems and accounts without links
        pass
    try:
        os.link(source, target)
    except OSError:
        part = target.with_name(f".{target.name}.part")
        shutil.copy2(source, part)
        part.replace(target)
