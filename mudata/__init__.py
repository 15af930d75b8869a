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
    from mudata.api.browsing import browse
    from mudata.api.composing import compose
    from mudata.api.crediting import credits  # noqa: A004 - as the command
    from mudata.api.datasets import (
        cards,
        cite,
        faults,
        fetch,
        info,
        schema,
        sql,
        stats,
        unmapped_labels,
        verify,
        verify_clip,
    )
    from mudata.api.duplicate_finding import duplicates
    from mudata.api.evaluations import evaluate, export_run, import_answers, override, runs, score
    from mudata.api.exam_linting import lint_exam
    from mudata.api.housekeeping import disk_use, move_home, remove, rename, sweep_store, where, why
    from mudata.api.inspection import align, audit_labels, compare, lint_labels, list_runs, report, show
    from mudata.api.known_models import fetch_model, model_info, models, serving_command
    from mudata.api.listening_serving import bundle_listening_test, serve_listening_test, withdraw_rater
    from mudata.api.pinned_homes import fetch_locked, lock
    from mudata.api.rating_results import export_ratings, import_ratings, listening_results
    from mudata.api.run_merging import merge_runs
    from mudata.api.splitting import check_split, export, leaks, load, plan_split, split, splits
    from mudata.api.suite_exams import evaluate_suite, suite_tables, suites
    from mudata.api.test_designing import listening_tests, new_listening_test
    from mudata.narration import show_progress

__all__ = [
    "__version__",
    "align",
    "audit_labels",
    "browse",
    "bundle_listening_test",
    "cards",
    "check_split",
    "cite",
    "compare",
    "compose",
    "credits",
    "disk_use",
    "duplicates",
    "evaluate",
    "evaluate_suite",
    "export",
    "export_ratings",
    "export_run",
    "faults",
    "fetch",
    "fetch_locked",
    "fetch_model",
    "import_answers",
    "import_ratings",
    "info",
    "leaks",
    "lint_exam",
    "lint_labels",
    "list_runs",
    "listening_results",
    "listening_tests",
    "load",
    "lock",
    "merge_runs",
    "model_info",
    "models",
    "move_home",
    "new_listening_test",
    "override",
    "plan_split",
    "remove",
    "rename",
    "report",
    "runs",
    "schema",
    "score",
    "serve_listening_test",
    "serving_command",
    "show",
    "show_progress",
    "split",
    "splits",
    "sql",
    "stats",
    "suite_tables",
    "suites",
    "sweep_store",
    "unmapped_labels",
    "verify",
    "verify_clip",
    "where",
    "why",
    "withdraw_rater",
]
__getattr__, __dir__ = lazy_names(
    __name__,
    dict.fromkeys(__all__, "api") | {"__version__": "version", "show_progress": "narration"},
)

# here, since every process that imports anything of mudata passes this way
register(lambda: import_module("mudata.catalog.duplicates.duplicates_view").VIEWS)
register(lambda: import_module("mudata.evaluation.run_views").VIEWS)
register(lambda: import_module("mudata.evaluation.listening.rating_views").VIEWS)
