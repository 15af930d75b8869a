"""`--audio source`: the original file reaches the model with its channels and at its own rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from asking import sample
from oracles import Bundle, bundles
from small_corpus import Corpus

from mudata.catalog.audio import clip as audio
from mudata.errors import AudioError, EvaluationError, ModelError
from mudata.evaluation.inference.playback import AFTER_S, Playback, PlayedItem, play
from mudata.evaluation.inference.runner import EvalRequest, evaluate
from mudata.evaluation.protocol import Answer, Failure, Item, ModelCapabilities, Question

if TYPE_CHECKING:
    from mudata.home import Home

SOURCE = Playback(source="source")


class Stereo:
    """Answers with what it was given."""

    capabilities = ModelCapabilities(sample_rate=16000, max_seconds=0.3, takes_source=True)

    def load(self) -> None: ...

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        return [Answer(f"{item.clip.audio.shape} at {item.clip.sample_rate}") for item in items]

    def describe(self) -> dict[str, object]:
        return {}


class Mono(Stereo):
    capabilities = ModelCapabilities(sample_rate=16000)


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    made = Corpus(home, tmp_path / "cards", monkeypatch)
    made.halves()
    return made


def ask(home: Home, model: str = "Stereo", **more: object) -> object:
    return evaluate(home, EvalRequest(model=f"{__name__}:{model}", split="half", task="genre", **more))  # type: ignore[arg-type]


def raw(home: Home, tone: Callable[..., Path]) -> None:
    for number in range(12):
        tone(home.raw("tones") / "files" / f"{number:02}.flac", seconds=1.0, rate=44100, channels=2)


@pytest.mark.slow
def test_originals_are_played_as_they_are_and_the_run_says_so(
    corpus: Corpus, home: Home, tone: Callable[..., Path]
) -> None:
    raw(home, tone)
    plain, source = ask(home), ask(home, audio="source")
    assert (plain.settings.audio, source.settings.audio) == ("clip", "source")
    assert plain.id != source.id
    assert plain.settings.audio_family != source.settings.audio_family
    before, after = plain.answers()["tones/07"], source.answers()["tones/07"]
    assert before.answer == "(4800,) at 16000"
    assert after.answer == f"({round((0.3 + AFTER_S) * 44100)}, 2) at 44100"
    assert before.key != after.key
    assert before.heard_s == after.heard_s == 0.3


def test_a_model_that_takes_only_normalised_clips_is_refused(
    corpus: Corpus, home: Home, tone: Callable[..., Path]
) -> None:
    raw(home, tone)
    with pytest.raises(ModelError, match=r"takes clips as they are normalised.*\nLeave out --audio source"):
        ask(home, "Mono", audio="source")


def test_originals_that_are_not_here_are_told(corpus: Corpus, home: Home) -> None:
    with pytest.raises(EvaluationError, match=r"None of the original files of tones is here.*\n.*mudata fetch tones"):
        ask(home, audio="source")


WHICH = Question("classify", "Which?", (), "label")


def test_a_segment_is_cut_from_its_original(tmp_path: Path) -> None:
    wave = np.stack([np.linspace(0, 0.5, 8000), np.linspace(0.5, 0, 8000)], 1).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", wave, 8000, subtype="FLOAT")
    item = sample(
        "d/a",
        path=tmp_path / "none.flac",
        pcm_sha256="",
        sample_rate=8000,
        source=tmp_path / "a.wav",
        start_s=0.25,
        duration_s=0.5,
    )
    heard = play(item, WHICH, ModelCapabilities(sample_rate=16000), SOURCE)
    assert isinstance(heard, PlayedItem)
    clip = heard.clip
    assert clip.sample_rate == 8000
    np.testing.assert_array_equal(clip.audio, wave[2000:6000])


def test_an_original_that_is_not_finite_is_a_failure(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([0.1, np.nan, 0.1] * 900), 8000, subtype="FLOAT")
    with pytest.raises(AudioError, match="NaN"):
        audio.load_channels(tmp_path / "a.wav")
    item = sample(
        "d/a",
        path=tmp_path / "a.flac",
        pcm_sha256="",
        sample_rate=8000,
        source=tmp_path / "a.wav",
    )
    assert play(item, WHICH, ModelCapabilities(), SOURCE) == Failure("not_finite", "NaN or infinity among the samples")


@bundles("ltu")
def test_oracle_through_the_original_a_model_hears_what_its_authors_code_hears(bundle: Bundle, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from mudata.evaluation.models.families.ltu import LTU

    model = LTU(str(bundle.checkpoint), vit_heads=bundle.expected["constants"]["vit_heads"], device="cpu", dtype="fp32")
    model.load()
    said = bundle.expected["audio"]
    cases = [c for c in bundle.cases if said[c["audio"]]["channels"] == 2 and said[c["audio"]]["sample_rate"] == 44100]
    if not cases:
        pytest.skip("the bundle has no stereo clip at 44.1 kHz")
    for case in cases:
        original = bundle.folder / case["audio"]
        facts = audio.normalise(original, tmp_path / "clip.flac", audio.AudioFormat())
        item = sample(
            "d/a",
            path=facts.path,
            pcm_sha256="",
            sample_rate=facts.sample_rate,
            source=original,
            duration_s=facts.duration_s,
        )
        heard = {}
        for playing in (SOURCE, Playback()):
            played = play(item, WHICH, model.capabilities, playing)
            assert isinstance(played, PlayedItem)
            clip = played.clip
            with torch.inference_mode():
                heard[playing.source] = model.hear(model.waveform(clip.audio, clip.sample_rate))
        bundle.check(case, "audio_embeds", heard["source"])
        alike = torch.nn.functional.cosine_similarity(heard["clip"].flatten(), heard["source"].flatten(), dim=0)
        assert 0.9 < float(alike) < 1 - 1e-6  # another channel rule and resampler, the same music
