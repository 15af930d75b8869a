"""The file system of the store: opened by its URL, with errors that say what to do."""

from __future__ import annotations

import contextlib
import errno
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mudata.errors import MissingExtra, MudataError, from_os_error, is_of_machine
from mudata.object_store.location import StoreError
from mudata.safe_text import text_of, without_keys_of_others

CONNECT_S, READ_S, AGAIN = 10, 30, 2
"""How long a server of S3 may take to be connected to, and to send the next bytes, seconds, and how often botocore asks
again; all of that s3fs does five times, so that a silent server is given up after seven minutes (by botocore's own 60,
60 and 4 after 25). Chosen here; FSSPEC_S3, the way in which fsspec is configured, has the last word."""

_WHOLE = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "oci", "r2", "memory", "hf"}
"""Schemes whose files appear at once and as a whole. Others are written beside their place, and moved."""

_SKEW = {"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"}
_KEYS = {
    "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "NoCredentialsError",
    "PartialCredentialsError", "TokenRetrievalError", "AuthFailure", "NotSignedUp", "UnauthorizedSSOTokenError",
    "SSOTokenLoadError", "ProfileNotFound", "CredentialRetrievalError",
}  # fmt: skip
_NO_BUCKET = {"NoSuchBucket", "InvalidBucketName", "PermanentRedirect", "AuthorizationHeaderMalformed"}
_SILENT = {
    "EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError", "HTTPClientError",
    "ConnectionError", "TimeoutError", "FSTimeoutError", "ClientConnectorError", "ClientPayloadError",
    "ServerDisconnectedError", "ProxyConnectionError", "SSLError", "IncompleteReadError",
}  # fmt: skip
_ERRNO_FULL = {errno.ENOSPC, errno.EDQUOT}
_FULL = {"QuotaExceeded", "StorageFull", "XMinioStorageFull", "InsufficientStorage"}


@dataclass(frozen=True)
class StoredObject:
    """Of an object in the store its bytes, and when it was written; None where its file system does not tell."""

    size: int
    modified: datetime | None


