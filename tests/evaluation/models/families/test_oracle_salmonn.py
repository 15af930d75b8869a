"""BEATs and SALMONN against what their authors' code computes, and the filter bank that both hear by."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from asking import asked
from oracles import Bundle, all_prompts, bundles, check_batch, check_cache, check_language, clip, greedy, question

from mudata.errors import ModelError

pytest.importorskip("torch")
pytest.importorskip("transformers")

pytestmark = pytest.mark.slow


def loaded(bundle: Bundle) -> Any:
    from mudata.evaluation.models.families.salmonn import Salmonn

    heads = bundle.expected["constants"]["qformer_heads"]
    model = Salmonn(str(bundle.checkpoint), qformer_heads=heads, device="cpu", dtype="fp32")
    model.load()
    return model


@bundles("kaldi-fbank")
def test_oracle_the_filter_bank_is_kaldis(bundle: Bundle) -> None:
    import torch

    from mudata.evaluation.models.encoders.fbank import fbank

    for said in bundle.expected["frame_counts"]:
        assert len(fbank(torch.zeros(said["samples"]), "povey")) == said["frames"]
    for case in bundle.cases:
        setting = bundle.expected["settings"][case["setting"]]
        samples, _ = bundle.audio(case, "float64" if "float64" in case["name"] else "float32")
        wave = torch.from_numpy(samples) * setting["scale"]
        wave = wave - wave.mean() if setting["subtract_mean"] else wave
        got = fbank(wave, case["window"], setting["args"]["num_mel_bins"])
        bundle.check(case, "fbank", got)
        want = bundle.tensors[case["stages"]["fbank"]["tensor"]]
        assert (got.to(want.dtype) - want).abs().mean() <= case["stages"]["fbank"]["mean_atol"]


@bundles("beats")
def test_oracle_beats_encodes_as_the_authors_code_does(bundle: Bundle) -> None:
    import torch
    from torch.nn.functional import linear

    from mudata.evaluation.models.encoders.beats import Beats
    from mudata.evaluation.models.weights.tensors import read

    (file,) = bundle.checkpoint.glob("*.pt")
    beats = Beats(file, "cpu")
    for case in bundle.cases:
        with torch.inference_mode():
            features = beats.features(torch.from_numpy(bundle.audio(case)[0]))
            bundle.check(case, "fbank", features)
            patches = beats.patches(features)
            bundle.check(case, "patches", patches)
            bundle.check(case, "projected", beats.project(patches))
            first, *layers = beats.states(features)
            bundle.check(case, "encoder_input", first)
            for i, layer in enumerate(layers):
                bundle.check(case, f"layer_{i}", layer)
            bundle.check(case, "output", layers[-1])
            head = read(file, inside="model")
            logits = linear(layers[-1], head.take("predictor.weight"), head.take("predictor.bias"))
            bundle.check(case, "class_probs", logits.mean(0).sigmoid())


@bundles("salmonn")
def test_oracle_hears_as_the_authors_code_does(bundle: Bundle) -> None:
    model = loaded(bundle)
    for case in bundle.cases:
        wave = model.waveform(*bundle.audio(case))
        stages = {"whisper_features": "mel", "fbank": "features", "audio_embeds": "positions"}
        stages |= {name: name for name in ("whisper", "beats", "qformer")}
        bundle.check_stages(case, model, wave, stages)


@bundles("salmonn")
def test_oracle_answers_as_the_authors_code_does(bundle: Bundle) -> None:
    model = loaded(bundle)
    check_language(bundle, model)
    check_batch(model, all_prompts(bundle, model), greedy(bundle.cases[0]))
    check_cache(bundle, model)


@bundles("salmonn")
def test_oracle_beam_search_finds_what_the_authors_code_finds(bundle: Bundle) -> None:
    from mudata.evaluation.models.decoders.generation import until

    model = loaded(bundle)
    for case in bundle.cases:
        said = case["beam"]
        config = dataclasses.replace(
            greedy(case), beams=said["num_beams"], max_new_tokens=said["max_new_tokens"], stop=model.stop_ids()
        )
        ids = model.write([model.embed_clip(clip(bundle, case), question(case["question"]))], config)[0]
        assert ids == until(said["ids"], config.stop), case["name"]
        assert model.finish(ids) == said["text"].strip()


@bundles("salmonn")
def test_oracle_ranks_options_by_their_likelihood(bundle: Bundle) -> None:
    import torch

    from mudata.evaluation.protocol import Question

    model, case = loaded(bundle), bundle.cases[0]
    what = Question("classify", case["question"], ("a track", "horses", "slow"), "genre")
    (ranking,) = model.rank(asked(what, clip(bundle, case)))
    for option, got in zip(what.options, ranking.loglik, strict=True):
        ids = model.continuation(option)
        with torch.inference_mode():
            embeds = model.embed_clip(clip(bundle, case), what).embeds
            table = model.llm.get_input_embeddings()
            whole = torch.cat([embeds, table(torch.tensor(ids))])
            steps = model.llm(inputs_embeds=whole[None]).logits[0].log_softmax(-1)[len(embeds) - 1 : -1]
        assert got == pytest.approx(float(steps.gather(1, torch.tensor(ids)[:, None]).sum()), abs=1e-3)


def test_a_folder_without_its_parts_says_which(tmp_path: Path) -> None:
    from mudata.evaluation.models.families.salmonn import Salmonn

    with pytest.raises(ModelError, match=r"should hold one salmonn\*\.pth; found: nothing"):
        Salmonn(str(tmp_path), device="cpu").load()
