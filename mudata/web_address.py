"""Addresses on the web: the one check that cards, downloads, redirects and model servers share."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,63}")
"""A part of a host's name between dots: RFC 1035, section 2.3.4, and the underscore, which some hosts have."""
_LONGEST_HOST = 253
"""Signs of a host's name, by the same section (255 bytes on the wire)."""
_LONGEST_ADDRESS = 65_536
"""Signs of an address that httpx2 takes (its MAX_URL_LENGTH)."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def fault_of(address: object) -> str | None:
    """Why nothing can be asked at an address, as an end of a sentence; None if it is an http(s) one."""
    if not isinstance(address, str):
        return "it is no text"
    if control := _CONTROL.search(address):
        return f"it holds {control[0]!r} at sign {control.start() + 1}"
    if address != address.strip():
        return "a space stands before or after it"
    if not re.match(r"https?://", address, re.IGNORECASE):
        return "it does not begin with http:// or https://"
    try:
        parts = urlsplit(address)
    except ValueError:  # what it says may hold a password
        return "it is malformed"
    return (
        _fault_of_whole(address, parts)
        or _fault_of_port(parts)
        or _fault_of_host(parts.hostname or "", within_brackets="[" in parts.netloc)
    )


def _fault_of_whole(address: str, parts: SplitResult) -> str | None:
    if re.search(r"\\.*@|\](?!:|$)", parts.netloc):  # where others read another host
        return "it is malformed"
    if len(address) > _LONGEST_ADDRESS:
        return f"it has {len(address):,} signs, and {_LONGEST_ADDRESS:,} are the most that can be asked"
    return None


def _fault_of_port(parts: SplitResult) -> str | None:
    try:
        port = parts.port
    except ValueError:
        return "its port is no number from 1 to 65535"
    return "its port is 0" if port == 0 else None


def _fault_of_host(host: str, *, within_brackets: bool) -> str | None:
    if not host:
        return "it names no host"
    if within_brackets:
        return None if _is_ipv6(host) else f"its host [{host}] is no IPv6 address"
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        name = ""
    labels = name.removesuffix(".").split(".")
    if len(name) > _LONGEST_HOST or not all(map(_LABEL.fullmatch, labels)):
        return f"its host {host!r} is no name of one"
    if re.fullmatch(r"[0-9]+(\.[0-9]+){3}", name) and not _is_ipv4(name):
        return f"its host {host} is no IPv4 address"
    return None


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.IPv6Address(host).scope_id is None  # httpx2 takes none
    except ValueError:
        return False


def host_of(address: str) -> str:
    """The host that an address names; '?' if it names none."""
    try:
        return urlsplit(address).hostname or "?"
    except ValueError:
        return "?"


def holds_login(address: str) -> bool:
    """Whether an address holds the name of a user, and so perhaps a password."""
    return "@" in address.partition("://")[2].partition("/")[0]


def shown(address: str) -> str:
    """An address fit for messages and files: without user, password, query and fragment."""
    if "://" not in address:  # what stands before an @ may be a password all the same
        address = address.rpartition("@")[2]
    try:
        parts = urlsplit(address)
        _ = parts.port  # a password with a slash or such in it looks like a port
        bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    except ValueError:
        scheme, slashes, rest = address.rpartition("@")[2].rpartition("://")
        scheme = scheme or address.partition("://")[0] if "@" in address else scheme
        bare = scheme + (slashes or "://") + re.split("[?#]", rest)[0]
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in bare)
