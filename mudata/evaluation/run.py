"""A run on disk: `runs/<id>/`.

    run.json         everything needed to repeat it; `sittings` tells when, where and with which versions it went on
    questions.jsonl  one line per clip: its id, dataset, hash of its audio, references
    answers.jsonl    appended and flushed to disk after every batch; the last line of a clip counts
    scores.json      written by `judge.score`, at any time, from the three files above

The id is a hash of all that decides the answers, so the same command finds the same run and goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.tasks import Task
from mudata.home import write_atomic

if TYPE_CHECKING:
    from mudata.evaluation.selection import Item
    from mudata.home import Home


@dataclass(frozen=True)
class Record:
    """One line of answers.jsonl. `answer` is None when it failed, `error` None when it did not.

    `key` is a hash of audio, question and model; `seconds` the time per clip in its batch, `heard_s` how much of the
    clip was played to the model, `batch` the size of the batch it was in.
    """

    key: str
    clip_id: str
    answer: str | None
    error: str | None
    seconds: float
    heard_s: float
    batch: int


def digest(value: object) -> str:
    """SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


class Run:
    """One folder under `runs/`. Read freely; write only while holding `writing`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def settings(self) -> dict[str, Any]:
        """What run.json says. Raises EvaluationError if it is not there or not whole."""
        with _reading(self.folder / "run.json") as path:
            said: dict[str, Any] = json.loads(path.read_bytes())
            if missing := {"created_at", "tasks"} - set(said):
                raise ValueError(f"it has no {min(missing)}")
            return said

    @property
    def tasks(self) -> dict[str, Task]:
        """The task of each dataset, by its name."""
        return {said["dataset"]: Task.restore(said) for said in self.settings["tasks"]}

    def questions(self) -> list[dict[str, Any]]:
        """Lines of questions.jsonl: clip_id, dataset, pcm_sha256, gold. Raises EvaluationError as `settings` does."""
        with _reading(self.folder / "questions.jsonl") as path:
            said = [json.loads(line) for line in path.read_bytes().splitlines()]
            if not said or any("clip_id" not in line for line in said):
                raise ValueError("no line, or one without clip_id")
            return said

    def answers(self) -> dict[str, Record]:
        """The last record of each clip; a line that a kill cut short is passed over."""
        with _reading(self.folder / "answers.jsonl") as path:
            whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""
            records = [Record(**json.loads(line)) for line in whole.splitlines()]
        return {record.clip_id: record for record in records}

    @property
    def scores(self) -> dict[str, Any]:
        """What scores.json says. Raises EvaluationError before the first scoring."""
        try:
            said: dict[str, Any] = json.loads((self.folder / "scores.json").read_bytes())
        except (OSError, ValueError) as error:
            raise EvaluationError(f"{self.id} has not been scored yet.", f"Run: mudata score {self.id}") from error
        return said

    @contextlib.contextmanager
    def writing(self, home: Home) -> Iterator[None]:
        """Hold the run against other processes. Raises HomeError at once if another one holds it."""
        with home.lock(f"run-{self.id}", wait_s=0):
            yield

    def begin(self, settings: Mapping[str, object], items: Sequence[Item]) -> None:
        """Write questions.jsonl and run.json (keeping creation date and sittings); mend a torn end of answers.jsonl."""
        lines = (
            {"clip_id": i.clip_id, "dataset": i.dataset, "pcm_sha256": i.pcm_sha256, "gold": i.gold} for i in items
        )
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        write_atomic(self.folder / "questions.jsonl", text)
        before = self.settings if (self.folder / "run.json").exists() else {}
        kept = {key: before[key] for key in ("created_at", "sittings") if key in before}
        self._write({"sittings": []} | dict(settings) | kept)
        answers = self.folder / "answers.jsonl"
        if answers.exists():
            with answers.open("rb+") as file:
                file.truncate(file.read().rfind(b"\n") + 1)

    def append(self, records: Sequence[Record]) -> None:
        """Add answers and flush them to disk."""
        with (self.folder / "answers.jsonl").open("ab") as file:
            file.write(b"".join(json.dumps(asdict(r), ensure_ascii=False).encode() + b"\n" for r in records))
            file.flush()
            os.fsync(file.fileno())

    def log_sitting(self, sitting: Mapping[str, object]) -> None:
        """Add to run.json what one sitting did."""
        settings = self.settings
        self._write(settings | {"sittings": [*settings["sittings"], dict(sitting)]})

    def _write(self, settings: Mapping[str, object]) -> None:
        text = json.dumps(settings, indent=2, ensure_ascii=False, default=str)
        write_atomic(self.folder / "run.json", text + "\n")


def all_runs(home: Home) -> list[Run]:
    """Every run under `runs/`, oldest first; those that cannot be read before the others."""
    return sorted((Run(path.parent) for path in home.runs.glob("*/run.json")), key=_begun)


def _begun(run: Run) -> tuple[str, str]:
    try:
        return str(run.settings["created_at"]), run.id
    except EvaluationError:
        return "", run.id


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[Path]:
    try:
        yield path
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise EvaluationError(
            f"{path} cannot be read: {type(error).__name__}: {error}.",
            "It is damaged, or not of a run: remove its folder, and evaluate again.",
        ) from error


def find(home: Home, name: str) -> Run:
    """A run by id, the beginning of its id, or the path of its folder. Raises UnknownName."""
    if (Path(name) / "run.json").is_file():
        return Run(Path(name).absolute())
    runs = {run.id: run for run in all_runs(home)}
    if name in runs:
        return runs[name]
    begun = [run for run_id, run in runs.items() if run_id.startswith(name)]
    if len(begun) != 1:
        raise UnknownName("run", name, runs, "A run is named by its folder under runs/, or by the folder's path.")
    return begun[0]
