"""Putting items to a model that streams (`protocol.Streams`): drawn and decoded as it has use for them, and
recorded as they come, so that nothing waits for the slowest of a batch.

The rules are those of `batching`: what goes wrong becomes failures, a MudataError ends the run.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, cast

from mudata.errors import ModelError, MudataError
from mudata.evaluation.inference.batching import (
    TIMEOUT,
    BatchRunner,
    Hung,
    ModelReply,
    Outcome,
    kept,
    reason_of,
    within,
)
from mudata.evaluation.inference.playback import Playback, PlayedItem, played
from mudata.evaluation.protocol import Failure, Streams

if TYPE_CHECKING:
    from mudata.evaluation.protocol import Question
    from mudata.evaluation.tasks.samples import Sample

AHEAD = 8
"""Items that wait decoded at least; half of those on their way where these are more. The model holds others
ready itself. Ours."""

Replied = tuple["Sample", PlayedItem | None, ModelReply]


def streamed(
    runner: BatchRunner, items: Sequence[Sample], ask: Callable[[Sample], Question], *, playback: Playback
) -> Iterator[list[Replied]]:
    """Samples with what was played and what came back: what has come since, a list at a time. What
    cannot be heard is a failure at once. Raises as `BatchRunner.ask` does."""
    on_their_way: dict[int, tuple[Sample, PlayedItem]] = {}
    unheard: list[Replied] = []
    capabilities, numbers = runner.model.capabilities, itertools.count()

    def ahead() -> int:
        return max(AHEAD, runner.model.capabilities.batch // 2)

    def heard() -> Generator[PlayedItem, None, None]:
        for sample, item in played(items, ask, capabilities, ahead=ahead, playback=playback):
            if isinstance(item, Failure):
                unheard.append((sample, None, ModelReply(item, 0, 0.0)))
            else:
                on_their_way[next(numbers)] = sample, item
                yield item

    with contextlib.closing(heard()) as source:
        for came in stream(runner, source):
            yield [*unheard, *((*on_their_way.pop(place), reply) for place, reply in came)]
            unheard.clear()
    if unheard:
        yield unheard


def stream(runner: BatchRunner, items: Iterator[PlayedItem]) -> Iterator[list[tuple[int, ModelReply]]]:
    """Replies as they come, with the places of their items. The runner's `timeout_s` is how long no
    reply may come; after that it has `hung`, and what was on its way is a failure. Raises as
    `BatchRunner.ask` does."""
    runner.load()
    waiting, numbered = dict[int, PlayedItem](), enumerate(items)
    begun = time.perf_counter()
    while True:
        replies = _checked(runner, numbered, waiting)
        try:
            while came := within(runner.timeout_s, lambda replies=replies: next(replies, None)):  # type: ignore[misc]
                asked = [waiting.pop(place) for place, _ in came]
                runner.check(asked, [outcome for _, outcome in came], "answer")
                now = time.perf_counter()
                share, begun = (now - begun) / len(came), now
                batch = runner.model.capabilities.batch
                yield [(place, ModelReply(kept(outcome), batch, share)) for place, outcome in came]
            return
        except Hung:
            runner.hung = True
            late = Failure(TIMEOUT, f"no answer to {len(waiting)} clips within {runner.timeout_s:g} s")
            yield [(place, ModelReply(late, len(waiting), 0.0)) for place in sorted(waiting)]
            return
        except (KeyboardInterrupt, GeneratorExit, MudataError):
            raise
        except BaseException as error:  # a model's code may fail in any way: those items are asked by themselves
            if not waiting:
                raise ModelError(
                    f"The model's `stream` failed: {type(error).__name__}: {reason_of(error)}.",
                    "It was waiting for no item: mend it.",
                ) from error
        places = sorted(waiting)
        yield list(zip(places, runner.ask([waiting.pop(place) for place in places]), strict=True))


def _checked(
    runner: BatchRunner, numbered: Iterator[tuple[int, PlayedItem]], waiting: dict[int, PlayedItem]
) -> Iterator[list[tuple[int, Outcome]]]:
    """What the model's stream gives, by place. Raises ModelError where it owes an item a reply, or gives two."""
    places: list[int] = []

    def drawn() -> Iterator[PlayedItem]:
        for place, item in numbered:
            waiting[place] = item
            places.append(place)
            yield item

    for came in cast("Streams", runner.model).stream(drawn()):
        mine: list[tuple[int, Outcome]] = [(places[n], outcome) for n, outcome in came if 0 <= n < len(places)]
        if len(mine) < len(came) or {place for place, _ in mine} - waiting.keys() or len(dict(mine)) < len(mine):
            raise ModelError(
                "The model gave a reply for an item that is not waiting for one.",
                "Its `stream` owes one to each item that it drew, with the item's place.",
            )
        if mine:
            yield mine
    if waiting:
        raise ModelError(
            f"The model's stream ended, and {len(waiting)} items have no reply.",
            "Its `stream` owes one to each item that it drew.",
        )
