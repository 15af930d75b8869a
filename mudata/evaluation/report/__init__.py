"""The report: scored runs in; one self-contained HTML page, tables and figures for papers out.

`gather` reads run folders into `data`; `charts`, `page`, `paper_tables` and `exports` write what
was gathered; `build` does all of it. No model is asked and nothing is scored here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.report.build import write
    from mudata.evaluation.report.data import Report

__all__ = ["Report", "write"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Report": "data",
        "write": "build",
    },
)
