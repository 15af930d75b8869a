"""A listening test and its raters: served to them, written as files for them, and what they take back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.api.arguments import checked, many
from mudata.deprecations import hide_deprecations
from mudata.home import Home
from mudata.narration import Progress, chosen

if TYPE_CHECKING:
    from mudata.evaluation.listening.withdrawal import Withdrawal
    from mudata.web.rating_pages.rating_service import ServedRatings

hide_deprecations()


@checked()
def serve_listening_test(
    test: str,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    allow_hosts: str | Sequence[str] = (),
    ready: Callable[[str, Mapping[str, str]], None] | None = None,
    progress: Progress | bool | None = None,
) -> ServedRatings:
    """Serve a listening test to its raters, until SIGINT or SIGTERM; gives what came in so far.

    Answers are on the disk before a rater sees the next page. Served again, raters go on where they were.

    Args:
        test: its name.
        host: address of this machine to listen at; loopback unless told otherwise. Others reach a plain HTTP server:
            put a proxy with TLS before it.
        port: 0: any that is free.
        allow_hosts: names by which raters reach it through a proxy; their links have the first, with https.
        ready: called with the address, and the links by rater, once raters can come.
        progress: True, False, or None for what `show_progress` says.

    Raises:
        UnknownName: there is no such test.
        Busy: it is being served.
        EvaluationError: a file of it is missing or damaged; or the address is not of this machine, or its port taken.
        MissingExtra.
    """
    from mudata.web.rating_pages.rating_service import serve_test

    told = ready or (lambda address, links: None)
    hosts, reporter = many(allow_hosts), chosen(progress)
    return serve_test(Home.default(), test, host=host, port=port, allow_hosts=hosts, ready=told, progress=reporter)


@checked()
def withdraw_rater(test: str, rater: str) -> Withdrawal:
    """Delete all that a rater said, and results that were made of it. The rater's link begins with consent again.

    Args:
        test: its name.
        rater: the code that the rater's pages show, such as 'r07'.

    Raises:
        UnknownName: there is no such test, or no such rater in it.
        EvaluationError: the ratings cannot be read or written.
    """
    from mudata.evaluation.listening.withdrawal import withdraw

    return withdraw(Home.default(), test, rater)


@checked()
def bundle_listening_test(
    test: str, folder: str | Path, *, i_have_rights: bool = False, progress: Progress | bool | None = None
) -> list[Path]:
    """Write a listening test as files: a zip for each rater, whose page works without a network. `import_ratings` takes
    the files that raters save and send back.

    Args:
        test: its name.
        folder: where zips are put.
        i_have_rights: pass on clips whose licence does not allow it.
        progress: True, False, or None for what `show_progress` says.

    Returns:
        The zips, in the order of raters.

    Raises:
        UnknownName: there is no such test.
        EvaluationError: a file of it is missing or damaged, or clips may not be passed on.
        HomeError: the folder cannot be written.
        MissingExtra.
    """
    from mudata.web.rating_pages.rater_bundle import write_bundles

    place, reporter = Path(folder).expanduser(), chosen(progress)
    return write_bundles(Home.default(), test, place, i_have_rights=i_have_rights, progress=reporter)
