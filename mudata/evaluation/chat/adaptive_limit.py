"""How many requests one server takes at once, found out from how it answers.

Additive increase and multiplicative decrease, as TCP has them (RFC 5681), alone leave a quarter of a
server idle: after each refusal half of what it takes is given up and won back by one request a round.
So what was learned is kept, as BIC-TCP does (Xu, Harfoush and Rhee, INFOCOM 2004): the way back is
halved with every round, up to just below where the server refused, and beyond that it is tried with
one more request, the more seldom the more often it refused. Where that is answered, the number
doubles as it did at first.

Servers that queue instead of refusing (vLLM, llama.cpp) would let the number grow until answers come
too late. So it is doubled only as long as that makes them come faster.
"""

from __future__ import annotations

import math

START = 8
"""Requests at once before anything is known of a server. What mudata sent before it found out. Ours."""
FASTER = 1.2
"""A doubling has to bring so much more answers a second to be kept: twice where a server has room, and
lengths of answers alone let it vary by some percent. Ours."""
PATIENCE, LONGEST_PATIENCE = 8, 32
"""Rounds of answers before more is tried than was refused, at first and at most. A refusal costs about
one round of a server's time (a half, a quarter, ... of it), so that the first is a tenth of it. Ours."""


class AdaptiveLimit:
    """`now` is how many requests may be in flight. The caller holds a lock, and gives back with what became of
    a request the `epoch` in which it was sent: of many that are refused together one halves. Times are
    seconds of any one clock."""

    def __init__(self, most: int, start: int = START) -> None:
        self.most, self.now, self.epoch = most, max(1, min(start, most)), 0
        self.refused_at: int | None = None
        """The number at which the server last refused."""
        self.refusals = 0
        self._patience, self._waits, self._is_back, self._doubts = PATIENCE, 0, False, 1
        self._answers, self._begun, self._counted_from = 0, math.nan, 0
        self._before: tuple[int, float] | None = None

    def answered(self, epoch: int, at_s: float) -> None:
        """Of as many answers as may be in flight, one round is made; after a volley, of requests sent since its
        first refusal, because until they are answered others of the volley may be on their way."""
        if epoch < self._counted_from:
            return
        if math.isnan(self._begun):
            self._begun = at_s
            return
        self._answers += 1
        if self._answers >= self.now:
            rate = self._answers / max(at_s - self._begun, 1e-9)
            self._round(rate)
            self._answers, self._begun = 0, at_s

    def _round(self, rate: float) -> None:
        before, self._before = self._before, None
        if before and rate < FASTER * before[1]:
            self.now, self._before = before[0], None
            self._waits, self._doubts = self._doubts, min(2 * self._doubts, LONGEST_PATIENCE)
        elif self._waits:
            self._waits -= 1
        elif self.refused_at is None:
            self._before = self.now, rate
            self.now = min(2 * self.now, self.most)
        elif self.now < self.refused_at - 1:
            self.now += math.ceil((self.refused_at - 1 - self.now) / 2)
        elif self.now >= self.refused_at:  # a whole round was answered where it refused before
            self.refused_at, self._patience = None, max(PATIENCE, self._patience // 2)
        elif not self._is_back:  # just below where it refused
            self._is_back, self._waits = True, self._patience
        else:
            self.now = min(self.now + 1, self.most)
        if self.now == self.most:
            self._before = None

    def refused(self, epoch: int, in_flight: int) -> bool:
        """A request that was sent in `epoch`, as one of so many in flight. Whether the number was halved for it."""
        self.refusals += 1
        if epoch < self.epoch:  # one of a volley: the server takes one fewer than was thought
            self.refused_at = max(2, (self.refused_at or self.now) - 1)
            return False
        self.epoch += 1
        self._counted_from = 0 if self._is_back else self.epoch  # it was one request more than known to be taken
        self.refused_at = max(2, min(self.now, in_flight))
        self.now = max(1, self.now // 2)
        self._patience = min(2 * self._patience, LONGEST_PATIENCE)
        self._answers, self._begun, self._before = 0, math.nan, None
        self._is_back, self._waits, self._doubts = False, 0, 1
        return True

    def lost(self) -> None:
        """Nobody is there: one request shows when somebody is again, and what was known is known no more."""
        self.epoch += 1
        self.now, self.refused_at, self._waits = 1, None, 0
        self._patience, self._before = PATIENCE, None
        self._answers, self._begun = 0, math.nan
