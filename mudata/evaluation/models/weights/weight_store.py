"""Where weights lie: the parts of models, each once, and models' folders put together from them.

    MUDATA_HOME/models/parts/<part>/files/       what a mirror or the user's own folder gave; fetched.json beside it
    MUDATA_HOME/models/<model>/                  the authors' layout: relative links to parts' files, and weights.json

Looking at what is there needs neither the network nor the weights' libraries.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mudata.catalog.cards.mirrors import HubMirror, RemoteFile
from mudata.catalog.fetch import own_files
from mudata.catalog.fetch.ledger import FetchRecord, Ledger, stat_below
from mudata.catalog.fetch.plan import Requirement, plan, record_of
from mudata.catalog.read.files import walk
from mudata.errors import EvaluationError, ModelError
from mudata.evaluation.models import model_card
from mudata.evaluation.models.weights.file_kinds import CONVERTED
from mudata.home import Home, write_atomic
from mudata.json_files import read_object

if TYPE_CHECKING:
    from mudata.evaluation.models.model_card import ModelCard, ModelPart

RECORD = "weights.json"
"""In a model's folder: which parts it is made of, and where each came from."""
_SAMPLE = 1 << 16
"""Bytes that are looked at, at the start, in the middle and at the end of a file."""

State = Literal["here", "begun", "changed", "missing"]
"""begun: a fetch was stopped; changed: files were changed or deleted after they came."""


@dataclass(frozen=True)
class PartOnDisk:
    """A part of a model, and what is there of it."""

    card: ModelPart
    at: str
    """Where its files lie in the model's folder; '.' is the folder itself."""
    root: Path
    """MUDATA_HOME/models/parts/<part>"""

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def files(self) -> Path:
        return self.root / "files"

    @property
    def size(self) -> str:
        """Of all its files, in words."""
        return self.card.size or "size unknown"

    def refreshed(self) -> PartOnDisk:
        """The same part as it is now;
        what this object knows of the disk stays as it was first asked."""
        return replace(self)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.root / "fetched.json")

    @cached_property
    def requirement(self) -> Requirement:
        """The part as the one thing to be fetched, and what its mirrors still have to give."""
        return self._looked[0]

    @cached_property
    def records(self) -> tuple[FetchRecord, ...]:
        """What tells of the part's files, once all of them are there."""
        requirement, records = self._looked
        if requirement.adopted:
            return (requirement.adopted,)
        option = requirement.option_in("present")
        found = [record_of(job, records) for job, _ in option.jobs] if option else []
        return tuple(record for record in found if record)

    @property
    def state(self) -> State:
        if self.records:
            return "here"
        requirement, records = self._looked
        states = {state for option in requirement.options for _, state in option.jobs}
        if records and ("stale" in states or any(map(own_files.is_own, records.values()))):
            return "changed"
        return "begun" if records or any(self.files.rglob("*")) else "missing"

    @property
    def revision(self) -> str | None:
        """The commit that the files are of, where they came from a repository."""
        matches = [re.search(r"@([0-9a-f]{40})$", record.mirror) for record in self.records]
        return next((match[1] for match in matches if match), None)

    @property
    def bytes(self) -> int:
        """On disk, of a part that is here."""
        return sum(size for record in self.records for size, _ in record.files.values())

    @cached_property
    def _looked(self) -> tuple[Requirement, dict[str, FetchRecord]]:
        records = self.ledger.records
        return plan(self.card, (), None, records, stat_below(self.files))[0], records


def layout(card: ModelCard) -> list[tuple[str, ModelPart]]:
    """The parts of a model with their places in its folder;
    none where `checkpoint` is a folder. Raises UnknownName."""
    if card.checkpoint is not None:
        return [(".", _whole(card))] if re.fullmatch(r"[\w.-]+/[\w.-]+", card.checkpoint) else []
    return [(at, model_card.load_part(name)) for at, names in card.layout.items() for name in names]


def _whole(card: ModelCard) -> ModelPart:
    """A repository of the Hub as one part: without pickles where there are safetensors."""
    repo = str(card.checkpoint)
    hub: dict[str, Any] = {
        "kind": "huggingface", "repo": repo, "revision": card.revision, "repo_type": "model", "gated": card.gated,
    }  # fmt: skip
    return model_card.ModelPart(
        name=repo.replace("/", "--").lower(),
        what=f"{card.title}, whole",
        licence=card.licence,
        homepage=card.homepage,
        size=card.size,
        mirrors=tuple(
            HubMirror(**hub, files=tuple(RemoteFile(path=path) for path in paths))
            for paths in (("**/*.safetensors", "**"), ("**",))
        ),
    )


