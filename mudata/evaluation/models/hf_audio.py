"""Every audio-language model that transformers runs natively, through one class.

Qwen2-Audio, Qwen2.5-Omni, Audio Flamingo 3, Music Flamingo, Voxtral, Gemma 3n and 4, GLM-ASR and
the like: the checkpoint's own chat template writes the prompt, its own feature extractor hears.
Greedy unless asked otherwise, so that runs repeat. What a model thinks aloud stays in the answer, in
its marks, which whoever reads answers knows (`align.thoughts`).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mudata.errors import ModelError
from mudata.evaluation.align.thoughts import MARKS, left_open
from mudata.evaluation.models import hf_architectures
from mudata.evaluation.models.device import placement, quieten
from mudata.evaluation.models.weights.hub_checkpoint import checkpoint_facts, loading_options
from mudata.evaluation.models.weights.safe_load import reading
from mudata.evaluation.protocol import Answer, Clip, Failure, Item, ModelCapabilities, Ranking
from mudata.safe_text import text_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHORT_S = 1.0
"""Below this a clip without a place in the prompt is to blame itself, not the checkpoint. Ours."""

AUDIO_TOKENS = ("audio_token_id", "audio_token_index")

SWITCH = "enable_thinking"
"""By which chat templates of models that think let thoughts be switched on and off."""
PROMPT_END = 8
"""Ids at a prompt's end that may begin a thought: its mark is one or a few."""


