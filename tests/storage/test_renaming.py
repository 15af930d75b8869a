"""A split may have another name; what runs name keeps it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import listening_tests
import pytest
from shell import typed

import mudata
from mudata.catalog.splits import check, manifest
from mudata.errors import ArgumentError, EvaluationError, HomeError, SplitError, UnknownName
from mudata.evaluation.listening import listening_test
from mudata.evaluation.listening.listening_test import System

if TYPE_CHECKING:
    from small_corpus import Corpus

    from mudata.evaluation.run import Run


def test_a_split_keeps_its_hash_under_another_name(corpus: Corpus) -> None:
    before = manifest.load(corpus.home, "half")
    assert mudata.rename("half", "exam") == corpus.home.splits / "exam.json"
    after = manifest.load(corpus.home, "exam")
    assert (after.name, after.sha256, after.parts) == ("exam", before.sha256, before.parts)
    assert after.digest() == after.sha256
    assert not [finding for finding in check.check(corpus.home, after) if finding.kind == "edited"]
    assert manifest.names(corpus.home) == ["exam"]


def test_a_split_that_runs_name_keeps_its_name(run: Run, corpus: Corpus) -> None:
    with pytest.raises(SplitError, match=f"cannot be renamed: {run.id} name it"):
        mudata.rename("half", "exam")
    assert manifest.names(corpus.home) == ["half"]


def test_stopped_between_both_names_the_same_call_goes_on(corpus: Corpus) -> None:
    corpus.home.splits.joinpath("exam.json").write_bytes(corpus.home.splits.joinpath("half.json").read_bytes())
    mudata.rename("half", "exam")
    assert manifest.names(corpus.home) == ["exam"]


def test_a_name_that_another_split_has_is_refused(corpus: Corpus) -> None:
    corpus.split("exam", {"test": {"tones/00": "0" * 64}})
    with pytest.raises(SplitError, match="Another split is named 'exam'"):
        mudata.rename("half", "exam")
    assert manifest.names(corpus.home) == ["exam", "half"]


@pytest.mark.parametrize("name", ["ls", "export", "a/b", "../x", "x.json"])
def test_a_name_that_no_split_can_have_is_refused(corpus: Corpus, name: str) -> None:
    with pytest.raises(SplitError, match="cannot be the name of a split"):
        mudata.rename("half", name)
    assert manifest.names(corpus.home) == ["half"]


def test_a_split_of_an_older_home_that_has_the_name_of_a_command_can_be_used_and_renamed(corpus: Corpus) -> None:
    corpus.home.splits.joinpath("half.json").rename(corpus.home.splits / "export.json")
    assert typed("split", "show", "export").code == 0
    assert typed("mv", "export", "exam").code == 0
    assert manifest.names(corpus.home) == ["exam"]


def test_the_same_name_changes_nothing(corpus: Corpus) -> None:
    mudata.rename("half", "half")
    assert manifest.names(corpus.home) == ["half"]


def test_other_things_keep_their_names_and_are_told_why(run: Run, corpus: Corpus) -> None:
    with pytest.raises(ArgumentError, match="what its card is called"):
        mudata.rename("tones", "sines")
    with pytest.raises(ArgumentError, match="made of what decides its answers"):
        mudata.rename(run.id, "best")
    with pytest.raises(UnknownName, match="Did you mean 'half'"):
        mudata.rename("haf", "exam")


@pytest.mark.parametrize("words", [[], ["half"], ["half", "exam", "--home", "x"], ["half", "exam", "--link"]])
def test_mv_says_what_it_wants(corpus: Corpus, words: list[str]) -> None:
    done = typed("mv", *words)
    assert done.code == 2
    assert "--home FOLDER" in done.err


def test_a_listening_test_is_found_weighed_renamed_and_removed(run: Run, corpus: Corpus) -> None:
    home = corpus.home
    made = listening_tests.listening_test("ears", "mos")
    rated = replace(made, systems=(System(name="them", role="model", run=run.id),), sha256="").sealed()
    folder = listening_tests.on_disk(home, rated)
    row = next(row for row in mudata.disk_use() if row["kind"] == "listening-test")
    assert (row["name"], row["bytes"]) == ("ears", sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()))
    with pytest.raises(HomeError, match="needed by listening-test ears"):
        mudata.remove(run.id)
    with pytest.raises(EvaluationError, match="cannot be the name"):
        mudata.rename("ears", "../ears")
    listening_tests.on_disk(home, listening_tests.listening_test("eyes", "mos"))
    with pytest.raises(EvaluationError, match="something of the name 'eyes' already"):
        mudata.rename("ears", "eyes")
    assert mudata.rename("ears", "ears2") == home.listening / "ears2"
    again = listening_test.read(home, "ears2")
    assert (again.name, again.sha256) == ("ears2", rated.sha256)
    assert [row["path"] for row in mudata.where("ears2")] == [str(home.listening / "ears2")]
    mudata.remove(["ears2", run.id])
    assert listening_test.names(home) == ["eyes"]
    assert not (home.listening / "ears2").exists()
