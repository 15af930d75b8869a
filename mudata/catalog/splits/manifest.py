"""The split manifest: what a split is, in one file that means the same on every machine.

`splits/<name>.json` has how the split was asked for, the clips of each part with the hash of their
content, the hashes of the cards and of the index that it was drawn from, and one hash over all of
it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from mudata.catalog.cards.loader import passing_over
from mudata.errors import SplitError, UnknownName, is_of_machine
from mudata.home import Home, now, write_atomic
from mudata.json_files import as_type, parse
from mudata.version import __version__

RESERVED = frozenset(
    (
        *("show", "check", "list", "leaks", "plan", "export"),
        *("ls", "info", "verify", "rm", "remove", "delete", "del", "mv", "move", "rename", "where", "path"),
        *("create", "new", "make", "draw", "add", "help"),
    )
)
"""Words of the command line, which no new split can be named; mudata 0.1.0 reserved the first five."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ORDER = ("train", "training", "validation", "valid", "val", "dev", "test", "testing")
_NOT_HASHED = ("name", "recipe", "mudata_version", "created_at", "warnings", "sha256")


@dataclass(frozen=True)
class Member:
    """A clip of a part. MIDI has no samples to hash; there the hash of the file stands in."""

    clip_id: str
    pcm_sha256: str | None
    source_sha256: str | None = None

    def plain(self) -> dict[str, str | None]:
        """As JSON has it."""
        known = {"clip_id": self.clip_id, "pcm_sha256": self.pcm_sha256}
        return known if self.source_sha256 is None else {**known, "source_sha256": self.source_sha256}


@dataclass(frozen=True, kw_only=True, repr=False)
class Manifest:
    """A split. `sha256` is over all but the name, the recipe, the version, the time and the warnings."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}
    """A file with further keys is of something else."""

    name: str
    datasets: tuple[str, ...]
    query: Mapping[str, Any]
    """What was asked for: where, official,
    parts (share by part), n, per_label, faults, usage, best_effort, no_group; and near: groups of clips that
    were known as near copies, so that the same can be drawn where nobody listened."""
    seed: int
    stratify: tuple[str, ...]
    group: tuple[str, ...]
    parts: Mapping[str, tuple[Member, ...]]
    """Members by part, sorted by clip id."""
    card_sha256: Mapping[str, str]
    index_sha256: Mapping[str, str]
    faults_sha256: Mapping[str, str] = field(default_factory=dict)
    """Hashes of the user's own faults, by dataset, where there were any and they counted."""
    warnings: tuple[str, ...] = ()
    recipe: str | None = None
    """How labels were spread, `stratify.RECIPE` of the mudata that drew it. None: nothing was spread, or in the way of
    0.1.0, whose splits are as valid as any; only drawn again, they have other clips."""
    mudata_version: str = __version__
    created_at: str = field(default_factory=now)
    sha256: str = ""

    def digest(self) -> str:
        """The hash that `sha256` has unless the manifest was changed by hand."""
        content = {key: value for key, value in self._plain().items() if key not in _NOT_HASHED}
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def __repr__(self) -> str:
        parts = ", ".join(f"{part} {len(members):,}" for part, members in self.parts.items())
        return (
            f"Split {self.name!r} of {', '.join(self.datasets)}: {parts} (sha256 {self.sha256[:12]}, seed {self.seed})"
        )

    def sealed(self) -> Manifest:
        """This manifest with its hash."""
        return replace(self, sha256=self.digest())

    def to_json(self) -> str:
        return json.dumps(self._plain(), indent=1, ensure_ascii=False) + "\n"

    @property
    def is_repaired(self) -> bool:
        """Whether labels, names and crops are those that are known to be right."""
        return self.query.get("faults") == "repair"

    def part_of(self) -> dict[str, str]:
        """The part of every clip id."""
        return {member.clip_id: part for part, members in self.parts.items() for member in members}

    def _plain(self) -> dict[str, Any]:
        plain = {told.name: getattr(self, told.name) for told in fields(self)}  # `asdict` copies every member, slowly
        if not self.faults_sha256:  # as older versions had it
            del plain["faults_sha256"]
        plain["parts"] = {part: [member.plain() for member in members] for part, members in self.parts.items()}
        return plain


@dataclass(frozen=True)
class ManifestFinding:
    """Something that `check` has to say;
    a fault means that results on the split cannot be compared."""

    level: Literal["fault", "note"]
    kind: str
    what: str
    clip_ids: tuple[str, ...] = ()


