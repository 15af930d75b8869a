"""Models, weights, machines and clips that are not as they should be: told in a sentence, and nothing is left over."""

from __future__ import annotations

import importlib
import math
import os
import pickle
import shutil
import struct
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from asking import asked, sample
from fake_hub import Cdn, ModelHub
from oracles import Bundle, bundles, first
from shell import Done, spawned, typed
from small_corpus import Corpus

from mudata.errors import ModelError
from mudata.evaluation.inference.playback import LONGEST_S, Playback, PlayedItem, play
from mudata.evaluation.models import hardware
from mudata.evaluation.models.registry import card_of, find
from mudata.evaluation.protocol import Answer, Clip, Failure, ModelCapabilities, Question, Ranking
from mudata.evaluation.run import all_runs

if TYPE_CHECKING:
    from mudata.evaluation.tasks.samples import Sample
    from mudata.home import Home

pytest.importorskip("torch")
pytest.importorskip("transformers")

pytestmark = pytest.mark.slow

HALF = ("--split", "half", "--task", "genre")


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    made = Corpus(home, tmp_path / "cards", monkeypatch)
    made.halves()
    return made


def ask(model: str, *words: object) -> Done:
    return typed("eval", "--model", model, *HALF, *words)


# ------------------------------------------------------------------------------------ machines


@bundles("ltu")
def test_oracle_a_gpu_that_is_not_there_is_told(bundle: Bundle, corpus: Corpus, home: Home) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    done = ask("ltu", "--checkpoint", bundle.checkpoint, "--device", "cuda")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "Error: There is no GPU that torch can use here.\nUse --device cpu, or install a CUDA build of torch.\n"
    )
    assert all_runs(home) == []


@pytest.mark.parametrize(
    ("dtype", "free", "said"),
    [
        ("auto", 30e9, None),
        (
            "auto",
            20e9,
            r"needs about 29\.3 GB on cpu as float32, and 20\.0 GB are free.*\n.*--dtype bf16 \(about 15\.8 GB\)",
        ),
        ("bf16", 20e9, None),
        ("bf16", 10e9, r"needs about 15\.8 GB on cpu as bfloat16, and 10\.0 GB are free.*\nChoose a machine .*--force"),
    ],
)
def test_weights_larger_than_the_memory_are_refused_with_a_way_out(
    monkeypatch: pytest.MonkeyPatch, dtype: str, free: float, said: str | None
) -> None:
    monkeypatch.setattr(hardware, "free_ram", lambda: int(free))
    card = card_of(find("ltu"))
    if said is None:
        hardware.check("ltu", card, None, device="cpu", dtype=dtype)
        return
    with pytest.raises(ModelError, match=said):
        hardware.check("ltu", card, None, device="cpu", dtype=dtype)


