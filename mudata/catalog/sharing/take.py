"""Having a dataset from the store: what it lacks, and bringing all of it here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.catalog.index import database, shared_index
from mudata.catalog.sharing.publish import RECIPES
from mudata.errors import AudioError, number
from mudata.narration import SILENT, Progress
from mudata.object_store import shared_files
from mudata.object_store.local_cache import localise
from mudata.object_store.shared_files import side_by_side

if TYPE_CHECKING:
    from mudata.home import Home
    from mudata.object_store.file_table import StoredFile


def lacking(home: Home, dataset: str) -> list[StoredFile] | None:
    """The files of a dataset that the store's record names and the store does not have as they were; None where there
    is no store, or it has no such dataset. Raises StoreError."""
    shared = shared_files.store()
    if shared is None:
        return None
    if shared_index.refresh(home, now=True):
        database.rebuild(home)
    table = shared_files.files_of(home, dataset) if shared_files.seen(home, dataset) else None
    if table is None:
        return None
    there = shared_index.objects(shared, dataset)
    return [file for file in table if there.get(file.sha256) != file.size]


def is_current(home: Home, dataset: str) -> bool:
    """Whether what the home's index has of a dataset is what the store has, made as it would be made here."""
    seen, generation = shared_files.seen(home, dataset), database.current_generation(home, dataset)
    return bool(seen and generation and seen.generation == generation.name and seen.record.recipes == RECIPES)


def is_all_here(home: Home, dataset: str) -> bool:
    """Whether every raw file that the store has of a dataset is here, too."""
    table = shared_files.files_of(home, dataset)
    return all((home.root / file.path).exists() for file in table or () if file.path.startswith("raw/"))


def bring_all(
    home: Home, dataset: str, without: list[StoredFile], *, copies: bool = True, progress: Progress = SILENT
) -> set[str]:
    """Have every file of a dataset here that the store has, but for those that it lacks: what reads a dataset reads
    all of it, of `copies` of clips only who goes on keeping them. Files that are here stay as they are.

    The hashes of objects that are damaged. Raises StoreError, HomeError."""
    shared, table = shared_files.store(), shared_files.files_of(home, dataset)
    gone = {file.path for file in without}
    todo = [
        file
        for file in table or ()
        if file.path not in gone
        and (copies or not (file.is_sound and file.path.startswith("clips/")))
        and not (home.root / file.path).exists()
    ]
    damaged: set[str] = set()
    if not todo or shared is None:
        return damaged
    progress.say(f"{dataset}: {number(len(todo), 'file')} from {shared.url}")

    def bring(file: StoredFile) -> None:
        try:
            localise(home.root / file.path, file)
        except AudioError as error:  # its host may have it
            progress.say(f"{dataset}: {error.what}")
            damaged.add(file.sha256)

    with progress.bar(f"{dataset}: from the store", total=len(todo)) as advance:
        side_by_side(bring, todo, advance)
    return damaged
