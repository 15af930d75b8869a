"""Language models, and what makes audio enter them: prompts, adapters, decoding, ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.models.decoders.audio_llm import AudioLLM, UnusableClip
    from mudata.evaluation.models.decoders.generation import GenerationConfig, PromptEmbedding
    from mudata.evaluation.models.decoders.llama_adapter import Bridged
    from mudata.evaluation.models.decoders.llama_tokenizer import LlamaTokenizer
    from mudata.evaluation.models.decoders.qwen_tokenizer import QwenTokenizer

__all__ = [
    "AudioLLM",
    "Bridged",
    "GenerationConfig",
    "LlamaTokenizer",
    "PromptEmbedding",
    "QwenTokenizer",
    "UnusableClip",
]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "AudioLLM": "audio_llm",
        "Bridged": "llama_adapter",
        "GenerationConfig": "generation",
        "LlamaTokenizer": "llama_tokenizer",
        "PromptEmbedding": "generation",
        "QwenTokenizer": "qwen_tokenizer",
        "UnusableClip": "audio_llm",
    },
)
