"""`mudata why`: where a clip came from, step by step, what was made of it, and what rests on it.

From the source down to the runs that asked about it. What an older version did not keep is said to be not known, never
guessed.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from mudata.catalog.audio.original import Original
from mudata.catalog.cards import card_files, loader
from mudata.catalog.fetch.ledger import Ledger, stat_below
from mudata.catalog.fetch.own_files import is_own
from mudata.catalog.index import database
from mudata.catalog.read.files import match_all, table_files, walk
from mudata.errors import AudioError, HomeError, number
from mudata.object_store.local_cache import shared_file

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from mudata.catalog.cards.schema import Card
    from mudata.catalog.fetch.ledger import FetchRecord
    from mudata.home import Home

NOT_KNOWN = "not known"
IN_STORE = "in the store that machines share"
OLDER = "not known: fetched by an older version"


@dataclass(frozen=True)
class ChainLink:
    """One step of a clip's way: its name, and what is known of it, values by name in the order they are told."""

    step: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, repr=False)
class ClipChain:
    """The way of one clip; `print` it, or take its links.

    Steps: source, file, card, selection, clip, decoding, kept; then labels, groups, licence, splits, faults, items and
    runs, where there are any.
    """

    clip_id: str
    links: tuple[ChainLink, ...]

    def __getitem__(self, step: str) -> Mapping[str, Any]:
        """What is known of a step; nothing where the chain does not have it."""
        return next((link.facts for link in self.links if link.step == step), {})

    def record(self) -> dict[str, Any]:
        """As JSON has it: the facts by step."""
        return {"clip_id": self.clip_id} | {link.step: dict(link.facts) for link in self.links}

    def __repr__(self) -> str:
        lines = [self.clip_id]
        for link in self.links:
            told = [
                line
                for name, value in link.facts.items()
                if value not in (None, (), [], {})
                for line in _folded(f"{name}: {_text(value)}")
            ]
            lines += [f"  {link.step if n == 0 else '':10}{line}" for n, line in enumerate(told)]
        return "\n".join(lines)


_WIDTH = 88
"""Characters of a line of facts, as far as it can be folded; with the margin a hundred. Chosen here."""


