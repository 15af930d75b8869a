"""Sources without a host: what mudata composes itself, and what only the user can bring."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mudata.catalog.fetch.sources.source import FetchResult, Target
from mudata.errors import FetchError

if TYPE_CHECKING:
    from mudata.catalog.cards.mirrors import ComposedMirror, LocalMirror
    from mudata.narration import Progress

COMPOSERS: dict[str, str] = {
    "demo": "mudata.catalog.demo.dataset:compose",
    "exam": "mudata.catalog.compose.exam_files:compose",
}
"""Name of a composer -> function (files, Progress, Executor, **settings) -> paths; imported when needed."""


def compose(mirror: ComposedMirror, target: Target, progress: Progress) -> FetchResult:
    """Let a composer write its files below `target.files`; what is there is kept."""
    if mirror.composer not in COMPOSERS:
        raise FetchError(f"there is no composer {mirror.composer!r}.", f"There are: {', '.join(COMPOSERS)}.")
    module, _, function = COMPOSERS[mirror.composer].partition(":")
    composer = getattr(import_module(module), function)
    return FetchResult(tuple(composer(target.files, progress, target.executor, **mirror.settings)), 0)


def by_hand(mirror: LocalMirror, _target: Target, _progress: Progress) -> FetchResult:
    """Nothing can be downloaded: raises FetchError, which says how to come by the data."""
    raise FetchError(mirror.how)
