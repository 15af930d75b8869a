"""How evenly splits spread labels, how exact they are and how long they take, beside what else there is.

    python benchmarks/stratify.py ../shared/data            # a few minutes; without the folder only simulated clips
    python benchmarks/stratify.py --seeds 10 --json

Rows: FMA's first tracks and MTG-Jamendo's tables, and 20,000 simulated clips with 60 labels of very different
frequency; each dealt into 70, 10 and 20 %, as single clips with one label (beside scikit-learn's
StratifiedShuffleSplit) or several (MultilabelStratifiedShuffleSplit of iterative-stratification), and by artist
(StratifiedGroupKFold, 10 folds, by each clip's rarest label). A peer that is not installed is left out with a line.
Labels of fewer than 10 clips are left out, of which not every part can have its share.

Deviation: the distance between the share of a label's clips that a part has and the one that was asked for; the
largest over labels and parts, and the mean, both in the mean over seeds. `off` is by how many clips the size of a part
is wrong at most. Samples (`--n`): how often every clip is drawn over 500 seeds, chi-square against equal chances, of
all clips and of those with a label of which less than half a clip is expected; and by how many clips a label misses
its share, at most and in the mean. What is rounded at random is up to one clip off; what scikit-learn rounds to the
nearest, half of one, and never drawn if rare.
"""

from __future__ import annotations

import argparse
import ast
import csv
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mudata.catalog.splits import stratify

SHARES = (0.7, 0.1, 0.2)
RARE = 10
"""Labels of fewer clips are left out."""


class Clips(NamedTuple):
    """A table of labels."""

    name: str
    ids: list[str]
    labels: list[list[int]]
    artists: list[str]

    @property
    def sizes(self) -> list[int]:
        return stratify.apportion(len(self.ids), SHARES)


class Row(NamedTuple):
    """One line of the report."""

    clips: str
    by: str
    method: str
    worst: float
    mean: float
    off: int
    seconds: float


# ------------------------------------------------------------------------------------- the data


def table(name: str, found: Sequence[tuple[str, set[str], str]]) -> Clips:
    """Clips (id, labels, artist) with their frequent labels, numbered."""
    bearers = Counter(label for _, labels, _ in found for label in labels)
    number = {label: i for i, label in enumerate(sorted(label for label in bearers if bearers[label] >= RARE))}
    kept = [(i, sorted(number[x] for x in labels if x in number), artist) for i, labels, artist in found]
    kept = [row for row in kept if row[1]]
    return Clips(name, [i for i, _, _ in kept], [labels for _, labels, _ in kept], [artist for *_, artist in kept])


def fma(folder: Path) -> list[Clips]:
    """FMA's first tracks: the top genre of each, and all genres."""
    with (folder / "fma" / "tracks.csv").open(encoding="utf-8", errors="replace", newline="") as file:
        first, second, _, *rows = csv.reader(file)
    names = [f"{a}.{b}" for a, b in zip(first, second, strict=True)]
    tracks = [dict(zip(names, row, strict=True), id=row[0]) for row in rows if len(row) == len(names)]
    top, every = "track.genre_top", "track.genres_all"
    return [
        table("FMA, top genre", [(t["id"], {t[top]} if t[top] else set(), t["artist.id"]) for t in tracks]),
        table("FMA, all genres", [(t["id"], set(ast.literal_eval(t[every])), t["artist.id"]) for t in tracks]),
    ]


