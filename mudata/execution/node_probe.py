"""What a machine of a cluster is asked before it gets work."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

LIBRARIES = ("numpy", "soundfile", "soxr", "av", "scipy")
"""Packages whose version may decide the last bits of a clip, of a fingerprint or of what is rendered."""


@dataclass(frozen=True)
class ProbedNode:
    """A machine's answer."""

    host: str
    mudata: str | None
    """Version; None where there is none."""
    sees: bool
    """Whether it reads the mark that this process left in the home."""
    unwritable: str | None
    """Why it cannot write beside the mark; None if it can."""
    skew_s: float
    """Seconds by which its clock is ahead, at least: what the times of question and answer leave no doubt about."""
    libraries: list[tuple[str, str | None, str]] = field(default_factory=list)
    """Those with another version than here: name, version there (None: missing), version here."""


def installed(name: str) -> str | None:
    """The version of a package; None if it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def probed(host: str, answer: dict[str, Any], asked_s: float) -> ProbedNode:
    """An answer, beside what is true here; asked and answered (now) in seconds of this machine's clock."""
    early, late = answer["now"] - asked_s, answer["now"] - time.time()
    here = {name: version for name in LIBRARIES if (version := installed(name))}
    other = [(name, answer["libraries"].get(name), version) for name, version in here.items()]
    return ProbedNode(
        host=host,
        mudata=answer["mudata"],
        sees=answer["sees"],
        unwritable=answer["unwritable"],
        skew_s=early if early < 0 else max(late, 0.0),
        libraries=[(name, there, version) for name, there, version in other if there != version],
    )


def node_probe() -> Callable[[str, str, Sequence[str]], dict[str, Any]]:
    """A function that Ray carries to a machine by value, so that it runs where mudata is not installed.

    It takes path and word of a mark (`home_mark`) and names of packages, and gives mudata (version or None), sees,
    unwritable, now (seconds since 1970) and libraries (name -> version).
    """

    def probe(path: str, word: str, packages: Sequence[str]) -> dict[str, Any]:
        import contextlib
        import os
        import time
        from importlib import metadata
        from pathlib import Path

        mark, found, unwritable = Path(path), {}, None
        version = None
        with contextlib.suppress(ImportError):
            from mudata import version as package

            version = package.__version__
        for name in packages:
            with contextlib.suppress(metadata.PackageNotFoundError):
                found[name] = metadata.version(name)
        try:
            sees = mark.read_text() == word
        except OSError:
            sees = False
        if sees:
            beside = mark.with_name(f"{mark.name}-{os.uname().nodename}-{os.getpid()}.part")
            try:
                beside.write_text(word)
                beside.unlink()
            except OSError as error:
                unwritable = error.strerror or str(error)
        return {
            "mudata": version,
            "sees": sees,
            "unwritable": unwritable,
            "now": time.time(),
            "libraries": found,
        }

    return probe
