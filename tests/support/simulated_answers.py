"""Clips in clusters of uneven size, and answers to them, drawn by chance from a truth that is known: what intervals and
tests are tried on.

Answers of one cluster are alike: each cluster has its own chance of being right, drawn from a beta distribution whose
mean is the truth and whose variance gives the intra-cluster correlation, which is that of the answers themselves
(0 and 1), not that of something behind them. Several runs meet the same difficult artists and clips: their chances are
tied by Gaussian copulas, which leave each run's own truth and correlation as they are.

Or a mixture: a few clusters fail altogether, and all others err about as few clips by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr

Floats = NDArray[np.float64]
SPREAD = 1.0
"""Standard deviation of the logarithm of cluster sizes: the largest of 30 has some 7 times the median's clips."""


@dataclass(frozen=True)
class Design:
    """`n` clips in `clusters` clusters (as many as clips: all independent), of sizes that are even or not.

    `icc`: correlation of two clips of one cluster. `p`: the truth (accuracy, recall of each label, mean score).
    `labels`: how many there are. `agreement`: how far several runs are right about the same artists and clips, 0 to 1.
    `failing`: share of clusters that fail altogether, while clips of all others are right by p / (1 - failing), each by
    itself; `icc` does not count then.
    """

    n: int
    clusters: int
    icc: float = 0.0
    p: float = 0.5
    labels: int = 2
    agreement: float = 0.5
    even: bool = False
    failing: float = 0.0


class LabelledSets(NamedTuple):
    """Which labels are right about each clip and which were said: both of shape (n, labels)."""

    references: NDArray[np.bool_]
    named: NDArray[np.bool_]


def sizes(design: Design, random: np.random.Generator) -> NDArray[np.intp]:
    """Clips of each cluster, at least one each; shape (clusters,), sum n."""
    rest, weights = design.n - design.clusters, random.lognormal(0, 0 if design.even else SPREAD, design.clusters)
    if design.even:
        return np.asarray(1 + rest // design.clusters + (np.arange(design.clusters) < rest % design.clusters))
    return np.asarray(1 + random.multinomial(rest, weights / weights.sum()))


def clusters(design: Design, random: np.random.Generator) -> NDArray[np.intp]:
    """The cluster of each clip, numbered; shape (n,)."""
    return np.repeat(np.arange(design.clusters), sizes(design, random))


def right(
    design: Design, of: NDArray[np.intp], random: np.random.Generator, truths: Sequence[float] | None = None
) -> NDArray[np.bool_]:
    """Whether each run is right about each clip.

    Args:
        of: the cluster of each of n clips.
        truths: the accuracy of each run; by default one run of design.p.

    Returns:
        Shape (runs, n).
    """
    ps = np.array([design.p] if truths is None else truths)[:, None]
    difficulty = _tied(len(ps), int(of.max()) + 1, design.agreement, random)
    if design.failing:
        chances = np.where(difficulty < design.failing, 0.0, ps / (1 - design.failing))[:, of]
    else:
        chances = _beta(ps, design.icc, difficulty)[:, of]
    return np.asarray(_tied(len(ps), len(of), design.agreement, random) < chances)


def values(
    design: Design, of: NDArray[np.intp], random: np.random.Generator, truths: Sequence[float] | None = None
) -> Floats:
    """A score in [0, 1] of each clip, as ROUGE is one, with mean p: shape (runs, n).

    Within a cluster scores are beta distributed with a concentration of 6; that a clip of two in a hundred scores 0 is
    as usual.
    """
    concentration = 6.0
    ps = np.array([design.p] if truths is None else truths)[:, None]
    between = design.icc / (1 + concentration * (1 - design.icc))  # of the variance that a share would have
    difficulty = _tied(len(ps), int(of.max()) + 1, design.agreement, random)
    means = np.clip(_beta(ps, between, difficulty)[:, of], 1e-9, 1 - 1e-9)
    drawn = _tied(len(ps), len(of), design.agreement, random)
    return np.asarray(betaincinv(means * concentration, (1 - means) * concentration, drawn))


def labelled(
    design: Design, of: NDArray[np.intp], random: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The right label of each clip and the one that was said, each of shape (n,).

    An artist has one label in four of five clips; who errs says any other label. All labels are as frequent and as
    hard, so that accuracy, macro-F1 and the recall of each label are p.
    """
    own = random.permutation(int(of.max()) + 1) % design.labels
    reference = np.where(random.random(len(of)) < 0.8, own[of], random.integers(0, design.labels, len(of)))
    other = (reference + random.integers(1, design.labels, len(of))) % design.labels
    return reference, np.where(right(design, of, random)[0], reference, other)


def tag_sets(design: Design, of: NDArray[np.intp], random: np.random.Generator) -> LabelledSets:
    """Sets of labels: each is right of a clip in one of three cases, said with chance p where it is right and with a
    chance that makes precision p where it is not; so micro-F1, precision and recall are p."""
    shape = len(of), design.labels
    references = random.random(shape) < 1 / 3
    false = min(1.0, (1 - design.p) / 2)  # two wrong labels for each that is right
    hits = np.column_stack([right(design, of, random)[0] for _ in range(design.labels)])
    misses = np.column_stack([right(replace(design, p=false), of, random)[0] for _ in range(design.labels)])
    return LabelledSets(references, np.where(references, hits, misses))


def _tied(runs: int, n: int, agreement: float, random: np.random.Generator) -> Floats:
    """Uniform numbers, those of one column tied: shape (runs, n)."""
    if runs == 1:
        return random.random((1, n))
    common, own = random.standard_normal(n), random.standard_normal((runs, n))
    return np.asarray(ndtr(np.sqrt(agreement) * common + np.sqrt(1 - agreement) * own))


def _beta(means: Floats, share: float, uniform: Floats) -> Floats:
    """Beta distributed chances of these means whose variance is `share` of the largest that there can be."""
    if share == 0:
        return np.broadcast_to(means, uniform.shape)
    strength = 1 / share - 1
    return np.asarray(betaincinv(means * strength, (1 - means) * strength, uniform))
