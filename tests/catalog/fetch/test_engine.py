"""The engine that datasets and weights share: options in order, and what is told when none gives anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from misbehaving import Server
from tiny_set import plain

from mudata.catalog.cards.mirrors import HttpMirror, LocalMirror
from mudata.catalog.fetch.engine import (
    Delivery,
    Engine,
    FailedOption,
    check_room,
    common_kind,
    error_of,
    try_in_order,
)
from mudata.catalog.fetch.ledger import Ledger
from mudata.catalog.fetch.plan import FetchJob, Option
from mudata.catalog.fetch.sources import http
from mudata.catalog.fetch.sources.source import FetchResult, Target
from mudata.errors import (
    ChecksumMismatch,
    FetchError,
    HomeError,
    MissingExtra,
    MudataError,
    NeedsToken,
    Offline,
)
from mudata.narration import SILENT

if TYPE_CHECKING:
    from mudata.home import Home


def mirror(host: str, **more: object) -> HttpMirror:
    files = [{"path": "a.csv", "url": f"http://{host}/a.csv"}]
    return HttpMirror.model_validate({"kind": "http", "files": files} | more)


def option(host: str, **more: object) -> Option:
    made = mirror(host, **more)
    return Option(made, ((FetchJob(made, host, host), "missing"),))


def test_options_are_taken_in_order_until_one_gives() -> None:
    tried: list[str] = []
    told: list[tuple[str, str]] = []

    def take(choice: Option) -> None:
        key = choice.jobs[0][0].key
        tried.append(key)
        if key != "c.org":
            raise FetchError(f"not at {key}")

    def tell(failure: FailedOption, following: Option) -> None:
        told.append((failure.error.what, following.jobs[0][0].key))

    dead = option("b.org", status="dead", checked="2022-10", note="The first host.")
    assert try_in_order([option("a.org"), dead, option("c.org"), option("d.org")], take, tell) == []
    assert tried == ["a.org", "c.org"], "a dead mirror is not tried, nor is one after the right one"
    assert told == [
        ("not at a.org", "b.org"),
        ("known to be gone, seen 2022-10. The first host.", "c.org"),
    ]
    failures = try_in_order([option("a.org"), dead], take)
    assert [failure.error.what for failure in failures] == [
        "not at a.org",
        "known to be gone, seen 2022-10. The first host.",
    ]


@pytest.mark.parametrize("error", [HomeError("full"), KeyboardInterrupt()])
def test_what_no_other_mirror_can_mend_is_raised_at_once(error: BaseException) -> None:
    def take(choice: Option) -> None:
        raise error

    with pytest.raises(type(error)):
        try_in_order([option("a.org"), option("b.org")], take)


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([], FetchError),
        ([FetchError("x")], FetchError),
        ([Offline("x"), Offline("y")], Offline),
        ([Offline("x"), FetchError("y")], FetchError),
        ([ChecksumMismatch("x"), NeedsToken("y")], NeedsToken),
        ([MissingExtra("x", "y", "z")], FetchError),
    ],
)
def test_the_kind_of_several_errors(errors: list[MudataError], kind: type[FetchError]) -> None:
    assert common_kind(errors) is kind


def test_one_error_tells_all_reasons_and_is_of_the_kind_of_those_that_were_asked() -> None:
    by_hand = LocalMirror.model_validate({"kind": "local", "how": "Write to them."})
    failures = [
        FailedOption(mirror("a.org"), Offline("a is not here", "Go online.")),
        FailedOption(mirror("b.org", status="dead"), FetchError("known to be gone.")),
        FailedOption(by_hand, FetchError("Write to them.")),
    ]
    error = error_of("tables", failures, "Bring them.")
    assert type(error) is Offline
    assert str(error) == (
        "tables could not be had:\n  http a.org: a is not here\n    Go online.\n"
        "  http b.org: known to be gone.\n  local: Write to them.\nBring them."
    )


def test_a_hint_that_several_mirrors_share_is_told_once() -> None:
    failures = [FailedOption(mirror(f"{name}.org"), FetchError(f"{name} is silent.", "Go online.")) for name in "ab"]
    assert str(error_of("tables", failures)) == (
        "tables could not be had:\n  http a.org: a is silent.\n  http b.org: b is silent.\nGo online."
    )


def test_what_cannot_fit_is_told(tmp_path: Path) -> None:
    check_room("tiny", 0, tmp_path)
    with pytest.raises(HomeError, match=r"tiny needs 9000000\.0 GB more below .*GB are free"):
        check_room("tiny", 9e15, tmp_path)


def delivery(server: Server, home: Home, *, state: str = "missing", offline: bool = False) -> Delivery:
    made = HttpMirror.model_validate({"kind": "http", "files": [plain(server, "a.csv", b"a,b\n")]})
    target = Target(
        dataset="tiny",
        files=home.make(home.root / "files"),
        downloads=home.root / "downloads",
        subset=None,
        wanted=lambda path: True,
        limit=None,
        clips=None,
        offline=offline,
        jobs=1,
    )
    return Delivery(
        component="tables",
        mirror="http 127.0.0.1",
        announcement="here it comes",
        jobs=[(FetchJob(made, "key", "key"), state)],  # type: ignore[list-item]
        target=target,
        ledger=Ledger(home.root / "fetched.json"),
    )


def test_a_delivery_is_recorded_and_counted(home: Home) -> None:
    engine = Engine(home, SILENT)
    with Server() as server:
        engine.take(delivery(server, home))
    assert (engine.bytes, engine.jobs, engine.notes) == (4, 1, [])
    record = Ledger(home.root / "fetched.json").records["key"]
    assert (record.component, record.mirror, list(record.files)) == ("tables", "http 127.0.0.1", ["a.csv"])
    assert record.sums["a.csv"].startswith("sha256:")
    assert not (home.root / "downloads").exists()


def test_a_changed_file_comes_anew_but_without_the_network_it_is_left(home: Home) -> None:
    file = home.root / "files" / "a.csv"
    with Server() as server:
        Engine(home, SILENT).take(delivery(server, home))
        file.write_bytes(b"a,b,c\n")
        with pytest.raises(Offline):
            Engine(home, SILENT).take(delivery(server, home, state="stale", offline=True))
        assert file.read_bytes() == b"a,b,c\n", "the user may want to keep what cannot come back now"
        Engine(home, SILENT).take(delivery(server, home, state="stale"))
    assert file.read_bytes() == b"a,b\n"


def test_where_a_delivery_has_to_be_complete_one_failure_is_an_error(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = FetchResult((), 5, {"a.csv": "gone", "b.csv": "lost"})
    monkeypatch.setattr(http, "fetch", lambda mirror, target, progress: result)
    engine = Engine(home, SILENT)
    with Server() as server:
        one = delivery(server, home)
        with pytest.raises(FetchError, match=r"2 files could not be had: gone"):
            engine.take(replace(one, complete=True))
        assert one.ledger.records == {}
        engine.take(one)
    assert one.ledger.records["key"].failures == result.failures
    assert engine.bytes == 10