@bundles("ltu")
@pytest.mark.slow
def test_oracle_too_little_memory_is_told_before_loading_unless_forced(
    bundle: Bundle, corpus: Corpus, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(bundle.checkpoint, tmp_path / "checkpoint")
    with (folder / "notes.bin").open("wb") as file:
        file.truncate(20 * 10**9)  # no disk is used
    monkeypatch.setattr(hardware, "free_ram", lambda: 4 * 10**9)
    words = ("--checkpoint", folder, "-o", f"vit_heads={bundle.expected['constants']['vit_heads']}", "--device", "cpu")
    done = ask("ltu", *words)
    assert done.code == 2
    assert "ltu needs about 29.3 GB on cpu as float32, and 4.0 GB are free." in done.err
    assert all_runs(home) == []
    assert ask("ltu", *words, "--max-new-tokens", 2, "--force").code == 0


def test_memory_is_known_on_this_machine() -> None:
    free, own = hardware.free_ram(), hardware.resident()
    assert free is None or own is None or free > 10**6 < own


# ------------------------------------------------------------------------------------- weights


@pytest.mark.slow
def test_a_gated_repository_is_told_with_what_to_do(corpus: Corpus, home: Home) -> None:
    with (
        Cdn() as cdn,
        ModelHub(cdn, {"somebody/listener": {"config.json": b"{}"}}, closed=["somebody/listener"]) as hub,
    ):
        env = {"HF_ENDPOINT": hub.url, "MUDATA_CARDS": os.environ["MUDATA_CARDS"]}
        done = spawned("eval", "--model", "transformers", "--checkpoint", "somebody/listener", *HALF, env=env)
    assert done.code == 2
    assert "gated repo" in done.err
    assert "accept its terms on its page and set HF_TOKEN" in done.err
    assert all_runs(home) == []


@bundles("qwen-audio")
def test_oracle_a_truncated_shard_is_told_with_its_name(
    bundle: Bundle, corpus: Corpus, home: Home, tmp_path: Path
) -> None:
    folder = shutil.copytree(bundle.checkpoint, tmp_path / "checkpoint")
    shard = sorted(folder.glob("*.safetensors"))[1]
    shard.chmod(0o600)
    os.truncate(shard, shard.stat().st_size // 2)
    done = ask("qwen-audio", "--checkpoint", folder, "--device", "cpu")
    assert done.code == 2
    assert done.err.startswith(f"Error: {shard.name} cannot be read: ")
    assert done.err.endswith("It may be cut short: fetch it again.\n")
    shard.unlink()
    assert f"Error: The shard {shard.name} is not in {folder}." in ask("qwen-audio", "--checkpoint", folder).err
    assert all_runs(home) == []


class Trap:
    """What unpickling it would do."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@bundles("ltu")
def test_oracle_a_pickle_that_wants_to_run_something_is_refused_and_named(
    bundle: Bundle, corpus: Corpus, home: Home, tmp_path: Path
) -> None:
    folder = shutil.copytree(bundle.checkpoint, tmp_path / "checkpoint")
    file = folder / "ltu_ori_paper.bin"
    file.unlink()
    file.write_bytes(pickle.dumps({"weight": Trap(tmp_path / "sprung")}, protocol=2))
    done = ask("ltu", "--checkpoint", folder, "--device", "cpu")
    assert done.code == 2
    assert (
        "ltu_ori_paper.bin holds more than tensors: it wants to run posix.mkdir. It was not read further." in done.err
    )
    assert not (tmp_path / "sprung").exists()
    assert all_runs(home) == []


def test_a_folder_that_is_not_there_is_told(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    done = ask("ltu", "--checkpoint", tmp_path / "nowhere", "--device", "cpu")
    assert done.code == 2
    assert f"The checkpoint folder {tmp_path / 'nowhere'} is not there." in done.err
    assert all_runs(home) == []


# --------------------------------------------------------------------------------------- clips

FAMILIES = {
    "qwen_audio": "QwenAudio",
    "ltu": "LTU",
    "ltu_as": "LtuAs",
    "salmonn": "Salmonn",
    "modaverse": "ModaVerse",
    "anygpt": "AnyGPT",
    "m2ugen": "M2UGen",
    "mu_llama": "MuLlama",
}
CONSTANTS = {
    "ltu": {"vit_heads": "vit_heads"},
    "ltu_as": {"layer_heads": "layer_transformer_heads"},
    "salmonn": {"qformer_heads": "qformer_heads"},
    "modaverse": {"imagebind_heads": "imagebind_audio_heads"},
}
"""Options whose values no file stores, under the names that bundles give them."""
GENRE = Question("classify", "Which genre? rock, pop.", ("rock", "pop"), "genre")


@pytest.fixture(scope="module", params=FAMILIES)
def model(request: pytest.FixtureRequest) -> Any:
    bundle = first(request.param.replace("_", "-"))
    said = bundle.expected.get("constants", {})
    options = {option: said[constant] for option, constant in CONSTANTS.get(request.param, {}).items()}
    options |= {"transcribe": False} if request.param == "ltu_as" else {}
    made = getattr(
        importlib.import_module(f"mudata.evaluation.models.families.{request.param}"), FAMILIES[request.param]
    )
    model = made(str(bundle.checkpoint), device="cpu", dtype="fp32", max_new_tokens=4, **options)
    model.load()
    return model


def noise(seconds: float, rate: int, *channels: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(3).standard_normal((round(seconds * rate), *channels))).astype(np.float32)


@pytest.mark.parametrize("kind", ["short", "short stereo", "silence", "short silence"])
def test_oracle_short_clips_and_silence_are_answered(model: Any, kind: str) -> None:
    seconds = 0.05 if "short" in kind else 2.0
    rate, channels = (44_100, (2,)) if "stereo" in kind else (model.RATE, ())
    audio = noise(seconds, rate, *channels) * np.float32("silence" not in kind)
    (answer,), (ranking,) = (ask(asked(GENRE, Clip("a", audio, rate))) for ask in (model.answer, model.rank))
    assert isinstance(answer, Answer)
    assert isinstance(ranking, Ranking)
    assert all(map(math.isfinite, ranking.loglik))


@pytest.mark.parametrize("seconds", [0.02, 0.0001])
def test_oracle_what_is_too_short_to_hear_is_a_failure_of_that_clip_alone(model: Any, seconds: float) -> None:
    rate = model.RATE
    clips = [Clip("a", noise(0.5, rate), rate), Clip("b", noise(seconds, rate), rate)]
    for ask in (model.answer, model.rank):
        good, bad = ask(asked(GENRE, *clips))
        assert isinstance(good, Answer | Ranking)
        assert isinstance(bad, Failure)
        assert bad.kind == "too-short"


HOURS_S = 8 * 3600


@pytest.fixture(scope="module")
def eight_hours(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """460 MB of zeros at 8 kHz that take up no disk."""
    path = tmp_path_factory.mktemp("long") / "a.wav"
    size = 2 * HOURS_S * 8000
    form = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16_000, 2, 16)
    path.write_bytes(b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + form + b"data" + struct.pack("<I", size))
    os.truncate(path, 44 + size)
    return sample("d/a", path=path, sample_rate=8000, source=path, duration_s=float(HOURS_S))


@pytest.mark.parametrize("source", ["clip", "source"])
def test_of_eight_hours_only_what_is_heard_is_decoded(eight_hours: Sample, source: Any) -> None:
    tracemalloc.start()
    try:
        capabilities = ModelCapabilities(sample_rate=16_000, max_seconds=30.0)
        item = play(eight_hours, GENRE, capabilities, Playback(source=source))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(item, PlayedItem)
    clip = item.clip
    assert 30.0 <= len(clip.audio) / clip.sample_rate <= 30.1
    assert peak < 20e6


@pytest.mark.parametrize("source", ["clip", "source"])
def test_a_model_that_hears_clips_to_their_end_is_spared_those_that_do_not_end(
    eight_hours: Sample, source: Any
) -> None:
    failure = play(eight_hours, GENRE, ModelCapabilities(sample_rate=16_000), Playback(source=source))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.reason.split(";")[0]) == ("too-long", "28800 s")
    assert f"{LONGEST_S:.0f} s at most" in failure.reason


@bundles("chatmusician")
def test_oracle_a_missing_transcription_model_is_told(bundle: Bundle, corpus: Corpus, home: Home) -> None:
    pytest.importorskip("onnxruntime")
    if importlib.util.find_spec("basic_pitch"):
        pytest.skip("it is installed")
    done = ask("chatmusician", "--checkpoint", bundle.checkpoint, "--device", "cpu")
    assert done.code == 2
    assert "Basic Pitch's model nmp.onnx is not installed" in done.err
    assert all_runs(home) == []
