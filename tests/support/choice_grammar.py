"""Choices, orders and structures made by a grammar, whose meaning is known by the way in which they are made.

    python tests/support/choice_grammar.py --n 20000 --seed 1 --show 20

writes how many of them the readers read otherwise than they are meant. Values are drawn, written in one of the ways
of their kind and set into sentences that state, deny, correct or leave them open, between sentences that say nothing of
them.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from mudata.evaluation.align.alignment import Alignment, Shown
from mudata.evaluation.readers.choice import read_choice
from mudata.evaluation.readers.order import read_order
from mudata.evaluation.readers.sections import read_structure

KINDS = ("choice", "pair", "order", "form", "boundaries", "segments")


@dataclass(frozen=True)
class Made:
    """An answer, and the one value that it means; None if it means none or several."""

    kind: str
    answer: str
    value: str | None
    made_by: str
    read: Callable[[], Alignment]
    options: tuple[str, ...] = ()
    """Of a choice."""

    def verdict(self) -> Literal["right", "wrong", "abstained"]:
        """'wrong': a value is credited that is not meant; 'abstained': none is credited though one is meant."""
        credited = self.read().label
        if credited == self.value:
            return "right"
        return "wrong" if credited else "abstained"


ONE = (
    "{T}", "{T}.", "**{T}**", "Answer: {T}", "The answer is {T}.", "I think it is {T}.", "My answer is {T}.",
    "I would say {T}.", "I'd go with {T}.", "It must be {T}.", "Final answer: {T}", "The final answer is {T}.",
    "\\boxed{T}", '{"answer": "{T}"}', "Probably {T}.", "I'm not sure, but I think it is {T}.", "It is {T}, not {O}.",
    "Not {O} but {T}.", "It isn't {O}; it is {T}.", "{O}. No wait, {T}.", "{O}... actually, {T}.",
    "At first I thought it was {O}, but it is {T}.", "<think>Is it {O}? Or {P}?</think>{T}",
    "It could be {O}, but my final answer is {T}.", "It might be {O} or {P}. Final answer: {T}",
    "{O} is wrong. The answer is {T}.", "I considered {O} and {P}. The correct answer is {T}.", "So the answer is {T}.",
    "Correction: {T}.", "La respuesta es {T}.", "Die Antwort ist {T}.", "La réponse est {T}.", "答案是 {T}。",
)  # fmt: skip
NONE = (
    "{O} or {P}", "Either {O} or {P}.", "It could be {O} or {P}.", "It is not {O}.", "It isn't {O}.", "Not {O}.",
    "I cannot determine this from the audio.", "I'm sorry, I can't listen to music.", "I don't know.",
    "Some would say {O}, others {P}.", "", "It is hard to tell whether it is {O} or {P}.",
)  # fmt: skip
BEFORE = (
    "",
    "",
    "",
    "I listened carefully. ",
    "The recording has a warm sound. ",
    "Thank you for the clip. ",
    "Well, ",
)
AFTER = ("", "", "", " I hope this helps.", " The sound quality is good.", " Let me know if you need anything else.")

_SETS = (
    Shown("Which instrument plays?", ("guitar", "bass guitar", "piano", "violin"), numbered=True),
    Shown("Which key is it in?", ("C major", "F# minor", "A minor", "Eb major"), numbered=True),
    Shown("Which metre?", ("2/4", "3/4", "6/8", "12/8"), numbered=True),
    Shown(
        "Which description fits?",
        (
            "A slow waltz played by strings alone.",
            "A fast march with brass and drums.",
            "A flute repeats the theme, then varies it.",
            "The bass holds one note all the time.",
        ),
        numbered=True,
    ),
    Shown("Which instrument plays?", ("violin", "flute", "drums", "cello"), letters=True),
)
_PAIR = Shown("Which of the two clips is brighter? (1) first, (2) second.", ("first", "second"), numbered=True)
_CLIPS = (
    ("the first", "the first clip", "clip 1", "recording 1", "(1)"),
    ("the second", "the second one", "clip 2", "(2)"),
)
_COMPARED = (
    "{T} is brighter than {O}.", "{T} sounds brighter.", "{T} has the brighter sound.", "{O} is less bright than {T}.",
    "Compared to {O}, {T} is brighter.", "{T} is much brighter than {O}.", "The brighter one is {T}.",
    "{O} is dull, but {T} is brighter.", "Both are bright, but {T} is brighter.", "{O} is not as bright as {T}.",
)  # fmt: skip
_UNCOMPARED = ("{O} is darker than {P}.", "{O} is louder.", "Both are equally bright.", "They sound the same.")
_FORMS = ("AB", "ABA", "AAB", "ABAB", "AABA", "ABAC", "ABACA", "AABB", "ABCA")
_SECTIONS = ("verse", "chorus", "bridge")


def _choice(chance: random.Random) -> Made:
    shown = chance.choice(_SETS)
    places = chance.sample(range(len(shown.options)), 3)

    def said(place: int) -> str:
        text = shown.options[place].rstrip(".")
        sign = f"({'ABCD'[place]})" if shown.letters else f"({place + 1})"
        return chance.choice((text, text, sign, f"{sign} {text}", f"option {sign[1]}"))

    names, value = tuple(map(said, places)), shown.options[places[0]]
    return _made("choice", chance, names, value, lambda a: read_choice(a, shown), options=shown.options)


def _pair(chance: random.Random) -> Made:
    true = chance.randrange(2)
    names = tuple(chance.choice(_CLIPS[place]) for place in (true, 1 - true, true))
    value = _PAIR.options[true]
    own = (_COMPARED, _UNCOMPARED, _PAIR.options)
    return _made("pair", chance, names, value, lambda a: read_choice(a, _PAIR), *own)


def _order(chance: random.Random) -> Made:
    size = chance.choice((2, 3, 3, 4))
    orders = [chance.sample(range(1, size + 1), size) for _ in range(3)]
    while orders[1] == orders[0] or (orders[2] in (orders[0], orders[1]) and size > 2):
        orders[1:] = [chance.sample(range(1, size + 1), size) for _ in range(2)]
    if size == 2:
        orders[2] = orders[0]
    words = ("first", "second", "third", "fourth")

    def said(order: list[int]) -> str:
        numbers = [str(k) for k in order]
        nouns = [f"clip {k}" for k in order]
        return chance.choice(
            (
                ", ".join(numbers),
                " > ".join(numbers),
                ", ".join(nouns),
                " -> ".join(nouns),
                "-".join(numbers),
                ", then ".join(nouns),
                ", ".join(words[k - 1] for k in order),
                f"[{', '.join(numbers)}]",
                " ".join(f"({k})" for k in order),
            )
        )

    shown = Shown("In which order are the clips?", numbered=True)
    value = " ".join(map(str, orders[0]))
    return _made("order", chance, tuple(map(said, orders)), value, lambda a: read_order(a, shown, size))


def _form(chance: random.Random) -> Made:
    forms = chance.sample(_FORMS, 3)

    def said(form: str) -> str:
        ways = [form, form, "-".join(form), ", ".join(form), " ".join(form), f"{form} form"]
        if len(set(form)) <= len(_SECTIONS):
            sections = [_SECTIONS["ABC".index(letter)] for letter in form]
            ways += [", ".join(sections), " - ".join(sections)] if len(form) > 2 else []
        return chance.choice(ways)

    shown = Shown("What is the form of the piece?")
    return _made("form", chance, tuple(map(said, forms)), forms[0], lambda a: read_structure(a, shown))


def _times(chance: random.Random) -> list[float]:
    return sorted(chance.sample([k / 2 for k in range(6, 58)], chance.choice((1, 2, 3))))


def _boundaries(chance: random.Random) -> Made:
    lists = [_times(chance) for _ in range(3)]

    def said(times: list[float]) -> str:
        plain = [f"{time:g} s" for time in times]
        clock = [f"{int(time // 60)}:{time % 60:04.1f}" for time in times]
        numbers = ", ".join(f"{time:g}" for time in times)
        return chance.choice((", ".join(plain), " and ".join(plain), ", ".join(clock), f"{numbers} seconds"))

    shown = Shown("At which times does a new section begin?")
    value = " ".join(f"{time:.3f}" for time in lists[0])
    return _made(
        "boundaries", chance, tuple(map(said, lists)), value, lambda a: read_structure(a, shown, "boundaries", 30.0)
    )


def _segments(chance: random.Random) -> Made:
    def drawn() -> tuple[list[float], str]:
        form = chance.choice([form for form in _FORMS if len(form) <= 4])
        return [0.0, *sorted(chance.sample([k / 2 for k in range(4, 58)], len(form) - 1)), 30.0], form

    def said(segments: tuple[list[float], str]) -> str:
        times, form = segments
        parts = list(zip(times, times[1:], form, strict=False))
        return chance.choice(
            (
                ", ".join(f"{label} ({begin:g}-{end:g} s)" for begin, end, label in parts),
                "; ".join(f"{begin:g}-{end:g} s: {label}" for begin, end, label in parts),
                ", ".join(f"{label} at {begin:g} s" for begin, _, label in parts),
                "\n".join(f"| {label} | {begin:g} | {end:g} |" for begin, end, label in parts),
                ", ".join(f"{label} from {begin:g} to {end:g} seconds" for begin, end, label in parts),
            )
        )

    three = [drawn(), drawn(), drawn()]
    times, form = three[0]
    value = " ".join(f"{time:.3f} {label}" for time, label in zip(times, form, strict=False)) + f" {times[-1]:.3f}"
    shown = Shown("What are the sections?")
    return _made(
        "segments", chance, tuple(map(said, three)), value, lambda a: read_structure(a, shown, "segments", 30.0)
    )


def _made(
    kind: str,
    chance: random.Random,
    said: tuple[str, ...],
    value: str,
    read: Callable[[str], Alignment],
    one: tuple[str, ...] = (),
    none: tuple[str, ...] = (),
    options: tuple[str, ...] = (),
) -> Made:
    means_one = chance.random() < 0.75
    own = chance.random() < 0.4
    template = chance.choice((one if own and one else ONE) if means_one else (none if own and none else NONE))
    if kind == "pair":  # of two a second other one is the right one
        template = template.replace("{O} or {P}", "{O} or {T}").replace("{O} and {P}", "{O} and {T}")
    answer = template
    for sign, text in zip(("{T}", "{O}", "{P}"), said, strict=True):
        answer = answer.replace(sign, f"{{{text}}}" if f"boxed{sign}" in answer else text)
    answer = answer[:1].upper() + answer[1:] if template.startswith("{") else answer
    if not template.startswith("{T}") and template not in ("**{T}**", "\\boxed{T}", '{"answer": "{T}"}'):
        answer = chance.choice(BEFORE) + answer + (chance.choice(AFTER) if answer.endswith((".", "。")) else "")
    return Made(kind, answer, value if means_one else None, template, lambda: read(answer), options)


_MAKERS = (_choice, _pair, _order, _form, _boundaries, _segments)


def answers(n: int, seed: int) -> Iterator[Made]:
    """`n` answers; the same seed gives the same ones."""
    chance = random.Random(seed)
    for _ in range(n):
        yield chance.choice(_MAKERS)(chance)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=20)
    asked = parser.parse_args()
    found: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    shown = 0
    for made in answers(asked.n, asked.seed):
        verdict = made.verdict()
        found[made.kind][verdict] += 1
        if verdict != "right" and shown < asked.show:
            shown += 1
            print(f"{verdict} {made.kind} {made.answer!r}: {made.value}, {made.read()} [{made.made_by}]")
    for kind, counts in found.items():
        print(kind, sum(counts.values()), dict(counts))


if __name__ == "__main__":
    main()
