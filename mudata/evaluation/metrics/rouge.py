"""ROUGE of captions by one fixed recipe: the numbers of rouge-score 0.1.2 to the last bit, in a
fraction of its time.

Words are runs of a-z and 0-9 in the lowercased text; nothing else survives. With the stemmer, words
longer than three characters are reduced by Porter's rules. For an answer and one reference:

    rougeN_p, rougeN_r   clipped matches of n-grams / n-grams of the answer, of the reference
    rougeL_p, rougeL_r   longest common subsequence / words of the answer, of the reference
    ..._f                2 P R / (P + R), and 0 where both are 0

The survey's equation 2 (matches / n-grams of the references) is the recall `rougeN_r`; its
equations 3 and 4 are `rougeL_p` and `rougeL_r`, its equation 5 with beta = 1 is `rougeL_f`. A
recall is never called ROUGE here: precision, recall and F are always reported together.

Conventions. An answer that failed is the empty text and scores 0. Of several references the one
with the highest ROUGE-1 F (then ROUGE-L F, then the first) counts for all nine numbers, so that
they describe one comparison and ROUGE-L <= ROUGE-1 holds. rouge-score's `score_multi` picks by F
for each type alone: the same for ROUGE-1, never less for the F of the others, whose precision and
recall may then belong to another reference. With one reference per clip, as in MusicCaps, there is
no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from mudata.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Words = NDArray[np.int64]

RECIPE = "rouge-score==0.1.2; rouge1, rouge2, rougeL; use_stemmer=False; mean of per-sample scores; no bootstrap median"
STEMMED_RECIPE = RECIPE.replace("use_stemmer=False", "use_stemmer=True")
TYPES = ("rouge1", "rouge2", "rougeL")
COLUMNS = tuple(f"{kind}_{part}" for kind in TYPES for part in "prf")
_STEMMED_FROM = 4
"""Characters of the shortest word that is stemmed (rouge_score/tokenize.py)."""

_words = re.compile("[a-z0-9]+").findall


def rouge(
    answers: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    stem: bool = False,
    reference_scorer: bool = False,
) -> NDArray[np.float64]:
    """ROUGE of n answers against their one or more references.

    Args:
        answers: n texts; of an answer that failed the empty one.
        references: at least one text for each.
        stem: whether words are reduced by Porter's rules first.
        reference_scorer: have rouge-score itself count, a dozen to thirty times slower, for those
            who want to see it agree.

    Returns:
        Shape (n, 9), columns as in COLUMNS, each in [0, 1].

    Raises:
        EvaluationError: an answer has no reference, or a score breaks what every ROUGE keeps (see
            `check`).

    Source:
        C.-Y. Lin, ROUGE: A package for automatic evaluation of summaries, 2004; conventions of
        rouge-score 0.1.2.

    Example:
        >>> rouge(["a slow piano"], [["slow piano"]]).round(3).tolist()  # P, R, F of 1, 2 and L
        [[0.667, 1.0, 0.8, 0.5, 1.0, 0.667, 0.667, 1.0, 0.8]]
    """
    import numpy as np

    counts = np.array([len(texts) for texts in references], dtype=np.intp)
    if len(answers) != len(references) or not counts.all():
        raise EvaluationError(
            f"{len(answers)} answers cannot be compared with {int((counts > 0).sum())} sets of references.",
            "Give at least one reference for every answer.",
        )
    paired_answers = list(
        chain.from_iterable([answer] * len(texts) for answer, texts in zip(answers, references, strict=True))
    )
    paired_references = list(chain.from_iterable(references))
    scores = (_by_rouge_score if reference_scorer else _by_counting)(paired_answers, paired_references, stem)
    check(scores)
    owner = np.repeat(np.arange(len(answers)), counts)
    # sorted by owner, the best pair of each comes last
    order = np.lexsort((-np.arange(len(owner)), scores[:, 8], scores[:, 2], owner))
    best: NDArray[np.float64] = scores[order[counts.cumsum() - 1]]
    return best


def check(scores: NDArray[np.float64]) -> None:
    """Refuse scores that cannot be ROUGE scores; holds for means of clips as well.

    The longest common subsequence is never longer than the unigram overlap (ROUGE-L <= ROUGE-1, for
    P, R and F), and F lies between 0 and max(P, R). One cell of the survey's Table 4 breaks the
    first rule.

    Args:
        scores: shape (..., 9), columns as in COLUMNS.

    Raises:
        EvaluationError: a rule is broken.
    """
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


def words(text: str, *, stem: bool = False) -> list[str]:
    """The words of a text, as rouge-score finds them.

    Example:
        >>> words("Hip-hop, 120 BPM!"), words("pianos playing", stem=True)
        (['hip', 'hop', '120', 'bpm'], ['piano', 'play'])
    """
    tokens: list[str] = _words(text.lower())
    if not stem:
        return tokens
    stems = (word if len(word) < _STEMMED_FROM else stemmed(word) for word in tokens)
    return [word for word in stems if word]


@lru_cache(maxsize=1 << 17)
def stemmed(word: str) -> str:
    """What Porter's rules leave of a word, by NLTK."""
    return str(_porter()(word))


