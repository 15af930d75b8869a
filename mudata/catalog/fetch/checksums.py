"""Checksums of files: what is expected, what is there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from mudata.errors import ChecksumMismatch


def verify_digests(
    path: Path, size: int | None, digests: Mapping[str, str | tuple[str, ...]], *, name: str | None = None
) -> None:
    """Raise ChecksumMismatch unless the file has this size and these sums (hex, any case; any of several)."""
    got_size = path.stat().st_size
    if size is not None and got_size != size:
        raise mismatch(name or str(path), f"{size} bytes", f"{got_size} bytes")
    got = sums(path, digests)
    for algorithm, expected in digests.items():
        accepted = [e.casefold() for e in ((expected,) if isinstance(expected, str) else expected)]
        if got[algorithm] not in accepted:
            found = f"{algorithm} {got[algorithm]} ({got_size} bytes)"
            raise mismatch(name or str(path), f"{algorithm} {' or '.join(accepted)}", found)


def sums(path: Path, algorithms: Iterable[str]) -> dict[str, str]:
    """Hex digests of a file by algorithm, all in one pass over it."""
    hashers = {a: _hasher(a, path) for a in algorithms}
    if hashers:
        buffer = memoryview(bytearray(1 << 20))
        with path.open("rb", buffering=0) as file:
            while count := file.readinto(buffer):
                for hasher in hashers.values():
                    hasher.update(buffer[:count])
    return {a: h.hexdigest() for a, h in hashers.items()}


def _hasher(algorithm: str, path: Path) -> hashlib._Hash:
    if algorithm == "git":  # the id of a blob: SHA-1 with a header before the bytes
        return hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    return hashlib.new(algorithm, usedforsecurity=False)


def mismatch(name: str, expected: str, got: str) -> ChecksumMismatch:
    """The error that says both."""
    return ChecksumMismatch(
        f"{name} is not the expected file.\n  expected {expected}\n  got      {got}",
        "A wrong download is deleted. Run the same command again; if it stays so, the publisher has changed "
        "the file, and the card wants the new sum.",
    )
