"""mudata: what do foundation models understand of music?

The names below are loaded when they are first used, so that `import mudata` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from mudata.api import cards, evaluate, fetch, import_answers, score, split, sql, verify

_WHERE = dict.fromkeys(
    ("cards", "evaluate", "fetch", "import_answers", "score", "split", "sql", "verify"), "mudata.api"
)

__all__ = ["__version__", "cards", "evaluate", "fetch", "import_answers", "score", "split", "sql", "verify"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'mudata' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
