"""Exams scored: our reading beside the authors' own rule, passes of one item together."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import exam_quiz
import pytest
from answered import answered, lines, metric, read_lines
from exam_quiz import OPTIONS, quiz, task
from shell import typed

import mudata
from mudata.errors import EvaluationError
from mudata.evaluation.answer_import.import_request import ImportRequest
from mudata.evaluation.answer_import.importer import import_answers
from mudata.evaluation.comparison.compare import compare
from mudata.evaluation.scoring import score
from mudata.evaluation.scoring.other_rules import other_rules

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home

ITEMS = [f"quiz/q{i:02}" for i in range(12)]
GOLDS = [OPTIONS[i % 4] for i in range(12)]
GOLDS[5], GOLDS[6] = "a lute", "a kazoo"


class Exam:
    """The little exam of a test, and runs of it."""

    def __init__(self, home: Home, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.home, self.folder, self.patch = home, folder, patch

    def asks(self, exam: str = "", **what: Any) -> None:
        quiz(self.home, self.folder / "cards", self.patch, {"what": task(**({"order": "stored"} | what))}, exam)

    def run(self, said: list[str | None], model: str = "them") -> Run:
        given = dict(zip(ITEMS, said, strict=True))
        return answered(self.home, self.folder, given, split="quiz", task="what", model=model)

    def passes(self, said: list[list[str | None]], model: str = "them") -> Run:
        """An answer for each pass of each item."""
        rows = [
            {"item_id": item, "pass_number": number, **({"error": "x"} if text is None else {"answer": text})}
            for item, texts in zip(ITEMS, said, strict=True)
            for number, text in enumerate(texts)
        ]
        file = lines(self.folder / "passes.jsonl", rows)
        asked = ImportRequest(file=file, format="jsonl", split="quiz", task="what", model=model)
        return import_answers(self.home, asked)


@pytest.fixture
def exam(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exam:
    return Exam(home, tmp_path, monkeypatch)


def test_the_official_verdict_stands_beside_ours_in_every_line(exam: Exam) -> None:
    exam.asks(rule="mmau_tokens")
    run = exam.run([f"It is not {gold}" for gold in GOLDS])
    (first, *_) = read_lines(run.folder / "alignments.jsonl")
    assert (first["right"], first["official"], first["official_chosen"]) == (False, 1.0, "a lute")
    assert "every word of the right option" in first["official_evidence"]
    found = run.scores["exam"]
    assert (found["ours"]["value"], found["ours"]["n"]) == (0.0, 12)
    assert found["official"]["value"] == metric(run, "official") > 0.7
    differ = found["differ"]
    worth = [one["official"] for one in read_lines(run.folder / "alignments.jsonl")]
    assert differ["n"] == differ["official_only"] == sum(worth)
    assert differ["examples"][0] == {
        "item": "quiz/q00",
        "answer": "It is not a lute",
        "gold": "a lute",
        "ours": "NEGATED_ONLY",
        "label": None,
        "official": 1.0,
        "chosen": "a lute",
        "evidence": first["official_evidence"],
    }


def test_what_is_stripped_is_part_of_the_recipe_and_of_the_run(exam: Exam) -> None:
    said: list[str | None] = [f"The right one is: {gold}" for gold in GOLDS]
    exam.asks(rule="mucho_chars", strip=["The right one is:"])
    with_words = exam.run(said)
    exam.asks(rule="mucho_chars")
    without = exam.run(said, "bare")
    assert "without 'The right one is:' before answers" in with_words.scores["exam"]["official"]["recipe"]
    assert with_words.settings.tasks[0].exam["strip"] == ["The right one is:"]  # type: ignore[index]
    assert with_words.scores["exam"]["rule"]["strip"] == ["The right one is:"]
    assert without.scores["exam"]["rule"]["strip"] == []
    assert metric(with_words, "accuracy") == metric(without, "accuracy")  # ours reads the whole answer


def test_scoring_again_needs_no_card_and_changes_nothing(exam: Exam) -> None:
    exam.asks(rule="mmau_tokens", strip=["Answer:"])
    run = exam.run(["Answer: a lute"] * 12)
    before = [(run.folder / name).read_bytes() for name in ("scores.json", "alignments.jsonl")]
    (exam.folder / "cards" / "quiz.yaml").unlink()
    score.score(run)
    assert [(run.folder / name).read_bytes() for name in ("scores.json", "alignments.jsonl")] == before


def test_an_answer_that_authors_drop_is_out_of_their_n_and_in_ours(exam: Exam) -> None:
    settings = {"lines": [*OPTIONS, "a kazoo"]}
    exam.asks(rule="last_canonical_drops", rule_settings=settings)
    said: list[str | None] = [*GOLDS[:10], "no idea", "hm"]
    found = exam.run(said).scores["exam"]
    assert (found["official"]["n"], found["official"]["n_dropped"]) == (10, 2)
    assert found["official"]["value"] == pytest.approx(found["official"]["all"] * 12 / 10)
    assert found["ours"]["n"] == 12
    assert found["differ"]["dropped"] == 2
    shown = typed("score").out
    assert "of 10" in shown
    assert "them: the official rule leaves out 2 of 12 items" in " ".join(shown.split())


def test_answers_are_judged_by_the_rules_of_others_beside_the_exams_own(exam: Exam) -> None:
    exam.asks(rule="mmau_tokens")
    run = exam.run([f"It is not {gold}" for gold in GOLDS])
    before = (run.folder / "scores.json").read_bytes()
    assert "other_rules" not in run.scores["exam"]
    shown = " ".join(
        typed("score", run.id, "--rule", "answer_line", "--rule", "mmau_tokens", "--rule", "last_number").out.split()
    )
    assert "them: by answer_line (evalscope's" in shown
    line, number = run.scores["exam"]["other_rules"]
    assert (line["name"], line["official"]["value"], line["official"]["n"]) == ("answer_line", 0.0, 12)
    assert line["differ"]["n"] == sum(
        item["worth"]["accuracy"] > 0 for item in read_lines(run.folder / "alignments.jsonl")
    )
    assert (number["name"], number["official"]["value"]) == ("last_number", 0.0)
    assert run.scores["datasets"]["quiz"]["exam"]["other_rules"] == [line, number]
    assert run.scores["exam"]["official"]["value"] == json.loads(before)["exam"]["official"]["value"]
    typed("score", run.id)
    assert [row["name"] for row in run.scores["exam"]["other_rules"]] == ["answer_line", "last_number"], "kept"
    told = mudata.score(run.id, rule="mucho_chars")["exam"]["other_rules"]
    assert [row["name"] for row in told] == ["answer_line", "last_number", "mucho_chars"]
    wrong = typed("score", run.id, "--rule", "mmau_token")
    assert (wrong.code, "mmau_tokens" in wrong.err) == (2, True)


def test_a_run_of_no_exam_has_nothing_that_a_rule_could_judge() -> None:
    context: Any = SimpleNamespace(tasks={"d": SimpleNamespace(exam=None)}, run=SimpleNamespace(id="them-1"))
    assert other_rules(context, [], []) == {}
    with pytest.raises(EvaluationError, match="them-1 asks no questions of an exam"):
        other_rules(context, [], ["mmau_tokens"])


def test_a_random_fill_is_its_expectation_between_what_luck_can_do(exam: Exam) -> None:
    exam.asks(rule="mmmu_letters")
    found = exam.run(["no idea whatever"] * 12).scores["exam"]["official"]
    assert (found["lowest"], found["drawn"]) == (0.0, 11)  # the right one of q06 is none of the options
    assert found["highest"] == pytest.approx(11 / 12)
    assert 0.2 < found["value"] < 0.3
    assert "luck makes it 0.0 to 91.7 %" in " ".join(typed("score").out.split())


def test_exams_with_and_without_a_rule_have_the_same_floors(exam: Exam) -> None:
    """The question is an exam's own, whether a rule looks at it or not."""
    exam.asks()
    found = exam.run(GOLDS).scores["exam"]
    assert found["official"] is None
    assert [floor["name"] for floor in found["floors"]] == ["chance", "position", "longest", "shortest", "overlap"]
    exam.asks(rule="mmau_tokens")
    assert exam.run(GOLDS, "others").scores["exam"]["floors"] == found["floors"]


