"""Weights that a user already has:
a model's folder, a part's folder or file, a cache of Hugging Face.

Files are known by their names below some folder of what was given. A folder that is named as a part
is that part if it has its weights, in either format; any other must have every file of the part,
and nothing is guessed between two parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mudata.catalog.cards.patterns import Pattern
from mudata.catalog.fetch import own_files
from mudata.catalog.fetch.ledger import FetchRecord, seen
from mudata.catalog.fetch.plan import adopted_key
from mudata.catalog.fetch.sources import selecting
from mudata.errors import EvaluationError, FetchError, number, some
from mudata.evaluation.models.weights.file_kinds import INDEXES, SINGLES, SUFFIXES
from mudata.json_files import as_type, read_object

if TYPE_CHECKING:
    from mudata.evaluation.models.model_card import ModelPart
    from mudata.evaluation.models.weights.weight_store import PartOnDisk
    from mudata.narration import Progress

_SHARDS = ("pytorch_model-*.bin", "model-*.safetensors")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A folder that may be a part."""

    part: PartOnDisk
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


def adopt(parts: Sequence[PartOnDisk], origins: Sequence[str], progress: Progress) -> Adopted:
    """Link the files of parts that are in `origins` ('PATH', or 'PART=PATH'),
    and record the parts that are whole.

    A part that is here already stays as it is, unless it is named. Raises FetchError if a path does
    not exist, or nothing in all of them is of use.
    """
    adopted = Adopted()
    claims: list[Claim] = []
    names: list[str] = []
    for origin in origins:
        name, equals, path = origin.partition("=")
        named = [part for part in parts if equals and part.name == name]
        given = Path(path if named else origin).expanduser().absolute()
        progress.say(f"Looking through {given}")
        base, found = own_files.files_of(own_files.existing(given, "a folder or a file"), progress)
        entries = [path for path, _ in found.files]
        names += entries
        for part in named or parts:
            claims += _claims(part, base, entries, named=bool(named))
    settled = list(_settle(claims, adopted.notes))
    for claim in settled:
        if claim.part.state == "here" and not claim.chosen:
            continue
        _take(claim)
        adopted.claims[claim.part.name] = claim
        progress.say(f"{claim.part.name}: {number(len(claim.files), 'file')} from {claim.root}")
    if not settled and any(part.state != "here" for part in parts):
        raise _nothing(parts, origins, adopted.notes, names)
    return adopted


def _claims(part: PartOnDisk, base: Path, entries: Sequence[str], *, named: bool) -> Iterator[Claim]:
    """The folders below `base` that hold all weights of a part."""
    listed, own = _listed(part.card), part.card.own
    whole = "**" in listed
    shaped = whole or any(PurePosixPath(path).name in (*INDEXES, *SINGLES) for path in listed) or (
        not listed and any("index.json" in path for path in own)
    )  # fmt: skip
    patterns = ["config.json"] if whole else [*listed, *own]
    if shaped:
        folders = {str(PurePosixPath(p).parent) for p in patterns if p.endswith((".json", *SUFFIXES))}
        patterns += [str(PurePosixPath(f, name)) for f in sorted(folders) for name in (*INDEXES, *SINGLES, *_SHARDS)]
    for root, by_pattern in _matched(entries, patterns).items():
        names = {path for paths in by_pattern.values() for path in paths}
        folder = base / root
        if whole:
            names = {e[len(root) + 1 if root else 0 :] for e in entries if e.startswith(root and f"{root}/")}
            names = {name for name in names if not name.startswith(".")}
        must = [path for path in own if not selecting.is_glob(path)]
        heavy = [path for path in listed if path.endswith(SUFFIXES) and not whole]
        light = [path for path in listed if path not in heavy and not whole]
        lacking = [path for path in light if path not in by_pattern]
        by_name = named or _is_named(part, folder)
        if any(path not in by_pattern for path in must):
            continue
        if shaped and not _has_weights(folder, names):
            continue
        if not (by_name and shaped) and any(path not in by_pattern for path in heavy):
            continue
        if lacking and not (by_name and (heavy or shaped)):
            continue
        if not by_name and not heavy and not shaped and all("/" not in path for path in light):
            continue  # settings such as config.json, which every model has
        yield Claim(part=part, root=folder, files=tuple(sorted(names)), named=by_name, chosen=named)


def lacking(part: PartOnDisk) -> list[str]:
    """Small files that a mirror lists, and that a part which is the user's own does not have."""
    files = {path for record in part.records if own_files.is_own(record) for path in record.files}
    listed = _listed(part.card)
    light = [path for path in listed if not path.endswith(SUFFIXES) and PurePosixPath(path).name not in INDEXES]
    if not files or "**" in listed:
        return []
    return [path for path in light if not any(Pattern(path).match(file) is not None for file in files)]


def complete(part: PartOnDisk, files: Iterable[Path]) -> None:
    """Add files to a part that is the user's own."""
    record = part.records[0]
    _record(part, record.mirror, [*(part.files / path for path in record.files), *files])


