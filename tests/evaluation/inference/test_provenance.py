"""What a session leaves behind."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mudata import version
from mudata.evaluation.inference import provenance

if TYPE_CHECKING:
    import pytest


def test_a_checkout_is_named_by_its_commit_and_told_to_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "mudata"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(version, "__file__", str(package / "__init__.py"))
    assert provenance.git() is None

    def git(*words: str) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        return subprocess.run(
            ["git", "-C", str(tmp_path), *who, *words], capture_output=True, text=True, check=True
        ).stdout

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    assert provenance.git() == {"commit": git("rev-parse", "HEAD").strip(), "dirty": False}
    (package / "__init__.py").write_text("x = 1")
    assert provenance.git() == {"commit": git("rev-parse", "HEAD").strip(), "dirty": True}


def test_the_peak_of_memory_is_in_gibibytes_and_never_falls() -> None:
    before = provenance.peak_memory()["host"]
    held = np.ones(80 << 20, np.uint8)
    after = provenance.peak_memory()["host"]
    assert 0.01 < before <= after < 64
    del held
    assert provenance.peak_memory()["host"] >= after
