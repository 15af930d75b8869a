"""`mudata verify --deep CLIP`: who reads a raw file, and how much of it; what the index says of such clips."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pytest
import soundfile
from shell import typed
from tones_on_disk import Tone, card, lay, take

import mudata
from mudata.catalog.cards import loader
from mudata.catalog.index import database
from mudata.catalog.index.generations import ABOUT
from mudata.catalog.tables import ADDED, TABLES
from mudata.errors import HomeError

if TYPE_CHECKING:
    from mudata.home import Home

WAVE = (0.5 * np.sin(np.arange(8000) / 5)).astype(np.float32)


def ask(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with database.connect(home) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def files(home: Home, tone: Tone) -> Path:
    """A good file, half a file, one that is too loud, and one whose channels cancel each other."""
    made = lay(home, tone, {"good": {}, "half": {}, "loud": {}, "against": {}}) / "audio" / "low"
    (made / "half.wav").write_bytes((made / "half.wav").read_bytes()[:4000])
    soundfile.write(made / "loud.wav", 4 * WAVE, 8000, subtype="FLOAT")
    soundfile.write(made / "against.wav", np.stack([WAVE, -WAVE], 1), 8000)
    return made


def test_what_each_decoder_makes_of_a_clip_is_told(
    home: Home, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(card(tmp_path / "cards"), home)
    assert ask(home, "SELECT clip_id, clipped, decoder, status FROM clips ORDER BY clip_id") == [
        ("tones/against", None, None, "quarantined"),
        ("tones/good", 0, "libsndfile", "ok"),
        ("tones/half", None, None, "quarantined"),
        ("tones/loud", np.count_nonzero(np.abs(4 * WAVE) > 1), "libsndfile", "ok"),
    ]
    good = mudata.verify_clip("tones/good")
    first = good.verdicts[0]
    assert (good.ok, good.status, good.reason, good.problem) == (True, "ok", None, None)
    assert (first.decoder, first.coding, first.samples, first.problem) == ("libsndfile", "WAV/PCM_16", 4000, None)
    assert [verdict.chosen for verdict in good.verdicts] == [True] + [False] * (len(good.verdicts) - 1)
    assert "libsndfile (chosen): 4,000 samples, 0.5 s; all of the file" in str(good)

    half = mudata.verify_clip("tones/half")
    assert not half.ok
    assert half.reason == half.verdicts[0].problem
    assert str(half.reason).startswith("truncated: 0.2472 s of 0.5 s can be decoded")

    (files / "good.wav").unlink()
    gone = mudata.verify_clip("tones/good")
    assert (gone.ok, gone.verdicts, gone.problem) == (False, (), "vanished: no such file")
    with pytest.raises(HomeError, match="No clip named 'tones/none' in the index"):
        mudata.verify_clip("tones/none")

    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))
    said = typed("verify", "--deep", "tones/half", "--json")
    assert said.code == 1
    told = json.loads(said.out)
    assert (told["clip_id"], told["ok"], told["reason"]) == ("tones/half", False, half.reason)
    assert told["verdicts"] == half.rows()
    said = typed("verify", "--deep", "tones/loud")
    assert (said.code, said.out.split()[:2]) == (0, ["decoder", "coding"])
    said = typed("verify", "tones/loud")
    assert (said.code, "mudata verify --deep tones/loud" in said.err) == (2, True)


def test_a_card_may_keep_the_first_channel(home: Home, files: Path, tmp_path: Path) -> None:
    plain = card(tmp_path / "plain")
    assert "mix" not in json.dumps(plain.model_dump(mode="json")), "hashes of cards are those of before"
    mixed = card(tmp_path / "mixed", **{"    select: SELECT id, path": "    mix: first\n    select: SELECT id, path"})
    assert loader.sha256(plain) != loader.sha256(mixed)
    take(plain, home)
    ((status, reason),) = ask(home, "SELECT status, reason FROM clips WHERE clip_id = 'tones/against'")
    assert (status, reason.partition(":")[0]) == ("quarantined", "channels_cancel")
    take(mixed, home)
    ((status, rms),) = ask(home, "SELECT status, rms FROM clips WHERE clip_id = 'tones/against'")
    assert (status, rms) == ("ok", pytest.approx(0.5 / 2**0.5, rel=0.01))


def test_parts_of_the_index_that_lack_the_newer_columns_are_read(home: Home, files: Path, tmp_path: Path) -> None:
    take(card(tmp_path / "cards"), home)
    shutil.copytree(home.index / "parts" / "tones", home.index / "parts" / "older")
    folder = database.current_generation(home, "older")
    assert folder is not None
    added = ADDED["clips"]
    path = folder / "clips.parquet"
    kept = ", ".join(c.name for c in TABLES["clips"] if c.name not in added)
    duckdb.sql(f"SELECT {kept} FROM '{path}'").write_parquet(f"{path}.new")
    Path(f"{path}.new").replace(path)
    about = json.loads((folder / ABOUT).read_bytes())
    about["tables"]["clips"]["bytes"] = path.stat().st_size
    (folder / ABOUT).write_text(json.dumps(about))
    columns = ", ".join(f"count({name})" for name in added)
    newer = ask(home, f"SELECT {columns} FROM clips WHERE dataset = 'tones'")
    assert any(newer[0])
    query = f"SELECT count(*), {columns} FROM clips"
    assert ask(home, query) == [(8, *newer[0])]
    shutil.rmtree(home.index / "parts" / "tones")
    sounding = ask(home, "SELECT count(*) FROM clips WHERE status = 'ok' AND kind = 'audio'")[0][0]
    older = [(4, *(sounding if name == "store" else 0 for name in added))]  # which knew copies alone
    assert ask(home, query) == older
    database.rebuild(home)
    with duckdb.connect(str(home.index / database.DATABASE), read_only=True) as connection:
        assert connection.execute(query).fetchall() == older
