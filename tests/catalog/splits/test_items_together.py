"""Clips that one item is about stay together in splits; where they do not, that is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import shelve
from shell import typed

import mudata
from mudata.catalog.clusters import ClusterEvidence, cluster_ids, counted, kind_of
from mudata.catalog.index import database
from mudata.catalog.item_clusters import ItemEvidence, TyingItem, item_cluster_ids, tied_by_items
from mudata.catalog.splits import draw, leaks
from mudata.catalog.splits.check import check
from mudata.catalog.splits.split_request import SplitRequest, request_of
from mudata.errors import SplitError

if TYPE_CHECKING:
    from mudata.catalog.splits.manifest import Manifest, ManifestFinding
    from mudata.home import Home

HALVES = {"train": 0.5, "test": 0.5}
PAIRS = [{"id": f"q{i}", "task": "brighter", "kind": "pair", "clips": [f"{i:02}", f"{i + 20:02}"], "truth": "first"}
         for i in range(10)]  # fmt: skip
TWINS = [{"id": f"{i:02}", "task": "tempo", "clips": [f"{i:02}"], "truth": "120", "cluster": f"piece {i % 5}"}
         for i in range(10, 20)]  # fmt: skip
"""Of clips 10 to 19 two each are of one piece."""


@pytest.fixture
def toy(home: Home) -> Home:
    """40 clips of 20 artists: pairs of 0 and 20, 1 and 21, ..., 9 and 29; twins 10 and 15, 11 and 16, ..."""
    clips = [{"id": f"{i:02}", "artist": f"artist {i // 2}"} for i in range(40)]
    shelve(home, clips=clips, items=[*PAIRS, *TWINS])
    return home


def ask(home: Home, **wishes: Any) -> Manifest:
    return draw.make(home, SplitRequest(**{"name": "s", "datasets": ("toy",), "parts": HALVES} | wishes))


def torn(split: Manifest, *groups: tuple[str, ...]) -> int:
    part = split.part_of()
    return sum(len({part.get(f"toy/{id_}") for id_ in ids}) > 1 for ids in groups)


def of_items(found: list[ManifestFinding]) -> list[ManifestFinding]:
    return [finding for finding in found if finding.kind == "leak-item"]


PAIRED = [tuple(pair["clips"]) for pair in PAIRS]
TWINNED = [(f"{i}", f"{i + 5}") for i in range(10, 15)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("group", [(), ("artist",)])
@pytest.mark.slow
def test_no_item_and_no_piece_is_torn(toy: Home, group: tuple[str, ...], seed: int) -> None:
    split = ask(toy, group=group, seed=seed)
    assert torn(split, *PAIRED, *TWINNED) == 0
    assert not any("cannot be asked" in warning for warning in split.warnings)
    assert of_items(check(toy, split)) == []
    assert {part: len(members) for part, members in split.parts.items()} == {"train": 20, "test": 20}


@pytest.mark.slow
def test_what_is_torn_on_purpose_is_told(toy: Home) -> None:
    split = ask(toy, no_group=True)
    lost = torn(split, *PAIRED)
    assert lost > 0
    (warning,) = split.warnings
    assert warning.startswith(f"{lost} of 10 items about several clips cannot be asked: their clips are in different")
    assert split.query["no_group"] is True
    assert request_of(split).no_group
    assert split.sha256 != ask(toy).sha256
    (finding,) = of_items(check(toy, split))
    assert (finding.level, finding.kind) == ("note", "leak-item")
    assert finding.what.startswith("The same item lies in several parts, ")


@pytest.mark.slow
def test_a_draw_that_leaves_clips_of_items_out_tells_how_many(toy: Home) -> None:
    split = ask(toy, n=20, parts={})
    lost = torn(split, *PAIRED)
    assert lost > 0
    (warning,) = split.warnings
    assert warning.startswith(f"{lost} of 10 items about several clips cannot be asked: their clips are in different")


@pytest.mark.slow
def test_items_about_clips_that_are_left_out_tie_nothing(toy: Home) -> None:
    split = ask(toy, where="clip_id < 'toy/20'")
    assert split.warnings == ()
    assert len({split.part_of()[f"toy/{i:02}"] for i in range(10)}) == 2


@pytest.mark.slow
def test_items_that_tie_all_clips_leave_one_way_out(home: Home) -> None:
    chain = [PAIRS[0] | {"id": f"q{i}", "clips": [f"{i}", f"{i + 1}"]} for i in range(9)]
    shelve(home, clips=[{"id": f"{i}"} for i in range(10)], items=chain)
    with pytest.raises(SplitError, match=r"^1 group \(10 clips\) cannot be dealt into 2 parts") as refused:
        ask(home)
    assert "unless --no-group is given" in refused.value.hint
    assert len(ask(home, no_group=True).parts["train"]) == 5
    with pytest.raises(SplitError, match="To keep artist apart and to keep nothing apart are two wishes"):
        ask(home, no_group=True, group="artist")


@pytest.mark.slow
def test_leaks_have_a_line_for_items_only_where_there_are_some(toy: Home) -> None:
    part_of = {f"toy/{i:02}": "train" if i < 20 else "test" for i in range(40)}
    with database.connect(toy) as con:
        found = leaks.find(con, part_of)
    assert found.across["item"] == 10
    assert found.known["item"] == 30
    assert "item: known of 30 of 40 clips; 10 of 15 that recur lie in several parts" in str(found)
    shelve(toy, clips=[{"id": f"{i:02}"} for i in range(40)], items=[])
    with database.connect(toy) as con:
        assert "item" not in leaks.find(con, part_of).known


@pytest.mark.slow
def test_the_command_and_python_say_it_alike(toy: Home) -> None:
    words = ("split", "mine", "--dataset", "toy", "--parts", "train=0.5,test=0.5", "--no-group", "--json")
    done = typed(*words)
    assert done.code == 0
    said = json.loads(done.out)
    assert said["query"]["no_group"] is True
    assert "items about several clips cannot be asked" in said["warnings"][0]
    made = mudata.split("yours", dataset="toy", parts=HALVES, no_group=True)
    assert made.sha256 == said["sha256"]


# ------------------------------------------------------------------------------------- clusters


def clip(name: str, **known: Any) -> ClusterEvidence:
    return ClusterEvidence(f"d/{name}", "d", **known)


def test_an_item_about_one_clip_is_of_its_clips_cluster() -> None:
    clips = [clip("a", artist="AC/DC"), clip("b", artist="ACDC"), clip("c", track="7"), clip("x")]
    items = [ItemEvidence(one.clip_id, (one,)) for one in clips]
    assert item_cluster_ids(items) == cluster_ids(clips)


def test_items_are_tied_by_their_clips_and_by_their_piece() -> None:
    a, b, c, e = (clip(name) for name in "abce")
    found = item_cluster_ids([
        ItemEvidence("1", (a, b)),
        ItemEvidence("2", (b, c)),
        ItemEvidence("3", (e,), "Piece  9"),
        ItemEvidence("4", (clip("f"),), "piece 9"),
        ItemEvidence("5", (clip("g", artist="Ann"),), "piece 10"),
    ])  # fmt: skip
    assert found == {
        "1": "clip:d/a",
        "2": "clip:d/a",
        "3": "d piece:piece 9",
        "4": "d piece:piece 9",
        "5": "artist:ann",
    }
    assert kind_of("d piece:piece 9") == "piece"
    assert counted(["d piece:1", "d piece:2"]) == "2 pieces"
    assert counted(["d piece:1", "artist:x"]) == "2 artists or pieces"


def test_pieces_of_two_datasets_are_two() -> None:
    other = ClusterEvidence("other/b", "other")
    found = item_cluster_ids([ItemEvidence("1", (clip("a"),), "1"), ItemEvidence("2", (other,), "1")])
    assert found == {"1": "d piece:1", "2": "other piece:1"}
    assert tied_by_items([TyingItem("d", ("d/a",), "1"), TyingItem("other", ("other/b",), "1")]) == {}


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3, unique=True), max_size=8))
def test_clips_are_tied_exactly_when_a_chain_of_items_leads_from_one_to_the_other(asked: list[list[str]]) -> None:
    tied = tied_by_items(TyingItem("d", tuple(clips)) for clips in asked)
    for first in "abcdefgh":
        reached, more = {first}, True
        while more:
            wider = reached.union(*(clips for clips in asked if reached & {*clips}))
            more, reached = wider != reached, wider
        for second in "abcdefgh":
            together = first in tied and tied.get(first) == tied.get(second)
            assert together == (second in reached and len(reached) > 1)


def test_passes_of_an_item_are_of_its_cluster_and_one_asked_twice_ties_what_it_is_about() -> None:
    a, b = (ClusterEvidence(f"d/{name}", "d") for name in "ab")
    passes = [ItemEvidence(f"d/{item}~{i}", (clip,)) for item, clip in (("1", a), ("2", b)) for i in range(3)]
    found = item_cluster_ids(passes)
    assert found == {one.item_id: f"clip:{one.clips[0].clip_id}" for one in passes}
    found = item_cluster_ids([*passes, ItemEvidence("d/1~0", (b,))])
    assert set(found.values()) == {"clip:d/a"}
