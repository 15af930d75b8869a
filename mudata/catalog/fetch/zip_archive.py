"""Zip archives: stored, deflate, bzip2, LZMA.

Members come from the central directory, which `zipfile` takes for granted. Here it is held against the
number that the end record states and against each member's own header, wanted or not: a damaged name
would else pass for one that nobody wants, and a damaged directory for a shorter archive.

Names without the UTF-8 flag are read as UTF-8 if they are valid UTF-8 (macOS writes such), else as code
page 437.
"""

from __future__ import annotations

import errno
import io
import lzma
import os
import stat
import struct
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mudata.catalog.fetch.extraction import BLOCK, Damage, Extraction, blocks
from mudata.errors import is_of_machine

_METHODS = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 96: "JPEG", 97: "WavPack", 98: "PPMd", 99: "AES encryption"}
"""Methods that Python may not have, by APPNOTE.TXT 6.3.10, section 4.4.5."""
_LOCAL = struct.Struct("<4s22xHH")
"""A member's own header, section 4.3.7: signature, lengths of name and extra field."""
_END = struct.Struct("<4s6xH8xH")
"""The end record, section 4.3.16: signature, number of members, length of the comment."""
_LONGEST_DESCRIPTOR = 24
"""Bytes that may follow a member's data, with what its header did not know (section 4.3.9)."""
_MOST = 0xFFFF
"""Members that the end record can state; of more, the record of Zip64 does (section 4.4.1.4)."""

_NO_SENSE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    MemoryError,
    NotImplementedError,
)
"""What zipfile and its decompressors make of bytes that are not what they should be."""


def extract_zip(extraction: Extraction) -> None:
    """Write the members that are wanted. Raises Damage, and what `Extraction` raises."""
    try:
        with zipfile.ZipFile(extraction.archive) as archive:
            _check_directory(archive, extraction.archive)
            _extract(archive, extraction)
    except _NO_SENSE as error:
        raise Damage(str(error) or type(error).__name__) from error
    except OSError as error:
        if error.errno in (None, errno.EINVAL):  # what bz2 says of bytes, and the system of places, that make no sense
            raise Damage(str(error)) from error
        raise


def _extract(archive: zipfile.ZipFile, extraction: Extraction) -> None:
    total = extraction.archive.stat().st_size
    members: list[tuple[zipfile.ZipInfo, Path]] = []
    for info in archive.infolist():
        mode = info.external_attr >> 16 if info.create_system == 3 else 0
        regular = stat.S_IFMT(mode) in (0, stat.S_IFREG, stat.S_IFDIR)
        name = _name(info)
        if info.is_dir():
            extraction.check_folder(name)
        elif path := extraction.accept(name, info.file_size, regular=regular):
            _check_method(info, extraction)
            members.append((info, path))

    def write(member: tuple[zipfile.ZipInfo, Path]) -> None:
        info, path = member
        present = _is_there(path, info)
        if not present:
            share = info.compress_size / max(1, info.file_size)
            with archive.open(info) as source:
                extraction.write(blocks(source), path, info.file_size, lambda done: extraction.advance(done * share))
        if present or not info.file_size:
            extraction.advance(info.compress_size)

    extraction.advance(total - sum(info.compress_size for info, _ in members))
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:  # decompression runs outside the interpreter's lock
        for _ in pool.map(write, members):
            pass


def _check_directory(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise Damage unless the directory has the members that the archive has."""
    members = archive.infolist()
    with path.open("rb") as file:
        stated = _stated(file)
        if stated is not None and stated != len(members):
            raise Damage(f"it states {stated} members, its directory has {len(members)}")
        for number, info in enumerate(members, 1):
            file.seek(max(0, info.header_offset))  # less than 0: a directory that is not where it is said to be
            start = file.read(_LOCAL.size)
            signature, length, _ = _LOCAL.unpack(start) if len(start) == _LOCAL.size else (b"", 0, 0)
            name = info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437")
            if signature != b"PK\x03\x04" or length != len(name) or file.read(length) != name:
                raise Damage(
                    f"member {number} of {len(members)}, {info.filename!r}, does not begin at byte"
                    f" {info.header_offset}, where the directory has it"
                )
        _check_gaps(file, members, archive.start_dir)


def _check_gaps(file: io.BufferedReader, members: list[zipfile.ZipInfo], directory: int) -> None:
    """Raise Damage if a member that the directory lacks stands in front of, between or behind those that it has."""
    sizes = {info.header_offset: info.compress_size for info in members}
    end = 0
    for begin in (*sorted(info.header_offset for info in members), directory):
        if begin - end >= _LOCAL.size:
            file.seek(end)
            gap = file.read(min(begin - end, _LONGEST_DESCRIPTOR + 4))
            if b"PK\x03\x04" in gap:
                raise Damage(
                    f"at byte {end + gap.index(b'PK' + bytes((3, 4)))} stands a member that its directory lacks"
                )
        if begin == directory:
            return
        file.seek(begin)
        _, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
        end = begin + _LOCAL.size + name + extra + sizes[begin]


def _stated(file: io.BufferedReader) -> int | None:
    """The number of members that the end record states; None where it has no room for it."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END.size - _MOST))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise Damage("its end record is missing")
    _, stated, comment = _END.unpack_from(tail, at)
    if (behind := tail[at + _END.size + comment :]).strip(b"\0"):
        raise Damage(f"{len(behind)} bytes stand behind its end")
    return None if stated == _MOST else int(stated)


def _name(info: zipfile.ZipInfo) -> str:
    name = info.orig_filename if "\0" in info.orig_filename else info.filename
    if info.flag_bits & 0x800:
        return name
    try:
        return name.encode("cp437").decode()
    except UnicodeError:
        return name


def _check_method(info: zipfile.ZipInfo, extraction: Extraction) -> None:
    if info.flag_bits & 0x1:
        extraction.refuse_member(info.filename, "is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        method = _METHODS.get(info.compress_type, "unknown")
        extraction.refuse_member(
            info.filename, f"is packed with zip method {info.compress_type} ({method}), which Python cannot undo"
        )


def _is_there(path: Path, info: zipfile.ZipInfo) -> bool:
    try:
        if path.stat().st_size != info.file_size:
            return False
        crc = 0
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                crc = zlib.crc32(block, crc)
    except OSError as error:
        if is_of_machine(error):
            raise
        return False
    return crc == info.CRC
