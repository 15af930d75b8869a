"""A home that version 0.1.0 made: its split, its runs and its scores go on as if nothing had happened.

data/home-0.1.0/make.py tells how it was made and what lies there. Every test works on a copy, with the answers of a
server that says what it said then.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet
import pytest
from answer_table import TableServer
from shell import Done, typed

from mudata.catalog.tables import ADDED

VERSION_FIELDS = ("mudata_version",)
"""What may differ between the output of 0.1.0 and today's: the version that computed it, and nothing else."""

pytestmark = [
    pytest.mark.filterwarnings("ignore:mudata.evaluation.protocol.Hearing is:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The model 'own_model.Ear' has `answer.clips, question.`:DeprecationWarning"),
]
"""own_model.py was written for 0.1.0, which called a model's capabilities its hearing, and asked it about clips."""

DATA = Path(__file__).parent / "data" / "home-0.1.0"
EXPECTED = DATA / "expected"
COMMANDS: dict[str, list[str]] = json.loads((EXPECTED / "commands.json").read_bytes())
RUNS: dict[str, dict[str, dict[str, Any]]] = json.loads((EXPECTED / "runs.json").read_bytes())
FINISHED, HALF = RUNS["finished"], RUNS["half"]
LATER = {
    "scores": ("clusters", "interval"),
    "per_label": ("clusters", "interval"),
    "answers": ("item_id", "joined"),
    "alignments": ("item_id", "worth", "official", "official_chosen", "official_evidence"),
}
"""Columns of tables that 0.1.0 did not have."""
SAME_EVERYWHERE = ("control", "served", "own")
"""Models whose answers depend on no version of a library."""

NEEDS = {"features": ("librosa", "sklearn")} | dict.fromkeys(("untrained", "transformers"), ("torch", "transformers"))
"""Packages of an extra, by model; without them, that model's test is skipped."""


def copied(to: Path) -> Path:
    """A copy of everything, with the times of raw files that a checkout forgets and the ledger remembers."""
    root = to / "old"
    shutil.copytree(DATA, root)
    raw = root / "home" / "raw" / "tunes"
    for record in json.loads((raw / "fetched.json").read_bytes())["records"].values():
        for name, (_, mtime_ns) in record["files"].items():
            os.utime(raw / "files" / name, ns=(mtime_ns, mtime_ns))
    return root


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that tests read and score."""
    return copied(tmp_path_factory.mktemp("read"))


@pytest.fixture(scope="module")
def resumed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy whose runs go on."""
    yield copied(tmp_path_factory.mktemp("resumed"))
    sys.modules.pop("own_model", None)


