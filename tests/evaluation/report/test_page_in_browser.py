"""The report as a reader has it: in a browser, from a file, without a network."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet
import pytest
from click.testing import CliRunner
from hostile import HOSTILE, RIGHT, TEST, imported
from small_corpus import Corpus

from mudata.cli import cli
from mudata.evaluation.run import all_runs, find
from mudata.home import Home

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from report_fixtures import Imports

sync_api = pytest.importorskip("playwright.sync_api")
pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

DESK, PHONE = {"width": 1200, "height": 900}, {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_api.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


class Seen:
    """A page with all that it asked for and complained of."""

    def __init__(self, browser: Browser, path: Path, **context: Any) -> None:
        self.context = browser.new_context(**{"viewport": DESK} | context)
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(path.as_uri())

    def close(self) -> None:
        self.context.close()
        assert not self.complaints
        assert {url.partition(":")[0] for url in self.requests} <= {"file", "data", "blob"}


def write(folder: Path, *words: str) -> Path:
    path = folder / "report.html"
    done = CliRunner().invoke(cli, ["report", "-o", str(path), *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `home` and `report.html`: two models, one of hostile answers, and a title that is a script."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "cards").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUDATA_HOME", str(folder / "home"))
        Corpus(Home(folder / "home"), folder / "cards", patch).halves()
        imported(folder, "good", RIGHT)
        imported(folder, "sly", HOSTILE)
        imported(folder, "sly", dict.fromkeys(TEST, "A dark tone."), task="caption")
        write(folder, "--title", "<script>document.title = 'owned'</script> Tones")
    return folder


@pytest.fixture
def path(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The page; commands typed in the test work on its home."""
    monkeypatch.setenv("MUDATA_HOME", str(made / "home"))
    monkeypatch.setenv("MUDATA_CARDS", str(made / "cards"))
    return made / "report.html"


@pytest.fixture
def seen(browser: Browser, path: Path) -> Iterator[Seen]:
    opened = Seen(browser, path)
    yield opened
    opened.close()


@pytest.fixture
def page(seen: Seen) -> Page:
    return seen.page


def test_filters_filter_and_say_how_many_are_left(page: Page) -> None:
    count = page.locator("#count")
    assert count.inner_text() == "6 clips, 12 answers"
    page.select_option("#f-fate", "error")
    assert count.inner_text() == "1 clip, 1 answer"
    assert page.locator("#clips h3").inner_text() == "tones/11"
    page.click("#filters button[type=reset]")
    sync_api.expect(count).to_have_text("6 clips, 12 answers")
    page.select_option("#f-run", label="good (6)")
    page.select_option("#f-label", "mid")
    assert page.locator("#clips h3").all_inner_texts() == ["tones/07", "tones/10"]
    page.fill("#f-text", "nothing like this")
    assert count.inner_text() == "No answer is like that. Clear the filters to see all."
    assert page.locator("#clips li").count() == 0


def test_another_question_brings_its_own_filters(page: Page) -> None:
    page.select_option("#f-panel", label="tones · caption (half)")
    assert page.locator("#count").inner_text() == "6 clips, 6 answers"
    assert page.locator("#f-label").is_disabled()
    assert "ROUGE-L F 0." in page.locator(".fate").first.inner_text()


def test_clips_on_which_runs_disagree_come_first(page: Page) -> None:
    page.select_option("#f-order", "apart")
    first = page.locator("#clips h3").all_inner_texts()
    assert first[-2:] == ["tones/06", "tones/08"], "the clips that both are read alike on"
    page.select_option("#f-order", "id")
    assert page.locator("#clips h3").all_inner_texts() == TEST


def test_answers_are_shown_as_text_and_do_not_run(page: Page) -> None:
    assert page.title().endswith("Tones")
    assert "owned" not in page.title().replace("document.title = 'owned'", "")
    assert page.locator("h1").inner_text().startswith("<script>")
    shown = "\n".join(page.locator("#clips .text").all_inner_texts())
    assert "<img src=x onerror=\"document.title='owned'\">" in shown
    assert "</script><!--<script>" in shown
    assert "{{ 7 * 7 }}" in shown
    assert page.locator("#clips script, #clips img").count() == 0


