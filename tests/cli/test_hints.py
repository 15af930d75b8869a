"""Commands that mudata proposes can be run: each is, as it was printed."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest
from published_sets import SETS, gtzan_with_artists
from shell import Done, typed
from tone_quiz import tone_quiz

from mudata.catalog.splits import manifest

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.home import Home

pytestmark = pytest.mark.slow


def fetched(name: str, folder: Path, *more: str) -> Done:
    return typed("fetch", name, "--from", folder, "--offline", "--accept-licence", "--workers", 1, *more)


def commands(done: Done) -> list[str]:
    """Every command in what was told: what follows `mudata ` in a line, to its end."""
    return [line.partition("mudata ")[2] for line in done.err.splitlines() if re.match(r"(Next|All of them): ", line)]


@pytest.mark.parametrize(
    ("name", "proposed"),
    {
        "ctis": "split ctis-exam --dataset ctis",  # without their table no recording has a label
        "edm": "split edm-exam --dataset edm --stratify genre",
        "fma": "split fma-exam --dataset fma",
        "gtzan": "split gtzan-exam --dataset gtzan --stratify genre --best-effort",  # one clip a genre, no artist
        "lakh_midi": "split lakh_midi-exam --dataset lakh_midi",
        "mirex_emotion": "split mirex_emotion-exam --dataset mirex_emotion --stratify mood --best-effort",
        "mtg_jamendo": "split mtg_jamendo-exam --dataset mtg_jamendo --stratify genre --group artist",
        "music_classification": "split music_classification-exam --dataset music_classification --stratify mood",
        "music_genre": "split music_genre-exam --dataset music_genre --stratify genre",
        "musiccaps": "split musiccaps-exam --dataset musiccaps",
    }.items(),
)
def test_the_next_step_after_a_fetch_can_be_taken(home: Home, tmp_path: Path, name: str, proposed: str) -> None:
    make, more = SETS[name]
    make(tmp_path)
    done = fetched(name, tmp_path, *more)
    assert commands(done)[-1] == proposed, done.err
    for command in commands(done):
        again = typed(*shlex.split(command))
        assert again.code == 0, (command, again.err)
    drawn = manifest.load(home, f"{name}-exam")
    assert all(drawn.parts.values())


def test_too_few_artists_are_no_group_and_a_name_that_is_taken_is_not_proposed(home: Home, tmp_path: Path) -> None:
    gtzan_with_artists(tmp_path)
    done = fetched("gtzan", tmp_path)
    assert commands(done)[-1] == "split gtzan-exam --dataset gtzan --stratify genre"
    assert typed("split", "gtzan-exam", "--dataset", "gtzan", "--n", "4").code == 0
    taken = commands(fetched("gtzan", tmp_path))[-1]
    assert taken == "split gtzan-exam-2 --dataset gtzan --stratify genre"
    assert typed(*taken.split()).code == 0
    assert commands(fetched("gtzan", tmp_path))[-1] == taken, "it is that very split"
    assert typed(*taken.split()).code == 0


def test_two_clips_can_still_be_asked(home: Home, tmp_path: Path) -> None:
    make, _ = SETS["ctis"]
    make(tmp_path)
    for path in list(tmp_path.rglob("*.wav"))[1:]:
        path.unlink()
    command = commands(fetched("ctis", tmp_path))[-1]
    assert command == "split ctis-exam --dataset ctis --n 1"
    assert typed(*command.split()).code == 0


def test_of_an_exam_all_is_asked(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tone_quiz(tmp_path, tmp_path / "cards", monkeypatch, n=10)
    command = commands(fetched("tonequiz", tmp_path / "published"))[-1]
    assert command == "split tonequiz-exam --dataset tonequiz --parts test=1"
    assert typed(*command.split()).code == 0
    assert {part: len(clips) for part, clips in manifest.load(home, "tonequiz-exam").parts.items()} == {"test": 9}


def test_clips_that_are_not_usable_are_listed_by_the_command_that_is_proposed(home: Home, tmp_path: Path) -> None:
    make, _ = SETS["music_classification"]
    make(tmp_path)
    (tmp_path / "sad" / "broken.wav").write_bytes(b"RIFF")
    done = fetched("music_classification", tmp_path)
    (listing, _) = commands(done)
    assert "sad/broken" in typed(*shlex.split(listing)).out


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "gtzan"),
        ("stats", "gtzan"),
        ("split", "x", "--dataset", "gtzan"),
        ("import-answers", "ANSWERS", "--format", "jsonl", "--model", "m", "--dataset", "gtzan"),
    ],
)
def test_what_has_to_be_fetched_first_is_told_with_consent(home: Home, tmp_path: Path, words: tuple[str, ...]) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text(json.dumps({"clip_id": "gtzan/blues.00000", "answer": "blues"}) + "\n")
    done = typed(*(answers if word == "ANSWERS" else word for word in words))
    assert done.code == 2
    assert "Run: mudata fetch gtzan --accept-licence" in done.err
