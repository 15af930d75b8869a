"""A home with a dataset of twelve tones, its split `half` and, if asked for, a run; raw files are linked and copied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from answered import GOLD, IDS, answered
from small_corpus import Corpus

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """`raw/tones/files` has `linked.wav`, a link to 5,000 bytes of the user's own, and `copied.wav` of 700 bytes."""
    (tmp_path / "cards").mkdir()
    made = Corpus(home, tmp_path / "cards", monkeypatch)
    made.halves()
    files = home.raw("tones") / "files"
    files.mkdir(parents=True)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "one.wav").write_bytes(b"x" * 5000)
    (files / "linked.wav").symlink_to(tmp_path / "own" / "one.wav")
    (files / "copied.wav").write_bytes(b"y" * 700)
    (home.raw("tones") / "fetched.json").write_text("{}")
    return made


@pytest.fixture
def run(corpus: Corpus, tmp_path: Path) -> Run:
    return answered(corpus.home, tmp_path, dict(zip(IDS, GOLD, strict=True)))
