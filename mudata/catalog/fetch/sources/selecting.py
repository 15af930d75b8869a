"""Which files of a host that can list are wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.catalog.cards.mirrors import RemoteFile
    from mudata.catalog.fetch.sources.source import Target

_SOUND = tuple(".wav .mp3 .flac .ogg .opus .m4a .mp4 .aac .wma .au .aif .aiff .mid .midi".split())  # noqa: SIM905
"""Files whose names end so are clips; all others are tables."""


def is_glob(path: str) -> bool:
    return any(sign in path for sign in "*?{")


def enough(paths: Iterable[str], place: Target) -> list[str]:
    """Of the paths worth having: every table, and the clips asked for by name or by number.

    A number takes clips from all over the set, always the same ones, whatever else is listed.
    """
    worth = {path for path in paths if place.wanted(path)}
    clips = {path for path in worth if path.lower().endswith(_SOUND)}
    tables = worth - clips
    if place.clips is not None and "path" in place.clips.column_names:
        clips &= {*place.clips["path"].to_pylist()}
    return sorted(tables) + sorted(clips, key=lambda path: hashlib.sha256(path.encode()).digest())[: place.limit]


def digests(file: RemoteFile) -> dict[str, str | tuple[str, ...]]:
    """The sums that the card knows of a file, as the downloader wants them."""
    sha256 = (file.sha256, *file.also) if file.sha256 else None
    return {name: of for name, of in {"sha256": sha256, "sha1": file.sha1, "md5": file.md5}.items() if of}


def as_text(digests: Mapping[str, str | tuple[str, ...]]) -> str:
    """The first of some sums as it is recorded: 'sha256:…'."""
    name, of = next(iter(digests.items()))
    return f"{name}:{of if isinstance(of, str) else of[0]}"
