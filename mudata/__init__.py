"""mudata: what do foundation models understand of music?

The names below are loaded when they are first used, so that `import mudata` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mudata.catalog.index.registered_views import register
from mudata.lazy import lazy_names
from mudata.version import __version__

if TYPE_CHECKING:
    from mudata.api.datasets import cards, cite, fetch, info, leaks, split, sql, stats, verify
    from mudata.api.evaluations import evaluate, import_answers, models, runs, score
    from mudata.api.inspection import align, compare, report, show
    from mudata.narration import show_progress

__all__ = [
    "__version__",
    "align",
    "cards",
    "cite",
    "compare",
    "evaluate",
    "fetch",
    "import_answers",
    "info",
    "leaks",
    "models",
    "report",
    "runs",
    "score",
    "show",
    "show_progress",
    "split",
    "sql",
    "stats",
    "verify",
]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        **dict.fromkeys(("cards", "cite", "fetch", "info", "leaks", "split", "sql", "stats", "verify"), "api.datasets"),
        **dict.fromkeys(("evaluate", "import_answers", "models", "runs", "score"), "api.evaluations"),
        **dict.fromkeys(("align", "compare", "report", "show"), "api.inspection"),
        "show_progress": "narration",
    },
)

# here, since every process that imports anything of mudata passes this way
register(lambda: import_module("mudata.evaluation.run_views").VIEWS)
