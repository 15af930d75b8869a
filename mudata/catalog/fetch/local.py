"""What a user already has:
folders in any known layout, archives, shards, and the caches of other tools.

Every file that the card reads is linked (or copied) below `files/`; archives are extracted, rows of
shards written out. Components that are satisfied so are recorded, and not downloaded.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mudata.catalog.cards.patterns import Pattern
from mudata.catalog.cards.subsets import subsets_of
from mudata.catalog.fetch import own_files
from mudata.catalog.fetch.engine import sweep_unfinished
from mudata.catalog.fetch.ledger import FetchRecord, Ledger, seen
from mudata.catalog.fetch.plan import adopted_key, in_play
from mudata.catalog.fetch.sources.shards import Written, write
from mudata.catalog.fetch.sources.unpacking import unpack
from mudata.catalog.read.files import clip_patterns, is_junk, table_files
from mudata.errors import FetchError, some

if TYPE_CHECKING:
    from mudata.catalog.cards.mirrors import Component
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.fetch.request import FetchRequest
    from mudata.catalog.fetch.sources.source import Target
    from mudata.catalog.read.files import Walk
    from mudata.narration import Progress

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_SHARDS = (".parquet", ".arrow")


def clips_key(subsets: Sequence[str]) -> str:
    """Names clips that came without the tables which tell of them, in the ledger: for these subsets."""
    return "own files: clips" + (f" of {','.join(sorted(subsets))}" if subsets else "")


def adopt(card: Card, request: FetchRequest, target: Target, ledger: Ledger, progress: Progress) -> str:
    """Take what the card reads out of `request.origin`, and record the components that need nothing
    more, and clips whether they do or not.

    Where not a single clip lies as the card has it, files lie where they do not matter: a card
    that wants `audio/{stem}.wav` takes `any/folder/x.wav`. Gives what was taken and what was not
    among it, in words. Raises FetchError if a path does not exist, or nothing in all of them is of use.
    """
    sweep_unfinished(target.files)
    adopted = _Adopted()
    for path in request.origin:
        existing = own_files.existing(path, "a folder, an archive or a shard")
        for root in _roots(card, existing.absolute()):
            progress.say(f"{card.name}: looking through {root}")
            _take(card, root, target, adopted, progress, copy=request.copy)
    if not _clips_among(card, adopted.files, target.files):
        for path in request.origin:
            _take_loose(card, path.absolute(), target, adopted, progress, copy=request.copy)
    if more := adopted.useless:
        progress.say(
            f"{card.name}: {len(more)} of {adopted.looked_at:,} files match nothing in the card: {some(more, 3)}."
        )
    if not adopted.files:
        raise _nothing(card, request.origin, adopted)
    mirror = own_files.label(path.absolute() for path in request.origin)
    subsets = subsets_of(card, request.subset)
    for name, files in _satisfied(card, seen(adopted.files, target.files)).items():
        component = card.sources[name]
        if in_play(component, subsets):
            of_rows = any(m.kind == "huggingface" and m.rows for m in component.mirrors)
            record = FetchRecord(
                component=name, mirror=mirror, files=files, failures=adopted.failures if of_rows else {}
            )
            ledger.add(adopted_key(name, component, subsets), record)
    if clips := _clips_among(card, adopted.files, target.files):
        ledger.add(clips_key(subsets), FetchRecord(component="clips", mirror=mirror, files=seen(clips, target.files)))
    return _told(card, adopted.files, target.files)


def _clips_among(card: Card, files: Iterable[Path], below: Path) -> list[Path]:
    """The files that are no tables."""
    tables = [Pattern(table.path) for table in table_files(card).values()]
    return [p for p in files if not any(t.match(p.relative_to(below).as_posix()) is not None for t in tables)]


def _told(card: Card, files: list[Path], below: Path) -> str:
    """What was taken, and what the card reads and was not among it."""
    names = sorted({path.relative_to(below).as_posix() for path in files})
    lacking = [
        table.path
        for table in table_files(card).values()
        if not table.optional and not any(Pattern(table.path).match(name) is not None for name in names)
    ]
    if not _clips_among(card, files, below):
        lacking += clip_patterns(card)
    taken = f"Of your own files {len(names)} were taken, such as {names[0]}"
    return taken + (f"; no file matches {', '.join(lacking)}." if lacking else ".")


@dataclass
class _Adopted:
    files: list[Path] = field(default_factory=list)
    """Below `files/`."""
    failures: dict[str, str] = field(default_factory=dict)
    """Rows of shards that gave no file, by the stem it would have, and why."""
    useless: list[str] = field(default_factory=list)
    """What was there and is of no use."""
    looked_at: int = 0
    """How many files there were."""


def _roots(card: Card, path: Path) -> Iterator[Path]:
    """A folder itself, or, in caches that keep several editions, the one that counts."""
    for mirrors in (component.mirrors for component in card.sources.values()):
        for mirror in mirrors:
            if mirror.kind == "huggingface":
                inside = path / f"{mirror.repo_type}s--{mirror.repo.replace('/', '--')}"
                for repo in (path / "hub" / inside.name, inside, *([path] if path.name == inside.name else [])):
                    if (repo / "snapshots").is_dir():
                        yield _snapshot(repo, mirror.revision)
                        return
            if mirror.kind == "kaggle":
                for folder in (path / "datasets" / mirror.dataset, path / mirror.dataset, path):
                    if (folder / "versions").is_dir():
                        numbers = [p for p in (folder / "versions").iterdir() if p.name.isdecimal()]
                        yield max(numbers, key=lambda p: int(p.name), default=folder)
                        return
    yield path


def _snapshot(repo: Path, revision: str) -> Path:
    """The card's revision of a repository in the cache of Hugging Face, else the newest one."""
    with contextlib.suppress(OSError):
        revision = (repo / "refs" / revision).read_text().strip()
    exact = repo / "snapshots" / revision
    return exact if exact.is_dir() else max((repo / "snapshots").iterdir(), key=lambda p: p.stat().st_mtime)


