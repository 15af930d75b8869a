"""`mudata sql`, `stats`, `verify` as they are typed."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyarrow.parquet
import pytest
from shelf import shelve
from tones_on_disk import Tone, card, lay, take

from mudata.catalog.index.registered_views import all_tables
from mudata.cli import main

if TYPE_CHECKING:
    from mudata.home import Home


class Said(NamedTuple):
    code: int
    out: str
    err: str


Mudata = Callable[..., Said]


@pytest.fixture
def mudata(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Mudata:
    """Runs the command line in this process: mudata("sql", "select 1", stdin="")."""

    def run(*words: str, stdin: str = "") -> Said:
        monkeypatch.setattr(sys, "argv", ["mudata", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit, match=r"^\d$") as stop:
            main()
        return Said(int(str(stop.value.code)), *capsys.readouterr())

    return run


@pytest.fixture
def toy(home: Home) -> Home:
    shelve(
        home,
        clips=[{"id": f"{n:03}", "title": "one\ntwo", "duration_s": 10.0} for n in range(60)],
        labels=[{"id": f"{n:03}", "label": f"style {n % 25:02}"} for n in range(60)],
    )
    return home


# ---------------------------------------------------------------------------------------- sql


@pytest.mark.slow
def test_a_table_is_aligned_and_on_stdout(toy: Home, mudata: Mudata) -> None:
    said = mudata("sql", "SELECT title, count(*) AS n, 12345.678::DOUBLE AS x FROM clips GROUP BY ALL")
    assert said == (0, "title    n   x\n-------  --  -------\none two  60  12345.7\n", "")


@pytest.mark.parametrize(
    ("options", "shown", "left"), [([], 50, 10), (["--limit", "7"], 7, 53), (["--limit", "60"], 60, 0)]
)
def test_rows_that_a_table_leaves_out_are_counted(
    toy: Home, mudata: Mudata, options: list[str], shown: int, left: int
) -> None:
    said = mudata("sql", "SELECT clip_id FROM clips", *options)
    assert len(said.out.splitlines()) == shown + 2
    assert said.err == (f"… {left} more rows (--limit shows more, --csv and --json print all)\n" if left else "")


def test_json_and_csv_are_whole_unless_they_are_limited(toy: Home, mudata: Mudata) -> None:
    assert len(json.loads(mudata("sql", "SELECT * FROM clips", "--json").out)) == 60
    assert len(mudata("sql", "SELECT clip_id FROM clips", "--csv").out.splitlines()) == 61
    limited = mudata("sql", "SELECT clip_id FROM clips", "--json", "--limit", "2")
    assert (len(json.loads(limited.out)), limited.err.partition(" (")[0]) == (2, "… 58 more rows")


_ODD = """
    SELECT 'nan'::DOUBLE AS nan, '-inf'::DOUBLE AS inf, DATE '2026-11-23' AS day,
        TIMESTAMPTZ '2026-11-23 12:00+01' AS t, ['a', NULL] AS list,
        {'x': 'inf'::DOUBLE, 'y': [DATE '2026-01-01']} AS struct, MAP {1: true} AS map, 1.50::DECIMAL(9, 2) AS dec,
        3::DECIMAL(9, 0) AS whole, sum(1) AS big, true AS yes, NULL AS nothing, 'ab'::BLOB AS raw, 'q"u,o' AS quote,
        '{"k": [1]}'::JSON AS doc, uuid '00000000-0000-0000-0000-000000000001' AS id, 1 AS n, 2 AS n,
        INTERVAL 2 DAY AS span
