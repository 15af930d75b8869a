"""Putting batches to a model, and turning whatever happens into answers and failures.

A call that runs out of memory is repeated in halves, and batches stay that small; where the largest
batch is to be found, they double before. A call that fails otherwise is narrowed down to the items
that cause it. A broken connection is tried again. A call that takes too long is given up, and with
it the session: nothing inside a process can end it. A MudataError is meant for the user and ends
the run. No failure ever becomes an answer.
"""

from __future__ import annotations

import math
import queue
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar, cast

from mudata.errors import EvaluationError, ModelError, MudataError
from mudata.evaluation.models import hardware
from mudata.evaluation.models.foreign_code import contained
from mudata.evaluation.protocol import Answer, Failure, Model, Ranking, Ranks, Streams
from mudata.safe_text import text_of

if TYPE_CHECKING:
    from mudata.evaluation.inference.playback import PlayedItem

T = TypeVar("T")
CallKind = Literal["answer", "rank"]
Outcome = Answer | Ranking | Failure

PATIENCE = 8
"""Failures with no answer before or between them, after which a model is taken to be broken."""
ATTEMPTS = 3
"""How often a call is made whose connection breaks (models behind a server)."""
OUT_OF_MEMORY, TIMEOUT, LOST = "out-of-memory", "timeout", "lost"
"""Kinds of failures; lost: of what takes its process along."""
LARGEST = 64
"""Items beyond which a batch that is to be as large as fits does not grow. Ours."""
LONGEST, LONGEST_REASON = 1_000_000, 2_000
"""Characters of an answer, beyond which it is a malfunction and not kept;
and of a reason, beyond which it is cut."""


class ModelReply(NamedTuple):
    """What came back for one item;
    `batch` is the size of the call, `seconds` its share of the time."""

    outcome: Outcome
    batch: int
    seconds: float


class Patience:
    """Counts answers and failures: after PATIENCE failures without an answer a model is broken."""

    def __init__(self) -> None:
        self._good: Counter[CallKind] = Counter()
        self._bad: Counter[CallKind] = Counter()

    def count(self, replies: Sequence[Outcome], method: CallKind) -> None:
        """Raises EvaluationError when nothing was answered yet and the model's failures are too many."""
        failures = [reply for reply in replies if isinstance(reply, Failure)]
        self._bad[method] += len(failures)
        self._good[method] += len(replies) - len(failures)
        if failures and not self._good[method] and self._bad[method] >= PATIENCE:
            raise EvaluationError(
                f"The model failed on each of its first {self._bad[method]} clips, last with {failures[-1].kind}: "
                f"{failures[-1].reason}",
                "Mend that, then run the same command again.",
            )


