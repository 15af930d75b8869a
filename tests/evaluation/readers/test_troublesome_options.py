"""Options that are hard to read: numbers, chords, denials, cues, marks of their own, the question read back. All items
are made up."""

from __future__ import annotations

import pytest

from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.readers.choice import read_choice

COUNTS = ("six", "one", "three", "nine")
SPEAKERS = ("none of them", "the first one", "the second one")
PARTS = ("Third section", "First section", "Second section", "Only one unbroken section")
PLACES = ("Far off", "Only in the middle", "Likely a bad take", "Clear skies")
CHORDS = ("F:min6/2", "A:7/5", "D:maj7(9)/3", "C#m7")
NOTES = ("C", "D", "G", "A#")
SHORTENED = ("C", "Fm", "Cm7b5", "Bb/D")
SENTENCES = (
    "No. The tune stays in one key, e.g. in the verse.",
    "Yes. Others sing, and it's not clear whether the key holds.",
    "Yes, because nobody can tell the tonic.",
)
NEGATED = ("Not muted", "Muted", "Neither of the two")
KEYS = ("C major", "e minor", "G major", "a minor")
WEATHER = ("loud", "quiet", "clear")
OWN_NUMBERS = ("1. Sawing wood", "2. Tuning a lute", "3. Rolling dice")
OWN_LETTERS = ("B. oboe", "A. flute", "C. horn")
NAMES = ("Anna B. Stone", "Peter Oak", "Carla D. E. F. Reed", "H. Moss")
FORMULAS = (r"$\frac{3}{4}$", r"$\frac{6}{8}$", "**free**")
SCRIPTS = ("小提琴", "大提琴", "Скрипка соло", "آلة العود")
DOUBLED = ("lute", "harp", "lute", "oud")
BLANKS = (" lute", "harp ", "oud\n")
EDGES = ("slow", "", "fast")
UNITS = ("2.18 s", "4.36 s", "21.8 s", "0.00 - 2.18")
RATIOS = ("3:2", "2:3", "4:3", "7/8")
NO_QUESTION = "Which is it?"
NOTHING_HEARD = "The sound is quiet at first, and clear in the middle."


