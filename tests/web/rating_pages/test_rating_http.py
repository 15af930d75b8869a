"""What raters, and those who are none, can get and change over HTTP."""

from __future__ import annotations

import re
import resource
import sqlite3
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from listening_tests import SECONDS, SECRETS, TEXTS, listening_test, on_disk

from mudata.evaluation.listening import rater_links
from mudata.evaluation.listening.rating_store import RatingStore
from mudata.web.rating_pages import rating_app
from mudata.web.rating_pages.rater_desk import RaterDesk
from mudata.web.rating_pages.request_limits import RequestLimit
from mudata.web.security import LOOPBACK

if TYPE_CHECKING:
    from httpx2 import Response

    from mudata.evaluation.listening.listening_test import TestKind
    from mudata.home import Home

testclient = pytest.importorskip("starlette.testclient")
pytest.importorskip("pyloudnorm")
JSON = {"Accept": "application/json"}


class Served:
    """A test and a browser that keeps nothing; time passes when it is told to."""

    def __init__(self, home: Home, kind: TestKind, **more: Any) -> None:
        self.test = listening_test("secret-study", kind, **more)
        self.folder: Path = on_disk(home, self.test)
        self.tokens = rater_links.read(self.folder, self.test)
        self.said: list[str] = []
        self.now = 1_800_000_000.0
        self.start()

    def start(self) -> None:
        """As after a restart: nothing but what is on the disk."""
        self.store = RatingStore(self.folder, wait_s=0)
        desk = RaterDesk(self.test, self.folder, self.tokens, self.store, clock=lambda: self.now)
        app = rating_app.rating_app(desk, LOOPBACK, self.said.append)
        self.client = testclient.TestClient(
            app, base_url="http://127.0.0.1:8000", follow_redirects=False, raise_server_exceptions=False
        )

    def get(self, path: str = "", rater: str = "r01", **headers: str) -> Response:
        return self.client.get(f"/r/{self.tokens[rater]}{path}", headers=headers)

    def form(self, page: str) -> dict[str, str]:
        """The hidden fields of a page's form."""
        fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
        return {name: unescape(value) for name, value in fields}

    def consent(self, rater: str = "r01") -> None:
        form = self.form(self.get(rater=rater).text)
        assert self.client.post(f"/r/{self.tokens[rater]}", data=form | {"agree": "yes"}).status_code == 303

    def filled(self, place: int, value: str = "2", rater: str = "r01", *, heard: float = SECONDS) -> dict[str, str]:
        """The form of a rater's trial, heard and filled in with one answer for all aspects."""
        trial = self.trial(place, rater)
        form = self.form(self.get(f"/trial/{trial.id}", rater).text)
        self.now += SECONDS * len(trial.stimuli)
        said = {f"answer-{aspect.name}": value for aspect in self.test.aspects}
        return form | said | {f"heard-{i}": str(heard) for i in range(len(trial.stimuli))}

    def trial(self, place: int, rater: str = "r01") -> Any:
        return next(plan for plan in self.test.raters if plan.rater == rater).trials[place]

    def send(self, place: int, form: dict[str, Any], rater: str = "r01", **headers: str) -> Response:
        address = f"/r/{self.tokens[rater]}/trial/{self.trial(place, rater).id}"
        return self.client.post(address, data=form, headers=JSON | headers)

    def kept(self, rater: str = "r01") -> dict[str, str]:
        return {rating.trial: rating.value for rating in self.store.ratings(rater)}

    def rows(self) -> int:
        return int(sqlite3.connect(self.store.path).execute("SELECT count(*) FROM ratings").fetchone()[0])


@pytest.fixture
def served(home: Home) -> Iterator[Served]:
    made = Served(home, "mos")
    yield made
    made.store.close()


