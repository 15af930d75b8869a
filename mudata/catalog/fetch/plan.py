"""What is to be fetched: a pure function of card, request,
ledger and the looks of the files, before any effect."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from mudata.catalog.fetch.checksums import expected_checksums
from mudata.catalog.fetch.sources import selecting
from mudata.web_address import host_of, shown

if TYPE_CHECKING:
    from mudata.catalog.cards.mirrors import AnyMirror, Component
    from mudata.catalog.fetch.ledger import FetchRecord, Stat

State = Literal["present", "incomplete", "stale", "missing"]
"""incomplete: there, but for clips that could not be had; stale:
changed on disk, or not what the card now promises."""

CLIPWISE = ("http-clips", "youtube")
"""Kinds of mirrors that can fetch exactly the clips that are asked for."""
_LISTING = ("http", "huggingface", "kaggle")
"""Kinds of mirrors with a list of files."""
_VOLATILE = frozenset(
    {"status", "checked", "note", "size", "sha256", "sha1", "md5", "also", "max_unpacked", "subset", "subsets"}
)
"""What a card may change of a mirror without making its files other files;
sums are compared one by one."""


class Sourced(Protocol):
    """What has components: a dataset's card, a part of a model."""

    @property
    def sources(self) -> Mapping[str, Component]: ...


@dataclass(frozen=True)
class FetchJob:
    """The smallest thing that a mirror gives in one go:
    an HTTP file with all that comes out of it, or all it has."""

    mirror: AnyMirror
    """Narrowed to this job."""
    key: str
    """Names the job in the ledger, as far as it was asked for."""
    whole_key: str
    """The same without limit and condition: who has that has everything that `key` names."""

    @property
    def limitable(self) -> bool:
        """Whether its source can stop at a number of clips, without knowing which ones they are."""
        files = getattr(self.mirror, "files", ())
        listed = any(selecting.is_glob(file.path) or file.unpack == "rows" for file in files)
        return self.mirror.kind in CLIPWISE or listed or (self.mirror.kind == "kaggle" and not files)


@dataclass(frozen=True)
class Option:
    """One way to get a component."""

    mirror: AnyMirror
    jobs: tuple[tuple[FetchJob, State], ...]


@dataclass(frozen=True)
class Requirement:
    """A component, and the ways to get it in the order in which they are tried."""

    name: str
    component: Component
    adopted: FetchRecord | None
    """What a user's own files gave."""
    options: tuple[Option, ...]

    def option_in(self, *states: State) -> Option | None:
        """The first option all of whose jobs are in one of the states."""
        return next((option for option in self.options if all(s in states for _, s in option.jobs)), None)


def plan(
    card: Sourced, subsets: Sequence[str], selection: str | None, records: Mapping[str, FetchRecord], stat: Stat
) -> tuple[Requirement, ...]:
    """The requirements of a request, those that want to know the clips last;
    components of other subsets are left out.

    `selection` says in words which clips are wanted; None: all.
    `stat` looks at a file below `files/`.
    """
    requirements: list[Requirement] = []
    for name, component in card.sources.items():
        order = sorted(component.mirrors, key=lambda m: selection is not None and m.kind not in CLIPWISE)
        options = tuple(
            Option(mirror, tuple((job, _state(job, records, stat)) for job in jobs))
            for mirror in order
            if (jobs := list(_jobs(mirror, subsets, selection)))
        )
        own = records.get(adopted_key(name, component, subsets))
        if options:
            adopted = own if own and own.unchanged(stat) else None
            requirements.append(Requirement(name, component, adopted, options))
    return tuple(sorted(requirements, key=_wants_clips))


def _wants_clips(requirement: Requirement) -> bool:
    return any(option.mirror.kind in CLIPWISE for option in requirement.options)


def record_of(job: FetchJob, records: Mapping[str, FetchRecord]) -> FetchRecord | None:
    """What the ledger has of a job: all that it could give, else as far as it was asked for."""
    return records.get(job.whole_key) or records.get(job.key)


def adopted_key(name: str, component: Component, subsets: Sequence[str]) -> str:
    """Names what a user's own files gave, in the ledger:
    for these subsets, if the component differs by subset."""
    mirrors = component.mirrors
    parts = [*mirrors, *(file for mirror in mirrors for file in getattr(mirror, "files", ()))]
    differs = any(getattr(part, "subset", None) for part in parts)
    return f"own files: {name}" + (f" of {','.join(sorted(subsets))}" if differs else "")


