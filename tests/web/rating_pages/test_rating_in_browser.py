"""Raters' whole ways in a browser: by keyboard, on a phone, in every language, with the server killed meanwhile.

axe-core looks at every page; what it calls serious or critical fails.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from listening_tests import SECONDS, TEXTS, listening_test, on_disk
from rater_client import RatingServer

from mudata.evaluation.listening.rating_store import RatingStore
from mudata.home import Home
from mudata.web.rating_pages.rater_texts import languages, rater_texts

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from mudata.evaluation.listening.listening_test import ListeningTest, TestKind

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytest.importorskip("starlette")
pytest.importorskip("pyloudnorm")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]
expect = sync_api.expect

DESK, PHONE = {"width": 1200, "height": 900}, {"width": 320, "height": 640}
_OFFERED = {"mos": "12345", "pairwise": "ABCDE", "texts": "ABCDE"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_api.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


class Rated:
    """A test that is served, and its raters' browsers: what they asked for and complained of."""

    def __init__(self, folder: Path, browser: Browser, kind: TestKind, **more: Any) -> None:
        self.home = Home(folder / "home")
        self.test: ListeningTest = listening_test("t", kind, **more)
        self.folder = on_disk(self.home, self.test)
        self.server = RatingServer(self.home.root, "t", folder / "log")
        self.browser, self.complaints, self.hosts = browser, list[str](), set[str]()
        self.bytes: dict[str, int] = {}

    def page(self, **context: Any) -> Page:
        opened = self.browser.new_context(**{"viewport": DESK} | context)
        page: Page = opened.new_page()
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.hosts.add(re.sub(r"^(\w+://[^:/]*).*", r"\1", request.url)))
        page.goto(self.server.links["r01"])
        return page

    def kept(self) -> dict[str, str]:
        with RatingStore(self.folder) as store:
            return {f"{r.trial} {r.aspect}": r.value for r in store.ratings("r01")}

    def trial(self, place: int) -> str:
        return self.test.raters[0].trials[place].id


@pytest.fixture
def rated(tmp_path: Path, browser: Browser) -> Iterator[Callable[..., Rated]]:
    made: list[Rated] = []

    def make(kind: TestKind, **more: Any) -> Rated:
        made.append(Rated(tmp_path, browser, kind, **more))
        return made[-1]

    yield make
    for one in made:
        for context in browser.contexts:
            context.close()
        assert one.server.stop() == 0
        assert one.hosts <= {"http://127.0.0.1", "data:"}, "no other host is asked"
        assert one.complaints == []


def usable(page: Page) -> None:
    """Nothing serious for axe-core, one heading of the first level, nothing wider than the screen."""
    found = axe.Axe().run(page).response["violations"]
    bad = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
    assert bad == [], page.url
    assert page.evaluate("document.querySelectorAll('h1').length") == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")


def hear(page: Page) -> None:
    """Play every sound of a trial to its end."""
    for number in range(page.locator(".player").count()):
        page.locator(f"#player-{number} .play").click()
        page.wait_for_selector(f"#player-{number}.heard")


def focused(page: Page, selector: str) -> bool:
    return bool(page.evaluate("selector => document.activeElement.matches(selector)", selector))


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until something has the focus, and see that the focus can be seen."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if focused(page, selector):
            return
    raise AssertionError(f"no Tab leads to {selector}")


def test_a_whole_way_by_keyboard_with_a_break_a_reload_and_a_new_browser(rated: Callable[..., Rated]) -> None:
    served = rated("mos", scale=(0, 5))
    page = served.page(locale="en-GB")
    usable(page)
    tab_to(page, "#agree")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_selector("#volume")
    usable(page)
    tab_to(page, ".play")
    page.keyboard.press("Space")
    expect(page.locator("#live")).to_have_text("Playing: the sound for the volume")
    page.keyboard.press("Space")
    expect(page.locator("#live")).to_have_text("Paused: the sound for the volume")
    tab_to(page, "a.go")
    page.keyboard.press("Enter")
    for place in range(5):
        page.wait_for_selector(f"form[action$='{served.trial(place)}']")
        if place in (0, 3):
            usable(page)
        if place == 1:
            expect(page.locator(".note-box")).to_contain_text("practice is over")
            assert "owned" not in page.title()
            assert page.locator("main script, main img").count() == 0
            assert page.locator(".words").inner_text() == TEXTS[1].replace("\u202e", "U+202E")
        tab_to(page, "input[name='answer-fit']")
        page.keyboard.press("4")
        page.keyboard.press("Enter")
        expect(page.locator("#live")).to_have_text("Please hear everything to its end first: Clip.")
        assert focused(page, "#player-0 .play")
        tab_to(page, "input[name='answer-fit']:checked")
        page.keyboard.press("p")
        page.wait_for_selector("#player-0.heard")
        page.keyboard.press("Enter")
        expect(page.locator("#live")).to_have_text("An answer is still missing: Detail")
        assert focused(page, "input[name='answer-detail']")
        page.keyboard.press("ArrowRight")  # as radio buttons are worked everywhere
        page.keyboard.press("0")
        page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Thank you")
    usable(page)
    ratings = {f"{served.trial(i)} {aspect}": v for i in range(5) for aspect, v in (("fit", "4"), ("detail", "0"))}
    assert served.kept() == ratings
    tab_to(page, "main a")
    page.keyboard.press("Enter")
    page.wait_for_selector("form[data-corrects]")
    assert page.locator(".state").count() == 0, "it was heard before it was rated first"
    usable(page)
    tab_to(page, "input[name='answer-fit']:checked")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Thank you")
    assert served.kept() == ratings | {f"{served.trial(4)} fit": "1"}


