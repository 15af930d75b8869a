"""What is known to be wrong with clips, and what is right instead: the card's `faults`, and files of the user's own.

The raw data stays as it is. `action` says what splits and evaluations do with such a clip unless they are told
otherwise (`--faults`), `repair` what `--faults repair` and the tables `repaired_...` have in place of what was
published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, PositiveFloat, model_validator

from mudata.catalog.cards.strict_model import Extended, Name, Strict, Texts
from mudata.catalog.cards.vocabulary import canonical

if TYPE_CHECKING:
    from mudata.catalog.cards.labels import LabelSpace

Place = tuple[int | str, ...]
"""Keys and numbers that lead to a value of a YAML file."""

FACTS = ("artist", "album", "track", "title")
"""Columns of `clips` that a repair may have."""


class Repair(Strict):
    """What is right instead. Whatever it does not name stays as it was published.

    `labels` has all right labels by namespace, none where the list is empty. `start_s` and `end_s` are seconds of the
    clip as it is indexed: only what lies between them is worth hearing. `duplicate_of` is the id of the clip that this
    one repeats, which stands for both.
    """

    labels: dict[Name, Texts] = {}
    artist: str | None = None
    album: str | None = None
    track: str | None = None
    title: str | None = None
    start_s: Annotated[float, Field(ge=0)] | None = None
    end_s: PositiveFloat | None = None
    duplicate_of: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_dump(exclude_defaults=True):
            raise ValueError(f"a repair wants one of: labels, {', '.join(FACTS)}, start_s, end_s, duplicate_of")
        if self.end_s is not None and self.end_s <= (self.start_s or 0):
            raise ValueError("end_s has to be later than start_s")
        return self


class Fault(Extended):
    """A known defect of some clips, with who found it."""

    LATER = frozenset({"repair"})

    ids: Texts
    kind: Literal[
        "corrupt", "duplicate", "mislabelled", "distorted", "too-short", "wrong-metadata", "no-audio", "disputed"
    ]
    action: Literal["drop", "warn"]
    note: str
    source: str
    repair: Repair | None = None

    @model_validator(mode="after")
    def _no_copy_of_itself(self) -> Self:
        if self.repair and self.repair.duplicate_of in self.ids:
            raise ValueError(f"{self.repair.duplicate_of} cannot be a duplicate of itself")
        return self


class FaultOverlay(Strict):
    """A file of the user's own: faults that the card does not know, or knows otherwise."""

    faults: tuple[Fault, ...]


def rows(faults: Sequence[Fault], spaces: Mapping[str, LabelSpace]) -> list[dict[str, str | None]]:
    """A row for each clip of each fault: id, kind, action, note, source, repair (JSON, labels as canonical ids)."""
    return [
        {
            "id": id_,
            "kind": fault.kind,
            "action": fault.action,
            "note": fault.note,
            "source": fault.source,
            "repair": _repair(fault.repair, spaces),
        }
        for fault in faults
        for id_ in fault.ids
    ]


def _repair(repair: Repair | None, spaces: Mapping[str, LabelSpace]) -> str | None:
    if repair is None:
        return None
    said: dict[str, Any] = repair.model_dump(mode="json", exclude_defaults=True)
    if repair.labels:
        meant = {name: canonical(space) for name, space in spaces.items()}
        said["labels"] = {
            name: [(meant[name](label) if name in meant else None) or label for label in labels]
            for name, labels in repair.labels.items()
        }
    return json.dumps(said, sort_keys=True, ensure_ascii=False)


def misplaced(faults: Sequence[Fault], spaces: Mapping[str, LabelSpace]) -> Iterator[tuple[Place, str]]:
    """What repairs say that the card's labels do not allow, with its place below `faults`."""
    for number, fault in enumerate(faults):
        for name, labels in fault.repair.labels.items() if fault.repair else ():
            place = (number, "repair", "labels", name)
            if name not in spaces:
                known = ", ".join(spaces) or "none"
                yield place, f"the card has no labels of that namespace (it has: {known})"
                continue
            space = spaces[name]
            yield from (
                (place, f"{label!r} is not in the vocabulary") for label in labels if not canonical(space)(label)
            )
            if space.kind == "single" and len(labels) > 1:
                yield place, f"a clip has one {name} only; got {', '.join(labels)}"


def contradictions(own: Sequence[Fault], published: Sequence[Fault] = ()) -> Iterator[tuple[Place, str]]:
    """Where entries of a user's file say different things of one clip, or make clips copies of each other in a circle,
    with those of the card that they do not replace; with the place below `faults`."""
    replaced = {(id_, fault.kind) for fault in own for id_ in fault.ids}
    original = {id_: of for id_, kind, of in _copies(published) if (id_, kind) not in replaced}
    original |= {id_: of for id_, _, of in _copies(own)}
    said: dict[tuple[str, str, Place], Any] = {}
    for number, fault in enumerate(own):
        for id_ in fault.ids:
            for kind, place, value in _facts(fault):
                known = said.setdefault((id_, kind, place), value)
                if known != value:
                    yield (number, *place), f"an entry before says {_told(known)} of {id_}, this one {_told(value)}"
            circle = [id_]
            while (after := original.get(circle[-1])) and after not in circle:
                circle.append(after)
            if after == id_ and fault.repair and fault.repair.duplicate_of:
                told = " -> ".join([*circle, id_])
                yield (number, "repair", "duplicate_of"), f"a circle, in which no clip stands for the others: {told}"


def _copies(faults: Sequence[Fault]) -> Iterator[tuple[str, str, str]]:
    """Id, kind of the fault, and what the clip is a copy of."""
    for fault in faults:
        if fault.repair and fault.repair.duplicate_of:
            yield from ((id_, fault.kind, fault.repair.duplicate_of) for id_ in fault.ids)


def _facts(fault: Fault) -> Iterator[tuple[str, Place, Any]]:
    """What an entry says of each of its clips: the kind of fault that it is said of ('' for all), place, value."""
    yield fault.kind, ("action",), fault.action
    repair = fault.repair.model_dump(exclude_defaults=True) if fault.repair else {}
    for space, labels in repair.pop("labels", {}).items():
        yield "", ("repair", "labels", space), sorted({label.casefold() for label in labels})
    yield from (("", ("repair", name), value) for name, value in repair.items())


def _told(value: Any) -> str:
    return ", ".join(value) or "none" if isinstance(value, list) else str(value)
