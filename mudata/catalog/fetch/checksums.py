"""Checksums of files: what the card expects, what is there, and how one is recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.errors import ChecksumMismatch

if TYPE_CHECKING:
    from mudata.catalog.cards.mirrors import RemoteFile

Checksums = Mapping[str, str | tuple[str, ...]]
"""Algorithm (sha256, sha1, md5, git) -> hex digest, or several of which each is right.

git is the id that Git gives a file: SHA-1 with a header before the bytes.
"""


def expected_checksums(file: RemoteFile) -> dict[str, str | tuple[str, ...]]:
    """The checksums that the card knows of a file."""
    sha256 = (file.sha256, *file.also) if file.sha256 else None
    known = {"sha256": sha256, "sha1": file.sha1, "md5": file.md5}
    return {algorithm: expected for algorithm, expected in known.items() if expected}


def as_recorded(checksums: Checksums) -> str:
    """The first of some checksums as the ledger keeps it: 'sha256:…'."""
    algorithm, expected = next(iter(checksums.items()))
    return f"{algorithm}:{expected if isinstance(expected, str) else expected[0]}"


def has_recorded(path: Path, recorded: str) -> bool:
    """Whether a file has a recorded checksum ('sha256:…'); not if none is recorded ('')."""
    algorithm, _, value = recorded.partition(":")
    return bool(value) and compute_checksums(path, [algorithm])[algorithm] == value


def verify_checksums(path: Path, size: int | None, checksums: Checksums, *, name: str | None = None) -> None:
    """Check a file's size in bytes and its checksums (hex, in any case).

    `name` is what messages call the file; None: its path. Raises ChecksumMismatch.
    """
    actual_size = path.stat().st_size
    if size is not None and actual_size != size:
        raise mismatch(name or str(path), f"{size} bytes", f"{actual_size} bytes")
    actual = compute_checksums(path, checksums)
    for algorithm, expected in checksums.items():
        accepted = [e.casefold() for e in ((expected,) if isinstance(expected, str) else expected)]
        if actual[algorithm] not in accepted:
            raise mismatch(
                name or str(path),
                f"{algorithm} {' or '.join(accepted)}",
                f"{algorithm} {actual[algorithm]} ({actual_size} bytes)",
            )


def compute_checksums(path: Path, algorithms: Iterable[str]) -> dict[str, str]:
    """Hex digests of a file by algorithm, all in one pass over it."""
    hashers = {algorithm: _hasher(algorithm, path) for algorithm in algorithms}
    if hashers:
        buffer = memoryview(bytearray(1 << 20))
        with path.open("rb", buffering=0) as file:
            while count := file.readinto(buffer):
                for hasher in hashers.values():
                    hasher.update(buffer[:count])
    return {algorithm: hasher.hexdigest() for algorithm, hasher in hashers.items()}


def _hasher(algorithm: str, path: Path) -> hashlib._Hash:
    if algorithm == "git":
        header = b"blob %d\0" % path.stat().st_size
        return hashlib.sha1(header, usedforsecurity=False)
    return hashlib.new(algorithm, usedforsecurity=False)


def mismatch(name: str, expected: str, got: str) -> ChecksumMismatch:
    """The error that says what was expected of a file, and what came."""
    return ChecksumMismatch(
        f"{name} is not the expected file.\n  expected {expected}\n  got      {got}",
        "A wrong download is deleted. Run the same command again; if it stays so, the publisher has changed "
        "the file, and the card wants the new sum.",
    )
