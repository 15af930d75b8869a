"""Opening audio files: libsndfile, and for what it does not know PyAV or the ffmpeg program.

All three become a `Source`: what the header says, and blocks of samples. The fallbacks are only
asked about containers that the first bytes prove, with that demuxer named: a text file called x.wav
never reaches ffmpeg, which might take it for a playlist and follow the addresses in it.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shutil
import subprocess
from typing import IO, TYPE_CHECKING, Any, Protocol, cast

from mudata.catalog.audio import mp3
from mudata.catalog.read.source_file import reading
from mudata.errors import AudioError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]

BLOCK = 65_536
"""Frames per block: half a megabyte of stereo, which caches hold;
smaller blocks pay for more calls."""

WIDE = {"PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAC_20", "ALAC_24", "ALAC_32"}
"""libsndfile subtypes that hold more than 16 bits."""

_DEMUXERS = (
    (re.compile(rb"....ftyp", re.DOTALL), "mov"),  # m4a, mp4
    (re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), "asf"),  # wma
    (re.compile(rb"\x1a\x45\xdf\xa3"), "matroska"),  # webm, mka
    (re.compile(rb"\xff[\xf0\xf1\xf8\xf9]"), "aac"),  # ADTS
    (re.compile(rb"MAC "), "ape"),
    (re.compile(rb"wvpk"), "wv"),
    (re.compile(rb"TTA1"), "tta"),
    (re.compile(rb"MPCK"), "mpc8"),
    (re.compile(rb"OggS"), "ogg"),  # Speex and others
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "wav"),  # codings libsndfile lacks
)
_KEEPS_LENGTH = {"mov", "asf", "matroska", "ape", "wv", "tta", "mpc8"}
"""Containers whose header states a length; of others ffmpeg guesses it from the bit rate."""

_UNKNOWN_TO_SNDFILE = (1, 4)
"""libsndfile's SF_ERR_UNRECOGNISED_FORMAT and SF_ERR_UNSUPPORTED_ENCODING (sndfile.h)."""

_NOTHING_FOUND = 7
"""libsndfile's SFE_BAD_FILE (common.h), which its mp3 reader gives; its text speaks of pipes."""

_SHORTENED = re.compile(r"^\s*(?:data|SSND|Data Size)\s*: (\d+) \(should be (\d+)\)", re.MULTILINE)
"""libsndfile's log of a WAV, AIFF or AU file that ends before its header says so."""

_STREAMED_BYTES = 0x7FFF_0000
"""A size from here on is what programs write that do not know the length yet; it promises
nothing."""