def check_name(name: str) -> None:
    """Raises SplitError for what cannot be the name of a new split."""
    _check_letters(name)
    if name in RESERVED:
        raise SplitError(
            f"{name!r} cannot be the name of a split: it is a word of `mudata split` itself.",
            f"Choose another, such as {name}-1. Words of commands: {', '.join(sorted(RESERVED))}.",
        )


def _check_letters(name: str) -> None:
    if not _NAME.fullmatch(name) or name.endswith(".json"):
        raise SplitError(
            f"{name!r} cannot be the name of a split.",
            "Use up to 100 letters, digits, dots, dashes and underscores, without .json.",
        )


def path_of(home: Home, name: str) -> Path:
    """Where the manifest of this name lies. Raises SplitError."""
    _check_letters(name)
    return home.splits / f"{name}.json"


def in_order(parts: Iterable[str]) -> list[str]:
    """Parts in the order of their use: train, validation, test, then others by name."""
    return sorted(parts, key=lambda part: (_ORDER.index(part) if part in _ORDER else len(_ORDER), part))


def names(home: Home) -> list[str]:
    """The splits in the home, sorted."""
    return sorted(path.stem for path in home.splits.glob("*.json"))


def load_all(home: Home) -> Iterator[Manifest]:
    """Every split in the home, by name; manifests that cannot be read are passed over."""
    for name in names(home):
        with passing_over(path := home.splits / f"{name}.json"):
            yield _parse(path)


def load(home: Home, name_or_path: str | Path) -> Manifest:
    """A manifest by name, or from a file (anything that ends in .json).
    Raises UnknownName, SplitError."""
    if str(name_or_path).endswith(".json"):
        path = Path(name_or_path).expanduser()
        if not path.is_file():
            raise SplitError(f"{path}: no such file.", "Give the name of a split (`mudata split list`) or its file.")
    else:
        path = path_of(home, str(name_or_path))
        if not path.is_file():
            raise UnknownName("split", str(name_or_path), names(home), "Make one: mudata split NAME --dataset ...")
    return _parse(path)


def _parse(path: Path) -> Manifest:
    try:
        made = as_type(parse(path.read_bytes()), Manifest)
        as_type(made.query.get("parts", {}), dict[str, float])
    except (OSError, ValueError) as error:
        if is_of_machine(error):
            raise
        raise SplitError(
            f"{path} is not a split manifest: {error}.",
            "Make the split again, or get the file again from where it came.",
        ) from error
    return made


def save(home: Home, manifest: Manifest, *, force: bool = False) -> Path:
    """Write the manifest under its name. The same split again changes nothing.

    Raises SplitError for a name that none can have, and when another split has it, unless `force`.
    """
    check_name(manifest.name)
    path = path_of(home, manifest.name)
    home.make(home.splits)
    with home.lock(f"split-{manifest.name}"):
        if path.exists() and not force:
            there = _parse(path)
            if there.sha256 == manifest.sha256 == there.digest():
                _show_in_index(home)
                return path
            raise SplitError(*_another(there, manifest))
        write_atomic(path, manifest.to_json())
        _show_in_index(home)
    return path


def _another(there: Manifest, made: Manifest) -> tuple[str, str]:
    """What is to be said of a split that has the name of one just made."""
    hashes = f"it has the hash {there.sha256[:12]}, the new one {made.sha256[:12]}."
    asked = [(m.datasets, m.query, m.seed, m.stratify, m.group, m.index_sha256) for m in (there, made)]
    if asked[0] == asked[1] and there.recipe != made.recipe:
        return (
            f"The split {made.name!r} was drawn by an older recipe ({there.recipe or 'that of mudata 0.1.0'}; today's"
            f" is {made.recipe}), and drawn again it has other clips: {hashes}",
            "The old one is sound and stays as it is; `mudata split check` says so. For one drawn in today's way choose"
            " another name, or replace it with --force.",
        )
    return f"Another split is named {made.name!r}: {hashes}", "Choose another name, or replace it with --force."


def _show_in_index(home: Home) -> None:
    """Make mudata.duckdb anew if no split was there when it was made: its views are over files that are there."""
    from mudata.catalog.index import database  # imports DuckDB, which names of splits do without

    since = min(path.stat().st_mtime_ns for path in home.splits.glob("*.json"))
    if not (file := home.index / database.DATABASE).exists() or file.stat().st_mtime_ns < since:
        database.rebuild(home)
