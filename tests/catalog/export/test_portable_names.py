"""Names that every file system takes, and keeps apart."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mudata.catalog.export.portable_names import portable_names


@pytest.mark.parametrize(
    ("ids", "names"),
    [
        (["gtzan/blues.00000"], ["gtzan/blues.00000"]),
        (["d/日本の歌"], ["d/日本の歌"]),
        (["d/a:b*c?"], ["d/a_b_c_"]),
        (["d/../../etc"], ["d/__/__/etc"]),
        (["/d//x"], ["_/d/_/x"]),
        (["d/.hidden"], ["d/_hidden"]),
        (["d/ends."], ["d/ends_"]),
        (["d/con", "d/NUL.txt"], ["d/_con", "d/_NUL.txt"]),
        (["d/line\nbreak\0"], ["d/line_break_"]),
    ],
)
def test_what_a_file_system_may_not_take_is_replaced(ids: list[str], names: list[str]) -> None:
    assert list(portable_names(ids).values()) == names


def test_without_dots_and_folders_only_one_word_is_left() -> None:
    assert portable_names(["a/b.c"], dots=False, folders=False) == {"a/b.c": "a_b_c"}


def test_long_names_are_cut_and_stay_apart() -> None:
    first, second = (f"d/{'é' * 300}{end}" for end in "ab")
    names = portable_names([first, second])
    assert names[first] != names[second]
    assert all(len(name.encode()) < 143 for name in names.values())


def test_names_that_differ_by_case_alone_are_told_apart() -> None:
    names = portable_names(["d/Song", "d/song", "d/other"])
    assert names["d/other"] == "d/other"
    assert len({name.casefold() for name in names.values()}) == 3


def test_a_name_does_not_hang_on_the_order_of_the_others() -> None:
    ids = ["d/Song", "d/song", "d/so ng", "d/so_ng"]
    assert portable_names(ids) == portable_names(ids[::-1])


@settings(max_examples=200, deadline=None)
@given(st.sets(st.text(min_size=1, max_size=30), max_size=30), st.booleans())
def test_any_ids_give_names_that_are_different_and_lead_nowhere_else(ids: set[str], dots: bool) -> None:
    names = portable_names(sorted(ids), dots=dots)
    assert len({name.casefold() for name in names.values()}) == len(ids)
    for name in names.values():
        assert not re.search(r'(^|/)\.|[\\:*?"<>|\0\n]|//|^/|/$', name)
        assert dots or "." not in name
