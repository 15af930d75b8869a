"""Any audio-language model behind servers that speak OpenAI's chat protocol:
vLLM, SGLang, the llama.cpp server, `transformers serve`, hosted ones.

Every item is one request, and as many are on their way as the servers take (`chat.server_pool`).
Replies are recorded as they come. A run that is killed asks again what was not recorded: what was on
its way, and nothing else.
"""

from __future__ import annotations

import json
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Literal

from mudata.errors import EvaluationError, ModelError
from mudata.evaluation.chat.adaptive_limit import START, AdaptiveLimit
from mudata.evaluation.chat.client import ChatServer, NoReply, checked_url
from mudata.evaluation.chat.completions import finish_reason, text, tokens
from mudata.evaluation.chat.concurrent_calls import as_they_come, at_once
from mudata.evaluation.chat.rate_limit import Pace, RetryPolicy
from mudata.evaluation.chat.server_pool import MOST, PooledServer, ServerPool
from mudata.evaluation.models.served.chat_request import ChatRequest, above_zero, json_object
from mudata.evaluation.models.served.server_addresses import addresses, for_each
from mudata.evaluation.models.served.server_probe import ServerFacts, check_alike, explained, probe
from mudata.evaluation.models.served.server_record import all_servers, server_record
from mudata.evaluation.protocol import Answer, Failure, Item, ModelCapabilities
from mudata.safe_text import safe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_READY = 0.5
"""How many requests more than are in flight are made ready, as a share of these: a server never waits for the sound of
the next one while answers are written to disk. Ours."""


