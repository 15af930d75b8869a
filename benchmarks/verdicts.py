"""How often verdicts are wrong, and how often differences that they are said to tell are told: by simulation.

    python benchmarks/verdicts.py                    # all tables, some ten minutes on one core
    python benchmarks/verdicts.py --rounds 100       # rougher
    python benchmarks/verdicts.py --only power       # one of them
    python benchmarks/verdicts.py --write            # into docs/statistics.md, between the marks of this script

Runs answer clips of artists that have unequally many (log-normal, sigma .8). Behind every answer lies a normal number:
in part that of the clip, which all runs share (`alike`), and within either part in part that of the artist (`icc`, the
intra-class correlation). Accuracy is whether it lies below a threshold; ROUGE a value between 0 and .5; micro-F1 made
of counts that depend on it. Verdicts are those of the program: `comparison.pairwise`, `suites.suite_table`,
`comparison.floors`, `comparison.audio_use`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from mudata.evaluation.align.alignment import Alignment
from mudata.evaluation.comparison.audio_use import check_audio_use
from mudata.evaluation.comparison.floors import FloorQuestion, above_floors
from mudata.evaluation.comparison.pairwise import agreeing, no_verdict, pair_detectable, pair_p
from mudata.evaluation.metrics.differences import difference
from mudata.evaluation.metrics.hypothesis_tests import holm
from mudata.evaluation.metrics.intervals import ALPHA, ratio
from mudata.evaluation.metrics.jackknife import ClusteredClips
from mudata.evaluation.metrics.per_clip import PerClipMetric
from mudata.evaluation.metrics.scored import ScoredAnswer
from mudata.evaluation.suites.suite_table import Cell, verdict

SEED = 20261201
DOCS = Path(__file__).parents[1] / "docs" / "statistics.md"
BEGIN, END = "<!-- benchmarks/verdicts.py -->", "<!-- end of benchmarks/verdicts.py -->"
Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Exam:
    """What runs are asked: `n` clips of `artists` (None: of as many), and how alike answers are."""

    metric: str
    n: int
    artists: int | None = None
    icc: float = 0.3
    p: float = 0.5
    alike: float = 0.3
    even: bool = False

    def __str__(self) -> str:
        artists = f", {self.artists} {'even ' if self.even else ''}artists, icc {self.icc:g}" if self.artists else ""
        p = f" {self.p:g}" if self.metric == "accuracy" else ""
        return f"{self.metric}{p}, {self.n} clips{artists}"

    def clusters(self, random: np.random.Generator) -> Places:
        """The artist of each clip; every artist has one."""
        if self.artists is None:
            return np.arange(self.n)
        if self.even:
            return np.arange(self.n) % self.artists
        weights = random.lognormal(0, 0.8, self.artists)
        more = random.choice(self.artists, self.n - self.artists, p=weights / weights.sum())
        return np.concatenate([np.arange(self.artists), more])

    def answered(self, of: Places, gains: Sequence[float], random: np.random.Generator) -> list[PerClipMetric]:
        """Runs, each better than the exam's p by its gain; gains of others than accuracy are of the same order."""
        shared, asked = self._latent(of, random), random.integers(1, 5, len(of)).astype(float)
        runs = []
        for gain in gains:
            mix = np.sqrt(self.alike) * shared + np.sqrt(1 - self.alike) * self._latent(of, random)
            runs.append(self._measured(ndtr(mix), gain, asked, random))
        return runs

    def _latent(self, of: Places, random: np.random.Generator) -> Floats:
        artists = random.standard_normal(int(of.max()) + 1)[of]
        return np.sqrt(self.icc) * artists + np.sqrt(1 - self.icc) * random.standard_normal(len(of))

    def _measured(self, uniform: Floats, gain: float, asked: Floats, random: np.random.Generator) -> PerClipMetric:
        ones = np.ones(len(uniform))
        if self.metric == "accuracy":
            return PerClipMetric((uniform > 1 - self.p - gain).astype(float), ones)
        if self.metric == "ROUGE":
            return PerClipMetric(0.5 * np.clip(uniform + gain, 0, 1) ** 2, ones)
        hits = random.binomial(asked.astype(int), np.clip(0.8 * uniform + gain, 0, 1))
        return PerClipMetric(2.0 * hits, asked + hits + random.binomial(3, 0.4, len(uniform)))


# ------------------------------------------------------------------------------------------ compare


