"""Which names are one name, and what is tied to what."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mudata.catalog.splits import groups


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KC and the Sunshine Band", "KC And The  Sunshine Band"),
        (" Bob Marley\t", "bob marley"),
        ("Beyonc\u00e9", "Beyonce\u0301"),
        ("ＡＢＢＡ", "Abba"),
        ("Straße", "STRASSE"),
    ],
)
def test_spellings_of_one_name_are_one_group(one: str, other: str) -> None:
    assert groups.key("a", one) == groups.key("b", other)


@pytest.mark.parametrize("name", [None, "", "  \n"])
def test_no_name_is_no_group(name: str | None) -> None:
    assert groups.key("a", name) is None


def test_a_number_is_an_id_of_its_own_dataset() -> None:
    assert groups.key("a", "1234") == groups.key("a", " 1234 ")
    assert groups.key("a", "1234") != groups.key("b", "1234")


def test_ties_are_transitive_over_columns() -> None:
    artist = ["x", "x", None, "y", "z"]
    album = [None, "1", "1", None, "2"]
    assert groups.union(5, [artist, album]) == [0, 0, 0, 1, 2]


def test_the_same_value_in_two_columns_ties_nothing() -> None:
    assert groups.union(2, [["x", None], [None, "x"]]) == [0, 1]


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.none() | st.integers(0, 5)] * 3), max_size=30))
def test_union_ties_exactly_the_connected(rows: list[tuple[int | None, ...]]) -> None:
    found = groups.union(len(rows), [[row[i] for row in rows] for i in range(3)])
    reach = [{i} for i in range(len(rows))]
    for _ in rows:  # slow and sure: grow every row's set until nothing changes
        for i, a in enumerate(rows):
            for j, b in enumerate(rows):
                if any(x is not None and x == y for x, y in zip(a, b, strict=True)):
                    reach[i] |= reach[j]
    assert all((found[i] == found[j]) == (j in reach[i]) for i in range(len(rows)) for j in range(len(rows)))
