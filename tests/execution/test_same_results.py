"""What is made on a cluster of three machines is what is made here: index, journals, files, fingerprints, scores."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import hums
import numpy as np
import pytest
import soundfile
from shell import Done, typed

import mudata
from mudata.catalog.index import database
from mudata.home import Home

if TYPE_CHECKING:
    from pathlib import Path

    from three_nodes import ThreeNodes


def lay(folder: Path, count: int, seconds: float) -> Path:
    """Raw files: noise, twice the same one, and one that is no audio."""
    rng = np.random.default_rng(1)
    for n in range(count):
        path = folder / ("low", "high")[n % 2] / f"{n:04}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, rng.uniform(-0.5, 0.5, round(seconds * 8000)), 8000)
    (folder / "low/copy.wav").write_bytes((folder / "low/0000.wav").read_bytes())
    (folder / "low/bad.wav").write_bytes(b"no audio")
    return folder


def on(where: str, home: Home, raw: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The whole way in a home: what is said of it, and what lies in it."""

    def done(*words: object, code: int = 0) -> Any:
        told: Done = typed(*words, "--on", where, "--json", "--quiet")
        assert told.code == code, told.err
        return json.loads(told.out)

    said = {
        "fetch": done("fetch", "hums", "--from", raw, code=1),
        "duplicates": done("duplicates", "hums", code=1),
        "compose": done("compose", "parts", "--seed", 3, "--n", 10),
    }
    mudata.split("half", dataset="hums", stratify="genre", parts={"train": 0.5, "test": 0.5}, seed=1)
    for model in ("majority", "random"):
        assert typed("eval", "--model", model, "--split", "half", "--quiet").code == 0
    said["score"] = done("score")
    journals = [*home.root.rglob("journal.jsonl"), *home.root.rglob("played-*.jsonl")]
    assert len(journals) == 3
    lies: dict[str, Any] = {
        str(path.relative_to(home.root)): sorted(path.read_text().splitlines())
        for path in journals
        if "parts" not in str(path)
    }
    for path in [*home.root.rglob("*.flac"), *home.root.rglob("*.wav"), *home.runs.rglob("scores.json")]:
        lies[str(path.relative_to(home.root))] = hashlib.sha256(path.read_bytes()).hexdigest()
    for dataset in database.current_generations(home):
        lies[dataset] = database.index_sha256(home, dataset)
    return said, lies


@pytest.mark.slow
def test_every_command_gives_the_same_on_a_cluster(
    ray_cluster: ThreeNodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = lay(tmp_path / "raw", 12, 1.5)
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards/hums.yaml").write_text(hums.CARD)
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))
    found = []
    for where in ("local", "ray"):
        home = Home(tmp_path / where)
        monkeypatch.setenv("MUDATA_HOME", str(home.root))
        found.append(on(where, home, raw))
    (said, lies), (said_there, lies_there) = found
    assert said_there == said
    assert said["duplicates"] != []
    assert lies_there == lies
    assert sum(name.endswith(".flac") for name in lies) == 13 + 10
