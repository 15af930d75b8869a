"""Language models of transformers, asked by words alone: tiny, random, saved and loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from mudata.errors import ModelError
from mudata.evaluation.models import registry, untrained
from mudata.evaluation.protocol import Answer, Item, Question

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from mudata.evaluation.models.hf_text import TransformersText  # noqa: E402

pytestmark = pytest.mark.slow

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}{% if add_generation_prompt %}>{% endif %}"
)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reader")
    tokenizer = untrained.byte_tokenizer()
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def asked(*prompts: str) -> list[Item]:
    return [Item(f"d/{n}", (), Question("choose", text, ("a", "b"), "name")) for n, text in enumerate(prompts)]


def test_a_batch_answers_as_each_alone_and_it_is_known_as_a_reader(checkpoint: Path) -> None:
    model = registry.create("transformers-text", checkpoint=str(checkpoint), device="cpu", max_new_tokens=6)
    assert isinstance(model, TransformersText)
    assert model.capabilities.reads_only
    model.load()
    items = asked("Which?", "Which of these two is it, a or b?")
    together = model.answer(items)
    assert together == [model.answer([item])[0] for item in items]
    assert all(isinstance(answer, Answer) for answer in together)
    assert model.prompt("Which?") == "<|im_start|>Which?<|im_end|>>"
    assert model.describe()["class"] == "LlamaForCausalLM"


def test_a_checkpoint_without_a_chat_template_goes_on_from_the_question(checkpoint: Path) -> None:
    model = TransformersText(str(checkpoint), device="cpu")
    model.load()
    model.tokenizer.chat_template = None
    assert model.prompt("Which?") == "Which?"


def test_a_checkpoint_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="checkpoint"):
        TransformersText(str(tmp_path / "nowhere"), device="cpu", offline=True).load()