class BatchRunner:
    """One model in one session. `batch` is how many items it gets at once (None: as many as it says
    after loading; 'auto': the same, doubled with every full batch that fits), `halvings` how often
    that was halved, `search` the sizes that were tried for 'auto' and whether they fitted,
    `timeout_s` how long a call may take (None: for ever), `hung` whether one took longer: then no
    more calls are made, `patience` with a model that only fails (None: no end of it)."""

    def __init__(
        self,
        model: Model,
        batch: int | Literal["auto"] | None = None,
        timeout_s: float | None = None,
        *,
        loaded: bool = False,
        patience: type[Patience] | None = Patience,
    ) -> None:
        self.model, self.halvings = model, 0
        self._growing, self._wanted = batch == "auto", None if batch == "auto" else batch
        self.search: list[tuple[int, bool]] = []
        self.batch = self._wanted or (max(1, model.capabilities.batch) if loaded else 1)
        self.timeout_s, self.hung = timeout_s, False
        self.loaded = loaded
        self._patience = patience() if patience else None

    @property
    def fitting(self) -> int:
        """The batch in force; where the largest is searched for, the largest that fitted."""
        return max((size for size, fits in self.search if fits), default=self.batch)

    def load(self) -> None:
        """Load the model, once."""
        if not self.loaded:
            with contained("while loading"):
                self.model.load()
            self.batch = self._wanted or max(1, self.model.capabilities.batch)
            self.loaded = True

    def ask(self, items: Sequence[PlayedItem], method: CallKind = "answer") -> list[ModelReply]:
        """One reply per item, in order:
        Answers, or Rankings where it is asked to rank, or Failures.

        Raises EvaluationError when the model answers without listening or cannot answer anything,
        ModelError when it breaks the protocol, and what MudataError it raises itself.
        """
        self.load()
        if len(items) > self.batch:
            return self.ask(items[: self.batch], method) + self.ask(items[self.batch :], method)
        begun = time.perf_counter()
        outcomes = self._call(items, method)
        seconds = (time.perf_counter() - begun) / len(items)
        if isinstance(outcomes, Failure):
            if self.hung:
                return [ModelReply(outcomes, len(items), seconds) for _ in items]
            if len(items) > 1:
                half = len(items) // 2
                if outcomes.kind == OUT_OF_MEMORY:
                    self._shrink(len(items), half)
                return self.ask(items[:half], method) + self.ask(items[half:], method)
            outcomes = [outcomes]
        self.check(items, outcomes, method)
        if self._growing and len(items) == self.batch and method == "answer":
            self._grow()
        return [ModelReply(kept(outcome), len(items), seconds) for outcome in outcomes]

    @property
    def streams(self) -> bool:
        """Whether the model answers as a stream, and nobody asked for batches of a certain size."""
        return isinstance(self.model, Streams) and self._wanted is None and not self._growing and not self.search

    def _grow(self) -> None:
        """After a full batch that fitted. Main memory must have room for as much as the whole
        process takes now, which is more than the next batch can add: systems end processes that
        want more, instead of refusing it."""
        self.search.append((self.batch, True))
        free, own = hardware.free_ram(), hardware.resident()
        self._growing = 2 * self.batch <= LARGEST and (free is None or own is None or free > own)
        if self._growing:
            self.batch *= 2

    def _shrink(self, tried: int, batch: int) -> None:
        if self._growing:
            self.search.append((tried, False))
        self.batch, self.halvings, self._growing = batch, self.halvings + 1, False

    def _call(self, items: Sequence[PlayedItem], method: CallKind) -> list[Outcome] | Failure:
        """The model's replies, or why there are none;
        keeps no traceback, which would hold on to device memory."""
        if self.hung:
            return Failure(TIMEOUT, "not asked: the call before took too long")
        put: Callable[..., Sequence[Outcome]] = (
            self.model.answer if method == "answer" else cast("Ranks", self.model).rank
        )
        for attempt in range(1, ATTEMPTS + 1):
            try:
                replies = within(self.timeout_s, lambda: put(items))
                break
            except Hung:
                self.hung = True
                return Failure(TIMEOUT, f"no answer to {len(items)} clips within {self.timeout_s:g} s")
            except (ConnectionError, TimeoutError) as error:
                if attempt == ATTEMPTS:
                    return Failure("connection", reason_of(error))
                time.sleep(2.0 ** (attempt - 1))
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # SystemExit too: a model's code ends no run
                if not (isinstance(error, MemoryError) or "out of memory" in text_of(error).casefold()):
                    if isinstance(error, MudataError):
                        raise
                    return Failure(type(error).__name__, reason_of(error))
                reason = reason_of(error) or "MemoryError"
                del error
                _free_device_memory()
                return Failure(OUT_OF_MEMORY, reason)
        if not isinstance(replies, Sequence):  # None, a generator
            what = f"The model gave a {type(replies).__name__} for {len(items)} questions."
            raise ModelError(what, f"Its `{method}` owes a list with one answer to each, in order.")
        if len(replies) != len(items):
            raise ModelError(
                f"The model gave {len(replies)} answers to {len(items)} questions.",
                f"Its `{method}` owes one to each, in order.",
            )
        return list(replies)

    def check(self, items: Sequence[PlayedItem], replies: Sequence[Outcome], method: CallKind) -> None:
        """Count replies. Raises as `ask` does."""
        wanted: type[Answer | Ranking] = Answer if method == "answer" else Ranking
        if alien := [reply for reply in replies if not isinstance(reply, wanted | Failure)]:
            owed = f"Its `{method}` owes one {wanted.__name__} or Failure per item."
            raise ModelError(f"The model gave a {type(alien[0]).__name__}.", owed)
        texts: list[object] = [reply.text for reply in replies if isinstance(reply, Answer)]
        if wordless := [text for text in texts if not isinstance(text, str)]:
            kind = type(wordless[0]).__name__
            raise ModelError(f"The model gave an Answer whose text is a {kind}.", "An answer is text.")
        for item, reply in zip(items, replies, strict=True):
            if isinstance(reply, Ranking) and len(reply.loglik) != (owed_options := len(item.question.options)):
                raise ModelError(
                    f"The model ranked {len(reply.loglik)} options of {owed_options}.", "It owes all of them."
                )
        for item, reply in zip(items, replies, strict=True):
            if isinstance(reply, Failure) or not self.model.capabilities.needs_audio:
                continue
            if unheard := [clip.clip_id for clip in item.clips if not clip.listened]:
                raise EvaluationError(
                    f"The model answered about {unheard[0]} without taking its audio; that is not recorded.",
                    f"A model's `{method}` must read every clip's `clip.audio`, or `clip.midi` where a clip is MIDI.",
                )
        if self._patience:
            self._patience.count(replies, method)


class Hung(Exception):
    """A call took too long."""


def within(seconds: float | None, call: Callable[[], T]) -> T:
    """What the call returns or raises. Raises Hung after so many seconds; the thread that hangs is
    left behind, and does not keep the process from ending."""
    if seconds is None:
        return call()
    outcome: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            outcome.put((call(), None))
        except BaseException as error:
            outcome.put((None, error))

    threading.Thread(target=work, daemon=True).start()
    try:
        result, error = outcome.get(timeout=min(seconds, threading.TIMEOUT_MAX))
    except queue.Empty:
        raise Hung from None
    if error is not None:
        raise error
    return cast("T", result)


def kept(outcome: Outcome) -> Outcome:
    """The outcome, or the failure that it is where no model means it."""
    if isinstance(outcome, Answer) and len(outcome.text) > LONGEST:
        return Failure("too-long", f"an answer of {len(outcome.text):,} characters, and the limit is {LONGEST:,}")
    if isinstance(outcome, Ranking) and not all(map(math.isfinite, outcome.loglik)):
        return Failure("not-finite", f"log-likelihoods {outcome.loglik}")
    return outcome


def reason_of(error: BaseException) -> str:
    """What an error says, for a record."""
    text = text_of(error)
    if not isinstance(error, Exception):
        text = f"the model wanted to end the program: {text}"
    return text if len(text) <= LONGEST_REASON else text[:LONGEST_REASON] + " ..."


def _free_device_memory() -> None:
    torch = sys.modules.get("torch")  # only a model that imported it can have used it up
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
