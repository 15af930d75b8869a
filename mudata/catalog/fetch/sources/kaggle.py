"""Kaggle datasets, with Kaggle's own client (`kaggle_client`).

The client keeps unfinished downloads and goes on with them, but checks sizes only;
sums and archives are verified here.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.cards.patterns import Pattern
from mudata.catalog.fetch.archives import extract
from mudata.catalog.fetch.checksums import (
    Checksums,
    as_recorded,
    compute_checksums,
    expected_checksums,
    verify_checksums,
)
from mudata.catalog.fetch.extraction import usable_path
from mudata.catalog.fetch.sources import selecting
from mudata.catalog.fetch.sources.kaggle_client import KaggleClient
from mudata.catalog.fetch.sources.source import FetchResult, Target
from mudata.catalog.fetch.sources.unpacking import unpack
from mudata.errors import ChecksumMismatch, FetchError, NeedsToken, Offline

if TYPE_CHECKING:
    from mudata.catalog.cards.mirrors import KaggleMirror, RemoteFile
    from mudata.narration import Progress

_MARK = ".kaggle-partial"
"""The client's note beside an unfinished file."""


def fetch(mirror: KaggleMirror, target: Target, progress: Progress) -> FetchResult:
    """Get a Kaggle set: as its one archive,
    or file by file where the card or a limit asks for some only.

    A file that a glob found and that cannot be had is a failure under its path; one that the card
    names is an error. Raises NeedsToken, Offline, ChecksumMismatch, FetchError and UnsafeArchive.
    """
    kaggle = _Kaggle(mirror, target, progress)
    plain = all(file.unpack == "none" for file in mirror.files)
    globs = not mirror.files or any(selecting.is_glob(file.path) for file in mirror.files)
    with contextlib.redirect_stdout(io.StringIO()):  # here, because threads must not exchange stdout each for itself
        if plain and globs and target.limit is None:
            return kaggle.get_whole()
        return kaggle.get_some()


@dataclass(frozen=True)
class _File:
    """One file of the set, and what the card says of it."""

    path: str
    size: int | None = None
    checksums: Checksums = field(default_factory=dict)
    entry: RemoteFile | None = None
    """The card's entry that names it; None if it was found by a glob."""


