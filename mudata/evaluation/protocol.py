"""What a model is: the whole contract between the runner and anything that answers questions about music.

A model declares what it can hear and answers batches of clips, one question at a time. Everything else is the
runner's work: finding clips, decoding, resampling, batching, retrying, recording. A complete model:

    class Echo:
        hearing = Hearing(sample_rate=16000)

        def load(self): ...

        def answer(self, clips, question):
            return [Answer("rock" if clip.audio.any() else "silence") for clip in clips]

        def describe(self):
            return {"revision": "1"}

It runs as `mudata eval --model package.module:Echo`, or under a name of its own through the entry
point group `mudata.models`. Options of the constructor are the options of the model: see `models.create`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind = Literal["classify", "tag", "caption"]


@dataclass(frozen=True, eq=False)
class Clip:
    """What a model hears: mono float32 samples of shape (n,), full scale = 1, at `sample_rate` Hz.

    For a model whose `hearing.needs_audio` is false, `audio` is empty.
    """

    clip_id: str
    audio: NDArray[np.float32]
    sample_rate: int


@dataclass(frozen=True)
class Question:
    """What a model is asked: one prompt, the same for every clip of a call.

    `options` are the labels to choose from as they are written for people, in published order (empty for
    captions); `noun` is what is asked for, in the singular: 'genre'.
    """

    kind: Kind
    prompt: str
    options: tuple[str, ...]
    noun: str


@dataclass(frozen=True)
class Answer:
    """What the model said, untouched."""

    text: str


@dataclass(frozen=True)
class Failure:
    """Why there is no answer: a stable machine word such as 'out-of-memory', and the details."""

    kind: str
    reason: str


@dataclass(frozen=True)
class Hearing:
    """What a model can hear and how it answers.

    sample_rate: Hz it wants its clips in; None takes any. max_seconds: longer clips are cut to their first
    `max_seconds`; None hears all. batch: the largest sensible batch. forced_choice: it always names an option, so that
    its coverage means nothing. gives_logits: it can rank the options. needs_audio: clips carry samples. control: a
    baseline that answers without listening on purpose; any other model without audio is refused.
    """

    sample_rate: int | None = None
    max_seconds: float | None = None
    batch: int = 1
    forced_choice: bool = False
    gives_logits: bool = False
    needs_audio: bool = True
    control: bool = False


class Model(Protocol):
    """Anything that answers. The runner calls `load` once, then `answer` with at most `batch` clips.

    `answer` returns one Answer or Failure per clip, in order. It may raise: an error whose text contains 'out of
    memory' halves the batch, a MudataError ends the run, anything else is recorded as that clip's failure.
    `describe` tells what was really used (revision, dtype, device, versions) after `load`; it goes into run.json.
    """

    hearing: Hearing

    def load(self) -> None: ...

    def answer(self, clips: Sequence[Clip], question: Question) -> list[Answer | Failure]: ...

    def describe(self) -> dict[str, object]: ...


class Trainable(Protocol):
    """A model that learns from the split's train part first, anew for every dataset of the split.

    `needs_fit` is True, or the kinds of question that need it. `fit` gets clips with their references: options (as
    `Question.options` writes them), or captions.
    """

    needs_fit: bool | Collection[Kind]

    def fit(self, train: Iterable[tuple[Clip, tuple[str, ...]]]) -> None: ...
