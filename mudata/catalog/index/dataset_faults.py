"""The known faults of a dataset, the card's and the user's own: which of their clips are here, and whether the ids that
a user writes can be clips at all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mudata import yaml_files
from mudata.catalog.cards import card_files, fault, fault_overlays
from mudata.catalog.index import database
from mudata.catalog.index.finding import Finding
from mudata.errors import MudataError, some
from mudata.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.catalog.cards.schema import Card
    from mudata.home import Home

COLUMNS = ("origin", "kind", "action", "clips", "here", "usable", "repair", "note", "source")


@dataclass(frozen=True, kw_only=True, repr=False)
class DatasetFaults:
    """Known faults, shown as `mudata faults` prints them."""

    dataset: str
    overlay: Path | None
    """The user's own file."""
    faults: tuple[Mapping[str, Any], ...]
    """One entry for each clip and fault: clip_id, kind, action, note, source, repair (a mapping, or None), origin
    (published, or own, which replaces the published one of that clip and kind), here, usable."""
    findings: tuple[Finding, ...] = ()
    """What is wrong, or worth knowing, of the user's own."""

    @property
    def is_wrong(self) -> bool:
        """Whether the user's own name clips that cannot be."""
        return any(finding.severity == "error" for finding in self.findings)

    def table(self) -> Table:
        """A row for each kind of fault, by who says so and what is done: how many clips, how many of them are here."""
        groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
        for one in self.faults:
            key = (one["origin"], one["kind"], one["action"], ", ".join(one["repair"] or ()), one["source"])
            groups.setdefault(key, []).append(one)
        rows = []
        for (origin, kind, action, repair, source), of in sorted(groups.items(), key=lambda pair: pair[0]):
            notes = Counter(one["note"] for one in of)
            note = next(iter(notes)) if len(notes) == 1 else f"{next(iter(notes))} ... ({len(notes)} notes)"
            counts = {"clips": len(of), "here": sum(o["here"] for o in of), "usable": sum(o["usable"] for o in of)}
            named = {"origin": origin, "kind": kind, "action": action, "repair": repair or None}
            rows.append(named | counts | {"note": note, "source": source})
        return Table(rows, COLUMNS)

    def __repr__(self) -> str:
        lines = self.table().lines() if self.faults else [f"No fault of {self.dataset} is known."]
        return "\n".join([*lines, *map(sentence, self.findings)])


def sentence(finding: Finding) -> str:
    """A finding in one line."""
    return f"{finding.severity}: {finding.where}: expected {finding.expected}, got {finding.got}"


def faults_of(card: Card, home: Home, file: Path | None = None) -> DatasetFaults:
    """What is known of a dataset; `file` is looked at in place of the user's own in the home.

    Raises CardError for a file that cannot be read or does not fit the card, with file and line.
    """
    path = file or fault_overlays.overlay_files(home).get(card.name)
    overlay = fault_overlays.load_overlay(path, card) if path else None
    own = fault.rows(overlay.faults, card.labels) if overlay else []
    replaced = {(row["id"], row["kind"]) for row in own}
    published = [r for r in fault.rows(card.faults, card.labels) if (r["id"], r["kind"]) not in replaced]
    status = _status(home, card)
    told = tuple(
        {
            "clip_id": f"{card.name}/{row['id']}",
            **{key: row[key] for key in ("kind", "action", "note", "source")},
            "repair": json.loads(row["repair"]) if row["repair"] else None,
            "origin": origin,
            "here": status.get(str(row["id"])) in ("ok", "quarantined"),
            "usable": status.get(str(row["id"])) == "ok",
        }
        for origin, rows in (("own", own), ("published", published))
        for row in rows
    )
    findings = (*_misnamed(home), *(_unknown(card, home, path, overlay, set(status)) if path and overlay else ()))
    _refresh(home)
    return DatasetFaults(dataset=card.name, overlay=path, faults=told, findings=findings)


def _misnamed(home: Home) -> Iterator[Finding]:
    """Files among the user's own that are of no dataset, so that they say nothing."""
    known = card_files.files()
    for path in sorted(home.faults.iterdir()) if home.faults.is_dir() else ():
        if not path.name.startswith(".") and (path.suffix != ".yaml" or path.stem not in known):
            yield Finding("misnamed", str(path), "the name of a dataset and .yaml", path.name, "warning")


def _status(home: Home, card: Card) -> dict[str, str]:
    """Status by id of the clips that are indexed."""
    if database.current_generation(home, card.name) is None:
        return {}
    with database.snapshot(home) as connection:
        rows = connection.execute("SELECT clip_id, status FROM clips WHERE dataset = ?", [card.name]).fetchall()
    return {clip_id.partition("/")[2]: status for clip_id, status in rows}


def _unknown(card: Card, home: Home, path: Path, overlay: fault.FaultOverlay, indexed: set[str]) -> Iterator[Finding]:
    """Ids that are not in the index: an error where the dataset has no such clip, else a note that it is not here."""
    named: dict[str, fault.Place] = {}
    for number, one in enumerate(overlay.faults):
        for order, id_ in enumerate(one.ids):
            named.setdefault(id_, ("faults", number, "ids", order))
        if one.repair and one.repair.duplicate_of:
            named.setdefault(one.repair.duplicate_of, ("faults", number, "repair", "duplicate_of"))
    unknown = {id_: place for id_, place in named.items() if id_ not in indexed}
    if not unknown:
        return
    declared = _declared(card, home)
    absent = [id_ for id_ in unknown if declared is None or id_ in declared]
    for id_, place in unknown.items():
        if id_ not in absent:
            near = f"a clip of {card.name}, such as {card.name}/{min(declared or {'?'})}"
            yield Finding("unknown-clip", f"{path}:{yaml_files.line_of(path, place)}", near, repr(id_), "error")
    if absent:
        expected = "clips that are here" if indexed else f"clips of {card.name}, which is not in the index"
        why = "not fetched" if declared is not None else "not fetched, so that nobody can tell whether they exist"
        yield Finding("not-here", str(path), expected, f"{some(absent, 5)}: {why}", "note")


def _declared(card: Card, home: Home) -> set[str] | None:
    """The ids of all clips that the dataset has, by its own tables or since all of it is here; None: not known."""
    files = home.raw(card.name) / "files"
    if not files.is_dir():
        return None
    from mudata.catalog.read.reader import read

    try:
        clips = read(card, files, subset=",".join(card.subsets) or None).clips
    except MudataError:
        return None
    listed = bool(card.clips) and all(rule.select for rule in card.clips)
    expected = card.expected.clips.get("all") or max(card.expected.clips.values(), default=None)
    whole = expected is not None and clips.num_rows >= expected
    return set(clips["id"].to_pylist()) if clips.num_rows and (listed or whole) else None


def _refresh(home: Home) -> None:
    """Make mudata.duckdb anew where the user's own faults were changed since: other programs see them in there."""
    file, folder = home.index / database.DATABASE, home.faults
    if not (file.exists() and folder.is_dir()):
        return
    changed: Sequence[Path] = [folder, *folder.glob("*.yaml")]
    if max(path.stat().st_mtime_ns for path in changed) > file.stat().st_mtime_ns:
        database.rebuild(home)
