"""How our reader of choices reads an item's own options, written in the ways in which models write them.

    python benchmarks/exam_reading.py FOLDER [--show 20] [--file NAME] [--style letters]

FOLDER holds item files as their authors publish them, at any depth: JSON or JSON lines whose rows have `choices` and
`answer` (MMAU, MMAR), `correct_answer` and `distractors` (RUListening), `answers` and `answer_orders` (MuChoMusic), or
`instruction` and `output`, whose options are all outputs of the file (CMI-Bench). Of each item an answer is made in
each way below and read as it would be under a prompt with letters, with numbers, without marks, and with the marks that
we choose ("ours", `evaluation.kinds.option_marks`). Ways that need a mark are left out where none is shown.

Told are shares of items: of ways that mean the right option those read so (the rest names another one, or none); of
ways that mean nothing or another thing those credited all the same, with the right option or with any.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from mudata.evaluation.align.alignment import Alignment, Shown
from mudata.evaluation.kinds.kind_card import kind_card
from mudata.evaluation.kinds.option_marks import option_marks
from mudata.evaluation.readers.choice import read_choice

STYLES = ("letters", "numbers", "plain", "ours")
_MARKS = {"letters": "letters", "numbers": "numbers", "none": "plain"}
MOST = len(ascii_uppercase)
_REASONED = (
    "I listened to the recording from its beginning to its end. The sound is clear and the parts are well balanced, "
    "with nothing that is distorted. What stands out settles the question, and the rest is of little weight here."
)
RIGHT = {
    "gold": "{gold}",
    "gold, small letters": "{small}",
    "label": "{label}",
    "(B) gold": "({label}) {gold}",
    "B. gold": "{label}. {gold}",
    "B: gold": "{label}: {gold}",
    "**B**": "**{label}**",
    "The correct answer is gold.": "The correct answer is {gold}.",
    "The answer is B": "The answer is {label}",
    "question + gold": "{question} {gold}",
    "gold, not other": "{gold}, not {other}",
    "reasons, so gold": _REASONED + " Therefore, the answer is {gold}.",
    "reasons, last line gold": _REASONED + "\n\n{gold}",
}
"""Ways that mean the right option."""
NOT_RIGHT = {
    "It is not gold": "It is not {gold}",
    "all options": "{options}",
    "question": "{question}",
    "empty": "",
    "As an AI, I cannot listen.": "As an AI, I cannot listen.",
}
"""Ways that mean nothing, or not the right option."""


@dataclass(frozen=True)
class ExamItem:
    name: str
    question: str
    options: tuple[str, ...]
    gold: str


def items_of(path: Path) -> list[ExamItem]:
    """Items of a file; none where its shape is not known."""
    try:
        rows = _rows(path.read_text("utf-8"))
    except (ValueError, UnicodeDecodeError):
        return []
    labels = tuple(dict.fromkeys(str(row["output"]) for _, row in rows if "output" in row and "instruction" in row))
    found = [item for key, row in rows if (item := _item(key, row, labels))]
    return [item for item in found if 2 <= len(item.options) <= MOST and item.gold in item.options]


def _rows(text: str) -> list[tuple[str, Mapping[str, Any]]]:
    try:
        read = json.loads(text)
    except ValueError:
        read = [json.loads(line) for line in text.splitlines() if line.strip()]
    named = read.items() if isinstance(read, dict) else ((str(i), row) for i, row in enumerate(read))
    return [(name, row) for name, row in named if isinstance(row, dict)]


def _item(key: str, row: Mapping[str, Any], labels: Sequence[str]) -> ExamItem | None:
    name = str(row.get("id", key))
    if "choices" in row and "answer" in row:
        return ExamItem(name, row["question"], tuple(map(str, row["choices"])), str(row["answer"]))
    if "distractors" in row:
        own = sorted((row["correct_answer"], *row["distractors"]))
        return ExamItem(name, row["question"], tuple(own), row["correct_answer"])
    if "answer_orders" in row:
        asked = row["prompt"].split("Question:")[-1].split("Options:")[0].strip()
        return ExamItem(name, asked, tuple(row["answers"]), row["answers"][row["answer_orders"].index(0)])
    if "instruction" in row and "output" in row:
        return ExamItem(name, row["instruction"], tuple(labels), str(row["output"]))
    return None


def asked_in(item: ExamItem, style: str) -> Shown:
    """What a model would have before it."""
    words = kind_card("choose").prompt(options=True)
    option = {"letters": "({letter}) {option}", "numbers": "({number}) {option}", "plain": "{option}"}[style]
    prompt = words.model_copy(update={"option": option}).write(item.question, "answer", item.options)
    return Shown(prompt, item.options, letters=style == "letters", numbered=style == "numbers")


def answers_to(item: ExamItem, style: str) -> Iterator[tuple[str, str]]:
    """Each way, and the answer written so."""
    place = item.options.index(item.gold)
    label = ascii_uppercase[place] if style == "letters" else str(place + 1)
    other = next((option for option in item.options if option != item.gold), "")
    marks = {"letters": ascii_uppercase, "numbers": tuple(map(str, range(1, MOST + 1)))}.get(style)
    shown = [f"({mark}) {o}" for mark, o in zip(marks, item.options, strict=False)] if marks else item.options
    known = {"gold": item.gold, "small": item.gold.lower(), "label": label, "question": item.question, "other": other}
    for way, words in (RIGHT | NOT_RIGHT).items():
        if "{label}" in words and not marks:
            continue
        yield way, words.format(**known, options=", ".join(shown))


def verdict(found: Alignment, item: ExamItem) -> str:
    return "none" if found.label is None else "gold" if found.label == item.gold else "other"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--file", help="only files with this in their path")
    parser.add_argument("--style", choices=STYLES, help="only this style")
    parser.add_argument("--show", type=int, default=0, help="so many answers that are read otherwise")
    asked = parser.parse_args()
    paths = sorted(path for kind in ("*.json", "*.jsonl") for path in asked.folder.rglob(kind))
    begun, read = time.process_time(), 0
    for path in paths:
        if (asked.file and asked.file not in str(path)) or not (items := items_of(path)):
            continue
        print(f"\n{path.relative_to(asked.folder)}: {len(items):,} items, in % of them")
        table: dict[str, dict[str, Counter[str]]] = {}
        for style in (asked.style,) if asked.style else STYLES:
            for item in items:
                marks = _MARKS[option_marks(item.options)] if style == "ours" else style
                shown = asked_in(item, marks)
                for way, answer in answers_to(item, marks):
                    found = read_choice(answer, shown)
                    said = verdict(found, item)
                    table.setdefault(way, {}).setdefault(style, Counter())[said] += 1
                    read += 1
                    if said != ("gold" if way in RIGHT else "none") and asked.show:
                        asked.show -= 1
                        print(f"  {style} / {way} / {item.name}: {said} {found.status} {found.rule_id}")
                        print(f"    {answer!r}\n    gold {item.gold!r} of {list(item.options)!r}")
        _tell(table)
    print(f"\n{read:,} answers read in {time.process_time() - begun:.1f} s of processor time")


def _tell(table: Mapping[str, Mapping[str, Counter[str]]]) -> None:
    print(f"{'answer written as':30}" + "".join(f"{style:>26}" for style in STYLES))
    for way, by_style in table.items():
        cells = []
        for style in STYLES:
            counts = by_style.get(style)
            cells.append(
                "-" if counts is None else " / ".join(f"{100 * counts[v] / counts.total():.1f}" for v in VERDICTS)
            )
        print(f"{way:30}" + "".join(f"{cell:>26}" for cell in cells))
    print(f"{'':30}" + "".join(f"{' / '.join(VERDICTS):>26}" for _ in STYLES))


VERDICTS = ("gold", "other", "none")

if __name__ == "__main__":
    main()
