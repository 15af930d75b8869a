"""Archives taken apart safely: zip, and tar (plain, gzip, bzip2, xz).

An archive is complete or damaged, nothing between: what came out of a damaged one is deleted again. An
extraction that was killed goes on where it ended. Memory stays constant but for the list of names.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.fetch.extraction import FOLDS_NAMES, Damage, Extraction
from mudata.catalog.fetch.tar_archive import extract_tar
from mudata.catalog.fetch.zip_archive import extract_zip
from mudata.errors import FetchError, UnsafeArchive, from_os_error

if TYPE_CHECKING:
    from mudata.narration import Advance

_UNKNOWN = {
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"\x1f\x9d": "compress",
}
"""How files of formats begin that are not taken apart here."""


def extract(
    archive: Path,
    target: Path,
    *,
    keep: Callable[[str], bool] | None = None,
    max_bytes: int,
    advance: Advance = lambda done: None,
    left_out: Callable[[str], None] = lambda why: None,
    folds_names: bool = FOLDS_NAMES,
) -> list[Path]:
    """Write the files that `keep` accepts (None: all but `__MACOSX`) below `target`; gives their paths.

    A file that is there and is the member (zip: by size and checksum; tar: byte by byte) stays as it is.
    `advance` is called with bytes of the archive, which add up to its size, `left_out` with a sentence for
    each member that the file system cannot name; `folds_names` says whether it takes `a` for `A`. Raises
    UnsafeArchive; FetchError for what is damaged, encrypted or no archive; HomeError for a full disk.
    """
    extraction = Extraction(
        archive,
        target,
        keep=keep or (lambda path: not path.startswith("__MACOSX/")),
        max_bytes=max_bytes,
        advance=advance,
        left_out=left_out,
        folds_names=folds_names,
    )
    try:
        with archive.open("rb", buffering=0) as file:
            magic = file.read(6)
            file.seek(0)
            if magic.startswith((b"PK\x03\x04", b"PK\x05\x06")):
                extract_zip(extraction)
            else:
                _refuse_unknown(magic, archive)
                extract_tar(extraction, file)
    except UnsafeArchive:
        extraction.discard()
        raise
    except Damage as error:
        extraction.discard()
        raise FetchError(
            f"{archive.name} is damaged, or no zip or tar archive: {error}.",
            "Run the same command again: a download is deleted and comes anew; a copy of your own has to be replaced"
            f" ({archive}). If its publisher has no better one, unpack it yourself: `mudata fetch NAME --from FOLDER`.",
        ) from error
    except OSError as error:
        if known := from_os_error(error):
            raise known from error
        raise
    if hasattr(os, "sync"):
        os.sync()  # once for all files: the archive may be deleted after this
    return extraction.files


def _refuse_unknown(magic: bytes, archive: Path) -> None:
    for start, name in _UNKNOWN.items():
        if magic.startswith(start):
            raise FetchError(
                f"{archive.name} is packed with {name}, which mudata cannot undo.",
                "Unpack it with another program and use `mudata fetch NAME --from FOLDER`.",
            )
