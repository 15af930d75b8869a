"""A file put together from pieces of another, without a copy."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any


class FilePieces(io.RawIOBase):
    """Reads as one file what is given as bytes, and as ranges of the bytes of `path`."""

    def __init__(self, path: Path, pieces: Sequence[bytes | range]) -> None:
        self._file = path.open("rb")
        self._pieces = list(pieces)
        self._starts = [0, *accumulate(map(len, self._pieces))]
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(offset + (0, self._at, self._starts[-1])[whence], 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        for piece, start in zip(self._pieces, self._starts, strict=False):
            inside = self._at - start
            if 0 <= inside < len(piece):
                size = min(len(buffer), len(piece) - inside)
                if isinstance(piece, range):
                    self._file.seek(piece[inside])
                    got = self._file.read(size)
                else:
                    got = piece[inside : inside + size]
                buffer[: len(got)] = got
                self._at += len(got)
                return len(got)
        return 0

    def close(self) -> None:
        self._file.close()
        super().close()
