"""Tests of two clips and one text: which other clip each one is compared with, whose words are wrong for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError
from mudata.evaluation.listening.rated_texts import as_scored
from mudata.evaluation.metrics import rouge
from mudata.evaluation.metrics.derangement import NONE, other_clips

if TYPE_CHECKING:
    from mudata.evaluation.listening.rated_texts import RatedTexts


def compared_clips(rated: RatedTexts, items: Sequence[str]) -> dict[str, str]:
    """By item the other one whose clip is played beside its own: each once, no kin, with no words in common.

    The same one for all systems, so that how alike two clips are is the same for all. Raises EvaluationError where an
    item has none.
    """
    scored = [as_scored(rated.questions[item], rated.clusters[item]) for item in items]
    others = dict(zip(items, other_clips(scored).tolist(), strict=True))
    if alone := [item for item, other in others.items() if other == NONE]:
        raise EvaluationError(
            f"{len(alone)} of {len(items)} clips have no other clip of their dataset with which a text could be"
            f" compared, such as {alone[0]}: all others have their words.",
            "Take more clips (--n), or the kind mos or texts, which have one clip.",
        )
    return {item: items[other] for item, other in others.items()}


def wrong_for_both(rated: RatedTexts, compared: Mapping[str, str]) -> dict[str, str]:
    """By item another one whose words are true of neither of the two clips that are played.

    Raises EvaluationError where there is none.
    """
    words = {item: _words(rated, item) for item in rated.questions}
    known = list(rated.questions)
    found = {}
    for place, (item, foil) in enumerate(compared.items()):
        taken = words[item] | words[foil]
        tried = [rated.wrong.get(item), *known[place % len(known) :], *known[: place % len(known)]]
        other = next((one for one in tried if one in words and words[one] and words[one].isdisjoint(taken)), None)
        if other is None:
            raise EvaluationError(
                f"The words of every other clip are true of {item} or of {foil}, which it is compared with.",
                "Leave the anchor out: --anchors reference.",
            )
        found[item] = other
    return found


def _words(rated: RatedTexts, item: str) -> frozenset[str]:
    """What makes clips kin: their captions, as ROUGE reads them, and their cluster."""
    captions = {" ".join(rouge.words(text)) for text in rated.questions[item].references}
    return frozenset(captions | {f"cluster {rated.clusters[item]}"})
