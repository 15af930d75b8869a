"""Asking models behind a server: what comes back is recorded, what may pass is tried again, and no key is told."""

from __future__ import annotations

import base64
import datetime
import email.utils
import hashlib
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from asking import asked
from chat_host import CHAT, RATE, Chat, completion, sent, sound
from fake_host import Answer as Sent
from fake_host import unused_port
from shell import started, typed, wait_for
from small_corpus import HERTZ, Corpus

from mudata.errors import CardError, EvaluationError, ModelError
from mudata.evaluation.chat import client, concurrent_calls
from mudata.evaluation.chat.concurrent_calls import at_once
from mudata.evaluation.chat.rate_limit import Pace, RetryPolicy
from mudata.evaluation.models import registry
from mudata.evaluation.models.model_identity import identity
from mudata.evaluation.models.served import Served, served_model
from mudata.evaluation.protocol import Answer, Clip, Failure, Item, Question
from mudata.evaluation.run import Run, all_runs

if TYPE_CHECKING:
    from mudata.evaluation.run_records import AnswerRecord
    from mudata.home import Home

KEY = "sk-abcdefgh12345678"
QUESTION = Question("classify", "Which genre is it: low, mid, high?", ("low", "mid", "high"), "genre")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with Chat() as host:
        yield host


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses before further tries, which take no time here."""
    pauses: list[float] = []
    monkeypatch.setattr(
        served_model, "Pace", lambda per_minute: Pace(per_minute, sleep=pauses.append, clock=lambda: 0.0)
    )
    return pauses


def made(host: Chat, **options: Any) -> Served:
    model = registry.create("served", **{"base_url": f"{host.url}/v1", "model": "ears", "concurrency": 4} | options)
    assert isinstance(model, Served)
    return model


def loaded(host: Chat, **options: Any) -> Served:
    model = made(host, **options)
    model.load()
    return model


def tone(name: str = "low", seconds: float = 0.2) -> Clip:
    wave = 0.5 * np.sin(2 * np.pi * HERTZ[name] * np.arange(round(RATE * seconds)) / RATE)
    return Clip(name, wave.astype(np.float32), RATE)


def ask(model: Served, *names: str) -> list[Answer | Failure]:
    return model.answer(asked(QUESTION, *(tone(name) for name in names or ("low",))))


def failure(model: Served) -> Failure:
    (reply,) = ask(model)
    assert isinstance(reply, Failure)
    return reply


# ----------------------------------------------------------------------------------------- asking


@pytest.mark.parametrize("audio_format", ["wav", "flac"])
def test_sound_is_sent_before_the_prompt_and_greedily_answered(host: Chat, audio_format: str) -> None:
    model = loaded(host, audio_format=audio_format, max_new_tokens=7, seed=5)
    clips = [tone("high"), tone("low"), tone("mid")]
    assert model.answer(asked(QUESTION, *clips)) == [Answer("high"), Answer("low"), Answer("mid")]
    said = next(one for one in host.questions() if np.array_equal(sound(one), np.rint(clips[0].audio * 32768)))
    assert {key: said[key] for key in said if key != "messages"} == {
        "model": "ears",
        "max_tokens": 7,
        "temperature": 0.0,
        "seed": 5,
    }
    (message,) = said["messages"]
    assert [part["type"] for part in message["content"]] == ["input_audio", "text"]
    assert message["content"][0]["input_audio"]["format"] == audio_format
    assert message["content"][1]["text"] == QUESTION.prompt


def test_several_clips_of_a_question_are_parts_of_one_request_in_their_order(host: Chat) -> None:
    model = loaded(host, max_clips=2)
    assert model.capabilities.max_clips == 2
    clips = (tone("high"), tone("low", 0.3))
    model.answer([Item("pair", clips, QUESTION)])
    (message,) = host.questions()[0]["messages"]
    assert [part["type"] for part in message["content"]] == ["input_audio", "input_audio", "text"]
    lengths = [len(base64.b64decode(part["input_audio"]["data"])) for part in message["content"][:2]]
    assert lengths[1] - lengths[0] == 2 * (len(clips[1].audio) - len(clips[0].audio))
    assert loaded(host).capabilities.max_clips == 1
    with pytest.raises(ModelError, match="The option max_clips is 0"):
        made(host, max_clips=0)


def test_16_bits_arrive_as_they_were_and_full_scale_does_not_wrap(host: Chat) -> None:
    clip = Clip("x", np.array([1.0, -1.0, 1.5, -1.5, 0.0, 12345 / 32768], np.float32), RATE)
    loaded(host).answer(asked(QUESTION, clip))
    assert sound(host.questions()[0]).tolist() == [32767, -32768, 32767, -32768, 0, 12345]


def test_extra_fields_have_the_last_word_and_null_removes(host: Chat) -> None:
    extra = {"max_tokens": None, "max_completion_tokens": 9, "modalities": ["text"]}
    host.replies = lambda said: sent(completion())
    model = made(host, extra=json.dumps(extra), system="You hear.")
    body = model.body("Well?")
    assert "max_tokens" not in body
    assert (body["max_completion_tokens"], body["modalities"]) == (9, ["text"])
    assert body["messages"][0] == {"role": "system", "content": "You hear."}  # type: ignore[index]
    assert made(host, extra=extra).body("Well?") == {**body, "messages": body["messages"][1:]}  # type: ignore[index]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"base_url": "localhost:8000"}, "'localhost:8000' is no address of a server"),
        ({"base_url": "http://me:s3cret@host/v1"}, r"http://host/v1 holds a password or a query"),
        ({"base_url": "http://host/v1?key=s3cret"}, r"http://host/v1 holds a password or a query"),
        ({"audio_format": "mp3"}, "No audio format named 'mp3'"),
        ({"timeout_s": "long"}, "timeout_s is 'long'"),
        ({"concurrency": 0}, "concurrency is 0"),
        ({"extra": "[1]"}, "extra is"),
        ({"wrod": 1}, "no option 'wrod'"),
        ({"base_url": None}, r"needs the option 'base_url'\.\nGive it: -o base_url="),
    ],
)
def test_options_that_cannot_be_are_told(host: Chat, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError, match=said) as told:
        made(host, **options)
    assert "s3cret" not in str(told.value)


@pytest.mark.slow
def test_requests_go_at_once_as_far_as_allowed(host: Chat) -> None:
    model = loaded(host, concurrency=4)
    host.most, host.slow = 0, dict.fromkeys(range(100), 0.3)
    begun = time.monotonic()
    ask(model, *["low"] * 8)
    assert host.most == 4
    assert 0.6 <= time.monotonic() - begun < 2.0  # two rounds, and not eight


def test_connections_are_used_again(host: Chat) -> None:
    model = loaded(host, concurrency=1)
    host.replies = lambda said: replace(sent(completion()), headers={"Connection": "keep-alive"})
    ask(model, "low", "mid", "high")
    (one,) = model.servers
    pool = one.server._client._transport._pool.connections  # type: ignore[attr-defined]
    assert len(pool) == 1
    assert "Request Count: 3" in repr(pool[0])
    model.close()


# ------------------------------------------------------------------------ what comes back of answers


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        (completion("low or", "length"), Answer("low or")),
        (completion(""), Answer("")),
        (completion([{"type": "text", "text": "lo"}, {"type": "text", "text": "w"}]), Answer("low")),
        (completion("lo", "content_filter"), Answer("lo")),
        (completion(None, "content_filter"), Failure("content-filter", "the server's filter kept the answer back")),
        (completion(None, "length"), Failure("no-text", "100 tokens were spent before any text")),
        (
            completion() | {"choices": [{"message": {"content": None, "refusal": "I cannot listen."}}]},
            Answer("I cannot listen."),
        ),
        (completion() | {"choices": [{"message": None}]}, Failure("malformed", "the reply's message has no text")),
        (completion() | {"choices": [3]}, Failure("malformed", "the reply's message has no text")),
        (completion(17), Failure("malformed", "the reply's message has no text")),
        ({"choices": []}, Failure("no-choice", 'the reply has no choice: {"choices": []}')),
        ({"error": {"message": "oh"}}, Failure("no-choice", 'the reply has no choice: {"message": "oh"}')),
        ([], Failure("malformed", "the reply is no JSON object: '[]'")),
        (b'{"choices": [', Failure("malformed", "the reply is no JSON object: '{\"choices\": ['")),
        (b"[" * 100_000, None),
        (b"<html>\n" + b"x" * 400, None),
        (b"\xff\xfe", Failure("malformed", "the reply is no JSON object: '\ufffd\ufffd'")),
        (completion(usage={"prompt_tokens": "many"}, model=3, system_fingerprint=[1]), Answer("low")),
        (completion(finish="\ud800", model="\ud800"), Answer("low")),
    ],
)
def test_whatever_comes_back_is_an_answer_or_a_failure(
    host: Chat, reply: object, what: Answer | Failure | None
) -> None:
    model = loaded(host)
    host.replies = lambda said: sent(reply)
    (found,) = ask(model)
    if what is None:
        assert isinstance(found, Failure)
        assert (found.kind, len(found.reason) < 400) == ("malformed", True)
    else:
        assert found == what
    assert len(host.questions()) == 1  # it is not asked again
    assert json.dumps(model.describe(), ensure_ascii=False).encode()


def test_a_huge_reply_is_not_read_to_its_end(host: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LARGEST", 1 << 20)
    model = loaded(host)
    host.replies = lambda said: sent(completion("a" * (3 << 20)))
    assert failure(model) == Failure("too-long", "a reply of more than 1 MiB")


@pytest.mark.slow
def test_a_slow_reply_is_the_failure_of_its_clip_only(host: Chat) -> None:
    model = loaded(host, timeout_s=0.8)
    host.slow = {2: 10.0}
    kinds = [reply.kind if isinstance(reply, Failure) else reply.text for reply in ask(model, "low", "low", "low")]
    host.freed.set()
    assert sorted(kinds) == ["low", "low", "timeout"]
    assert len(host.questions()) == 3  # a reply that takes too long is not asked for again


# ------------------------------------------------------------------------------- what may pass


def test_a_busy_server_is_asked_again_after_random_pauses_that_grow(host: Chat, slept: list[float]) -> None:
    model = loaded(host)
    slept.clear()
    host.trouble[CHAT] = [sent({"error": "hm"}, status) for status in (429, 500, 502, 503, 529)]
    assert ask(model) == [Answer("low")]
    assert len(slept) == 5
    assert all(0 <= pause <= 2**n for n, pause in enumerate(slept))
    assert model.describe()["retries"] == 5
    again = list(slept)
    slept.clear()
    host.trouble[CHAT] = [sent({"error": "hm"}, 500)] * 5
    ask(model)
    assert slept == again  # seeded


def test_the_pause_that_the_server_asks_for_is_kept_by_all(host: Chat, slept: list[float]) -> None:
    model = loaded(host)
    slept.clear()
    host.trouble[CHAT] = [sent({}, 429, **{"Retry-After": "7"})]
    ask(model)
    own, of_all = slept
    assert 7 <= own <= 8
    assert of_all == 7
    slept.clear()
    later = email.utils.format_datetime(email.utils.localtime() + datetime.timedelta(seconds=30))
    host.trouble[CHAT] = [sent({}, 503, **{"Retry-After": later})]
    ask(loaded(host))
    assert any(25 <= pause <= 31 for pause in slept)


def test_a_server_that_wants_too_much_patience_is_given_up(host: Chat, slept: list[float]) -> None:
    model = loaded(host)
    host.trouble[CHAT] = [sent({"error": {"message": "slow down"}}, 429, **{"Retry-After": "3600"})]
    assert failure(model) == Failure("busy", "status 429: slow down; it asks to wait 3600 s")


def test_tries_come_to_an_end(host: Chat, slept: list[float]) -> None:
    model = loaded(host, tries=3)
    host.trouble[CHAT] = [sent(b"<h1>Bad  gateway</h1>", 502)] * 3
    assert failure(model) == Failure("busy", "status 502: <h1>Bad gateway</h1>")
    assert host.trouble[CHAT] == []


def test_a_connection_that_breaks_in_the_middle_is_tried_again(host: Chat, slept: list[float]) -> None:
    model = loaded(host)
    host.trouble[CHAT] = [replace(sent(completion()), cut=40)]
    assert ask(model) == [Answer("low")]
    host.trouble[CHAT] = [replace(sent(completion()), cut=40)] * 6
    assert failure(model).kind == "connection"


@pytest.mark.parametrize("status", [400, 413, 415, 422, 301, 418])
def test_a_request_that_is_refused_is_not_repeated(host: Chat, status: int) -> None:
    model = loaded(host)
    said = {"object": "error", "message": "The prompt\n is too long.\ud800"}
    host.trouble[CHAT] = [sent(said, status, Location="/x")]
    assert failure(model) == Failure("refused", f"status {status}: The prompt is too long.?")
    assert len(host.questions()) == 1


def test_the_pace_is_kept_by_all_threads_together() -> None:
    at, slept, lock = [0.0], [], threading.Lock()

    def sleep(seconds: float) -> None:
        with lock:
            slept.append(round(seconds, 6))

    pace = Pace(120, clock=lambda: at[0], sleep=sleep)
    at_once(lambda _: pace.wait(), range(5), 5)
    assert sorted(slept) == [0.5, 1.0, 1.5, 2.0]
    at[0] = 60.0  # nothing is saved up
    slept.clear()
    pace.wait()
    pace.wait()
    assert slept == [0.5]
    pace.hold(30)
    pace.wait()
    assert slept[-1] == 30


@pytest.mark.slow
def test_the_rate_limit_is_honoured(host: Chat) -> None:
    model = loaded(host, requests_per_minute=1200)
    begun = time.monotonic()
    ask(model, *["low"] * 6)
    assert time.monotonic() - begun >= 0.24


def test_calls_at_once_keep_their_order_and_raise_what_went_wrong() -> None:
    assert at_once(lambda x: x * x, range(20), 3) == [x * x for x in range(20)]
    assert at_once(lambda x: x, [], 3) == []
    with pytest.raises(ZeroDivisionError):
        at_once(lambda x: 1 // x, [1, 0, 2], 2)


# ------------------------------------------------------------------------- what refuses everything


def test_nobody_there_is_told_at_once() -> None:
    with unused_port() as port:
        model = registry.create("served", base_url=f"http://127.0.0.1:{port}/v1", model="ears")
        with pytest.raises(ModelError, match=rf"Nobody answers at http://127.0.0.1:{port}/v1: .*refused.*\nStart the"):
            model.load()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, {"error": {"message": f"Incorrect API key: {KEY}."}}, r"refuses the key in MY_KEY \(401: .*\[key\]"),
        (401, f'{{"x": "Bearer {KEY}"'.encode(), r"refuses the key in MY_KEY"),
        (402, {"error": {"message": "no credits"}}, "account is used up"),
        (403, {"detail": "not yours"}, r"does not let this key ask ears \(403: not yours"),
        (404, {"message": "no `ears` here"}, r"There is no ears .*\(404: no `ears` here\)\.\nIt serves: ears, mouth"),
        (400, {"error": {"message": "At most 0 audio(s) may be provided."}}, "ears at http.* takes no audio input"),
        (500, {"error": {"message": "audio input is not supported"}}, "ears at http.* takes no audio input"),
        (400, {"error": {"message": "max_tokens is unknown."}}, r"gave no reply .*max_tokens is unknown.*\n.*-o extra"),
        (429, {"error": {"code": "insufficient_quota", "message": "pay"}}, r"account is used up at http.*: pay"),
    ],
)  # fmt: skip
def test_what_every_question_would_meet_is_told_before_any_is_asked(
    host: Chat, monkeypatch: pytest.MonkeyPatch, status: int, body: object, said: str
) -> None:
    monkeypatch.setenv("MY_KEY", f" {KEY}\n")
    host.trouble[CHAT] = [sent(body, status)]
    with pytest.raises(ModelError, match=said) as told:
        loaded(host, api_key_env="MY_KEY")
    assert KEY not in str(told.value)
    assert host.asked[-1].headers["Authorization"] == f"Bearer {KEY}"
    assert len(host.posts()) == 1  # not tried again


@pytest.mark.parametrize("status", [401, 403])
def test_a_list_of_models_that_is_refused_is_told(host: Chat, status: int) -> None:
    host.listed = sent({}, status)
    with pytest.raises(ModelError, match=f"{status}"):
        loaded(host)
    assert host.posts() == []


@pytest.mark.parametrize("listed", [sent({}, 404), sent(b"<html>"), sent({"data": 3}), sent([]), sent({}, 503)])
def test_a_server_without_a_list_of_models_is_asked_all_the_same(host: Chat, listed: Sent) -> None:
    host.listed = listed
    model = loaded(host)
    assert ask(model) == [Answer("low")]
    assert model.describe()["listed"] == {}
    host.trouble[CHAT] = [sent({"detail": "Not Found"}, 404)]
    with pytest.raises(ModelError, match=r"There is no ears .*Not Found.*\nCheck -o model=... and -o base_url="):
        loaded(host)


def test_answers_that_came_before_a_refusal_are_not_lost(host: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    model = loaded(host, concurrency=1)
    host.trouble[CHAT] = [None, sent({"error": f"{KEY} has expired"}, 401)]
    assert ask(model, "low", "mid", "high") == [
        Answer("low"),
        Failure("refused", "status 401: [key] has expired"),
        Failure("not-asked", "the server refused the one before"),
    ]
    sofar = len(host.asked)
    with pytest.raises(ModelError, match="refuses the key in OPENAI_API_KEY"):
        ask(model)
    assert len(host.asked) == sofar


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("sk-Abc123", "", "wants capitals"),
        ("MY_KEY", "two words", "What MY_KEY holds cannot be a key"),
        ("MY_KEY", "schlüssel", "What MY_KEY holds cannot be a key"),
    ],
)
def test_keys_that_cannot_be_sent_are_refused_unseen(
    host: Chat, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv("MY_KEY", value)
    with pytest.raises(ModelError, match=said) as told:
        loaded(host, api_key_env=variable)
    assert "sk-Abc123" not in str(told.value)
    assert (value or "-") not in str(told.value).split()
    assert host.asked == []


# ------------------------------------------------------------------------------- is it heard


def test_a_server_that_drops_the_sound_is_found_out(host: Chat) -> None:
    host.deaf = True
    with pytest.raises(EvaluationError, match=r"Sound does not reach ears at http.*\n.*-o allow_unheard=true"):
        loaded(host)
    assert host.questions() == []
    model = loaded(host, allow_unheard=True)
    assert model.describe()["audio_tokens_seen"] == "no"


def test_audio_tokens_in_the_usage_are_believed(host: Chat) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": {"audio_tokens": 4}}
    host.trouble[CHAT] = [sent(completion(usage=usage))]
    assert loaded(host).describe()["audio_tokens_seen"] == "yes"
    assert len(host.posts()) == 1  # no second one was needed


def test_where_nothing_is_counted_nothing_is_known(host: Chat) -> None:
    host.unmetered = True
    model = loaded(host, price_in=1.0, price_out=1.0)
    ask(model)
    said = model.describe()
    assert (said["audio_tokens_seen"], said["replies_without_usage"], said["cost"]) == ("unknown", 2, None)


def test_a_model_that_takes_nothing_but_sound_may_go_on(host: Chat) -> None:
    host.trouble[CHAT] = [None, sent({"error": {"message": "This model requires audio."}}, 400)]
    assert loaded(host).describe()["audio_tokens_seen"] == "unknown"


# ---------------------------------------------------------------------------------- what is recorded


def test_who_answered_and_what_it_cost_is_recorded(host: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    model = loaded(host, api_key_env="MY_KEY", price_in=2.0, price_out=10.0, seed=3)
    texts = iter([completion("low"), completion("low or", "length", model=f"other {KEY}", system_fingerprint="fp_2")])
    host.replies = lambda said: sent(next(texts))
    ask(model, "low", "low")
    said = model.describe()
    assert {key: said[key] for key in ("model", "revision", "audio_tokens_seen", "key_from", "answers")} == {
        "model": "ears",
        "revision": "ears-2026-01",
        "audio_tokens_seen": "yes",
        "key_from": "MY_KEY",
        "answers": 2,
    }
    assert said["listed"] == {"id": "ears", "owned_by": "tests", "root": "some/ears"}
    assert said["generation"] == {"max_tokens": 100, "temperature": 0.0, "seed": 3, "extra": {}, "system": None}
    assert said["finish_reasons"] == {"length": 1, "stop": 1}
    assert said["server_models"] == {"ears-2026-01": 3, "other [key]": 1}
    assert said["system_fingerprints"] == {"fp_1": 3, "fp_2": 1}
    assert (said["prompt_tokens"], said["completion_tokens"]) == (60 + 10 + 120, 2 + 2 + 6)
    assert said["cost"] == pytest.approx((190 * 2 + 10 * 10) / 1e6)
    assert (said["requests"], said["retries"]) == (5, 0)
    assert KEY not in json.dumps(said)


def test_how_fast_and_for_whom_does_not_tell_models_apart() -> None:
    plain = {"base_url": "http://h/v1", "model": "m"}
    passing = {
        "concurrency": 2,
        "timeout_s": 9,
        "price_in": 1,
        "requests_per_minute": 5,
        "api_key_env": "A",
        "tries": 1,
    }
    assert identity("served", plain) == identity("served", plain | passing)
    assert identity("served", plain) != identity("served", plain | {"temperature": 1})


CARD = """
name: my-ears
title: Ears somewhere
family: served
licence: {text: Terms of their host}
options: {base_url: "%s/v1", model: ears, extra: '{"top_p": 1}'}
"""


@pytest.fixture
def card_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cards" / "models").mkdir(parents=True)
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))
    return tmp_path / "cards"


def test_a_served_model_can_be_a_card(host: Chat, card_folder: Path) -> None:
    (card_folder / "models" / "my-ears.yaml").write_text(CARD % host.url)
    model = registry.create("my-ears", offer={"seed": 4})
    assert isinstance(model, Served)
    model.load()
    assert ask(model) == [Answer("low")]
    assert {key: host.questions()[0][key] for key in ("top_p", "seed")} == {"top_p": 1, "seed": 4}
    assert identity("my-ears", {})["options"] == {
        "base_url": f"{host.url}/v1",
        "model": "ears",
        "extra": '{"top_p": 1}',
    }


def test_a_served_model_has_no_weights_here(card_folder: Path) -> None:
    path = card_folder / "models" / "my-ears.yaml"
    path.write_text(CARD % "http://h" + "checkpoint: a/b\nrevision: main\n")
    with pytest.raises(CardError, match="a served model is named by its options"):
        registry.find("my-ears")


# ----------------------------------------------------------------------------------- mudata eval


@pytest.fixture
def words(host: Chat, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """A command that asks six clips."""
    (tmp_path / "cards").mkdir()
    Corpus(home, tmp_path / "cards", monkeypatch).halves()
    of = ("-o", f"base_url={host.url}/v1", "-o", "model=ears")
    return ("eval", "--model", "served", "--split", "half", "--task", "genre", *of)


def the_run(home: Home) -> Run:
    (run,) = all_runs(home)
    return run


@pytest.mark.slow
def test_the_command_asks_a_server_and_keeps_no_key(
    host: Chat, home: Home, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    done = typed(*words, "-o", "concurrency=3", "-o", "price_in=2", "-o", "price_out=10", "--json")
    assert done.code == 0, done.err
    scores = json.loads(done.out)
    assert scores["metrics"][0]["value"] == 1.0  # it does hear
    run = the_run(home)
    assert {record.batch for record in run.answers().values()} == {3}
    (session,) = run.settings.sessions
    assert session.model
    assert (session.model["answers"], session.model["audio_tokens_seen"]) == (6, "yes")
    assert session.model["cost"] == pytest.approx((7 * 60 + 10) * 2e-6 + 8 * 2 * 10e-6)
    notes = {"finish_reason": "stop", "prompt_tokens": 60, "completion_tokens": 2}
    assert all(record.answer and record.notes == notes for record in run.answers().values())
    assert not any(KEY.encode() in path.read_bytes() for path in home.root.rglob("*") if path.is_file())
    asked = len(host.asked)
    assert typed(*words, "-o", "concurrency=1").code == 0  # the same run, whatever its pace
    assert len(host.asked) == asked
    assert typed(*words, "-o", "temperature=0.7").code == 0
    assert len(all_runs(home)) == 2


@pytest.mark.slow
def test_the_command_tells_what_failed_and_asks_it_again(host: Chat, home: Home, words: tuple[str, ...]) -> None:
    host.trouble[CHAT] = [None, None, sent({"message": "too long"}, 400), sent(b"oops")]
    done = typed(*words)
    assert done.code == 0
    assert "2 of 6 clips failed and count as wrong: " in done.err
    assert the_run(home).failures() == {"refused": 1, "malformed": 1}
    assert typed(*words).code == 0
    assert the_run(home).failures() == {}


@pytest.mark.slow
def test_a_model_that_has_changed_meanwhile_is_not_mixed_in(host: Chat, home: Home, words: tuple[str, ...]) -> None:
    host.trouble[CHAT] = [None, None, sent({}, 400)]
    typed(*words)
    other = sent(completion(model="ears-2026-02", usage={"prompt_tokens": 60, "completion_tokens": 1}))
    host.trouble[CHAT] = [other]
    done = typed(*words)
    assert done.code == 2
    assert "was begun with revision ears-2026-01; now it would go on with ears-2026-02" in done.err


def times_asked(host: Chat) -> list[int]:
    """How often each clip was asked about, by its sound, the most frequent first."""
    return [times for _, times in Counter(sound(said).tobytes() for said in host.questions()).most_common()]


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(host: Chat, home: Home, words: tuple[str, ...]) -> None:
    """What is on its way when a run is killed has no answer yet, and is asked again; nothing else is."""
    host.slow = {5: 20.0, 6: 20.0}
    with started(*words, "-o", "concurrency=2") as process:
        wait_for(lambda: len(host.questions()) == 6, process)  # both have arrived: none is left on its way
        wait_for(lambda: len(all_runs(home)) == 1 and len(the_run(home).answers()) == 4, process)
        process.kill()
        process.wait()
    host.freed.set()
    done = typed(*words, "-o", "concurrency=2")
    assert done.code == 0, done.err
    assert "Going on: 2 of 6 clips are still open" in done.err
    assert times_asked(host) == [2, 2, 1, 1, 1, 1]
    assert len(the_run(home).answers()) == 6


class Killed(BaseException):
    """The end of a process, at a chosen place in it."""


@pytest.mark.parametrize(
    ("recorded", "times"),
    [(False, [2, 2, 1, 1, 1, 1]), (True, [1, 1, 1, 1, 1, 1])],
    ids=["between the replies and their record", "after the record"],
)
def test_only_what_was_not_recorded_is_asked_again(
    host: Chat, home: Home, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, recorded: bool, times: list[int]
) -> None:
    append = Run.append

    def end(run: Run, records: Sequence[AnswerRecord]) -> None:
        if len(host.questions()) < 4:
            return append(run, records)
        if recorded:
            append(run, records)
        raise Killed("now")

    with monkeypatch.context() as patch:
        patch.setattr(Run, "append", end)
        with pytest.raises(Killed, match="now"):
            typed(*words, "--batch", "2", "-o", "concurrency=2")
    assert len(host.questions()) == 4
    assert len(the_run(home).answers()) == (4 if recorded else 2)
    assert typed(*words, "-o", "concurrency=2").code == 0
    assert times_asked(host) == times
    lines = (the_run(home).folder / "answers.jsonl").read_text().splitlines()
    assert len(lines) == len({json.loads(line)["clip_id"] for line in lines}) == 6


@pytest.mark.parametrize("recorded", [False, True])
def test_what_was_on_its_way_is_asked_again_and_nothing_that_was_recorded(
    host: Chat, home: Home, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, recorded: bool
) -> None:
    def named(said: dict[str, Any]) -> str:
        return hashlib.sha256(sound(said).tobytes()).hexdigest()

    append, calls = Run.append, list[int]()
    monkeypatch.setattr(concurrent_calls, "TOGETHER_S", 0.0)
    host.replies = lambda said: sent(completion(named(said)))

    def end(run: Run, records: Sequence[AnswerRecord]) -> None:
        calls.append(len(records))
        if len(calls) < 2 or recorded:
            append(run, records)
        if len(calls) == 2:
            raise Killed("now")

    with monkeypatch.context() as patch:
        patch.setattr(Run, "append", end)
        with pytest.raises(Killed, match="now"):
            typed(*words, "-o", "concurrency=2")
    kept = {record.answer for record in the_run(home).answers().values()}
    assert len(kept) == (sum(calls) if recorded else calls[0])
    assert typed(*words, "-o", "concurrency=2").code == 0
    times = Counter(map(named, host.questions()))
    assert {times[str(answer)] for answer in kept} == {1}
    assert set(times.values()) <= {1, 2}
    lines = (the_run(home).folder / "answers.jsonl").read_text().splitlines()
    assert len(lines) == len({json.loads(line)["clip_id"] for line in lines}) == 6


def test_a_server_that_goes_away_ends_the_run_and_keeps_its_answers(
    host: Chat, home: Home, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = itertools.count()

    def gone(self: object, *_: object) -> Any:
        probed = len(host.posts()) >= 2
        if probed and next(questions) >= 2:
            raise client.httpx2.ConnectError("refused")
        return send(self, *_)  # type: ignore[arg-type]

    send = client.ChatServer.send
    monkeypatch.setattr(client.ChatServer, "send", gone)
    done = typed(*words, "-o", "concurrency=2", "-o", "tries=1")
    assert done.code == 2
    assert "Nobody answers at" in done.err
    assert len(the_run(home).answers()) == 2


def test_the_probe_is_patient_with_a_server_that_is_starting(host: Chat, slept: list[float]) -> None:
    host.trouble[CHAT] = [sent({"error": "loading model"}, 503)] * 3
    assert loaded(host).describe()["audio_tokens_seen"] == "yes"
    assert RetryPolicy().tries == 6


def test_a_model_without_ears_is_asked_by_words_alone_and_never_sent_sound(host: Chat) -> None:
    host.deaf = True
    model = loaded(host, text_only=True)
    assert model.capabilities.reads_only
    assert isinstance(model.answer([Item("d/1", (), QUESTION)])[0], Answer)
    assert [[part["type"] for part in said["messages"][-1]["content"]] for said in host.posts()] == [["text"]] * 2
    assert model.describe()["audio_tokens_seen"] == "no"


def test_a_model_that_hears_can_be_asked_by_words_alone(host: Chat) -> None:
    model = loaded(host)
    assert model.answer([Item("d/1", (), QUESTION)]) == [Answer("silence")]
    assert [part["type"] for part in host.questions()[0]["messages"][-1]["content"]] == ["text"]
