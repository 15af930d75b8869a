"""Locks as functions: a home pinned in one file, and a home made of it again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.api.arguments import checked, many, paths, within
from mudata.deprecations import hide_deprecations
from mudata.home import Home
from mudata.narration import Progress, chosen

if TYPE_CHECKING:
    from mudata.catalog.pinning.home_lock import HomeLock
    from mudata.catalog.pinning.lock_difference import Reproduced

hide_deprecations()


@checked()
def lock(names: str | Iterable[str] = (), *, to: str | Path | None = "mudata.lock.json") -> HomeLock:
    """Pin datasets, their clips and splits in one file: hashes, addresses and names, no audio.

    Args:
        names: datasets and splits (with their datasets); one or several [default: everything in the home].
        to: where the file goes; None: nowhere.

    Returns:
        What was locked: `.datasets`, `.splits`, `.faults`, `.tools`.

    Raises:
        UnknownName, SplitError, CardError, HomeError.
    """
    from mudata.catalog.pinning.take_lock import take_lock

    locked = take_lock(Home.default(), many(names))
    if to is not None:
        locked.write(Path(to).expanduser())
    return locked


@checked()
def fetch_locked(
    file: str | Path,
    names: str | Iterable[str] = (),
    *,
    source: str | Path | Iterable[str | Path] | None = None,
    copy: bool = False,
    offline: bool = False,
    accept_licence: bool = False,
    jobs: int = 4,
    workers: int | None = None,
    on: str | None = None,
    progress: Progress | bool | None = None,
) -> Reproduced:
    """Make the home as a lock has it, or explain each difference. Stopped at any moment, the same call goes on.

    Args:
        file: what `lock` wrote.
        names: only these of its datasets and splits, with the datasets of these splits.
        source: files you have, in place of downloads; of one dataset, which `names` names.
        copy: copy the files of `source`; else they are linked.
        offline: never touch the network.
        accept_licence: accept the datasets' terms; needed once where use is restricted.
        jobs: downloads at a time.
        workers: processes that decode [default: all cores].
        on: where it is done: 'local', 'ray' (the cluster in RAY_ADDRESS, or the one of this machine) or
            'ray://HOST:PORT' (docs/scale.md) [default: local].
        progress: True, False, or None for what `show_progress` says.

    Returns:
        `.states` by 'dataset NAME' and 'split NAME' (same, differs, gone), `.differences`, `.is_same`; `print` it.

    Raises:
        UnknownName: a name that the lock does not have.
        HomeError: the file is no lock, or the home cannot be written.
        ArgumentError: `source` without the one dataset that it is of.
    """
    from mudata.catalog.pinning.home_lock import read_lock
    from mudata.catalog.pinning.locked_fetch import LockedRequest, reproduce
    from mudata.errors import ArgumentError
    from mudata.execution.executor_choice import executor_on

    within(1, jobs=jobs, workers=workers)
    if paths(source) and len(many(names)) != 1:
        raise ArgumentError("source has the files of one dataset.", "Name it: names='gtzan'.")
    home, reporter = Home.default(), chosen(progress)
    request = LockedRequest(
        names=many(names),
        origin=paths(source),
        copy=copy,
        offline=offline,
        accept_licence=accept_licence,
        jobs=jobs,
        executor=executor_on(on, home, workers=workers, progress=reporter),
    )
    return reproduce(home, read_lock(Path(file).expanduser()), request, reporter)
