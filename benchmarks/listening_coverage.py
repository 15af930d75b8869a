"""How often intervals of listening tests hold the truth: tests with known true qualities, simulated.

    python benchmarks/listening_coverage.py            # half a minute of one core; prints the tables
    python benchmarks/listening_coverage.py --quick    # few repetitions
    python benchmarks/listening_coverage.py --write    # the tables into docs/listening.md

`tests/support/simulated_ratings.py` draws raters (own bias, own use of the scale, own noise, own taste), clips (some
easy, some suiting one model) and five models, and rounds marks to 1 to 5. Truth is the mean mark of everybody for every
clip, rounding included; for strengths the Bradley-Terry fit to how often everybody prefers what on every clip.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from simulated_ratings import (
    QUALITIES,
    Clips,
    Raters,
    choices,
    found,
    marks,
    mos_design,
    opinions,
    pair_design,
    true_found,
    true_mos,
    true_shares,
)

from mudata.evaluation.listening.bradley_terry import bradley_terry, fit
from mudata.evaluation.listening.crossed_intervals import CrossedEstimate, Crossing
from mudata.evaluation.listening.listening_test import CHOICES
from mudata.evaluation.listening.mean_opinions import difference, mean

SEED = 20261201
DOCS = Path(__file__).parents[1] / "docs" / "listening.md"
BEGIN, END = "<!-- benchmarks/listening_coverage.py -->", "<!-- end of benchmarks/listening_coverage.py -->"
REPETITIONS = 300
DESIGNS = 20
"""Of each size and kind."""
SIZES = ((20, 40), (8, 40), (12, 40), (40, 40), (20, 10), (8, 10), (40, 10))
"""Raters and clips."""
K = len(QUALITIES)
PAIRS = tuple(combinations(range(K), 2))

Floats = NDArray[np.float64]
Told = list[tuple[CrossedEstimate, float]]
"""Estimates with their truths."""


def opinion_scores(raters: int, clips: int, random: np.random.Generator) -> tuple[Told, Told]:
    """MOS of each system, and differences."""
    truth = true_mos()
    rater, clip, system = _design(mos_design, raters, clips, int(random.integers(DESIGNS)))
    people, pieces = Raters.drawn(raters, K, random), Clips.drawn(clips, K, random)
    values = marks(opinions(people, pieces, rater, clip, system, random))
    crossing = Crossing.of(rater, clip)
    single = [(mean(values, system == i, crossing, (1, 5)), truth[i]) for i in range(K)]
    apart = [(difference(values, system == i, system == j, crossing), truth[i] - truth[j]) for i, j in PAIRS]
    return single, apart


def shares_found(raters: int, clips: int, random: np.random.Generator) -> tuple[Told, Told]:
    """How often each system's clips are found by their texts, and differences."""
    truth = true_found()
    rater, clip, system = _design(mos_design, raters, clips, int(random.integers(DESIGNS)))
    values = found(Raters.drawn(raters, K, random), Clips.drawn(clips, K, random), rater, clip, system, random)
    crossing = Crossing.of(rater, clip)
    single = [(mean(values, system == i, crossing, (0, 1)), truth[i]) for i in range(K)]
    apart = [(difference(values, system == i, system == j, crossing), truth[i] - truth[j]) for i, j in PAIRS]
    return single, apart


def strengths(raters: int, clips: int, random: np.random.Generator) -> tuple[Told, Told]:
    """Strengths of each system, and differences; none where there was no finite fit."""
    truth = fit(np.array(true_shares()))
    rater, clip, first, second = _design(pair_design, raters, clips, int(random.integers(DESIGNS)))
    people, pieces = Raters.drawn(raters, K, random), Clips.drawn(clips, K, random)
    thought = [opinions(people, pieces, rater, clip, of, random) for of in (first, second)]
    wins = np.array([np.sign(CHOICES[value]) / 2 + 0.5 for value in choices(*thought)])
    fitted = bradley_terry(first, second, wins, [f"m{i}" for i in range(K)], Crossing.of(rater, clip))
    single = [(one, truth[i]) for i, one in enumerate(fitted.strengths)]
    return single, [(one, truth[i] - truth[j]) for one, (i, j) in zip(fitted.differences, PAIRS, strict=bool(single))]


@cache
def _design(draw: Callable[..., tuple[Any, ...]], raters: int, clips: int, number: int) -> tuple[Any, ...]:
    """One of so many designs of a size: drawing one takes longer than all that is done with it."""
    return draw(raters, clips, np.random.default_rng([SEED, number]))


NUMBERS: dict[str, tuple[str, str, Callable[[int, int, np.random.Generator], tuple[Told, Told]]]] = {
    "mos": ("MOS of a model", "difference of two MOS", opinion_scores),
    "pairwise": ("share found of a model", "difference of two shares", shares_found),
    "texts": ("Bradley-Terry strength", "difference of two strengths", strengths),
}


def rows(repetitions: int) -> Iterator[str]:
    yield "| number | raters | clips | holds the truth, % | lowest of one | width | interval given | order right |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for names in NUMBERS.values():
        for raters, clips in SIZES:
            drawn = [
                names[2](raters, clips, np.random.default_rng([SEED, raters, clips, i])) for i in range(repetitions)
            ]
            ordered = [
                [one.value for one, _ in single] == sorted(one.value for one, _ in single)
                for single, _ in drawn
                if single
            ]
            for name, place in zip(names[:2], (0, 1), strict=True):
                yield _row(name, raters, clips, [one[place] for one in drawn], repetitions, np.mean(ordered))


def _row(name: str, raters: int, clips: int, drawn: list[Told], repetitions: int, ordered: float) -> str:
    given = [told for told in drawn if told and all(one.low is not None for one, _ in told)]
    share = f"{100 * len(given) / repetitions:.0f} %"
    if not given:
        return f"| {name} | {raters} | {clips} | | | | {share} | {100 * ordered:.0f} % |"
    held = np.array([[one.low <= truth <= one.high for one, truth in told] for told in given])
    width = np.mean([one.high - one.low for told in given for one, _ in told])
    lowest = 100 * held.mean(0).min()
    return (
        f"| {name} | {raters} | {clips} | {100 * held.mean():.1f} | {lowest:.1f} | {width:.2f} | {share} |"
        f" {100 * ordered:.0f} % |"
    )


def table(repetitions: int) -> str:
    error = 100 * (0.95 * 0.05 / repetitions) ** 0.5
    told = (
        f"{repetitions} simulated tests of each line with {K} models (Monte-Carlo error of a single model's coverage"
        f" {error:.1f} points); true MOS {', '.join(f'{one:.2f}' for one in true_mos())}, true shares"
        f" {', '.join(f'{one:.2f}' for one in true_found())}."
    )
    return "\n".join([BEGIN, told, "", *rows(repetitions), END])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="20 tests of each line")
    parser.add_argument("--write", action="store_true", help=f"put the table into {DOCS.name}")
    options = parser.parse_args()
    text = table(20 if options.quick else REPETITIONS)
    print(text)
    if options.write:
        page = DOCS.read_text("utf-8")
        before, _, rest = page.partition(BEGIN)
        DOCS.write_text(before + text + rest.partition(END)[2], "utf-8")


if __name__ == "__main__":
    main()
