"""`mudata fetch` where machines share a store: what it has is taken from there, what is made here is published."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mudata.catalog.cards import loader
from mudata.catalog.index import database, shared_index
from mudata.catalog.index.namesakes import require_same
from mudata.catalog.ingested import of_index
from mudata.catalog.sharing.publish import publish, require_writable
from mudata.catalog.sharing.take import bring_all, is_all_here, is_current, lacking
from mudata.object_store import location, shared_files
from mudata.object_store.location import StoreError

if TYPE_CHECKING:
    from mudata.catalog.audio.clip import AudioFormat
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.fetch.request import FetchRequest
    from mudata.catalog.ingested import Ingested
    from mudata.home import Home
    from mudata.narration import Progress


def shared_fetch(
    card: Card,
    home: Home,
    request: FetchRequest,
    *,
    audio_format: AudioFormat,
    make: Callable[[], Ingested],
    progress: Progress,
) -> Ingested:
    """As `make` (fetch and index), with the store: where it has just what is asked for, nothing is downloaded or
    decoded, and clips come when they are heard. Where it has the dataset in another way, all its files are brought
    here, `make` goes on from them, and the result is published.

    Wants the dataset's lock. Raises what `make` raises; StoreError, where the store cannot be written: then what was
    made is here.
    """
    shared = shared_files.store()
    if shared is not None and (record := shared_files.read_record(shared, card.name)):
        require_same(home, shared, record)
    gone = lacking(home, card.name)
    if gone == [] and shared is not None and (ingested := _answer(card, home, request, audio_format)):
        progress.say(f"{card.name}: as {shared.url} has it; nothing is downloaded before it is heard")
        return ingested
    with shared_index.left_alone(card.name):
        require_writable()
        damaged = set()
        if gone is not None:
            damaged = bring_all(home, card.name, gone, copies=request.store != "reference", progress=progress)
        with location.disconnected():  # what could be had of it is here; the rest its hosts may have
            ingested = make()
        try:
            publish(home, card.name, damaged=damaged, progress=progress)
        except StoreError as error:
            what = f"{card.name} is indexed here, but not published: {error.what}"
            raise StoreError(what, error.hint) from error
    return ingested


def _answer(card: Card, home: Home, request: FetchRequest, audio_format: AudioFormat) -> Ingested | None:
    """What the store has, if it is what a fetch would make of this request."""
    generation = database.current_generations(home).get(card.name)
    if generation is None or request.origin or not is_current(home, card.name):
        return None
    asked = {key: getattr(request, key) for key in ("subset", "where", "limit", "usage")}
    selection = dict(generation.about["selection"])
    partial = bool(selection.pop("partial", False))
    with database.snapshot(home) as connection:
        row = connection.execute("SELECT card_sha256 FROM datasets WHERE dataset = ?", [card.name]).fetchone()
    ingested = of_index(home, card.name, generation, request)
    same = (
        {key: value for key, value in asked.items() if value is not None} == selection
        and request.partial in (None, partial)
        and request.store in (None, ingested.store)
        and ingested.audio_format == audio_format.name
        and row == (loader.sha256(card),)
    )
    return ingested if same and not (_is_unfinished(ingested) and is_all_here(home, card.name)) else None


def _is_unfinished(ingested: Ingested) -> bool:
    """Whether a fetch that is repeated tries again: something could not be had, or could not be decoded for want of an
    extra or of memory. Who has no file of it takes it as it is."""
    again = any(why.startswith(("unsupported:", "crashed:")) for _, why in ingested.quarantined)
    return bool(ingested.missing) or again or (ingested.is_incomplete and not ingested.partial)
