"""A client of servers that speak OpenAI's chat protocol: vLLM, the llama.cpp server, hosted ones.

What may pass (a broken connection, a busy server) is told from what will not; `server_pool` tries it again.
Threads may share one client: its connections, and its pace. The key is sent in the Authorization
header, to one address, and is masked in whatever the server echoes.
"""

from __future__ import annotations

import json
import os
import re
import threading
from typing import Any, NoReturn

import httpx2

from mudata.catalog.fetch.deadline import deadline
from mudata.catalog.fetch.transfer import open_client, retry_after
from mudata.errors import FetchError, ModelError
from mudata.evaluation.chat.rate_limit import PATIENT, Pace, RetryPolicy
from mudata.json_files import NotJson, parse
from mudata.safe_text import keep_secret, safe
from mudata.version import __version__
from mudata.web_address import fault_of, shown

LARGEST = 16 << 20
"""Bytes of a reply, beyond which the rest is not read."""
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses that may pass: those of RFC 9110 and RFC 6585,
a conflict, and 529, by which some hosts mean overload."""
_EVERYTHING = frozenset({401, 402, 403, 404})
"""Statuses that every other question would get as well:
no key, no money, no permission, no such model or address."""
_SPENT = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
"""Codes with which OpenAI's 429 means money and not haste."""
_NEVER = re.compile(r"not supported|unsupported|n't support", re.IGNORECASE)
"""Said with a 500 (llama.cpp: 'audio input is not supported'), it is as final as a 400."""
_EXCERPT = 300
"""Characters of what a server says that are repeated in a message."""


class NoReply(Exception):
    """Why a question has no reply: `kind` is a stable machine word, `reason` the details.

    Kinds: timeout, unreachable, connection (it broke), busy (429 and 5xx), refused (other
    statuses), malformed, too-long. `for_all`: any other question would fare the same. `said` is
    what the server said, the key masked.
    """

    def __init__(
        self, kind: str, reason: str, *, status: int | None = None, for_all: bool = False, said: str = ""
    ) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind, self.reason, self.status, self.for_all, self.said = kind, reason, status, for_all, said


class Retryable(Exception):
    """A try that failed in a way that may pass; `after_s` is what the server asks us to wait."""

    def __init__(self, why: NoReply, after_s: float = 0.0) -> None:
        super().__init__(str(why))
        self.why, self.after_s = why, after_s


