"""Writing answers from embeddings: batches padded on the left, greedy unless told otherwise, and
ranking of options.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from mudata.evaluation.models.decoders.cuda_graphs import Writer, greedy, positions
from mudata.evaluation.models.decoders.kv_cache import cache_name

BATCH, LARGEST_BATCH = 8, 64
"""Clips per batch on a CPU, and at most on a GPU, when nobody says."""
OTHER_SETTINGS = (
    "no_repeat_ngram_size",
    "bad_words_ids",
    "suppress_tokens",
    "begin_suppress_tokens",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "sequence_bias",
    "guidance_scale",
    "watermarking_config",
    "exponential_decay_length_penalty",
    "min_length",
    "remove_invalid_values",
    "encoder_repetition_penalty",
    "renormalize_logits",
)
"""What a checkpoint's generation_config.json may ask for and greedy decoding here does not do."""


class PromptEmbedding(NamedTuple):
    """One prompt as the language model gets it: embeddings (positions, width), and the ids of its
    text, which a repetition penalty must see."""

    embeds: torch.Tensor
    ids: tuple[int, ...]
    adapter: torch.Tensor | None = None
    """What adapter layers add, in models that hear that way: (adapter layers, width)."""
    given: str | None = None
    """What stands for the clip in the prompt, where that is text; kept with the answer."""


@dataclass(frozen=True)
class GenerationConfig:
    """How answers are written. Greedy by default; `sample` with temperature, top_p, top_k (0: all)
    is an author's own way, and then draws from torch's generator. `stop` are ids that end an
    answer."""

    stop: tuple[int, ...]
    max_new_tokens: int = 100
    min_new_tokens: int = 0
    beams: int = 1
    repetition_penalty: float = 1.0
    sample: bool = False
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0


