"""Tar archives, plain or compressed, read as one stream from the first header to the end.

`tarfile` takes a damaged header in mid-archive, and the end of the file, for the end of the archive.
Here an archive is complete or damaged: it ends with two blocks of zeros (POSIX.1-2017, pax, "ustar
Interchange Format"), and after them nothing but the zeros that fill the last record. GNU tar, bsdtar,
Python and git write all of this. Few tools leave the end blocks out; what they write cannot be told
from an archive that was cut between two members, and is refused with a way out.

Names that are no UTF-8 are read as Latin-1.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, Self, cast

from mudata.catalog.fetch.compressed import DamagedStream, decompressed
from mudata.catalog.fetch.extraction import BLOCK, Damage, Extraction

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

    from mudata.narration import Advance

_RECORD = re.compile(rb"([1-9][0-9]{0,9}) ([!-<>-~]+)=")
"""How a record of a pax header begins: its bytes, all of them, and its keyword."""
_KEYWORDS = {
    *("atime", "charset", "comment", "ctime", "gid", "gname", "hdrcharset", "linkpath", "mtime", "path", "size"),
    *("uid", "uname"),
}
"""All without a dot and in small letters: others of that form are the standard's to give (the same place)."""


def extract_tar(extraction: Extraction, file: io.FileIO) -> None:
    """Write the members that are wanted. Raises Damage, and what `Extraction` raises."""
    stream = cast("IO[bytes]", decompressed(_Counted(file, extraction.advance)))
    number, last, at = 0, "", 0
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=BLOCK, encoding="utf-8", tarinfo=_Member) as archive:
            for member in _members(archive):
                number += 1
                last, at = _name(member), archive.offset
                _take(extraction, archive, member, last)
            _check_end(archive, extraction)
            if not number:
                raise tarfile.ReadError("there are zeros in it and nothing else")
    except (tarfile.TarError, DamagedStream, ValueError, OverflowError) as error:  # the last two: sizes that are none
        where = f"after member {number}, {last!r}, which ends at byte {at} of the tar" if number else "at its beginning"
        raise Damage(f"{where}: {error}") from error


class _Member(tarfile.TarInfo):
    """A member whose header is whole."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Raises ReadError where `tarfile` would take damage for the end of the archive."""
        if not buf:
            raise tarfile.ReadError("it ends without the two blocks of zeros that mark the end")
        if len(buf) < tarfile.BLOCKSIZE:
            raise tarfile.ReadError("it is cut off in a header")
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if not buf.strip(b"\0"):  # a block of zeros: `_check_end` looks at what follows
                raise
            raise tarfile.ReadError("what should be a header is none") from error

    def _proc_pax(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        """Raises ReadError where `tarfile` would take damaged records for others, or for none."""
        inner, stream = cast("Any", super()), cast("IO[bytes]", archive.fileobj)
        records = stream.read(-(-self.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE)
        _check_records(records[: self.size])
        archive.fileobj = cast("Any", _PutBack(stream, records))
        try:
            return cast("tarfile.TarInfo", inner._proc_pax(archive))
        finally:
            archive.fileobj = cast("Any", stream)


class _PutBack:
    """A stream of which some bytes were read already."""

    def __init__(self, stream: IO[bytes], start: bytes) -> None:
        self._stream, self._start = stream, start

    def read(self, size: int) -> bytes:
        data, self._start = self._start[:size], self._start[size:]
        return data + self._stream.read(size - len(data))

    def tell(self) -> int:
        return self._stream.tell() - len(self._start)


def _check_records(records: bytes) -> None:
    """Raise ReadError unless these are the records of a pax header, whose lengths add up (POSIX.1-2017, pax,
    "pax Extended Header"); nothing but their form guards them."""
    at = 0
    while at < len(records):
        begin = _RECORD.match(records, at)
        end = at + int(begin[1]) if begin else at
        if not begin or not begin.end() < end <= len(records) or records[end - 1] != 0x0A:
            raise tarfile.ReadError("a record of an extended header is damaged")
        keyword = begin[2].decode()
        if keyword.islower() and "." not in keyword and keyword not in _KEYWORDS:
            raise tarfile.ReadError(f"an extended header has a record {keyword!r}, which there is not")
        at = end


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members as they come, none of them remembered."""
    while (member := archive.next()) is not None:
        yield member
        cast("Any", archive).members.clear()


def _take(extraction: Extraction, archive: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> None:
    if member.size < 0:
        raise tarfile.ReadError(f"its size is {member.size} bytes")
    if member.isdir():
        extraction.check_folder(name)
    elif (path := extraction.accept(name, member.size, regular=member.isreg())) and (
        source := archive.extractfile(member)
    ):
        extraction.keep_or_write(source, path, member.size)


def _check_end(archive: tarfile.TarFile, extraction: Extraction) -> None:
    """What follows the first block of zeros: the second one, then zeros to the end of the file."""
    rest = cast("IO[bytes]", archive.fileobj)
    second = rest.read(tarfile.BLOCKSIZE)
    if second.strip(b"\0"):
        raise tarfile.ReadError("a block of zeros stands where a header should be")
    if len(second) < tarfile.BLOCKSIZE:
        raise tarfile.ReadError("it is cut off in the blocks of zeros that mark the end")
    padding = 0
    while block := rest.read(BLOCK):
        if block.strip(b"\0"):
            raise tarfile.ReadError(
                f"something stands {padding + len(block) - len(block.lstrip(bytes(1)))} bytes after what marks the end:"
                " a header was overwritten with zeros, or archives were joined"
            )
        padding += len(block)
        if padding > extraction.max_bytes:
            extraction.refuse(f"more than {extraction.max_bytes} bytes of padding follow its end")


def _name(member: tarfile.TarInfo) -> str:
    raw = member.name.encode(errors="surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


class _Counted(io.RawIOBase):
    """A file that tells how far it has been read."""

    def __init__(self, file: io.FileIO, advance: Advance) -> None:
        self._file = file
        self._advance = advance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        count = self._file.readinto(buffer) or 0
        self._advance(count)
        return count
