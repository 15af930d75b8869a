"""`mudata listen serve`: the pages of raters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from mudata.cli import name_completion
from mudata.cli.output import common, echo, emit, emit_json, progress
from mudata.home import Home


@click.command()
@click.argument("test", shell_complete=name_completion.listening_tests)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of this machine to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: any that is free.")
@click.option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="NAME",
    help="A name by which raters reach this through a proxy; their links have the first, with https.",
)
@click.option(
    "--static",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Serve nothing: write a zip for each rater here, whose page works without a network.",
)
@click.option("--i-have-rights", is_flag=True, help="With --static: pass on clips whose licence does not allow it.")
@click.option("--links/--no-links", default=True, show_default=True, help="Print each rater's link.")
@common
def serve(
    test: str,
    *,
    host: str,
    port: int,
    allow_hosts: tuple[str, ...],
    folder: Path | None,
    i_have_rights: bool,
    links: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Serve a listening test to its raters, until Ctrl-C.

    Prints a link for each rater (they are in links.json, too). A link is the only key: whoever has one rates in that
    rater's place. Answers are on the disk before the next page is shown; raters go on where they were, also after
    this was stopped or killed.

    Only this machine reaches it, unless --host names another address. Then links and answers cross the network as
    plain HTTP: put a proxy with TLS before it, and give the name that raters use with --allow-host.

    With --static raters get a zip each, by whatever way: they unpack it, open index.html, rate, and send back the file
    that it saves, which `mudata listen import` takes.

    \b
    mudata listen serve captions
    mudata listen serve captions --static to-send
    mudata listen serve captions --allow-host listen.example.org
    """
    from mudata.web.rating_pages.rating_service import serve_test

    say = progress(quiet)
    if folder is not None:
        from mudata.web.rating_pages.rater_bundle import write_bundles

        paths = write_bundles(Home.default(), test, folder, i_have_rights=i_have_rights, progress=say)
        rows = [{"rater": path.stem.removeprefix("listening-"), "file": str(path)} for path in paths]
        emit(rows, as_json=as_json)
        say.say(f"Next, with the files that raters send back: mudata listen import {test} FILE...")
        return
    if i_have_rights:
        raise click.UsageError("--i-have-rights goes with --static: who serves a test gives no copies away.")

    def ready(address: str, by_rater: Mapping[str, str]) -> None:
        if as_json:
            emit_json({"address": address, "links": dict(by_rater) if links else None})
        elif links:
            emit([{"rater": rater, "link": link} for rater, link in by_rater.items()], as_json=False)
        else:
            echo(address)
        say.say(f"Serving {test} at {address}. Ctrl-C stops it.")

    served = serve_test(Home.default(), test, host=host, port=port, allow_hosts=allow_hosts, ready=ready, progress=say)
    say.say(f"Stopped: {served} The same command goes on from here.")
