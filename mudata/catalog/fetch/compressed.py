"""Compressed streams read to their very end: gzip, bzip2 and xz, one or several joined.

The readers of the standard library pass over whatever follows a bzip2 or an xz stream, be it the next
stream with a damaged header. Here a stream is complete with its sums checked, or it is an error that
says at which byte of the file.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

_BLOCK = 1 << 18


class _Decompressor(Protocol):
    """One stream, from its first byte to its last, as `bz2` and `lzma` take it apart."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """The same for gzip, of which zlib keeps back what it had no room for in other ways."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)  # 31: a gzip header and trailer around deflate

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


_KINDS: tuple[tuple[bytes, str, Callable[[], _Decompressor]], ...] = (
    (b"\x1f\x8b", "gzip", _Gzip),
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", "xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ)),
)
"""How a file begins (RFC 1952; bzip2's and xz's format descriptions), its format, and what reads one stream of it."""


class DamagedStream(Exception):
    """A compressed stream that is not complete: what is wrong, and at which byte of the file."""


def decompressed(raw: io.RawIOBase) -> io.RawIOBase:
    """What a file unpacks to, or the file itself if it is not compressed; reading it raises DamagedStream."""
    start = _whole_read(raw, 6)
    for magic, name, new in _KINDS:
        if start.startswith(magic):
            return _Decompressed(raw, start, magic, name, new)
    return _Replayed(raw, start)


def _whole_read(raw: io.RawIOBase, size: int) -> bytes:
    """That many bytes, or all that there are."""
    data = b""
    while len(data) < size and (more := raw.read(size - len(data))):
        data += more
    return data


class _Replayed(io.RawIOBase):
    """A file whose first bytes were read already."""

    def __init__(self, raw: io.RawIOBase, start: bytes) -> None:
        self._raw, self._start = raw, start

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        if not self._start:
            return self._raw.readinto(buffer) or 0
        view = memoryview(buffer)
        count = min(len(view), len(self._start))
        view[:count], self._start = self._start[:count], self._start[count:]
        return count


class _Decompressed(io.RawIOBase):
    """One compressed stream after the other, until nothing but zeros (padding) is left."""

    def __init__(
        self, raw: io.RawIOBase, start: bytes, magic: bytes, name: str, new: Callable[[], _Decompressor]
    ) -> None:
        self._raw, self._magic, self._name, self._new = raw, magic, name, new
        self._packed = start
        self._plain = memoryview(b"")
        self._at = len(start)
        """Bytes of the file that were read."""
        self._stream: _Decompressor | None = new()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        while not self._plain:
            if (stream := self._stream or self._next_stream()) is None:
                return 0
            self._decompress(stream)
        count = min(len(view), len(self._plain))
        view[:count], self._plain = self._plain[:count], self._plain[count:]
        return count

    def _decompress(self, stream: _Decompressor) -> None:
        ended = stream.needs_input and not self._packed and not self._fill()
        try:
            self._plain = memoryview(stream.decompress(self._packed, _BLOCK))
        except (zlib.error, lzma.LZMAError, OSError) as error:
            raise DamagedStream(f"the {self._name} stream is damaged before byte {self._at}: {error}") from error
        self._packed = b""
        if stream.eof:
            self._packed, self._stream = stream.unused_data, None
        elif ended and not self._plain:
            raise DamagedStream(f"the {self._name} stream is cut off at byte {self._at}")

    def _next_stream(self) -> _Decompressor | None:
        """The stream that follows; None at the end. Zeros may stand before either, nothing else."""
        self._packed = self._packed.lstrip(b"\0")
        while len(self._packed) < len(self._magic) and self._fill():
            self._packed = self._packed.lstrip(b"\0")
        if not self._packed:
            return None
        if not self._packed.startswith(self._magic):
            raise DamagedStream(
                f"at byte {self._at - len(self._packed)}, after the end of a {self._name} stream, stands something else"
            )
        self._stream = self._new()
        return self._stream

    def _fill(self) -> bool:
        more = self._raw.read(_BLOCK) or b""
        self._at += len(more)
        self._packed += more
        return bool(more)
