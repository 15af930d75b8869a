"""Every audio-language model that transformers runs natively, through one class.

Qwen2-Audio, Qwen2.5-Omni, Audio Flamingo 3, Music Flamingo, Voxtral, Gemma 3n, GLM-ASR and the
like: the checkpoint's own chat template writes the prompt, its own feature extractor hears. Greedy
unless asked otherwise, so that runs repeat.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.errors import MissingExtra, ModelError
from mudata.evaluation.models.device import placement, quieten
from mudata.evaluation.models.weights.safe_load import reading
from mudata.evaluation.models.weights.weight_store import provenance
from mudata.evaluation.protocol import Answer, Clip, Failure, ModelCapabilities, Question, Ranking
from mudata.evaluation.tasks.prompts import LETTERS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_S = {"qwen2_audio": 30.0, "qwen2_5_omni": 300.0, "gemma3n": 30.0, "gemma4": 30.0, "glmasr": 655.0}
"""Seconds after which a processor drops the rest without a word,
by model type (transformers 5.23 sources)."""

SHORT_S = 1.0
"""Below this a clip without a place in the prompt is to blame itself, not the checkpoint. Ours."""

IN_PLACE = ("qwen2_audio", "audioflamingo3", "musicflamingo")
"""Model types whose language model is a plain one, so that greedy decoding can be that of
`decoders.generation`."""

AUDIO_TOKENS = ("audio_token_id", "audio_token_index")

ALONE = {"phi4_multimodal"}
"""Models that hear a clip otherwise when it is padded beside a longer one (transformers 5.23:
logits of a small random one differ by 6 % of their spread), and get clips one by one."""

THINKERS = {
    "qwen2_5_omni": "Qwen2_5OmniThinkerForConditionalGeneration",
    "qwen3_omni_moe": "Qwen3OmniMoeThinkerForConditionalGeneration",
}
"""Models that also speak, by the part of them that listens and writes;
their voices are not even loaded."""

EXTRAS = {
    "qwen2_5_omni": ("omni", ("PIL", "torchvision")),
    "qwen3_omni_moe": ("omni", ("PIL", "torchvision")),
    "phi4_multimodal": ("omni", ("PIL", "torchvision")),
    "gemma3n": ("omni", ("PIL", "timm")),
    "voxtral": ("voxtral", ("mistral_common",)),
}
"""What processors need beyond transformers (its 5.23 sources):
those of models that also see, packages for pictures."""


class TransformersAudio:
    """A checkpoint (Hugging Face id or local folder) that takes audio and text and writes text.

    device: 'auto' takes the GPU if there is one. dtype: 'auto' is bfloat16 on a GPU (float16 where
    it lacks it) and float32 on a CPU; or 'bf16', 'fp16', 'fp32'. sampling: 'greedy', or 'paper': as
    the checkpoint's generation_config says, drawn with `seed`. batch: None takes 8, or what a GPU
    has room for.
    """

    def __init__(
        self,
        checkpoint: str,
        *,
        revision: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        max_new_tokens: int = 100,
        batch: int | None = None,
        sampling: str = "greedy",
        seed: int = 0,
    ) -> None:
        if sampling not in ("greedy", "paper"):
            raise ModelError(f"No sampling named {sampling!r}.", "Known: greedy, paper.")
        self.checkpoint, self.revision = checkpoint, revision
        self.device, self.dtype = device, dtype
        self.max_new_tokens, self.sampling, self.seed = max_new_tokens, sampling, seed
        self._batch = batch
        self.capabilities = ModelCapabilities(batch=batch or 1, gives_logits=True, takes_source=True)

    def load(self) -> None:
        """Read configuration, processor and weights; nothing from the checkpoint is executed.

        Raises ModelError: not found, gated, no audio input, or too large for the device.
        """
        import torch
        import transformers

        from mudata.evaluation.models.decoders.generation import batch_for

        quieten()
        self.device, self._torch_dtype = placement(self.device, self.dtype)
        where: dict[str, Any] = {"revision": self.revision, "trust_remote_code": False}
        hint = "Check the name and --revision; for a gated repository accept its terms on its page and set HF_TOKEN."
        try:
            with reading(f"The checkpoint {self.checkpoint!r}", hint, done="loaded"):
                config = transformers.AutoConfig.from_pretrained(self.checkpoint, **where)
                factory = model_class(config)
                check_extra(self.checkpoint, config.model_type)
                self.processor: Any = transformers.AutoProcessor.from_pretrained(self.checkpoint, **where)
                self._feature_extractor()
                loaded = factory.from_pretrained(self.checkpoint, dtype=self._torch_dtype, **where)
                self.model: Any = loaded.to(self.device).eval()
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"{self.checkpoint} does not fit on {self.device} as {self._torch_dtype}: {error}.",
                "Choose a smaller dtype (--dtype bf16), a smaller checkpoint, or --device cpu.",
            ) from error
        longest = getattr(self.processor, "max_audio_len", None) or LONGEST_S.get(config.model_type)
        self.capabilities = replace(
            self.capabilities,
            sample_rate=int(self._feature_extractor().sampling_rate),
            max_seconds=float(longest) if longest else None,
            batch=self._batch or batch_for(self.model, self.device),
        )

    def answer(self, clips: Sequence[Clip], question: Question) -> list[Answer | Failure]:
        """One continuation per clip; prompts of a batch are padded on the left."""
        import torch

        if len(clips) > 1 and self.model.config.model_type in ALONE:
            return [answer for clip in clips for answer in self.answer([clip], question)]
        inputs = self.inputs(clips, question)
        torch.manual_seed(self.seed)  # greedy answers draw nothing
        new = self.new_ids(inputs)
        texts = self.processor.tokenizer.batch_decode(new, skip_special_tokens=True)
        return [Answer(text.strip()) for text in texts]

    def new_ids(self, inputs: Any) -> Any:
        """What is written after the prompts;
        in place where that is known to be the same, since it is faster."""
        import torch

        from mudata.evaluation.models.decoders.generation import go_on

        if self.sampling == "greedy" and self.model.config.model_type in IN_PLACE:
            ids = go_on(self.model, inputs, self.max_new_tokens)
            if ids is not None:
                return ids
        with torch.inference_mode():
            out = self.model.generate(**inputs, **self._generation())
        return out[:, inputs["input_ids"].shape[1] :]

    def rank(self, clips: Sequence[Clip], question: Question) -> list[Ranking | Failure]:
        """Log-likelihood of every option as the beginning of the answer:
        its tokens' sum, given sound and prompt.

        Sound and prompt are computed once per clip, without padding; options continue them
        together, as many at once as clips were given, so that what fits for clips fits here.
        """
        import torch

        written = LETTERS[: len(question.options)] if question.letters else question.options
        options = [self.processor.tokenizer(o, add_special_tokens=False)["input_ids"] for o in written]
        with torch.inference_mode():
            return [self._rank(clip, question, options, len(clips)) for clip in clips]

    def _rank(self, clip: Clip, question: Question, options: list[list[int]], at_once: int) -> Ranking:
        """`options` are token ids."""
        import torch

        from mudata.evaluation.models.decoders.kv_cache import cache_name

        cached = cache_name(self.model)
        prefix = self.model(**self.inputs([clip], question), use_cache=True)
        first = prefix.logits[0, -1].float().log_softmax(-1)
        sums: list[float] = []
        for start in range(0, len(options), at_once):
            some = options[start : start + at_once]
            ids = torch.zeros(len(some), max(map(len, some)), dtype=torch.long, device=self.device)
            for row, tokens in enumerate(some):
                ids[row, : len(tokens)] = torch.tensor(tokens)
            cache = copy.deepcopy(prefix[cached])
            cache.batch_repeat_interleave(len(some))
            out = self.model(input_ids=ids, use_cache=True, **{cached: cache})
            likely = out.logits.float().log_softmax(-1)[:, :-1].gather(2, ids[:, 1:, None])[:, :, 0]
            sums += [
                float(first[tokens[0]] + likely[row, : len(tokens) - 1].sum()) for row, tokens in enumerate(some)
            ]  # what is beyond an option's own tokens is padding, which nothing before it sees
        return Ranking(tuple(sums), tuple(map(len, options)))

    def inputs(self, clips: Sequence[Clip], question: Question) -> Any:
        """What the checkpoint's processor makes of the clips and the prompt, on the device."""
        talks = [
            [
                {
                    "role": "user",
                    "content": [{"type": "audio", "audio": self.mono(c)}, {"type": "text", "text": question.prompt}],
                }
            ]
            for c in clips
        ]
        inputs = self.processor.apply_chat_template(
            talks,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            # nested: a flat padding=True would reach the feature extractor and cut its mel frames
            processor_kwargs={"text_kwargs": {"padding": True, "padding_side": "left"}},
        )
        self._check_audio_tokens(inputs["input_ids"], clips)
        return inputs.to(self.device, self._torch_dtype)

    def mono(self, clip: Clip) -> NDArray[np.float32]:
        """The mean of the channels, resampled by soxr's HQ:
        what transformers itself does with a file."""
        import soxr

        rate, target = clip.sample_rate, self.capabilities.sample_rate
        audio = clip.audio if clip.audio.ndim == 1 else clip.audio.mean(1)
        return audio if rate == target else soxr.resample(audio, rate, target, "HQ")

    def describe(self) -> dict[str, object]:
        import torch
        import transformers

        return {
            "checkpoint": self.checkpoint if not Path(self.checkpoint).exists() else Path(self.checkpoint).name,
            "revision": getattr(self.model.config, "_commit_hash", None) or self.revision,
            **provenance(Path(self.checkpoint)),
            "class": type(self.model).__name__,
            "parameters": sum(p.numel() for p in self.model.parameters()),
            "dtype": str(self._torch_dtype).removeprefix("torch."),
            "device": torch.cuda.get_device_name() if self.device.startswith("cuda") else self.device,
            "sampling": self.sampling,
            "generation": self._generation(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        }

    def _generation(self) -> dict[str, Any]:
        own: dict[str, Any] = {} if self.sampling == "paper" else {"do_sample": False}
        return own | {"max_new_tokens": self.max_new_tokens}

    def _feature_extractor(self) -> Any:
        """What makes features of sound. Raises ModelError where there is nothing such."""
        for name in ("feature_extractor", "audio_processor"):
            if (extractor := getattr(self.processor, name, None)) is not None:
                return extractor
        raise ModelError(
            f"{self.checkpoint} has no audio input: its processor is {type(self.processor).__name__}.",
            "Choose a checkpoint of an audio-language model; see `mudata models`.",
        )

    def _check_audio_tokens(self, ids: Any, clips: Sequence[Clip]) -> None:
        """Fail loudly when a prompt holds no audio: such answers would be about nothing. Raises
        TooShort where that is for the clip's own sake."""
        holders = (self.model.config, self.processor)
        token = next((t for h in holders for n in AUDIO_TOKENS if (t := getattr(h, n, None)) is not None), None)
        if token is None:
            return
        there = (ids == token).any(dim=1).tolist()
        seconds = [len(clip.audio) / clip.sample_rate for clip in clips]
        lost = [s for s, audible in zip(seconds, there, strict=True) if not audible]
        if lost and max(lost) < SHORT_S:
            raise TooShort(f"{min(lost):.3g} s leave no audio in the prompt")
        if lost:
            raise ModelError(
                f"The audio did not reach {self.checkpoint}: its prompt holds no audio tokens.",
                "The checkpoint's chat template takes no audio; choose an instruction-tuned checkpoint.",
            )


class TooShort(ValueError):
    """A clip that fills not one audio position; it becomes that clip's failure."""


def check_extra(checkpoint: str, model_type: str) -> None:
    extra, packages = EXTRAS.get(model_type, ("", ()))
    if missing := next((name for name in packages if util.find_spec(name) is None), None):
        raise MissingExtra(f"The checkpoint {checkpoint!r}", missing, extra)


def model_class(config: Any) -> Any:
    """The transformers class that runs a configuration.

    Some audio models are registered as multimodal, some (Audio Flamingo) only as
    sequence-to-sequence models, so both tables are asked, then the configuration itself. Raises
    ModelError.
    """
    import transformers
    from transformers.models.auto import modeling_auto

    if thinker := THINKERS.get(config.model_type):
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
