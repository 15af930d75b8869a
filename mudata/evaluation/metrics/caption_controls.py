"""What captions are held against beside other clips' references (`derangement`): one sentence for all clips.

ROUGE on captions rewards the manner of a dataset more than the music: one fixed sentence beats most
models on MusicCaps and a wrong clip's caption scores nearly as well as the right one's. A score
means something beside these controls only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from mudata.evaluation.metrics import rouge
from mudata.evaluation.metrics.scored import SEED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLE = 1000
"""Captions that a medoid is sought among; comparing all with all costs their square."""


# ------------------------------------------------------------------------------------- the constant caption


@dataclass(frozen=True)
class ConstantCaption:
    """One caption for every clip, picked by a rule: what can be had by knowing a dataset's manner
    and hearing nothing.

    `source` says whose captions it was picked from, `recipe` how.
    """

    text: str
    source: str
    recipe: str


def constant_caption(train: Sequence[Sequence[str]], unasked: Sequence[Sequence[str]]) -> ConstantCaption | None:
    """The medoid of the train part's references, else of those of the dataset's clips that are not
    asked.

    Args:
        train: references of each clip of the train part.
        unasked: references of each clip of the dataset that is not asked.

    Returns:
        None where there are neither: scoring then leaves each clip's own caption out (see
            `leave_one_out`).

    Example:
        >>> constant_caption([["a slow piano"], ["slow piano"], ["drums"]], []).text
        'a slow piano'
    """
    for source, references in (("train part", train), ("clips of the dataset that are not asked", unasked)):
        if texts := list(chain.from_iterable(references)):
            return ConstantCaption(medoid(texts), source, _medoid_recipe(len(texts)))
    return None


def medoid(texts: Sequence[str]) -> str:
    """The text with the highest mean ROUGE-1 F against the others; the first in sorted order among
    equals.

    Args:
        texts: at least one; of more than SAMPLE a seeded sample, which is found the same whatever
            their order.

    Example:
        >>> medoid(["drums", "slow piano", "a slow piano", "a piano"])
        'a slow piano'
    """
    ordered = sorted(texts)
    kept = [ordered[i] for i in _sample(len(ordered))]
    return kept[int(similarity(kept).sum(1).argmax())]


def leave_one_out(references: Sequence[Sequence[str]]) -> tuple[list[str], ConstantCaption] | None:
    """For each clip the medoid of the other clips' captions, and the caption that most of them get.

    Args:
        references: captions of each of n clips.

    Returns:
        n captions, and the most frequent of them with its recipe; None for a single clip.

    Example:
        >>> captions, _ = leave_one_out([["slow piano"], ["a slow piano"], ["drums"]])
        >>> captions
        ['a slow piano', 'slow piano', 'slow piano']
    """
    if len(references) < 2:
        return None
    captions = [(text, i) for i, texts in enumerate(references) for text in texts]
    kept = _sample(len(captions))
    texts = [captions[i][0] for i in kept]
    places_of: defaultdict[int, list[int]] = defaultdict(list)
    for position, i in enumerate(kept):
        places_of[captions[i][1]].append(position)
    likeness = similarity(texts)
    fit = likeness.sum(1)
    chosen = [texts[int(fit.argmax())]] * len(references)
    for clip, places in places_of.items():
        rest = fit - likeness[:, places].sum(1)
        rest[places] = -1.0
        chosen[clip] = texts[int(rest.argmax())]
    text = Counter(chosen).most_common(1)[0][0]
    recipe = f"{_medoid_recipe(len(captions))}, each clip's own left out"
    return chosen, ConstantCaption(text, "other clips asked (nothing else was at hand)", recipe)


def similarity(texts: Sequence[str]) -> NDArray[np.float64]:
    """ROUGE-1 F of every text with every other; memory goes with n times different words.

    Args:
        texts: n texts.

    Returns:
        Shape (n, n), each in [0, 1], 0 on the diagonal.

    Example:
        >>> similarity(["slow piano", "a slow piano"]).tolist()
        [[0.0, 0.8], [0.8, 0.0]]
    """
    import numpy as np

    encoded, _ = rouge.encode(texts)
    places: dict[tuple[int, int], int] = {}
    rows = []
    for text in encoded:  # the k-th time of a word is a feature of its own, so that a product of 0 and 1 clips counts
        seen: Counter[int] = Counter()
        features = []
        for word in text:
            seen[word] += 1
            features.append(places.setdefault((word, seen[word]), len(places)))
        rows.append(features)
    has = np.zeros((len(texts), len(places)), dtype=np.float32)
    for i, features in enumerate(rows):
        has[i, features] = 1
    lengths = np.array([len(text) for text in encoded], dtype=np.float64)
    summed = lengths[:, None] + lengths
    likeness: NDArray[np.float64] = 2.0 * (has @ has.T) / np.maximum(summed, 1)
    np.fill_diagonal(likeness, 0.0)
    return likeness


def _sample(n: int) -> list[int]:
    """Places of at most SAMPLE of n captions, in order."""
    import numpy as np

    drawn = np.random.default_rng(SEED).permutation(n)[:SAMPLE] if n > SAMPLE else range(n)
    return sorted(int(i) for i in drawn)


def _medoid_recipe(n: int) -> str:
    among = f"{SAMPLE} of {n} captions (seed {SEED})" if n > SAMPLE else f"{n} captions"
    return f"the one of {among} with the highest mean ROUGE-1 F against the others"


# ------------------------------------------------------------------------------------- aspects


def aspect_recall(answer: str, aspects: Sequence[str]) -> float:
    """Share of a clip's aspects whose words occur in the answer one after the other.

    Args:
        answer: a description.
        aspects: short phrases that people gave the clip; those without a word count as none.

    Returns:
        A share in [0, 1].

    Raises:
        ZeroDivisionError: no aspect has a word; see `pronounceable`.

    Example:
        >>> aspect_recall("A slow piano and soft drums.", ["slow piano", "loud drums"])
        0.5
    """
    spoken = f" {' '.join(rouge.words(answer))} "
    phrases = pronounceable(aspects)
    return sum(f" {aspect} " in spoken for aspect in phrases) / len(phrases)


def pronounceable(aspects: Sequence[str]) -> list[str]:
    """Different aspects as words, without those that have none.

    Example:
        >>> pronounceable(["Slow piano!", "slow piano", "..."])
        ['slow piano']
    """
    return [aspect for aspect in dict.fromkeys(" ".join(rouge.words(aspect)) for aspect in aspects) if aspect]
