"""What a report writes for other programs: Parquet, DuckDB, results as JSON, badges; and what run.json tells."""

from __future__ import annotations

import base64
import html
import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow.parquet
import pytest
from click.testing import CliRunner
from hostile import HALF, HOSTILE, RIGHT, TEST, imported
from report_page import page, report

from mudata.cli import cli
from mudata.evaluation.run import find
from mudata.evaluation.run_views import RUN_TABLES
from mudata.safe_text import printable

if TYPE_CHECKING:
    from report_fixtures import Built, Imports
    from small_corpus import Corpus

    from mudata.home import Home

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

pytestmark = pytest.mark.slow


def test_data_are_written_beside_the_page(hostile: Built) -> None:
    folder = hostile.folder
    written = {Path(row["file"]).relative_to(folder).as_posix() for row in json.loads(hostile.stdout)}
    files = {path.relative_to(folder).as_posix() for path in (folder / "data").rglob("*") if path.is_file()}
    expected = {"data/answers.parquet", "data/report.duckdb", "data/report.json"}
    expected |= {f"data/results/{name}.json" for name in hostile.runs}
    expected |= {f"data/badge-{name}.svg" for name in hostile.runs}
    assert written - {"page.html"} == files == expected


def test_what_the_page_says_first_is_there_for_programs(hostile: Built) -> None:
    text = (hostile.folder / "data" / "report.json").read_text("utf-8")
    said = json.loads(text)
    (panel,) = said["panels"]
    assert panel["headline"].endswith("3 artists or tracks are too few to tell any two models apart.")
    assert html.escape(panel["headline"]) in hostile.page.read_text("utf-8")
    assert (panel["metric"], panel["clips"], panel["same_clips"]) == ("accuracy", 6, True)
    good, sly = panel["runs"]
    assert (good["value"], good["n"], good["floor"]["verdict"], good["group"]) == (1, 6, "too few", "a")
    assert [flag["flag"] for flag in sly["flags"]] == ["imported"]
    assert panel["pairs"][0]["p_holm"] == panel["pairs"][0]["p"]


def test_every_answer_is_in_the_parquet_file_as_it_was(hostile: Built) -> None:
    sly, good = hostile.runs
    path = hostile.folder / "data" / "answers.parquet"
    raw = path.read_bytes()
    rows = pyarrow.parquet.read_table(path).to_pylist()
    assert len(rows) == 12
    assert [row["clip_id"] for row in rows if row["run"] == sly] == TEST
    joined = {k: v and printable(v.encode("utf-16", "surrogatepass").decode("utf-16")) for k, v in HOSTILE.items()}
    assert {row["clip_id"]: row["answer"] for row in rows if row["run"] == sly} == joined
    first = next(row for row in rows if row["run"] == good)
    assert (first["model"], first["task"], first["split"], first["dataset"]) == ("good", "genre", "half", "tones")
    assert (first["gold"], first["label"], first["is_right"]) == (["low"], "low", True)
    assert base64.b64decode(page(hostile.page).scripts[1]) == raw


