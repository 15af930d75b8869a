"""Known faults as tables: the card's, the user's own, and what is right instead."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import shelf

from mudata.catalog.index import database
from mudata.errors import UnreadableFileWarning

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.home import Home


def ask(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with database.connect(home) as connection:
        return connection.execute(sql).fetchall()


def overlay(home: Home, text: str, name: str = "toy") -> Path:
    home.make(home.faults)
    path = home.faults / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def said(**repair: Any) -> str:
    return json.dumps(repair)


FAULTS = [
    {"id": "copy", "kind": "duplicate", "repair": said(duplicate_of="plain")},
    {"id": "orphan", "kind": "duplicate", "repair": said(duplicate_of="nowhere")},
    {"id": "wrong", "kind": "mislabelled", "repair": said(labels={"genre": ["jazz"]}, artist="Zoe")},
    {"id": "long", "kind": "distorted", "action": "warn", "repair": said(start_s=1.0, end_s=3.0)},
    {"id": "noise", "kind": "distorted"},
    {"id": "odd", "kind": "disputed", "action": "warn"},
    {"id": "beyond", "kind": "distorted", "repair": said(start_s=99.0)},
]


@pytest.fixture
def toy(home: Home) -> Home:
    ids = ["plain", "copy", "orphan", "wrong", "long", "noise", "odd", "beyond"]
    clips = [{"id": i, "artist": "Ann", "start_s": 5.0, "duration_s": 30.0} for i in ids]
    labels = [{"id": i, "label": "rock"} for i in ids] + [{"id": "wrong", "namespace": "mood", "label": "sad"}]
    shelf.shelve(home, clips=clips, labels=labels, faults=FAULTS)
    return home


def test_clips_and_labels_stay_as_published_and_stand_repaired_beside(toy: Home) -> None:
    assert ask(toy, "SELECT count(*), count(DISTINCT artist) FROM clips") == [(8, 1)]
    assert ask(toy, "SELECT DISTINCT canonical FROM labels WHERE namespace = 'genre'") == [("rock",)]
    repaired = "SELECT clip_id, artist, start_s, duration_s, repaired, crop_start_s, crop_end_s FROM repaired_clips"
    assert ask(toy, f"{repaired} ORDER BY clip_id") == [
        ("toy/long", "Ann", 6.0, 2.0, ["crop"], 1.0, 3.0),
        ("toy/odd", "Ann", 5.0, 30.0, [], None, None),
        ("toy/orphan", "Ann", 5.0, 30.0, [], None, None),
        ("toy/plain", "Ann", 5.0, 30.0, [], None, None),
        ("toy/wrong", "Zoe", 5.0, 30.0, ["artist", "labels.genre"], None, None),
    ]
    assert ask(toy, "FROM repaired_labels WHERE clip_id = 'toy/wrong' ORDER BY ALL") == [
        ("toy/wrong", "toy", "genre", "jazz", "jazz"),
        ("toy/wrong", "toy", "mood", "sad", "sad"),
    ]
    assert ask(toy, "SELECT count(*) FROM repaired_labels") == ask(toy, "SELECT count(*) FROM labels")


def test_ones_own_faults_stand_for_the_cards_of_the_same_clip_and_kind(toy: Home) -> None:
    overlay(
        toy,
        """
faults:
  - {ids: noise, kind: distorted, action: warn, note: "it is the music's", source: me}
  - {ids: [plain], kind: mislabelled, action: drop, note: 'sounds "sad"', source: me, repair: {labels: {genre: []}}}
  - {ids: wrong, kind: disputed, action: warn, note: both, source: me, repair: {artist: Yan}}
""",
    )
    rows = ask(toy, "SELECT clip_id, kind, action, note, origin FROM faults WHERE origin = 'own' ORDER BY ALL")
    assert rows == [
        ("toy/noise", "distorted", "warn", "it is the music's", "own"),
        ("toy/plain", "mislabelled", "drop", 'sounds "sad"', "own"),
        ("toy/wrong", "disputed", "warn", "both", "own"),
    ]
    assert ask(toy, "SELECT action, origin FROM faults WHERE clip_id = 'toy/noise'") == [("warn", "own")]
    assert ask(toy, "SELECT action FROM published_faults WHERE clip_id = 'toy/noise'") == [("drop",)]
    assert ask(toy, "SELECT artist, repaired FROM repaired_clips WHERE clip_id = 'toy/wrong'") == [
        ("Yan", ["artist", "labels.genre"])
    ]
    assert ask(
        toy, "SELECT repaired FROM repaired_clips WHERE clip_id IN ('toy/plain', 'toy/noise') ORDER BY clip_id"
    ) == [
        ([],),
        (["labels.genre"],),
    ]
    assert ask(toy, "FROM repaired_labels WHERE clip_id = 'toy/plain'") == []


def test_a_file_that_cannot_be_read_is_passed_over_and_told(toy: Home) -> None:
    path = overlay(toy, "faults: [{ids: plain, kind: odd, action: drop, note: x, source: y}]\n")
    with pytest.warns(UnreadableFileWarning, match=rf"{path.name}:1: faults\.0\.kind"):
        assert ask(toy, "SELECT count(*) FROM faults") == [(len(FAULTS),)]


def test_what_does_not_fit_the_card_is_applied_nowhere(toy: Home) -> None:
    overlay(
        toy,
        "faults: [{ids: x, kind: mislabelled, action: warn, note: n, source: s, repair: {labels: {genre: [polka]}}}]\n",
        "gtzan",
    )
    query = "SELECT count(*) FROM faults WHERE origin = 'own'"
    with pytest.warns(UnreadableFileWarning, match=r"gtzan.yaml:1: .*'polka' is not in the vocabulary"):
        assert ask(toy, query) == [(0,)]


def test_other_programs_see_them_in_mudata_duckdb(toy: Home) -> None:
    overlay(toy, "faults: [{ids: plain, kind: corrupt, action: drop, note: it's cut, source: me}]\n")
    with duckdb.connect(str(database.rebuild(toy)), read_only=True) as connection:
        assert connection.execute("SELECT note FROM faults WHERE origin = 'own'").fetchall() == [("it's cut",)]
        assert connection.execute("SELECT count(*) FROM repaired_clips").fetchall() == [(4,)]


def test_an_index_without_faults_has_the_tables_all_the_same(home: Home) -> None:
    shelf.shelve(home, clips=[{"id": "a"}], labels=[{"id": "a", "label": "rock"}])
    assert ask(home, "SELECT clip_id, repaired FROM repaired_clips") == [("toy/a", [])]
    assert ask(home, "FROM repaired_labels") == ask(home, "FROM labels")
    assert ask(home, "FROM faults") == []
    assert not home.faults.exists()
