"""The controls `noise` and `no-audio`: what is played in the place of clips, and who may be asked words alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from shell import typed
from small_corpus import AskedOf, Corpus

import mudata
from mudata.errors import EvaluationError
from mudata.evaluation.comparison import audio_use
from mudata.evaluation.inference.noise import white_noise
from mudata.evaluation.inference.runner import EvalRequest, evaluate
from mudata.evaluation.protocol import Answer, Failure, Item, ModelCapabilities

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home

ITEMS = tuple(AskedOf(f"pair{n}", "higher", clips, "first") for n, clips in enumerate([(6, 8), (7, 6), (9, 9)]))


class Notebook:
    """Writes down what it is played, and answers by it."""

    capabilities = ModelCapabilities(sample_rate=8000, batch=3, max_clips=2, audio_optional=True)
    played: dict[str, list[np.ndarray]] = {}  # noqa: RUF012 - the test's notebook

    def load(self) -> None:
        """Nothing to load."""

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        for item in items:
            type(self).played[item.item_id] = [clip.audio for clip in item.clips]
        return [Answer("first" if item.clips else "second") for item in items]

    def describe(self) -> dict[str, object]:
        return {}


class Deaf(Notebook):
    """Has no place for a question without a clip."""

    capabilities = ModelCapabilities(sample_rate=8000, max_clips=2)


class Reader(Notebook):
    """A language model."""

    capabilities = ModelCapabilities(needs_audio=False, audio_optional=True)


NOTEBOOK, DEAF, READER = (f"{__name__}:{name}" for name in ("Notebook", "Deaf", "Reader"))


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    monkeypatch.setattr(Notebook, "played", {})
    made = Corpus(home, tmp_path / "cards", monkeypatch)
    made.halves(items=ITEMS)
    return made


def ask(home: Home, **more: object) -> Run:
    return evaluate(home, EvalRequest(**{"model": NOTEBOOK, "split": "half", "task": "higher"} | more))  # type: ignore[arg-type]


def test_noise_is_the_same_bytes_on_every_machine() -> None:
    tone = ((np.arange(4000) * 37 % 201 - 100) / 400).astype(np.float32)  # no library's sine
    noise = white_noise(tone, "d/1", 0)
    assert hashlib.sha256(noise.astype("<f4").tobytes()).hexdigest()[:16] == "599f78f55095ae0c"
    assert (noise != white_noise(tone, "d/2", 0)).any()
    assert (noise != white_noise(tone, "d/1", 1)).any()


@pytest.mark.parametrize("shape", [(16_000,), (16_000, 2)])
@pytest.mark.parametrize("level", [0.001, 0.1, 0.5])
def test_noise_is_white_and_as_long_and_loud_as_the_clip(shape: tuple[int, ...], level: float) -> None:
    clip = (level * np.random.default_rng(0).choice([-1.0, 1.0], shape)).astype(np.float32)
    noise = white_noise(clip, "d/1", 0)
    assert noise.shape == shape
    assert noise.dtype == np.float32
    assert np.sqrt(np.mean(noise.astype(float) ** 2)) == pytest.approx(level, rel=0.03 if level < 0.01 else 1e-3)
    assert np.abs(noise).max() <= 1.0
    spectrum = np.abs(np.fft.rfft(noise.reshape(16_000, -1)[:, 0])) ** 2
    quarters = [part.mean() for part in np.array_split(spectrum[1:], 4)]
    assert max(quarters) / min(quarters) < 1.2


def test_noise_of_silence_and_of_nothing() -> None:
    assert not white_noise(np.zeros(10, np.float32), "d/1", 0).any()
    assert white_noise(np.zeros(0, np.float32), "d/1", 0).shape == (0,)


def test_every_clip_of_an_item_is_silenced_or_drowned_and_a_clip_twice_sounds_twice_alike(
    corpus: Corpus, home: Home
) -> None:
    ask(home)
    real = dict(Notebook.played)
    ask(home, control="noise")
    noise = dict(Notebook.played)
    ask(home, control="silence")
    assert len(real) == 3
    for item_id, clips in real.items():
        assert [len(clip) for clip in clips] == [len(clip) for clip in noise[item_id]]
        assert all(np.abs(clip - drowned).max() > 0.01 for clip, drowned in zip(clips, noise[item_id], strict=True))
        assert not any(clip.any() for clip in Notebook.played[item_id])
        for clip, drowned in zip(clips, noise[item_id], strict=True):
            assert np.sqrt((drowned**2).mean()) == pytest.approx(np.sqrt((clip**2).mean()), rel=1e-3)
    first, second = noise["tones/pair2"]
    assert (first == second).all()


def test_words_alone_are_asked_without_a_clip_and_recorded_so(corpus: Corpus, home: Home) -> None:
    real, words = ask(home), ask(home, control="no-audio")
    assert Notebook.played == {f"tones/pair{n}": [] for n in range(3)}
    assert (words.settings.control, words.settings.audio_family) == ("no-audio", real.settings.audio_family)
    assert {record.heard_s for record in words.answers().values()} == {0.0}
    use = audio_use.check_run(home, real)
    assert use is not None
    assert "no-audio: 3 of 3 answers change" in use.why


def test_words_alone_need_no_audio(corpus: Corpus, home: Home) -> None:
    corpus.halves(items=ITEMS, absent=("06", "07", "08", "09"))
    run = ask(home, model=READER, control="no-audio")
    assert {record.answer for record in run.answers().values()} == {"second"}
    assert run.settings.clips_without_audio == 0


@pytest.fixture
def theory(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exam of which nothing is heard: MusicTheoryBench's shape, six made-up questions."""
    monkeypatch.setattr(Notebook, "played", {})
    options = {"A": "first", "B": "second", "C": "third", "D": "fourth"}
    rows = [
        {"id": n, "stem": f"Which is {n}?", "options": options, "subject": "knowledge", "answer": "AB"[n % 2],
         "split": "test", "abc_score": None}
        for n in range(6)
    ]  # fmt: skip
    (tmp_path / "own").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "own" / "train-00000-of-00001.parquet")
    mudata.fetch("musictheorybench", source=tmp_path / "own", accept_licence=True, partial=True)
    mudata.split("theory", dataset="musictheorybench", parts={"test": 1})


