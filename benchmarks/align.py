"""How many answers a second are read, side by side with two rules that read less.

    python benchmarks/align.py                          # 20,000 made-up answers, a few seconds
    python benchmarks/align.py --answers 5000 --rounds 9 --json
    python benchmarks/align.py --files qwen_GTZAN.jsonl ltu_GTZAN.jsonl   # CMI-Bench's, with the prompts in them

Labels are GTZAN's with all that the card and the words files know. Made-up answers are seeded and mixed as published
ones are: a quarter each of bare labels, of 'The genre of the given music is ...', of blends, denials and lists, and of
refusals, option lists and loops. Nothing is remembered from answer to answer.

`substring` asks which of ten labels a lower-case answer contains; `regex` searches ten patterns, one for each label
between word borders. Neither knows aliases, denials or refusals, and neither says why. Rules take turns, so that a busy
machine disturbs them alike; figures are medians of processor time, on one core. The bar is 40,000 a second where
`regex` reads 166,000.
Long answers, with 20,000 characters of thoughts before the label, are read at 20 MB a second and more.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from mudata.catalog.cards import loader
from mudata.evaluation.align.aligner import align
from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.align.label_set import resolve

SEED = 20261123
TARGET = 40_000
LABELS = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
PROMPT = (
    "Listen to the music. Which genre is it? Choose exactly one of these: Blues, Classical, Country, Disco, Hip-Hop, "
    "Jazz, Metal, Pop, Reggae, Rock. Answer with the chosen genre only."
)
SHAPES = (
    ("{a}", "{a}", "{A}", "{a}."),
    ("The genre of the given music is {a}.",),
    (
        "The given music is a {a} song.",
        "The music is a blend of {a} and {b}.",
        "The music is a {a} piece with elements of {b} and {c}.",
        "It is not {a}, it is {b}.",
        "It sounds more like {a} than {b}.",
        "Genre: {A}, Funk, {b}",
        "A slow and emotional piece with a focus on piano and strings.",
    ),
    (
        *("This audio clip does not contain enough information to determine a specific genre.",) * 4,
        *("This audio clip does not contain any of the given genres of music.",) * 4,
        *("The genre of the given music is not specified.",) * 2,
        "{A}, {b}, {c}, country, disco, hip-hop, jazz, metal, pop, reggae, rock. The genre is not specified.",
        *("{A} (1.0s)",) * 3,
        "{A}, hip-hop, metal, pop",
        "lues, " + "Hip-hop, Jazz, Metal, Pop, Reggae, Rock, Classical, Country, Disco, " * 12,
    ),
)

Item = tuple[str, Shown]


def made_up(n: int) -> list[Item]:
    rng = random.Random(SEED)
    shown = Shown(PROMPT)
    found = []
    for _ in range(n):
        shape = rng.choice(rng.choice(SHAPES))
        a, b, c = rng.sample(LABELS, 3)
        found.append((shape.format(a=a, A=a.capitalize(), b=b, c=c), shown))
    return found


def published(files: list[Path]) -> list[Item]:
    return [(one["response"], Shown(one["question"])) for file in files for one in json.loads(file.read_text())]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--files", type=Path, nargs="+", help="answers in the form of CMI-Bench")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    items = published(args.files) if args.files else made_up(args.answers)
    label_set = resolve(loader.load("gtzan").labels["genre"])
    patterns = [(label, re.compile(rf"\b{label}\b", re.IGNORECASE)) for label in LABELS]
    rules: dict[str, Callable[[str, Shown], object]] = {
        "mudata": lambda answer, shown: align(answer, label_set, shown),
        "substring": lambda answer, _: [label for low in (answer.lower(),) for label in LABELS if label in low],
        "regex": lambda answer, _: [label for label, pattern in patterns if pattern.search(answer)],
    }
    seconds: dict[str, list[float]] = {name: [] for name in rules}
    for _ in range(args.rounds):
        for name, rule in rules.items():
            begin = time.process_time()
            for answer, shown in items:
                rule(answer, shown)
            seconds[name].append(time.process_time() - begin)
    each = {name: len(items) / statistics.median(taken) for name, taken in seconds.items()}
    thought = "The pulse is steady and the guitars play distorted chords, so it could be rock or metal. " * 240
    long = f"<think>{thought[:20_000]}</think>Metal"
    taken = []
    for _ in range(20 * args.rounds):
        begin = time.process_time()
        align(long, label_set)
        taken.append(time.process_time() - begin)
    megabytes = len(long) / statistics.median(taken) / 1e6
    outcomes = Counter(align(answer, label_set, shown).status for answer, shown in items)
    if args.json:
        print(
            json.dumps(
                {
                    "answers": len(items),
                    "per_second": each,
                    "long_mb_per_second": megabytes,
                    "outcomes": outcomes,
                    "target": TARGET,
                },
                indent=2,
            )
        )
        return
    length = statistics.mean(len(answer) for answer, _ in items)
    print(f"{len(items):,} answers of {length:.0f} characters on average, medians of {args.rounds} rounds\n")
    for name, rate in each.items():
        bar = f"   bar {TARGET:,}" if name == "mudata" else ""
        print(f"{name:10}{rate:>12,.0f} answers a second{1e6 / rate:>8.1f} us each{bar}")
    print(f"{'long':10}{megabytes:>12,.1f} MB a second (mudata, thoughts of 20,000 characters)   bar 20")
    print(f"\nread as: {', '.join(f'{status} {n:,}' for status, n in outcomes.most_common())}")


if __name__ == "__main__":
    main()
