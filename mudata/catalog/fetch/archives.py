"""Archives taken apart safely: zip (stored, deflate, bzip2, LZMA) and tar (plain, gzip, bzip2, xz).

No member is written outside its folder, no link or device is made, nothing is overwritten by a
namesake, and no more comes out than was allowed. Every member is written beside its path and moved
there, so that what is there is whole: an extraction that was killed goes on where it ended. Memory
stays constant but for the list of names.

Names: backslashes separate as slashes do; zip names without the UTF-8 flag are read as UTF-8 if
they are valid UTF-8 (macOS writes such), else as code page 437; tar names that are no UTF-8 as
Latin-1.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import hashlib
import io
import lzma
import os
import re
import stat
import sys
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn, cast

from mudata.errors import FetchError, UnsafeArchive, from_os_error

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

    from mudata.narration import Advance

_BLOCK = 1 << 18
_METHODS = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 96: "JPEG", 97: "WavPack", 98: "PPMd", 99: "AES encryption"}
"""Zip methods that Python may not have, by APPNOTE.TXT 6.3.10, section 4.4.5."""
_FOLDS_NAMES = sys.platform in ("darwin", "win32")
"""Whether names that differ in case or in the composition of accents usually mean the same file."""


def extract(
    archive: Path,
    target: Path,
    *,
    keep: Callable[[str], bool] | None = None,
    max_bytes: int,
    advance: Advance = lambda done: None,
) -> list[Path]:
    """Write the files that `keep` accepts
    (None: all but `__MACOSX`) below `target`; gives their paths.

    A file that is there with the right size (zip: and checksum) stays as it is. `advance` is called
    with bytes of the archive, which add up to its size. Raises UnsafeArchive; FetchError for what
    is damaged, encrypted or no archive; HomeError for a full disk.
    """
    extraction = _Extraction(
        archive, target, keep or (lambda path: not path.startswith("__MACOSX/")), max_bytes, advance
    )
    with archive.open("rb") as file:
        magic = file.read(6)
        try:
            if magic.startswith((b"PK\x03\x04", b"PK\x05\x06")):
                _zip(extraction)
            else:
                _tar(extraction, magic)
        except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError) as error:
            extraction.damaged(str(error) or type(error).__name__, error)
        except OSError as error:
            if known := from_os_error(error):
                raise known from error
            if error.errno is None:  # what gzip and bz2 say of bytes that they do not understand
                extraction.damaged(str(error), error)
            raise
    if hasattr(os, "sync"):
        os.sync()  # once for all files: the archive may be deleted after this
    return extraction.files


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


class _Extraction:
    """One archive being extracted: what came out of it, and the checks that each member passes."""

    def __init__(
        self, archive: Path, target: Path, keep: Callable[[str], bool], max_bytes: int, advance: Advance
    ) -> None:
        self.archive = archive
        self.advance = advance
        self.files: list[Path] = []
        self._target = target
        self._keep = keep
        self._max = max_bytes
        self._sum = 0
        self._seen: set[str] = set()

    def accept(self, name: str, size: int, *, regular: bool) -> Path | None:
        """Where a member goes; None if it is not wanted."""
        path = member_path(name, self.archive.name)
        if not path or not self._keep(path):
            return None
        if not regular:
            self._refuse(f"the member {name!r} is a link or a device")
        key = unicodedata.normalize("NFC", path).casefold() if _FOLDS_NAMES else path
        if key in self._seen:
            self._refuse(f"the member {name!r} comes twice")
        self._seen.add(key)
        self._sum += size
        if self._sum > self._max:
            self._refuse(f"with {name!r} its files reach {self._sum} bytes, more than the {self._max} that are allowed")
        self.files.append(self._target / path)
        return self.files[-1]

    def write(self, source: IO[bytes], path: Path, size: int, advance: Advance) -> None:
        """Write one member beside its path and move it there."""
        part = path.with_name(f".{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}.part")
        written = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as out:
                while block := source.read(_BLOCK):
                    written += len(block)
                    if written > size:
                        break
                    out.write(block)
                    advance(len(block))
            if written != size:
                self._refuse(f"{path.name!r} does not have the {size} bytes that are declared")
            part.replace(path)
        except OSError as error:
            if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
                self._refuse(f"{str(path)!r} is both a file and a folder")
            if error.errno == errno.ENAMETOOLONG:
                self._refuse(f"the name {path.name!r} is too long")
            raise

    def damaged(self, why: str, error: Exception | None = None) -> NoReturn:
        raise FetchError(
            f"{self.archive.name} is damaged, or no zip or tar archive: {why}.",
            f"Delete {self.archive} and run the same command again.",
        ) from error

    def _refuse(self, why: str) -> NoReturn:
        raise UnsafeArchive(
            f"{self.archive.name}: {why}. It was not written.",
            "If you trust the publisher, unpack the archive yourself and use `mudata fetch NAME --from FOLDER`.",
        )


def _zip(extraction: _Extraction) -> None:
    total = extraction.archive.stat().st_size
    with zipfile.ZipFile(extraction.archive) as archive:
        members: list[tuple[zipfile.ZipInfo, Path]] = []
        for info in archive.infolist():
            mode = info.external_attr >> 16 if info.create_system == 3 else 0
            regular = stat.S_IFMT(mode) in (0, stat.S_IFREG, stat.S_IFDIR)
            path = None if info.is_dir() else extraction.accept(_zip_name(info), info.file_size, regular=regular)
            if path is None:
                member_path(_zip_name(info), extraction.archive.name)
                continue
            _check_method(info, extraction)
            members.append((info, path))

        def write(member: tuple[zipfile.ZipInfo, Path]) -> None:
            info, path = member
            present = _is_there(path, info)
            if not present:
                share = info.compress_size / max(1, info.file_size)
                with archive.open(info) as source:
                    extraction.write(source, path, info.file_size, lambda done: extraction.advance(done * share))
            if present or not info.file_size:
                extraction.advance(info.compress_size)

        extraction.advance(total - sum(info.compress_size for info, _ in members))
        with ThreadPoolExecutor(
            min(4, os.cpu_count() or 1)
        ) as pool:  # decompression runs outside the interpreter's lock
            for _ in pool.map(write, members):
                pass


def _zip_name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename


def _check_method(info: zipfile.ZipInfo, extraction: _Extraction) -> None:
    why = None
    if info.flag_bits & 0x1:
        why = "is encrypted"
    elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        method = _METHODS.get(info.compress_type, "unknown")
        why = f"is packed with zip method {info.compress_type} ({method}), which Python cannot undo"
    if why:
        raise FetchError(
            f"{extraction.archive.name}: the member {info.filename!r} {why}.",
            "Unpack the archive with another program, such as 7z, and use `mudata fetch NAME --from FOLDER`.",
        )


def _is_there(path: Path, info: zipfile.ZipInfo) -> bool:
    try:
        if path.stat().st_size != info.file_size:
            return False
        crc = 0
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                crc = zlib.crc32(block, crc)
    except OSError:
        return False
    return crc == info.CRC


def _tar(extraction: _Extraction, magic: bytes) -> None:
    with extraction.archive.open("rb", buffering=0) as raw:
        counted = _Counted(raw, extraction.advance)
        with (
            _decompressed(cast("IO[bytes]", counted), magic) as stream,
            tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK, encoding="utf-8") as archive,
        ):
            for member in _members(archive):
                name = _tar_name(member)
                path = None if member.isdir() else extraction.accept(name, member.size, regular=member.isreg())
                if path is None:
                    member_path(name, extraction.archive.name)
                    continue
                present = path.is_file() and path.stat().st_size == member.size
                if not present and (source := archive.extractfile(member)):
                    extraction.write(source, path, member.size, lambda done: None)
        counted.finish()


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members as they come, none of them remembered."""
    while (member := archive.next()) is not None:
        yield member
        cast("Any", archive).members.clear()


def _tar_name(member: tarfile.TarInfo) -> str:
    raw = member.name.encode(errors="surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _decompressed(raw: IO[bytes], magic: bytes) -> gzip.GzipFile | IO[bytes]:
    if magic.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=raw, mode="rb")
    if magic.startswith(b"BZh"):
        return bz2.BZ2File(raw)
    if magic == b"\xfd7zXZ\x00":
        return lzma.LZMAFile(raw)
    return raw


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

    def finish(self) -> None:
        """Count what was left unread."""
        self._advance(os.fstat(self._file.fileno()).st_size - self._file.tell())
