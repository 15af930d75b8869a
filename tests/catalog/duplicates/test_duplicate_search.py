"""`mudata duplicates` from sound to groups: listened to once, told, kept; stopped at any moment it goes on."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from bars import Bars
from random_music import RATE, lay, music

import mudata
from mudata.catalog.duplicates import fingerprint_store, listening, near_copies
from mudata.catalog.duplicates.duplicate_search import search
from mudata.catalog.index import database
from mudata.errors import Busy, UnreadableFileWarning

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.home import Home


def sounds() -> dict[str, np.ndarray]:
    one = music(1)
    return {
        "one": one,
        "one quieter": one / 2,
        "one cut": one[2 * RATE : 8 * RATE],
        "two": music(2),
        "silence": np.zeros(5 * RATE, np.float32),
        "silence again": np.zeros(6 * RATE, np.float32),
        "short": music(3, 0.2),
        "short again": music(3, 0.2),
    }


@pytest.fixture
def toy(home: Home) -> Home:
    lay(home, sounds(), labels=[{"id": "one", "label": "rock"}, {"id": "one cut", "label": "metal"}])
    return home


NOT_HEARD = {
    "toy/short": "too_short",
    "toy/short again": "too_short",
    "toy/silence": "silent",
    "toy/silence again": "silent",
}


@pytest.mark.parametrize("store", ["flac", "reference"])
def test_near_copies_are_found_in_either_store(home: Home, store: str) -> None:
    lay(home, sounds(), store=store, labels=[{"id": "one", "label": "rock"}, {"id": "one cut", "label": "metal"}])
    found = search(home, ["toy"])
    (group,) = found.groups
    assert [member.clip_id for member in group.members] == ["toy/one", "toy/one cut", "toy/one quieter"]
    assert [member.kind for member in group.members] == ["exact", "near", "near"]
    assert [member.offset_s for member in group.members] == pytest.approx([0, 2, 0], abs=0.07)
    assert all(0.9 < member.score <= 1 for member in group.members)
    assert (group.kind, group.conflict) == ("near", "genre: metal | rock")
    assert (found.unheard, found.fingerprints) == (NOT_HEARD, 4)


def test_what_was_heard_is_not_heard_again(toy: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    first, bars = search(toy, ["toy"]), Bars()
    monkeypatch.setattr(listening, "heard", None)  # nobody may be asked
    again = search(toy, ["toy"], progress=bars)
    assert again == first
    assert "Listening to toy" not in bars.done


def test_sql_has_the_groups_until_their_clips_are_gone(toy: Home) -> None:
    assert mudata.sql("FROM duplicates").arrow().num_rows == 0
    search(toy, ["toy"])
    rows = mudata.sql("SELECT clip_id, group_id, kind, conflicts FROM duplicates ORDER BY 1").arrow().to_pylist()
    assert [row["clip_id"] for row in rows] == ["toy/one", "toy/one cut", "toy/one quieter"]
    assert {row["group_id"] for row in rows} == {"toy/one"}
    assert rows[0]["conflicts"] == ["genre"]
    lay(toy, {"two": sounds()["two"]})
    assert mudata.sql("FROM duplicates").arrow().num_rows == 0


def test_one_clip_that_cannot_be_decoded_is_told_and_the_others_go_on(toy: Home) -> None:
    (toy.clips("toy", "native") / "two.flac").write_bytes(b"fLaC and no more")
    (toy.clips("toy", "native") / "one cut.flac").unlink()
    found = search(toy, ["toy"])
    assert found.unheard["toy/two"].startswith("undecodable")
    assert found.unheard["toy/one cut"].startswith("vanished")
    assert len(found.groups) == 1
    lay(toy, sounds())  # mended: it is listened to now
    mended = search(toy, ["toy"])
    assert mended.unheard == NOT_HEARD
    assert len(mended.groups[0].members) == 3


def test_copies_across_datasets_with_the_same_ids(home: Home) -> None:
    one = music(1)
    lay(home, {"one": one, "two": music(2)}, "left", labels=[{"id": "one", "label": "hip-hop"}])
    lay(home, {"one": one[RATE:], "two": music(4)}, "right", labels=[{"id": "one", "label": "Hip Hop"}])
    found = search(home, ["left", "right"])
    (group,) = found.groups
    assert [member.clip_id for member in group.members] == ["left/one", "right/one"]
    assert (group.datasets, group.conflict) == (("left", "right"), "")
    assert search(home, ["left"]).groups == ()
    assert search(home, ["left", "right"], exact=True).groups == ()


def test_a_new_search_forgets_what_no_longer_agrees(toy: Home) -> None:
    search(toy, ["toy"])
    (pair, *_) = near_copies.load(toy)
    near_copies.save(toy, {pair.first, pair.second}, [])
    assert pair not in near_copies.load(toy)
    search(toy, ["toy"])
    assert pair in near_copies.load(toy)


@pytest.mark.parametrize("file", ["fingerprints/toy/*.parquet", "duplicates/near.parquet"])
def test_damaged_files_are_made_again(toy: Home, file: str) -> None:
    first = search(toy, ["toy"])
    for damage in (
        lambda data: data[:-20],
        lambda data: b"",
        lambda data: data[:60] + bytes([data[60] ^ 8]) + data[61:],
    ):
        for path in toy.root.glob(file):
            path.write_bytes(damage(path.read_bytes()))
        told = pytest.warns(UnreadableFileWarning, match=r"near\.parquet is damaged: nothing is known of near copies")
        with told if "near" in file else contextlib.nullcontext():
            assert search(toy, ["toy"]) == first
    assert [near_copies.load(toy) for _ in range(2)] == [near_copies.load(toy)] * 2


def test_no_byte_of_a_fingerprint_can_change_unnoticed(home: Home) -> None:
    random = np.random.default_rng(1)
    rows = {f"{n:064x}": random.bytes(1600) for n in range(3)}
    fingerprint_store.add(
        home, "toy", [fingerprint_store.StoredFingerprint(pcm, own, None) for pcm, own in rows.items()]
    )
    (path,) = (home.fingerprints / "toy").iterdir()
    whole = path.read_bytes()
    for place in random.integers(len(whole), size=100):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        found = fingerprint_store.read(home).to_pylist()
        assert not found or {row["pcm_sha256"]: row["words"] for row in found} == rows


def test_only_clips_that_can_be_compared_count_as_known(toy: Home) -> None:
    search(toy, ["toy"])
    with database.connect(toy) as connection:
        ids = [row[0] for row in connection.execute("SELECT clip_id FROM clips").fetchall()]
        assert near_copies.of_clips(toy, connection, ids).fingerprinted == len(ids) - len(NOT_HEARD)


def test_many_files_become_one(toy: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "BATCH", 1)
    monkeypatch.setattr(fingerprint_store, "MOST_FILES", 4)
    first = search(toy, ["toy"])
    assert [path.name for path in (toy.fingerprints / "toy").iterdir()] == ["all-1.parquet"]
    assert search(toy, ["toy"]) == first


def test_another_recipe_is_listened_to_anew(toy: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    search(toy, ["toy"])
    schema = fingerprint_store.SCHEMA.with_metadata({"recipe": "0"})
    for path in (toy.fingerprints / "toy").glob("*.parquet"):
        path.unlink()
    monkeypatch.setattr(fingerprint_store, "SCHEMA", schema)
    fingerprint_store.add(toy, "toy", [fingerprint_store.StoredFingerprint("a", b"", None)])
    assert fingerprint_store.hashes(toy) == set()


def test_two_at_once_are_refused(toy: Home) -> None:
    with toy.lock("duplicates"), pytest.raises(Busy):
        search(toy, ["toy"])


@pytest.mark.slow
def test_killed_while_it_listens_it_goes_on(home: Home, tmp_path: Path) -> None:
    clips = {f"{n:02}": music(n, 2) for n in range(40)} | {"copy": music(7, 2) / 2}
    lay(home, clips)
    program = tmp_path / "killed.py"
    program.write_text(
        "import os\n"
        "from mudata.catalog.duplicates import fingerprint_store, listening\n"
        "from mudata.catalog.duplicates.duplicate_search import search\n"
        "from mudata.home import Home\n"
        "listening.BATCH, listening.BATCH_S, add, written = 5, 1e9, fingerprint_store.add, []\n"
        "def counted(*given):\n"
        "    add(*given)\n"
        "    written.append(1)\n"
        "    if len(written) == 3: os.kill(os.getpid(), 9)\n"
        "fingerprint_store.add = counted\n"
        "search(Home.default(), ['toy'])\n"
    )
    done = subprocess.run([sys.executable, str(program)], env=os.environ, check=False, capture_output=True)
    assert done.returncode == -9, done.stderr
    assert len(fingerprint_store.hashes(home)) == 15
    bars = Bars()
    found = search(home, ["toy"], progress=bars)
    assert bars.done["Listening to toy"] == 26
    assert [[member.clip_id for member in group.members] for group in found.groups] == [["toy/07", "toy/copy"]]


def test_told_as_text_and_as_json(toy: Home) -> None:
    found = search(toy, ["toy"])
    text = str(found)
    assert "toy: 1 group of 3 clips; 0 of exact copies, 0 across datasets, 1 with labels that differ" in text
    assert "4 clips cannot be compared by ear: less than a second of it is above -80 dB 2, under a second 2" in text
    assert str(search(toy, ["toy"], exact=True)) == "toy: no copies by hashes"
    plain: dict[str, Any] = json.loads(json.dumps(found.plain()))
    assert plain["groups"][0]["members"][1]["clip_id"] == "toy/one cut"
    assert plain["unheard"] == NOT_HEARD
