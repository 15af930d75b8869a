"""A listening test as files: a rater's whole way without a network, and the file that comes back."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import listening_tests
import pytest
from shell import typed

import mudata
from mudata.errors import EvaluationError
from mudata.evaluation.listening import listening_test, rater_links
from mudata.evaluation.listening.answers_file import answers_key, seal_of, take_answers
from mudata.evaluation.listening.rating_store import RatingStore
from mudata.evaluation.report.page import visible
from mudata.web.rating_pages.rater_bundle import bundle_page, write_bundles

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from mudata.evaluation.listening.listening_test import ListeningTest
    from mudata.home import Home

pytest.importorskip("starlette")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
KINDS = ("mos", "pairwise", "texts")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as started:
        flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        opened = started.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


def test_on_disk(home: Home, kind: str) -> ListeningTest:
    made = listening_tests.listening_test(f"test-of-{kind}", kind, rated=2)  # type: ignore[arg-type]
    listening_tests.on_disk(home, made)
    return made


test_on_disk.__test__ = False  # type: ignore[attr-defined]


def unpacked(home: Home, test: ListeningTest, folder: Path) -> Path:
    """The page of r01."""
    written = write_bundles(home, test.name, folder / "zips", i_have_rights=True)
    assert [path.name for path in written] == ["listening-r01.zip", "listening-r02.zip"]
    with zipfile.ZipFile(written[0]) as packed:
        packed.extractall(folder)
    return folder / "listening-r01" / "index.html"


class Rater:
    """Somebody who rates from files: everything is asked of the keyboard, and no network is there."""

    def __init__(self, browser: Browser, page: Path, **context: Any) -> None:
        self.context = browser.new_context(accept_downloads=True, **{"locale": "en-GB"} | context)
        self.address, self.asked, self.complaints = page.as_uri(), [], []
        self.open()

    def open(self) -> None:
        self.page: Page = self.context.new_page()
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(self.address)

    def heading(self) -> str:
        """Of a screen that axe-core finds nothing serious in."""
        found = pytest.importorskip("axe_playwright_python.sync_playwright").Axe().run(self.page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
        return self.page.locator("h1").inner_text()

    def agree(self) -> None:
        self.page.check("#agree")
        self.moved(lambda: self.page.click("form.agree button"))
        assert self.page.locator("#volume").is_visible()
        assert self.heading() == "How it works"
        self.moved(lambda: self.page.click("a.button.go"))

    def hear(self) -> None:
        for number in range(self.page.locator(".player").count()):
            self.page.locator(".play").nth(number).click()
            self.page.wait_for_selector(f"#player-{number}.heard")

    def choose(self, value: str) -> None:
        for group in self.page.locator("fieldset").all():
            group.locator(f"input[value='{value}']").focus()
            self.page.keyboard.press(value)

    def send(self) -> None:
        self.moved(lambda: self.page.keyboard.press("Enter"))

    def moved(self, move: Callable[[], None]) -> None:
        """Do what leads to another screen, and wait for it."""
        with self.page.expect_event("load"):
            move()

    def saved(self, to: Path) -> Path:
        with self.page.expect_download() as waited:
            self.page.click("[data-save]")
        waited.value.save_as(to / waited.value.suggested_filename)
        return to / waited.value.suggested_filename

    def close(self) -> None:
        self.context.close()
        assert not self.complaints
        assert {url.partition(":")[0] for url in self.asked} <= {"file", "data", "blob"}


@in_browser
@pytest.mark.parametrize("kind", KINDS[:2])
def test_a_whole_way_without_a_network_ends_in_a_file_that_is_taken(
    kind: str, home: Home, tmp_path: Path, browser: Browser
) -> None:
    test = test_on_disk(home, kind)
    (plan, _), value, other = test.raters, "4" if kind == "mos" else "D", "2" if kind == "mos" else "A"
    rater = Rater(browser, unpacked(home, test, tmp_path))
    assert rater.heading() == "Before you begin"
    assert "They stay in this browser" in rater.page.locator("main").inner_text()
    rater.agree()
    for number, trial in enumerate(plan.trials):
        assert rater.page.locator(".note-box").count() == (number == 1)  # the practice is over
        shown = rater.page.locator(".said .words").all_inner_texts()
        assert [text.split() for text in shown] == [visible(text).split() for text in trial.texts]
        sounds = rater.page.eval_on_selector_all("audio", "all => all.map(one => one.src.split('/').pop())")
        assert sounds == list(trial.stimuli)
        if number == 0:  # nothing is rated unheard
            rater.choose(value)
            rater.page.keyboard.press("Enter")
            assert "Please hear everything" in rater.page.locator("#live").inner_text()
        rater.hear()
        rater.choose(next(iter(trial.expected.values()), value))
        rater.send()
        if number == 1:  # closed, opened again, in another language: it goes on where it was
            partly = rater.saved(tmp_path)
            rater.page.close()
            rater.open()
            rater.moved(lambda: rater.page.click("a[hreflang=de]"))
            rater.moved(lambda: rater.page.click("a[href='#/back']"))
            assert rater.page.locator("form[data-corrects]").count() == 1
            assert rater.page.locator("input:checked").first.input_value() == value
            rater.choose(other)
            rater.send()
    assert rater.heading() == "Vielen Dank"
    whole = rater.saved(tmp_path)
    assert whole.name == "listening-r01-answers.json"
    rater.close()
    content = json.loads(whole.read_text())
    tokens = rater_links.read(listening_test.folder_of(home, test.name), test)
    assert content["seal"] == seal_of(content, answers_key(test, "r01", tokens["r01"]))
    taken = take_answers(home, test.name, whole)
    count = len(plan.trials) * len(test.aspects)
    assert (taken.added, taken.known, taken.older, taken.finished) == (count, 0, 0, True)
    assert take_answers(home, test.name, whole).added == 0
    assert partly.exists()
    with RatingStore(listening_test.folder_of(home, test.name)) as store:
        ratings = {(rating.trial, rating.value) for rating in store.ratings("r01")}
        (record,) = store.raters()
    expected = [next(iter(trial.expected.values()), value) for trial in plan.trials]
    expected[1] = other
    assert ratings == {(trial.id, one) for trial, one in zip(plan.trials, expected, strict=True)}
    assert (record.rater, record.language, record.source) == ("r01", "de", whole.name)
    assert record.finished_at


@in_browser
def test_a_browser_that_keeps_nothing_says_so_and_loses_nothing_while_it_is_open(
    home: Home, tmp_path: Path, browser: Browser
) -> None:
    test = test_on_disk(home, "texts")
    rater = Rater(browser, unpacked(home, test, tmp_path), viewport={"width": 320, "height": 640})
    rater.page.close()
    rater.context.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('no'); }})")
    rater.open()
    rater.agree()
    assert rater.page.locator("[data-not-kept]").is_visible()
    assert rater.page.evaluate("document.documentElement.scrollWidth") <= 320
    rater.hear()
    rater.choose("B")
    rater.send()
    assert rater.heading() == "1 of 3"
    rater.page.reload()
    assert rater.heading() == "1 of 3"
    rater.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_bundle_says_nothing_of_systems_clips_or_others_and_is_light(kind: str, home: Home, tmp_path: Path) -> None:
    test = test_on_disk(home, kind)
    page = unpacked(home, test, tmp_path)
    tokens = rater_links.read(listening_test.folder_of(home, test.name), test)
    for file in page.parent.rglob("*"):
        content = b"" if file.is_dir() else file.read_bytes()
        hidden = [*listening_tests.SECRETS, *tokens.values(), test.name, *(trial.id for trial in test.raters[1].trials)]
        assert not [word for word in hidden if word.encode() in content or word in file.name]
    assert len(page.read_bytes()) < 300_000
    own = {stimulus for trial in test.raters[0].trials for stimulus in trial.stimuli}
    assert {path.name for path in (page.parent / "sounds").iterdir()} == own | {"volume.flac"}
    html = page.read_text("utf-8")
    assert "<script>document.title" not in html
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:|sounds/|["'])""", html)
    before = (tmp_path / "zips" / "listening-r02.zip").read_bytes()
    write_bundles(home, test.name, tmp_path / "zips", i_have_rights=True)
    assert (tmp_path / "zips" / "listening-r02.zip").read_bytes() == before
    assert len(list((tmp_path / "zips").iterdir())) == 2


