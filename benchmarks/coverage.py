"""How often 95 % intervals hold the truth: every kind that is printed, simulated with a truth that is known.

    python benchmarks/coverage.py                      # all cells, some twenty minutes of two cores; prints the tables
    python benchmarks/coverage.py --quick              # few cells and repetitions
    python benchmarks/coverage.py --mixtures           # only where a few clusters fail altogether: seconds
    python benchmarks/coverage.py --write              # tables into docs/statistics.md, the picture beside it

`tests/support/simulated_answers.py` draws clips in clusters of uneven size and answers that are alike within a cluster.
A cell is a number, a design (clips in clusters), an intra-cluster correlation and a truth; every cell has its own seed.
Where no interval is given ("too few to say") the cell counts that and nothing else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if __name__ == "coverage":  # numba, which librosa brings, looks for the package of this name wherever it can
    raise ImportError("This is benchmarks/coverage.py, and not the package coverage.")

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from simulated_answers import Design, clusters, labelled, right, tag_sets, values

from mudata.evaluation.metrics.differences import difference, mean_difference
from mudata.evaluation.metrics.intervals import Interval, bounded, ratio, symmetric
from mudata.evaluation.metrics.jackknife import ClusteredClips, Jackknife

SEED = 20261130
DOCS = Path(__file__).parents[1] / "docs" / "statistics.md"
PICTURE = "coverage.png"
BEGIN, END = "<!-- benchmarks/coverage.py -->", "<!-- end of benchmarks/coverage.py -->"
BEGIN_MIXTURES, END_MIXTURES = BEGIN.replace(" -->", ", mixtures -->"), END.replace(" -->", ", mixtures -->")
REPETITIONS = 400
APART = 0.04
"""How much better the first of two runs is."""
_HELD = 1e-12
NOTHING = Interval(None, None, 0, "none: nothing to divide by")

Floats = NDArray[np.float64]
Drawn = tuple[Interval, float]


# ------------------------------------------------------------------------------------- what is printed


def accuracy(design: Design, random: np.random.Generator) -> Drawn:
    of, ones = clusters(design, random), np.ones(design.n)
    return ratio(_right(design, of, random), ones, _clips(of)), design.p


def selective(design: Design, random: np.random.Generator) -> Drawn:
    """Of the four in five answers that could be read, which is the cluster's manner too."""
    of = clusters(design, random)
    read = right(Design(design.n, design.clusters, design.icc, 0.8), of, random)[0].astype(np.float64)
    return _ratio(_right(design, of, random) * read, read, of), design.p


def recall(design: Design, random: np.random.Generator) -> Drawn:
    """Of the clips of one label of several."""
    of = clusters(design, random)
    reference, said = labelled(design, of, random)
    asked = (reference == 0).astype(np.float64)
    return _ratio((said == 0) * asked, asked, of), design.p


def partial_credit(design: Design, random: np.random.Generator) -> Drawn:
    """Half a point where two labels were named, for one answer in four."""
    of = clusters(design, random)
    credit = _right(design, of, random) * np.where(random.random(design.n) < 0.25, 0.5, 1.0)
    return ratio(credit, np.ones(design.n), _clips(of)), 0.875 * design.p


def rouge(design: Design, random: np.random.Generator) -> Drawn:
    of = clusters(design, random)
    return ratio(values(design, of, random)[0], np.ones(design.n), _clips(of)), design.p


def macro_f1(design: Design, random: np.random.Generator) -> Drawn:
    of, places = clusters(design, random), np.arange(design.n)
    reference, said = labelled(design, of, random)
    return bounded(Jackknife.macro_f1((places, reference), (places, said), _clips(of))), design.p


def micro_f1(design: Design, random: np.random.Generator) -> Drawn:
    of = clusters(design, random)
    references, named = tag_sets(design, of, random)
    hits, both = (references & named).sum(1), references.sum(1) + named.sum(1)
    return _ratio(2.0 * hits, both.astype(np.float64), of), design.p


