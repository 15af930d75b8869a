"""What is in the home by name, read off its folders: no card, index or run is opened for it.

So a dataset whose card is gone, a run without run.json and half of what was being removed have a name, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from mudata.errors import ArgumentError, UnknownName

if TYPE_CHECKING:
    from mudata.home import Home

Kind = Literal["dataset", "split", "run", "shard", "model", "part", "listening-test"]
"""shard: a run that asks a share of another's items. part: files of weights, which models are put together from and may
share."""
KINDS: tuple[Kind, ...] = get_args(Kind)

_NO_MODELS = ("parts", "cache")
"""Folders of `models/` that are none of a model's."""


@dataclass(frozen=True)
class Stored:
    """Something in the home that has a name."""

    kind: Kind
    name: str
    places: Mapping[str, Path]
    """Files and folders by what they are: raw, clips, index; manifest; run; folder; files. Those that are there."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def _places(home: Home, kind: Kind, name: str) -> dict[str, Path]:
    """Where a thing of this kind and name would lie, in the order in which it is removed: first what others ask."""
    match kind:
        case "dataset":
            return {
                "index": home.index / "parts" / name,
                "card": home.cards / f"{name}.yaml",  # of an exam that was composed here
                "fingerprints": home.fingerprints / name,
                "clips": home.root / "clips" / name,
                "raw": home.raw(name),
                "store": home.root / "store" / name,  # what is known of the one that machines share
            }
        case "split":
            return {"manifest": home.splits / f"{name}.json"}
        case "run" | "shard":
            return {"run": (home.runs if kind == "run" else home.shards) / name}
        case "model":
            return {"folder": home.models / name}
        case "part":
            return {"files": home.models / "parts" / name}
        case "listening-test":
            return {"test": home.listening / name}


def names(home: Home, kind: Kind) -> list[str]:
    """What is there of a kind, sorted."""
    found: set[str] = set()
    for pattern in _places(home, kind, "*").values():
        found |= {path.name for path in _entries(pattern.parent) if path.is_dir() or path.is_symlink()}
    if kind == "split":
        return sorted(path.stem for path in _entries(home.splits) if path.suffix == ".json")
    return sorted(found - set(_NO_MODELS) if kind == "model" else found)


def _entries(folder: Path) -> Iterable[Path]:
    """What lies in a folder, temporary files left out; nothing where there is no folder."""
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def stored(home: Home, *kinds: Kind) -> Iterator[Stored]:
    """All that is there of some kinds [default: all], in the order of the kinds, then by name."""
    for kind in kinds or KINDS:
        for name in names(home, kind):
            yield _stored(home, kind, name)


def _stored(home: Home, kind: Kind, name: str) -> Stored:
    there = {what: path for what, path in _places(home, kind, name).items() if path.exists() or path.is_symlink()}
    return Stored(kind, name, there)


def matching(home: Home, name: str, kind: Kind | None = None) -> list[Stored]:
    """All that is named so, of every kind; where nothing is, the runs that begin so."""
    kinds = KINDS if kind is None else (kind,)
    found = [_stored(home, each, name) for each in kinds if name in names(home, each)]
    if not found and "run" in kinds and name:
        found = [_stored(home, "run", run) for run in names(home, "run") if run.startswith(name)]
    return found


def find(home: Home, name: str, kind: Kind | None = None) -> Stored:
    """The one thing that is named so; a run also by the beginning of its id.

    Raises UnknownName; ArgumentError where several are meant.
    """
    found = matching(home, name, kind)
    if len(found) > 1:
        listed = ", ".join(map(str, found[:5])) + (", ..." if len(found) > 5 else "")
        kinds = {each.kind for each in found}
        hint = f"Say which with --kind {'|'.join(sorted(kinds))}." if len(kinds) > 1 else "Give more of the name."
        raise ArgumentError(f"{name!r} may be any of {len(found)}: {listed}.", hint)
    if not found:
        known = [each for one in (KINDS if kind is None else (kind,)) for each in names(home, one)]
        raise UnknownName(kind or "thing in the home", name, known, "What is there is shown by `mudata du`.")
    return found[0]