class TransformersAudio:
    """A checkpoint (Hugging Face id or local folder) that takes audio and text and writes text.

    device: 'auto' takes the GPU if there is one. dtype: 'auto' is bfloat16 on a GPU (float16 where
    it lacks it) and float32 on a CPU; or 'bf16', 'fp16', 'fp32'. sampling: 'greedy', or 'paper': as
    the checkpoint's generation_config says, drawn with `seed`. batch: None takes 8, or what a GPU
    has room for. thinking: switches thoughts on or off where the chat template has a switch for
    them (`enable_thinking`); None leaves it as the template has it. offline: never ask the
    Hub.
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
        thinking: bool | None = None,
        seed: int = 0,
        offline: bool = False,
    ) -> None:
        if sampling not in ("greedy", "paper"):
            raise ModelError(f"No sampling named {sampling!r}.", "Known: greedy, paper.")
        self.checkpoint, self.revision, self.offline = checkpoint, revision, offline
        self.device, self.dtype = device, dtype
        self.max_new_tokens, self.sampling, self.seed = max_new_tokens, sampling, seed
        self.thinking, self._batch = thinking, batch
        self.capabilities = ModelCapabilities(
            batch=batch or 1, gives_logits=True, takes_source=True, audio_optional=True
        )

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
        where |= loading_options(self.checkpoint, self.revision, offline=self.offline)
        hint = "Check the name and --revision; for a gated repository accept its terms on its page and set HF_TOKEN."
        try:
            with reading(f"The checkpoint {self.checkpoint!r}", hint, done="loaded"):
                config = transformers.AutoConfig.from_pretrained(self.checkpoint, **where)
                factory = hf_architectures.model_class(config)
                hf_architectures.check(self.checkpoint, config.model_type)
                self.processor: Any = transformers.AutoProcessor.from_pretrained(self.checkpoint, **where)
                self._feature_extractor()
                loaded = factory.from_pretrained(self.checkpoint, dtype=self._torch_dtype, **where)
                self.model: Any = loaded.to(self.device).eval()
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"{self.checkpoint} does not fit on {self.device} as {self._torch_dtype}: {text_of(error)}.",
                "Choose a smaller dtype (--dtype bf16), a smaller checkpoint, or --device cpu.",
            ) from error
        self.architecture = hf_architectures.of(config.model_type)
        self._check_switch()
        self.capabilities = replace(
            self.capabilities,
            sample_rate=int(self._feature_extractor().sampling_rate),
            max_seconds=hf_architectures.longest_s(config.model_type, self.processor),
            batch=self._batch or batch_for(self.model, self.device),
            max_clips=hf_architectures.SEVERAL if self.architecture.several else 1,
        )

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        """One continuation per item; prompts of a batch are padded on the left."""
        import torch

        if len(items) > 1 and self.architecture.alone:
            return [answer for item in items for answer in self.answer([item])]
        inputs = self.inputs(items)
        torch.manual_seed(self.seed)  # greedy answers draw nothing
        written = zip(inputs["input_ids"], self.new_ids(inputs), strict=True)
        return [Answer(self.text(prompt, new)) for prompt, new in written]

    def text(self, prompt: Any, new: Any) -> str:
        """What was written after a prompt, without special tokens but those that mark a thought; a
        thought that the prompt began is begun here. prompt, new: ids."""
        tokenizer = self.processor.tokenizer
        added = getattr(tokenizer, "added_tokens_decoder", {})
        special = {i for i, token in added.items() if token.special}
        if marks := {i for i in special if str(added[i]) in MARKS}:
            new = [i for i in map(int, new) if i not in special - marks]
        text: str = tokenizer.decode(new, skip_special_tokens=not marks)
        return left_open(tokenizer.decode(prompt[-PROMPT_END:], skip_special_tokens=False)) + text.strip()

    def new_ids(self, inputs: Any) -> Any:
        """What is written after the prompts;
        in place where that is known to be the same, since it is faster."""
        import torch

        from mudata.evaluation.models.decoders.generation import go_on

        if self.sampling == "greedy" and self.architecture.plain:
            ids = go_on(self.model, inputs, self.max_new_tokens)
            if ids is not None:
                return ids
        with torch.inference_mode():
            out = self.model.generate(**inputs, **self._generation())
        return out[:, inputs["input_ids"].shape[1] :]

    def rank(self, items: Sequence[Item]) -> list[Ranking | Failure]:
        """Log-likelihood of every option as the beginning of the answer:
        its tokens' sum, given sound and prompt.

        Sound and prompt are computed once per item, without padding; options continue them
        together, as many at once as items were given, so that what fits for items fits here.
        """
        import torch

        with torch.inference_mode():
            return [self._rank(item, at_once=len(items)) for item in items]

    def _rank(self, item: Item, *, at_once: int) -> Ranking:
        import torch

        from mudata.evaluation.models.decoders.kv_cache import cache_name

        options = [self.processor.tokenizer(o, add_special_tokens=False)["input_ids"] for o in item.question.marks]
        cached = cache_name(self.model)
        prefix = self.model(**self.inputs([item]), use_cache=True)
        first = prefix.logits[0, -1].float().log_softmax(-1)
        sums: list[float] = []
        # states of recurrent layers cannot be repeated, so that their options continue one by one
        layers = getattr(prefix[cached], "layers", ())
        step = at_once if all(hasattr(layer, "batch_repeat_interleave") for layer in layers) else 1
        for start in range(0, len(options), step):
            some = options[start : start + step]
            ids = torch.zeros(len(some), max(map(len, some)), dtype=torch.long, device=self.device)
            for row, tokens in enumerate(some):
                ids[row, : len(tokens)] = torch.tensor(tokens)
            cache = copy.deepcopy(prefix[cached])
            if len(some) > 1:
                cache.batch_repeat_interleave(len(some))
            out = self.model(input_ids=ids, use_cache=True, **{cached: cache})
            likely = out.logits.float().log_softmax(-1)[:, :-1].gather(2, ids[:, 1:, None])[:, :, 0]
            sums += [
                float(first[tokens[0]] + likely[row, : len(tokens) - 1].sum()) for row, tokens in enumerate(some)
            ]  # what is beyond an option's own tokens is padding, which nothing before it sees
        return Ranking(tuple(sums), tuple(map(len, options)))

    def inputs(self, items: Sequence[Item]) -> Any:
        """What the checkpoint's processor makes of clips and prompts, on the device."""
        talks = [
            [
                {
                    "role": "user",
                    "content": [
                        *({"type": "audio", "audio": self.mono(clip)} for clip in item.clips),
                        {"type": "text", "text": item.question.prompt},
                    ],
                }
            ]
            for item in items
        ]
        inputs = self.processor.apply_chat_template(
            talks,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            # nested: a flat padding=True would reach the feature extractor and cut its mel frames
            processor_kwargs={"text_kwargs": {"padding": True, "padding_side": "left"}},
            **({} if self.thinking is None else {SWITCH: self.thinking}),
        )
        self._check_audio_tokens(inputs["input_ids"], items)
        return inputs.to(self.device, self._torch_dtype)

    def mono(self, clip: Clip) -> NDArray[np.float32]:
        """The mean of the channels, resampled by soxr's HQ:
        what transformers itself does with a file."""
        import soxr

        rate, target = clip.sample_rate, self.capabilities.sample_rate
        audio = clip.audio if clip.audio.ndim == 1 else clip.audio.mean(1)
        return audio if rate == target else soxr.resample(audio, rate, target, "HQ")

    def describe(self) -> dict[str, object]:
        facts = checkpoint_facts(
            self.checkpoint, self.revision, model=self.model, dtype=self._torch_dtype, device=self.device
        )
        return facts | {
            "sampling": self.sampling,
            "generation": self._generation(),
        }

    def _generation(self) -> dict[str, Any]:
        own: dict[str, Any] = {} if self.sampling == "paper" else {"do_sample": False}
        return own | {"max_new_tokens": self.max_new_tokens}

    def _feature_extractor(self) -> Any:
        """What makes features of sound. Raises ModelError where there is nothing such."""
        if (extractor := hf_architectures.extractor(self.processor)) is not None:
            return extractor
        raise ModelError(
            f"{self.checkpoint} has no audio input: its processor is {type(self.processor).__name__}.",
            "Choose a checkpoint of an audio-language model; see `mudata models`.",
        )

    def _check_switch(self) -> None:
        if self.thinking is not None and SWITCH not in str(self.processor.chat_template):
            raise ModelError(
                f"The chat template of {self.checkpoint} has no switch for thoughts.",
                "Leave the option thinking out.",
            )

    def _check_audio_tokens(self, ids: Any, items: Sequence[Item]) -> None:
        """Fail loudly when a prompt of clips holds no audio: such answers would be about nothing. Raises
        TooShort where that is for the clip's own sake."""
        holders = (self.model.config, self.processor)
        token = next((t for h in holders for n in AUDIO_TOKENS if (t := getattr(h, n, None)) is not None), None)
        if token is None:
            return
        there = (ids == token).any(dim=1).tolist()
        seconds = [sum(len(clip.audio) / clip.sample_rate for clip in item.clips) for item in items]
        lost = [s for s, audible, item in zip(seconds, there, items, strict=True) if item.clips and not audible]
        if lost and max(lost) < SHORT_S:
            raise TooShort(f"{min(lost):.3g} s leave no audio in the prompt")
        if lost:
            raise ModelError(
                f"The audio did not reach {self.checkpoint}: its prompt holds no audio tokens.",
                "The checkpoint's chat template takes no audio; choose an instruction-tuned checkpoint.",
            )


class TooShort(ValueError):
    """A clip that fills not one audio position; it becomes that clip's failure."""
