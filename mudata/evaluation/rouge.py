"""ROUGE of captions, by one fixed recipe.

Conventions. An answer that failed is the empty text and scores 0. Several references: the one with the highest ROUGE-1
F counts, for all nine numbers. Precision, recall and F are always reported together; a recall is never called ROUGE.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mudata.errors import EvaluationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RECIPE = "rouge-score==0.1.2; rouge1, rouge2, rougeL; use_stemmer=False; mean of per-clip scores"
TYPES = ("rouge1", "rouge2", "rougeL")
COLUMNS = tuple(f"{kind}_{part}" for kind in TYPES for part in "prf")


def rouge(answers: Sequence[str], references: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """Scores of shape (n, 9), columns as in COLUMNS, of n answers against their one or more references.

    Raises EvaluationError if a score breaks what every ROUGE keeps: the longest common subsequence
    is never longer than the unigram overlap (ROUGE-L <= ROUGE-1), and F lies between 0 and max(P, R).
    """
    import numpy as np
    from rouge_score.rouge_scorer import RougeScorer  # costs 2.6 s, which only captions need to pay

    scorer: Any = RougeScorer(list(TYPES), use_stemmer=False)
    rows = [_best(scorer, a, r) for a, r in zip(answers, references, strict=True)]
    scores = np.array(rows, dtype=np.float64).reshape(len(rows), len(COLUMNS))
    check(scores)
    return scores


def check(scores: NDArray[np.float64]) -> None:
    """Raise EvaluationError where scores of shape (..., 9) cannot be ROUGE scores; holds for means of clips as well."""
    import numpy as np

    cells = scores.reshape(-1, len(TYPES), 3)
    p, r, f = cells[..., 0], cells[..., 1], cells[..., 2]
    tolerance = 1e-9
    if np.any(cells[:, 2] > cells[:, 0] + tolerance):
        raise EvaluationError("ROUGE-L is larger than ROUGE-1, which cannot be.", "Check where these scores come from.")
    if np.any(f > np.maximum(p, r) + tolerance) or np.any(cells < 0):
        raise EvaluationError(
            "A ROUGE F lies outside of its precision and recall.", "Check where these scores come from."
        )


def _best(scorer: Any, answer: str, references: Sequence[str]) -> list[float]:
    scored = [scorer.score(reference, answer) for reference in references]
    best = max(scored, key=lambda s: (s["rouge1"].fmeasure, s["rougeL"].fmeasure))
    return [x for kind in TYPES for x in (best[kind].precision, best[kind].recall, best[kind].fmeasure)]
