"""What only a GPU can show: `pytest -m gpu`, and `make gpu` for the figures as well. Skipped where there is none."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

import gpu_eval  # noqa: E402
import on_gpu  # noqa: E402
from gpu_eval import QUESTION  # noqa: E402

from mudata.evaluation.inference.batching import BatchRunner  # noqa: E402
from mudata.evaluation.inference.playback import PlayedClip, PlayedItem  # noqa: E402
from mudata.evaluation.protocol import Answer, Failure, Item, ModelCapabilities  # noqa: E402

on_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")


@pytest.mark.gpu
@on_a_gpu
@pytest.mark.parametrize("name", ["ltu", "salmonn-7b", "mu-llama", "qwen2-audio"])
def test_a_batch_on_the_device_says_what_its_clips_say_alone(name: str, tmp_path: Path) -> None:
    model: Any = gpu_eval.loaded(name, "tiny", tmp_path, "cuda", "fp32", 8, 4).model
    agree, steps = gpu_eval.agreement(model, gpu_eval.noises(4, 2.0, model.capabilities.sample_rate), 8)
    assert steps == 0 or agree == 1.0


class Greedy:
    """Wants 0.6 of what the device has free for each item."""

    capabilities = ModelCapabilities(sample_rate=8000, batch=4)

    def load(self) -> None: ...

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        heard = [item.clip.audio.size for item in items]
        free = torch.cuda.mem_get_info()[0]
        held = [torch.empty(int(0.6 * free), dtype=torch.uint8, device="cuda") for _ in heard]
        return [Answer("heard") for _ in held]

    def describe(self) -> dict[str, object]:
        return {}


@pytest.mark.gpu
@on_a_gpu
def test_a_device_that_runs_out_of_memory_halves_the_batch() -> None:
    clips = [PlayedClip(f"c{i}", np.ones(8, np.float32), 8000) for i in range(4)]
    runner = BatchRunner(Greedy())
    replies = runner.ask([PlayedItem(clip.clip_id, (clip,), QUESTION) for clip in clips])
    assert [reply.outcome for reply in replies] == [Answer("heard")] * 4
    assert (runner.batch, runner.halvings) == (1, 2)


def test_the_table_stands_between_its_marks_and_without_a_gpu_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    speeds = {"clips_per_s": 1.5, "tokens_per_s": 150.0, "plain_clips_per_s": 0.15, "faster": 10.0}
    row = {"model": "m", "batch": 4, **speeds, "busy": 0.9, "device_bytes": 2e9, "agree": None}
    measured = {"device": "D", "bars": {"faster": 8.0, "busy": 0.85, "agree": 0.95}, "rows": [row]}
    text = on_gpu.table(measured, {"a": {"right": 1, "cases": 2}}, "then")
    assert "| m | 4 | 1.50 | 150 | 0.15 | 10.0 | 90% | 2.0 | n/a |" in text
    assert text.endswith("1 of 2 cases have the authors' ids.")
    page = (on_gpu.ROOT / "README.md").read_text()
    once = on_gpu.written(page, text)
    assert on_gpu.written(once, text) == once
    assert on_gpu.written(once, page.partition(on_gpu.BEGIN)[2].partition("\n" + on_gpu.END)[0]) == page
    with pytest.raises(SystemExit, match="lacks its marks"):
        on_gpu.written("no page", text)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["on_gpu.py"])
    with pytest.raises(SystemExit, match="2"):
        on_gpu.main()
    assert "There is no GPU" in capsys.readouterr().err
