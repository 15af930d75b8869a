"""What the survey's listening models share, on tiny models of random weights in their published layouts."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from asking import asked

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("sentencepiece")
pytest.importorskip("tiktoken")

sys.path.insert(0, str(Path(__file__).parents[4] / "benchmarks"))

import gpu_eval  # noqa: E402

from mudata.evaluation.protocol import Question, Ranking  # noqa: E402

OPTIONS = ("rock", "country and western", "a", "pop music")


def tiny(name: str, folder: Path) -> Any:
    return gpu_eval.loaded(name, "tiny", folder, "cpu", "fp32", 4, 2).model


def spelled_out(model: Any, prompt: Any, ids: list[int]) -> float:
    """The log-likelihood of a continuation by the textbook: the whole text at once, no cache, no batch."""
    embeds = torch.cat([prompt.embeds, model.llm.get_input_embeddings()(torch.tensor(ids))])
    with torch.inference_mode(), model.attending([prompt]):
        steps = model.llm(inputs_embeds=embeds[None]).logits[0].log_softmax(-1)[len(prompt.embeds) - 1 : -1]
    return float(steps.gather(1, torch.tensor(ids)[:, None]).sum())


@pytest.mark.parametrize("name", ["mu-llama", "m2ugen", "ltu"])
@pytest.mark.parametrize("letters", [False, True])
@pytest.mark.slow
def test_options_are_ranked_as_the_textbook_says(name: str, letters: bool, tmp_path: Path) -> None:
    model = tiny(name, tmp_path)
    question = Question("classify", "Which genre?", OPTIONS, "genre", letters)
    clips = gpu_eval.noises(2, 1.0, model.capabilities.sample_rate)
    rankings = model.rank(asked(question, *clips))
    for clip, ranking in zip(clips, rankings, strict=True):
        prompt = model.embed_clip(clip, question)
        ids = [model.continuation(option) for option in ("ABCD" if letters else OPTIONS)]
        assert isinstance(ranking, Ranking)
        assert ranking.loglik == pytest.approx([spelled_out(model, prompt, one) for one in ids], abs=1e-3)
        assert ranking.tokens == tuple(map(len, ids))
    assert rankings[0].loglik != rankings[1].loglik
    (alone,) = model.rank(asked(question, *clips[:1]))  # one option at a time instead of two
    assert alone.loglik == pytest.approx(rankings[0].loglik, abs=1e-4)


@pytest.mark.parametrize("name", ["salmonn-7b", "mu-llama", "qwen-audio", "anygpt"])
@pytest.mark.slow
def test_clips_heard_in_threads_are_heard_as_one_by_one(name: str, tmp_path: Path) -> None:
    model = tiny(name, tmp_path)
    clips = gpu_eval.noises(6, 1.0, model.capabilities.sample_rate)
    alone = [model.embed_clip(clip, gpu_eval.QUESTION) for clip in clips]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda clip: model.embed_clip(clip, gpu_eval.QUESTION), clips))
    for one, other in zip(alone, together, strict=True):
        assert one.ids == other.ids
        torch.testing.assert_close(one.embeds, other.embeds, rtol=1e-5, atol=1e-6)
        if one.adapter is not None:
            torch.testing.assert_close(one.adapter, other.adapter, rtol=1e-5, atol=1e-6)


def test_a_gpu_hears_and_answers_as_the_cpu_does(tmp_path: Path) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    clips = gpu_eval.noises(6, 1.0, 16_000)
    answers = [
        gpu_eval.loaded("salmonn-7b", "tiny", tmp_path / device, device, "fp32", 12, None).model.answer(
            asked(gpu_eval.QUESTION, *clips)
        )
        for device in ("cpu", "cuda")
    ]
    assert answers[0] == answers[1]
