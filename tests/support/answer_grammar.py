"""Answers made by a grammar of their own, whose meaning is known by the way in which they are made.

    python tests/support/answer_grammar.py --n 20000 --seed 1 --show 20

writes how many of them the aligner reads otherwise than they are meant: a wrong label credited, or no label where one
is meant. The templates lie in `answer_templates.yaml` and `answer_templates_by_language.yaml`; this module chooses
labels, puts sentences together that leave the meaning of one another alone, and varies how they are written.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

import yaml

from mudata.catalog.cards import lexicon, loader
from mudata.catalog.cards.vocabulary import fold
from mudata.evaluation.align.aligner import align
from mudata.evaluation.align.alignment import Alignment, Shown
from mudata.evaluation.align.label_set import LabelSet, resolve

SETS = {
    "gtzan-genre": "genre",
    "edm-genre": "genre",
    "fma-genre_top": "genre",
    "demo-genre": "genre",
    "demo-mood": "mood",
    "music_classification-mood": "mood",
}
"""Label sets of one right label, and what their questions ask for."""
WITH_WORDS = ("gtzan-genre", "demo-genre")
"""Those whose labels have names in most languages; sentences in other languages speak of genres."""
_NOT_LATIN = ("zh", "ja", "ko", "ru", "ar")
_NO_BLANKS = ("zh", "ja")

Meant = Literal["one", "none", "several"]


@dataclass(frozen=True)
class Made:
    """An answer, and what it means: `label` if one label is meant, else None."""

    of: str
    answer: str
    meant: Meant
    label: str | None
    made_by: str
    letters: bool = False

    def read(self) -> Alignment:
        return align(self.answer, label_set(self.of), Shown(letters=self.letters))

    def verdict(self) -> Literal["right", "wrong", "abstained"]:
        """'wrong': a label is credited that is not meant; 'abstained': none is credited though one is meant."""
        credited = self.read().label
        if credited == self.label:
            return "right"
        return "wrong" if credited else "abstained"


@cache
def label_set(name: str) -> LabelSet:
    dataset, namespace = name.split("-")
    return resolve(loader.load(dataset).labels[namespace])


@cache
def _templates() -> tuple[dict[str, list[str]], dict[str, dict[str, list[str]]]]:
    here = Path(__file__).parent
    read = [yaml.load((here / name).read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)) for name in _FILES]
    return read[0], read[1]


_FILES = ("answer_templates.yaml", "answer_templates_by_language.yaml")


@cache
def _words(name: str, language: str) -> dict[str, tuple[str, ...]]:
    """What labels are called in a language: two translations, or where its letters are latin the name."""
    concepts = {fold(concept): known for concept, known in lexicon.load("genre").concepts.items()}
    found = {}
    for entry in label_set(name).entries:
        concept = next((concepts[key] for key in map(fold, (entry.id, entry.display)) if key in concepts), None)
        foreign = concept.translations.get(language, ()) if concept else ()
        called = tuple(spelling for spelling in foreign if spelling in entry.strict)[:2]
        if called or language not in _NOT_LATIN:
            found[entry.id] = called or (entry.display,)
    return found


def answers(n: int, seed: int) -> Iterator[Made]:
    """`n` answers; the same seed gives the same ones."""
    chance = random.Random(seed)
    for _ in range(n):
        yield (_in_english if chance.random() < 0.6 else _in_another_language)(chance)


_PLANS = {
    "statements": 8,
    "beset": 26,
    "concluded": 10,
    "contrasts": 16,
    "rankings": 6,
    "json": 7,
    "hedges": 5,
    "thoughts": 5,
    "denials": 9,
    "refusals": 3,
    "several": 8,
    "others": 2,
    "letters": 5,
}
_PLANS_ELSEWHERE = {
    "statements": 4,
    "beset": 4,
    "contrasts": 5,
    "hedges": 2,
    "denials": 5,
    "refusals": 2,
    "several": 2,
}
_MEANT: dict[str, Meant] = {"denials": "none", "refusals": "none", "others": "none", "several": "several"}


def _in_english(chance: random.Random) -> Made:
    of = chance.choice(tuple(SETS))
    noun = SETS[of]
    plan = chance.choices(tuple(_PLANS), tuple(_PLANS.values()))[0]
    if plan == "others" and noun != "genre":
        plan = "denials"
    known = label_set(of)
    ids = chance.sample(known.ids, 3)
    displays = {entry.id: entry.display for entry in known.entries}
    case = chance.choice((str, str, str, str.lower, str.lower, str.upper))
    filled = {key: case(displays[i]) for key, i in zip("XYZ", ids, strict=True)}
    order = {i: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[place] for place, i in enumerate(known.ids)}
    filled |= {"noun": noun, "L": order[ids[0]], "M": order[ids[1]]}
    template = _one(chance, plan, noun)
    answer = template.format_map(filled)
    if chance.random() < 0.08 and plan not in ("json", "letters", "thoughts"):
        answer = chance.choice((str.upper, str.lower, lambda text: text.rstrip(".!")))(answer)
    meant = _MEANT.get(plan, "one")
    return Made(of, answer, meant, ids[0] if meant == "one" else None, f"{plan}: {template}", plan == "letters")


def _one(chance: random.Random, plan: str, noun: str) -> str:
    """A template of a plan, of several sentences where the plan says so."""
    of, _ = _templates()

    def some(group: str, least: int, most: int) -> list[str]:
        pool = of[group] + (of[f"{group}_genre"] if noun == "genre" and f"{group}_genre" in of else [])
        return chance.sample(pool, chance.randint(least, most))

    match plan:
        case "beset":
            before, after = chance.choice(((1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (1, 2)))
            said = chance.choice(of["statements"] + of["hedges"] + of["finals"])
            return _joined(chance, [*some("before", before, before), said, *some("after", after, after)])
        case "concluded":
            return _joined(chance, [*some("weighed", 1, 2), chance.choice(of["finals"])])
        case "thoughts":
            said = chance.choice(of["statements"] + of["finals"])
            return chance.choice(of["thoughts"]).replace("{S}", said)
        case "contrasts" if chance.random() < 0.3:
            return _joined(chance, [*some("contrasts", 1, 1), *some("after", 1, 1)])
    return chance.choice(of[plan])


def _joined(chance: random.Random, sentences: list[str]) -> str:
    """Sentences one after another; what begins with a sign or ends with none has a line of its own."""
    text = sentences[0]
    for before, sentence in pairwise(sentences):
        apart = sentence[0] in "#>-`<|\\*'\"" or before[-1] not in ".!?" or chance.random() < 0.2
        text += ("\n" if apart else " ") + sentence
    return text


def _in_another_language(chance: random.Random) -> Made:
    _, of = _templates()
    language = chance.choice(tuple(of))
    name = chance.choice(WITH_WORDS)
    words = _words(name, language)
    ids = chance.sample(tuple(words), 3)
    filled = {key: chance.choice(words[i]) for key, i in zip("XYZ", ids, strict=True)}
    plan = chance.choices(tuple(_PLANS_ELSEWHERE), tuple(_PLANS_ELSEWHERE.values()))[0]
    template = chance.choice(of[language]["statements" if plan == "beset" else plan])
    if plan == "beset":
        apart = "\n" if template[-1] not in ".。" else "" if language in _NO_BLANKS else " "
        template += apart + chance.choice(of[language]["after"])
    meant = _MEANT.get(plan, "one")
    label = ids[0] if meant == "one" else None
    return Made(name, template.format_map(filled), meant, label, f"{language} {plan}: {template}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=20, help="how many misread answers to print")
    asked = parser.parse_args()
    verdicts: Counter[str] = Counter()
    by: dict[str, Counter[str]] = {}
    shown: dict[str, Made] = {}
    for made in answers(asked.n, asked.seed):
        verdict = made.verdict()
        verdicts[verdict] += 1
        verdicts[made.meant] += 1
        by.setdefault(made.made_by.partition(":")[0], Counter())[verdict] += 1
        if verdict != "right":
            shown.setdefault(f"{verdict} {made.made_by}", made)
    print(f"{asked.n} answers, {verdicts['one']} of which mean one label (seed {asked.seed})")
    print(f"a wrong label credited: {verdicts['wrong']} ({verdicts['wrong'] / asked.n:.2%})")
    print(f"abstained though one is meant: {verdicts['abstained']} ({verdicts['abstained'] / verdicts['one']:.2%})")
    for group, found in sorted(by.items()):
        print(f"  {group}: {dict(found)}")
    for what, made in sorted(shown.items())[: asked.show]:
        found = made.read()
        print(f"{what}\n    {made.of} {made.answer!r}:")
        print(f"    {made.label}, read as {found.status} {found.labels} ({found.rule_id})")


if __name__ == "__main__":
    main()
