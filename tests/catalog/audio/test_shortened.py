"""A clip that is shorter than its file says is never usable: it is read whole, or told with a reason."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile

from mudata.catalog.audio import clip as audio
from mudata.catalog.audio import containers, decode
from mudata.catalog.audio.clip import AudioFormat, ClipFacts
from mudata.errors import AudioError

RATE = 16_000
TAG = b"ID3\x03\0\0" + bytes([0, 0, 2, 44]) + bytes(300)
TOO_LONG = b"ID3\x03\0\0" + bytes([0, 0, 40, 0]) + bytes(300)
TITLE = b"TIT2" + struct.pack(">I", 200) + bytes(2) + b"\0" + b"a" * 199
TOO_LONG_WITH_TEXT = b"ID3\x03\0\0" + bytes([0, 0, 40, 0]) + TITLE + bytes(50)
WITH_FOOTER = b"ID3\x04\0\x10" + bytes([0, 0, 2, 44]) + bytes(300) + b"3DI\x04\0\x10" + bytes([0, 0, 2, 44])
ITEMS = b"\x04\0\0\0\0\0\0\0Art\0Xing" + bytes(100)
APE = b"".join(
    b"APETAGEX" + struct.pack("<4I", 2000, len(ITEMS) + 32, 1, flags) + bytes(8) + (ITEMS if flags >> 29 & 1 else b"")
    for flags in (0xA000_0000, 0x8000_0000)
)
LYRICS = b"LYRICSBEGININD0000200000030LYRICS200"
ID3V1 = b"TAG" + bytes(125)


class Mp3(NamedTuple):
    """Two seconds of quiet and four of noise: of varying bit rate."""

    frames: list[bytes]
    """The first one tells how many follow."""
    constant: bytes

    @property
    def bare(self) -> bytes:
        return b"".join(self.frames[1:])

    @property
    def seconds(self) -> float:
        return (len(self.frames) - 1) * 576 / RATE


def frames_of(raw: bytes) -> list[bytes]:
    starts = [at for at in range(len(raw) - 1) if raw[at] == 0xFF and raw[at + 1] == raw[1]]
    kbps = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
    at, found = starts[0], []
    while at + 4 <= len(raw):
        size = 72_000 * kbps[raw[at + 2] >> 4] // RATE + (raw[at + 2] >> 1 & 1)
        found.append(raw[at : at + size])
        at += size
    return found


def noise(seconds: float, level: float = 0.2) -> np.ndarray:
    return (level * np.random.default_rng(7).standard_normal(round(seconds * RATE))).astype(np.float32)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made")


@pytest.fixture(scope="module")
def mp3(made: Path) -> Mp3:
    samples = np.concatenate([noise(2, 0.0005), noise(4)])
    soundfile.write(made / "v.mp3", samples, RATE, bitrate_mode="VARIABLE", compression_level=0.5)
    soundfile.write(made / "c.mp3", noise(2), RATE, bitrate_mode="CONSTANT", compression_level=0.5)
    return Mp3(frames_of((made / "v.mp3").read_bytes()), (made / "c.mp3").read_bytes())


def facts_of(path: Path, content: bytes, **options: object) -> ClipFacts:
    path.write_bytes(content)
    return audio.normalise(path, path.with_suffix(".out.flac"), AudioFormat(), **options)  # type: ignore[arg-type]


def reason_of(path: Path, content: bytes) -> str:
    with pytest.raises(AudioError, match=r".") as caught:
        facts_of(path, content)
    return caught.value.reason


def with_count(frames: list[bytes], count: int) -> bytes:
    """The frame that tells the length, with another count."""
    at = frames[0].index(b"Xing") + 8
    return frames[0][:at] + count.to_bytes(4, "big") + frames[0][at + 4 :]


MP3S: dict[str, Callable[[Mp3], bytes]] = {
    "nothing but frames": lambda m: m.bare,
    "a tag": lambda m: TAG + m.bare,
    "two tags": lambda m: TAG + TAG + m.bare,
    "a tag with footer and another": lambda m: WITH_FOOTER + TAG + m.bare,
    "a tag with padding behind it": lambda m: TAG + bytes(777) + m.bare,
    "the word in a tag": lambda m: TAG[:100] + b"Info" + TAG[104:] + m.bare,
    "an APE tag in front": lambda m: APE + m.bare,
    "an APE tag between two others": lambda m: TAG + APE + TAG + m.bare,
    "zeros in front": lambda m: bytes(1000) + m.bare,
    "more zeros in front than libsndfile steps over": lambda m: bytes(70_000) + m.bare,
    "junk in front": lambda m: bytes(range(255)) * 5 + m.bare,
    "a tag that says it is longer": lambda m: TOO_LONG + m.bare,
    "one with a text, that does too": lambda m: TOO_LONG_WITH_TEXT + m.bare,
    "tags at the end": lambda m: m.bare + APE + LYRICS + ID3V1,
    "tags and zeros at both ends": lambda m: TAG + bytes(99) + m.bare + bytes(999) + APE + ID3V1,
    "a count of 0": lambda m: with_count(m.frames, 0) + m.bare,
    "a count of 9": lambda m: with_count(m.frames, 9) + m.bare,
    "no flags": lambda m: m.frames[0].replace(b"Xing\0\0\0\x0f", b"Xing\0\0\0\0") + m.bare,
    "the length frame behind frames": lambda m: m.frames[1] + b"".join(m.frames),
}


@pytest.mark.parametrize("name", MP3S)
def test_an_mp3_is_heard_to_its_last_frame(tmp_path: Path, mp3: Mp3, name: str) -> None:
    pytest.importorskip("av")
    facts = facts_of(tmp_path / "in.mp3", MP3S[name](mp3))
    assert facts.duration_s == pytest.approx(mp3.seconds, abs=0.13)  # the encoder's delay, where a frame tells it


def test_joined_mp3s_are_heard_to_the_end_of_the_last(tmp_path: Path, mp3: Mp3) -> None:
    pytest.importorskip("av")
    assert facts_of(tmp_path / "in.mp3", mp3.constant * 3).duration_s == pytest.approx(6, abs=0.3)
    tagged = TAG + mp3.constant + ID3V1 + TAG + mp3.constant + ID3V1
    assert facts_of(tmp_path / "in.mp3", tagged).duration_s == pytest.approx(4, abs=0.2)


@pytest.mark.parametrize("count", [0, 9, 40])
def test_an_info_frame_is_believed_only_if_the_file_is_as_large_as_it_says(
    tmp_path: Path, mp3: Mp3, count: int
) -> None:
    pytest.importorskip("av")
    at = mp3.constant.index(b"Info") + 8
    content = mp3.constant[:at] + count.to_bytes(4, "big") + mp3.constant[at + 4 :]
    assert facts_of(tmp_path / "in.mp3", content).duration_s == pytest.approx(2, abs=0.15)


def test_junk_within_an_mp3_is_stepped_over_or_told(tmp_path: Path, mp3: Mp3) -> None:
    half = len(mp3.frames) // 2
    content = b"".join(mp3.frames[1:half]) + bytes(4000) + b"".join(mp3.frames[half:])
    (tmp_path / "in.mp3").write_bytes(content)
    whole = [verdict for verdict in decode.verdicts(tmp_path / "in.mp3") if verdict.problem is None]
    if whole:
        assert facts_of(tmp_path / "in.mp3", content).duration_s > mp3.seconds - 0.2
    else:
        assert reason_of(tmp_path / "in.mp3", content) == "truncated"


@pytest.mark.parametrize(("rate", "channels"), [(22_050, 1), (44_100, 1), (16_000, 2)])
def test_an_mp3_whose_rate_or_channels_change_on_the_way_is_told(
    tmp_path: Path, mp3: Mp3, rate: int, channels: int
) -> None:
    soundfile.write(tmp_path / "other.mp3", np.repeat(noise(1)[:, None], channels, 1), rate)
    path = tmp_path / "in.mp3"
    path.write_bytes(mp3.constant + (tmp_path / "other.mp3").read_bytes())
    with pytest.raises(AudioError, match=r"changes from .* on the way"):
        audio.normalise(path, tmp_path / "out.flac", AudioFormat())


@pytest.mark.parametrize("start", [0, 300])
def test_the_free_format_of_mp3_is_counted(tmp_path: Path, mp3: Mp3, start: int) -> None:
    """Frames whose header tells no size, made of those of a constant bit rate."""
    frames = frames_of(mp3.constant)[1:]
    free = b"".join(frame[:2] + bytes([frame[2] & 0x0F]) + frame[3:] for frame in frames)
    path = tmp_path / "in.mp3"
    path.write_bytes(bytes(start) + free)
    known = containers.structure(path)
    assert known.stated[-1].seconds == pytest.approx(len(frames) * 576 / RATE, abs=0.08)


@pytest.mark.parametrize("tag", [0x55, 0x50])
def test_an_mp3_in_a_wav_is_heard_to_its_last_frame(tmp_path: Path, mp3: Mp3, tag: int) -> None:
    pytest.importorskip("av")
    coding = struct.pack("<HHIIHHHHIHHH", tag, 1, RATE, 4000, 1, 0, 12, 1, 2, 288, 1, 1393)
    chunk = b"fmt " + struct.pack("<I", len(coding)) + coding + b"data" + struct.pack("<I", len(mp3.bare)) + mp3.bare
    content = b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WAVE" + chunk
    assert facts_of(tmp_path / "in.wav", content).duration_s == pytest.approx(mp3.seconds, abs=0.1)
    assert reason_of(tmp_path / "in.wav", content[: len(content) // 2]) == "truncated"


@pytest.mark.parametrize("mode", ["CONSTANT", "AVERAGE", "VARIABLE"])
@pytest.mark.parametrize("rate", [44_100, 16_000, 8_000])
def test_whole_mp3s_are_read_by_the_first_decoder_to_the_sample(tmp_path: Path, mode: str, rate: int) -> None:
    """No padding, delay or trailing tag makes a good file doubtful."""
    soundfile.write(tmp_path / "a.mp3", noise(1.5)[:rate], rate, bitrate_mode=mode, compression_level=0.5)
    facts = facts_of(tmp_path / "in.mp3", TAG + (tmp_path / "a.mp3").read_bytes() + APE + ID3V1)
    assert (facts.decoder, facts.duration_s) == ("libsndfile", min(rate, 24_000) / rate)


@pytest.mark.parametrize(("suffix", "coding"), [("ogg", "VORBIS"), ("opus", "OPUS")])
def test_chained_ogg_streams_are_heard_to_the_end_of_the_last(tmp_path: Path, suffix: str, coding: str) -> None:
    pytest.importorskip("av")
    soundfile.write(tmp_path / f"a.{suffix}", noise(2), RATE, format="OGG", subtype=coding)
    raw = (tmp_path / f"a.{suffix}").read_bytes()
    other = raw.replace(raw[14:18], b"\x01\x02\x03\x04")  # another serial number; nobody here checks the sums of pages
    for content in (raw * 3, raw + TAG + raw + raw):
        assert facts_of(tmp_path / f"in.{suffix}", content).duration_s == pytest.approx(6, abs=0.04)
    assert other != raw
    assert reason_of(tmp_path / f"in.{suffix}", raw + raw[: len(raw) // 2]) == "truncated"


def test_chained_ogg_streams_of_other_rates_are_told(tmp_path: Path) -> None:
    for rate in (RATE, 2 * RATE):
        soundfile.write(tmp_path / f"{rate}.ogg", noise(1), rate)
    content = b"".join((tmp_path / f"{rate}.ogg").read_bytes() for rate in (RATE, 2 * RATE))
    with pytest.raises(AudioError, match="sample rate changes from 16000 to 32000 Hz"):
        facts_of(tmp_path / "in.ogg", content)


def flac_saying(raw: bytes, share: float) -> bytes:
    packed = int.from_bytes(raw[18:26], "big")
    samples = round((packed & (1 << 36) - 1) * share)
    return raw[:18] + (packed >> 36 << 36 | samples).to_bytes(8, "big") + raw[26:]


def test_a_flac_that_promises_too_little_is_read_whole_and_one_that_promises_too_much_is_told(tmp_path: Path) -> None:
    pytest.importorskip("av")
    soundfile.write(tmp_path / "a.flac", noise(4), RATE)
    raw = (tmp_path / "a.flac").read_bytes()
    assert facts_of(tmp_path / "in.flac", flac_saying(raw, 0.5)).duration_s == 4
    assert facts_of(tmp_path / "in.flac", flac_saying(raw, 0)).duration_s == 4, "0 promises nothing"
    assert reason_of(tmp_path / "in.flac", flac_saying(raw, 2)) == "truncated"
    tagged = facts_of(tmp_path / "in.flac", TAG + raw + ID3V1)
    assert (tagged.duration_s, tagged.decoder) == (4, "libsndfile")


FORMATS = ("WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "SVX", "FLAC", "OGG", "MP3")


@pytest.mark.parametrize("format_", FORMATS)
def test_half_a_file_is_told(tmp_path: Path, format_: str) -> None:
    path = tmp_path / f"in.{format_.lower()}"
    soundfile.write(path, noise(3), RATE, format=format_)
    raw = path.read_bytes()
    assert facts_of(path, raw).duration_s == 3
    for share in (0.5, 0.9):
        assert reason_of(path, raw[: round(len(raw) * share)]) in {"truncated", "undecodable"}


FFMPEG: dict[str, list[str]] = {
    "a.m4a": [],
    "fast.m4a": ["-movflags", "+faststart"],
    "pieces.mp4": ["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", "-frag_duration", "500000"],
    "a.webm": ["-c:a", "libopus"],
    "live.webm": ["-c:a", "libopus", "-live", "1"],
    "a.mka": ["-c:a", "flac"],
    "a.wma": [],
    "a.wv": [],
    "a.tta": [],
    "a.oga": ["-c:a", "flac"],
    "a.spx": ["-c:a", "libspeex"],
    "alac.caf": ["-c:a", "alac"],
    "a.avi": ["-c:a", "mp3"],
    "adpcm.wav": ["-c:a", "adpcm_ms"],
}


@pytest.fixture(scope="module")
def by_ffmpeg(made: Path) -> Callable[[str], bytes]:
    """A file of three seconds as the ffmpeg program writes it, by its name."""
    if not shutil.which("ffmpeg"):
        pytest.skip("the ffmpeg program is not here")
    pytest.importorskip("av")
    soundfile.write(made / "three.wav", noise(3), RATE)

    def make(name: str, *options: str) -> bytes:
        command = ["ffmpeg", "-y", "-v", "error", "-i", str(made / "three.wav"), *options, str(made / name)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("this ffmpeg cannot write it")
        return (made / name).read_bytes()

    return make


@pytest.mark.slow
@pytest.mark.parametrize("name", FFMPEG)
def test_what_ffmpeg_writes_is_whole_and_half_of_it_is_told(
    tmp_path: Path, by_ffmpeg: Callable[..., bytes], name: str
) -> None:
    raw = by_ffmpeg(name, *FFMPEG[name])
    assert facts_of(tmp_path / name, raw).duration_s == pytest.approx(3, abs=0.1)
    assert reason_of(tmp_path / name, raw[: len(raw) // 2]) in {"truncated", "undecodable"}


def boxes_of(raw: bytes, at: int = 0) -> list[tuple[bytes, int, int]]:
    """Name, first byte and the one after the last, of the boxes of an MP4."""
    found = []
    while at < len(raw):
        end = at + int.from_bytes(raw[at : at + 4], "big")
        found.append((raw[at + 4 : at + 8], at, end))
        at = end
    return found


def with_mehd(raw: bytes, milliseconds: int) -> bytes:
    """The movie's header, which counts thousandths here, with the length of all fragments in it."""
    box = struct.pack(">I4sII", 16, b"mehd", 0, milliseconds)
    for name in (b"moov", b"mvex"):
        at = raw.index(name) - 4
        raw = raw[:at] + struct.pack(">I", int.from_bytes(raw[at : at + 4], "big") + 16) + raw[at + 4 :]
    at = raw.index(b"mvex") + 4
    return raw[:at] + box + raw[at:]


