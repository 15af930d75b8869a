"""Greedy decoding in which every step is the same work on the same memory,
so that a GPU can record it once.

A language model of 7 billion parameters needs some thousand small kernels for a token. Launching
them one by one takes Python longer than the GPU needs to run them; a recorded step (a CUDA graph)
is one launch. Everything that a step changes is therefore written in place, and nothing in it asks
the GPU for a number.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch

from mudata.evaluation.models.decoders.kv_cache import cache_name

FIRST, BLOCK = 8, 128
"""Steps before anything is recorded, since an answer that names an option is over by then; and for
how many more steps there is room after that, each time."""
LOOK = 8
"""Steps after which a GPU is asked whether all have stopped, which interrupts it."""
ALIGNED = 8
"""Kernels for attention with a mask want its rows to begin at multiples of 16 bytes."""

Adjust = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Writer:
    """Answers in the making. It is also the cache that the model's layers write to.

    read: what the model made of the prompts, with its cache of plain keys and values; mask: (batch,
    positions), 0 where a prompt is padded on its left. `adjust` gets the ids written so far (batch,
    longest), where what is not written yet repeats `filler` (batch, 1), and logits (batch,
    vocabulary).
    """

    def __init__(
        self,
        llm: Any,
        read: Any,
        mask: torch.Tensor,
        *,
        longest: int,
        shortest: int,
        stop: tuple[int, ...],
        filler: torch.Tensor,
        adjust: Adjust | None,
    ) -> None:
        self._llm, self._adjust, self._shortest, self.longest = llm, adjust, shortest, longest
        self.layers: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._name = cache_name(llm)
        for layer in read[self._name].layers:
            self.layers.append((layer.keys, layer.values))
            layer.keys = layer.values = None  # they grow here; what they were is not kept
        empty = self.layers[0][0].new_zeros(mask.shape)
        self._bias = empty.masked_fill(mask == 0, torch.finfo(empty.dtype).min)[:, None, None]
        self._at = torch.tensor([mask.shape[1]], device=mask.device)
        self._positions = mask.sum(1, keepdim=True)
        self._stop = torch.tensor(stop, device=mask.device)
        self._count = torch.zeros_like(self._at)
        self._written = filler.repeat(1, longest)
        self._token = torch.zeros_like(self._positions)
        self._choose(read.logits[:, -1])

    def update(
        self, keys: torch.Tensor, values: torch.Tensor, layer: int, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What attention asks of a cache:
        keep these, and give all there are; the mask hides the empty places."""
        kept = self.layers[layer]
        kept[0][:, :, self._at] = keys
        kept[1][:, :, self._at] = values
        return kept

    def make_room(self, steps: int) -> None:
        """Let so many more tokens fit."""
        room = -(-(int(self._at) + steps) // ALIGNED) * ALIGNED
        for i, pair in enumerate(self.layers):
            self.layers[i] = (_grown(pair[0], 2, room, 0.0), _grown(pair[1], 2, room, 0.0))
        self._bias = _grown(self._bias, 3, room, torch.finfo(self._bias.dtype).min)

    def step(self) -> None:
        """Read the last token and write the next."""
        self._bias.index_fill_(3, self._at, 0.0)
        out = self._llm(
            input_ids=self._token,
            attention_mask=self._bias,
            position_ids=self._positions,
            use_cache=True,
            **{self._name: self},
        )
        self._at += 1
        self._positions += 1
        self._choose(out.logits[:, -1])

    @property
    def on_gpu(self) -> bool:
        """Whether steps can be recorded."""
        return self._written.is_cuda

    def place(self) -> Any:
        """A context in which the GPU that steps are recorded on is the current one."""
        return torch.cuda.device_of(self._written)  # type: ignore[no-untyped-call]

    def stopped(self, steps: int) -> bool:
        """Whether all answers have ended within so many tokens."""
        ends: torch.Tensor = torch.isin(self._written[:, :steps], self._stop).any(1)
        return bool(ends.all())

    def ids(self, steps: int) -> list[list[int]]:
        """The first so many tokens of all answers."""
        ids: list[list[int]] = self._written[:, :steps].tolist()
        return ids

    def _choose(self, logits: torch.Tensor) -> None:
        scores = logits.float()
        if self._shortest:
            floor = torch.where(self._count < self._shortest, -torch.inf, 0.0)
            scores[:, self._stop] = scores[:, self._stop] + floor
        if self._adjust is not None:
            scores = self._adjust(self._written, scores)
        new = scores.argmax(-1, keepdim=True)
        self._written[:, self._count] = new
        self._token.copy_(new)
        self._count += 1


def positions(mask: torch.Tensor) -> torch.Tensor:
    """Where each token of prompts that are padded on the left stands in its own prompt.

    mask: (batch, positions) of 0 and 1; gives the same shape. [0, 0, 1, 1, 1] -> [0, 0, 0, 1, 2].
    """
    return (mask.cumsum(1) - 1).clamp_min(0)


def greedy(writer: Writer) -> list[list[int]]:
    """New ids of every prompt, at most the writer's longest; what follows a stop means nothing."""
    done, room = 1, FIRST
    look = LOOK if writer.on_gpu else 1
    with writer.place():
        while done < writer.longest and not writer.stopped(done):
            end = min(done + room, writer.longest)
            writer.make_room(end - done)
            step = recorded(writer.step) if writer.on_gpu and room > FIRST else writer.step
            while done < end:
                step()
                done += 1
                if done % look == 0 and writer.stopped(done):
                    break
            room = BLOCK
    return writer.ids(done)


def recorded(step: Callable[[], None]) -> Callable[[], None]:
    """The step as one launch. It has run before,
    so that nothing is set up for the first time while recording.

    Where a GPU cannot record: the step itself, which gives the same ids later, and a warning.
    """
    try:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        warnings.warn(f"decoding is slower than need be: no CUDA graph ({error})", RuntimeWarning, stacklevel=2)
        return step
    return graph.replay


def _grown(tensor: torch.Tensor, axis: int, size: int, filler: float) -> torch.Tensor:
    shape = list(tensor.shape)
    shape[axis] = size - shape[axis]
    return torch.cat([tensor, tensor.new_full(shape, filler)], axis) if shape[axis] > 0 else tensor
