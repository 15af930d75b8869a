"""Controls: what can be had without listening. A model that does not beat them has shown nothing.

They learn from the split's train part. Where it has none they are fitted on the very clips they are
asked about, which makes them stronger than they should be; the run says so.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

from mudata.errors import ModelError
from mudata.evaluation.metrics.caption_controls import medoid
from mudata.evaluation.models.question_calls import by_question
from mudata.evaluation.models.uniform_guess import uniform_guess
from mudata.evaluation.protocol import Answer, Failure, Item, Kind, ModelCapabilities, Question


class _Control:
    """Common to all: hears nothing, remembers the references of the train part."""

    capabilities = ModelCapabilities(batch=256, needs_audio=False, control=True)
    needs_fit: tuple[Kind, ...] = ()

    def __init__(self) -> None:
        self._taught: list[tuple[str, tuple[str, ...]]] = []

    def load(self) -> None:
        """Nothing to load."""

    def fit(self, train: Iterable[tuple[Item, tuple[str, ...]]]) -> None:
        self._taught = [(item.item_id, references) for item, references in train]

    def describe(self) -> dict[str, object]:
        return {"fitted_clips": len(self._taught)}

    def _commonest_value(self) -> Answer:
        """The value that is right most often in the train part; of equal ones the first in order."""
        counts = Counter(value for _, values in self._taught for value in values)
        if not counts:
            raise ModelError("There is not one item to learn from.", "Check the train part of the split.")
        return Answer(min(counts, key=lambda value: (-counts[value], value)))

    def _tags_per_clip(self) -> int:
        return max(1, round(sum(len(tags) for _, tags in self._taught) / max(1, len(self._taught))))


class Random(_Control):
    """A seeded draw for every item: an option, or of whatever else may be answered; as many tags as
    clips have on average; a caption of another clip, sections or words of another item."""

    needs_fit = ("tag", "caption", "structure", "open")

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.seed = seed

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        return [self._draw(item) for item in items]

    def describe(self) -> dict[str, object]:
        return {"seed": self.seed, **super().describe()}

    def _draw(self, item: Item) -> Answer | Failure:
        question = item.question

        def drawn(what: str) -> bytes:
            return hashlib.sha256(f"{self.seed}\0{item.item_id}\0{what}".encode()).digest()

        if question.kind in ("classify", "tag"):
            ranked = sorted(question.options, key=drawn)
            return Answer(", ".join(ranked[: self._tags_per_clip() if question.kind == "tag" else 1]))
        guess = None if question.kind == "caption" else uniform_guess(item, drawn)
        if guess is not None:
            return Answer(guess)
        start = int.from_bytes(drawn(question.kind)) % max(1, len(self._taught))
        for other, texts in self._taught[start:] + self._taught[:start]:
            if other != item.item_id:
                return Answer(texts[0])
        return Failure("no-other-clip", f"there is no {question.kind} of another clip to draw")


class Majority(_Control):
    """The most frequent label or value for every item; to tag, as many of the most frequent as clips
    have on average."""

    needs_fit = ("classify", "tag", "number", "key", "metre", "choose", "pair", "order", "structure", "open")

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        return by_question(items, lambda some, question: [self._commonest(question)] * len(some))

    def _commonest(self, question: Question) -> Answer:
        if question.kind == "caption":
            raise ModelError(
                "There is no majority among captions.", "Use the model 'constant' or 'random' for captions."
            )
        if not question.options or question.kind == "order":
            return self._commonest_value()
        counts = Counter(label for _, labels in self._taught for label in labels)
        ranked = sorted(question.options, key=lambda option: -counts[option])  # ties keep the published order
        return Answer(", ".join(ranked[: self._tags_per_clip() if question.kind == "tag" else 1]))


class Constant(_Control):
    """One and the same answer: the first option, the train part's most frequent value where there
    are none, or its medoid caption.

    The medoid is the caption that the scores of other models are held against: picked by rule,
    since a constant written by hand scores whatever its author knows.
    """

    needs_fit = ("caption", "number", "key", "metre", "order", "structure", "open")

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        return by_question(items, lambda some, question: [self._same(question)] * len(some))

    def _same(self, question: Question) -> Answer:
        captions = [text for _, texts in self._taught for text in texts]
        text = medoid(captions) if question.kind == "caption" else None
        if text is None and (not question.options or question.kind == "order"):
            return self._commonest_value()
        return Answer(text or question.options[0])
