"""`mudata du`: each file once, what is linked apart."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from shell import typed

import mudata
from mudata.storage.disk_size import readable

if TYPE_CHECKING:
    from small_corpus import Corpus

    from mudata.evaluation.run import Run
    from mudata.home import Home


def files_of(home: Home) -> int:
    """Bytes of all files, found another way."""
    seen = {
        (f.stat().st_dev, f.stat().st_ino): f.stat().st_size
        for f in home.root.rglob("*")
        if not f.is_symlink() and f.is_file()
    }
    return sum(seen.values())


def test_every_byte_of_the_home_is_counted_once(run: Run, corpus: Corpus) -> None:
    clips = corpus.home.root / "clips" / "tones" / "native"
    os.link(clips / "00.flac", corpus.home.raw("tones") / "files" / "same.flac")
    (corpus.home.models / "cache").mkdir(parents=True)
    (corpus.home.models / "cache" / "features.npz").write_bytes(b"z" * 300)
    rows = mudata.disk_use()
    assert sum(row["bytes"] for row in rows) == files_of(corpus.home)
    assert [(row["kind"], row["name"]) for row in rows][:3] == [
        ("dataset", "tones"),
        ("split", "half"),
        ("run", run.id),
    ]
    tones = rows[0]
    assert tones["bytes"] == tones["raw"] + tones["clips"] + tones["index"]
    assert (tones["raw"], tones["linked_bytes"], tones["links"]) == (702, 5000, 1)  # the hard link counts as a clip


def test_what_models_share_counts_once(home: Home) -> None:
    part = home.models / "parts" / "shared" / "files"
    part.mkdir(parents=True)
    (part / "w.bin").write_bytes(b"w" * 1000)
    for model in ("one", "two"):
        (home.models / model).mkdir()
        (home.models / model / "w.bin").symlink_to("../parts/shared/files/w.bin")
    rows = {row["name"]: row for row in mudata.disk_use()}
    assert (rows["shared"]["bytes"], rows["one"]["bytes"], rows["two"]["bytes"]) == (1000, 0, 0)
    assert sum(row["bytes"] for row in rows.values()) == files_of(home) == 1000


def test_an_empty_home_takes_nothing(home: Home) -> None:
    done = typed("du")
    assert (done.code, done.out) == (0, "")
    assert f"Nothing in {home.root}" in done.err
    assert json.loads(typed("du", "--json").out) == []


def test_du_is_a_table_for_people(corpus: Corpus) -> None:
    done = typed("usage")
    assert done.out.splitlines()[0].split() == ["kind", "name", "total", "raw", "clips", "index", "linked"]
    assert "702 B" in done.out
    assert "5 kB" in done.out


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, ""), (999, "999 B"), (1000, "1 kB"), (702_000, "702 kB"), (1_254_000_000, "1.25 GB"), (2.5e12, "2.5 TB")],
)
def test_sizes_are_readable(size: float, text: str) -> None:
    assert readable(size) == text
