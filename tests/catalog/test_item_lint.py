"""What is wrong with items, on items made up in the shapes of published ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mudata.catalog.item_lint import SKEWED, LintedItem, lint

PLAIN = ("blues", "rock", "jazz", "funk")


def item(
    options: tuple[str, ...], gold: str, item_id: str = "1", question: str = "Which?", **more: object
) -> LintedItem:
    return LintedItem(item_id, question, options, gold, **more)  # type: ignore[arg-type]


def faults(*items: LintedItem) -> dict[str, tuple[int, int | None]]:
    return {fault.name: (fault.n, fault.of_gold) for fault in lint(items).faults}


@pytest.mark.parametrize(
    ("options", "gold", "expected"),
    [
        (PLAIN, "blues", {}),
        (PLAIN, "soul", {"no_gold": (1, None)}),
        (PLAIN, "Blues", {"no_gold": (1, None)}),
        (("a b", "c d", ""), "a b", {"empty_option": (1, 0), "one_inside_another": (1, 1), "inside_gold": (1, None)}),
        (
            ("rock", "rock", "jazz"),
            "rock",
            {"doubled_option": (1, 1), "equal_but_case": (1, 1), "same_words": (1, 1)},
        ),
        (
            ("rock", "rock", "jazz"),
            "jazz",
            {"doubled_option": (1, 0), "equal_but_case": (1, 0), "same_words": (1, 0)},
        ),
        (("A to B", "B to A"), "A to B", {"same_words": (1, 1)}),
        (("C#", "C", "F"), "F", {"same_words": (1, 0), "one_inside_another": (1, 0)}),
        (("guitar", "Bass Guitar", "drums"), "guitar", {"one_inside_another": (1, 1), "gold_inside": (1, None)}),
        (("guitar", "Bass Guitar", "drums"), "Bass Guitar", {"one_inside_another": (1, 1), "inside_gold": (1, None)}),
        (("guitar", "Bass Guitar", "drums"), "drums", {"one_inside_another": (1, 0)}),
        (("B:maj", "G:min"), "G:min", {"letter_in_option": (1, 1)}),
        (("F. Scott", "Liszt"), "Liszt", {"letter_in_option": (1, 0)}),
        (("(A) slow", "fast"), "fast", {"letter_in_option": (1, 0)}),
        ((" rock", "jazz"), "jazz", {"blank_ends": (1, 0)}),
        (("Yes", "No."), "Yes", {"yes_or_no": (1, None)}),
    ],
)
def test_each_fault_of_an_item(
    options: tuple[str, ...], gold: str, expected: dict[str, tuple[int, int | None]]
) -> None:
    assert faults(item(options, gold)) == expected


def test_the_question_gives_the_answer_away() -> None:
    assert faults(item(PLAIN, "jazz", question="Is it Jazz or not?")) == {"gold_in_question": (1, None)}
    assert faults(item(PLAIN, "jazz", question="Is it rock?")) == {}


def test_doubled_ids_and_questions_are_those_of_several_items() -> None:
    same = [item(PLAIN, "jazz", clips=("a.wav",)), item(PLAIN, "rock", clips=("a.wav",))]
    assert faults(*same) == {"doubled_id": (2, None), "doubled_question": (2, None)}
    other = [item(PLAIN, "jazz", "1", clips=("a.wav",)), item(PLAIN, "rock", "2", clips=("b.wav",))]
    assert faults(*other) == {}


def test_clips_that_several_items_share() -> None:
    found = lint(
        [
            item(PLAIN, "jazz", "1", "One?", clips=("a.wav",)),
            item(PLAIN, "jazz", "2", "Two?", clips=("b.wav", "a.wav")),
            item(PLAIN, "jazz", "3", "ONE? ", clips=("c.wav", "c.wav")),
        ]
    )
    assert (found.n, found.clips, found.on_shared_clips, found.questions) == (3, 3, 2, 2)


def test_floors_that_need_no_listening() -> None:
    found = lint(
        [
            item(("aaa", "bb", "c"), "aaa", "1"),
            item(("aaa", "bbb", "c"), "bbb", "2"),
            item(("aa", "b"), "b", "3"),
        ]
    )
    assert found.chance == pytest.approx((1 / 3 + 1 / 3 + 1 / 2) / 3)
    assert found.longest == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert found.shortest == pytest.approx((0 + 0 + 1) / 3)
    assert found.places == (1, 2, 0)
    assert found.place == pytest.approx(2 / 3)
    assert found.sizes == ((2, 1), (3, 2))


def test_a_doubled_longest_option_is_shared_as_often_as_it_stands_there() -> None:
    assert lint([item(("long", "long", "x"), "long")]).longest == pytest.approx(1 / 2)


def test_places_that_are_skewed_are_told_by_a_test() -> None:
    skewed = lint([item(PLAIN, PLAIN[0 if i % 10 else 1], str(i)) for i in range(100)])
    even = lint([item(PLAIN, PLAIN[i % 4], str(i)) for i in range(100)])
    assert skewed.place_p is not None
    assert even.place_p is not None
    assert skewed.place_p < SKEWED < even.place_p == pytest.approx(1)


def test_few_items_and_right_options_that_stand_apart_have_no_skew() -> None:
    assert lint([item(PLAIN, "rock", str(i)) for i in range(19)]).place_p is None
    apart = lint([item(PLAIN, "blues", str(i), placed=False) for i in range(100)])
    assert (apart.place_p, apart.place, apart.places) == (None, None, ())
    assert apart.chance == 0.25


def test_chi_square_is_scipys() -> None:
    from scipy.stats import chisquare

    places = [30, 25, 20, 25]
    items = [item(PLAIN, PLAIN[place], f"{place}.{i}") for place, n in enumerate(places) for i in range(n)]
    assert lint(items).place_p == pytest.approx(chisquare(places).pvalue)


def test_items_without_options_have_no_floors() -> None:
    found = lint([item((), "120", "1")])
    assert (found.n, found.chance, found.longest, found.shortest, found.place, found.faults) == (
        1,
        None,
        None,
        None,
        None,
        (),
    )
    assert lint([]).n == 0


def test_errors_are_what_makes_a_right_answer_impossible_or_ambiguous() -> None:
    found = lint([item(("a", "A", "a b"), "a b")])
    assert [fault.name for fault in found.wrong] == ["equal_but_case"]


@given(st.lists(st.tuples(st.lists(st.text(max_size=4), min_size=1, max_size=5), st.text(max_size=4)), max_size=6))
def test_any_items_can_be_looked_at(made: list[tuple[list[str], str]]) -> None:
    items = [item(tuple(options), gold, str(i)) for i, (options, gold) in enumerate(made)]
    found = lint(items)
    assert all(0 < fault.n <= len(items) and len(fault.ids) <= fault.n for fault in found.faults)
    for floor in (found.chance, found.longest, found.shortest, found.place):
        assert floor is None or 0 <= floor <= 1
