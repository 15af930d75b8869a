"""`mudata browse`: the collection as pages."""

from __future__ import annotations

import click

from mudata.cli.output import echo


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at; others than this machine's own loopback let the network read.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0: any that is free.")
@click.option("--open/--no-open", "open_", default=True, show_default=True, help="Open the first page in a browser.")
def browse(*, host: str, port: int, open_: bool) -> None:
    """Look at the collection in a browser: datasets, clips, splits, runs.

    Read-only, and without any outside host. Ends with Ctrl+C.
    """
    from mudata.home import Home
    from mudata.web.collection_pages.serve_collection import serve_collection

    def ready(address: str) -> None:
        echo(f"The collection is at {address} (Ctrl+C ends it).")
        if open_:
            click.launch(address)

    serve_collection(Home.default(), host, port, ready)
