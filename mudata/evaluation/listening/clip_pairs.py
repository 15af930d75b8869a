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
    """By item the other one whose clip is played beside its own, with no words in common, each once where that can be
    (not where half of the clips have one label), and no kin where that can be.

    The same one for all systems, so that how alike two clips are is the same for all. Raises EvaluationError where an
    item has none.
    """
    others = other_clips([as_scored(rated.questions[item], rated.clusters[item]) for item in items]).tolist()
    found, alone = {}, []
    for place, (item, other) in enumerate(zip(items, others, strict=True)):
        tried = [items[other]] if other != NONE else [*items[place + 1 :], *items[:place]]
        foil = _unlike(rated, [item], tried)
        if foil is None:
            alone.append(item)
        else:
            found[item] = foil
    if alone:
        raise EvaluationError(
            f"{len(alone)} of {len(items)} clips have no other clip with which a text could be compared, such as"
            f" {alone[0]}: all others have their words.",
            "Take more clips (--n), or the kind mos or texts, which have one clip.",
        )
    return found


def wrong_for_both(rated: RatedTexts, compared: Mapping[str, str]) -> dict[str, str]:
    """By item another one whose words are true of neither of the two clips that are played.

    Raises EvaluationError where there is none.
    """
    known, found = list(rated.questions), {}
    for place, (item, foil) in enumerate(compared.items()):
        first = [rated.wrong[item]] if rated.wrong.get(item) in rated.questions else []
        start = place % len(known)
        other = _unlike(rated, [item, foil], [*first, *known[start:], *known[:start]])
        if other is None:
            raise EvaluationError(
                f"The words of every other clip are true of {item} or of {foil}, which it is compared with.",
                "Leave the anchor out: --anchors reference.",
            )
        found[item] = other
    return found


def _unlike(rated: RatedTexts, items: Sequence[str], tried: Sequence[str]) -> str | None:
    """The first that has no words in common with any of the items, and is no kin of any; else the first that has no
    words in common with them; None where there is none."""
    taken, kin = frozenset().union(*(_words(rated, item) for item in items)), {rated.clusters[item] for item in items}
    second = None
    for one in tried:
        if (words := _words(rated, one)) and words.isdisjoint(taken):
            if rated.clusters[one] not in kin:
                return one
            second = second or one
    return second


def _words(rated: RatedTexts, item: str) -> frozenset[str]:
    """Captions, or labels, as ROUGE reads them."""
    return frozenset(" ".join(rouge.words(text)) for text in rated.questions[item].references)
