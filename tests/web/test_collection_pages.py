"""The collection as pages, asked as a browser asks: every page, and whatever may be wrong with a home."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from collection_home import EVIL, EVIL_ID, collection_home, publish_evil
from small_corpus import Corpus

from mudata.home import Home

if TYPE_CHECKING:
    from starlette.testclient import TestClient

pytest.importorskip("starlette")
pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

ENDLESS = "(SELECT count(*) FROM range(1000000000000))"

pytestmark = pytest.mark.slow


def client(home: Home, limit_s: float = 20.0) -> TestClient:
    from starlette.testclient import TestClient

    from mudata.web.collection_pages.collection_app import application

    return TestClient(application(home, ["testserver"], limit_s), raise_server_exceptions=True)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with pytest.MonkeyPatch.context() as patch:
        yield collection_home(tmp_path_factory.mktemp("seen"), patch)


@pytest.fixture
def browser(seen: Home, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("MUDATA_HOME", str(seen.root))
    monkeypatch.setenv("MUDATA_CARDS", str(seen.root.parent / "cards"))
    return client(seen)


def text(browser: TestClient, address: str, status: int = 200) -> str:
    answer = browser.get(address)
    assert answer.status_code == status, answer.text
    return answer.text


def test_every_page_tells_what_is_there(browser: TestClient) -> None:
    start = text(browser, "/")
    assert "2 datasets, 12 usable clips" in start
    assert 'href="/split/half"' in start
    assert "not scored" not in start
    of = text(browser, "/dataset/tones")
    assert "11 usable clips" in of
    assert "Nobody." in of
    assert "/figure/durations.svg?of=tones" in of
    assert "genre%3Amid" in of  # each label leads to its clips
    assert '<a href="/split/half">half</a>' in of
    found = text(browser, "/clips?dataset=tones&label=genre%3Amid&label=mood%3Acalm&min=0.5&text=tone+calm")
    assert "4 clips." in found
    assert "tones/01" in found
    assert "tones/02" not in found
    assert "1 clip." in text(browser, "/clips?status=missing")
    assert "1 clip." in text(browser, "/clips?split=half&part=test&q=07")
    clip = text(browser, "/clip?id=tones%2F06")
    assert 'src="/sound?id=tones%2F06"' in clip
    assert "A low tone that sounds dark and calm" in clip
    assert '<mark class="right"' in clip
    assert "&lt;script&gt;document.title" in clip
    assert "half</a>" in clip
    assert "samples sha256" in clip
    split = text(browser, "/split/half")
    assert "share of" not in split
    assert "artist" in split
    assert "/balance.svg" in split
    assert "Look for everything" in split
    assert "Look for everything" not in text(browser, "/split/half?leaks=all")
    assert "1 clip" in text(browser, f"/published?dataset=evil&split={quote(EVIL)}")
    run = next(word for word in start.split('"') if word.startswith("/run/good"))
    assert f'href="{run}/report.html"' in text(browser, run)
    row = start[start.index(f'href="{run}"') :]
    shown = re.search(r'<td class="score">([0-9.]+ %) <span class="under">accuracy (\[[^]]+\])</span>', row)
    assert shown is not None
    assert f"<dt>accuracy</dt><dd>{shown[1]} {shown[2]}</dd>" in text(browser, run)
    report = browser.get(f"{run}/report.html")
    assert '"source":"/sound?id=tones%2F06"' in report.text
    assert "script-src &#39;sha256-" in report.text
    assert "style-src" not in report.headers["content-security-policy"]


def test_a_browser_is_opened_on_a_desktop_alone_and_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from mudata.cli.cmd_browse import browse
    from mudata.web.collection_pages import serve_collection as serving

    opened: list[tuple[list[str], object]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **kept: opened.append((command, kept["stderr"])))
    monkeypatch.setattr(serving, "serve_collection", lambda home, host, port, ready: ready("http://127.0.0.1:9"))
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    assert "http://127.0.0.1:9" in CliRunner().invoke(browse, [], catch_exceptions=False).output
    assert not opened
    monkeypatch.setenv("DISPLAY", ":0")
    CliRunner().invoke(browse, ["--no-open"], catch_exceptions=False)
    CliRunner().invoke(browse, [], catch_exceptions=False)
    assert opened == [(["xdg-open", "http://127.0.0.1:9"], subprocess.DEVNULL)]


def test_figures_and_sound(browser: TestClient, seen: Home) -> None:
    for address in (
        "/figure/durations.svg?of=tones",
        "/figure/sound.svg?of=tones/06",
        "/figure/sound.svg?of=tones/06&narrow=1",
        "/balance.svg?split=half&namespace=genre",
    ):
        figure = browser.get(address)
        assert (figure.status_code, figure.headers["content-type"]) == (200, "image/svg+xml"), address
        assert figure.content.startswith(b"<svg")
        assert b"prefers-color-scheme:dark" in figure.content
        assert len(figure.content) < 150_000
    whole = browser.get("/sound?id=tones/06")
    assert whole.content == (seen.clips("tones", "native") / "06.flac").read_bytes()
    assert whole.headers["content-type"] == "audio/flac"
    part = browser.get("/sound?id=tones/06", headers={"Range": "bytes=4-9"})
    assert (part.status_code, part.content) == (206, whole.content[4:10])
    assert "no sound" in text(browser, f"/sound?id={quote(EVIL_ID)}", 404)


def test_hostile_names_are_text_and_hostile_questions_find_nothing(browser: TestClient, seen: Home) -> None:
    pages = (
        "/",
        "/clips",
        "/dataset/evil",
        f"/clip?id={quote(EVIL_ID)}",
        f"/published?dataset=evil&split={quote(EVIL)}",
    )
    for address in (*pages, f"/clips?q={quote(EVIL)}", f"/clips?label={quote(EVIL + ':' + EVIL)}"):
        page = text(browser, address)
        assert "<script" not in page
        assert "<img src=x" not in page
        assert "\u202e" not in page
        assert "\x00" not in page
    assert html.escape(EVIL.split("'")[0]) in text(browser, "/dataset/evil")
    assert "0 clips." in text(browser, "/clips?dataset=tones'+OR+1=1+--")
    for address in ("/split/..%2f..%2fetc%2fpasswd", f"/split/{quote(str(seen.root / 'splits/half.json'), safe='')}"):
        assert "Parts</h2>" not in text(browser, address, 404)
    for address in ("/run/..%2f..", f"/run/{quote(str(seen.root), safe='')}", "/files/..%2fbase.html"):
        assert browser.get(address).status_code == 404
    assert browser.get("/figure/sound.svg?of=../../etc/passwd").status_code == 404
    for wrong in (
        "min=abc",
        "max=-1",
        "max=nan",
        "sort=1;drop",
        "label=blues",
        "after=%25",
        "part=x",
        "q=" + "x" * 501,
    ):
        assert "Traceback" not in text(browser, f"/clips?{wrong}", 400)
    assert browser.get("/clip").status_code == 400


def test_it_is_read_only_and_for_this_machine_alone(browser: TestClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert browser.request(method, "/clips").status_code == 405
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 400
    headers = browser.get("/").headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_damage_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = collection_home(tmp_path, monkeypatch)
    pages = client(home)
    (home.clips("tones", "native") / "00.flac").unlink()
    gone = text(pages, "/clip?id=tones/00")
    assert "Its file is gone" in gone
    assert "<audio" not in gone
    assert "no longer there" in text(pages, "/sound?id=tones/00", 404)
    (home.clips("tones", "native") / "01.flac").write_bytes(b"fLaC and then nothing")
    assert pages.get("/figure/sound.svg?of=tones/01").status_code == 404
    sly = next(home.runs.glob("sly*"))
    (sly / "scores.json").unlink()
    assert "has not been scored yet" in text(pages, f"/run/{sly.name}")
    assert pages.get(f"/run/{sly.name}/report.html").status_code == 422
    (sly / "run.json").write_text("{")
    start = text(pages, "/")
    assert "cannot be read" in start
    assert "good" in start
    assert "cannot be shown as a report" in text(pages, f"/run/{sly.name}")
    assert "cannot be read" in text(pages, "/clip?id=tones/06")  # with the answers of the other run
    (home.splits / "half.json").write_text("{")
    assert "is not a split manifest" in text(pages, "/split/half", 422)
    for generation in (home.index / "parts/evil").iterdir():
        (generation / "clips.parquet").write_bytes(b"PAR1")
    publish_evil(home, "back again")
    assert "back again" in text(client(home), "/")
    for generation in (home.index / "parts/evil").iterdir():
        (generation / "clips.parquet").write_bytes(b"PAR1")
    assert "<strong>evil</strong> is damaged" in text(client(home), "/")
    with monkeypatch.context() as patch:
        patch.setattr("mudata.web.collection_pages.clip_listing.SHOWN", f"{ENDLESS} AS slow, clip_id")
        assert "took more than" in text(client(home, limit_s=0.2), "/clips", 503)


def test_an_empty_home_and_one_that_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mudata.web.collection_pages import live_index

    monkeypatch.setattr(live_index, "LOOK_S", 0.0)
    home = Home(tmp_path / "home")
    pages = client(home)
    assert "Nothing is here yet." in text(pages, "/")
    assert "No clip is like that" in text(pages, "/clips")
    (tmp_path / "cards").mkdir()
    Corpus(home, tmp_path / "cards", monkeypatch).halves()
    assert "1 dataset, 12 usable clips" in text(pages, "/")
    publish_evil(home)
    assert "2 datasets" in text(pages, "/")
    assert "13 clips" in text(pages, "/clips")
    Corpus(home, tmp_path / "cards", monkeypatch).publish("notes", kind="midi")
    notes = text(pages, "/clip?id=notes/01")
    assert "Notes (MIDI)" in notes
    assert "<audio" not in notes
    text(pages, "/figure/sound.svg?of=notes/01", 404)
    shutil.rmtree(home.index / "parts/notes")
    monkeypatch.setattr(live_index, "LOOK_S", 1000.0)
    assert "13 clips" in text(pages, "/clips")
    shutil.rmtree(home.index / "parts/evil")  # while nobody looks: a statement finds its file gone
    assert "12 clips" in text(pages, "/clips?q=tones")