class _Kaggle:
    def __init__(self, mirror: KaggleMirror, target: Target, progress: Progress) -> None:
        self._mirror, self._target, self._progress = mirror, target, progress
        self._client = KaggleClient(mirror, target.dataset, offline=target.offline)
        self._dataset = self._client.dataset

    def get_whole(self) -> FetchResult:
        mirror = self._mirror
        archive = self._target.downloads / f"{mirror.dataset.rpartition('/')[2]}.zip"
        checksums = {"sha256": mirror.sha256} if mirror.sha256 else {}
        fixed = bool(checksums or mirror.size or mirror.version or self._target.offline)
        present = fixed and _is_whole(archive, mirror.size, checksums)
        if not present:
            with _growing(archive, mirror.size, self._progress):
                self._client.ask(
                    lambda api: api.dataset_download_files(self._dataset, path=str(archive.parent)), archive.name
                )
            if not archive.is_file():
                raise self._client.nothing_left(archive.parent, archive.name)
            _verify(archive, mirror.size, checksums)
        new = 0 if present else archive.stat().st_size
        recorded = {archive.name: as_recorded(checksums or compute_checksums(archive, ["sha256"]))}
        files = unpack(archive, self._target, self._progress, keep=[file.path for file in mirror.files])
        for file in mirror.files:
            if not selecting.is_glob(file.path):
                path = self._target.files / file.path
                if path not in files:
                    raise self._client.absent(file.path)
                _verify(path, file.size, expected_checksums(file))
        return FetchResult(tuple(files), new, checksums=recorded)

    def get_some(self) -> FetchResult:
        chosen = self._choose()
        failures: dict[str, str] = {}
        files: list[Path] = []
        recorded: dict[str, str] = {}
        new = 0
        with (
            self._progress.bar(self._mirror.dataset, len(chosen), "files") as advance,
            ThreadPoolExecutor(self._target.jobs) as pool,
        ):
            for file, (result, count) in zip(chosen, pool.map(self._get, chosen), strict=True):
                advance(1)
                new += count
                if file.checksums:
                    recorded[file.path] = as_recorded(file.checksums)
                if isinstance(result, FetchError):
                    failures[file.path] = result.what
                    if len(failures) == len(chosen):  # all of them: that is no matter of single files
                        raise result
                elif file.entry and file.entry.unpack == "archive":
                    entry = file.entry
                    files += unpack(result, self._target, self._progress, keep=entry.keep, max_bytes=entry.max_unpacked)
                else:
                    files.append(result)
        return FetchResult(tuple(files), new, failures, checksums=recorded)

    def _choose(self) -> list[_File]:
        entries = self._mirror.files
        named = [file for file in entries if not selecting.is_glob(file.path)]
        globs = [file.path for file in entries if selecting.is_glob(file.path)] if entries else ["**"]
        matched: list[str] = []
        for glob in map(Pattern, globs):
            matching = [path for path in self._client.listing if glob.match(path) is not None]
            if not matching:
                raise self._client.absent(glob.text)
            matched += matching
        return [
            *(_File(file.path, file.size, expected_checksums(file), file) for file in named),
            *(_File(path) for path in selecting.select(matched, self._target)),
        ]

    def _get(self, file: _File) -> tuple[Path | FetchError, int]:
        """Where the file is now and how many bytes came,
        or why it could not be had if only a glob wants it."""
        archived = file.entry is not None and file.entry.unpack == "archive"
        folder = self._target.downloads if archived else self._target.files
        try:
            path = folder / usable_path(file.path, self._dataset)
            if _is_whole(path, file.size, file.checksums):
                return path, 0
            return path, self._download(file, path)
        except (NeedsToken, Offline):
            raise
        except FetchError as error:
            if file.entry:
                raise
            return error, 0

    def _download(self, file: _File, path: Path) -> int:
        """One file, by way of a folder of its own:
        the client decides on its name, and compresses some tables."""
        folder = self._target.downloads / "single" / hashlib.sha256(file.path.encode()).hexdigest()[:16]
        left = folder / "client"
        self._client.ask(lambda api: api.dataset_download_file(self._dataset, file.path, path=str(left)), file.path)
        downloaded = self._left_in(left, file.path)
        size = downloaded.stat().st_size
        try:
            if downloaded.name.endswith(".zip") and path.suffix != ".zip":
                downloaded = self._unpacked(downloaded, folder / "unpacked", file.path)
            _verify(downloaded, file.size, file.checksums)
        except FetchError:
            shutil.rmtree(folder)
            raise
        path.parent.mkdir(parents=True, exist_ok=True)
        downloaded.replace(path)
        shutil.rmtree(folder)
        return size

    def _left_in(self, folder: Path, what: str) -> Path:
        """The whole file that the client left in the folder: up to 2.2.4 at its top, later in the
        sub-folders that the file has in the set. Of several (mudata was killed before it took the
        file) it is the newest."""
        there = [path for path in folder.rglob("*") if path.is_file() and path.suffix != _MARK]
        if whole := [path for path in there if not path.with_name(path.name + _MARK).exists()]:
            return max(whole, key=lambda path: path.stat().st_mtime)
        raise self._client.nothing_left(folder, what)

    def _unpacked(self, packed: Path, folder: Path, what: str) -> Path:
        """The one file within a file that Kaggle compressed.
        Raises FetchError if it holds none or several."""
        files = extract(
            packed, folder, max_bytes=max(50 * packed.stat().st_size, 64 << 20), left_out=self._progress.say
        )
        if len(files) == 1:
            return files[0]
        raise FetchError(
            f"Kaggle gave {what} of {self._dataset} as a zip of {len(files)} files, where that one file was expected.",
            "Run the same command again; if it stays so, download the set by hand and give its folder: --from FOLDER.",
        )


def _is_whole(path: Path, size: int | None, checksums: Checksums) -> bool:
    if not path.is_file() or path.with_name(path.name + _MARK).exists():
        return False
    try:
        verify_checksums(path, size, checksums)
    except ChecksumMismatch:
        return False
    return True


def _verify(path: Path, size: int | None, checksums: Checksums) -> None:
    """Raise ChecksumMismatch and delete the file unless it is right."""
    try:
        verify_checksums(path, size, checksums)
    except ChecksumMismatch:
        path.unlink()
        raise


@contextlib.contextmanager
def _growing(path: Path, size: int | None, progress: Progress) -> Iterator[None]:
    """Show how a file grows that somebody else writes."""
    done = threading.Event()
    with progress.bar(path.name, size, "bytes") as advance:

        def watch() -> None:
            shown = 0
            while not done.wait(0.5):
                now = path.stat().st_size if path.exists() else 0
                advance(now - shown)
                shown = now

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()
