"""`mudata where`: what is where, linked or copied, how large."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shell import typed

import mudata
from mudata.errors import UnknownName

if TYPE_CHECKING:
    from small_corpus import Corpus

    from mudata.evaluation.run import Run
    from mudata.home import Home


def test_without_a_name_the_home_and_the_folders_of_cards(corpus: Corpus) -> None:
    rows = {row["path"]: row for row in mudata.where()}
    assert rows[str(corpus.home.root)]["what"] == "MUDATA_HOME"
    assert rows[str(corpus.cards)]["what"] == "MUDATA_CARDS"
    assert rows[str(corpus.home.root / "raw")]["bytes"] == 702
    assert rows[str(corpus.home.runs)]["files"] == 0


def test_a_dataset_has_a_card_raw_files_clips_by_format_and_an_index(corpus: Corpus, tmp_path: Path) -> None:
    rows = {row["what"]: row for row in mudata.where("tones")}
    assert list(rows) == ["card", "index", "clips native", "raw"]
    assert rows["card"]["path"] == str(corpus.cards / "tones.yaml")
    assert rows["clips native"]["path"] == str(corpus.home.clips("tones", "native"))
    assert (rows["raw"]["kept"], rows["raw"]["linked_to"]) == ("linked, copied", str(tmp_path / "own"))


def test_own_faults_and_what_copies_are_found_by_have_places(corpus: Corpus) -> None:
    corpus.home.make(corpus.home.faults)
    (corpus.home.faults / "tones.yaml").write_text("faults: []\n")
    (corpus.home.faults / "others.yaml").write_text("faults: []\n")
    rows = {row["what"]: row for row in mudata.where("tones")}
    assert (rows["own faults"]["path"], rows["own faults"]["bytes"]) == (str(corpus.home.faults / "tones.yaml"), 11)
    folders = {row["name"]: row["files"] for row in mudata.where() if row["kind"] == "home"}
    assert (folders["faults"], folders["fingerprints"], folders["duplicates"]) == (2, 0, 0)


def test_what_is_linked_as_a_whole_says_so_and_to_where(corpus: Corpus, tmp_path: Path) -> None:
    (corpus.home.raw("tones") / "files" / "copied.wav").unlink()
    assert f"linked to {tmp_path / 'own'}" in typed("where", "tones").out


def test_splits_runs_and_models_have_places_too(run: Run, corpus: Corpus) -> None:
    assert [row["path"] for row in mudata.where("half")] == [str(corpus.home.splits / "half.json")]
    assert [row["path"] for row in mudata.where(run.id[:6])] == [str(run.folder)]
    (card,) = json.loads(typed("path", "salmonn-7b", "--json").out)
    assert (card["kind"], Path(card["path"]).name) == ("model", "salmonn-7b.yaml")


def test_a_dataset_that_was_never_fetched_has_its_card(home: Home) -> None:
    assert [(row["what"], Path(row["path"]).name) for row in mudata.where("GTZAN")] == [("card", "gtzan.yaml")]


def test_every_kind_that_has_the_name_is_shown_or_one_of_them(corpus: Corpus) -> None:
    corpus.split("tones", {"test": {"tones/00": "0" * 64}})
    assert {row["kind"] for row in mudata.where("tones")} == {"dataset", "split"}
    assert {row["kind"] for row in mudata.where("tones", kind="split")} == {"split"}


def test_an_unknown_name_is_told(home: Home) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'gtzan'"):
        mudata.where("gtzn")
