"""Which of the files that a host lists are wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.catalog.fetch.sources.source import Target

_CLIP_SUFFIXES = tuple(".wav .mp3 .flac .ogg .opus .m4a .mp4 .aac .wma .au .aif .aiff .mid .midi".split())  # noqa: SIM905
"""Files whose names end so are clips; all others are tables."""


def is_glob(path: str) -> bool:
    return any(sign in path for sign in "*?{")


def select(paths: Iterable[str], target: Target) -> list[str]:
    """Of the paths that are wanted: every table, and the clips asked for by name or by number.

    A number takes clips from all over the set, always the same ones, whatever else is listed.
    """
    wanted = {path for path in paths if target.wanted(path)}
    clips = {path for path in wanted if path.lower().endswith(_CLIP_SUFFIXES)}
    tables = wanted - clips
    if target.clips is not None and "path" in target.clips.column_names:
        clips &= {*target.clips["path"].to_pylist()}
    return sorted(tables) + sorted(clips, key=lambda path: hashlib.sha256(path.encode()).digest())[: target.limit]
