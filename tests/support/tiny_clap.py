"""A tiny random CLAP."""

from __future__ import annotations

from pathlib import Path


def write_clap(folder: Path, *, fusion: bool) -> Path:
    """A CLAP checkpoint of a few thousand random parameters in the published layout; gives its folder."""
    import torch
    import transformers

    from mudata.evaluation.models.untrained import byte_tokenizer

    tokenizer = byte_tokenizer()
    audio = {
        "patch_embeds_hidden_size": 16,
        "depths": [1, 1, 1, 1],
        "num_attention_heads": [2, 2, 2, 2], "hidden_size": 128, "projection_dim": 16, "enable_fusion": fusion,
    }  # fmt: skip
    text = {
        "vocab_size": len(tokenizer), "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 32, "pad_token_id": 1, "projection_dim": 16,
    }  # fmt: skip
    torch.manual_seed(0)
    transformers.ClapModel(
        transformers.ClapConfig(audio_config=audio, text_config=text, projection_dim=16)
    ).save_pretrained(folder)
    extractor = transformers.ClapFeatureExtractor(truncation="fusion" if fusion else "rand_trunc")
    transformers.ClapProcessor(extractor, tokenizer).save_pretrained(folder)
    return folder
