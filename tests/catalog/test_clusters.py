"""Which names are one name, what ties clips, and what a cluster is called."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mudata.catalog import clusters
from mudata.catalog.clusters import COLUMNS, ClusterEvidence, cluster_ids


def facts(*rows: dict[str, str | None]) -> list[ClusterEvidence]:
    """Clips of dataset d, numbered, unless told otherwise."""
    made = []
    for i, row in enumerate(rows):
        dataset = row.get("dataset") or "d"
        made.append(ClusterEvidence(**{"clip_id": f"{dataset}/{i}", "dataset": dataset, **row}))  # type: ignore[arg-type]
    return made


def groups(*rows: dict[str, str | None]) -> list[int]:
    """The cluster of each clip, as numbers by first clip."""
    known = cluster_ids(facts(*rows))
    numbers: dict[str, int] = {}
    return [numbers.setdefault(name, len(numbers)) for name in known.values()]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KC and the Sunshine Band", "KC And The  Sunshine Band"),
        (" Bob Marley\t", "bob marley"),
        ("Beyonc\u00e9", "Beyonce\u0301"),
        ("Beyonc\u00e9", "Beyonce"),
        ("ＡＢＢＡ", "Abba"),
        ("Straße", "STRASSE"),
        ("AC/DC", "ACDC"),
        ("AC/DC", "AC-DC"),
        ("The Beatles", "Beatles"),
        ("The Beatles", "Beatles, The"),
        ("Simon & Garfunkel", "Simon and Garfunkel"),
        ("Florence + The Machine", "Florence and the Machine"),
        ("Earth, Wind & Fire", "Earth Wind and Fire"),
        ("Guns N' Roses", "Guns N’ Roses"),
        ("Davis, Miles", "Miles Davis"),
        ("Gaye,Marvin", "Marvin Gaye"),
        ("Bach, Johann Sebastian", "Johann Sebastian Bach"),
        ("Røyksopp", "Royksopp"),
        ("Jay-Z feat. Alicia Keys", "Jay-Z"),
        ("Jay Z (ft. Alicia Keys)", "Jay-Z"),
        ("Tyler, The Creator", "Tyler the Creator"),
        ("Miles\x00 Davis", "Miles Davis"),
        ("Miles\u200b Davis", "miles\u00a0davis"),
        ("R.E.M.", "REM"),
        ("!!!", " !!! "),
        ("Чайковский", "ЧАЙКОВСКИЙ"),
    ],
)
def test_spellings_of_one_name_are_one_artist_across_datasets(one: str, other: str) -> None:
    assert groups({"artist": one}, {"artist": other, "dataset": "e"}) == [0, 0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Miles Davis", "Miles Davis & John Coltrane"),
        ("!!!", "+/-"),
        ("Little Feat", "Little"),
        ("ガ", "カ"),
        ("The 1975", "1975"),
        ("Prince", "Prince Buster"),
        ("Pixies", "Pixie"),
    ],
)
def test_other_names_are_other_artists(one: str, other: str) -> None:
    assert groups({"artist": one}, {"artist": other}) == [0, 1]


@pytest.mark.parametrize(
    "name",
    [None, "", "  \n", "\x00", "\u200b", "-", "--", "—", "?", "...", "n/a", "N/A", "NA", "nan", "None", "null",
     "unknown", "Unknown Artist", "[unknown]", "<Unknown>", "Various", "Various Artists", "VARIOUS ARTISTS [17]",
     "V.A.", "VA", "Anonymous", "Varios Artistas", "Verschiedene Interpreten", "Trad.", " - "],
)  # fmt: skip
def test_no_artist_ties_nothing(name: str | None) -> None:
    assert groups({"artist": name}, {"artist": name}, {"artist": "x"}) == [0, 1, 2]
    assert cluster_ids(facts({"artist": name})) == {"d/0": "clip:d/0"}


def test_a_number_is_an_id_of_its_own_dataset() -> None:
    assert groups({"artist": "1234"}, {"artist": " 1234 "}, {"artist": "1234", "dataset": "e"}) == [0, 0, 1]


def test_the_artist_12_and_the_track_12_are_two() -> None:
    assert groups({"artist": "12"}, {"track": "12"}) == [0, 1]
    assert groups({"artist": "x"}, {"track": "x"}) == [0, 1]


def test_a_track_is_one_inside_its_dataset() -> None:
    assert groups({"track": "t"}, {"track": "t"}, {"track": "t", "dataset": "e"}) == [0, 0, 1]


def test_sections_of_one_track_are_one_though_only_one_names_the_artist() -> None:
    assert groups({"artist": "x", "track": "t"}, {"track": "t"}, {"artist": "x", "dataset": "e"}) == [0, 0, 0]


def test_greatest_hits_ties_no_two_artists_and_nobody() -> None:
    hits = {"album": "Greatest Hits"}
    assert groups({"artist": "a", **hits}, {"artist": "b", **hits}, hits, hits) == [0, 1, 2, 3]


def test_a_compilation_is_one_album_where_its_artist_is_nobody() -> None:
    album = {"artist": "Various Artists", "album": "Now 45"}
    assert groups(album, album, {"artist": "x", "album": "Now 45"}) == [0, 0, 1]


@pytest.mark.parametrize("album", ["unknown album", "Untitled", "-", "n/a"])
def test_no_album_ties_nothing(album: str) -> None:
    assert groups({"album": album}, {"album": album}) == [0, 1]


def test_exact_copies_are_tied_and_tie_on() -> None:
    pcm, source = {"pcm_sha256": "p"}, {"source_sha256": "s"}
    assert groups(pcm, pcm | source, source, {"pcm_sha256": ""}, {"pcm_sha256": ""}) == [0, 0, 0, 1, 2]
    assert groups({"artist": "a"} | pcm, {"artist": "b"} | pcm, {"artist": "b"}) == [0, 0, 0]


def test_near_copies_are_tied_by_title_and_artist_where_tracks_are_grouped() -> None:
    rows = facts(
        {"artist": "The X", "title": "Song!", "track": "1"},
        {"artist": "x", "title": "song", "track": "2", "dataset": "e"},
        {"artist": "x", "title": "other"},
        {"title": "song"},
        {"artist": "y", "title": "song"},
    )
    columns = {name: [getattr(row, name) for row in rows] for name in COLUMNS}
    assert clusters.tie(columns, ("track",)) == [0, 0, 1, 2, 3]
    assert clusters.tie(columns, ("artist",)) == [0, 0, 0, 1, 2]
    assert clusters.tie(columns, ()) == [0, 1, 2, 3, 4]


def test_an_album_is_of_its_artist_and_a_number_is_an_album() -> None:
    rows = facts(
        {"artist": "a", "album": "Hits"},
        {"artist": "A", "album": "hits", "dataset": "e"},
        {"artist": "b", "album": "Hits"},
        {"artist": "a", "album": "7"},
        {"artist": "b", "album": "7"},
        {"artist": "a", "album": "Now 45"},
        {"artist": "b", "album": "now 45!"},
        {"artist": "c", "album": "Now 45", "dataset": "e"},
        {"album": "Greatest Hits, Vol. 2"},
        {"album": "Greatest Hits, Vol. 2"},
    )
    columns = {name: [getattr(row, name) for row in rows] for name in COLUMNS}
    assert clusters.tie(columns, ("album",)) == [0, 0, 1, 2, 2, 3, 3, 4, 5, 6]


def test_a_cluster_is_called_by_its_best_known_name_whatever_the_order() -> None:
    rows = facts(
        {"artist": "The Beatles", "track": "t"},
        {"artist": "beatles"},
        {"track": "t"},
        {"artist": "12"},
        {"album": "Nevermind", "track": "u"},
        {"pcm_sha256": "ab" * 32},
        {"pcm_sha256": "ab" * 32},
        {"pcm_sha256": "cd" * 32},
    )
    named = cluster_ids(rows)
    assert list(named.values()) == [
        "artist:beatles", "artist:beatles", "artist:beatles", "d artist:12", "d album:nevermind", "copy:" + "ab" * 8,
        "copy:" + "ab" * 8, "clip:d/7",
    ]  # fmt: skip
    for seed in range(20):
        random.Random(seed).shuffle(rows)
        assert cluster_ids(rows) == named


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "\U0001f3b5", "\x1b[31m", "a\nb", "é" * 5000, "\u202e"])
def test_whatever_is_in_a_name_its_cluster_is_one_line(text: str) -> None:
    for cluster in cluster_ids(facts({"artist": text}, {"track": text}, {"album": text})).values():
        assert cluster.isprintable()
        assert cluster.encode()


def test_what_one_run_knows_of_a_clip_counts_for_all() -> None:
    first = {"d/1": "clip:d/1", "d/2": "clip:d/2", "d/3": "clip:d/3"}
    second = {"d/1": "artist:x", "d/2": "artist:x"}
    third = {"d/2": "d track:t", "d/3": "d track:t"}
    assert clusters.merged([first]) == first
    assert clusters.merged([first, second, third]) == dict.fromkeys(first, "artist:x")
    assert clusters.merged([]) == {}


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        (["artist:x"] * 3, "1 artist"),
        (["artist:x", "artist:y"], "2 artists"),
        (["artist:x", "d track:y", "clip:d/1"], "3 artists or tracks"),
        (["artist:x", "d album:z", "d track:y"], "3 artists, albums or tracks"),
        (["clip:d/1"], "1 clip"),
        (["clip:d/1", "copy:ab"], "2 recordings"),
        (["artist:x", "copy:ab"], "2 artists or recordings"),
        (["ann", "bob"], "2 clusters"),
    ],
)
def test_clusters_are_counted_in_words(ids: Sequence[str], text: str) -> None:
    assert clusters.counted(ids) == text


def test_ties_are_transitive_over_columns() -> None:
    artist = ["x", "x", None, "y", "z"]
    album = [None, "1", "1", None, "2"]
    assert clusters.union(5, [artist, album]) == [0, 0, 0, 1, 2]


def test_the_same_value_in_two_columns_ties_nothing() -> None:
    assert clusters.union(2, [["x", None], [None, "x"]]) == [0, 1]


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.none() | st.integers(0, 5)] * 3), max_size=30))
def test_union_ties_exactly_the_connected(rows: list[tuple[int | None, ...]]) -> None:
    found = clusters.union(len(rows), [[row[i] for row in rows] for i in range(3)])
    reach = [{i} for i in range(len(rows))]
    for _ in rows:  # slow and sure: grow every row's set until nothing changes
        for i, a in enumerate(rows):
            for j, b in enumerate(rows):
                if any(x is not None and x == y for x, y in zip(a, b, strict=True)):
                    reach[i] |= reach[j]
    assert all((found[i] == found[j]) == (j in reach[i]) for i in range(len(rows)) for j in range(len(rows)))


_NAME: Any = st.none() | st.sampled_from(["X", "the x", "x!", "12", "-", "Various Artists", "y"]) | st.text(max_size=3)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("de"), _NAME, _NAME, _NAME, st.none() | st.sampled_from("pq")), max_size=12))
def test_names_of_clusters_tell_them_apart_exactly(rows: list[tuple[str, Any, Any, Any, Any]]) -> None:
    clips = facts(*[{"dataset": d, "artist": a, "album": b, "track": c, "pcm_sha256": p} for d, a, b, c, p in rows])
    named = list(cluster_ids(clips).values())
    tied = clusters.tie({name: [getattr(clip, name) for clip in clips] for name in COLUMNS})
    assert all((named[i] == named[j]) == (tied[i] == tied[j]) for i in range(len(rows)) for j in range(len(rows)))