@cache
def _porter() -> Callable[[str], str]:
    from nltk.stem.porter import PorterStemmer  # costs a second or two, which only the stemmed recipe needs to pay

    stem: Callable[[str], str] = PorterStemmer().stem
    return stem


def encode(texts: Iterable[str], *, stem: bool = False) -> tuple[list[list[int]], int]:
    """Every text's words as numbers from 0 in order of appearance, and how many different words
    there are."""
    numbers: dict[str, int] = {}
    known: dict[str, list[int]] = {}
    encoded = []
    for text in texts:
        if text not in known:
            known[text] = [numbers.setdefault(word, len(numbers)) for word in words(text, stem=stem)]
        encoded.append(known[text])
    return encoded, len(numbers)


def _by_counting(answers: Sequence[str], references: Sequence[str], stem: bool) -> NDArray[np.float64]:
    """Scores of pairs, shape (pairs, 9)."""
    import numpy as np

    n = len(answers)
    encoded, vocabulary = encode(chain(answers, references), stem=stem)
    encoded_answers, encoded_references = encoded[:n], encoded[n:]
    a, in_a = _flat(encoded_answers)
    b, in_b = _flat(encoded_references)
    lengths_a, lengths_b = (
        np.array([len(x) for x in texts], dtype=np.int64) for texts in (encoded_answers, encoded_references)
    )
    common = [
        _overlap((a, in_a), (b, in_b), vocabulary, n),
        _overlap(_pairs(a, in_a, vocabulary), _pairs(b, in_b, vocabulary), vocabulary**2, n),
        np.array([_longest(x, y) for x, y in zip(encoded_answers, encoded_references, strict=True)], dtype=np.int64),
    ]
    scores = np.empty((n, len(TYPES), 3))
    for i, hits in enumerate(common):
        shorter = int(TYPES[i] == "rouge2")  # n words hold n - 1 bigrams
        p, r = (hits / np.maximum(lengths - shorter, 1) for lengths in (lengths_a, lengths_b))
        f = np.divide(2 * p * r, p + r, out=np.zeros(n), where=p + r > 0)
        scores[:, i] = np.column_stack([p, r, f])
    return scores.reshape(n, len(COLUMNS))


def _flat(texts: Sequence[Sequence[int]]) -> tuple[Words, Words]:
    """All words in one row, and which text each is from."""
    import numpy as np

    lengths = [len(text) for text in texts]
    row = np.fromiter(chain.from_iterable(texts), dtype=np.int64, count=sum(lengths))
    return row, np.repeat(np.arange(len(texts)), lengths)


def _pairs(row: Words, text: Words, vocabulary: int) -> tuple[Words, Words]:
    """Neighbouring words of one text as one number each, and which text each pair is from."""
    within = text[1:] == text[:-1]
    return (row[:-1] * vocabulary + row[1:])[within], text[:-1][within]


def _overlap(a: tuple[Words, Words], b: tuple[Words, Words], size: int, n: int) -> Words:
    """Clipped number of common n-grams of each of n pairs of texts.

    Either side is a row of n-grams, which are numbers below `size`, and the pair that each belongs
    to.
    """
    import numpy as np

    (keys_a, counts_a), (keys_b, counts_b) = (
        np.unique(pair * size + ngrams, return_counts=True) for ngrams, pair in (a, b)
    )
    common, at_a, at_b = np.intersect1d(keys_a, keys_b, assume_unique=True, return_indices=True)
    clipped = np.minimum(counts_a[at_a], counts_b[at_b])
    hits = np.zeros(n, dtype=np.int64)
    np.add.at(hits, common // max(size, 1), clipped)
    return hits


def _longest(a: Sequence[int], b: Sequence[int]) -> int:
    """Length of the longest common subsequence, all of b at a time in the bits of one integer.

    Source:
        H. Hyyrö, Bit-parallel LCS-length computation revisited, 2004.

    Example:
        >>> _longest([1, 2, 3, 4], [2, 4, 3])
        2
    """
    where: dict[int, int] = {}
    bit = 1
    for word in b:
        where[word] = where.get(word, 0) | bit
        bit <<= 1
    row = full = bit - 1
    for word in a:
        if match := where.get(word):
            match &= row
            row = (row + match) | (row - match)
    return len(b) - (row & full).bit_count()


def _by_rouge_score(answers: Sequence[str], references: Sequence[str], stem: bool) -> NDArray[np.float64]:
    import numpy as np
    from rouge_score.rouge_scorer import RougeScorer

    scorer: Any = RougeScorer(list(TYPES), use_stemmer=stem)
    scored = (scorer.score(reference, answer) for answer, reference in zip(answers, references, strict=True))
    rows = [[x for kind in TYPES for x in (s[kind].precision, s[kind].recall, s[kind].fmeasure)] for s in scored]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(COLUMNS))
