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
from mudata.evaluation.protocol import Answer, Clip, Failure, Item, Kind, ModelCapabilities, Question


class _Control:
    """Common to all: hears nothing, remembers the references of the train part."""

    capabilities = ModelCapabilities(batch=256, needs_audio=False, control=True)
    needs_fit: tuple[Kind, ...] = ()

    def __init__(self) -> None:
        self._taught: list[tuple[str, tuple[str, ...]]] = []

    def load(self) -> None:
        """Nothing to load."""

    def fit(self, train: Iterable[tuple[Clip, tuple[str, ...]]]) -> None:
        self._taught = [(clip.clip_id, references) for clip, references in train]

    def describe(self) -> dict[str, object]:
        return {"fitted_clips": len(self._taught)}

    def _tags_per_clip(self) -> int:
        return max(1, round(sum(len(tags) for _, tags in self._taught) / max(1, len(self._taught))))


class Random(_Control):
    """A seeded draw for every clip:
    an option; as many tags as clips have on average; a caption of another clip."""

    needs_fit = ("tag", "caption")

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.seed = seed

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        return [self._draw(item.item_id, item.question) for item in items]

    def describe(self) -> dict[str, object]:
        return {"seed": self.seed, **super().describe()}

    def _draw(self, clip_id: str, question: Question) -> Answer | Failure:
        if question.kind == "caption":
            start = int.from_bytes(self._order(clip_id, "caption")) % len(self._taught)
            for other, texts in self._taught[start:] + self._taught[:start]:
                if other != clip_id:
                    return Answer(texts[0])
            return Failure("no-other-clip", "there is no caption of another clip to draw")
        drawn = sorted(question.options, key=lambda option: self._order(clip_id, option))
        return Answer(", ".join(drawn[: self._tags_per_clip() if question.kind == "tag" else 1]))

    def _order(self, clip_id: str, what: str) -> bytes:
        return hashlib.sha256(f"{self.seed}\0{clip_id}\0{what}".encode()).digest()


class Majority(_Control):
    """The most frequent label for every clip;
    to tag, as many of the most frequent as clips have on average."""

    needs_fit = ("classify", "tag")

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        return by_question(items, lambda some, question: [self._commonest(question)] * len(some))

    def _commonest(self, question: Question) -> Answer:
        if question.kind == "caption":
            raise ModelError(
                "There is no majority among captions.", "Use the model 'constant' or 'random' for captions."
            )
        counts = Counter(label for _, labels in self._taught for label in labels)
        ranked = sorted(question.options, key=lambda option: -counts[option])  # ties keep the published order
        return Answer(", ".join(ranked[: self._tags_per_clip() if question.kind == "tag" else 1]))


class Constant(_Control):
    """One and the same answer: the first option, or the train part's medoid caption.

    The medoid is the caption that the scores of other models are held against: picked by rule,
    since a constant written by hand scores whatever its author knows.
    """

    needs_fit = ("caption",)

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        return by_question(items, lambda some, question: [self._same(question)] * len(some))

    def _same(self, question: Question) -> Answer:
        captions = [text for _, texts in self._taught for text in texts]
        text = medoid(captions) if question.kind == "caption" else None
        return Answer(text or question.options[0])
