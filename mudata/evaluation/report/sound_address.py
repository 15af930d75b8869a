"""Where a page finds the sound of a clip: a link to the file and the part of it, or the sound itself."""

from __future__ import annotations

import base64
import contextlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from mudata.errors import AudioError
from mudata.object_store.local_cache import at_hand, bring

if TYPE_CHECKING:
    from mudata.catalog.audio.stored_clip import StoredClip

_TYPES = {".flac": "audio/flac", ".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".m4a": "audio/mp4"}
"""What browsers play, by the end of a file's name."""


def linked_to(sound: StoredClip, page: Path) -> str:
    """A clip's address as seen from the page's folder; of a clip that is part of a file, with the part as a media
    fragment (W3C, Media Fragments URI 1.0: #t=start,end in seconds)."""
    with contextlib.suppress(AudioError):  # where it is lost, the page has a link to nothing
        bring(sound.path)
    try:
        address = quote(Path(os.path.relpath(sound.path.resolve(), page.resolve().parent)).as_posix())
    except ValueError:  # another drive
        address = sound.path.resolve().as_uri()
    if within := sound.within:
        address += f"#t={within[0]:.6g},{within[1]:.6g}"
    return address


def data_uri(sound: StoredClip, most: int) -> tuple[str, int] | None:
    """The clip itself as a data URI, and its bytes; None where they are more than `most`, or cannot be read.

    A file that is no more than the clip, and of a kind that browsers play, goes in as it is. Of any other the clip
    alone does, mono, as FLAC of 16 bits.
    """
    kind = playable_kind(sound)
    try:
        if kind:
            with at_hand(sound.path):
                if sound.path.stat().st_size > most:
                    return None
                if sound.store == "reference" and sound.original:
                    sound.original.require_unchanged()
                data = sound.path.read_bytes()
        else:
            data, kind = whole_as_flac(sound), "audio/flac"
    except AudioError:
        return None
    return (f"data:{kind};base64,{base64.b64encode(data).decode()}", len(data)) if len(data) <= most else None


def playable_kind(sound: StoredClip) -> str | None:
    """The media type of the clip's file, where there is nothing else in it and browsers play it; else None."""
    if sound.within:
        return None
    return _TYPES.get(sound.path.suffix.lower()) or ("audio/flac" if sound.store == "flac" else None)


def whole_as_flac(sound: StoredClip, most_s: float | None = None) -> bytes:
    """The clip alone, or `most_s` seconds of it, as FLAC: mono, 16 bits. Raises AudioError."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, sound.samples(duration_s=most_s), sound.rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()
