"""Runs that ask for values: read, scored, overridden, scored again, compared, shown, imported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from answered import answered, metric, read_lines
from exact_questions import CLIPS, KEYS, quiz
from shell import typed

from mudata.errors import EvaluationError
from mudata.evaluation.comparison.clip_view import clip_views
from mudata.evaluation.comparison.compare import compare
from mudata.evaluation.comparison.floors import FloorQuestion, above_floors
from mudata.evaluation.scoring import score

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home

SAID = (
    "The key is C major.",  # C major
    "A-Moll",  # A minor
    "G flat minor",  # F# minor: the same pitch
    "It is in F.",  # Bb major: a tonic without a mode
    "C",  # C major: its tonic
    "either A minor or C major",  # A minor
    "I cannot tell.",  # F# minor
    None,
    "C other than that, no idea",
    "D minor",  # A minor
)
"""Of the first clips; all others fail."""


@pytest.fixture(autouse=True)
def _quiz(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quiz(home, tmp_path / "cards", monkeypatch)


def asked(home: Home, folder: Path, task: str, said: dict[str, str | None], model: str = "them") -> Run:
    return answered(home, folder, said, split="quiz", task=task, model=model)


def keys(home: Home, folder: Path, model: str = "them") -> Run:
    return asked(home, folder, "key", {f"quiz/{c}": a for c, a in zip(CLIPS, SAID, strict=False)}, model)


def line(item: str, label: Any, **more: Any) -> dict[str, Any]:
    return {"clip_id": item, "label": label, "author": "Ann", "reason": "I read it"} | more


def test_answers_are_read_by_their_kind_and_every_item_counts(home: Home, tmp_path: Path) -> None:
    run = keys(home, tmp_path)
    assert run.scores["n"] == 24
    assert metric(run, "accuracy") == pytest.approx(3 / 24)
    assert metric(run, "tonic_accuracy") == pytest.approx(4 / 24)  # and C, without a mode
    assert metric(run, "chance") == pytest.approx(1 / 24)
    assert metric(run, "constant") == pytest.approx(6 / 24)
    counts = run.scores["exact"]["counts"]
    assert sum(counts.values()) == 24
    assert (counts["parsed"], counts["hedged"], counts["error"]) == (4, 1, 15)
    assert run.scores["aligner"].startswith("reader-")
    read = read_lines(run.folder / "alignments.jsonl")
    assert (read[2]["label"], read[2]["right"], read[2]["worth"]["mirex"]) == ("F# minor", True, 1.0)
    assert read[4]["worth"] == {"accuracy": 0.0, "mirex": 0.0, "tonic_accuracy": 1.0}
    assert (read[7]["status"], read[7]["worth"]["accuracy"]) == ("ERROR", 0.0)


def test_scoring_again_changes_nothing(home: Home, tmp_path: Path) -> None:
    run = keys(home, tmp_path)
    before = [(run.folder / name).read_bytes() for name in ("scores.json", "alignments.jsonl")]
    score.score(run)
    assert [(run.folder / name).read_bytes() for name in ("scores.json", "alignments.jsonl")] == before
    assert not (run.folder / "scores").exists()


def test_items_of_one_piece_count_together(home: Home, tmp_path: Path) -> None:
    run = keys(home, tmp_path)
    accuracy = next(m for m in run.scores["metrics"] if m["metric"] == "accuracy")
    assert accuracy["clusters"] == 12
    groups = {(row["by"], row["name"], row["metric"]): row for row in run.scores["exact"]["groups"]}
    assert groups["difficulty", "easy", "accuracy"]["value"] == pytest.approx(2 / 12)
    assert groups["category", "rock", "accuracy"]["n"] == 24


def test_a_persons_reading_counts_and_is_measured(home: Home, tmp_path: Path) -> None:
    run = keys(home, tmp_path)
    score.override(home, run, [line("quiz/05", "A minor"), line("quiz/00", None), line("quiz/02", "Gb minor")])
    score.score(run)
    assert metric(run, "accuracy") == pytest.approx(3 / 24)  # one won, one lost
    read = read_lines(run.folder / "alignments.jsonl")
    assert (read[5]["label"], read[5]["rule_id"], read[5]["right"]) == ("A minor", "override", True)
    assert (read[0]["status"], read[0]["label"], read[0]["worth"]["tonic_accuracy"]) == ("UNPARSED", None, 0.0)
    assert read[2]["label"] == "F# minor"  # in the one spelling
    assert run.scores["kappa"]["n"] == 3
    assert run.scores["kappa"]["agreed"] == 1
    assert len(list((run.folder / "scores").glob("*.json"))) == 1  # what was before is kept


@pytest.mark.parametrize(
    ("label", "why"), [("H major", "is no key"), (["C major", "A minor"], "several values"), (4, "neither")]
)
def test_a_reading_that_is_no_value_is_told(home: Home, tmp_path: Path, label: Any, why: str) -> None:
    run = keys(home, tmp_path)
    with pytest.raises(EvaluationError, match=why):
        score.override(home, run, [line("quiz/00", label)])


def test_a_tempo_in_another_octave_and_a_range(home: Home, tmp_path: Path) -> None:
    words = ("about 61 bpm", "180", "between 116 and 124 bpm", "fast")
    said: dict[str, str | None] = {f"quiz/{c}": word for c, word in zip(CLIPS, words, strict=False)}
    run = asked(home, tmp_path, "tempo", said)
    read = read_lines(run.folder / "alignments.jsonl")
    assert [tuple(one["worth"].values()) for one in read[:4]] == [(1, 1, 1), (0, 1, 0), (1, 1, 1), (0, 0, 0)]
    assert [one["status"] for one in read[:4]] == ["ALIGNED", "ALIGNED", "MULTI", "UNPARSED"]
    assert read[2]["right"]
    assert metric(run, "octave_accuracy") == pytest.approx(3 / 24)
    assert run.scores["confusion"] == run.scores["per_label"] == []  # 61 is right for 60, and no confusion


def test_runs_are_compared_by_every_measure(home: Home, tmp_path: Path) -> None:
    best = asked(home, tmp_path, "key", {f"quiz/{c}": KEYS[i % 4] for i, c in enumerate(CLIPS)}, "best")
    worst = keys(home, tmp_path, "worst")
    compared = compare([(run.scores, score.read_answers(run)) for run in (worst, best)])
    assert [measure.metric for measure in compared.metrics] == ["accuracy", "mirex", "tonic_accuracy"]
    pair = compared.metrics[0].pairs[0]
    assert (pair.difference, compared.n, compared.clusters["count"]) == (pytest.approx(21 / 24), 24, 12)
    assert pair.p < 0.01


def test_a_run_is_held_against_the_best_constant_answer(home: Home, tmp_path: Path) -> None:
    best = asked(home, tmp_path, "key", {f"quiz/{c}": KEYS[i % 4] for i, c in enumerate(CLIPS)}, "best")
    dead = asked(home, tmp_path, "key", {f"quiz/{c}": "C major" for c in CLIPS}, "dead")
    metrics = [{m["metric"]: m for m in run.scores["metrics"]} for run in (best, dead)]
    questions = [
        FloorQuestion(run.id, of, score.read_answers(run), {})
        for run, of in zip((best, dead), metrics, strict=True)
    ]  # fmt: skip
    found = above_floors("key", questions)
    assert (found[best.id].floor, found[best.id].verdict, found[best.id].floor_value) == ("constant", "ahead", 0.25)
    assert (found[dead.id].verdict, found[dead.id].difference) == ("not told", 0.0)


def pairs(home: Home, folder: Path) -> Run:
    said = {f"quiz/pair {i}": "the first one" for i in range(12)}
    return answered(home, folder, said, split="quiz", task="brighter", model="first", prompt_text="Which is brighter?")


def test_items_of_two_clips_have_ids_of_their_own(home: Home, tmp_path: Path) -> None:
    run = pairs(home, tmp_path)
    assert (metric(run, "accuracy"), metric(run, "chance")) == (0.5, 0.5)
    read = read_lines(run.folder / "alignments.jsonl")
    assert "clip_id" not in read[0]
    assert (read[0]["item_id"], read[0]["gold"], read[0]["label"]) == ("quiz/pair 0", ["first"], "first")
    score.override(home, run, [line("quiz/pair 1", "second")])
    score.score(run)
    assert metric(run, "accuracy") == pytest.approx(7 / 12)


def test_an_item_is_shown_by_its_id_and_by_its_clips(home: Home, tmp_path: Path) -> None:
    run = pairs(home, tmp_path)
    item, second, other = clip_views(home, ["quiz/pair 0", "quiz/01", "quiz/02"], [run])
    assert item.status == "quiz/00, quiz/01"  # which have no files
    assert [answer.item for answer in (*item.said, *second.said, *other.said)] == [
        "quiz/pair 0",
        "quiz/pair 0",
        "quiz/pair 1",
    ]
    answer = item.said[0]
    assert (answer.right, answer.worth, answer.clips) == (True, {"accuracy": 1.0}, ("quiz/00", "quiz/01"))
    assert answer.question == "Which is brighter?"
    shown = typed("show", "quiz/pair 0").out
    assert "asked: quiz/pair 0 (quiz/00, quiz/01): Which is brighter?" in shown


def test_tables_put_together_what_is_measured_alike(home: Home, tmp_path: Path) -> None:
    keys(home, tmp_path)
    pairs(home, tmp_path)
    asked(home, tmp_path, "sections", {f"quiz/{c}": "10 and 20.2 seconds" for c in CLIPS}, "listener")
    text = typed("score").out
    key, pair, section = text.strip().split("\n\n")
    assert "MIREX-weighted" in key
    assert "quiz: 24 items of 12 " in key
    assert "accuracy 'A minor'" in key or "accuracy 'C major'" in key
    assert "them: 4 of 24 parsed, 1 hedged," in key
    assert "50.0 %" in pair
    assert "boundaries F (.5 s)" in section
    assert "1.000" in section
    assert json.loads(typed("score", "--json").out)


def test_files_of_others_bring_their_own_references(home: Home, tmp_path: Path) -> None:
    rows = [
        {"question": "Which key?", "response": said, "correct_answer": right, "audioid": f"a/b/{i}.wav"}
        for i, (said, right) in enumerate((("f# minor", "Gb minor"), ("G major", "C major"), ("C major", "no key")))
    ]
    (tmp_path / "keys.jsonl").write_text(json.dumps(rows))
    words = ("--format", "cmi-bench", "--dataset", "quiz", "--references", "file", "--task", "key", "--model", "x")
    done = typed("import-answers", tmp_path / "keys.jsonl", *words)
    assert done.code == 0, done.err
    assert "2 answers joined to 2 clips" in done.err
    assert "'no key' is no key of quiz" in done.err
    assert "50.0 %" in done.out
    assert ".750" in done.out


def test_what_the_index_says_otherwise_is_told(home: Home, tmp_path: Path) -> None:
    rows = [{"item_id": f"quiz/{c}", "answer": "C major", "reference": "C major"} for c in CLIPS]
    (tmp_path / "keys.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("--format", "jsonl", "--split", "quiz", "--task", "key", "--model", "x")
    done = typed("import-answers", tmp_path / "keys.jsonl", *words)
    assert done.code == 0, done.err
    assert "18 of 24" in done.err


@pytest.mark.parametrize(
    ("task", "right", "wrong", "why"),
    [
        ("sections", "10.000 20.000", "10.000 40.000", "do not lie within the clip, 0 to 30 s"),
        ("key", "A minor", "sad", "'sad' is no key"),
        ("tempo", "90", "fast", "'fast' is no number"),
        ("brighter", "second", "louder", "'louder' is none of the options"),
    ],
)
def test_a_truth_that_is_none_is_a_damaged_file(
    home: Home, tmp_path: Path, task: str, right: str, wrong: str, why: str
) -> None:
    run = asked(home, tmp_path, task, {"quiz/pair 0" if task == "brighter" else "quiz/00": "no idea"})
    path = run.folder / "questions.jsonl"
    path.write_text(path.read_text().replace(f'["{right}"]', f'["{wrong}"]', 1))
    with pytest.raises(EvaluationError, match=rf"questions.jsonl cannot be read: quiz/.*{why}"):
        score.score(run)


def test_questions_that_got_lost_are_not_passed_over(home: Home, tmp_path: Path) -> None:
    run = asked(home, tmp_path, "key", {"quiz/00": "no idea"})
    path = run.folder / "questions.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(EvaluationError, match="it has 23 lines, where run"):
        score.score(run)
