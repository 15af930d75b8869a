"""Tables as people read them."""

from __future__ import annotations

from mudata.table import Table, cell

ROWS = [{"name": "a", "n": 1234.5678, "tags": ["x", "y"]}, {"name": "b<i>", "n": None, "tags": ()}]


def test_a_table_shows_itself_as_aligned_text() -> None:
    assert repr(Table(ROWS, ["name", "n"], title="Two")) == "Two\nname  n\n----  ----\na     1235\nb<i>"
    assert repr(Table([])) == "(no rows)"


def test_a_table_is_a_sequence_of_its_rows() -> None:
    table = Table(ROWS)
    assert len(table) == 2
    assert list(table) == ROWS
    assert table[1]["name"] == "b<i>"
    assert table.columns == ("name", "n", "tags")
    assert list(table.df()["name"]) == ["a", "b<i>"]


def test_html_escapes_whatever_is_in_a_cell() -> None:
    assert "<td>b&lt;i&gt;</td>" in Table(ROWS)._repr_html_()


def test_cells_are_one_line() -> None:
    assert [cell(x) for x in (None, 0.123456, ["a", 1], "a\nb")] == ["", "0.1235", "a, 1", "a b"]
