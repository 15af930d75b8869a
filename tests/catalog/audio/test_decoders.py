"""Every decoder at hand is asked before a file is given up; which one reads it changes neither level nor position."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mudata.catalog.audio import clip as audio
from mudata.catalog.audio import decode
from mudata.catalog.audio.clip import AudioFormat
from mudata.catalog.audio.containers import structure
from mudata.catalog.audio.libav import Ffmpeg, PyAV
from mudata.catalog.audio.libsndfile import Sndfile
from mudata.errors import AudioError

RATE = 16_000
TAG = b"ID3\x03\0\0" + bytes([0, 0, 2, 44]) + bytes(300)


def noise(seconds: float, channels: int = 1) -> np.ndarray:
    """Louder and softer, so that a shift shows."""
    wave = 0.2 * np.random.default_rng(7).standard_normal((round(seconds * RATE), channels))
    return (wave * np.abs(np.sin(np.arange(len(wave)) / 3000))[:, None]).astype(np.float32)


def wav(data: bytes, size: int | None = None, *more: bytes) -> bytes:
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    chunks = form + b"data" + struct.pack("<I", len(data) if size is None else size) + data + b"".join(more)
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


PCM = (noise(1)[:, 0] * 32767).astype("<i2").tobytes()
HALF = len(PCM) // 2

WAVS = {
    "data of size 0": wav(PCM, 0),
    "data of size 0 behind another chunk": wav(PCM, 0).replace(b"data", chunk(b"LIST", b"INFOxyz1") + b"data", 1),
    "data of unknown size": wav(PCM, 0xFFFF_FFFF),
    "data in two chunks": wav(PCM[:HALF], None, chunk(b"data", PCM[HALF:])),
    "data in three chunks with others between": wav(
        PCM[:400], None, chunk(b"LIST", b"INFO1234"), chunk(b"data", PCM[400:HALF]), chunk(b"data", PCM[HALF:])
    ),
    "a tag in front": TAG + wav(PCM),
}


@pytest.mark.parametrize("name", WAVS)
@pytest.mark.parametrize("av", [True, False])
def test_wavs_that_are_not_as_they_should_be_are_read_whole(
    tmp_path: Path, name: str, av: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With libsndfile alone."""
    if not av:
        monkeypatch.setitem(sys.modules, "av", None)
        monkeypatch.setenv("PATH", "")
    (tmp_path / "in.wav").write_bytes(WAVS[name])
    samples, rate = audio.load_channels(tmp_path / "in.wav")
    assert rate == RATE
    assert np.array_equal(samples[:, 0] * 32768, np.frombuffer(PCM, "<i2"))


def test_a_wav_without_data_stays_empty(tmp_path: Path) -> None:
    for content in (wav(b""), wav(b"", None, chunk(b"LIST", b"INFO1234"))):
        (tmp_path / "in.wav").write_bytes(content)
        with pytest.raises(AudioError, match="no samples can be decoded") as caught:
            audio.load(tmp_path / "in.wav")
        assert caught.value.reason == "empty"


