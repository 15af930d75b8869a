"""Datasets that many tests publish alike: made once per process, and copied into every later home."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from mudata.home import Home


Result = TypeVar("Result")


class _File(NamedTuple):
    content: bytes
    mtime_ns: int


_MADE: dict[Hashable, tuple[Any, dict[Path, _File]]] = {}
"""By what was asked for: what `make` gave, and the files of the dataset by their place in a home."""


def publish_once(home: Home, dataset: str, asked: Hashable, make: Callable[[], Result]) -> Result:
    """What `make()` gives, which publishes a dataset in the home. Where that was asked for before in this process, the
    dataset's raw files, clips and index are copied instead, in a quarter of the time.

    `asked` tells all that `make` depends on; its result is shared by all who ask."""
    folders = [home.raw(dataset), home.root / "clips" / dataset, home.index / "parts" / dataset]
    if any(folder.exists() for folder in folders):  # make() adds to these or replaces them
        return make()
    if asked not in _MADE:
        result = make()
        paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        files = {p.relative_to(home.root): _File(p.read_bytes(), p.stat().st_mtime_ns) for p in paths}
        _MADE[asked] = result, files
        return result
    result, files = _MADE[asked]
    for place, file in files.items():
        path = home.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        os.utime(path, ns=(file.mtime_ns, file.mtime_ns))
    return result  # type: ignore[no-any-return]
