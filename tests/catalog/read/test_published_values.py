"""Lists, options, letters and places as exams write them; nothing of it is ever run."""

from __future__ import annotations

import time

import pytest

from mudata.catalog.read import published_values


def test_a_list_is_read_however_it_is_written() -> None:
    assert published_values.text_list('["a", "b"]') == ["a", "b"]
    assert published_values.text_list("['it\\'s', \"b\", 3, None]") == ["it's", "b", "3", ""]
    assert published_values.text_list('"[\\"a\\", \\"b\\"]"') == ["a", "b"]  # a list as JSON in a text of JSON
    assert published_values.text_list("('a', 'b')") == ["a", "b"]
    assert published_values.text_list('["a", {"k": 1}]') == ["a", '{"k": 1}']


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("__import__('os').system('true')", "is no list, neither as JSON nor as Python writes it"),
        ("[].__class__", "is no list, neither"),
        ("['melody' 'harmony']", "has two texts without a comma between them"),
        ("7", "'7' is no list"),
        ("['a'", "is no list, neither"),
        ("[" * 5000 + "]" * 5000, "is longer or deeper than any list of options"),
        ("['" + "x" * 200_000 + "']", "is longer or deeper than any list of options"),
        ("['\x00', 'b']", "is no list, neither"),
    ],
)
def test_what_is_no_list_is_refused_and_not_run(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        published_values.text_list(text)
    assert not published_values.is_list(text)


def test_options_in_one_text_keep_letters_within_them() -> None:
    text = "(A) F. Scott (B) B:maj (see (A)) (C) c"
    assert published_values.split_options(text) == ["F. Scott", "B:maj (see (A))", "c"]
    with pytest.raises(ValueError, match="has no options with letters"):
        published_values.split_options("slow or fast")


def test_labels_go_only_where_every_option_has_its_own() -> None:
    assert published_values.without_labels(["A. B:maj", "B. F. Scott"]) == ["B:maj", "F. Scott"]
    with pytest.raises(ValueError, match="not every option has its letter"):
        published_values.without_labels(["A. x", "C. y"])


def test_places_and_letters_beyond_the_options_are_no_option() -> None:
    assert published_values.of_letter("Z", ["x", "y"], {}) is None
    assert published_values.of_place("3", ["x", "y"], 1) is None
    assert published_values.of_place("0", ["x", "y"], 1) is None
    for wrong in (lambda: published_values.of_letter("slow", ["x"], {}), lambda: published_values.of_place("x", [], 0)):
        with pytest.raises(ValueError, match=r"is no (letter|place) of an option"):
            wrong()


@pytest.mark.parametrize("places", ["[0, 0]", "[1, 2]", "[0]", "['a', 'b']"])
def test_an_order_has_every_place_once(places: str) -> None:
    with pytest.raises(ValueError, match="is no order of 2 options, which are counted from 0"):
        published_values.in_order(["x", "y"], places)


def test_options_in_one_text_are_found_in_a_time_that_grows_with_it() -> None:
    started = time.process_time()
    assert published_values.split_options("(A) x" + " \n" * 200_000 + "(B) y") == ["x", "y"]
    with pytest.raises(ValueError, match="has no options"):
        published_values.split_options(" " * 200_000)
    assert time.process_time() - started < 3
