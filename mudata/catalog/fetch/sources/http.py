"""Plain HTTP(S): files and archives at checksums addresses,
and sets where every clip has its own address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from mudata.catalog.fetch.checksums import compute_checksums, expected_checksums
from mudata.catalog.fetch.download import download, download_many
from mudata.catalog.fetch.extraction import usable_path
from mudata.catalog.fetch.sources.source import FetchResult, Target
from mudata.catalog.fetch.sources.unpacking import unpack
from mudata.catalog.fetch.transfer import Download, PartialFile
from mudata.errors import CardError, FetchError

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.catalog.cards.mirrors import ClipwiseMirror, HttpMirror, RemoteFile
    from mudata.narration import Progress


def fetch(mirror: HttpMirror, target: Target, progress: Progress) -> FetchResult:
    """Get the mirror's files one after the other:
    plain ones into `target.files`, archives through `target.downloads`.

    For a file without a checksum in the card, says the line that belongs there.
    Raises as `download` and `extract`.
    """
    files: list[Path] = []
    downloaded = 0
    checksums: dict[str, str] = {}
    for file in mirror.files:
        want, known = _want(file, target), _checksum_of_card(file)
        new = not want.target.is_file()
        with progress.bar(file.path, file.size, "bytes") as advance:
            path = download(want, advance=advance, offline=target.offline)
        size = path.stat().st_size
        downloaded += size if new else 0
        checksums[file.path] = known or f"sha256:{compute_checksums(path, ['sha256'])['sha256']}"
        if file.unpack == "archive":
            files += unpack(path, target, progress, keep=file.keep, max_bytes=file.max_unpacked)
        else:
            files.append(path)
        if not known:  # and the file is what it should be: a damaged one is nothing to hold on to
            progress.say(
                f"{file.path} has no checksum in the card. To be sure of the same bytes next time, add these lines to"
                f" it:\n  size: {size}\n  sha256: {checksums[file.path].removeprefix('sha256:')}"
            )
    return FetchResult(tuple(files), downloaded, checksums=checksums)


def lacking(file: RemoteFile, target: Target) -> int:
    """Bytes of a file of checksums size that still have to come."""
    want = _want(file, target)
    return 0 if want.target.is_file() else max(0, (file.size or 0) - PartialFile(want).size)


def _want(file: RemoteFile, target: Target) -> Download:
    folder = target.downloads if file.unpack == "archive" else target.files
    path = folder / usable_path(file.path, f"The card {target.dataset}")
    return Download(str(file.url), path, file.size, expected_checksums(file))


def _checksum_of_card(file: RemoteFile) -> str | None:
    """'sha256:…', or another algorithm that the card has it of."""
    known = ((algorithm, getattr(file, algorithm)) for algorithm in ("sha256", "sha1", "md5"))
    return next((f"{algorithm}:{value}" for algorithm, value in known if value), None)


def fetch_clips(mirror: ClipwiseMirror, target: Target, progress: Progress) -> FetchResult:
    """Get each clip of `target.clips` from its own address;
    what cannot be had is a failure of that clip.

    Raises CardError if a template wants a column that the clips lack,
    FetchError if no clip at all can be had.
    """
    clips = target.clips.to_pylist() if target.clips is not None else []
    wants: dict[str, Download] = {}
    ids: dict[str, list[str]] = {}
    unusable: dict[str, str] = {}
    for clip in clips:
        try:
            path = target.files / usable_path(_fill(mirror.path, clip), target.dataset)
        except FetchError as error:
            unusable[clip["id"]] = error.what
            continue
        sha256 = clip[mirror.sha256] if mirror.sha256 else None
        url = _fill(mirror.url, {name: quote(str(value)) for name, value in clip.items() if value is not None})
        wants[url] = Download(url, path, checksums={"sha256": sha256} if sha256 else {})
        ids.setdefault(url, []).append(clip["id"])
    if unusable and not wants:
        first_why = next(iter(unusable.values()))
        raise FetchError(f"none of the {len(clips)} clips could be had; the first: {first_why}", "Correct the card.")
    present = {url for url, want in wants.items() if want.target.is_file()}
    results = download_many(
        wants.values(), jobs=target.jobs, progress=progress, title=f"{target.dataset}: clips", offline=target.offline
    )
    failures = {url: result for url, result in results.items() if isinstance(result, FetchError)}
    if wants and len(failures) == len(wants):
        first = next(iter(failures.values()))
        raise type(first)(f"none of the {len(wants)} clips could be had; the first: {first.what}", first.hint)
    files = [result for result in results.values() if not isinstance(result, FetchError)]
    return FetchResult(
        tuple(files),
        sum(want.target.stat().st_size for url, want in wants.items() if url not in present | failures.keys()),
        unusable | {id_: error.what for url, error in failures.items() for id_ in ids[url]},
    )


def _fill(template: str, values: Mapping[str, object]) -> str:
    try:
        return template.format_map(values)
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise CardError(
            f"The template {template!r} of an http-clips mirror cannot be filled: {error}.",
            f"The clips have: {', '.join(sorted(values))}.",
        ) from error
