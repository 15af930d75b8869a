"""What a language model reads in an answer,
asked over any server that speaks OpenAI's chat protocol.

The model sees the question's noun, the labels and the answer; never the clip, the reference, or the
aligner's reading. It may say that no label is meant. Temperature 0. What it replies in any other
form is no label, never a guess.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mudata.errors import EvaluationError
from mudata.evaluation.chat.completions import text
from mudata.evaluation.scoring.opinions.opinion import AnswerToRead, ScorerLabel
from mudata.json_files import parse
from mudata.web_address import shown

if TYPE_CHECKING:
    from mudata.evaluation.chat.server_pool import ServerPool

KEY = "MUDATA_JUDGE_KEY"
"""Environment variable with the server's key; OPENAI_API_KEY is read where it is not set."""
PROMPT = (
    "Somebody listened to a piece of music and was asked for its {noun}. This was the answer, between the lines:\n"
    "-----\n{answer}\n-----\n"
    "Which one of these labels does the answer give: {labels}? Judge what it says, not whether it may be right. "
    "If it gives none of them, or several, or declines to say, that is null.\n"
    'Reply with one line of JSON and nothing else: {{"label": "<one of the labels>"}} or {{"label": null}}'
)
PAUSE_S = 1.0
"""Before the second try, at most; the range doubles with each further one."""


@dataclass(frozen=True)
class JudgeServer:
    """Who is asked. `url` is the base address, such as https://host/v1;
    `tries` are for answers that do not come."""

    NAME: ClassVar[str] = "judge"

    url: str
    model: str
    tries: int = 5
    timeout_s: float = 60.0
    max_tokens: int = 200

    @property
    def detail(self) -> dict[str, object]:
        """What decides the opinion; never the key."""
        from mudata.jsonl import digest

        return {
            "url": shown(self.url).rstrip("/"),
            "model": self.model,
            "temperature": 0,
            "max_tokens": self.max_tokens,
            "prompt": PROMPT,
            "prompt_sha256": digest(PROMPT),
        }

    def views(self, asks: Sequence[AnswerToRead]) -> Iterator[ScorerLabel]:
        """One view per answer. Raises EvaluationError when the server refuses or stays away,
        ModelError for an address that is none."""
        from mudata.evaluation.chat.client import ChatServer
        from mudata.evaluation.chat.rate_limit import RetryPolicy
        from mudata.evaluation.chat.server_pool import PooledServer, ServerPool

        patience = RetryPolicy(self.tries, PAUSE_S, timeout_s=self.timeout_s)
        server = ChatServer(self.url, KEY if os.environ.get(KEY) else "OPENAI_API_KEY", patience=patience)
        with contextlib.closing(ServerPool([PooledServer(server)])) as pool:
            for answer in asks:
                labels = ", ".join(entry.display for entry in answer.label_set.entries)
                prompt = PROMPT.format(noun=answer.noun, answer=answer.answer, labels=labels)
                yield read(self._reply(pool, prompt, answer.key), answer)

    def _reply(self, pool: ServerPool, prompt: str, key: str) -> str:
        from mudata.evaluation.chat.client import NoReply

        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": 0,
            "max_tokens": self.max_tokens,
        }
        try:
            reply = text(pool.complete(body, key)[0])
        except NoReply as why:
            if why.kind == "refused":
                raise EvaluationError(
                    f"The judge at {self.detail['url']} refused with {why.reason}.",
                    f"Check --judge-url, --judge-model, and the key in {KEY}. What was judged is kept.",
                ) from why
            raise self._gone(str(why)) from why
        if reply is None:
            raise self._gone("its reply is no chat completion")
        return reply

    def _gone(self, why: str) -> EvaluationError:
        return EvaluationError(
            f"The judge at {self.detail['url']} cannot be had: {why}.",
            "What was judged is kept; the same command goes on from there.",
        )


def read(reply: str, answer: AnswerToRead) -> ScorerLabel:
    """The label of a reply: the JSON object in it, whose label is one of those that were shown."""
    more = {"reply": reply}
    names = {name.casefold(): entry.id for entry in answer.label_set.entries for name in (entry.id, entry.display)}
    for match in re.finditer(r"\{[^{}]*\}", reply):
        try:
            verdict = parse(match.group())
        except ValueError:
            continue
        if "label" in verdict:
            label = verdict["label"]
            if label is None:
                return ScorerLabel(None, more)
            if isinstance(label, str) and label.strip().casefold() in names:
                return ScorerLabel(names[label.strip().casefold()], more)
            return ScorerLabel(None, more | {"problem": "no such label"})
    return ScorerLabel(None, more | {"problem": "no JSON"})
