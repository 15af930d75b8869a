"""The tokenizer of Qwen-Audio:
tiktoken's BPE over `qwen.tiktoken`, and special tokens whose ids follow its ranks.

The order of the special tokens is that of QwenLM/Qwen-Audio at b50fb958, tokenization_qwen.py.
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from mudata.errors import ModelError

SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
END, IM_START, IM_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
AUDIO_PAD, AUDIO_START, AUDIO_END = "[[[AUDIO:modality]]]", "<audio>", "</audio>"


def _tags(*names: str) -> list[str]:
    return [f"<|{name}|>" for name in names]


AUDIO_TAGS = [
    AUDIO_PAD,
    *_tags("startoftranscript", "startofanalysis", "translate", "transcribe", "caption", "keyword", "unknown"),
    *_tags("en", "zh", "de", "es", "ko", "fr", "ja", "it", "zh_tr", "notimestamps", "sil", "timestamps"),
    *_tags(*(f"{i * 0.01:.2f}" for i in range(3001))),
    *_tags("caption_audiocaps", "caption_clotho", "audioset_ontology", "caption_plain", "itn", "wo_itn"),
    *_tags("startofentityvalue", "endofentityvalue", "startofentitytype", "endofentitytype"),
    *_tags("named_entity_recognition", "audio_grounding", "startofword", "endofword", "delim"),
    *_tags("emotion_recognition", "music_description", "note_analysis", "pitch"),
    *_tags(*(f"midi_pitch_{i}" for i in range(128))),
    *_tags("velocity", *(f"midi_velocity_{i}" for i in range(128))),
    *_tags("sonic", "instrument", "speaker_meta", "song_meta", "question", "answer", "choice", "scene", "event"),
    *_tags("vocal_classification", "speech_understanding", "scenario", "action", "entities", "speech_edit"),
    AUDIO_START,
    AUDIO_END,
]
SPECIALS = [END, IM_START, IM_END, *_tags(*(f"extra_{i}" for i in range(205))), *AUDIO_TAGS]


class QwenTokenizer:
    """Ids of texts. Which special tokens a text may name is said at every call:
    none of a user's, by default."""

    def __init__(self, ranks: Path) -> None:
        import tiktoken

        if not ranks.is_file():
            raise ModelError(f"The tokenizer {ranks.name} is not in {ranks.parent}.", "Fetch the model again.")
        try:
            pairs = [line.split() for line in ranks.read_bytes().splitlines() if line]
            known = {base64.b64decode(token): int(rank) for token, rank in pairs}
        except ValueError as error:
            raise ModelError(f"{ranks.name} is not a list of ranks: {error}.", "Fetch the model again.") from error
        self.ids = {text: len(known) + i for i, text in enumerate(SPECIALS)}
        self._codec = tiktoken.Encoding("qwen", pat_str=SPLIT, mergeable_ranks=known, special_tokens=self.ids)
        self._texts = len(known)

    def __len__(self) -> int:
        return self._texts + len(self.ids)

    def encode(self, text: str, specials: Iterable[str] = ()) -> list[int]:
        """Ids of a text in Unicode normal form C;
        of special tokens, those in `specials` are read as such."""
        return self._codec.encode(
            unicodedata.normalize("NFC", text), allowed_special=set(specials), disallowed_special=()
        )

    def decode(self, ids: Iterable[int]) -> str:
        """Text of ids, special tokens as they are written, as the authors decode: a time is told by
        one (`<|2.33|>`). Ids beyond the vocabulary say nothing; bytes that are no text become U+FFFD."""
        return self._codec.decode([i for i in ids if i < len(self)], errors="replace")
