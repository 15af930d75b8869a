"""A lock comes from others: what it calls things never leads out of the home."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mudata.catalog.pinning.home_lock import HomeLock, LockedDataset, read_lock
from mudata.errors import HomeError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["../evil", "a/b", "/evil", ".hidden", "..", "", "a\\b", "a\0b"])
@pytest.mark.parametrize("where", ["datasets", "faults"])
def test_names_that_are_paths_are_refused(tmp_path: Path, name: str, where: str) -> None:
    locked = LockedDataset(card_sha256="0" * 64, index_sha256="0" * 64, mudata_version="0")
    path = HomeLock(datasets={"good": locked}, faults={"good": "faults: []"}).write(tmp_path / "a.json")
    assert list(read_lock(path).datasets) == ["good"]
    said = json.loads(path.read_text())
    said[where][name] = said[where]["good"]
    path.write_text(json.dumps(said))
    with pytest.raises(HomeError, match="is no name"):
        read_lock(path)
