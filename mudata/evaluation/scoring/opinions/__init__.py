"""What others than the aligner make of the answers: extra columns, never the headline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.scoring.opinions.embedding import SentenceEncoder
    from mudata.evaluation.scoring.opinions.llm_judge import JudgeServer

__all__ = ["JudgeServer", "SentenceEncoder"]
__getattr__, __dir__ = lazy_names(__name__, {"SentenceEncoder": "embedding", "JudgeServer": "llm_judge"})
