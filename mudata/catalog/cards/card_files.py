"""Where cards lie: built-in ones in `mudata/cards`, a user's own in the folders that MUDATA_CARDS names (separated as
in PATH), those of composed exams in the home. A user's own win over the others of the same name."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from mudata.errors import HomeError
from mudata.home import Home

BUILT_IN = Path(__file__).resolve().parents[2] / "cards"


def files(kind: str = "datasets") -> dict[str, Path]:
    """YAML files of a kind by name (the file's stem), sorted by name:
    built-in ones and a user's own.

    `kind` is a folder of `mudata/cards`, such as 'models'. A user's own lie in folders of that name
    within those of MUDATA_CARDS, cards of datasets directly in these; exams are datasets, whose cards lie in
    `exams`. What is named first there wins.
    """
    built_in, *own = folders()
    kinds = (kind, "exams") if kind == "datasets" else (kind,)
    below = (".", "exams") if kind == "datasets" else (kind,)
    paths: dict[str, Path] = {}
    for folder in (*(built_in / k for k in kinds), *(folder / b for folder in reversed(own) for b in below)):
        paths |= {path.stem: path for path in folder.glob("*.yaml")}
    return dict(sorted(paths.items()))


def folders() -> list[Path]:
    """Where cards are looked for: the built-in folder, those of MUDATA_CARDS, then the home's, if it has any."""
    own = [Path(p).expanduser() for p in os.environ.get("MUDATA_CARDS", "").split(os.pathsep) if p]
    with contextlib.suppress(HomeError, OSError):  # who works in the home is told what is wrong with it
        if (composed := Home.default().cards).is_dir():
            own.append(composed)
    return [BUILT_IN, *own]
