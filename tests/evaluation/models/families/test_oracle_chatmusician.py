"""ChatMusician against what its authors' code computes, and the way from MIDI to ABC."""

from __future__ import annotations

from typing import Any

import pytest
from asking import asked
from oracles import Bundle, bundles, check_batch, check_steps, greedy

pytest.importorskip("torch")
pytest.importorskip("transformers")


def loaded(bundle: Bundle) -> Any:
    from mudata.evaluation.models.families.chatmusician import ChatMusician

    model = ChatMusician(str(bundle.checkpoint), device="cpu", dtype="fp32")
    model.load()
    return model


def prompt(model: Any, case: dict[str, Any]) -> Any:
    import torch

    from mudata.evaluation.models.decoders.generation import PromptEmbedding

    before = "".join(f"{asked} </s> Assistant: {said} </s> Human: " for asked, said in case.get("history", ()))
    ids = model.ids(before + case["question"])
    return PromptEmbedding(model.llm.get_input_embeddings()(torch.tensor(ids)), tuple(ids))


@bundles("chatmusician")
def test_oracle_answers_as_the_authors_code_does(bundle: Bundle) -> None:
    import torch

    from mudata.evaluation.models.decoders.generation import until

    model = loaded(bundle)
    for case in bundle.cases:
        embedded, config = prompt(model, case), greedy(case)
        assert list(embedded.ids) == case["prompt_ids"], case["name"]
        with torch.inference_mode():
            bundle.check(case, "prefill_logits", model.llm(inputs_embeds=embedded.embeds[None]).logits[0, -1])
        check_steps(bundle, model, case, embedded)
        ids = model.write([embedded], config)[0]
        assert ids == until(case["greedy_ids"], config.stop), case["name"]
        assert model.finish(ids) == case["text"].strip(), case["name"]


@bundles("chatmusician")
def test_oracle_a_batch_of_unequal_prompts_equals_single_runs(bundle: Bundle) -> None:
    model = loaded(bundle)
    check_batch(model, [prompt(model, case) for case in bundle.cases], greedy(bundle.cases[0]))


@bundles("chatmusician")
def test_oracle_midi_becomes_the_abc_that_midi2abc_prints(bundle: Bundle) -> None:
    from mudata.evaluation.models.encoders import abc_notation

    for said in bundle.expected["midi_to_abc"]:
        printed, score = abc_notation.parse(said["output"]), abc_notation.from_midi(bundle.folder / said["midi"])
        for found in (printed, score):
            assert {key: found.header[key] for key in said["header"]} == said["header"]
            assert found.lines == said["abc_lines"]
            assert {voice: list(lines) for voice, lines in found.voices.items()} == said["voices"]
        assert score.lead() not in printed.drums


@bundles("chatmusician")
def test_oracle_a_midi_clip_is_asked_as_abc_and_what_was_given_is_kept(bundle: Bundle) -> None:
    import numpy as np

    from mudata.evaluation.protocol import Clip, Question

    model, file = loaded(bundle), bundle.folder / bundle.expected["midi_to_abc"][0]["midi"]
    heard = Clip("lakh/1", np.zeros(0, np.float32), 1, midi=file)
    (answer,) = model.answer(asked(Question("classify", "?", ("jig", "reel"), "dance"), heard))
    assert answer.given.startswith("X:1\nL:1/8\n")
    (silent,) = model.answer(
        asked(Question("caption", "?", (), "c"), Clip("x/1", np.zeros(0, np.float32), 1, midi=file.parent))
    )
    assert (silent.kind, silent.reason) == ("undecodable", "not a regular file")


@bundles("chatmusician")
def test_oracle_words_alone_are_asked_as_a_language_model_is(bundle: Bundle) -> None:
    from mudata.evaluation.protocol import Item, Question

    model = loaded(bundle)
    case = next(case for case in bundle.cases if not case.get("history"))
    (embedded,) = model.embed_items([Item("d/1", (), Question("choose", case["question"], ("a", "b"), "name"))])
    assert list(embedded.ids) == case["prompt_ids"]
