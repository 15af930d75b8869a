"""What is said of every audio-language architecture, against the transformers that is installed."""

from __future__ import annotations

import functools
import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mudata.errors import MissingExtra, ModelError

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from transformers.models.auto import auto_mappings, configuration_auto, modeling_auto, processing_auto  # noqa: E402
from transformers.models.auto.feature_extraction_auto import FEATURE_EXTRACTOR_MAPPING_NAMES  # noqa: E402

from mudata.evaluation.models import hf_architectures  # noqa: E402
from mudata.evaluation.models.hf_architectures import ARCHITECTURES, check, longest_s, model_class  # noqa: E402

pytestmark = pytest.mark.slow

DEAF = {"diffusion_gemma"}
"""What has a processor with ears, Gemma 4's, and is no model that hears."""


def module(model_type: str) -> Any:
    return importlib.import_module(f"transformers.models.{configuration_auto.model_type_to_module_name(model_type)}")


def processor(model_type: str) -> Any:
    """The class of its processor; None where it has none, or one that cannot be imported here."""
    name = processing_auto.PROCESSOR_MAPPING_NAMES.get(model_type)
    return getattr(module(model_type), name, None) or getattr(transformers, name) if name else None


def parts(model_type: str) -> set[str]:
    """What its processor is put together from."""
    try:
        return set(processor(model_type).get_attributes())
    except (ImportError, AttributeError):
        return set()


@functools.cache
def hearing() -> set[str]:
    """Every model type that transformers lists as one that hears and writes."""
    tables = (
        modeling_auto.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES,
        modeling_auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
    )
    found = set()
    for model_type in {kind for table in tables for kind in table}:
        config = transformers.CONFIG_MAPPING[model_type]
        if (
            model_type in FEATURE_EXTRACTOR_MAPPING_NAMES
            or any("audio" in name for name in getattr(config, "sub_configs", {}))
            or parts(model_type) & {"feature_extractor", "audio_processor"}
        ):
            found.add(model_type)
    return found


def test_there_is_no_audio_language_architecture_that_is_not_known() -> None:
    assert hearing() - DEAF == ARCHITECTURES.keys()
    assert not hasattr(transformers.CONFIG_MAPPING["diffusion_gemma"](), "audio_config")


@pytest.mark.parametrize("model_type", sorted(ARCHITECTURES))
def test_every_architecture_has_a_class_and_its_thinker_where_it_speaks(model_type: str) -> None:
    name = model_class(SimpleNamespace(model_type=model_type, architectures=())).__name__
    speaks = "talker_config" in getattr(transformers.CONFIG_MAPPING[model_type], "sub_configs", {})
    assert bool(ARCHITECTURES[model_type].thinker) == speaks
    assert ("Thinker" in name) == (speaks or model_type.endswith("_thinker"))


def source(model_type: str, kind: str) -> str:
    """The source of its processor or feature extractor."""
    folder = Path(str(module(model_type).__file__)).parent
    file = folder / f"{kind}_{folder.name}.py"
    return file.read_text() if file.is_file() else ""


def wanted(model_type: str) -> set[str]:
    """Packages that the installed transformers wants for its processor."""
    packages = set()
    if "video_processor" in parts(model_type):
        packages |= {"PIL", "torchvision"}
    if "image_processor" in parts(model_type):
        by_backend = dict(auto_mappings.IMAGE_PROCESSOR_MAPPING_NAMES).get(model_type, {"pil": ""})
        packages |= {"PIL"} if "pil" in by_backend else {"PIL", "torchvision"}
    if '"torchaudio"' in source(model_type, "feature_extraction"):
        packages.add("torchaudio")
    if 'backends=("mistral-common",)' in source(model_type, "processing"):
        packages.add("mistral_common")
    return packages


@pytest.mark.parametrize("model_type", sorted(ARCHITECTURES.keys() - {"granite_speech_plus"}))
def test_the_packages_are_those_that_transformers_wants(model_type: str) -> None:
    """Gemma 3n's timm is the model's own; the thinkers have no processors under their names."""
    more = {"gemma3n": {"timm", "torchvision"}, "qwen2_5_omni_thinker": {"PIL", "torchvision"}}
    more["qwen3_omni_moe_thinker"] = more["qwen2_5_omni_thinker"]
    assert set(ARCHITECTURES[model_type].needs) == wanted(model_type) | more.get(model_type, set())


@pytest.mark.parametrize("model_type", sorted(kind for kind, of in ARCHITECTURES.items() if of.takes_question))
def test_packages_that_are_missing_are_told_with_what_brings_them(
    monkeypatch: pytest.MonkeyPatch, model_type: str
) -> None:
    of = ARCHITECTURES[model_type]
    for package in of.needs:
        monkeypatch.setattr(hf_architectures.util, "find_spec", lambda name, lacking=package: name != lacking or None)
        if of.extra:
            told = rf"'a/b' needs the package '{package}'.*\n.*mudata-music\[{of.extra}\]"
            with pytest.raises(MissingExtra, match=told):
                check("a/b", model_type)
        else:
            with pytest.raises(ModelError, match=rf"needs the package '{package}'.*\n.*that fits your torch"):
                check("a/b", model_type)
    monkeypatch.setattr(hf_architectures.util, "find_spec", lambda name: True)
    check("a/b", model_type)