class Source(Protocol):
    """An open audio file."""

    coding: str
    """Container and coding, such as WAV/PCM_16."""
    rate: int
    channels: int
    frames: int | None
    """Length that the header promises; None if it promises none."""
    wide: bool
    """Whether samples have more than 16 bits."""

    def blocks(self, start: int, stop: int | None) -> Iterator[Samples]:
        """Frames [start, stop) in order, as arrays (frames, channels) that live until the next one.

        Ends early where the file does. When decoding breaks off, raises AudioError:
        `truncated`, or `undecodable` if it never began.
        """


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The file as a Source.

    Raises AudioError: `vanished`, `empty`, `undecodable`,
    or `unsupported` when an extra is missing.
    """
    import soundfile

    with contextlib.ExitStack() as stack:
        with reading(path), path.open("rb") as file:
            head = file.read(16)
            try:
                sound = stack.enter_context(_straight()(name(path)))
                source: Source = _Sndfile(sound, _promised(sound))
            except TypeError as error:  # .raw: soundfile wants to be told what it is
                raise AudioError("undecodable", "samples without a header") from error
            except soundfile.LibsndfileError as error:
                demuxer = next((demuxer for magic, demuxer in _DEMUXERS if magic.match(head)), None)
                if error.code not in _UNKNOWN_TO_SNDFILE or demuxer is None:
                    why = "no audio found in it" if error.code == _NOTHING_FOUND else error.error_string.rstrip(".")
                    raise AudioError("undecodable", why) from error
                source = _fallback(path, demuxer)
            if source.coding.startswith("MP3") and not mp3.states_length(file):
                source.frames = None
                if mp3.counted_samples(file) > sound.frames + 1152:
                    source = _fallback(path, "mp3")
        yield source


def name(path: Path) -> str | bytes:
    """The path as soundfile takes it; as bytes even names that are not UTF-8 work."""
    return str(path) if os.name == "nt" else os.fsencode(path)


def _breaks_off(decoded: int, rate: int) -> AudioError:
    if not decoded:
        return AudioError("undecodable", "decoding fails at the first frame")
    return AudioError("truncated", f"decoding breaks off after {decoded / rate:.4g} s")


# ------------------------------------------------------------------------------- libsndfile


@functools.cache
def _straight() -> Any:
    """soundfile.SoundFile, less its habit of seeking, after each block, to where it already is.

    An mp3 pays for that seek with a twentieth of its time, and with the last bits of what follows.
    """
    import soundfile

    class Straight(soundfile.SoundFile):  # type: ignore[misc]
        def seekable(self) -> bool:
            return False

    return Straight


class _Sndfile:
    def __init__(self, file: Any, frames: int | None) -> None:
        self._file = file
        self.coding = f"{file.format}/{file.subtype}"
        self.rate: int = file.samplerate
        self.channels: int = file.channels
        self.frames = frames
        self.wide = file.subtype in WIDE

    def blocks(self, start: int, stop: int | None) -> Iterator[Samples]:
        import numpy as np
        import soundfile

        at = start
        try:
            self._file.seek(start)
            buffer = np.empty((BLOCK, self.channels), np.float32)
            while stop is None or at < stop:
                block = self._file.read(out=buffer if stop is None else buffer[: stop - at])
                if not len(block):
                    return
                at += len(block)
                yield block
        except soundfile.LibsndfileError as error:
            raise _breaks_off(at - start, self.rate) from error


def _promised(file: Any) -> int | None:
    """Frames by the header, before libsndfile cut them to what is there."""
    frames: int = file.frames
    if frames <= 0 or frames > 1 << 60:  # FLAC from a pipe: length unknown
        return None
    if shortened := _SHORTENED.search(file.extra_info):
        promised, there = map(int, shortened.groups())
        if there and promised < _STREAMED_BYTES:
            return frames * promised // there
    return frames


# ------------------------------------------------------------------------------- fallbacks


def _fallback(path: Path, demuxer: str) -> Source:
    try:
        import av  # noqa: F401
    except ImportError:
        if shutil.which("ffmpeg") and shutil.which("ffprobe"):
            return _Ffmpeg(path, demuxer)
        raise AudioError(
            "unsupported",
            f"libsndfile cannot read this {demuxer} file to its end.",
            "Run: pip install 'mudata-music[formats]' (or install ffmpeg), then the same command again.",
        ) from None
    return _Av(path, demuxer)


class _Av:
    wide = True  # lossy codings decode to float, lossless ones may have 24 bits

    def __init__(self, path: Path, demuxer: str) -> None:
        self._path, self._demuxer = path, demuxer
        with self._stream() as (_, stream):
            self.coding = f"{demuxer}/{stream.codec_context.name}".upper()
            self.rate: int = stream.rate
            self.channels: int = stream.codec_context.channels
            known = stream.duration is not None and demuxer in _KEEPS_LENGTH
            self.frames = round(stream.duration * stream.time_base * self.rate) if known else None

    @contextlib.contextmanager
    def _stream(self) -> Iterator[tuple[Any, Any]]:
        import av

        try:
            with self._path.open("rb") as file, av.open(file, format=self._demuxer) as container:
                if not container.streams.audio:
                    raise AudioError("undecodable", f"this {self._demuxer} file has no audio in it")
                yield container, container.streams.audio[0]
        except av.FFmpegError as error:
            raise AudioError("undecodable", str(error.strerror or error)) from error

    def blocks(self, start: int, stop: int | None) -> Iterator[Samples]:
        import av

        at = 0
        with self._stream() as (container, stream):
            planar = av.AudioResampler(format="fltp")  # other numbers; rate and channels stay
            try:
                for frame in container.decode(stream):
                    for piece in planar.resample(frame):
                        yield piece.to_ndarray().T[max(start - at, 0) : None if stop is None else max(stop - at, 0)]
                        at += piece.samples
                    if stop is not None and at >= stop:
                        return
            except av.FFmpegError as error:
                raise _breaks_off(max(at - start, 0), self.rate) from error


class _Ffmpeg:
    wide = True

    def __init__(self, path: Path, demuxer: str) -> None:
        self._input = ["-v", "error", "-protocol_whitelist", "file,pipe", "-f", demuxer, "-i", os.fspath(path)]
        wanted = ["-select_streams", "a:0", "-show_entries", "stream=codec_name,sample_rate,channels,duration"]
        asked = subprocess.run(["ffprobe", *self._input, *wanted, "-of", "json"], capture_output=True, check=False)
        try:
            stream = json.loads(asked.stdout)["streams"][0]
        except (ValueError, LookupError) as error:
            raise AudioError("undecodable", f"ffmpeg finds no audio in this {demuxer} file") from error
        self.coding = f"{demuxer}/{stream['codec_name']}".upper()
        self.rate = int(stream["sample_rate"])
        self.channels = int(stream["channels"])
        known = "duration" in stream and demuxer in _KEEPS_LENGTH
        self.frames = round(float(stream["duration"]) * self.rate) if known else None

    def blocks(self, start: int, stop: int | None) -> Iterator[Samples]:
        import numpy as np

        frame_bytes = 4 * self.channels
        command = ["ffmpeg", "-nostdin", *self._input, "-map", "0:a:0", "-f", "f32le", "-c:a", "pcm_f32le", "-"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            out = cast("IO[bytes]", process.stdout)
            at = 0
            try:
                while stop is None or at < stop:
                    raw = out.read(BLOCK * frame_bytes)
                    block = np.frombuffer(raw[: len(raw) // frame_bytes * frame_bytes], "<f4")
                    if not len(block):
                        if process.wait():
                            raise _breaks_off(max(at - start, 0), self.rate)
                        return
                    block = block.reshape(-1, self.channels)
                    yield block[max(start - at, 0) : None if stop is None else max(stop - at, 0)]
                    at += len(block)
            finally:
                process.kill()