@pytest.mark.slow
def test_a_way_through_and_nothing_is_kept_before_consent(served: Served) -> None:
    first = served.get(**{"Accept-Language": "fr, de;q=0.9"})
    assert '<html lang="de">' in first.text
    assert "r01" in first.text
    for form in (served.form(first.text), served.form(served.get(rater="r02").text) | {"agree": "yes"}):
        assert served.client.post(f"/r/{served.tokens['r01']}", data=form).status_code == 422
    sent = served.filled(0)
    assert served.send(0, sent).json()["next"].endswith("told=old")
    assert (served.store.raters(), served.store.ratings()) == ([], [])
    form = served.form(first.text) | {"agree": "yes"}
    assert served.client.post(f"/r/{served.tokens['r01']}", data=form).headers["location"] == first.request.url.path
    assert [(r.rater, r.language) for r in served.store.raters()] == [("r01", "de")]
    assert "Beginnen" in served.get().text
    for place in range(5):
        assert served.send(place, served.filled(place)).json() == {"next": f"/r/{served.tokens['r01']}"}
        served.store.close()
        served.start()  # a restart between any two answers changes nothing
    assert "Vielen Dank" in served.get().text
    assert [r.finished_at is not None for r in served.store.raters()] == [True]
    assert {r.heard_s for r in served.store.ratings()} == {SECONDS}
    assert served.rows() == len(served.store.ratings()) == 10


def test_a_language_is_chosen_for_a_page_and_kept_with_what_is_sent(served: Served) -> None:
    served.consent()
    page = served.get(f"/trial/{served.trial(0).id}?language=zh")
    assert '<html lang="zh">' in page.text
    assert served.store.raters()[0].language == "en"
    served.now += SECONDS
    form = served.filled(0) | {"language": "zh"}
    assert "next" in served.send(0, form).json()
    assert served.store.raters()[0].language == "zh"
    assert '<html lang="zh">' in served.get().text
    assert '<html lang="zh">' in served.get("?language=klingon'").text


def test_forms_that_come_twice_late_or_from_a_second_window_change_nothing_wrongly(served: Served) -> None:
    served.consent()
    first = served.filled(0, "2")
    second_window = served.filled(0, "5")
    assert "next" in served.send(0, first).json()
    assert served.send(0, first).json() == {"next": f"/r/{served.tokens['r01']}"}, "a replay is taken as what it is"
    assert served.rows() == 2
    told = served.send(0, second_window).json()["next"]
    assert told.endswith("?told=elsewhere")
    assert served.rows() == 2
    page = served.client.get(told)
    assert "another window" in page.text
    assert 'value="2" required checked' in page.text
    corrected = served.filled(0, "4", heard=0)
    assert "next" in served.send(0, corrected).json(), "what was rated was heard"
    assert (served.kept()[served.trial(0).id], served.rows()) == ("4", 4)
    assert "next" in served.send(1, served.filled(1)).json()
    assert served.send(0, corrected | {"answer-fit": "1"}).json()["next"].endswith("told=late")
    ahead = served.filled(3)  # gets no form: it is not asked yet
    assert served.send(3, ahead).json()["next"].endswith("told=old")
    assert served.kept() == {served.trial(0).id: "4", served.trial(1).id: "2"}


def test_a_form_is_taken_only_whole_heard_and_not_faster_than_the_sound(served: Served) -> None:
    served.consent()
    good = served.filled(0)
    served.now -= SECONDS
    assert "faster" in served.send(0, good).json()["problem"]
    served.now += SECONDS
    for heard in ("0", "nan", "inf", "-1", "1e", "٤", "0.1"):
        assert "to its end" in served.send(0, good | {"heard-0": heard}).json()["problem"]
    bad: list[dict[str, Any]] = [{"answer-fit": v} for v in ("0", "6", "2 ", "", "A", ["2", "3"], "<script>")]
    for wrong in [*bad, {"answer-detail": []}]:
        answer = served.send(0, good | wrong)
        assert (answer.status_code, "missing" in answer.json()["problem"]) == (422, True)
    again = served.client.post(f"/r/{served.tokens['r01']}/trial/{served.trial(0).id}", data=good | {"heard-0": "0"})
    assert again.status_code == 422, "the same without a script: a page, with what was chosen"
    assert again.text.count("checked") == 2
    served.consent("r02")
    own, others = good["seal"], served.filled(0, rater="r02")["seal"]
    for seal in ("", own[:-1] + "x", own.replace(".", "9.", 1), others):
        assert served.send(0, good | {"seal": seal}).json()["next"].endswith("told=old")
    assert served.rows() == 0
    assert "next" in served.send(0, good | {"heard-0": "1e9"}).json()
    assert {r.heard_s for r in served.store.ratings()} == {SECONDS}, "no more than there is to hear"


