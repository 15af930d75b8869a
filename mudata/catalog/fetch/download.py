"""Bytes over HTTP(S): resumed after any interruption, verified, then moved into place.

What has arrived lies beside the target until it is complete and verified, and a later process goes
on from there. Addresses are shown without passwords and queries, which may hold secrets.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import httpx2

from mudata.catalog.fetch.checksums import verify_checksums
from mudata.catalog.fetch.transfer import LOOK_AT_NETWORK, Download, PartialFile, TryAgain, attempt, open_client
from mudata.errors import ChecksumMismatch, FetchError, Offline, telling_os_errors
from mudata.narration import SILENT, Advance, Progress
from mudata.web_address import fault_of, shown

_ENOUGH_PROGRESS = 1 << 20
"""So many new bytes make a cut connection no failed try."""
_MOST_UNREACHABLE = 16
"""After so many files in a row whose host cannot be reached, the others are not tried."""


@dataclass(frozen=True)
class DownloadRetries:
    """How long to put up with a bad connection."""

    tries: int = 5
    """In a row, without at least 1 MiB of progress."""
    unreachable_tries: int = 2
    """Of a host to which there is no connection at all, before any byte came from it."""
    pause_s: float = 0.5
    """Before the second try; doubles with each further one."""
    longest_s: float = 120.0
    """Longest pause; a host that asks for more (Retry-After) is given up."""
    timeout_s: float = 60.0
    """Without any byte of the file."""


DEFAULT_RETRIES = DownloadRetries()


def download(
    want: Download,
    *,
    advance: Advance = lambda done: None,
    offline: bool = False,
    client: httpx2.Client | None = None,
    retries: DownloadRetries = DEFAULT_RETRIES,
) -> Path:
    """Get one file; a target that is there and verifies is kept as it is.

    `advance` is called with bytes (negative when the server makes us start over); an exception that
    it raises ends the download, which a later call resumes. Raises Offline, NeedsToken (401, 403),
    ChecksumMismatch (what arrived is deleted), FetchError, and HomeError for a full disk or a
    folder without permission.
    """
    with telling_os_errors(), contextlib.ExitStack() as stack:
        if want.target.is_file():
            with contextlib.suppress(ChecksumMismatch):  # another edition: replaced below
                verify_checksums(want.target, want.size, want.checksums)
                PartialFile(want).discard()  # a process that was killed may not have come to that
                advance(want.target.stat().st_size)
                return want.target
        if fault := fault_of(want.url):
            raise FetchError(f"Nothing can be asked at {shown(want.url)}: {fault}.", "Correct the card.")
        if offline:
            raise Offline(
                f"{want.target.name} is not here, and the network is forbidden.",
                f"It comes from {shown(want.url)}: run the same command without --offline (and MUDATA_OFFLINE).",
            )
        want.target.parent.mkdir(parents=True, exist_ok=True)
        client = client or stack.enter_context(_open_client(retries))
        partial = PartialFile(want)
        for again in (True, False):
            pieced = partial.size > 0
            try:
                pieced = _until_complete(client, want, partial, advance, retries)
                verify_checksums(partial.path, want.size, want.checksums, name=shown(want.url))
                break
            except ChecksumMismatch:
                advance(-partial.size)
                partial.discard()
                if not (pieced and again):  # pieces may be of two editions: a whole one deserves a try
                    raise
        partial.move()
    return want.target


def download_many(
    wants: Iterable[Download],
    *,
    jobs: int = 4,
    progress: Progress = SILENT,
    title: str = "downloading",
    offline: bool = False,
    retries: DownloadRetries = DEFAULT_RETRIES,
) -> dict[str, Path | FetchError]:
    """Get many files, `jobs` at a time: each address with its file, or with what went wrong.

    One want per address. Trouble that is not the file's
    own (a full disk, an interrupt) stops all and is raised.
    """
    by_url = {want.url: want for want in wants}
    results: dict[str, Path | FetchError] = {}
    stop = threading.Event()

    sizes = [want.size for want in by_url.values()]
    known = bool(sizes) and None not in sizes
    total, unit = (sum(filter(None, sizes)), "bytes") if known else (len(by_url), "files")
    with (
        _open_client(retries) as client,
        progress.bar(title, total, unit) as advance,
        ThreadPoolExecutor(jobs) as pool,
    ):

        def watch(done: float) -> None:
            if stop.is_set():
                raise CancelledError
            if known:
                advance(done)

        tasks = {
            pool.submit(download, want, advance=watch, offline=offline, client=client, retries=retries): url
            for url, want in by_url.items()
        }
        unreachable = 0
        try:
            for task in as_completed(tasks):
                try:
                    results[tasks[task]], unreachable = task.result(), 0
                except FetchError as error:
                    results[tasks[task]] = error
                    unreachable = unreachable + 1 if isinstance(error.__cause__, httpx2.TransportError) else 0
                    if unreachable == _MOST_UNREACHABLE:
                        return dict.fromkeys(by_url, error) | results
                if not known:
                    advance(1)
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
    return results


def _open_client(retries: DownloadRetries) -> httpx2.Client:
    """A connection pool; honours the proxy variables of the environment."""
    from mudata.version import __version__

    return open_client(
        headers={"User-Agent": f"mudata/{__version__}", "Accept-Encoding": "identity"},
        timeout=httpx2.Timeout(retries.timeout_s, connect=min(20.0, retries.timeout_s)),
    )


def _until_complete(
    client: httpx2.Client, want: Download, partial: PartialFile, advance: Advance, retries: DownloadRetries
) -> bool:
    """Try until the partial is complete, or retries are used up;
    whether it was put together from pieces."""
    reported = 0.0

    def at(position: float) -> None:
        nonlocal reported
        advance(position - reported)
        reported = position

    pieced, failures, farthest = partial.size > 0, 0, partial.size
    while want.size is None or partial.size != want.size:
        cause: Exception
        after_s: float | None = None
        try:
            return attempt(client, want, partial, at, timeout_s=retries.timeout_s) or pieced
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError) as error:  # stricter than `fault_of`
            raise FetchError(f"Nothing can be asked at {shown(want.url)}: {error}.", "Correct the card.") from error
        except httpx2.HTTPError as error:
            cause, reason = error, _reason(error, retries)
        except TryAgain as error:
            cause, reason, after_s = error, str(error), error.after_s
        if partial.size >= farthest + _ENOUGH_PROGRESS:
            failures, farthest = 0, partial.size
        failures += 1
        is_silent = isinstance(cause, httpx2.ConnectError) and not partial.size
        tries = min(retries.tries, retries.unreachable_tries) if is_silent else retries.tries
        if failures >= tries or (after_s or 0) > retries.longest_s:
            waits = f"; the host asks to wait {after_s:.0f} s" if after_s else ""
            raise FetchError(
                f"{shown(want.url)}: {reason} ({failures} tries{waits}).",
                f"What has arrived ({partial.size} bytes) is kept; the same command goes on from there."
                if partial.size
                else LOOK_AT_NETWORK,
            ) from cause
        pause = retries.pause_s * 2 ** (failures - 1) if after_s is None else after_s
        _pause(min(pause, retries.longest_s), advance)
    at(partial.size)
    return pieced


def _pause(seconds: float, advance: Advance) -> None:
    """Sleep, but let `advance` end it."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        advance(0)
        time.sleep(min(left, 0.2))


def _reason(error: Exception, retries: DownloadRetries) -> str:
    if isinstance(error, httpx2.TimeoutException):
        return f"no answer for {retries.timeout_s:g} s"
    if isinstance(error, httpx2.ConnectError):
        return f"cannot connect: {error}"
    return f"the connection broke: {error}"
