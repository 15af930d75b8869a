"""`mudata split` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import shelf
from click.testing import CliRunner, Result

from mudata.cli import cli
from mudata.errors import SplitError, UnknownName

if TYPE_CHECKING:
    from mudata.home import Home


@pytest.fixture
def toy(home: Home) -> Home:
    clips = [{"id": f"{i:02}", "artist": f"artist {i // 5}"} for i in range(60)]
    clips[59]["pcm_sha256"] = "toy/00"
    labels = [{"id": f"{i:02}", "label": f"g{i // 30}"} for i in range(60)]
    published = [{"id": f"{i:02}", "split": "classic", "part": "test" if i % 4 else "train"} for i in range(60)]
    shelf.shelve(home, clips=clips, labels=labels, splits=published)
    return home


def _run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["split", *words])


EXAM = ("exam", "--dataset", "toy", "--stratify", "genre", "--group", "artist", "--parts", "train=0.6,test=0.4")


@pytest.mark.slow
def test_a_first_word_that_is_no_command_names_a_new_split(toy: Home) -> None:
    result = _run(*EXAM, "--seed", "3")
    assert result.exit_code == 0, result.output
    said = json.loads((toy.splits / "exam.json").read_text())
    assert (said["name"], said["seed"], said["group"]) == ("exam", 3, ["artist"])
    assert result.stdout.splitlines()[0].split() == [
        *("part", "clips", "groups", "fewest", "most", "share", "low", "high", "deviation", "chance", "margin")
    ]
    assert "copies stay together" in result.stderr
    assert "seed 3" in result.stderr


def test_options_may_stand_before_the_name(toy: Home) -> None:
    result = _run("--dataset", "toy", "--n", "5", "five", "-q", "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    said = json.loads(result.stdout)
    assert (said["name"], said["parts"][0]["clips"], said["query"]["n"]) == ("five", 5, 5)
    assert Path(said["path"]) == toy.splits / "five.json"


@pytest.mark.slow
def test_several_datasets_labels_and_groups_can_be_named(toy: Home) -> None:
    shelf.shelve(toy, "more", clips=[{"id": "x", "artist": "y"}], labels=[{"id": "x", "label": "g1"}])
    result = _run("s", "--dataset", "toy", "--dataset", "more", "--group", "artist", "--group", "album", "--json")
    assert isinstance(result.exception, SplitError)  # no clip has an album
    result = _run("s", "--dataset", "toy", "--dataset", "more", "--stratify", "genre", "--parts", "test=1", "--json")
    assert json.loads(result.stdout)["parts"][0]["labels"] == {"genre 'g0'": 30, "genre 'g1'": 31}


@pytest.mark.parametrize(
    ("parts", "said"),
    [("train", "is not like train=0.7"), ("a=x", "is not like train=0.7"), ("a=0.5,a=0.5", "names a part twice")],
)
def test_parts_that_are_not_understood_are_told_with_an_example(toy: Home, parts: str, said: str) -> None:
    result = _run("s", "--dataset", "toy", "--parts", parts)
    assert result.exit_code == 2
    assert said in result.stderr


def test_what_cannot_be_met_is_an_error_and_writes_nothing(toy: Home) -> None:
    result = _run("s", "--dataset", "toy", "--n", "61")
    assert isinstance(result.exception, SplitError)
    assert not toy.splits.exists()
    assert isinstance(_run("lst").exception, SplitError)


@pytest.mark.slow
def test_another_split_of_that_name_takes_force(toy: Home) -> None:
    _run(*EXAM)
    before = (toy.splits / "exam.json").read_bytes()
    assert _run(*EXAM).exit_code == 0
    assert (toy.splits / "exam.json").read_bytes() == before
    assert isinstance(_run(*EXAM, "--seed", "1").exception, SplitError)
    assert _run(*EXAM, "--seed", "1", "--force").exit_code == 0
    assert (toy.splits / "exam.json").read_bytes() != before


@pytest.mark.slow
def test_show_tells_how_a_split_was_asked_for(toy: Home) -> None:
    _run(*EXAM)
    result = _run("show", "exam")
    for line in (
        "name:     exam",
        "stratify: genre",
        "group:    artist",
        "parts:    train=0.6, test=0.4",
        "seed:     0",
    ):
        assert line in result.stdout.splitlines()
    assert json.loads(_run("show", "exam", "--json").stdout)["parts"][1]["part"] == "test"


@pytest.mark.slow
def test_a_manifest_from_elsewhere_can_be_shown_without_its_data(toy: Home, tmp_path: Path) -> None:
    _run(*EXAM)
    moved = (toy.splits / "exam.json").rename(tmp_path / "sent.json")
    shelf.shelve(toy, clips=[{"id": "1", "status": "missing"}])
    result = _run("show", str(moved))
    assert result.exit_code == 0
    assert "Labels are not told" in result.stderr
    assert "train" in result.stdout


@pytest.mark.slow
def test_list_has_one_line_per_split(toy: Home) -> None:
    assert _run("list").exit_code == 0
    _run(*EXAM)
    _run("five", "--dataset", "toy", "--n", "5")
    assert [row["name"] for row in json.loads(_run("list", "--json").stdout)] == ["exam", "five"]
    assert "test 5" in _run("list").stdout


@pytest.mark.slow
def test_check_is_silent_on_a_good_split_and_exits_1_on_a_bad_one(toy: Home) -> None:
    _run(*EXAM)
    good = _run("check", "exam")
    assert (good.exit_code, good.stdout) == (0, "")
    shelf.shelve(toy, clips=[{"id": f"{i:02}"} for i in range(50)])
    bad = _run("check", "exam")
    assert bad.exit_code == 1
    assert "fault: 10 of 60 clips are not in the index as usable.\n  toy/5" in bad.stdout
    assert ", and 5 more" in bad.stdout
    found = json.loads(_run("check", "exam", "--json").stdout)
    assert {row["kind"] for row in found} == {"missing", "index"}


@pytest.mark.slow
def test_leaks_of_a_split_that_was_drawn_apart_are_none(toy: Home) -> None:
    _run(*EXAM)
    result = _run("leaks", "exam")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "The parts share nothing that is known.")


def test_leaks_of_a_published_split_are_told_and_exit_1(toy: Home) -> None:
    result = _run("leaks", "--official", "classic", "--dataset", "toy")
    assert result.exit_code == 1
    assert "artist: known of 60 of 60 clips; 12 of 12 that recur lie in several parts" in result.stdout
    said = json.loads(_run("leaks", "--official", "classic", "--dataset", "toy", "--json").stdout)
    assert {(row["kind"], row["clips"], row["of"]) for row in said["shared"]} == {("artist", 45, 45), ("copy", 1, 45)}
    assert said["across"] == {"copy": 1, "song": 0, "artist": 12, "album": 0, "track": 0}


@pytest.mark.parametrize(
    "words", [(), ("exam", "--official", "x", "--dataset", "toy"), ("--official", "x"), ("--dataset", "toy")]
)
def test_leaks_wants_one_split(toy: Home, words: tuple[str, ...]) -> None:
    result = _run("leaks", *words)
    assert result.exit_code == 2
    assert "Give the name or file of a split" in result.stderr


@pytest.mark.slow
def test_unknown_splits_are_told(toy: Home) -> None:
    for command in ("show", "check", "leaks"):
        assert isinstance(_run(command, "nothing").exception, UnknownName)


def test_help_shows_both_uses() -> None:
    result = _run("--help")
    for text in ("split NAME --dataset DATASET", "split COMMAND", "--per-label", "leaks"):
        assert text in result.stdout
