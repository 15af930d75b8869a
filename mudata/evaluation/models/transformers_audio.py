"""Every audio-language model that transformers runs natively, through one class.

Qwen2-Audio, Qwen2.5-Omni, Audio Flamingo 3, Music Flamingo, Voxtral, Gemma 3n, GLM-ASR and the like: the
checkpoint's own chat template writes the prompt, its own feature extractor hears. Greedy, so that runs repeat.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mudata.errors import ModelError
from mudata.evaluation.protocol import Answer, Clip, Failure, Hearing, Question

LONGEST_S = {"qwen2_audio": 30.0, "gemma3n": 30.0, "gemma4": 30.0, "glmasr": 655.0}
"""Seconds after which a processor drops the rest without a word, by model type (transformers 5.23 sources)."""

AUDIO_TOKENS = ("audio_token_id", "audio_token_index")


class TransformersAudio:
    """A checkpoint (Hugging Face id or local folder) that takes audio and text and writes text.

    device: 'auto' takes the GPU if there is one. dtype: 'auto' is bfloat16 on a GPU (float16 where it lacks it) and
    float32 on a CPU; or 'bf16', 'fp16', 'fp32'.
    """

    def __init__(
        self,
        checkpoint: str,
        *,
        revision: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        max_new_tokens: int = 100,
        batch: int = 8,
    ) -> None:
        self.checkpoint, self.revision = checkpoint, revision
        self.device, self.dtype = device, dtype
        self.max_new_tokens = max_new_tokens
        self.hearing = Hearing(batch=batch)

    def load(self) -> None:
        """Read configuration, processor and weights; nothing from the checkpoint is executed.

        Raises ModelError: not found, gated, no audio input, or too large for the device.
        """
        import torch
        import transformers

        quieten()
        self.device, self._torch_dtype = placement(self.device, self.dtype)
        where: dict[str, Any] = {"revision": self.revision, "trust_remote_code": False}
        try:
            config = transformers.AutoConfig.from_pretrained(self.checkpoint, **where)
            factory = model_class(config)
            self._processor: Any = transformers.AutoProcessor.from_pretrained(self.checkpoint, **where)
            self._check_ears()
            loaded = factory.from_pretrained(self.checkpoint, dtype=self._torch_dtype, **where)
            self._model: Any = loaded.to(self.device).eval()
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"{self.checkpoint} does not fit on {self.device} as {self._torch_dtype}: {error}.",
                "Choose a smaller dtype (--dtype bf16), a smaller checkpoint, or --device cpu.",
            ) from error
        except (OSError, ValueError, ImportError) as error:
            raise ModelError(
                f"The checkpoint {self.checkpoint!r} cannot be loaded: {str(error).strip().splitlines()[0]}",
                "Check the name and --revision; for a gated repository accept its terms on its page and set HF_TOKEN.",
            ) from error
        longest = getattr(self._processor, "max_audio_len", None) or LONGEST_S.get(config.model_type)
        self.hearing = Hearing(
            sample_rate=int(self._processor.feature_extractor.sampling_rate),
            max_seconds=float(longest) if longest else None,
            batch=self.hearing.batch,
        )

    def answer(self, clips: Sequence[Clip], question: Question) -> list[Answer | Failure]:
        """One greedy continuation per clip; prompts of a batch are padded on the left."""
        import torch

        talks = [
            [
                {
                    "role": "user",
                    "content": [{"type": "audio", "audio": c.audio}, {"type": "text", "text": question.prompt}],
                }
            ]
            for c in clips
        ]
        inputs = self._processor.apply_chat_template(
            talks,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            # nested: a flat padding=True would reach the feature extractor and cut its mel frames
            processor_kwargs={"text_kwargs": {"padding": True, "padding_side": "left"}},
        )
        self._check_heard(inputs["input_ids"])
        inputs = inputs.to(self.device, self._torch_dtype)
        with torch.inference_mode():
            out = self._model.generate(**inputs, **self._generation())
        new = out[:, inputs["input_ids"].shape[1] :]
        texts = self._processor.tokenizer.batch_decode(new, skip_special_tokens=True)
        return [Answer(text.strip()) for text in texts]

    def describe(self) -> dict[str, object]:
        import torch
        import transformers

        return {
            "checkpoint": self.checkpoint if not Path(self.checkpoint).exists() else Path(self.checkpoint).name,
            "revision": getattr(self._model.config, "_commit_hash", None) or self.revision,
            "class": type(self._model).__name__,
            "parameters": sum(p.numel() for p in self._model.parameters()),
            "dtype": str(self._torch_dtype).removeprefix("torch."),
            "device": torch.cuda.get_device_name() if self.device.startswith("cuda") else self.device,
            "generation": {"do_sample": False, "max_new_tokens": self.max_new_tokens},
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        }

    def _generation(self) -> dict[str, Any]:
        settings: dict[str, Any] = {"do_sample": False, "max_new_tokens": self.max_new_tokens}
        name = type(self._model).__name__
        if "Omni" in name and "Thinker" not in name:  # whole omni models would speak, and name their limit otherwise
            settings = {"do_sample": False, "thinker_max_new_tokens": self.max_new_tokens, "generation_mode": "text"}
        return settings

    def _check_ears(self) -> None:
        if getattr(self._processor, "feature_extractor", None) is None:
            raise ModelError(
                f"{self.checkpoint} has no audio input: its processor is {type(self._processor).__name__}.",
                "Choose a checkpoint of an audio-language model; see `mudata models`.",
            )

    def _check_heard(self, ids: Any) -> None:
        """Fail loudly when a prompt holds no audio: such answers would be about nothing."""
        holders = (self._model.config, self._processor)
        token = next((t for h in holders for n in AUDIO_TOKENS if (t := getattr(h, n, None)) is not None), None)
        if token is not None and not bool((ids == token).any(dim=1).all()):
            raise ModelError(
                f"The audio did not reach {self.checkpoint}: its prompt holds no audio tokens.",
                "The checkpoint's chat template takes no audio; choose an instruction-tuned checkpoint.",
            )


def quieten() -> None:
    """No progress bars of transformers where nobody watches."""
    import transformers

    if not sys.stderr.isatty():
        transformers.utils.logging.disable_progress_bar()


def placement(device: str, dtype: str) -> tuple[str, Any]:
    """The device and torch dtype that 'auto' stands for here. Raises ModelError for what is not there."""
    import torch

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise ModelError(
            "There is no GPU that torch can use here.", "Use --device cpu, or install a CUDA build of torch."
        )
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ModelError(
            f"The device {device!r} cannot be used: {str(error).splitlines()[0]}",
            "Give --device auto, cpu, cuda or cuda:0.",
        ) from error
    half = (
        torch.bfloat16
        if device == "cpu" or (device.startswith("cuda") and torch.cuda.is_bf16_supported())
        else torch.float16
    )
    known = {
        "auto": torch.float32 if device == "cpu" else half,
        "bf16": torch.bfloat16,
        "fp16": torch.float16,
        "fp32": torch.float32,
    }
    if dtype not in known:
        raise ModelError(f"No dtype named {dtype!r}.", f"Known: {', '.join(known)}.")
    return device, known[dtype]


def model_class(config: Any) -> Any:
    """The transformers class that runs a configuration.

    Some audio models are registered as multimodal, some (Audio Flamingo) only as sequence-to-sequence models, so both
    tables are asked, then the configuration itself. Raises ModelError.
    """
    import transformers
    from transformers.models.auto import modeling_auto

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