@dataclass(frozen=True)
class Connection:
    """A store. Keys are relative to its root, with slashes."""

    url: str
    fs: Any
    root: str

    def path(self, key: str) -> str:
        return f"{self.root}/{key}"

    def read(self, key: str) -> bytes:
        """The bytes of a small object. Raises FileNotFoundError, StoreError."""
        with self._telling("read", key):
            return bytes(self.fs.cat_file(self.path(key)))

    def fetch(self, key: str, target: Path) -> None:
        """An object as a file. Raises FileNotFoundError, StoreError; HomeError for a full disk."""
        with self._telling("read", key):
            self.fs.get_file(self.path(key), str(target))

    def write(self, key: str, data: bytes) -> None:
        """A small object, replaced as a whole. Raises StoreError."""
        with self._writing(key) as path:
            self.fs.pipe_file(path, data)

    def send(self, source: Path, key: str) -> None:
        """A file as an object. Raises StoreError; OSError where the file cannot be read."""
        source.stat()
        with self._writing(key) as path:
            self.fs.put_file(str(source), path)

    def sizes(self, prefix: str) -> dict[str, int]:
        """Size by key of all objects below a prefix; nothing where there are none. Raises StoreError."""
        return {key: int(info.get("size") or 0) for key, info in self._below(prefix).items()}

    def objects(self, prefix: str) -> dict[str, StoredObject]:
        """All objects below a prefix, by key. Raises StoreError."""
        return {
            key: StoredObject(int(info.get("size") or 0), _modified(info)) for key, info in self._below(prefix).items()
        }

    def states(self, prefix: str) -> dict[str, str]:
        """By key of the objects right below a prefix what changes with their content: size, tag, time. Raises
        StoreError."""
        return {key: _state(info) for key, info in self._below(prefix, depth=1).items()}

    def size(self, key: str) -> int | None:
        """Bytes of an object; None where there is none. Raises StoreError."""
        try:
            with self._telling("read", key):
                return int(self.fs.info(self.path(key)).get("size") or 0)
        except FileNotFoundError:
            return None

    def remove(self, key: str) -> None:
        """An object, or all below a prefix. Raises StoreError."""
        with self._telling("write", key), contextlib.suppress(FileNotFoundError):
            self.fs.rm(self.path(key), recursive=True)

    def _below(self, prefix: str, depth: int | None = None) -> dict[str, Mapping[str, Any]]:
        with self._telling("list", prefix):
            self.fs.invalidate_cache()
            try:
                found = self.fs.find(self.path(prefix), maxdepth=depth, detail=True)
            except NotADirectoryError:
                return {}
            if not found:  # of a bucket that is not there, some file systems say that nothing is in it
                self._require_bucket()
        start = len(self.path(""))
        keys = {name.lstrip("/") if not self.root.startswith("/") else name: info for name, info in found.items()}
        return {name[start:]: info for name, info in keys.items() if not _is_partial(name)}

    def _require_bucket(self) -> None:
        """Raise FileNotFoundError where the bucket is missing, which a listing of a prefix does not tell."""
        if {"s3", "s3a"} & set(_schemes(self.fs)):
            self.fs.call_s3("list_objects_v2", Bucket=self.root.partition("/")[0], MaxKeys=1)

    @contextlib.contextmanager
    def _writing(self, key: str) -> Iterator[str]:
        path = self.path(key)
        with self._telling("write", key):
            if _WHOLE & set(_schemes(self.fs)):
                yield path
                return
            folder, _, name = path.rpartition("/")
            self.fs.makedirs(folder, exist_ok=True)
            beside = f"{folder}/.{name[:40]}-{uuid.uuid4().hex}.part"
            try:
                yield beside
                self.fs.mv(beside, path)
            except BaseException:
                with contextlib.suppress(Exception):
                    self.fs.rm_file(beside)
                raise

    @contextlib.contextmanager
    def _telling(self, doing: str, key: str) -> Iterator[None]:
        """Errors of file systems as ours. What is merely not there stays FileNotFoundError."""
        try:
            yield
        except Exception as error:
            names = _names(error)
            if isinstance(error, FileNotFoundError) and doing == "read" and not names & _NO_BUCKET:
                raise FileNotFoundError(f"{self.url}/{key}") from error
            if is_of_machine(error):
                raise
            if (known := self._of_this_side(error, doing)) is not None:
                raise known from error
            raise StoreError(*_told(error, names, self.url, doing, key)) from error

    def _of_this_side(self, error: Exception, doing: str) -> MudataError | None:
        """What is wrong with a file or the disk of this machine; None where it is the store."""
        if not isinstance(error, OSError):
            return None
        full = doing == "read" and error.errno in _ERRNO_FULL  # nobody who reads fills a store
        here = error.filename and not str(error.filename).startswith(self.root)
        return from_os_error(error) if full or here else None


def connect(url: str) -> Connection:
    """The store at a URL; nothing is asked of it yet. Raises MissingExtra (S3 without s3fs), StoreError."""
    try:
        import fsspec
        from fsspec.config import conf
    except ImportError as error:
        raise MissingExtra("MUDATA_STORE", "fsspec", "store") from error
    scheme = url.partition("://")[0].casefold()
    options: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True}
    if scheme in ("s3", "s3a"):
        own = conf.get("s3", {}).get("config_kwargs", {})
        patience = {"connect_timeout": CONNECT_S, "read_timeout": READ_S, "retries": {"max_attempts": AGAIN}}
        options["config_kwargs"] = patience | own
    try:
        fs, root = fsspec.core.url_to_fs(url, **options)
    except ImportError as error:
        if scheme in ("s3", "s3a"):
            raise MissingExtra(f"MUDATA_STORE={url}", "s3fs", "store") from error
        raise StoreError(
            f"MUDATA_STORE={url}: fsspec needs another package for {scheme}:// ({_first_line(error)}).",
            "Install that package where mudata is installed: gcsfs for gs://, adlfs for abfs://, and so on.",
        ) from error
    except ValueError as error:
        raise StoreError(
            f"MUDATA_STORE={url}: fsspec knows no file system for {scheme}:// ({_first_line(error)}).",
            "Such as s3://bucket/prefix, gs://bucket/prefix, file:///mnt/shared/mudata.",
        ) from error
    except Exception as error:  # a client that looks for keys at once
        raise StoreError(*_told(error, _names(error), url, "read", "")) from error
    return Connection(url, fs, str(root).rstrip("/"))


