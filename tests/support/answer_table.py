"""A server that speaks OpenAI's chat protocol and answers from a table: by what it is played and what it is asked.

Clients reach it as a proxy (HTTP_PROXY), so that its address, which is part of a run's identity, never changes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import soundfile
from fake_host import Answer, Asked, Host

ADDRESS = "http://ears.invalid/v1"
PROBE = "What do you hear?"
SILENCE = "silence"


class TableServer(Host):
    """`table[clip][kind]` is what it says of a clip, kind being 'genre' or 'caption'; a clip of zeros is `SILENCE`.

    clips: the folder with the FLAC files that the clips are. kept_back: clips that its filter says nothing about.
    `heard` is a list of the clips that were asked about, the probe's not among them.
    """

    def __init__(self, table: Mapping[str, Mapping[str, str]], clips: Path, kept_back: Collection[str] = ()) -> None:
        self.table, self.kept_back = table, set(kept_back)
        self.names = {_hash(soundfile.read(path, dtype="int16")[0]): path.stem for path in clips.rglob("*.flac")}
        self.heard: list[str] = []
        super().__init__()

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/v1/models":
            return _sent({"data": [{"id": "ears", "owned_by": "tests"}]})
        content = json.loads(asked.body)["messages"][-1]["content"]
        prompt = next(part["text"] for part in content if part["type"] == "text")
        sounds = [part["input_audio"]["data"] for part in content if part["type"] == "input_audio"]
        if prompt == PROBE or not sounds:
            return _sent(_completion("A sine.", 10 + 50 * len(sounds)))
        samples, _ = soundfile.read(io.BytesIO(base64.b64decode(sounds[0])), dtype="int16")
        name = self.names[_hash(samples)] if samples.any() else SILENCE
        with self._lock:
            self.heard.append(name)
        if name in self.kept_back:
            return _sent(_completion(None, 60, "content_filter"))
        return _sent(_completion(self.table[name]["genre" if "genre" in prompt else "caption"], 60))


def _hash(samples: Any) -> str:
    return hashlib.sha256(samples.tobytes()).hexdigest()


def _completion(text: str | None, prompt_tokens: int, finish: str = "stop") -> dict[str, Any]:
    return {
        "id": "1",
        "model": "ears-1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": {"prompt_tokens": prompt_tokens, "completion_tokens": len((text or "").split())},
    }


def _sent(body: object) -> Answer:
    return Answer(200, json.dumps(body).encode())
