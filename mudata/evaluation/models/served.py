"""Any audio-language model behind a server that speaks OpenAI's chat protocol:
vLLM, the llama.cpp server, hosted ones.

Every item is one request: its sound as 16-bit WAV or FLAC inside it (`input_audio`), then the
prompt. The sound comes first because that is how the templates of such models write it
(Qwen2-Audio, Audio Flamingo) and how they were trained, and so that a checkpoint served reads what
the same checkpoint reads here through `transformers`.

A server may take a request with sound and drop the sound without a word (lmms-eval issue 836), so
the first thing asked is whether sound makes a prompt longer. Whether what arrives also counts for
the answers, only `--silence` can show.

Replies are recorded when those of all questions at once have come. A run that is killed asks again
what was not recorded, `concurrency` questions at most, and nothing else.
"""

from __future__ import annotations

import base64
import io
import json
import re
import threading
import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mudata.errors import EvaluationError, ModelError
from mudata.evaluation.chat.client import ChatServer, NoReply, checked_url
from mudata.evaluation.chat.completions import Counts, finish_reason, mapping, text, tokens
from mudata.evaluation.chat.rate_limit import Pace, RetryPolicy, at_once
from mudata.evaluation.protocol import Answer, Failure, Item, ModelCapabilities
from mudata.json_files import parse
from mudata.safe_text import safe

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROBE_S, PROBE_HZ, PROBE_TOKENS, PROBE_PROMPT = 2.0, 440.0, 16, "What do you hear?"
"""The clip and the question of the first request: a sine, because it needs no file and no
chance."""
_LISTED = ("id", "owned_by", "root", "max_model_len", "created")
"""What is kept of a server's entry for the model;
vLLM's `root` is the checkpoint behind a served name."""
_DEAF = re.compile(r"audio|multi-?modal|content\[\]\.type", re.IGNORECASE)
"""What servers speak of when they refuse sound."""


