"""Second opinions by the names that a user gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.errors import EvaluationError

if TYPE_CHECKING:
    from mudata.evaluation.scoring.opinions.opinion import SecondaryScorer


def named_opinion(
    name: str,
    *,
    embedding_model: str | None = None,
    embedding_revision: str | None = None,
    judge_url: str | None = None,
    judge_model: str | None = None,
) -> SecondaryScorer:
    """Who reads answers as well: 'embedding' or 'judge'.

    Raises:
        EvaluationError: a judge without server or model.
    """
    if name == "embedding":
        from mudata.evaluation.scoring.opinions.embedding import CHECKPOINT, SentenceEncoder

        return SentenceEncoder(embedding_model or CHECKPOINT, embedding_revision)
    from mudata.evaluation.scoring.opinions.llm_judge import JudgeServer

    if not judge_url or not judge_model:
        raise EvaluationError(
            "--opinion judge needs --judge-url and --judge-model.", "In Python: judge_url and judge_model."
        )
    return JudgeServer(judge_url, judge_model)
