"""The collection as pages, as a function."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.api.arguments import checked
from mudata.home import Home
from mudata.narration import Progress, chosen

if TYPE_CHECKING:
    from mudata.web.collection_pages.static_site import WrittenSite


@checked()
def browse(
    *,
    host: str = "127.0.0.1",
    port: int = 8765,
    ready: Callable[[str], None] | None = None,
    static: str | Path | None = None,
    clips: int = 500,
    i_have_rights: bool = False,
    progress: Progress | bool | None = None,
) -> WrittenSite | None:
    """The collection as pages, read-only: datasets, clips, splits, runs. They are served until that is interrupted, or
    with `static` written into a folder, to be published or read without a server.

    Args:
        host: where it listens; at another address than this machine's own loopback whoever reaches it reads.
        port: 0 is any that is free.
        ready: told the address once pages are served; without it the address is printed.
        static: the folder: empty, not there yet, or one that was written so before, which is brought up to date.
        clips: with `static`: how many clips of each dataset have a page, the first by id.
        i_have_rights: with `static`: sound goes along even where no licence lets it be passed on.
        progress: who is told what is being written.

    Returns:
        With `static` what was written: pages, sounds, why sound was withheld, clips left out, what failed.

    Raises:
        MissingExtra: the extra `browse` is not installed.
        EvaluationError: nothing can be served at this address, or the folder holds other things.
        HomeError: the index is damaged, or the folder cannot be written.
    """
    from mudata.web.collection_pages.serve_collection import serve_collection, write_collection

    if static is not None:
        folder, told = Path(static), chosen(progress)
        return write_collection(Home.default(), folder, clips=clips, i_have_rights=i_have_rights, progress=told)
    serve_collection(Home.default(), host, port, ready or print)
    return None
