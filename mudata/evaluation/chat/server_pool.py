"""Servers that have the same model, asked as one: as many requests as each takes at once, and what one
server refuses or breaks off is asked of another.

What may pass is tried again: at once where another server is up, else with exponential backoff and full
jitter, and after as long as the server asks in Retry-After. One that takes a question and is silent far
longer than answers took so far is waited for no more where another can be asked; if none of them answers,
each gets the whole time. A server that is down, or that refuses a single request, rests; the others go on,
and it is tried again after a while. One that refuses the key, the model or the account is asked no more.
"""

from __future__ import annotations

import json
import math
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mudata.catalog.fetch.deadline import deadline
from mudata.evaluation.chat.adaptive_limit import AdaptiveLimit
from mudata.evaluation.chat.client import ChatServer, NoReply, Retryable
from mudata.evaluation.chat.completions import Counts

MOST = 256
"""Requests in flight to one server. vLLM computes so many at once by default (`max_num_seqs` of its
SchedulerConfig, 0.33), and each takes a thread here."""
LOOK_S = 0.5
"""Seconds after which a request that waits for room looks anew: of those that wait only as many are woken as there is
room for, and one that rather goes to another server leaves its place unused. Ours."""
LONGEST_REST_S = 60.0
"""Seconds after which a server that was down is tried again, at most. Ours."""
WAITED_FOR, WAITED_FOR_S = 5.0, 10.0
"""How many times longer than the slowest answer so far of any server, and how many seconds at least, one server is
waited for while another could be asked: one that took the request and fell silent. Ours."""
_TOO_MUCH = frozenset({408, 429, 502, 503, 504, 529})
"""Statuses by which a server, or what stands before it, says that it is asked too much."""


@dataclass(eq=False)
class PooledServer:
    """One of the servers, with what is known of it. `gone`: why it is asked no more."""

    server: ChatServer
    limit: AdaptiveLimit = field(default_factory=lambda: AdaptiveLimit(MOST))
    counts: Counts = field(default_factory=Counts)
    in_flight: int = 0
    most_in_flight: int = 0
    retries: int = 0
    timeouts: int = 0
    gone: NoReply | None = None
    is_down: bool = False
    faults: int = 0
    """In a row."""
    rests_until: float = 0.0


