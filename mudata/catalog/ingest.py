"""The whole of `mudata fetch`:
consent, the dataset's lock, files, then read -> normalise -> publish."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from mudata.catalog.audio import copies
from mudata.catalog.audio.clip_jobs import jobs
from mudata.catalog.audio.containers import states_no_length
from mudata.catalog.audio.normalise import run
from mudata.catalog.audio.stores import DEFAULT_STORE, Store
from mudata.catalog.cards import licences, loader
from mudata.catalog.fetch.fetcher import fetch
from mudata.catalog.fetch.lock import alone
from mudata.catalog.index import database
from mudata.catalog.index.index_tables import index_tables, licence_of
from mudata.catalog.ingested import Ingested, lacking_of, reasons
from mudata.catalog.read.attribute_labels import with_attribute_labels
from mudata.catalog.read.items_table import items_table
from mudata.catalog.read.reader import NO_TABLE, DatasetContents, Issue, read
from mudata.errors import number
from mudata.memory import require_least
from mudata.narration import SILENT, Progress
from mudata.object_store import location
from mudata.version import __version__

if TYPE_CHECKING:
    from mudata.catalog.audio.clip import AudioFormat
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.fetch.request import Fetched, FetchRequest
    from mudata.home import Home


def get(
    card: Card,
    home: Home,
    request: FetchRequest,
    *,
    audio_format: AudioFormat,
    progress: Progress = SILENT,
) -> Ingested:
    """Fetch a dataset, normalise its clips, and index them; one process at a time per dataset.

    Where machines share a store, what it has of the dataset is taken from there, and what it lacks is published.
    Raises NeedsLicence, MudataError for too little memory, StoreError, and all that `fetch` and `ingest` raise.
    """
    require_least()
    licences.refuse_use(card, request.usage)
    licences.require(card, home, accept=request.accept_licence, progress=progress)
    make = partial(_fetched_and_indexed, card, home, request=request, audio_format=audio_format, progress=progress)
    if not location.is_wanted() or request.offline:
        with alone(home, card.name, progress), location.disconnected():
            return make()
    from mudata.catalog.sharing.shared_fetch import shared_fetch
    from mudata.object_store.local_cache import make_room

    with alone(home, card.name, progress):
        ingested = shared_fetch(card, home, request, audio_format=audio_format, make=make, progress=progress)
    make_room(home)
    return ingested


def _fetched_and_indexed(
    card: Card, home: Home, *, request: FetchRequest, audio_format: AudioFormat, progress: Progress
) -> Ingested:
    fetched = fetch(card, home, request, progress)
    for note in fetched.notes:
        progress.say(f"{card.name}: {note}")
    return ingest(card, home, request=request, audio_format=audio_format, fetched=fetched, progress=progress)


def ingest(
    card: Card,
    home: Home,
    *,
    request: FetchRequest,
    audio_format: AudioFormat,
    fetched: Fetched | None = None,
    progress: Progress = SILENT,
) -> Ingested:
    """Read a dataset's raw files, normalise the clips that `request` asks for, and index them.

    A clip without a file is indexed, as missing, if it was asked for (by subset, where, limit or use, or by an exam),
    `fetched` says why it could not be had, or no clip at all is here: what tables tell (captions,
    labels) can then be asked for, and answers from elsewhere scored. The dataset's former rows are
    replaced.

    Raises what `reader.read`, `normalise.run` and `index.publish` raise.
    """
    files = home.raw(card.name) / "files"
    with progress.bar(f"{card.name}: reading", unit=""):
        asked = {key: getattr(request, key) for key in ("subset", "where", "limit", "usage")}
        reading = read(card, files, **asked, loose=True)
    paths = reading.clips["path"].to_pylist()
    here = pa.array([path is not None and (files / path).is_file() for path in paths], pa.bool_())
    words = pc.equal(reading.clips["kind"], "text")
    known = database.current_generations(home).get(card.name)
    store: Store = request.store or (known.about.get("store", "flac") if known else DEFAULT_STORE)
    target = home.clips(card.name, audio_format.name)
    made = run(
        jobs(card, reading.clips.filter(here)),
        files=files,
        target=target,
        audio_format=audio_format,
        store=store,
        executor=request.executor,
        progress=progress,
    )
    selection = {key: value for key, value in asked.items() if value is not None}
    absent = reading.clips.filter(pc.invert(pc.or_(here, words)))["id"].to_pylist()
    # the items of an exam are as many whatever of it is here
    asked_for = bool(selection) or card.exam is not None or len(absent) == reading.clips.num_rows
    gone = _gone(absent, fetched.failures if fetched else {}, asked_for)
    tables = index_tables(card, home, reading, made, gone=gone, audio_format=audio_format, store=store)
    tables["labels"], unlisted = with_attribute_labels(card, tables["labels"], tables["attributes"])
    indexed = dict(zip(*(tables["clips"][name].to_pylist() for name in ("clip_id", "duration_s")), strict=True))
    tables["items"], unasked = items_table(card, reading.items, attributes=tables["attributes"], clips=indexed)
    valueless = _valueless(tables["attributes"])
    issues = (*reading.issues, *_untold(reading, fetched), *valueless, *_lengthless(made), *unlisted, *unasked)
    clips = tables["clips"].select(["clip_id", "status", "reason"]).to_pylist()
    counts = Counter(clip["status"] for clip in clips)
    subset = request.subset or card.default_subset
    declared = card.expected.clips.get(subset or "all", reading.clips.num_rows)
    tables["datasets"] = pa.Table.from_pylist(
        [
            {
                "dataset": card.name,
                "title": card.title,
                "tags": list(card.tags),
                "licence": licence_of(card),
                "usage": card.licence.usage,
                "card_sha256": loader.sha256(card),
                "flavour": audio_format.name,
                "subset": subset,
                "declared": declared,
                "fetched": counts["ok"] + counts["quarantined"],
                "usable": counts["ok"],
                "indexed_at": datetime.now(UTC),
                "mudata_version": __version__,
            }
        ]
    )
    lacking = lacking_of(declared, request, len(clips))
    wish = request.partial if request.partial is not None else bool(known and known.about["selection"].get("partial"))
    partial = wish and (lacking > 0 or any(issue.kind == NO_TABLE for issue in reading.issues))
    if partial:
        selection["partial"] = True
    before = known.folder if known else None
    with progress.bar(f"{card.name}: indexing", unit=""):
        told = [vars(issue) for issue in issues]
        after = database.publish(
            home, card.name, tables, selection=selection, issues=told, item_files=reading.item_files
        )
    return Ingested(
        dataset=card.name,
        declared=declared,
        fetched=counts["ok"] + counts["quarantined"],
        usable=counts["ok"],
        quarantined=reasons(clips, "quarantined"),
        missing=reasons(clips, "missing"),
        issues=issues,
        generation=after,
        audio_format=audio_format.name,
        unchanged=before == after,
        lacking=lacking,
        partial=partial,
        store=store,
        freed_bytes=copies.free(target).bytes if store == "reference" else 0,  # after nobody asks for them any more
    )


def _gone(absent: list[str], failures: Mapping[str, str], asked: bool) -> dict[str, str]:
    """Why clips that should be here are not:
    reason by id, for the absent ones that are to be indexed."""
    reasons = {}
    for id_ in absent:
        if why := failures.get(id_):
            reasons[id_] = why if re.match(r"[a-z][a-z_-]*: ", why) else f"not_fetched: {why}"
        elif asked:
            reasons[id_] = "absent: the file is not there"
    return reasons


def _untold(reading: DatasetContents, fetched: Fetched | None) -> list[Issue]:
    """What could not be had and is no clip by its id, such as rows of a shard without audio."""
    clips = set(reading.clips["id"].to_pylist())
    failures = fetched.failures if fetched else {}
    return [Issue("not-had", name, why) for name, why in sorted(failures.items()) if name not in clips]


def _valueless(attributes: pa.Table) -> list[Issue]:
    """Which MIDI files write what is no value (`..._reason`, see `symbolic.midi`), by attribute."""
    told: dict[str, list[tuple[str, str]]] = {}
    for row in attributes.filter(pc.ends_with(attributes["name"], "_reason")).to_pylist():
        told.setdefault(row["name"].removesuffix("_reason"), []).append((row["clip_id"], row["value"]))
    return [
        Issue("no-value", f"attributes.{name}", f"{number(len(rows), 'clip')}, such as {rows[0][0]}: {rows[0][1]}")
        for name, rows in sorted(told.items())
    ]


def _lengthless(made: pa.Table) -> list[Issue]:
    """Clips of files that state no length, so that nobody can tell whether they are whole."""
    ok = made.filter(pc.equal(made["status"], "ok")).select(["id", "source_format"]).to_pylist()
    told = [(c["id"], kind) for c in ok if states_no_length(kind := str(c["source_format"]).partition("/")[0])]
    if not told:
        return []
    kinds = ", ".join(sorted({kind for _, kind in told}))
    what = f"{number(len(told), 'clip')}, such as {told[0][0]}: length not stated by the file ({kinds}); one that was"
    return [Issue("no-length", "clips", f"{what} cut between two frames cannot be told from a whole one")]
