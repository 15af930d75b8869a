"""`mudata why`: the way of a clip from its source to the runs that asked about it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tiny_set
from misbehaving import Server
from shell import typed
from tiny_set import CLIPS, TABLE, as_dict, built

import mudata
from mudata.catalog.cards import loader
from mudata.catalog.index import database
from mudata.errors import HomeError
from mudata.storage.clip_chain import ChainLink, ClipChain

if TYPE_CHECKING:
    from mudata.home import Home

OWN = """
faults:
  - {ids: rock.00001, kind: mislabelled, action: drop, note: soft, source: me, repair: {labels: {genre: jazz}}}
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def tiny(server: Server, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path))
    tiny_set.write(built(as_dict(server)), tmp_path)
    mudata.fetch("tiny", workers=1, progress=False)
    return home


@pytest.mark.slow
def test_a_clip_tells_its_way_from_the_source_to_the_runs(tiny: Home, server: Server, tmp_path: Path) -> None:
    split = mudata.split("exam", dataset="tiny", parts={"test": 1.0})
    run = mudata.evaluate("majority", "exam", progress=False)
    tiny.make(tiny.faults)
    (tiny.faults / "tiny.yaml").write_text(OWN)
    chain = mudata.why("tiny/rock.00001")
    assert chain["source"]["mirror"] == "http 127.0.0.1"
    assert chain["source"]["address"] == server.url("/tiny.zip")
    assert chain["source"]["fetched"].endswith(f"by mudata {mudata.__version__}")
    packed = tiny_set.sha256(tiny_set.zipped())
    assert (chain["file"]["archive"], chain["file"]["archive sum"]) == ("tiny.zip", f"sha256:{packed}")
    assert chain["file"]["sha256"] == tiny_set.sha256(CLIPS["tiny/rock.00001.wav"])
    assert (chain["file"]["path"], chain["file"]["state"]) == ("tiny/rock.00001.wav", "as it was indexed")
    card = loader.load("tiny")
    assert chain["card"] == {
        "name": "tiny",
        "sha256": loader.sha256(card),
        "where": str(tmp_path / "tiny.yaml"),
        "since": None,
    }
    assert chain["clip"]["extent"] == "0 s to 1 s of 1 s"
    assert chain["decoding"]["decoder"] == "libsndfile"
    assert {"mudata", "soxr", "libsndfile"} <= set(chain["decoding"]["tools"])
    assert (chain["kept"]["store"], chain["kept"]["state"]) == ("flac", "here")
    table = f"table listed: tiny.csv (sha256:{tiny_set.sha256(TABLE)})"
    assert chain["labels"] == {"genre": f"rock (from {table})"}
    assert chain["groups"] == {"artist": "artist 1", "from": table}
    assert chain["splits"] == {"exam": f"test (own, sha256 {split.sha256[:12]})"}
    assert chain["faults"] == {"mislabelled": "drop (own): soft [me]; right is: labels genre jazz"}
    assert chain["runs"] == {run.id: "majority, genre of split exam"}
    told = typed("why", "tiny/rock.00001")
    assert told.code == 0
    assert told.out == f"{chain}\n"
    (record,) = json.loads(typed("why", "tiny/rock.00001", "--json").out)
    assert record["file"]["archive sum"] == f"sha256:{packed}"
    assert list(record)[:4] == ["clip_id", "source", "file", "card"]


def test_what_has_changed_since_is_told(tiny: Home, server: Server, tmp_path: Path) -> None:
    raw = tiny.raw("tiny") / "files" / "tiny" / "rock.00001.wav"
    raw.write_bytes(raw.read_bytes()[:-2] + b"\1\1")
    tiny_set.write(built(as_dict(server) | {"title": "Told anew"}), tmp_path)
    (kept,) = tiny.clips("tiny", "native").glob("*/rock.00001.flac")
    kept.unlink()
    chain = mudata.why("tiny/rock.00001")
    assert chain["file"]["state"].startswith("changed: ")
    assert chain["card"]["since"].startswith("changed, now ")
    assert chain["kept"]["state"] == "gone"
    raw.unlink()
    (tmp_path / "tiny.yaml").unlink()
    chain = mudata.why("tiny/rock.00001")
    assert chain["file"]["state"].startswith("vanished: ")
    assert chain["card"]["since"] == "gone"
    assert chain["labels"] == {"genre": "rock (from a card that is gone)"}


def test_what_an_older_version_did_not_keep_is_not_known(tiny: Home) -> None:
    ledger = tiny.raw("tiny") / "fetched.json"
    said = json.loads(ledger.read_text())
    for record in said["records"].values():
        del record["address"], record["revision"], record["archives"]
    ledger.write_text(json.dumps(said))
    generation = database.current_generation(tiny, "tiny")
    assert generation
    about = json.loads((generation / "about.json").read_text())
    del about["tools"]
    (generation / "about.json").write_text(json.dumps(about))
    chain = mudata.why("tiny/rock.00001")
    assert chain["source"]["address"] == "not known: fetched by an older version"
    assert chain["file"]["archive"] == "tiny.zip"
    assert chain["decoding"]["tools"] == f"not known: indexed by mudata {mudata.__version__}"
    ledger.unlink()
    assert mudata.why("tiny/rock.00001")["source"] == {"mirror": "not known: no fetch has this file"}


def test_files_of_ones_own_lead_to_where_they_lie(
    home: Home, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))
    (tmp_path / "cards").mkdir()
    tiny_set.write(built(as_dict(server)), tmp_path / "cards")
    own = tmp_path / "own"
    for path, data in {**CLIPS, "tiny.csv": TABLE}.items():
        (own / path).parent.mkdir(parents=True, exist_ok=True)
        (own / path).write_bytes(data)
    mudata.fetch("tiny", source=own, workers=1, progress=False)
    chain = mudata.why("tiny/jazz.00002")
    assert str(own) in chain["source"]["mirror"]
    assert chain["source"]["address"] is None
    assert chain["file"]["link to"] == str(own / "tiny" / "jazz.00002.wav")
    assert "archive" not in repr(chain)


def test_a_home_of_0_1_0_tells_what_it_has(home: Home) -> None:
    data = Path(__file__).parents[1] / "data" / "home-0.1.0"
    shutil.copytree(data / "home", home.root, dirs_exist_ok=True)
    (clip_id,) = mudata.sql("SELECT min(clip_id) FROM clips WHERE status = 'ok'").fetchall()[0]
    chain = mudata.why(clip_id)
    assert chain["decoding"]["tools"] == "not known: indexed by mudata 0.1.0"
    assert chain["runs"]
    assert chain["labels"]


def test_a_clip_that_is_not_there_is_an_error(home: Home) -> None:
    with pytest.raises(HomeError, match="No clip named 'tiny/none' in the index"):
        mudata.why("tiny/none")
    assert typed("why", "tiny/none").code == 2
    assert typed("why").code == 2


def test_long_lists_are_folded_at_their_commas() -> None:
    tools = {f"library-{n}": "1.0.0" for n in range(12)}
    chain = ClipChain("toy/a", (ChainLink("decoding", {"decoder": "libsndfile", "tools": tools}),))
    lines = repr(chain).splitlines()
    assert lines[:2] == ["toy/a", "  decoding  decoder: libsndfile"]
    assert all(len(line) <= 100 for line in lines)
    assert (len(lines), lines[-1]) == (5, f"{'':14}library-9 1.0.0, library-10 1.0.0, library-11 1.0.0")
    assert " ".join(line.strip() for line in lines[2:]) == "tools: " + ", ".join(f"{n} 1.0.0" for n in tools)