@pytest.mark.parametrize("model_type", ["granite_speech", "granite_speech_plus", "fun_asr_nano"])
def test_torchaudio_is_asked_for_where_there_is_none_to_be_had_by_an_extra(model_type: str) -> None:
    if hf_architectures.util.find_spec("torchaudio"):
        pytest.skip("it is here")
    with pytest.raises(ModelError, match=f"is a {model_type}, whose feature extractor needs the package 'torchaudio'"):
        check("a/b", model_type)


@pytest.mark.parametrize("model_type", sorted(kind for kind, of in ARCHITECTURES.items() if not of.takes_question))
def test_what_takes_no_question_is_refused(model_type: str) -> None:
    with pytest.raises(ModelError, match=f"is a {model_type}, which writes down or translates speech"):
        check("a/b", model_type)


EXTRACTED = {
    "apertus1p5": ("WavTokenizerFeatureExtractor", 24_000),
    "dots3_note": ("Dots3NoteFeatureExtractor", 16_000),
    "gemma3n": ("Gemma3nAudioFeatureExtractor", 16_000),
    "gemma4": ("Gemma4AudioFeatureExtractor", 16_000),
    "gemma4_unified": ("Gemma4UnifiedAudioFeatureExtractor", 16_000),
    "inkling_mm_model": ("InklingFeatureExtractor", 16_000),
    "moss_transcribe_diarize": ("MossTranscribeDiarizeFeatureExtractor", 16_000),
    "muse_spark": ("MuseSparkFeatureExtractor", 24_000),
    "nemo_speechlm": ("NemotronAsrStreamingFeatureExtractor", 16_000),
    "nemotron_h_omni": ("ParakeetFeatureExtractor", 16_000),
    "phi4_multimodal": ("Phi4MultimodalFeatureExtractor", 16_000),
    "qwen2_5_omni": ("WhisperFeatureExtractor", 16_000),
    "qwen2_audio": ("WhisperFeatureExtractor", 16_000),
    "qwen3_asr": ("Qwen3ASRFeatureExtractor", 16_000),
    "qwen3_omni_moe": ("WhisperFeatureExtractor", 16_000),
    "vibevoice_asr": ("VibeVoiceAcousticTokenizerFeatureExtractor", 24_000),
    "voxtral": ("WhisperFeatureExtractor", 16_000),
}
"""Feature extractors that can be made without a checkpoint, with their rates."""
OTHERS = {"qwen2_audio": {"padding": "max_length"}, "qwen2_5_omni": {"padding": "max_length"}}
"""What a processor asks its extractor for beside its own defaults."""


@pytest.mark.parametrize("model_type", sorted(EXTRACTED))
def test_what_is_beyond_the_longest_clip_is_not_heard_and_what_is_within_is(model_type: str) -> None:
    name, rate = EXTRACTED[model_type]
    extractor = getattr(transformers, name)()
    assert extractor.sampling_rate == rate
    asked = dict(getattr(processor(model_type), "audio_kwargs", {})) | OTHERS.get(model_type, {})
    asked = {"sampling_rate": rate, "return_tensors": "pt"} | asked

    def features(change: float) -> np.ndarray[Any, Any]:
        wave = 0.1 * np.random.default_rng(0).standard_normal(37 * rate, dtype=np.float32)
        wave[round(change * rate) : round((change + 0.5) * rate)] = 0.3
        made = extractor([wave], **asked)
        names = ("input_features", "input_values", "audio_input_features")
        return np.asarray(next(made[name] for name in names if name in made))

    longest = longest_s(model_type, SimpleNamespace(feature_extractor=extractor))
    assert longest in (None, 30.0)
    within, beyond, further = features(29.0), features(34.0), features(36.0)
    assert np.array_equal(beyond, further) == (longest == 30.0)
    assert not np.array_equal(within, beyond)


@pytest.mark.parametrize(
    ("model_type", "limit", "window", "longest"),
    [
        ("glmasr", 655, 30, 630.0),
        ("glmasr", 30, 30, 30.0),
        ("audioflamingo3", 600, 30, 600.0),
        ("musicflamingo", 1200, 30, 1200.0),
        ("musicflamingo", 1800, 30, 1800.0),
        ("musicflamingo", 59, 30, 30.0),
        ("harmonium", 100, None, 100.0),
    ],
)
def test_a_processors_own_limit_counts_in_whole_windows(
    model_type: str, limit: int, window: int | None, longest: float
) -> None:
    ears = SimpleNamespace() if window is None else SimpleNamespace(chunk_length=window)
    assert longest_s(model_type, SimpleNamespace(feature_extractor=ears, max_audio_len=limit)) == longest


def test_the_length_of_a_checkpoints_extractor_counts_where_it_decides() -> None:
    ears = SimpleNamespace(feature_extractor=SimpleNamespace(chunk_length=300))
    assert (longest_s("qwen2_5_omni", ears), longest_s("qwen2_5_omni_thinker", ears)) == (300.0, 300.0)
    assert (longest_s("qwen3_omni_moe", ears), longest_s("voxtral", ears), longest_s("harmonium", ears)) == (None,) * 3
