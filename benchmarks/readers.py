"""Our readers beside the rules of CMI-Bench, MuChoMusic and lmms-eval on the same answers.

    python benchmarks/readers.py            the table
    python benchmarks/readers.py --write    into docs/readers.md

Answers are the golden ones (tests/golden/values), those made by grammar (tests/support) with a seed that no test has,
and the strings of section 'published' below. Rules that choose a letter get four options, the value meant and three
others of the same kind, in an order drawn by a seed from the answer. Nothing is timed.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import yaml

HERE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HERE / "tests/support")]

import choice_grammar  # noqa: E402 - in tests/support
import value_grammar  # noqa: E402

from mudata.catalog.read import truth_spelling  # noqa: E402
from mudata.evaluation.align.alignment import Shown, Status  # noqa: E402
from mudata.evaluation.official_rules.cmi_rules import cmi_key  # noqa: E402
from mudata.evaluation.official_rules.letter_rules import mucho_choice  # noqa: E402
from mudata.evaluation.official_rules.mmmu_rules import letter_odds  # noqa: E402
from mudata.evaluation.readers.choice import read_choice  # noqa: E402
from mudata.evaluation.readers.order import read_order  # noqa: E402
from mudata.evaluation.readers.reading import read  # noqa: E402
from mudata.evaluation.readers.sections import read_structure  # noqa: E402

GOLDEN = HERE / "tests/golden/values"
PAGE = HERE / "docs/readers.md"
BEGIN, END = "<!-- table: python benchmarks/readers.py --write -->", "<!-- end of table -->"
STATUSES = get_args(Status)
VALUES = ("key", "tempo", "metre", "number")
MADE, SEED = 600, 2026
KEYS = ("C major", "A minor", "F# major", "D minor")
PUBLISHED: tuple[tuple[str, str, str | None, tuple[str, ...]], ...] = (
    *(
        ("key", answer, truth, ())
        for answer, truth in (
            ("The musical key of the given audio is Bb major.", "Bb major"),
            ("The musical key of the audio is C major.", "C major"),
            ("The estimated musical key is Bb major.", "Bb major"),
            ("G major", "G major"),
            ("G# minor", "Ab minor"),
            ("<s> Db major</s>", "Db major"),
            ("The given audio is in C major.", "C major"),
            ("The audio is in the key of C major.", "C major"),
            ("The audio is in a major key.", None),
            ("The audio is in a minor key.", None),
            ("The audio is in a dissonant key.", None),
            ("", None),
            ("Example 4:\nG minor\n\nExample 5:\nA minor", None),
            ("eb major", "Eb major"),
            ("The key is F# minor.", "F# minor"),
            ("E flat major", "Eb major"),
            ("B♭ minor", "Bb minor"),
            ("A min", "A minor"),
            ("a-Moll", "A minor"),
            ("As-Dur", "Ab major"),
            ("D minor, relative of F major", "D minor"),
            ("Am", "A minor"),
            ("F#m", "F# minor"),
            ("playing a B major chord", None),
        )
    ),
    ("choice", "The key is D minor.", "D minor", ("C major", "D minor", "E minor", "F major")),
    ("choice", "C# minor", "C# minor", ("A major", "C# minor", "E minor", "G major")),
    ("choice", "A slow waltz in 3/4", "3/4", ("4/4", "3/4", "6/8", "5/4")),
    ("choice", "Common time", "4/4", ("3/4", "4/4", "6/8", "5/4")),
    ("choice", "it is 12/8", "12/8", ("3/4", "2/8", "12/8", "6/8")),
    ("choice", "Blues", "blues", ("rock", "blues", "jazz", "classical")),
    ("choice", "Classical music", "classical", ("rock", "blues", "jazz", "classical")),
    ("choice", "A reggae groove", "reggae", ("rock", "reggae", "jazz", "blues")),
    ("choice", "", None, ("rock", "reggae", "jazz", "blues")),
)
"""Answers of models and strings that were run through the others' rules (CMI-Bench, MuChoMusic, lmms-eval)."""


@dataclass(frozen=True)
class Row:
    """An answer, the value that it means (None: none or several), what we credit, and the options of the rules that
    choose among options."""

    source: str
    kind: str
    answer: str
    truth: str | None
    ours: str | None
    options: tuple[str, ...]


def golden_rows() -> Iterator[Row]:
    for kind in VALUES:
        groups = yaml.safe_load((GOLDEN / f"{kind}.yaml").read_text("utf-8"))
        judged = [
            (answer, str(verdict), group.get("prompt", ""))
            for group in groups
            for answer, verdict in group["rows"].items()
        ]
        pool = sorted({verdict for _, verdict, _ in judged if verdict.partition(" ")[0] not in STATUSES})
        for answer, verdict, prompt in judged:
            truth = verdict if verdict in pool else None
            ours = read(kind, answer, Shown(prompt)).label
            yield Row("golden", kind, answer, truth, ours, _options(answer, truth, pool))
    for kind in ("choice", "order", "structure"):
        known = yaml.safe_load((GOLDEN / f"{kind}.yaml").read_text("utf-8"))
        for of, answers in known["answers"].items():
            asked = known["asked"][of]
            pool = sorted({row[1] for row in answers if row[1].partition(":")[0] not in STATUSES})
            for answer, verdict, *_ in answers:
                truth = verdict if verdict in pool else None
                options = tuple(asked.get("options", ("first", "second"))) if kind == "choice" else ()
                ours = _read(kind, answer, asked)
                yield Row("golden", kind, answer, truth, ours, options or _options(answer, truth, pool))


