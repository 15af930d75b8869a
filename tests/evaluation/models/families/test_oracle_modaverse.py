"""ModaVerse against what its authors' code computes."""

from __future__ import annotations

from typing import Any

import pytest
from oracles import Bundle, all_prompts, bundles, check_batch, check_cache, check_steps, clip, greedy, question

pytest.importorskip("torch")
pytest.importorskip("transformers")


def loaded(bundle: Bundle) -> Any:
    from mudata.evaluation.models.families.modaverse import ModaVerse

    heads = bundle.expected["constants"]["imagebind_audio_heads"]
    model = ModaVerse(str(bundle.checkpoint), imagebind_heads=heads, device="cpu", dtype="fp32")
    model.load()
    return model


@bundles("modaverse")
def test_oracle_hears_as_the_authors_code_does(bundle: Bundle) -> None:
    model = loaded(bundle)
    for case in bundle.cases:
        wave = model.waveform(*bundle.audio(case))
        bundle.check(case, "waveform_16k", wave)
        stages = {"mel": "features", "trunk": "trunk", "imagebind": "imagebind", "audio_embeds": "positions"}
        bundle.check_stages(case, model, wave, stages)


@bundles("modaverse")
def test_oracle_answers_as_the_authors_code_does(bundle: Bundle) -> None:
    import torch

    from mudata.evaluation.models.decoders.generation import until

    model = loaded(bundle)
    special = bundle.expected["special_ids"]
    assert (model.bos, *model.stop_ids()) == (special["bos"], special["eos"], special["stop"])
    for case in bundle.cases:
        prompt = model.embed_clip(clip(bundle, case), question(case["question"]))
        assert list(prompt.ids) == case["prompt_ids"], case["name"]
        with torch.inference_mode():
            bundle.check(case, "prefill_logits", model.llm(inputs_embeds=prompt.embeds[None]).logits[0, -1])
        check_steps(bundle, model, case, prompt)
        config = greedy(case)
        assert set(config.stop) == set(model.stop_ids())
        ids = model.write([prompt], config)[0]
        assert ids == until(case["greedy_ids"], config.stop), case["name"]
        # there the piece that stopped it is still in the text
        assert model.tokenizer.decode(ids).strip() == case["text"].removesuffix("###").strip(), case["name"]


@bundles("modaverse")
def test_oracle_a_batch_equals_single_runs_and_a_cache_reading_again(bundle: Bundle) -> None:
    model = loaded(bundle)
    check_batch(model, all_prompts(bundle, model), greedy(bundle.cases[0]))
    check_cache(bundle, model)


@bundles("modaverse")
def test_oracle_answers_are_read_out_of_their_form_as_the_authors_do(bundle: Bundle) -> None:
    from mudata.evaluation.models.families.modaverse import answer_of

    for case in bundle.expected["parser_cases"]:
        want = case["text"] if case.get("raises") else case["prompts"][0]  # where they give up, all of it is kept
        assert answer_of(case["text"]) == want
