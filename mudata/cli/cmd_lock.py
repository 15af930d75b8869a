"""`mudata lock`, and `mudata fetch --locked`: a home pinned in one file, and made again from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mudata.cli import name_completion
from mudata.cli.output import common, echo, emit, emit_json, progress
from mudata.errors import some

if TYPE_CHECKING:
    from collections.abc import Mapping


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME...]", shell_complete=name_completion.datasets)
@click.option(
    "--to",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default="mudata.lock.json",
    show_default=True,
    help="Where the lock goes.",
)
@common
def lock(names: tuple[str, ...], *, path: Path, as_json: bool, quiet: bool) -> None:
    """Pin datasets, their clips and splits in one file, which `mudata fetch --locked FILE` makes a home of again.

    NAME is a dataset or a split (with its datasets); without any, everything in the home is locked. The file has
    hashes, addresses and names: no audio, and no keys.

    \b
    mudata lock
    mudata lock exam --to paper.lock.json
    mudata fetch --locked paper.lock.json
    """
    from mudata.catalog.pinning.take_lock import take_lock
    from mudata.home import Home

    tell = progress(quiet)
    with tell.bar("Locking", unit=""):
        locked = take_lock(Home.default(), names)
        locked.write(path)
    rows: list[dict[str, Any]] = [
        {"kind": "dataset", "name": name, "clips": len(one.clips), "sha256": one.index_sha256}
        for name, one in locked.datasets.items()
    ]
    rows += [
        {"kind": "split", "name": name, "clips": sum(map(len, one.parts.values())), "sha256": one.sha256}
        for name, one in locked.splits.items()
    ]
    if as_json:
        told = {"file": str(path), "locked": rows, "faults": sorted(locked.faults), "tools": locked.tools}
        emit_json(told | {"by_sums_alone": locked.by_sums_alone})
        return
    emit([row | {"sha256": row["sha256"][:12]} for row in rows], as_json=False, hint="Nothing is indexed.")
    for name, addresses in locked.by_sums_alone.items():
        where = f"{some(addresses, 2)} {'has' if len(addresses) == 1 else 'have'} no version to ask for"
        tell.say(f"{name}: {where}. Its files are pinned by their sums alone: changed ones are told, not brought back.")
    tell.say(f"{path}: to make it again elsewhere: mudata fetch --locked {path}")


def fetch_locked(file: Path, names: tuple[str, ...], request: Mapping[str, Any], *, as_json: bool, quiet: bool) -> None:
    """Make the home as a lock has it, and leave with the exit code."""
    from mudata.catalog.pinning.home_lock import read_lock
    from mudata.catalog.pinning.locked_fetch import LockedRequest, reproduce
    from mudata.home import Home

    fixed = ("subset", "limit", "where", "usage", "partial", "rate", "store")
    if given := [f"--{name}" for name in fixed if request.get(name) is not None]:
        raise click.UsageError(f"The lock says what is fetched: leave out {', '.join(given)}.")
    if request["origin"] and len(names) != 1:
        raise click.UsageError("--from has the files of one dataset: name it.")
    known = LockedRequest.__dataclass_fields__
    wanted = LockedRequest(names=names, **{k: v for k, v in request.items() if k in known})
    made = reproduce(Home.default(), read_lock(file), wanted, progress(quiet))
    if as_json:
        emit_json({"items": made.table().rows, "differences": [vars(difference) for difference in made.differences]})
    else:
        emit(made.table().rows, as_json=False, columns=made.table().columns)
        for difference in made.differences:
            echo(str(difference), err=True)
    raise SystemExit(int(not made.is_same))