def _read(kind: str, answer: str, asked: dict[str, object]) -> str | None:
    options = tuple(asked.get("options", ()))  # type: ignore[arg-type]
    shown = Shown(
        str(asked.get("prompt", "")),
        options,
        letters=bool(asked.get("letters")),
        numbered=bool(asked.get("numbered")),
    )
    if kind == "choice":
        return read_choice(answer, shown).label
    if kind == "order":
        return read_order(answer, shown, asked.get("count")).label  # type: ignore[arg-type]
    return read_structure(answer, shown, str(asked["asks"]), asked.get("duration_s")).label  # type: ignore[arg-type]


def made_rows() -> Iterator[Row]:
    for kind in VALUES:
        made = list(value_grammar.answers(kind, MADE, SEED))
        pool = sorted({one.value for one in made if one.value})
        for one in made:
            ours = one.read().label
            yield Row("made", kind, one.answer, one.value, ours, _options(one.answer, one.value, pool))
    chosen = list(choice_grammar.answers(6 * MADE, SEED))
    pools = {
        kind: sorted({one.value for one in chosen if one.kind == kind and one.value}) for kind in choice_grammar.KINDS
    }
    for one in chosen:
        kind = {"pair": "choice", "choice": "choice", "order": "order"}.get(one.kind, "structure")
        options = one.options or _options(one.answer, one.value, pools[one.kind])
        yield Row("made", kind, one.answer, one.value, one.read().label, options)


def published_rows() -> Iterator[Row]:
    for kind, answer, truth, options in PUBLISHED:
        if kind == "key":
            ours = read("key", answer, Shown("What is the key?")).label
            yield Row("published", kind, answer, truth, ours, _options(answer, truth, KEYS))
        else:
            ours = read_choice(answer, Shown("Which?", options, numbered=True)).label
            yield Row("published", kind, answer, truth, ours, options)


def _options(answer: str, truth: str | None, pool: Sequence[str]) -> tuple[str, ...]:
    """Four options, the value meant among them, drawn by a seed from the answer."""
    chance = random.Random(f"{SEED} {answer}")
    others = [value for value in pool if value != truth]
    drawn = chance.sample(others, min(len(others), 4 if truth is None else 3))
    options = [*drawn, truth] if truth is not None else drawn
    chance.shuffle(options)
    return tuple(options)


def credits_of(row: Row) -> dict[str, dict[str, float]]:
    """What each rule credits: values with the likelihood that they are credited."""
    found = {
        "mudata": {row.ours: 1.0} if row.ours is not None else {},
        "MuChoMusic": {said: 1.0} if (said := mucho_choice(row.answer, row.options)) is not None else {},
        "lmms-eval": letter_odds(row.answer, row.options) if row.options else {},
    }
    if row.kind == "key":
        key = cmi_key(row.answer)
        found["CMI-Bench"] = {truth_spelling.key(key): 1.0} if key else {}
    return found


def table(rows: Sequence[Row]) -> list[str]:
    counts: dict[tuple[str, str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0.0, 0.0])
    for row in rows:
        for rule, credit in credits_of(row).items():
            cell = counts[row.kind, row.source, rule]
            right = credit.get(row.truth, 0.0) if row.truth is not None else 0.0
            wrong = sum(credit.values()) - right
            cell[0] += 1
            cell[1] += row.truth is not None
            cell[2] += right
            cell[3] += wrong
            cell[4] += (1 - right - wrong) if row.truth is not None else 0.0
    lines = [
        "| kind | answers | n (mean one value) | rule | right | wrong value credited | abstained |",
        "|---|---|---:|---|---:|---:|---:|",
    ]
    kinds = (*VALUES, "choice", "order", "structure")
    for kind in kinds:
        for source in ("golden", "made", "published"):
            for rule in ("mudata", "CMI-Bench", "MuChoMusic", "lmms-eval"):
                if cell := counts.get((kind, source, rule)):
                    n, one, right, wrong, silent = cell
                    shares = f"{right / one:.1%} | {wrong / n:.1%} | {silent / one:.1%}"
                    lines.append(f"| {kind} | {source} | {n:.0f} ({one:.0f}) | {rule} | {shares} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="Put the table into docs/readers.md.")
    asked = parser.parse_args()
    lines = table([*golden_rows(), *made_rows(), *published_rows()])
    if not asked.write:
        print("\n".join(lines))
        return
    page = PAGE.read_text("utf-8")
    before, after = page.partition(BEGIN)[0], page.partition(END)[2]
    PAGE.write_text("\n".join([f"{before}{BEGIN}", *lines, f"{END}{after}"]), "utf-8")


if __name__ == "__main__":
    main()
