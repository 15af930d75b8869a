"""Things are removed from the home, and nothing else is."""

from __future__ import annotations

import io
import json
import random
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from shell import started, typed, wait_for

import mudata
from mudata.catalog.index import database
from mudata.catalog.index.query import run as ask
from mudata.errors import ArgumentError, Busy, HomeError, UnknownName, UnreadableFileWarning
from mudata.storage import inventory, removal

if TYPE_CHECKING:
    from small_corpus import Corpus

    from mudata.evaluation.run import Run
    from mudata.home import Home


def left(home: Home) -> set[str]:
    """What has a name in the home."""
    return set(map(str, inventory.stored(home)))


def test_a_dataset_goes_with_all_its_folders_and_what_was_linked_stays(corpus: Corpus, tmp_path: Path) -> None:
    home = corpus.home
    corpus.publish("others")
    mudata.remove(["tones", "half"])
    assert left(home) == {"dataset others"}
    assert not any((home.root / folder / "tones").exists() for folder in ("raw", "clips", "index/parts"))
    assert (tmp_path / "own" / "one.wav").stat().st_size == 5000
    assert ask(home, "SELECT DISTINCT dataset FROM clips").fetchall() == [("others",)]
    with pytest.raises(HomeError, match="not in the index"):
        database.index_sha256(home, "tones")


def test_what_goes_is_told_with_its_size_before_anything_does(corpus: Corpus) -> None:
    told = mudata.remove("tones", dry_run=True)
    assert [(row["what"], row["links"]) for row in told] == [("index", 0), ("clips", 0), ("raw", 1)]
    assert told[2]["bytes"] == 702  # 700 and the two of fetched.json
    assert told[1]["files"] == 12
    assert left(corpus.home) == {"dataset tones", "split half"}


@pytest.mark.parametrize(("name", "needy"), [("tones", ["split half", "run them"]), ("half", ["run them"])])
def test_what_others_need_is_refused_unless_forced_or_named_with_them(
    run: Run, corpus: Corpus, name: str, needy: list[str]
) -> None:
    with pytest.raises(HomeError, match=f"needed by {needy[0]}") as refused:
        mudata.remove(name)
    assert all(each in str(refused.value) for each in needy)
    named = [each.split()[1].replace("them", run.id) for each in needy]
    assert f"mudata rm {shlex.join([name, *named])}" in str(refused.value)
    assert run.folder.is_dir()
    mudata.remove(name, force=True)
    assert run.settings.split == "half"  # what needs it stays
    assert name not in {item.name for item in inventory.stored(corpus.home)}


def test_a_dataset_goes_together_with_what_needs_it(run: Run, corpus: Corpus) -> None:
    mudata.remove(["tones", "half", run.id])
    assert left(corpus.home) == set()
    assert ask(corpus.home, "SELECT (SELECT count(*) FROM clips), (SELECT count(*) FROM answers)").fetchall() == [
        (0, 0)
    ]


def test_a_run_of_another_split_that_had_the_same_name_does_not_need_this_one(run: Run, corpus: Corpus) -> None:
    corpus.home.splits.joinpath("half.json").unlink()
    corpus.split("half", {"test": {"tones/00": "0" * 64}})
    mudata.remove("half")
    assert left(corpus.home) == {"dataset tones", f"run {run.id}"}


def test_a_run_goes_by_the_beginning_of_its_id(run: Run, corpus: Corpus) -> None:
    mudata.remove(run.id[:8])
    assert left(corpus.home) == {"dataset tones", "split half"}


def test_a_name_of_several_things_is_no_order(corpus: Corpus) -> None:
    corpus.split("tones", {"test": {"tones/00": "0" * 64}})
    with pytest.raises(ArgumentError, match=r"dataset tones, split tones\.\nSay which with --kind dataset\|split"):
        mudata.remove("tones")
    mudata.remove("tones", kind="split")
    assert left(corpus.home) == {"dataset tones", "split half"}


def test_two_runs_that_begin_so_are_no_order(corpus: Corpus) -> None:
    for name in ("them-half-1", "them-half-2"):
        (corpus.home.runs / name).mkdir(parents=True)
    with pytest.raises(ArgumentError, match=r"may be any of 2: run them-half-1, run them-half-2\.\nGive more"):
        mudata.remove("them")


def test_an_unknown_name_is_told_with_the_nearest(corpus: Corpus) -> None:
    with pytest.raises(UnknownName, match=r"No thing in the home named 'tonse'\. Did you mean 'tones'"):
        mudata.remove("tonse")
    with pytest.raises(UnknownName, match="No split named 'tones'"):
        mudata.remove("tones", kind="split")