def false_alarms(exam: Exam, runs: int, rounds: int, seed: int = SEED) -> float:
    """How often any two of `runs` that are as good are told apart."""
    random, pairs, alarms = np.random.default_rng(seed), runs * (runs - 1) // 2, 0
    for _ in range(rounds):
        of = exam.clusters(random)
        names = of.astype(str).tolist()
        if no_verdict(names, pairs):
            continue
        answered = exam.answered(of, [0.0] * runs, random)
        ps = [pair_p(a, b, names, pairs) for a, b in combinations(answered, 2)]
        alarms += min(holm(ps)) < ALPHA
    return alarms / rounds


def unlike_alarms(exam: Exam, rounds: int, seed: int = SEED) -> float:
    """How often two runs of the same accuracy are told apart, of which one errs clip by clip and the other by artists:
    the share of an artist's clips that it has right follows a beta distribution of mean p and correlation icc."""
    random, alarms, clumped = np.random.default_rng(seed), 0, 1 / exam.icc - 1
    for _ in range(rounds):
        of = exam.clusters(random)
        shares = random.beta(exam.p * clumped, (1 - exam.p) * clumped, int(of.max()) + 1)[of]
        a, b = (
            PerClipMetric((random.random(exam.n) < right).astype(float), np.ones(exam.n)) for right in (exam.p, shares)
        )
        alarms += pair_p(a, b, of.astype(str).tolist()) < ALPHA
    return alarms / rounds


