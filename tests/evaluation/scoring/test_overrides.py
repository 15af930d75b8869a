"""People's readings: added, never edited, outranking the aligner, and measured against it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from answered import IDS, answered, lines, metric, read_lines
from shell import typed
from small_corpus import Corpus

from mudata.errors import EvaluationError, HomeError, UnknownName
from mudata.evaluation.align.alignment import Alignment
from mudata.evaluation.metrics.scored import ScoredAnswer
from mudata.evaluation.scoring import overrides, score

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home

SAID = ["Low.", "low or high", "no idea", "high", "middle", None]  # right: low, mid, high, low, mid, high


@pytest.fixture
def run(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    (tmp_path / "cards").mkdir()
    Corpus(home, tmp_path / "cards", monkeypatch).halves()
    return answered(home, tmp_path, dict(zip(IDS, SAID, strict=True)))


def line(clip: int, label: Any, **more: Any) -> dict[str, Any]:
    return {"clip_id": IDS[clip], "label": label, "author": "Ann", "reason": "I read it"} | more


def test_a_persons_reading_counts(run: Run, home: Home) -> None:
    assert metric(run, "accuracy") == pytest.approx(2 / 6)
    made = score.override(home, run, [line(2, "high"), line(0, None)])
    assert [(one.aligner_said, one.at[-6:]) for one in made][1] == ("low", "+00:00")
    scores = score.score(run)
    assert metric(run, "accuracy") == pytest.approx(2 / 6)  # one won, one lost
    assert scores["overrides_sha256"] == overrides.sha256(run)
    assert {row["policy"]: row["accuracy"] for row in scores["policies"]}["strict"] == pytest.approx(2 / 6)
    read = read_lines(run.folder / "alignments.jsonl")
    assert (read[2]["label"], read[2]["rule_id"], read[2]["right"]) == ("high", "override", True)
    assert "override" in read[2]["flags"]
    assert read[2]["override"]["author"] == "Ann"
    assert (read[0]["status"], read[0]["label"]) == ("OOV", None)
    assert read[0]["spans"]  # what the aligner saw stays
    assert read[3]["override"] is None


def test_without_a_label_the_aligners_own_reason_stays(run: Run, home: Home) -> None:
    score.override(home, run, [line(1, None)])
    score.score(run)
    assert read_lines(run.folder / "alignments.jsonl")[1]["status"] == "MULTI"


def test_a_later_line_wins_and_all_are_kept(run: Run, home: Home) -> None:
    score.override(home, run, [line(2, "high")])
    first = (run.folder / "overrides.jsonl").read_bytes()
    score.override(home, run, [line(2, "mid", author="Bob")])
    score.score(run)
    assert (run.folder / "overrides.jsonl").read_bytes().startswith(first)
    assert [one.author for one in overrides.read(run)] == ["Ann", "Bob"]
    assert read_lines(run.folder / "alignments.jsonl")[2]["label"] == "mid"


def test_the_same_file_twice_adds_nothing(run: Run, home: Home) -> None:
    given = [line(2, "high", at="2024-05-01T10:00:00+00:00", aligner_said="OOV")]
    assert len(score.override(home, run, given)) == 1
    assert score.override(home, run, given) == []
    assert len(overrides.read(run)) == 1


def test_the_same_command_again_adds_nothing_and_a_return_to_it_does(
    run: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(f"2024-05-01T10:00:0{second}+00:00" for second in range(5))
    monkeypatch.setattr(overrides, "now", lambda: next(times))
    for label, new in (("high", 1), ("high", 0), ("mid", 1), ("mid", 0), ("high", 1)):
        assert len(score.override(home, run, [line(2, label)])) == new
    assert [one.label for one in overrides.read(run)] == ["high", "mid", "high"]


@pytest.mark.parametrize(
    ("given", "error", "what"),
    [
        (line(2, "hihg"), UnknownName, r"No label of tones named 'hihg'\. Did you mean 'high'"),
        (line(2, "high", clip_id="tones/99"), EvaluationError, r"no clip named 'tones/99'\.\nNearest are tones/09"),
        (line(2, "high", author=" "), EvaluationError, "Override 2 has no author"),
        (line(2, "high", reason=None), EvaluationError, "Override 2 has no reason"),
        ({"clip_id": IDS[2], "author": "A", "reason": "b"}, EvaluationError, "Override 2 has no label"),
        (line(2, ["low", "high"]), EvaluationError, "gives several labels where one was asked for"),
        (line(2, 7), EvaluationError, "label 7 is neither"),
        (line(5, "high"), EvaluationError, r"tones/11 has no answer to read \(crash: x\)"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_kept(
    run: Run, home: Home, given: dict[str, Any], error: type[Exception], what: str
) -> None:
    with pytest.raises(error, match=what):
        score.override(home, run, [line(0, "low"), given])
    assert overrides.read(run) == []
    assert overrides.sha256(run) is None


@pytest.mark.slow
def test_descriptions_have_no_label_to_override(run: Run, home: Home, tmp_path: Path) -> None:
    other = answered(home, tmp_path, dict(zip(IDS, SAID, strict=True)), task="caption")
    with pytest.raises(EvaluationError, match="was asked for a description"):
        score.override(home, other, [line(0, "low")])


@pytest.mark.slow
def test_answers_that_name_many_take_several_labels(run: Run, home: Home, tmp_path: Path) -> None:
    other = answered(home, tmp_path, dict.fromkeys(IDS, "soothing"), task="mood")
    score.override(home, other, [line(0, ["dark", "calm"]), line(1, "calm"), line(2, None)])
    scores = score.score(other)
    read = read_lines(other.folder / "alignments.jsonl")
    assert [one["status"] for one in read[:3]] == ["SET", "SET", read[3]["status"]]
    assert read[0]["labels"] == ["calm", "dark"]  # in the order of the vocabulary
    assert [one["right"] for one in read[:3]] == [True, True, False]
    assert scores["kappa"]["n"] == 3


@pytest.mark.parametrize(
    ("people", "kappa"),
    [
        # reading by Ann against the aligner's: low, (none), (none), high, mid
        (["low", None, None, "high", "mid"], 1.0),
        (["low", None, "high", "high", "mid"], 1 - (1 / 5) / (1 - (1 + 2 + 2 + 1) / 25)),
        ([None, "low", "low", "low", "low"], 1 - 1 / (1 - (2 * 1 + 1 * 4) / 25)),
    ],
)
def test_the_agreement_is_cohens_kappa(run: Run, home: Home, people: list[str | None], kappa: float) -> None:
    score.override(home, run, [line(i, label) for i, label in enumerate(people)])
    found = score.score(run)["kappa"]
    assert found["kappa"] == pytest.approx(kappa)
    assert found["n"] == 5
    assert found["aligner_said_otherwise"] == 0
    assert (found["low"], found["high"]) == (None, None)
    assert found["interval"].endswith("are too few")
    assert "no random sample" in found["recipe"]


def test_one_and_the_same_reading_has_no_kappa(run: Run, home: Home) -> None:
    score.override(home, run, [line(0, "low")])
    found = score.score(run)["kappa"]
    assert (found["kappa"], found["low"], found["n"], found["agreed"]) == (None, None, 1, 1)


def test_a_torn_last_line_is_passed_over_and_mended(run: Run, home: Home) -> None:
    score.override(home, run, [line(2, "high")])
    before, path = overrides.sha256(run), run.folder / "overrides.jsonl"
    with path.open("ab") as file:
        file.write(b'{"clip_id": "tones/0')
    assert overrides.sha256(run) == before
    score.override(home, run, [line(3, "low")])
    assert [one.clip_id for one in overrides.read(run)] == [IDS[2], IDS[3]]


def test_another_process_at_the_run_is_told(run: Run, home: Home) -> None:
    with home.lock(f"run-{run.id}"), pytest.raises(HomeError, match="Another mudata process"):
        score.override(home, run, [line(0, "low")])


# ---------------------------------------------------------------------------------- the command line


def test_the_command_adds_scores_and_tells_what_moved(run: Run) -> None:
    done = typed("override", run.id, IDS[2], "high", "--author", "Ann", "--reason", "plain")
    assert done.code == 0
    assert "50.0 %" in done.out
    assert "1 new of 1 line in " in done.err
    assert f"{run.id}: accuracy 33.3 -> 50.0: 1 answer read differently (overrides none -> " in done.err
    typed("override", run.id, IDS[0], "--none", "--author", "Ann", "--reason", "no", "-q")
    listed = json.loads(typed("override", run.id, "--list", "--json").out)
    assert [(one["clip_id"], one["label"]) for one in listed] == [(IDS[2], "high"), (IDS[0], None)]
    assert typed("override", run.id, "--list").out.splitlines()[0].split()[:3] == ["clip_id", "label", "author"]


@pytest.mark.slow
def test_a_file_of_the_report_page_is_taken(run: Run, tmp_path: Path) -> None:
    said = [line(2, "high", at="2024-05-01T10:00:00Z", aligner_said="OOV"), line(3, None)]
    file = lines(tmp_path / "overrides.jsonl", said)
    done = typed("override", run.id, "--from", file, "--json")
    assert json.loads(done.out)["kappa"]["n"] == 2
    assert overrides.read(run)[0].at == "2024-05-01T10:00:00Z"


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ([], "Give a CLIP with its LABEL, or --from FILE, or --list"),
        ([IDS[2]], "Give the LABEL that is meant, or --none"),
        ([IDS[2], "high", "--none"], "Give the LABEL that is meant, or --none"),
        ([IDS[2], "high"], "Override 1 has no author"),
        ([IDS[2], "loud", "--author", "a", "--reason", "b"], "No label of tones named 'loud'"),
    ],
)
@pytest.mark.slow
def test_wrong_use_is_told(run: Run, words: list[str], what: str) -> None:
    done = typed("override", run.id, *words)
    assert (done.code, done.out) == (2, "")
    assert what in done.err


def test_the_interval_of_the_agreement_counts_artists() -> None:
    said = [("a", "b")[i % 2] for i in range(60)]
    people = ["b" if i // 6 == 3 else label for i, label in enumerate(said)]  # of one artist they read all as b
    items = [
        ScoredAnswer(f"d/{i}", "d", ("a",), label, Alignment("ALIGNED", (label,)), cluster=f"artist:{i // 6}")
        for i, label in enumerate(said)
    ]
    last = {
        item.clip_id: overrides.Override(item.clip_id, label, "me", "", "", item.answer or "")
        for item, label in zip(items, people, strict=True)
    }
    found = overrides.kappa(items, last)
    assert found is not None
    assert (found["n"], found["clusters"], found["interval"]) == (60, 10, "cluster jackknife t")
    alone = overrides.kappa([replace(item, cluster=item.clip_id) for item in items], last)
    assert alone is not None
    assert found["low"] < alone["low"] < found["kappa"] == alone["kappa"] < alone["high"] < found["high"]