@pytest.fixture(autouse=True)
def moved_in(request: pytest.FixtureRequest, home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy that a test asks for is where mudata lives, and where it is called from."""
    root = request.getfixturevalue("resumed" if "resumed" in request.fixturenames else "untouched")
    monkeypatch.setenv("MUDATA_HOME", str(root / "home"))
    monkeypatch.setenv("MUDATA_CARDS", str(root / "cards"))
    monkeypatch.chdir(root)
    monkeypatch.syspath_prepend(root)


@pytest.fixture
def server(resumed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TableServer]:
    table = json.loads((resumed / "table.json").read_bytes())
    with TableServer(table, resumed / "home" / "clips" / "tunes") as server:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        monkeypatch.setenv("http_proxy", server.url)
        yield server


def said(*words: object) -> Done:
    done = typed(*words)
    assert done.code == 0, done.err
    return done


def versionless(text: str) -> str:
    """Text without the columns and fields of later versions, and without the version that wrote it and that of the
    aligner, be it a JSON field or the last words of a table's note."""
    text = re.sub(r',\n( *)"floors": \{.*?\n\1\}', "", text, flags=re.DOTALL)  # of labels: none in 0.1.0
    text = re.sub("".join(f', "{name}": (?:null|"flac")' for name in ADDED["clips"]), "", text)
    text = re.sub(r', "item_id": "[^"]*", "joined": null', "", text)
    text = re.sub(r',\n *"start_s": 0(\.0)?(?=\n)', "", text)  # where clips are files of their own
    text = but_for_intervals(text)
    text = text.replace("(seed 0, one derangement, not uniform over all)", "(seed 0)")
    text = re.sub(r"\baligner-\d+\b", "aligner-?", text)
    text = re.sub(rf'"({"|".join(VERSION_FIELDS)})":\s*"[^"]*"', r'"\1": "?"', text)
    return re.sub(r"\bmudata \d+\.\d+\.\d+\w*\.", "mudata ?.", text)


def but_for_certainty(text: str) -> str:
    """What `mudata compare` printed, without its tests, intervals and verdicts: those of 0.1.0 found differences in one
    clip, or in two artists, and others took their place. Values, counts, runs and keys stay."""
    text = re.sub(r'"(low|high|p|p_holm|detectable)": ([\d.e-]+|null)', r'"\1": "?"', text)
    text = re.sub(r'"(recipe|verdict)": "(\\"|[^"])*"', r'"\1": "?"', text)
    text = re.sub(r' *"p_bootstrap": [\d.e-]+,\n|,\n *"no_verdict": ("[^"]*"|null)', "", text)
    rows = [
        line for line in text.splitlines() if not re.match(r"No verdict on|.* (is ahead of|are not told apart)", line)
    ]
    text = "\n".join(re.sub(r"  can tell$|p \(Holm[^)]*\)", "", line).rstrip() for line in rows)
    return re.sub(r" \[[^]]*\](  +<?[\d.]+  +<?[\d.]+(  +\d+  +\d+)(  +[\d.]+)?)?", r"\2", text).strip()


def but_for_intervals(text: str) -> str:
    """Text without intervals and what hangs on them: those of 0.1.0 took clips of one artist for independent ones, or
    drew artists, which finds too much certainty where they are few. Values, counts and how values are counted stay."""
    text = re.sub(r'\s*\{[^{}]*"metric": "accuracy_clustered"[^{}]*\},?', "", text)
    text = re.sub(r'\s*"accuracy_clustered": [\d.]+,', "", text)
    text = re.sub(r',\s*"(clusters|interval|interval_methods|alike|hedged)": (\{[^}]*\}|"[^"]*"|\d+|null)', "", text)
    text = re.sub(r'"(intervals|detectable)": \{.*?\n( {2}|\s*)\}(?=,\n)', r'"\1": "?"', text, flags=re.DOTALL)
    text = re.sub(r'"(low|high|difference)": (-?[\d.e-]+|null)', r'"\1": "?"', text)
    text = re.sub(r'"recipe": "[^"]*; 80 % power[^"]*"', '"recipe": "?"', text)
    text = re.sub(r'; (Wilson 95 %|95 % |interval none)[^"]*"', '"', text)
    text = re.sub(r',\s*"bootstrap": 0', "", text)
    ends = r"(\\?\[|\{\[\})(-?[\d.]+[,–] ?-?[\d.]+|too few to say)(\\?\]|\{\]\})|±[\d.]+"
    return re.sub(ends, "[?]", text)


def table_row(table: str, row: list[str]) -> list[str]:
    """A row of report.duckdb without ends of intervals; a recipe without what it says of them."""
    low = {"scores": 3, "per_label": 7}.get(table)
    kept = row if low is None else row[:low] + row[low + 2 :]
    return [versionless(f'"{value}"') for value in kept]


def comparable(text: str) -> str:
    """Text without what is told otherwise since 0.1.0, on purpose: intervals have a comma in every table, which changes
    the widths of columns; what is compared is told in lines, not in one; statistics tell their `state`, that
    sound is kept as copies, and that there are no items; a clip that is shown tells that it is no item of several."""
    text = re.sub(r"\[([\d.]+)–([\d.]+)\]", r"[\1, \2]", text)
    text = "\n\n".join(part for part in text.split("\n\n") if not re.match(r"\w+ on \d+ clips ", part))
    text = re.sub(r'\n *("state": "whole"|"store": "flac"|"items": \[\]),', "", text)
    text = re.sub(r',\n *"item": null,(\n *"\w+": (\[\]|null),?){5}', "", text)
    text = re.sub(r"\n(Split: |Smallest |So few ).*?(?=\n\n|\n?\Z)", "", text, flags=re.S)  # 0.1.0: on stderr
    return re.sub(r"-{2,}", "--", re.sub(r" {2,}", "  ", text))


def finished_ids(root: Path) -> list[str]:
    return sorted(path.parent.name for path in root.glob("home/runs/*/scores.json"))


# --------------------------------------------------------------------------------------- what 0.1.0 said


def test_every_score_is_what_it_was(untouched: Path) -> None:
    before = {run: (DATA / "home" / "runs" / run / "scores.json").read_text() for run in finished_ids(DATA)}
    assert sorted(before) == sorted(one["run"] for one in FINISHED.values())
    done = said("score", "--json")
    assert done.err.count("Left out:") == done.err.count("is not finished") == len(HALF)
    printed = {one["run"]: json.dumps(one, indent=2, ensure_ascii=False) + "\n" for one in json.loads(done.out)}
    assert {run: versionless(text) for run, text in printed.items()} == {
        run: versionless(text) for run, text in before.items()
    }
    for run in before:
        for name in ("scores.json", "alignments.jsonl"):
            now, then = (root / "home" / "runs" / run / name for root in (untouched, DATA))
            assert versionless(now.read_text()).replace("\r", "") == versionless(then.read_text()), now


def test_one_run_is_scored_as_it_was(untouched: Path) -> None:
    run = FINISHED["served"]["run"]
    then = (DATA / "home" / "runs" / run / "scores.json").read_text()
    assert json.loads(then)["kappa"]["n"] == 2  # people have read two of its answers
    assert versionless(said("score", run, "--json").out) == versionless(then)


def test_former_scores_are_kept(untouched: Path) -> None:
    kept = sorted(path.name for path in (DATA / "home/runs" / FINISHED["served"]["run"] / "scores").iterdir())
    assert len(kept) == 4  # two former scores with their readings
    now = {path.name for path in (untouched / "home/runs" / FINISHED["served"]["run"] / "scores").iterdir()}
    assert set(kept) <= now


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_command_prints_is_what_it_printed(untouched: Path, name: str) -> None:
    done = typed(*COMMANDS[name])
    assert done.code == 0, done.err
    then = (EXPECTED / "outputs" / f"{name}.txt").read_text("utf-8")
    now, then = (comparable(versionless(text)) for text in (done.out.replace(str(untouched / "home"), "HOME"), then))
    assert (but_for_certainty(now) == but_for_certainty(then)) if "compare" in name else (now == then)


@pytest.mark.slow
def test_the_report_gives_other_programs_what_it_gave(untouched: Path, tmp_path: Path) -> None:
    made = tmp_path / "data"
    said("report", "-o", tmp_path / "page.html", "--data", made, "--markdown", made / "table.md",
         "--latex", made / "table.tex", "--no-waveforms")  # fmt: skip
    then = {path.relative_to(EXPECTED / "report"): path for path in (EXPECTED / "report").rglob("*.*")}
    tables = json.loads(then.pop(Path("tables.json")).read_bytes())
    now = {path.relative_to(made): path for path in made.rglob("*.*")}
    database = now.pop(Path("report.duckdb"))
    overview = json.loads(now.pop(Path("report.json")).read_bytes())  # this 0.1.0 did not write
    assert {run["run"] for panel in overview["panels"] for run in panel["runs"]} == set(finished_ids(untouched))
    assert set(now) == set(then)
    for table in (Path("table.md"), Path("table.tex")):  # their rows but for the tests; what is said around has grown
        texts = [
            re.sub(r"([|&]) [a-f]{1,3} (?=[|&])", r"\1 ? ", but_for_intervals(path.pop(table).read_text("utf-8")))
            for path in (now, then)
        ]
        rows = [[line for line in text.splitlines() if line.count("|") + line.count("&") > 3] for text in texts]
        assert rows[0] == rows[1]
    parquet = Path("answers.parquet")
    flat = pyarrow.parquet.read_table(now.pop(parquet))
    assert flat["item_id"] == flat["clip_id"]
    flat = flat.drop_columns(list(LATER["answers"] + LATER["alignments"][1:]))
    assert flat.equals(pyarrow.parquet.read_table(then.pop(parquet)))
    for name, path in now.items():
        texts = [versionless(file.read_text("utf-8")) for file in (path, then[name])]
        if path.suffix == ".svg":  # badges tell the number of clips too, and are wider for it
            texts = [" ".join(re.findall(r"\[.*?(?=\])", text)) for text in texts]
        assert re.sub(r' *"basis": "[^"]*",\n', "", texts[0]) == texts[1], name
    with duckdb.connect(str(database), read_only=True) as connection:
        for table, rows in tables.items():
            later = f"EXCLUDE ({', '.join(LATER[table])})" if table in LATER else ""
            found = connection.execute(f"SELECT * {later} FROM {table}").fetchall()
            kept = sorted(table_row(table, row) for row in rows if row[1] != "accuracy_clustered")
            found = [row for row in found if row[1] != "accuracy_clustered"]  # scored by whoever was here before
            assert sorted(table_row(table, [str(value) for value in row]) for row in found) == kept, table


def test_what_was_fetched_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = copied(tmp_path) / "home"
    monkeypatch.setenv("MUDATA_HOME", str(home))

    def rows() -> str:
        newest = max((home / "index" / "parts" / "tunes").iterdir())
        return json.loads((newest / "about.json").read_bytes())["content_sha256"]

    before, clips = rows(), {path: path.stat().st_mtime_ns for path in (home / "clips").rglob("*.flac")}
    (got,) = json.loads(said("fetch", "tunes", "--offline", "--workers", "1", "--json").out)
    assert (got["usable"], rows()) == (24, before)  # a new version may write a new generation, of the same rows
    assert {path: path.stat().st_mtime_ns for path in (home / "clips").rglob("*.flac")} == clips
    assert json.loads(said("verify", "tunes", "--json").out)["ok"] is True


def test_every_model_of_then_can_still_be_asked_for(untouched: Path) -> None:
    now = {one["name"] for one in json.loads(said("models", "--json").out)}
    then = set(json.loads((EXPECTED / "models.json").read_bytes())["models"])
    assert len(then) > 25
    assert then <= now


# ------------------------------------------------------------------------------------------ runs go on


def folders(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "home" / "runs").iterdir())


