"""Only what may be used for a purpose: fetched, in SQL, in a split, and checked afterwards."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import tiny_set
from misbehaving import Server
from shelf import shelve

import mudata
from mudata.catalog import ingest
from mudata.catalog.audio.clip import AudioFormat
from mudata.catalog.fetch.request import FetchRequest
from mudata.catalog.index import database
from mudata.catalog.index.holdings import holdings
from mudata.catalog.index.verify import verify
from mudata.catalog.splits import check, draw
from mudata.catalog.splits.split_request import SplitRequest, request_of
from mudata.cli import main
from mudata.errors import ArgumentError, NeedsLicence, SplitError
from mudata.execution.local_processes import LocalProcesses

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.catalog.cards.licence_terms import Purpose
    from mudata.catalog.cards.schema import Card
    from mudata.home import Home

LICENCES = {
    "rock.00000": "Attribution 3.0 International",
    "rock.00001": "Attribution-NonCommercial 3.0 International",
    "rock.00002": "FMA-Limited: Download Only",
    "jazz.00000": "Orphan Work",
    "jazz.00001": "",  # the dataset's own, which is for research
    "jazz.00002": "CC0 1.0 Universal",
}
USABLE = {
    "commercial": ["jazz.00002", "rock.00000"],
    "noncommercial": ["jazz.00002", "rock.00000", "rock.00001"],
    "research": ["jazz.00001", "jazz.00002", "rock.00000", "rock.00001", "rock.00002"],
    None: sorted(LICENCES),
}


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def licensed(server: Server, *, per_clip: bool = True) -> dict[str, Any]:
    """The tiny set, each clip with a licence of its own."""
    made = tiny_set.as_dict(server)
    said = " ".join(f"WHEN '{id_}' THEN '{text}'" for id_, text in LICENCES.items())
    licence = f", nullif(CASE id {said} END, '') AS licence" if per_clip else ""
    made["clips"][0]["select"] = f"SELECT id, 'tiny/' || id || '.wav' AS path, artist, genre{licence} FROM listed"
    made["licence"] = {"text": "ask us", "usage": "research", "redistributable": False, "per_clip": per_clip}
    return made


def get(made: dict[str, Any] | Card, home: Home, **wishes: Any) -> ingest.Ingested:
    card = tiny_set.built(made) if isinstance(made, dict) else made
    request = FetchRequest(accept_licence=True, executor=LocalProcesses(1), **wishes)
    return ingest.get(card, home, request, audio_format=AudioFormat())


def ids(home: Home) -> list[str]:
    with database.snapshot(home) as con:
        return [row[0].partition("/")[2] for row in con.sql("SELECT clip_id FROM clips ORDER BY 1").fetchall()]


@pytest.mark.parametrize("usage", list(USABLE))
def test_fetch_takes_what_may_be_used_by_each_clips_own_licence(
    server: Server, home: Home, usage: Purpose | None
) -> None:
    got = get(licensed(server), home, usage=usage)
    assert ids(home) == USABLE[usage]
    assert got.usable == len(USABLE[usage])
    assert not got.at_fault
    told = [issue.what for issue in got.issues if issue.kind == "not-permitted"]
    assert told == {
        "commercial": ["4 clips left out, whose licence does not permit commercial use (1 noncommercial, 2 research, 1"
                       " unknown)"],
        "noncommercial": ["3 clips left out, whose licence does not permit noncommercial use (2 research, 1 unknown)"],
        "research": ["1 clip left out, whose licence does not permit research use (1 unknown)"],
        None: [],
    }[usage]  # fmt: skip


def test_the_use_is_recorded_and_told_and_no_fault(server: Server, home: Home) -> None:
    made = licensed(server)
    get(made, home, usage="commercial")
    assert database.current_generations(home)["tiny"].about["selection"] == {"usage": "commercial"}
    assert holdings(home)["tiny"].state == "selected"
    findings = verify(tiny_set.built(made), home)
    assert {(f.check, f.severity) for f in findings} == {("selection", "note"), ("not-permitted", "note")}


def test_where_limit_and_use_go_together(server: Server, home: Home) -> None:
    got = get(licensed(server), home, usage="noncommercial", where="list_contains(genre, 'rock')", limit=1)
    assert len(ids(home)) == 1
    assert set(ids(home)) < {"rock.00000", "rock.00001"}
    assert [i.what for i in got.issues if i.kind == "not-permitted"] == [
        "1 clip left out, whose licence does not permit noncommercial use (1 research)"
    ]


def test_clips_that_may_not_be_used_are_not_downloaded(server: Server, home: Home) -> None:
    made = licensed(server)
    made["sources"]["audio"]["mirrors"] = [tiny_set.clipwise(server)]
    get(made, home, usage="commercial")
    asked = {seen.path.rpartition("/")[2] for seen in server.seen if seen.path.endswith(".wav")}
    assert asked == {"rock.00000.wav", "jazz.00002.wav"}
    get(made, home, usage="noncommercial")
    assert ids(home) == USABLE["noncommercial"]


def test_a_dataset_of_one_licence_is_refused_before_anything_is_asked(server: Server, home: Home) -> None:
    card = tiny_set.built(licensed(server, per_clip=False))
    with pytest.raises(NeedsLicence, match=r"its licence is for research use \(ask us\); nothing .* commercial use"):
        get(card, home, usage="commercial")
    assert not server.seen
    assert get(card, home, usage="research").usable == 6
    unknown = card.model_copy(update={"licence": replace_usage(card, "unknown")})
    with pytest.raises(NeedsLicence, match="its licence is unknown"):
        get(unknown, home, usage="research")


def replace_usage(card: Card, usage: str) -> Any:
    return card.licence.model_copy(update={"usage": usage})


# ----------------------------------------------------------------------------- SQL and splits


@pytest.fixture
def toy(home: Home) -> Home:
    """Ten clips: five unrestricted, three noncommercial, one for research, one unknown."""
    usages = ["unrestricted"] * 5 + ["noncommercial"] * 3 + ["research", "unknown"]
    clips = [{"id": f"{n}", "usage": usage, "licence": f"licence {n}"} for n, usage in enumerate(usages)]
    shelve(home, clips=clips)
    return home


def test_sql_has_a_row_for_each_purpose_that_a_clip_may_be_used_for(toy: Home) -> None:
    rows = mudata.sql("SELECT purpose, count(*) FROM permitted_clips GROUP BY 1 ORDER BY 1").fetchall()
    assert rows == [("commercial", 5), ("noncommercial", 8), ("research", 9)]
    columns = mudata.sql("SELECT * FROM permitted_clips").columns
    assert columns == [*mudata.sql("SELECT * FROM clips").columns, "purpose"]
    told = [row["column"] for row in mudata.schema("permitted_clips")]
    assert columns == told


@pytest.mark.parametrize(("usage", "clips"), [("commercial", 5), ("noncommercial", 8), ("research", 9), (None, 10)])
def test_a_split_is_drawn_from_what_may_be_used(toy: Home, usage: Purpose | None, clips: int) -> None:
    made = draw.make(toy, SplitRequest(name="s", datasets=("toy",), usage=usage, parts={"train": 0.6, "test": 0.4}))
    assert sum(map(len, made.parts.values())) == clips
    assert made.query.get("usage") == usage
    assert ("usage" in made.query) == (usage is not None)
    left = f"{10 - clips} clip{'s' if clips < 9 else ''} left out: their licence does not permit {usage} use"
    assert [text.startswith(left) for text in made.warnings if "licence" in text] == ([True] if usage else [])
    again = draw.make(toy, request_of(made))
    assert again.sha256 == made.sha256


def test_no_clip_for_a_purpose_is_told_with_the_reason(home: Home) -> None:
    shelve(home, clips=[{"id": "1", "usage": "unknown"}, {"id": "2"}])  # the second of a home that says nothing
    with pytest.raises(SplitError, match="2 clips left out: their licence does not permit research use"):
        draw.make(home, SplitRequest(name="s", datasets=("toy",), usage="research"))


def test_a_use_that_is_none_is_refused() -> None:
    with pytest.raises(SplitError, match="got 'fun'"):
        SplitRequest(name="s", datasets=("toy",), usage="fun")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="usage is 'fun'"):
        mudata.split("s", dataset="toy", usage="fun")  # type: ignore[arg-type]


def test_the_check_tells_of_clips_whose_licence_was_narrowed(toy: Home) -> None:
    made = draw.make(toy, SplitRequest(name="s", datasets=("toy",), usage="commercial", parts={"test": 1.0}))
    assert [f.kind for f in check.check(toy, made)] == []
    shelve(toy, clips=[{"id": f"{n}", "usage": "unrestricted" if n else "noncommercial"} for n in range(5)])
    licence = [f for f in check.check(toy, made) if f.kind == "licence"]
    assert [(f.level, f.clip_ids) for f in licence] == [("fault", ("toy/0",))]
    without = replace(made, query={k: v for k, v in made.query.items() if k != "usage"}).sealed()
    assert "licence" not in {f.kind for f in check.check(toy, without)}


def test_the_command_line_takes_the_same_wish(
    toy: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for words, code in (("--usage noncommercial", 0), ("--usage fun", 2)):
        monkeypatch.setattr(sys, "argv", ["mudata", "split", "mine", "--dataset", "toy", *words.split()])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == code
    assert "2 clips left out: their licence does not permit noncommercial use" in capsys.readouterr().err
    made: Path = toy.splits / "mine.json"
    assert json.loads(made.read_text())["query"]["usage"] == "noncommercial"
    assert mudata.split("mine", dataset="toy", usage="noncommercial").sha256 == json.loads(made.read_text())["sha256"]