def look(card: ModelCard, home: Home) -> list[PartOnDisk]:
    """A model's parts, and what is there of each. Raises UnknownName, CardError, HomeError."""
    folder = home.models / "parts"
    return [PartOnDisk(part, at, folder / part.name) for at, part in layout(card)]


def downloaded(parts: Iterable[PartOnDisk]) -> Literal["yes", "part", "no"]:
    """Whether all parts of a model are here, some of them or of their files, or none."""
    states = {part.state for part in parts}
    return "yes" if states == {"here"} else "no" if states <= {"missing"} else "part"


def ready(card: ModelCard, home: Home) -> Path:
    """The model's folder, put together if it is not yet.
    Raises ModelError that names what is missing."""
    parts = look(card, home)
    if lacking := [part for part in parts if part.state != "here"]:
        state = {"begun": ", begun", "changed": ", changed since it came"}
        names = ", ".join(f"{p.name} ({p.size}{state.get(p.state, '')})" for p in lacking)
        raise ModelError(
            f"The weights of {card.name} are not here: {names}.",
            f"Run: mudata models fetch {card.name}\nOr give --checkpoint FOLDER, laid out as its authors publish it.",
        )
    return assemble(card, home, parts)


def assemble(card: ModelCard, home: Home, parts: Sequence[PartOnDisk]) -> Path:
    """Put a model's folder together from parts that are here; what is right already is left alone.

    Where two parts of one place have a file of the same name,
    the part that the card names first gives it.
    """
    folder = home.models / card.name
    wanted: dict[Path, Path] = {}
    for part in parts:
        paths = [path for record in part.records for path in record.files]
        for name in (name for path in paths for name in (path, path + CONVERTED)):
            if (part.files / name).exists():
                wanted.setdefault(folder / part.at / name, part.files / name)
    content = {"model": card.name, "parts": [_recorded(part) for part in parts]}
    text = json.dumps(content, indent=1) + "\n"
    wrong = [link for link, source in wanted.items() if not _is_same_file(link, source)]
    stale = [path for path in folder.rglob("*") if path.is_symlink() and path not in wanted]
    record_file = folder / RECORD
    if wrong or stale or not record_file.is_file() or record_file.read_bytes() != text.encode():
        with home.lock(f"model-{card.name}"):
            for link in wrong:
                own_files.link(wanted[link], link, relative=True)
            for link in stale:
                link.unlink(missing_ok=True)
            write_atomic(record_file, text)
    return folder


def _is_same_file(link: Path, source: Path) -> bool:
    """Whether a file is another, or a copy of it."""
    if not link.is_file():
        return False
    a, b = link.stat(), source.stat()
    return link.samefile(source) or (a.st_size, a.st_mtime_ns) == (b.st_size, b.st_mtime_ns)


def _recorded(part: PartOnDisk) -> dict[str, object]:
    first = part.records[0]
    return {
        "part": part.name,
        "at": part.at,
        "from": "own files" if own_files.is_own(first) else re.sub(r"@[0-9a-f]{40}$", "", first.mirror),
        "revision": part.revision,
    }


def fingerprint(folder: Path) -> str:
    """Tells folders of weights apart without reading gigabytes:
    names, sizes, and samples of every file's bytes.

    The same wherever the folder lies, and whether its files are links or not.
    """
    digest = hashlib.sha256()
    for path, size in walk(folder):
        if path == RECORD or path.endswith(CONVERTED) or any(name.startswith(".") for name in path.split("/")):
            continue
        digest.update(f"{path}\0{size}\0".encode())
        with (folder / path).open("rb") as file:
            for offset in sorted({0, max(0, size // 2), max(0, size - _SAMPLE)}):
                file.seek(offset)
                digest.update(file.read(_SAMPLE))
    return digest.hexdigest()[:12]


def provenance(folder: Path) -> dict[str, object]:
    """`weights` for the record of a run: the folder's fingerprint, and its parts with their
    revisions where it tells; nothing if it is no folder."""
    if not folder.is_dir():
        return {}
    weights: dict[str, object] = {"fingerprint": fingerprint(folder)}
    with contextlib.suppress(EvaluationError):
        weights["parts"] = read_object(folder / RECORD, ("parts",))["parts"]
    return {"weights": weights}


def gigabytes(size: str | None) -> float:
    """The number in '13.5 GB' or '0.6 to 1.2 GB' (the larger); 0 where there is none."""
    sizes = re.findall(r"([\d.]+) (kB|MB|GB)", size or "")
    return float(sizes[-1][0]) * {"kB": 1e-6, "MB": 1e-3, "GB": 1.0}[sizes[-1][1]] if sizes else 0.0
