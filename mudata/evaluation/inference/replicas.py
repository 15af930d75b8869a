"""The seam between a session and whoever answers: a model in this process, or copies of it on a cluster.

A session hands over items in the order of its plan and gets what came of them, batch by batch, in the same order; it
alone writes. What is asked and told in between is data: samples with their questions, and replies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from mudata.catalog.render.renderer import RenderingRecord
    from mudata.evaluation.inference.batching import CallKind, ModelReply
    from mudata.evaluation.inference.playback import Playback, PlayedItem
    from mudata.evaluation.inference.run_plan import EvalRequest
    from mudata.evaluation.protocol import Failure, Model, ModelCapabilities, Question
    from mudata.evaluation.tasks.samples import Sample
    from mudata.narration import Advance

Ask = Callable[["Sample"], "Question"]
"""What each item is asked."""


class Heard(NamedTuple):
    """What of an item reached the model: seconds without gaps, the gap in seconds where clips were played as one, and
    what played its MIDI."""

    heard_s: float
    joined: float | None
    rendering: RenderingRecord | None

    @classmethod
    def of(cls, item: PlayedItem | Failure) -> Heard | None:
        """None of an item that could not be heard."""
        from mudata.evaluation.protocol import Failure

        return None if isinstance(item, Failure) else cls(item.heard_s, item.joined, item.rendering)


class ItemReply(NamedTuple):
    """What came of one item; `heard` is None where it could not be heard, and the reply a Failure at once."""

    sample: Sample
    heard: Heard | None
    reply: ModelReply


@dataclass(frozen=True)
class Lessons:
    """What a model learns from before it is asked about a dataset: samples, each with its question and with what is
    right about it in the words that options are written in."""

    dataset: str
    samples: tuple[Sample, ...]
    questions: tuple[Question, ...]
    answers: tuple[tuple[str, ...], ...]
    playback: Playback


class Replicas(Protocol):
    """Who answers. One session at a time; loaded once, however many sessions ask."""

    model: Model
    """The model as it is before loading: what it needs, who it is."""

    @property
    def hung(self) -> bool:
        """A call took too long and could not be ended: nothing more can be asked."""
        ...

    @property
    def loaded(self) -> bool: ...

    @property
    def capabilities(self) -> ModelCapabilities:
        """After loading those of the checkpoint."""
        ...

    @property
    def has_weights(self) -> bool:
        """Whether holding it for further runs saves anything. What a served model tells of its requests is told run by
        run."""
        ...

    def begin(self, request: EvalRequest) -> None:
        """A new session, of a request for the same model with the same options."""
        ...

    def load(self) -> None:
        """Load, unless that was done. Raises ModelError where there is no room, and what the model raises."""
        ...

    def described(self) -> dict[str, Any] | None:
        """What the model says was really used; None before it is loaded."""
        ...

    @property
    def remarks(self) -> Sequence[str]:
        """What users should know of it once it is loaded."""
        ...

    def learn(self, lessons: Lessons, advance: Advance) -> list[str]:
        """Have the model learn; gives the ids of what could not be heard."""
        ...

    def ask(
        self, items: Sequence[Sample], ask: Ask, playback: Playback, method: CallKind, most: int | None = None
    ) -> Iterator[list[ItemReply]]:
        """What came of the items, batch by batch in their order, of no more than `most` each. A batch has as many items
        as the model takes at once, those not counted that have no file. Of a model that streams what came, as it comes.

        Raises as `batching.BatchRunner.ask` does.
        """
        ...

    def facts(self) -> Mapping[str, Any]:
        """What this session took, by fields of `run_settings.SessionRecord`."""
        ...

    def close(self) -> None:
        """Let go of whatever was held."""
        ...
