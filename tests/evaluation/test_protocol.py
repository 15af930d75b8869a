"""The contract of a model: its documentation's example is whole, short and runs."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_corpus import Corpus

from mudata.evaluation import protocol
from mudata.evaluation.inference.runner import EvalRequest, evaluate
from mudata.evaluation.protocol import Clip, ModelCapabilities

if TYPE_CHECKING:
    from mudata.home import Home


def test_a_model_of_ones_own_takes_fewer_than_ten_lines(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert protocol.__doc__ is not None
    example = textwrap.dedent("    class Echo:" + protocol.__doc__.split("    class Echo:")[1].split("It runs as")[0])
    assert len([line for line in example.splitlines() if line.strip()]) < 10
    (tmp_path / "own_echo.py").write_text(
        "from mudata.evaluation.protocol import Answer, ModelCapabilities\n" + example
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "cards").mkdir()
    Corpus(home, tmp_path / "cards", monkeypatch).halves()
    run = evaluate(home, EvalRequest("own_echo:Echo", "half", task="genre"))
    assert run.scores["outcomes"] == {"OOV": 6}
    assert run.settings["sittings"][0]["model"] == {"revision": "1"}


def test_clips_are_told_apart_by_identity_and_cannot_be_changed() -> None:
    import numpy as np

    clip = Clip("d/1", np.zeros(2, np.float32), 8000)
    assert clip != Clip("d/1", np.zeros(2, np.float32), 8000)
    with pytest.raises(AttributeError, match="cannot assign to field"):
        clip.sample_rate = 1  # type: ignore[misc]


def test_hearing_takes_everything_unless_it_says_otherwise() -> None:
    capabilities = ModelCapabilities()
    assert (capabilities.sample_rate, capabilities.max_seconds, capabilities.batch) == (None, None, 1)
    assert capabilities.needs_audio
    assert not (capabilities.forced_choice)
    assert not (capabilities.gives_logits)
    assert not (capabilities.control)
