"""Which of the files that a host lists are wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.catalog.fetch.sources.source import Target

_SOUND = tuple(".wav .mp3 .flac .ogg .opus .m4a .mp4 .aac .wma .au .aif .aiff .mid .midi".split())  # noqa: SIM905
"""Files whose names end so are clips; all others are tables."""


def is_glob(path: str) -> bool:
    return any(sign in path for sign in "*?{")


def select(paths: Iterable[str], place: Target) -> list[str]:
    """Of the paths worth having: every table, and the clips asked for by name or by number.

    A number takes clips from all over the set, always the same ones, whatever else is listed.
    """
    worth = {path for path in paths if place.wanted(path)}
    clips = {path for path in worth if path.lower().endswith(_SOUND)}
    tables = worth - clips
    if place.clips is not None and "path" in place.clips.column_names:
        clips &= {*place.clips["path"].to_pylist()}
    return sorted(tables) + sorted(clips, key=lambda path: hashlib.sha256(path.encode()).digest())[: place.limit]
