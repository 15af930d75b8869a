"""Kaggle on 127.0.0.1: one data set, whose bytes a second host serves, as on the real one."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from urllib.parse import quote

from fake_host import Answer, Asked, Host

DATASET = "somebody/songs"
SERVICE = "/v1/datasets.DatasetApiService"
TOKEN, USER, KEY = "KGAT_secretsecret", "somebody", "keykeykeykey"


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, data in files.items():
            file.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


class Storage(Host):
    """Serves what Kaggle sends people to."""

    def __init__(self) -> None:
        super().__init__()
        self.blobs: dict[str, bytes] = {}
        self.away = f"http://localhost:{self.port}"

    def answer(self, asked: Asked) -> Answer:
        data = self.blobs[asked.path]
        etag = hashlib.md5(data).hexdigest()
        return Answer(200, data, {"ETag": f'"{etag}"', "Accept-Ranges": "bytes"})


class Kaggle(Host):
    """`public`: whether it serves those without a login. Tables come zipped if `compress`."""

    def __init__(self, storage: Storage, files: Mapping[str, bytes]) -> None:
        super().__init__()
        self.storage, self.files = storage, dict(files)
        self.public, self.compress = True, False

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/v1/security.OAuthService/IntrospectToken":
            known = json.loads(asked.body)["token"] == TOKEN
            return told({"active": known, "username": USER if known else ""})
        login = asked.headers.get("Authorization")
        basic = base64.b64encode(f"{USER}:{KEY}".encode()).decode()
        if login not in (f"Bearer {TOKEN}", f"Basic {basic}") and (login or not self.public):
            return told({"code": 403, "message": "Permission denied"}, 403)
        request = json.loads(asked.body)
        if f"{request['ownerSlug']}/{request['datasetSlug']}" != DATASET:
            return told({"code": 404, "message": "Not found"}, 404)
        if request.get("datasetVersionNumber", 2) > 2:
            return told({"code": 404, "message": "No such version"}, 404)
        if asked.path == f"{SERVICE}/ListDatasetFiles":
            start = int(request.get("pageToken") or 0)
            page = [*self.files][start : start + 2]
            more = start + 2 < len(self.files)
            return told(
                {"datasetFiles": [{"name": name, "totalBytes": len(self.files[name])} for name in page]}
                | ({"nextPageToken": str(start + 2)} if more else {})
            )
        return self._download(request.get("fileName"))

    def _download(self, name: str | None) -> Answer:
        if name is None:
            return self._redirect("/archive.zip", zipped(self.files))
        if name not in self.files:
            return told({"code": 404, "message": "No such file"}, 404)
        if self.compress and name.endswith(".csv"):
            return self._redirect(f"/{name}.zip", zipped({name.rpartition("/")[2]: self.files[name]}))
        return self._redirect(f"/{name}", self.files[name])

    def _redirect(self, path: str, data: bytes) -> Answer:
        self.storage.blobs[path] = data
        return Answer(302, b"", {"Location": f"{self.storage.away}{quote(path)}?signature=secret"})


def told(what: Mapping[str, object], status: int = 200) -> Answer:
    return Answer(status, json.dumps(what).encode(), {"Content-Type": "application/json"})
