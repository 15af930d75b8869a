"""What an exam's options give away, on items of made-up exams of known shape."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from mudata.evaluation.metrics.exam_floors import ExamFloor, ShownItem, exam_floors
from mudata.evaluation.metrics.hypothesis_tests import exchange


def once(options: tuple[str, ...], gold: str, question: str = "") -> list[ShownItem]:
    return [ShownItem(options=options, gold=gold, question=question)]


def without_each(options: tuple[str, ...], gold: str) -> list[ShownItem]:
    wrong = [place for place, option in enumerate(options) if option != gold]
    return [ShownItem(options=options[:place] + options[place + 1 :], gold=gold) for place in wrong]


def named(floors: list[ExamFloor]) -> dict[str, ExamFloor]:
    return {floor.name: floor for floor in floors}


EXAM = [
    once(("slow", "rather fast", "fast"), "rather fast", "How fast is it?"),
    once(("a harp", "a lute"), "a lute", "Which instrument, a lute?"),
    once(("rock", "jazz", "folk", "soul"), "rock", "Which genre?"),
    once(("yes", "noo"), "noo", "Is it?"),
]


def test_each_floor_of_items_asked_once() -> None:
    floors = named(exam_floors(EXAM))
    assert list(floors) == ["chance", "position", "longest", "shortest", "overlap"]
    assert floors["chance"].values.tolist() == [1 / 3, 1 / 2, 1 / 4, 1 / 2]
    assert (floors["position"].title, floors["position"].values.tolist()) == ("always B", [1, 1, 0, 1])
    assert floors["longest"].values.tolist() == [1, 0.5, 0.25, 0.5]  # characters: 'a harp' and 'a lute' are equal
    assert floors["shortest"].values.tolist() == [0, 0.5, 0.25, 0.5]
    assert floors["overlap"].values.tolist() == [0.5, 1, 0.25, 0.5]
    assert {floor.n for floor in floors.values()} == {4}


def test_a_letter_that_an_item_does_not_have_is_wrong_there() -> None:
    items = [once(("a", "b", "c"), "c"), once(("a", "b", "c"), "c"), once(("a", "b"), "a")]
    floor = named(exam_floors(items))["position"]
    assert (floor.title, floor.option, floor.values.tolist()) == ("always C", "C", [1, 1, 0])


def test_the_right_option_twice_counts_once_and_one_that_is_no_option_is_never_right() -> None:
    twice, nowhere = once(("pop", "pop", "rock", "soul"), "pop"), once(("pop", "rock"), "jazz")
    floors = named(exam_floors([twice, nowhere]))
    assert floors["chance"].values.tolist() == [1 / 4, 1 / 2]
    assert floors["shortest"].values.tolist() == [1 / 2, 0]


def test_all_rotations_leave_nothing_to_a_constant_letter() -> None:
    options = ("slow", "rather fast", "fast", "still")
    passes = [ShownItem(options=options[r:] + options[:r], gold="fast") for r in range(4)]
    floors = named(exam_floors([passes]))
    assert floors["position"].value == 0.25
    assert floors["longest"].value == 0


def test_a_uniform_guesser_whose_passes_are_voted_gets_more_than_one_in_four() -> None:
    floors = named(exam_floors([without_each(("a", "b", "c", "d", "e"), "a")] * 3, vote=True))
    assert floors["vote_chance"].value == pytest.approx(0.28125)
    assert floors["chance"].value == 0.25


def test_a_guesser_is_voted_by_the_options_that_were_shown() -> None:
    """Of options of one text both places count; a pass may show one option alone."""
    doubled = without_each(("a", "b", "b", "c"), "a")
    won = 0
    for first, second, third in itertools.product(("a", "b", "c"), ("a", "b", "c"), ("a", "b", "b")):
        votes = Counter((first, second, third))  # of equals the first
        won += votes.most_common(1)[0][0] == "a"
    assert named(exam_floors([doubled], vote=True))["vote_chance"].value == pytest.approx(won / 27)
    assert named(exam_floors([without_each(("a", "b"), "a")], vote=True))["vote_chance"].value == 1


def test_what_cannot_be_counted_out_is_no_floor_and_the_others_stay() -> None:
    floors = named(exam_floors([without_each(tuple("abcdefghij"), "a")], vote=True))
    assert set(floors) == {"chance", "position", "longest", "shortest"}


def test_ties_are_voted_as_they_fall() -> None:
    """Where all options are equally long, the longest one is a uniform guess in each pass."""
    floors = named(exam_floors([without_each(("a", "b", "c", "d", "e"), "a")], vote=True))
    assert floors["longest"].value == pytest.approx(floors["vote_chance"].value)
    passes = without_each(("aa", "bb", "c", "d"), "aa")  # pass 0 lacks bb, where aa is longest alone
    won = [
        float(sum(o == "aa" for o in ("aa", *ballot)) >= 2 or ballot.count("bb") < 2)
        for ballot in itertools.product(("aa", "bb"), repeat=2)
    ]
    assert named(exam_floors([passes], vote=True))["longest"].value == pytest.approx(sum(won) / 4)


def test_items_without_options_have_no_floor() -> None:
    assert exam_floors([once((), "C major")]) == []
    assert named(exam_floors([once((), "C major"), *EXAM]))["chance"].n == 4


def test_a_floor_stands_in_a_paired_test_as_answers_do() -> None:
    items = [once(("a", "bb", "c", "d"), "abcd"[i % 4].replace("b", "bb")) for i in range(80)]
    longest = named(exam_floors(items))["longest"].values
    assert exchange(np.ones(80), longest) < 0.001
    assert exchange(longest, longest) == 1.0
