"""Plain HTTP(S): files and archives at known addresses, and sets where every clip has its own address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from mudata.catalog.fetch.archives import member_path
from mudata.catalog.fetch.checksums import compute_checksums, expected_checksums
from mudata.catalog.fetch.download import download, download_many
from mudata.catalog.fetch.sources.source import FetchResult, Target
from mudata.catalog.fetch.sources.unpacking import unpack
from mudata.catalog.fetch.transfer import Download, Part
from mudata.errors import CardError, FetchError

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.catalog.cards.mirrors import ClipwiseMirror, HttpMirror, RemoteFile
    from mudata.narration import Progress


def fetch(mirror: HttpMirror, place: Target, progress: Progress) -> FetchResult:
    """Get the mirror's files one after the other: plain ones into `place.files`, archives by way of `place.downloads`.

    For a file without a checksum in the card, says the line that belongs there. Raises as `download` and `extract`.
    """
    files: list[Path] = []
    moved = 0
    known: dict[str, str] = {}
    for file in mirror.files:
        want = _want(file, place)
        new = not want.target.is_file()
        with progress.bar(file.path, file.size, "bytes") as advance:
            path = download(want, advance=advance, offline=place.offline)
        moved += path.stat().st_size if new else 0
        known[file.path] = _recorded_checksum(file, path, progress)
        if file.unpack == "archive":
            files += unpack(path, place, progress, keep=file.keep, max_bytes=file.max_unpacked)
        else:
            files.append(path)
    return FetchResult(tuple(files), moved, checksums=known)


def lacking(file: RemoteFile, place: Target) -> int:
    """Bytes of a file of known size that still have to come."""
    want = _want(file, place)
    return 0 if want.target.is_file() else max(0, (file.size or 0) - Part(want).size)


def _want(file: RemoteFile, place: Target) -> Download:
    folder = place.downloads if file.unpack == "archive" else place.files
    target = folder / member_path(file.path, f"The card {place.dataset}")
    return Download(str(file.url), target, file.size, expected_checksums(file))


def _recorded_checksum(file: RemoteFile, path: Path, progress: Progress) -> str:
    """'sha256:…', by the card if it has a sum, else computed and told."""
    for algorithm in ("sha256", "sha1", "md5"):
        if value := getattr(file, algorithm):
            return f"{algorithm}:{value}"
    found = compute_checksums(path, ["sha256"])["sha256"]
    progress.say(
        f"{file.path} has no checksum in the card. To be sure of the same bytes next time, add these lines to it:\n"
        f"  size: {path.stat().st_size}\n  sha256: {found}"
    )
    return f"sha256:{found}"


def fetch_clips(mirror: ClipwiseMirror, place: Target, progress: Progress) -> FetchResult:
    """Get each clip of `place.clips` from its own address; what cannot be had is a failure of that clip.

    Raises CardError if a template wants a column that the clips lack, FetchError if no clip at all can be had.
    """
    clips = place.clips.to_pylist() if place.clips is not None else []
    wants: dict[str, Download] = {}
    ids: dict[str, list[str]] = {}
    for clip in clips:
        target = place.files / member_path(_fill(mirror.path, clip), place.dataset)
        sha256 = clip[mirror.sha256] if mirror.sha256 else None
        url = _fill(mirror.url, {name: quote(str(value)) for name, value in clip.items() if value is not None})
        wants[url] = Download(url, target, checksums={"sha256": sha256} if sha256 else {})
        ids.setdefault(url, []).append(clip["id"])
    there = {url for url, want in wants.items() if want.target.is_file()}
    results = download_many(
        wants.values(), jobs=place.jobs, progress=progress, title=f"{place.dataset}: clips", offline=place.offline
    )
    failures = {url: result for url, result in results.items() if isinstance(result, FetchError)}
    if wants and len(failures) == len(wants):
        first = next(iter(failures.values()))
        raise type(first)(f"none of the {len(wants)} clips could be had; the first: {first.what}", first.hint)
    files = [result for result in results.values() if not isinstance(result, FetchError)]
    return FetchResult(
        tuple(files),
        sum(want.target.stat().st_size for url, want in wants.items() if url not in there | failures.keys()),
        {id_: error.what for url, error in failures.items() for id_ in ids[url]},
    )


def _fill(template: str, values: Mapping[str, object]) -> str:
    try:
        return template.format_map(values)
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise CardError(
            f"The template {template!r} of an http-clips mirror cannot be filled: {error}.",
            f"The clips have: {', '.join(sorted(values))}.",
        ) from error
