"""Clips are decoded, checked, mixed, cut and written as the docstrings of audio, formats and flac promise."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import shutil
import struct
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from mudata.catalog.audio import clip as audio
from mudata.catalog.audio import decode
from mudata.catalog.audio.clip import AudioFormat, ClipFacts
from mudata.catalog.audio.encode import Flac
from mudata.errors import AudioError

Tone = Callable[..., Path]
NATIVE = AudioFormat()


def noise(frames: int, channels: int = 1, seed: int = 7) -> np.ndarray:
    samples = 0.2 * np.random.default_rng(seed).standard_normal((frames, channels))
    return samples.astype(np.float32)


def reason_of(source: Path, **options: object) -> str:
    with pytest.raises(AudioError, match=r".") as caught:
        audio.normalise(source, source.with_suffix(".out.flac"), NATIVE, **options)  # type: ignore[arg-type]
    assert not source.with_suffix(".out.flac").exists()
    assert not list(source.parent.glob(".*.part"))
    return caught.value.reason


def test_a_16_bit_mono_source_comes_back_bit_for_bit(tmp_path: Path) -> None:
    every_step = np.arange(-32768, 32768, dtype=np.int16)
    soundfile.write(tmp_path / "in.wav", every_step, 8000)
    facts = audio.normalise(tmp_path / "in.wav", tmp_path / "out" / "clip.flac", NATIVE)
    written, rate = soundfile.read(facts.path, dtype="int16")
    assert np.array_equal(written, every_step)
    assert (rate, facts.clipped, soundfile.info(facts.path).subtype) == (8000, 0, "PCM_16")


def test_the_facts_of_a_clip_are_those_of_its_samples(tmp_path: Path) -> None:
    stereo = noise(44100, 2)
    soundfile.write(tmp_path / "in.wav", stereo, 44100, subtype="PCM_16")
    decoded, _ = soundfile.read(tmp_path / "in.wav", dtype="float32")
    mono = (decoded[:, 0] + decoded[:, 1]) * np.float32(0.5)
    facts = audio.normalise(tmp_path / "in.wav", tmp_path / "clip.flac", NATIVE)
    raw = (tmp_path / "in.wav").read_bytes()
    assert facts == ClipFacts(
        path=tmp_path / "clip.flac",
        start_s=0.0,
        duration_s=1.0,
        sample_rate=44100,
        peak=float(np.abs(mono).max()),
        rms=round(float(np.sqrt(np.mean(mono.astype(np.float64) ** 2))), 7),
        clipped=0,
        decoder="libsndfile",
        source_sha256=hashlib.sha256(raw).hexdigest(),
        source_size=len(raw),
        pcm_sha256=hashlib.sha256(mono.tobytes()).hexdigest(),
        source_format="WAV/PCM_16",
        source_rate=44100,
        source_channels=2,
        source_duration_s=1.0,
    )


@pytest.mark.parametrize(
    ("subtype", "stored"),
    [("PCM_U8", "PCM_16"), ("PCM_16", "PCM_16"), ("PCM_24", "PCM_24"), ("PCM_32", "PCM_24"), ("FLOAT", "PCM_24")],
)
def test_clips_keep_the_bits_of_their_source(tmp_path: Path, subtype: str, stored: str) -> None:
    soundfile.write(tmp_path / "in.wav", noise(9000), 44100, subtype=subtype)
    facts = audio.normalise(tmp_path / "in.wav", tmp_path / "clip.flac", NATIVE)
    assert facts.source_format == f"WAV/{subtype}"
    assert soundfile.info(facts.path).subtype == stored
    before, _ = soundfile.read(tmp_path / "in.wav", dtype="float32")
    after, _ = soundfile.read(facts.path, dtype="float32")
    assert np.abs(before - after).max() <= 2.0**-24


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_mono_is_the_mean_of_all_channels(tmp_path: Path, channels: int) -> None:
    many = noise(70_000, channels)
    soundfile.write(tmp_path / "in.wav", many, 22050, subtype="FLOAT")
    audio.normalise(tmp_path / "in.wav", tmp_path / "clip.flac", NATIVE)
    written, _ = soundfile.read(tmp_path / "clip.flac")
    assert np.allclose(written, many.mean(1), atol=2e-7)
    assert np.allclose(audio.load(tmp_path / "in.wav"), many.mean(1), atol=2e-7)


@pytest.mark.parametrize("rate", [192_000, 96_000, 11_025, 6_000])
def test_unusual_rates_are_kept(tmp_path: Path, tone: Tone, rate: int) -> None:
    facts = audio.normalise(tone(tmp_path / "in.wav", 0.5, rate, hz=200), tmp_path / "clip.flac", NATIVE)
    assert facts.sample_rate == soundfile.info(facts.path).samplerate == rate
    assert facts.duration_s == pytest.approx(0.5, abs=1 / rate)


def test_a_rate_that_flac_cannot_hold_asks_for_another(tmp_path: Path, tone: Tone) -> None:
    odd = tone(tmp_path / "in.wav", 0.5, 65_537)
    with pytest.raises(AudioError, match=r"FLAC cannot hold 65537 Hz.\nFetch with --rate"):
        audio.normalise(odd, tmp_path / "clip.flac", NATIVE)
    assert audio.normalise(odd, tmp_path / "clip.flac", AudioFormat(16_000)).sample_rate == 16_000


def test_resampling_is_soxr_hq_of_the_mono_signal_however_long(tmp_path: Path) -> None:
    stereo = noise(300_000, 2)
    soundfile.write(tmp_path / "in.wav", stereo, 44100, subtype="FLOAT")
    mono = (stereo[:, 0] + stereo[:, 1]) * np.float32(0.5)
    wanted = soxr.resample(mono, 44100, 16000, "HQ")
    facts = audio.normalise(tmp_path / "in.wav", tmp_path / "clip.flac", AudioFormat(16000))
    written, rate = soundfile.read(facts.path, dtype="float32")
    assert rate == facts.sample_rate == 16000
    assert np.abs(written - wanted).max() <= 2.0**-24
    assert np.array_equal(audio.load(tmp_path / "in.wav", 16000), wanted)
    assert facts.pcm_sha256 == hashlib.sha256(mono.tobytes()).hexdigest(), "the content hash knows no audio format"


@pytest.mark.parametrize("rate", [44_100, 16_000])
@pytest.mark.parametrize("suffix", ["mp3", "ogg", "flac"])
def test_a_stream_of_blocks_decodes_to_the_same_bits_as_a_whole(tmp_path: Path, suffix: str, rate: int) -> None:
    soundfile.write(tmp_path / f"in.{suffix}", noise(5 * rate, 2), rate)
    decoded, _ = soundfile.read(tmp_path / f"in.{suffix}", dtype="float32")
    mono = (decoded[:, 0] + decoded[:, 1]) * np.float32(0.5)
    facts = audio.normalise(tmp_path / f"in.{suffix}", tmp_path / "clip.flac", NATIVE)
    assert facts.pcm_sha256 == hashlib.sha256(mono.tobytes()).hexdigest()


def test_audio_formats_have_names_that_make_a_path() -> None:
    assert (AudioFormat().name, AudioFormat(16000).name) == ("native", "16000")


def test_samples_beyond_full_scale_are_cut_off_and_counted(tmp_path: Path) -> None:
    loud = noise(8000)
    loud[[10, 4000]] = [[1.5], [-2.0]]
    soundfile.write(tmp_path / "in.wav", loud, 8000, subtype="FLOAT")
    facts = audio.normalise(tmp_path / "in.wav", tmp_path / "clip.flac", NATIVE)
    written, _ = soundfile.read(facts.path)
    assert (facts.clipped, facts.peak) == (2, 2.0)
    assert written[[10, 4000]] == pytest.approx([1, -1])


@pytest.mark.parametrize(
    ("options", "start", "stop"),
    [
        ({}, 0, 10),
        ({"crop": ("first", 4)}, 0, 4),
        ({"crop": ("centre", 4)}, 3, 7),
        ({"crop": ("centre", 40)}, 0, 10),
        ({"segment": (2, 5)}, 2, 5),
        ({"segment": (8, 18)}, 8, 10),
        ({"segment": (2, 8), "crop": ("centre", 2)}, 4, 6),
        ({"segment": (2, 8), "crop": ("first", 1)}, 2, 3),
    ],
)
@pytest.mark.parametrize("suffix", ["wav", "mp3", "ogg"])
def test_crops_and_segments_take_exactly_their_samples(
    tmp_path: Path, options: dict, start: float, stop: float, suffix: str
) -> None:
    source = tmp_path / f"in.{suffix}"
    soundfile.write(source, noise(80_000, 2), 8000)
    whole = audio.load(source)
    facts = audio.normalise(source, tmp_path / "clip.flac", NATIVE, **options)
    assert (facts.start_s, facts.duration_s, facts.source_duration_s) == (start, stop - start, 10)
    wanted = whole[round(start * 8000) : round(stop * 8000)]
    assert np.abs(audio.load(facts.path) - wanted).max() < 2**-15
    if suffix == "wav":  # lossy decoders may round otherwise after a seek
        assert facts.pcm_sha256 == hashlib.sha256(wanted.tobytes()).hexdigest()
    assert np.array_equal(audio.load(source, start_s=start, duration_s=stop - start).shape, wanted.shape)


def test_load_gives_a_segment_at_the_rate_that_is_asked_for(tmp_path: Path, tone: Tone) -> None:
    source = tone(tmp_path / "in.wav", 3, 44100, 2)
    samples = audio.load(source, 16000, start_s=1, duration_s=0.5)
    assert (samples.dtype, samples.shape) == (np.float32, (8000,))
    with pytest.raises(AudioError, match="the source ends at 3 s") as caught:
        audio.load(source, start_s=5)
    assert caught.value.reason == "too_short"


@pytest.mark.slow
def test_memory_does_not_depend_on_the_length(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", noise(3_000_000, 2), 16000)
    audio.normalise(tmp_path / "long.wav", tmp_path / "clip.flac", AudioFormat(8000), crop=("first", 1))  # imports
    tracemalloc.start()
    audio.normalise(tmp_path / "long.wav", tmp_path / "clip.flac", AudioFormat(8000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4e6, "the source holds 12 MB, decoded 24 MB"


# --------------------------------------------------------------------------------- what is wrong


def test_files_that_are_no_audio_are_undecodable(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("#EXTM3U\nhttp://127.0.0.1:1/list\n")
    (tmp_path / "bare.raw").write_bytes(bytes(1000))
    (tmp_path / "folder.wav").mkdir()
    assert reason_of(tmp_path / "text.wav") == "undecodable"
    assert reason_of(tmp_path / "bare.raw") == "undecodable"
    assert reason_of(tmp_path / "folder.wav") == "undecodable"


def test_files_that_are_not_there_have_vanished(tmp_path: Path) -> None:
    assert reason_of(tmp_path / "gone.wav") == "vanished"
    with pytest.raises(AudioError, match="no such file"):
        audio.load(tmp_path / "gone.wav")


def test_empty_files_are_empty(tmp_path: Path) -> None:
    (tmp_path / "zero.wav").touch()
    soundfile.write(tmp_path / "none.wav", noise(0), 8000)
    assert reason_of(tmp_path / "zero.wav") == "empty"
    assert reason_of(tmp_path / "none.wav") == "empty"
    with pytest.raises(AudioError, match="no samples can be decoded"):
        audio.load(tmp_path / "none.wav")


@pytest.mark.parametrize("level", [0.0, 5e-5])
def test_silent_files_are_silent(tmp_path: Path, level: float) -> None:
    soundfile.write(tmp_path / "in.wav", np.full(8000, level), 8000, subtype="FLOAT")
    assert reason_of(tmp_path / "in.wav") == "silent"


def test_one_sample_is_too_short(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "one.wav", noise(1), 8000)
    assert reason_of(tmp_path / "one.wav") == "too_short"
    assert audio.load(tmp_path / "one.wav", 44100).shape == (6,)


def test_a_segment_that_begins_after_the_end_is_too_short(tmp_path: Path, tone: Tone) -> None:
    assert reason_of(tone(tmp_path / "in.wav", 3), segment=(4, 6)) == "too_short"


@pytest.mark.parametrize("seconds", [3.2, 12.0])
def test_a_duration_out_of_bounds_is_told_with_the_bounds(tmp_path: Path, tone: Tone, seconds: float) -> None:
    source = tone(tmp_path / "in.wav", seconds, 8000)
    with pytest.raises(AudioError, match=f"^{seconds:g} s, expected 9.9 to 10.1 s$") as caught:
        audio.normalise(source, tmp_path / "clip.flac", NATIVE, bounds=(9.9, 10.1))
    assert caught.value.reason == "wrong_duration"
    audio.normalise(source, tmp_path / "clip.flac", NATIVE, bounds=(seconds, seconds))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(tmp_path: Path, value: float) -> None:
    samples = noise(100_000)
    samples[90_000] = value
    soundfile.write(tmp_path / "in.wav", samples, 44100, subtype="FLOAT")
    assert reason_of(tmp_path / "in.wav") == "not_finite"


@pytest.mark.parametrize(
    ("suffix", "share"), [("wav", 0.6), ("aiff", 0.6), ("au", 0.6), ("flac", 0.6), ("mp3", 0.6), ("mp3", 0.97)]
)
def test_a_file_that_ends_before_its_header_says_is_truncated(tmp_path: Path, suffix: str, share: float) -> None:
    whole = tmp_path / f"whole.{suffix}"
    soundfile.write(whole, noise(220_500), 44100)
    raw = whole.read_bytes()
    whole.unlink()
    torn = tmp_path / f"torn.{suffix}"
    torn.write_bytes(raw[: int(len(raw) * share)])
    assert reason_of(torn) == "truncated"


def test_an_mp3_with_damage_inside_is_truncated_there(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "in.mp3", noise(441_000), 44100)
    raw = bytearray((tmp_path / "in.mp3").read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 4000] = bytes(4000)
    (tmp_path / "in.mp3").write_bytes(raw)
    assert reason_of(tmp_path / "in.mp3") == "truncated"


def mp3_without_its_length(path: Path, samples: np.ndarray, mode: str) -> Path:
    """An mp3 whose first frame, which tells the length, is cut off; an ID3 tag stands in front."""
    soundfile.write(path, samples, 44100, bitrate_mode=mode)
    raw = path.read_bytes()
    assert b"Xing" in raw[:200] or b"Info" in raw[:200]
    second_frame = raw.index(b"\xff\xfb", 200)
    path.write_bytes(b"ID3\x04\x00\x00" + bytes([0, 0, 1, 0]) + bytes(128) + raw[second_frame:])
    return path


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
def test_an_mp3_without_a_length_is_as_long_as_it_decodes(tmp_path: Path, mode: str) -> None:
    """libsndfile alone decodes 3 of the 10 seconds with varying bit rate."""
    if mode == "VARIABLE":
        pytest.importorskip("av")
    quiet_then_loud = noise(441_000) * np.linspace(0, 2, 441_000, dtype=np.float32)[:, None]
    source = mp3_without_its_length(tmp_path / "in.mp3", quiet_then_loud, mode)
    facts = audio.normalise(source, tmp_path / "clip.flac", NATIVE)
    assert facts.source_duration_s == facts.duration_s == pytest.approx(10, abs=0.1)
    middle = audio.normalise(source, tmp_path / "clip.flac", NATIVE, crop=("centre", 4))
    assert middle.start_s == pytest.approx((facts.duration_s - 4) / 2, abs=1e-4)


def test_a_wav_from_a_pipe_promises_no_length(tmp_path: Path, tone: Tone) -> None:
    source = tone(tmp_path / "in.wav", 2, 8000)
    raw = bytearray(source.read_bytes())
    raw[40:44] = struct.pack("<I", 0xFFFFFFFF)
    source.write_bytes(raw)
    assert audio.normalise(source, tmp_path / "clip.flac", NATIVE).duration_s == 2


def test_an_old_clip_stays_when_the_new_one_fails(tmp_path: Path, tone: Tone) -> None:
    clip = tmp_path / "clip.flac"
    audio.normalise(tone(tmp_path / "in.wav"), clip, NATIVE)
    before = clip.read_bytes()
    (tmp_path / "in.wav").write_bytes(b"RIFF")
    with pytest.raises(AudioError, match=r"."):
        audio.normalise(tmp_path / "in.wav", clip, NATIVE)
    assert clip.read_bytes() == before


def test_file_names_may_be_any_bytes(tmp_path: Path, tone: Tone) -> None:
    source = tone(tmp_path / "in.wav", 1).rename(tmp_path / "ta\udcffngo 🎵\n.wav")
    assert audio.normalise(source, tmp_path / "clip.flac", NATIVE).duration_s == 1
    assert len(audio.load(source)) == 22050


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("frames", [2_000, 500_000])
def test_a_full_disk_is_an_error_of_the_system(frames: int, capfd: pytest.CaptureFixture[str]) -> None:
    full = Flac(Path("/dev/full"), 44100, wide=False)
    with pytest.raises(OSError, match="No space left") as caught, contextlib.closing(full):
        full.write(noise(frames)[:, 0])
    assert caught.value.errno == errno.ENOSPC
    assert capfd.readouterr() == ("", "")


# ---------------------------------------------------------------------- what libsndfile cannot read


@pytest.fixture
def m4a(tmp_path: Path) -> Path:
    """Ten seconds of AAC, stereo."""
    av = pytest.importorskip("av")
    path = tmp_path / "in.m4a"
    with av.open(str(path), "w", format="ipod") as container:
        stream = container.add_stream("aac", rate=44100, layout="stereo")
        samples = np.ascontiguousarray(np.stack([0.5 * np.sin(np.arange(441_000) / 20)] * 2).astype(np.float32))
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate = 44100
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return path


@pytest.mark.parametrize("decoder", ["av", "ffmpeg"])
@pytest.mark.slow
def test_other_formats_are_read_by_pyav_or_the_ffmpeg_program(
    m4a: Path, decoder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if decoder == "ffmpeg":
        monkeypatch.setitem(sys.modules, "av", None)
        if not shutil.which("ffmpeg"):
            pytest.skip("the ffmpeg program is not here")
    facts = audio.normalise(m4a, m4a.with_name("clip.flac"), NATIVE)
    assert (facts.source_format, facts.source_rate, facts.source_channels) == ("MOV/AAC", 44100, 2)
    assert facts.duration_s == pytest.approx(10, abs=0.05)
    assert facts.peak == pytest.approx(0.5, abs=0.05)
    part = audio.normalise(m4a, m4a.with_name("part.flac"), NATIVE, crop=("centre", 4))
    assert (part.duration_s, part.start_s) == (4, pytest.approx(3, abs=0.05))
    whole = audio.load(m4a)
    start = round(part.start_s * 44100)
    assert part.pcm_sha256 == hashlib.sha256(whole[start : start + 4 * 44100].tobytes()).hexdigest()

    m4a.write_bytes(m4a.read_bytes()[:-20_000])
    assert reason_of(m4a) in {"truncated", "undecodable"}, "the index at the end of the file is gone"


def test_without_a_decoder_the_reason_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, m4a: Path
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        AudioError, match=r"cannot read this mov file to its end.\nRun: pip install 'mudata-music\[formats\]'"
    ):
        audio.load(m4a)
    assert reason_of(m4a) == "unsupported"


def test_a_text_file_never_reaches_the_fallbacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    (tmp_path / "list.m4a").write_text("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\nhttp://127.0.0.1:1/a.ts\n")
    with pytest.raises(AudioError, match="Format not recognised"):
        decode.read(tmp_path / "list.m4a", lambda source: None)


# ------------------------------------------------------------------------------------ real files


@pytest.mark.parametrize(
    ("path", "rate", "frames"),
    [
        ("fma/000002.mp3", 44100, 1_321_967),
        ("malformed/audio/test_audio_44100.wav", 44100, 202_311),
        ("malformed/audio/test_audio_44100.mp3", 44100, 110_592),
        ("malformed/audio/test_audio_16000.mp3", 16000, 40_896),
        ("malformed/audio/test_audio_48000.opus", 48000, 48_000),
    ],
)
def test_real_files_have_their_known_lengths(shared: Path, tmp_path: Path, path: str, rate: int, frames: int) -> None:
    facts = audio.normalise(shared / "data" / path, tmp_path / "clip.flac", NATIVE)
    assert (facts.source_rate, facts.duration_s) == (rate, frames / rate)


@pytest.mark.parametrize("path", ["audio/test_audio_16000.pcm", "archives/remote.wav", "index/10161_chorus.wav"])
def test_real_files_that_are_no_audio_are_undecodable(shared: Path, tmp_path: Path, path: str) -> None:
    with pytest.raises(AudioError, match="Format not recognised") as caught:
        audio.normalise(shared / "data" / "malformed" / path, tmp_path / "clip.flac", NATIVE)
    assert caught.value.reason == "undecodable"
