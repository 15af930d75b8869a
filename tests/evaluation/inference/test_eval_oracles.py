"""The survey's listening models through `mudata eval`, on tiny random weights in their authors' layouts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from oracles import first
from shell import typed
from small_corpus import Corpus

from mudata.evaluation.run import all_runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from mudata.home import Home

pytest.importorskip("torch")
pytest.importorskip("transformers")

pytestmark = pytest.mark.slow

MODELS = {
    "qwen-audio": ("qwen-audio", ()),
    "ltu": ("ltu", ("vit_heads=4",)),
    "ltu-as": ("ltu-as", ("layer_heads=4", "transcribe=false")),
    "salmonn-7b": ("salmonn", ("qformer_heads=4",)),
    "modaverse": ("modaverse", ("imagebind_heads=4",)),
    "anygpt": ("anygpt", ()),
    "m2ugen": ("m2ugen", ()),
    "mu-llama": ("mu-llama", ()),
}


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tone: Callable[..., Path]) -> Corpus:
    (tmp_path / "cards").mkdir()
    made = Corpus(home, tmp_path / "cards", monkeypatch)
    made.halves()
    for number in range(12):
        tone(home.raw("tones") / "files" / f"{number:02}.flac", seconds=1.0, rate=44_100, channels=2)
    return made


@pytest.mark.parametrize(
    ("model", "audio"), [("qwen-audio", "clip"), ("anygpt", "clip"), *((name, "source") for name in MODELS)]
)
def test_oracle_a_model_of_the_survey_is_asked_and_judged(corpus: Corpus, home: Home, model: str, audio: str) -> None:
    bundle, options = MODELS[model]
    folder = first(bundle).checkpoint
    words = ["--split", "half", "--task", "genre", "--limit", "3", "--rank", "--json", "--audio", audio]
    words += [word for option in options for word in ("-o", option)]
    done = typed("eval", "--model", model, "--checkpoint", folder, "--device", "cpu", "--max-new-tokens", "4", *words)
    assert done.code == 0, done.err
    assert json.loads(done.out)["n"] == 3
    (run,) = all_runs(home)
    assert (run.settings.audio, len(run.rankings())) == (audio, 3)
    assert all(record.error is None for record in run.answers().values())
    said = run.settings.sessions[0].model
    assert (said["dtype"], said["device"], said["sampling"]) == ("float32", "cpu", "greedy")
