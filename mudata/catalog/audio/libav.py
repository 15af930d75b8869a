"""Decoding by FFmpeg's libraries, through PyAV or the ffmpeg program: AAC, WMA, AC-3, and what libsndfile loses.

The demuxer is named, by the first bytes: nothing is guessed, and no playlist is followed.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from mudata.catalog.audio.audio_source import BLOCK, breaks_off
from mudata.catalog.audio.file_pieces import FilePieces
from mudata.catalog.audio.structure import Stated
from mudata.errors import AudioError, is_of_machine

if TYPE_CHECKING:
    from mudata.catalog.audio.audio_source import Samples
    from mudata.catalog.audio.structure import Structure

_KEEPS_LENGTH = {"mov", "asf", "matroska", "flv", "ape", "wv", "tta", "mpc8", "mpc", "tak", "dsf", "caf", "rm"}
"""Containers whose header states a length; of others FFmpeg guesses it from the bit rate, or `structure` knows."""

_NARROW = {"u8", "u8p", "s16", "s16p"}
"""Sample formats of 16 bits and less."""

_AS_LIBSNDFILE = {"mp3", "mp3float", "mp2", "mp2float", "mp1", "mp1float", "vorbis", "opus", "libopus", "libvorbis"}
"""Lossy codings that libsndfile reads as well: their clips have 16 bits, whoever decoded them."""


class _Libav:
    """What both have in common."""

    def __init__(self, path: Path, structure: Structure) -> None:
        self.structure = structure
        self._path = path
        self.stated = structure.stated
        self.frames: int | None = None

    def _take(self, *, codec: str, sample_format: str, rate: int, channels: int, packet: int) -> None:
        if rate <= 0 or channels <= 0:
            raise AudioError("undecodable", "a stream without a sample rate or without channels")
        self.coding = self.structure.coding(str(self.structure.container), codec)
        self.rate, self.channels = rate, channels
        self.wide = not (sample_format in _NARROW or codec in _AS_LIBSNDFILE)
        self._packet_s = packet / rate

    def _promise(self, stream_s: float | None, container_s: float | None, *, alone: bool) -> None:
        """Take the lengths of the stream and, where that is alone in it, of the container."""
        if self.structure.container not in _KEEPS_LENGTH:
            return
        lengths = ((stream_s, "its stream"), (container_s if alone else None, "its container"))
        told = tuple(Stated(seconds, by, self._packet_s) for seconds, by in lengths if seconds)
        self.stated = (*self.structure.stated, *told)
        if not self.stated:  # a live stream
            codec = self.coding.partition("/")[2]
            self.coding = replace(self.structure, unstated=True).coding(str(self.structure.container), codec)
        self.frames = round(stream_s * self.rate) if stream_s else None


class PyAV(_Libav):
    """A Source (`audio_source.Source`)."""

    decoder = "PyAV"

    def __init__(self, path: Path, structure: Structure) -> None:
        """Raises AudioError `undecodable`."""
        super().__init__(path, structure)
        with self._stream() as (container, stream):
            first = next(container.decode(stream), None)  # some headers tell half the rate, or one channel of two
            if first is None:
                raise AudioError("undecodable", "no samples can be decoded")
            context = stream.codec_context
            self._take(
                codec=context.name,
                sample_format=first.format.name,
                rate=first.sample_rate,
                channels=first.layout.nb_channels,
                packet=context.frame_size or first.samples,
            )
            tagged = _clock(stream.metadata.get("DURATION"))
            known = None if stream.duration is None else float(stream.duration * stream.time_base)
            whole = None if container.duration is None else container.duration / 1e6
            self._promise(known or tagged, whole, alone=len(container.streams) == 1)

    @contextlib.contextmanager
    def _stream(self) -> Iterator[tuple[Any, Any]]:
        import av

        name = self.structure.container
        stop = self.structure.stop or self._path.stat().st_size
        try:
            with (
                FilePieces(self._path, [range(self.structure.start, stop)]) as file,
                av.open(file, format=name) as container,
            ):
                if not container.streams.audio:
                    raise AudioError("undecodable", f"this {name} file has no audio in it")
                yield container, container.streams.audio[0]
        except av.FFmpegError as error:
            if is_of_machine(error):
                raise
            raise AudioError("undecodable", str(error.strerror or error)) from error

    def blocks(self, start: int, stop: int | None) -> Iterator[Samples]:
        import av

        at = 0
        with self._stream() as (container, stream):
            planar = av.AudioResampler(format="fltp")  # other numbers; rate and channels stay
            try:
                for frame in container.decode(stream):
                    if (frame.sample_rate, frame.layout.nb_channels) != (self.rate, self.channels):
                        text = f"rate or channels change on the way, after {at / self.rate:.4g} s"
                        raise AudioError("undecodable", text)
                    for piece in planar.resample(frame):
                        yield piece.to_ndarray().T[max(start - at, 0) : None if stop is None else max(stop - at, 0)]
                        at += piece.samples
                    if stop is not None and at >= stop:
                        return
            except av.FFmpegError as error:
                if is_of_machine(error):
                    raise
                raise breaks_off(max(at - start, 0), self.rate) from error

    def close(self) -> None:
        """Nothing stays open."""


class Ffmpeg(_Libav):
    """A Source (`audio_source.Source`)."""

    decoder = "ffmpeg"

    def __init__(self, path: Path, structure: Structure) -> None:
        """Raises AudioError `undecodable`."""
        super().__init__(path, structure)
        place = f"subfile,,start,{structure.start},end,{structure.stop or 0},,:{path}"
        self._input = ["-v", "error", "-protocol_whitelist", "file,subfile", "-f", f"{structure.container}"]
        self._input += ["-i", place]
        wanted = "stream=codec_name,codec_type,sample_fmt,sample_rate,channels,duration:stream_tags=DURATION"
        asked = subprocess.run(
            ["ffprobe", *self._input, "-show_entries", f"{wanted}:format=duration", "-of", "json"],
            capture_output=True,
            check=False,
        )
        try:
            told = json.loads(asked.stdout)
            stream = next(stream for stream in told["streams"] if stream.get("codec_type") == "audio")
            codec, sample_format = stream["codec_name"], stream.get("sample_fmt", "")
            rate, channels = int(stream["sample_rate"]), int(stream["channels"])
        except (ValueError, LookupError, StopIteration) as error:
            raise AudioError("undecodable", f"ffmpeg finds no audio in this {structure.container} file") from error
        self._take(codec=codec, sample_format=sample_format, rate=rate, channels=channels, packet=2048)
        known = _seconds(stream.get("duration")) or _clock(stream.get("tags", {}).get("DURATION"))
        self._promise(known, _seconds(told.get("format", {}).get("duration")), alone=len(told["streams"]) == 1)

    def blocks(self, start: int, stop: int | None) -> Iterator[Samples]:
        import numpy as np

        frame_bytes = 4 * self.channels
        command = [
            "ffmpeg",
            "-nostdin",
            "-xerror",
            *self._input,
            "-map",
            "0:a:0",
            "-f",
            "f32le",
            "-c:a",
            "pcm_f32le",
            "-",
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            out = cast("IO[bytes]", process.stdout)
            at = 0
            try:
                while stop is None or at < stop:
                    raw = out.read(BLOCK * frame_bytes)
                    block = np.frombuffer(raw[: len(raw) // frame_bytes * frame_bytes], "<f4")
                    if not len(block):
                        if process.wait():
                            raise breaks_off(max(at - start, 0), self.rate)
                        return
                    block = block.reshape(-1, self.channels)
                    yield block[max(start - at, 0) : None if stop is None else max(stop - at, 0)]
                    at += len(block)
            finally:
                process.kill()

    def close(self) -> None:
        """Nothing stays open."""


def pyav_is_here() -> bool:
    try:
        import av  # noqa: F401
    except ImportError:
        return False
    return True


def ffmpeg_is_here() -> bool:
    return bool(shutil.which("ffmpeg") and shutil.which("ffprobe"))


def _clock(text: str | None) -> float | None:
    """Seconds of '00:01:02.500000000', as Matroska's statistics tags write a stream's length."""
    with contextlib.suppress(ValueError, AttributeError):
        hours, minutes, seconds = str(text).split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    return None


def _seconds(text: object) -> float | None:
    with contextlib.suppress(ValueError, TypeError):
        return float(cast("str", text))
    return None
