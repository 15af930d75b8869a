"""Parts of originals are the very samples of the whole, in every coding, and have the hash that was indexed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mudata.catalog.audio import clip
from mudata.catalog.audio.original import Original

MP3 = {"format": "MP3", "subtype": "MPEG_LAYER_III"}
CODINGS: dict[str, dict[str, Any]] = {
    "pcm16.wav": {"subtype": "PCM_16"},
    "float.wav": {"subtype": "FLOAT"},
    "a.aiff": {"subtype": "PCM_16"},
    "a.flac": {"subtype": "PCM_16"},
    "constant.mp3": MP3 | {"bitrate_mode": "CONSTANT"},
    "variable.mp3": MP3 | {"bitrate_mode": "VARIABLE"},
    "a.ogg": {"format": "OGG", "subtype": "VORBIS"},
    "a.opus": {"format": "OGG", "subtype": "OPUS"},
    "a.m4a": {},
}


def written(path: Path, coding: dict[str, Any]) -> Path:
    rng = np.random.default_rng(0)
    wave = (rng.standard_normal((48_000 * 8, 2)) * np.hanning(48_000 * 8)[:, None] * 0.1).astype(np.float32)
    if path.suffix != ".m4a":
        soundfile.write(path, wave, 48_000, **coding)
        return path
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=48_000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave.T), "fltp", "stereo")
        frame.sample_rate = 48_000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    return path


@pytest.mark.parametrize("name", CODINGS)
def test_a_part_has_the_samples_of_the_whole(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, CODINGS[name])
    whole, rate = clip.load_channels(path)
    for start, seconds in ((1.2345, 3.0), (0.0, 1.0), (5.5, 2.0)):
        facts = clip.normalise(path, None, clip.AudioFormat(), segment=(start, start + seconds))
        original = Original(
            path=path,
            start_s=facts.start_s,
            duration_s=facts.duration_s,
            decoder=facts.decoder,
            whole_s=len(whole) / rate,
        )
        first = round(start * rate)
        channels, _ = original.channels()
        assert np.array_equal(channels, whole[first : first + round(seconds * rate)])
        assert hashlib.sha256(original.mono(rate).tobytes()).hexdigest() == facts.pcm_sha256
        assert np.array_equal(original.mono(rate, start_s=0.25, duration_s=0.5), original.mono(rate)[12_000:36_000])
