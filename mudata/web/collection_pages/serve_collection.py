"""The pages of a home's collection, from a server or as a folder of files, where what is needed for it is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mudata.web.page_server import is_loopback, require_extra, serve
from mudata.web.security import LOOPBACK

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.home import Home
    from mudata.narration import Progress
    from mudata.web.collection_pages.static_site import WrittenSite


def serve_collection(home: Home, host: str, port: int, ready: Callable[[str], None]) -> None:
    """`host`, `port`, `ready` as `page_server.serve` has them. At an address that others reach it is asked by any name.

    Raises MissingExtra, EvaluationError.
    """
    require_extra("Browsing", "browse", "matplotlib")
    from mudata.web.collection_pages.collection_app import application

    app = application(home, LOOPBACK if is_loopback(host) else ["*"], warm=True)
    try:
        serve(app, host, port, ready)
    finally:
        app.state.close()


def write_collection(home: Home, folder: Path, *, clips: int, i_have_rights: bool, progress: Progress) -> WrittenSite:
    """As `static_site.write_site`. Raises MissingExtra besides."""
    require_extra("Browsing", "browse", "matplotlib")
    from mudata.web.collection_pages.static_site import write_site

    return write_site(home, folder, clips=clips, i_have_rights=i_have_rights, progress=progress)
