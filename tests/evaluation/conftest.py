"""A home with the dataset `tones` and its split `half`, made once; tests that change it get copies (`corpus`)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from report_fixtures import Original
from small_corpus import Corpus

from mudata.home import Home


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    made = Original(tmp_path_factory.mktemp("original"))
    (made.folder / "cards").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        made.enter(patch)
        Corpus(Home(made.home), made.folder / "cards", patch).halves()
    return made


@pytest.fixture
def corpus(original: Original, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """A copy of the dataset and its split in the test's own home; no run."""
    runs = shutil.ignore_patterns("runs")
    shutil.copytree(original.home, home.root, dirs_exist_ok=True, ignore=runs)
    shutil.copytree(original.folder / "cards", tmp_path / "cards")
    return Corpus(home, tmp_path / "cards", monkeypatch)
