"""The benchmark for GPUs, at a size that runs anywhere, so that it is known to work where a GPU is at hand."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from oracles import ROOT

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("sentencepiece")
pytest.importorskip("tiktoken")

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import gpu_eval  # noqa: E402
import gpu_oracles  # noqa: E402
import published_sizes  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")

SMALL = {
    "size": "tiny",
    "device": "cpu",
    "dtype": "auto",
    "clips": 3,
    "plain_clips": 1,
    "seconds": 1.0,
    "new_tokens": 4,
    "batch": "2",
    "rounds": 1,
}


@pytest.mark.parametrize("name", ["qwen2-audio", *(name for name in published_sizes.MODELS if name != "salmonn-13b")])
@pytest.mark.slow
def test_every_model_answers_batched_as_alone(name: str) -> None:
    row = gpu_eval.measured(name, Namespace(**SMALL))
    assert row.agree in (1.0, None)
    assert (row.batch, row.busy, row.device_bytes) == (2, None, None)
    assert row.parameters > 100_000
    assert min(row.clips_per_s, row.plain_clips_per_s, row.faster) > 0
    assert row.tokens_per_s == pytest.approx(4 * row.clips_per_s)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("qwen-audio", {"model.safetensors": 8_394_302_464 + 1500 * 1280}),  # published without the buffer of positions
        ("ltu", {"ltu_ori_paper.bin": 93_065_216 - 48 * 1536}),  # with norms that only other senses have
        ("ltu-as", {"ltuas_long_noqa_a6.bin": 48_793_600}),
        ("salmonn-7b", {"salmonn.pth": 30_186_240, "vicuna/model.safetensors": 6_738_415_616}),
        ("salmonn-13b", {"salmonn.pth": 33_332_992}),
        ("modaverse", {"ModaVerse-7b/pytorch_model.pt": 299_945_984, "imagebind_huge.pth": 86_235_648 + 1}),
        ("mu-llama", {"checkpoint.pth": 6_738_415_616 + 39_976_960 + 1_097_728 + 32 * 32 + 608_272_410 + 315_428_992}),
        ("anygpt", {"AnyGPT/model.safetensors": 6_914_674_688}),
    ],
)
def test_at_full_size_a_model_has_as_many_weights_as_its_authors_say(
    name: str, parameters: dict[str, int], tmp_path: Path
) -> None:
    laid = published_sizes.lay_out(name, "full", tmp_path)
    counted = {file.relative_to(tmp_path).as_posix(): shapes for file, shapes in laid.files.items()}
    for path, count in parameters.items():
        assert sum(torch.Size(shape).numel() for shape in counted[path].values()) == count
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) < 3_000_000


def test_at_full_size_qwen2_audio_is_that_of_8_4_billion(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    gpu_eval.qwen2_audio_folder("full", tmp_path)
    with torch.device("meta"):
        model = transformers.Qwen2AudioForConditionalGeneration(transformers.AutoConfig.from_pretrained(tmp_path))
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(8_397_094_912, rel=1e-3)
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) < 3_000_000
    processor = transformers.AutoProcessor.from_pretrained(tmp_path)
    assert processor.feature_extractor.feature_size == 128


@pytest.mark.slow
def test_a_batch_that_disagrees_with_single_runs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = gpu_eval.loaded("salmonn-7b", "tiny", tmp_path, "cpu", "fp32", 4, 2).model
    clips = gpu_eval.noises(3, 1.0, 16_000)
    monkeypatch.setattr(gpu_eval, "EPSILON", 0.0)
    assert gpu_eval.agreement(model, clips, 4) == (1.0, 12)
    monkeypatch.setattr(gpu_eval, "together", lambda *_: [[10**6] * 4] * 3)
    assert gpu_eval.agreement(model, clips, 4) == (0.0, 12)


@pytest.mark.slow
def test_the_command_prints_a_table_and_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = ["--size", "tiny", "--clips", "2", "--plain-clips", "1", "--seconds", "1", "--new-tokens", "2"]
    monkeypatch.setattr(sys, "argv", ["gpu_eval.py", "--model", "ltu", "--rounds", "1", "--device", "cpu", *few])
    gpu_eval.main()
    assert "faster" in (table := capsys.readouterr().out)
    assert table.splitlines()[-1].split()[0] == "ltu"
    sys.argv.append("--json")
    gpu_eval.main()
    said = json.loads(capsys.readouterr().out)
    assert (said["device"], said["rows"][0]["model"], said["bars"]["faster"]) == ("cpu", "ltu", 8.0)


@pytest.mark.skipif(not ROOT.is_dir(), reason="no bundle here")
@pytest.mark.slow
def test_the_reference_bundles_are_checked_on_the_device() -> None:
    counts = gpu_oracles.oracles("cpu")
    assert {name.rpartition("-")[0] for name in counts} == set(gpu_oracles.FAMILIES)
    assert all(one["right"] == one["cases"] > 0 for one in counts.values()), counts
