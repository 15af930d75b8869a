"""Putting batches to a model, and turning whatever happens into answers and failures.

A call that runs out of memory is repeated in halves, and batches stay that small. A call that fails
otherwise is narrowed down to the clips that cause it. A broken connection is tried again. A MudataError is
meant for the user and ends the run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mudata.errors import EvaluationError, ModelError, MudataError
from mudata.evaluation.protocol import Answer, Failure, Model, Question

if TYPE_CHECKING:
    from mudata.evaluation.listening import HeardClip

PATIENCE = 8
"""Failures with no answer before or between them, after which a model is taken to be broken."""
ATTEMPTS = 3
"""How often a call is made whose connection breaks (models behind a server)."""
OUT_OF_MEMORY = "out-of-memory"


class Reply(NamedTuple):
    """What came back for one clip; `batch` is the size of the call, `seconds` its share of the time."""

    what: Answer | Failure
    batch: int
    seconds: float


class Asker:
    """One model in one sitting. `batch` is how many clips it gets at once (None: as many as it says after loading),
    `halvings` how often that was halved."""

    def __init__(self, model: Model, batch: int | None = None) -> None:
        self.model, self.halvings, self._wanted = model, 0, batch
        self.batch = batch or 1
        self.loaded = False
        self._answers = self._failures = 0

    def load(self) -> None:
        """Load the model, once."""
        if not self.loaded:
            self.model.load()
            self.batch = self._wanted or max(1, self.model.hearing.batch)
            self.loaded = True

    def ask(self, clips: Sequence[HeardClip], question: Question) -> list[Reply]:
        """One reply per clip, in order.

        Raises EvaluationError when the model answers without listening or cannot answer anything, ModelError when it
        breaks the protocol, and what MudataError it raises itself.
        """
        self.load()
        if len(clips) > self.batch:
            return self.ask(clips[: self.batch], question) + self.ask(clips[self.batch :], question)
        begun = time.perf_counter()
        outcome = self._call(clips, question)
        seconds = (time.perf_counter() - begun) / len(clips)
        if isinstance(outcome, Failure):
            if len(clips) > 1:
                half = len(clips) // 2
                if outcome.kind == OUT_OF_MEMORY:
                    self.batch, self.halvings = half, self.halvings + 1
                return self.ask(clips[:half], question) + self.ask(clips[half:], question)
            outcome = [outcome]
        self._check(clips, outcome)
        return [Reply(what, len(clips), seconds) for what in outcome]

    def _call(self, clips: Sequence[HeardClip], question: Question) -> list[Answer | Failure] | Failure:
        """The model's replies, or why there are none; keeps no traceback, which would hold on to device memory."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                replies = self.model.answer(clips, question)
                break
            except (ConnectionError, TimeoutError) as error:
                if attempt == ATTEMPTS:
                    return Failure("connection", str(error))
                time.sleep(2.0 ** (attempt - 1))
            except Exception as error:
                if not (isinstance(error, MemoryError) or "out of memory" in str(error).casefold()):
                    if isinstance(error, MudataError):
                        raise
                    return Failure(type(error).__name__, str(error))
                reason = str(error) or "MemoryError"
                del error
                _free_device_memory()
                return Failure(OUT_OF_MEMORY, reason)
        if len(replies) != len(clips):
            raise ModelError(
                f"The model gave {len(replies)} answers to {len(clips)} clips.", "Its `answer` owes one per clip."
            )
        return list(replies)

    def _check(self, clips: Sequence[HeardClip], replies: Sequence[Answer | Failure]) -> None:
        if alien := [reply for reply in replies if not isinstance(reply, Answer | Failure)]:
            raise ModelError(
                f"The model gave a {type(alien[0]).__name__}.", "Its `answer` owes an Answer or a Failure per clip."
            )
        failures = [reply for reply in replies if isinstance(reply, Failure)]
        self._failures += len(failures)
        self._answers += len(replies) - len(failures)
        for clip, reply in zip(clips, replies, strict=True):
            if isinstance(reply, Answer) and self.model.hearing.needs_audio and not clip.listened:
                raise EvaluationError(
                    f"The model answered about {clip.clip_id} without taking its audio; that is not recorded.",
                    "A model's `answer` must read `clip.audio`.",
                )
        if not self._answers and self._failures >= PATIENCE:
            raise EvaluationError(
                f"The model failed on each of its first {self._failures} clips, last with {failures[-1].kind}: "
                f"{failures[-1].reason}",
                "Mend that, then run the same command again.",
            )


def _free_device_memory() -> None:
    torch = sys.modules.get("torch")  # only a model that imported it can have used it up
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
