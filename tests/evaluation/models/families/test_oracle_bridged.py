"""MERT, MU-LLaMA and M2UGen against what their authors' code computes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from oracles import Bundle, all_prompts, bundles, check_batch, check_cache, check_language, greedy

from mudata.errors import ModelError

pytest.importorskip("torch")
pytest.importorskip("transformers")

pytestmark = pytest.mark.slow


def mu_llama(folder: Path) -> Any:
    from mudata.evaluation.models.families.mu_llama import MuLlama

    model = MuLlama(str(folder), device="cpu", dtype="fp32")
    model.load()
    return model


def m2ugen(folder: Path) -> Any:
    from mudata.evaluation.models.families.m2ugen import M2UGen

    model = M2UGen(str(folder), device="cpu", dtype="fp32")
    model.load()
    return model


def hears(bundle: Bundle, model: Any) -> None:
    for case in bundle.cases:
        wave = model.waveform(*bundle.audio(case))
        assert len(wave) == case["samples_24k"]
        assert min(len(wave), round(model.LONGEST_S * model.RATE)) == case["samples_used"]
        bundle.check(case, "wav_head", wave)
        bundle.check(case, "wav_tail", wave)
        stages = bundle.check_stages(case, model, wave, {"mert_hidden": "mert", "mert_agg": "aggregate"})
        bundle.check(case, "mert_mean", stages["mert"].mean(1))
        bundle.check(case, "audio_embed", stages["vector"][None, None])


@bundles("mert")
def test_oracle_mert_encodes_as_the_authors_code_does(bundle: Bundle) -> None:
    import torch

    from mudata.evaluation.models.encoders.mert import RATE, RENAMED, Mert
    from mudata.evaluation.models.encoders.mixdown import mean_of_resampled
    from mudata.evaluation.models.weights.tensors import read

    mert = Mert(bundle.checkpoint, read(bundle.checkpoint).under("", RENAMED), "cpu")
    for case in bundle.cases:
        with torch.inference_mode():
            wave = mean_of_resampled(*bundle.audio(case), RATE)
            bundle.check(case, "wav_head", wave)
            bundle.check(case, "wav_tail", wave)
            bundle.check(case, "input_head", mert.inputs(wave)[0])
            states = mert.hidden_states(wave)
            bundle.check(case, "hidden_states", states)
            bundle.check(case, "time_mean", states.mean(1))


@bundles("mu-llama")
def test_oracle_mu_llama_hears_as_the_authors_code_does(bundle: Bundle) -> None:
    hears(bundle, mu_llama(bundle.checkpoint))


@bundles("mu-llama")
def test_oracle_mu_llama_answers_as_the_authors_code_does(bundle: Bundle) -> None:
    model = mu_llama(bundle.checkpoint)
    check_language(bundle, model)
    check_batch(model, all_prompts(bundle, model), greedy(bundle.cases[0]))
    check_cache(bundle, model)


@bundles("mu-llama")
def test_oracle_mu_llama_of_an_adapter_only_checkpoint_is_the_same(bundle: Bundle, tmp_path: Path) -> None:
    import argparse

    import torch

    folder = tmp_path / "checkpoint"
    shutil.copytree(bundle.checkpoint, folder)
    with torch.serialization.safe_globals([argparse.Namespace]):
        said = torch.load(folder / "checkpoint.pth", weights_only=True, map_location="cpu")
    trained = ("lora", "bias", "norm", "gate", "mu_mert_", "prefix_query")
    kept = {n: t for n, t in said["model"].items() if not n.startswith("mert_model") and any(x in n for x in trained)}
    assert len(kept) < len(said["model"])
    torch.save(said | {"model": kept}, folder / "checkpoint.pth")
    check_language(bundle, mu_llama(folder))


@bundles("m2ugen")
def test_oracle_m2ugen_hears_as_the_authors_code_does(bundle: Bundle) -> None:
    hears(bundle, m2ugen(bundle.checkpoint))


@bundles("m2ugen")
def test_oracle_m2ugen_answers_as_the_authors_code_does(bundle: Bundle) -> None:
    model = m2ugen(bundle.checkpoint)
    stop = next(case["generation"]["stop_token_id"] for case in bundle.cases)
    check_language(bundle, model, stop=stop)
    check_batch(model, all_prompts(bundle, model), greedy(bundle.cases[0], stop))
    check_cache(bundle, model)


@bundles("m2ugen")
def test_oracle_m2ugen_without_its_bridge_or_with_more_than_it_knows_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    import torch

    folder = tmp_path / "checkpoint"
    shutil.copytree(bundle.checkpoint, folder)
    said = torch.load(folder / "checkpoint.pth", weights_only=True, map_location="cpu")["model"]
    torch.save({"model": {n: t for n, t in said.items() if "mu_mert" not in n}}, folder / "checkpoint.pth")
    with pytest.raises(ModelError, match="no bridge to MERT"):
        m2ugen(folder)
    torch.save({"model": said | {"module.mu_mert_rnn.weight": torch.zeros(1)}}, folder / "checkpoint.pth")
    with pytest.raises(ModelError, match="does not know: mu_mert_rnn"):
        m2ugen(folder)
