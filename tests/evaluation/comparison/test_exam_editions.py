"""Runs that were asked of two editions of one exam: each run says of which it is, and they are never in one column."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from answered import Notes, lines
from tone_quiz import CARD

import mudata
from mudata.catalog.index import database
from mudata.catalog.splits import draw, manifest
from mudata.catalog.splits.split_request import SplitRequest
from mudata.errors import EvaluationError
from mudata.evaluation.answer_import.import_request import ImportRequest
from mudata.evaluation.answer_import.importer import import_answers
from mudata.evaluation.comparison.compare import compare
from mudata.evaluation.comparison.exam_editions import Edition, by_edition
from mudata.evaluation.comparison.score_table import tables
from mudata.evaluation.report.gather import gather
from mudata.evaluation.scoring import score
from mudata.evaluation.suites import suite
from mudata.evaluation.suites.suite_runner import existing_results
from mudata.evaluation.suites.suite_table import fill
from mudata.evaluation.tasks.sample_selection import select

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home

OPTIONS = ["a lute", "a harp"]
SUITE = """
name: words
title: Words
source: {text: Nobody, url: "https://example.org"}
exams: {wordquiz: {title: Word quiz, dataset: wordquiz, task: which, split: {n: 8}}}
tables:
  - title: Published
    n: 8
    columns: [{title: all, exam: wordquiz, metric: accuracy}]
    rows: {somebody: [0.5]}