def test_invisible_characters_are_shown_by_their_codes(page: Page) -> None:
    """Those that are kept: what a terminal would obey became the replacement character as it was stored."""
    assert set(page.locator("#clips .control").all_inner_texts()) == {"U+2028"}
    assert "\ufffd" in "".join(page.locator("#clips .text").all_inner_texts())


def test_what_counts_in_an_answer_is_marked_by_sign_and_style(page: Page) -> None:
    page.fill("#f-text", "then not mid")
    denied = page.locator("#clips mark.negative")
    assert denied.inner_text().startswith("mid")
    assert denied.locator("sup").inner_text() == "−"
    assert "line-through" in denied.evaluate("node => getComputedStyle(node).textDecorationLine")
    assert "denies the label: in-between" in (denied.get_attribute("title") or "")


@pytest.mark.parametrize("embed", [False, True])
def test_clips_play(browser: Browser, imports: Imports, tmp_path: Path, embed: bool) -> None:
    imports("good", RIGHT)
    seen = Seen(browser, write(tmp_path, *(["--embed-audio"] if embed else [])))
    audio = seen.page.locator("audio").first
    assert (audio.get_attribute("src") or "").startswith("data:" if embed else "../")
    heard = audio.evaluate(
        """node => new Promise((done) => {
            node.muted = true;
            node.ontimeupdate = () => node.currentTime > 0.05 && done(node.currentTime);
            node.play();
        })"""
    )
    assert heard > 0.05
    seen.close()


def test_a_clip_that_is_gone_is_told(browser: Browser, imports: Imports, home: Home, tmp_path: Path) -> None:
    imports("good", RIGHT)
    path = write(tmp_path)
    (home.clips("tones", "native") / "06.flac").unlink()
    seen = Seen(browser, path)
    seen.page.locator("audio").first.evaluate("node => { node.load(); node.play().catch(() => {}); }")
    seen.page.wait_for_selector("text=The audio cannot be played")
    seen.complaints.clear()  # the browser's own note that there is no such file
    seen.close()


