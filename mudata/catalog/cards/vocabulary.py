"""Labels as raw files write them, and the canonical ids of a card's vocabulary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.catalog.cards.labels import LabelSpace


@lru_cache(maxsize=1 << 16)  # resolving a label set folds each name many times
def fold(text: str, *, keep: str = "") -> str:
    """What two spellings of one name have in common: letters and digits of any script, case folded.

    'Hip-Hop' and 'hip hop' both give 'hiphop'. The signs in `keep` count as letters.
    """
    return "".join(c for c in text.casefold() if c.isalnum() or c in keep)


def canonical(space: LabelSpace) -> Callable[[str], str | None]:
    """From a label in any spelling to its id in the vocabulary, None if it is not in there.

    Looks first for the spelling but for case, then for its letters and digits alone, so that 'C#'
    and 'C' stay apart in a vocabulary that has both. Ids win over names, names over codes, codes
    over aliases; a spelling that two labels have alike means neither. The labels of an open
    namespace are their own ids.
    """
    if space.open:
        return lambda label: label.strip() or None
    exact = _unambiguous(space, str.casefold)
    folded = _unambiguous(space, fold)

    def look_up(label: str) -> str | None:
        label = label.strip()
        return exact.get(label.casefold()) or folded.get(fold(label))

    return look_up


def _unambiguous(space: LabelSpace, key: Callable[[str], str]) -> dict[str, str]:
    id_of: dict[str, str] = {}
    for spellings in _spellings(space):
        ids: dict[str, set[str]] = defaultdict(set)
        for spelling, id_ in spellings:
            ids[key(spelling)].add(id_)
        id_of = {k: next(iter(v)) for k, v in ids.items() if k and len(v) == 1} | id_of
    return id_of


def _spellings(space: LabelSpace) -> Iterator[list[tuple[str, str]]]:
    labels = space.vocabulary
    yield [(label.id, label.id) for label in labels]
    yield [(label.name, label.id) for label in labels if label.name]
    yield [(label.code, label.id) for label in labels if label.code]
    yield [(alias, label.id) for label in labels for alias in label.aliases]