def _schemes(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)


def _is_partial(name: str) -> bool:
    return name.rpartition("/")[2].startswith(".")


def _state(info: Mapping[str, Any]) -> str:
    told = ("size", "ETag", "etag", "md5Hash", "LastModified", "last_modified", "mtime", "updated", "created", "ino")
    return " ".join(str(info[name]) for name in told if info.get(name) is not None)


def _modified(info: Mapping[str, Any]) -> datetime | None:
    """When an object was written, by whatever name and in whatever form its file system has that."""
    names = ("LastModified", "last_modified", "mtime", "updated", "created")
    told = next((info[name] for name in names if info.get(name) is not None), None)
    with contextlib.suppress(ValueError, OverflowError, OSError):
        if isinstance(told, str):
            told = datetime.fromisoformat(told)
        if isinstance(told, int | float):
            told = datetime.fromtimestamp(told, UTC)
    return (told if told.tzinfo else told.replace(tzinfo=UTC)) if isinstance(told, datetime) else None


def _names(error: BaseException) -> set[str]:
    """What an error is called: its classes, those of its causes, and the codes that servers gave."""
    names: set[str] = set()
    cause: BaseException | None = error
    while cause is not None:
        names |= {kind.__name__ for kind in type(cause).__mro__}
        response = getattr(cause, "response", None)
        if isinstance(response, dict):
            names.add(str(response.get("Error", {}).get("Code")))
        cause = cause.__cause__ or cause.__context__
    return names


def _first_line(error: BaseException) -> str:
    line = next(iter(text_of(error).splitlines()), "") or type(error).__name__
    return without_keys_of_others(line).rstrip(".")


def _told(error: Exception, names: set[str], url: str, doing: str, key: str) -> tuple[str, str]:
    """What happened, and what to do."""
    told, place = _first_line(error), f"{url}/{key}".rstrip("/")
    done = "What was finished is kept: run the same command again."
    no_place = names & _NO_BUCKET or (isinstance(error, FileNotFoundError) and doing != "read")
    may = {"write": "may not write", "list": "may not list", "read": "may not read"}[doing]
    cases = (
        (
            names & _SKEW,
            f"{url} refuses the request since its time is not the server's: {told}.",
            "Set this machine's clock (NTP): requests are signed with the time, and 15 minutes are the most.",
        ),
        (
            names & _KEYS,
            f"{url} does not take the credentials: {told}.",
            "They come from where the file system's own client looks for them: for S3 AWS_PROFILE, AWS_ACCESS_KEY_ID"
            " and AWS_SECRET_ACCESS_KEY, ~/.aws, or the role of the machine; mudata keeps none.",
        ),
        (
            no_place,
            f"There is no {url} ({told}).",
            "Make the bucket or the folder first, or correct MUDATA_STORE, the region and AWS_ENDPOINT_URL.",
        ),
        (
            names & _FULL or getattr(error, "errno", None) in _ERRNO_FULL,
            f"The store is full: {place} cannot be written ({told}).",
            f"Make room in it. {done}",
        ),
        (
            isinstance(error, PermissionError),
            f"You {may} {place}: {told}.",
            "Ask for that permission (S3: s3:GetObject and s3:ListBucket to read, s3:PutObject to publish,"
            " s3:DeleteObject to remove). MUDATA_OFFLINE=1 works with what is here, MUDATA_STORE= without a store.",
        ),
        (
            names & _SILENT,
            f"{url} does not answer: {told}.",
            f"See to the network and AWS_ENDPOINT_URL. {done} MUDATA_OFFLINE=1 works with what is here.",
        ),
    )
    other = f"{place}: cannot {doing}: {type(error).__name__}: {told}.", done
    return next(((what, hint) for case, what, hint in cases if case), other)
