"""Hugging Face repositories at a fixed revision.

`huggingface_hub` lists the repository and knows who asks (`hub_client`); the bytes go through
mudata's own downloader, because the client checks sizes only and forgets an unfinished file when
its process ends. A file that lies in its cache is linked, not fetched again.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.cards.patterns import Pattern
from mudata.catalog.fetch.checksums import as_recorded, expected_checksums, verify_checksums
from mudata.catalog.fetch.download import download_many
from mudata.catalog.fetch.extraction import usable_path
from mudata.catalog.fetch.sources import selecting
from mudata.catalog.fetch.sources.hub_client import Blob, HubClient
from mudata.catalog.fetch.sources.shards import present, write
from mudata.catalog.fetch.sources.source import FetchResult, Target
from mudata.catalog.fetch.sources.unpacking import unpack
from mudata.catalog.fetch.transfer import Download
from mudata.errors import ChecksumMismatch, FetchError, NeedsToken

if TYPE_CHECKING:
    from mudata.catalog.cards.mirrors import HubMirror, RemoteFile, Rows
    from mudata.narration import Progress


@dataclass
class _Received:
    """What has been got so far."""

    files: list[Path] = field(default_factory=list)
    bytes: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)
    archives: dict[str, str] = field(default_factory=dict)


def fetch(mirror: HubMirror, target: Target, progress: Progress) -> FetchResult:
    """Get the files of a Hub mirror:
    plain files and unpacked archives into `target.files`, rows as the card says.

    With `rows` and a limit, no shard more than needed is fetched. A file that a glob found and
    that cannot be had is a failure under its path; one that the card names is an error. Raises
    NeedsToken, Offline, ChecksumMismatch, FetchError, ReadError and UnsafeArchive.
    """
    received = _Received()
    if pinned := target.pins.get(mirror.repo):
        mirror = mirror.model_copy(update={"revision": pinned})
    repository = _Repository(mirror, target, progress, received)
    received.files += repository.get_plain([file for file in mirror.files if file.unpack == "none"])
    for file in mirror.files:
        if file.unpack == "archive":
            received.files += repository.get_archives(file)
    shards = [file for file in mirror.files if file.unpack == "rows"]
    if mirror.rows and shards:
        received.files += repository.get_rows(mirror.rows, shards)
    return FetchResult(
        tuple(received.files),
        received.bytes,
        received.failures,
        checksums=received.checksums,
        revision=_commit(mirror, target) if received.bytes else None,
        archives=received.archives if len(set(received.archives.values())) > 1 else {},
    )


def _commit(mirror: HubMirror, target: Target) -> str | None:
    """The commit behind a branch or tag; None where the card names one, or the host does not say."""
    if re.fullmatch(r"[0-9a-f]{40}", mirror.revision):
        return None
    with contextlib.suppress(FetchError):
        return commit_of(mirror, target)
    return None


def commit_of(mirror: HubMirror, target: Target) -> str | None:
    """The commit that the mirror's revision (a branch, a tag, a commit or its beginning) is now.

    None where the network is forbidden. Raises NeedsToken, FetchError.
    """
    return HubClient(mirror, target.dataset, offline=target.offline).commit()


class _Repository:
    def __init__(self, mirror: HubMirror, target: Target, progress: Progress, received: _Received) -> None:
        self._mirror, self._target, self._progress, self._received = mirror, target, progress, received
        self._client = HubClient(mirror, target.dataset, offline=target.offline)

    def get_plain(self, files: Sequence[RemoteFile]) -> list[Path]:
        named = [blob for file in files if not selecting.is_glob(file.path) for blob in self._find(file)]
        matched = {blob.path: blob for file in files if selecting.is_glob(file.path) for blob in self._find(file)}
        selected = [matched[path] for path in selecting.select(matched, self._target)]
        return [
            *self._get(named, self._target.files, named=True),
            *self._get(selected, self._target.files, named=False),
        ]

    def get_archives(self, file: RemoteFile) -> list[Path]:
        unpacked: list[Path] = []
        for archive in self._get(self._find(file), self._target.downloads, named=True):
            own = unpack(archive, self._target, self._progress, keep=file.keep, max_bytes=file.max_unpacked)
            name = archive.relative_to(self._target.downloads).as_posix()
            self._received.archives |= {path.relative_to(self._target.files).as_posix(): name for path in own}
            unpacked += own
        return unpacked

    def get_rows(self, rows: Rows, shards: Sequence[RemoteFile]) -> list[Path]:
        source = f"{self._mirror.repo}@{self._mirror.revision}: {' '.join(shard.path for shard in shards)}"
        files, limit = self._target.files, self._target.limit
        written = present(rows, files, source=source, limit=limit)
        if written is None:
            blobs = [blob for shard in shards for blob in self._find(shard)]
            local = self._one_by_one(blobs) if limit else self._all_at_once(blobs)
            written = write(local, rows, files, source=source, limit=limit, progress=self._progress)
        self._received.failures |= written.failures
        return list(written.files)

    def _one_by_one(self, blobs: Sequence[Blob]) -> Iterator[tuple[str, Path]]:
        for blob in blobs:
            yield from self._all_at_once([blob])

    def _all_at_once(self, blobs: Sequence[Blob]) -> Iterator[tuple[str, Path]]:
        return zip((blob.path for blob in blobs), self._get(blobs, self._target.downloads, named=True), strict=True)

    def _find(self, file: RemoteFile) -> list[Blob]:
        """The blobs that an entry of the card names or matches, in order of their paths."""
        if known := expected_checksums(file):
            return [Blob(file.path, file.size, known)]
        glob = Pattern(file.path)
        if matching := [blob for blob in self._client.listing if glob.match(blob.path) is not None]:
            return matching
        raise self._client.absent(file.path)

    def _get(self, blobs: Sequence[Blob], folder: Path, *, named: bool) -> list[Path]:
        """The blobs at their paths below `folder`: out of the client's cache, else downloaded. What
        cannot be had is an error if the card names it, else a failure."""
        client, repo = self._client, self._mirror.repo
        path_of = {blob: folder / usable_path(blob.path, repo) for blob in blobs}
        headers = client.headers()
        wants: dict[str, Download] = {}
        for blob, path in path_of.items():
            if not path.exists() and self._adopt(blob, path):
                continue
            if client.offline and not path.exists():
                raise client.unreachable(blob.path)
            wants[blob.path] = Download(client.url(blob.path), path, blob.size, blob.checksums, headers)
        new = [want.target for want in wants.values() if not want.target.exists()]
        results = download_many(
            wants.values(), jobs=self._target.jobs, progress=self._progress, title=repo, offline=client.offline
        )
        self._received.bytes += sum(path.stat().st_size for path in new if path.exists())
        errors = {name: error for name, want in wants.items() if isinstance(error := results[want.url], FetchError)}
        for name, error in errors.items():
            if isinstance(error, NeedsToken):
                raise client.needs_token() from error
            if named or len(errors) == len(blobs):  # all of them: that is no matter of single files
                raise error if error.hint else client.absent(name) from error
            self._received.failures[name] = error.what if error.hint else client.absent(name).what
        here = {blob: path for blob, path in path_of.items() if path.exists()}
        self._received.checksums |= {blob.path: as_recorded(blob.checksums) for blob in here}
        return list(here.values())

    def _adopt(self, blob: Blob, path: Path) -> bool:
        """Link a file of the client's cache to `path`, if it is there and right."""
        source = self._client.cached(blob.path)
        if source is None:
            return False
        try:
            verify_checksums(source, blob.size, blob.checksums)
        except ChecksumMismatch:
            self._progress.say(f"{source} is damaged and not used; see `hf cache verify`.")
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, path)
        except OSError:  # another file system
            path.symlink_to(source)
        return True
