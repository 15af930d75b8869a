"""A copy that lacks clips: told alike for every dataset, and a state where that was meant so."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import tiny_set
from misbehaving import Server
from published_sets import SETS, put
from shell import Done, typed

import mudata

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.home import Home

pytestmark = pytest.mark.slow

WHOLE = {"ctis": 4956, "gtzan": 1000, "lakh_midi": 176581, "musiccaps": 5521}
HERE = {"ctis": 3, "gtzan": 10, "lakh_midi": 3, "musiccaps": 4}


def fetched(name: str, *more: object) -> Done:
    return typed("fetch", name, "--offline", "--workers", 1, *more)


@pytest.mark.parametrize("name", HERE)
def test_every_partial_copy_is_told_alike_and_can_be_meant_so(home: Home, tmp_path: Path, name: str) -> None:
    make, _ = SETS[name]
    make(tmp_path)
    first = fetched(name, "--from", tmp_path, "--accept-licence")
    assert first.code == 1
    extent = f"{name}: {HERE[name]:,} of {WHOLE[name]:,} clips are here"
    assert first.err.count(extent) == 1
    assert "run the same command with --partial" in first.err
    checked = typed("verify", name)
    assert checked.code == 1
    assert "error   count         clips of " in checked.out
    hint = checked.err.partition("on purpose: mudata ")[2].split()
    meant = typed(*hint, "--offline")
    assert meant.code == 0, meant.err
    assert f"{extent}" in meant.err
    assert "partial on purpose (--no-partial takes that back)." in meant.err
    checked = typed("verify", name)
    assert checked.code == 0
    assert "error" not in checked.out
    state = f"{HERE[name]:,} clips, partial on purpose (expected {WHOLE[name]:,} clips)"
    assert f"note    partial       {name}: {state}" in checked.out
    assert fetched(name, "--rate", "4000").code == 0, "it is kept with the dataset"


def test_the_state_is_shown_and_taken_back(home: Home, tmp_path: Path) -> None:
    SETS["ctis"][0](tmp_path)
    done = fetched("ctis", "--from", tmp_path, "--accept-licence", "--partial", "--json")
    (row,) = json.loads(done.out)
    assert (done.code, row["partial"], row["lacking"]) == (0, True, 4953)
    here = {row["name"]: row["here"] for row in json.loads(typed("list", "--json").out)}
    assert here["ctis"] == "3 of 4,956, partial"
    assert typed("info", "ctis").out.endswith("here:         3 of 4,956, partial\n")
    assert json.loads(typed("stats", "--json").out)[0]["state"] == "partial"
    assert "4,956 declared, partial on purpose" in typed("stats", "ctis").out
    assert mudata.stats("ctis")["state"] == "partial"
    back = fetched("ctis", "--no-partial")
    assert back.code == 1
    assert typed("verify", "ctis").code == 1
    assert mudata.stats("ctis")["state"] == "incomplete"
    again = mudata.fetch("ctis", partial=True, offline=True, workers=1)
    assert (again.partial, again.at_fault) == (True, False)
    assert repr(again).endswith("0 missing, partial on purpose (native)")
    assert mudata.stats("ctis")["state"] == "partial"


def test_what_is_unusable_or_was_lost_is_a_fault_of_a_partial_copy_too(home: Home, tmp_path: Path) -> None:
    SETS["music_classification"][0](tmp_path)
    (tmp_path / "sad" / "broken.wav").write_bytes(b"RIFF")
    done = fetched("music_classification", "--from", tmp_path, "--accept-licence", "--partial")
    assert done.code == 1
    (tmp_path / "sad" / "broken.wav").unlink()
    (tmp_path / "sad" / "1.wav").unlink()
    checked = typed("verify", "music_classification")
    assert checked.code == 1
    assert "missing       sad/1.wav" in checked.out


def test_a_copy_that_is_whole_is_not_called_partial(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server() as server:
        tiny_set.write(tiny_set.card(server), tmp_path)
        monkeypatch.setenv("MUDATA_CARDS", str(tmp_path))
        done = typed("fetch", "tiny", "--partial", "--limit", "4", "--json", "--workers", "1")
    assert (done.code, json.loads(done.out)[0]["partial"]) == (0, False)
    assert "tiny: --partial has no effect: all that was asked for is here." in done.err
    assert mudata.stats("tiny")["state"] == "selected"
    assert typed("verify", "tiny").code == 0


@pytest.mark.parametrize(
    ("name", "loose", "ids", "table"),
    [
        ("ctis", ["a/C0090_0000.wav", "b/c/x y.wav"], ["C0090_0000", "x y"], "recordings.parquet"),
        ("mirex_emotion", ["001.mp3", "deep/002.mp3"], ["001", "002"], "**/clusters.txt"),
        ("fma", ["000/000002.mp3"], ["000002"], "**/tracks.csv"),
        ("musiccaps", ["any/-aaaaaaaaa1.wav"], ["-aaaaaaaaa1"], "**/musiccaps-public.csv"),
        ("mtg_jamendo", ["48/948.low.mp3"], ["948.low"], "**/raw_30s_cleantags_50artists.tsv"),
    ],
)
def test_recordings_without_their_table_are_clips_without_labels(
    home: Home, tmp_path: Path, name: str, loose: list[str], ids: list[str], table: str
) -> None:
    seconds = {"ctis": 1, "mirex_emotion": 28, "fma": 1, "musiccaps": 10, "mtg_jamendo": 30}[name]
    for number, path in enumerate(loose):
        put(tmp_path / path, number, seconds)
    done = fetched(name, "--from", tmp_path, "--accept-licence")
    assert done.code == 1
    assert f"no file matches {table}" in done.err
    assert "match nothing in the card" not in done.err
    assert f"{name}: {table}: is not there" in done.err
    rows = mudata.sql("SELECT clip_id, status FROM clips ORDER BY ALL").fetchall()
    assert rows == [(f"{name}/{id_}", "ok") for id_ in ids]
    assert mudata.sql("FROM labels").fetchall() == mudata.sql("FROM captions").fetchall() == []
    assert typed("split", "all", "--dataset", name, "--n", str(len(ids))).code == 0
    assert fetched(name).code == 1, "the same without the folder"
    checked = typed("verify", name)
    assert checked.code == 1
    assert "label-count" not in checked.out, "the labels are in the table that is not there"
    assert re.search(rf"missing +{re.escape(table)}", checked.out)


def test_two_files_of_one_name_are_not_one_clip(home: Home, tmp_path: Path) -> None:
    put(tmp_path / "a" / "x.wav", 1, 1)
    put(tmp_path / "b" / "x.wav", 2, 1)
    done = fetched("ctis", "--from", tmp_path, "--accept-licence")
    assert "ctis: b/x.wav is left out: another file has its name." in done.err
    assert mudata.sql("SELECT clip_id FROM clips").fetchall() == [("ctis/x",)]


def test_a_refusal_names_what_was_looked_for_and_what_was_found(home: Home, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    done = fetched("ctis", "--from", tmp_path, "--accept-licence")
    assert done.code == 1
    assert "Looked for audio/{stem}.wav, recordings.parquet. There is, for instance: notes.txt." in done.err
    (tmp_path / "musiccaps-public.csv").write_text("ytid\n")
    (tmp_path / "clusters.txt").write_text("Cluster 1\n")
    done = fetched("mirex_emotion", "--from", tmp_path, "--accept-licence")
    assert done.code != 0
    assert "Of your own files 1 were taken, such as clusters.txt; no file matches **/categories.txt" in done.err
