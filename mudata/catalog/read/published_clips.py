"""The clips that an exam's items are about: one for each file with the same start and end, found at any depth."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from mudata.catalog.read.files import MIDI

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_UNSAFE = re.compile(r"(^|/)\.{0,2}(/|$)|^[A-Za-z]:/|[\x00-\x1f]")
_GROUPS = ("artist", "album", "track", "licence")


class ClipKey(NamedTuple):
    """What one clip is of: a path as the item names it, and seconds in the file."""

    path: str
    start_s: float | None = None
    end_s: float | None = None


class PublishedClips:
    """Clips as items come to name them. `entries` are the paths of files that are there."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._there: dict[str, list[str]] = defaultdict(list)
        for path in entries:
            self._there[path.rpartition("/")[2].casefold()].append(path)
        self._found: dict[ClipKey, dict[str, str | None]] = {}
        self._subsets: dict[ClipKey, set[str] | None] = {}
        self._texts: dict[str, tuple[str, set[str] | None]] = {}

    def add(self, key: ClipKey, facts: Mapping[str, str | None], subsets: Sequence[str] | None) -> None:
        """An item is about this clip; what is known of the clip first counts. Raises ValueError for a path that leads
        out of its folder."""
        if _UNSAFE.search(_below(key.path)):
            raise ValueError(f"{key.path!r} is no path within the dataset")
        known = self._found.setdefault(key, dict.fromkeys(_GROUPS))
        known |= {name: facts.get(name) for name in _GROUPS if known[name] is None}
        self._subsets[key] = _joined(self._subsets.get(key, set()), subsets)

    def add_text(self, id_: str, text: str, subsets: Sequence[str] | None) -> None:
        """An item is words alone: they are its clip. Raises ValueError for an id that is no name."""
        if _UNSAFE.search(id_):
            raise ValueError(f"{id_!r} is no name of a clip")
        self._texts[id_] = (f"sha256:{hashlib.sha256(text.encode()).hexdigest()}", set(subsets) if subsets else None)

    def ids(self) -> dict[ClipKey, str]:
        """The id of each clip: its path without the ending, unless another differs by that alone; a part of a file has
        its seconds too."""
        paths = {_below(key.path) for key in self._found}
        plain = Counter(_stem(path) for path in paths)
        named = {path: _stem(path) if plain[_stem(path)] == 1 else path for path in paths}
        return {
            key: named[_below(key.path)]
            + (f"@{key.start_s or 0:.15g}-{key.end_s:.15g}" if key.end_s is not None else "")
            for key in self._found
        }

    def table(self) -> pa.Table:
        """The clips with the columns of `clip_rules.COLUMNS` that an item tells."""
        rows = [
            {"id": id_, "path": self._path(key.path), "kind": _kind(key.path), "hash": None}
            | {"start_s": key.start_s or 0.0 if key.end_s is not None else None, "end_s": key.end_s}
            | self._found[key]
            | {"subset": _text(self._subsets[key])}
            for key, id_ in self.ids().items()
        ]
        rows += [
            {"id": id_, "kind": "text", "hash": hashed, "subset": _text(subsets)}
            for id_, (hashed, subsets) in self._texts.items()
        ]
        texts = ("id", "path", "kind", *_GROUPS, "subset", "hash")
        fields = [*((name, pa.string()) for name in texts), ("start_s", pa.float64()), ("end_s", pa.float64())]
        return pa.Table.from_pylist(rows, pa.schema(fields))

    def _path(self, named: str) -> str:
        """Where the file is: as it is named, at any depth where the name says so; where there is none, where it should
        be."""
        path = _below(named)
        if not named.startswith("**/"):
            return path
        same = self._there.get(path.rpartition("/")[2].casefold(), ())
        for folded in (False, True):
            wanted = f"/{path.casefold() if folded else path}"
            fitting = [each for each in same if f"/{each.casefold() if folded else each}".endswith(wanted)]
            if fitting:
                return min(fitting, key=lambda each: (each.count("/"), each))
        return path


def _below(path: str) -> str:
    return path.removeprefix("**/")


def _kind(path: str) -> str:
    return "midi" if path.rpartition(".")[2].casefold() in MIDI else "audio"


def _stem(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return folder + slash + re.sub(r"(?<=.)\.[A-Za-z0-9]{1,5}$", "", name)


def _joined(known: set[str] | None, more: Sequence[str] | None) -> set[str] | None:
    """Subsets of two items; None is all."""
    return None if known is None or more is None else known | set(more)


def _text(subsets: set[str] | None) -> str | None:
    return None if subsets is None else ",".join(sorted(subsets))
