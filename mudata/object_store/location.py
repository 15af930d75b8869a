"""Where the store is, if there is one: MUDATA_STORE. Imports nothing, since every clip that is heard asks."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator

from mudata.errors import HomeError

VARIABLE = "MUDATA_STORE"
CACHE_VARIABLE = "MUDATA_CACHE_GB"

_EXAMPLES = "Such as MUDATA_STORE=s3://bucket/prefix, or file:///mnt/shared/mudata."
_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?! )[^\t\r\n?#]+", re.IGNORECASE)
_PASSWORD = re.compile(r"[^@/]*:.*@")
"""What comes after a scheme, of a user and a password, whatever is in the latter: keys of AWS have slashes."""
_FOLDER = re.compile(r"(file|local)://(?!/)", re.IGNORECASE)
"""A folder that is another one wherever a command is typed."""

_disconnected = 0


class StoreError(HomeError):
    """The store cannot be used as it is: said with the store's URL, which holds no key."""


def url() -> str | None:
    """The URL of the store without a slash at its end; None where none is wanted (no MUDATA_STORE, MUDATA_OFFLINE).

    Raises StoreError for what is no URL, and for URLs with a password, a key or parameters: keys belong where the
    client of the file system looks for them, and a URL is shown.
    """
    return None if _is_left_alone() else _given()


def left_alone() -> str | None:
    """The URL of a store that MUDATA_OFFLINE or --offline does without; None where there is none, or it is used.
    Raises as `url`."""
    return _given() if _is_left_alone() else None


def _is_left_alone() -> bool:
    return _disconnected > 0 or os.environ.get("MUDATA_OFFLINE", "").strip().casefold() in _ON


def _given() -> str | None:
    given = os.environ.get(VARIABLE, "").strip()
    if not given:
        return None
    if _PASSWORD.match(given.partition("://")[2] or given) or "?" in given or "#" in given:
        raise StoreError(
            f"{VARIABLE} has more in it than a place (a password, a key or parameters), and is not shown here.",
            "Give the place alone, and keys where the file system's own client looks for them: for S3 AWS_PROFILE,"
            " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws; its server by AWS_ENDPOINT_URL.",
        )
    if not _URL.fullmatch(given):
        raise StoreError(f"{VARIABLE} is {given!r}, which is no URL of a folder.", _EXAMPLES)
    if _FOLDER.match(given):
        raise StoreError(f"{VARIABLE} is {given!r}, which has no path from the root.", _EXAMPLES)
    return given.rstrip("/")


_ON = {"1", "true", "yes", "on"}


def is_wanted() -> bool:
    """Whether MUDATA_STORE is set at all, be it right or wrong: what commands ask before they import anything."""
    return bool(os.environ.get(VARIABLE, "").strip())


def cache_bytes() -> int | None:
    """How many bytes of originals and clips that are in the store may lie in the home, too; None: no matter how many.

    Raises StoreError for what is no number.
    """
    given = os.environ.get(CACHE_VARIABLE, "").strip()
    if not given:
        return None
    try:
        most = float(given)
    except ValueError:
        most = -1.0
    if not 0 <= most < float("inf"):
        raise StoreError(f"{CACHE_VARIABLE} is {given!r}, which is no number of gigabytes.", "Such as 50, or 0.5.")
    return int(most * 1e9)


@contextlib.contextmanager
def disconnected() -> Iterator[None]:
    """As if there were no store, in this process, for as long as that lasts: of `--offline`."""
    global _disconnected  # noqa: PLW0603 - what one command decides for all that it calls
    _disconnected += 1
    try:
        yield
    finally:
        _disconnected -= 1
