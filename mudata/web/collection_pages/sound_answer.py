"""The sound of a clip as a browser plays it: a file that lies here in pieces as they are asked for, or the clip decoded
and encoded anew, which is kept for a while."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from mudata.errors import AudioError
from mudata.evaluation.report.sound_address import playable_kind, whole_as_flac
from mudata.object_store.local_cache import bring
from mudata.web.collection_pages.sound_picture import LONGEST_S

if TYPE_CHECKING:
    from starlette.responses import Response

    from mudata.catalog.audio.stored_clip import StoredClip


class BytesKept:
    """Bytes by key, the longest unused given up where all are more than `most`; what is being made is made once."""

    def __init__(self, most: int) -> None:
        self._most, self._kept = most, OrderedDict[object, bytes]()
        self._lock = threading.Lock()
        self._making: dict[object, threading.Lock] = {}

    def get(self, key: object, make: Callable[[], bytes]) -> bytes:
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
            try:
                made = make()
            finally:
                with self._lock:
                    self._making.pop(key, None)
            with self._lock:
                self._kept[key] = made
                while sum(map(len, self._kept.values())) > self._most and len(self._kept) > 1:
                    self._kept.popitem(last=False)
            return made


def sound_answer(sound: StoredClip, clip_id: str, kept: BytesKept, asked: str | None) -> Response:
    """`asked`: the header Range. Raises AudioError where the sound is gone, was changed or cannot be decoded."""
    from starlette.responses import FileResponse

    headers = {"Cache-Control": "private, max-age=600"}
    kind = playable_kind(sound)
    if kind:
        if not bring(sound.path):
            raise AudioError("vanished", f"{sound.path.name} is no longer there")
        if sound.store == "reference" and sound.original:
            sound.original.require_unchanged()
        return FileResponse(sound.path, media_type=kind, headers=headers)
    mark = sound.path.stat().st_mtime_ns if sound.path.exists() else None
    data = kept.get((clip_id, mark, sound.crop), lambda: whole_as_flac(sound, LONGEST_S))
    return _pieces(data, asked, headers)


def _pieces(data: bytes, asked: str | None, headers: dict[str, str]) -> Response:
    """Bytes, or the one piece of them that is asked for (RFC 9110, section 14): players look at the end first."""
    from starlette.responses import Response

    headers = headers | {"Accept-Ranges": "bytes"}
    wanted = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", asked or "")
    if not wanted or wanted.groups() == ("", ""):
        return Response(data, media_type="audio/flac", headers=headers)
    first, last = wanted.groups()
    begin = int(first) if first else max(0, len(data) - int(last))
    end = min(int(last), len(data) - 1) if first and last else len(data) - 1
    if begin >= len(data) or end < begin:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{len(data)}"})
    told = {"Content-Range": f"bytes {begin}-{end}/{len(data)}"}
    return Response(data[begin : end + 1], 206, media_type="audio/flac", headers=headers | told)