def test_clips_that_may_not_be_passed_on_are_kept_unless_one_has_the_rights(home: Home, tmp_path: Path) -> None:
    test = test_on_disk(home, "mos")
    refused = typed("listen", "serve", test.name, "--static", tmp_path / "zips")
    assert refused.code == 2
    assert "may not be passed on, cut and with another loudness" in refused.err
    assert not (tmp_path / "zips").exists()
    done = typed("listen", "serve", test.name, "--static", tmp_path / "zips", "--i-have-rights", "--json")
    assert [row["rater"] for row in json.loads(done.out)] == ["r01", "r02"]
    assert typed("listen", "serve", test.name, "--i-have-rights").code == 2


Change = Callable[[dict[str, Any]], None]


def _filed(test: ListeningTest, tokens: dict[str, str], **change: Any) -> dict[str, Any]:
    """A file of r01 with all answers, sealed."""
    time = "2026-12-01T12:00:00+00:00"
    names = [aspect.name for aspect in test.aspects]
    answers = [
        {"trial": trial.id, "values": dict.fromkeys(names, "3"), "heard_s": 0.4, "rated_at": time}
        for trial in test.raters[0].trials
    ]
    content = {"format": "mudata listening answers 1", "test": test.sha256, "rater": "r01", "language": "en"}
    content |= {"consented_at": time, "finished_at": time, "answers": answers} | change
    return content | {"seal": seal_of(content, answers_key(test, "r01", tokens["r01"]))}


