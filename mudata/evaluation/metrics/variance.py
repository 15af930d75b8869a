"""How much a number would vary with other clusters of clips, and how sure one can be of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.metrics.jackknife import Jackknife

    Floats = NDArray[np.float64]

UNSEEN, UNSEEN_OF_SHARES = 3.0, 1.0
"""Weight, in degrees of freedom, of the worst case beside what clusters show. By simulation: with half of it intervals
near 0 and 1 hold the truth too seldom; with twice as much all are wider and few are better."""
_NOTHING = 1e-14


class Spread(NamedTuple):
    """Variance of a number, the quantile that goes with it, and how many independent clips would vary as much."""

    variance: float
    quantile: float
    effective: float

    @classmethod
    def of(cls, found: Jackknife, alpha: float, unseen: float, room: float | None = None) -> Spread | None:
        """From a jackknife; None where no clip differs from another.

        Args:
            found: the number without each cluster, and without each clip.
            alpha: 1 minus the confidence, two-sided.
            unseen: weight of the worst case, in degrees of freedom.
            room: the largest variance that one clip can have, where there is one.
        """
        from scipy.special import ndtri, stdtrit

        z, whole, count = float(ndtri(1 - alpha / 2)), float(found.clip_weights.sum()), len(found.moves)
        clips, clusters = (float(whole**2 / (of @ of)) for of in (found.clip_weights, found.weights))  # Kish's
        most = clips / clusters  # the design effect where all clips of a cluster are alike
        alone, squares = float(found.clip_moves @ found.clip_moves), found.moves**2
        together = (count - 1) / count * float(squares.sum())
        if room is not None and room < _NOTHING:  # at an end: nothing varies, and the worst case is all there is
            return cls(0.0, z, clusters)
        if alone * clips < _NOTHING:
            return None
        of_moves = freedom_of_moves(found)
        trust = trust_in(of_moves, unseen)

        effect = together / alone
        drawn = most ** (1 - trust) * max(effect, 1.0) ** trust
        alike = (drawn - 1) / (most - 1) if most > 1 + _NOTHING else 0.0
        freedom, bias = of_clusters(found.weights / found.clip_weights.mean(), alike)
        quantile = float(stdtrit(min(freedom, max(1.0, of_moves)), 1 - alpha / 2))
        if room is not None:  # a variance that is assumed needs no quantile of t
            quantile = z ** (1 - trust) * quantile**trust

        least = alone * (z / quantile) ** 2  # no interval is narrower than that of independent clips
        if room is not None:  # clips, too, are drawn towards varying as much as they could
            alone *= max(1.0, room / clips / alone) ** (1 - trust)
        variance = max(alone * most ** (1 - trust) * (effect / bias) ** trust, least)
        return cls(variance, quantile, room / variance if room is not None else clips * alone / variance)


def freedom_of_moves(found: Jackknife) -> float:
    """Degrees of freedom that the moves themselves show: about twice the number of clusters that make the variance."""
    squares, count = found.moves**2, len(found.moves)
    whole = float(squares.sum())
    unequal = float(squares @ squares) / whole**2 if whole > _NOTHING**2 else 1.0
    return 2 / max(unequal - 1 / count, 1 / (2 * count))


def trust_in(freedom: float, unseen: float) -> float:
    """What clusters weigh that show so many degrees of freedom beside the worst case, from 0 to 1.

    Example:
        >>> trust_in(2.0, UNSEEN), trust_in(5.0, UNSEEN)
        (0.0, 0.5)
    """
    shown = max(0.0, freedom - 2)
    return shown / (shown + unseen)


def of_clusters(weights: Floats, alike: float) -> tuple[float, float]:
    """Degrees of freedom of the jackknife's variance, and how many times too large it is, for a mean over clusters of
    so many clips that correlate by `alike` (Bell and McCaffrey 2002)."""
    alike, count, whole = min(1.0, max(0.0, alike)), len(weights), float(weights.sum())
    variance = weights * (1 + (weights - 1) * alike)
    left_out = 1 / (whole - weights)
    a, b, q = left_out * weights, left_out * variance, left_out**2 * variance
    total = float(variance.sum())
    own = -2 * a * b / whole + a * a * total / whole**2
    trace = float((q + own).sum())
    aa, bb, ab = float(a @ a), float(b @ b), float(a @ b)
    squared = float(q @ q + 2 * q @ own) + (2 * aa * bb + 2 * ab * ab) / whole**2
    squared += (aa * total / whole) ** 2 / whole**2 - 4 * aa * ab * total / whole**3
    return trace**2 / squared, (count - 1) / count * trace * whole**2 / total