def test_a_dissent_becomes_a_file_that_override_takes(page: Page, tmp_path: Path) -> None:
    page.fill("#f-text", "then not mid")
    page.click("text=I read it otherwise")
    page.get_by_label("It means").select_option("low")
    page.get_by_label("because").fill("I <b>hear</b> it")
    page.click("text=Keep")
    assert page.locator("#dissent-count").inner_text() == "1 reading of yours"
    page.click("#dissent-files button")
    assert page.evaluate("document.activeElement.id") == "author", "a reading needs a name"
    page.get_by_label("Your name").fill("Ada")
    with page.expect_download() as download:
        page.click("#dissent-files button")
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    line = json.loads(file.read_text("utf-8"))
    assert (line["clip_id"], line["label"], line["author"]) == ("tones/08", "low", "Ada")
    name = file.stem.removeprefix("overrides-")
    done = CliRunner().invoke(cli, ["override", name, "--from", str(file)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert find(Home.default(), name).scores["kappa"]["n"] == 1


def test_answers_and_scores_can_be_downloaded(page: Page) -> None:
    with page.expect_download() as download:
        page.click("#get-samples")
    lines = [json.loads(line) for line in Path(download.value.path()).read_text("utf-8").splitlines()]
    assert len(lines) == 18
    assert {line["answer"] for line in lines} >= {HOSTILE["tones/06"], None, "mid"}
    with page.expect_download() as download:
        page.click("#get-scores")
    scores = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert [one["n"] for one in scores] == [6, 6, 6]
    good = next(one for one in scores if one["model"] == "good")
    assert good == find(Home.default(), good["run"]).scores


def test_a_waveform_says_where_the_clip_is_and_can_be_clicked(page: Page, tone: Callable[..., Path]) -> None:
    wave, audio = page.locator(".wave").first, page.locator("audio").first
    assert wave.locator("path").count() == 2
    assert (wave.locator("path").first.get_attribute("d") or "").count("M") == 96
    name = page.locator("#clips h3").first.inner_text().partition("/")[2]
    tone(Home.default().clips("tones", "native") / f"{name}.flac", 3.0)  # chromium cannot seek in a FLAC of one frame
    page.evaluate("HTMLMediaElement.prototype.play = () => Promise.resolve()")  # it stays where it is sent to
    audio.evaluate("node => new Promise((then) => { node.onloadeddata = then; node.preload = 'auto'; node.load(); })")
    at = wave.bounding_box()
    assert at is not None
    wave.click(position={"x": at["width"] / 2, "y": at["height"] / 2})
    seconds = 0.5 + 0.1 * (int(name) % 4)  # as the index has it
    assert audio.evaluate("node => node.currentTime") == pytest.approx(seconds / 2, abs=0.01)
    sync_api.expect(wave).to_have_attribute("style", re.compile(r"--played: (49|50|51)(\.|%)"))


def test_only_one_clip_plays_at_a_time(page: Page) -> None:
    for number in (0, 1):
        play = "node => { node.muted = node.loop = true; return node.play(); }"
        page.locator("audio").nth(number).evaluate(play)
    playing = page.evaluate("[...document.querySelectorAll('audio')].map((node) => !node.paused)")
    assert playing == [False, True, False, False, False, False]


def test_tables_results_and_badges_can_be_downloaded(page: Page, tmp_path: Path) -> None:
    with page.expect_download() as download:
        page.click("#get-parquet")
    assert download.value.suggested_filename == "answers.parquet"
    assert pyarrow.parquet.read_table(Path(download.value.path())).num_rows == 18
    with page.expect_download() as download:
        page.get_by_label("Download the results of good").click()
    said = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert download.value.suggested_filename == f"{said['run']}.json"
    assert said["scores"]["test"][0]["main_score"] == 1
    with page.expect_download() as download:
        page.get_by_label("Download the badge of good").click()
    assert download.value.suggested_filename == f"badge-{said['run']}.svg"
    assert CliRunner().invoke(cli, ["report", "-o", str(tmp_path / "r.html"), "--data", str(tmp_path)]).exit_code == 0
    assert Path(download.value.path()).read_bytes() == (tmp_path / f"badge-{said['run']}.svg").read_bytes()


def test_what_a_model_got_in_place_of_the_sound_is_folded(browser: Browser, path: Path, tmp_path: Path) -> None:
    home = Home.default()
    run = next(run for run in all_runs(home) if run.settings.model == "good")
    before = (run.folder / "answers.jsonl").read_bytes()
    run.replace(replace(one, given="X:1\nK:C <b>abc</b>\u202e") for one in run.answers().values())
    seen = Seen(browser, write(tmp_path, run.id))
    (run.folder / "answers.jsonl").write_bytes(before)
    given = seen.page.locator(".given").first
    assert not given.locator("pre").is_visible()
    given.locator("summary").click()
    assert given.locator("pre").inner_text() == "X:1\nK:C <b>abc</b>\ufffd"
    seen.close()


def test_the_command_that_repeats_a_run_can_be_copied(browser: Browser, path: Path) -> None:
    seen = Seen(browser, path, permissions=["clipboard-read", "clipboard-write"])
    seen.page.locator("#runs summary").first.click()
    seen.page.get_by_label("Copy the command of good").click()
    sync_api.expect(seen.page.locator("[data-copy]").first).to_have_text("Copied")
    said = find(Home.default(), seen.page.locator("#runs summary .soft").first.inner_text()).settings.command
    assert seen.page.evaluate("navigator.clipboard.readText()") == said
    seen.close()


def test_light_and_dark_follow_the_system_and_the_button(browser: Browser, path: Path) -> None:
    def paper(seen: Seen) -> list[int]:
        colour = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        return [int(part) for part in colour.strip("rgb()").split(",")]

    for scheme, dark in (("light", False), ("dark", True)):
        seen = Seen(browser, path, color_scheme=scheme)
        assert (sum(paper(seen)) < 150) is dark
        seen.page.click("#theme")
        seen.page.click("#theme")
        assert seen.page.locator("#theme").inner_text() == "Theme: dark"
        assert sum(paper(seen)) < 150
        ink = seen.page.locator(".wide svg text").first.evaluate("node => getComputedStyle(node).fill")
        assert sum(int(part) for part in ink.strip("rgb()").split(",")) > 400, "figures follow"
        seen.close()


def test_the_keyboard_reaches_everything_in_order(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the results"
    reached = []
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        if reached[-1] == "f-text":
            break
    filters = [name for name in reached if name.startswith("f-")]
    assert filters == ["f-panel", "f-run", "f-fate", "f-status", "f-label", "f-order", "f-text"]
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "where one is can be seen"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone_shows_the_page_without_sideways_scrolling(browser: Browser, path: Path, scheme: str) -> None:
    seen = Seen(browser, path, viewport=PHONE, color_scheme=scheme)
    for _ in range(2):
        assert seen.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        seen.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    label = seen.page.locator(".confusion tbody th").first
    label.evaluate("one => one.textContent = 'a label of a rather long name'")
    assert label.evaluate("one => one.scrollWidth <= one.clientWidth"), "it covers no number beside it"
    assert seen.page.locator(".narrow svg").first.is_visible()
    assert not seen.page.locator(".wide svg").first.is_visible()
    seen.close()


def test_print_is_black_on_white_and_opens_what_is_folded(browser: Browser, path: Path) -> None:
    seen = Seen(browser, path, color_scheme="dark")
    seen.page.emulate_media(media="print")
    assert seen.page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 33, 38)"
    for hidden in ("#filters", ".tools", "#clips audio", "#clips .wave", "#downloads"):
        assert not seen.page.locator(hidden).first.is_visible()
    folded = "document.querySelectorAll('details:not([open])').length"
    before = seen.page.evaluate(folded)
    assert before > 0
    for event, left in (("beforeprint", 0), ("afterprint", before)):
        seen.page.evaluate(f"window.dispatchEvent(new Event('{event}'))")
        assert seen.page.evaluate(folded) == left
    seen.close()


def test_what_a_screen_reader_needs_is_there(page: Page) -> None:
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.locator("text=I read it otherwise").first.click()
    faults = page.evaluate(
        """() => {
        const all = (selector) => [...document.querySelectorAll(selector)];
        const named = (node) => node.labels?.length || node.getAttribute("aria-label") || node.textContent.trim();
        const ids = all("[id]").map((node) => node.id).filter((id) => !id.startsWith("patch_"));
        let level = 0;
        const jumps = all("h1, h2, h3").filter((node) => {
            const was = level;
            level = Number(node.tagName[1]);
            return level > was + 1;
        });
        return {
            unnamed: all("input, select, button, audio, [role=region], nav, aside")
                .filter((node) => !named(node)).map((node) => node.outerHTML.slice(0, 80)),
            unscoped: all("th").filter((node) => !node.scope).length,
            "figures without words": all("svg:not([aria-hidden])")
                .filter((node) => !node.getAttribute("aria-label")).length,
            "headings that jump": jumps.length,
            "h1": all("h1").length - 1,
            "main": all("main").length - 1,
            "no language": document.documentElement.lang ? 0 : 1,
            "live": all("[aria-live=polite]").length - 1,
            "labels of nothing": all("label").filter((node) => !document.getElementById(node.htmlFor)).length,
            "sections without heading": all("main section")
                .filter((node) => !document.getElementById(node.getAttribute("aria-labelledby"))).length,
            "links to nothing": all("a[href^='#']").filter((node) => !document.querySelector(node.hash)).length,
        };
    }"""
    )
    assert faults == dict.fromkeys(faults, 0) | {"unnamed": []}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_it_is_written_on(browser: Browser, path: Path, scheme: str) -> None:
    seen = Seen(browser, path, color_scheme=scheme)
    ratios = seen.page.evaluate(
        """() => {
        const parse = (text) => text.match(/[\\d.]+/g).map(Number);
        const light = ([r, g, b]) => {
            const linear = (c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
            const [x, y, z] = [r, g, b].map((c) => linear(c / 255));
            return 0.2126 * x + 0.7152 * y + 0.0722 * z;
        };
        const behind = (node) => {
            for (let one = node; one; one = one.parentElement) {
                const colour = parse(getComputedStyle(one).backgroundColor);
                if (colour.length === 3 || colour[3] === 1) return colour;
            }
            return [255, 255, 255];
        };
        const found = {};
        for (const selector of ["body", ".about", "figcaption", "a", "summary", ".flag", "mark", ".how", "thead th"]) {
            const node = document.querySelector(selector);
            const [a, b] = [light(parse(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
            found[selector] = (a + 0.05) / (b + 0.05);
        }
        return found;
    }"""
    )
    assert {selector: ratio for selector, ratio in ratios.items() if ratio < 4.5} == {}  # WCAG 2.2, AA
    seen.close()
