"""Groups of exact copies against what was published of GTZAN and MTG-Jamendo, and how near copies join them.

The audio of these two is not here. Their published MD5 sums stand in an index for the hashes that `fetch` would have
made of the files: this shows that groups come out of hashes as they are known, not that fetching makes the hashes.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
import shelf
from shelf import sha, shelve

import mudata
from mudata.catalog.duplicates import duplicate_groups
from mudata.catalog.duplicates.duplicate_search import search
from mudata.catalog.duplicates.near_copies import NearContent
from mudata.catalog.index import database

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.catalog.duplicates.duplicate_groups import DuplicateGroup
    from mudata.home import Home


def groups(home: Home, *near: tuple[str, str, float, float], **wishes: Any) -> list[DuplicateGroup]:
    """near: ids of two clips of `toy`, score and offset."""
    pairs = []
    for first, second, score, offset in near:
        a, b = sha(f"toy/{first}"), sha(f"toy/{second}")
        pairs.append(NearContent(min(a, b), max(a, b), score, 9.0, offset if a < b else -offset))
    with database.snapshot(home) as con:
        return duplicate_groups.find(con, pairs, **wishes)


def members(found: list[DuplicateGroup]) -> set[tuple[str, ...]]:
    return {tuple(member.clip_id.partition("/")[2] for member in group.members) for group in found}


@pytest.mark.shared
@pytest.mark.slow
def test_gtzans_fourteen_pairs(home: Home, shared: Path) -> None:
    """By files alone as well: MD5 sums as hashes of files, every decoded clip another."""
    index = json.loads((shared / "data/gtzan/gtzan_genre_index_1.0.json").read_bytes())["tracks"]
    published = json.loads((shared / "data/gtzan/exact_duplicate_groups.json").read_bytes())["gtzan"]
    md5 = {clip: facts["audio"][1] for clip, facts in index.items()}
    shelve(
        home,
        "gtzan",
        clips=[{"id": clip, "source_sha256": md5[clip]} for clip in sorted(md5)],
        labels=[{"id": clip, "label": clip.partition(".")[0]} for clip in md5],
    )
    found = search(home, ["gtzan"], exact=True).groups
    assert members(list(found)) == {tuple(sorted(pair)) for pair in published}
    assert len(found) == 14
    assert found[0].group_id == "gtzan/metal.00058"  # first, since its labels contradict each other
    assert found[0].conflict == "genre: metal | rock"
    assert not any(group.conflicts for group in found[1:])
    rows = mudata.sql("SELECT count(*), count(DISTINCT group_id), bool_and(kind = 'exact') FROM duplicates").arrow()
    assert list(rows.to_pylist()[0].values()) == [28, 14, True]


@pytest.mark.shared
def test_gtzans_pairs_by_samples(home: Home, shared: Path) -> None:
    published = json.loads((shared / "data/gtzan/exact_duplicate_groups.json").read_bytes())["gtzan"]
    shelf.gtzan(home, shared, only={clip for pair in published for clip in pair} | {"blues.00000", "rock.00000"})
    assert members(groups(home)) == {tuple(sorted(pair)) for pair in published}


@pytest.mark.shared
@pytest.mark.slow
def test_jamendos_117_groups(home: Home, shared: Path) -> None:
    """All 18,486 tracks of moodtheme; of those without a twin no sum is published, so each has its own."""
    published = json.loads((shared / "data/gtzan/exact_duplicate_groups.json").read_bytes())["mtg_jamendo_moodtheme"]
    with (shared / "facts/tables/jamendo_moodtheme_duplicates.tsv").open(encoding="utf-8", newline="") as file:
        md5 = {row["track_id"]: row["md5"] for row in csv.DictReader(file, delimiter="\t")}
    lines = (shared / "data/jamendo/autotagging_moodtheme.tsv").read_text(encoding="utf-8").splitlines()[1:]
    tracks = [line.split("\t") for line in lines]
    assert len(tracks) == 18_486
    shelve(
        home,
        "jamendo",
        clips=[{"id": row[0], "source_sha256": md5.get(row[0], row[0])} for row in tracks],
        labels=[
            {"id": row[0], "namespace": "mood", "label": tag.partition("---")[2]}
            for row in tracks
            if row[0] in md5
            for tag in row[5:]
        ],
    )
    found = groups(home)
    assert members(found) == {tuple(sorted(group)) for group in published}
    assert (len(found), sum(len(group.members) for group in found)) == (117, 243)
    sizes = [len(group.members) for group in found]
    assert {size: sizes.count(size) for size in set(sizes)} == {2: 110, 3: 5, 4: 2}
    assert sum(bool(group.conflicts) for group in found) == 97
    assert [bool(group.conflicts) for group in found] == [True] * 97 + [False] * 20


def test_exact_is_by_samples_or_by_the_same_part_of_equal_files(home: Home) -> None:
    shelve(
        home,
        clips=[
            {"id": "a", "pcm_sha256": "x", "source_sha256": "f"},
            {"id": "b", "pcm_sha256": "x", "source_sha256": "g"},
            {"id": "c", "pcm_sha256": "y", "source_sha256": "g"},  # the same file, decoded otherwise
            {"id": "cut 1", "source_sha256": "h", "start_s": 0.0, "duration_s": 3.0},
            {"id": "cut 2", "source_sha256": "h", "start_s": 3.0, "duration_s": 3.0},
            {"id": "cut 2 again", "source_sha256": "h", "start_s": 3.0, "duration_s": 3.0},
            {"id": "gone", "pcm_sha256": "x", "status": "missing"},
            {"id": "words", "pcm_sha256": "x", "kind": "text"},
        ],
    )
    found = groups(home)
    assert members(found) == {("a", "b", "c"), ("cut 2", "cut 2 again")}
    assert {group.kind for group in found} == {"exact"}


def test_near_copies_join_groups_and_add_up(home: Home) -> None:
    clips = [{"id": name} for name in "abcdef"] + [{"id": "b2", "pcm_sha256": "toy/b"}]
    shelve(home, clips=clips)
    near = [("a", "b", 0.99, 2.0), ("b", "c", 0.93, 1.5), ("e", "d", 0.95, 1.0)]
    first, second = groups(home, *near)
    assert [(m.clip_id, m.kind, m.score, m.offset_s) for m in first.members] == [
        ("toy/a", "exact", 1.0, 0.0),
        ("toy/b", "near", 0.99, 2.0),
        ("toy/b2", "near", 0.99, 2.0),
        ("toy/c", "near", 0.93, 3.5),
    ]
    assert [(m.clip_id, m.offset_s) for m in second.members] == [("toy/d", 0.0), ("toy/e", -1.0)]
    assert members(groups(home)) == {("b", "b2")}


def test_only_named_datasets_and_conflicts_first(home: Home) -> None:
    labels = [{"id": "p", "label": "rock"}, {"id": "q", "label": "jazz"}, {"id": "a", "label": "rock"}]
    clips = [{"id": name, "pcm_sha256": of} for name, of in (("a", "1"), ("b", "1"), ("p", "2"), ("q", "2"))]
    shelve(home, clips=clips, labels=labels)
    shelve(home, "other", clips=[{"id": "a", "pcm_sha256": "1"}, {"id": "z", "pcm_sha256": "3"}])
    assert [(group.group_id, group.conflict, group.datasets) for group in groups(home)] == [
        ("toy/p", "genre: jazz | rock", ("toy",)),
        ("other/a", "", ("other", "toy")),
    ]
    assert members(groups(home, datasets=["toy"])) == {("p", "q"), ("a", "b")}
    assert groups(home, datasets=["other"]) == []
