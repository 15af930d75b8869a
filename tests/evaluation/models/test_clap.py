"""CLAP zero-shot on tiny random checkpoints: windows, determinism, and what it cannot do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from asking import asked
from tiny_clap import write_clap

from mudata.errors import ModelError
from mudata.evaluation.protocol import Answer, Clip, Question, Ranking

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from mudata.evaluation.models.clap import Clap, windows  # noqa: E402
from mudata.evaluation.models.encoders.clap_spectra import spectra  # noqa: E402

pytestmark = pytest.mark.slow

GENRE = Question("classify", "", ("blues", "rock", "waltz"), "genre")
RATE = 48_000


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "fusion"])
def clap(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Clap:
    model = Clap(str(write_clap(tmp_path_factory.mktemp("clap"), fusion=request.param)), device="cpu")
    model.load()
    return model


def noises(*seconds: float) -> list[Clip]:
    rng = np.random.default_rng(2)
    return [
        Clip(f"c{i}", (0.1 * rng.standard_normal(int(s * RATE))).astype(np.float32), RATE)
        for i, s in enumerate(seconds)
    ]


def test_a_clip_is_heard_the_same_alone_in_company_and_again(clap: Clap) -> None:
    waves = [clip.audio for clip in noises(3, 25, 10)]
    together = clap.embed_audio(waves)
    alone = torch.cat([clap.embed_audio([wave]) for wave in waves])
    assert torch.allclose(together, alone, atol=1e-5)
    assert torch.equal(together, clap.embed_audio(waves))


def test_every_clip_gets_exactly_one_of_the_options(clap: Clap) -> None:
    answers = clap.answer(asked(GENRE, *noises(1, 12)))
    assert all(isinstance(a, Answer) and a.text in GENRE.options for a in answers)
    assert clap.capabilities.forced_choice


def test_the_answer_is_the_option_that_ranks_first(clap: Clap) -> None:
    clips = noises(1, 12, 4)
    for ranking, answer in zip(clap.rank(asked(GENRE, *clips)), clap.answer(asked(GENRE, *clips)), strict=True):
        assert isinstance(ranking, Ranking)
        assert isinstance(answer, Answer)
        assert len(ranking.loglik) == 3
        assert all(-1.0001 <= score <= 1.0001 for score in ranking.loglik)
        assert ranking.tokens == ()
        assert GENRE.options[max(range(3), key=lambda i: ranking.loglik[i])] == answer.text
    assert clap.capabilities.gives_logits


def test_what_is_encoded_ahead_is_what_would_be_heard(clap: Clap) -> None:
    items = asked(GENRE, *noises(1, 25))
    ahead = [replace(item, clips=(), encoded=clap.encode(item)) for item in items]  # nothing is left to hear
    assert clap.rank(ahead) == clap.rank(items)


@pytest.mark.parametrize("padding", ["repeatpad", "repeat", "pad"])
@pytest.mark.parametrize("truncation", ["fusion", "rand_trunc"])
def test_spectra_are_those_of_the_extractor_bit_for_bit(truncation: str, padding: str) -> None:
    extractor = transformers.ClapFeatureExtractor(truncation=truncation, padding=padding)
    longest = extractor.nb_max_samples
    waves = [(0.1 * np.random.default_rng(n).standard_normal(n)).astype(np.float32) for n in (longest, longest // 3, 1)]
    waves.append(np.zeros(longest - 1, np.float32))
    theirs = extractor(waves, sampling_rate=RATE, return_tensors="pt")["input_features"]
    ours = spectra(extractor, waves)
    assert ours.dtype == theirs.dtype
    assert torch.equal(ours, theirs)
    for odd in (waves[0][:0], np.zeros(longest + 1, np.float32)):
        with pytest.raises(ValueError, match="of 1 to 480000 was expected"):
            spectra(extractor, [odd])


def test_a_tagging_question_gets_the_nearest_few(clap: Clap) -> None:
    (answer,) = clap.answer(asked(Question("tag", "", ("a", "b", "c", "d", "e"), "tag"), *noises(2)))
    assert isinstance(answer, Answer)
    assert len(set(answer.text.split(", "))) == 3


def test_captions_are_refused(clap: Clap) -> None:
    with pytest.raises(ModelError, match="cannot write captions"):
        clap.answer(asked(Question("caption", "Describe.", (), "caption"), *noises(1)))


def test_the_sentence_around_a_label_matters_and_is_recorded(clap: Clap) -> None:
    other = Clap(clap.checkpoint, device="cpu", template="{}")
    other.load()
    assert not torch.allclose(clap.embed_options(GENRE.options), other.embed_options(GENRE.options), atol=1e-4)
    assert other.describe()["template"] == "{}"


@pytest.mark.parametrize(("samples", "starts"), [(5, [0]), (10, [0]), (11, [0, 1]), (25, [0, 8, 15])])
def test_windows_cover_the_whole_clip(samples: int, starts: list[int]) -> None:
    wave = np.arange(samples, dtype=np.float32)
    assert [int(w[0]) for w in windows(wave, 10)] == starts
    assert set(np.concatenate(windows(wave, 10))) == set(wave)


def test_a_missing_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        Clap(str(tmp_path / "no"), device="cpu").load()
