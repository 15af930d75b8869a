"""Serves the pages of a home's collection until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mudata.web.page_server import is_loopback, require_extra, serve
from mudata.web.security import LOOPBACK

if TYPE_CHECKING:
    from mudata.home import Home


def serve_collection(home: Home, host: str, port: int, ready: Callable[[str], None]) -> None:
    """`host`, `port`, `ready` as `page_server.serve` has them. At an address that others reach it is asked by any name.

    Raises MissingExtra, EvaluationError.
    """
    require_extra("Browsing", "browse", "matplotlib")
    from mudata.web.collection_pages.collection_app import application

    serve(application(home, LOOPBACK if is_loopback(host) else ["*"], warm=True), host, port, ready)
