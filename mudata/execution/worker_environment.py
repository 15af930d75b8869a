"""What a worker on another machine has to know of the user's environment: paths, and never a key."""

from __future__ import annotations

import os
from pathlib import Path

_PATHS = ("MUDATA_HOME", "MUDATA_CARDS", "MUDATA_SOUNDFONT")
"""Variables of files and folders that decide what functions find; keys and tokens stay here."""


def worker_environment() -> dict[str, str]:
    """The variables that are set here, with absolute paths: a worker stands in another folder."""
    return {name: str(Path(value).expanduser().absolute()) for name in _PATHS if (value := os.environ.get(name))}


def take_over(environment: dict[str, str]) -> None:
    """In a worker: have these variables, and none of those that are not set where the work comes from."""
    for name in _PATHS:
        if name in environment:
            os.environ[name] = environment[name]
        else:
            os.environ.pop(name, None)
