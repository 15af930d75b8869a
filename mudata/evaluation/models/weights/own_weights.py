"""Weights that a user already has: a model's folder, a part's folder or file, a cache of Hugging Face.

Files are known by their names below some folder of what was given. A folder that is named as a part is that part if it
has its weights, in either format; any other must have every file of the part, and nothing is guessed between two parts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mudata.catalog.cards.patterns import Pattern
from mudata.catalog.fetch.ledger import FetchRecord, seen
from mudata.catalog.fetch.plan import adopted_key
from mudata.catalog.fetch.sources import selecting
from mudata.catalog.read.files import walk
from mudata.errors import FetchError
from mudata.evaluation.models.weights.file_kinds import INDEXES, SINGLES, SUFFIXES
from mudata.evaluation.models.weights.weight_store import PartOnDisk, place

if TYPE_CHECKING:
    from mudata.evaluation.models.model_card import ModelPart
    from mudata.narration import Progress

_OWN = "own files: "
_SHARDS = ("pytorch_model-*.bin", "model-*.safetensors")


@dataclass(frozen=True)
class Claim:
    """A folder that may be a part."""

    held: PartOnDisk
    root: Path
    files: tuple[str, ...]
    """Below the folder."""
    named: bool
    """Whether the folder's name, or the user, says which part it is."""
    chosen: bool
    """Whether the user says it."""

    @property
    def weights(self) -> frozenset[Path]:
        return frozenset(self.root / path for path in self.files if path.endswith(SUFFIXES))


@dataclass
class Adopted:
    """What was taken, by part, and what a person should know."""

    claims: dict[str, Claim] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def adopt(held: Sequence[PartOnDisk], origins: Sequence[str], progress: Progress) -> Adopted:
    """Link the files of parts that are in `origins` ('PATH', or 'PART=PATH'), and record the parts that are whole.

    A part that is here already stays as it is, unless it is named. Raises FetchError if a path does not exist, or
    nothing in all of them is of use.
    """
    adopted = Adopted()
    claims: list[Claim] = []
    for origin in origins:
        name, equals, path = origin.partition("=")
        named = [one for one in held if equals and one.part.name == name]
        base = Path(path if named else origin).expanduser().absolute()
        if not base.exists():
            raise FetchError(f"There is no {base}.", "Give a folder or a file that exists.")
        progress.say(f"Looking through {base}")
        entries = [path for path, _ in walk(base)] if base.is_dir() else [base.name]
        root = base if base.is_dir() else base.parent
        for one in named or held:
            claims += _claims(one, root, entries, named=bool(named))
    settled = list(_settle(claims, adopted.notes))
    for claim in settled:
        if claim.held.state == "here" and not claim.chosen:
            continue
        _take(claim)
        adopted.claims[claim.held.part.name] = claim
        progress.say(f"{claim.held.part.name}: {len(claim.files)} files from {claim.root}")
    if not settled and any(one.state != "here" for one in held):
        raise _nothing(held, origins, adopted.notes)
    return adopted


def _claims(held: PartOnDisk, base: Path, entries: Sequence[str], *, named: bool) -> Iterator[Claim]:
    """The folders below `base` that hold all weights of a part."""
    part = held.part
    listed = _listed(part)
    whole = "**" in listed
    shaped = whole or any(PurePosixPath(path).name in (*INDEXES, *SINGLES) for path in listed) or (
        not listed and any("index.json" in path for path in part.own)
    )  # fmt: skip
    patterns = ["config.json"] if whole else [*listed, *part.own]
    if shaped:
        folders = {str(PurePosixPath(p).parent) for p in patterns if p.endswith((".json", *SUFFIXES))}
        patterns += [str(PurePosixPath(f, name)) for f in sorted(folders) for name in (*INDEXES, *SINGLES, *_SHARDS)]
    matched = _matched(entries, patterns)
    for root, by_pattern in matched.items():
        names = {path for paths in by_pattern.values() for path in paths}
        here = base / root
        if whole:
            names = {e[len(root) + 1 if root else 0 :] for e in entries if e.startswith(root and f"{root}/")}
            names = {name for name in names if not name.startswith(".")}
        must = [path for path in part.own if not selecting.is_glob(path)]
        heavy = [path for path in listed if path.endswith(SUFFIXES) and not whole]
        light = [path for path in listed if path not in heavy and not whole]
        lacking = [path for path in light if path not in by_pattern]
        by_name = named or _is_named(held, here)
        if any(path not in by_pattern for path in must):
            continue
        if shaped and not _has_weights(here, names):
            continue
        if not (by_name and shaped) and any(path not in by_pattern for path in heavy):
            continue
        if lacking and not (by_name and (heavy or shaped)):
            continue
        if not by_name and not heavy and not shaped and all("/" not in path for path in light):
            continue  # settings such as config.json, which every model has
        yield Claim(held, here, tuple(sorted(names)), by_name, named)


def lacking(held: PartOnDisk) -> list[str]:
    """Small files that a mirror lists, and that a part which is the user's own does not have."""
    files = {path for record in held.records if record.mirror.startswith(_OWN) for path in record.files}
    listed = _listed(held.part)
    light = [path for path in listed if not path.endswith(SUFFIXES) and PurePosixPath(path).name not in INDEXES]
    if not files or "**" in listed:
        return []
    return [path for path in light if not any(Pattern(path).match(file) is not None for file in files)]


