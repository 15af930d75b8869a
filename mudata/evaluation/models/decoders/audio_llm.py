"""What the survey's listening models have in common: encode each clip once, put it into a prompt,
write.

A model is a folder in its authors' layout and a subclass that says how a wave becomes positions of
a language model. The rest is here: placing, batching with padding on the left, decoding, ranking of
options, and the record of what was used.
"""

from __future__ import annotations

import contextlib
import dataclasses
import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from mudata.errors import ModelError
from mudata.evaluation.models.decoders.generation import (
    BATCH,
    GenerationConfig,
    PromptEmbedding,
    batch_for,
    rank,
    write,
)
from mudata.evaluation.models.device import placement, quieten
from mudata.evaluation.models.weights.weight_store import provenance
from mudata.evaluation.protocol import Answer, Clip, Failure, Item, ModelCapabilities, Question, Ranking
from mudata.json_files import WRONG_SHAPE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


STREAMS = 4
"""Clips that a GPU encodes at once, each in a thread and on a stream of its own: while the CPU
resamples one and turns it into a spectrogram, the GPU encodes another."""


SHORTEST_S = 0.05
"""Seconds below which there is nothing to hear: filter banks of 25 ms windows have no frame,
convolutions no output. As for clips of datasets."""


class UnusableClip(Exception):
    """A clip that this model can make nothing of; it becomes that clip's failure."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind, self.reason = kind, reason


class AudioLLM:
    """A checkpoint folder that takes audio and text and writes text.

    checkpoint: the folder, in the published layout. device: 'auto' takes the GPU if there is one.
    dtype: 'auto' is the half precision of a GPU, float32 on a CPU; or 'bf16', 'fp16', 'fp32'.
    sampling: 'greedy', which repeats, or 'paper', the authors' own way, with `seed`.
    max_new_tokens: None takes the authors' limit. batch: None takes 8, or what a GPU has room for.

    A subclass has RATE (Hz), LONGEST_S (seconds it hears of a clip; None: all), GREEDY and PAPER
    (GenerationConfig), and `_load`, `waveform`, `stages`, `compose`, `finish`, `continuation`.

    Whoever debugs a checkpoint loads the model and looks at what each stage makes of a clip:

        wave = model.waveform(samples, rate).to(model.device)
        for name, tensor in model.stages(wave).items():
            print(name, tuple(tensor.shape), float(tensor.float().std()))

    `llm` is the language model, a transformers class; `tokenizer` has `encode` and `decode`.
    """

    RATE: ClassVar[int]
    LONGEST_S: ClassVar[float | None] = None
    GREEDY: ClassVar[GenerationConfig]
    PAPER: ClassVar[GenerationConfig]

    def __init__(
        self,
        checkpoint: str,
        *,
        device: str = "auto",
        dtype: str = "auto",
        sampling: str = "greedy",
        max_new_tokens: int | None = None,
        batch: int | None = None,
        seed: int = 0,
    ) -> None:
        if sampling not in ("greedy", "paper"):
            raise ModelError(f"No sampling named {sampling!r}.", "Known: greedy, paper.")
        self.folder = Path(checkpoint)
        self.device, self.dtype, self.sampling, self.seed = device, dtype, sampling, seed
        self.max_new_tokens, self._batch = max_new_tokens, batch
        self.llm: Any = None
        self.capabilities = ModelCapabilities(
            sample_rate=self.RATE,
            max_seconds=self.LONGEST_S,
            batch=batch or BATCH,
            gives_logits=True,
            takes_source=True,
        )

    # What a subclass is

    def _load(self, folder: Path, device: str, dtype: torch.dtype) -> None:
        """Set `llm` and the encoders."""
        raise NotImplementedError

    def waveform(self, audio: NDArray[np.float32], rate: int) -> torch.Tensor:
        """The wave that encoders get, by the authors' own rule of mixing and resampling.

        audio: float32 (n,) or (n, channels), full scale 1, at `rate` Hz. Returns float32 at RATE,
        (n,) unless the subclass says otherwise.
        """
        raise NotImplementedError

    def stages(self, wave: torch.Tensor) -> dict[str, torch.Tensor]:
        """What becomes of a wave on its way into the prompt,
        by the name of each stage and in order.

        The last is what `compose` takes. Stages are tensors of one clip, without a batch axis; a
        subclass tells their shapes. To be called in `torch.inference_mode()`.
        """
        raise NotImplementedError

    def hear(self, wave: torch.Tensor) -> torch.Tensor:
        """The last of the stages, once per clip."""
        return next(reversed(self.stages(wave).values()))

    def compose(self, audio: torch.Tensor, prompt: str, question: Question) -> PromptEmbedding:
        """The whole prompt of one clip. audio: what `hear` gave."""
        raise NotImplementedError

    def compose_words(self, prompt: str) -> PromptEmbedding:
        """The whole prompt of a question without a clip, of a subclass whose `capabilities.audio_optional` is true."""
        raise NotImplementedError

    def finish(self, ids: list[int]) -> str:
        """The answer's text."""
        raise NotImplementedError

    def continuation(self, option: str) -> list[int]:
        """Ids of an option as this model would write it after the prompt."""
        raise NotImplementedError

    def generation_config(self) -> GenerationConfig:
        """How answers are written."""
        config = self.PAPER if self.sampling == "paper" else self.GREEDY
        longest = self.max_new_tokens or config.max_new_tokens
        return dataclasses.replace(
            config,
            stop=self.stop_ids(),
            max_new_tokens=longest,
            min_new_tokens=min(config.min_new_tokens, longest),
        )

    def stop_ids(self) -> tuple[int, ...]:
        """Ids that end an answer; 2 is LLaMA's end of sequence."""
        return (2,)

    # What all of them do

    def load(self) -> None:
        """Read the folder. Raises ModelError:
        not there, another model, cut short, or too large for the device."""
        quieten()
        if not self.folder.is_dir():
            raise ModelError(
                f"The checkpoint folder {self.folder} is not there.",
                "Run: mudata models fetch NAME, or give --checkpoint FOLDER.",
            )
        self.device, self._torch_dtype = placement(self.device, self.dtype)
        try:
            with torch.inference_mode():
                self._load(self.folder, self.device, self._torch_dtype)
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"{self.folder.name} does not fit on {self.device} as {self._torch_dtype}: {error}.",
                "Choose --dtype bf16, or --device cpu.",
            ) from error
        except KeyError as error:
            raise ModelError(f"A setting is missing in {self.folder}: {error}.", "Fetch the model again.") from error
        except (OSError, *WRONG_SHAPE) as error:  # transformers' own words for files that are not there or odd
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ModelError(f"{self.folder} cannot be loaded: {first}", "Fetch the model again.") from error
        if self.device.startswith("cuda"):
            self._streams: queue.SimpleQueue[torch.cuda.Stream] = queue.SimpleQueue()
            for _ in range(STREAMS):
                self._streams.put(torch.cuda.Stream(self.device))  # type: ignore[no-untyped-call]
        if self._batch is None:
            self.capabilities = dataclasses.replace(self.capabilities, batch=batch_for(self.llm, self.device))

    def _generation(self) -> dict[str, object]:
        """The generation config as it is recorded, without the ids that stop."""
        settings = dataclasses.asdict(self.PAPER if self.sampling == "paper" else self.GREEDY)
        longest = self.max_new_tokens or settings["max_new_tokens"]
        settings |= {"do_sample": settings.pop("sample"), "max_new_tokens": longest}
        return {key: value for key, value in settings.items() if key != "stop"}

    def embed_clip(self, clip: Clip, question: Question) -> PromptEmbedding:
        """The whole prompt for a clip. Raises UnusableClip."""
        with torch.inference_mode():
            wave = self.waveform(clip.audio, clip.sample_rate).to(self.device)
            return self.embed_wave(wave, question)

    def embed_wave(self, wave: torch.Tensor, question: Question) -> PromptEmbedding:
        """The whole prompt for a wave, as `waveform` gives it."""
        return self.compose(self.hear(wave), question.prompt, question)

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        """One answer per item. Encoders hear clips one by one, since padding would change what they
        hear; the language model answers all at once."""
        config = self.generation_config()
        if config.sample:
            torch.manual_seed(self.seed)
        prompts = self.embed_items(items)
        embedded = [prompt for prompt in prompts if isinstance(prompt, PromptEmbedding)]
        written = iter(self.write(embedded, config) if embedded else ())
        return [
            prompt if isinstance(prompt, Failure) else Answer(self.finish(next(written)), prompt.given)
            for prompt in prompts
        ]

    def embed_items(self, items: Sequence[Item]) -> list[PromptEmbedding | Failure]:
        """Every item's prompt, or why there is none."""
        if not self.device.startswith("cuda") or len(items) == 1:
            return [self._embedded(item) for item in items]
        with ThreadPoolExecutor(STREAMS) as pool:
            return list(pool.map(self._on_stream, items))

    def _on_stream(self, item: Item) -> PromptEmbedding | Failure:
        """An item's prompt, made on a stream that no other clip uses meanwhile, and complete."""
        stream, writing = self._streams.get(), torch.cuda.default_stream(self.device)
        try:
            stream.wait_stream(writing)  # what was loaded has to be there
            with torch.cuda.stream(stream):
                prompt = self._embedded(item)
            stream.synchronize()
        finally:
            self._streams.put(stream)
        if isinstance(prompt, PromptEmbedding):
            with torch.inference_mode():
                for tensor in (prompt.embeds, prompt.adapter):
                    if tensor is not None:  # not free for the next clip while the llm reads it
                        tensor.record_stream(writing)
        return prompt

    def _embedded(self, item: Item) -> PromptEmbedding | Failure:
        if not item.clips:
            with torch.inference_mode():
                return self.compose_words(item.question.prompt)
        clip = item.clip
        seconds = len(clip.audio) / clip.sample_rate
        if 0 < seconds < SHORTEST_S:  # MIDI has no samples at all
            return Failure("too-short", f"{seconds:.3g} s; below {SHORTEST_S} s is nothing")
        try:
            return self.embed_clip(clip, item.question)
        except UnusableClip as unusable:
            return Failure(unusable.kind, unusable.reason)

    @contextlib.contextmanager
    def attending(self, prompts: Sequence[PromptEmbedding]) -> Iterator[None]:
        """While this lasts, the language model is set for these prompts. Nothing to set where clips
        are positions."""
        yield

    def write(self, prompts: Sequence[PromptEmbedding], config: GenerationConfig) -> list[list[int]]:
        """New ids of each prompt."""
        with torch.inference_mode(), self.attending(prompts):
            return write(self.llm, prompts, config)

    def rank(self, items: Sequence[Item]) -> list[Ranking | Failure]:
        """Log-likelihood in nats of each of the question's options after each item's prompt, which
        is read once.

        As many options at once as items were given, so that what fits for items fits here.
        """
        rankings: list[Ranking | Failure] = []
        for item, prompt in zip(items, self.embed_items(items), strict=True):
            if isinstance(prompt, Failure):
                rankings.append(prompt)
                continue
            continuations = [self.continuation(option) for option in item.question.marks]
            with torch.inference_mode(), self.attending([prompt]):
                likely = rank(self.llm, prompt, continuations, at_once=len(items))
            rankings.append(Ranking(tuple(likely), tuple(map(len, continuations))))
        return rankings

    def describe(self) -> dict[str, object]:
        import transformers

        return {
            "checkpoint": self.folder.name,
            **provenance(self.folder),
            "parameters": sum(p.numel() for p in self.llm.parameters()),
            "dtype": str(self._torch_dtype).removeprefix("torch."),
            "device": torch.cuda.get_device_name() if self.device.startswith("cuda") else self.device,
            "sampling": self.sampling,
            "generation": self._generation(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        }
