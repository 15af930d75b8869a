"""How tables are folded into a terminal."""

from __future__ import annotations

from mudata.cli.output import column_widths

NAMES = ["kind", "size", "path"]
ROW = ["mislabelled", "74.1 kB", "a path with several words"]


def test_columns_are_as_wide_as_their_texts_where_there_is_room() -> None:
    assert column_widths([NAMES, ROW], 100) == [11, 7, 25]
    assert column_widths([NAMES], 100) == [4, 4, 4]


def test_the_longest_text_is_folded_first_and_between_its_words() -> None:
    assert column_widths([NAMES, ROW], 40) == [11, 7, 22]
    assert column_widths([NAMES, ROW], 26) == [11, 7, 8]


def test_words_are_broken_where_they_must_be_and_the_longest_first() -> None:
    assert column_widths([NAMES, ["drop", "74.1 kB", "/tmp/home/fingerprints/demo"]], 30) == [4, 7, 19]
    assert column_widths([NAMES, ROW], 12) == [4, 4, 4]
    assert column_widths([NAMES, ROW], -3) == [1, 1, 1]
