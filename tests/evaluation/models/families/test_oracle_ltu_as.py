"""LTU-AS against what its authors' code computes; transcripts are given, since speech recognition is another model."""

from __future__ import annotations

from typing import Any

import pytest
from oracles import Bundle, bundles, check_batch, check_cache, check_steps, greedy, wave_of

pytest.importorskip("torch")
pytest.importorskip("transformers")


def loaded(bundle: Bundle) -> Any:
    from mudata.evaluation.models.families.ltu_as import LtuAs

    said = bundle.expected["constants"]
    assert said["time_transformer_heads"] == 1
    heads = said["layer_transformer_heads"]
    model = LtuAs(str(bundle.checkpoint), layer_heads=heads, transcribe=False, device="cpu", dtype="fp32")
    model.load()
    return model


def prompt(bundle: Bundle, case: dict[str, Any], model: Any) -> Any:
    import torch

    with torch.inference_mode():
        heard = model.hear(wave_of(bundle, case, model))
        return model.compose_with(heard, case["question"], case["transcript"])


@bundles("ltu-as")
def test_oracle_hears_as_the_authors_code_does(bundle: Bundle) -> None:
    model = loaded(bundle)
    for case in bundle.cases:
        stages = {"mel": "features", "layers": "layers", "encoder": "encoder", "audio_embeds": "positions"}
        bundle.check_stages(case, model, wave_of(bundle, case, model), stages)


@bundles("ltu-as")
@pytest.mark.slow
def test_oracle_answers_as_the_authors_code_does(bundle: Bundle) -> None:
    import torch

    from mudata.evaluation.models.decoders.generation import until

    model = loaded(bundle)
    for case in bundle.cases:
        embedded, config = prompt(bundle, case, model), greedy(case)
        assert list(embedded.ids) == case["prompt_ids"], case["name"]
        with torch.inference_mode():
            bundle.check(case, "prefill_logits", model.llm(inputs_embeds=embedded.embeds[None]).logits[0, -1])
        check_steps(bundle, model, case, embedded)
        ids = model.write([embedded], config)[0]
        assert ids == until(case["greedy_ids"], config.stop), case["name"]
        assert model.finish(ids) == case["text"].strip()


@bundles("ltu-as")
@pytest.mark.slow
def test_oracle_a_batch_equals_single_runs_and_a_cache_reading_again(bundle: Bundle) -> None:
    model = loaded(bundle)
    check_batch(model, [prompt(bundle, case, model) for case in bundle.cases], greedy(bundle.cases[0]))
    check_cache(bundle, model)


@bundles("ltu-as")
def test_oracle_transcripts_are_cleaned_as_the_authors_do(bundle: Bundle) -> None:
    from mudata.evaluation.models.families.ltu_as import cleaned

    for case in bundle.expected["transcript_cleaning"]:
        assert cleaned(case["raw"]) == case["cleaned"], case["raw"]
