"""What a model is: the whole contract between the
runner and anything that answers questions about music.

A model declares what it can hear and answers batches of items, each a question about one clip or
several. Everything else is the runner's work: finding clips, decoding, resampling, batching,
retrying, recording. A complete model:

    class Echo:
        capabilities = ModelCapabilities(sample_rate=16000)

        def load(self): ...

        def answer(self, items):
            return [Answer("rock" if item.clip.audio.any() else "silence") for item in items]

        def describe(self):
            return {"revision": "1"}

It runs as `mudata eval --model package.module:Echo`, or under a name of its own through the entry
point group `mudata.models`. Options of the constructor are the options of the model: see
`models.registry.create`.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind = Literal["classify", "tag", "caption", "number", "key", "metre", "choose", "pair", "order", "structure", "open"]


@dataclass(frozen=True, eq=False)
class Clip:
    """What a model hears: float32 samples, full scale = 1, at `sample_rate` Hz.

    `audio` has shape (n,), mono; or (n, channels), as the original file has them and at its own
    rate, in a run with `--audio source`, for models whose `capabilities.takes_source` is true. It
    is empty for a model whose `capabilities.needs_audio` is false, and for a clip that is MIDI.
    `group` is the artist, where that is known and the clip is one to learn from: clips of one
    artist belong on one side of any split that a model makes for itself.
    """

    clip_id: str
    audio: NDArray[np.float32]
    sample_rate: int
    group: str | None = None
    midi: Path | None = None
    """The file of a clip that is MIDI, with what is asked about and no more,
    for models whose `capabilities.takes_midi` is true."""


@dataclass(frozen=True)
class Question:
    """What a model is asked about the clips of an item.

    `options` are the labels to choose from as they are written for people, in the order shown
    (empty for captions); `noun` is what is asked for, in the singular: 'genre'. `letters`: the
    prompt shows them as '(A) blues, (B) rock', and a letter may be the answer; a model that never
    reads the prompt still answers with an option. A model puts its own chat template around
    `prompt`, and nothing else.
    """

    kind: Kind
    prompt: str
    options: tuple[str, ...]
    noun: str
    letters: bool = False
    numbered: bool = False
    """The prompt shows the options as '(1) slower, (2) faster', and a number may be the answer."""
    unit: str = ""
    """Of a number: what it is counted in, 'bpm'."""
    bounds: tuple[float, float] | None = None
    """Of a number: between what it lies, both included."""
    whole: bool = False
    """Of a number: it has no decimals."""

    @property
    def marks(self) -> tuple[str, ...]:
        """How each option is chosen in fewest words: by its letter or number where it is shown with
        one, else as it is written."""
        if self.letters:
            return tuple(ascii_uppercase[: len(self.options)])
        return tuple(map(str, range(1, len(self.options) + 1))) if self.numbered else self.options


@dataclass(frozen=True, eq=False)
class Item:
    """What is asked at once: a question and the clips it is about, in the order that it speaks of
    them. Most items have one clip, and its id; items have none where words alone are asked, which
    only a model gets whose `capabilities.audio_optional` is true."""

    item_id: str
    clips: tuple[Clip, ...]
    question: Question
    encoded: object = field(default=None, kw_only=True)
    """What the model's `encode` made of it ahead (see Encodes); None where nothing did."""

    @property
    def clip(self) -> Clip:
        """The one clip. Raises ValueError where there are several, which only a model gets whose
        `capabilities.max_clips` says so, or none, where words alone are asked."""
        (clip,) = self.clips
        return clip


@dataclass(frozen=True)
class Answer:
    """What the model said, untouched. More than `inference.batching.LONGEST` characters are
    refused."""

    text: str
    given: str | None = None
    """What the model got in place of the sound,
    where that was text (ABC notation); kept beside the answer."""
    notes: Mapping[str, object] | None = field(default=None, compare=False)
    """What a server told about this answer (why it stopped, tokens),
    as JSON can hold it; kept beside the answer."""


@dataclass(frozen=True)
class Ranking:
    """How likely each option is as the answer,
    in the order of `Question.options`; higher is likelier.

    `loglik` are sums of token log-probabilities (nats) and `tokens` how many tokens each sum is
    over, so that the sum and the mean per token can both be had. Other scores (similarities) have
    no `tokens`.
    """

    loglik: tuple[float, ...]
    tokens: tuple[int, ...] = ()