"""


def test_json_is_valid_whatever_the_types(home: Home, mudata: Mudata) -> None:
    (row,) = json.loads(mudata("sql", _ODD, "--json", "-q").out, parse_constant=pytest.fail)
    assert row == {
        "nan": None, "inf": None, "day": "2026-11-23", "t": "2026-11-23T11:00:00+00:00", "list": ["a", None],
        "struct": {"x": None, "y": ["2026-01-01"]}, "map": {"1": True}, "dec": 1.5, "whole": 3, "big": 1, "yes": True,
        "nothing": None, "raw": "6162", "quote": 'q"u,o', "doc": {"k": [1]},
        "id": "00000000-0000-0000-0000-000000000001", "n": 1, "n_1": 2, "span": "2 days, 0:00:00",
    }  # fmt: skip


def test_csv_can_be_read_back(home: Home, mudata: Mudata) -> None:
    ((names), (values)) = csv.reader(io.StringIO(mudata("sql", _ODD, "--csv", "-q").out))
    row = dict(zip(names, values, strict=True))
    assert (row["nan"], row["inf"], row["yes"], row["nothing"], row["quote"]) == ("nan", "-inf", "true", "", 'q"u,o')
    assert (json.loads(row["list"]), json.loads(row["struct"])) == (["a", None], {"x": None, "y": ["2026-01-01"]})


def test_no_rows_are_an_empty_array_or_a_header(toy: Home, mudata: Mudata) -> None:
    query = "SELECT clip_id, title FROM clips WHERE false"
    assert mudata("sql", query, "--json").out == "[]\n"
    assert mudata("sql", query, "--csv").out == "clip_id,title\n"
    assert mudata("sql", query) == (0, "", "(no rows) What is there: mudata stats, mudata sql --schema\n")


def test_parquet_is_written_whole_or_not_at_all(toy: Home, mudata: Mudata, tmp_path: Path) -> None:
    file = tmp_path / "out.parquet"
    said = mudata(
        "sql",
        "SELECT clip_id, tags, settings, 1 AS n, 2 AS n FROM clips, datasets LEFT JOIN runs ON true",
        "--parquet",
        str(file),
    )
    assert said == (0, "", f"60 rows in {file}\n")
    table = pyarrow.parquet.read_table(file)
    assert (table.num_rows, table.column_names) == (60, ["clip_id", "tags", "settings", "n", "n_1"])
    before = file.read_bytes()
    failed = mudata("sql", "SELECT CAST(title AS INTEGER) FROM clips", "--parquet", str(file))
    assert (failed.code, file.read_bytes()) == (2, before)
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]
    nowhere = mudata("sql", "SELECT 1", "--parquet", str(tmp_path / "no" / "folder.parquet"))
    assert (nowhere.code, "is no place for a file" in nowhere.err) == (2, True)


def test_the_query_may_come_from_stdin(toy: Home, mudata: Mudata) -> None:
    assert mudata("sql", "-", "--csv", stdin="SELECT count(*) AS n\nFROM clips;\n").out == "n\n60\n"


@pytest.mark.slow
def test_a_plan_is_drawn_as_it_is(toy: Home, mudata: Mudata) -> None:
    assert "╭─" in mudata("sql", "EXPLAIN SELECT 1").out


@pytest.mark.parametrize("table", ["clips", "labels"])
@pytest.mark.parametrize("command", [("sql", "SELECT count(*) AS n FROM clips"), ("stats",)])
def test_a_dataset_whose_tables_are_damaged_is_told(
    toy: Home, mudata: Mudata, command: tuple[str, ...], table: str
) -> None:
    assert mudata(*command).err == ""
    next((toy.index / "parts" / "toy").glob(f"*/{table}.parquet")).write_bytes(b"no table")
    told = mudata(*command)
    assert told.code == 0
    assert told.err.startswith("toy: its tables are damaged and left out. Run: mudata fetch ")


def test_nothing_fetched_is_said_on_stderr(home: Home, mudata: Mudata) -> None:
    note = "Nothing is fetched yet, so the tables of datasets are empty. To begin: mudata fetch demo\n"
    assert mudata("sql", "SELECT count(*) AS n FROM clips") == (0, "n\n-\n0\n", note)
    assert mudata("sql", "SELECT count(*) AS n FROM clips", "--quiet").err == ""
    assert mudata("stats").err == note
    assert mudata("stats", "--json").out == "[]\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["SELECT titel FROM clips"], 'Candidate bindings: "title"'),
        (["DROP VIEW clips"], "The index is read-only here; a statement of kind DROP is refused."),
        (["FROM read_csv('/etc/passwd')"], "can read no other file"),
        ([], "A query is missing"),
        (["SELECT 1", "--json", "--csv"], "Choose one of --json, --csv, --parquet"),
    ],
)
def test_wrong_use_is_told_and_exits_with_2(toy: Home, mudata: Mudata, words: list[str], message: str) -> None:
    said = mudata("sql", *words)
    assert (said.code, said.out) == (2, "")
    assert message in said.err


def test_the_schema_is_printed_without_any_index(home: Home, mudata: Mudata) -> None:
    text = mudata("sql", "--schema").out
    assert all(f"\n{table}\n" in f"\n{text}" for table in all_tables())
    rows = json.loads(mudata("sql", "--schema", "--json").out)
    assert {"table", "column", "type", "doc"} == set(rows[0])
    assert len(rows) == sum(map(len, all_tables().values()))


@pytest.mark.slow
def test_sql_starts_without_heavy_packages(toy: Home) -> None:
    code = (
        "import sys; sys.argv = ['mudata', 'sql', 'select count(*) from clips']\n"
        "from mudata.cli import main\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code\n"
        "print(sorted({'torch', 'transformers', 'librosa', 'datasets', 'kaggle', 'pandas', 'pyarrow', 'numpy', 'rich',"
        " 'pydantic'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "[]"


# -------------------------------------------------------------------------------------- stats


@pytest.mark.slow
def test_stats_of_all_datasets_are_a_line_each(toy: Home, mudata: Mudata) -> None:
    shelve(toy, "other", clips=[{"id": "a"}])
    lines = mudata("stats").out.splitlines()
    assert [line.split()[0] for line in lines] == ["dataset", "-------", "other", "toy"]
    assert [row["dataset"] for row in json.loads(mudata("stats", "--json").out)] == ["other", "toy"]


def test_stats_of_a_dataset_draw_its_labels(toy: Home, mudata: Mudata) -> None:
    text = mudata("stats", "toy").out
    assert "hours:        0.17" in text
    assert f"  style 00         3    5.0%  {'█' * 30}\n" in text
    assert f"  style 10         2    3.3%  {'█' * 20}\n" in text
    assert "  … and 5 more labels\n" in text
    assert json.loads(mudata("stats", "toy", "--json").out)["labels"][0]["clips"] == 3


def test_stats_of_what_is_not_indexed_say_what_to_do(home: Home, mudata: Mudata) -> None:
    run = "Run: mudata fetch gtzan --accept-licence\n"
    assert mudata("stats", "gtzan") == (2, "", f"Error: 'gtzan' is not in the index.\n{run}")


# ------------------------------------------------------------------------------------- verify


@pytest.fixture
def tones(home: Home, tone: Tone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The raw files of an indexed dataset."""
    files = lay(home, tone, {f"{n:02}": {"part": ("train", "test")[n % 2]} for n in range(30)})
    take(card(tmp_path / "cards"), home)
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))
    return files