@pytest.mark.parametrize("name", [name for name, one in FINISHED.items() if one["words"]])
def test_a_finished_run_is_found_and_nothing_is_asked(resumed: Path, server: TableServer, name: str) -> None:
    before, answers = folders(resumed), resumed / "home/runs" / FINISHED[name]["run"] / "answers.jsonl"
    was = answers.read_bytes()
    done = said(*FINISHED[name]["words"], "--json")
    assert json.loads(done.out)["run"] == FINISHED[name]["run"]
    assert "All 12 clips were answered before." in done.err
    assert (folders(resumed), answers.read_bytes(), server.heard) == (before, was, [])


@pytest.mark.parametrize("name", HALF)
@pytest.mark.slow
def test_a_run_that_was_killed_goes_on(resumed: Path, server: TableServer, name: str) -> None:
    for package in NEEDS.get(name, ()):
        pytest.importorskip(package)
    one, before = HALF[name], folders(resumed)
    folder = resumed / "home" / "runs" / one["run"]
    whole = (folder / "answers.jsonl").read_bytes().rpartition(b"\n")[0] + b"\n"
    sittings = json.loads((folder / "run.json").read_bytes())["sittings"]
    done = said(*one["words"], "--json")
    assert json.loads(done.out)["run"] == one["run"]
    assert f"Going on: {len(one['open'])} of 12 clips are still open." in done.err
    assert folders(resumed) == before
    answers = (folder / "answers.jsonl").read_bytes()
    assert answers.startswith(whole)  # what was answered then stands as it was
    asked = [json.loads(line)["clip_id"] for line in answers[len(whole) :].splitlines()]
    assert sorted(asked) == sorted(one["open"])
    if name == "served":
        assert sorted(f"tunes/{clip}" for clip in server.heard) == sorted(one["open"])
    now = json.loads((folder / "run.json").read_bytes())
    assert [sitting["asked"] for sitting in now["sittings"][len(sittings) :]] == [len(one["open"])]
    final = {line["clip_id"]: line for line in map(json.loads, answers.splitlines())}
    assert len(final) == 12
    assert [line["error"] for line in final.values() if line["error"]] == []
    if name in SAME_EVERYWHERE:
        assert {clip: line["answer"] for clip, line in final.items()} == one["answers"]
    if "--rank" in one["words"]:
        ranked = [json.loads(line) for line in (folder / "rankings.jsonl").read_text().splitlines()]
        assert sorted(line["clip_id"] for line in ranked) == sorted(final)
    again = said(*one["words"])
    assert "All 12 clips were answered before." in again.err
    assert (folder / "answers.jsonl").read_bytes() == answers


