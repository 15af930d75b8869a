"""What a language model reads in an answer, asked over any server that speaks OpenAI's chat protocol.

The model sees the question's noun, the labels and the answer; never the clip, the reference, or the aligner's reading.
It may say that no label is meant. Temperature 0. What it replies in any other form is no label, never a guess.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mudata.errors import EvaluationError
from mudata.evaluation.opinions import Ask, View

if TYPE_CHECKING:
    import httpx2

KEY = "MUDATA_JUDGE_KEY"
"""Environment variable with the server's key; OPENAI_API_KEY is read where it is not set."""
PROMPT = (
    "Somebody listened to a piece of music and was asked for its {noun}. This was the answer, between the lines:\n"
    "-----\n{answer}\n-----\n"
    "Which one of these labels does the answer give: {labels}? Judge what it says, not whether it may be right. "
    "If it gives none of them, or several, or declines to say, that is null.\n"
    'Reply with one line of JSON and nothing else: {{"label": "<one of the labels>"}} or {{"label": null}}'
)
_PAUSE_S, _LONGEST_S = 1.0, 60.0
"""Before the second try, doubling with each; a server that asks for longer is given up."""
_AGAIN = {408, 425, 429, 500, 502, 503, 504, 529}


@dataclass(frozen=True)
class Server:
    """Who is asked. `url` is the base address, such as https://host/v1; `tries` are for answers that do not come."""

    NAME: ClassVar[str] = "judge"

    url: str
    model: str
    tries: int = 5
    timeout_s: float = 60.0
    max_tokens: int = 200

    @property
    def detail(self) -> dict[str, object]:
        """What decides the opinion; never the key."""
        from mudata.evaluation.run import digest

        return {
            "url": re.sub(r"//[^/@]*@", "//", self.url.partition("?")[0]).rstrip("/"),
            "model": self.model,
            "temperature": 0,
            "max_tokens": self.max_tokens,
            "prompt": PROMPT,
            "prompt_sha256": digest(PROMPT),
        }

    def views(self, asks: Sequence[Ask]) -> Iterator[View]:
        """One view per answer. Raises EvaluationError when the server refuses or stays away."""
        import httpx2

        key = os.environ.get(KEY) or os.environ.get("OPENAI_API_KEY")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        with httpx2.Client(headers=headers, timeout=self.timeout_s) as client:
            for one in asks:
                labels = ", ".join(entry.display for entry in one.label_set.entries)
                text = PROMPT.format(noun=one.noun, answer=one.answer, labels=labels)
                yield read(self._reply(client, text), one)

    def _reply(self, client: httpx2.Client, text: str) -> str:
        """The text of one completion, tried again while it is worth it."""
        import httpx2

        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": text}],
            "temperature": 0,
            "max_tokens": self.max_tokens,
        }
        pause, why = _PAUSE_S, ""
        for left in range(self.tries - 1, -1, -1):
            wait = pause
            try:
                got = client.post(f"{self.url.rstrip('/')}/chat/completions", json=body)
            except httpx2.TransportError as error:
                why = type(error).__name__
            except httpx2.InvalidURL as error:
                raise EvaluationError(
                    f"{self.url!r} is no address: {error}.", "Give one such as https://host/v1."
                ) from error
            else:
                if got.status_code == 200:
                    if (said := _content(got)) is not None:
                        return said
                    why = "a reply that is no chat completion"
                elif got.status_code in _AGAIN:
                    why, wait = f"status {got.status_code}", max(pause, _asked_for(got))
                else:
                    raise EvaluationError(
                        f"The judge at {self.detail['url']} refused with status {got.status_code}.",
                        f"Check --judge-url, --judge-model, and the key in {KEY}. What was judged is kept.",
                    )
            if wait > _LONGEST_S:
                why += f", wants {wait:.0f} s of patience"
                break
            if left:
                time.sleep(wait)
            pause *= 2
        raise EvaluationError(
            f"The judge at {self.detail['url']} cannot be had: {why}.",
            "What was judged is kept; the same command goes on from there.",
        )


def read(reply: str, one: Ask) -> View:
    """The label of a reply: the JSON object in it, whose label is one of those that were shown."""
    more = {"reply": reply}
    names = {name.casefold(): entry.id for entry in one.label_set.entries for name in (entry.id, entry.display)}
    for found in re.finditer(r"\{[^{}]*\}", reply):
        try:
            said = json.loads(found.group())
        except ValueError:
            continue
        if "label" in said:
            label = said["label"]
            if label is None:
                return View(None, more)
            if isinstance(label, str) and label.strip().casefold() in names:
                return View(names[label.strip().casefold()], more)
            return View(None, more | {"problem": "no such label"})
    return View(None, more | {"problem": "no JSON"})


def _content(got: httpx2.Response) -> str | None:
    """The message of a completion; empty where the model declined, None where it is no completion."""
    try:
        message: Mapping[str, Any] = got.json()["choices"][0]["message"]
        return str(message.get("content") or message.get("refusal") or "")
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _asked_for(got: httpx2.Response) -> float:
    """Seconds of Retry-After; dates are not waited for."""
    try:
        return max(0.0, float(got.headers.get("Retry-After", "0")))
    except ValueError:
        return 0.0