@pytest.mark.parametrize("model", ["Notebook", "Reader"])
def test_items_of_words_alone_are_asked_of_who_hears_and_of_who_reads(theory: None, home: Home, model: str) -> None:
    run = ask(home, model=f"{__name__}:{model}", split="theory", task="knowledge")
    assert Notebook.played == {f"musictheorybench/{n}": [] for n in range(6)}
    assert {record.answer for record in run.answers().values()} == {"second"}
    assert run.settings.clips_without_audio == 0
    ask(home, model="random", split="theory", task="knowledge")


@pytest.mark.parametrize(
    ("model", "control", "match"),
    [
        (DEAF, None, r"cannot be asked without audio: .*\nNothing of musictheorybench/0 is heard"),
        (NOTEBOOK, "silence", "musictheorybench/0 is words alone: with silence it would be asked the same"),
    ],
)
def test_items_of_words_alone_have_nothing_to_silence_and_want_a_model_that_can_do_without(
    theory: None, home: Home, model: str, control: str | None, match: str
) -> None:
    with pytest.raises(EvaluationError, match=match):
        ask(home, model=model, control=control, split="theory", task="knowledge")


@pytest.mark.parametrize(
    ("model", "control", "match"),
    [
        (DEAF, "no-audio", "cannot be asked without audio: its prompt has a place for a clip"),
        (READER, None, r"takes no audio: it can be asked by words alone\.\nAsk it with --control no-audio"),
        (READER, "noise", "takes no audio: it can be asked by words alone"),
        ("random", "no-audio", "never listens: with no-audio it would say the same"),
    ],
)
def test_who_cannot_be_asked_so_is_told_why(
    corpus: Corpus, home: Home, model: str, control: str | None, match: str
) -> None:
    with pytest.raises(EvaluationError, match=match):
        ask(home, model=model, control=control)


def test_the_command_takes_one_control(corpus: Corpus, home: Home) -> None:
    asked = typed("eval", "--model", NOTEBOOK, "--split", "half", "--task", "higher", "--control", "noise", "--json")
    assert asked.code == 0, asked.err
    both = typed("eval", "--model", NOTEBOOK, "--split", "half", "--control", "noise", "--silence")
    assert both.code == 2
    assert "two controls, a run each" in both.err
