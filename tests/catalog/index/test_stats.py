"""What the index says of a dataset in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shelf import shelve

from mudata.catalog.index.stats import overview, stats
from mudata.errors import HomeError, UnknownName

if TYPE_CHECKING:
    from mudata.home import Home

pytestmark = pytest.mark.slow


@pytest.fixture
def toy(home: Home) -> Home:
    audio = {
        "source_rate": 44100,
        "source_channels": 2,
        "source_format": "MPEG",
        "licence": "CC BY",
        "usage": "unrestricted",
    }
    shelve(
        home,
        clips=[
            {"id": "a", "duration_s": 10.0, "artist": "X", "album": "1", "store": "flac", **audio},
            {"id": "b", "duration_s": 20.0, "artist": "X", "album": "2", **audio},
            {"id": "c", "duration_s": 60.0, "artist": "Y", "store": "reference", **audio, "source_rate": 22050},
            {"id": "d", "status": "quarantined", "reason": "silent: peak 0"},
            {"id": "e", "status": "quarantined", "reason": "silent: peak 0.00001"},
            {"id": "f", "status": "missing", "reason": "gone: private video"},
        ],
        labels=[
            {"id": "a", "label": "rock"},
            {"id": "b", "label": "rock"},
            {"id": "c", "label": "pop"},
            {"id": "c", "label": "Pop!", "canonical": None},
            {"id": "a", "namespace": "mood", "label": "calm"},
        ],
        captions=[{"id": "a", "kind": "caption", "text": "one"}, {"id": "a", "kind": "caption", "text": "two"}],
        attributes=[{"id": "a", "name": "bpm", "value": "120"}, {"id": "b", "name": "bpm", "value": "120"}],
        splits=[
            {"id": i, "split": "classic", "part": part} for i, part in (("a", "train"), ("b", "train"), ("c", "test"))
        ],
        faults=[{"id": "d"}],
    )
    return home


def test_a_dataset_in_numbers(toy: Home) -> None:
    found = stats(toy, "toy")
    assert found["store"] == "flac, reference"
    assert ", store flac, reference\n" in str(found)
    assert (found["hours"], found["shortest_s"], found["median_s"], found["longest_s"]) == (90 / 3600, 10.0, 20.0, 60.0)
    groups = ("artists", "albums", "tracks", "clips_without_artist")
    assert [found[key] for key in groups] == [2, 2, 0, 3]
    assert found["status"] == [
        {"status": "ok", "reason": None, "clips": 3},
        {"status": "quarantined", "reason": "silent", "clips": 2},
        {"status": "missing", "reason": "gone", "clips": 1},
    ]
    assert found["sources"] == [
        {"format": "MPEG", "sample_rate": 44100, "channels": 2, "clips": 2},
        {"format": "MPEG", "sample_rate": 22050, "channels": 2, "clips": 1},
    ]
    assert found["licences"][0] == {"licence": "CC BY", "usage": "unrestricted", "clips": 3}
    assert found["splits"] == [
        {"split": "classic", "part": "train", "clips": 2},
        {"split": "classic", "part": "test", "clips": 1},
    ]
    assert found["texts"] == [{"kind": "caption", "texts": 2, "clips": 1}]
    assert found["attributes"] == [{"name": "bpm", "values": 1, "clips": 2}]
    assert found["faults"] == [{"kind": "corrupt", "action": "drop", "clips": 1}]
    labels = [(row["namespace"], row["label"], row["known"], row["clips"], row["share"]) for row in found["labels"]]
    assert labels == [
        ("genre", "rock", True, 2, 2 / 6),
        ("genre", "Pop!", False, 1, 1 / 6),
        ("genre", "pop", True, 1, 1 / 6),
        ("mood", "calm", True, 1, 1 / 6),
    ]


def test_other_datasets_do_not_count(toy: Home) -> None:
    before = stats(toy, "toy")
    shelve(toy, "other", clips=[{"id": "a", "duration_s": 5.0}], labels=[{"id": "a", "label": "rock"}])
    assert stats(toy, "toy") == before
    rows = overview(toy)
    assert [(row["dataset"], row["hours"], row["quarantined"], row["missing"], row["labels"]) for row in rows] == [
        ("other", 5 / 3600, 0, 0, 1),
        ("toy", 90 / 3600, 2, 1, 5),
    ]


def test_a_dataset_without_clips_has_numbers_too(home: Home) -> None:
    shelve(home, clips=[])
    found = stats(home, "toy")
    assert (found["hours"], found["median_s"], found["labels"], found["status"]) == (0, None, [], [])
    assert overview(home)[0]["hours"] == 0


def test_names_that_are_unknown_or_not_indexed_are_told(home: Home) -> None:
    with pytest.raises(UnknownName, match=r"No dataset named 'gtzn'\. Did you mean 'gtzan'"):
        stats(home, "gtzn")
    with pytest.raises(HomeError, match=r"'gtzan' is not in the index\.\nRun: mudata fetch gtzan"):
        stats(home, "gtzan_genre")
    assert overview(home) == []
