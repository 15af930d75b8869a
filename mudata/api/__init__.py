"""The whole way as functions: fetch -> sql -> split -> evaluate -> score -> compare -> report.

    import mudata

    mudata.fetch("gtzan", accept_licence=True)
    mudata.sql("SELECT canonical, count(*) FROM labels GROUP BY 1").df()
    mudata.split("gtzan-artists", dataset="gtzan", stratify="genre", group="artist")
    mudata.evaluate("features", "gtzan-artists", task="genre").accuracy

Every function works in `Home.default()` (MUDATA_HOME), takes values and returns a value; the
command line is these functions and text. Errors are those of `mudata.errors`. `docs/api.md` has
them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.api.datasets import cards, cite, fetch, info, sql, stats, verify, verify_clip
    from mudata.api.evaluations import evaluate, fetch_model, import_answers, models, override, runs, score
    from mudata.api.housekeeping import disk_use, move_home, remove, rename, where
    from mudata.api.inspection import align, compare, report, show
    from mudata.api.splitting import check_split, export_split, leaks, load_split, split, splits

__all__ = [
    "align",
    "cards",
    "check_split",
    "cite",
    "compare",
    "disk_use",
    "evaluate",
    "export_split",
    "fetch",
    "fetch_model",
    "import_answers",
    "info",
    "leaks",
    "load_split",
    "models",
    "move_home",
    "override",
    "remove",
    "rename",
    "report",
    "runs",
    "score",
    "show",
    "split",
    "splits",
    "sql",
    "stats",
    "verify",
    "verify_clip",
    "where",
]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "cards": "datasets",
        "check_split": "splitting",
        "cite": "datasets",
        "fetch": "datasets",
        "info": "datasets",
        "export_split": "splitting",
        "leaks": "splitting",
        "load_split": "splitting",
        "split": "splitting",
        "splits": "splitting",
        "sql": "datasets",
        "stats": "datasets",
        "verify": "datasets",
        "verify_clip": "datasets",
        "evaluate": "evaluations",
        "fetch_model": "evaluations",
        "import_answers": "evaluations",
        "models": "evaluations",
        "override": "evaluations",
        "runs": "evaluations",
        "score": "evaluations",
        "align": "inspection",
        "compare": "inspection",
        "report": "inspection",
        "show": "inspection",
        "disk_use": "housekeeping",
        "move_home": "housekeeping",
        "remove": "housekeeping",
        "rename": "housekeeping",
        "where": "housekeeping",
    },
)
