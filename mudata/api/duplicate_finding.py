"""Duplicates as a function: exact copies by their hashes, near ones by ear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.api.arguments import checked
from mudata.deprecations import hide_deprecations
from mudata.home import Home
from mudata.narration import Progress, chosen

if TYPE_CHECKING:
    from mudata.catalog.duplicates.duplicate_search import Duplicates

hide_deprecations()


@checked()
def duplicates(
    *names: str, exact: bool = False, on: str | None = None, progress: Progress | bool | None = None
) -> Duplicates:
    """Clips that are copies of each other, within datasets and across them; label conflicts first.

    Exact copies have equal samples, or are the same part of files with equal bytes. Near ones are found by an acoustic
    fingerprint: coded, louder, trimmed, resampled, mono, or an excerpt of 5 s (docs/duplicates.md has the figures).
    Fingerprints are kept in the home by content; stopped at any moment, the same call goes on. What is found is kept
    for SQL (view `duplicates`), `split` and `leaks`.

    Args:
        names: indexed datasets [default: all].
        exact: exact copies alone; nothing is decoded.
        on: where it is done: 'local', 'ray' (the cluster in RAY_ADDRESS, or the one of this machine) or
            'ray://HOST:PORT' (docs/scale.md) [default: local].
        progress: True, False, or None for what `show_progress` says.

    Returns:
        `.groups` of members with kind, score, offset_s (seconds) and labels; `.unheard`: clips that cannot be compared
        by ear, with the reason (silent, under a second, unchanging, undecodable); `.table()`.

    Raises:
        UnknownName: a dataset that is not indexed.
        Busy: another process looks for duplicates.
        HomeError: nothing can be written.
        ClusterError: there is no such cluster, or one of its machines cannot do the work.
    """
    from mudata.catalog.duplicates.duplicate_search import search
    from mudata.catalog.index import database
    from mudata.catalog.splits.candidates import datasets_of
    from mudata.execution.executor_choice import executor_on

    home, reporter = Home.default(), chosen(progress)
    with database.snapshot(home) as connection:
        datasets = datasets_of(connection, names)
    executor = executor_on(on, home, progress=reporter)
    return search(home, datasets, exact=exact, progress=reporter, executor=executor)