def micro_precision(design: Design, random: np.random.Generator) -> Drawn:
    of = clusters(design, random)
    references, named = tag_sets(design, of, random)
    hits, said = ((references & named).sum(1).astype(np.float64), named.sum(1).astype(np.float64))
    return _ratio(hits, said, of), design.p


def tag_macro_f1(design: Design, random: np.random.Generator) -> Drawn:
    of = clusters(design, random)
    references, named = tag_sets(design, of, random)
    if not references.any():
        return NOTHING, design.p
    return bounded(Jackknife.macro_f1(np.nonzero(references), np.nonzero(named), _clips(of))), design.p


def lift(design: Design, random: np.random.Generator) -> Drawn:
    of = clusters(design, random)
    own, wrong = values(design, of, random, (design.p, design.p / 2))
    return mean_difference(own - wrong, _clips(of)), design.p / 2


def length_ratio(design: Design, random: np.random.Generator) -> Drawn:
    """Words said over words of the references: log-normal (sigma .5), p times as many."""
    of, words = clusters(design, random), random.integers(10, 40, design.n).astype(np.float64)
    own, common = random.standard_normal(design.n), random.standard_normal(design.clusters)[of]
    manner = np.sqrt(design.icc) * common + np.sqrt(1 - design.icc) * own
    said = design.p * words * np.exp(0.5 * manner - 0.125)
    return symmetric(Jackknife.ratio(said, words, _clips(of))), design.p


def difference_of_accuracies(design: Design, random: np.random.Generator) -> Drawn:
    of, ones = clusters(design, random), np.ones(design.n)
    other = _other(design.p)
    a, b = right(design, of, random, (design.p, other)).astype(np.float64)
    return difference((a, ones), (b, ones), _clips(of)), design.p - other


def difference_of_rouge(design: Design, random: np.random.Generator) -> Drawn:
    of, ones = clusters(design, random), np.ones(design.n)
    other = _other(design.p)
    a, b = values(design, of, random, (design.p, other))
    return difference((a, ones), (b, ones), _clips(of)), design.p - other


def _ratio(over: Floats, under: Floats, of: NDArray[np.intp]) -> Interval:
    return ratio(over, under, _clips(of)) if under.any() else NOTHING


def _right(design: Design, of: NDArray[np.intp], random: np.random.Generator) -> Floats:
    return right(design, of, random)[0].astype(np.float64)


def _other(p: float) -> float:
    return p - APART if p > 0.5 else p + APART


def _clips(of: NDArray[np.intp]) -> ClusteredClips:
    return ClusteredClips(of, int(of.max()) + 1)


class Number(NamedTuple):
    """A number that is printed, drawn once with its truth; what else gets the same interval; and in how many labels."""

    draw: Callable[[Design, np.random.Generator], Drawn]
    title: str
    also: str = ""
    labels: tuple[int, ...] = (2,)


NUMBERS = {
    number.draw.__name__: number
    for number in (
        Number(accuracy, "accuracy", "coverage, lenient, any-mention, centred, majority, refusals, rules, opinions"),
        Number(selective, "selective accuracy"),
        Number(recall, "recall of a label", labels=(2, 10)),
        Number(partial_credit, "partial credit"),
        Number(macro_f1, "macro-F1", labels=(2, 10)),
        Number(micro_f1, "micro-F1 of tags", "micro-recall, Jaccard, F1 of the majority", labels=(5,)),
        Number(micro_precision, "micro-precision of tags", labels=(5,)),
        Number(tag_macro_f1, "macro-F1 of tags", labels=(5,)),
        Number(rouge, "mean ROUGE", "aspect recall, METEOR"),
        Number(lift, "lift of ROUGE", "lift of aspects, CLAP score"),
        Number(length_ratio, "ratio of lengths"),
        Number(difference_of_accuracies, "difference of accuracies"),
        Number(difference_of_rouge, "difference of ROUGE"),
    )
}

