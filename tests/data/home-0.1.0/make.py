"""How this folder was made, by version 0.1.0 (commit 0fca9ea) and by no other; kept as its record.

    git archive 0fca9ea mudata | tar -x -C /tmp/mudata-0.1.0
    PYTHONPATH=/tmp/mudata-0.1.0 python tests/data/home-0.1.0/make.py

It writes home/ (clips, index, a split, runs), checkpoints/, imported.jsonl, table.json and expected/: what 0.1.0
printed of that home, and which runs and models it knew. (What `mudata score --json` printed lies in the home: every
run's scores.json.) Sounds, answers and weights are synthetic and CC0.
"""

from __future__ import annotations

import csv
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import soundfile

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]

from answer_table import ADDRESS, SILENCE, TableServer  # noqa: E402
from mudata.evaluation.plan import digest  # noqa: E402
from shell import typed  # noqa: E402

import mudata  # noqa: E402
from mudata.evaluation import models  # noqa: E402
from mudata.evaluation.models.untrained import SPECIAL, _tokenizer  # noqa: E402

RATE, SECONDS = 8000, 0.5
MOODS = {"bell": "bright calm", "drone": "dark calm", "rattle": "bright"}
GENRE = ("--split", "half", "--task", "genre")
SERVED = ("--model", "served", "-o", f"base_url={ADDRESS}", "-o", "model=ears", "-o", "sample_rate=8000")
CPU = ("--device", "cpu", "--max-new-tokens", "6")
TINY = ("--model", "transformers", "--checkpoint", "checkpoints/tiny", *CPU)

FINISHED: dict[str, tuple[str, ...]] = {
    "majority": ("--model", "majority", *GENRE),
    "features": ("--model", "features", *GENRE),
    "untrained": ("--model", "untrained", *CPU, *GENRE),
    "transformers": (*TINY, *GENRE, "--rank"),
    "served": (*SERVED, *GENRE),
    "own": ("--model", "own_model:Ear", *GENRE, "--letters", "--options-order", "shuffled"),
    "moods": ("--model", "random", "--split", "half", "--task", "mood"),
    "captions": (*SERVED, "--split", "half", "--task", "caption"),
    "silence": (*SERVED, *GENRE, "--silence"),
}
"""Arguments of `mudata eval`, by a name that the tests use."""

HALF: dict[str, tuple[str, ...]] = {
    "control": ("--model", "random", *GENRE, "--seed", "1"),
    "features": ("--model", "features", *GENRE, "--seed", "1"),
    "untrained": ("--model", "untrained", *CPU, *GENRE, "--seed", "1"),
    "transformers": (*TINY, *GENRE, "--rank", "--seed", "1"),
    "served": (*SERVED, *GENRE, "--seed", "1"),
    "own": ("--model", "own_model:Ear", *GENRE, "-o", "word=Surely"),
}
"""Runs that were killed after five of twelve clips; of the served one, the server kept back the second answer."""

DONE, KEPT_BACK = 5, 1


