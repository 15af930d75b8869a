"""A Hugging Face Hub on 127.0.0.1: one data repository, whose large files a second host serves, as on the real one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping

from fake_host import Answer, Asked, Host

REPO = "somebody/songs"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Cdn(Host):
    """Serves bytes by their SHA-256 to whoever knows it."""

    def __init__(self) -> None:
        super().__init__()
        self.blobs: dict[str, bytes] = {}
        self.away = f"http://localhost:{self.port}"

    def answer(self, asked: Asked) -> Answer:
        name = asked.path.strip("/")
        return Answer(200, self.blobs[name], {"ETag": f'"{name}"', "Accept-Ranges": "bytes"})


class Hub(Host):
    """`files` are served at revisions COMMIT and main; those of 1,000 bytes and more are "large" and on the CDN."""

    def __init__(self, cdn: Cdn, files: Mapping[str, bytes], *, token: str | None = None, gated: bool = False) -> None:
        super().__init__()
        self.cdn, self.files, self.token, self.gated = cdn, dict(files), token, gated

    def answer(self, asked: Asked) -> Answer:
        if self.token and asked.headers.get("Authorization") != f"Bearer {self.token}":
            return refused(401, "GatedRepo" if self.gated else "RepoNotFound")
        if self.gated:
            return refused(403, "GatedRepo")
        match asked.path.strip("/").split("/", 6):
            case ["api", "datasets", owner, name, "tree", revision]:
                return self._tree(f"{owner}/{name}", revision)
            case ["api", "datasets", owner, name, "revision", revision]:
                return self._missing(f"{owner}/{name}", revision) or _json({"id": f"{owner}/{name}", "sha": COMMIT})
            case ["datasets", owner, name, "resolve", revision, *rest]:
                return self._file(f"{owner}/{name}", revision, "/".join(rest))
        return Answer(404)

    def files_of(self, repo: str) -> Mapping[str, bytes] | None:
        return self.files if repo == REPO else None

    def _missing(self, repo: str, revision: str) -> Answer | None:
        if self.files_of(repo) is None:
            return refused(404, "RepoNotFound")
        return None if revision in (COMMIT, "main") else refused(404, "RevisionNotFound")

    def _tree(self, repo: str, revision: str) -> Answer:
        if missing := self._missing(repo, revision):
            return missing
        entries: list[dict[str, object]] = [{"type": "directory", "path": "data", "oid": "0" * 40, "size": 0}]
        for path, data in (self.files_of(repo) or {}).items():
            entry: dict[str, object] = {"type": "file", "path": path, "size": len(data), "oid": blob_id(data)}
            if len(data) >= 1000:
                entry["lfs"] = {"oid": sha256(data), "size": len(data), "pointerSize": 130}
            entries.append(entry)
        return Answer(200, json.dumps(entries).encode(), {"Content-Type": "application/json"})

    def _file(self, repo: str, revision: str, path: str) -> Answer:
        if missing := self._missing(repo, revision):
            return missing
        data = (self.files_of(repo) or {}).get(path)
        if data is None:
            return refused(404, "EntryNotFound")
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{blob_id(data)}"'}
        if len(data) < 1000:
            return Answer(200, data, headers)
        self.cdn.blobs[sha256(data)] = data
        linked = {"X-Linked-Etag": f'"{sha256(data)}"', "X-Linked-Size": str(len(data))}
        return Answer(302, b"", headers | linked | {"Location": f"{self.cdn.away}/{sha256(data)}"})


class ModelHub(Hub):
    """Several model repositories; `closed` are those that want a token, which is `token`."""

    def __init__(self, cdn: Cdn, repos: Mapping[str, Mapping[str, bytes]], *, closed: Collection[str] = ()) -> None:
        super().__init__(cdn, {})
        self.repos, self.closed = {repo: dict(files) for repo, files in repos.items()}, set(closed)

    def files_of(self, repo: str) -> Mapping[str, bytes] | None:
        return self.repos.get(repo)

    def answer(self, asked: Asked) -> Answer:
        steps = asked.path.strip("/").split("/")
        owner, name, *rest = steps[2:] if steps[:2] == ["api", "models"] else steps
        repo = f"{owner}/{name}"
        if repo in self.closed and asked.headers.get("Authorization") != f"Bearer {self.token}":
            return refused(401, "GatedRepo")
        match rest:
            case ["tree", revision]:
                return self._tree(repo, revision)
            case ["revision", revision]:
                return self._missing(repo, revision) or _json({"id": repo, "sha": COMMIT})
            case ["commits", "main"]:
                commit = {"id": COMMIT, "authors": [], "date": "2024-01-01T00:00:00.000Z", "title": "", "message": ""}
                return self._missing(repo, "main") or _json([commit])
            case ["resolve", revision, *path]:
                return self._file(repo, revision, "/".join(path))
        return Answer(404)


def _json(value: object) -> Answer:
    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})


def refused(status: int, code: str) -> Answer:
    return Answer(status, b"", {"X-Error-Code": code})


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def blob_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