def test_passes_of_one_item_are_combined_and_count_once(exam: Exam) -> None:
    exam.asks(rule="mmau_tokens", combine="any")
    said: list[list[str | None]] = [[gold, "a horn"] for gold in GOLDS]
    run = exam.passes(said)
    found = run.scores["exam"]
    assert (found["n"], found["passes_asked"], run.scores["n"]) == (12, 24, 24)
    assert found["official"]["value"] == 1.0
    assert "passes combined by any" in found["official"]["recipe"]
    right = [1.0 if gold == "a horn" else 0.0 if gold == "a kazoo" else 0.5 for gold in GOLDS]
    assert found["ours"]["value"] == pytest.approx(sum(right) / 12)
    assert found["ours"]["clusters"] == 6
    passes = found["passes"]
    assert passes["consistency"]["value"] == passes["all_right"]["value"] == pytest.approx(GOLDS.count("a horn") / 12)
    assert metric(run, "consistency") == passes["consistency"]["value"]
    assert metric(run, "item_accuracy") == found["ours"]["value"]


def test_without_a_word_of_the_card_passes_are_averaged(exam: Exam) -> None:
    exam.asks(rule="mmau_tokens")
    found = exam.passes([[gold, "a bassoon"] for gold in GOLDS]).scores["exam"]
    assert found["official"]["value"] == 0.5
    assert "passes combined by mean" in found["official"]["recipe"]