def test_too_many_answers_are_not_put_into_the_page(
    imports: Imports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mudata.evaluation.report import page as module

    imports("good", RIGHT)
    monkeypatch.setattr(module, "LARGEST_PARQUET", 100)
    report("-o", tmp_path / "page.html")
    assert page(tmp_path / "page.html").count("script") == 2
    assert "too large for this page" in (tmp_path / "page.html").read_text("utf-8")


def test_the_database_has_the_tables_of_sql_and_only_these_runs(imports: Imports, home: Home, tmp_path: Path) -> None:
    imports("other", RIGHT)
    poor = find(home, imports("poor", HALF))
    report(poor.id, "-o", tmp_path / "page.html", "--data", tmp_path / "data", "-q")
    with duckdb.connect(str(tmp_path / "data" / "report.duckdb"), read_only=True) as made:
        tables = {name for (name,) in made.execute("SHOW TABLES").fetchall()}
        assert tables == {*RUN_TABLES, "per_label"}
        for table, columns in RUN_TABLES.items():
            said = [(name, kind) for name, kind, *_ in made.execute(f"DESCRIBE {table}").fetchall()]
            assert [name for name, _ in said] == [column.name for column in columns]
            assert made.execute(f"SELECT DISTINCT run FROM {table}").fetchall() == [(poor.id,)]
        query = "SELECT avg(is_right::int) FROM alignments"
        assert made.execute(query).fetchone() == (0.5,)
        value = made.execute("SELECT value FROM scores WHERE metric = 'accuracy'").fetchone()
        assert value == (0.5,)
        rows = made.execute('SELECT label, n, "right", recall FROM per_label ORDER BY label').fetchall()
    assert rows == [(one["label"], one["n"], one["right"], one["recall"]) for one in sorted_labels(poor.scores)]


def sorted_labels(scores: dict[str, list[dict[str, object]]]) -> list[dict[str, object]]:
    return sorted(scores["per_label"], key=lambda one: str(one["label"]))


def test_results_name_task_data_and_version_and_have_a_main_score_per_dataset(
    corpus: Corpus, home: Home, tmp_path: Path
) -> None:
    corpus.split("both", {"test": corpus.publish("tones") | corpus.publish("waves")})
    clips = [f"{name}/{i:02}" for name in ("tones", "waves") for i in range(12)]
    run = find(home, imported(tmp_path, "low", dict.fromkeys(clips, "low"), split="both"))
    report(run.id, "-o", tmp_path / "page.html", "--data", tmp_path / "data")
    said = json.loads((tmp_path / "data" / "results" / f"{run.id}.json").read_bytes())
    assert (said["task_name"], said["model"], said["run"]) == ("genre", "low", run.id)
    assert said["mudata_version"] == run.scores["mudata_version"]
    assert said["split"] == {"name": "both", "sha256": run.settings.split_sha256}
    assert said["evaluation_time"] is None, "nobody measured it"
    (part,) = said["scores"].values()
    assert [one["dataset"] for one in part] == ["tones", "waves"]
    for one in part:
        assert one["dataset_revision"] in (
            run.settings.index_sha256[one["dataset"]],
            *(task.card_sha256 for task in run.settings.tasks),
        )
        assert one["main_score"] == one["accuracy"] == pytest.approx(1 / 3)
        assert one["intervals"]["accuracy"][0] < one["main_score"] < one["intervals"]["accuracy"][1]
    badge = (tmp_path / "data" / f"badge-{run.id}.svg").read_text("utf-8")
    assert "2 datasets genre" in badge


def test_time_is_that_of_all_sittings(imports: Imports, home: Home, tmp_path: Path) -> None:
    run = find(home, imports("good", RIGHT))
    said = run.settings.record() | {"sittings": [{"wall_s": 1.5}, {"wall_s": 2.25}]}
    (run.folder / "run.json").write_text(json.dumps(said))
    report(run.id, "-o", tmp_path / "page.html", "--data", tmp_path / "data")
    assert json.loads((tmp_path / "data" / "results" / f"{run.id}.json").read_bytes())["evaluation_time"] == 3.75


@pytest.mark.parametrize(
    ("task", "answers", "shown"),
    [
        ("genre", HALF, ["tones genre", "50.0 % [too few to say]"]),
        ("mood", dict.fromkeys(TEST, "calm"), ["tones mood", "micro F1 "]),
    ],
)
def test_a_badge_is_a_picture_of_the_headline(
    imports: Imports, tmp_path: Path, task: str, answers: dict[str, str | None], shown: list[str]
) -> None:
    name = imports("<i>50 % & \u202esly</i>", answers, task=task)
    report("-o", tmp_path / "page.html", "--data", tmp_path / "data")
    (badge,) = (tmp_path / "data").glob("badge-*.svg")
    assert name.split("-")[-1] in badge.name
    svg = ElementTree.fromstring(badge.read_text("utf-8"))
    space = "{http://www.w3.org/2000/svg}"
    texts = [str(node.text) for node in svg.iter(f"{space}text")]
    assert texts[0] == shown[0]
    assert texts[1].startswith(shown[1])
    title = svg.findtext(f"{space}title")
    assert title is not None
    assert title.startswith("<i>50 % & \ufffdsly</i>")
    widths = [float(node.attrib["width"]) for node in svg.iter(f"{space}rect")]
    assert sum(widths) == float(svg.attrib["width"])
    for node, width in zip(svg.iter(f"{space}text"), widths, strict=True):
        assert float(node.attrib["textLength"]) < width
    assert badge.read_text("utf-8").rstrip("\n") in (tmp_path / "page.html").read_text("utf-8")


def test_what_sittings_record_is_on_the_page(imports: Imports, home: Home, tmp_path: Path) -> None:
    from mudata.evaluation.report.gather import gather
    from mudata.evaluation.report.run_facts import facts

    run = find(home, imports("good", RIGHT))
    model = {
        "device": "NVIDIA H100",
        "dtype": "bfloat16",
        "requests": 3,
        "cost": 0.25,
        "generation": {"do_sample": False},
    }
    session = {
        "wall_s": 12.0,
        "asked": 3,
        "batch": 4,
        "halvings": 1,
        "batch_search": [[4, True], [8, False]],
        "git": {"commit": "1af5765", "dirty": True},
        "peak_memory_gib": {"host": 11.5},
        "model": model,
    }
    said = run.settings.record() | {"sittings": [session, session | {"model": model | {"cost": 0.5}}]}
    (run.folder / "run.json").write_text(json.dumps(said))
    found = {fact.term: fact.value for of in facts(gather(home, [find(home, run.id)]).runs[0]).values() for fact in of}
    assert (found["device"], found["dtype"], found["generation"]) == ("NVIDIA H100", "bfloat16", "do sample no")
    assert (found["batch"], found["batch halved"]) == ("4", "2 times, memory was short")
    assert found["batch sizes tried"] == "4 fits, 8 does not fit"
    assert (found["git"], found["peak memory gib"]) == ("commit 1af5765, dirty yes", "host 11.5")
    assert (found["cost"], found["requests"]) == ("0.75", "6")
    assert found["wall time"] == "24.0 s"
    assert found["time per answer"].startswith("median ")


def test_what_a_model_got_in_place_of_the_sound_goes_with_its_answer(
    imports: Imports, home: Home, tmp_path: Path
) -> None:
    run = find(home, imports("good", RIGHT))
    run.replace(replace(one, given=f"X:1\nK:C\n{one.item_id}") for one in run.answers().values())
    report(run.id, "-o", tmp_path / "page.html", "--data", tmp_path / "data")
    clip = page(tmp_path / "page.html").data["clips"][0]
    assert clip["answers"][0]["given"] == "X:1\nK:C\ntones/06"
    rows = pyarrow.parquet.read_table(tmp_path / "data" / "answers.parquet").to_pylist()
    assert rows[0]["given"] == "X:1\nK:C\ntones/06"


def test_page_and_suite_say_the_same_of_published_values(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    from mudata.evaluation.report.gather import gather

    (corpus.cards / "suites").mkdir()
    (corpus.cards / "suites" / "exam.yaml").write_text(
        "name: exam\ntitle: An exam\nsource: {text: A paper}\nmodels: {Near: [poor], Far: [good]}\n"
        "exams: {genre: {title: Genre, dataset: tones, task: genre, split: {n: 6}}}\n"
        "tables: [{title: Table 1, n: 10, columns: [{title: Acc, exam: genre, metric: accuracy}],"
        " rows: {Near: [0.9], Far: [0.1]}}]\n"
    )
    hashes = corpus.publish()
    corpus.split("exam-genre", {"test": {clip_id: hashes[clip_id] for clip_id in TEST}})
    names = [imported(tmp_path, model, said, split="exam-genre") for model, said in (("good", RIGHT), ("poor", HALF))]
    (panel,) = gather(home, [find(home, name) for name in names]).panels
    ours = {name: verdict for verdicts in panel.verdicts.values() for name, verdict in verdicts.items()}
    done = CliRunner().invoke(cli, ["suites", "table", "exam", "--json"], catch_exceptions=False)
    rows = json.loads(done.stdout)["tables"][0]["rows"]
    theirs = {row["model"]: row["cells"][0]["verdict"] for row in rows if row["whose"] == "here"}
    assert ours == theirs == {"good": None, "poor": None}  # 3 artists are too few for a verdict
