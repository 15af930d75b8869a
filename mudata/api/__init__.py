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

__all__ = [
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
    {
        "bundle_listening_test": "listening_serving",
        "cards": "datasets",
        "check_split": "splitting",
        "cite": "datasets",
        "compose": "composing",
        "credits": "crediting",
        "faults": "datasets",
        "fetch": "datasets",
        "info": "datasets",
        "export": "splitting",
        "leaks": "splitting",
        "load": "splitting",
        "plan_split": "splitting",
        "split": "splitting",
        "splits": "splitting",
        "schema": "datasets",
        "sql": "datasets",
        "stats": "datasets",
        "unmapped_labels": "datasets",
        "verify": "datasets",
        "verify_clip": "datasets",
        "duplicates": "duplicate_finding",
        "evaluate": "evaluations",
        "export_run": "evaluations",
        "import_answers": "evaluations",
        "export_ratings": "rating_results",
        "import_ratings": "rating_results",
        "listening_results": "rating_results",
        "merge_runs": "run_merging",
        "override": "evaluations",
        "list_runs": "inspection",
        "runs": "evaluations",
        "score": "evaluations",
        "fetch_locked": "pinned_homes",
        "fetch_model": "known_models",
        "lock": "pinned_homes",
        "model_info": "known_models",
        "models": "known_models",
        "serve_listening_test": "listening_serving",
        "withdraw_rater": "listening_serving",
        "serving_command": "known_models",
        "evaluate_suite": "suite_exams",
        "suite_tables": "suite_exams",
        "suites": "suite_exams",
        "listening_tests": "test_designing",
        "new_listening_test": "test_designing",
        "lint_exam": "exam_linting",
        "align": "inspection",
        "audit_labels": "inspection",
        "browse": "browsing",
        "lint_labels": "inspection",
        "compare": "inspection",
        "report": "inspection",
        "show": "inspection",
        "disk_use": "housekeeping",
        "move_home": "housekeeping",
        "remove": "housekeeping",
        "rename": "housekeeping",
        "sweep_store": "housekeeping",
        "where": "housekeeping",
        "why": "housekeeping",
    },
)
