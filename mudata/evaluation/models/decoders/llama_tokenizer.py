"""SentencePiece prompts as the Llama tokenizers of 2023 wrote them.

The tokenizers of transformers 5 give other ids around special tokens: the old one put a word
boundary after each. Here the text is cut at special tokens, longest first, and every piece between
is encoded by itself, which gives the ids of transformers 4.28 to 4.39 (and needs no protobuf).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mudata.errors import ModelError


class LlamaTokenizer:
    """`tokenizer.model` with special tokens of one's own.

    specials: id by text; they are recognised in `encode` only where it is said so, so that a clip's
    title or a user's question cannot smuggle one in.
    """

    def __init__(self, model: Path, specials: Mapping[str, int] | None = None) -> None:
        import sentencepiece

        if not model.is_file():
            raise ModelError(f"The tokenizer {model.name} is not in {model.parent}.", "Fetch the model again.")
        try:
            self._pieces: Any = sentencepiece.SentencePieceProcessor(model_file=str(model))
        except (OSError, RuntimeError) as error:
            raise ModelError(f"{model.name} is no SentencePiece model: {error}.", "Fetch the model again.") from error
        self.specials = dict(specials or {})
        self._texts = {number: text for text, number in self.specials.items()}
        ordered = sorted(self.specials, key=len, reverse=True)
        self._cut = re.compile("|".join(map(re.escape, ordered)) or r"(?!)")

    @property
    def bos(self) -> int:
        return int(self._pieces.bos_id())

    @property
    def eos(self) -> int:
        return int(self._pieces.eos_id())

    def __len__(self) -> int:
        return int(self._pieces.get_piece_size())

    def id_of(self, piece: str) -> int:
        """Id of one whole piece, such as '▁###'."""
        return int(self._pieces.piece_to_id(piece))

    def encode(self, text: str, *, specials: bool = False) -> list[int]:
        """Ids of a text, without BOS. With `specials`, their texts become their ids."""
        if not specials:
            return list(self._pieces.encode(text))
        ids: list[int] = []
        end = 0
        for match in self._cut.finditer(text):
            ids += [*self._pieces.encode(text[end : match.start()]), self.specials[match.group()]]
            end = match.end()
        return ids + list(self._pieces.encode(text[end:]))

    def decode(self, ids: list[int]) -> str:
        """Text of ids; special tokens and control pieces are left out."""
        size = len(self)
        plain = [i for i in ids if i < size and not self._pieces.is_control(i) and i not in self._texts]
        return str(self._pieces.decode(plain))
