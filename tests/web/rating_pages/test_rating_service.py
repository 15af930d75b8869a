"""`mudata listen serve` as a process: killed, stopped, started twice, and told what it cannot do."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from listening_tests import listening_test, on_disk
from rater_client import RatingServer, lost_and_doubled, rate_all
from shell import spawned, typed

from mudata.web.rating_pages import rating_service

if TYPE_CHECKING:
    from mudata.home import Home

pytest.importorskip("starlette")
pytest.importorskip("pyloudnorm")


def gone_in_the_middle(server: RatingServer) -> None:
    """A rater's browser that is closed while it sends a form; and the server answers others."""
    path = urlsplit(server.links["r01"]).path
    with socket.create_connection(("127.0.0.1", server.port)) as wire:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        wire.sendall(f"{head}Content-Length: 100\r\n\r\nagree".encode())
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as other:
        other.request("GET", path)
        assert other.getresponse().status == 200


@pytest.mark.slow
def test_a_server_that_is_killed_loses_no_answer_that_it_acknowledged(home: Home, tmp_path: Path) -> None:
    test = listening_test("t", "mos", raters=4, rated=8, seconds=0.05)
    folder = on_disk(home, test)
    server = RatingServer(home.root, "t", tmp_path / "log")
    clients = rate_all(server, seed=7, kills=3, every=(3, 9))
    assert spawned("listen", "serve", "t", "--port", "0").err.startswith(
        "Error: The listening test 't' is being served"
    )
    gone_in_the_middle(server)
    assert server.stop() == 0
    found = lost_and_doubled(folder, server.links, clients)
    assert found == {"acknowledged": 4 * 10 * 2, "lost": 0, "doubled": 0, "rows": 80}
    assert sum(client.retries for client in clients) > 0
    log = (tmp_path / "log").read_text()
    assert "4 of 4 raters came, 4 are done; 40 of 40 trials are rated" in log
    assert "r04 is done" in log
    assert "Traceback" not in log
    assert "failed" not in log
    assert all(link.rpartition("/")[2] not in log for link in server.links.values())


@pytest.mark.slow
def test_what_cannot_be_served_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No listening test named 't'" in typed("listen", "serve", "t").err
    test = listening_test("t", "texts", raters=1)
    folder = on_disk(home, test)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = typed("listen", "serve", "t", "--port", taken.getsockname()[1])
        assert (done.code, "Choose another port" in done.err) == (2, True)
    done = typed("listen", "serve", "t", "--port", "0", "--host", "192.0.2.1")
    assert (done.code, "Nothing can be served at 192.0.2.1" in done.err) == (2, True)
    assert "plain HTTP" in done.err
    done = typed("listen", "serve", "t", "--host", "0.0.0.0")
    assert (done.code, "--allow-host" in done.err) == (2, True)
    links = (folder / "links.json").read_text()
    for wrong in ("{}", '{"r01": "short"}', "[]", "{"):
        (folder / "links.json").write_text(wrong)
        assert typed("listen", "serve", "t", "--port", "0").code == 2
    (folder / "links.json").write_text(links)
    (folder / "stimuli" / test.stimuli[0].name).unlink()
    (folder / "stimuli" / test.stimuli[1].name).write_bytes(b"")
    assert "2 of 10 sounds" in typed("listen", "serve", "t", "--port", "0").err
    assert "2 of 10 sounds" in typed("listen", "serve", "t", "--static", str(folder / "out")).err
    whole = (folder / "test.json").read_text()
    (folder / "test.json").write_text(whole[:900])
    told = typed("listen", "results", "t").err
    assert "it is cut short" in told
    assert "Bring back the file" in told, "and no word of removing what has the ratings"
    (folder / "test.json").write_text(whole.replace("slow piano", "fast piano"))
    assert "changed after the test was sealed" in typed("listen", "serve", "t", "--port", "0").err


def test_links_have_the_name_of_the_proxy_and_can_be_left_out(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = on_disk(home, listening_test("t", "mos"))
    tokens = json.loads((folder / "links.json").read_text())
    assert (folder / "links.json").stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(rating_service, "serve", lambda app, host, port, ready: ready(f"http://{host}:{port or 1}"))
    done = typed("listen", "serve", "t", "--allow-host", "rate.example", "--json")
    assert json.loads(done.out) == {
        "address": "https://rate.example",
        "links": {rater: f"https://rate.example/r/{token}" for rater, token in tokens.items()},
    }
    done = typed("listen", "serve", "t", "--no-links")
    assert done.out == "http://127.0.0.1:8000\n"
    assert "Stopped: 0 of 2 raters came, 0 are done; 0 of 10 trials are rated." in done.err
    assert not any(token in done.err for token in tokens.values())
