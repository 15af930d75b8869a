"""What a worker on another machine has to know of the user's environment: paths and the store, and never a key."""

from __future__ import annotations

import os
from pathlib import Path

_PATHS = ("MUDATA_HOME", "MUDATA_CARDS", "MUDATA_SOUNDFONT")
_VALUES = ("MUDATA_STORE", "MUDATA_CACHE_GB", "MUDATA_OFFLINE")
"""Variables that decide what functions find. Keys and tokens stay here; those of the store are the machine's own."""


def worker_environment() -> dict[str, str]:
    """The variables that are set here; paths are absolute, since a worker stands in another folder."""
    set_here = {name: value for name in (*_PATHS, *_VALUES) if (value := os.environ.get(name)) is not None}
    return {
        name: str(Path(value).expanduser().absolute()) if value and name in _PATHS else value
        for name, value in set_here.items()
    }


def take_over(environment: dict[str, str]) -> None:
    """In a worker: have these variables, and none of those that are not set where the work comes from."""
    for name in (*_PATHS, *_VALUES):
        if name in environment:
            os.environ[name] = environment[name]
        else:
            os.environ.pop(name, None)