def _take(card: Card, root: Path, target: Target, adopted: _Adopted, progress: Progress, *, copy: bool) -> None:
    base, found = own_files.files_of(root, progress)
    archives, shards = _archive_names(card), []
    twins = _Twins(base, found)
    adopted.looked_at += len(found.files)
    with progress.bar(f"{card.name}: {'copying' if copy else 'linking'}", len(found.files), "files") as advance:
        for path, _ in found.files:
            advance(1)
            name = PurePosixPath(path).name.lower()
            if belongs := _wanted_path(base, path, target.wanted):
                if (twin := twins.of(path)) and _wanted_path(base, twin, target.wanted):
                    continue
                adopted.files.append(_bring(base / path, target.files / _text(belongs), target.files, copy=copy))
            elif name in archives or (root.is_file() and name.endswith(_ARCHIVES)):
                adopted.files += unpack(base / path, target, progress)
            elif name.endswith(_SHARDS):
                shards.append(path)
            elif not is_junk(path):
                adopted.useless.append(path)
    if written := _rows(card, base, shards, target, progress):
        adopted.files += written.files
        adopted.failures |= written.failures


class _Twins:
    """Files that are come to by a link to a folder, and under their own names as well."""

    def __init__(self, base: Path, found: Walk) -> None:
        self._base = f"{os.path.realpath(base)}/"
        self._linked = sorted(found.linked.items(), key=lambda link: -len(link[0]))
        self._paths = {path for path, _ in found.files} if found.linked else set()

    def of(self, path: str) -> str | None:
        """The same file's path without any link, if it lies below the same folder."""
        for link, real in self._linked:
            if path.startswith(f"{link}/"):
                own = (real + path[len(link) :]).removeprefix(self._base)
                return own if own in self._paths else None
        return None


def _take_loose(card: Card, root: Path, target: Target, adopted: _Adopted, progress: Progress, *, copy: bool) -> None:
    """Take files by their names alone, into the folders that the card's patterns name outright."""
    base, found = own_files.files_of(root, progress)
    patterns = clip_patterns(card)
    folders = {text: text.removeprefix("**/").rpartition("/")[0] for text in patterns}
    fixed = {Pattern(text): f for text, f in folders.items() if f and not set("*?{}") & set(f)}
    for path, _ in found.files:
        name = PurePosixPath(path).name
        places = (
            f"{folder}/{name}" for pattern, folder in fixed.items() if pattern.match(f"{folder}/{name}") is not None
        )
        if (belongs := next(places, None)) and target.wanted(belongs):
            there = target.files / _text(belongs)
            if there in adopted.files:
                progress.say(f"{card.name}: {path} is left out: another file has its name.")
                continue
            adopted.files.append(_bring(base / path, there, target.files, copy=copy))
            if path in adopted.useless:
                adopted.useless.remove(path)


def _archive_names(card: Card) -> set[str]:
    """File names in small letters that the card's archives have, on any of its mirrors."""
    mirrors = [mirror for component in card.sources.values() for mirror in component.mirrors]
    files = [file for mirror in mirrors for file in getattr(mirror, "files", ())]
    return {PurePosixPath(file.path).name.lower() for file in files if file.unpack == "archive"}


def _wanted_path(base: Path, path: str, wanted: Callable[[str], bool]) -> str | None:
    """Where a file belongs: its path as it is,
    else with the last parents of `base`, else without its first folders."""
    if wanted(path):
        return path
    parents = base.parts[1:]
    longer = ["/".join([*parents[-count:], path]) for count in range(1, min(4, len(parents)) + 1)]
    parts = path.split("/")
    shorter = ["/".join(parts[count:]) for count in range(1, len(parts))]
    return next((candidate for candidate in (*longer, *shorter) if wanted(candidate)), None)