@pytest.mark.parametrize("place", ["raw", "clips", "index/parts", "splits"])
def test_nothing_is_removed_through_a_link_of_the_folder_above(corpus: Corpus, tmp_path: Path, place: str) -> None:
    away = tmp_path / "other disk"
    (corpus.home.root / place).rename(away)
    (corpus.home.root / place).symlink_to(away)
    with pytest.raises(HomeError, match="nothing is removed through a link"):
        mudata.remove(["tones", "half"])
    assert left(corpus.home) == {"dataset tones", "split half"}


@pytest.mark.parametrize("place", ["raw/tones", "clips/tones", "index/parts/tones"])
def test_a_folder_that_is_a_link_is_unlinked_only(corpus: Corpus, tmp_path: Path, place: str) -> None:
    away = tmp_path / "other disk"
    (corpus.home.root / place).rename(away)
    (corpus.home.root / place).symlink_to(away)
    mudata.remove(["tones", "half"])
    assert left(corpus.home) == set()
    assert any(away.iterdir())


def test_links_inside_a_folder_lead_to_nothing_that_goes(corpus: Corpus, tmp_path: Path) -> None:
    (corpus.home.raw("tones") / "files" / "folder").symlink_to(tmp_path / "own", target_is_directory=True)
    (corpus.home.raw("tones") / "files" / "loop").symlink_to(corpus.home.root, target_is_directory=True)
    mudata.remove(["tones", "half"])
    assert (tmp_path / "own" / "one.wav").exists()
    assert corpus.home.index.is_dir()


@pytest.mark.parametrize("lock", ["fetch-tones", "parts-tones", "split-half", "run-{run}"])
def test_what_another_process_works_on_stays(run: Run, corpus: Corpus, lock: str) -> None:
    before = left(corpus.home)
    with corpus.home.lock(lock.format(run=run.id)), pytest.raises(Busy, match="Another mudata process"):
        mudata.remove("tones", force=True) if "split" not in lock else mudata.remove("half", force=True)
    assert left(corpus.home) == before
    assert ask(corpus.home, "SELECT count(*) FROM clips").fetchall() == [(12,)]


def test_a_damaged_split_and_a_run_without_run_json_can_be_removed(corpus: Corpus) -> None:
    corpus.home.splits.joinpath("half.json").write_text("{")
    (corpus.home.runs / "begun").mkdir(parents=True)
    mudata.remove(["half", "begun"])
    assert left(corpus.home) == {"dataset tones"}


def test_a_dataset_without_a_card_can_be_removed(corpus: Corpus) -> None:
    (corpus.cards / "tones.yaml").unlink()
    mudata.remove(["tones", "half"])
    assert left(corpus.home) == set()


def test_a_dataset_goes_by_an_alias_of_its_card_and_a_broken_card_hides_no_answer(corpus: Corpus) -> None:
    card = corpus.cards / "tones.yaml"
    card.write_text(card.read_text() + "aliases: [sines]\n")
    corpus.home.splits.joinpath("half.json").unlink()
    assert {row["name"] for row in mudata.remove("Sines")} == {"tones"}
    (corpus.cards / "broken.yaml").write_text("{: broken")
    with (
        pytest.warns(UnreadableFileWarning, match=r"broken\.yaml:1: not valid YAML"),
        pytest.raises(UnknownName, match="No thing in the home named 'nope'"),
    ):
        mudata.remove("nope")


@pytest.fixture
def weights(home: Home) -> Callable[..., None]:
    """Makes a model's folder of links to its parts, as `models fetch` leaves it."""

    def make(model: str, *parts: str) -> None:
        for part in parts:
            files = home.models / "parts" / part / "files"
            files.mkdir(parents=True, exist_ok=True)
            (files / f"{part}.bin").write_bytes(b"w" * 1000)
            (files.parent / "fetched.json").write_text("{}")
            (home.models / model).mkdir(parents=True, exist_ok=True)
            (home.models / model / f"{part}.bin").symlink_to(f"../parts/{part}/files/{part}.bin")
        record = {"model": model, "parts": [{"part": part, "at": "."} for part in parts]}
        (home.models / model / "weights.json").write_text(json.dumps(record))

    return make


def test_a_model_takes_the_parts_with_it_that_no_other_needs(home: Home, weights: Callable[..., None]) -> None:
    weights("one", "shared", "of-one")
    weights("two", "shared", "of-two")
    gone = mudata.remove("one")
    assert [(row["kind"], row["name"]) for row in gone] == [("model", "one"), ("part", "of-one")]
    assert left(home) == {"model two", "part shared", "part of-two"}
    mudata.remove("two")
    assert left(home) == set()


