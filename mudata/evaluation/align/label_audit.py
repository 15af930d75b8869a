"""Which spellings of a label set answers use, and whether what they say is right:
a spelling without information shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from mudata.evaluation.align.aligner import align
from mudata.evaluation.align.alignment import Shown

if TYPE_CHECKING:
    from mudata.evaluation.align.label_set import LabelSet

_NO_MORE = 1.0
_LEAST = 20


class SpellingUse(NamedTuple):
    """How a spelling of a label was used.

    `said` answers have it, `counted` of them mean the label; `gold` is the share of the counted ones
    where the label is right, `base` the share of all answers where it is; both are None without
    references. `uninformative`: counted twenty times and more, and right no more often than by chance.
    """

    label: str
    spelling: str
    said: int
    counted: int
    gold: float | None
    base: float | None
    uninformative: bool


def audit(answers: Iterable[tuple[str, tuple[str, ...], str]], label_set: LabelSet) -> list[SpellingUse]:
    """Every spelling that the answers use, the most frequent first.

    Args:
        answers: text, references (labels that are right, as ids or as answers would say them; may be
            none), and the prompt ('' if not known).
        label_set: the labels that are read.

    Example:
        >>> from mudata.evaluation.align.label_set import LabelEntry, LabelSet
        >>> sad, happy = LabelEntry("sad", "sad", ("sad", "blue")), LabelEntry("happy", "happy", ("happy",))
        >>> moods = LabelSet("multi", (sad, happy))
        >>> found = audit([("It is blue.", ("sad",), ""), ("sad, not happy", ("happy",), "")], moods)
        >>> [(use.label, use.spelling, use.said, use.counted, use.gold) for use in found]
        [('happy', 'happy', 1, 0, None), ('sad', 'blue', 1, 1, 1.0), ('sad', 'sad', 1, 1, 0.0)]
    """
    said: Counter[tuple[str, str]] = Counter()
    counted: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    base: Counter[str] = Counter()
    judged = 0
    known: dict[str, tuple[str, ...]] = {}
    for text, references, prompt in answers:
        gold = {label for reference in references for label in _meant(reference, label_set, known)}
        judged += bool(gold)
        base.update(gold)
        read = align(text, label_set, Shown(prompt))
        uses = {(s.label, _folded(text[s.start : s.end])) for s in read.spans if s.label and s.role != "letter"}
        for use in uses:
            said[use] += 1
            if use[0] in read.labels:
                counted[use] += 1
                right[use] += use[0] in gold
    found = []
    for use in sorted(said, key=lambda use: (-said[use], use)):
        gold_share = right[use] / counted[use] if judged and counted[use] else None
        base_share = base[use[0]] / judged if judged else None
        poor = gold_share is not None and base_share is not None and counted[use] >= _LEAST
        poor = poor and gold_share <= _NO_MORE * base_share  # type: ignore[operator]
        found.append(SpellingUse(use[0], use[1], said[use], counted[use], gold_share, base_share, poor))
    return found


def _meant(reference: str, label_set: LabelSet, known: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    if reference not in known:
        known[reference] = (reference,) if reference in label_set.ids else align(reference, label_set).labels
    return known[reference]


def _folded(spelling: str) -> str:
    return " ".join(spelling.casefold().split())
