"""How many requests at once a simulated server is found to take: full use of it, whatever it does beyond."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

import pytest

from mudata.evaluation.chat.adaptive_limit import AdaptiveLimit

ANSWER_S, REFUSAL_S = 0.2, 0.002


def simulated(limit: AdaptiveLimit, seconds: float, slots: Callable[[float], int], *, queues: bool = False) -> int:
    """Answers of a server within so many seconds. It works on `slots` requests at once, 0.2 s each; what is more it
    refuses, or lets wait (`queues`). As soon as one more may be in flight, it is sent."""
    now, answers, busy, waiting, in_flight = 0.0, 0, 0, list[int](), 0
    events: list[tuple[float, int, str, int]] = []
    numbers = itertools.count()
    while True:
        while in_flight < limit.now:
            in_flight += 1
            if busy < slots(now):
                busy += 1
                heapq.heappush(events, (now + ANSWER_S, next(numbers), "answer", limit.epoch))
            elif queues:
                waiting.append(limit.epoch)
            else:
                heapq.heappush(events, (now + REFUSAL_S, next(numbers), "refusal", limit.epoch))
        now, _, what, epoch = heapq.heappop(events)
        if now > seconds:
            return answers
        if what == "answer":
            answers += 1
            busy -= 1
            if waiting and busy < slots(now):
                busy += 1
                heapq.heappush(events, (now + ANSWER_S, next(numbers), "answer", waiting.pop(0)))
            limit.answered(epoch, now)
        else:
            limit.refused(epoch, in_flight)
        in_flight -= 1


@pytest.mark.parametrize("slots", [1, 3, 8, 9, 20, 64, 100])
def test_a_server_that_refuses_is_used_to_nine_tenths(slots: int) -> None:
    limit = AdaptiveLimit(256)
    assert simulated(limit, 30, lambda _: slots) >= 0.9 * slots * 30 / ANSWER_S
    assert limit.refusals < 200


@pytest.mark.parametrize("slots", [4, 16, 64])
def test_a_server_that_queues_is_filled_and_not_flooded(slots: int) -> None:
    limit = AdaptiveLimit(256)
    assert simulated(limit, 20, lambda _: slots, queues=True) >= 0.9 * slots * 20 / ANSWER_S
    assert limit.now <= max(8, 2 * slots)


def test_a_server_that_takes_less_for_a_while_is_followed_down_and_up() -> None:
    def slots(now: float) -> int:
        return 8 if 10 <= now < 20 else 64

    limit = AdaptiveLimit(256)
    simulated(limit, 10, slots)
    assert limit.now >= 56
    limit = AdaptiveLimit(256)
    done = simulated(limit, 50, slots)
    assert done >= 0.75 * (64 * 40 + 8 * 10) / ANSWER_S
    assert limit.refusals < 300


def test_what_was_sent_together_and_refused_together_halves_once_and_tells_how_many_were_taken() -> None:
    limit = AdaptiveLimit(256, start=40)
    assert limit.refused(0, 40)
    assert [limit.refused(0, left) for left in (39, 38, 37)] == [False] * 3
    assert (limit.now, limit.refused_at, limit.epoch, limit.refusals) == (20, 37, 1, 4)


def test_one_request_is_always_allowed_and_never_more_than_the_most() -> None:
    limit = AdaptiveLimit(5)
    assert limit.now == 5
    for _ in range(5):
        limit.refused(limit.epoch, limit.now)
    assert limit.now == 1
    limit.lost()
    for n in range(400):
        limit.answered(limit.epoch, float(n))
        assert 1 <= limit.now <= 5
