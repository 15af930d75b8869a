"""What one server has: is the model there, and does sound reach it?

A server may take a request with sound and drop the sound without a word (lmms-eval issue 836), so
the first thing asked is whether sound makes a prompt longer. Whether what arrives also counts for
the answers, only `--silence` can show.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

import numpy as np

from mudata.errors import ModelError
from mudata.evaluation.chat.client import NoReply
from mudata.evaluation.chat.completions import mapping, tokens
from mudata.evaluation.chat.server_pool import PooledServer, ServerPool
from mudata.safe_text import safe

if TYPE_CHECKING:
    from mudata.evaluation.chat.client import ChatServer
    from mudata.evaluation.models.served.chat_request import ChatRequest

PROBE_S, PROBE_HZ, PROBE_TOKENS, PROBE_PROMPT = 2.0, 440.0, 16, "What do you hear?"
"""The clip and the question of the first request: a sine, because it needs no file and no
chance."""
_LISTED = ("id", "owned_by", "root", "max_model_len", "created")
"""What is kept of a server's entry for the model;
vLLM's `root` is the checkpoint behind a served name."""
_DEAF = re.compile(r"audio|multi-?modal|content\[\]\.type", re.IGNORECASE)
"""What servers speak of when they refuse sound."""


@dataclass(frozen=True)
class ServerFacts:
    """What a server tells of the model; `hears` whether sound makes a prompt longer."""

    url: str
    names: tuple[str, ...]
    listed: dict[str, str]
    hears: Literal["yes", "no", "unknown"]
    revision: str | None

    @property
    def checkpoint(self) -> tuple[str | None, str | None]:
        """What tells one model from another: the name in its replies, and the last part of the path that it lies
        at, which may lie elsewhere on each machine."""
        root = self.listed.get("root")
        return self.revision, PurePosixPath(root).name if root else None


def probe(one: PooledServer, request: ChatRequest, key_variable: str, *, hears: bool) -> ServerFacts | ModelError:
    """Ask one server; or what a user can do where it cannot be asked. hears: sound is to reach the model."""
    names: tuple[str, ...] = ()
    pool = ServerPool([one])
    try:
        listed = one.server.models()
        names = tuple(str(entry["id"]) for entry in listed)
        mine = next((entry for entry in listed if entry["id"] == request.model), {})
        counted, revision = _with_sound(pool, request) if hears else _by_words(pool, request)
    except NoReply as why:
        return explained(why, request.model, [one.server], key_variable, names)
    told = {key: safe(str(mine[key]))[:200] for key in _LISTED if mine.get(key)}
    return ServerFacts(one.server.url, names, told, counted, revision)


def _with_sound(pool: ServerPool, request: ChatRequest) -> tuple[Literal["yes", "no", "unknown"], str | None]:
    """Whether sound makes a prompt longer, and the name that replies have. Raises NoReply."""
    rate = request.sample_rate
    sine = 0.3 * np.sin(2 * np.pi * PROBE_HZ * np.arange(round(PROBE_S * rate)) / rate)
    reply, _ = pool.complete(request.body(PROBE_PROMPT, sine.astype(np.float32), max_tokens=PROBE_TOKENS), "probe")
    revision = safe(str(reply.get("model") or "")) or None
    with_sound = tokens(reply, "prompt_tokens")
    if mapping(mapping(reply.get("usage")).get("prompt_tokens_details")).get("audio_tokens"):
        return "yes", revision
    if with_sound is None:
        return "unknown", revision
    try:
        silent, _ = pool.complete(request.body(PROBE_PROMPT, max_tokens=PROBE_TOKENS), "probe without sound")
    except NoReply as why:
        if why.kind == "refused" and not why.for_all:  # some models take nothing but sound
            return "unknown", revision
        raise
    without = tokens(silent, "prompt_tokens")
    return "unknown" if without is None else "yes" if with_sound > without else "no", revision


def _by_words(pool: ServerPool, request: ChatRequest) -> tuple[Literal["no"], str | None]:
    """Whether a model without ears is there. Raises NoReply."""
    reply, _ = pool.complete(request.body(PROBE_PROMPT, max_tokens=PROBE_TOKENS), "probe")
    return "no", safe(str(reply.get("model") or "")) or None


def check_alike(found: Sequence[ServerFacts]) -> None:
    """Raises ModelError where servers tell of different models."""
    first = found[0]
    for other in found[1:]:
        for one, another in zip(first.checkpoint, other.checkpoint, strict=True):
            if one and another and one != another:
                raise ModelError(
                    f"The servers do not have the same model: {one} at {first.url}, {another} at {other.url}.",
                    "Give only servers that have the same; each other model is a run of its own.",
                )


def explained(
    why: NoReply, model: str, servers: Sequence[ChatServer], key_variable: str, names: Sequence[str] = ()
) -> ModelError:
    """What a user can do about servers that refuse everything."""
    url, said = " and ".join(server.url for server in servers), f": {why.said}" if why.said else ""
    has_key = any(server.has_key for server in servers)
    lacking = "refuses the key in" if has_key else "wants a key, and there is none in"
    served = ", ".join(names[:20])
    advice = {
        401: (
            f"The server at {url} {lacking} {key_variable} (401{said}).",
            f"Put a valid key into {key_variable}, or name another variable: -o api_key_env=...",
        ),
        402: (f"The account is used up at {url}{said}.", "Top it up; what was answered is kept."),
        403: (
            f"The server at {url} does not let this key ask {model} (403{said}).",
            f"Ask its host for access, or put another key into {key_variable}.",
        ),
        404: (
            f"There is no {model} at {url} (404{said}).",
            f"It serves: {served}." if served else "Check -o model=... and -o base_url=... (most end in /v1).",
        ),
    }
    if why.kind == "unreachable":
        what = f"Nobody answers at {url}: {why.reason}."
        hint = "Start the server, or correct -o base_url=...; what was answered is kept."
    elif why.status in advice:
        what, hint = advice[why.status]
    elif why.status and _DEAF.search(why.said):
        what = f"{model} at {url} takes no audio input (status {why.status}{said})."
        hint = "Choose a model that hears; the llama.cpp server wants --mmproj for it."
    else:
        what = f"{model} at {url} gave no reply to a small first question; {why.kind}: {why.reason}."
        hint = "Look at the server's log; fields of the request are added and removed with -o extra=..."
    return ModelError(what, hint)
