"""Hugging Face repositories at a fixed revision.

`huggingface_hub` lists the repository and knows who asks; the bytes go through mudata's own downloader, because
the client checks sizes only and forgets an unfinished file when its process ends. HF_ENDPOINT,
HF_HOME, HF_HUB_CACHE, HF_TOKEN and HF_HUB_OFFLINE mean what they mean to the client, and a
file that lies in its cache is linked, not fetched again.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.cards.patterns import Pattern
from mudata.catalog.fetch.archives import member_path
from mudata.catalog.fetch.checksums import Checksums, as_recorded, expected_checksums, verify_checksums
from mudata.catalog.fetch.download import download_many
from mudata.catalog.fetch.sources import selecting
from mudata.catalog.fetch.sources.shards import present, write
from mudata.catalog.fetch.sources.source import FetchResult, Target
from mudata.catalog.fetch.sources.unpacking import unpack
from mudata.catalog.fetch.transfer import Download
from mudata.errors import ChecksumMismatch, FetchError, NeedsToken, Offline
from mudata.home import flag

if TYPE_CHECKING:
    from mudata.catalog.cards.mirrors import HubMirror, RemoteFile, Rows
    from mudata.narration import Progress


@dataclass(frozen=True, eq=False)
class _Blob:
    """A file of the repository, and what is known of its bytes."""

    path: str
    size: int | None
    checksums: Checksums


@dataclass
class _Received:
    """What has been got so far."""

    files: list[Path] = field(default_factory=list)
    bytes: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)


def fetch(mirror: HubMirror, target: Target, progress: Progress) -> FetchResult:
    """Get the files of a Hub mirror: plain files and unpacked archives into `target.files`, rows as the card says.

    With `rows` and a limit, no shard more than needed is fetched. A file that a glob found and
    that cannot be had is a failure under its path; one that the card names is an error. Raises
    NeedsToken, Offline, ChecksumMismatch, FetchError, ReadError and UnsafeArchive.
    """
    received = _Received()
    repository = _Repository(mirror, target, progress, received)
    received.files += repository.get_plain([file for file in mirror.files if file.unpack == "none"])
    for file in mirror.files:
        if file.unpack == "archive":
            received.files += repository.get_archives(file)
    shards = [file for file in mirror.files if file.unpack == "rows"]
    if mirror.rows and shards:
        received.files += repository.get_rows(mirror.rows, shards)
    return FetchResult(tuple(received.files), received.bytes, received.failures, checksums=received.checksums)


def commit_of(mirror: HubMirror, target: Target, progress: Progress) -> str | None:
    """The commit that the mirror's revision (a branch, a tag, a commit or its beginning) is now.

    None where the network is forbidden. Raises NeedsToken, FetchError.
    """
    return _Repository(mirror, target, progress, _Received()).commit()


class _Repository:
    def __init__(self, mirror: HubMirror, target: Target, progress: Progress, received: _Received) -> None:
        self._mirror, self._target, self._progress, self._received = mirror, target, progress, received
        self._offline = target.offline or flag("HF_HUB_OFFLINE")
        self._endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
        home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "huggingface")
        self._cache = Path(os.environ.get("HF_HUB_CACHE") or Path(home, "hub")).expanduser()
        # the client has constants for these, which are fixed when it is first imported

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
            unpacked += unpack(archive, self._target, self._progress, keep=file.keep, max_bytes=file.max_unpacked)
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

    def _one_by_one(self, blobs: Sequence[_Blob]) -> Iterator[tuple[str, Path]]:
        for blob in blobs:
            yield from self._all_at_once([blob])

    def _all_at_once(self, blobs: Sequence[_Blob]) -> Iterator[tuple[str, Path]]:
        return zip((blob.path for blob in blobs), self._get(blobs, self._target.downloads, named=True), strict=True)

    def _find(self, file: RemoteFile) -> list[_Blob]:
        """The blobs that an entry of the card names or matches, in order of their paths."""
        if known := expected_checksums(file):
            return [_Blob(file.path, file.size, known)]
        glob = Pattern(file.path)
        if matching := [blob for blob in self._listing if glob.match(blob.path) is not None]:
            return matching
        raise self._absent(file.path)

    def commit(self) -> str | None:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import RevisionNotFoundError

        if self._offline:
            return None
        api = HfApi(endpoint=self._endpoint)
        repo, revision, kind = self._mirror.repo, self._mirror.revision, self._mirror.repo_type
        with self._explained():
            try:
                return api.repo_info(repo, revision=revision, repo_type=kind).sha
            except RevisionNotFoundError:  # the Hub knows commits by their whole names only
                if not re.fullmatch(r"[0-9a-f]{7,39}", revision):
                    raise
                commits = [commit.commit_id for commit in api.list_repo_commits(repo, repo_type=kind)]
                if len(meant := [commit for commit in commits if commit.startswith(revision)]) != 1:
                    raise
                return meant[0]

    @cached_property
    def _listing(self) -> list[_Blob]:
        """Every file of the revision, sorted; without the network, those in the client's cache."""
        from huggingface_hub import HfApi
        from huggingface_hub.hf_api import RepoFile

        if self._offline:
            return self._cached_listing()
        api = HfApi(endpoint=self._endpoint)
        repo, revision, kind = self._mirror.repo, self._mirror.revision, self._mirror.repo_type
        with self._explained():
            tree = [*api.list_repo_tree(repo, recursive=True, revision=revision, repo_type=kind)]
        blobs = [
            _Blob(file.path, file.size, {"sha256": file.lfs.sha256} if file.lfs else {"git": file.blob_id})
            for file in tree
            if isinstance(file, RepoFile)
        ]
        return sorted(blobs, key=lambda blob: blob.path)

    def _cached_listing(self) -> list[_Blob]:
        """As `_listing`, from the client's cache, where a file's own name is its sum."""
        from huggingface_hub import scan_cache_dir

        mirror = self._mirror
        repos = scan_cache_dir(self._cache).repos if self._cache.is_dir() else ()
        blobs = [
            _Blob(file.file_path.relative_to(revision.snapshot_path).as_posix(), None, _checksum(file.blob_path.name))
            for repo in repos
            if (repo.repo_id, repo.repo_type) == (mirror.repo, mirror.repo_type)
            for revision in repo.revisions
            if mirror.revision in {revision.commit_hash, *revision.refs}
            for file in revision.files
        ]
        if not blobs:
            raise self._unreachable(mirror.repo)
        return sorted(blobs, key=lambda blob: blob.path)

    def _get(self, blobs: Sequence[_Blob], folder: Path, *, named: bool) -> list[Path]:
        """The blobs at their paths below `folder`: out of the client's cache, else downloaded. What cannot be
        had is an error if the card names it, else a failure."""
        from huggingface_hub import hf_hub_url
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        mirror = self._mirror
        path_of = {blob: folder / member_path(blob.path, mirror.repo) for blob in blobs}
        headers = build_hf_headers(library_name="mudata")
        wants: dict[str, Download] = {}
        for blob, path in path_of.items():
            if not path.exists() and self._adopt(blob, path):
                continue
            if self._offline and not path.exists():
                raise self._unreachable(blob.path)
            url = hf_hub_url(
                mirror.repo, blob.path, repo_type=mirror.repo_type, revision=mirror.revision, endpoint=self._endpoint
            )
            wants[blob.path] = Download(url, path, blob.size, blob.checksums, headers)
        new = [want.target for want in wants.values() if not want.target.exists()]
        results = download_many(
            wants.values(), jobs=self._target.jobs, progress=self._progress, title=mirror.repo, offline=self._offline
        )
        self._received.bytes += sum(path.stat().st_size for path in new if path.exists())
        errors = {name: error for name, want in wants.items() if isinstance(error := results[want.url], FetchError)}
        for name, error in errors.items():
            if isinstance(error, NeedsToken):
                raise self._needs_token() from error
            if named or len(errors) == len(blobs):  # all of them: that is no matter of single files
                raise error if error.hint else self._absent(name) from error
            self._received.failures[name] = error.what if error.hint else self._absent(name).what
        here = {blob: path for blob, path in path_of.items() if path.exists()}
        self._received.checksums |= {blob.path: as_recorded(blob.checksums) for blob in here}
        return list(here.values())

    def _adopt(self, blob: _Blob, path: Path) -> bool:
        """Link a file of the client's cache to `path`, if it is there and right."""
        from huggingface_hub import try_to_load_from_cache

        mirror = self._mirror
        cached = try_to_load_from_cache(
            mirror.repo, blob.path, cache_dir=self._cache, revision=mirror.revision, repo_type=mirror.repo_type
        )
        if not isinstance(cached, str):
            return False
        source = Path(cached).resolve()
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

    @property
    def _page(self) -> str:
        return f"{self._endpoint}/{'datasets/' if self._mirror.repo_type == 'dataset' else ''}{self._mirror.repo}"

    def _absent(self, path: str) -> FetchError:
        return FetchError(
            f"{self._mirror.repo} has no {path} at revision {self._mirror.revision}.",
            f"Correct `path: {path}` or `revision: {self._mirror.revision}` in the card {self._target.dataset!r}; "
            f"the files are shown at {self._page}/tree/{self._mirror.revision}.",
        )

    def _unreachable(self, what: str) -> Offline:
        return Offline(
            f"{what} is neither here nor in the cache of Hugging Face ({self._cache}), and the network is forbidden.",
            "Run the same command without --offline, MUDATA_OFFLINE and HF_HUB_OFFLINE.",
        )

    def _needs_token(self) -> NeedsToken:
        from huggingface_hub import get_token

        steps = [f"make a token (kind: read) at {self._endpoint}/settings/tokens", "set HF_TOKEN to it"]
        if self._mirror.gated:
            steps.insert(0, f"log in at {self._page} and accept the terms there")
        elif get_token():
            steps = [f"look at {self._page} with the account of your HF_TOKEN: it must exist and let you in"]
        return NeedsToken(
            f"Hugging Face does not give {self._mirror.repo} to "
            + ("the owner of this HF_TOKEN." if get_token() else "those who are not logged in."),
            "To go on: " + "; ".join(f"({n}) {step}" for n, step in enumerate(steps, 1)) + "; run the command again. "
            f"If {self._page} does not exist, correct `repo: {self._mirror.repo}` "
            f"in the card {self._target.dataset!r}.",
        )

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """The client's errors as ours."""
        import httpx2
        from huggingface_hub import errors

        mirror = self._mirror
        try:
            yield
        except errors.OfflineModeIsEnabled as error:
            raise self._unreachable(mirror.repo) from error
        except errors.RevisionNotFoundError as error:
            raise FetchError(
                f"{mirror.repo} has no revision {mirror.revision}.",
                f"Correct `revision: {mirror.revision}` in the card {self._target.dataset!r}; "
                f"the revisions are shown at {self._page}/commits/main.",
            ) from error
        except errors.HfHubHTTPError as error:
            status = error.response.status_code
            if status in (401, 403):
                raise self._needs_token() from error
            if status == 404:
                raise FetchError(
                    f"Hugging Face has no {mirror.repo_type} {mirror.repo}.",
                    f"Correct `repo: {mirror.repo}` in the card {self._target.dataset!r}.",
                ) from error
            raise FetchError(f"{self._page}: the host answers {status}.", "Try again later.") from error
        except httpx2.HTTPError as error:
            raise FetchError(f"{self._page} cannot be reached: {error}.", "Try again later.") from error


def _checksum(name: str) -> dict[str, str]:
    return {"sha256" if len(name) == 64 else "git": name}