def _text(path: str) -> str:
    """A path that is not UTF-8 read as Latin-1, as `archives` does it."""
    raw = os.fsencode(path)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _bring(source: Path, target: Path, files: Path, *, copy: bool) -> Path:
    """Link or copy a file to `target`; one that lies below `files` already stays where it is."""
    if source.resolve().is_relative_to(files.resolve()):
        return files / source.resolve().relative_to(files.resolve())
    if copy:
        target.parent.mkdir(parents=True, exist_ok=True)
        there = target.is_file() and not target.is_symlink()
        if not (there and target.stat().st_size == source.stat().st_size):
            part = target.with_name(f".{target.name[:200]}.part")
            shutil.copyfile(source, part)
            part.replace(target)
    elif not (target.is_symlink() and target.readlink() == source):
        own_files.link(source, target)
    return target


def _rows(card: Card, base: Path, shards: list[str], target: Target, progress: Progress) -> Written | None:
    """Write out the rows of shards that a Hub mirror of the card describes."""
    for component in card.sources.values():
        for mirror in component.mirrors:
            if mirror.kind != "huggingface" or mirror.rows is None:
                continue
            globs = [Pattern(f"**/{file.path}") for file in mirror.files if file.unpack == "rows"]
            globs += [Pattern(PurePosixPath(file.path).name) for file in mirror.files if file.unpack == "rows"]
            if fitting := [
                path for path in shards if any(glob.match(path, any_case=True) is not None for glob in globs)
            ]:
                return write(
                    [(path, base / path) for path in fitting],
                    mirror.rows,
                    target.files,
                    source=f"{base}: {' '.join(fitting)}",
                    limit=target.limit,
                    progress=progress,
                )
    return None


def _satisfied(card: Card, files: dict[str, tuple[int, int]]) -> dict[str, dict[str, tuple[int, int]]]:
    """The components that want nothing more, each with its files.

    A component that is known to give tables has what it needs if they are all there. Any other
    gives the clips: it is satisfied by clips (of a card without audio by its tables alone), provided
    that no table is missing which only it could have. Where several give clips, each is satisfied by
    its own: those that it keeps of its archives, and where it has none, those that no other keeps.
    """
    tables = {name: Pattern(table.path) for name, table in table_files(card).items()}
    of_table = {
        name: {path for path in files if pattern.match(path, any_case=True) is not None}
        for name, pattern in tables.items()
    }
    clips = set(files) - set().union(*of_table.values())
    gives = {name: _tables_of(component, tables) for name, component in card.sources.items()}
    given = set().union(*gives.values())
    lacking = {name for name, table in table_files(card).items() if not table.optional and not of_table[name]} - given
    result: dict[str, dict[str, tuple[int, int]]] = {}
    kept = _kept_by({name: card.sources[name] for name, names in gives.items() if not names}, clips)
    for name, names in gives.items():
        if names and all(of_table[table] for table in names):
            result[name] = {path: files[path] for table in sorted(names) for path in sorted(of_table[table])}
        elif not names and (kept[name] or card.audio == "no") and not lacking:
            own = kept[name] | {path for table, paths in of_table.items() if table not in given for path in paths}
            result[name] = {path: files[path] for path in sorted(own)}
    return result


def _kept_by(components: dict[str, Component], clips: set[str]) -> dict[str, set[str]]:
    """Which of these clips each of the components that give clips has given."""
    globs = {
        name: [Pattern(g) for m in component.mirrors for file in getattr(m, "files", ()) for g in file.keep]
        for name, component in components.items()
    }
    matching = {
        name: {path for path in clips if any(glob.match(path, any_case=True) is not None for glob in of)}
        for name, of in globs.items()
    }
    if len(components) < 2:
        return dict.fromkeys(components, clips)
    others = clips - set().union(*matching.values())
    return {name: matching[name] if globs[name] else others for name in components}


def _tables_of(component: Component, tables: dict[str, Pattern]) -> set[str]:
    """The tables that a component gives for certain:
    named as files, or as what is kept of an archive."""
    listed = [file for mirror in component.mirrors for file in getattr(mirror, "files", ())]
    paths = [file.path for file in listed if file.unpack == "none"]
    paths += [glob.replace("**/", "").replace("*", "x") for file in listed for glob in file.keep]
    return {name for name, pattern in tables.items() if any(pattern.match(path) is not None for path in paths)}


def _nothing(card: Card, origin: tuple[Path, ...], adopted: _Adopted) -> FetchError:
    patterns = clip_patterns(card) + [table.path for table in table_files(card).values()]
    useless = some(adopted.useless, 5)
    there = f"There is, for instance: {useless}." if useless else "There are no files at all."
    return FetchError(
        f"{card.name}: nothing of use in {', '.join(map(str, origin))}.\n"
        f"Looked for {', '.join(patterns)}"
        + "".join(f", {name}" for name in sorted(_archive_names(card)))
        + f". {there}",
        "Give the folder that holds the dataset as its publisher laid it out, or one of its archives.",
    )