class ChatServer:
    """One server at `base_url` (such as https://host/v1).
    `requests` counts what was sent.

    The key is what the environment variable `key_variable` holds; without it none is sent. `seed`
    is that of the jitter and `connections` the most that are open at once. Raises ModelError for an
    address or a key that cannot be one.
    """

    def __init__(
        self,
        base_url: str,
        key_variable: str,
        *,
        patience: RetryPolicy = PATIENT,
        pace: Pace | None = None,
        seed: int = 0,
        connections: int = 1,
    ) -> None:
        self.url = checked_url(base_url)
        self.patience, self.pace, self.seed = patience, pace or Pace(), seed
        self.requests = 0
        self._lock, self._key = threading.Lock(), read_key(key_variable)
        try:
            self._client = open_client(
                headers={"User-Agent": f"mudata/{__version__}", "Accept-Encoding": "identity"}
                | ({"Authorization": f"Bearer {self._key}"} if self._key else {}),
                timeout=httpx2.Timeout(patience.timeout_s, connect=min(10.0, patience.timeout_s), pool=None),
                limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
            )
        except FetchError as error:
            raise ModelError(error.what, error.hint) from error

    @property
    def has_key(self) -> bool:
        return bool(self._key)

    def close(self) -> None:
        self._client.close()

    def models(self) -> list[dict[str, Any]]:
        """What GET /models lists; nothing where the server keeps no list. Raises NoReply where
        nobody answers, and for a key that is refused."""
        try:
            listing = self._try("GET", "models", None)
        except Retryable as again:
            if again.why.kind == "unreachable":
                raise again.why from again
            return []
        except NoReply as why:
            if why.status in (401, 402, 403):
                raise
            return []
        data = listing.get("data")
        return [model for model in data if isinstance(model, dict) and "id" in model] if isinstance(data, list) else []

    def attempt(self, raw: bytes) -> dict[str, Any]:
        """The JSON object that POST /chat/completions replies to a body of JSON, asked once.

        Raises Retryable where failing may pass, else NoReply.
        """
        return self._try("POST", "chat/completions", raw)

    def _try(self, method: str, path: str, raw: bytes | None) -> dict[str, Any]:
        """One request. Raises Retryable, NoReply."""
        with self._lock:
            self.requests += 1
        try:
            got, arrived = self.send(method, path, raw)
        except httpx2.ConnectError as error:
            raise Retryable(NoReply("unreachable", safe(str(error)), for_all=True)) from error
        except httpx2.ConnectTimeout as error:
            raise Retryable(NoReply("unreachable", "no connection within 10 s", for_all=True)) from error
        except httpx2.TimeoutException as error:
            raise self._late() from error
        except httpx2.TransportError as error:
            raise Retryable(NoReply("connection", safe(f"{type(error).__name__}: {error}"))) from error
        except httpx2.DecodingError as error:
            raise NoReply("malformed", safe(str(error))) from error
        try:
            body = parse(arrived)
        except NotJson:
            body = None
        if got.status_code != 200:
            self._refused(got, body, arrived)
        if not isinstance(body, dict):
            raise NoReply("malformed", f"the reply is no JSON object: {self._excerpt(arrived)!r}")
        return body

    def send(self, method: str, path: str, raw: bytes | None) -> tuple[httpx2.Response, bytes]:
        """One request and its whole reply, within the time for one; errors are those of httpx2."""
        headers = {"Content-Type": "application/json"} if raw is not None else {}
        arrived = bytearray()
        with (
            deadline(self.patience.timeout_s),
            self._client.stream(method, f"{self.url}/{path}", content=raw, headers=headers) as got,
        ):
            for chunk in got.iter_bytes():
                arrived += chunk
                if len(arrived) > LARGEST:
                    raise NoReply("too-long", f"a reply of more than {LARGEST >> 20} MiB")
        return got, bytes(arrived)

    def _late(self) -> NoReply:
        return NoReply("timeout", f"no whole reply within {self.patience.timeout_s:g} s")

    def _refused(self, got: httpx2.Response, body: object, arrived: bytes) -> NoReturn:
        status, error = got.status_code, body
        while isinstance(error, dict) and isinstance(error.get("error"), dict):
            error = error["error"]
        message = self._said(error) or self._excerpt(arrived)
        reason = f"status {status}" + (f": {message}" if message else "")
        code = {str(error.get("code")), str(error.get("type"))} if isinstance(error, dict) else set()
        if status == 429 and code & _SPENT:
            raise NoReply("refused", reason, status=402, for_all=True, said=message)
        if status in _AGAIN and not (status == 500 and _NEVER.search(message)):
            raise Retryable(NoReply("busy", reason, status=status, said=message), retry_after(got.headers) or 0.0)
        raise NoReply("refused", reason, status=status, for_all=status in _EVERYTHING, said=message)

    def _said(self, error: object) -> str:
        """The message of an error, in any of the places where servers put it."""
        if isinstance(error, dict):
            error = next((error[key] for key in ("message", "detail", "error") if error.get(key)), "")
        text = error if isinstance(error, str) else json.dumps(error) if error else ""
        return self._excerpt(text.encode("utf-8", "replace"))

    def _excerpt(self, raw: bytes) -> str:
        """The beginning of what the server said, on one line;
        masked before it is cut, so that no half of a key is left."""
        excerpt = " ".join(safe(raw[: 1 << 16].decode("utf-8", "replace")).split())
        return excerpt if len(excerpt) <= _EXCERPT else excerpt[:_EXCERPT] + " ..."


def checked_url(base_url: str) -> str:
    """The address without a slash at its end. Raises ModelError if it is none, or holds a password
    or a query, which would be kept in run.json."""
    if fault := fault_of(base_url):
        raise ModelError(
            f"{shown(base_url)!r} is no address of a server: {fault}.", "Give one such as http://localhost:8000/v1."
        )
    try:
        url = httpx2.URL(base_url.rstrip("/"))
    except httpx2.InvalidURL as error:
        raise ModelError(
            f"{shown(base_url)!r} is no address of a server: {error}.", "Give one such as http://localhost:8000/v1."
        ) from error
    if url.userinfo or url.query or url.fragment:
        raise ModelError(
            f"The address of {shown(base_url)} holds a password or a query, which would be kept with every run.",
            "Give the bare address; a key belongs into an environment variable.",
        )
    return str(url)


def read_key(variable: str) -> str:
    """The key in an environment variable, '' where it is not set. Raises ModelError if this is
    no name of a variable (it may be the key itself and is not repeated), or the value cannot be
    sent."""
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", variable):
        raise ModelError(
            "The name of the key's environment variable is none: it wants capitals, digits and underscores.",
            "Put the key into a variable such as OPENAI_API_KEY, and give the variable's name.",
        )
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ModelError(f"What {variable} holds cannot be a key.", "A key is one word of plain characters.")
    keep_secret(key)
    return key
