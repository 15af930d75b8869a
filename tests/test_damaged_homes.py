"""Any file of a home may be damaged: whatever reads it tells that, or works, and nobody sees a traceback."""

from __future__ import annotations

import json
import random
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import tiny_set
from damage import damaged, damaged_parquet
from misbehaving import Server
from shell import typed
from tiny_set import CLIPS, TABLE

pytestmark = pytest.mark.slow

SEEDS = 24
"""How many accidents are tried: a file of a home each, and five of the commands after it; other seeds make others."""
COMMANDS = {
    "fetch": "fetch tiny --from {mine} --workers 1",
    "clips": "sql 'FROM clips'",
    "runs": "sql 'FROM runs'",
    "splits": "sql 'FROM splits'",
    "stats": "stats tiny",
    "verify": "verify tiny",
    "list": "list",
    "split list": "split list",
    "split show": "split show s",
    "split check": "split check s",
    "split leaks": "split leaks s",
    "split": "split t --dataset tiny --parts test=1",
    "export": "export s --to csv -o {out}",
    "pack": "export s --to webdataset -o {out}-packed",
    "copy": "export s --to audformat --copy -o {out}-copied",
    "eval": "eval --model random --split s --task genre",
    "score": "score",
    "show": "show tiny/rock.00000",
    "report": "report -o {out}.html --no-waveforms",
    "du": "du",
    "where": "where",
    "mv": "mv s u",
    "rm": "rm s --dry-run",
}


@pytest.fixture(scope="module")
def whole(new_folder: Callable[[str], Path]) -> Path:
    """A folder with a card, its clips, and a home with a split and a run."""
    folder = new_folder("whole")
    with Server() as server:  # which is never asked
        tiny_set.write(tiny_set.card(server), folder)
    for name, data in (CLIPS | {"tiny.csv": TABLE}).items():
        (folder / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "mine" / name).write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUDATA_HOME", str(folder / "home"))
        patch.setenv("MUDATA_CARDS", str(folder))
        for name in ("fetch", "split", "eval"):
            done = typed(*_words(COMMANDS[name].replace("split t ", "split s "), folder))
            assert done.code == 0, done.err
    return folder


def _words(command: str, folder: Path) -> list[str]:
    return [word.format(mine=folder / "mine", out=folder / "out") for word in shlex.split(command)]


def _damage(path: Path, rng: random.Random) -> None:
    raw = path.read_bytes()
    if path.suffix == ".parquet" and rng.random() < 0.7:
        path.write_bytes(damaged_parquet(raw, rng))
    else:
        path.write_bytes(damaged(raw, rng, lines=path.suffix == ".jsonl"))
    if path.suffix == ".parquet":  # else another size tells
        _tell_size(path)


def _tell_size(table: Path) -> None:
    about = json.loads((table.parent / "about.json").read_bytes())
    about["tables"][table.stem]["bytes"] = table.stat().st_size
    (table.parent / "about.json").write_text(json.dumps(about))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_damaged_file_of_a_home_is_told_or_does_no_harm(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = random.Random(seed)
    home = tmp_path / "home"
    shutil.copytree(whole / "home", home, symlinks=True)
    monkeypatch.setenv("MUDATA_HOME", str(home))
    monkeypatch.setenv("MUDATA_CARDS", str(whole))
    files = sorted(
        p for p in home.rglob("*") if p.is_file() and not p.is_symlink() and p.suffix not in (".flac", ".lock")
    )
    _damage(rng.choice(files), rng)
    for command in rng.sample(sorted(COMMANDS.values()), 5):
        done = typed(*_words(command, whole))
        assert done.code in (0, 1, 2), done.err
    for folder in whole.glob("out*/"):
        shutil.rmtree(folder)


@pytest.fixture
def rewritten(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a table of the index in its own place, with what a SELECT makes of it."""
    home = tmp_path / "home"
    shutil.copytree(whole / "home", home, symlinks=True)
    monkeypatch.setenv("MUDATA_HOME", str(home))
    monkeypatch.setenv("MUDATA_CARDS", str(whole))

    def rewrite(table: str, select: str) -> None:
        path, made = home / "index" / "parts" / "tiny" / "000001" / f"{table}.parquet", tmp_path / "made.parquet"
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({select.format(path)}) TO '{made}'")
        made.replace(path)
        _tell_size(path)

    return rewrite


@pytest.mark.parametrize(
    ("table", "column", "command", "said"),
    [
        ("datasets", "indexed_at", "verify tiny", "tiny: 0 errors"),
        ("clips", "path", "verify tiny", "6 without"),
        ("clips", "source_path", "verify tiny", "6 without"),
        ("clips", "duration_s", "verify tiny", "6 without"),
        ("labels", "namespace", "show tiny/rock.00000", ""),
        ("labels", "namespace", "export s --to csv -o {out}", ""),
        ("labels", "label", "stats tiny", ""),
    ],
)
def test_nothing_stands_where_something_always_does(
    whole: Path, rewritten: Callable[[str, str], None], table: str, column: str, command: str, said: str
) -> None:
    rewritten(table, f"SELECT * REPLACE (nullif({column}, {column}) AS {column}) FROM '{{}}'")
    done = typed(*_words(command, whole))
    assert done.code == ("without" in said), done.err
    assert said in done.out + done.err
    for folder in whole.glob("out*/"):
        shutil.rmtree(folder)


def test_an_index_without_its_row_of_the_dataset_is_told(rewritten: Callable[[str, str], None]) -> None:
    rewritten("datasets", "FROM '{}' LIMIT 0")
    done = typed("stats", "tiny")
    told = "Error: The index of 'tiny' is damaged: its table `datasets` has no row."
    assert (done.code, done.err.partition("\n")[0]) == (2, told)
