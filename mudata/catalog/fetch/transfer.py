"""One request for one file:
go on where the piece that is there ends, if the server can, and understand its answer."""

from __future__ import annotations

import contextlib
import email.utils
import hashlib
import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.fetch.checksums import Checksums, mismatch
from mudata.catalog.fetch.deadline import deadline, keeping_deadlines
from mudata.errors import FetchError, NeedsToken
from mudata.home import PARTIAL
from mudata.json_files import read_object
from mudata.web_address import fault_of, shown

if TYPE_CHECKING:
    import httpx2

    from mudata.narration import Advance

NOTE = f"{PARTIAL}.json"
"""How the name of the note beside an unfinished download ends."""

LOOK_AT_NETWORK = "Look whether the network is up, and run the same command again."

_TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that RFC 9110 and RFC 6585 call temporary."""


@dataclass(frozen=True)
class Download:
    """One file: its address, where it goes, and what is known of its bytes."""

    url: str
    target: Path
    size: int | None = None
    checksums: Checksums = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent to the address's own host only, never on to where it redirects."""


class TryAgain(Exception):
    """A try that failed in a way that may pass; `after_s` is what the host asks us to wait."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.after_s = after_s


class PartialFile:
    """The unfinished file `.<name>.part`,
    and the note `.<name>.part.json` of which bytes these are."""

    def __init__(self, want: Download) -> None:
        self._want = want
        name = want.target.name
        if len(os.fsencode(name)) > 200:  # a name may have 255 bytes, and we add some
            name = hashlib.sha256(os.fsencode(name)).hexdigest()
        self.path = want.target.with_name(f".{name}{PARTIAL}")
        self._note = want.target.with_name(f".{name}{NOTE}")
        self._url = hashlib.sha256(want.url.encode(errors="surrogatepass")).hexdigest()

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def validator(self) -> str | None:
        """ETag or Last-Modified with which the bytes came, if from the same address."""
        try:
            note = read_object(self._note, ("url", "validator"), error=FetchError)
            return str(note["validator"]) if note["url"] == self._url and note["validator"] else None
        except FetchError:
            return None

    @property
    def resumes(self) -> bool:
        """Whether the piece can be built upon:
        the server will tell if the file changed, or a checksum will."""
        return self.size > 0 and bool(self.validator or self._want.checksums)

    def describe(self, validator: str | None) -> None:
        self._note.write_text(json.dumps({"url": self._url, "validator": validator}))

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def move(self) -> None:
        """Put the finished file into its place, so that it outlives a power cut."""
        self.path.replace(self._want.target)
        self._note.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # folders cannot be opened on every system
            folder = os.open(self._want.target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def open_client(**settings: Any) -> httpx2.Client:
    """A pool of connections with httpx2's own settings, which keeps to `deadline`. Raises FetchError for proxies that
    cannot be used."""
    import httpx2

    try:
        return keeping_deadlines(httpx2.Client(**settings))
    except (httpx2.InvalidURL, ValueError, ImportError) as error:  # it reads the variables; the last for SOCKS
        raise FetchError(
            "A proxy that the environment names cannot be used.",
            "Correct HTTP_PROXY, HTTPS_PROXY and ALL_PROXY (http://HOST:PORT), or unset them.",
        ) from error


def attempt(client: httpx2.Client, want: Download, partial: PartialFile, at: Advance, *, timeout_s: float) -> bool:
    """Bring a partial file to its end with one request;
    whether it was added to what was there already.

    `at` is told the position in the file; `timeout_s` is the time for all that comes before the file's first byte
    (connection, redirects, headers), and for each further piece of it. Raises TryAgain, httpx2.HTTPError, NeedsToken,
    ChecksumMismatch (more bytes than expected), FetchError.
    """
    if not partial.resumes:
        partial.discard()
    offset, validator = partial.size, partial.validator
    at(offset)
    headers = dict(want.headers)
    if offset:
        headers["Range"] = f"bytes={offset}-"
        if validator:
            headers["If-Range"] = validator
    with _open(client, want, headers, timeout_s) as response:
        if response.status_code == 416 and offset:
            if _number(r"\*/(\d+)$", response) == offset:
                return True
            partial.discard()
            raise TryAgain("the file has become shorter")
        _check_status(response, want)
        resumed, now = response.status_code == 206, _validator(response)
        if resumed and (_number(r"bytes (\d+)-", response) != offset or (validator and now and now != validator)):
            partial.discard()
            raise TryAgain("the file has changed meanwhile")
        if not resumed:
            _refuse_web_page(response, want)
            offset = 0
            at(0)
        partial.describe(now)
        with partial.path.open("ab" if resumed else "wb") as file:
            for chunk in _pieces(response, timeout_s):
                offset += len(chunk)
                if want.size is not None and offset > want.size:
                    raise mismatch(shown(want.url), f"{want.size} bytes", f"more than {want.size} bytes")
                file.write(chunk)
                at(offset)
            file.flush()
            os.fsync(file.fileno())
    whole = _number(r"/(\d+)$", response) if resumed else None if "content-length" in response.headers else want.size
    if whole is not None and offset < whole:
        raise TryAgain("the answer ended early")
    return resumed


@contextlib.contextmanager
def _open(
    client: httpx2.Client, want: Download, headers: Mapping[str, str], timeout_s: float
) -> Iterator[httpx2.Response]:
    """Send a GET and follow redirects, all within the time; the want's own headers go to its own host only."""
    with deadline(timeout_s):
        response = _answer(client, want, headers)
    try:
        yield response
    finally:
        response.close()