def test_answers_of_several_passes_that_authors_drop_are_out_of_the_n_of_their_mean(exam: Exam) -> None:
    exam.asks(rule="last_canonical_drops", rule_settings={"lines": [*OPTIONS, "a kazoo"]})
    run = exam.passes([[GOLDS[0], "hm"], ["hm", "hm"], *([gold, "a horn"] for gold in GOLDS[2:])])
    found = run.scores["exam"]["official"]
    right = sum(1 + (gold == "a horn") for gold in GOLDS[2:]) + 1
    assert found["value"] == pytest.approx(right / 21)  # not the mean over items: 1, none, ten times 1/2 or 1
    assert (found["answers"], found["answers_dropped"], found["n"], found["n_dropped"]) == (21, 3, 11, 1)
    assert found["all"] == pytest.approx(right / 24)
    shown = " ".join(typed("score").out.split())
    assert "of 21" in shown
    assert "the official rule leaves out 3 of 24 answers" in shown


def test_where_passes_vote_the_rule_is_told_on_each_pass_too(exam: Exam) -> None:
    exam.asks(rule="mmau_tokens", combine="any")
    found = exam.passes([[gold, "a bassoon"] for gold in GOLDS]).scores["exam"]
    each = sum(1 + (gold == "a bassoon") for gold in GOLDS) / 24
    assert (found["official"]["value"], found["passes"]["official"]["value"]) == (1.0, pytest.approx(each))
    assert f"the official rule on each pass alone {100 * each:.1f} %" in " ".join(typed("score").out.split())


def test_items_are_told_with_their_faults_and_scored_without(exam: Exam) -> None:
    exam.asks(rule="mmau_tokens")
    found = exam.run(list(GOLDS)).scores["exam"]
    assert found["faults"]["by_kind"] == {"gold-doubled": 1, "gold-missing": 1, "wrong-answer": 1}
    assert found["ours"]["value"] == pytest.approx(11 / 12)  # the kazoo cannot be chosen
    assert (found["faults"]["without"]["n"], found["faults"]["without"]["ours"]["value"]) == (9, 1.0)