def _folded(text: str) -> Iterator[str]:
    """A long list in several lines, of which the later ones are indented; nothing but its commas is broken at."""
    line = ""
    for piece in text.split(", "):
        if line and len(line) + len(piece) + 3 > _WIDTH:
            yield line + ","
            line = "  " + piece
        else:
            line = f"{line}, {piece}" if line else piece
    yield line


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(map(_text, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def chain_of(home: Home, clip_id: str) -> ClipChain:
    """Everything that is known of a clip's way. Raises HomeError where no clip of the index has that id."""
    with database.snapshot(home) as connection:
        clip = _row(connection, "SELECT * FROM clips WHERE clip_id = ?", clip_id)
        if clip is None:
            raise HomeError(
                f"No clip named {clip_id!r} in the index.", 'Ids of clips: mudata sql "SELECT clip_id FROM clips"'
            )
        dataset = _row(connection, "SELECT * FROM datasets WHERE dataset = ?", clip["dataset"]) or {}
        card = loader.card_of(clip["dataset"])
        links = [*_origin(home, clip, dataset, card), *_content(home, connection, clip, card)]
    return ClipChain(clip_id, tuple(ChainLink(step, facts) for step, facts in links if facts))


def _row(connection: duckdb.DuckDBPyConnection, query: str, value: str) -> dict[str, Any] | None:
    result = connection.execute(query, [value])
    names = [column[0] for column in result.description or ()]
    row = result.fetchone()
    return None if row is None else dict(zip(names, row, strict=True))


# ---------------------------------------------------------------------------------- where it is from


def _origin(
    home: Home, clip: Mapping[str, Any], dataset: Mapping[str, Any], card: Card | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    name, path = clip["dataset"], clip["source_path"]
    files = home.raw(name) / "files"
    record = _record_of(home, name, path)
    yield "source", _source(record)
    yield "file", _file(files, path, clip, record)
    about = database.current_generations(home)[name].about
    yield "card", _card_facts(name, dataset, card)
    asked = {key: value for key, value in about["selection"].items() if value is not None}
    yield "selection", {"asked for": asked or "all of it", "subset": dataset.get("subset")}
    yield "clip", _extent(clip, card)
    tools = about.get("tools")
    yield (
        "decoding",
        {
            "decoder": clip["decoder"] or (NOT_KNOWN if clip["kind"] == "audio" else None),
            "of": _format(clip),
            "samples sha256": clip["pcm_sha256"],
            "status": clip["status"] if clip["status"] == "ok" else f"{clip['status']}: {clip['reason']}",
            "indexed": (at := dataset.get("indexed_at")) and at.astimezone(UTC).isoformat(timespec="seconds"),
            "tools": tools or f"not known: indexed by mudata {dataset.get('mudata_version')}",
        },
    )
    here = home.root / clip["path"] if clip["path"] else None
    kept = {"store": clip["store"], "path": clip["path"], "rate": clip["sample_rate"] and f"{clip['sample_rate']} Hz"}
    state = None if here is None else "here" if here.is_file() else IN_STORE if shared_file(here) else "gone"
    yield "kept", kept | {"state": state}


def _record_of(home: Home, dataset: str, path: str | None) -> FetchRecord | None:
    """The fetch that a raw file came with: the last that has it as it is, else the last that had it."""
    with contextlib.suppress(HomeError):
        records = Ledger(home.raw(dataset) / "fetched.json").records.values()
        having = sorted((r for r in records if path in r.files), key=lambda record: record.when)
        stat = stat_below(home.raw(dataset) / "files")
        as_it_is = [r for r in having if path and stat(path) == tuple(r.files[path])]
        return next(reversed(as_it_is or having), None)
    return None


def _source(record: FetchRecord | None) -> dict[str, Any]:
    if record is None:
        return {"mirror": "not known: no fetch has this file"}
    return {
        "component": record.component,
        "mirror": record.mirror,
        "address": record.address or (None if is_own(record) else OLDER),
        "revision": record.revision,
        "fetched": f"{record.when} by mudata {record.version}",
    }


def _file(files: Path, path: str | None, clip: Mapping[str, Any], record: FetchRecord | None) -> dict[str, Any]:
    """The raw file, the archive it came out of, and whether it is still what was indexed."""
    if path is None:
        return {}
    archive = None
    if record:
        single = next(iter(record.sums)) if len(record.sums) == 1 and path not in record.sums else None
        archive = record.archives.get(path) or single
    raw = files / path
    state = "as it was indexed"
    try:
        if not raw.exists() and shared_file(raw):
            state = IN_STORE
        else:
            Original(
                path=raw,
                start_s=0.0,
                duration_s=0.0,
                size=clip["source_size"],
                mtime_ns=clip["source_mtime_ns"],
                sha256=clip["source_sha256"],
            ).require_unchanged()
    except AudioError as error:
        state = f"{error.reason}: {error.what}"
    return {
        "archive": archive,
        "archive sum": record.sums.get(archive) if record and archive else None,
        "path": path,
        "sum at the source": record.sums.get(path) if record else None,
        "sha256": clip["source_sha256"],
        "bytes": clip["source_size"],
        "link to": str(raw.readlink()) if raw.is_symlink() else None,
        "state": state,
    }


def _card_facts(name: str, dataset: Mapping[str, Any], card: Card | None) -> dict[str, Any]:
    indexed, now = dataset.get("card_sha256"), loader.sha256(card) if card else None
    path = card_files.files().get(name)
    where = NOT_KNOWN if path is None else "built in" if path.is_relative_to(card_files.BUILT_IN) else str(path)
    return {
        "name": name,
        "sha256": indexed,
        "where": where,
        "since": None if now == indexed else "gone" if now is None else f"changed, now {now}",
    }


def _extent(clip: Mapping[str, Any], card: Card | None) -> dict[str, Any]:
    """Which part of its file the clip is."""
    start, seconds, whole = clip["start_s"] or 0.0, clip["duration_s"], clip["source_duration_s"]
    if seconds is None:
        return {}
    of = f" of {whole:.6g} s" if whole is not None else ""
    crops = {str(rule.crop.model_dump(exclude_none=True)) for rule in card.clips if rule.crop} if card else set()
    return {
        "extent": f"{start:.6g} s to {start + seconds:.6g} s{of}",
        "crop of the card": ", ".join(sorted(crops)) or None,
        "mix": clip["mix"] if (clip["source_channels"] or 1) > 1 else None,
    }


def _format(clip: Mapping[str, Any]) -> str | None:
    if not clip["source_format"]:
        return None
    channels = f", {number(clip['source_channels'], 'channel')}" if clip["source_channels"] else ""
    return f"{clip['source_format']}" + (f", {clip['source_rate']} Hz" if clip["source_rate"] else "") + channels


# ------------------------------------------------------------------------------- what is known of it


def _content(
    home: Home, connection: duckdb.DuckDBPyConnection, clip: Mapping[str, Any], card: Card | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    clip_id = clip["clip_id"]
    tables = _Tables(home, card)
    labels = connection.execute(
        "SELECT namespace, list(DISTINCT name ORDER BY name)"
        " FROM (SELECT namespace, coalesce(canonical, label) AS name FROM labels WHERE clip_id = ?)"
        " GROUP BY namespace ORDER BY namespace",
        [clip_id],
    ).fetchall()
    yield "labels", {name: f"{', '.join(own)} (from {tables.of_labels(name)})" for name, own in labels}
    groups = {key: clip[key] for key in ("artist", "album", "track", "title") if clip[key] is not None}
    yield "groups", groups | ({"from": tables.of_clips()} if groups else {})
    yield "licence", {"text": clip["licence"], "usage": clip["usage"]}
    members = connection.execute(
        "SELECT split, part, origin, sha256 FROM split_members JOIN (SELECT DISTINCT split, sha256 FROM splits)"
        " USING (split) WHERE clip_id = ? ORDER BY origin DESC, split",
        [clip_id],
    ).fetchall()
    yield (
        "splits",
        {n: f"{part} ({origin}{f', sha256 {sha256[:12]}' if sha256 else ''})" for n, part, origin, sha256 in members},
    )
    yield "faults", _faults(connection, clip_id)
    items = connection.execute(
        "SELECT task, count(*) FROM items WHERE list_contains(clips, ?) GROUP BY task ORDER BY task", [clip_id]
    ).fetchall()
    yield "items", {task: number(count, "question") for task, count in items}
    runs = connection.execute(
        "SELECT run, model, split, task FROM runs"
        " WHERE run IN (SELECT run FROM questions WHERE list_contains(clips, ?)) ORDER BY created_at, run",
        [clip_id],
    ).fetchall()
    yield "runs", {run: f"{model}, {task} of split {split}" for run, model, split, task in runs}


def _faults(connection: duckdb.DuckDBPyConnection, clip_id: str) -> dict[str, Any]:
    rows = connection.execute(
        "SELECT kind, action, origin, note, source, repair FROM faults WHERE clip_id = ? ORDER BY ALL", [clip_id]
    ).fetchall()
    found: dict[str, Any] = {}
    for kind, action, origin, note, source, repair in rows:
        right = f"; right is: {_text(json.loads(repair))}" if repair else ""
        found[kind] = f"{action} ({origin}): {note} [{source}]{right}"
    if found and not connection.execute("SELECT 1 FROM repaired_clips WHERE clip_id = ?", [clip_id]).fetchone():
        found["with --faults repair"] = "left out"
    return found


class _Tables:
    """Which tables of a card its SQL reads, with their files and what is known of their bytes."""

    def __init__(self, home: Home, card: Card | None) -> None:
        self._card = card
        self._files: dict[str, list[str]] = {}
        self._sums: dict[str, str] = {}
        if card is None:
            return
        raw = home.raw(card.name)
        entries = walk(raw / "files") if (raw / "files").is_dir() else []
        self._files = {
            name: [path for path, _, _ in match_all(entries, (table.path,))]
            for name, table in table_files(card).items()
        }
        with contextlib.suppress(HomeError):
            for record in Ledger(raw / "fetched.json").records.values():
                self._sums |= record.sums

    def of_labels(self, namespace: str) -> str:
        space = self._card.labels.get(namespace) if self._card else None
        if space is None:
            return "a card that is gone"
        if space.part:
            return f"{{{space.part}}} of the file's path"
        if space.attribute:
            return f"the attribute {space.attribute}"
        return self._told(space.select or "")

    def of_clips(self) -> str:
        rules = self._card.clips if self._card else ()
        selects = [rule.select for rule in rules if rule.select]
        return self._told(" ".join(selects)) if selects else "the file's path"

    def _told(self, select: str) -> str:
        used = [name for name in self._files if re.search(rf"\b{re.escape(name)}\b", select)]
        files = {name: ", ".join(map(self._with_sum, self._files[name][:3])) or "not here" for name in used}
        return "; ".join(f"table {name}: {told}" for name, told in files.items()) or "the card's SQL"

    def _with_sum(self, path: str) -> str:
        return f"{path} ({self._sums[path]})" if path in self._sums else path
