"""The newest release of each program, installed in an environment of its own, asks the toy exam; what it writes is
imported as the recorded files are, and what mudata exports is read by it.

`pytest -m network tests/evaluation/answer_import/test_newest_programs.py`: minutes, and for lmms-eval gigabytes. With
`MUDATA_PROGRAMS=folder` the environments stay there, and are used as they are the next time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from answered import Notes, metric
from small_corpus import AskedOf, Corpus

import mudata
from mudata.evaluation.answer_import.import_request import ImportRequest
from mudata.evaluation.answer_import.importer import import_answers

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home

pytestmark = pytest.mark.network

PROGRAMS = Path(__file__).parents[2] / "support" / "programs"
PACKAGES = {
    "inspect": ("inspect-ai",),
    "evalscope": ("evalscope",),
    "openai-evals": ("evals",),
    "lmms-eval": ("lmms-eval", "filelock<4"),  # 0.7.3 imports a module that filelock 4 does not have
    "mteb": ("mteb",),
}
INSTRUMENTS = ("violin", "flute", "drums", "piano")
EXAM = tuple(
    AskedOf(f"tone{n:02}", "name", (n,), "violin", "choose", f"Which instrument plays in clip {n}?", INSTRUMENTS)
    for n in range(8)
)


@pytest.fixture(scope="module")
def python(new_folder: Callable[[str], Path]) -> Callable[[str], Path]:
    """The interpreter of an environment with the newest release of a program."""
    kept = os.environ.get("MUDATA_PROGRAMS")
    folder = Path(kept) if kept else new_folder("programs")

    def installed(program: str) -> Path:
        here = folder / program / "bin" / "python"
        if not here.exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder / program)], check=True)
            subprocess.run([here, "-m", "pip", "install", "--quiet", *PACKAGES[program]], check=True)
        return here

    return installed


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    corpus = Corpus(home, tmp_path / "cards", monkeypatch)
    corpus.publish(items=EXAM)
    return corpus


def ran(interpreter: Path, script: str, *words: str) -> str:
    done = subprocess.run(
        [interpreter, str(PROGRAMS / script), *words], capture_output=True, text=True, cwd=PROGRAMS, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def brought(home: Home, file: Path, program: str) -> Run:
    asked: dict[str, Any] = {"dataset": "tones", "task": "name", "model": "toy"}
    return import_answers(home, ImportRequest(file=file, format=program, **asked), Notes())


@pytest.mark.parametrize(
    ("program", "script", "files"),
    [
        ("inspect", "inspect_toy.py", {"epochs-*/*": 8 / 16, "shuffled-*/*": 3 / 8}),
        ("evalscope", "evalscope_toy.py", {"out/reviews/*/*.jsonl": 8 / 14, "out/predictions/*/*.jsonl": 8 / 14}),
        ("openai-evals", "openai_evals_toy.py", {"toy.jsonl": 4 / 7}),
        ("lmms-eval", "lmms_toy.py", {"out/**/*_samples_toy_exam.jsonl": 4 / 8}),
    ],
)
def test_what_the_newest_release_writes_is_read(
    python: Callable[[str], Path],
    corpus: Corpus,
    home: Home,
    tmp_path: Path,
    program: str,
    script: str,
    files: dict[str, float],
) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    ran(python(program), script, str(folder))
    for pattern, accuracy in files.items():
        written = [path for path in folder.glob(pattern) if path.is_file()]
        assert written, pattern
        for path in written:
            assert metric(brought(home, path, program), "accuracy") == pytest.approx(accuracy), path


@pytest.mark.parametrize("program", ["inspect", "mteb", "lmms-eval"])
def test_what_is_exported_is_read_by_the_newest_release(
    python: Callable[[str], Path], corpus: Corpus, home: Home, tmp_path: Path, program: str
) -> None:
    run = brought(home, Path(__file__).parents[2] / "data" / "other_programs" / "inspect-epochs.eval", "inspect")
    file = mudata.export_run(run, to=program, output=tmp_path, with_answers=True)[0]  # type: ignore[arg-type]
    said = json.loads(ran(python(program), "read_exported.py", program, str(file)).splitlines()[-1])
    assert said["score"] == metric(run, "accuracy") == 0.5
    if program == "inspect":
        answers = run.answers()
        assert [tuple(one) for one in said["samples"]] == [
            (q.of, (q.pass_number or 0) + 1, answers[q.item_id].answer or "", answers[q.item_id].answer is None)
            for q in run.questions()
        ]
