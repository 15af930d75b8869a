"""Models that stream: replies are recorded as they come, and one that breaks its contract is found out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from mudata.errors import EvaluationError, ModelError
from mudata.evaluation.inference.batching import BatchRunner, ModelReply
from mudata.evaluation.inference.playback import PlayedClip, PlayedItem
from mudata.evaluation.inference.streaming import stream
from mudata.evaluation.protocol import Answer, Failure, Item, ModelCapabilities, Question

QUESTION = Question("classify", "Which?", ("low", "high"), "genre")
Stream = Callable[[Iterator[Item]], Iterator[list[tuple[int, Answer | Failure]]]]


class Flow:
    """Streams as the test at hand wants; asked in batches, it says which item it was."""

    capabilities = ModelCapabilities(batch=3)

    def __init__(self, streams: Stream) -> None:
        self.stream = streams
        self.asked: list[list[str]] = []

    def load(self) -> None: ...

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        self.asked.append([item.item_id for item in items])
        return [said(item) for item in items]

    def describe(self) -> dict[str, object]:
        return {}


def said(item: Item) -> Answer:
    return Answer(f"{item.item_id} {item.clip.audio.size}")


def items(count: int) -> Iterator[PlayedItem]:
    for n in range(count):
        yield PlayedItem(str(n), (PlayedClip(str(n), np.zeros(n, np.float32), 100),), QUESTION)


def replies(streams: Stream, count: int, timeout_s: float | None = None) -> tuple[dict[int, ModelReply], BatchRunner]:
    runner = BatchRunner(Flow(streams), timeout_s=timeout_s)
    assert runner.streams
    pairs = [pair for came in stream(runner, items(count)) for pair in came]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs), runner


def test_replies_keep_their_items_whatever_their_order() -> None:
    def last_first(given: Iterator[Item]) -> Iterator[list[tuple[int, Answer | Failure]]]:
        waiting = list(enumerate(given))
        yield []
        yield [(n, said(item)) for n, item in reversed(waiting[2:])]
        yield [(0, said(waiting[0][1])), (1, Failure("odd", "so"))]

    got, _ = replies(last_first, 5)
    assert {n: reply.outcome for n, reply in got.items()} == {
        0: Answer("0 0"),
        1: Failure("odd", "so"),
        **{n: Answer(f"{n} {n}") for n in (2, 3, 4)},
    }
    assert {reply.batch for reply in got.values()} == {3}


def test_a_batch_of_a_certain_size_is_no_stream() -> None:
    model = Flow(lambda given: iter(()))
    assert not BatchRunner(model, batch=2).streams
    assert not BatchRunner(model, batch="auto").streams


def test_what_a_stream_breaks_off_is_asked_by_itself_and_the_rest_goes_on() -> None:
    breaks = [True]

    def breaking(given: Iterator[Item]) -> Iterator[list[tuple[int, Answer | Failure]]]:
        for n, item in enumerate(given):
            if item.item_id == "3" and breaks.pop():
                raise OSError("oh")
            if n != 1 or item.item_id != "1":
                yield [(n, said(item))]

    got, runner = replies(breaking, 7)
    assert {n: reply.outcome for n, reply in got.items()} == {n: Answer(f"{n} {n}") for n in range(7)}
    assert runner.model.asked == [["1", "3"]]  # type: ignore[attr-defined]


def test_a_stream_that_hangs_ends_the_session() -> None:
    free = threading.Event()

    def hanging(given: Iterator[Item]) -> Iterator[list[tuple[int, Answer | Failure]]]:
        yield [(0, said(next(given)))]
        next(given)
        next(given)
        free.wait(30)

    got, runner = replies(hanging, 9, timeout_s=0.2)
    free.set()
    assert runner.hung
    late = Failure("timeout", "no answer to 2 clips within 0.2 s")
    assert {n: reply.outcome for n, reply in got.items()} == {0: Answer("0 0"), 1: late, 2: late}


@pytest.mark.parametrize(
    ("streams", "what"),
    [
        (lambda given: iter([[(0, said(next(given))), (0, Answer("again"))]]), "not waiting for one"),
        (lambda given: iter([[(1, said(next(given)))]]), "not waiting for one"),
        (
            lambda given: iter([[(n, said(item)) for n, item in enumerate(given) if n]]),
            "stream ended, and 1 items have no",
        ),
        (lambda given: iter([[(0, next(given).item_id)]]), "gave a str"),
        (lambda given: 1 // 0, "`stream` failed: ZeroDivisionError"),
    ],
)
def test_a_stream_that_breaks_its_contract_is_told(streams: Stream, what: str) -> None:
    with pytest.raises(ModelError, match=what):
        replies(streams, 3)


def test_a_model_that_streams_has_to_listen_and_may_not_fail_for_ever() -> None:
    with pytest.raises(EvaluationError, match="without taking its audio"):
        replies(lambda given: ([(n, Answer("low"))] for n, _ in enumerate(given)), 3)
    with pytest.raises(EvaluationError, match="failed on each of its first 8 clips"):
        replies(lambda given: ([(n, Failure("odd", "so"))] for n, _ in enumerate(given)), 30)