class _Penalty:
    """Repetition penalty over prompt and answer alike; transformers' own sees only the answer when
    a prompt comes as embeddings (Keskar et al. 2019, arXiv 1909.05858: positive logits divided,
    negative multiplied)."""

    def __init__(self, prompts: Sequence[Sequence[int]], penalty: float, device: Any) -> None:
        longest = max(map(len, prompts))
        padded = [[*ids, *[ids[0]] * (longest - len(ids))] for ids in prompts]
        self.prompts, self._penalty = torch.tensor(padded, device=device), penalty

    def __call__(self, ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        prompts = self.prompts
        if len(ids) > len(prompts):  # beams
            prompts = prompts.repeat_interleave(len(ids) // len(prompts), 0)
        seen = torch.cat([prompts, ids], 1)
        picked = scores.gather(1, seen)
        return scores.scatter(1, seen, torch.where(picked < 0, picked * self._penalty, picked / self._penalty))


def padded(prompts: Sequence[PromptEmbedding]) -> tuple[torch.Tensor, torch.Tensor]:
    """Prompts as one batch, padded with zeros on the left, so that all end at the same position.

    Returns embeddings (batch, longest, width) and their mask (batch, longest), 0 where padded.
    """
    longest = max(len(prompt.embeds) for prompt in prompts)
    width, like = prompts[0].embeds.shape[1], prompts[0].embeds
    embeds = like.new_zeros(len(prompts), longest, width)
    mask = torch.zeros(len(prompts), longest, dtype=torch.long, device=like.device)
    for row, prompt in enumerate(prompts):
        embeds[row, longest - len(prompt.embeds) :] = prompt.embeds
        mask[row, longest - len(prompt.embeds) :] = 1
    return embeds, mask


def write(llm: Any, prompts: Sequence[PromptEmbedding], config: GenerationConfig) -> list[list[int]]:
    """New token ids per prompt, without the id that stopped them."""
    embeds, mask = padded(prompts)
    penalty = None
    if config.repetition_penalty != 1.0:
        penalty = _Penalty([prompt.ids for prompt in prompts], config.repetition_penalty, embeds.device)
    with torch.inference_mode():
        if config.sample or config.beams > 1:
            written = _generated(llm, embeds, mask, config, penalty)
        else:
            read = llm(
                inputs_embeds=embeds,
                attention_mask=mask,
                position_ids=positions(mask),
                use_cache=True,
                logits_to_keep=1,
            )
            written = _greedy(llm, read, mask, config, penalty)
    return [until(ids, config.stop) for ids in written]


def go_on(model: Any, inputs: Mapping[str, torch.Tensor], longest: int) -> list[list[int]] | None:
    """The new ids of a whole model's greedy `generate`,
    for what its processor made, without those that stop.

    None where the checkpoint's own settings are more than ends and a penalty.
    """
    theirs = model.generation_config
    if any(getattr(theirs, name, None) for name in OTHER_SETTINGS):
        return None
    mask = inputs["attention_mask"]
    ends = theirs.eos_token_id
    factor = theirs.repetition_penalty or 1.0
    config = GenerationConfig(
        tuple(ends) if isinstance(ends, list) else (ends,),
        longest,
        min_new_tokens=theirs.min_new_tokens or 0,
        repetition_penalty=factor,
    )
    penalty = None
    if factor != 1.0:
        penalty = _Penalty(inputs["input_ids"].tolist(), factor, mask.device)
    with torch.inference_mode():
        read = model(**inputs, position_ids=positions(mask), use_cache=True)
        written = _greedy(model, read, mask, config, penalty)
    return [until(ids, config.stop) for ids in written]


def _greedy(
    llm: Any, read: Any, mask: torch.Tensor, config: GenerationConfig, penalty: _Penalty | None
) -> list[list[int]]:
    writer = Writer(
        llm,
        read,
        mask,
        longest=config.max_new_tokens,
        shortest=config.min_new_tokens,
        stop=config.stop,
        filler=mask.new_zeros(len(mask), 1) if penalty is None else penalty.prompts[:, :1],
        adjust=penalty,
    )
    return greedy(writer)


def _generated(
    llm: Any, embeds: torch.Tensor, mask: torch.Tensor, config: GenerationConfig, penalty: _Penalty | None
) -> list[list[int]]:
    """New ids by transformers' sampling or beam search."""
    from transformers import LogitsProcessorList

    settings: dict[str, Any] = {
        "max_new_tokens": config.max_new_tokens,
        "num_beams": config.beams,
        "do_sample": config.sample,
        "eos_token_id": list(config.stop),
        "pad_token_id": config.stop[0],
    }
    if config.min_new_tokens:
        settings["min_new_tokens"] = config.min_new_tokens
    if config.sample:
        settings |= {"temperature": config.temperature, "top_p": config.top_p, "top_k": config.top_k}
    processors = LogitsProcessorList([] if penalty is None else [penalty])
    out = llm.generate(inputs_embeds=embeds, attention_mask=mask, logits_processor=processors, **settings)
    written: list[list[int]] = out.tolist()
    return written


def until(ids: Sequence[int], stop: Sequence[int]) -> list[int]:
    """Ids before the first that stops."""
    ends = (at for at, number in enumerate(ids) if number in stop)
    return list(ids[: next(ends, len(ids))])


def rank(
    llm: Any,
    prompt: PromptEmbedding,
    options: Sequence[Sequence[int]],
    *,
    at_once: int | None = None,
) -> list[float]:
    """Log-likelihood of each option as the continuation of a prompt, in nats.

    The sum over an option's tokens of log p(token | prompt, tokens before). The prompt is read
    once, and its keys and values are copied for `at_once` options together (None: all).

    Args:
        options: token ids of each, at least one.
    """
    cached = cache_name(llm)
    with torch.inference_mode():
        read = llm(inputs_embeds=prompt.embeds[None], use_cache=True, logits_to_keep=1)
        first = read.logits[0, -1].float().log_softmax(-1)
        sums: list[float] = first[[ids[0] for ids in options]].tolist()
        later = [row for row, ids in enumerate(options) if len(ids) > 1]
        size = at_once or len(options)
        for rows in (later[start : start + size] for start in range(0, len(later), size)):
            cache = copy.deepcopy(read[cached])
            cache.batch_repeat_interleave(len(rows))
            ids = [torch.tensor(options[row], device=prompt.embeds.device) for row in rows]
            fed = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True)
            again = llm(input_ids=fed[:, :-1], **{cached: cache})
            likely = again.logits.float().log_softmax(-1)
            picked = likely.gather(2, fed[:, 1:, None])[:, :, 0]
            for row, steps in zip(rows, picked, strict=True):  # past an option's tokens is padding
                sums[row] += float(steps[: len(options[row]) - 1].sum())
    return sums


def bytes_per_position(model: Any) -> int:
    """Bytes that keys and values of one position take, in all layers of a model's language model:
    2 * layers * key-value heads * width of a head * bytes of a number.

    LLaMA-2-7B in 16 bit: 2 * 32 * 32 * 128 * 2 = 524,288.
    """
    config = model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    each = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return int(2 * config.num_hidden_layers * heads * each * model.dtype.itemsize)


def clips_that_fit(model: Any, free: int, *, positions: int = 1024) -> int:
    """How many prompts and answers, of so many positions together, have keys and values that take
    half of `free` bytes; the other half is for what is computed on the way. At least 1."""
    return max(1, free // (2 * positions * bytes_per_position(model)))


def batch_for(model: Any, device: str) -> int:
    """Clips per batch when nobody says."""
    if not device.startswith("cuda"):
        return BATCH
    return min(clips_that_fit(model, torch.cuda.mem_get_info(device)[0]), LARGEST_BATCH)
