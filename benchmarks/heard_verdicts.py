"""How often the verdict on an exam errs: models that never hear and are called 'heard', models that hear 10 points more
than the strongest blind floor and are called 'guessed'. Prints the table of docs/heard.md.

    python benchmarks/heard_verdicts.py [ROUNDS]
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mudata.evaluation.metrics.blind_lift import SMALL, BlindFloor, lift, verdict
from mudata.evaluation.metrics.exam_floors import ShownItem, exam_floors

Floats = NDArray[np.float64]
SIZES = ((60, 1), (206, 1), (334, 1), (320, 3), (1187, 2))
"""Items, and how many are of one clip, about as in MUSE, MMAR (music), MMAU (music), HumMusQA, MuChoMusic."""
LEVEL, SKEWED = (0.25, 0.25, 0.25, 0.25), (0.25, 0.35, 0.25, 0.15)
"""How often the right option stands at each place."""
BLIND = ("no-audio", "silence", "noise")


class Exam:
    """Items with four options of random lengths."""

    def __init__(self, n: int, per_clip: int, places: tuple[float, ...], rng: np.random.Generator) -> None:
        self.n, self.rng = n, rng
        of = [i // per_clip for i in range(n)]
        self.clusters = list(map(str, of))
        shown = [tuple("abcd"[k] * length for k, length in enumerate(row)) for row in rng.integers(3, 12, (n, 4))]
        self.gold = rng.choice(4, n, p=places)
        items = [[ShownItem(options=one, gold=one[gold])] for one, gold in zip(shown, self.gold, strict=True)]
        self.floors = [BlindFloor(name=f.name, title=f.title, values=f.values) for f in exam_floors(items)]
        self.chance = 0.25 if places == LEVEL else max(places)
        self.luck = rng.random(n)[of]
        """What items of one clip share: one that is easy is so for all of them."""

    def guess(self) -> Floats:
        return (self.rng.integers(0, 4, self.n) == self.gold).astype(float)

    def always_b(self) -> Floats:
        return (self.gold == 1).astype(float)

    def knows(self, share: float) -> Floats:
        """Knows a share of the items, those of a clip together, and guesses the rest."""
        return np.where(self.luck < share, 1.0, self.guess())

    def judged(self, real: Floats, *blind: Floats, rules: bool = True) -> str:
        runs = [BlindFloor(name=name, title=name, values=values) for name, values in zip(BLIND, blind, strict=False)]
        found = lift(real, [*(self.floors if rules else self.floors[:1]), *runs], self.clusters, draws=1000)
        return verdict(found, found.p)[0]

    def reads(self, share: float) -> str:
        """Answers from the words, with the clips as without them, and guesses the rest anew."""
        return self.judged(self.knows(share), *(self.knows(share) for _ in BLIND))

    def hears(self, lift_by: float) -> str:
        """Is right so much more often than the strongest blind floor, and guesses without the clips."""
        share = (self.chance + lift_by - 0.25) / 0.75
        return self.judged(self.knows(share), *(self.guess() for _ in BLIND))


CASES: dict[str, tuple[tuple[float, ...], Callable[[Exam], str]]] = {
    "guesses; chance is the only floor": (LEVEL, lambda e: e.judged(e.guess(), rules=False)),
    "guesses": (LEVEL, lambda e: e.judged(e.guess(), *(e.guess() for _ in BLIND))),
    "guesses; B is right in 35 %": (SKEWED, lambda e: e.judged(e.guess(), *(e.guess() for _ in BLIND))),
    "always says B; B is right in 35 %": (SKEWED, lambda e: e.judged(e.always_b(), e.always_b())),
    "has 30 % from the words": (LEVEL, lambda e: e.reads(0.3)),
    "has 60 % from the words; silence is the only blind run": (LEVEL, lambda e: e.judged(e.knows(0.6), e.knows(0.6))),
    f"hears {100 * SMALL:.0f} points": (LEVEL, lambda e: e.hears(SMALL)),
    f"hears {100 * SMALL:.0f} points; B is right in 35 %": (SKEWED, lambda e: e.hears(SMALL)),
    "hears 20 points": (LEVEL, lambda e: e.hears(0.2)),
    "hears 40 points": (LEVEL, lambda e: e.hears(0.4)),
}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    print("| model |", " | ".join(f"{n} ({per_clip})" for n, per_clip in SIZES), f"|\n|---|{'---:|' * len(SIZES)}")
    for name, (places, case) in CASES.items():
        cells = []
        for n, per_clip in SIZES:
            rng = np.random.default_rng(n)
            found = [case(Exam(n, per_clip, places, rng)) for _ in range(rounds)]
            cells.append(" / ".join(f"{100 * found.count(one) / rounds:.1f}" for one in ("heard", "guessed")))
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
