"""The whole of `mudata fetch`: consent, the dataset's lock, files, and what follows from them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mudata.catalog.cards import licences
from mudata.catalog.fetch.fetcher import FetchRequest, fetch
from mudata.errors import Busy
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.catalog.audio.clip import AudioFormat
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.ingest import Ingested
    from mudata.home import Home


def get(
    card: Card,
    home: Home,
    request: FetchRequest,
    *,
    flavour: AudioFormat,
    workers: int | None = None,
    progress: Progress = SILENT,
) -> Ingested:
    """Fetch a dataset, normalise its clips, and index them; one process at a time per dataset.

    Raises NeedsLicence, and all that `fetch` and `ingest` raise.
    """
    from mudata.catalog.ingest import ingest

    licences.require(card, home, accept=request.accept_licence, progress=progress)
    with alone(home, card.name, progress):
        fetched = fetch(card, home, request, progress)
        for note in fetched.notes:
            progress.say(f"{card.name}: {note}")
        return ingest(card, home, request=request, flavour=flavour, fetched=fetched, workers=workers, progress=progress)


@contextlib.contextmanager
def alone(home: Home, name: str, progress: Progress) -> Iterator[None]:
    """Hold the lock of a dataset or a model's part; say so if another process has it."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(home.lock(f"fetch-{name}", wait_s=0))
        except Busy:
            progress.say(f"{name}: waiting for another mudata process")
            stack.enter_context(home.lock(f"fetch-{name}"))
        yield
