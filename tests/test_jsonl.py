"""Files that are appended to and may be torn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mudata.errors import FetchError
from mudata.jsonl import mend, numbered

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("torn", [b"", b"{", b"x" * 65_536, b"x" * 65_535, b"x" * 200_000])
@pytest.mark.parametrize("whole", [b"", b'{"a": 1}\n', b'{"a": 1}\n' * 20_000])
def test_what_a_kill_left_of_a_last_line_is_cut_off_and_nothing_else(tmp_path: Path, whole: bytes, torn: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(whole + torn)
    mend(path)
    assert path.read_bytes() == whole


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    mend(tmp_path / "x.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_damage_is_the_error_that_its_owner_says(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a": 1}\n{oops}\n')
    with pytest.raises(FetchError, match=r"x\.jsonl cannot be read: line 2 is no JSON"):
        list(numbered(path, error=FetchError))