def complete(held: PartOnDisk, files: Iterable[Path]) -> None:
    """Add files to a part that is the user's own."""
    was = held.records[0]
    _record(held, was.mirror, [*(held.files / path for path in was.files), *files])


def _listed(part: ModelPart) -> list[str]:
    """The names and globs of the first mirror that has some."""
    lists = [getattr(mirror, "files", ()) for mirror in part.mirrors]
    return [file.path for file in next(filter(None, lists), ())]


def _matched(entries: Iterable[str], patterns: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    """Folder -> pattern -> paths below that folder which match it."""
    compiled = [(text, text.count("/") + 1, Pattern(text)) for text in dict.fromkeys(patterns)]
    found: dict[str, dict[str, list[str]]] = {}
    for entry in entries:
        steps = entry.split("/")
        for text, count, pattern in compiled:
            tail = "/".join(steps[-count:])
            if len(steps) >= count and pattern.match(tail) is not None:
                found.setdefault("/".join(steps[:-count]), {}).setdefault(text, []).append(tail)
    return found


def _has_weights(root: Path, names: Iterable[str]) -> bool:
    """Whether the files are those of one checkpoint: an index with all its shards, or the one file."""
    there = set(names)
    for index in sorted((path for path in there if PurePosixPath(path).name in INDEXES), reverse=True):
        try:
            shards = set(json.loads((root / index).read_bytes())["weight_map"].values())
        except (OSError, ValueError, KeyError, AttributeError):
            continue
        if all(str(PurePosixPath(index).parent / shard) in there for shard in shards):
            return True
    return any(PurePosixPath(path).name in SINGLES for path in there)


def _is_named(held: PartOnDisk, folder: Path) -> bool:
    """Whether a folder's name says that it is this part: the place in the model, the part, its repository."""
    repos = [mirror.repo for mirror in held.part.mirrors if mirror.kind == "huggingface"]
    names = {held.part.name, *(repo.rpartition("/")[2] for repo in repos)}
    names |= {held.at.rpartition("/")[2]} if held.at != "." else set()
    if folder.name.casefold() in {name.casefold() for name in names}:
        return True
    cached = {f"models--{repo.replace('/', '--')}".casefold() for repo in repos}
    return any(step.casefold() in cached for step in folder.parts)


def _settle(claims: list[Claim], notes: list[str]) -> Iterator[Claim]:
    """One folder for each part: the surest, then the nearest, then the right revision of a cache, then the newest; none
    that fits two parts alike."""
    done: set[str] = set()
    taken: set[Path] = set()
    order = sorted(claims, key=lambda c: (not c.chosen, not c.named, len(c.root.parts), _age(c)))
    for claim in order:
        name = claim.held.part.name
        if name in done or (claim.weights & taken and not claim.chosen):
            continue
        rivals = {
            other.held.part.name
            for other in order
            if not (claim.named or other.named) and other.weights & claim.weights and other.held.part.name not in done
        }
        if len(rivals) > 1:
            note = f"{claim.root} may be any of {', '.join(sorted(rivals))}: say which with --from PART={claim.root}"
            notes += [note] if note not in notes else []
            continue
        done.add(name)
        taken |= claim.weights
        yield claim


def _age(claim: Claim) -> float:
    revisions = [mirror.revision for mirror in claim.held.part.mirrors if mirror.kind == "huggingface"]
    if any(claim.root.name.startswith(revision) for revision in revisions):
        return -float("inf")
    return -claim.root.stat().st_mtime


def _take(claim: Claim) -> None:
    held = claim.held
    targets = [held.files / path for path in claim.files]
    for path, target in zip(claim.files, targets, strict=True):
        if not (target.exists() and target.samefile(claim.root / path)):  # it may be this very folder
            place(claim.root / path, target, relative=False)
    for begun in held.files.rglob(".*.part*"):
        begun.unlink()
    commit = f"@{claim.root.name}" if claim.root.parent.name == "snapshots" else ""
    _record(held, f"{_OWN}{claim.root}{commit}", targets)


def _record(held: PartOnDisk, mirror: str, files: Iterable[Path]) -> None:
    part = held.part
    key = adopted_key(part.name, part.sources[part.name], ())
    held.ledger.add(key, FetchRecord(part.name, mirror, seen(files, held.files)))


def _nothing(held: Sequence[PartOnDisk], origins: Sequence[str], notes: Sequence[str]) -> FetchError:
    wanted = [f"  {one.part.name}: {_looked_for(one.part)}" for one in held if one.state != "here"]
    return FetchError(
        "\n".join([f"Nothing of use in {', '.join(origins)}.", *notes, "Looked for:", *wanted]),
        "Give a folder laid out as the model's authors publish it, or a part: --from PART=FOLDER.",
    )


def _looked_for(part: ModelPart) -> str:
    listed = [file.path for mirror in part.mirrors for file in getattr(mirror, "files", ())]
    heavy = [path for path in dict.fromkeys([*listed, *part.own]) if path.endswith(SUFFIXES)]
    return ", ".join(heavy or listed or part.own)
