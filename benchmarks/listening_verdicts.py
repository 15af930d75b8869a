"""How often verdicts of listening tests are false where there is nothing to tell, and how often alpha's interval holds.

    python benchmarks/listening_verdicts.py            # half a minute of one core; prints the table
    python benchmarks/listening_verdicts.py --quick    # few repetitions
    python benchmarks/listening_verdicts.py --write    # the table into docs/listening.md

Five models of one quality are rated by raters with manners of their own (`tests/support/simulated_ratings.py`), some of
whom like what is shown first and some the other; whoever is told apart is told so falsely. The alpha of a test is held
against that of the same raters on some thousands of clips.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from simulated_ratings import QUALITIES, Clips, Places, Raters, choices, marks, mos_design, opinions, pair_design

from mudata.evaluation.listening.bradley_terry import bradley_terry
from mudata.evaluation.listening.crossed_intervals import Crossing
from mudata.evaluation.listening.listening_test import CHOICES
from mudata.evaluation.listening.mean_opinions import difference, mean, system_pairs
from mudata.evaluation.listening.preferences import SHARE
from mudata.evaluation.listening.rater_agreement import Agreement, krippendorff
from mudata.evaluation.metrics.jackknife import ClusteredClips

SEED = 20261202
DOCS = Path(__file__).parents[1] / "docs" / "listening.md"
BEGIN, END = "<!-- benchmarks/listening_verdicts.py -->", "<!-- end of benchmarks/listening_verdicts.py -->"
SIZES = ((20, 40), (8, 40), (20, 10), (12, 12))
"""Raters and clips."""
K = len(QUALITIES)
ALIKE = (3.0,) * K
NAMES = [f"m{i}" for i in range(K)]
DESIGNS = 8
"""Of each size and kind, used in turn: drawing one takes longer than all that is done with it."""
SIDES = 0.4
"""Standard deviation of how much more a rater thinks of what is shown first: none on average."""
MANY = 3200
"""Clips whose alpha is taken for the truth."""
ALPHA_TESTS = 12
"""Tests of the same raters."""


def marks_tell(rater: Places, clip: Places, system: Places, random: np.random.Generator) -> bool:
    """Whether any two models are told apart by their marks."""
    people, pieces = Raters.drawn(rater.max() + 1, K, random), Clips.drawn(clip.max() + 1, K, random)
    values, crossing = marks(opinions(people, pieces, rater, clip, system, random, ALIKE)), Crossing.of(rater, clip)
    apart = [difference(values, system == a, system == b, crossing) for a, b in combinations(range(K), 2)]
    return any(pair.apart for pair in system_pairs(NAMES, apart)[0])


def choices_tell(
    rater: Places, clip: Places, first: Places, second: Places, random: np.random.Generator
) -> tuple[bool, bool]:
    """Whether any two models are told apart by preferences, and whether sides are said to matter."""
    people, pieces = Raters.drawn(rater.max() + 1, K, random), Clips.drawn(clip.max() + 1, K, random)
    one, other = (opinions(people, pieces, rater, clip, of, random, ALIKE) for of in (first, second))
    tilt = random.normal(0, SIDES, rater.max() + 1)[rater]
    wins = np.array([np.sign(CHOICES[choice]) / 2 + 0.5 for choice in choices(one + tilt, other)])
    crossing = Crossing.of(rater, clip)
    side = mean(wins, np.ones(len(wins), dtype=bool), crossing, SHARE)
    fitted = bradley_terry(first, second, wins, NAMES, crossing)
    told = bool(fitted.differences) and any(pair.apart for pair in system_pairs(NAMES, fitted.differences)[0])
    return told, side.p(0.5, SHARE) < 0.05


def alphas_held(raters: int, clips: int, random: np.random.Generator) -> list[bool]:
    """Of tests of the same raters with other clips: whether the interval holds the alpha of MANY clips."""
    people, design = Raters.drawn(raters, K, random), mos_design(raters, clips, np.random.default_rng(SEED))

    def alpha(tests: int) -> Agreement:
        rater, clip, system = (np.tile(axis, tests) for axis in design)
        clip = clip + np.repeat(np.arange(tests), len(design[0])) * clips
        values = marks(opinions(people, Clips.drawn(clips * tests, K, random), rater, clip, system, random))
        return krippendorff(rater, clip * K + system, values, ClusteredClips(clip, clips * tests))

    truth, found = alpha(MANY // clips).alpha, [alpha(1) for _ in range(ALPHA_TESTS)]
    return [one.low <= truth <= one.high for one in found if one.low is not None]


def table(repetitions: int) -> str:
    return "\n".join([BEGIN, *rows(repetitions), END])


def rows(repetitions: int) -> Iterator[str]:
    yield f"{repetitions} simulated tests of each line (Monte-Carlo error of .05: {(0.0475 / repetitions) ** 0.5:.3f})."
    yield ""
    yield "| raters | clips | any two MOS told apart | any two strengths told apart | sides matter | alpha held, % |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for raters, clips in SIZES:
        alone, paired = (
            [draw(raters, clips, np.random.default_rng([SEED, i])) for i in range(DESIGNS)]
            for draw in (mos_design, pair_design)
        )
        randoms = [np.random.default_rng([SEED, raters, clips, i]) for i in range(repetitions)]
        mos = np.mean([marks_tell(*alone[i % DESIGNS], random) for i, random in enumerate(randoms)])
        texts, sides = np.mean([choices_tell(*paired[i % DESIGNS], one) for i, one in enumerate(randoms)], axis=0)
        held = [one for random in randoms[::ALPHA_TESTS] for one in alphas_held(raters, clips, random)]
        yield f"| {raters} | {clips} | {mos:.3f} | {texts:.3f} | {sides:.3f} | {100 * np.mean(held):.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="24 tests of each line")
    parser.add_argument("--write", action="store_true", help=f"put the table into {DOCS.name}")
    options = parser.parse_args()
    text = table(24 if options.quick else 600)
    print(text)
    if options.write:
        page = DOCS.read_text("utf-8")
        before, _, rest = page.partition(BEGIN)
        DOCS.write_text(before + text + rest.partition(END)[2], "utf-8")


if __name__ == "__main__":
    main()
