"""The official rule of MMAU and MMAR beside the authors' own function, and all rules over many answers.

    python benchmarks/exam_rules.py                                     10,000 items in 4 orders of options
    python benchmarks/exam_rules.py --authors evaluation.py --items MMAR-meta.jsonl

`--authors`: the file of ddlBoJack/MMAR (code/evaluation.py) or Sakshi113/MMAU; its `string_match` runs in this process,
on the same items and answers, in turns with ours. `--items`: JSON lines or a JSON list with `choices` and `answer`.
Told are medians of the ratio of both times: with items that were never judged before (each round another word stands
behind their options), which is to be at most 1.2; with the same items again; and how many verdicts differ: none is to.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import re
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mudata.evaluation.official_rules.official_rule import LETTERS, JudgedItem
from mudata.evaluation.official_rules.rule_registry import RULES

ROUNDS = 15
CHOOSING = ("mmau_tokens", "mucho_chars", "rul_brackets", "mmmu_letters", "mmmu_letters_mmar", "answer_line")


def authors_function(path: Path) -> Callable[[str, str, Sequence[str]], bool]:
    """Their `string_match` and nothing else of the file: the rest imports what is not needed here."""
    tree = ast.parse(path.read_text("utf-8"))
    body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "string_match"]
    names: dict[str, object] = {}
    exec(compile(ast.Module([*ast.parse("import re").body, *body], []), str(path), "exec"), names)
    return names["string_match"]  # type: ignore[return-value]


def items_of(path: Path) -> list[JudgedItem]:
    text = path.read_text("utf-8")
    rows = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines()]
    return [JudgedItem(options=tuple(row["choices"]), gold=row["answer"]) for row in rows]


def made_items(n: int, chance: random.Random) -> list[JudgedItem]:
    words = re.findall(r"\S+", "slow fast violin drums A major minor waltz a the of choir blues rock 3/4 4/4 swing low")
    found = []
    for _ in range(n):
        options = tuple(dict.fromkeys(" ".join(chance.sample(words, chance.randint(1, 4))) for _ in range(4)))
        found.append(JudgedItem(options=options, gold=chance.choice(options)))
    return found


def answers_to(items: Sequence[JudgedItem], chance: random.Random) -> list[str]:
    """The ways in which models answer, right and wrong."""
    found = []
    for item in items:
        option = chance.choice(item.options)
        letter = LETTERS[item.options.index(option)]
        ways = (
            option,
            f"({letter}) {option}",
            f"The answer is {option}.",
            letter,
            f"It might be {option}, as it is so.",
        )
        found.append(chance.choice(ways))
    return found


def seconds(work: Callable[[], object]) -> float:
    """Of the processor: what else runs on the machine plays no part."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def beside_the_authors(authors: Path, items: Sequence[JudgedItem]) -> None:
    theirs, ours = authors_function(authors), RULES["mmau_tokens"].judge
    answers = answers_to(items, random.Random(13))
    pairs = list(zip(answers, items, strict=True))
    new, again = [], []
    for i in range(ROUNDS):
        fresh = [(f"{said} r{i}", _with_word(item, f"r{i}")) for said, item in pairs]
        for judged, ratios in ((fresh, new), (pairs, again)):
            took = seconds(lambda: [theirs(item.gold, said, item.options) for said, item in judged])  # noqa: B023
            ratios.append(seconds(lambda: [ours(said, item) for said, item in judged]) / took)  # noqa: B023
    differ = sum(ours(said, item).credit != theirs(item.gold, said, item.options) for said, item in pairs)
    print(
        f"mmau_tokens on {len(items):,} items: {statistics.median(new):.2f} of the authors' time, "
        f"{statistics.median(again):.2f} on items judged before; {differ} verdicts differ"
    )


def _with_word(item: JudgedItem, word: str) -> JudgedItem:
    return JudgedItem(options=tuple(f"{option} {word}" for option in item.options), gold=f"{item.gold} {word}")


def all_orders(n: int) -> None:
    chance = random.Random(13)
    stored = made_items(n, chance)
    items = [
        JudgedItem(options=item.options[i:] + item.options[:i], gold=item.gold)
        for item in stored
        for i in range(len(item.options))
    ]
    answers = answers_to(items, chance)
    for name in CHOOSING:
        rule = RULES[name]
        took = seconds(lambda: [rule.judge(said, item) for said, item in zip(answers, items, strict=True)])  # noqa: B023
        print(f"{name} on {len(items):,} answers: {took:.2f} s, {1e6 * took / len(items):.1f} us each")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--authors", type=Path, help="evaluation.py of MMAR or MMAU")
    parser.add_argument("--items", type=Path, help="their items [made-up ones]")
    parser.add_argument("--n", type=int, default=10_000, help="made-up items [10,000]")
    asked = parser.parse_args()
    if asked.authors:
        items = items_of(asked.items) if asked.items else made_items(1_000, random.Random(7))
        beside_the_authors(asked.authors, items)
    all_orders(asked.n)


if __name__ == "__main__":
    main()
