"""The architectures of the survey's models, as their authors published them, one a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.models.families.anygpt import AnyGPT
    from mudata.evaluation.models.families.chatmusician import ChatMusician
    from mudata.evaluation.models.families.ltu import LTU
    from mudata.evaluation.models.families.ltu_as import LtuAs
    from mudata.evaluation.models.families.m2ugen import M2UGen
    from mudata.evaluation.models.families.modaverse import ModaVerse
    from mudata.evaluation.models.families.mu_llama import MuLlama
    from mudata.evaluation.models.families.qwen_audio import QwenAudio
    from mudata.evaluation.models.families.salmonn import Salmonn

__all__ = ["LTU", "AnyGPT", "ChatMusician", "LtuAs", "M2UGen", "ModaVerse", "MuLlama", "QwenAudio", "Salmonn"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "AnyGPT": "anygpt",
        "ChatMusician": "chatmusician",
        "LTU": "ltu",
        "LtuAs": "ltu_as",
        "M2UGen": "m2ugen",
        "ModaVerse": "modaverse",
        "MuLlama": "mu_llama",
        "QwenAudio": "qwen_audio",
        "Salmonn": "salmonn",
    },
)
