"""The collection as a reader has it: in a browser, by keyboard, on a telephone, in the dark, and from files."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import pytest
from collection_home import EVIL_ID, collection_home

import mudata

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from mudata.home import Home

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
for package in ("starlette", "uvicorn", "jinja2", "matplotlib"):
    pytest.importorskip(package)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

LIGHT: dict[str, Any] = {"viewport": {"width": 1200, "height": 900}}
DARK = LIGHT | {"color_scheme": "dark"}
PHONE: dict[str, Any] = {"viewport": {"width": 320, "height": 640}}
MOST = 300_000
"""Bytes of a page with its figures, without sound: what is aimed at."""


HEARD = """() => new Promise((told, failed) => {
  const player = document.querySelector("audio")
  player.onerror = () => failed(player.error.message)
  player.ontimeupdate = () => player.currentTime > 0 && told(player.duration)
  player.play()
})"""
"""Plays the clip of a page; its length in seconds, once it is heard."""


class Served(NamedTuple):
    address: str
    home: Home


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server as the command line starts it; it ends by the signal of Ctrl+C."""
    folder = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        home = collection_home(folder, patch)
        command = [sys.executable, "-m", "mudata", "browse", "--no-open", "--port", "0"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        try:
            assert server.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
            assert found is not None
            yield Served(found[0], home)
            server.send_signal(signal.SIGINT)
            assert server.wait(30) in (0, 1, 130, -signal.SIGINT)
        finally:
            server.kill()
            server.communicate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_api.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


class Visit:
    """A page in a window of its own, with what it asked for, weighed, and complained of."""

    def __init__(self, browser: Browser, **window: Any) -> None:
        self.context = browser.new_context(**window)
        self.page: Page = self.context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.weight = 0
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self._weigh)

    def _weigh(self, answer: Any) -> None:
        if "/sound" not in answer.url:
            self.weight += int(answer.headers.get("content-length", 0))

    def look(self, address: str) -> Page:
        """Open an address, figures and all; nothing of it is wider than the window."""
        self.weight = 0
        self.page.goto(address)
        self.page.evaluate("for (const image of document.images) image.loading = 'eager'")
        self.page.wait_for_load_state("networkidle")
        assert self.page.evaluate("[...document.images].every(image => image.naturalWidth > 0)"), address
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not self.page.evaluate(wide), address
        return self.page

    def close(self, *schemes: str) -> None:
        self.context.close()
        assert not self.complaints
        assert {url.partition(":")[0] for url in self.asked} <= {*schemes, "data", "blob"}


def faults(page: Page) -> list[str]:
    """What axe-core finds serious or critical."""
    found = axe.Axe().run(page, options={"preload": False}).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("window", [LIGHT, DARK, PHONE], ids=["light", "dark", "phone"])
def test_every_page_can_be_read_by_everyone(served: Served, browser: Browser, window: dict[str, Any]) -> None:
    visit = Visit(browser, **window)
    runs = sorted(path.name for path in served.home.runs.iterdir())
    evil = quote(EVIL_ID, safe="")
    for path in ("/", "/clips?label=genre:mid", "/dataset/tones", "/dataset/evil", "/clip?id=tones/06",
                 f"/clip?id={evil}", "/split/half", f"/run/{runs[0]}"):  # fmt: skip
        page = visit.look(served.address + path)
        assert faults(page) == [], path
        assert 0 < visit.weight < MOST, path
        assert page.title().endswith("mudata"), path
        assert page.locator("h1").count() == 1, path
    assert {url.split("/")[2] for url in visit.asked if url.startswith("http")} == {served.address.split("/")[2]}
    visit.close("http")


def test_a_clip_is_found_and_heard_by_keyboard_alone(served: Served, browser: Browser) -> None:
    visit = Visit(browser, **LIGHT)
    page = visit.look(served.address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    for _ in range(20):
        if page.evaluate("document.activeElement.id") == "find":
            break
        page.keyboard.press("Tab")
    page.keyboard.type("artist 3")
    page.keyboard.press("Enter")
    page.wait_for_url("**/clips?q=artist+3")
    assert page.locator(".count").inner_text() == "3 clips."  # two by the artist, and the one whose number has a 3
    page.get_by_role("link", name="tones/06").press("Enter")
    page.wait_for_url("**/clip?id=**")
    assert page.evaluate(HEARD) == pytest.approx(0.7, abs=0.01)
    page.get_by_role("link", name="half", exact=True).click()
    page.get_by_role("link", name="test", exact=True).click()
    assert "6 clips" in page.locator(".count").inner_text()
    page.get_by_role("link", name="Without part test").click()
    assert "12 clips" in page.locator(".count").inner_text()
    run = next(served.home.runs.glob("sly*")).name
    visit.look(f"{served.address}/run/{run}")
    page.get_by_role("link", name="Open its report").click()
    page.wait_for_load_state("networkidle")
    assert "owned" not in page.title()
    assert page.locator("#clips > li").count() == 6
    visit.close("http")


def test_files_are_the_same_pages_without_a_server(
    served: Served, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUDATA_HOME", str(served.home.root))
    monkeypatch.setenv("MUDATA_CARDS", str(served.home.root.parent / "cards"))
    written = mudata.browse(static=tmp_path / "site", clips=7)
    assert written is not None
    assert written.failed == {}
    visit = Visit(browser, **DARK)
    page = visit.look((tmp_path / "site/index.html").as_uri())
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
    page.get_by_role("link", name="tones", exact=True).click()
    page.get_by_role("link", name="Look at its clips").click()
    page.get_by_role("link", name="tones/06").click()
    visit.look(page.url)
    assert faults(page) == []
    assert page.evaluate(HEARD) == pytest.approx(0.7, abs=0.01)
    visit.close("file")
