"""What has to be known of each audio-language architecture of transformers
before one class can run them all.

The facts are those of the processors' and feature extractors' source (transformers 5.24).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import util
from typing import Any, Literal

from mudata.errors import MissingExtra, ModelError

SEES = ("PIL", "torchvision")
SEVERAL = 8
"""Clips of one question that a model gets apart where it takes several. Ours; none says how many it was trained on."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """One model type.

    longest_s: seconds after which its feature extractor drops the rest without a word; 'extractor'
    where these are the seconds that a checkpoint's extractor has for its length, None where nothing
    is dropped or the processor says itself (`longest_s` below). needs: packages beyond
    transformers, imported by its processor or model; extra: the extra of mudata-music that brings
    them. takes_question: whether it can be asked anything, or only writes down or translates speech.
    alone: it hears a clip otherwise when that is padded beside a longer one, and gets clips one by
    one. plain: its language model is a plain one, so that greedy decoding can be that of
    `decoders.generation`. several: its processor takes several clips in one prompt, in their order
    (tried with random weights: as many positions as each clip has alone). thinker: the class of the
    part that listens and writes, of a model that also speaks; its voice is not even loaded.
    """

    longest_s: float | Literal["extractor"] | None = None
    needs: tuple[str, ...] = ()
    extra: str | None = None
    takes_question: bool = True
    alone: bool = False
    plain: bool = False
    several: bool = False
    thinker: str | None = None


def _sees(**more: Any) -> Architecture:
    """A model that also sees: its processor wants packages for pictures."""
    return Architecture(needs=(*SEES, *more.pop("needs", ())), extra="omni", **more)


_WRITES_DOWN = Architecture(takes_question=False)

ARCHITECTURES: dict[str, Architecture] = {
    "apertus1p5": _sees(),
    "audioflamingo3": Architecture(plain=True),
    "dots3_note": _sees(),
    "fun_asr_nano": Architecture(needs=("torchaudio",)),
    "gemma3n": _sees(longest_s=30.0, needs=("timm",)),
    "gemma4": _sees(longest_s=30.0, several=True),
    "gemma4_unified": _sees(),
    "glmasr": Architecture(),
    "granite_speech": Architecture(needs=("torchaudio",)),
    "granite_speech_plus": Architecture(needs=("torchaudio",)),
    "inkling_mm_model": _sees(),
    "kyutai_speech_to_text": _WRITES_DOWN,
    "moss_transcribe_diarize": Architecture(),
    "muse_spark": _sees(),
    "musicflamingo": Architecture(plain=True),
    "nemo_speechlm": Architecture(),
    "nemotron_h_omni": _sees(several=True),
    "omniasr": _WRITES_DOWN,
    # logits of a small random one differ by 6 % of their spread when it is padded (transformers 5.23)
    "phi4_multimodal": _sees(alone=True, several=True),
    "qwen2_5_omni": _sees(longest_s="extractor", several=True, thinker="Qwen2_5OmniThinkerForConditionalGeneration"),
    "qwen2_5_omni_thinker": _sees(longest_s="extractor", several=True),
    "qwen2_audio": Architecture(longest_s="extractor", plain=True, several=True),
    "qwen3_asr": Architecture(),
    "qwen3_omni_moe": _sees(several=True, thinker="Qwen3OmniMoeThinkerForConditionalGeneration"),
    "qwen3_omni_moe_thinker": _sees(several=True),
    "seamless_m4t": _WRITES_DOWN,
    "seamless_m4t_v2": _WRITES_DOWN,
    "vibevoice_asr": Architecture(),
    "voxtral": Architecture(needs=("mistral_common",), extra="voxtral"),
    "voxtral_realtime": Architecture(needs=("mistral_common",), extra="voxtral", takes_question=False),
}
"""By model type. The tests fail when transformers has one that is not here."""


def of(model_type: str) -> Architecture:
    """The architecture of a model type; one that is not known is taken for one without peculiarities."""
    return ARCHITECTURES.get(model_type, Architecture())


def check(checkpoint: str, model_type: str) -> None:
    """Refuse a checkpoint that takes no question, or whose processor could not be made for want of a
    package. Raises ModelError, MissingExtra."""
    architecture = of(model_type)
    if not architecture.takes_question:
        raise ModelError(
            f"The checkpoint {checkpoint!r} is a {model_type}, which writes down or translates speech "
            "and takes no question.",
            "Choose a checkpoint of an audio-language model; see `mudata models`.",
        )
    missing = next((name for name in architecture.needs if util.find_spec(name) is None), None)
    if missing and architecture.extra:
        raise MissingExtra(f"The checkpoint {checkpoint!r}", missing, architecture.extra)
    if missing:
        raise ModelError(
            f"The checkpoint {checkpoint!r} is a {model_type}, whose feature extractor needs the package {missing!r}, "
            "and it is not installed.",
            f"Install the {missing} that fits your torch; no extra has it, since there is not one for every torch.",
        )


def model_class(config: Any) -> Any:
    """The transformers class that runs a configuration.

    Some audio models are registered as multimodal, some (Audio Flamingo) only as
    sequence-to-sequence models, so both tables are asked, then the configuration itself. Raises
    ModelError.
    """
    import transformers
    from transformers.models.auto import modeling_auto

    if thinker := of(config.model_type).thinker:
        return getattr(transformers, thinker)
    for table in ("MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES", "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES"):
        if name := getattr(modeling_auto, table, {}).get(config.model_type):
            return getattr(transformers, name)
    for name in config.architectures or ():
        if hasattr(transformers, name):
            return getattr(transformers, name)
    raise ModelError(
        f"transformers {transformers.__version__} has no class for the model type {config.model_type!r}.",
        "Update transformers, or write a model file of its own (CONTRIBUTING.md).",
    )


def extractor(processor: Any) -> Any | None:
    """What makes features of sound in a processor."""
    names = ("feature_extractor", "audio_processor")
    return next((found for name in names if (found := getattr(processor, name, None)) is not None), None)


def longest_s(model_type: str, processor: Any) -> float | None:
    """Seconds of a clip that reach the model; None: all.

    A processor with a limit of its own keeps whole windows: GLM-ASR's 655 s are 21 of 30 s, 630 s.
    """
    window = getattr(extractor(processor), "chunk_length", None)
    if (limit := getattr(processor, "max_audio_len", None)) is not None:
        return float(limit // window * window if window else limit)
    told = of(model_type).longest_s
    longest = window if told == "extractor" else told
    return None if longest is None else float(longest)
