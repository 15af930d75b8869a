"""New names, where everything that was written before stays true.

The hashes of a split and of a listening test leave their names out, so these may have others. Runs may not: the name
of a run is made of what decides its answers, split and hash included, and by it the same command finds it again.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.splits import manifest
from mudata.errors import ArgumentError, EvaluationError, SplitError, some
from mudata.evaluation.listening import listening_test
from mudata.storage import inventory
from mudata.storage.dependents import runs_of_split

if TYPE_CHECKING:
    from mudata.home import Home

_FIXED = {
    "dataset": ("a dataset is called what its card is called", "Copy its card under the new name, and fetch that."),
    "model": ("a model is called what its card is called", "Copy its card under the new name."),
    "part": ("models find their parts by name", "Leave it."),
    "run": (
        "a run's name is made of what decides its answers, and by it the same command goes on with it",
        "Leave it; reports and tables take a title of yours.",
    ),
}
"""Why things of other kinds keep their names, and what to do."""


def rename(home: Home, old: str, new: str) -> Path:
    """Give a split or a listening test another name; the path of the manifest, or of the test's folder. Killed at any
    moment, the same call goes on.

    Raises UnknownName; ArgumentError for things that keep their names; SplitError for a name that no split can have or
    another has, and for a split that runs name; EvaluationError for such a name of a test; Busy.
    """
    item = inventory.find(home, old, "split" if old in inventory.names(home, "split") else None)
    if item.kind == "listening-test":
        return _rename_test(home, old, new)
    if item.kind != "split":
        why, hint = _FIXED[item.kind]
        raise ArgumentError(f"The {item} cannot be renamed: {why}.", hint)
    if new == old:
        return item.places["manifest"]
    manifest.check_name(new)
    if runs := runs_of_split(home, old):
        raise SplitError(
            f"The split {old!r} cannot be renamed: {some((run.name for run in runs), 3)} name it, in run.json and in"
            " their own names.",
            f"Draw the same split under the name {new!r} (`mudata split show {old}` tells how), or remove the runs.",
        )
    with home.lock("rename", wait_s=0), home.lock(f"split-{old}", wait_s=0):
        path = manifest.save(home, replace(manifest.load(home, old), name=new))
        item.places["manifest"].unlink()
    return path


def _rename_test(home: Home, old: str, new: str) -> Path:
    """One rename of the folder, whose name is the test's."""
    listening_test.read(home, old)
    folder = listening_test.folder_of(home, new)
    with home.lock(f"listening-{old}", wait_s=0), home.lock(f"listening-{new}", wait_s=0):
        if folder.exists():
            raise EvaluationError(f"There is something of the name {new!r} already: {folder}.", "Choose another name.")
        return listening_test.folder_of(home, old).rename(folder)