def _answer(client: httpx2.Client, want: Download, headers: Mapping[str, str]) -> httpx2.Response:
    request = client.build_request("GET", want.url, headers=headers)
    origin = request.url.origin
    for _ in range(10):
        response = client.send(request, stream=True, follow_redirects=False)
        if not response.has_redirect_location:
            return response
        response.close()
        following, fault = response.next_request, _fault_of_location(response)
        if following is None or fault:
            to = shown(response.headers["location"])
            raise FetchError(
                f"{shown(want.url)} redirects to {to}, where nothing can be asked: {fault}.",
                "Look at the address in a browser.",
            )
        request = following
        if request.url.origin != origin:
            for name in want.headers:
                request.headers.pop(name, None)
    raise FetchError(f"{shown(want.url)} redirects in circles.", "Look at the address in a browser.")


def _pieces(response: httpx2.Response, timeout_s: float) -> Iterator[bytes]:
    """The body as it arrives; each piece of it within the time, however slowly what stands around it comes."""
    pieces = response.iter_raw()
    while True:
        with deadline(timeout_s):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _fault_of_location(response: httpx2.Response) -> str | None:
    location = response.headers["location"]
    if re.match(r"[a-z][a-z0-9+.-]*:", location, re.IGNORECASE):  # else it is relative
        return fault_of(location)
    return fault_of(str(response.next_request.url)) if response.next_request else "it is malformed"


def _check_status(response: httpx2.Response, want: Download) -> None:
    status = response.status_code
    address, answer = shown(want.url), f"{status} {response.reason_phrase}".strip()
    if status in (200, 206):
        return
    if status in (401, 403):
        raise NeedsToken(
            f"{address}: the host refuses without a login ({answer}).",
            "Ask the publisher for access, or fetch the file with a browser and run the same command with --from FILE.",
        )
    if status in (404, 410, 451):
        raise FetchError(f"{address}: the host no longer has this file ({answer}).")
    if status in _TEMPORARY:
        raise TryAgain(f"the host answers {answer}", retry_after(response.headers))
    raise FetchError(f"{address}: the host answers {answer}.")


def _refuse_web_page(response: httpx2.Response, want: Download) -> None:
    """Hosts that are closed or full answer 200 with a page that says so."""
    kind = response.headers.get("content-type", "")
    if kind.startswith("text/html") and not want.checksums and want.target.suffix not in (".html", ".htm", ""):
        raise FetchError(
            f"{shown(want.url)}: the host sent a web page in place of {want.target.name}.",
            "Look at the address in a browser.",
        )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the host asks us to wait:
    given as such, or as a date; None if it says nothing that makes sense.

    Source: RFC 9110, section 10.2.3.
    `headers` must find names in any case, as those of httpx2 and requests do.
    """
    value = headers.get("retry-after", "").strip()
    with contextlib.suppress(ValueError):
        seconds = float(value)
        return seconds if 0 <= seconds < math.inf else None
    try:
        at = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _validator(response: httpx2.Response) -> str | None:
    """What may stand in If-Range: a strong ETag, else the date of the last change."""
    etag = response.headers.get("etag", "")
    return etag if etag.startswith('"') else response.headers.get("last-modified")


def _number(pattern: str, response: httpx2.Response) -> int | None:
    match = re.search(pattern, response.headers.get("content-range", ""))
    return int(match[1]) if match else None