def test_other_sites_and_other_raters_change_nothing(served: Served) -> None:
    served.consent()
    served.consent("r02")
    good = served.filled(0)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:9000"},
    ):
        assert served.send(0, good, **headers).status_code == 403
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
    other = served.trial(0, "r02").id
    address = f"/r/{served.tokens['r01']}/trial/{other}"
    assert served.client.post(address, data=good, headers=JSON).status_code == 404
    assert served.client.get(address).status_code == 404
    assert served.send(0, good, rater="r02").json()["next"].endswith("told=old")
    assert served.client.get("/r/x", headers={"Host": "evil.example"}).status_code == 400
    assert served.rows() == 0
    assert "next" in served.send(0, good, **own).json()


def test_only_the_raters_own_sounds_are_read_and_in_pieces(served: Served) -> None:
    served.consent()
    own, others = served.trial(0).stimuli[0], served.trial(0, "r02").stimuli[0]
    whole = served.get(f"/sound/{own}")
    assert whole.content == (served.folder / "stimuli" / own).read_bytes()
    assert whole.headers["content-type"] == "audio/flac"
    assert "content-disposition" not in whole.headers
    piece = served.get(f"/sound/{own}", Range="bytes=4-9")
    assert (piece.status_code, piece.content) == (206, whole.content[4:10])
    tricks = (
        "..%2ftest.json",
        "..%2f..%2flinks.json",
        "%2e%2e/links.json",
        "../links.json",
        "test.json",
        "%00",
        own + "%00",
    )
    for name in (others, *tricks, "....//test.json", "/etc/passwd", "%2fetc%2fpasswd", own.upper(), "*", "a" * 5000):
        answer = served.get(f"/sound/{name}")
        assert answer.status_code in (404, 405), name
        assert SECRETS[0] not in answer.text
    assert served.client.get("/assets/..%2frating_app.py").status_code == 404
    (served.folder / "stimuli" / own).unlink()
    assert served.get(f"/sound/{own}").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mos", "pairwise", "texts"])
def test_nothing_that_is_served_names_a_model_clip_label_or_run(home: Home, kind: TestKind) -> None:
    """Every page of two raters, with headers, addresses, sounds; and texts and the experimenter's words are text."""
    words = {"en": "<script>alert('consent')</script>\r\n\r\n{rater} {{ 7 * 7 }}"}
    served = Served(home, kind, consent=words, contact='"><img src=x onerror=alert(2)>')
    seen: list[Response] = []
    served.client.event_hooks = {"response": [lambda response: (response.read(), seen.append(response))]}
    value = "3" if kind == "mos" else "E"
    for rater in ("r01", "r02"):
        served.consent(rater)
        for place, trial in enumerate(served.test.raters[int(rater[1:]) - 1].trials):
            for name in trial.stimuli:
                served.get(f"/sound/{name}", rater)
            assert "next" in served.send(place, served.filled(place, value, rater), rater).json()
        for page in ("", "?language=de", "/instructions?language=zh", "/break"):
            served.get(page, rater)
    assets = dict.fromkeys(re.findall(r'(?:href|src)="(/assets/[^"]+)"', "".join(r.text for r in seen)))
    for address in assets:
        served.client.get(address)
    served.client.get("/r/unknown")
    assert len(seen) > 40
    for response in seen:
        told = f"{response.url}{response.headers}".encode() + response.content
        hidden = [*SECRETS, served.test.name, "wrong clip"]
        assert [secret for secret in hidden if secret.encode() in told] == []
    pages = "".join(response.text for response in seen if "text/html" in response.headers.get("content-type", ""))
    assert all(tag not in pages for tag in ("<script>", "<img", 'onerror="', "<b>"))
    assert "&lt;script&gt;alert(&#39;consent&#39;)" in pages
    assert "U+202E" in pages
    assert "<p>{rater} {{ 7 * 7 }}</p>" in pages
    assert "U+000D" not in pages
    assert served.said == []
    weight = max(len(r.content) for r in seen if "html" in r.headers.get("content-type", ""))
    assert weight + sum(len(served.client.get(one).content) for one in assets if "flac" not in one) < 100_000
    served.store.close()


