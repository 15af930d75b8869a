"""Names of files that every file system takes, and that stay apart on those that do not tell cases apart."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

_LONGEST = 120
"""Bytes of a name between two slashes. Chosen here: with a hash and a suffix it stays under the 143 bytes of eCryptfs,
the least of file systems in use (most take 255)."""

_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
"""What Windows takes for devices."""


def portable_names(ids: Iterable[str], *, dots: bool = True, folders: bool = True) -> dict[str, str]:
    """A relative path for each id: slashes are folders, other signs than letters, digits, dots, dashes and underscores
    become underscores (without `dots` and `folders`, dots and slashes too). Where two would be one file, a hash tells
    them apart.

    >>> portable_names(["fma/A.1", "fma/a.1", "fma/b?"])
    {'fma/A.1': 'fma/A.1-fe96c80f', 'fma/a.1': 'fma/a.1-ef79d5a5', 'fma/b?': 'fma/b_'}
    """
    found = {name: "/".join(_segment(one, dots) for one in (name.split("/") if folders else [name])) for name in ids}
    taken = defaultdict(list)
    for name, path in found.items():
        taken[path.casefold()].append(name)
    for names in taken.values():
        if len(names) > 1:
            found |= {name: f"{found[name]}-{_hash(name)}" for name in names}
    return found


def _segment(text: str, dots: bool) -> str:
    plain = re.sub(r"[^\w.-]" if dots else r"[^\w-]", "_", unicodedata.normalize("NFC", text))
    plain = re.sub(r"^\.+|\.+$", lambda found: "_" * len(found[0]), plain) or "_"
    if _DEVICES.fullmatch(plain):
        plain = f"_{plain}"
    if len(raw := plain.encode()) > _LONGEST:
        plain = f"{raw[:_LONGEST].decode(errors='ignore')}-{_hash(text)}"
    return plain


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
