"""Headers are held against what lies behind them: samples that no size tells of, other files, and sizes that are not
there; padding, tags and texts behind the samples are none of these."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mudata.catalog.audio import clip as audio
from mudata.catalog.audio import containers
from mudata.catalog.audio.clip import AudioFormat, ClipFacts
from mudata.errors import AudioError

RATE = 8000
NOISE = (0.2 * np.random.default_rng(7).standard_normal(4 * RATE)).astype(np.float32)


@pytest.fixture(autouse=True)
def _without_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyAV asks the same libraries as the ffmpeg program, which takes a process for it."""
    monkeypatch.setenv("PATH", "")


def written(format_: str, **options: Any) -> bytes:
    """Four seconds."""
    out = io.BytesIO()
    soundfile.write(out, NOISE, RATE, format=format_, **options)
    return out.getvalue()


def facts_of(tmp_path: Path, content: bytes) -> ClipFacts:
    path = tmp_path / "in.audio"
    path.write_bytes(content)
    return audio.normalise(path, tmp_path / "out.flac", AudioFormat())


def refused(tmp_path: Path, content: bytes, match: str) -> str:
    with pytest.raises(AudioError, match=match) as caught:
        facts_of(tmp_path, content)
    return caught.value.reason


@pytest.mark.parametrize("format_", ["NIST", "VOC", "AVR", "MAT4", "MAT5", "MPC2K", "WVE", "AU", "SDS"])
@pytest.mark.parametrize("endian", ["FILE", "LITTLE", "BIG"])
def test_half_of_what_only_libsndfile_reads_is_told(tmp_path: Path, format_: str, endian: str) -> None:
    try:
        raw = written(format_, endian=endian)
    except (soundfile.LibsndfileError, ValueError):
        pytest.skip("not in this byte order")
    assert facts_of(tmp_path, raw).duration_s == 4
    for share in (0.5, 0.9):
        assert refused(tmp_path, raw[: round(len(raw) * share)], "by the size|means to decode") == "truncated"


