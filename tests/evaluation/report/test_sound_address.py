"""Pages hold or link just the clip, not the hour that it was cut from."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import soundfile

from mudata.catalog.audio.original import Original
from mudata.catalog.audio.stored_clip import StoredClip
from mudata.evaluation.report.sound_address import data_uri, linked_to


def part(folder: Path, start_s: float, duration_s: float) -> StoredClip:
    path = folder / "a b.wav"
    soundfile.write(path, np.linspace(-0.5, 0.5, 80_000), 8000, subtype="PCM_16")
    original = Original(path=path, start_s=start_s, duration_s=duration_s, whole_s=10.0, size=path.stat().st_size)
    return StoredClip(path=path, rate=8000, store="reference", original=original)


def test_an_excerpt_is_linked_with_its_part_and_embedded_alone(tmp_path: Path) -> None:
    sound = part(tmp_path, 2.5, 1.0)
    assert linked_to(sound, tmp_path / "pages/page.html") == "../a%20b.wav#t=2.5,3.5"
    uri, size = data_uri(sound, 1 << 20) or ("", 0)
    kind, _, data = uri.partition(";base64,")
    heard, rate = soundfile.read(io.BytesIO(base64.b64decode(data)), dtype="float32")
    assert (kind, rate, len(base64.b64decode(data))) == ("data:audio/flac", 8000, size)
    assert np.array_equal(heard, sound.samples())
    assert data_uri(sound, size - 1) is None


def test_a_whole_file_goes_in_as_it_is_unless_it_changed(tmp_path: Path) -> None:
    sound = part(tmp_path, 0.0, 10.0)
    assert linked_to(sound, tmp_path / "page.html") == "a%20b.wav"
    uri, _ = data_uri(sound, 1 << 20) or ("", 0)
    assert uri == "data:audio/wav;base64," + base64.b64encode(sound.path.read_bytes()).decode()
    sound.path.write_bytes(sound.path.read_bytes() + b"\0")
    assert data_uri(sound, 1 << 20) is None
    assert not sound.is_here()