@pytest.mark.parametrize(
    ("options", "marks", "answer", "meant"),
    [
        # numbers in words: 'one' is a number, and what stands for a noun
        (COUNTS, "plain", "one", "one"),
        (COUNTS, "letters", "One.", "one"),
        (COUNTS, "letters", "The correct answer is one.", "one"),
        (COUNTS, "plain", "one, not six", "one"),
        (COUNTS, "plain", "I heard one.", "one"),
        (COUNTS, "letters", "The second one is right.", "one"),
        (COUNTS, "plain", "It is one of them.", None),
        (COUNTS, "plain", "This one sounds odd.", None),
        (COUNTS, "plain", "3", "three"),
        (COUNTS, "letters", "B", "one"),
        (COUNTS, "numbers", "1", None),  # the first option, or one
        (COUNTS, "numbers", "3", "three"),
        (COUNTS, "numbers", "(3)", "three"),
        (COUNTS, "numbers", "(2) one", "one"),
        (("2", "3", "4", "1"), "letters", "4", "4"),
        (("2", "3", "4", "1"), "letters", "A", "2"),
        (("2", "3", "4", "1"), "plain", "1", "1"),
        # options that number things
        (SPEAKERS, "letters", "The first one", "the first one"),
        (SPEAKERS, "letters", "B. The first one", "the first one"),
        (SPEAKERS, "plain", "The correct answer is the second one.", "the second one"),
        (SPEAKERS, "plain", "None of them", "none of them"),
        (PARTS, "letters", "(B) First section", "First section"),
        (PARTS, "plain", "First section, not third section", "First section"),
        (PARTS, "plain", "Only one unbroken section", "Only one unbroken section"),
        (("Second", "First"), "letters", "A", "Second"),
        (("Second", "First"), "plain", "It was easy to tell.\n\nSecond", "Second"),
        # words of an option are no cues
        (PLACES, "plain", "It is not far off", None),
        (PLACES, "plain", "Far off, not clear skies", "Far off"),
        (PLACES, "letters", "It is not only in the middle", None),
        (PLACES, "plain", "It is not likely a bad take.", None),
        (PLACES, "letters", "(D) Clear skies", "Clear skies"),
        (SENTENCES, "letters", SENTENCES[0], SENTENCES[0]),
        (SENTENCES, "plain", SENTENCES[1], SENTENCES[1]),
        (SENTENCES, "plain", f"The correct answer is {SENTENCES[2]}", SENTENCES[2]),
        (SENTENCES, "plain", " ".join(SENTENCES), None),
        (SENTENCES, "letters", f"(A) {SENTENCES[0]}, (B) {SENTENCES[1]}, (C) {SENTENCES[2]}", None),
        (SENTENCES, "plain", f"It is not {SENTENCES[1]}", None),
        (NEGATED, "plain", "Not muted", "Not muted"),
        (NEGATED, "plain", "It is not muted", "Not muted"),
        (NEGATED, "letters", 'Muted, not "not muted"', "Muted"),
        (NEGATED, "plain", "Neither of the two", "Neither of the two"),
        # chords and notes
        (CHORDS, "letters", "The correct answer is A:7/5.", "A:7/5"),
        (CHORDS, "letters", "A", "F:min6/2"),
        (CHORDS, "letters", "(D) C#m7", "C#m7"),
        (CHORDS, "plain", "c#m7", "C#m7"),
        (CHORDS, "plain", "It is not A:7/5", None),
        (NOTES, "letters", "D", None),  # the letter, or the note
        (NOTES, "letters", "(D)", "A#"),
        (NOTES, "letters", "B. D", "D"),
        (NOTES, "letters", "G", "G"),
        (NOTES, "plain", "D", "D"),
        (NOTES, "numbers", "D", "D"),
        (SHORTENED, "letters", "(C) Cm7b5", "Cm7b5"),
        (SHORTENED, "letters", "C: Cm7b5", "Cm7b5"),
        (SHORTENED, "letters", "C", None),
        (KEYS, "letters", "I went through it twice.\n\na minor", "a minor"),
        (KEYS, "plain", "It is in a minor key.", None),
        (RATIOS, "plain", "3:2", "3:2"),
        (RATIOS, "letters", "The answer is 2:3", "2:3"),
        (RATIOS, "letters", "7/8, not 4:3", "7/8"),
        (UNITS, "plain", "2.18 s", "2.18 s"),
        (UNITS, "letters", "(D) 0.00 - 2.18", "0.00 - 2.18"),
        # the last line
        (WEATHER, "plain", f"{NOTHING_HEARD}\n\nloud", "loud"),
        (WEATHER, "letters", f"{NOTHING_HEARD}\n**loud**", "loud"),
        (WEATHER, "plain", "loud.\nquiet.\nclear", None),
        (WEATHER, "plain", f"{NOTHING_HEARD}\n\nIt is hard to say.", None),
        # marks of their own
        (OWN_NUMBERS, "plain", "2", "2. Tuning a lute"),
        (OWN_NUMBERS, "plain", "Tuning a lute", "2. Tuning a lute"),
        (OWN_NUMBERS, "plain", "It is not 2. Tuning a lute", None),
        (OWN_NUMBERS, "plain", "3. Rolling dice, not 1. Sawing wood", "3. Rolling dice"),
        (OWN_NUMBERS, "plain", ", ".join(OWN_NUMBERS), None),
        (OWN_NUMBERS, "letters", "B", "2. Tuning a lute"),
        (OWN_LETTERS, "plain", "A", "A. flute"),
        (OWN_LETTERS, "plain", "B. oboe", "B. oboe"),
        (OWN_LETTERS, "plain", "A. horn", None),
        (NAMES, "letters", "Carla D. E. F. Reed", "Carla D. E. F. Reed"),
        (NAMES, "letters", "D. H. Moss", "H. Moss"),
        (NAMES, "letters", "(A) Anna B. Stone, (B) Peter Oak, (C) Carla D. E. F. Reed, (D) H. Moss", None),
        # signs, scripts, blanks, doubles
        (FORMULAS, "plain", r"$\frac{6}{8}$", r"$\frac{6}{8}$"),
        (FORMULAS, "letters", "C. **free**", "**free**"),
        (SCRIPTS, "plain", "大提琴", "大提琴"),
        (SCRIPTS, "letters", "(C) Скрипка соло", "Скрипка соло"),
        (SCRIPTS, "plain", "آلة العود", "آلة العود"),
        (DOUBLED, "letters", "C. lute", "lute"),
        (DOUBLED, "plain", "lute, harp, lute, oud", None),
        (BLANKS, "letters", "(B) harp ", "harp "),
        (BLANKS, "plain", "oud", "oud\n"),
        (EDGES, "letters", "B", ""),
        (EDGES, "plain", "slow", "slow"),
        (EDGES, "plain", "", None),
    ],
)
def test_a_troublesome_option(options: tuple[str, ...], marks: str, answer: str, meant: str | None) -> None:
    found = read_choice(answer, Shown(NO_QUESTION, options, letters=marks == "letters", numbered=marks == "numbers"))
    assert found.label == meant, found


EITHER = "Is the second voice sung by a child or an adult"
LISTED = "Where was it played? (barn, cellar, attic)"
CHOSEN = "What fills the pause? Choose the correct option from the following options:"
CUED = "Why does nobody say no when the drums can't be heard"


@pytest.mark.parametrize(
    ("question", "options", "answer", "meant"),
    [
        (EITHER, ("child", "adult"), f"{EITHER} Adult", "adult"),
        (EITHER, ("child", "adult"), f"{EITHER}? The answer is (1).", "child"),
        (EITHER, ("child", "adult"), EITHER, None),
        (EITHER, ("child", "adult"), f"Question: {EITHER}?\nAnswer: child", "child"),
        (EITHER, ("child", "adult"), f"{EITHER}? It is not an adult.", None),
        (LISTED, ("barn", "cellar", "attic"), f"{LISTED} Attic", "attic"),
        (LISTED, ("barn", "shed", "tent"), LISTED, None),
        (CHOSEN, ("a roll", "a cymbal", "nothing"), f"{CHOSEN} a cymbal", "a cymbal"),
        (CHOSEN, ("a roll", "a cymbal", "nothing"), f"{CHOSEN} nothing", "nothing"),
        (CUED, ("They sleep", "They dance"), f"{CUED} They sleep", "They sleep"),
        (
            "Which one?",
            ("It is the slow one by far", "It is the fast one"),
            "It is the slow one by far",
            "It is the slow one by far",
        ),
    ],
)
def test_the_question_before_an_answer_is_no_part_of_it(
    question: str, options: tuple[str, ...], answer: str, meant: str | None
) -> None:
    listed = ", ".join(f"({k}) {option}" for k, option in enumerate(options, 1))
    found = read_choice(answer, Shown(f"Listen to the music. {question} Choose one: {listed}.", options, numbered=True))
    assert found.label == meant, found
    assert all(0 <= span.start < span.end <= len(answer) for span in found.spans)