class ServerPool:
    """Threads share it. `tries` of the first one's patience are for one question at each server. most: requests in
    flight to all servers together (None: as many as they take)."""

    def __init__(
        self,
        members: Sequence[PooledServer],
        *,
        most: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.members, self.most = members, most
        self.patience, self.seed = members[0].server.patience, members[0].server.seed
        self._clock, self._changed = clock, threading.Condition()
        self._slowest_s = 0.0
        """That an answer took, of any server."""

    @property
    def room(self) -> int:
        """Requests that may be in flight now."""
        together = sum(one.limit.now for one in self.members if one.gone is None)
        return max(1, together if self.most is None else min(together, self.most))

    def close(self) -> None:
        for one in self.members:
            one.server.close()

    def complete(self, body: Mapping[str, object], question_id: str = "") -> tuple[dict[str, Any], ChatServer]:
        """The JSON object that POST /chat/completions replies, and who replied;
        `question_id` names the question, for the jitter.

        Raises NoReply: what the last server said that was asked.
        """
        jitter = random.Random(f"{self.seed} {question_id}")  # noqa: S311 - spreads requests
        raw, widest, tried = json.dumps(body).encode(), self.patience.pause_s, list[PooledServer]()
        cut_short: list[PooledServer] | None = []  # None: all get the whole time now
        for left in range(self.patience.tries * len(self.members) - 1, -1, -1):
            one, epoch = self._taken(tried)
            why, after_s = None, 0.0
            within_s = self._waited_for([*tried, one]) if cut_short is not None else math.inf
            try:
                one.server.pace.wait()
                begun = self._clock()
                with deadline(within_s):
                    reply = one.server.attempt(raw)
            except Retryable as again:
                why, after_s = again.why, again.after_s
            except NoReply as never:
                why = never
            finally:
                self._give_back(one, epoch, why)
            if why is None:
                with self._changed:
                    one.counts.add(reply)
                    self._slowest_s = max(self._slowest_s, self._clock() - begun)
                return reply, one.server
            tried.append(one)
            others = self._others(tried)
            if cut_short is not None and why.kind == "timeout" and within_s < self.patience.timeout_s:
                cut_short.append(one)
            if cut_short and not others:
                tried = [member for member in tried if member not in cut_short]
                cut_short, others = None, self._others(tried)
            self._check(one, why, after_s, others=bool(others), left=left)
            with self._changed:
                one.retries += 1
            one.server.pace.hold(after_s)
            if not others:
                one.server.pace.sleep(after_s + jitter.uniform(0, min(widest, self.patience.longest_s)))
                widest *= 2
                tried.clear()
        raise AssertionError("unreachable: at least one try is made")

    def _check(self, one: PooledServer, why: NoReply, after_s: float, *, others: bool, left: int) -> None:
        """Raises NoReply where the question is not to be sent again."""
        if one.gone is not None or why.kind == "timeout":
            again = others  # the same server would do the same
        elif why.kind in ("refused", "malformed", "too-long"):
            again = False
        else:
            again = others or after_s <= self.patience.longest_s
            if not again:
                late = f"{why.reason}; it asks to wait {after_s:.0f} s"
                raise NoReply(why.kind, late, status=why.status, said=why.said)
        if not (again and left):
            everywhere = all(member.gone is not None or member.is_down for member in self.members)
            if why.for_all and not everywhere:
                raise NoReply(why.kind, why.reason, status=why.status, said=why.said)
            raise why

    def _others(self, tried: Sequence[PooledServer]) -> list[PooledServer]:
        """Servers that may answer what these have not."""
        with self._changed:
            now = self._clock()
            up = [one for one in self.members if one.gone is None and one.rests_until <= now]
            return [one for one in up if one not in tried and not one.server.pace.held_s]

    def _waited_for(self, tried: Sequence[PooledServer]) -> float:
        """Seconds that the last of these is waited for: all of its time, where nobody has answered yet or no other can
        be asked."""
        if not self._slowest_s or not self._others(tried):
            return math.inf
        return max(WAITED_FOR * self._slowest_s, WAITED_FOR_S)

    def _taken(self, tried: Sequence[PooledServer]) -> tuple[PooledServer, int]:
        """A server with room, the emptiest of those that are up, as soon as there is one. Raises NoReply where none
        is left."""
        with self._changed:
            while True:
                there = [one for one in self.members if one.gone is None]
                if not there:
                    raise next(one.gone for one in reversed(self.members) if one.gone is not None)
                now = self._clock()
                up = [one for one in there if one.rests_until <= now and not one.server.pace.held_s] or there
                wanted = [one for one in up if one not in tried] or up
                free = [one for one in wanted if one.in_flight < one.limit.now]
                if free and sum(one.in_flight for one in there) < self.room:
                    best = min(free, key=lambda one: (one.in_flight + 1) / one.limit.now)
                    best.in_flight += 1
                    best.most_in_flight = max(best.most_in_flight, best.in_flight)
                    return best, best.limit.epoch
                waking = [max(one.rests_until - now, one.server.pace.held_s) for one in there if one not in up]
                self._changed.wait(min([*waking, LOOK_S]))

    def _give_back(self, one: PooledServer, epoch: int, why: NoReply | None) -> None:
        with self._changed:
            in_flight, one.in_flight = one.in_flight, one.in_flight - 1
            now = self._clock()
            one.is_down = why is not None and why.kind == "unreachable"
            if why is None:
                one.faults, one.rests_until = 0, 0.0
                one.limit.answered(epoch, now)
            elif one.is_down or (why.kind == "connection" and len(self.members) > 1):
                if one.rests_until <= now:
                    self._rest(one, now)
                    one.limit.lost()
            elif why.for_all:
                one.gone = why
            elif why.kind == "timeout" or why.status in _TOO_MUCH:
                one.timeouts += why.kind == "timeout"
                alone = one.limit.now == 1
                if one.limit.refused(epoch, in_flight) and alone:
                    self._rest(one, now)
            self._changed.notify(max(1, self.room - sum(member.in_flight for member in self.members)))

    def _rest(self, one: PooledServer, now: float) -> None:
        one.rests_until = now + min(2.0 ** min(one.faults, 10), LONGEST_REST_S)
        one.faults += 1