@pytest.fixture(scope="module")
def by_ffmpeg(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """A second of noise as the ffmpeg program writes it, by name and options."""
    if not shutil.which("ffmpeg"):
        pytest.skip("the ffmpeg program is not here")
    pytest.importorskip("av")
    folder = tmp_path_factory.mktemp("ffmpeg")
    soundfile.write(folder / "in.wav", noise(1), RATE)

    def make(name: str, *options: str) -> bytes:
        command = ["ffmpeg", "-y", "-v", "error", "-i", str(folder / "in.wav"), *options, str(folder / name)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("this ffmpeg cannot write it")
        return (folder / name).read_bytes()

    return make


NAMED = {
    "alac.caf": ("in.caf", ["-c:a", "alac"], b""),
    "adpcm.caf": ("in.caf", ["-c:a", "adpcm_ima_qt"], b""),
    "a.ac3": ("in.ac3", ["-ar", "48000"], b""),
    "a.eac3": ("in.wav", ["-ar", "48000"], TAG),
    "a.dts": ("in.dts", ["-ar", "48000", "-strict", "-2"], b""),
    "a.aac": ("in.aac", [], b""),
    "tagged.aac": ("in.aac", [], TAG),
    "padded.aac": ("in.aac", [], TAG + TAG + bytes(500)),
    "named.aac": ("in.mp3", [], b""),
    "a.m4a": ("in.m4a", [], b""),
    "named.m4a": ("in.mp3", [], b""),
    "tagged.m4a": ("in.ogg", [], TAG),
    "a.flv": ("in.flv", ["-c:a", "aac"], b""),
    "a.ts": ("in.flac", ["-c:a", "aac"], b""),
    "tagged.ogg": ("in.ogg", ["-c:a", "libvorbis"], TAG),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMED)
def test_what_any_decoder_can_read_is_read(tmp_path: Path, by_ffmpeg: Callable[..., bytes], name: str) -> None:
    called, options, front = NAMED[name]
    path = tmp_path / called
    path.write_bytes(front + by_ffmpeg(name, *options))
    assert audio.normalise(path, tmp_path / "out.flac", AudioFormat()).duration_s == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize(("suffix", "subtype"), [("au", "G721_32"), ("wav", "NMS_ADPCM_24"), ("wav", "GSM610")])
def test_codings_that_cannot_seek_are_read_and_cropped(tmp_path: Path, suffix: str, subtype: str) -> None:
    path = tmp_path / f"in.{suffix}"
    soundfile.write(path, noise(2), RATE, subtype=subtype)
    whole = audio.load(path)
    assert len(whole) == pytest.approx(2 * RATE, abs=400)
    assert np.array_equal(audio.load(path, start_s=0.5, duration_s=0.25), whole[RATE // 2 : RATE * 3 // 4])
    facts = audio.normalise(path, tmp_path / "out.flac", AudioFormat(), crop=("centre", 1))
    assert facts.duration_s == 1


@pytest.mark.parametrize("coding", ["mp3", "ogg", "opus"])
def test_an_excerpt_is_that_part_of_the_whole(tmp_path: Path, coding: str) -> None:
    """Frames of a low bit rate reach far back: without a run-up, the first samples of an excerpt are others."""
    path = tmp_path / f"in.{coding}"
    options = {"bitrate_mode": "VARIABLE", "compression_level": 0.9} if coding == "mp3" else {}
    form = {"mp3": ("MP3", "MPEG_LAYER_III"), "ogg": ("OGG", "VORBIS"), "opus": ("OGG", "OPUS")}[coding]
    soundfile.write(path, noise(12), RATE, format=form[0], subtype=form[1], **options)
    whole = audio.load(path)
    for start in (0.1, 3.3, 7.77, 9.5, 11.0):
        part = audio.load(path, start_s=start, duration_s=0.2)
        at = round(start * RATE)
        assert np.abs(part - whole[at : at + len(part)]).max() < 1e-6, start


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("other", [PyAV, pytest.param(Ffmpeg, marks=pytest.mark.slow)])
def test_level_and_position_do_not_depend_on_the_decoder(
    tmp_path: Path, channels: int, other: type[PyAV] | type[Ffmpeg]
) -> None:
    pytest.importorskip("av")
    for name in ("in.mp3", "in.ogg", "in.flac", "in.wav"):
        soundfile.write(tmp_path / name, noise(1, channels), RATE)
        known = structure(tmp_path / name)
        decoded = []
        for opening in (Sndfile, other):
            source = opening(tmp_path / name, known)
            decoded.append(np.concatenate([block.copy() for block in source.blocks(0, None)]))
            assert not source.wide, "16 bits, whoever decodes"
            source.close()
        assert decoded[0].shape == decoded[1].shape
        assert np.abs(decoded[0] - decoded[1]).max() < 2e-5, name


def test_the_verdicts_tell_who_read_how_much(tmp_path: Path) -> None:
    pytest.importorskip("av")
    path = tmp_path / "in.flac"
    soundfile.write(path, noise(2), RATE)
    raw = path.read_bytes()
    packed = int.from_bytes(raw[18:26], "big")
    path.write_bytes(raw[:18] + (packed - RATE).to_bytes(8, "big") + raw[26:])  # half as many samples as there are
    found = {verdict.decoder: verdict for verdict in decode.verdicts(path)}
    assert (found["libsndfile"].samples, found["PyAV"].samples) == (RATE, 2 * RATE)
    assert found["libsndfile"].problem == ("truncated: 1 s of 2 s can be decoded (2 s by the number of its last frame)")
    assert (found["PyAV"].problem, found["PyAV"].chosen, found["libsndfile"].chosen) == (None, True, False)
    assert audio.normalise(path, tmp_path / "out.flac", AudioFormat()).decoder == "PyAV"


def test_where_every_decoder_refuses_each_says_why(tmp_path: Path) -> None:
    pytest.importorskip("av")
    (tmp_path / "in.flac").write_bytes(b"fLaC" + bytes(100))
    with pytest.raises(AudioError, match=r"libsndfile: .*; PyAV: ") as caught:
        audio.load(tmp_path / "in.flac")
    assert caught.value.reason == "undecodable"


FRAMED = {
    "a.ac3": ["-ar", "48000"],
    "b.ac3": ["-ar", "44100", "-b:a", "192k"],
    "a.eac3": ["-ar", "48000"],
    "a.dts": ["-ar", "48000", "-strict", "-2"],
    "a.aac": [],
    "a.ts": ["-c:a", "mp2", "-ar", "48000"],
    "a.m2ts": ["-c:a", "ac3", "-ar", "48000", "-mpegts_m2ts_mode", "1"],
    "a.mpg": ["-c:a", "mp2", "-ar", "48000", "-f", "mpeg"],
    "a.vob": ["-c:a", "ac3", "-ar", "48000", "-f", "vob"],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FRAMED)
def test_a_stream_without_a_length_that_ends_inside_a_frame_is_told(
    tmp_path: Path, by_ffmpeg: Callable[..., bytes], name: str
) -> None:
    raw, path = by_ffmpeg(name, *FRAMED[name]), tmp_path / "in.audio"
    path.write_bytes(raw)
    assert audio.normalise(path, tmp_path / "out.flac", AudioFormat()).duration_s == pytest.approx(1, abs=0.2)
    for cut in (1, 7, 101, len(raw) // 2 + 1):
        path.write_bytes(raw[:-cut])
        with pytest.raises(AudioError, match=r"ends inside a frame|breaks off") as caught:
            audio.normalise(path, tmp_path / "out.flac", AudioFormat())
        assert caught.value.reason == "truncated", cut


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.tta", "a.flv", "a.wtv"])
def test_a_file_behind_one_whose_header_does_not_say_where_it_ends_is_told(
    tmp_path: Path, by_ffmpeg: Callable[..., bytes], name: str
) -> None:
    raw, path = by_ffmpeg(name, *(["-ar", "44100"] if name == "a.flv" else [])), tmp_path / "in.audio"
    path.write_bytes(raw)
    assert audio.normalise(path, tmp_path / "out.flac", AudioFormat()).duration_s == pytest.approx(1, abs=0.2)
    path.write_bytes(raw + raw)
    with pytest.raises(AudioError, match=f"another file begins at byte {len(raw):,}"):
        audio.normalise(path, tmp_path / "out.flac", AudioFormat())


ITEMS = b"".join(struct.pack("<2I", len(v), 0) + k + b"\0" + v for k, v in ((b"Artist", b"A"), (b"Title", b"B" * 400)))
APE_HEADER, APE_FOOTER = (
    b"APETAGEX" + struct.pack("<4I", 2000, len(ITEMS) + 32, 2, flags) + bytes(8) for flags in (0xA000_0000, 0x8000_0000)
)
ID3V1 = b"TAG" + b"Title".ljust(125, b"\0")
APPENDED = b"ID3\x04\0\x10\0\0\x02\x2c" + bytes(300) + b"3DI\x04\0\x10\0\0\x02\x2c"
TAGS_BEHIND = {
    "ID3v1": ID3V1,
    "APE": APE_HEADER + ITEMS + APE_FOOTER,
    "APE without header": ITEMS + APE_FOOTER[:20] + bytes(12),
    "APE and ID3v1": APE_HEADER + ITEMS + APE_FOOTER + ID3V1,
    "Lyrics3": b"LYRICSBEGIN" + b"words" * 9 + b"LYRICSEND" + ID3V1,
    "Lyrics3v2": b"LYRICSBEGININD0000200" + b"000021LYRICS200" + ID3V1,
    "Lyrics3v2 of a wrong size": b"LYRICSBEGININD0000200" + b"000030LYRICS200" + ID3V1,
    "long ID3v1": b"TAG+" + bytes(223) + ID3V1,
    "ID3v2": APPENDED,
}
TAGGED = FRAMED | {
    "a.latm": ["-c:a", "aac", "-f", "latm"],
    "a.wv": [],
    "a.m4a": [],
    "a.webm": ["-c:a", "libopus"],
    "a.rm": ["-c:a", "ac3", "-ar", "48000"],
    "a.nut": [],
    "a.tta": [],
    "a.flac": [],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TAGGED)
def test_tags_behind_a_stream_are_no_part_of_it(tmp_path: Path, by_ffmpeg: Callable[..., bytes], name: str) -> None:
    raw, path = by_ffmpeg(name, *TAGGED[name]), tmp_path / "in.audio"
    path.write_bytes(raw)
    whole = audio.normalise(path, tmp_path / "out.flac", AudioFormat())
    for kind, tags in TAGS_BEHIND.items():
        path.write_bytes(raw + tags)
        assert audio.normalise(path, tmp_path / "out.flac", AudioFormat()).pcm_sha256 == whole.pcm_sha256, kind
    if name in FRAMED:
        path.write_bytes(raw[:-7] + TAGS_BEHIND["APE and ID3v1"])
        with pytest.raises(AudioError, match=r"ends inside a frame|breaks off"):
            audio.normalise(path, tmp_path / "out.flac", AudioFormat())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.ac3", "a.eac3", "a.dts", "a.aac", "a.latm", "a.wv", "a.mpg"])
def test_zeros_behind_a_stream_are_no_part_of_it(tmp_path: Path, by_ffmpeg: Callable[..., bytes], name: str) -> None:
    raw, path = by_ffmpeg(name, *TAGGED[name]), tmp_path / "in.audio"
    path.write_bytes(raw)
    whole = audio.normalise(path, tmp_path / "out.flac", AudioFormat())
    for behind in (bytes(500), bytes(500) + ID3V1):
        path.write_bytes(raw + behind)
        assert audio.normalise(path, tmp_path / "out.flac", AudioFormat()).pcm_sha256 == whole.pcm_sha256
