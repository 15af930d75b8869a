"""One model in this process: while it answers a batch, threads decode the next, and encode it if the model can."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mudata.errors import EvaluationError
from mudata.evaluation.inference import provenance
from mudata.evaluation.inference.batching import BatchRunner, CallKind, ModelReply, Patience
from mudata.evaluation.inference.playback import PlayedItem, is_unheard, played
from mudata.evaluation.inference.replicas import Heard, ItemReply
from mudata.evaluation.inference.streaming import streamed
from mudata.evaluation.models import hardware, registry
from mudata.evaluation.models.foreign_code import contained
from mudata.evaluation.protocol import Encodes, Failure, Item, Model, ModelCapabilities, Trainable

if TYPE_CHECKING:
    from mudata.evaluation.inference.playback import Encode, Playback
    from mudata.evaluation.inference.replicas import Ask, Lessons
    from mudata.evaluation.inference.run_plan import EvalRequest
    from mudata.evaluation.tasks.samples import Sample
    from mudata.home import Home
    from mudata.narration import Advance

AHEAD = 2
"""Batches that are decoded ahead."""


class LocalReplica:
    """Keeps the protocol `Replicas`. `patience` counts failures; the copies of a cluster are counted together."""

    def __init__(self, model: Model, request: EvalRequest, patience: type[Patience] | None = Patience) -> None:
        self.model, self._patience = model, patience
        self.batch_runner = BatchRunner(model)
        self.begin(request)

    def begin(self, request: EvalRequest) -> None:
        self._request, self.waited_s = request, 0.0
        self.batch_runner = BatchRunner(
            self.model,
            request.batch,
            request.timeout_s,
            loaded=self.loaded,
            patience=self._patience,
        )

    @property
    def loaded(self) -> bool:
        return self.batch_runner.loaded

    @property
    def hung(self) -> bool:
        return self.batch_runner.hung

    @property
    def capabilities(self) -> ModelCapabilities:
        return self.model.capabilities

    @property
    def has_weights(self) -> bool:
        return has_weights(self.model)

    @property
    def encode(self) -> Encode | None:
        """How the model encodes ahead; None where it does not."""
        return cast("Encodes", self.model).encode if callable(getattr(self.model, "encode", None)) else None

    def load(self) -> None:
        if not self.loaded:
            _check_memory(self._request, self.model)
            self.batch_runner.load()

    def described(self) -> dict[str, Any] | None:
        return provenance.described(self.model) if self.loaded else None

    @property
    def remarks(self) -> list[str]:
        return [str(remark) for remark in getattr(self.model, "remarks", ())]

    def learn(self, lessons: Lessons, advance: Advance) -> list[str]:
        self.load()
        unheard: list[str] = []
        ask = dict(zip((sample.item_id for sample in lessons.samples), lessons.questions, strict=True))
        right = dict(zip((sample.item_id for sample in lessons.samples), lessons.answers, strict=True))
        ahead = 4 * (os.cpu_count() or 1)

        def taught() -> Iterator[tuple[Item, tuple[str, ...]]]:
            heard = played(
                lessons.samples,
                lambda sample: ask[sample.item_id],
                self.capabilities,
                ahead=lambda: ahead,
                playback=lessons.playback,
            )
            for sample, item in heard:
                advance(1)
                if isinstance(item, Failure):
                    unheard.append(sample.item_id)
                    if len(unheard) == len(lessons.samples):
                        raise EvaluationError(
                            f"Not one of the {len(unheard)} to learn from was heard; the last failed with "
                            f"{item.kind}: {item.reason}",
                            "Mend that, then run the same command again.",
                        )
                    continue
                artists = [clip.artist for clip in sample.clips][: len(item.clips)]
                clips = tuple(replace(clip, group=artist) for clip, artist in zip(item.clips, artists, strict=True))
                yield Item(sample.item_id, clips, item.question), right[sample.item_id]

        with contained("while learning"):  # to the end of the fitting
            cast("Trainable", self.model).fit(taught())
        return unheard

    def ask(
        self, items: Sequence[Sample], ask: Ask, playback: Playback, method: CallKind, most: int | None = None
    ) -> Iterator[list[ItemReply]]:
        capabilities = self.capabilities
        if method == "answer" and most is None and self.batch_runner.streams:
            for replies in streamed(self.batch_runner, items, ask, playback=playback):
                yield [ItemReply(sample, Heard.of(item) if item else None, reply) for sample, item, reply in replies]
            return
        heard = played(
            items,
            ask,
            capabilities,
            ahead=lambda: AHEAD * self.batch_runner.batch,
            playback=playback,
            encode=self.encode,
        )
        waiting: list[tuple[Sample, PlayedItem | Failure]] = []
        counted = 0
        while True:
            begun = time.perf_counter()
            pair = next(heard, None)
            self.waited_s += time.perf_counter() - begun
            if pair is None:
                break
            waiting.append(pair)
            counted += not is_unheard(pair[0], capabilities, playback)
            if counted >= (most or self.batch_runner.batch):
                yield self.answer(waiting, method)
                waiting, counted = [], 0
        if waiting:
            yield self.answer(waiting, method)

    def answer(self, waiting: Sequence[tuple[Sample, PlayedItem | Failure]], method: CallKind) -> list[ItemReply]:
        """What the model says to all that could be heard of a batch; what could not is a failure in its place."""
        audible = [item for _, item in waiting if not isinstance(item, Failure)]
        replies = iter(self.batch_runner.ask(audible, method) if audible else ())
        return [
            ItemReply(sample, Heard.of(item), ModelReply(item, 0, 0.0) if isinstance(item, Failure) else next(replies))
            for sample, item in waiting
        ]

    def facts(self) -> dict[str, Any]:
        return {
            "batch": self.batch_runner.fitting,
            "halvings": self.batch_runner.halvings,
            "batch_search": tuple(self.batch_runner.search),
            "peak_memory_gib": provenance.peak_memory(),
            **({"waited_s": round(self.waited_s, 3)} if self.capabilities.needs_audio else {}),
        }

    def close(self) -> None:
        """Nothing is held but the model itself."""


def create(home: Home, request: EvalRequest) -> Model:
    """The model of a request, not yet loaded. Raises UnknownName, MissingExtra, ModelError."""
    batch = None if request.batch == "auto" else request.batch
    offer = {"seed": request.seed, "cache": home.models / "cache", "batch": batch, "offline": request.offline or None}
    return registry.create(request.model, offer=offer, **request.options)


def has_weights(model: Model) -> bool:
    """Whether a model has weights of its own, so that loading it again would take long."""
    return bool(getattr(model, "folder", None) or getattr(model, "checkpoint", None))


def _check_memory(request: EvalRequest, model: Model) -> None:
    if not request.force:
        place = getattr(model, "folder", None) or getattr(model, "checkpoint", None)
        asked = {key: str(request.options.get(key) or "auto") for key in ("device", "dtype")}
        card = registry.card_of(registry.find(request.model))
        hardware.check(request.model, card, Path(place) if place else None, **asked)
