"""What docs/training.md shows runs as it stands there, and learns."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import mudata

if TYPE_CHECKING:
    from mudata.home import Home

pytest.importorskip("torch")
pytest.importorskip("librosa")

TEXT = (Path(__file__).parents[1] / "docs" / "training.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:librosa"),
]


def test_the_page_runs_as_it_stands(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    mudata.show_progress(False)
    seen: dict[str, Any] = {}
    assert len(BLOCKS) == 6
    for number, block in enumerate(BLOCKS):
        exec(compile(block, f"docs/training.md, block {number}", "exec"), seen)
    assert capfd.readouterr().out.endswith("of 48 clips are right; a guess reaches 12%\n")
    assert seen["accuracy"] > 0.7  # .96 where it was written
    assert seen["clip"].read(16_000, start_s=2, duration_s=3).shape == (1, 48_000)
    assert seen["batch"]["waveform"].shape == (16, 1, 80_000)
    assert seen["train"].failures == {}
    assert seen["rows"]["train"][0]["audio"]["array"].shape == (160_000,)


def test_the_page_names_every_field_of_a_clip(home: Home) -> None:
    from dataclasses import fields

    from mudata.catalog.training.split_clip import SplitClip

    told = set(re.findall(r"\w+", TEXT))
    assert {field.name for field in fields(SplitClip) if field.repr} - told == set()
