"""Newer architectures through the generic adapter, by nothing but a checkpoint: tiny, random, saved and loaded.

Models that also see want packages for pictures; in their place stands a processor of the real class that has its ears
and its tokenizer, and not its eyes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mudata.errors import MissingExtra
from mudata.evaluation.protocol import Answer, Clip, Question, Ranking

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from mudata.evaluation.models import hf_audio, untrained  # noqa: E402
from mudata.evaluation.models.hf_audio import EXTRAS, TooShort, TransformersAudio, model_class  # noqa: E402
from mudata.evaluation.models.registry import card_of, find, names  # noqa: E402

pytestmark = pytest.mark.slow

GENRE = Question("classify", "Which genre? rock, pop.", ("rock", "pop"), "genre")
TEXT = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
}
ROPE = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [2, 3, 3]}
EYES = {"hidden_size": 32, "intermediate_size": 32}


def template(audio: str) -> str:
    return (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.content %}{% if c.type == 'audio' %}"
        + audio
        + "{% else %}{{ c.text }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
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


def without_eyes(processor: Any, ears: str, extractor: Any, tokens: Any, audio: str) -> Any:
    """A processor of this class that was given no image and no video processor."""

    class Listening(processor):  # type: ignore[misc]
        # transformers 5.13 asks these for a size, with pictures or without
        image_processor = video_processor = SimpleNamespace(merge_size=2)

        @classmethod
        def get_attributes(cls) -> list[str]:
            return [ears, "tokenizer"]

        def __init__(self) -> None:
            transformers.ProcessorMixin.__init__(self, extractor, tokens, chat_template=template(audio))
            for kind in ("image", "audio", "video"):
                token = getattr(tokens, f"{kind}_token", None)
                setattr(self, f"{kind}_token", token)
                setattr(self, f"{kind}_token_id", tokens.convert_tokens_to_ids(token) if token else None)
            self.audio_bos_token, self.audio_eos_token = tokens.audio_bos_token, tokens.audio_eos_token

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


def omni(folder: Path, version: str, ids: str, audio: dict[str, Any], vision: dict[str, Any], **text: Any) -> Any:
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
    return without_eyes(processor, "feature_extractor", whisper(300), tokens, sign)


def qwen25_omni(folder: Path) -> Any:
    return omni(folder, "Qwen2_5Omni", "index", {}, {})


def qwen3_omni(folder: Path) -> Any:
    experts = {"head_dim": 16, "num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 32}
    vision = {"deepstack_visual_indexes": [0]}
    return omni(folder, "Qwen3OmniMoe", "id", {"downsample_hidden_size": 32}, vision, **experts)


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
    return without_eyes(transformers.Phi4MultimodalProcessor, "audio_processor", extractor, tokens, "<|audio|>")


BUILT: dict[str, tuple[Callable[[Path], Any], str, float | None]] = {
    "glm-asr": (glm_asr, "GlmAsrForConditionalGeneration", 655.0),
    "qwen2.5-omni": (qwen25_omni, "Qwen2_5OmniThinkerForConditionalGeneration", 300.0),
    "qwen3-omni": (qwen3_omni, "Qwen3OmniMoeThinkerForConditionalGeneration", None),
    "phi-4-multimodal": (phi4, "Phi4MultimodalForCausalLM", None),
}


@pytest.fixture(scope="module", params=BUILT)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, TransformersAudio]:
    folder = tmp_path_factory.mktemp("checkpoint")
    processor = BUILT[request.param][0](folder)
    with pytest.MonkeyPatch.context() as patch:
        if processor is not None:
            patch.setattr(transformers.AutoProcessor, "from_pretrained", lambda *_, **__: processor)
            patch.setattr(hf_audio, "check_extra", lambda *_: None)
        model = TransformersAudio(str(folder), device="cpu", max_new_tokens=6)
        model.load()
    return request.param, model


def noises(*seconds: float) -> list[Clip]:
    rng = np.random.default_rng(5)
    return [
        Clip(f"c{i}", (0.1 * rng.standard_normal(int(s * 16_000))).astype(np.float32), 16_000)
        for i, s in enumerate(seconds)
    ]


def test_the_class_and_what_it_hears_are_read_from_the_checkpoint(loaded: tuple[str, TransformersAudio]) -> None:
    name, model = loaded
    assert type(model.model).__name__ == BUILT[name][1]
    assert (model.capabilities.sample_rate, model.capabilities.max_seconds) == (16_000, BUILT[name][2])
    assert model.describe()["generation"] == {"do_sample": False, "max_new_tokens": 6}


def test_a_batch_of_unequal_clips_answers_as_each_clip_alone(loaded: tuple[str, TransformersAudio]) -> None:
    _, model = loaded
    clips = noises(1, 4, 2.5)
    together = model.answer(clips, GENRE)
    assert together == [model.answer([clip], GENRE)[0] for clip in clips]
    assert all(isinstance(answer, Answer) for answer in together)


def test_options_are_ranked_as_the_textbook_says(loaded: tuple[str, TransformersAudio]) -> None:
    _, model = loaded
    (clip,) = noises(2)
    (ranking,) = model.rank([clip], GENRE)
    assert isinstance(ranking, Ranking)
    for option, loglik, count in zip(GENRE.options, ranking.loglik, ranking.tokens, strict=True):
        inputs = dict(model.inputs([clip], GENRE))
        tokens = model.processor.tokenizer(option, add_special_tokens=False)["input_ids"]
        ids = torch.cat([inputs["input_ids"], torch.tensor([tokens])], dim=1)
        inputs |= {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        with torch.inference_mode():
            likely = model.model(**inputs).logits[0].log_softmax(-1)
        before = ids.shape[1] - len(tokens) - 1
        assert loglik == pytest.approx(sum(float(likely[before + i, t]) for i, t in enumerate(tokens)), abs=1e-3)
        assert count == len(tokens)


def test_a_stereo_original_is_mixed_and_resampled_as_transformers_does_with_a_file(
    loaded: tuple[str, TransformersAudio],
) -> None:
    _, model = loaded
    stereo = np.stack([0.2 * np.sin(np.arange(88_200) / 9), np.zeros(88_200)], 1).astype(np.float32)
    heard = model.mono(Clip("a", stereo, 44_100))
    assert (heard.shape, heard.dtype) == ((32_000,), np.float32)
    assert float(np.abs(heard).max()) == pytest.approx(0.1, abs=0.01)
    assert isinstance(model.answer([Clip("a", stereo, 44_100)], GENRE)[0], Answer)


def test_what_leaves_no_trace_in_the_prompt_is_that_clips_failure(loaded: tuple[str, TransformersAudio]) -> None:
    name, model = loaded
    if name not in ("glm-asr", "qwen2.5-omni"):
        pytest.skip("it has a position for clips of any length")
    with pytest.raises(TooShort, match=r"0\.001 s leave no audio in the prompt"):
        model.answer(noises(1, 0.001), GENRE)


@pytest.mark.parametrize(("model_type", "named"), [(kind, packages) for kind, (_, packages) in EXTRAS.items()])
def test_packages_that_a_processor_needs_are_told_with_their_extra(
    monkeypatch: pytest.MonkeyPatch, model_type: str, named: tuple[str, ...]
) -> None:
    monkeypatch.setattr(hf_audio.util, "find_spec", lambda name: None)
    extra = EXTRAS[model_type][0]
    with pytest.raises(MissingExtra, match=rf"needs the package '{named[0]}'.*\n.*mudata-music\[{extra}\]"):
        hf_audio.check_extra("a/b", model_type)


CARDS = {
    "glm-asr": "glmasr",
    "gemma-3n": "gemma3n",
    "voxtral-mini": "voxtral",
    "phi-4-multimodal": "phi4_multimodal",
    "qwen2.5-omni": "qwen2_5_omni",
    "qwen3-omni": "qwen3_omni_moe",
}


@pytest.mark.parametrize(("name", "model_type"), CARDS.items())
def test_there_is_a_card_and_a_class_for_each(name: str, model_type: str) -> None:
    class Config:
        architectures = ()

    Config.model_type = model_type  # type: ignore[attr-defined]
    assert name in names()
    card = card_of(find(name))
    assert card is not None
    assert (card.family, bool(card.checkpoint)) == ("transformers", True)
    assert model_class(Config()).__name__.endswith(("ForConditionalGeneration", "ForCausalLM"))
