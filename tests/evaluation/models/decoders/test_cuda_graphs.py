"""Greedy decoding in place against transformers' own, and that a step is fit to be recorded by a GPU."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from mudata.evaluation.models.decoders.cuda_graphs import BLOCK, FIRST, Writer, positions, recorded  # noqa: E402
from mudata.evaluation.models.decoders.generation import (  # noqa: E402
    GenerationConfig,
    PromptEmbedding,
    bytes_per_position,
    clips_that_fit,
    padded,
    rank,
    until,
    write,
)

pytestmark = pytest.mark.slow

VOCABULARY = 300
SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 1024,
}


def language_model(kind: str) -> Any:
    torch.manual_seed(3)
    if kind == "llama":
        model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**SIZES, num_key_value_heads=4))
    else:
        model = transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**SIZES, num_key_value_heads=2))
    for parameter in model.parameters():  # large weights: small ones would write one id for ever
        torch.nn.init.normal_(parameter, std=0.3)
    model.generation_config = transformers.GenerationConfig()
    return model.eval().requires_grad_(False)


def prompts(model: Any, *lengths: int) -> list[PromptEmbedding]:
    generator = torch.Generator().manual_seed(5)
    found = []
    for length in lengths:
        ids = torch.randint(VOCABULARY, (length,), generator=generator)
        found.append(PromptEmbedding(model.get_input_embeddings()(ids), tuple(ids.tolist())))
    return found


def textbook(model: Any, embedded: PromptEmbedding, config: GenerationConfig) -> list[int]:
    """Greedy decoding that reads everything again at every step, one prompt at a time."""
    embeds, new = embedded.embeds, []
    for step in range(config.max_new_tokens):
        logits = model(inputs_embeds=embeds[None], use_cache=False).logits[0, -1].clone()
        if step < config.min_new_tokens:
            logits[list(config.stop)] = -torch.inf
        for number in {*embedded.ids, *new} if config.repetition_penalty != 1 else ():
            logits[number] *= config.repetition_penalty if logits[number] < 0 else 1 / config.repetition_penalty
        new.append(int(logits.argmax()))
        embeds = torch.cat([embeds, model.get_input_embeddings()(torch.tensor(new[-1:]))])
    return until(new, config.stop)


@pytest.mark.parametrize("kind", ["llama", "qwen2"])
@pytest.mark.parametrize(
    "config",
    [
        GenerationConfig((10**6,), max_new_tokens=1),
        GenerationConfig((10**6,), max_new_tokens=FIRST + 12),
        GenerationConfig((10**6,), max_new_tokens=40, repetition_penalty=1.3),
        GenerationConfig(tuple(range(0, VOCABULARY, 5)), max_new_tokens=40),
        GenerationConfig(tuple(range(0, VOCABULARY, 5)), max_new_tokens=40, min_new_tokens=7),
    ],
    ids=["one", "long", "penalty", "stops", "not-too-early"],
)
def test_a_batch_is_written_as_the_textbook_says(kind: str, config: GenerationConfig) -> None:
    model = language_model(kind)
    some = prompts(model, 3, 17, 9)
    with torch.inference_mode():
        expected = [textbook(model, one, config) for one in some]
    assert write(model, some, config) == expected
    if len(config.stop) > 1:
        assert len({len(ids) for ids in expected}) > 1
        assert all(len(ids) >= config.min_new_tokens for ids in expected)


def test_answers_of_several_blocks_are_those_of_transformers() -> None:
    model, longest = language_model("llama"), FIRST + BLOCK + 30
    some = prompts(model, 12, 5)
    embeds, mask = padded(some)
    with torch.inference_mode():
        out = model.generate(
            inputs_embeds=embeds,
            attention_mask=mask,
            do_sample=False,
            max_new_tokens=longest,
            eos_token_id=10**6,
            pad_token_id=0,
        )
    assert write(model, some, GenerationConfig((10**6,), max_new_tokens=longest)) == out.tolist()
    assert len({tuple(row) for row in out.tolist()}) == 2
    assert len(set(out[0].tolist())) > 4


class NothingAsked(TorchDispatchMode):
    """Refuses whatever makes a CPU wait for a GPU, or brings new numbers to it."""

    FORBIDDEN = ("_local_scalar_dense", "nonzero", "is_nonzero", "equal", "lift_fresh", "unique", "masked_select")

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.__name__.partition(".")[0]
        assert name not in self.FORBIDDEN, f"{name} in a step"
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("kind", ["llama", "qwen2"])
def test_a_step_changes_in_place_and_asks_for_no_number(kind: str) -> None:
    model = language_model(kind)
    some = prompts(model, 3, 7)
    embeds, mask = padded(some)
    seen: list[Any] = []

    def adjust(written: Any, scores: Any) -> Any:
        seen.append(written.data_ptr())
        return scores

    with torch.inference_mode():
        read = model(inputs_embeds=embeds, attention_mask=mask, position_ids=positions(mask), use_cache=True)
        writer = Writer(
            model,
            read,
            mask,
            longest=20,
            shortest=3,
            stop=(1, 2),
            filler=mask.new_zeros(2, 1),
            adjust=adjust,
        )
        writer.make_room(20)

        def places() -> list[int]:
            state = [value for value in vars(writer).values() if isinstance(value, torch.Tensor)]
            return [tensor.data_ptr() for tensor in [*state, *(t for pair in writer.layers for t in pair)]]

        before = places()
        for _ in range(10):
            with NothingAsked():
                writer.step()
        assert places() == before
    assert len(set(seen)) == 1


def test_where_nothing_can_be_recorded_steps_are_taken_as_they_are() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU, which can")
    steps = []
    with pytest.warns(RuntimeWarning, match="no CUDA graph"):
        step = recorded(lambda: steps.append(1))
    steps.clear()
    step()
    assert steps == [1]


def test_a_gpu_writes_the_same_whether_recorded_or_not() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    model = language_model("llama")
    config = GenerationConfig((10**6,), max_new_tokens=FIRST + 60)
    expected = write(model, prompts(model, 12, 5), config)
    model = model.to("cuda")
    some = [PromptEmbedding(one.embeds.to("cuda"), one.ids) for one in prompts(language_model("llama"), 12, 5)]
    assert write(model, some, config) == expected


def test_options_are_ranked_as_the_textbook_says_however_many_at_once() -> None:
    model = language_model("llama")
    (embedded,) = prompts(model, 9)
    options = [[5], [7, 8, 9], [7, 8], [11, 250, 3, 4]]
    expected = []
    with torch.inference_mode():
        for ids in options:
            whole = torch.cat([embedded.embeds, model.get_input_embeddings()(torch.tensor(ids))])
            steps = model(inputs_embeds=whole[None]).logits[0].log_softmax(-1)[len(embedded.embeds) - 1 : -1]
            expected.append(float(steps.gather(1, torch.tensor(ids)[:, None]).sum()))
    for at_once in (None, 1, 2):
        assert rank(model, embedded, options, at_once=at_once) == pytest.approx(expected, abs=1e-4)


def test_a_batch_is_as_large_as_its_keys_and_values_allow() -> None:
    config = transformers.LlamaConfig()  # of 7 billion parameters
    with torch.device("meta"):
        model = transformers.LlamaForCausalLM(config).to(torch.bfloat16)
    assert bytes_per_position(model) == 2 * 32 * 4096 * 2
    assert clips_that_fit(model, 60 * 2**30) == 60
    assert clips_that_fit(model, 10**6) == 1
    config = transformers.Qwen2Config(hidden_size=64, num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=3)
    with torch.device("meta"):
        assert bytes_per_position(transformers.Qwen2ForCausalLM(config)) == 2 * 3 * 32 * 4
