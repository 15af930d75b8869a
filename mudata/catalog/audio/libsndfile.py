"""Decoding by libsndfile: PCM, FLAC, mp3, Ogg Vorbis and Opus, and what else it knows."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.audio.audio_source import BLOCK, breaks_off
from mudata.catalog.audio.file_pieces import FilePieces
from mudata.errors import AudioError

if TYPE_CHECKING:
    from mudata.catalog.audio.audio_source import Samples
    from mudata.catalog.audio.structure import Structure

WIDE = {"PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAC_20", "ALAC_24", "ALAC_32"}
"""libsndfile subtypes that hold more than 16 bits."""

_RUN_UP = 64 * 1152
"""Frames that are decoded and thrown away before an excerpt of a lossy coding. An mp3 frame may keep its data
in the 511 bytes before it, 40 of the smallest frames; Vorbis overlaps by one block of at most 8,192.
Without, an excerpt's first samples are not those of the whole."""

_LOSSY = {"VORBIS", "OPUS", "MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III"}

_STEP = 2.0**-15
"""Of 16 bits; full scale is 1."""

_NOTHING_FOUND = 7
"""libsndfile's SFE_BAD_FILE (common.h), which its mp3 reader gives; its text speaks of pipes."""

_SYSTEM, _NO_MEMORY = 2, 17
"""SFE_SYSTEM and SFE_MALLOC_FAILED (sndfile.h, common.h)."""


class Sndfile:
    """A Source (`audio_source.Source`)."""

    decoder = "libsndfile"

    def __init__(self, path: Path, structure: Structure, *, mended: bool = False) -> None:
        """With `mended`, the file that the structure's pieces make. Raises AudioError `undecodable`."""
        self.structure = structure
        self._path, self._mended = path, mended
        self._file = self._open()
        self._at = 0
        self.coding = structure.coding(self._file.format, self._file.subtype)
        self.rate: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.wide = self._file.subtype in WIDE
        self.stated = structure.stated
        self.decodable: int | None = self._file.frames
        """Frames that libsndfile means to decode; None where it does not know."""
        if self._file.frames > 1 << 60:  # FLAC from a pipe
            self.decodable = None
        promised = self.decodable and round(self.decodable * structure.share)
        self.frames = None if structure.counted else promised or None

    def _open(self) -> Any:
        import soundfile

        try:
            if self._mended:
                return _straight()(FilePieces(self._path, self.structure.mended))
            return _straight()(_name(self._path))
        except TypeError as error:  # .raw: soundfile wants to be told what it is
            raise AudioError("undecodable", "samples without a header") from error
        except soundfile.LibsndfileError as error:
            if error.code == _SYSTEM:
                with self._path.open("rb"):  # which says what the system has against it
                    pass
            if error.code == _NO_MEMORY:
                raise MemoryError(error.error_string) from error
            why = "no audio found in it" if error.code == _NOTHING_FOUND else error.error_string.rstrip(".")
            raise AudioError("undecodable", why) from error

    def blocks(self, start: int, stop: int | None) -> Iterator[Samples]:
        import numpy as np
        import soundfile

        buffer = np.empty((BLOCK, self.channels), np.float32)
        steps = np.empty((BLOCK, self.channels), np.int16) if self._file.subtype == "PCM_16" else None
        try:
            self._go_near(start)
            while stop is None or self._at < stop:
                until = start if self._at < start else stop
                room = BLOCK if until is None else min(until - self._at, BLOCK)
                if steps is None:
                    block = self._file.read(out=buffer[:room])
                else:  # exactly what libsndfile makes of them as floats, for a third of its time
                    read = self._file.read(out=steps[:room])
                    block = np.multiply(read, np.float32(_STEP), out=buffer[: len(read)])
                if not len(block):
                    return
                self._at += len(block)
                if self._at > start:
                    yield block
        except soundfile.LibsndfileError as error:
            raise breaks_off(max(self._at - start, 0), self.rate) from error

    def _go_near(self, start: int) -> None:
        """To a frame from which on decoding gives the samples of the whole: by a seek, or the first one.

        What can seek always does, as soundfile.read: an mp3 that was sought in has other last bits."""
        import soundfile

        if soundfile.SoundFile.seekable(self._file):
            target = max(start - _RUN_UP, 0) if self._file.subtype in _LOSSY else start
            self._at = self._file.seek(target)
        elif self._at > start:
            self._file.close()
            self._file, self._at = self._open(), 0

    def close(self) -> None:
        self._file.close()


def _name(path: Path) -> str | bytes:
    """The path as soundfile takes it; as bytes even names that are not UTF-8 work."""
    return str(path) if os.name == "nt" else os.fsencode(path)


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
