"""What captions are held against: other clips' references, and one sentence for all clips.

ROUGE on captions rewards the manner of a dataset more than the music: one fixed sentence beats most models on MusicCaps
and a wrong clip's caption scores nearly as well as the right one's. A score means something beside these controls only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from mudata.evaluation.metrics import rouge
from mudata.evaluation.metrics.statistics import SEED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.metrics.scored import ScoredAnswer

SAMPLE = 1000
"""Captions that a medoid is sought among; comparing all with all costs their square."""


# ------------------------------------------------------------------------------------- another clip


def another(items: Sequence[ScoredAnswer]) -> NDArray[np.intp] | None:
    """For each clip the place of another one of its dataset, by a seeded derangement: nobody keeps their own.

    Clips of one track, or with a caption in common, are not given to each other. Where that is impossible (one track
    has more than half of a dataset), clips of one track may be; None where even captions cannot be kept apart.

    Clips are put in random order and everyone takes the next one's; whoever has got kin exchanges it with the first
    one for whom that helps both.
    """
    import numpy as np

    other = np.empty(len(items), dtype=np.intp)
    places: defaultdict[str, list[int]] = defaultdict(list)
    for i, item in enumerate(items):
        places[item.dataset].append(i)
    for mine in places.values():
        order = np.array(mine)[np.random.default_rng(SEED).permutation(len(mine))]
        other[order] = np.roll(order, -1)
        if not _kept_apart(items, other, order, _akin) and not _kept_apart(items, other, order, _said_alike):
            return None
    return other


def _kept_apart(
    items: Sequence[ScoredAnswer],
    other: NDArray[np.intp],
    order: NDArray[np.intp],
    kin: Callable[[ScoredAnswer, ScoredAnswer], bool],
) -> bool:
    """Exchange until nobody in `order` has kin; False as soon as somebody has whom no exchange helps."""
    for i in order:
        if kin(items[i], items[other[i]]):
            helps = (j for j in order if not (kin(items[i], items[other[j]]) or kin(items[j], items[other[i]])))
            j = next(helps, None)
            if j is None:
                return False
            other[i], other[j] = other[j], other[i]
    return True


def _said_alike(a: ScoredAnswer, b: ScoredAnswer) -> bool:
    return not set(a.gold).isdisjoint(b.gold)


def _akin(a: ScoredAnswer, b: ScoredAnswer) -> bool:
    return (a.track is not None and a.track == b.track) or _said_alike(a, b)


# ------------------------------------------------------------------------------------- the constant caption


@dataclass(frozen=True)
class ConstantCaption:
    """One caption for every clip, picked by a rule: what can be had by knowing a dataset's manner and hearing nothing.

    `source` says whose captions it was picked from, `recipe` how.
    """

    text: str
    source: str
    recipe: str


def constant_caption(train: Sequence[Sequence[str]], unasked: Sequence[Sequence[str]]) -> ConstantCaption | None:
    """The medoid of the train part's references, else of those of the dataset's clips that are not asked.

    Both are references per clip. None where there are neither: scoring then leaves each clip's own caption out (see
    `left_out`).
    """
    for source, references in (("train part", train), ("clips of the dataset that are not asked", unasked)):
        if texts := list(chain.from_iterable(references)):
            return ConstantCaption(medoid(texts), source, _medoid_recipe(len(texts)))
    return None


def medoid(texts: Sequence[str]) -> str:
    """The text with the highest mean ROUGE-1 F against the others; the first in sorted order among equals.

    Of more than SAMPLE texts a seeded sample, which is found the same whatever their order.
    """
    ordered = sorted(texts)
    kept = [ordered[i] for i in _sample(len(ordered))]
    return kept[int(similarity(kept).sum(1).argmax())]


def left_out(references: Sequence[Sequence[str]]) -> tuple[list[str], ConstantCaption] | None:
    """For each clip the medoid of the other clips' captions, and the caption that most of them get.

    None for a single clip.
    """
    if len(references) < 2:
        return None
    owned = [(text, i) for i, texts in enumerate(references) for text in texts]
    kept = _sample(len(owned))
    texts = [owned[i][0] for i in kept]
    own: defaultdict[int, list[int]] = defaultdict(list)
    for place, i in enumerate(kept):
        own[owned[i][1]].append(place)
    alike = similarity(texts)
    fit = alike.sum(1)
    chosen = [texts[int(fit.argmax())]] * len(references)
    for clip, mine in own.items():
        rest = fit - alike[:, mine].sum(1)
        rest[mine] = -1.0
        chosen[clip] = texts[int(rest.argmax())]
    text = Counter(chosen).most_common(1)[0][0]
    recipe = f"{_medoid_recipe(len(owned))}, each clip's own left out"
    return chosen, ConstantCaption(text, "other clips asked (nothing else was at hand)", recipe)


def similarity(texts: Sequence[str]) -> NDArray[np.float64]:
    """ROUGE-1 F of every text with every other, shape (n, n), 0 on the diagonal; memory goes with n times words."""
    import numpy as np

    encoded, _ = rouge.encode(texts)
    places: dict[tuple[int, int], int] = {}
    rows = []
    for text in encoded:  # the k-th time of a word is a feature of its own, so that a product of 0 and 1 clips counts
        seen: Counter[int] = Counter()
        mine = []
        for word in text:
            seen[word] += 1
            mine.append(places.setdefault((word, seen[word]), len(places)))
        rows.append(mine)
    has = np.zeros((len(texts), len(places)), dtype=np.float32)
    for i, mine in enumerate(rows):
        has[i, mine] = 1
    lengths = np.array([len(text) for text in encoded], dtype=np.float64)
    both = lengths[:, None] + lengths
    alike: NDArray[np.float64] = 2.0 * (has @ has.T) / np.maximum(both, 1)
    np.fill_diagonal(alike, 0.0)
    return alike


def _sample(n: int) -> list[int]:
    """Places of at most SAMPLE of n captions, in order."""
    import numpy as np

    drawn = np.random.default_rng(SEED).permutation(n)[:SAMPLE] if n > SAMPLE else range(n)
    return sorted(int(i) for i in drawn)


def _medoid_recipe(n: int) -> str:
    among = f"{SAMPLE} of {n} captions (seed {SEED})" if n > SAMPLE else f"{n} captions"
    return f"the one of {among} with the highest mean ROUGE-1 F against the others"


# ------------------------------------------------------------------------------------- aspects


def recalled(answer: str, aspects: Sequence[str]) -> float:
    """Share of a clip's aspects whose words occur in the answer one after the other; aspects without a word are none.

    Raises ZeroDivisionError where no aspect has a word: see `speakable`.
    """
    said = f" {' '.join(rouge.words(answer))} "
    wanted = speakable(aspects)
    return sum(f" {aspect} " in said for aspect in wanted) / len(wanted)


def speakable(aspects: Sequence[str]) -> list[str]:
    """Different aspects as words, without those that have none."""
    return [aspect for aspect in dict.fromkeys(" ".join(rouge.words(aspect)) for aspect in aspects) if aspect]