@dataclass(frozen=True)
class Failure:
    """Why there is no answer: a stable machine word such as 'out-of-memory', and the details."""

    kind: str
    reason: str


@dataclass(frozen=True)
class ModelCapabilities:
    """What a model can hear and how it answers.

    sample_rate: Hz it wants its clips in; None takes any. max_seconds: longer clips are cut to
    their first `max_seconds`; None hears all. batch: the largest sensible batch. forced_choice: it
    always names an option, so that its coverage means nothing. gives_logits: it has `rank` (see
    Ranks). needs_audio: clips carry samples. control: a baseline that answers without listening on
    purpose; any other model without audio is refused. takes_midi: it reads `Clip.midi`.
    takes_source: it mixes channels and resamples by a rule of its own, whatever shape and rate
    clips have. max_clips: how many clips of one item it tells apart; where an item has more, they
    are played one after the other as a single one, with a gap between them. audio_optional: it can
    be asked by words alone, with `Item.clips` empty (the control `no-audio`); one that takes no
    audio and is no control can be asked nothing else.
    """

    sample_rate: int | None = None
    max_seconds: float | None = None
    batch: int = 1
    forced_choice: bool = False
    gives_logits: bool = False
    needs_audio: bool = True
    control: bool = False
    takes_midi: bool = False
    takes_source: bool = False
    max_clips: int = 1
    audio_optional: bool = False

    @property
    def reads_only(self) -> bool:
        """Whether it is a language model without ears: asked by words alone, and as one."""
        return self.audio_optional and not self.needs_audio and not self.control


class Model(Protocol):
    """Anything that answers. The runner calls `load` once,
    then `answer` with at most `batch` items, whose questions may differ.

    `answer` returns one Answer or Failure per item, in order. It may raise: an error whose text
    contains 'out of memory' halves the batch, a MudataError ends the run, anything else is recorded
    as that item's failure. `describe` tells what was really used (revision, dtype, device,
    versions) after `load`; it goes into run.json. What users should know once it is loaded may stand
    in an attribute `remarks`, a list of sentences.
    """

    capabilities: ModelCapabilities

    def load(self) -> None: ...

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]: ...

    def describe(self) -> dict[str, object]: ...


@runtime_checkable
class Streams(Protocol):
    """A model that answers items one by one while others are on their way (behind servers), and would
    wait for the slowest of every batch.

    `stream` draws items when it has use for them and gives replies as they come: lists of pairs of an
    item's place, from 0 in the order drawn, and its Answer or Failure, one for each. `capabilities.batch`
    says how many it has on their way, and may change meanwhile. It is used instead of `answer` where the
    user asks for no batch of a certain size.
    """

    def stream(self, items: Iterator[Item]) -> Iterator[list[tuple[int, Answer | Failure]]]: ...


class Encodes(Protocol):
    """A model of which a part of the work can be done ahead, while it answers others: spectra, tokens.

    `encode` gets one item after `load`, in any thread, several at once, and gives whatever `answer` and `rank` want to
    find in `Item.encoded`. They must do without, too, and give the same: it is None where encoding failed or was not
    asked for.
    """

    def encode(self, item: Item) -> object: ...


class Ranks(Protocol):
    """A model that can tell how likely every option is, instead of saying one:
    a second opinion beside its answer.

    `rank` owes one Ranking or Failure per item, in order, and may raise as `Model.answer` may. What
    is ranked is what the prompt asks for: `Question.marks`.
    """

    def rank(self, items: Sequence[Item]) -> list[Ranking | Failure]: ...


class Trainable(Protocol):
    """A model that learns from the split's train part first, anew for every dataset of the split.

    `needs_fit` is True, or the kinds of question that need it. `fit` gets items with their
    references: options (as `Question.options` writes them), captions, or the one true value.
    """

    needs_fit: bool | Collection[Kind]

    def fit(self, train: Iterable[tuple[Item, tuple[str, ...]]]) -> None: ...


if not TYPE_CHECKING:  # type checkers know the new name only

    def __getattr__(name: str) -> object:
        """`Hearing` is what mudata 0.1.0 called ModelCapabilities, and `hearing` its attribute."""
        if name != "Hearing":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        warnings.warn(
            "mudata.evaluation.protocol.Hearing is ModelCapabilities now, and a model's attribute `capabilities`.",
            DeprecationWarning,
            stacklevel=2,
        )
        return ModelCapabilities