def test_a_phone_in_the_dark_two_windows_and_a_server_that_is_killed(rated: Callable[..., Rated]) -> None:
    served = rated("pairwise", seconds=SECONDS)
    phone = {"viewport": PHONE, "color_scheme": "dark", "locale": "de-DE", "has_touch": True, "is_mobile": True}
    page = served.page(**phone)
    texts = rater_texts("de")
    usable(page)
    page.check("#agree")
    page.click("button.go")
    page.wait_for_selector("#volume")
    usable(page)
    page.click("a.go")
    page.wait_for_selector("#trial")
    usable(page)
    other = page.context.new_page()
    other.goto(page.url)
    hear(page)
    assert page.evaluate("[...document.querySelectorAll('audio')].filter(one => !one.paused && !one.ended).length") <= 1
    page.check("input[value=A]")
    served.server.kill()
    page.click("button.go")
    expect(page.locator("#live")).to_have_text(texts("not_sent"))
    assert page.locator("input[value=A]").is_checked()
    served.complaints.clear()  # the browser's own note that nobody answers
    served.server.start()
    page.click("button.go")
    page.wait_for_selector(f"form[action$='{served.trial(1)}']")
    hear(other)
    other.check("input[value=E]")
    other.click("button.go")
    expect(other.locator(".told")).to_have_text(texts("told_elsewhere"))
    assert other.locator("input[value=A]").is_checked(), "what counts is shown"
    usable(other)
    assert served.kept() == {f"{served.trial(0)} preference": "A"}
    other.close()
    page.reload()
    hear(page)
    page.check("input[value=C]")
    page.go_back()
    page.wait_for_selector(f"form[action$='{served.trial(0)}'][data-corrects]")
    page.go_forward()
    page.wait_for_selector(f"form[action$='{served.trial(1)}']")
    page.click("text=" + texts("take_break"))
    expect(page.locator("h1")).to_have_text(texts("break_heading"))
    usable(page)
    page.context.close()
    again = served.page(**phone)  # a new browser: where the rater was
    again.wait_for_selector(f"form[action$='{served.trial(1)}']")
    assert served.kept() == {f"{served.trial(0)} preference": "A"}


def test_every_language_and_what_is_there_without_a_script(rated: Callable[..., Rated]) -> None:
    served = rated("texts", rated=1, consent={"en": "Our own words.\n\nAnd more."})
    page = served.page(locale="zh-CN", color_scheme="dark")
    assert page.locator(".own-words").get_attribute("lang") == "en"
    assert rater_texts("zh")("consent_texts", minutes=4) in page.locator(".points").inner_text()
    link = served.server.links["r01"]
    for language, name in languages().items():
        page.goto(link)
        page.click(f"nav a:text-is('{name}')")
        assert page.locator("html").get_attribute("lang") == language
        expect(page.locator("h1")).to_have_text(rater_texts(language)("consent_heading"))
        usable(page)
    page.check("#agree")
    page.click("button.go")
    page.click("a.go")
    page.wait_for_selector("#trial")
    for language in languages():
        page.goto(f"{link}/trial/{served.trial(0)}?language={language}")
        usable(page)
    bare = served.page(java_script_enabled=False, locale="es")
    assert rater_texts("zh")("needs_script") in (bare.locator("body").text_content() or "")
    assert bare.locator("noscript .told").is_visible()
    expect(bare.locator("h1")).to_have_text(rater_texts("zh")("instructions_heading"))