def test_models_that_go_together_take_what_they_share(home: Home, weights: Callable[..., None]) -> None:
    weights("one", "shared")
    weights("two", "shared")
    mudata.remove(["one", "two"])
    assert left(home) == set()


def test_a_part_that_a_model_needs_is_refused(home: Home, weights: Callable[..., None]) -> None:
    weights("one", "shared")
    with pytest.raises(HomeError, match="part shared: needed by model one"):
        mudata.remove("shared")
    mudata.remove("shared", force=True)
    assert left(home) == {"model one"}


def test_parts_of_a_model_that_was_never_put_together_go_by_its_name(home: Home) -> None:
    part = home.models / "parts" / "salmonn-7b-v0" / "files"
    from mudata.evaluation.models import model_card
    from mudata.evaluation.models.weights import weight_store

    first = weight_store.layout(model_card.load(model_card.files()["salmonn-7b"]))[0][1].name
    part = home.models / "parts" / first / "files"
    part.mkdir(parents=True)
    mudata.remove("salmonn-7b")
    assert left(home) == set()


class Stop(BaseException):
    """What a kill is to the process that it hits: nothing handles it."""


_STOP: dict[str, Any] = {"root": None, "at": None, "seen": 0}


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _STOP["root"] and event in ("os.remove", "os.rmdir", "os.rename", "shutil.rmtree"):
        _STOP["seen"] += 1
        if _STOP["seen"] == _STOP["at"]:
            _STOP["root"] = None
            raise Stop


sys.addaudithook(_watch)


@pytest.mark.slow
def test_stopped_anywhere_the_same_call_goes_on(run: Run, corpus: Corpus, tmp_path: Path) -> None:
    """At eight moments drawn of all in which something is about to be removed."""
    import shutil

    home, copy = corpus.home, tmp_path / "copy"
    shutil.copytree(home.root, copy, symlinks=True)

    def removed(at: int | None) -> None:
        _STOP.update(root=str(home.root), at=at, seen=0)
        try:
            removal.remove(home, removal.plan(home, ["tones"]), force=True)
        finally:
            _STOP["root"] = None

    removed(None)
    moments = _STOP["seen"]
    assert moments > 12
    for at in sorted(random.Random(0).sample(range(1, moments + 1), 8)):
        shutil.rmtree(home.root)
        shutil.copytree(copy, home.root, symlinks=True)
        with pytest.raises(Stop):
            removed(at)
        counted = ask(home, "SELECT count(*) FROM clips").fetchall()  # all or none, and no older rows come back
        assert counted in ([(12,)], [(0,)])
        removed(None)
        assert left(home) == {"split half", f"run {run.id}"}, at


# ---------------------------------------------------------------------------------------- as it is typed


def test_rm_shows_and_refuses_to_remove_where_nobody_can_be_asked(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    done = typed("rm", "tones", "half")
    assert done.code == 2
    assert "give --yes" in done.err
    assert "clips" in done.out
    assert left(corpus.home) == {"dataset tones", "split half"}


def test_rm_removes_with_yes_and_tells_how_much(corpus: Corpus) -> None:
    done = typed("remove", "tones", "half", "--yes")
    assert done.code == 0
    assert "Removed " in done.err
    assert "kB" in done.err
    assert left(corpus.home) == set()


def test_rm_tells_what_needs_a_thing_and_exits_with_2(run: Run, corpus: Corpus) -> None:
    done = typed("rm", "half", "--yes")
    assert done.code == 2
    assert f"Needs it: run {run.id}." in done.err
    assert "--force" in done.err
    assert "split half" in left(corpus.home)


def test_rm_as_json_is_one_document(corpus: Corpus) -> None:
    assert typed("rm", "half", "--json").code == 2
    rows = json.loads(typed("rm", "half", "--json", "--yes").out)
    assert [(row["kind"], row["name"]) for row in rows] == [("split", "half")]


def test_rm_of_a_group_means_things_of_that_group_only(corpus: Corpus) -> None:
    assert "No split named 'tones'" in typed("split", "rm", "tones", "--yes").err
    assert typed("split", "rm", "half", "--yes").code == 0
    assert left(corpus.home) == {"dataset tones"}


@pytest.mark.slow
def test_killed_with_sigkill_the_same_command_goes_on(corpus: Corpus) -> None:
    home = corpus.home
    many = home.raw("tones") / "files" / "many"
    many.mkdir()
    for number in range(4_000):
        (many / f"{number}").touch()
    with started("rm", "tones", "--force", "--yes") as process:
        wait_for(lambda: not (home.index / "parts" / "tones").exists(), process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL
    assert left(home) == {"dataset tones", "split half"}
    assert typed("rm", "tones", "--force", "--yes").code == 0
    assert left(home) == {"split half"}