def words_of(runs: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """The commands whose output lies in expected/outputs. `runs` are the ids of the finished runs."""
    a, b, c = runs["served"], runs["own"], runs["features"]
    clip = json.loads((HERE / "home/runs" / a / "questions.jsonl").read_text().splitlines()[0])["clip_id"]
    return {
        "score-table": ("score",),
        "compare": ("compare", a, b, "--json"),
        "compare-three": ("compare", a, b, c),
        "override-list": ("override", a, "--list", "--json"),
        "show": ("show", clip, "--json"),
        "split-check": ("split", "check", "half", "--json"),
        "split-leaks": ("split", "leaks", "half", "--json"),
        "split-show": ("split", "show", "half", "--json"),
        "split-list": ("split", "list", "--json"),
        "sql-runs": ("sql", "SELECT * EXCLUDE (settings) FROM runs ORDER BY run", "--json"),
        "sql-answers": ("sql", "SELECT * FROM answers WHERE clip_id LIKE '%0' ORDER BY run, clip_id", "--json"),
        "sql-alignments": (
            "sql", "SELECT run, status, count(*) AS n FROM alignments GROUP BY ALL ORDER BY ALL", "--json",
        ),
        "sql-scores": ("sql", "SELECT run, metric, value, n FROM scores ORDER BY ALL", "--json"),
        "sql-clips": ("sql", "SELECT * EXCLUDE (peak, rms) FROM clips ORDER BY clip_id", "--json"),
        "stats": ("stats", "tunes", "--json"),
    }  # fmt: skip


def main() -> None:
    assert mudata.__version__ == "0.1.0", f"This is {mudata.__version__}."
    platform.platform = lambda *_: "Linux"  # type: ignore[assignment]  # no name of a machine
    for name in ("home", "checkpoints", "expected"):
        shutil.rmtree(HERE / name, ignore_errors=True)
    os.chdir(HERE)
    os.environ |= {"MUDATA_HOME": str(HERE / "home"), "MUDATA_CARDS": str(HERE / "cards"), "OMP_NUM_THREADS": "1"}
    fetch()
    said("split", "half", "--dataset", "tunes", "--stratify", "genre", "--group", "artist",
         "--parts", "train=0.5,test=0.5")  # fmt: skip
    write_checkpoint(HERE / "checkpoints" / "tiny")
    table = write_table()
    finished = {}
    with served(table):
        for name, words in FINISHED.items():
            finished[name] = new_run("eval", *words)
    finished["imported"] = new_run(
        "import-answers", "imported.jsonl", "--format", "jsonl", "--model", "elsewhere", "--split", "half",
        "--task", "genre", "--prompt-text", "Which genre is it?",
    )  # fmt: skip
    clips = asked_of(finished["served"])
    said("override", finished["served"], clips[3], "drone", "--author", "listener", "--reason", "a bourdon, clearly")
    said("override", finished["served"], clips[5], "--none", "--author", "listener", "--reason", "it names none")
    half = {name: killed(name, words, table) for name, words in HALF.items()}
    expect(finished, half)
    for left in ("index/mudata.duckdb", "locks", "raw/tunes/downloads"):  # made anew where absent; it names this folder
        path = HERE / "home" / left
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for folder in (HERE / "home/models/cache").glob("untrained-*"):
        shutil.rmtree(folder)  # megabytes, which come back from their seed


def said(*words: str) -> str:
    done = typed(*words)
    assert done.code == 0, done.err
    return done.out


def new_run(*words: str) -> str:
    """The id of the run that a command makes."""
    before = {path.parent for path in Path("home/runs").glob("*/run.json")}
    said(*words)
    (folder,) = {path.parent for path in Path("home/runs").glob("*/run.json")} - before
    print(folder.name)
    return folder.name


def asked_of(run: str) -> list[str]:
    lines = Path("home/runs", run, "questions.jsonl").read_text().splitlines()
    return [json.loads(line)["clip_id"] for line in lines]


# ------------------------------------------------------------------------------------------------ sounds


def fetch() -> None:
    with tempfile.TemporaryDirectory(prefix="tunes-") as folder:
        compose(Path(folder))
        said("fetch", "tunes", "--from", folder, "--copy", "--workers", "1")
    ledger = HERE / "home/raw/tunes/fetched.json"
    ledger.write_text(ledger.read_text().replace(folder, "/tunes"))


def compose(folder: Path) -> None:
    """24 clips: three genres, four artists each, two clips an artist."""
    rng, rows = np.random.default_rng(10), []
    for number in range(24):
        genre = list(MOODS)[number % 3]
        hertz = {"bell": 500.0, "drone": 90.0, "rattle": 2600.0}[genre] + 12 * number
        id_ = f"{genre}-{number:02}"
        soundfile.write(folder / f"{id_}.flac", sound(genre, hertz, rng), RATE, subtype="PCM_16")
        text = f"A {genre} at about {hertz:.0f} Hz that sounds {MOODS[genre].replace(' ', ' and ')}."
        rows.append((id_, genre, MOODS[genre], f"artist {genre} {number // 6}", text))
    with (folder / "list.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("id", "genre", "mood", "artist", "caption"), *rows])


def sound(genre: str, hertz: float, rng: np.random.Generator) -> np.ndarray:
    """(RATE * SECONDS,) samples of 9 bits at most, so that FLAC makes them small."""
    t = np.arange(round(RATE * SECONDS)) / RATE
    if genre == "bell":
        wave = np.exp(-5 * t) * (np.sin(2 * np.pi * hertz * t) + 0.4 * np.sin(2 * np.pi * 2.76 * hertz * t))
    elif genre == "drone":
        wave = sum(np.sin(2 * np.pi * k * hertz * t) / k**2 for k in (1, 2, 3))
    else:
        wave = np.zeros_like(t)
        for start in rng.integers(0, len(t) - 200, 9):
            wave[start : start + 200] += np.sin(2 * np.pi * hertz * t[:200]) * np.exp(-90 * t[:200])
    return np.rint(60 * wave / np.abs(wave).max()) / 256


# ----------------------------------------------------------------------------------------------- answers


def write_table() -> dict[str, dict[str, str]]:
    """What the server says of each clip, and the same in part as answers of somebody else's."""
    rows = list(csv.DictReader((HERE / "home/raw/tunes/files/list.csv").open()))
    ways = ("{0}", "This is a {0}.", "It is either a bell or a drone.", "I hear a bourdon.", "I cannot tell.",
            "Definitely not a drone; a {0}!", "**{0}**", "It could be a trumpet.")  # fmt: skip
    table = {
        row["id"]: {
            "genre": ways[number // 3 % len(ways)].format(row["genre"]),
            "caption": f"A {row['genre']} that {('rings', 'hums', 'is shaken')[number % 3]}, {row['mood']}.",
        }
        for number, row in enumerate(rows)
    }
    table[SILENCE] = {"genre": "I hear nothing at all.", "caption": "Silence."}
    (HERE / "table.json").write_text(json.dumps(table, indent=1) + "\n")
    lines = [{"clip_id": f"tunes/{row['id']}", "answer": f"Sounds like {row['genre']}"} for row in rows[:22]]
    lines[4]["answer"] = "bell"
    lines[9] = {"clip_id": lines[9]["clip_id"], "error": "out-of-memory: 24 GiB were not enough"}
    (HERE / "imported.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return table


@contextmanager
def served(table: dict[str, dict[str, str]], kept_back: tuple[str, ...] = ()) -> Iterator[TableServer]:
    (clips,) = (HERE / "home/clips/tunes").iterdir()
    with TableServer(table, clips, kept_back) as server:
        os.environ["HTTP_PROXY"] = os.environ["http_proxy"] = server.url
        yield server


def killed(name: str, words: tuple[str, ...], table: dict[str, dict[str, str]]) -> dict[str, Any]:
    """A run as a kill leaves it: whole lines, the beginning of another, no log of the sitting, no scores."""
    clips = asked_of(next(path.name for path in sorted(Path("home/runs").glob("served-half-genre-*"))))
    back = clips[KEPT_BACK].removeprefix("tunes/") if name == "served" else None
    with served(table, (back,) if back else ()):
        run = new_run("eval", *words)
    folder = Path("home/runs", run)
    lines = (folder / "answers.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "answers.jsonl").write_bytes(b"".join(lines[:DONE]) + lines[DONE][:40])
    if (ranked := folder / "rankings.jsonl").exists():
        ranked.write_bytes(b"".join(ranked.read_bytes().splitlines(keepends=True)[:DONE]))
    settings = json.loads((folder / "run.json").read_bytes())
    if name != "transformers":  # that one was interrupted, which logs the sitting: going on checks it
        settings["sittings"] = []
    (folder / "run.json").write_text(json.dumps(settings, indent=2, ensure_ascii=False) + "\n")
    for scored in ("scores.json", "alignments.jsonl"):
        (folder / scored).unlink()
    said_ = {one["clip_id"]: one["answer"] for one in map(json.loads, lines)}
    if back:
        said_[f"tunes/{back}"] = table[back]["genre"]
    asked = list(said_)
    open_ = [clip for number, clip in enumerate(asked) if number >= DONE or clip.removeprefix("tunes/") == back]
    return {"words": ["eval", *words], "run": run, "open": open_, "answers": said_}


def write_checkpoint(folder: Path) -> None:
    """A Qwen2-Audio of some 40,000 random weights that hears two seconds."""
    import torch
    import transformers

    tokenizer = _tokenizer()
    extractor = transformers.WhisperFeatureExtractor(feature_size=16, chunk_length=2)
    transformers.Qwen2AudioProcessor(extractor, tokenizer).save_pretrained(folder)
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in SPECIAL}
    end = {"bos_token_id": ids["<|endoftext|>"], "eos_token_id": ids["<|im_end|>"]}
    torch.manual_seed(0)
    config = transformers.Qwen2AudioConfig(
        audio_config={"num_mel_bins": 16, "d_model": 16, "encoder_layers": 1, "encoder_attention_heads": 2,
                      "encoder_ffn_dim": 32, "max_source_positions": 100},
        text_config={"model_type": "qwen2", "vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 64,
                     "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2,
                     "max_position_embeddings": 2048, "pad_token_id": ids["<|endoftext|>"], **end},
        audio_token_index=ids["<|AUDIO|>"],
    )  # fmt: skip
    model = transformers.Qwen2AudioForConditionalGeneration(config).half()
    model.generation_config.eos_token_id = ids["<|im_end|>"]
    model.generation_config.pad_token_id = ids["<|endoftext|>"]
    model.save_pretrained(folder)


# ---------------------------------------------------------------------------------------------- expected


def expect(finished: dict[str, str], half: dict[str, dict[str, Any]]) -> None:
    """What 0.1.0 says of this home and knows of models."""
    folder = HERE / "expected"
    words = {name: ["eval", *FINISHED[name]] for name in FINISHED}
    runs = {"finished": {name: {"run": run, "words": words.get(name)} for name, run in finished.items()}, "half": half}
    save(folder / "runs.json", runs)
    commands = words_of(finished)
    save(folder / "commands.json", commands)
    said("score")  # former scores are kept under scores/ once the overrides count
    for name, command in commands.items():
        done = typed(*command)
        assert done.code in (0, 1), done.err
        (folder / "outputs").mkdir(exist_ok=True)
        (folder / "outputs" / f"{name}.txt").write_text(done.out.replace(str(HERE / "home"), "HOME"))
    with tempfile.TemporaryDirectory() as made:
        said("report", "-o", f"{made}/page.html", "--data", f"{made}/data", "--markdown", f"{made}/data/table.md",
             "--latex", f"{made}/data/table.tex", "--no-waveforms")  # fmt: skip
        shutil.copytree(f"{made}/data", folder / "report", ignore=shutil.ignore_patterns("*.duckdb"))
        with duckdb.connect(f"{made}/data/report.duckdb", read_only=True) as connection:
            names = [row[0] for row in connection.execute("SHOW TABLES").fetchall()]
            save(folder / "report" / "tables.json", {
                name: [[str(value) for value in row] for row in connection.execute(f"FROM {name}").fetchall()]
                for name in names if name in ("per_label", "scores")
            })  # fmt: skip
    save(folder / "models.json", known_models())


def known_models() -> dict[str, Any]:
    """What told models apart: every name and family, and the hash of each as asked with some options and seeds."""
    listings = {one.name: one for one in models.listings()}
    plain = {name: {"code": one.code, "package": one.package} for name, one in sorted(listings.items())}
    families = {name: {"code": one.code, "package": one.package} for name, one in sorted(models.FAMILIES.items())}
    asked: list[tuple[str, dict[str, object]]] = [(name, {}) for name in sorted(listings)]
    asked += [
        ("served", {"base_url": ADDRESS, "model": "ears", "sample_rate": 8000, "concurrency": 2}),
        ("transformers", {"checkpoint": "checkpoints/tiny", "device": "cpu", "max_new_tokens": 6}),
        ("transformers", {"checkpoint": "somebody/something", "revision": "0123abc", "dtype": "bf16"}),
        ("clap", {"checkpoint": "somebody/something"}),
        ("ltu", {"checkpoint": "somebody/something", "max_new_tokens": 4}),
        ("own_model:Ear", {}),
        ("own_model:Ear", {"word": "Surely"}),
    ]
    told = []
    for name, options in asked:
        identity = models.identity(name, options)
        hashes = {str(seed): digest({**identity, "seed": seed}) for seed in (0, 1)}
        told.append({"name": name, "asked": options, "identity": identity, "sha256_by_seed": hashes})
    return {"models": plain, "families": families, "identities": told}


def save(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
