"""Models asked about clips, and their answers scored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.run import Run, all_runs, find, readable_runs
    from mudata.evaluation.run_settings import RunSettings

__all__ = ["Run", "RunSettings", "all_runs", "find", "readable_runs"]
__getattr__, __dir__ = lazy_names(
    __name__, {"Run": "run", "RunSettings": "run_settings", "all_runs": "run", "find": "run", "readable_runs": "run"}
)
