"""Answers about values made by a grammar, whose meaning is known by the way in which they are made.

    python tests/support/value_grammar.py --n 5000 --seed 1 --show 10

writes by kind how many are read otherwise than they are meant: a wrong value credited, or none where one is meant. The
sentences lie in `value_templates.yaml`; this module draws values, spells them, and puts sentences together.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from mudata.evaluation.align.alignment import Alignment, Shown
from mudata.evaluation.readers.reading import read

Verdict = Literal["right", "wrong", "abstained"]
_PLANS = {
    "statements": 10,
    "beset": 12,
    "denied": 6,
    "corrected": 5,
    "concluded": 9,
    "several": 6,
    "none": 5,
    "other_languages": 6,
}
_NOUNS = {
    "key": ("key", "Tonart"),
    "tempo": ("tempo", "Tempo"),
    "metre": ("time signature", "Taktart"),
    "number": ("number of parts", "Anzahl der Stimmen"),
}
_CANONICAL_TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_SPELLED_TONICS: dict[str, tuple[str, ...]] = {
    "C": ("C", "B#"), "Db": ("Db", "C#", "D flat", "C-sharp", "D♭"), "D": ("D",), "Eb": ("Eb", "D#", "E-flat", "E♭"),
    "E": ("E", "Fb"), "F": ("F", "E#"), "F#": ("F#", "Gb", "F sharp", "G flat", "F♯", "G♭"), "G": ("G",),
    "Ab": ("Ab", "G#", "A flat", "A♭"), "A": ("A",), "Bb": ("Bb", "A#", "B flat", "B♭"), "B": ("B", "Cb"),
}  # fmt: skip
_SPELLED_METRES: dict[str, tuple[str, ...]] = {
    "4/4": ("4/4", "4/4 time", "common time", "four-four", "4 / 4"), "3/4": ("3/4", "3/4 time", "three-four time", "¾"),
    "6/8": ("6/8", "six-eight", "6/8 time"), "2/2": ("2/2", "cut time"), "12/8": ("12/8", "twelve-eight"),
    "5/4": ("5/4", "five-four"), "7/8": ("7/8", "seven-eight time"), "9/8": ("9/8",), "2/4": ("2/4", "2/4 time"),
    "11/8": ("11/8",), "3/8": ("3/8",), "6/4": ("6/4",),
}  # fmt: skip
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class MadeValue:
    """An answer and the one value that it means, or None."""

    kind: str
    answer: str
    value: str | None
    made_by: str

    def read(self) -> Alignment:
        return read(self.kind, self.answer, Shown())

    def verdict(self) -> Verdict:
        """'wrong': a value is credited that is not meant; 'abstained': none is credited though one is meant."""
        credited = self.read().label
        if credited == self.value:
            return "right"
        return "wrong" if credited else "abstained"


def answers(kind: str, n: int, seed: int) -> Iterator[MadeValue]:
    """`n` answers of a kind; the same seed gives the same ones."""
    chance = random.Random(f"{kind} {seed}")
    for _ in range(n):
        yield _made(kind, chance)


@cache
def _templates() -> dict[str, Any]:
    text = (Path(__file__).parent / "value_templates.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text))


def _made(kind: str, chance: random.Random) -> MadeValue:
    of = _templates()
    plan = chance.choices(tuple(_PLANS), tuple(_PLANS.values()))[0]
    (value, meant), (elsewhere, other) = _DRAW[kind](chance)
    noun, noun_de = _NOUNS[kind]
    if plan == "other_languages":
        language = chance.choice(tuple(of[plan]))
        template = chance.choice(of[plan][language])
        meant, other = value, elsewhere  # no English words there
    elif plan == "beset":
        template = chance.choice([*of["statements"], *of["denied"]])
    else:
        template = chance.choice(of[plan])
    if chance.random() < 0.3:
        noun = noun.capitalize() if template.startswith("{noun}") else noun
    said = template.format(V=meant, W=other, noun=noun, noun_de=noun_de)
    if plan == "beset" or (plan in ("denied", "concluded") and chance.random() < 0.3):
        said = _beset(said, of, kind, chance)
    one = plan not in ("several", "none")
    return MadeValue(kind, said, value if one else None, f"{plan}: {template}")


def _beset(said: str, of: dict[str, Any], kind: str, chance: random.Random) -> str:
    before = chance.sample([*of["before"], *of[kind]["before"]], chance.randint(0, 2))
    after = chance.sample([*of["after"], *of[kind]["after"]], chance.randint(0, 2))
    odd = said[-1:] not in ".!" or said[:1] in "`>|*'\\{<"
    return ("\n" if odd else " ").join([*before, said, *after])


Pair = tuple[tuple[str, str], tuple[str, str]]


def _keys(chance: random.Random) -> Pair:
    def spelled(tonic: str, mode: str) -> str:
        if chance.random() < 0.12:
            name = chance.choice(_SPELLED_TONICS[tonic])
            if len(name) <= 2 and name.isascii():
                return f"{name}m" if mode == "minor" else f"{name}:maj"
        word = chance.choice((mode, mode, mode, mode.capitalize(), {"major": "maj", "minor": "min"}[mode]))
        return f"{chance.choice(_SPELLED_TONICS[tonic])} {word}"

    tonics = chance.sample(_CANONICAL_TONICS, 2)
    modes = [chance.choice(("major", "minor")) for _ in tonics]
    (one, other) = ((f"{t} {m}", spelled(t, m)) for t, m in zip(tonics, modes, strict=True))
    return one, other


def _tempi(chance: random.Random) -> Pair:
    unit = chance.choice((" BPM", " bpm", "BPM", " beats per minute", ""))

    def spelled(value: str) -> str:
        about = chance.choice(("", "", "", "about ", "~", "roughly "))
        return f"{about}{value}{unit}"

    one, other = (str(number) for number in chance.sample(range(45, 220), 2))
    if chance.random() < 0.15:
        one += f".{chance.randint(1, 9)}"
    return (one, spelled(one)), (other, spelled(other))


def _metres(chance: random.Random) -> Pair:
    spelled = _SPELLED_METRES
    one, other = chance.sample(tuple(spelled), 2)
    return (one, chance.choice(spelled[one])), (other, chance.choice(spelled[other]))


def _numbers(chance: random.Random) -> Pair:
    unit = chance.choice(("parts", "voices", "instruments", "distinct parts", "different instruments", "layers", ""))

    def spelled(number: int) -> str:
        word = _WORDS[number - 1] if chance.random() < 0.4 else str(number)
        said = unit[:-1] if number == 1 else unit
        return f"{word} {said}".strip()

    one, other = chance.sample(range(1, 11), 2)
    return (str(one), spelled(one)), (str(other), spelled(other))


_DRAW: dict[str, Callable[[random.Random], Pair]] = {
    "key": _keys,
    "tempo": _tempi,
    "metre": _metres,
    "number": _numbers,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0)
    asked = parser.parse_args()
    for kind in _DRAW:
        verdicts: Counter[Verdict] = Counter()
        shown: Counter[str] = Counter()
        for made in answers(kind, asked.n, asked.seed):
            verdict = made.verdict()
            verdicts[verdict] += 1
            if verdict != "right":
                shown[verdict] += 1
                if shown[verdict] <= asked.show:
                    print(f"{verdict}: {made.answer!r} means {made.value}: {made.read()}")
        print(kind, {name: f"{verdicts[name] / asked.n:.4f}" for name in ("right", "wrong", "abstained")})


if __name__ == "__main__":
    main()
