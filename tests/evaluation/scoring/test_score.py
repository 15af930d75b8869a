"""Scoring: the same bytes every time, and whatever changes is told with its cause."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from answered import GOLD, IDS, Notes, answered, metric, read_lines
from small_corpus import Corpus

from mudata.catalog.index import database
from mudata.errors import EvaluationError
from mudata.evaluation.align.alignment import Alignment
from mudata.evaluation.scoring import context, history, score

if TYPE_CHECKING:
    from mudata.evaluation.align.label_set import LabelSet
    from mudata.home import Home

SAID = ["Low.", "It is in-between, I believe.", "low or high", "no idea", "middle", None]


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    made = Corpus(home, tmp_path / "cards", monkeypatch)
    made.halves()
    return made


def given(said: list[str | None] = SAID) -> dict[str, str | None]:
    return dict(zip(IDS, said, strict=True))


def test_scores_have_everything_that_decides_them(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    scores = answered(home, tmp_path, given()).scores
    assert (scores["n"], scores["kind"], scores["task"], scores["part"]) == (6, "classify", "genre", "test")
    assert scores["labels_from"] == "card"
    assert len(scores["labels_sha256"]["tones"]) == 64
    assert (scores["overrides_sha256"], scores["kappa"], scores["captions"]) == (None, None, None)
    assert sum(scores["outcomes"].values()) == 6
    assert {row["policy"] for row in scores["policies"]} >= {"exact", "strict", "any_mention"}
    assert "80 % power" in scores["detectable"]["accuracy"]["recipe"]
    assert {m["metric"]: m["value"] for m in scores["metrics"]}["accuracy"] == pytest.approx(3 / 6)
    assert scores["datasets"]["tones"]["metrics"] == scores["metrics"]


def test_every_clip_has_a_line_that_says_how_it_was_read(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    run = answered(home, tmp_path, given())
    read = read_lines(run.folder / "alignments.jsonl")
    assert [line["clip_id"] for line in read] == IDS
    assert [line["gold"] for line in read] == [[label] for label in GOLD]
    assert [line["label"] for line in read] == ["low", "mid", None, None, "mid", None]
    assert [line["right"] for line in read] == [True, True, False, False, True, False]
    assert read[2]["status"] == "MULTI"
    assert read[2]["labels"] == ["low", "high"]
    assert (read[-1]["status"], read[-1]["override"]) == ("ERROR", None)
    start, end, role, label = next(span for span in read[1]["spans"] if span[2] == "positive")
    assert (SAID[1] or "")[start:end] == "in-between"
    assert (role, label) == ("positive", "mid")


def test_captions_have_their_rouge_instead(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    run = answered(home, tmp_path, given(), task="caption")
    line = read_lines(run.folder / "alignments.jsonl")[1]
    assert "label" not in line
    assert 0 <= line["rouge"]["rougeL_f"] <= line["rouge"]["rouge1_f"] <= 1
    assert run.scores["captions"]
    assert run.scores["aligner"] is None
    with_other = score.score(run, reference_scorer=True)
    values = [{m["metric"]: m["value"] for m in scores["metrics"]} for scores in (run.scores, with_other)]
    assert values[0] == pytest.approx(values[1])


def test_what_was_thought_before_a_caption_is_not_the_caption(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    plain = answered(home, tmp_path, dict.fromkeys(IDS, "a tone that is low"), task="caption", model="plain")
    thoughts = [
        "<think>A low tone, so I say so.</think>\na tone that is low",
        "I hear a tone.</think>a tone that is low",
        "<|channel>thought\nlow?<channel|>a tone that is low",
    ]
    aloud = answered(home, tmp_path, dict(zip(IDS, thoughts * 2, strict=True)), task="caption", model="aloud")
    for name in ("rougeL_f", "rouge1_f"):
        assert metric(aloud, name) == metric(plain, name) > 0
    never = answered(home, tmp_path, dict.fromkeys(IDS, "<think>a tone that is low"), task="caption", model="never")
    assert metric(never, "rougeL_f") == 0


def test_scoring_again_gives_the_same_bytes_and_says_nothing(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    run = answered(home, tmp_path, given())
    before = {path.name: path.read_bytes() for path in run.folder.iterdir()}
    notes = Notes()
    score.score(run, notes)
    assert {path.name: path.read_bytes() for path in run.folder.iterdir()} == before
    assert notes.said == []


def _other_aligner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads 'no idea' as high, and is named accordingly."""
    real = context.align

    def align(answer: str | None, label_set: LabelSet, shown: Any) -> Alignment:
        return Alignment("ALIGNED", ("high",), "hope") if answer == "no idea" else real(answer, label_set, shown)

    monkeypatch.setattr(context, "align", align)
    monkeypatch.setattr(score, "ALIGNER", "hopeful-2")


