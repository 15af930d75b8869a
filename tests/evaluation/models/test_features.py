"""The classic features and the classifier on top of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from asking import asked, taught

pytest.importorskip("librosa")
pytest.importorskip("sklearn")

from mudata.errors import ModelError
from mudata.evaluation.models import features, registry
from mudata.evaluation.models.features import RATE, RECIPE, Features, extract
from mudata.evaluation.protocol import Answer, Clip, Question

pytestmark = pytest.mark.slow

QUESTION = Question("classify", "?", ("sine", "noise"), "genre")


def sound(kind: str, i: int, seconds: float = 1.0) -> Clip:
    random = np.random.default_rng(i)
    n = round(RATE * seconds)
    wave = {
        "sine": 0.3 * np.sin(2 * np.pi * (220 + 10 * i) * np.arange(n) / RATE),
        "noise": 0.1 * random.standard_normal(n),
        "clicks": np.where(np.arange(n) % (2000 + 10 * i) < 50, 0.5, 0.0),
    }[kind]
    return Clip(f"d/{kind}{i}", wave.astype(np.float32), RATE)


def said(model: Features, clips: list[Clip], kind: str = "classify") -> list[str]:
    question = Question(kind, "?", ("sine", "noise", "clicks"), "genre")  # type: ignore[arg-type]
    return [answer.text for answer in model.answer(asked(question, *clips)) if isinstance(answer, Answer)]


LESSONS = [(sound(kind, i), (kind,)) for i in range(6) for kind in ("sine", "noise", "clicks")]


@pytest.mark.parametrize("seconds", [0.001, 0.4, 1.0, 3.3])
def test_features_have_one_length_and_no_holes(seconds: float) -> None:
    vector = extract(sound("noise", 1, seconds).audio)
    assert vector.shape == extract(np.zeros(RATE, np.float32)).shape
    assert vector.dtype == np.float32
    assert np.isfinite(vector).all()


def test_features_are_the_same_every_time_and_tell_sounds_apart() -> None:
    one, again = extract(sound("sine", 1).audio), extract(sound("sine", 1).audio)
    assert np.array_equal(one, again)
    assert not np.allclose(one, extract(sound("noise", 1).audio))


def test_it_learns_to_tell_sounds_apart() -> None:
    model = Features(seed=1)
    model.fit(taught(LESSONS))
    unheard = [sound(kind, i) for i in (20, 21) for kind in ("sine", "noise", "clicks")]
    assert said(model, unheard) == ["sine", "noise", "clicks"] * 2
    about = model.describe()
    assert about["recipe"] == RECIPE
    assert about["cross_validated_accuracy"] == 1.0
    assert about["folds"] == 5
    other = Features(seed=1)
    other.fit(taught(LESSONS))
    assert other.describe() == about


def test_it_learns_tags() -> None:
    lessons = [(clip, (labels[0], "loud") if labels[0] == "sine" else labels) for clip, labels in LESSONS]
    model = Features()
    model.fit(taught(lessons))
    assert [set(text.split(", ")) for text in said(model, [sound("sine", 20), sound("noise", 20)], "tag")] == [
        {"sine", "loud"},
        {"noise"},
    ]


def test_features_are_kept_on_disk_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Features(cache=tmp_path)
    model.fit(taught(LESSONS))
    expected = said(model, [sound("sine", 20)])
    kept = list((tmp_path / RECIPE).rglob("*.npy"))
    assert len(kept) == len(LESSONS) + 1
    monkeypatch.setattr(features, "extract", None)  # nothing may be computed again
    again = Features(cache=tmp_path)
    again.fit(taught(LESSONS))
    assert said(again, [sound("sine", 20)]) == expected


def test_worker_processes_give_the_same_features(monkeypatch: pytest.MonkeyPatch) -> None:
    audio = [sound("noise", i).audio for i in range(3)]
    monkeypatch.setattr(features, "workers", lambda: 2)
    alone, together = (np.stack(features.extract_all(audio, alone=how)) for how in (True, False))
    assert np.array_equal(alone, together)


def test_all_clips_of_an_artist_are_in_one_fold() -> None:
    y = [label for label in "ab" for _ in range(12)]
    artists = [f"{label}{i // 4}" for label in "ab" for i in range(12)]
    folds = features.group_folds(y, artists, 5, seed=0)
    assert len(folds) == 3  # as many as either label has artists
    for train, test in folds:
        assert {artists[i] for i in train}.isdisjoint({artists[i] for i in test})
        assert {y[i] for i in train} == {"a", "b"}
    assert sorted(i for _, test in folds for i in test) == list(range(24))


def test_there_are_no_folds_where_one_artist_has_all_of_a_label() -> None:
    assert features.group_folds(["a"] * 4 + ["b"] * 4, ["x"] * 4 + ["p", "q", "r", "s"], 5, seed=0) == []


def test_artists_are_kept_apart_when_a_classifier_is_chosen() -> None:
    """Every artist has a pitch of its own and labels are noise: by clips it looks learnable, by artists it is not."""
    lessons = []
    for artist in range(6):
        for take in range(3):
            clip = sound("sine", 8 * artist, 1.0 + 0.1 * take)
            lessons.append((Clip(f"d/{artist}-{take}", clip.audio, RATE, f"artist {artist}"), ("ab"[artist % 2],)))
    found = {}
    for known in (True, False):
        model = Features()
        model.fit(taught((Clip(c.clip_id, c.audio, RATE, c.group if known else None), said) for c, said in lessons))
        found[known] = model.describe()
    assert (found[True]["folds_by_artist"], found[False]["folds_by_artist"]) == (True, False)
    assert float(str(found[True]["cross_validated_accuracy"])) < float(str(found[False]["cross_validated_accuracy"]))


@pytest.mark.parametrize("labels", [["sine"], ["sine", "noise"], ["sine", "sine", "noise"]])
def test_few_clips_are_enough_to_answer_something(labels: list[str]) -> None:
    model = Features()
    model.fit(taught((sound(label, i), (label,)) for i, label in enumerate(labels)))
    assert said(model, [sound("sine", 30)])[0] in labels


def test_tags_that_cannot_be_learned_do_not_stop_it() -> None:
    model = Features()
    model.fit(taught([(sound("sine", 1), ("a", "b")), (sound("noise", 1), ("a", "c"))]))
    assert said(model, [sound("sine", 2)], "tag") == ["a"]


def test_it_refuses_what_it_cannot_do() -> None:
    with pytest.raises(ModelError, match="writes no captions"):
        Features().answer(asked(Question("caption", "?", (), "description"), sound("sine", 1)))
    with pytest.raises(ModelError, match="learned nothing yet"):
        Features().answer(asked(QUESTION, sound("sine", 1)))
    with pytest.raises(ModelError, match="not one clip to learn from"):
        Features().fit(iter([]))


def test_it_is_made_by_name_with_the_runs_seed_and_cache(tmp_path: Path) -> None:
    model = registry.create("features", offer={"seed": 5, "cache": tmp_path, "batch": None})
    assert isinstance(model, Features)
    assert (model.seed, model.capabilities.sample_rate, model.capabilities.batch) == (5, RATE, 16)
