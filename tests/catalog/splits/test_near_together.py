"""Near copies stay together in splits where they are known, which the manifest records; leak reports tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from shelf import sha, shelve
from shell import typed

import mudata
from mudata.catalog.duplicates import fingerprint_store, near_copies
from mudata.catalog.duplicates.fingerprint_store import StoredFingerprint
from mudata.catalog.duplicates.near_copies import NearContent
from mudata.catalog.index import database
from mudata.catalog.splits import draw, leaks
from mudata.catalog.splits.check import check
from mudata.catalog.splits.split_request import SplitRequest, request_of

if TYPE_CHECKING:
    from mudata.catalog.splits.manifest import Manifest
    from mudata.home import Home

PAIRS = [(f"{i:02}", f"{i + 20:02}") for i in range(10)]


def hear(home: Home) -> None:
    """As if all 40 clips had been listened to and 0 and 20, 1 and 21, ..., 9 and 29 found to be near copies."""
    contents = [sha(f"toy/{i:02}") for i in range(40)]
    fingerprint_store.add(home, "toy", [StoredFingerprint(pcm, b"", None) for pcm in contents])
    hashes = [sorted((sha(f"toy/{a}"), sha(f"toy/{b}"))) for a, b in PAIRS]
    near_copies.save(home, set(contents), [NearContent(a, b, 0.97, 20.0, 0.5) for a, b in hashes])


@pytest.fixture
def toy(home: Home) -> Home:
    shelve(home, clips=[{"id": f"{i:02}"} for i in range(40)])
    return home


def ask(home: Home, **wishes: Any) -> Manifest:
    return draw.make(home, SplitRequest(**{"name": "s", "datasets": ("toy",), "parts": {"a": 0.5, "b": 0.5}} | wishes))


def torn(split: Manifest) -> int:
    part = split.part_of()
    return sum(part[f"toy/{a}"] != part[f"toy/{b}"] for a, b in PAIRS)


def test_near_copies_stay_together_and_are_recorded(toy: Home) -> None:
    before = ask(toy)
    assert torn(before)
    hear(toy)
    split = ask(toy)
    assert torn(split) == 0
    assert split.query["near"] == [[f"toy/{a}", f"toy/{b}"] for a, b in PAIRS]
    assert "20 clips in 10 groups are near copies of each other by ear; these stay together." in split.warnings
    alone = ask(toy, near=())
    assert alone.sha256 == before.sha256  # nothing is recorded where nothing is tied
    assert "near" not in alone.query


def test_drawing_goes_by_what_was_found_and_reads_no_fingerprints(toy: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    hear(toy)
    for reading in ("hashes", "read"):
        monkeypatch.setattr(fingerprint_store, reading, lambda *_: pytest.fail("fingerprints are read"))
    assert torn(ask(toy)) == 0


def test_where_no_pairs_are_known_the_index_is_not_asked(toy: Home) -> None:
    nobody: Any = None
    assert near_copies.groups(toy, nobody, ["toy/00"]) == ()


def test_a_manifest_is_drawn_again_alike_where_nobody_listened(toy: Home) -> None:
    before = ask(toy)
    hear(toy)
    split = ask(toy)
    assert draw.make(toy, request_of(before)).sha256 == before.sha256
    near_copies.save(toy, {sha(f"toy/{i:02}") for i in range(40)}, [])
    assert ask(toy).sha256 == before.sha256
    assert draw.make(toy, request_of(split)).sha256 == split.sha256


def test_one_part_ties_nothing(toy: Home) -> None:
    before = ask(toy, parts={"test": 1.0})
    hear(toy)
    assert ask(toy, parts={"test": 1.0}).sha256 == before.sha256


def test_the_command_and_the_function(toy: Home) -> None:
    hear(toy)
    words = ["split", "x", "--dataset", "toy", "--parts", "a=0.5,b=0.5"]
    done = typed(*words)
    assert "near copies" in done.err
    assert torn(mudata.splits()[0]) == 0
    plain = typed(*words, "--no-near", "--force")
    assert "near copies" not in plain.err
    made = mudata.split("y", dataset="toy", parts={"a": 0.5, "b": 0.5}, near=False)
    assert made.sha256 == mudata.splits()[0].sha256
    assert torn(made)


def test_leaks_tell_near_copies(toy: Home) -> None:
    split = ask(toy, near=())
    part_of = split.part_of()
    with database.snapshot(toy) as con:
        assert "near" not in leaks.find(con, part_of, near_copies.of_clips(toy, con, part_of)).known
        hear(toy)
        found = leaks.find(con, part_of, near_copies.of_clips(toy, con, part_of))
    assert (found.known["near"], found.repeated["near"], found.across["near"]) == (40, 10, torn(split))
    (shared,) = [row for row in found.shared if row.kind == "near"]
    assert (shared.groups, shared.clips) == (torn(split), torn(split))
    (finding,) = [finding for finding in check(toy, split) if finding.kind == "leak-near"]
    assert finding.level == "note"
    assert finding.what.startswith("Near copies lie in several parts")


def test_cuts_of_one_file_are_told_apart_from_copies(home: Home) -> None:
    cuts = [{"id": f"{i}", "source_sha256": "long", "start_s": 5.0 * i, "duration_s": 5.0} for i in range(3)]
    overlapping = [{"id": f"o{i}", "source_sha256": "o", "start_s": 2.5 * i, "duration_s": 5.0} for i in range(2)]
    whole = [{"id": "p", "source_sha256": "same"}, {"id": "q", "source_sha256": "same"}]
    shelve(home, clips=[*cuts, *overlapping, *whole])
    part_of = {"toy/0": "a", "toy/1": "b", "toy/2": "b", "toy/o0": "a", "toy/o1": "b", "toy/p": "a", "toy/q": "b"}
    with database.snapshot(home) as con:
        found = leaks.find(con, part_of)
    assert (found.across["copy"], found.across["cut"]) == (1, 2)
    (cut,) = [row for row in found.shared if row.kind == "cut"]
    assert cut.examples == ("toy/1", "toy/2", "toy/o1")
    told = {finding.kind: finding for finding in leaks.findings(found, ())}
    assert told["leak-cut"].level == "fault"
    assert told["leak-cut"].what.startswith("Cuts of one recording lie in several parts, 2 of them")
