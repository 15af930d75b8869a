"""The option that a model itself finds likeliest, from what the runner kept in rankings.jsonl."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.evaluation.run_records import RankingRecord

_SUM = "the option with the highest score"
_MEAN = "the option with the highest log-likelihood per token"


def likeliest(rankings: Mapping[str, RankingRecord]) -> Iterator[tuple[dict[str, str | None], dict[str, object]]]:
    """Label by clip id with its recipe: by the sum of log-likelihoods (or the similarity), and by
    the mean per token where tokens were counted. Long options lose by the first and may win by the
    second."""
    if not rankings:
        return
    yield (
        {clip_id: _best(line.options, line.loglik) for clip_id, line in rankings.items()},
        {"source": "rankings.jsonl", "rule": _SUM},
    )
    if all(line.tokens for line in rankings.values()):
        means = {
            clip_id: [value / max(1, n) for value, n in zip(line.loglik, line.tokens, strict=True)]
            for clip_id, line in rankings.items()
        }
        yield (
            {clip_id: _best(rankings[clip_id].options, values) for clip_id, values in means.items()},
            {"source": "rankings.jsonl", "rule": _MEAN},
        )


def _best(options: Sequence[str], values: Sequence[float]) -> str | None:
    """The likeliest option; None where two are equally likely."""
    top = max(values, default=None)
    best = [option for option, value in zip(options, values, strict=True) if value == top]
    return best[0] if len(best) == 1 else None