def test_groups_hold_items_of_several_categories_and_few_are_marked(exam: Exam) -> None:
    exam.asks(rule="mmau_tokens")
    rows = {(row["by"], row["name"]): row for row in exam.run(list(GOLDS)).scores["exam"]["groups"]}
    assert list(rows) == [("category", "pitch"), ("category", "timbre"), ("difficulty", "easy"), ("difficulty", "hard")]
    assert [row["n"] for row in rows.values()] == [6, 12, 6, 6]
    assert all(row["few"] for row in rows.values())
    assert rows["category", "timbre"]["ours"]["value"] == pytest.approx(11 / 12)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("aggregate: {kind: macro, by: difficulty}", (4 / 6 + 6 / 6) / 2),
        ("aggregate: {kind: macro, by: category}", (10 / 12 + 6 / 6) / 2),  # of 'pitch' all are right
        ("aggregate: {kind: micro, by: task, base: {what: 0.25}}", (10 / 12 - 0.25) / 0.75),
        ("aggregate: {kind: macro, by: difficulty, base: {easy: 0.25, hard: 0.5}}", ((4 / 6 - 0.25) / 0.75 + 1) / 2),
        ("aggregate: {kind: micro, by: difficulty, base: {hard: 0.5}}", (4 / 6 + 1) / 2),
    ],
)
def test_the_aggregate_is_the_authors(exam: Exam, said: str, value: float) -> None:
    """By MMAU's rule the kazoo is right, whose words are in its answer; two easy ones are wrong here."""
    exam.asks(f"  {said}\n", rule="mmau_tokens")
    answers: list[str | None] = list(GOLDS)
    answers[0] = answers[2] = "nothing"
    found = exam.run(answers).scores["exam"]
    assert found["official"]["value"] == pytest.approx(10 / 12)
    assert found["aggregate"]["value"] == pytest.approx(value)


def test_an_open_question_is_worth_what_the_rule_says(exam: Exam) -> None:
    asked = {"task": "words", "kind": "open", "question": "What?", "truth": "a lute"}
    items = [{"id": f"o{i:02}", "clips": [f"{i:02}"], **asked} for i in range(12)]
    words = task(kind="open", rule="mmau_tokens")
    quiz(exam.home, exam.folder / "cards", exam.patch, {"words": words}, items=items)
    said: dict[str, str | None] = {f"quiz/o{i:02}": "A lute, I think." if i < 3 else "a harp" for i in range(12)}
    run = answered(exam.home, exam.folder, said, split="quiz", task="words")
    assert metric(run, "credit") == run.scores["exam"]["official"]["value"] == 0.25
    assert (run.scores["exam"]["ours"], run.scores["exam"]["passes"]) == (None, None)
    assert metric(run, "distinct_answers") == 2
    score.override(exam.home, run, [{"clip_id": "quiz/o05", "label": "a lute", "author": "Ann", "reason": "it is"}])
    score.score(run)
    assert metric(run, "credit") == pytest.approx(4 / 12)
    assert "official: right by mmau_tokens" in typed("show", "quiz/o00").out


def test_tables_sql_and_python_have_both_readings(exam: Exam) -> None:
    exam.asks(rule="mmau_tokens")
    run = exam.run([f"It is not {gold}" for gold in GOLDS])
    header, *_ = typed("score").out.splitlines()
    assert header.split()[:6] == ["model", "split", "dataset", "task", "n", "accuracy"]
    assert "official" in header
    rows = (
        mudata.sql("SELECT item_id, official, official_evidence FROM alignments ORDER BY item_id").arrow().to_pylist()
    )
    assert (rows[0]["item_id"], rows[0]["official"]) == ("quiz/q00", 1.0)
    (named,) = mudata.sql("SELECT value, n FROM scores WHERE metric = 'official'").arrow().to_pylist()
    assert (named["value"], named["n"]) == (metric(run, "official"), 12)
    assert mudata.score(run.id)["exam"] == json.loads((run.folder / "scores.json").read_bytes())["exam"]
    shown = typed("show", "quiz/q00").out
    assert "official: right by mmau_tokens: has every word" in shown


