"""The collection as pages, as a function."""

from __future__ import annotations

from collections.abc import Callable

from mudata.api.arguments import checked
from mudata.home import Home


@checked()
def browse(
    *,
    host: str = "127.0.0.1",
    port: int = 8765,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the collection as pages, read-only, until it is interrupted: datasets, clips, splits, runs.

    Args:
        host: where it listens; at another address than this machine's own loopback whoever reaches it reads.
        port: 0 is any that is free.
        ready: told the address once pages are served; without it the address is printed.

    Raises:
        MissingExtra: the extra `browse` is not installed.
        EvaluationError: nothing can be served at this address.
    """
    from mudata.web.collection_pages.serve_collection import serve_collection

    serve_collection(Home.default(), host, port, ready or print)
