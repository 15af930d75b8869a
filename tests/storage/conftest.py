"""A home with a dataset of twelve tones, its split `half` and, if asked for, a run; raw files are linked and copied.

It is made once, and every test gets a copy.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from answered import GOLD, IDS, answered
from small_corpus import Corpus

from mudata.evaluation.run import Run
from mudata.home import Home


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `home` and `cards`."""
    folder = tmp_path_factory.mktemp("stored")
    (folder / "cards").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUDATA_HOME", str(folder / "home"))
        Corpus(Home(folder / "home"), folder / "cards", patch).halves()
        answered(Home(folder / "home"), folder, dict(zip(IDS, GOLD, strict=True)))
    return folder


@pytest.fixture
def corpus(original: Path, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """`raw/tones/files` has `linked.wav`, a link to 5,000 bytes of the user's own, and `copied.wav` of 700 bytes."""
    left_out = shutil.ignore_patterns("runs", "locks")
    shutil.copytree(original / "home", home.root, dirs_exist_ok=True, ignore=left_out)
    shutil.copytree(original / "cards", tmp_path / "cards")
    files = home.raw("tones") / "files"
    files.mkdir(parents=True)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "one.wav").write_bytes(b"x" * 5000)
    (files / "linked.wav").symlink_to(tmp_path / "own" / "one.wav")
    (files / "copied.wav").write_bytes(b"y" * 700)
    (home.raw("tones") / "fetched.json").write_text("{}")
    return Corpus(home, tmp_path / "cards", monkeypatch)


@pytest.fixture
def run(original: Path, corpus: Corpus) -> Run:
    shutil.copytree(original / "home" / "runs", corpus.home.runs)
    (folder,) = corpus.home.runs.iterdir()
    return Run(folder)
