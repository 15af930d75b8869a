"""A split may have another name; what runs name keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shell import typed

import mudata
from mudata.catalog.splits import check, manifest
from mudata.errors import ArgumentError, SplitError, UnknownName

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
