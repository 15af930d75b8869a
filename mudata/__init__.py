"""mudata: what do foundation models understand of music?

The names below are loaded when they are first used, so that `import mudata` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mudata.catalog.index.registered_views import register
from mudata.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mudata.api import cards, evaluate, fetch, import_answers, score, split, sql, verify
    from mudata.catalog.index.registered_views import RegisteredView

_WHERE = dict.fromkeys(
    ("cards", "evaluate", "fetch", "import_answers", "score", "split", "sql", "verify"), "mudata.api"
)

__all__ = ["__version__", "cards", "evaluate", "fetch", "import_answers", "score", "split", "sql", "verify"]


def _run_views() -> Mapping[str, RegisteredView]:
    from mudata.evaluation.run_views import VIEWS

    return VIEWS


register(_run_views)  # here, since the command line, Python and worker processes all come this way


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'mudata' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
