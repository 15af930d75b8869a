"""What is passed over in long answers changes nothing, and cues are found word by word as they are by one pattern."""

from __future__ import annotations

import random
from functools import cache

import answer_grammar
import pytest

from mudata.catalog.cards import loader
from mudata.evaluation.align import cues
from mudata.evaluation.align.aligner import align
from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.align.decision import decide
from mudata.evaluation.align.evidence import gather
from mudata.evaluation.align.explain import clauses
from mudata.evaluation.align.label_set import LabelSet, resolve
from mudata.evaluation.align.language import languages
from mudata.evaluation.align.scan import scan

PROMPT = Shown("Which genre is it? Answer with one word.")
IDLE = (
    "The bass sits behind the beat. The guitar plays long chords, which are panned to the left, and the singer does "
    "not come in before the bridge. However, it is rather loud over a steady kick. "
)
FILLER_WORDS = """
the bass drops out, it's the it not a of rock 5 10 % 0.5 : ? . ! ; , ( ) " ' and over than less more 2 no yes that's
it'd maybe's or's isn't 80s what if wait jazz. metal? pop, r&b rock'n'roll hip hop dr. d.j. &
"""
FILLER = (*FILLER_WORDS.split(), "\n", "")
ENDS = (". ", "! ", "? ", "; ", ".\n", ", ")


@cache
def label_set(name: str) -> LabelSet:
    dataset, _, namespace = name.partition(":")
    return resolve(loader.load(dataset).labels[namespace])


@cache
def phrases(language: str) -> tuple[str, ...]:
    return tuple(phrase.replace("*", "quite") for phrase in cues.cues_of(language, ()))


def rambling(chance: random.Random, language: str, length: int) -> str:
    """Cues, labels and idle words by chance, in sentences."""
    said: list[str] = []
    while sum(map(len, said)) < length:
        ways = (
            lambda: IDLE[: chance.randint(1, len(IDLE))].rpartition(" ")[0],
            *(lambda: chance.choice(phrases(language)),) * 3,
            *(lambda: chance.choice(FILLER),) * 3,
            *(lambda: chance.choice(("The snare is dry", "It grows louder")) + chance.choice(ENDS),) * 3,
        )
        said.append(chance.choice(ways)())
        if chance.random() < 0.3:
            said[-1] += chance.choice((".", "!", ";", "?", ",", ":", ".\n", "...", '."'))
    return " ".join(said).replace("\n ", chance.choice(("\n", "\n ")))


SAID = (
    "{x}, {y}. ",
    "It is {x}. ",
    "less like {x}. ",
    "Is it {x}? ",
    "Genre: ",
    "The answer is. ",
    "Wait, actually. ",
    "",
)


def talk(chance: random.Random, of: LabelSet) -> str:
    """Idle sentences full of cues, with labels and what turns them between."""
    said = ""
    while len(said) < 900:
        words = (chance.choice((*phrases("en"), *("the kick", "is", "dry") * 300)) for _ in range(chance.randint(1, 5)))
        x, y = (entry.display for entry in chance.sample(of.entries, 2))
        ways = (
            f"The bass {' '.join(words)}{chance.choice(ENDS)}",
            IDLE[: chance.randint(1, len(IDLE))].rpartition(" ")[0] + chance.choice(ENDS),
            chance.choice(SAID).format(x=x, y=y),
            rambling(chance, "en", 30) + chance.choice(ENDS),
        )
        said += chance.choices(ways, (6, 3, 3, 1))[0]
    return said


@pytest.mark.parametrize("name", ["gtzan:genre", "mtg_jamendo:mood", "fma:genre_top", "demo:instrument"])
def test_what_is_passed_over_changes_nothing(name: str) -> None:
    chance = random.Random(name)
    for _ in range(60):
        answer = talk(chance, label_set(name))
        read = decide(gather(answer, scan(answer, label_set(name), PROMPT, whole=True), PROMPT))
        assert align(answer, label_set(name), PROMPT) == read, answer


def test_answers_of_the_grammar_in_idle_talk_are_read_as_when_all_of_it_is_read() -> None:
    passed = 0
    for made in answer_grammar.answers(300, 5):
        of, answer = answer_grammar.label_set(made.of), f"{IDLE * 2}{made.answer} {IDLE}"
        found = scan(answer, of, PROMPT)
        passed += any("idle" in (cue.kind, *cue.ids) for _, _, cue in found.cues)
        assert align(answer, of, PROMPT) == decide(gather(answer, scan(answer, of, PROMPT, whole=True), PROMPT)), answer
        assert clauses(answer, of, PROMPT)[1] == align(answer, of, PROMPT)
    assert passed > 150


@pytest.mark.parametrize("language", list(languages()))
def test_cues_are_found_word_by_word_as_by_one_pattern(language: str) -> None:
    chance = random.Random(language)
    finder = cues.matcher(language, ("genre",))
    for _ in range(60):
        text = rambling(chance, language, 300).encode("ascii", "ignore").decode().lower()
        assert finder.find(text) == finder.find(f"{text} \N{SNOWMAN}"), text  # beyond ASCII it is the pattern


def test_a_question_waits_for_a_clause_with_words() -> None:
    idle = "The bass does not come in before the bridge of it."
    for turn in ("However.", "You'll love this.", "But. 2.", ""):
        answer = f"Rock? {turn} {idle} {IDLE * 3}"
        read = decide(gather(answer, scan(answer, label_set("gtzan:genre"), PROMPT, whole=True), PROMPT))
        assert align(answer, label_set("gtzan:genre"), PROMPT) == read
