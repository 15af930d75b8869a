"""What is in a chat completion: the text, why it stopped, tokens, the name of who answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from mudata.safe_text import safe


class Counts:
    """What came back, counted. The caller holds the lock."""

    def __init__(self) -> None:
        self.answers = self.prompt_tokens = self.completion_tokens = self.unmetered = 0
        self.finish: Counter[str] = Counter()
        self.models: Counter[str] = Counter()
        self.fingerprints: Counter[str] = Counter()

    def add(self, reply: Mapping[str, Any]) -> None:
        prompt, completion = tokens(reply, "prompt_tokens"), tokens(reply, "completion_tokens")
        self.prompt_tokens += prompt or 0
        self.completion_tokens += completion or 0
        self.unmetered += prompt is None or completion is None
        for counter, key in ((self.models, "model"), (self.fingerprints, "system_fingerprint")):
            if reply.get(key):
                counter[safe(str(reply[key]))[:200]] += 1

    def cost(self, price_in: float | None, price_out: float | None) -> float | None:
        """In the currency of the prices, which are for a million tokens;
        None where prices or counts are lacking."""
        if price_in is None or price_out is None or self.unmetered:
            return None
        return round((self.prompt_tokens * price_in + self.completion_tokens * price_out) / 1e6, 6)


def text(reply: Mapping[str, Any]) -> str | None:
    """What the first choice says:
    its content, or the words in which the model refused, or '' where there are none.

    None where the reply is no chat completion.
    """
    message = mapping(_choice(reply).get("message"))
    content = message.get("content") or message.get("refusal") or ""
    if isinstance(content, list):
        content = "".join(str(part.get("text") or "") for part in map(mapping, content))
    return content if message and isinstance(content, str) else None


def finish_reason(reply: Mapping[str, Any]) -> str:
    """Why the first choice stopped: stop, length, content_filter, ..."""
    return str(_choice(reply).get("finish_reason"))


def _choice(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = reply.get("choices")
    return mapping(choices[0]) if isinstance(choices, list) and choices else {}


def mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def tokens(reply: Mapping[str, Any], key: str) -> int | None:
    count = mapping(reply.get("usage")).get(key)
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
