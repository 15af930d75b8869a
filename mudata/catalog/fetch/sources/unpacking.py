"""Archives into the tree that a card sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.catalog.cards.patterns import Pattern
from mudata.catalog.fetch.archives import extract
from mudata.errors import FetchError, UnsafeArchive

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mudata.catalog.fetch.sources.source import Target
    from mudata.narration import Progress


def unpack(
    archive: Path, target: Target, progress: Progress, *, keep: Sequence[str] = (), max_bytes: int | None = None
) -> list[Path]:
    """Extract the members that match a glob of `keep`,
    or without globs those that are wanted; give their paths.

    `max_bytes` caps what comes out; by default 20 times the archive, at least 64 MiB. Raises as
    `extract`. An archive that was downloaded is deleted if it is damaged, and refused (FetchError)
    if nothing in it is wanted.
    """
    globs = [Pattern(glob) for glob in keep]

    def kept(path: str) -> bool:
        return any(glob.match(path, any_case=True) is not None for glob in globs)

    size = archive.stat().st_size
    downloaded = archive.is_relative_to(target.downloads)
    with progress.bar(f"unpacking {archive.name}", size, "bytes") as advance:
        try:
            files = extract(
                archive,
                target.files,
                keep=kept if globs else target.wanted,
                max_bytes=max_bytes or max(20 * size, 64 << 20),
                advance=advance,
                left_out=progress.say,
            )
        except UnsafeArchive:
            raise
        except FetchError:
            if downloaded:  # damaged: without a checksum in the card it would be taken for the right one again
                archive.unlink()
            raise
    if not files and downloaded and target.clips is None:
        raise FetchError(f"{archive.name} holds none of the files that the card reads.", "Correct the card.")
    return files
