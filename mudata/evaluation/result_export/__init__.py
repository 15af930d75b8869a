"""Runs for other programs: the Hub, inspect, lmms-eval, MTEB, tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.result_export.exporter import ExportRequest, export_run

__all__ = ["ExportRequest", "export_run"]
__getattr__, __dir__ = lazy_names(__name__, {"ExportRequest": "exporter", "export_run": "exporter"})
