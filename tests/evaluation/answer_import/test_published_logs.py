"""Answers that others published, imported: every number is known (`pytest -m network`).

They may not be passed on, so that they are fetched, or read from clones: `MUDATA_EXAM_SOURCES=folder` with
DeSTA2.5-Audio and MUSE_music_benchmark, whose 480 logs are read from a clone only.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
from answered import Notes, metric

from mudata.evaluation.answer_import import formats
from mudata.evaluation.answer_import.formats import Fields
from mudata.evaluation.answer_import.import_request import ImportRequest
from mudata.evaluation.answer_import.importer import import_answers
from mudata.evaluation.official_rules.official_rule import JudgedItem
from mudata.evaluation.official_rules.rule_registry import RULES

if TYPE_CHECKING:
    from mudata.home import Home

pytestmark = pytest.mark.network

DESTA = "examples/evaluation/MMAU-v05.15.25/results/mmau-test-mini_results.json"
COMMIT = "kehanlu/DeSTA2.5-Audio/5503dfcb8c07ddc608ef705542f0f9b94cc99de8"
CLONES = os.environ.get("MUDATA_EXAM_SOURCES", "")


@pytest.fixture(scope="module")
def desta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cloned = Path(CLONES) / "DeSTA2.5-Audio" / DESTA
    path = tmp_path_factory.mktemp("desta") / "results.json"
    if CLONES and cloned.exists():
        path.write_bytes(cloned.read_bytes())
    else:
        answer = httpx2.get(f"https://raw.githubusercontent.com/{COMMIT}/{DESTA}", timeout=120)
        path.write_bytes(answer.raise_for_status().content)
    assert hashlib.sha256(path.read_bytes()).hexdigest().startswith("76e8dfa89f2c")
    return path


@pytest.mark.parametrize(
    ("field", "right", "of_music"), [(None, 597, 178), ("model_prediction", 660, 188)], ids=["as given", "stripped"]
)
def test_answers_of_desta_to_mmau(home: Home, desta: Path, field: str | None, right: int, of_music: int) -> None:
    """DeSTA2.5-Audio's README has 66.00, of answers whose first words were taken off."""
    asked = ImportRequest(
        file=desta, format="mmau", model="desta", dataset="mmau_mini", references="file", fields=Fields(answer=field)
    )
    run = import_answers(home, asked, Notes())
    assert metric(run, "official") == right / 1000
    read = formats.read(desta, "mmau", Fields("task", field))
    music = [number for number, answer in enumerate(read) if answer.ids == ("music",)]
    assert len(music) == 334
    judged = [
        RULES["mmau_tokens"].judge(read[n].answer, JudgedItem(options=read[n].options, gold=read[n].references[0]))
        for n in music
    ]
    assert sum(verdict.credit or 0 for verdict in judged) == of_music


@pytest.fixture(scope="module")
def muse() -> Path:
    folder = Path(CLONES) / "MUSE_music_benchmark" / "Gemini_Qwen_AF_logs"
    if not CLONES or not folder.is_dir():
        pytest.skip("needs a clone of brandoncarone/MUSE_music_benchmark in MUDATA_EXAM_SOURCES")
    return folder


def test_every_trial_of_muse_is_read(muse: Path) -> None:
    logs = sorted(muse.glob("*.log"))
    trials = formats.read(logs, "muse")
    assert (len(logs), len(trials)) == (480, 4800)
    assert {len(trial.clips) for trial in trials} == {1, 2}
    assert sum(not trial.references for trial in trials) == 6  # what the runner could not read does not say its gold
    assert {trial.pass_number for trial in trials} == {0, 1, 2}
    assert len({trial.ids for trial in trials}) == 200


@pytest.mark.parametrize(
    ("log", "task", "right"),
    [("oddballs_G25Pro_CHAT_SYSINST", "oddballs", 60), ("oddballs_Qwen2.5-Omni_CHAT_COT", "oddballs", 42),
     ("transposition_G25Pro_CHAT_SYSINST", "transposition", 47), ("contourID_G25Pro_CHAT_COT", "contour", 58),
     ("key_modulation_G25Pro_CHAT_SYSINST", "key_modulation", 53), ("oddballs_AF3_CHAT_SYSINST", "oddballs", 30),
     ("rhythm_matching_G25Pro_CHAT_SYSINST", "rhythm_matching", 55),
     ("syncopation_G25Pro_CHAT_SYSINST", "syncopation", 41)],
)  # fmt: skip
def test_logs_of_muse_have_the_right_answers_that_their_runners_counted(
    home: Home, muse: Path, log: str, task: str, right: int
) -> None:
    """60 trials: twenty items, three seeds. A trial whose answer the runner could not read is wrong in its count."""
    files = sorted(muse.glob(f"{log}_*.log"))
    assert len(files) == 6
    asked = ImportRequest(file=files, format="muse", model="them", dataset="muse", task=task, references="file")
    run = import_answers(home, asked, Notes())
    assert len(run.questions()) == 60
    assert metric(run, "official") == pytest.approx(right / 60)