@pytest.mark.slow
def test_an_mp4_that_ends_between_two_fragments_is_told_where_anything_tells(
    tmp_path: Path, by_ffmpeg: Callable[..., bytes]
) -> None:
    path, options = tmp_path / "in.mp4", ("-c:a", "aac", "-frag_duration", "500000", "-movflags")
    raw = by_ffmpeg("cmaf.mp4", *options, "cmaf+empty_moov")
    whole = facts_of(path, raw)
    assert (whole.duration_s, whole.source_format) == (pytest.approx(3, abs=0.1), "MOV/AAC")
    places = [at for name, at, _ in boxes_of(raw) if name == b"moof"]
    for place in places[1:]:
        assert facts_of(path, raw[:place]).source_format == "MOV WITHOUT LENGTH/AAC"
    untailed = raw[: raw.index(b"mfra") - 4]
    assert facts_of(path, untailed).source_format == "MOV WITHOUT LENGTH/AAC"
    headed = with_mehd(untailed, 3021)
    assert facts_of(path, headed).source_format == "MOV/AAC"
    for place in places[1:]:
        with pytest.raises(AudioError, match="by its header"):
            facts_of(path, headed[: place + 16])
    with pytest.raises(AudioError, match="by the times of its fragments"):
        facts_of(path, raw[: places[2]] + raw[places[4] :])
    indexed = by_ffmpeg("dash.mp4", *options, "dash+empty_moov+default_base_moof")
    assert facts_of(path, indexed).duration_s == pytest.approx(3, abs=0.1)
    for place in [at for name, at, _ in boxes_of(indexed) if name == b"moof"][1:]:
        with pytest.raises(AudioError, match="by its index"):
            facts_of(path, indexed[:place])


@pytest.mark.slow
def test_of_a_live_stream_it_is_told_that_it_states_no_length(tmp_path: Path, by_ffmpeg: Callable[..., bytes]) -> None:
    live = facts_of(tmp_path / "in.webm", by_ffmpeg("live.webm", "-c:a", "libopus", "-live", "1"))
    assert (live.duration_s, live.source_format) == (pytest.approx(3, abs=0.1), "MATROSKA WITHOUT LENGTH/OPUS")
    whole = facts_of(tmp_path / "in.webm", by_ffmpeg("whole.webm", "-c:a", "libopus"))
    assert whole.source_format == "MATROSKA/OPUS"