def _listed(part: ModelPart) -> list[str]:
    """The names and globs of the first mirror that has some."""
    lists = [getattr(mirror, "files", ()) for mirror in part.mirrors]
    return [file.path for file in next(filter(None, lists), ())]


def _matched(entries: Iterable[str], patterns: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    """Folder -> pattern -> paths below that folder which match it."""
    compiled = [(text, text.count("/") + 1, Pattern(text)) for text in dict.fromkeys(patterns)]
    matched: dict[str, dict[str, list[str]]] = {}
    for entry in entries:
        names = entry.split("/")
        for text, depth, pattern in compiled:
            tail = "/".join(names[-depth:])
            if len(names) >= depth and pattern.match(tail) is not None:
                matched.setdefault("/".join(names[:-depth]), {}).setdefault(text, []).append(tail)
    return matched


def _has_weights(root: Path, names: Iterable[str]) -> bool:
    """Whether the files are those of one checkpoint: an index with all its shards, or the one
    file."""
    paths = set(names)
    for index in sorted((path for path in paths if PurePosixPath(path).name in INDEXES), reverse=True):
        try:
            shards = set(as_type(read_object(root / index).get("weight_map"), dict[str, str]).values())
        except (EvaluationError, ValueError):
            continue
        if all(str(PurePosixPath(index).parent / shard) in paths for shard in shards):
            return True
    return any(PurePosixPath(path).name in SINGLES for path in paths)


def _is_named(part: PartOnDisk, folder: Path) -> bool:
    """Whether a folder's name says that it is this part:
    the place in the model, the part, its repository."""
    repos = [mirror.repo for mirror in part.card.mirrors if mirror.kind == "huggingface"]
    names = {part.name, *(repo.rpartition("/")[2] for repo in repos)}
    names |= {part.at.rpartition("/")[2]} if part.at != "." else set()
    if folder.name.casefold() in {name.casefold() for name in names}:
        return True
    cached = {f"models--{repo.replace('/', '--')}".casefold() for repo in repos}
    return any(name.casefold() in cached for name in folder.parts)


def _settle(claims: list[Claim], notes: list[str]) -> Iterator[Claim]:
    """One folder for each part: the surest, then the nearest, then the right revision of a cache,
    then the newest; none that fits two parts alike."""
    settled: set[str] = set()
    taken: set[Path] = set()
    order = sorted(claims, key=lambda c: (not c.chosen, not c.named, len(c.root.parts), _age(c)))
    for claim in order:
        name = claim.part.name
        if name in settled or (claim.weights & taken and not claim.chosen):
            continue
        rivals = {
            other.part.name
            for other in order
            if not (claim.named or other.named) and other.weights & claim.weights and other.part.name not in settled
        }
        if len(rivals) > 1:
            note = f"{claim.root} may be any of {', '.join(sorted(rivals))}: say which with --from PART={claim.root}"
            notes += [note] if note not in notes else []
            continue
        settled.add(name)
        taken |= claim.weights
        yield claim


def _age(claim: Claim) -> float:
    revisions = [mirror.revision for mirror in claim.part.card.mirrors if mirror.kind == "huggingface"]
    if any(claim.root.name.startswith(revision) for revision in revisions):
        return -float("inf")
    return -claim.root.stat().st_mtime


def _take(claim: Claim) -> None:
    part = claim.part
    targets = [part.files / path for path in claim.files]
    for path, target in zip(claim.files, targets, strict=True):
        if not (target.exists() and target.samefile(claim.root / path)):  # it may be this very folder
            own_files.link(claim.root / path, target)
    for begun in part.files.rglob(".*.part*"):
        begun.unlink()
    commit = f"@{claim.root.name}" if claim.root.parent.name == "snapshots" else ""
    _record(part, own_files.label([f"{claim.root}{commit}"]), targets)


def _record(part: PartOnDisk, mirror: str, files: Iterable[Path]) -> None:
    record = FetchRecord(component=part.name, mirror=mirror, files=seen(files, part.files))
    part.ledger.add(adopted_key(part.name, part.card.sources[part.name], ()), record)


def _nothing(
    parts: Sequence[PartOnDisk], origins: Sequence[str], notes: Sequence[str], found: Sequence[str]
) -> FetchError:
    wanted = [f"  {part.name}: {_looked_for(part.card)}" for part in parts if part.state != "here"]
    there = f"There is, for instance: {some(found, 5)}." if found else "There are no files at all."
    return FetchError(
        "\n".join([f"Nothing of use in {', '.join(origins)}.", *notes, "Looked for:", *wanted, there]),
        "Give a folder laid out as the model's authors publish it, or a part: --from PART=FOLDER.",
    )


def _looked_for(part: ModelPart) -> str:
    listed = [file.path for mirror in part.mirrors for file in getattr(mirror, "files", ())]
    heavy = [path for path in dict.fromkeys([*listed, *part.own]) if path.endswith(SUFFIXES)]
    return ", ".join(heavy or listed or part.own)
