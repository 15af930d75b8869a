"""What a raw table really is, whatever its name says."""

from __future__ import annotations

import codecs
import zipfile
from pathlib import Path
from typing import NamedTuple

from mudata.errors import is_of_machine

_AGAIN = "Delete it and fetch again, or bring the table by hand."
_UNPACK = "Unpack it, and put what it holds in its place."
_SAVE = "Save it as the text that its name says, and put that in its place."


class FileContents(NamedTuple):
    """What a file is, in words, and what to do about it."""

    what: str
    hint: str


_UTF_16 = FileContents("UTF-16 text", "Save it as UTF-8, or say encoding = 'utf-16' in the card's `select`.")
_SIGNATURES = (
    (b"PK\x03\x04", FileContents("a zip archive", _UNPACK)),
    (codecs.BOM_UTF16_LE, _UTF_16),
    (codecs.BOM_UTF16_BE, _UTF_16),
    (b"<?xml", FileContents("XML, as hosts send it in place of a file", _AGAIN)),
    (b"PK\x05\x06", FileContents("an empty zip archive", _AGAIN)),
    (b"\x1f\x8b", FileContents("a gzip file", _UNPACK)),
    (b"BZh", FileContents("a bzip2 file", _UNPACK)),
    (b"\xfd7zXZ\x00", FileContents("an xz file", _UNPACK)),
    (b"\x28\xb5\x2f\xfd", FileContents("a Zstandard file", _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", FileContents("a 7z archive", _UNPACK)),
    (b"Rar!\x1a\x07", FileContents("a rar archive", _UNPACK)),
    (b"PAR1", FileContents("a Parquet file", _SAVE)),
    (b"ARROW1", FileContents("an Arrow file", _SAVE)),
    (b"SQLite format 3\x00", FileContents("an SQLite database", _SAVE)),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileContents("an Excel workbook (xls)", _SAVE)),
    (b"%PDF-", FileContents("a PDF", _AGAIN)),
    (b"\x89HDF\r\n\x1a\n", FileContents("an HDF5 file", _SAVE)),
    (b"\x93NUMPY", FileContents("a NumPy array", _SAVE)),
    (
        b"version https://git-lfs.github.com/spec/",
        FileContents("a Git LFS pointer, not the file that it points to", "Run `git lfs pull` where it comes from."),
    ),
)
"""How files of these kinds begin, by their specifications."""

_COMPRESSED = {"a gzip file": ".gz", "a Zstandard file": ".zst"}
"""What DuckDB reads by itself where the name says it."""


def of_another_kind(path: Path, select: str) -> FileContents | None:
    """What a file is that a card's SELECT cannot read; None if it may be what it should be.

    Looks at the first 4 KiB, and only where the SELECT reads CSV, JSON or Parquet.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    found: FileContents | None = None
    if "parquet" in select:
        if not head.startswith(b"PAR1"):
            found = (_kind(path, head) or FileContents("no Parquet file", _AGAIN))._replace(hint=_AGAIN)
    elif any(function in select for function in ("read_csv", "read_json", "read_ndjson")):
        found = _kind(path, head)
        unpacked = found and path.suffix == _COMPRESSED.get(found.what)
        if unpacked or ("columns" in select and not head) or any(option in select for option in ("compr", "encoding")):
            found = None  # no rows may be what is meant
    return found


def _kind(path: Path, head: bytes) -> FileContents | None:
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not text:
        return FileContents("empty", _AGAIN)
    if text[:64].lower().startswith((b"<!doctype html", b"<html")):
        return FileContents("a web page (HTML), as hosts send it in place of a file", _AGAIN)
    if head[257:262] == b"ustar":
        return FileContents("a tar archive", _UNPACK)
    found = next((kind for signature, kind in _SIGNATURES if head.startswith(signature)), None)
    if found and found.what == "a zip archive" and _is_workbook(path):
        return FileContents("an Excel workbook (xlsx)", _SAVE)
    return found


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        if is_of_machine(error):
            raise
        return False
