"""METEOR of captions with NLTK:
exact words, then stems, then WordNet synonyms where WordNet is installed.

Nothing is ever downloaded; the recipe says which stages there were.
Scores with and without WordNet do not compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any

from mudata.evaluation.metrics import rouge
from mudata.evaluation.metrics.estimates import clustered, mean
from mudata.evaluation.metrics.intervals import require_clips
from mudata.narration import Advance, untold

if TYPE_CHECKING:
    from mudata.evaluation.metrics.scored import Metric, ScoredAnswer


class _Stemmer:
    """NLTK's own, each word once."""

    stem = staticmethod(rouge.stemmed)


class _NoWordNet:
    def synsets(self, word: str) -> list[Any]:
        return []


def meteor(items: Sequence[ScoredAnswer], *, advance: Advance = untold) -> tuple[list[Metric], dict[str, object]]:
    """Mean METEOR over all clips, with the parameters of Lavie and Agarwal (2007);
    of several references the best.

    Words are those of ROUGE. An answer that failed scores 0.
    """
    import numpy as np
    from nltk.translate.meteor_score import meteor_score

    require_clips(len(items))
    synonyms = wordnet()
    scores = []
    for item in items:
        words = [rouge.words(text) for text in item.references], rouge.words(item.answer or "")
        scores.append(meteor_score(*words, stemmer=_Stemmer(), wordnet=synonyms or _NoWordNet()))
        advance(1)
    nltk, version = metadata.version("nltk"), synonyms.get_version() if synonyms else None
    stages = f"exact, stem, WordNet {version} synonyms" if version else "exact, stem; no WordNet"
    recipe = f"METEOR of nltk=={nltk}; {stages}; alpha=0.9, beta=3, gamma=0.5; best reference; mean of per-clip scores"
    metric = mean("meteor", np.array(scores, dtype=np.float64), recipe, clustered(items))
    return [metric], {"nltk": nltk, "wordnet": version}


def wordnet() -> Any:
    """NLTK's reader of WordNet, or None where its data is not installed."""
    from nltk.corpus import wordnet as reader

    try:
        reader.ensure_loaded()
    except LookupError:
        return None
    return reader
