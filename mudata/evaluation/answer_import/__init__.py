"""Answers made elsewhere become a run like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.answer_import.file_answer import Fields
    from mudata.evaluation.answer_import.import_request import ImportRequest
    from mudata.evaluation.answer_import.importer import import_answers

__all__ = ["Fields", "ImportRequest", "import_answers"]
__getattr__, __dir__ = lazy_names(
    __name__, {"Fields": "file_answer", "ImportRequest": "import_request", "import_answers": "importer"}
)
