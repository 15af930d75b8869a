"""Members of a zip archive that somebody else wrote, read one by one into memory; nothing is ever written to a folder.

Python's zipfile (3.11 to 3.13) knows no Zstandard, by which inspect compresses its logs, so such members are unpacked
by pyarrow, which is here anyway.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from mudata.errors import EvaluationError, is_of_machine

LARGEST_MEMBER = 256 << 20
"""Bytes of one unpacked member. Ours: a sample with its whole transcript has some MB."""
LARGEST_SUM = 16 << 30
"""Bytes of all of them together."""
_ZSTANDARD = 93
"""Compression method in APPNOTE.TXT 6.3.8, section 4.4.5."""
_LOCAL_HEADER = struct.Struct("<4s22xHH")
"""Signature, and the lengths of name and extra field: APPNOTE.TXT 6.3.8, section 4.3.7."""
_NO_ARCHIVE = (zipfile.BadZipFile, EOFError, struct.error, RuntimeError, ValueError, OverflowError)
"""What zipfile raises of bytes that are no archive: RuntimeError (NotImplementedError) of versions, patches and
encryptions that it does not know."""
_KNOWN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, _ZSTANDARD)


def is_zip(path: Path) -> bool:
    """Whether a file begins as archives do. Raises EvaluationError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(2) == b"PK"
    except OSError as error:
        raise _unreadable(path, error) from error


def members(path: Path, beginning: str, ending: str) -> Iterator[tuple[str, bytes]]:
    """Every member whose name begins and ends so, by name and content, in the order of the archive's directory.

    Raises:
        EvaluationError: no archive, a damaged or an encrypted member, or one larger than is sensible.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            wanted = [info for info in archive.infolist() if info.filename.startswith(beginning)]
            wanted = [info for info in wanted if info.filename.endswith(ending)]
            if (size := sum(info.file_size for info in wanted)) > LARGEST_SUM:
                raise _refused(path, f"its members unpack to {size:,} bytes, more than {LARGEST_SUM:,}")
            for info in wanted:
                yield info.filename, _content(path, file, archive, info)
    except _NO_ARCHIVE as error:
        raise _refused(path, f"it is no whole zip archive ({error})") from error
    except OSError as error:
        raise _unreadable(path, error) from error


def _content(path: Path, file: IO[bytes], archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A member unpacked, of the length and checksum that the directory says."""
    name = info.filename
    if info.flag_bits & 1:
        raise _refused(path, f"{name} is encrypted")
    if info.compress_type not in _KNOWN:
        raise _refused(path, f"{name} is compressed by method {info.compress_type}, not stored, deflated or zstd")
    if info.file_size > LARGEST_MEMBER:
        raise _refused(path, f"{name} unpacks to {info.file_size:,} bytes, more than {LARGEST_MEMBER:,}")
    try:
        if info.compress_type != _ZSTANDARD:
            with archive.open(info) as member:
                return member.read()
        return _unzstd(file, info)
    except (zlib.error, OSError, *_NO_ARCHIVE) as error:
        raise _refused(path, f"{name} is damaged ({str(error).splitlines()[0]})") from error


def _unzstd(file: IO[bytes], info: zipfile.ZipInfo) -> bytes:
    import pyarrow as pa

    file.seek(info.header_offset)
    signature, name_length, extra_length = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    if signature != b"PK\x03\x04":
        raise zipfile.BadZipFile("no member begins where the directory says")
    file.seek(name_length + extra_length, 1)
    packed = pa.BufferReader(file.read(info.compress_size))
    with pa.CompressedInputStream(packed, "zstd") as stream:
        raw: bytes = stream.read(info.file_size + 1)
    if len(raw) != info.file_size or zlib.crc32(raw) != info.CRC:
        raise zipfile.BadZipFile("length or checksum differ")
    return raw


def _refused(path: Path, why: str) -> EvaluationError:
    return EvaluationError(f"{path} cannot be read: {why}.", "Have the program write it anew, or copy it again.")


def _unreadable(path: Path, error: OSError) -> OSError | EvaluationError:
    """A fault of the machine stays what it is."""
    if is_of_machine(error):
        return error
    return EvaluationError(f"{path} cannot be read: {error.strerror}.", "Give a file that is there.")
