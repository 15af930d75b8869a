"""What caption scores cost, side by side with rouge-score on the same pairs.

    python benchmarks/rouge.py                        # 5,521 made-up pairs, about a minute
    python benchmarks/rouge.py --pairs 2813 --rounds 5 --json
    python benchmarks/rouge.py --csv musiccaps-public.csv   # MusicCaps captions, each against another one's

Made-up captions are seeded: words of Zipf's frequencies out of 6,000, as many per caption as in MusicCaps (51 +- 23).
Both methods take turns, so that a busy machine disturbs them alike; judge by the ratios. All nine numbers are computed
by both, and must agree to the last bit. "Metrics" is everything that `mudata score` says of captions: both recipes, the
controls, and 1,000 resamples of every number.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mudata.evaluation.metrics import captions, rouge
from mudata.evaluation.metrics.scored import ScoredAnswer

SEED = 20261123
TARGET = 1.0
"""Seconds for 5,521 pairs by the plain recipe, on one core."""


class Row(NamedTuple):
    """One line of the report, in seconds (medians)."""

    what: str
    mudata: float
    rouge_score: float | None = None


def made_up(n: int) -> list[str]:
    """Captions with the lengths and about the vocabulary of MusicCaps."""
    rng = np.random.default_rng(SEED)
    vocabulary = np.array(["".join(rng.choice(list("aeioulnrstdkmp"), rng.integers(2, 11))) for _ in range(6000)])
    weights = 1 / np.arange(10, 6010)
    lengths = np.maximum(5, rng.normal(51, 23, n)).astype(int)
    return [" ".join(rng.choice(vocabulary, length, p=weights / weights.sum())) + "." for length in lengths]


def median(rounds: int, *tasks: Callable[[], object]) -> list[float]:
    """Median seconds of tasks that take turns."""
    seconds: list[list[float]] = [[] for _ in tasks]
    for _ in range(rounds):
        for task, measured in zip(tasks, seconds, strict=True):
            start = time.perf_counter()
            task()
            measured.append(time.perf_counter() - start)
    return [statistics.median(measured) for measured in seconds]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5521)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--csv", type=Path, help="a table with a column 'caption'")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.csv:
        with args.csv.open(newline="", encoding="utf-8") as file:
            texts = [row["caption"] for row in csv.DictReader(file)][: args.pairs]
    else:
        texts = made_up(args.pairs)
    order = np.random.default_rng(SEED).permutation(len(texts))
    answers, references = [texts[i] for i in order], [[text] for text in texts]
    rows = []
    for stem, name in ((False, "ROUGE"), (True, "ROUGE, stemmed")):
        fast, slow = (
            rouge.rouge(answers[:200], references[:200], stem=stem, reference_scorer=flag) for flag in (False, True)
        )  # also loads what is loaded once
        if fast.tobytes() != slow.tobytes():
            raise SystemExit("The two do not agree.")
        times = median(
            args.rounds,
            lambda stem=stem: rouge.rouge(answers, references, stem=stem),
            lambda stem=stem: rouge.rouge(answers, references, stem=stem, reference_scorer=True),
        )
        rows.append(Row(name, *times))
    items = [
        ScoredAnswer(f"d/{i}", "d", tuple(gold), said)
        for i, (said, gold) in enumerate(zip(answers, references, strict=True))
    ]
    rows.append(
        Row("metrics with controls and intervals", *median(args.rounds, lambda: captions.caption_metrics(items)))
    )
    if args.json:
        print(json.dumps({"pairs": len(texts), "rows": [row._asdict() for row in rows]}, indent=2))
        return
    print(
        f"{len(texts)} pairs, medians of {args.rounds} rounds; target of the first line {TARGET:g} s for 5,521 pairs\n"
    )
    print(f"{'':36}{'mudata':>10}{'rouge-score':>14}{'faster':>9}")
    for what, ours, theirs in rows:
        beside = f"{theirs:>12.2f} s{theirs / ours:>8.0f}x" if theirs else ""
        print(f"{what:36}{ours:>8.3f} s{beside}")


if __name__ == "__main__":
    main()
