"""Verdicts are seldom wrong, and differences that they can tell are told: `benchmarks/verdicts.py`, reduced.

Bounds are those below which 99 of 100 such simulations stay where the promise (5 %, power .8) is just kept.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from scipy.stats import binom

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import verdicts
from verdicts import Exam

pytestmark = pytest.mark.slow


def most(rounds: int, share: float = 0.05) -> float:
    """The largest share of alarms that is not too many."""
    return float(binom.ppf(0.99, rounds, share)) / rounds


@pytest.mark.parametrize(
    "exam",
    [
        *(Exam("ROUGE", n) for n in (1, 3, 8, 20)),
        *(Exam("ROUGE", 100, artists) for artists in (2, 5, 15)),
        *(Exam("accuracy", 290, artists, icc=0.6) for artists in (3, 8, 38)),
        Exam("accuracy", 50, 8, icc=0.6),
        Exam("micro-F1", 30, 10, icc=0.8),
    ],
    ids=str,
)
def test_two_runs_that_are_as_good_are_seldom_told_apart(exam: Exam) -> None:
    assert verdicts.false_alarms(exam, 2, 150) <= most(150)


@pytest.mark.parametrize(("exam", "rounds"), [(Exam("accuracy", 100), 100), (Exam("ROUGE", 60, 14), 30)], ids=str)
def test_of_eight_runs_that_are_as_good_any_two_are_seldom_told_apart(exam: Exam, rounds: int) -> None:
    assert verdicts.false_alarms(exam, 8, rounds) <= most(rounds)


@pytest.mark.parametrize(
    ("exam", "runs"),
    [
        (Exam("accuracy", 100), 2),
        (Exam("accuracy", 100), 8),
        (Exam("accuracy", 160, 16, even=True), 2),
        (Exam("ROUGE", 50), 8),
        (Exam("micro-F1", 60, 20), 2),
    ],
    ids=str,
)
def test_differences_that_can_be_told_are_told_four_times_of_five(exam: Exam, runs: int) -> None:
    found = verdicts.power(exam, runs, 120)
    assert found is not None
    said, told = found
    assert 0 < said < 0.5
    assert told == pytest.approx(0.8, abs=0.12)


@pytest.mark.parametrize(
    ("exam", "theirs"),
    [(Exam("accuracy", 100, 60), 100), (Exam("accuracy", 100, 30), 100), (Exam("ROUGE", 147, 40), 147)],
    ids=str,
)
def test_what_was_published_of_a_run_as_good_is_seldom_outside(exam: Exam, theirs: int) -> None:
    assert verdicts.suite_alarms(exam, theirs, 300) <= most(300)


def test_guesses_are_seldom_told_from_chance_and_the_deaf_seldom_heard() -> None:
    assert verdicts.floor_alarms(Exam("accuracy", 60, 8, p=0.1, icc=0.8), 3, 60) <= most(60)
    assert verdicts.audio_alarms(Exam("accuracy", 60, 12, icc=0.6), 2, 60) <= most(60)


def test_tables_are_written_between_their_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "statistics.md"
    page.write_text(f"above\n{verdicts.BEGIN}\nold\n{verdicts.END}\nbelow\n", "utf-8")
    monkeypatch.setattr(verdicts, "DOCS", page)
    monkeypatch.setattr(verdicts, "tables", lambda rounds, _only: f"{rounds} rounds\n")
    monkeypatch.setattr(sys, "argv", ["verdicts.py", "--rounds", "7", "--write"])
    verdicts.main()
    assert page.read_text("utf-8") == f"above\n{verdicts.BEGIN}\n7 rounds\n{verdicts.END}\nbelow\n"
