"""Thoughts and answers are told apart."""

from __future__ import annotations

import pytest

from mudata.evaluation.align.clean import without_markup
from mudata.evaluation.align.thoughts import left_open, without_thoughts


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("rock", "rock"),
        ("  rock \n", "  rock \n"),
        ("<think>blues?</think>rock", "rock"),
        ("<think>blues?</think>\n\nrock, slow\n", "rock, slow"),
        ("<THINK>blues?</Think>rock", "rock"),
        ("blues?</think>rock", "rock"),
        ("<think>a</think>slow<think>c</think>rock", "slow rock"),
        ("<think>blues, and then the limit", ""),
        ("<think></think>rock", "rock"),
        ("<thinking>blues</thinking> rock", "rock"),
        ("<|channel>thought\nblues?\n<channel|>rock", "rock"),
        ("<|channel>thought\n<channel|>rock", "rock"),
        ("<|channel>thought\nblues, and then the limit", ""),
        ("thought\nblues?\n<channel|>rock", "rock"),
        ("I think <b>rock</b>", "I think <b>rock</b>"),
    ],
)
def test_what_is_said_beside_thoughts_is_the_answer(answer: str, said: str) -> None:
    assert without_thoughts(answer) == said
    assert without_markup(answer).split() == said.replace("<b>", " ").replace("</b>", " ").split()
    assert len(without_markup(answer)) == len(answer)


@pytest.mark.parametrize(
    ("prompt", "mark"),
    [
        ("<|im_start|>assistant\n<think>\n", "<think>"),
        ("<|im_start|>assistant\n<think>", "<think>"),
        ("<|im_start|>assistant\n<think></think>", ""),
        ("<|im_start|>assistant\n<think>\n\n</think>\n\n", ""),
        ("<|turn>model\n<|channel>", "<|channel>"),
        ("<|im_start|>assistant\n", ""),
        ("", ""),
    ],
)
def test_a_thought_that_a_prompt_leaves_open_is_seen(prompt: str, mark: str) -> None:
    assert left_open(prompt) == mark
