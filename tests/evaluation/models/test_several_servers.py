"""Several servers with one model: the work is shared, what one refuses another answers, nothing is lost or twice."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from asking import asked
from chat_host import CHAT, RATE, Chat, completion, sent
from fake_host import unused_port
from shell import typed
from small_corpus import HERTZ, Corpus

from mudata.errors import EvaluationError, ModelError
from mudata.evaluation.chat import client, server_pool
from mudata.evaluation.chat.rate_limit import Pace
from mudata.evaluation.models import registry
from mudata.evaluation.models.model_identity import hashed, identity
from mudata.evaluation.models.served import Served, served_model
from mudata.evaluation.models.served.server_addresses import addresses, for_each
from mudata.evaluation.models.served.server_record import in_words
from mudata.evaluation.protocol import Answer, Clip, Failure, Item, Question
from mudata.evaluation.run import all_runs

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.home import Home

KEY = "sk-abcdefgh12345678"
QUESTION = Question("classify", "Which is it: low, mid, high?", ("low", "mid", "high"), "genre")


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Chat, Chat]]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with Chat() as one, Chat() as other:
        yield one, other


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served_model, "Pace", lambda per_minute: Pace(per_minute, sleep=lambda _: time.sleep(0.001)))


def made(*hosts: Chat | str, **options: Any) -> Served:
    urls = [host if isinstance(host, str) else f"{host.url}/v1" for host in hosts]
    model = registry.create("served", base_url=urls, model="ears", **options)
    assert isinstance(model, Served)
    return model


def items(count: int) -> list[Item]:
    wave = {name: 0.5 * np.sin(2 * np.pi * hertz * np.arange(RATE // 10) / RATE) for name, hertz in HERTZ.items()}
    names = [list(HERTZ)[n % len(HERTZ)] for n in range(count)]
    clips = [Clip(f"{n} {name}", wave[name].astype(np.float32), RATE) for n, name in enumerate(names)]
    return asked(QUESTION, *clips)


def streamed(model: Served, given: list[Item]) -> dict[int, Answer | Failure]:
    """Replies by place, each once."""
    pairs = [pair for came in model.stream(iter(given)) for pair in came]
    assert len(dict(pairs)) == len(pairs) == len(given)
    return dict(pairs)


def all_right(model: Served, given: list[Item]) -> None:
    replies = streamed(model, given)
    assert [replies[n] for n in range(len(given))] == [Answer(item.item_id.split()[1]) for item in given]


def test_two_servers_share_the_work_and_each_answer_says_whose_it_is(hosts: tuple[Chat, Chat]) -> None:
    model = made(*hosts, price_in=[1.0, 2.0], price_out="10,20", concurrency=6)
    model.load()
    for host in hosts:
        host.slow = dict.fromkeys(range(99), 0.01)
    given = items(30)
    replies = streamed(model, given)
    servers = Counter(reply.notes["server"] for reply in replies.values() if isinstance(reply, Answer) and reply.notes)
    assert servers == {f"{host.url}/v1": len(host.questions()) for host in hosts}
    assert all(count >= 5 for count in servers.values())
    said = model.describe()
    assert max(host.most for host in hosts) <= 6
    one, other = said["servers"]  # type: ignore[misc]
    n, m = (len(host.questions()) for host in hosts)
    assert (one["answers"], other["answers"]) == (n, m)
    assert one["cost"] == pytest.approx(((n + 1) * 60 + 10) * 1e-6 + (n + 2) * 2 * 10e-6)
    assert other["cost"] == pytest.approx(((m + 1) * 60 + 10) * 2e-6 + (m + 2) * 2 * 20e-6)
    assert said["cost"] == pytest.approx(one["cost"] + other["cost"])
    assert (said["answers"], said["requests"], said["prices_per_million"]) == (30, 36, None)
    lines = list(in_words(said))
    assert lines[0].startswith(f"{hosts[0].url}/v1: {n} answers, up to ")
    assert f"cost {other['cost']:g}" in lines[1]


def test_one_of_two_servers_may_die_midway(hosts: tuple[Chat, Chat], monkeypatch: pytest.MonkeyPatch) -> None:
    model = made(*hosts)
    model.load()
    send, dying = client.ChatServer.send, f"{hosts[0].url}/v1"

    def dies(self: client.ChatServer, *given: Any) -> Any:
        if self.url == dying and len(hosts[0].questions()) >= 5:
            raise client.httpx2.ConnectError("refused")
        return send(self, *given)

    monkeypatch.setattr(client.ChatServer, "send", dies)
    all_right(model, items(40))
    assert len(hosts[0].questions()) + len(hosts[1].questions()) == 40
    first = model.describe()["servers"][0]  # type: ignore[index]
    assert first["retries"] >= 1


def test_a_connection_that_breaks_is_not_the_end_of_a_question(hosts: tuple[Chat, Chat]) -> None:
    from dataclasses import replace

    model = made(*hosts)
    model.load()
    hosts[0].trouble[CHAT] = [replace(sent(completion()), cut=30)] * 3
    all_right(model, items(20))


def test_a_server_that_takes_less_midway_loses_nothing(hosts: tuple[Chat, Chat]) -> None:
    host, at_work, lock = hosts[0], [0], threading.Lock()
    model = made(host)
    model.load()

    def replies(said: dict[str, Any]) -> Any:
        with lock:
            at_work[0] += 1
            room = 12 if host.count < 40 else 2
            full = at_work[0] > room
        try:
            if full:
                return sent({"error": "too many"}, 429)
            time.sleep(0.004)
            return host.hear(said)
        finally:
            with lock:
                at_work[0] -= 1

    host.replies = replies
    all_right(model, items(120))
    (one,) = model.describe()["servers"]  # type: ignore[misc]
    assert one["refusals"] >= 1
    assert one["in_flight_now_allowed"] <= 12
    assert one["answers"] == 120


def test_a_server_that_refuses_for_ever_is_left_to_rest_and_alone_it_is_a_failure(hosts: tuple[Chat, Chat]) -> None:
    busy, good = hosts
    busy.replies = lambda said: sent({"error": "later"}, 429)
    model = made(*hosts)
    model.load()
    all_right(model, items(40))
    assert len(busy.questions()) < 30  # it is not asked first every time
    alone = made(busy, tries=3)
    alone.load()
    replies = streamed(alone, items(3))
    assert set(replies.values()) == {Failure("busy", "status 429: later")}
    assert len(good.questions()) == 40


def test_a_server_that_hangs_costs_no_answer_where_there_is_another(hosts: tuple[Chat, Chat]) -> None:
    model = made(*hosts, timeout_s=0.5, concurrency=4)
    model.load()
    hosts[0].slow = dict.fromkeys(range(99), 20.0)
    try:
        all_right(model, items(12))
    finally:
        hosts[0].freed.set()
    assert model.describe()["servers"][0]["timeouts"] >= 1  # type: ignore[index]


@pytest.mark.parametrize("both", [False, True], ids=["one", "both"])
def test_a_server_that_falls_silent_is_not_waited_for_while_there_is_another(
    hosts: tuple[Chat, Chat], monkeypatch: pytest.MonkeyPatch, both: bool
) -> None:
    monkeypatch.setattr(server_pool, "WAITED_FOR_S", 0.3)
    monkeypatch.setattr(server_pool, "WAITED_FOR", 0.0)
    model = made(*hosts, timeout_s=600.0, concurrency=4)
    model.load()
    hosts[0].slow = dict.fromkeys(range(4, 99), 1.0 if both else 300.0)
    hosts[1].slow = dict.fromkeys(range(4, 99), 1.0) if both else {}  # where all are slow, each gets the whole time
    try:
        all_right(model, items(12))
    finally:
        hosts[0].freed.set()
    assert model.describe()["servers"][0]["timeouts"] >= 1  # type: ignore[index]


def test_servers_that_cannot_be_asked_are_named_and_left_out(
    hosts: tuple[Chat, Chat], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    hosts[1].listed = sent({"error": f"{KEY} is no key"}, 401)
    with unused_port() as port:
        model = made(f"http://127.0.0.1:{port}/v1", *hosts, tries=1)
        model.load()
        told = "\n".join(model.remarks)
        assert f"Nobody answers at http://127.0.0.1:{port}/v1" in told
        assert f"The server at {hosts[1].url}/v1 refuses the key in OPENAI_API_KEY" in told
        assert told.count("The other servers are asked without it.") == 2
        all_right(model, items(5))
        assert len(hosts[0].questions()) == 5
        assert KEY not in told + json.dumps(model.describe())
        with pytest.raises(ModelError, match=r"Nobody answers at .* 2 servers were tried, and none can be asked"):
            made(f"http://127.0.0.1:{port}/v1", hosts[1], tries=1).load()


def test_a_key_that_is_refused_midway_leaves_the_others(hosts: tuple[Chat, Chat]) -> None:
    model = made(*hosts)
    model.load()
    hosts[0].replies = lambda said: sent({"error": "expired"}, 401)
    all_right(model, items(30))
    first, _ = model.describe()["servers"]  # type: ignore[misc]
    assert first["gone"] == "refused: status 401: expired"
    hosts[1].replies = hosts[0].replies
    with pytest.raises(ModelError, match="wants a key, and there is none in OPENAI_API_KEY"):
        list(model.stream(iter(items(5))))


def test_servers_have_to_have_the_same_model_and_all_have_to_hear(hosts: tuple[Chat, Chat]) -> None:
    hosts[1].listed = sent({"data": [{"id": "ears", "root": "/elsewhere/some/ears"}]})
    made(*hosts).load()
    hosts[1].listed = sent({"data": [{"id": "ears", "root": "some/other-ears"}]})
    with pytest.raises(ModelError, match=f"not have the same model: ears at {hosts[0].url}/v1, other-ears at"):
        made(*hosts).load()
    hosts[1].trouble[CHAT] = [sent(completion(model="ears-2025"))]
    with pytest.raises(ModelError, match=r"ears-2026-01 at .*, ears-2025 at"):
        made(*hosts).load()
    hosts[1].deaf, hosts[1].listed = True, hosts[0].listed
    with pytest.raises(EvaluationError, match=f"Sound does not reach ears at {hosts[1].url}/v1"):
        made(*hosts).load()


def test_addresses_are_a_list_or_a_text_and_only_the_first_names_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert addresses("http://a/v1, https://b/v1,http://c/x,y") == ["http://a/v1", "https://b/v1", "http://c/x,y"]
    assert addresses(["http://a", "http://b,http://c"]) == ["http://a", "http://b", "http://c"]
    assert for_each("price_in", 2, 3) == [2, 2, 2]
    with pytest.raises(ModelError, match="price_in has 2 values, and there are 3 servers"):
        for_each("price_in", "1,2", 3)
    with pytest.raises(ModelError, match="'nonsense' is no address"):
        made("http://a/v1", "nonsense")
    assert made("http://a/v1", "http://a/v1/").urls == ["http://a/v1"]
    alone = hashed(identity("served", {"base_url": "http://a/v1", "model": "m"}))
    for several in (["http://a/v1", "http://b/v1"], "http://a/v1,http://b/v1", ["http://a/v1"]):
        assert hashed(identity("served", {"base_url": several, "model": "m"})) == alone
    assert hashed(identity("served", {"base_url": ["http://b/v1", "http://a/v1"], "model": "m"})) != alone


@pytest.mark.slow
def test_the_command_takes_several_addresses(
    hosts: tuple[Chat, Chat], home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cards").mkdir()
    Corpus(home, tmp_path / "cards", monkeypatch).halves()
    words = ("eval", "--model", "served", "--split", "half", "--task", "genre", "-o", "model=ears")
    one, other = (f"base_url={host.url}/v1" for host in hosts)
    with unused_port() as port:
        done = typed(*words, "-o", one, "-o", other, "-o", f"base_url=http://127.0.0.1:{port}/v1", "-o", "tries=1")
    assert done.code == 0, done.err
    assert f"Nobody answers at http://127.0.0.1:{port}/v1" in done.err
    assert f"{hosts[1].url}/v1: " in done.err
    (run,) = all_runs(home)
    (session,) = run.settings.sessions
    assert session.model
    assert [one["base_url"] for one in session.model["servers"]] == [f"{host.url}/v1" for host in hosts]
    assert {record.notes["server"] for record in run.answers().values() if record.notes} <= {
        f"{host.url}/v1" for host in hosts
    }
    assert typed(*words, "-o", one).code == 0  # the same run: nothing is left to ask
    assert len(hosts[0].questions()) + len(hosts[1].questions()) == 6
    assert len(all_runs(home)) == 1