"""


class Quiz:
    """A small exam of words alone, whose card names the sum of its first edition."""

    def __init__(self, home: Home, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.home, self.folder = home, folder
        patch.setenv("MUDATA_CARDS", str(folder / "cards"))
        (folder / "cards").mkdir()
        self.names_sum_of(self.file("of a horn"))

    def names_sum_of(self, file: Path | None) -> None:
        """Write the card; None: without a sum of its item file."""
        items = {key: value for key, value in CARD["exam"]["items"][0].items() if key not in ("clips", "difficulty")}  # type: ignore[index]
        known = {"sha256": sha256(file)} if file else {}
        files = [{"path": "items.json", "url": "https://example.org/items.json"} | known]
        exam = {"version": "1", "files": {"questions": {"path": "items.json", "format": "json"}}, "items": [items]}
        mirrors = [{"kind": "http", "files": files}]
        card = CARD | {"name": "wordquiz", "exam": exam, "sources": {"all": {"what": "words", "mirrors": mirrors}}}
        (self.folder / "cards" / "wordquiz.yaml").write_text(yaml.safe_dump(card, sort_keys=False))

    def file(self, end: str) -> Path:
        """The item file of an edition: only the words of its questions are others."""
        path = self.folder / f"published {end}" / "items.json"
        path.parent.mkdir(exist_ok=True)
        row = {"options": OPTIONS, "answer": "a lute", "category": "all"}
        path.write_text(json.dumps([row | {"id": f"q{i}", "question": f"What is {i} {end}?"} for i in range(8)]))
        return path

    def fetch(self, end: str) -> None:
        mudata.fetch("wordquiz", source=self.file(end).parent, progress=False)
        if not (self.home.root / "splits" / "wordquiz.json").exists():
            request = SplitRequest(name="wordquiz", datasets=("wordquiz",), parts={"test": 1.0})
            manifest.save(self.home, draw.make(self.home, request))

    def run(self, model: str = "them", **more: Any) -> Run:
        row = {"references": "a lute", "options": OPTIONS}
        rows = [row | {"item_id": f"wordquiz/q{i}", "answer": OPTIONS[i % 2]} for i in range(8)]
        if "dataset" not in more:
            more = {"split": "wordquiz"} | more
        file = lines(self.folder / "answers.jsonl", rows)
        return import_answers(self.home, ImportRequest(file=file, format="jsonl", task="which", model=model, **more))


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture
def quiz(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Quiz:
    return Quiz(home, tmp_path, monkeypatch)


def test_a_run_says_of_which_item_file_its_items_are(quiz: Quiz) -> None:
    quiz.fetch("of a horn")
    published, first = quiz.run(), sha256(quiz.file("of a horn"))
    assert database.item_files(quiz.home, "wordquiz") == {"questions": {"items.json": first}}
    exam = published.settings.tasks[0].exam
    assert exam is not None
    assert (exam["version"], exam["items_sha256"]) == ("1", {"items.json": first})
    told = published.scores["exam"]
    assert (told["version"], told["items_sha256"], told["other_edition"]) == ("1", {"items.json": first}, False)
    quiz.fetch("of an oboe")
    other, second = quiz.run(), sha256(quiz.file("of an oboe"))
    assert other.id != published.id
    assert other.settings.split_sha256 == published.settings.split_sha256
    told = other.scores["exam"]
    assert told["version"] == f"1 (another edition: sha256 {second[:12]})"
    assert (told["items_sha256"], told["other_edition"]) == ({"items.json": second}, True)


def test_an_edition_that_is_not_the_card_s_is_another_run_and_the_card_s_the_same_as_ever(quiz: Quiz) -> None:
    def asked() -> str:
        return mudata.evaluate("random", "wordquiz", task="which", progress=False).id

    quiz.fetch("of a horn")
    known = asked()
    quiz.fetch("of an oboe")
    assert asked() != known
    quiz.names_sum_of(None)  # nobody knows that it is another
    assert asked() == known


def test_two_editions_are_not_compared_whoever_names_their_sums(quiz: Quiz) -> None:
    quiz.fetch("of a horn")
    runs = [quiz.run("first")]
    quiz.fetch("of an oboe")
    runs.append(quiz.run("second"))
    quiz.names_sum_of(None)
    runs.append(quiz.run("unnamed"))
    quiz.fetch("of a horn")
    runs.append(quiz.run("again"))

    def compared(*chosen: Run) -> Any:
        return compare([(run.scores, score.read_answers(run)) for run in chosen])

    with pytest.raises(EvaluationError, match=r"first and second were asked other versions of wordquiz .*another edit"):
        compared(runs[0], runs[1])
    with pytest.raises(
        EvaluationError, match=r"unnamed and again were asked other versions of wordquiz \('1 \(sha256 "
    ):
        compared(runs[2], runs[3])
    assert compared(runs[1], runs[2]).n == compared(runs[0], runs[3]).n == 8  # one edition, however it is called
    (table,) = tables([runs[0].scores, runs[1].scores])
    assert [row["dataset"].partition(" (")[0] for row in table.rows] == ["wordquiz 1", "wordquiz 1"]
    assert len({row["dataset"] for row in table.rows}) == 2
    (table,) = tables([runs[0].scores, runs[3].scores])
    assert {row["dataset"] for row in table.rows} == {"wordquiz"}


def test_a_report_has_a_panel_for_each_edition(quiz: Quiz) -> None:
    quiz.fetch("of a horn")
    runs = [quiz.run("first"), quiz.run("second")]
    quiz.fetch("of an oboe")
    runs.append(quiz.run("third"))
    report = gather(quiz.home, runs)
    assert [[entry.name for entry in panel.entries] for panel in report.panels] == [["first", "second"], ["third"]]
    (one, other) = report.titles.values()
    assert one.startswith("wordquiz · which · 1 (sha256 ")
    assert "another edition: sha256 " in other
    (panel,) = gather(quiz.home, runs[:2]).panels
    assert panel.title == "wordquiz · which"


def test_a_table_of_a_suite_has_runs_of_the_card_s_edition_and_says_where_there_are_none(quiz: Quiz) -> None:
    (quiz.folder / "cards" / "suites").mkdir()
    (quiz.folder / "cards" / "suites" / "words.yaml").write_text(SUITE)
    quiz.fetch("of a horn")
    drawn = manifest.load(quiz.home, "wordquiz")
    request = SplitRequest(name="words-wordquiz", datasets=("wordquiz",), parts={"test": 1.0})
    manifest.save(quiz.home, draw.make(quiz.home, request))
    assert drawn.datasets == ("wordquiz",)
    quiz.fetch("of an oboe")
    other = quiz.run("somebody", split="words-wordquiz")
    loaded, notes = suite.load("words"), Notes()
    (result,) = existing_results(quiz.home, loaded, notes)
    (table,) = fill(loaded, [result])
    assert any(note.startswith("Word quiz, here: 1 (another edition: sha256 ") for note in table.notes)
    assert [row.cells[0].verdict for row in table.rows if row.cells[0]] == [None, None]
    assert not notes.said
    quiz.fetch("of a horn")
    known = quiz.run("another", split="words-wordquiz")
    (result,) = existing_results(quiz.home, loaded, notes)
    assert result.scores["run"] == known.id
    assert f"Left out: {other.id} is of another edition" in notes.text


def test_of_items_that_a_file_has_nobody_knows_the_edition(quiz: Quiz) -> None:
    quiz.fetch("of a horn")
    indexed, own = quiz.run("first"), quiz.run("second", dataset="wordquiz", references="file")
    exam = own.scores["exam"]
    assert (exam["version"], exam["items_sha256"], exam["other_edition"]) == (None, None, False)
    compared = compare([(run.scores, score.read_answers(run)) for run in (indexed, own)])
    assert compared.editions == ("second: not known of which edition of wordquiz",)
    assert "second: not known of which edition of wordquiz" in compared.heading(compared.metrics[0])
    (table,) = tables([indexed.scores, own.scores])
    assert any(note.startswith("wordquiz (edition not known): ") for note in table.notes)


def test_an_index_of_an_older_version_has_no_sums_and_is_read(quiz: Quiz) -> None:
    quiz.fetch("of a horn")
    with_sums = quiz.run("first")
    about = database.current_generation(quiz.home, "wordquiz")
    assert about is not None
    said = json.loads((about / "about.json").read_text())
    del said["item_files"]
    said["identity_sha256"] = "0" * 64  # which is of all that is kept
    (about / "about.json").write_text(json.dumps(said))
    older = quiz.run("second")
    assert older.settings.tasks[0].exam is not None
    assert "items_sha256" not in older.settings.tasks[0].exam
    assert (older.scores["exam"]["version"], older.scores["exam"]["items_sha256"]) == ("1", None)
    assert compare([(run.scores, score.read_answers(run)) for run in (with_sums, older)]).n == 8
    assert select(quiz.home, "wordquiz").index_sha256 == {"wordquiz": said["content_sha256"]}
    quiz.fetch("of a horn")  # nothing else is new, and now it is known
    assert database.item_files(quiz.home, "wordquiz")
    assert database.index_sha256(quiz.home, "wordquiz") == said["content_sha256"]


def test_sums_of_files_that_both_have_decide_and_else_words() -> None:
    both, part, renamed = Edition("1", {"a": "9f", "b": "11"}), Edition("1", {"b": "11"}), Edition("2", {"b": "11"})
    assert not both.differs_from(part)
    assert not part.differs_from(renamed)
    assert Edition("1", {}).differs_from(renamed)
    assert Edition("1", {"b": "12"}).differs_from(part)
    named = {"both": both, "other": Edition("1", {"b": "12"}), "unknown": Edition(None, {}), "part": part}
    assert by_edition(named, lambda name: {"exam": named[name]}) == [["both", "unknown", "part"], ["other"]]