@pytest.mark.slow
def test_verify_exits_with_0_when_all_is_well(tones: Path, mudata: Mudata) -> None:
    said = mudata("verify", "tones")
    assert (said.code, said.err) == (0, "tones: 0 errors, 0 warnings, 2 notes.\n")
    assert said.out.splitlines()[0] == "note    split         classic/train: 15 clips"
    assert mudata("verify", "tones", "--deep").code == 0


@pytest.mark.slow
def test_verify_exits_with_1_and_names_what_is_wrong(tones: Path, mudata: Mudata) -> None:
    (tones / "audio/low/00.wav").unlink()
    assert mudata("verify", "tones").err == "tones: 1 error, 0 warnings, 2 notes.\n"
    for number in range(1, 22):
        (tones / f"audio/low/{number:02}.wav").unlink()
    said = mudata("verify", "tones")
    assert (said.code, said.err) == (1, "tones: 22 errors, 0 warnings, 2 notes.\n")
    lines = said.out.splitlines()
    assert lines[0] == "error   missing       audio/low/00.wav: none (expected a file)"
    assert lines[20] == "error   missing       … and 2 more (--json shows all)"
    found = json.loads(mudata("verify", "tones", "--json").out)
    assert (found["dataset"], found["ok"], len(found["missing"]), found["invalid"]) == ("tones", False, 22, [])
    assert found["findings"][0] == {
        "check": "missing", "where": "audio/low/00.wav", "expected": "a file", "got": "none", "severity": "error"
    }  # fmt: skip