def power(exam: Exam, runs: int, rounds: int, seed: int = SEED) -> tuple[float, float] | None:
    """The difference that is said to be told apart, on average, of two of `runs` that differ by so much; and how often
    they then are. None where none is said to be."""
    random, pairs = np.random.default_rng(seed), runs * (runs - 1) // 2
    of = exam.clusters(random)
    names = of.astype(str).tolist()
    differs = _differences(exam, of, random)
    gain = said = 0.0
    for pilots in (max(20, rounds // 10), max(40, rounds // 2)):
        found = [pair_detectable(*exam.answered(of, (gain, 0.0), random), names, pairs) for _ in range(pilots)]
        known = [one for one in found if one is not None]
        if len(known) < len(found) / 2:
            return None
        said = float(np.mean(known))
        gain = float(np.interp(said, differs[1], differs[0]))
    told = sum(pair_p(*exam.answered(of, (gain, 0.0), random), names, pairs) < ALPHA / pairs for _ in range(rounds))
    return said, told / rounds


def held(exam: Exam, runs: int, rounds: int, seed: int = SEED) -> float:
    """How often the intervals of all differences hold the true ones, of runs whose accuracies are evenly apart over 20
    points. Intervals are those that are printed, moved to agree with the tests."""
    random, pairs, all_of_them = np.random.default_rng(seed), list(combinations(range(runs), 2)), 0
    gains = np.linspace(0, 0.2, runs)
    for _ in range(rounds):
        of = exam.clusters(random)
        names, answered = of.astype(str).tolist(), exam.answered(of, gains.tolist(), random)
        corrected = holm([pair_p(answered[i], answered[j], names, len(pairs)) for i, j in pairs])
        holds = True
        for (i, j), p in zip(pairs, corrected, strict=True):
            a, b = answered[i], answered[j]
            clips = ClusteredClips.named(names)
            found = difference((a.over, a.under), (b.over, b.under), clips, ALPHA / len(pairs))
            low, high = agreeing(found.low, found.high, a.value - b.value, told=p < ALPHA)
            holds &= low is None or high is None or low <= gains[i] - gains[j] <= high
        all_of_them += holds
    return all_of_them / rounds


def _differences(exam: Exam, of: Places, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Gains, and the differences that they make on average."""
    gains = np.linspace(0, 0.6, 13)
    if exam.metric == "accuracy":
        return gains, gains
    many = np.resize(of, 40_000)
    values = [run.value for run in replace(exam, icc=0.0).answered(np.arange(len(many)), gains.tolist(), random)]
    return gains, np.array(values) - values[0]


# ------------------------------------------------------------------------------------------ suites, floors, audio


def suite_alarms(exam: Exam, theirs: int, rounds: int, seed: int = SEED) -> float:
    """How often a value that was published on `theirs` other clips of other artists is called outside, of a run that is
    as good."""
    random, outside = np.random.default_rng(seed), 0
    metric = "accuracy" if exam.metric == "accuracy" else "rougeL_f"
    artists = None if exam.artists is None else min(theirs, exam.artists)
    other = replace(exam, n=theirs, artists=artists)
    for _ in range(rounds):
        of = exam.clusters(random)
        (ours,) = exam.answered(of, (0.0,), random)
        (published,) = other.answered(other.clusters(random), (0.0,), random)
        low, high, *_ = ratio(ours.over, ours.under, ClusteredClips(of, int(of.max()) + 1))
        cell = Cell(metric, ours.value, low, high, exam.n)
        outside += verdict(cell, Cell(metric, round(published.value, 3), None, None, theirs)) == "outside"
    return outside / rounds


def floor_alarms(exam: Exam, runs: int, rounds: int, seed: int = SEED) -> float:
    """How often any of `runs` that guess among 1 / p labels is called ahead of chance, or behind it."""
    random, alarms = np.random.default_rng(seed), 0
    for _ in range(rounds):
        of = exam.clusters(random)
        asked = []
        for i, run in enumerate(exam.answered(of, [0.0] * runs, random)):
            low, high, *_ = ratio(run.over, run.under, ClusteredClips(of, int(of.max()) + 1))
            values = {"accuracy": {"value": run.value, "low": low, "high": high}, "chance": {"value": exam.p}}
            asked.append(FloorQuestion(str(i), values, _answers(run, of), {}))
        alarms += any(one.verdict in ("ahead", "behind") for one in above_floors("classify", asked).values())
    return alarms / rounds


def audio_alarms(exam: Exam, controls: int, rounds: int, seed: int = SEED) -> float:
    """How often a model that hears nothing, and answers at random, is said to have heard."""
    random, heard = np.random.default_rng(seed), 0
    for _ in range(rounds):
        of = exam.clusters(random)
        real, *rest = (_answers(run, of) for run in exam.answered(of, [0.0] * (1 + controls), random))
        heard += check_audio_use(real, {str(i): one for i, one in enumerate(rest)}, "classify").verdict == "heard"
    return heard / rounds


def _answers(run: PerClipMetric, of: Places) -> list[ScoredAnswer]:
    said = ["a" if right else "b" for right in run.over]
    return [
        ScoredAnswer(f"d/{i}", "d", ("a",), label, Alignment("ALIGNED", (label,)), cluster=f"artist {whose}")
        for i, (label, whose) in enumerate(zip(said, of, strict=True))
    ]


# ------------------------------------------------------------------------------------------ tables

CAPTIONS = [Exam("ROUGE", n) for n in (1, 2, 3, 5, 8, 10, 20, 50)]
CLUSTERED = [
    *(Exam("ROUGE", 100, artists) for artists in (2, 3, 5, 8, 15)),
    *(Exam("accuracy", 290, artists, icc=0.6) for artists in (2, 3, 5, 8, 38, 111)),
    *(Exam("accuracy", n, artists, icc=0.6) for n, artists in ((50, 8), (100, 14))),
    Exam("accuracy", 1000, 300, icc=0.8, p=0.9),
    *(Exam("micro-F1", n, artists, icc=0.4) for n, artists in ((30, 10), (300, 60))),
]
UNLIKE = [
    *(
        Exam("accuracy", n, artists, icc=0.8, p=0.9, even=True)
        for n, artists in ((290, 8), (290, 14), (290, 38), (1000, 30), (290, 111), (1000, 300))
    ),
    Exam("accuracy", 290, 14, icc=0.8, p=0.9),
    Exam("accuracy", 290, 38, icc=0.8, p=0.9),
    *(Exam("accuracy", 290, artists, icc=0.8, even=True) for artists in (8, 38)),
    Exam("accuracy", 290, 38, icc=0.8, p=0.7, even=True),
]
SEVERAL = [
    Exam("accuracy", 100),
    Exam("accuracy", 290, 111),
    Exam("accuracy", 290, 38, icc=0.6),
    Exam("ROUGE", 147, 40),
    Exam("micro-F1", 100, 30),
]
POWERS = [
    Exam("accuracy", 100),
    Exam("accuracy", 290, p=0.3, alike=0.5),
    Exam("accuracy", 1000, p=0.1, alike=0.7),
    Exam("accuracy", 290, 111, p=0.4, alike=0.5),
    Exam("accuracy", 300, 40),
    Exam("accuracy", 300, 30, even=True),
    Exam("accuracy", 160, 16, even=True),
    Exam("ROUGE", 50),
    Exam("ROUGE", 147),
    Exam("ROUGE", 147, 40, icc=0.5),
    Exam("micro-F1", 50),
    Exam("micro-F1", 290, 60, icc=0.5),
]
HELD = [exam for exam in SEVERAL if exam.metric == "accuracy"]
PUBLISHED = [
    (Exam("accuracy", 100), 100),
    *((Exam("accuracy", n, artists, icc=icc), 100) for n in (100, 290) for artists in (60, 30) for icc in (0.3, 0.6)),
    (Exam("accuracy", 100, 30, p=0.9), 1000),
    (Exam("ROUGE", 147), 147),
    (Exam("ROUGE", 147, 40), 147),
]
GUESSES = [
    (Exam("accuracy", 60, p=0.1), 3),
    (Exam("accuracy", 60, 8, p=0.1, icc=0.8), 3),
    (Exam("accuracy", 290, 111, p=0.1), 8),
]
DEAF = [(Exam("accuracy", 60), 2), (Exam("accuracy", 60, 12, icc=0.6), 1), (Exam("accuracy", 290, 38, icc=0.6), 2)]


NONE = ("none", "")
"""Where no difference is said to be told apart."""


def tables(rounds: int, only: Sequence[str] = ()) -> str:
    """All of them, or some of TABLES, as Markdown."""
    errors = [100 * np.sqrt(share * (1 - share) / rounds) for share in (0.05, 0.8)]
    lines = [
        f"{rounds} simulations of each line, half as many where there are 3 or 8 runs but for power: Monte-Carlo error "
        f"{errors[0]:.1f} points of a rate of .05, {errors[1]:.1f} of one of .80.",
        "",
    ]
    for name, (title, names, rows) in TABLES.items():
        if not only or name in only:
            lines += [f"**{title}**", "", *_table(names, rows(rounds))]
    return "\n".join(lines).rstrip() + "\n"


Rows = list[tuple[object, ...]]
TABLES: dict[str, tuple[str, tuple[str, ...], Callable[[int], Rows]]] = {
    "alarms": (
        "`compare`: two runs that are as good are told apart",
        ("clips", "false alarms"),
        lambda rounds: [(exam, false_alarms(exam, 2, rounds)) for exam in CAPTIONS + CLUSTERED],
    ),
    "unlike": (
        "`compare`: runs that err in different ways, one clip by clip, one by artists, are told apart though as good",
        ("clips", "false alarms"),
        lambda rounds: [(exam, unlike_alarms(exam, rounds)) for exam in UNLIKE],
    ),
    "several": (
        "`compare`: any two of several runs that are as good are told apart (Holm)",
        ("clips", "3 runs", "8 runs"),
        lambda rounds: [(exam, *(false_alarms(exam, runs, rounds // 2) for runs in (3, 8))) for exam in SEVERAL],
    ),
    "power": (
        "`compare`: two runs that differ as much as is said to be told apart are told apart (promised: .80)",
        ("clips", "can tell, of 2 runs", "power", "can tell, of 8 runs", "power"),
        lambda rounds: [
            (exam, *(power(exam, 2, rounds) or NONE), *(power(exam, 8, rounds) or NONE)) for exam in POWERS
        ],
    ),
    "held": (
        "`compare`: the intervals of all pairs hold the true differences at once (promised: .95)",
        ("clips", "2 runs", "8 runs"),
        lambda rounds: [(exam, *(held(exam, runs, rounds // 2) for runs in (2, 8))) for exam in HELD],
    ),
    "suites": (
        "Suites: a published value that ours agrees with is called outside",
        ("ours", "clips of theirs", "false alarms"),
        lambda rounds: [(exam, theirs, suite_alarms(exam, theirs, rounds)) for exam, theirs in PUBLISHED],
    ),
    "floors": (
        "Report: any of several runs that guess is called ahead of chance, or behind",
        ("clips", "runs", "false alarms"),
        lambda rounds: [(exam, runs, floor_alarms(exam, runs, rounds // 2)) for exam, runs in GUESSES],
    ),
    "audio": (
        "Was the audio used? A model that hears nothing and answers at random is said to have heard",
        ("clips", "controls", "false alarms"),
        lambda rounds: [(exam, controls, audio_alarms(exam, controls, rounds // 2)) for exam, controls in DEAF],
    ),
}


def _table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    cells = [list(map(_cell, row)) for row in rows]
    return [f"| {' | '.join(row)} |" for row in (names, ["---"] * len(names), *cells)] + [""]


def _cell(value: object) -> str:
    return f"{value:.3f}".replace("0.", ".", 1) if isinstance(value, float) else str(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=1000, help="simulations of each line")
    parser.add_argument("--write", action="store_true", help=f"into {DOCS.name}")
    parser.add_argument("--only", nargs="*", choices=TABLES, default=[], help="these tables")
    asked = parser.parse_args()
    if asked.write and asked.only:
        parser.error("--write writes all tables, --only prints some")
    text = tables(asked.rounds, asked.only)
    print(text)
    if asked.write:
        before, _, rest = DOCS.read_text("utf-8").partition(BEGIN)
        DOCS.write_text(f"{before}{BEGIN}\n{text}{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
