"""What lies in the home as functions: where, how large, removed, renamed, moved."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mudata.api.arguments import checked, many
from mudata.deprecations import hide_deprecations
from mudata.home import Home
from mudata.narration import Progress, chosen
from mudata.table import Table

if TYPE_CHECKING:
    from mudata.storage.clip_chain import ClipChain

hide_deprecations()

StoredKind = Literal["dataset", "split", "run", "shard", "model", "part", "listening-test"]


@checked()
def where(name: str | None = None, *, kind: StoredKind | None = None) -> Table:
    """Where everything lies: a row for each place, with its size.

    Args:
        name: a dataset, split, run, listening test, model or suite [default: the folders of the home, and those of
            cards].
        kind: which of these, where several have the name.

    Returns:
        kind, name, what, path, bytes, files, kept ('linked', 'copied'), linked_to (the folder that holds all linked
        files). Where nothing is fetched, the card alone.

    Raises:
        UnknownName: nothing has that name, neither a card nor anything in the home.
    """
    from mudata.storage import whereabouts

    columns = ("kind", "name", "what", "bytes", "files", "kept", "path")
    return Table(whereabouts.where(Home.default(), name, kind), columns)


@checked()
def disk_use() -> Table:
    """How much of the disk everything takes: a row for each dataset, split, run, listening test, model and part of
    models.

    Returns:
        kind, name, bytes (each file once), files, links, linked_bytes (of files elsewhere, in no total), of
        datasets the bytes of raw, clips and index, and of store: what MUDATA_STORE has, in no total either.
    """
    from mudata.storage import disk_use as using

    columns = ("kind", "name", "bytes", "raw", "clips", "index", "store", "linked_bytes")
    return Table(using.disk_use(Home.default()), columns)


@checked()
def remove(
    names: str | Iterable[str],
    *,
    kind: StoredKind | None = None,
    force: bool = False,
    dry_run: bool = False,
    everywhere: bool = False,
) -> Table:
    """Remove datasets, splits, runs, weights of models or listening tests. Nobody is asked; stopped, the same
    call goes on.

    Files that are linked from elsewhere are unlinked only. A model takes with it the parts that no other model needs.

    Args:
        names: one or several.
        kind: which is meant, where things of several kinds have the name.
        force: although others need it, such as the runs of a split; these stay.
        dry_run: change nothing.
        everywhere: datasets also from the store that machines share (MUDATA_STORE), for all of them. Else it keeps
            them, so that they are listed again, and their clips come when they are heard.

    Returns:
        What went: kind, name, what, path, bytes, files, links.

    Raises:
        UnknownName, ArgumentError: nothing, or more than one thing, has that name.
        HomeError: others need it, or it lies outside the home by a link.
        Busy: another process is at work on it.
    """
    from mudata.storage import removal

    home = Home.default()
    planned = removal.plan(home, many(names), kind, everywhere=everywhere)
    rows = planned.rows()
    if not dry_run:
        removal.remove(home, planned, force=force)
    return Table(rows, ("kind", "name", "what", "bytes", "files", "links", "path"))


@checked(narrator="progress")
def sweep_store(*, dry_run: bool = True, progress: Progress | bool | None = None) -> Table:
    """What MUDATA_STORE has and no dataset's record names any more, by dataset; without `dry_run` it is removed.

    Nothing goes that is younger than a day, nor anything of a dataset that was published within the last day.

    Args:
        dry_run: remove nothing.
        progress: True, False, or None for what `show_progress` says.

    Raises:
        HomeError: there is no store, or it cannot be read or written.
    """
    from mudata.catalog.sharing import sweeping

    reporter = chosen(progress)
    found = sweeping.unnamed(reporter)
    if not dry_run:
        sweeping.sweep(found, reporter)
    columns = ("dataset", "objects", "bytes")
    rows = [dict(zip(columns, (one.dataset, len(one.objects), one.size), strict=True)) for one in found]
    return Table(rows, columns)


@checked()
def rename(old: str, new: str) -> Path:
    """Give a split or a listening test another name; its hash stays.

    Args:
        old: a split or a listening test.
        new: what it is called from then on.

    Returns:
        The path of its manifest, or of the test's folder.

    Raises:
        UnknownName.
        ArgumentError: things of other kinds keep their names.
        SplitError: another split has that name, or runs name the split: their own names are made of it.
    """
    from mudata.storage import renaming

    return renaming.rename(Home.default(), old, new)


@checked()
def move_home(place: str | Path, *, link: bool = False, progress: Progress | bool | None = None) -> Path:
    """Move the whole home, also to another disk. Stopped at any moment, the same call goes on.

    From then on MUDATA_HOME has to name the new place, unless there is a link.

    Args:
        place: a folder that is empty, or not there yet.
        link: leave a link to it at the old place.
        progress: True, False, or None for what `show_progress` says.

    Returns:
        The home's new folder.

    Raises:
        HomeError: the place is not free, or too small.
        Busy: another process is at work in the home.
    """
    from mudata.storage import home_move

    return home_move.move_home(Home.default(), Path(place), link=link, progress=chosen(progress)).root


@checked()
def why(clip_id: str) -> ClipChain:
    """The whole way of a clip: source, file, card, decoding, form; its labels, splits, faults and runs.

    Args:
        clip_id: '<dataset>/<id>', as in the index.

    Returns:
        Its links, one a step; `print` it, take `["source"]` or `.record()`. What an older version did not keep is said
        to be not known.

    Raises:
        HomeError: no clip has that id.
    """
    from mudata.storage.clip_chain import chain_of

    return chain_of(Home.default(), clip_id)
