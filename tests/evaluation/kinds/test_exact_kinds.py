"""Kinds of questions with exact truth: their truth, scores, guesses, constants, beside mir_eval and counting."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from mudata.catalog.cards.number_scale import NumberScale
from mudata.errors import UnknownName
from mudata.evaluation.align.alignment import Alignment, Shown
from mudata.evaluation.kinds.key_kind import KEYS
from mudata.evaluation.kinds.kind_card import kind_card, kind_prompts
from mudata.evaluation.kinds.kind_registry import EXACT_KINDS, kind_of
from mudata.evaluation.kinds.question_kind import AskedItem
from mudata.evaluation.kinds.segmentation import Segments, boundary_f, label_agreement
from mudata.evaluation.protocol import Kind

TEMPO = NumberScale(unit="bpm", tolerance=0.04, octaves=(2, 0.5, 3, 0.3333), low=20, high=400)
COUNT = NumberScale(low=1, high=8, integer=True)
NOTHING = AskedItem(shown=Shown())


def tempo(scale: NumberScale = TEMPO) -> AskedItem:
    return AskedItem(shown=Shown(), scale=scale)


def asks(part: str, duration_s: float | None = None, options: tuple[str, ...] = ()) -> AskedItem:
    return AskedItem(shown=Shown(options=options), asks=part, duration_s=duration_s)


def options(*shown: str) -> AskedItem:
    return AskedItem(shown=Shown(options=shown, numbered=True))


def test_every_kind_of_the_protocol_is_here_but_those_of_labels_and_captions() -> None:
    assert set(EXACT_KINDS) == set(Kind.__args__) - {"classify", "tag", "caption"}
    for name in EXACT_KINDS:
        assert kind_of(name).name == name == kind_card(name).name
        assert {m.name for m in kind_of(name).measures} == set(kind_card(name).measures)
    with pytest.raises(UnknownName, match="classify"):
        kind_of("classify")


def test_prompts_have_ids_of_their_own_and_name_no_answer() -> None:
    prompts = kind_prompts()
    assert len(prompts) == sum(len(kind_card(name).prompts) for name in EXACT_KINDS)
    for prompt in prompts.values():
        assert ("{options}" in prompt.template) == prompt.options
        written = prompt.write(None, "key", ("one", "two"), "bpm")
        assert "{" not in written
        assert not any(key in written for key in KEYS)


def test_words_are_found_by_what_is_asked() -> None:
    assert kind_card("structure").prompt(asks="boundaries").id == "boundaries-1"
    assert kind_card("key").prompt(options=True).id == "key-options-1"
    assert kind_card("number").prompt(integer=True).id == "count-1"
    assert kind_card("choose").prompt(options=True).write("What?", "", ("lute", "oud")) == (
        "Listen to the music. What? Choose exactly one of these: (1) lute, (2) oud. Answer with the chosen option only."
    )
    with pytest.raises(UnknownName, match="without options"):
        kind_card("pair").prompt()


# keys: the vectors are those of mir_eval 0.8.2


@pytest.mark.parametrize(
    ("truth", "said", "mirex"),
    [
        ("C major", "C major", 1.0),
        ("C major", "G major", 0.5),
        ("C major", "F major", 0.0),  # a fifth counts one way
        ("A minor", "E minor", 0.5),
        ("A minor", "D minor", 0.0),
        ("C major", "A minor", 0.3),
        ("A minor", "C major", 0.3),
        ("C major", "C minor", 0.2),
        ("C major", "C other", 0.0),
    ],
)
def test_keys_are_weighted_as_mirex_does(truth: str, said: str, mirex: float) -> None:
    assert kind_of("key").score(said, truth, NOTHING)["mirex"] == mirex


@pytest.mark.parametrize(
    ("written", "canonical"),
    [("Cb major", "B major"), ("Fb major", "E major"), ("E# minor", "F minor"), ("B## minor", "Db minor"),
     ("Gb major", "F# major"), ("A♯ minor", "Bb minor"), ("D  other", "D other")],
)  # fmt: skip
def test_keys_that_mir_eval_refuses_are_spelled_anew(written: str, canonical: str) -> None:
    assert kind_of("key").truth(written, NOTHING) == canonical


@pytest.mark.parametrize("written", ["C", "", "H minor", "C chord"])
def test_what_is_no_key_is_told(written: str) -> None:
    with pytest.raises(ValueError, match="is no key"):
        kind_of("key").truth(written, NOTHING)


def test_a_uniform_guess_of_keys() -> None:
    for key in ("C major", "F# minor"):
        guess = kind_of("key").guess(key, NOTHING)
        assert guess == pytest.approx({"accuracy": 1 / 24, "mirex": 2 / 24, "tonic_accuracy": 1 / 12})
    two = kind_of("key").guess("C major", options("C major", "Gb minor"))
    assert two["accuracy"] == 0.5


def test_a_tonic_without_a_mode_counts_as_a_tonic_alone() -> None:
    key = kind_of("key")
    value = key.partial(Alignment("UNPARSED", rule_id="half", positives=("C",)))
    assert key.score(value, "C major", NOTHING) == {"accuracy": 0, "mirex": 0, "tonic_accuracy": 1}
    assert key.partial(Alignment("UNPARSED", rule_id="unparsed", positives=("C",))) is None
    assert key.partial(Alignment("UNPARSED", rule_id="half", positives=("C", "D"))) is None
    assert key.partial(key.read("It is in the key of B flat.", NOTHING)) == "Bb"


# numbers


@pytest.mark.parametrize(
    ("truth", "said", "worth"),
    [
        ("120", "124.8", (1, 1, 1)),  # 4 % to the last digit
        ("120", "124.81", (0, 0, 1)),
        ("120", "129.6", (0, 0, 1)),  # 8 %: a vector of mir_eval
        ("120", "129.7", (0, 0, 0)),
        ("120", "60", (0, 1, 0)),
        ("120", "240", (0, 1, 0)),
        ("120", "40", (0, 1, 0)),
        ("120", "360", (0, 1, 0)),
        ("120", "90", (0, 0, 0)),
        ("120", "116 124", (1, 1, 1)),  # a range counts by both ends
        ("120", "116 126", (0, 0, 1)),
        ("120", "60 120", (0, 0, 0)),
        ("120", None, (0, 0, 0)),
    ],
)
def test_tempi(truth: str, said: str | None, worth: tuple[float, ...]) -> None:
    found = kind_of("number").score(said, truth, tempo())
    assert tuple(found.values()) == worth
    assert tuple(found) == ("accuracy", "octave_accuracy", "accuracy_8_percent")


@pytest.mark.parametrize(
    ("said", "worth"),
    [("4", (1, 1)), ("3", (0, 1)), ("6", (0, 0)), ("3 4", (0, 1)), ("5 6", (0, 0)), ("4 6", (0, 0)), (None, (0, 0))],
)
def test_counts(said: str | None, worth: tuple[float, ...]) -> None:
    found = kind_of("number").score(said, "4", tempo(COUNT))
    assert tuple(found.values()) == worth
    assert tuple(found) == ("accuracy", "within_1")


def test_a_range_is_what_the_range_rule_found() -> None:
    number = kind_of("number")
    assert number.partial(Alignment("MULTI", rule_id="several", labels=("125", "120"))) is None
    said = number.read("The tempo is between 116 and 124 bpm.", tempo())
    assert said.status == "MULTI"
    assert number.score(number.partial(said), "120", tempo())["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("kind", "answer", "asked", "value"),
    [
        ("number", "around 120 beats per minute", tempo(), "120"),
        ("number", "There are four parts.", tempo(COUNT), "4"),
        ("key", "a-Moll", NOTHING, "A minor"),
        ("metre", "It is in six-eight.", NOTHING, "6/8"),
        ("choose", "(2)", options("D minor", "A minor"), "A minor"),
        ("pair", "The second clip is brighter.", AskedItem(shown=Shown(options=("first", "second"))), "second"),
        ("order", "2, 1, 3", AskedItem(shown=Shown(), clips=3), "2 1 3"),
        ("structure", "A-B-A", asks("form"), "ABA"),
        ("structure", "New sections begin at 8 s and 16.5 s.", asks("boundaries", 24.0), "8.000 16.500"),
    ],
)
def test_answers_are_read_by_the_reader_of_their_kind(kind: str, answer: str, asked: AskedItem, value: str) -> None:
    assert kind_of(kind).read(answer, asked).label == value


def test_numbers_in_one_spelling_and_within_the_scale() -> None:
    number = kind_of("number")
    assert [number.truth(text, tempo()) for text in ("120.0", "118.50", "0120")] == ["120", "118.5", "120"]
    for text, why in (("fast", "no number"), ("401", "out of scale"), ("1/0", "no number")):
        with pytest.raises(ValueError, match=why):
            number.truth(text, tempo())
    with pytest.raises(ValueError, match="whole number"):
        number.truth("2.5", tempo(COUNT))
    with pytest.raises(ValueError, match="no scale"):
        number.truth("2.5", NOTHING)


def test_a_guess_of_numbers_is_what_many_guesses_are_worth() -> None:
    number = kind_of("number")
    guesses = 20 + 380 * (np.arange(2_000) + 0.5) / 2_000  # evenly over the scale
    for truth in ("25", "120", "390"):
        told = [number.score(f"{value:.6f}", truth, tempo()) for value in guesses]
        for measure, chance in number.guess(truth, tempo()).items():
            assert np.mean([one[measure] for one in told]) == pytest.approx(chance, abs=0.003)
    assert number.guess("1", tempo(COUNT)) == {"accuracy": 1 / 8, "within_1": 2 / 8}


def test_the_best_constant_number_is_the_best_of_all() -> None:
    number, draw = kind_of("number"), random.Random(3)
    for _ in range(2):
        items = [(f"{draw.uniform(60, 180):.1f}", tempo()) for _ in range(15)]
        constants = number.constants(items)
        for measure in ("accuracy", "octave_accuracy", "accuracy_8_percent"):

            def worth(value: str, measure: str = measure, items: list[tuple[str, AskedItem]] = items) -> float:
                return sum(number.score(value, truth, asked)[measure] for truth, asked in items)

            best = max(map(worth, constants))
            edges = [Fraction(t) * (1 - r) * f for t, _ in items for r in (Fraction(4, 100), Fraction(8, 100))
                     for f in (1, 2, 3, Fraction(1, 2), Fraction(1, 3))]  # fmt: skip
            assert best >= max(worth(f"{float(edge + more):.9f}") for edge in edges for more in (0, Fraction(1, 10**7)))


def test_a_constant_number_is_a_round_one_where_that_is_as_good() -> None:
    assert kind_of("number").constants([("118.7", tempo()), ("120", tempo())])[0] == "116"


# metres


def test_metres_of_one_class() -> None:
    metre = kind_of("metre")
    assert metre.truth("12 / 8", NOTHING) == "12/8"
    pairs = {
        ("4/4", "2/2"): 1,
        ("3/4", "6/8"): 0,
        ("6/8", "12/8"): 1,
        ("3/4", "3/8"): 1,
        ("5/4", "5/8"): 1,
        ("5/4", "7/4"): 0,
    }
    for (truth, said), same in pairs.items():
        assert metre.score(said, truth, NOTHING) == {"accuracy": 0, "class_accuracy": same}
    assert metre.guess("6/8", options("6/8", "9/8", "3/4")) == pytest.approx(
        {"accuracy": 1 / 3, "class_accuracy": 2 / 3}
    )
    for text in ("4/3", "0/4", "4-4", "waltz"):
        with pytest.raises(ValueError, match="no time signature"):
            metre.truth(text, NOTHING)


# choices and orders


def test_choices_and_places_as_constants() -> None:
    choose, asked = kind_of("choose"), options("D minor", "A minor")
    assert choose.score("A minor", "A minor", asked) == {"accuracy": 1}
    assert [choose.score(f"({i})", "A minor", asked)["accuracy"] for i in (1, 2, 3)] == [0, 1, 0]
    assert choose.guess("A minor", asked) == {"accuracy": 0.5}
    assert choose.constants([("A minor", asked), ("D minor", asked)]) == ["A minor", "D minor", "(1)", "(2)"]
    with pytest.raises(ValueError, match="none of the options"):
        choose.truth("B minor", asked)
    with pytest.raises(ValueError, match="two options, not 3"):
        kind_of("pair").truth("a", options("a", "b", "c"))


def test_orders_by_pairs() -> None:
    order = kind_of("order")
    three = AskedItem(shown=Shown(), clips=3)
    assert order.truth(" 2 1  3", three) == "2 1 3"
    assert order.score("1 2 3", "2 1 3", three) == {"accuracy": 0, "pairwise_agreement": pytest.approx(2 / 3)}
    assert order.score("3 1 2", "2 1 3", three)["pairwise_agreement"] == 0
    assert order.score("1 2", "2 1 3", three) == {"accuracy": 0, "pairwise_agreement": 0}
    every = order.constants([("2 1 3", three)])
    assert len(every) == 6
    guess = order.guess("2 1 3", three)
    for measure in ("accuracy", "pairwise_agreement"):
        assert np.mean([order.score(v, "2 1 3", three)[measure] for v in every]) == pytest.approx(guess[measure])
    for text in ("1 3", "2 1 3 4", "first"):
        with pytest.raises(ValueError, match="no order of 3"):
            order.truth(text, three)


# structures: the vectors are those of mir_eval 0.8.2

ABA = Segments.of_text("0 A 10 B 20 A 30")


def test_labels_of_frames_as_mir_eval_counts_them() -> None:
    one, different = Segments.of_text("0 A 30"), Segments.of_text("0 A 10 B 20 C 30")
    assert label_agreement(ABA, one) == pytest.approx({"pairwise_f": 0.713, "v_measure": 0.0}, abs=5e-4)
    assert label_agreement(ABA, different)["v_measure"] == pytest.approx(0.734, abs=5e-4)
    moved = Segments.of_text("0 A 10.4 B 20.6 A 30")
    assert label_agreement(ABA, moved) == pytest.approx({"pairwise_f": 0.941, "v_measure": 0.775}, abs=5e-4)


def test_boundaries_without_the_ends_of_the_clip() -> None:
    from mir_eval import segment

    moved = Segments.of_text("0 A 10.4 B 20.6 A 30")
    assert segment.detection(ABA.intervals, moved.intervals, window=0.5)[2] == 0.75  # the ends counted
    assert (boundary_f(ABA, moved, 0.5), boundary_f(ABA, moved, 3.0)) == (0.5, 1.0)
    assert boundary_f(ABA, Segments.of_text("0 A 30"), 3.0) == 0.0
    assert boundary_f(Segments.of_text("0 A 30"), Segments.of_text("0 A 30"), 3.0) == 0.0


def test_a_structure_by_what_is_asked() -> None:
    structure = kind_of("structure")
    assert structure.truth("XYX", asks("form")) == "ABA"
    assert structure.score("CDC", "ABA", asks("form")) == {"accuracy": 1, "form_similarity": 1}
    assert structure.score(None, "ABA", asks("form")) == {"accuracy": 0, "form_similarity": 0}
    inner = asks("boundaries", 30.0)
    assert structure.truth("10 20.0", inner) == "10.000 20.000"
    assert structure.score("10.400 20.600 44.000", "10.000 20.000", inner) == {
        "boundary_f_500ms": 0.5,
        "boundary_f_3s": 1,
    }
    assert structure.score(None, "10.000 20.000", inner) == {"boundary_f_500ms": 0, "boundary_f_3s": 0}
    whole = asks("segments", 30.0)
    truth = structure.truth("0 V 10 C 20 V 30", whole)
    assert truth == "0.000 A 10.000 B 20.000 A 30.000"
    assert structure.score(truth, truth, whole) == dict.fromkeys(kind_card("structure").measures, 1.0)
    longer = structure.score("0.000 A 10.000 B 20.000 A 31.000", truth, whole)
    assert longer == dict.fromkeys(kind_card("structure").measures, 1.0)
    assert set(structure.score(None, truth, whole).values()) == {0.0}


@pytest.mark.parametrize(
    ("text", "asked", "why"),
    [
        ("A1 B", asks("form"), "no form"),
        ("10 10", asks("boundaries", 30.0), "ascending"),
        ("10 31", asks("boundaries", 30.0), "within the clip"),
        ("0 10", asks("boundaries", 30.0), "start of the clip"),
        ("ten", asks("boundaries", 30.0), "in seconds"),
        ("10", asks("boundaries"), "length of the clip"),
        ("0 A 10 B", asks("segments"), "no list of segments"),
        ("5 A 10", asks("segments"), "no list of segments"),
        ("0 A inf", asks("segments"), "seconds and letters"),
        ("ABA", NOTHING, "form, boundaries or segments"),
    ],
)
def test_what_is_no_structure_is_told(text: str, asked: AskedItem, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        kind_of("structure").truth(text, asked)


def test_a_guess_of_structures_is_what_many_guesses_are_worth() -> None:
    structure, draw = kind_of("structure"), np.random.default_rng(2)
    assert structure.guess("ABA", asks("form"))["accuracy"] == 1 / 5
    assert structure.guess("ABA", asks("form", options=("ABA", "ABC")))["accuracy"] == 1 / 2
    inner = asks("boundaries", 30.0)
    drawn = [" ".join(f"{at:.4f}" for at in sorted(draw.uniform(0, 30, 2))) for _ in range(2000)]
    for measure, chance in structure.guess("10.000 20.000", inner).items():
        found = np.mean([structure.score(value, "10.000 20.000", inner)[measure] for value in drawn])
        assert found == pytest.approx(chance, abs=0.03)
    assert "boundary_f_3s" not in structure.guess("10.000 12.000", inner)  # windows overlap
    segments = structure.guess("0.000 A 10.000 B 20.000 A 30.000", asks("segments", 30.0))
    assert set(segments) == {"accuracy", "form_similarity", "boundary_f_500ms", "boundary_f_3s"}
    assert structure.guess("A" * 9, asks("form")) == {}


def test_constants_of_structures_have_grids() -> None:
    structure, inner = kind_of("structure"), asks("boundaries", 24.0)
    constants = structure.constants([("8.000 16.000", inner)])
    assert "8.000 16.000" in constants
    assert " ".join(f"{i}.000" for i in range(1, 25)) in constants
    assert structure.constants([("0.000 A 8.000", asks("segments", 8.0))])[-1] == "0.000 A 8.000"
    assert structure.constants([("ABA", asks("form")), ("AB", asks("form")), ("ABA", asks("form"))]) == ["ABA", "AB"]