class Served:
    """One model, of one server or several that have the same.

    base_url: such as http://localhost:8000/v1; several as a list, or with commas between them. The
    first one names the run, the others only share the work. model: as the servers name it.
    api_key_env: the environment variable with the key, sent where it is set. concurrency: requests
    in flight at most, to all servers (None: as many as they turn out to take, each `MOST` at most).
    requests_per_minute: of each server at most. timeout_s: for one reply. tries: requests for one answer to each
    server, where failing may pass. audio_format: 'wav' or 'flac'. sample_rate (Hz) and max_seconds: what is sent
    of a clip. max_clips: how many clips of one question it takes in one request, each as a part of its own; further
    ones are sent as one. price_in, price_out: for a million tokens of prompt and answer, in any currency.
    (api_key_env, price_in and price_out may have a value for each server.)
    system: a system prompt. extra: further fields of the request, an object or its JSON; null
    removes a field (hosted models that want `max_completion_tokens`: {"max_tokens": null,
    "max_completion_tokens": 100}). allow_unheard: ask even if sound makes no difference to the
    prompt. text_only: it has no ears, is never sent sound, and is asked by words alone.
    """

    def __init__(
        self,
        base_url: str | Sequence[str],
        model: str,
        *,
        api_key_env: str | Sequence[str] = "OPENAI_API_KEY",
        max_new_tokens: int = 100,
        temperature: float = 0.0,
        system: str | None = None,
        concurrency: int | None = None,
        requests_per_minute: float | None = None,
        timeout_s: float = 120.0,
        tries: int = 6,
        audio_format: Literal["wav", "flac"] = "wav",
        sample_rate: int = 16000,
        max_seconds: float | None = None,
        max_clips: int = 1,
        price_in: float | Sequence[float] | None = None,
        price_out: float | Sequence[float] | None = None,
        extra: str | Mapping[str, object] | None = None,
        allow_unheard: bool = False,
        text_only: bool = False,
        seed: int = 0,
    ) -> None:
        self.urls, self.model = list(dict.fromkeys(map(checked_url, addresses(base_url)))), str(model)
        self.seed, self.allow_unheard = seed, allow_unheard
        self.keys = [str(key) for key in for_each("api_key_env", api_key_env, len(self.urls))]
        self.concurrency = None if concurrency is None else int(above_zero("concurrency", concurrency))
        self.per_minute = requests_per_minute and above_zero("requests_per_minute", requests_per_minute)
        self.patience = RetryPolicy(int(above_zero("tries", tries)), timeout_s=above_zero("timeout_s", timeout_s))
        generation = {
            "max_tokens": int(above_zero("max_new_tokens", max_new_tokens)),
            "temperature": temperature,
            "seed": seed,
        }
        if audio_format not in ("wav", "flac"):
            raise ModelError(f"No audio format named {audio_format!r}.", "Sound is sent as wav or flac.")
        self.request = ChatRequest(
            model=self.model,
            sample_rate=int(above_zero("sample_rate", sample_rate)),
            audio_format=audio_format,
            generation=generation,
            system=system,
            extra=json_object(extra),
        )
        ins, outs = for_each("price_in", price_in, len(self.urls)), for_each("price_out", price_out, len(self.urls))
        self.prices = [(_price("price_in", one), _price("price_out", two)) for one, two in zip(ins, outs, strict=True)]
        self._hears = ModelCapabilities(
            sample_rate=self.request.sample_rate,
            max_seconds=max_seconds and above_zero("max_seconds", max_seconds),
            batch=self.concurrency or START,
            max_clips=int(above_zero("max_clips", max_clips)),
            needs_audio=not text_only,
            audio_optional=True,
        )
        self.servers: list[PooledServer] = []
        """Those that can be asked."""
        self.remarks: list[str] = []
        self._lock = threading.Lock()
        self._pool: ServerPool | None = None
        self._given_up: ModelError | None = None

    @property
    def capabilities(self) -> ModelCapabilities:
        """`batch` is how many requests may be in flight now."""
        return replace(self._hears, batch=self._pool.room) if self._pool else self._hears

    def load(self) -> None:
        """Look the model up at every server, and find out whether it hears. A server that cannot be
        asked is left out where another can, and named in `remarks`.

        Raises ModelError: nobody answers, a key that is refused, no such model, no audio input, or servers that have
        different models. Raises EvaluationError where sound makes no difference to the prompt.
        """
        members = [self._member(url, key) for url, key in zip(self.urls, self.keys, strict=True)]
        for one in members:
            weakref.finalize(self, one.server.close)

        def look(place: int) -> ServerFacts | ModelError:
            return probe(members[place], self.request, self.keys[place], hears=self._hears.needs_audio)

        found = at_once(look, range(len(members)), len(members))
        lost = [one for one in found if isinstance(one, ModelError)]
        self._facts = [one for one in found if isinstance(one, ServerFacts)]
        if not self._facts:
            more = f" {len(lost)} servers were tried, and none can be asked." if len(lost) > 1 else ""
            raise ModelError(" ".join(why.what for why in lost) + more, lost[0].hint)
        self.remarks = [f"{why.what} The other servers are asked without it." for why in lost]
        check_alike(self._facts)
        self._check_heard()
        pairs = [(one, price) for one, price, fact in zip(members, self.prices, found, strict=True) if fact not in lost]
        self.servers, self._prices = [one for one, _ in pairs], [price for _, price in pairs]
        self._pool = ServerPool(self.servers, most=self.concurrency)

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        """One answer per item, as many at once as may be in flight.

        What went wrong with one item is its own failure. Where the servers refuse everything, the
        answers that there are come back first, and the next call raises ModelError.
        """
        if not self._given_up:
            come = as_they_come(self._ask, items, lambda: self.capabilities.batch)
            replies = dict(pair for some in come for pair in some)
            if not self._given_up or any(isinstance(reply, Answer) for reply, _ in replies.values()):
                return [replies[place][0] for place in range(len(items))]
        raise self._given_up

    def stream(self, items: Iterator[Item]) -> Iterator[list[tuple[int, Answer | Failure]]]:
        """Replies as they come, each with its item's place; as many items are drawn as the servers take. Where they
        refuse everything, answers that are on their way come back first. Raises ModelError then."""
        if not self._given_up:
            wanted = takewhile(lambda _: self._given_up is None, items)
            with closing(as_they_come(self._ask, wanted, self._ready)) as come:
                for some in come:
                    if replies := [(place, reply) for place, (reply, asked) in some if asked]:
                        yield replies
        if self._given_up:
            raise self._given_up

    def describe(self) -> dict[str, object]:
        """What was asked and who answered; tokens, cost and requests are those since `load`."""
        first, members = self._facts[0], self.servers
        prices = self._prices
        return {
            "base_url": self.urls[0],
            "model": self.model,
            **({"revision": first.revision} if first.revision else {}),
            "listed": first.listed,
            "audio_tokens_seen": self._heard(),
            "generation": {
                **self.request.generation,
                "extra": dict(self.request.extra),
                "system": self.request.system,
            },
            "audio": {"format": self.request.audio_format, "subtype": "PCM_16", "position": "before the prompt"},
            "key_from": ", ".join(dict.fromkeys(self._keys_sent())) or None,
            "concurrency": self.concurrency,
            "requests_per_minute": self.per_minute,
            "timeout_s": self.patience.timeout_s,
            **all_servers(members, prices),
            "prices_per_million": prices[0] if len(set(prices)) == 1 and None not in prices[0] else None,
            "servers": [server_record(one, price) for one, price in zip(members, prices, strict=True)],
            **({"left_out": self.remarks} if self.remarks else {}),
        }

    def body(self, prompt: str, *sounds: NDArray[np.float32], **more: object) -> dict[str, object]:
        """A request, as `ChatRequest.body` makes it."""
        return self.request.body(prompt, *sounds, **more)

    def close(self) -> None:
        """Close the connections."""
        for one in self.servers:
            one.server.close()

    def _member(self, url: str, key: str) -> PooledServer:
        most = min(self.concurrency or MOST, MOST)
        server = ChatServer(
            url, key, patience=self.patience, pace=Pace(self.per_minute), seed=self.seed, connections=most
        )
        return PooledServer(server, AdaptiveLimit(most))

    def _ready(self) -> int:
        room = self.capabilities.batch
        return room + max(2, round(_READY * room))

    def _keys_sent(self) -> Iterator[str]:
        keys = dict(zip(self.urls, self.keys, strict=True))
        return (keys[one.server.url] for one in self.servers if one.server.has_key)

    def _heard(self) -> str:
        seen = {fact.hears for fact in self._facts}
        return seen.pop() if len(seen) == 1 else "unknown"

    def _check_heard(self) -> None:
        if self.allow_unheard or not self._hears.needs_audio:
            return
        if deaf := [fact.url for fact in self._facts if fact.hears == "no"]:
            raise EvaluationError(
                f"Sound does not reach {self.model} at {' and '.join(deaf)}: with it, a prompt has no more tokens.",
                "Serve the model with its audio input (the llama.cpp server wants --mmproj), or choose one that hears. "
                "To ask all the same: -o allow_unheard=true.",
            )

    def _ask(self, item: Item) -> tuple[Answer | Failure, bool]:
        """A reply, and whether it is the item's own: False where all would fare the same."""
        if self._given_up or self._pool is None:
            return Failure("not-asked", "the server refused the one before"), False
        try:
            sounds = [clip.audio for clip in item.clips]
            reply, server = self._pool.complete(self.body(item.question.prompt, *sounds), item.item_id)
        except NoReply as why:
            if why.for_all:
                servers, names = [one.server for one in self.servers], self._facts[0].names
                self._given_up = explained(why, self.model, servers, ", ".join(dict.fromkeys(self.keys)), names)
            return Failure(why.kind, why.reason), not why.for_all
        return self._read(reply, server), True

    def _read(self, reply: Mapping[str, Any], server: ChatServer) -> Answer | Failure:
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
            return Failure("no-text", f"{self.request.generation['max_tokens']} tokens were spent before any text")
        notes = {"finish_reason": finish} | {key: tokens(reply, key) for key in ("prompt_tokens", "completion_tokens")}
        with self._lock:
            counts = next(one.counts for one in self.servers if one.server is server)
            counts.answers += 1
            counts.finish[finish] += 1
        return Answer(content, notes=notes | ({"server": server.url} if len(self.urls) > 1 else {}))


def _price(name: str, value: object) -> float | None:
    with suppress(ValueError):
        value = float(value) if isinstance(value, str) else value
    return value if value is None or value == 0 else above_zero(name, value)
