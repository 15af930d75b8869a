"""Clips on their way to a model's ears."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from asking import sample

from mudata.evaluation.inference.playback import PlayedClip, play, played
from mudata.evaluation.protocol import Failure, ModelCapabilities, Question

if TYPE_CHECKING:
    from mudata.evaluation.tasks.samples import Sample


@pytest.fixture
def item(tone: Callable[..., Path], tmp_path: Path) -> Sample:
    path = tone(tmp_path / "a.flac", seconds=2.0, rate=22050, channels=2, hz=440.0)
    return sample("d/a", "x", path=path, pcm_sha256="0" * 64, sample_rate=22050)


QUESTION = Question("classify", "Which?", ("x", "y"), "letter")


def heard(item: Sample, capabilities: ModelCapabilities) -> PlayedClip | Failure:
    """The one clip of an item."""
    got = play(item, QUESTION, capabilities)
    if isinstance(got, Failure):
        return got
    (clip,) = got.clips
    return clip


@pytest.mark.parametrize(
    ("capabilities", "rate", "seconds"),
    [
        (ModelCapabilities(), 22050, 2.0),
        (ModelCapabilities(sample_rate=16000), 16000, 2.0),
        (ModelCapabilities(sample_rate=48000, max_seconds=0.5), 48000, 0.5),
        (ModelCapabilities(max_seconds=30.0), 22050, 2.0),
    ],
)
def test_a_model_gets_what_it_can_hear(
    item: Sample, capabilities: ModelCapabilities, rate: int, seconds: float
) -> None:
    clip = heard(item, capabilities)
    assert isinstance(clip, PlayedClip)
    assert not clip.listened
    assert (clip.audio.dtype, clip.audio.ndim, clip.sample_rate) == (np.float32, 1, rate)
    assert clip.audio.size == pytest.approx(seconds * rate, abs=1)
    assert np.abs(np.fft.rfft(clip.audio)).argmax() / seconds == pytest.approx(440, abs=2)
    assert clip.listened


def test_a_model_that_does_not_listen_gets_no_samples(item: Sample) -> None:
    clip = heard(item, ModelCapabilities(needs_audio=False))
    assert isinstance(clip, PlayedClip)
    assert clip.audio.size == 0


@pytest.mark.parametrize("content", [b"", b"fLaC", b"RIFF and nothing", None])
def test_what_cannot_be_decoded_is_a_failure_with_a_reason(item: Sample, content: bytes | None) -> None:
    path = item.clips[0].path
    assert path is not None
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    clip = heard(item, ModelCapabilities())
    assert isinstance(clip, Failure)
    assert clip.kind
    assert clip.reason


def test_a_clip_that_is_not_here_is_a_failure() -> None:
    gone = sample("d/a", "x", absent="missing: taken down")
    assert heard(gone, ModelCapabilities()) == Failure("missing", "missing: taken down")


@pytest.mark.parametrize("ahead", [1, 3, 100])
def test_clips_come_in_order_however_many_are_decoded_ahead(item: Sample, ahead: int) -> None:
    path = item.clips[0].path
    items = [sample(f"d/{i}", path=path if i % 3 else None, sample_rate=22050, absent="gone") for i in range(20)]
    got = list(played(items, lambda _: QUESTION, ModelCapabilities(), ahead=lambda: ahead))
    assert [one.item_id for one, _ in got] == [f"d/{i}" for i in range(20)]
    assert [isinstance(clip, Failure) for _, clip in got] == [i % 3 == 0 for i in range(20)]


def test_leaving_early_does_not_decode_the_rest(item: Sample) -> None:
    clips = played([item] * 50, lambda _: QUESTION, ModelCapabilities(), ahead=lambda: 2)
    assert next(clips)[0] is item
    clips.close()
