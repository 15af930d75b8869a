"""One archive being extracted: the checks that each member passes, and how it is written.

No member is written outside its folder, no link or device is made, nothing is overwritten by a
namesake, and no more comes out than was allowed. A member is written beside its path and moved
there, so that what is there is whole. A member that the file system cannot name is left out.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

from mudata.errors import FetchError, UnsafeArchive

if TYPE_CHECKING:
    from mudata.narration import Advance

BLOCK = 1 << 18
LONGEST_NAME = 255
"""Bytes of a file's name, on every file system of Linux, macOS and (as characters) Windows."""
FOLDS_NAMES = sys.platform in ("darwin", "win32")
"""Whether names that differ in case or in the composition of accents usually mean the same file."""

_UNFIT = (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ)
"""How file systems say that they cannot have such a name."""


def member_path(name: str, archive: str) -> str:
    """A member's name as a relative path with slashes; UnsafeArchive if it leaves its folder."""
    path = name.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", path) or "\0" in path:
        raise UnsafeArchive(
            f"{archive}: the member {name!r} would be written outside its folder. It was not.",
            "Do not trust this file, and tell its publisher.",
        )
    return "/".join(parts)


def unfit(path: str) -> str | None:
    """Why no file can have this relative path; None if one can."""
    if "\0" in path:
        return "it holds a null"
    longest = max((len(os.fsencode(part)) for part in path.split("/")), default=0)
    return f"it has {longest} bytes, and a name has {LONGEST_NAME} at most" if longest > LONGEST_NAME else None


def usable_path(name: str, source: str) -> str:
    """As `member_path`; FetchError for a name that no file can have."""
    path = member_path(name, source)
    if why := unfit(path):
        raise FetchError(f"{source}: the name {shortened(path)!r} cannot be had: {why}.")
    return path


def shortened(name: str) -> str:
    """A name of any length for a message."""
    return name if len(name) <= 80 else f"{name[:60]}...{name[-17:]}"


class Extraction:
    """What came out of one archive. `left_out` is told of members that cannot be had, and why."""

    def __init__(
        self,
        archive: Path,
        target: Path,
        *,
        keep: Callable[[str], bool],
        max_bytes: int,
        advance: Advance,
        left_out: Callable[[str], None],
        folds_names: bool,
    ) -> None:
        self.archive = archive
        self.advance = advance
        self.max_bytes = max_bytes
        self.files: list[Path] = []
        self._target = target
        self._keep = keep
        self._left_out = left_out
        self._folds_names = folds_names
        self._sum = 0
        self._seen: dict[str, str] = {}
        self._written: list[Path] = []

    def accept(self, name: str, size: int, *, regular: bool) -> Path | None:
        """Where a member goes; None if it is not wanted, or cannot be had."""
        if why := unfit(name):
            self._leave_out(name, why)
            return None
        path = member_path(name, self.archive.name)
        if not path or not self._keep(path):
            return None
        if not regular:
            self.refuse(f"the member {name!r} is a link or a device")
        key = unicodedata.normalize("NFC", path).casefold() if self._folds_names else path
        if (first := self._seen.get(key)) == path:
            self.refuse(f"the member {name!r} comes twice")
        if first is not None:
            self._leave_out(name, f"this disk takes it for {first!r}")
            return None
        self._seen[key] = path
        self._sum += size
        if self._sum > self.max_bytes:
            self.refuse(
                f"with {name!r} its files reach {self._sum} bytes, more than the {self.max_bytes} that are allowed"
            )
        self.files.append(self._target / path)
        return self.files[-1]

    def check_folder(self, name: str) -> None:
        """Raise UnsafeArchive for a folder outside the target: who writes such is not to be trusted."""
        if not unfit(name):
            member_path(name, self.archive.name)

    def keep_or_write(self, source: IO[bytes], path: Path, size: int) -> None:
        """Keep the file that is there if it is the member to the last byte, else write it."""
        if not (path.is_file() and path.stat().st_size == size):
            self.write(blocks(source), path, size)
            return
        agreed = 0
        with path.open("rb") as there:
            while (block := source.read(BLOCK)) and there.read(len(block)) == block:
                agreed += len(block)
        if block:
            self.write(chain(_first(path, agreed), [block], blocks(source)), path, size)

    def write(self, content: Iterable[bytes], path: Path, size: int, advance: Advance = lambda done: None) -> None:
        """Write one member beside its path and move it there."""
        part = path.with_name(f".{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as out:
                written = 0
                for block in content:
                    written += len(block)
                    if written > size:
                        break
                    out.write(block)
                    advance(len(block))
            if written != size:
                self.refuse(f"{path.name!r} does not have the {size} bytes that are declared")
            part.replace(path)
        except BaseException as error:
            with contextlib.suppress(OSError):
                part.unlink()
            number = error.errno if isinstance(error, OSError) else None
            if number in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
                self.refuse(f"{str(path)!r} is both a file and a folder")
            if number not in _UNFIT:
                raise
            self.files.remove(path)
            self._leave_out(path.name, f"the disk refuses such a name ({error})")
        else:
            self._written.append(path)

    def discard(self) -> None:
        """Delete what was written: the archive has turned out to be damaged."""
        for path in self._written:
            with contextlib.suppress(OSError):
                path.unlink()

    def refuse(self, why: str) -> NoReturn:
        raise UnsafeArchive(
            f"{self.archive.name}: {why}. It was not written.",
            "If you trust the publisher, unpack the archive yourself and use `mudata fetch NAME --from FOLDER`.",
        )

    def refuse_member(self, name: str, why: str) -> NoReturn:
        """For a member that can be had by other programs only."""
        raise FetchError(
            f"{self.archive.name}: the member {name!r} {why}.",
            "Unpack the archive with another program, such as 7z, and use `mudata fetch NAME --from FOLDER`.",
        )

    def _leave_out(self, name: str, why: str) -> None:
        self._left_out(f"{self.archive.name}: the member {shortened(name)!r} is left out: {why}.")


def blocks(source: IO[bytes]) -> Iterator[bytes]:
    """A file piece by piece."""
    while block := source.read(BLOCK):
        yield block


def _first(path: Path, size: int) -> Iterator[bytes]:
    """The first bytes of a file."""
    with path.open("rb") as file:
        while size and (block := file.read(min(size, BLOCK))):
            size -= len(block)
            yield block


class Damage(Exception):
    """An archive that is not complete, or not as it was made: what is wrong, and where."""