# ------------------------------------------------------------------------------------- cells

DESIGNS = (
    *((10, 1), (10, 4), (10, 10), (30, 8), (30, 30), (100, 14), (100, 100), (290, 8), (290, 38), (290, 111)),
    *((1000, 30), (1000, 300)),
)
"""Clips, and clusters of uneven size; as many clusters as clips are independent clips."""
ICCS, TRUTHS = (0.0, 0.1, 0.4, 0.8), (0.02, 0.1, 0.5, 0.9, 0.98)
FEW_DESIGNS = tuple(design for design in DESIGNS if design in ((10, 4), (30, 8), (100, 14), (100, 100), (290, 38)))
MAIN = ("accuracy", "macro_f1", "micro_f1", "rouge", "difference_of_accuracies", "difference_of_rouge")
"""Those drawn on all designs, and in the picture; the others on FEW_DESIGNS."""


MIXTURES = (
    *((290, 8, 0.1, 0.05), (30, 8, 0.1, 0.1), (100, 14, 0.1, 0.1), (1000, 30, 0.05, 0.1), (290, 38, 0.05, 0.05)),
    *((290, 111, 0.03, 0.05), (1000, 300, 0.03, 0.05)),
)
"""Clips, clusters, the share of clusters that fail altogether, and of clips of all others that are wrong by chance."""


class Cell(NamedTuple):
    """Coverage is of the repetitions that gave an interval; None where none did."""

    number: str
    design: Design
    given: float
    coverage: float | None
    width: float


def cell(number: str, design: Design, repetitions: int) -> Cell:
    """One number under one design, `repetitions` times."""
    given, held, width = 0, 0, 0.0
    for seed in np.random.SeedSequence([SEED, *number.encode(), *_integers(design)]).spawn(repetitions):
        interval, truth = NUMBERS[number].draw(design, np.random.default_rng(seed))
        if interval.low is not None and interval.high is not None:
            given += 1
            held += interval.low - _HELD <= truth <= interval.high + _HELD
            width += interval.high - interval.low
    return Cell(number, design, given / repetitions, held / given if given else None, width / max(1, given))


def _integers(design: Design) -> tuple[int, ...]:
    beta = design.n, design.clusters, round(1000 * design.icc), round(1000 * design.p), design.labels
    return (*beta, round(1000 * design.failing)) if design.failing else beta


def designs(number: str, *, quick: bool = False) -> Iterable[Design]:
    """All cells of a number."""
    main, iccs, truths = number in MAIN, ICCS, TRUTHS
    if quick:
        iccs, truths = (0.0, 0.4), (0.1, 0.5, 0.98)
    for n, count in DESIGNS if main and not quick else FEW_DESIGNS:
        for icc in iccs if count < n else (0.0,):
            for p in truths:
                for labels in NUMBERS[number].labels:
                    yield Design(n, count, icc, p, labels)


def mixtures(repetitions: int) -> list[Cell]:
    """Accuracy where a few clusters fail altogether, of clusters of even size."""
    designs = [
        Design(n, count, p=(1 - failing) * (1 - wrong), failing=failing, even=True)
        for n, count, failing, wrong in MIXTURES
    ]
    return [cell("accuracy", design, repetitions) for design in designs]


def simulated(numbers: Sequence[str], repetitions: int, *, quick: bool = False, workers: int = 2) -> list[Cell]:
    """Every cell of some numbers, the slow ones first, over `workers` processes."""
    jobs = [(number, design) for number in numbers for design in designs(number, quick=quick)]
    slow_first = sorted(range(len(jobs)), key=lambda i: -jobs[i][1].n)
    with ProcessPoolExecutor(workers) as pool:
        done = pool.map(_cell, [(*jobs[i], repetitions) for i in slow_first], chunksize=4)
        found = dict(zip(slow_first, done, strict=True))
    return [found[i] for i in range(len(jobs))]