def jamendo(folder: Path, part: str) -> Clips:
    found: dict[str, tuple[str, set[str], str]] = {}
    for path in sorted((folder / "jamendo" / "splits" / "split-0").glob(f"autotagging_{part}-*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            track, artist, _, _, _, *tags = line.split("\t")
            found[track] = (track, set(tags), artist)
    return table(f"Jamendo, {part}", [found[track] for track in sorted(found)])


def simulated(name: str, most: int, n: int = 20_000, labels: int = 60) -> Clips:
    """Clips with up to so many of the labels, the k-th of which is drawn 1/k as often as the first."""
    chance = random.Random(0)
    weights = [1 / (rank + 1) for rank in range(labels)]
    counts = range(1, most + 1)
    found = [
        (f"clip {i}", set(map(str, chance.choices(range(labels), weights, k=chance.choice(counts)))),
         f"artist {chance.randrange(n // 7)}")
        for i in range(n)
    ]  # fmt: skip
    return table(name, found)


# ----------------------------------------------------------------------------------- the methods


def mudata(clips: Clips, seed: int, *, grouped: bool = False) -> Sequence[int]:
    order = stratify.shuffled(clips.ids, seed)
    number: dict[str, int] = {}
    groups = [number.setdefault(clips.artists[i], len(number)) for i in order] if grouped else range(len(order))
    parts = [0] * len(order)
    dealt = stratify.assign(groups, [clips.labels[i] for i in order], clips.sizes)
    for i, part in zip(order, dealt, strict=True):
        parts[i] = part
    return parts


def mudata_by_artist(clips: Clips, seed: int) -> Sequence[int]:
    return mudata(clips, seed, grouped=True)


def scikit_learn(clips: Clips, seed: int) -> Sequence[int]:
    from sklearn.model_selection import StratifiedShuffleSplit

    return _twice(StratifiedShuffleSplit, np.array([own[0] for own in clips.labels]), clips.sizes, seed)


def iterative_stratification(clips: Clips, seed: int) -> Sequence[int]:
    from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit

    bears = np.zeros((len(clips.ids), 1 + max(label for own in clips.labels for label in own)), int)
    for i, own in enumerate(clips.labels):
        bears[i, own] = 1
    return _twice(MultilabelStratifiedShuffleSplit, bears, clips.sizes, seed)


def _twice(splitter: Callable[..., object], y: np.ndarray, sizes: Sequence[int], seed: int) -> Sequence[int]:
    """Three parts of splitters that know two: first the last part, then the second of what is left."""
    parts, left = np.zeros(len(y), int), np.arange(len(y))
    for part in (2, 1):
        share = sizes[part] / len(left)
        _, test = next(splitter(1, test_size=share, random_state=seed).split(left, y[left]))  # type: ignore[attr-defined]
        parts[left[test]] = part
        left = np.delete(left, test)
    return parts.tolist()


def group_k_fold(clips: Clips, seed: int) -> Sequence[int]:
    from sklearn.model_selection import StratifiedGroupKFold

    bearers = Counter(label for own in clips.labels for label in own)
    rarest = [min(own, key=lambda label: (bearers[label], label)) for own in clips.labels]
    parts = np.zeros(len(rarest), int)
    folds = StratifiedGroupKFold(10, shuffle=True, random_state=seed).split(rarest, rarest, clips.artists)
    for number, (_, fold) in enumerate(folds):
        parts[fold] = 0 if number < 7 else 1 if number == 7 else 2
    return parts.tolist()


PEERS: dict[str, tuple[str, Callable[[Clips, int], Sequence[int]]]] = {
    "one label": ("sklearn", scikit_learn),
    "labels": ("iterstrat", iterative_stratification),
    "artist": ("sklearn", group_k_fold),
}


# ---------------------------------------------------------------------------------- the report


def measured(clips: Clips, by: str, name: str, method: Callable[[Clips, int], Sequence[int]], seeds: int) -> Row:
    wanted = np.array(clips.sizes) / len(clips.ids)
    owner = np.repeat(np.arange(len(clips.ids)), [len(own) for own in clips.labels])
    label = np.array([i for own in clips.labels for i in own])
    worst, mean, off, seconds = [], [], [], []
    for seed in range(seeds):
        begin = time.perf_counter()
        parts = np.array(method(clips, seed))
        seconds.append(time.perf_counter() - begin)
        held = np.zeros((label.max() + 1, len(wanted)))
        np.add.at(held, (label, parts[owner]), 1)
        deviation = np.abs(held / held.sum(axis=1, keepdims=True) - wanted)
        worst.append(deviation.max())
        mean.append(deviation.mean())
        off.append(np.abs(np.bincount(parts, minlength=3) - clips.sizes).max())
    return Row(
        clips.name, by, name, float(np.mean(worst)), float(np.mean(mean)), int(max(off)), float(np.median(seconds))
    )


def compared(clips: Clips, seeds: int) -> list[Row]:
    """Ours and the peer's, as single clips and by artist."""
    rows = []
    for by in ("one label" if all(len(own) == 1 for own in clips.labels) else "labels", "artist"):
        ours = mudata_by_artist if by == "artist" else mudata
        rows.append(measured(clips, by, "mudata", ours, seeds))
        package, method = PEERS[by]
        if find_spec(package):
            rows.append(measured(clips, by, method.__name__, method, seeds))
    return rows


class Sample(NamedTuple):
    """Samples of n clips over many seeds."""

    clips: str
    n: int
    p: float
    p_rare: float
    """NaN where no label is rare."""
    most: float
    mean: float


def chances(clips: Clips, n: int, seeds: int = 500) -> Sample:
    """Whether every clip is drawn equally often, and how many clips labels are off."""
    from scipy.stats import chi2

    share = n / len(clips.ids)
    bears = np.zeros((len(clips.ids), 1 + max(label for own in clips.labels for label in own)))
    for i, own in enumerate(clips.labels):
        bears[i, own] = 1
    times, off = np.zeros(len(clips.ids)), []
    for seed in range(seeds):
        order = stratify.shuffled(clips.ids, seed)
        labels = [clips.labels[i] for i in order]
        dealt = stratify.assign(range(len(order)), labels, [n, len(order) - n], everywhere=False)
        drawn = [i for i, part in zip(order, dealt, strict=True) if part == 0]
        times[drawn] += 1
        off.append(np.abs(bears[drawn].sum(axis=0) - share * bears.sum(axis=0)))
    rare = bears[:, share * bears.sum(axis=0) < 0.5].any(axis=1)
    far = (times - seeds * share) ** 2 / (seeds * share * (1 - share))
    p, p_rare = chi2.sf(far.sum(), len(times) - 1), chi2.sf(far[rare].sum(), rare.sum())
    return Sample(clips.name, n, float(p), float(p_rare), float(np.max(off)), float(np.mean(off)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", help="folder with FMA's and Jamendo's tables")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    small = fma(asked.data) if asked.data else []
    every = [*small, *(jamendo(asked.data, part) for part in ("moodtheme", "instrument") if asked.data)]
    every += [simulated("20,000 x 60, one label", 1), simulated("20,000 x 60", 5)]
    rows = [row for clips in every for row in compared(clips, asked.seeds)]
    drawn = [chances(clips, n) for clips in (*small, simulated("1,500 x 40", 4, 1500, 40)) for n in (20, 100)]
    if asked.json:
        print(
            json.dumps(
                {"splits": [row._asdict() for row in rows], "samples": [row._asdict() for row in drawn]}, indent=1
            )
        )
        return
    for package in sorted({package for package, _ in PEERS.values()}):
        if not find_spec(package):
            print(f"{package} is not installed: rows without it.")
    print(f"{'clips':24} {'by':10} {'method':25} {'worst':>7} {'mean':>8} {'off':>4} {'s':>7}")
    for row in rows:
        shown = f"{row.worst:7.4f} {row.mean:8.5f} {row.off:4} {row.seconds:7.3f}"
        print(f"{row.clips:24} {row.by:10} {row.method:25} {shown}")
    print(f"\n{'samples, 500 seeds':24} {'n':>5} {'p':>7} {'p, rare':>8} {'most':>6} {'mean clips off':>15}")
    for row in drawn:
        print(f"{row.clips:24} {row.n:5} {row.p:7.3f} {row.p_rare:8.3f} {row.most:6.2f} {row.mean:15.3f}")


if __name__ == "__main__":
    main()