@pytest.mark.parametrize(
    ("format_", "subtype"),
    [
        ("PAF", "PCM_16"),
        ("PAF", "PCM_24"),
        ("PVF", "PCM_16"),
        ("PVF", "PCM_32"),
        ("IRCAM", "PCM_16"),
        ("IRCAM", "FLOAT"),
    ],
)
@pytest.mark.parametrize("endian", ["FILE", "LITTLE", "BIG"])
def test_bare_samples_that_end_inside_one_are_told(tmp_path: Path, format_: str, subtype: str, endian: str) -> None:
    raw = written(format_, subtype=subtype, endian=endian)
    assert facts_of(tmp_path, raw).duration_s == 4
    for cut in (1, 3, len(raw) // 4 * 2 + 1):
        assert refused(tmp_path, raw[:-cut], "ends inside a frame") == "truncated"


JOINED = ["WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC", "SVX"]


@pytest.mark.parametrize("format_", JOINED)
@pytest.mark.parametrize("between", [b"", bytes(64)], ids=["at once", "after padding"])
def test_a_file_behind_the_end_of_another_is_told(tmp_path: Path, format_: str, between: bytes) -> None:
    raw = written(format_)
    refused(tmp_path, raw + between + raw, f"another file begins at byte {len(raw + between):,}")


def test_a_file_behind_other_chunks_is_told(tmp_path: Path) -> None:
    raw = written("CAF") + b"pakt" + struct.pack(">Q", 24) + bytes(24)
    refused(tmp_path, raw + raw, f"another file begins at byte {len(raw):,}")


def test_a_w64_of_unknown_size_is_whole(tmp_path: Path) -> None:
    raw = with_size(written("W64"), b"data", (1 << 63) - 16, "<Q", 16)
    assert facts_of(tmp_path, raw).duration_s == 4


def test_a_voc_of_small_blocks_that_ends_inside_one_is_told(tmp_path: Path) -> None:
    raw = written("VOC")
    begin = raw.index(b"\x09") if raw[26] == 9 else 26
    head, data = raw[: begin + 16], raw[begin + 16 : begin + 16 + 8 * RATE]
    first = head[: begin + 1] + (12 + 1000).to_bytes(3, "little") + head[begin + 4 :] + data[:1000]
    more = [b"\2" + (1000).to_bytes(3, "little") + data[at : at + 1000] for at in range(1000, len(data), 1000)]
    content = first + b"".join(more)
    assert refused(tmp_path, content[: len(content) // 2], "ends inside a block|can be decoded|undecod") == "truncated"


@pytest.mark.parametrize("format_", ["WAV", "OGG", "FLAC"])
def test_a_file_of_another_kind_behind_an_mp3_is_told(tmp_path: Path, format_: str) -> None:
    raw = written("MP3")
    refused(tmp_path, raw + written(format_), f"another file begins at byte {len(raw):,}")


def with_size(raw: bytes, name: bytes, size: int, code: str, at: int = 4) -> bytes:
    """With another size in the chunk of a name."""
    place = raw.index(name) + at
    return raw[:place] + struct.pack(code, size) + raw[place + struct.calcsize(code) :]


HALF = 4 * RATE
TOO_SMALL: dict[str, Callable[[], bytes]] = {
    "WAV": lambda: with_size(written("WAV"), b"data", HALF, "<I"),
    "a WAV that ends there": lambda: with_size(TOO_SMALL["WAV"](), b"RIFF", HALF + 36, "<I"),
    "a WAV of 100 bytes": lambda: with_size(written("WAV"), b"data", 100, "<I"),
    "RIFX": lambda: with_size(written("WAV", endian="BIG"), b"data", HALF, ">I"),
    "W64": lambda: with_size(written("W64"), b"data", HALF + 24, "<Q", 16),
    "AIFF": lambda: with_size(written("AIFF"), b"SSND", HALF + 8, ">I"),
    "AU": lambda: with_size(written("AU"), b".snd", HALF, ">I", 8),
    "CAF": lambda: with_size(written("CAF"), b"data", HALF + 4, ">Q"),
    "RF64": lambda: with_size(written("RF64"), b"ds64", HALF, "<Q", 16),
}


@pytest.mark.parametrize("name", TOO_SMALL)
def test_samples_behind_those_that_a_header_states_are_told(tmp_path: Path, name: str) -> None:
    refused(tmp_path, TOO_SMALL[name](), r"stand behind the [\d,]+ of samples|can be decoded")


BEHIND = {
    "zeros": bytes(50_000),
    "an ID3v1 tag": b"TAG" + bytes(125),
    "an APE tag": b"APETAGEX" + struct.pack("<4I", 2000, 9000, 1, 0x8000_0000) + bytes(8) + b"x" * 8968,
    "a text": b"<?xml version='1.0'?>\n" * 400,
    "a line end": b"\r\n",
    "some bytes": bytes(range(1, 256)) * 10,
}


@pytest.mark.parametrize("name", BEHIND)
@pytest.mark.parametrize("format_", ["WAV", "AIFF", "AU", "CAF"])
def test_what_may_stand_behind_samples_makes_no_file_doubtful(tmp_path: Path, format_: str, name: str) -> None:
    assert facts_of(tmp_path, written(format_) + BEHIND[name]).duration_s == 4


@pytest.mark.parametrize("coding", ["VORBIS", "OPUS"])
def test_an_ogg_stream_without_its_last_page_is_told(tmp_path: Path, coding: str) -> None:
    raw = written("OGG", subtype=coding)
    last = raw.rindex(b"OggS")
    assert refused(tmp_path, raw[:last], "the page is missing that ends a stream") == "truncated"
    assert refused(tmp_path, raw[:last] + raw, "the page is missing that ends a stream") == "truncated"


def test_a_flac_without_a_length_that_is_cut_off_is_told(tmp_path: Path) -> None:
    raw = written("FLAC")
    packed = int.from_bytes(raw[18:26], "big") >> 36 << 36
    piped = raw[:18] + packed.to_bytes(8, "big") + bytes(16) + raw[42:]
    for behind in (b"", bytes(5000), b"TAG" + bytes(125)):
        assert facts_of(tmp_path, piped + behind).duration_s == 4
    for cut in (len(piped) // 2, len(piped) - 3):
        assert refused(tmp_path, piped[:cut], "inside a frame|breaks off|can be decoded") == "truncated"


BY_LIBSNDFILE = ["NIST", "VOC", "AVR", "MAT4", "MAT5", "MPC2K", "WVE", "SDS", "W64", "SVX", "XI"]


@pytest.mark.parametrize("format_", [*BY_LIBSNDFILE, "AU"])
def test_what_stands_behind_the_samples_is_not_taken_for_some(tmp_path: Path, format_: str) -> None:
    raw = written(format_, endian="LITTLE") if format_ == "AU" else written(format_)
    if format_ == "XI":  # libsndfile writes no length
        raw = raw[:298] + struct.pack("<I", len(raw) - 338) + raw[302:]
    whole = facts_of(tmp_path, raw)
    for behind in (bytes(1000), b"TAG" + bytes(125), b"a text\n" * 9):
        assert facts_of(tmp_path, raw + behind).pcm_sha256 == whole.pcm_sha256
    refused(tmp_path, raw + bytes(range(1, 256)) * 400, r"stand behind the [\d,]+ of samples")
    refused(tmp_path, raw + raw, "another file begins at byte|stand behind the")
    refused(tmp_path, raw[: len(raw) // 2], "by the size|means to decode|inside a block")


def test_an_instrument_of_several_samples_is_told(tmp_path: Path) -> None:
    raw = written("XI")
    sizes = struct.pack("<H", 2) + (struct.pack("<I", 20_000) + raw[302:338]) * 2
    refused(tmp_path, raw[:296] + sizes + raw[338:40_338], "it holds 2 samples of an instrument|xcess samples")


@pytest.mark.parametrize(("format_", "field"), [("WAV", b"data"), ("AU", b".snd"), ("CAF", b"data"), ("FLAC", b"")])
def test_where_no_length_is_stated_that_is_told(tmp_path: Path, format_: str, field: bytes) -> None:
    raw = written(format_)
    if format_ == "FLAC":
        raw = raw[:18] + (int.from_bytes(raw[18:26], "big") >> 36 << 36).to_bytes(8, "big") + raw[26:]
    else:
        code, at = {"WAV": ("<I", 4), "AU": (">I", 8), "CAF": (">Q", 4)}[format_]
        raw = with_size(raw, field, (1 << 8 * struct.calcsize(code)) - 1, code, at)
    facts = facts_of(tmp_path, raw)
    assert (facts.duration_s, facts.source_format.partition("/")[0]) == (4, f"{format_} WITHOUT LENGTH")
    assert containers.states_no_length(facts.source_format.partition("/")[0])
    assert facts_of(tmp_path, written(format_)).source_format == f"{format_}/PCM_16"