class Served:
    """One model of one server.

    base_url: such as http://localhost:8000/v1. model: as the server names it. api_key_env: the
    environment variable with the key, sent where it is set. concurrency: requests at once.
    requests_per_minute: at most. timeout_s: for one reply. tries: requests for one answer, where
    failing may pass. audio_format: 'wav' or 'flac'. sample_rate (Hz) and max_seconds: what is sent
    of a clip. max_clips: how many clips of one question it takes in one request, each as a part of its own; further
    ones are sent as one. price_in, price_out: for a million tokens of prompt and answer, in any currency.
    system: a system prompt. extra: further fields of the request, an object or its JSON; null
    removes a field (hosted models that want `max_completion_tokens`: {"max_tokens": null,
    "max_completion_tokens": 100}). allow_unheard: ask even if sound makes no difference to the
    prompt. text_only: it has no ears, is never sent sound, and is asked by words alone.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key_env: str = "OPENAI_API_KEY",
        max_new_tokens: int = 100,
        temperature: float = 0.0,
        system: str | None = None,
        concurrency: int = 8,
        requests_per_minute: float | None = None,
        timeout_s: float = 120.0,
        tries: int = 6,
        audio_format: Literal["wav", "flac"] = "wav",
        sample_rate: int = 16000,
        max_seconds: float | None = None,
        max_clips: int = 1,
        price_in: float | None = None,
        price_out: float | None = None,
        extra: str | Mapping[str, object] | None = None,
        allow_unheard: bool = False,
        text_only: bool = False,
        seed: int = 0,
    ) -> None:
        self.base_url, self.model, self.api_key_env = checked_url(str(base_url)), str(model), str(api_key_env)
        self.system, self.seed, self.allow_unheard = system, seed, allow_unheard
        self.concurrency = int(_above_zero("concurrency", concurrency))
        self.per_minute = requests_per_minute and _above_zero("requests_per_minute", requests_per_minute)
        self.patience = RetryPolicy(int(_above_zero("tries", tries)), timeout_s=_above_zero("timeout_s", timeout_s))
        self.generation = {
            "max_tokens": int(_above_zero("max_new_tokens", max_new_tokens)),
            "temperature": temperature,
            "seed": seed,
        }
        if audio_format not in ("wav", "flac"):
            raise ModelError(f"No audio format named {audio_format!r}.", "Sound is sent as wav or flac.")
        self.audio_format, self.extra = audio_format, _object(extra)
        self.prices = (
            price_in and _above_zero("price_in", price_in),
            price_out and _above_zero("price_out", price_out),
        )
        self.capabilities = ModelCapabilities(
            sample_rate=int(_above_zero("sample_rate", sample_rate)),
            max_seconds=max_seconds and _above_zero("max_seconds", max_seconds),
            batch=self.concurrency,
            max_clips=int(_above_zero("max_clips", max_clips)),
            needs_audio=not text_only,
            audio_optional=True,
        )
        self._lock, self._counts = threading.Lock(), Counts()
        self._revision: str | None = None
        self._given_up: ModelError | None = None

    def load(self) -> None:
        """Look the model up, and find out whether it hears.

        Raises ModelError: nobody answers, a key that is refused, no such model, no audio input.
        Raises EvaluationError where sound makes no difference to the prompt.
        """
        self.server = ChatServer(
            self.base_url,
            self.api_key_env,
            patience=self.patience,
            pace=Pace(self.per_minute),
            seed=self.seed,
            connections=self.concurrency,
        )
        weakref.finalize(self, self.server.close)
        self._names: list[str] = []
        try:
            listed = self.server.models()
            self._names = [str(entry["id"]) for entry in listed]
            mine = next((entry for entry in listed if entry["id"] == self.model), {})
            self._listed = {key: safe(str(mine[key]))[:200] for key in _LISTED if mine.get(key)}
            self._audio_counts = self._probe() if self.capabilities.needs_audio else self._probe_words()
        except NoReply as why:
            raise self._explained(why) from why
        if self._audio_counts == "no" and self.capabilities.needs_audio and not self.allow_unheard:
            raise EvaluationError(
                f"Sound does not reach {self.model} at {self.base_url}: with it, a prompt has no more tokens.",
                "Serve the model with its audio input (the llama.cpp server wants --mmproj), or choose one that hears. "
                "To ask all the same: -o allow_unheard=true.",
            )

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        """One answer per item, all at once as far as `concurrency` goes.

        What went wrong with one item is its own failure. Where the server refuses everything, the
        answers that there are come back first, and the next call raises ModelError.
        """
        if not self._given_up:
            replies = at_once(self._ask, items, self.concurrency)
            if not self._given_up or any(isinstance(reply, Answer) for reply in replies):
                return replies
        raise self._given_up

    def describe(self) -> dict[str, object]:
        """What was asked and who answered; tokens, cost and requests are those since `load`."""
        counts = self._counts
        return {
            "base_url": self.base_url,
            "model": self.model,
            **({"revision": self._revision} if self._revision else {}),
            "listed": self._listed,
            "audio_tokens_seen": self._audio_counts,
            "generation": {**self.generation, "extra": self.extra, "system": self.system},
            "audio": {"format": self.audio_format, "subtype": "PCM_16", "position": "before the prompt"},
            "key_from": self.api_key_env if self.server.has_key else None,
            "concurrency": self.concurrency,
            "requests_per_minute": self.per_minute,
            "timeout_s": self.patience.timeout_s,
            "requests": self.server.requests,
            "retries": self.server.retries,
            "answers": counts.answers,
            "finish_reasons": dict(sorted(counts.finish.items())),
            "server_models": dict(sorted(counts.models.items())),
            "system_fingerprints": dict(sorted(counts.fingerprints.items())),
            "prompt_tokens": counts.prompt_tokens,
            "completion_tokens": counts.completion_tokens,
            "replies_without_usage": counts.unmetered,
            "prices_per_million": self.prices if None not in self.prices else None,
            "cost": counts.cost(*self.prices),
        }

    def body(self, prompt: str, *sounds: NDArray[np.float32], **more: object) -> dict[str, object]:
        """A request. `extra` has the last word, and its nulls remove what they name."""
        content: list[dict[str, object]] = []
        for sound in sounds:
            data = _encoded(sound, self.capabilities.sample_rate or 0, self.audio_format)
            content.append({"type": "input_audio", "input_audio": {"data": data, "format": self.audio_format}})
        content.append({"type": "text", "text": prompt})
        system = [{"role": "system", "content": self.system}] if self.system else []
        talk = [*system, {"role": "user", "content": content}]
        body = {"model": self.model, "messages": talk, **self.generation, **more, **self.extra}
        return {key: value for key, value in body.items() if value is not None}

    def _probe(self) -> Literal["yes", "no", "unknown"]:
        """Whether sound makes a prompt longer. Raises NoReply."""
        rate = self.capabilities.sample_rate or 0
        sine = 0.3 * np.sin(2 * np.pi * PROBE_HZ * np.arange(round(PROBE_S * rate)) / rate)
        reply = self._complete(self.body(PROBE_PROMPT, sine.astype(np.float32), max_tokens=PROBE_TOKENS), "probe")
        self._revision = safe(str(reply.get("model") or "")) or None
        with_sound = tokens(reply, "prompt_tokens")
        if mapping(mapping(reply.get("usage")).get("prompt_tokens_details")).get("audio_tokens"):
            return "yes"
        if with_sound is None:
            return "unknown"
        try:
            silent = self._complete(self.body(PROBE_PROMPT, max_tokens=PROBE_TOKENS), "probe without sound")
        except NoReply as why:
            if why.kind == "refused" and not why.for_all:  # some models take nothing but sound
                return "unknown"
            raise
        without = tokens(silent, "prompt_tokens")
        return "unknown" if without is None else "yes" if with_sound > without else "no"

    def _probe_words(self) -> Literal["no"]:
        """Whether a model without ears is there. Raises NoReply."""
        reply = self._complete(self.body(PROBE_PROMPT, max_tokens=PROBE_TOKENS), "probe")
        self._revision = safe(str(reply.get("model") or "")) or None
        return "no"

    def _ask(self, item: Item) -> Answer | Failure:
        if self._given_up:
            return Failure("not-asked", "the server refused the one before")
        try:
            sounds = [clip.audio for clip in item.clips]
            reply = self._complete(self.body(item.question.prompt, *sounds), item.item_id)
        except NoReply as why:
            if why.for_all:
                self._given_up = self._explained(why)
            return Failure(why.kind, why.reason)
        return self._read(reply)

    def _complete(self, body: Mapping[str, object], question_id: str) -> dict[str, Any]:
        reply = self.server.complete(body, question_id)
        with self._lock:
            self._counts.add(reply)
        return reply

    def _read(self, reply: Mapping[str, Any]) -> Answer | Failure:
        """The text of a reply. What was cut off at the limit is an answer,
        and so is a refusal in words."""
        finish, content = safe(finish_reason(reply))[:200], text(reply)
        if not reply.get("choices"):
            excerpt = safe(json.dumps(reply.get("error", reply)))[:300]
            return Failure("no-choice", f"the reply has no choice: {excerpt}")
        if content is None:
            return Failure("malformed", "the reply's message has no text")
        if not content and finish == "content_filter":
            return Failure("content-filter", "the server's filter kept the answer back")
        if not content and finish == "length":
            return Failure("no-text", f"{self.generation['max_tokens']} tokens were spent before any text")
        notes = {"finish_reason": finish} | {key: tokens(reply, key) for key in ("prompt_tokens", "completion_tokens")}
        with self._lock:
            self._counts.answers += 1
            self._counts.finish[finish] += 1
        return Answer(content, notes=notes)

    def _explained(self, why: NoReply) -> ModelError:
        """What a user can do about a server that refuses everything."""
        url, key, said = self.base_url, self.api_key_env, f": {why.said}" if why.said else ""
        names = ", ".join(self._names[:20])
        lacking = "refuses the key in" if self.server.has_key else "wants a key, and there is none in"
        advice = {
            401: (
                f"The server at {url} {lacking} {key} (401{said}).",
                f"Put a valid key into {key}, or name another variable: -o api_key_env=...",
            ),
            402: (f"The account is used up at {url}{said}.", "Top it up; what was answered is kept."),
            403: (
                f"The server at {url} does not let this key ask {self.model} (403{said}).",
                f"Ask its host for access, or put another key into {key}.",
            ),
            404: (
                f"There is no {self.model} at {url} (404{said}).",
                f"It serves: {names}." if names else "Check -o model=... and -o base_url=... (most end in /v1).",
            ),
        }
        if why.kind == "unreachable":
            what = f"Nobody answers at {url}: {why.reason}."
            hint = "Start the server, or correct -o base_url=...; what was answered is kept."
        elif why.status in advice:
            what, hint = advice[why.status]
        elif why.status and _DEAF.search(why.said):
            what = f"{self.model} at {url} takes no audio input (status {why.status}{said})."
            hint = "Choose a model that hears; the llama.cpp server wants --mmproj for it."
        else:
            what = f"{self.model} at {url} gave no reply to a small first question; {why.kind}: {why.reason}."
            hint = "Look at the server's log; fields of the request are added and removed with -o extra=..."
        return ModelError(what, hint)


def _encoded(sound: NDArray[np.float32], sample_rate: int, audio_format: str) -> str:
    """Samples as a file of 16 bits, in base64;
    scaled so that those of a 16-bit file are sent as they were."""
    import soundfile

    whole = np.clip(np.rint(sound * 32768.0), -32768, 32767).astype(np.int16)
    file = io.BytesIO()
    soundfile.write(file, whole, sample_rate, format=audio_format.upper(), subtype="PCM_16")
    return base64.b64encode(file.getvalue()).decode()


def _above_zero(name: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return value
    raise ModelError(f"The option {name} is {value!r}.", f"Give a number above zero: -o {name}=...")


def _object(extra: str | Mapping[str, object] | None) -> dict[str, object]:
    try:
        fields = parse(extra) if isinstance(extra, str) else extra or {}
    except ValueError:
        fields = None
    if not isinstance(fields, Mapping):
        raise ModelError(f"The option extra is {extra!r}.", """Give a JSON object: -o extra='{"top_p": 1}'""")
    return dict(fields)
