"""A server of the chat protocol that hears which tone a clip is, and can misbehave."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import soundfile
from fake_host import Answer as Sent
from fake_host import Asked, Host
from small_corpus import HERTZ

from mudata.evaluation.models.served.server_probe import PROBE_TOKENS

CHAT, MODELS = "/v1/chat/completions", "/v1/models"
RATE = 16000


def completion(text: object = "low", finish: str | None = "stop", **more: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": text}
    return {
        "id": "1",
        "model": "ears-2026-01",
        "system_fingerprint": "fp_1",
        "choices": [{"index": 0, "message": said, "finish_reason": finish}],
        "usage": {"prompt_tokens": 60, "completion_tokens": 3},
    } | more


def sent(body: object, status: int = 200, **headers: str) -> Sent:
    return Sent(status, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)


class Chat(Host):
    """Hears which tone a clip is. Counts 10 tokens for every prompt and 50 for every clip that it listens to."""

    def __init__(self) -> None:
        super().__init__()
        self.listed: Sent = sent({"data": [{"id": "ears", "owned_by": "tests", "root": "some/ears"}, {"id": "mouth"}]})
        self.deaf = self.unmetered = False
        self.slow: dict[int, float] = {}
        """Seconds that the n-th question takes, from 1, unless it is `freed`."""
        self.freed = threading.Event()
        self.now = self.most = self.count = 0
        self.replies: Callable[[dict[str, Any]], Sent] | None = None

    def answer(self, asked: Asked) -> Sent:
        if (asked.method, asked.path) == ("GET", MODELS):
            return self.listed
        if (asked.method, asked.path) != ("POST", CHAT):
            return sent({"detail": "Not Found"}, 404)
        said = json.loads(asked.body)
        probe = said["max_tokens"] == PROBE_TOKENS
        with self._lock:
            self.now += 1
            self.count += not probe
            number = 0 if probe else self.count
            self.most = max(self.most, self.now)
        try:
            self.freed.wait(self.slow.get(number, 0))
            return self.replies(said) if self.replies and not probe else self.hear(said)
        finally:
            with self._lock:
                self.now -= 1

    def hear(self, said: dict[str, Any]) -> Sent:
        samples = sound(said)
        usage = {"prompt_tokens": 10 + (50 if samples is not None and not self.deaf else 0), "completion_tokens": 2}
        text = "silence"
        if samples is not None and samples.any():
            hertz = float(np.argmax(np.abs(np.fft.rfft(samples)))) * RATE / len(samples)
            text = min(HERTZ, key=lambda name: abs(HERTZ[name] - hertz))
        return sent(completion(text, **({"usage": None} if self.unmetered else {"usage": usage})))

    def posts(self) -> list[dict[str, Any]]:
        return [json.loads(asked.body) for asked in self.asked if asked.method == "POST"]

    def questions(self) -> list[dict[str, Any]]:
        """Requests that are not the probe's."""
        return [said for said in self.posts() if said["max_tokens"] != PROBE_TOKENS]


def sound(said: dict[str, Any]) -> Any:
    """The samples in a request."""
    for part in said["messages"][-1]["content"]:
        if part["type"] == "input_audio":
            samples, rate = soundfile.read(io.BytesIO(base64.b64decode(part["input_audio"]["data"])), dtype="int16")
            assert rate == RATE
            return samples
    return None
