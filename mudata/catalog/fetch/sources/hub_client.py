"""What Hugging Face's own client knows:
the commit and files of a repository, its cache, and why it refuses.

HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN and HF_HUB_OFFLINE mean what they mean to the client.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.fetch.deadline import deadline
from mudata.catalog.fetch.transfer import LOOK_AT_NETWORK, open_client
from mudata.errors import FetchError, NeedsToken, Offline
from mudata.home import flag
from mudata.json_files import WRONG_SHAPE
from mudata.safe_text import keep_secret
from mudata.web_address import fault_of, shown

if TYPE_CHECKING:
    from mudata.catalog.cards.mirrors import HubMirror
    from mudata.catalog.fetch.checksums import Checksums

_PATIENCE_S = 10.0
"""For the first sign of life."""


@dataclass(frozen=True, eq=False)
class Blob:
    """A file of the repository, and what is known of its bytes."""

    path: str
    size: int | None
    checksums: Checksums


def hub_cache() -> Path:
    """Where the client keeps what came; its own constant is fixed when it is first imported."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home, "hub")).expanduser()


class HubClient:
    """One repository at one revision; the client's errors become ours, which name the card."""

    def __init__(self, mirror: HubMirror, card: str, *, offline: bool) -> None:
        self.mirror, self.card = mirror, card
        self.offline = offline or flag("HF_HUB_OFFLINE")
        self.endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
        self.cache = hub_cache()
        if fault := fault_of(self.endpoint):
            raise FetchError(
                f"Nothing can be asked at HF_ENDPOINT, {shown(self.endpoint)}: {fault}.",
                "Correct HF_ENDPOINT, or unset it for https://huggingface.co.",
            )

    def commit(self) -> str | None:
        """The commit that the revision is now; None where the network is forbidden.
        Raises NeedsToken, FetchError."""
        from huggingface_hub import HfApi
        from huggingface_hub.errors import RevisionNotFoundError

        if self.offline:
            return None
        api = HfApi(endpoint=self.endpoint)
        repo, revision, kind = self.mirror.repo, self.mirror.revision, self.mirror.repo_type
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
    def listing(self) -> list[Blob]:
        """Every file of the revision, sorted; without the network, those in the client's cache."""
        from huggingface_hub import HfApi
        from huggingface_hub.hf_api import RepoFile

        if self.offline:
            return self._cached_listing()
        api = HfApi(endpoint=self.endpoint)
        repo, revision, kind = self.mirror.repo, self.mirror.revision, self.mirror.repo_type
        with self._explained():
            self._knock(f"{self.endpoint}/api/{kind}s/{repo}/tree/{revision}")
            tree = [*api.list_repo_tree(repo, recursive=True, revision=revision, repo_type=kind)]
        blobs = [
            Blob(file.path, file.size, {"sha256": file.lfs.sha256} if file.lfs else {"git": file.blob_id})
            for file in tree
            if isinstance(file, RepoFile)
        ]
        return sorted(blobs, key=lambda blob: blob.path)

    def _knock(self, address: str) -> None:
        """Hear anything at all: where nobody answers, the client goes on asking for half a minute, aloud.
        Raises httpx2.TransportError."""
        import httpx2

        for left in (1, 0):
            try:
                with open_client(timeout=_PATIENCE_S) as client, deadline(_PATIENCE_S):
                    client.head(address, headers=self.headers())
                return
            except httpx2.TransportError:
                if not left:
                    raise
                time.sleep(1)

    def _cached_listing(self) -> list[Blob]:
        """As `listing`, from the client's cache, where a file's own name is its sum."""
        from huggingface_hub import scan_cache_dir

        mirror = self.mirror
        repos = scan_cache_dir(self.cache).repos if self.cache.is_dir() else ()
        blobs = [
            Blob(file.file_path.relative_to(revision.snapshot_path).as_posix(), None, _checksum(file.blob_path.name))
            for repo in repos
            if (repo.repo_id, repo.repo_type) == (mirror.repo, mirror.repo_type)
            for revision in repo.revisions
            if mirror.revision in {revision.commit_hash, *revision.refs}
            for file in revision.files
        ]
        if not blobs:
            raise self.unreachable(mirror.repo)
        return sorted(blobs, key=lambda blob: blob.path)

    @property
    def _page(self) -> str:
        return f"{self.endpoint}/{'datasets/' if self.mirror.repo_type == 'dataset' else ''}{self.mirror.repo}"

    def absent(self, path: str) -> FetchError:
        """The error for a file that the revision does not have."""
        return FetchError(
            f"{self.mirror.repo} has no {path} at revision {self.mirror.revision}.",
            f"Correct `path: {path}` or `revision: {self.mirror.revision}` in the card {self.card!r}; "
            f"the files are shown at {self._page}/tree/{self.mirror.revision}.",
        )

    def unreachable(self, what: str) -> Offline:
        """The error for what would have to come over the network."""
        return Offline(
            f"{what} is neither here nor in the cache of Hugging Face ({self.cache}), and the network is forbidden.",
            "Run the same command without --offline, MUDATA_OFFLINE and HF_HUB_OFFLINE.",
        )

    def needs_token(self) -> NeedsToken:
        """The error for a host that does not let this user in: each step to go on."""
        from huggingface_hub import get_token

        steps = [f"make a token (kind: read) at {self.endpoint}/settings/tokens", "set HF_TOKEN to it"]
        if self.mirror.gated:
            steps.insert(0, f"log in at {self._page} and accept the terms there")
        elif get_token():
            steps = [f"look at {self._page} with the account of your HF_TOKEN: it must exist and let you in"]
        return NeedsToken(
            f"Hugging Face does not give {self.mirror.repo} to "
            + ("the owner of this HF_TOKEN." if get_token() else "those who are not logged in."),
            "To go on: " + "; ".join(f"({n}) {step}" for n, step in enumerate(steps, 1)) + "; run the command again. "
            f"If {self._page} does not exist, correct `repo: {self.mirror.repo}` "
            f"in the card {self.card!r}.",
        )

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """The client's errors as ours."""
        import httpx2
        from huggingface_hub import errors, get_token

        mirror = self.mirror
        keep_secret(get_token())
        try:
            yield
        except errors.OfflineModeIsEnabled as error:
            raise self.unreachable(mirror.repo) from error
        except errors.RevisionNotFoundError as error:
            raise FetchError(
                f"{mirror.repo} has no revision {mirror.revision}.",
                f"Correct `revision: {mirror.revision}` in the card {self.card!r}; "
                f"the revisions are shown at {self._page}/commits/main.",
            ) from error
        except errors.HfHubHTTPError as error:
            status = error.response.status_code
            if status in (401, 403):
                raise self.needs_token() from error
            if status == 404:
                raise FetchError(
                    f"Hugging Face has no {mirror.repo_type} {mirror.repo}.",
                    f"Correct `repo: {mirror.repo}` in the card {self.card!r}.",
                ) from error
            raise FetchError(f"{self._page}: the host answers {status}.", "Try again later.") from error
        except httpx2.HTTPError as error:
            raise FetchError(f"{self._page} cannot be reached: {error}.", LOOK_AT_NETWORK) from error
        except WRONG_SHAPE as error:
            raise FetchError(
                f"{self._page}: the host's reply is not what the client expects ({type(error).__name__}: {error}).",
                "Try again later.",
            ) from error

    def cached(self, path: str) -> Path | None:
        """Where a file of the repository lies in the client's cache, if it does."""
        from huggingface_hub import try_to_load_from_cache

        mirror = self.mirror
        found = try_to_load_from_cache(
            mirror.repo, path, cache_dir=self.cache, revision=mirror.revision, repo_type=mirror.repo_type
        )
        if isinstance(found, str | os.PathLike) and Path(found).is_file():
            return Path(found).resolve()
        return None  # it may also say that it knows of none

    def url(self, path: str) -> str:
        """Where a file of the repository is downloaded from."""
        from huggingface_hub import hf_hub_url

        mirror = self.mirror
        return hf_hub_url(
            mirror.repo, path, repo_type=mirror.repo_type, revision=mirror.revision, endpoint=self.endpoint
        )

    def headers(self) -> dict[str, str]:
        """What tells the host who asks."""
        from huggingface_hub import get_token
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        keep_secret(get_token())
        headers: dict[str, str] = build_hf_headers(library_name="mudata")
        return headers


def _checksum(name: str) -> dict[str, str]:
    return {"sha256" if len(name) == 64 else "git": name}