def in_play(component: Component, subsets: Sequence[str]) -> bool:
    """Whether a component has anything to give for these subsets."""
    return any(job for mirror in component.mirrors for job in _jobs(mirror, subsets, None))


def describe(mirror: AnyMirror) -> str:
    """A mirror in a few words."""
    match mirror.kind:
        case "http":
            return f"http {host_of(str(mirror.files[0].url))}"
        case "http-clips":
            return f"http-clips {host_of(mirror.url)}"
        case "huggingface":
            return f"huggingface {mirror.repo}"
        case "kaggle":
            return f"kaggle {mirror.dataset}"
        case "composed":
            return f"composed {mirror.composer}"
        case _:
            return mirror.kind


def address_of(mirror: AnyMirror) -> str | None:
    """Where a job's files are, as a person would look for them, without keys; of clips with an address each, their
    template."""
    address = None
    match mirror.kind:
        case "http":
            address = shown(str(mirror.files[0].url))
        case "http-clips":
            address = shown(mirror.url)
        case "huggingface":
            address = f"hf://{mirror.repo_type}s/{mirror.repo}"
        case "kaggle":
            address = f"https://www.kaggle.com/datasets/{mirror.dataset}"
        case "youtube":
            address = "https://www.youtube.com/"
        case "composed":
            settings = ", ".join(f"{key} {value}" for key, value in mirror.settings.items())
            address = f"composer {mirror.composer}" + (f" ({settings})" if settings else "")
    return address


def revision_of(mirror: AnyMirror) -> str | None:
    """The version that a card names of a repository or a set."""
    version = getattr(mirror, "revision", None) or getattr(mirror, "version", None)
    return None if version is None else str(version)


def _jobs(mirror: AnyMirror, subsets: Sequence[str], selection: str | None) -> Iterator[FetchJob]:
    files = [f for f in getattr(mirror, "files", ()) if f.subset is None or f.subset in subsets]
    if mirror.kind in _LISTING and mirror.files and not files:  # type: ignore[union-attr]
        return
    if mirror.kind == "http":
        for file in files:
            single = mirror.model_copy(update={"files": (file.model_copy(update={"subset": None}),)})
            limited = selection if file.unpack == "archive" and not file.keep else None
            yield FetchJob(single, _key(single, limited), _key(single, None))
    elif mirror.kind in CLIPWISE:
        if getattr(mirror, "subset", None) in (None, *subsets):
            named = ",".join(subsets)
            yield FetchJob(mirror, _key(mirror, f"{named} {selection}"), _key(mirror, f"{named} {None}"))
    elif mirror.kind == "composed":
        if not mirror.subsets or set(mirror.subsets) & set(subsets):
            yield FetchJob(mirror, _key(mirror, selection), _key(mirror, None))
    else:
        update = {"files": tuple(f.model_copy(update={"subset": None}) for f in files)} if files else {}
        narrowed = mirror.model_copy(update=update)
        yield FetchJob(narrowed, _key(narrowed, selection), _key(narrowed, None))


def _key(mirror: AnyMirror, selection: str | None) -> str:
    content = json.dumps([_lasting(mirror.model_dump(mode="json")), selection], sort_keys=True)
    return f"{describe(mirror)} {hashlib.sha256(content.encode()).hexdigest()[:20]}"


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(item) for key, item in value.items() if key not in _VOLATILE}
    return [_lasting(item) for item in value] if isinstance(value, list) else value


def _state(job: FetchJob, records: Mapping[str, FetchRecord], stat: Stat) -> State:
    record = record_of(job, records)
    if record is None:
        return "missing"
    if not record.unchanged(stat) or _differs(job, record):
        return "stale"
    return "incomplete" if record.failures else "present"


def _differs(job: FetchJob, record: FetchRecord) -> bool:
    """Whether the card now promises other bytes than those that came."""
    for file in getattr(job.mirror, "files", ()):
        algorithm, _, value = record.sums.get(file.path, "").partition(":")
        promised = expected_checksums(file).get(algorithm, value)
        if value not in ((promised,) if isinstance(promised, str) else promised):
            return True
    return False