def test_runs_are_compared_by_both_and_versions_never(exam: Exam) -> None:
    exam.asks(rule="mmau_tokens")
    denied, right = exam.run([f"It is not {gold}" for gold in GOLDS]), exam.run(list(GOLDS), "best")
    compared = compare([(run.scores, score.read_answers(run)) for run in (denied, right)])
    assert [one.metric for one in compared.metrics] == ["accuracy", "official"]
    exam.patch.setattr(exam_quiz, "CARD", exam_quiz.CARD.replace('version: "3"', 'version: "4"'))
    exam.asks(rule="mmau_tokens")
    newer = exam.run(list(GOLDS), "newer")
    with pytest.raises(EvaluationError, match=r"other versions of quiz \('3' and '4'\)"):
        compare([(run.scores, score.read_answers(run)) for run in (right, newer)])


def test_a_persons_reading_is_one_of_the_options_even_where_the_gold_is_none(exam: Exam) -> None:
    exam.asks(rule="mmau_tokens")
    run = exam.run(list(GOLDS))
    refused = typed("override", run.id, ITEMS[0], "a tuba", "--author", "me", "--reason", "heard so")
    assert (refused.code, "'a tuba' is none of the options" in refused.err) == (2, True)
    assert typed("override", run.id, ITEMS[0], OPTIONS[1], "--author", "me", "--reason", "heard so").code == 0


def test_a_comparison_writes_both_scores_alike(exam: Exam) -> None:
    exam.asks(rule="mmau_tokens")
    runs = exam.run([f"It is not {gold}" for gold in GOLDS]), exam.run(list(GOLDS), "best")
    told = repr(compare([(run.scores, score.read_answers(run)) for run in runs]))
    assert "0.917" not in told
    assert told.count("91.7 %") >= 1


def test_a_rule_that_counts_no_answer_is_told(exam: Exam) -> None:
    exam.asks(rule="last_canonical_drops", rule_settings={"lines": list(OPTIONS)})
    with pytest.raises(EvaluationError, match="leaves every answer out"):
        exam.run(["no idea"] * 12)


def test_an_item_that_the_rule_cannot_judge_is_left_out_with_its_reason(exam: Exam) -> None:
    golds = {"q90": "3", "q91": "three", "q92": "[3"}
    items = [
        {"id": id_, "task": "many", "kind": "open", "clips": ["00"], "question": "How many?", "truth": gold}
        for id_, gold in golds.items()
    ]
    tasks = {"many": {"kind": "open", "noun": "number", "rule": "last_number"}}
    quiz(exam.home, exam.folder / "cards", exam.patch, tasks, items=items)
    said = {f"quiz/{id_}": "3 of them" for id_ in golds}
    run = answered(exam.home, exam.folder, said, split="quiz", task="many")
    found = run.scores["exam"]["official"]
    assert (found["value"], found["n"], found["n_dropped"]) == (1.0, 1, 2)
    told = [line["official_evidence"] for line in read_lines(run.folder / "alignments.jsonl")]
    assert "no verdict" not in told[0]
    assert told[1] == "no verdict: The truth 'three' is no number, which last_number compares answers with."


def test_options_that_got_lost_are_a_damaged_file_whoever_reads_it(exam: Exam) -> None:
    exam.asks(rule="mmau_tokens")
    run = exam.run(list(GOLDS))
    questions = read_lines(run.folder / "questions.jsonl")
    lines(run.folder / "questions.jsonl", [*questions[:-1], questions[-1] | {"options": []}])
    for read in (lambda: score.score(run), lambda: mudata.report(run.id, output=exam.folder / "report.html")):
        with pytest.raises(EvaluationError, match=r"questions\.jsonl cannot be read: quiz/q11: there are fewer"):
            read()