def test_what_another_aligner_changes_is_told_and_the_former_scores_are_kept(
    corpus: Corpus, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [*SAID[:3], "low", "middle", None]
    run = answered(home, tmp_path, given([*SAID[:2], "no idea", *said[3:]]))
    former = {name: (run.folder / name).read_bytes() for name in ("scores.json", "alignments.jsonl")}
    aligner = run.scores["aligner"]
    _other_aligner(monkeypatch)
    notes = Notes()
    score.score(run, notes)
    assert (
        f"{run.id}: accuracy 66.7 -> 83.3: 1 answer read differently (aligner {aligner} -> hopeful-2)" == notes.said[0]
    )
    assert "tones/08: " in notes.said[-1]
    assert notes.said[-1].endswith(" -> high")
    kept = sorted((run.folder / "scores").iterdir())
    assert [path.read_bytes() for path in kept] == [former["alignments.jsonl"], former["scores.json"]]
    name = kept[1].stem
    assert history.since(run, name)[0][::2] == ("tones/08", "high")
    monkeypatch.undo()
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))
    score.score(run)
    assert (run.folder / "scores.json").read_bytes() == former["scores.json"]
    assert len(list((run.folder / "scores").iterdir())) == 4


def test_a_word_more_on_the_card_is_read_and_told(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    run = answered(home, tmp_path, given([*SAID[:3], "low", "centre", None]))
    assert metric(run, "accuracy") == pytest.approx(3 / 6)
    card = corpus.cards / "tones.yaml"
    card.write_text(card.read_text().replace("aliases: [middle]", "aliases: [middle, centre]"))
    notes = Notes()
    scores = score.score(run, notes)
    assert "accuracy 50.0 -> 66.7: 1 answer read differently (label set of tones " in notes.said[0]
    assert scores["labels_from"] == "card"


@pytest.mark.parametrize("how", ["gone", "other labels"])
@pytest.mark.slow
def test_without_the_cards_labels_the_recorded_ones_count(corpus: Corpus, home: Home, tmp_path: Path, how: str) -> None:
    run = answered(home, tmp_path, given())
    before = run.scores
    card = corpus.cards / "tones.yaml"
    if how == "gone":
        card.unlink()
    else:
        card.write_text(card.read_text().replace("name: in-between", "name: in-between").replace("high]", "shrill]"))
    after = score.score(run)
    assert (after["labels_from"], after["labels_sha256"]) == ("run", before["labels_sha256"])
    assert after["metrics"] == before["metrics"]


def test_other_answers_are_told_as_the_cause(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    run = answered(home, tmp_path, given())
    path = run.folder / "answers.jsonl"
    path.write_bytes(path.read_bytes().replace(b"no idea", b"low."))
    notes = Notes()
    score.score(run, notes)
    assert "accuracy 50.0 -> 66.7: 1 answer read differently (other answers)" in notes.said[0]


def test_an_unfinished_run_is_not_scored(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    run = answered(home, tmp_path, given())
    answers = (run.folder / "answers.jsonl").read_bytes().splitlines(keepends=True)
    (run.folder / "answers.jsonl").write_bytes(b"".join(answers[:4]) + answers[4][:9])
    with pytest.raises(EvaluationError, match="is not finished: 2 of 6 clips have not been asked yet"):
        score.score(run)


@pytest.mark.parametrize(
    ("name", "line", "what"),
    [
        ("answers.jsonl", b"{oops", r"answers\.jsonl cannot be read: line 3 is no JSON"),
        ("answers.jsonl", b"[1]", r"answers\.jsonl cannot be read: line 3 is no JSON object"),
        ("answers.jsonl", b'{"clip_id": "x"}', r"answers\.jsonl cannot be read: line 3 lacks answer"),
        ("questions.jsonl", b'{"clip_id": "x"}', r"questions\.jsonl cannot be read: line 3 lacks dataset"),
        ("answers.jsonl", b'"\xff"', r"line 3 is no JSON: not UTF-8 text"),
    ],
)
def test_a_damaged_line_is_told_with_its_number(
    corpus: Corpus, home: Home, tmp_path: Path, name: str, line: bytes, what: str
) -> None:
    run = answered(home, tmp_path, given())
    path = run.folder / name
    before = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([*before[:2], line, *before[3:]]) + b"\n")
    old = (run.folder / "scores.json").read_bytes()
    with pytest.raises(EvaluationError, match=what):
        score.score(run)
    assert (run.folder / "scores.json").read_bytes() == old


def test_a_run_without_questions_is_damaged(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    run = answered(home, tmp_path, given())
    (run.folder / "questions.jsonl").write_bytes(b"")
    with pytest.raises(EvaluationError, match=r"questions\.jsonl cannot be read: it has no line"):
        score.score(run)


@pytest.mark.parametrize("write", [1, 2, 3, 4])
def test_a_full_disk_leaves_the_old_scores_whole(
    corpus: Corpus, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    run = answered(home, tmp_path, given([*SAID[:2], "no idea", "low", "middle", None]))
    old = (run.folder / "scores.json").read_bytes()
    _other_aligner(monkeypatch)
    calls, real = [], score.write_atomic

    def full(path: Path, data: bytes | str, *, shared: bool = False) -> None:
        calls.append(path)
        if len(calls) >= write:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        real(path, data, shared=shared)

    monkeypatch.setattr(score, "write_atomic", full)
    monkeypatch.setattr(history, "write_atomic", full)
    with pytest.raises(OSError, match="No space left"):
        score.score(run)
    assert (run.folder / "scores.json").read_bytes() == old
    monkeypatch.setattr(score, "write_atomic", real)
    monkeypatch.setattr(history, "write_atomic", real)
    notes = Notes()
    score.score(run, notes)
    assert "accuracy 66.7 -> 83.3: 1 answer read differently" in notes.text
    assert json.loads((run.folder / "scores.json").read_bytes())["aligner"] == "hopeful-2"


def test_damaged_former_scores_are_replaced_without_a_word(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    run = answered(home, tmp_path, given())
    whole = (run.folder / "scores.json").read_bytes()
    (run.folder / "scores.json").write_bytes(whole[:100])
    notes = Notes()
    score.score(run, notes)
    assert (run.folder / "scores.json").read_bytes() == whole
    assert notes.said == []


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ({}, {}, []),
        ({"mudata_version": "1"}, {"mudata_version": "2"}, ["no score moved: mudata 1 -> 2"]),
        (
            {"metrics": [{"metric": "rouge1_f", "value": 0.1, "recipe": "a"}]},
            {"metrics": [{"metric": "rouge1_f", "value": 0.2, "recipe": "b"}]},
            ["rouge1_f 0.1000 -> 0.2000: recipe of rouge1_f"],
        ),
        (
            {"overrides_sha256": None},
            {"overrides_sha256": "abcdefghijk", "metrics": [{"metric": "x", "value": 0.0, "recipe": ""}]},
            ["no score moved: overrides none -> abcdefgh", "new: x"],
        ),
    ],
)
def test_causes_and_moves_are_told_in_lines(old: dict[str, Any], new: dict[str, Any], lines: list[str]) -> None:
    assert history.changes({"metrics": []} | old, {"metrics": []} | new) == lines


@pytest.mark.slow
def test_alignments_can_be_asked_with_sql(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    run = answered(home, tmp_path, given())
    other = answered(home, tmp_path, given(), task="caption", model="other")
    with (run.folder / "alignments.jsonl").open("ab") as file:
        file.write(b'{"clip_id": "torn')
    with database.connect(home) as connection:
        query = "SELECT clip_id, label, is_right FROM alignments WHERE run = ? AND status = 'ALIGNED' ORDER BY 1"
        found = connection.execute(query, [run.id]).fetchall()
        assert found == [("tones/06", "low", True), ("tones/07", "mid", True), ("tones/10", "mid", True)]
        query = "SELECT count(*), count(rouge1_f), count(is_right) FROM alignments WHERE run = ?"
        assert connection.execute(query, [other.id]).fetchall() == [(6, 6, 0)]
        assert connection.execute("SELECT label[1] FROM (SELECT labels AS label FROM alignments)").fetchall()


def test_of_many_changed_readings_some_are_told_and_all_can_be_found(
    corpus: Corpus, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = answered(home, tmp_path, given(["no idea"] * 6))
    _other_aligner(monkeypatch)
    notes = Notes()
    score.score(run, notes)
    assert "  and 1 more" in notes.text
    where = notes.said[-1].partition("the former readings are in ")[2]
    assert [line["label"] for line in read_lines(run.folder / where)] == [None] * 6
    assert len(history.since(run, Path(where).name.partition(".")[0])) == 6


def test_a_question_of_its_own_is_what_an_answer_is_read_beside(
    corpus: Corpus, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = answered(home, tmp_path, given())
    path = run.folder / "questions.jsonl"
    rows = read_lines(path)
    rows[1]["prompt"] = "Another question?"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = []
    monkeypatch.setattr(context, "align", lambda answer, labels, shown: asked.append(shown.prompt) or Alignment("OOV"))
    score.read_answers(run)
    assert [prompt == "Another question?" for prompt in asked] == [False, True, False, False, False, False]