def test_every_answer_is_guarded_and_no_page_is_cached(served: Served) -> None:
    served.consent()
    for response in (served.get(), served.get("/break"), served.client.get("/r/none"), served.client.get("/none")):
        assert response.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert "unsafe" not in response.headers["content-security-policy"]
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in response.headers
        assert "server" not in response.headers
    assert served.client.put(f"/r/{served.tokens['r01']}").status_code == 405
    assert served.get("/").status_code == 200, "and no redirect to http, which a proxy's rater would follow"
    assert not re.search(r"""(src|href|action)=["'](https?:)?//""", served.get().text)


@pytest.mark.slow
def test_ten_megabytes_many_fields_and_what_is_no_form_are_refused(served: Served) -> None:
    served.consent()
    good = served.filled(0)
    assert served.send(0, good | {"answer-fit": "x" * 10_000_000}).status_code == 413
    assert served.send(0, good | {f"f{i}": "" for i in range(500)}).status_code == 400
    address = f"/r/{served.tokens['r01']}/trial/{served.trial(0).id}"
    file = served.client.post(address, files={"seal": ("a", b"b")}, headers=JSON)
    assert file.status_code == 400
    raw = served.client.post(address, content=b"\xff\x00{", headers=JSON | {"Content-Type": "application/json"})
    assert raw.status_code == 400
    assert served.rows() == 0
    assert "next" in served.send(0, good).json()


@pytest.mark.slow
def test_guessing_links_is_slowed_down_and_those_who_have_one_get_in(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rating_app, "MISSES_A_MINUTE", 10)
    monkeypatch.setattr(rating_app, "REQUESTS_A_MINUTE", 20)
    served = Served(home, "mos")
    served.consent()
    token = served.tokens["r01"]
    wrong = (token[:-1], token + "x", token.swapcase(), "", "é", token.replace("", "%00", 1))
    assert {served.client.get(f"/r/{one}").status_code for one in wrong} == {404}
    assert 429 in [served.client.get(f"/r/{i}").status_code for i in range(20)]
    assert served.get().status_code == 200
    assert 429 in [served.get("/break").status_code for _ in range(40)]
    assert served.get(rater="r02").status_code == 200
    assert served.said == []
    served.store.close()


def test_a_full_disk_and_a_held_database_are_told_and_the_same_form_is_taken_afterwards(served: Served) -> None:
    served.consent()
    good, page = served.filled(0), served.get(rater="r02")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        full = served.send(0, good)
        agreed = served.client.post(f"/r/{served.tokens['r02']}", data=served.form(page.text) | {"agree": "yes"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (full.status_code, full.json()["problem"][:29]) == (503, "Your answer could not be stor")
    assert agreed.status_code == 503
    other = sqlite3.connect(served.store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert served.send(0, good).status_code == 503
    other.execute("COMMIT")
    other.close()
    assert served.rows() == 0
    assert "next" in served.send(0, good).json()
    assert served.kept() == {served.trial(0).id: "2"}
    assert all(token not in line for line in served.said for token in served.tokens.values())


def test_what_goes_wrong_inside_is_told_without_the_link(served: Served, capfd: pytest.CaptureFixture[str]) -> None:
    served.consent()
    served.store.close()
    answer = served.get()
    assert answer.status_code in (500, 503)
    assert "Something went wrong" in answer.text
    assert len(served.said) == 1
    told = "".join([*served.said, *capfd.readouterr(), answer.text])
    assert served.tokens["r01"] not in told


def test_the_texts_shown_are_those_of_the_trial(served: Served) -> None:
    served.consent()
    for place in range(3):
        page = served.get(f"/trial/{served.trial(place).id}").text
        said = unescape(re.search(r'<p class="words" dir="auto">(.*?)</p>', page, re.DOTALL)[1])  # type: ignore[index]
        assert said == TEXTS[place % 4].replace("\u202e", "U+202E").replace("\r\n", "\n")
        served.send(place, served.filled(place))
    assert "choose" in served.get().text
    assert "Correctness: 2" in served.get().text


def test_a_limit_refills_and_remembers_a_bounded_number_of_askers() -> None:
    now = [0.0]
    limit = RequestLimit(2, most=3, clock=lambda: now[0])
    assert [limit.take("a") for _ in range(4)] == [True, True, False, False]
    now[0] += 30
    assert [limit.take("a") for _ in range(2)] == [True, False]
    assert all(limit.take(str(i)) for i in range(3))
    assert limit.take("a"), "forgotten: three others asked since"
