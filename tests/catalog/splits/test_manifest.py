"""The split file: what it says, what its hash is over, and what a check finds."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import shelf

from mudata.catalog.index import database
from mudata.catalog.splits import check, draw, manifest, stratify
from mudata.catalog.splits.manifest import Manifest, Member
from mudata.catalog.splits.split_request import SplitRequest
from mudata.errors import SplitError, UnknownName

if TYPE_CHECKING:
    from mudata.home import Home

CLIPS = [{"id": f"{i:02}", "artist": f"a{i // 2}"} for i in range(12)]
LABELS = [{"id": f"{i:02}", "label": f"g{i // 6}"} for i in range(12)]


@pytest.fixture
def made(home: Home) -> Manifest:
    shelf.shelve(home, clips=CLIPS, labels=LABELS)
    return draw.make(home, SplitRequest(name="exam", datasets=("toy",), stratify=("genre",), group=("artist",)))


def _kinds(home: Home, split: Manifest) -> list[tuple[str, str]]:
    return [(finding.level, finding.kind) for finding in check.check(home, split)]


@pytest.mark.slow
def test_the_file_says_all_that_the_contract_asks(home: Home, made: Manifest) -> None:
    said = json.loads(manifest.save(home, made).read_text(encoding="utf-8"))
    assert list(said) == [
        "name",
        "datasets",
        "query",
        "seed",
        "stratify",
        "group",
        "parts",
        "card_sha256",
        "index_sha256",
        "warnings",
        "recipe",
        "mudata_version",
        "created_at",
        "sha256",
    ]
    assert said["query"] == {"faults": "drop", "parts": {"train": 0.7, "validation": 0.1, "test": 0.2}}
    assert said["card_sha256"] == {"toy": shelf.sha("card 1")}
    member = said["parts"]["test"][0]
    assert member == {"clip_id": member["clip_id"], "pcm_sha256": shelf.sha(member["clip_id"])}


def test_a_manifest_reads_back_as_it_was(home: Home, made: Manifest) -> None:
    path = manifest.save(home, made)
    assert manifest.load(home, "exam") == manifest.load(home, path) == manifest.load(home, str(path)) == made


@pytest.mark.parametrize(
    "changed",
    [{"name": "other"}, {"created_at": "then"}, {"mudata_version": "9"}, {"warnings": ("!",)}, {"recipe": None}],
)
def test_the_hash_is_not_over_name_time_version_recipe_and_remarks(made: Manifest, changed: dict[str, str]) -> None:
    assert replace(made, **changed).digest() == made.sha256


@pytest.mark.parametrize(
    "changed",
    [
        {"datasets": ("other",)},
        {"query": {"faults": "keep"}},
        {"seed": 1},
        {"stratify": ()},
        {"group": ()},
        {"parts": {"test": (Member("toy/00", "0"),)}},
        {"card_sha256": {}},
        {"index_sha256": {}},
    ],
)
def test_the_hash_is_over_all_else(made: Manifest, changed: dict[str, object]) -> None:
    assert replace(made, **changed).digest() != made.sha256  # type: ignore[arg-type]


def test_the_hash_is_one_that_others_can_compute() -> None:
    split = Manifest(
        name="n",
        datasets=("d",),
        query={"n": 1},
        seed=0,
        stratify=(),
        group=(),
        parts={"test": (Member("d/ä", "1"),)},
        card_sha256={"d": "c"},
        index_sha256={"d": "i"},
    )
    assert split.digest() == shelf.sha(
        '{"card_sha256":{"d":"c"},"datasets":["d"],"group":[],"index_sha256":{"d":"i"},'
        '"parts":{"test":[{"clip_id":"d/\\u00e4","pcm_sha256":"1"}]},"query":{"n":1},"seed":0,"stratify":[]}'
    )


# --------------------------------------------------------------------------------- keeping


def test_the_same_split_again_changes_nothing(home: Home, made: Manifest) -> None:
    path = manifest.save(home, made)
    before = path.read_bytes()
    manifest.save(home, replace(made, created_at="later"))
    assert path.read_bytes() == before


def test_the_same_split_again_is_shown_in_the_index_if_a_kill_came_before_that(home: Home, made: Manifest) -> None:
    database.rebuild(home)
    path = manifest.save(home, made)
    os.utime(home.index / database.DATABASE, ns=(0, 0))  # as it was before the split
    manifest.save(home, made)
    shown = (home.index / database.DATABASE).stat().st_mtime_ns
    assert shown >= path.stat().st_mtime_ns
    manifest.save(home, made)
    assert (home.index / database.DATABASE).stat().st_mtime_ns == shown


def test_another_split_of_the_same_name_is_refused_unless_forced(home: Home, made: Manifest) -> None:
    manifest.save(home, made)
    other = replace(made, seed=1).sealed()
    with pytest.raises(SplitError, match=f"Another split is named 'exam'.*{made.sha256[:12]}.*{other.sha256[:12]}"):
        manifest.save(home, other)
    manifest.save(home, other, force=True)
    assert manifest.load(home, "exam") == other


def test_a_split_of_an_older_recipe_is_told_as_old_and_is_sound(home: Home, made: Manifest) -> None:
    parts = {**made.parts, "train": made.parts["test"], "test": made.parts["train"]}
    old = replace(made, parts=parts, recipe=None, mudata_version="0.1.0").sealed()
    path = manifest.save(home, old)
    said = json.loads(path.read_text(encoding="utf-8"))
    del said["recipe"]  # as 0.1.0 wrote it
    path.write_text(json.dumps(said), encoding="utf-8")
    assert manifest.load(home, "exam") == old
    assert check.check(home, old) == []
    with pytest.raises(SplitError, match=r"drawn by an older recipe \(that of mudata 0\.1\.0; today's"):
        manifest.save(home, made)
    assert manifest.load(home, "exam") == old


def test_a_split_that_an_older_recipe_drew_alike_is_the_same(home: Home, made: Manifest) -> None:
    path = manifest.save(home, replace(made, recipe=None))
    before = path.read_bytes()
    manifest.save(home, made)
    assert path.read_bytes() == before


def test_only_splits_whose_labels_or_parts_were_spread_have_a_recipe(home: Home) -> None:
    shelf.shelve(home, clips=CLIPS, labels=LABELS)
    wishes: list[tuple[dict[str, Any], str | None]] = [
        ({"n": 3}, None),
        ({"stratify": "genre", "per_label": 2}, None),
        ({"stratify": "genre", "n": 3}, stratify.RECIPE),
        ({"n": 3, "parts": {"train": 0.5, "test": 0.5}}, stratify.RECIPE),
    ]
    for wish, recipe in wishes:
        assert draw.make(home, SplitRequest(name="s", datasets=("toy",), **wish)).recipe == recipe


def test_a_broken_file_is_replaced_only_by_force(home: Home, made: Manifest) -> None:
    manifest.save(home, made).write_text("{}")
    with pytest.raises(SplitError, match=r"exam\.json is not a split manifest: it has no name"):
        manifest.save(home, made)
    manifest.save(home, made, force=True)
    assert manifest.load(home, "exam") == made


def test_names_that_are_not_there_are_told_with_those_that_are(home: Home, made: Manifest, tmp_path: Path) -> None:
    manifest.save(home, made)
    assert manifest.names(home) == ["exam"]
    with pytest.raises(UnknownName, match=r"No split named 'exm'\. Did you mean 'exam'"):
        manifest.load(home, "exm")
    with pytest.raises(SplitError, match=r"x\.json: no such file"):
        manifest.load(home, tmp_path / "x.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"parts": 3}', '{"name": "x"}', "\x00", '"text"'])
def test_a_file_that_is_no_manifest_is_named(home: Home, tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text)
    with pytest.raises(SplitError, match=r"odd\.json is not a split manifest"):
        manifest.load(home, path)


def test_parts_come_in_the_order_of_their_use() -> None:
    given = ["zoo", "test", "extra", "validation", "train"]
    assert manifest.in_order(given) == ["train", "validation", "test", "extra", "zoo"]


# --------------------------------------------------------------------------------- checking


@pytest.mark.slow
def test_a_split_of_an_unchanged_index_has_nothing_to_say(home: Home, made: Manifest) -> None:
    assert check.check(home, made) == []


@pytest.mark.slow
def test_an_edited_manifest_is_a_fault(home: Home, made: Manifest) -> None:
    less = {**made.parts, "train": made.parts["train"][1:]}
    assert ("fault", "edited") in _kinds(home, replace(made, parts=less))


@pytest.mark.slow
def test_clips_that_are_gone_or_changed_are_faults_by_name(home: Home, made: Manifest) -> None:
    clips = [dict(clip) for clip in CLIPS[1:]]
    clips[0]["pcm_sha256"] = "something else"
    clips[1]["status"] = "quarantined"
    shelf.shelve(home, clips=clips, labels=LABELS)
    found = {finding.kind: finding for finding in check.check(home, made)}
    assert found["missing"].clip_ids == ("toy/00", "toy/02")
    assert found["missing"].what == "2 of 12 clips are not in the index as usable."
    assert found["changed"].clip_ids == ("toy/01",)
    assert {found["missing"].level, found["changed"].level} == {"fault"}
    assert found["index"].level == "note"


@pytest.mark.slow
def test_more_clips_and_another_card_are_worth_a_note(home: Home, made: Manifest) -> None:
    shelf.shelve(home, card="card 2", clips=[*CLIPS, {"id": "99"}], labels=LABELS)
    assert _kinds(home, made) == [("note", "card"), ("note", "index")]


def test_a_dataset_that_is_not_indexed_is_a_fault(home: Home, made: Manifest) -> None:
    elsewhere = replace(made, datasets=("other",), parts={"test": (Member("other/1", "1"),)}).sealed()
    found = check.check(home, elsewhere)
    assert [(f.level, f.kind) for f in found] == [("fault", "not-indexed"), ("fault", "missing")]
    assert found[0].what == "other is not in the index. Run: mudata fetch --card FILE (the card of other)"


@pytest.mark.slow
def test_midi_is_compared_by_its_file(home: Home) -> None:
    clip = {"id": "m", "kind": "midi", "pcm_sha256": None, "source_sha256": "file 1"}
    shelf.shelve(home, clips=[clip])
    split = draw.make(home, SplitRequest(name="midi", datasets=("toy",), parts={"test": 1.0}))
    assert split.parts["test"] == (Member("toy/m", None, shelf.sha("file 1")),)
    manifest.save(home, split)
    assert manifest.load(home, "midi") == split
    shelf.shelve(home, clips=[{**clip, "source_sha256": "file 2"}])
    assert ("fault", "changed") in _kinds(home, split)


def test_two_spellings_of_an_artist_in_two_parts_are_no_fault_of_an_old_split(home: Home) -> None:
    shelf.shelve(home, clips=[{"id": f"{i}", "artist": name} for i, name in enumerate(("The Beatles", "Beatles"))])
    members = [(Member(f"toy/{i}", shelf.sha(f"toy/{i}")),) for i in range(2)]
    split = draw.make(home, SplitRequest(name="exam", datasets=("toy",), parts={"train": 0.5, "test": 0.5}))
    torn = replace(split, group=("artist",), parts=dict(zip(("train", "test"), members, strict=True))).sealed()
    assert _kinds(home, torn) == [("fault", "leak-artist")]
    assert _kinds(home, replace(torn, recipe=None)) == [("note", "leak-artist")]


@pytest.mark.slow
def test_leaks_are_part_of_the_check(home: Home, made: Manifest) -> None:
    train, test = made.parts["train"], made.parts["test"]
    torn = replace(made, parts={"train": (*train[1:], *test), "test": (train[0],)}).sealed()
    assert ("fault", "leak-artist") in _kinds(home, torn)
