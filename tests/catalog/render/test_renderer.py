"""The door: peak, fades, length, record; what cannot be rendered is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mudata.catalog.render.events import Change, RenderedNote, RenderedPart
from mudata.catalog.render.renderer import render
from mudata.errors import AudioError

NOTE = RenderedNote(0.5, 1.0, 60, 100)


def test_peak_fades_length_and_record() -> None:
    held = RenderedPart(16, (RenderedNote(0, 3, 60, 20),), gain=0.1)
    done = render([held], seconds=2.0)
    assert done.samples.shape == (44_100,)
    assert done.samples.dtype == np.float32
    assert np.abs(done.samples).max() == pytest.approx(0.9)
    assert np.abs(done.samples[:20]).max() < 0.1 > np.abs(done.samples[-20:]).max()
    assert np.abs(done.samples[-600:-300]).max() > 0.4  # sounds on until the fade
    assert (done.record.engine, done.record.rate, done.record.soundfont) == ("embedded", 22_050, None)
    assert render([held], seconds=2.0, channels=2).samples.shape == (44_100, 2)


def test_without_a_length_the_last_note_rings() -> None:
    assert len(render([RenderedPart(0, (NOTE,))]).samples) == 2 * 22_050


@pytest.mark.parametrize(
    ("parts", "seconds", "reason"),
    [
        ([], None, "no_notes"),
        ([RenderedPart(0, ())], None, "no_notes"),
        ([RenderedPart(0, (NOTE,))], 0.4, "silent"),
        ([RenderedPart(0, (NOTE,), gain=0.0)], None, "silent"),
        ([RenderedPart(0, (NOTE,), levels=(Change(0, 0.0),))], None, "silent"),
        ([RenderedPart(0, (NOTE._replace(end_s=0.5),))], None, "bad_notes"),
        ([RenderedPart(0, (NOTE._replace(start_s=-0.1),))], None, "bad_notes"),
        ([RenderedPart(0, (NOTE._replace(end_s=math.nan),))], None, "bad_notes"),
        ([RenderedPart(0, (NOTE._replace(end_s=math.inf),))], None, "bad_notes"),
        ([RenderedPart(0, (NOTE._replace(pitch=128),))], None, "bad_notes"),
        ([RenderedPart(0, (NOTE._replace(velocity=0),))], None, "bad_notes"),
        ([RenderedPart(128, (NOTE,))], None, "bad_notes"),
        ([RenderedPart(0, (NOTE,), pan=2)], None, "bad_notes"),
        ([RenderedPart(0, (NOTE._replace(end_s=3600.0),))], None, "too_long"),
        ([RenderedPart(0, (NOTE,))], 3600.0, "too_long"),
        ([RenderedPart(0, (NOTE,) * 1025)], None, "too_many_notes"),
    ],
)
def test_what_cannot_be_rendered_is_refused(parts: list[RenderedPart], seconds: float | None, reason: str) -> None:
    with pytest.raises(AudioError, match=r"\w") as refused:
        render(parts, seconds=seconds)
    assert refused.value.reason == reason


def test_sixty_four_voices_at_full_level_do_not_overflow() -> None:
    parts = [RenderedPart(16, (RenderedNote(0, 1, 60, 127),)) for _ in range(64)]
    one, all_ = (render(p, seconds=1.0) for p in (parts[:1], parts))
    assert np.allclose(one.samples, all_.samples, atol=1e-3)
    assert one.record.gain / all_.record.gain == pytest.approx(64, rel=1e-3)
