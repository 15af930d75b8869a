"""AnyGPT, base and chat, against what its authors' code computes."""

from __future__ import annotations

from typing import Any

import pytest
from asking import asked
from oracles import Bundle, bundles, check_batch, check_cache, check_steps, clip, question

pytest.importorskip("torch")
pytest.importorskip("transformers")

pytestmark = pytest.mark.slow


def loaded(bundle: Bundle, template: str) -> Any:
    from mudata.evaluation.models.families.anygpt import AnyGPT

    model = AnyGPT(str(bundle.checkpoint), chat=template == "chat", instruction="", device="cpu", dtype="fp32")
    model.load()
    return model


def config_of(case: dict[str, Any], model: Any) -> Any:
    from mudata.evaluation.models.decoders.generation import GenerationConfig

    return GenerationConfig(stop=model.stop_ids(), max_new_tokens=case["generation"]["max_new_tokens"])


@bundles("anygpt")
def test_oracle_hears_as_the_authors_code_does(bundle: Bundle) -> None:
    import torch

    models = {template: loaded(bundle, template) for template in ("base", "chat")}
    for case in bundle.cases:
        model = models[case["template"]]
        assert model.capabilities.max_seconds == case["window_seconds"]
        with torch.inference_mode():
            wave = model.waveform(*bundle.audio(case))
            bundle.check(case, "wav_head", wave)
            bundle.check(case, "wav_tail", wave)
            bundle.check(case, "encodec_latent", model.codec.encoder(wave[None, None])[0])
            codes, want = model.hear(wave), bundle.tensors[case["stages"]["codes"]["tensor"]]
            assert list(codes.shape) == case["stages"]["codes"]["shape"]
            exact = bundle.expected["audio"][case["audio"]]["sample_rate"] == model.RATE
            assert (codes != want).float().mean() <= (0 if exact else 0.01)


@bundles("anygpt")
def test_oracle_answers_as_the_authors_code_does(bundle: Bundle) -> None:
    import torch

    from mudata.evaluation.models.decoders.generation import PromptEmbedding

    models = {template: loaded(bundle, template) for template in ("base", "chat")}
    for case in bundle.cases:
        model = models[case["template"]]
        heard = list(model.embed_clip(clip(bundle, case), question(case["question"])).ids)
        exact = bundle.expected["audio"][case["audio"]]["sample_rate"] == model.RATE
        flipped = sum(a != b for a, b in zip(heard, case["prompt_ids"], strict=True))
        assert flipped <= (0 if exact else 0.01 * len(heard)), case["name"]  # a resampler's last bit may flip a code
        with torch.inference_mode():
            embeds = model.llm.get_input_embeddings()(torch.tensor(case["prompt_ids"]))
            prompt = PromptEmbedding(embeds, tuple(case["prompt_ids"]))
            logits = model.llm(inputs_embeds=prompt.embeds[None]).logits[0, -1]
        bundle.check(case, "prefill_logits", logits)
        check_steps(bundle, model, case, prompt)
        ids = model.write([prompt], config_of(case, model))[0]
        assert ids == case["greedy_ids"], case["name"]
        assert model.finish(ids) == case["text"].strip(), case["name"]


@bundles("anygpt")
def test_oracle_a_batch_of_unequal_clips_equals_single_runs(bundle: Bundle) -> None:
    for template in ("base", "chat"):
        model = loaded(bundle, template)
        cases = [case for case in bundle.cases if case["template"] == template]
        prompts = [model.embed_clip(clip(bundle, case), question(case["question"])) for case in cases]
        if prompts:
            check_batch(model, prompts, config_of(cases[0], model))
        check_cache(bundle, model)


@bundles("anygpt")
def test_oracle_the_base_model_chooses_the_likeliest_option_and_says_so(bundle: Bundle) -> None:
    from mudata.evaluation.protocol import Question

    model = loaded(bundle, "base")
    genre = Question("classify", "Which genre is it?", ("Rock", "Folk", "Jazz"), "genre")
    heard = asked(genre, clip(bundle, bundle.cases[0]))
    (answer,), (ranking,) = model.answer(heard), model.rank(heard)
    assert answer.text == genre.options[ranking.loglik.index(max(ranking.loglik))]
    assert model.capabilities.forced_choice
    assert model.describe()["chooses"] == "the likeliest of the options"
