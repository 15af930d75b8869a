"""Controls: answers without listening."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from asking import asked, taught

from mudata.errors import ModelError
from mudata.evaluation.models.baselines import Constant, Majority, Random, medoid
from mudata.evaluation.protocol import Answer, Clip, Failure, Kind, Question


def clip(i: int) -> Clip:
    return Clip(f"d/{i}", np.zeros(0, np.float32), 1)


def ask(kind: Kind) -> Question:
    return Question(kind, "?", () if kind == "caption" else ("a", "b", "c", "d"), "genre")


def texts(answers: list[Answer | Failure]) -> list[str]:
    assert all(isinstance(answer, Answer) for answer in answers)
    return [answer.text for answer in answers if isinstance(answer, Answer)]


CLIPS = [clip(i) for i in range(400)]
LESSONS = [(clip(0), ("b", "c")), (clip(1), ("c",)), (clip(2), ("c", "b", "a"))]


def test_random_is_the_same_for_a_seed_in_any_batch_and_uniform() -> None:
    whole = texts(Random(seed=3).answer(asked(ask("classify"), *CLIPS)))
    single = [texts(Random(seed=3).answer(asked(ask("classify"), c)))[0] for c in CLIPS[:20]]
    assert whole[:20] == single
    assert whole != texts(Random(seed=4).answer(asked(ask("classify"), *CLIPS)))
    assert all(70 <= n <= 130 for n in Counter(whole).values())


def test_random_tags_are_as_many_as_clips_have() -> None:
    model = Random()
    model.fit(taught(LESSONS))
    assert {len(set(text.split(", "))) for text in texts(model.answer(asked(ask("tag"), *CLIPS[:20])))} == {2}


def test_a_random_caption_is_never_the_clips_own() -> None:
    model = Random(seed=1)
    model.fit(taught([(clip(i), (f"caption {i}",)) for i in range(5)]))
    said = texts(model.answer(asked(ask("caption"), *CLIPS[:5])))
    assert all(text != f"caption {i}" for i, text in enumerate(said))
    alone = Random()
    alone.fit(taught([(clip(0), ("only",))]))
    assert alone.answer(asked(ask("caption"), clip(0))) == [
        Failure("no-other-clip", "there is no caption of another clip to draw")
    ]


def test_majority_says_the_most_frequent_label_and_breaks_ties_by_published_order() -> None:
    model = Majority()
    model.fit(taught(LESSONS))
    assert texts(model.answer(asked(ask("classify"), *CLIPS[:2]))) == ["c", "c"]
    assert texts(model.answer(asked(ask("tag"), *CLIPS[:1]))) == ["c, b"]
    model.fit(taught([(clip(0), ("d",)), (clip(1), ("b",))]))
    assert texts(model.answer(asked(ask("classify"), *CLIPS[:1]))) == ["b"]


def test_majority_refuses_captions() -> None:
    with pytest.raises(ModelError, match="no majority among captions"):
        Majority().answer(asked(ask("caption"), *CLIPS[:1]))


def test_constant_says_the_first_option_or_the_medoid_caption() -> None:
    model = Constant()
    assert texts(model.answer(asked(ask("classify"), *CLIPS[:2]))) == ["a", "a"]
    captions = ["A slow sad piano.", "A slow piano.", "Loud drums!", "a slow, sad song"]
    model.fit(taught([(clip(i), (text,)) for i, text in enumerate(captions)]))
    assert texts(model.answer(asked(ask("caption"), *CLIPS[:2]))) == ["A slow sad piano."] * 2


def test_the_medoid_does_not_depend_on_the_order() -> None:
    captions = ["x y", "y z", "x z", "x y z"]
    assert medoid(captions) == medoid(captions[::-1]) == "x y z"
