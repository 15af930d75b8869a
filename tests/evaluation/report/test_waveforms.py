"""Waveforms in the report: what they show, of which clips, and how many are afforded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from hostile import HALF, RIGHT, TEST
from report_page import page, report

from mudata.catalog.audio.stored_clip import StoredClip
from mudata.evaluation.report import waveforms
from mudata.evaluation.report.waveforms import COLUMNS, STEPS, Sound

if TYPE_CHECKING:
    from report_fixtures import Imports

    from mudata.home import Home


def drawn(folder: Path, samples: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[list[int], list[int]]:
    """Lows and highs of one clip, 0 to 63."""
    path = folder / "x.flac"
    soundfile.write(path, samples, 8000)
    (columns,) = waveforms.draw({"x": Sound(StoredClip(path=path, rate=8000), len(samples) / 8000)}).values()
    steps = [STEPS.index(char) for char in columns]
    return steps[::2], steps[1::2]


def test_columns_are_the_ends_of_equal_parts_of_the_clip(tmp_path: Path) -> None:
    ramp = np.linspace(0, 0.5, 96 * 100)
    low, high = drawn(tmp_path, ramp)
    assert len(low) == len(high) == COLUMNS
    assert (low[0], high[-1]) == (32, 63), "zero is in the middle, the peak at the top"
    assert high == sorted(high)
    assert max(abs(a - b) for a, b in zip(low[1:], high[:-1], strict=True)) <= 1, "columns leave nothing out"
    sine = np.sin(np.linspace(0, 2 * np.pi, 96 * 100)) * 0.01
    low, high = drawn(tmp_path, sine)
    assert (min(low), max(high)) == (0, 63), "quiet clips are drawn as high as loud ones"
    assert low.index(0) > high.index(63)


@pytest.mark.parametrize("samples", [[0.5], [0.0] * 4000, [0.5, -0.5] * 40])
def test_short_and_silent_clips_are_drawn(tmp_path: Path, samples: list[float]) -> None:
    low, high = drawn(tmp_path, np.array(samples))
    assert len(low) == len(high) == COLUMNS
    assert all(a <= b for a, b in zip(low, high, strict=True))


@pytest.mark.slow
def test_every_clip_that_can_be_decoded_has_one(imports: Imports, home: Home, tmp_path: Path) -> None:
    imports("good", RIGHT)
    (home.clips("tones", "native") / "06.flac").write_bytes(b"fLaC and then nothing")
    (home.clips("tones", "native") / "07.flac").unlink()
    report("-o", tmp_path / "page.html")
    sounds = page(tmp_path / "page.html").data["sounds"]
    assert sorted(sounds) == ["tones/06", *TEST[2:]]
    assert "waveform" not in sounds["tones/06"]
    assert {len(sounds[clip_id]["waveform"]) for clip_id in TEST[2:]} == {2 * COLUMNS}
    assert sounds["tones/08"]["seconds"] == 0.5
    report("-o", tmp_path / "page.html", "--no-waveforms")
    assert all(set(sound) == {"source"} for sound in page(tmp_path / "page.html").data["sounds"].values())


@pytest.mark.slow
def test_a_budget_goes_to_the_clips_that_runs_disagree_on_and_is_told(
    imports: Imports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imports("good", RIGHT)
    imports("poor", HALF)
    monkeypatch.setattr(waveforms, "BUDGET_S", 0.7 + 0.8 + 0.5 + 0.4)  # of 06, 07 and 08, and too little for 09
    done = report("-o", tmp_path / "page.html")
    assert "3 clips have no waveform" in done.stderr
    sounds = page(tmp_path / "page.html").data["sounds"]
    assert {clip_id for clip_id, sound in sounds.items() if "waveform" in sound} == {"tones/06", "tones/07", "tones/08"}
    assert "3 clips have no waveform here" in (tmp_path / "page.html").read_text("utf-8")
