"""`mudata browse`: the collection as pages, from a server or as a folder of files."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import click

from mudata.cli.output import common, echo, emit_json, progress


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Where it listens; at another address than this machine's own loopback whoever reaches it reads.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0: any that is free.")
@click.option(
    "--open/--no-open",
    "open_",
    default=True,
    show_default=True,
    help="Open the first page in a browser, where there is a desktop.",
)
@click.option(
    "--static",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the pages into this folder instead, to be published or read without a server.",
)
@click.option(
    "--clips",
    type=click.IntRange(min=0),
    default=500,
    show_default=True,
    help="With --static: how many clips of each dataset have a page, the first by id.",
)
@click.option(
    "--i-have-rights", is_flag=True, help="With --static: sound goes along even where no licence lets it be passed on."
)
@common
def browse(
    *,
    host: str,
    port: int,
    open_: bool,
    static: Path | None,
    clips: int,
    i_have_rights: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Look at the collection in a browser: datasets, clips, splits, runs.

    Read-only, and without any outside host. Ends with Ctrl+C.

    \b
    mudata browse
    mudata browse --static site --clips 2000
    """
    from mudata.home import Home
    from mudata.web.collection_pages.serve_collection import serve_collection, write_collection

    if static is not None:
        written = write_collection(
            Home.default(), static, clips=clips, i_have_rights=i_have_rights, progress=progress(quiet)
        )
        if as_json:
            emit_json(vars(written))
        else:
            echo(repr(written))
        return

    def ready(address: str) -> None:
        if as_json:
            emit_json({"address": address})
        else:
            echo(f"The collection is at {address} (Ctrl+C ends it).")
        if open_:
            _show(address)

    serve_collection(Home.default(), host, port, ready)


def _show(address: str) -> None:
    """Open a page in the browser of a desktop. Where there is none nothing is tried: xdg-open would fill the screen
    with every program that it does not find, or hand the terminal to a browser of text."""
    if sys.platform in ("darwin", "win32", "cygwin"):
        click.launch(address)
    elif any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")):
        null = subprocess.DEVNULL
        with contextlib.suppress(OSError):  # the address is printed in any case
            subprocess.Popen(["xdg-open", address], stdin=null, stdout=null, stderr=null, start_new_session=True)