def test_a_doctored_file_is_refused_with_the_reason(home: Home, tmp_path: Path) -> None:
    test = test_on_disk(home, "mos")
    tokens = rater_links.read(listening_test.folder_of(home, test.name), test)
    good, file = _filed(test, tokens), tmp_path / "answers.json"
    answers = good["answers"]
    file.write_text(json.dumps(good))
    again = json.loads(json.dumps(good))
    again["answers"][0]["values"]["fit"] = "5"
    cases: list[tuple[dict[str, Any], str]] = [
        (again, "its seal is wrong"),
        (good | {"rater": "r02"}, "not saved by the pages of r02: its seal is wrong"),
        (good | {"rater": "r99"}, "whom test-of-mos does not ask"),
        (good | {"test": "0" * 64}, "is of another test"),
        (good | {"format": "x"}, "its format is 'x'"),
        (good | {"more": 1}, "cannot be read: more"),
        (_filed(test, tokens, answers=answers[1:]), "not to the first 3 trials"),
        (_filed(test, tokens, answers=answers[:2]), "finished with 2 of 4 trials"),
        (_filed(test, tokens, answers=[answers[0], answers[0], *answers[2:]]), "not to the first 4 trials"),
        (_filed(test, tokens, answers=[answers[0] | {"values": {"fit": "3"}}, *answers[1:]]), "answer 1 is about fit"),
        (
            _filed(test, tokens, answers=[answers[0] | {"values": {"fit": "6", "detail": "1"}}, *answers[1:]]),
            "answer 1 is '6'",
        ),
        (_filed(test, tokens, answers=[answers[0] | {"heard_s": 99.0}, *answers[1:]]), "answer 1 was heard for 99 s"),
        (_filed(test, tokens, consented_at="yesterday"), "'yesterday' is no time"),
    ]
    for content, told in cases:
        file.write_text(json.dumps(content))
        with pytest.raises(EvaluationError, match=told):
            take_answers(home, test.name, file)
    for raw in (b"", b"{", b"[]", b"\xff\xfe", b"{" * 100_000, b" " * 5_000_001):
        file.write_bytes(raw)
        with pytest.raises(EvaluationError, match=r"answers\.json"):
            take_answers(home, test.name, file)
    with RatingStore(listening_test.folder_of(home, test.name)) as store:
        assert (store.raters(), store.ratings()) == ([], [])


def test_of_two_files_the_later_answer_counts_whichever_comes_first(home: Home, tmp_path: Path) -> None:
    test = test_on_disk(home, "mos")
    tokens = rater_links.read(listening_test.folder_of(home, test.name), test)
    first = _filed(test, tokens)
    corrected = [*first["answers"]]
    corrected[3] = corrected[3] | {"values": {"fit": "1", "detail": "3"}, "rated_at": "2026-12-01T12:30:00Z"}
    paths = [tmp_path / "first.json", tmp_path / "second.json"]
    for path, content in zip(paths, (first, _filed(test, tokens, answers=corrected)), strict=True):
        path.write_text(json.dumps(content))
    for order in (paths, paths[::-1]):
        with RatingStore(folder := listening_test.folder_of(home, test.name)) as store:
            store.forget("r01")
        taken = [take_answers(home, test.name, path) for path in order]
        assert [one.added for one in taken] == ([8, 1] if order is paths else [8, 0])
        with RatingStore(folder) as store:
            assert [rating.value for rating in store.ratings("r01")].count("1") == 1


def test_several_files_are_taken_and_what_is_wrong_with_one_is_told(home: Home, tmp_path: Path) -> None:
    test = test_on_disk(home, "mos")
    tokens = rater_links.read(listening_test.folder_of(home, test.name), test)
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(_filed(test, tokens)))
    bad.write_text(json.dumps(_filed(test, tokens) | {"language": "de"}))
    done = typed("listen", "import", test.name, bad, good)
    assert (done.code, "its seal is wrong" in done.err) == (2, True)
    assert "good.json: 8 ratings of 1 rater." in done.err
    again = typed("listen", "import", test.name, good, "--json")
    assert json.loads(again.out) == [{"test": test.name, "ratings": 0, "raters": 1, "made": False, "known": 8}]
    assert typed("listen", "import", test.name, bad).code == 2
    assert mudata.bundle_listening_test(test.name, tmp_path / "zips", i_have_rights=True)[1].name == "listening-r02.zip"


def test_a_page_is_the_same_whenever_it_is_made(home: Home) -> None:
    test = test_on_disk(home, "mos")
    assert bundle_page(test, test.raters[0], "t" * 32) == bundle_page(test, test.raters[0], "t" * 32)
