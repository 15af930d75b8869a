"""Tiny random checkpoints of newer architectures, in the layout that is published.

Models that also see want packages for pictures; in their place stands a processor of the real class that has its ears
and its tokenizer, and not its eyes.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import transformers

from mudata.evaluation.models import untrained

TEXT = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
}
ROPE = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [2, 3, 3]}
EYES = {"hidden_size": 32, "intermediate_size": 32}


def template(audio: str, begun: str = "") -> str:
    """A chat template in which sound is `audio`, and the answer goes on after `begun`."""
    return (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.content %}{% if c.type == 'audio' %}"
        + audio
        + "{% else %}{{ c.text }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n" + begun + "{% endif %}"
    )


def tokenizer(**named: str) -> Any:
    """`named` are special tokens beyond those of Qwen2-Audio."""
    made = untrained.byte_tokenizer()
    made.add_special_tokens({"additional_special_tokens": list(named.values())}, replace_extra_special_tokens=False)
    for name, token in named.items():
        setattr(made, name, token)
    return made


def ends(tokens: Any) -> dict[str, int]:
    return {
        "eos_token_id": tokens.eos_token_id,
        "pad_token_id": tokens.pad_token_id,
        "bos_token_id": tokens.pad_token_id,
    }


def save(model_type: Any, config: Any, folder: Path) -> None:
    torch.manual_seed(0)
    model_type(config).save_pretrained(folder)


def without_eyes(processor: Any, ears: str, extractor: Any, tokens: Any, chat: str, **said: Any) -> Any:
    """A processor of this class that was given no image and no video processor. said: its attributes."""

    class Listening(processor):  # type: ignore[misc]
        # transformers 5.13 asks these for a size, with pictures or without
        image_processor = video_processor = SimpleNamespace(merge_size=2)

        @classmethod
        def get_attributes(cls) -> list[str]:
            return [ears, "tokenizer"]

        def __init__(self) -> None:
            transformers.ProcessorMixin.__init__(self, extractor, tokens, chat_template=chat)
            for kind in ("image", "audio", "video"):
                token = getattr(tokens, f"{kind}_token", None)
                setattr(self, f"{kind}_token", token)
                setattr(self, f"{kind}_token_id", tokens.convert_tokens_to_ids(token) if token else None)
            said.setdefault("audio_bos_token", tokens.audio_bos_token)
            said.setdefault("audio_eos_token", tokens.audio_eos_token)
            for name, value in said.items():
                setattr(self, name, value)

    return Listening()


def whisper(seconds: int) -> Any:
    return transformers.WhisperFeatureExtractor(feature_size=32, chunk_length=seconds)


def glm_asr(folder: Path) -> None:
    tokens = tokenizer(audio_token="<|pad|>")
    transformers.GlmAsrProcessor(whisper(30), tokens, chat_template=template("<|pad|>")).save_pretrained(folder)
    audio = {
        "model_type": "glmasr_encoder",
        "num_mel_bins": 32,
        "hidden_size": 32,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    text = {"model_type": "llama", "vocab_size": len(tokens), "max_position_embeddings": 8192, **TEXT, **ends(tokens)}
    config = transformers.GlmAsrConfig(
        audio_config=audio, text_config=text, audio_token_id=tokens.convert_tokens_to_ids("<|pad|>")
    )
    save(transformers.GlmAsrForConditionalGeneration, config, folder)


SEEING = {
    "image_token": "<|IMAGE|>",
    "video_token": "<|VIDEO|>",
    "vision_bos_token": "<|vision_bos|>",
    "vision_eos_token": "<|vision_eos|>",
}
HEARING = {
    "num_mel_bins": 32,
    "d_model": 32,
    "encoder_layers": 2,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "output_dim": 64,
}


def omni(
    folder: Path, version: str, ids: str, audio: dict[str, Any], vision: dict[str, Any], begun: str = "", **text: Any
) -> Any:
    """A whole omni checkpoint, of which the adapter takes the thinker."""
    tokens = tokenizer(**SEEING)
    number = tokens.convert_tokens_to_ids
    thinker = {
        "audio_config": HEARING | audio,
        "vision_config": EYES | {"depth": 1, "num_heads": 2, "out_hidden_size": 64} | vision,
        "text_config": {"vocab_size": len(tokens), **TEXT, **ends(tokens), "rope_parameters": ROPE, **text},
        f"audio_token_{ids}": number("<|AUDIO|>"),
        f"image_token_{ids}": number("<|IMAGE|>"),
        f"video_token_{ids}": number("<|VIDEO|>"),
        "audio_start_token_id": number("<|audio_bos|>"),
        "audio_end_token_id": number("<|audio_eos|>"),
        "vision_start_token_id": number("<|vision_bos|>"),
        "vision_end_token_id": number("<|vision_eos|>"),
    }
    config = getattr(transformers, f"{version}Config")(thinker_config=thinker, enable_audio_output=False)
    save(getattr(transformers, f"{version}ForConditionalGeneration"), config, folder)
    processor = getattr(transformers, f"{version}Processor")
    sign = "<|audio_bos|><|AUDIO|><|audio_eos|>"
    return without_eyes(processor, "feature_extractor", whisper(300), tokens, template(sign, begun))


def qwen25_omni(folder: Path) -> Any:
    return omni(folder, "Qwen2_5Omni", "index", {}, {})


def qwen3_omni(folder: Path, begun: str = "") -> Any:
    experts = {"head_dim": 16, "num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 32}
    vision = {"deepstack_visual_indexes": [0]}
    return omni(folder, "Qwen3OmniMoe", "id", {"downsample_hidden_size": 32}, vision, begun, **experts)


def phi4(folder: Path) -> Any:
    tokens = tokenizer(audio_token="<|audio|>", image_token="<|image|>")
    audio = EYES | {
        "num_blocks": 1,
        "num_attention_heads": 2,
        "ext_pw_out_channel": 32,
        "nemo_conv_channels": 32,
        "nemo_activation": "relu",
        "depthwise_separable_out_channel": 32,
        "audio_token_id": tokens.convert_tokens_to_ids("<|audio|>"),
    }
    vision = EYES | {"num_hidden_layers": 2, "num_attention_heads": 2}
    vision["image_token_id"] = tokens.convert_tokens_to_ids("<|image|>")
    config = transformers.Phi4MultimodalConfig(
        vocab_size=len(tokens), **TEXT, **ends(tokens), audio_config=audio, vision_config=vision
    )
    save(transformers.Phi4MultimodalForCausalLM, config, folder)
    extractor = transformers.Phi4MultimodalFeatureExtractor()
    return without_eyes(
        transformers.Phi4MultimodalProcessor, "audio_processor", extractor, tokens, template("<|audio|>")
    )


def music_flamingo(folder: Path) -> None:
    tokens = tokenizer(audio_token="<sound>", begin="<|sound_bos|>", end="<|sound_eos|>")
    transformers.MusicFlamingoProcessor(whisper(30), tokens, chat_template=template("<sound>")).save_pretrained(folder)
    number = tokens.convert_tokens_to_ids
    audio = {
        "model_type": "audioflamingo3_encoder",
        "num_mel_bins": 32,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
    }
    config = transformers.MusicFlamingoConfig(
        audio_config=audio,
        text_config={"model_type": "qwen2", "vocab_size": len(tokens), **TEXT, **ends(tokens)},
        audio_token_id=number("<sound>"),
        audio_bos_token_id=number("<|sound_bos|>"),
        audio_eos_token_id=number("<|sound_eos|>"),
    )
    save(transformers.MusicFlamingoForConditionalGeneration, config, folder)


GEMMA = {
    **{f"{kind}_token": f"<|{kind}|>" for kind in ("audio", "image")},
    "boa_token": "<|audio>",
    "eoa_token": "<audio|>",
    "boi_token": "<|image>",
    "eoi_token": "<image|>",
}


def gemma4(folder: Path) -> Any:
    tokens = tokenizer(**GEMMA, thought="<|channel>", thought_ends="<channel|>")
    text = TEXT | {
        "vocab_size": len(tokens),
        "vocab_size_per_layer_input": len(tokens),
        "head_dim": 16,
        "global_head_dim": 16,
        "layer_types": ["sliding_attention", "full_attention"],
        "hidden_size_per_layer_input": 8,
        "num_kv_shared_layers": 0,
        "num_global_key_value_heads": 2,
    }
    audio = {
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "subsampling_conv_channels": [128, 4],  # the first stands for the mel bins in its code
        "output_proj_dims": 64,
    }
    vision = EYES | {"num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 16}
    ids = {f"{name}_id": tokens.convert_tokens_to_ids(token) for name, token in GEMMA.items()}
    config = transformers.Gemma4Config(text_config=text | ends(tokens), audio_config=audio, vision_config=vision, **ids)
    save(transformers.Gemma4ForConditionalGeneration, config, folder)
    said = {name: getattr(tokens, name) for name in GEMMA}
    said |= {"audio_seq_length": 750, "audio_ms_per_token": 40, "image_seq_length": 280}
    ears = transformers.Gemma4AudioFeatureExtractor()
    chat = template("<|audio|>", "{% if enable_thinking %}<|channel>{% endif %}")
    return without_eyes(transformers.Gemma4Processor, "feature_extractor", ears, tokens, chat, **said)


def nemotron(folder: Path) -> Any:
    tokens = tokenizer(
        audio_token="<so_embedding>",
        image_token="<image>",
        video_token="<video>",
        start="<so_start>",
        end="<so_end>",
        thought="<think>",
        thought_ends="</think>",
    )
    text = {
        "model_type": "nemotron_h",
        "vocab_size": len(tokens),
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "hybrid_override_pattern": "M*",
        "mamba_num_heads": 4,
        "mamba_head_dim": 16,
        "n_groups": 2,
        "ssm_state_size": 8,
        "chunk_size": 16,
    }
    audio = {
        "model_type": "parakeet_encoder",
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "num_mel_bins": 80,
        "subsampling_conv_channels": 8,
        "projection_hidden_size": 32,
        "projection_bias": False,
    }
    vision = EYES | {
        "model_type": "radio",
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "video_temporal_patch_size": 2,
    }
    ids = {f"{kind}_token_id": tokens.convert_tokens_to_ids(f"<{kind}>") for kind in ("image", "video")}
    config = transformers.NemotronH_Omni_Reasoning_V3_Config(
        text_config=text | ends(tokens),
        audio_config=audio,
        vision_config=vision,
        audio_token_id=tokens.convert_tokens_to_ids("<so_embedding>"),
        projector_hidden_size=32,
        vision_hidden_size=32,
        **ids,
    )
    save(transformers.NemotronH_Omni_Reasoning_V3, config, folder)
    said = {"audio_sampling_rate": 16_000, "audio_subsampling_factor": 8, "audio_hop_length": 160}
    said |= {"audio_start_token": "<so_start>", "audio_end_token": "<so_end>", "video_temporal_patch_dim": 2}
    ears = transformers.ParakeetFeatureExtractor(feature_size=80)
    chat = template("<so_embedding>", "{% if enable_thinking is not defined or enable_thinking %}<think>\n{% endif %}")
    kind = transformers.NemotronH_Omni_Reasoning_V3Processor
    return without_eyes(kind, "feature_extractor", ears, tokens, chat, **said)
