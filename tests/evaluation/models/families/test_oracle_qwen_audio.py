"""Qwen-Audio and Qwen-Audio-Chat against what their authors' code computes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from oracles import Bundle, bundles, check_batch, check_cache, check_steps, greedy, wave_of

from mudata.errors import ModelError

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("tiktoken")

pytestmark = pytest.mark.slow


def loaded(folder: Path, *, chat: bool) -> Any:
    from mudata.evaluation.models.families.qwen_audio import QwenAudio

    model = QwenAudio(str(folder), chat=chat, device="cpu", dtype="fp32", max_new_tokens=100)
    model.load()
    return model


def embedded(bundle: Bundle, case: dict[str, Any], model: Any) -> Any:
    import torch

    from mudata.evaluation.models.decoders.qwen_tokenizer import SPECIALS
    from mudata.evaluation.protocol import Question

    with torch.inference_mode():
        heard = model.hear(wave_of(bundle, case, model))
        if case["kind"] == "chat":
            return model.compose(heard, case["question"], Question("classify", case["question"], (), "genre"))
        tags = case["prompt"].partition("</audio>")[2]
        return model.place(heard, [*model.audio_ids(len(heard)), *model.tokenizer.encode(tags, SPECIALS)])


@bundles("qwen-audio")
def test_oracle_the_tokenizer_gives_the_authors_ids(bundle: Bundle) -> None:
    from mudata.evaluation.models.decoders.qwen_tokenizer import AUDIO_TAGS, SPECIALS, QwenTokenizer

    tokens = QwenTokenizer(bundle.checkpoint / "qwen.tiktoken")
    special = bundle.expected["special_ids"]
    assert len(tokens) == special["tokenizer_length"]
    assert (tokens.ids["<audio>"], tokens.ids["</audio>"]) == (special["audio_start"], special["audio_end"])
    for case in bundle.expected["tokenizer_cases"]:
        allowed = {"all": SPECIALS, "audio tags": AUDIO_TAGS}[case["allowed"]]
        assert tokens.encode(case["text"], allowed) == case["ids"], case["text"]


@bundles("qwen-audio")
def test_oracle_hears_as_the_authors_code_does(bundle: Bundle) -> None:
    model = loaded(bundle.checkpoint, chat=True)
    for case in bundle.cases:
        names = {"mel": "features", "encoder_blocks": "encoder", "audio_embeds": "positions"}
        stages = bundle.check_stages(case, model, wave_of(bundle, case, model), names)
        assert len(stages["positions"]) == case["audio_span"]


@bundles("qwen-audio")
def test_oracle_its_own_resampler_stays_near_the_authors_decoder(bundle: Bundle) -> None:
    model = loaded(bundle.checkpoint, chat=True)
    for case in bundle.cases:
        if "waveform_16k" in case["stages"]:
            want, got = wave_of(bundle, case, model), model.waveform(*bundle.audio(case))
            shared = min(len(want), len(got))
            error = (got[:shared] - want[:shared]).pow(2).mean().sqrt() / want.pow(2).mean().sqrt()
            assert error < 0.1


@bundles("qwen-audio")
def test_oracle_answers_as_the_authors_code_does(bundle: Bundle) -> None:
    import torch

    from mudata.evaluation.models.decoders.generation import until

    models = {kind: loaded(bundle.checkpoint, chat=kind == "chat") for kind in ("chat", "base")}
    for case in bundle.cases:
        model = models[case["kind"]]
        prompt = embedded(bundle, case, model)
        assert list(prompt.ids) == case["prompt_ids"], case["name"]
        with torch.inference_mode():
            bundle.check(case, "prefill_logits", model.llm(inputs_embeds=prompt.embeds[None]).logits[0, -1])
        check_steps(bundle, model, case, prompt)
        config = greedy(case)
        ids = model.write([prompt], config)[0]
        assert ids == until(case["greedy_ids"], config.stop), case["name"]
        assert model.tokenizer.decode(ids) == case["text"], case["name"]
        assert set(model.stop_ids()) == set(config.stop)


@bundles("qwen-audio")
def test_oracle_a_batch_of_unequal_clips_equals_single_runs(bundle: Bundle) -> None:
    for kind in ("chat", "base"):
        model = loaded(bundle.checkpoint, chat=kind == "chat")
        cases = [case for case in bundle.cases if case["kind"] == kind]
        if cases:
            check_batch(model, [embedded(bundle, case, model) for case in cases], greedy(cases[0]))


@bundles("qwen-audio")
def test_oracle_decoding_with_a_cache_equals_reading_everything_again(bundle: Bundle) -> None:
    check_cache(bundle, loaded(bundle.checkpoint, chat=True))


@bundles("qwen-audio")
def test_oracle_a_prompt_that_the_model_is_not_exact_for_is_refused(bundle: Bundle) -> None:
    import torch

    model = loaded(bundle.checkpoint, chat=True)
    model.max_new_tokens = 5000
    with torch.inference_mode(), pytest.raises(ModelError, match="positions; this model is exact up to"):
        embedded(bundle, bundle.cases[0], model)


@bundles("qwen-audio")
def test_oracle_a_missing_shard_is_told_by_name(bundle: Bundle, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    shutil.copytree(bundle.checkpoint, folder)
    lost = sorted(folder.glob("model-*.safetensors"))[-1]
    lost.chmod(0o600)
    lost.unlink()
    with pytest.raises(ModelError, match=f"shard {lost.name} is not"):
        loaded(folder, chat=True)
    lost.write_bytes(b"cut short")
    with pytest.raises(ModelError, match=f"{lost.name} cannot be read"):
        loaded(folder, chat=True)


@bundles("qwen-audio")
def test_oracle_words_alone_are_a_turn_of_chat_without_audio(bundle: Bundle) -> None:
    from mudata.evaluation.protocol import Item, Question

    model = loaded(bundle.checkpoint, chat=True)
    (prompt,) = model.embed_items([Item("d/1", (), Question("choose", "Which?", ("a", "b"), "name"))])
    assert model.tokenizer.decode(list(prompt.ids)).endswith("user\nWhich?<|im_end|>\n<|im_start|>assistant\n")
    assert model.capabilities.audio_optional
    assert not loaded(bundle.checkpoint, chat=False).capabilities.audio_optional
