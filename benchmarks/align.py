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
Long answers, with 20,000 characters of thoughts before the label, are read at 20 MB a second and more. Where no mark
tells that they are thoughts, all that they say has to be read; `unmarked` are such, a third or all of whose sentences
weigh labels, or none.
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

THOUGHTS = (
    *("The {part} {does}.", "The {part} {does}, and the {part} {does}.", "After that the {part} {does}."),
    *(
        "The {part} {does}, so it could be {a} or {b}.",
        "However, it does not sound like {a}, because the {part} {does}.",
    ),
    *("I would lean towards {a}, and it isn't {b}.", "Although there are hints of {a}, the {part} {does}."),
)
"""Three that weigh no label, and four that do."""
PARTS = ("bass line", "kick drum", "guitar", "horn section", "piano", "snare", "melody", "texture", "harmony", "bridge")
DOES = (
    *(
        "sits behind the beat",
        "is steady and dry",
        "plays distorted chords",
        "moves in eighth notes",
        "has a long tail",
    ),
    *(
        "swings a little",
        "repeats every four bars",
        "uses extended voicings",
        "does not change much",
        "was recorded live",
    ),
)
LONG = 20_000

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


def reasoning(share: float) -> str:
    """Thoughts without a mark and then a label; `share` of the sentences weigh labels."""
    rng = random.Random(SEED)
    said = ""
    while len(said) < LONG:
        thought = rng.choice(THOUGHTS[3:] if rng.random() < share else THOUGHTS[:3])
        for part in ("{part}", "{part}"):
            thought = thought.replace(part, rng.choice(PARTS), 1)
        a, b = rng.sample(LABELS, 2)
        said += thought.replace("{does}", rng.choice(DOES), 1).format(does=rng.choice(DOES), a=a, b=b) + " "
    return said + "So the genre is metal."


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
    long = {"marked": f"<think>{thought[:LONG]}</think>Metal"}
    long |= {f"unmarked, {share:.0%}": reasoning(share) for share in (0, 1 / 3, 1)}
    megabytes = {}
    for name, text in long.items():
        taken = []
        for _ in range(4 * args.rounds):
            begin = time.process_time()
            align(text, label_set)
            taken.append(time.process_time() - begin)
        megabytes[name] = len(text) / statistics.median(taken) / 1e6
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
    print(f"\nmudata, {LONG:,} characters of thoughts and a label; unmarked by share of sentences that weigh labels")
    for name, rate in megabytes.items():
        print(f"{name:16}{rate:>6,.1f} MB a second" + ("   bar 20" if name == "marked" else ""))
    print(f"\nread as: {', '.join(f'{status} {n:,}' for status, n in outcomes.most_common())}")


if __name__ == "__main__":
    main()
