"""Qwen-Audio's text: ids there and back."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

pytest.importorskip("tiktoken")

from mudata.evaluation.models.decoders.qwen_tokenizer import END, IM_END, SPECIALS, QwenTokenizer


@pytest.fixture
def tokenizer(tmp_path: Path) -> QwenTokenizer:
    file = tmp_path / "qwen.tiktoken"
    file.write_text("".join(f"{base64.b64encode(bytes([byte])).decode()} {byte}\n" for byte in range(256)))
    return QwenTokenizer(file)


@pytest.mark.parametrize(
    "text",
    [
        "rock<|im_end|>pop",
        "It starts at <|2.33|> seconds and ends at <|3.26|> seconds.",
        "<|note_analysis|> C4<|delim|>E4",
        "<|startofentityvalue|>Bach<|endofentityvalue|>",
        "plain words, é, 描述",
    ],
)
def test_special_tokens_stay_in_a_decoded_text_as_the_authors_leave_them(tokenizer: QwenTokenizer, text: str) -> None:
    ids = tokenizer.encode(text, SPECIALS)
    assert tokenizer.decode(ids) == text
    assert len(ids) < len(text.encode()) or "<|" not in text


def test_ids_beyond_the_vocabulary_say_nothing_and_broken_bytes_are_marked(tokenizer: QwenTokenizer) -> None:
    end, im_end = tokenizer.ids[END], tokenizer.ids[IM_END]
    assert (end, im_end) == (256, 258)
    assert tokenizer.decode([ord("a"), len(tokenizer), len(tokenizer) + 700, 0xE6, ord("b")]) == "a�b"
