"""The whole of `mudata fetch`: consent, the dataset's lock, files, and what follows from them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mudata.catalog.cards import licences
from mudata.catalog.fetch.fetcher import Request, fetch
from mudata.errors import Busy
from mudata.narration import SILENT, Narrator

if TYPE_CHECKING:
    from mudata.catalog.audio.clip import Flavour
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.ingest import Ingested
    from mudata.home import Home


def get(
    card: Card,
    home: Home,
    request: Request,
    *,
    flavour: Flavour,
    workers: int | None = None,
    narrator: Narrator = SILENT,
) -> Ingested:
    """Fetch a dataset, normalise its clips, and index them; one process at a time per dataset.

    Raises NeedsLicence, and all that `fetch` and `ingest` raise.
    """
    from mudata.catalog.ingest import ingest

    licences.require(card, home, accept=request.accept_licence, narrator=narrator)
    with alone(home, card.name, narrator):
        fetched = fetch(card, home, request, narrator)
        for note in fetched.notes:
            narrator.say(f"{card.name}: {note}")
        return ingest(card, home, request=request, flavour=flavour, fetched=fetched, workers=workers, narrator=narrator)


@contextlib.contextmanager
def alone(home: Home, name: str, narrator: Narrator) -> Iterator[None]:
    """Hold the lock of a dataset or a model's part; say so if another process has it."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(home.lock(f"fetch-{name}", wait_s=0))
        except Busy:
            narrator.say(f"{name}: waiting for another mudata process")
            stack.enter_context(home.lock(f"fetch-{name}"))
        yield