def _cell(job: tuple[str, Design, int]) -> Cell:
    return cell(*job)


# ------------------------------------------------------------------------------------- tables and picture


def tables(cells: Sequence[Cell], repetitions: int) -> str:
    """As Markdown: by design, lowest, median and highest coverage over correlations, truths and labels."""
    error = 100 * np.sqrt(0.05 * 0.95 / repetitions)
    lines = [
        f"Each cell was drawn {repetitions} times (Monte-Carlo error {error:.1f} points). A line has the lowest, the",
        "median and the highest coverage (%) over correlations 0, .1, .4, .8, truths .02, .1, .5, .9, .98 and numbers",
        "of labels, and how often an interval was given. Of independent clips the correlation is 0. The lowest of 20",
        f"cells that hold 95 % is near {95 - 1.9 * error:.0f} by chance alone.",
        "",
        f"![Coverage by number, design, correlation and truth]({PICTURE})",
        "",
        "| number | clips in clusters | interval given | lowest | median | highest | the lowest is at |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for number, of in NUMBERS.items():
        mine = [one for one in cells if one.number == number]
        for n, count in dict.fromkeys((one.design.n, one.design.clusters) for one in mine):
            here = [one for one in mine if (one.design.n, one.design.clusters) == (n, count)]
            given = f"{100 * np.mean([one.given for one in here]):.0f} %"
            name = f"{of.title} ({of.also})" if of.also and (n, count) == next(_designs_of(mine)) else of.title
            where = f"{n} in {count}" if count < n else f"{n}, independent"
            found = [one for one in here if one.coverage is not None]
            if not found:
                lines.append(f"| {name} | {where} | {given} | | | | |")
                continue
            least = min(found, key=lambda one: one.coverage or 0.0)
            rates = [100 * (one.coverage or 0.0) for one in found]
            at = f"icc {least.design.icc:g}, truth {least.design.p:g}" + (
                f", {least.design.labels} labels" if len(of.labels) > 1 else ""
            )
            row = f"{min(rates):.1f} | {np.median(rates):.1f} | {max(rates):.1f} | {at}"
            lines.append(f"| {name} | {where} | {given} | {row} |")
    within = _shares([one for one in cells if _clips_asked(one) >= 30 and one.design.clusters >= 8])
    return "\n".join([*lines, "", f"From 30 clips and 8 clusters on: {within}.", ""])


def mixture_table(cells: Sequence[Cell], repetitions: int) -> str:
    """As Markdown, a line for each design."""
    lines = [
        f"Even clusters, of which a few fail altogether, and chance errors in all others; {repetitions} draws each.",
        "",
        "| accuracy of clips | clusters that fail | errors in others | truth | coverage | draws with none failing |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for one in cells:
        of, failing = one.design, one.design.failing
        wrong, none = 1 - of.p / (1 - failing), (1 - failing) ** of.clusters
        row = f"{100 * failing:.0f} % | {100 * wrong:.0f} % | {100 * of.p:.1f} % | {100 * (one.coverage or 0):.1f}"
        lines.append(f"| {of.n} in {of.clusters} | {row} | {100 * none:.0f} % |")
    return "\n".join([*lines, ""])


def _clips_asked(one: Cell) -> float:
    return one.design.n / (one.design.labels if one.number == "recall" else 1)


def _designs_of(cells: Sequence[Cell]) -> Iterable[tuple[int, int]]:
    return iter(dict.fromkeys((one.design.n, one.design.clusters) for one in cells))


def _shares(cells: Sequence[Cell]) -> str:
    rates = np.array([one.coverage for one in cells if one.coverage is not None])
    below, inside, above, far = (
        (rates < 0.93).sum(),
        ((rates >= 0.93) & (rates <= 0.97)).sum(),
        ((rates > 0.97) & (rates <= 0.99)).sum(),
        (rates > 0.99).sum(),
    )
    return (
        f"{below} of {len(rates)} cells lie below 93 %, {inside} in 93 to 97 %, {above} in 97 to 99 %, {far} above; "
        f"the lowest is {100 * rates.min():.1f} %"
    )


def picture(cells: Sequence[Cell], path: Path) -> None:
    """A tile for each cell of the numbers in MAIN: designs in rows, truths within correlations in columns."""
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.figure import Figure

    colours = ListedColormap(["#b2182b", "#ef8a62", "#5aae61", "#a6dba0", "#d9f0d3"])
    norm = BoundaryNorm([0, 0.9, 0.93, 0.97, 0.99, 1.0001], 5)
    figure = Figure(figsize=(11, 8.4), layout="constrained")
    axes = figure.subplots(2, 3, sharex=True, sharey=True)
    columns = [(icc, p) for icc in ICCS for p in TRUTHS]
    for axis, number in zip(axes.flat, MAIN, strict=True):
        tiles = np.full((len(DESIGNS), len(columns)), np.nan)
        for one in cells:
            if one.number == number and one.coverage is not None:
                at = DESIGNS.index((one.design.n, one.design.clusters)), columns.index((one.design.icc, one.design.p))
                tiles[at] = np.nanmin([tiles[at], one.coverage])
        axis.set_facecolor("#e8e8e8")
        axis.pcolormesh(np.ma.masked_invalid(tiles), cmap=colours, norm=norm, edgecolors="white", linewidth=0.5)
        axis.set_title(NUMBERS[number].title, fontsize=10)
        axis.set_yticks(
            np.arange(len(DESIGNS)) + 0.5, [f"{n} in {count}" if count < n else f"{n} alone" for n, count in DESIGNS]
        )
        axis.set_xticks(np.arange(len(ICCS)) * len(TRUTHS) + len(TRUTHS) / 2, [f"icc {icc:g}" for icc in ICCS])
        axis.tick_params(labelsize=8, length=0)
    axes[0, 0].invert_yaxis()  # shared by all
    figure.supxlabel(
        "within each icc: truth .02, .1, .5, .9, .98; grey: no interval (or independent clips)", fontsize=9
    )
    bar = figure.colorbar(axes[0, 0].collections[0], ax=axes, shrink=0.5, aspect=30, ticks=[0.9, 0.93, 0.97, 0.99])
    bar.ax.set_yticklabels(["90 %", "93 %", "97 %", "99 %"])
    bar.set_label("intervals that hold the truth (worst over labels)", fontsize=9)
    figure.savefig(path, dpi=90)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help="draws of each cell")
    parser.add_argument("--quick", action="store_true", help="few cells, and 100 repetitions unless told otherwise")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--mixtures", action="store_true", help="only where a few clusters fail altogether")
    parser.add_argument("--write", action="store_true", help=f"into {DOCS.name}, and the picture beside it")
    asked: Any = parser.parse_args()
    repetitions = 100 if asked.quick and asked.repetitions == REPETITIONS else asked.repetitions
    mixed = mixture_table(mixtures(repetitions), repetitions)
    print(mixed)
    if asked.write:
        _write(mixed, BEGIN_MIXTURES, END_MIXTURES)
    if asked.mixtures:
        return
    cells = simulated(list(NUMBERS), repetitions, quick=asked.quick, workers=asked.workers)
    text = tables(cells, repetitions)
    print(text)
    if asked.write:
        _write(text, BEGIN, END)
        picture(cells, DOCS.parent / PICTURE)


def _write(text: str, begin: str, end: str) -> None:
    before, _, rest = DOCS.read_text("utf-8").partition(begin)
    DOCS.write_text(f"{before}{begin}\n{text}{end}{rest.partition(end)[2]}", "utf-8")


if __name__ == "__main__":
    main()
