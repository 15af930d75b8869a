"""The whole way as functions: fetch -> sql -> split -> evaluate -> score -> compare -> report.

    import mudata

    mudata.fetch("gtzan", accept_licence=True)
    mudata.sql("SELECT canonical, count(*) FROM labels GROUP BY 1").df()
    mudata.split("gtzan-artists", dataset="gtzan", stratify="genre", group="artist")
    mudata.evaluate("features", "gtzan-artists", task="genre").accuracy

Every function works in `Home.default()` (MUDATA_HOME), takes values and returns a value; the command line is these
functions and text. Errors are those of `mudata.errors`. `docs/api.md` has them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.api.datasets import cards, cite, fetch, info, leaks, split, sql, stats, verify
    from mudata.api.evaluations import evaluate, import_answers, models, runs, score
    from mudata.api.inspection import align, compare, report, show

MODULES = {
    **dict.fromkeys(("cards", "cite", "fetch", "info", "leaks", "split", "sql", "stats", "verify"), "datasets"),
    **dict.fromkeys(("evaluate", "import_answers", "models", "runs", "score"), "evaluations"),
    **dict.fromkeys(("align", "compare", "report", "show"), "inspection"),
}
"""Public name -> the module here that has it."""

__all__ = [
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
    "split",
    "sql",
    "stats",
    "verify",
]
__getattr__, __dir__ = lazy_names(__name__, MODULES)
