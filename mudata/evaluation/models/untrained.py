"""A control that listens and understands nothing: a tiny Qwen2-Audio whose weights are random.

It takes the same way as a real checkpoint (configuration, processor, features, chat template,
generation), so it shows that the way works, and what no training looks like in the table.
"""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

from mudata.evaluation.models.device import quieten
from mudata.evaluation.models.hf_audio import TransformersAudio

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|audio_bos|>", "<|AUDIO|>", "<|audio_eos|>")


class Untrained(TransformersAudio):
    """Random weights drawn from `seed`;
    the checkpoint is written below `cache` and loaded from there."""

    def __init__(
        self,
        cache: str | Path,
        *,
        seed: int = 0,
        device: str = "auto",
        dtype: str = "auto",
        max_new_tokens: int = 12,
        batch: int = 8,
    ) -> None:
        self.seed = seed
        super().__init__(
            str(Path(cache) / f"untrained-{seed}"),
            device=device,
            dtype=dtype,
            max_new_tokens=max_new_tokens,
            batch=batch,
        )

    def load(self) -> None:
        folder = Path(self.checkpoint)
        if not (folder / "config.json").exists():
            write(folder, self.seed)
        super().load()

    def describe(self) -> dict[str, object]:
        return {"untrained": True, "seed": self.seed, **super().describe()}


def write(folder: Path, seed: int = 0) -> None:
    """Write a Qwen2-Audio checkpoint of a few hundred
    thousand random parameters in the published layout.

    The tokenizer is byte-level with single letters and the special tokens only. `config.json` is
    written last, so that its existence means the folder is complete.
    """
    import torch
    import transformers

    folder.mkdir(parents=True, exist_ok=True)
    quieten()
    tokenizer = byte_tokenizer()
    extractor = transformers.WhisperFeatureExtractor(feature_size=32, chunk_length=30)
    transformers.Qwen2AudioProcessor(extractor, tokenizer).save_pretrained(folder)
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in SPECIAL}
    config = transformers.Qwen2AudioConfig(
        audio_config={
            "num_mel_bins": 32, "d_model": 32, "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 64,
            "max_source_positions": 1500,
        },
        text_config={
            "model_type": "qwen2", "vocab_size": len(tokenizer), "hidden_size": 64, "intermediate_size": 128,
            "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 4, "max_position_embeddings": 4096,
            "bos_token_id": ids["<|endoftext|>"], "eos_token_id": ids["<|im_end|>"],
            "pad_token_id": ids["<|endoftext|>"],
        },
        audio_token_index=ids["<|AUDIO|>"],
    )  # fmt: skip
    torch.manual_seed(seed)
    model = transformers.Qwen2AudioForConditionalGeneration(config)
    model.generation_config.eos_token_id = ids["<|im_end|>"]
    model.generation_config.pad_token_id = ids["<|endoftext|>"]
    model.save_pretrained(folder)
    written = folder / "config.json"
    settings = json.loads(written.read_text())
    written.unlink()
    partial = folder / "config.json.part"
    partial.write_text(json.dumps(settings, indent=2))
    partial.rename(written)


def byte_tokenizer() -> Any:
    import tokenizers
    import transformers

    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    words = [f"\u0120{c}" for c in string.ascii_lowercase]
    vocabulary = {token: i for i, token in enumerate([*letters, *words])}
    merges = [("\u0120", c) for c in string.ascii_lowercase]
    backend = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, merges))
    backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = tokenizers.decoders.ByteLevel()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token="<|im_end|>",  # noqa: S106 - a text token
        pad_token="<|endoftext|>",  # noqa: S106
        additional_special_tokens=list(SPECIAL),
    )
    fast.audio_token, fast.audio_bos_token, fast.audio_eos_token = "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"
    return fast