def test_runs_of_then_and_of_now_are_compared(resumed: Path, server: TableServer) -> None:
    new = json.loads(said("eval", "--model", "constant", "--split", "half", "--task", "genre", "--json").out)
    found = json.loads(said("compare", FINISHED["served"]["run"], new["run"], "--json").out)
    assert [entrant["clips"] for entrant in found["runs"]] == [12, 12]
    assert (found["n"], [metric["metric"] for metric in found["metrics"]]) == (12, ["accuracy"])


def test_answers_imported_again_are_the_same_run(resumed: Path) -> None:
    before, run = folders(resumed), FINISHED["imported"]["run"]
    said("import-answers", "imported.jsonl", "--format", "jsonl", "--model", "elsewhere", "--split", "half",
         "--task", "genre", "--prompt-text", "Which genre is it?")  # fmt: skip
    assert folders(resumed) == before
    now, then = (root / "home" / "runs" / run / "scores.json" for root in (resumed, DATA))
    assert versionless(now.read_text()) == versionless(then.read_text())


def test_an_answer_can_be_overridden_further(resumed: Path) -> None:
    run = FINISHED["served"]["run"]
    first = json.loads(said("override", run, "--list", "--json").out)
    clip = json.loads((resumed / "home" / "runs" / run / "questions.jsonl").read_text().splitlines()[0])["clip_id"]
    done = said("override", run, clip, "rattle", "--author", "another", "--reason", "it shakes", "--json")
    assert json.loads(done.out)["kappa"]["n"] == 3
    assert json.loads(said("override", run, "--list", "--json").out)[:2] == first
