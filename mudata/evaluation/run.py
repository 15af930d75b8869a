"""A run on disk: `runs/<id>/`.

    run.json         everything needed to repeat it; `sittings` tells when, where and with which versions it went on
    questions.jsonl  one line per clip: its id, dataset, hash of its audio, references
    answers.jsonl    appended and flushed to disk after every batch; the last line of a clip counts
    overrides.jsonl  how people read answers; appended by `mudata override`, never changed
    rankings.jsonl   log-likelihoods of the options, from models that give them
    opinions/        what others than the aligner make of the answers
    scores.json      written by `judge.score`, at any time, from the files above
    alignments.jsonl written with it: how each answer was read
    scores/          earlier scores.json and alignments.jsonl, named by the hash of the scores

The id is a hash of all that decides the answers, so the same command finds the same run and goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.tasks.task import Task
from mudata.home import write_atomic
from mudata.jsonl import damaged, numbered, reading

if TYPE_CHECKING:
    from mudata.evaluation.tasks.samples import Sample
    from mudata.home import Home


@dataclass(frozen=True)
class AnswerRecord:
    """One line of answers.jsonl. `answer` is None when it failed, `error` None when it did not.

    `key` is a hash of audio, question and model; `seconds` the time per clip in its batch, `heard_s` how much of the
    clip was played to the model, `batch` the size of the batch it was in. `heard_clip` is the clip that was played in
    its stead, in a run with swapped audio. `given` is what the model got in place of the sound, where that was text,
    and `notes` what a server told about the answer.
    """

    key: str
    clip_id: str
    answer: str | None
    error: str | None
    seconds: float
    heard_s: float
    batch: int
    heard_clip: str | None = None
    given: str | None = None
    notes: Mapping[str, object] | None = None


_ASKED = ("clip_id", "dataset", "pcm_sha256", "gold", "artist", "album", "track", "aspects")
"""What a line of questions.jsonl has."""


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
        with reading(self.folder / "run.json") as path:
            said: dict[str, Any] = json.loads(path.read_bytes())
            if missing := {"created_at", "tasks"} - set(said):
                raise ValueError(f"it has no {min(missing)}")
            return said

    @property
    def tasks(self) -> dict[str, Task]:
        """The task of each dataset, by its name."""
        return {said["dataset"]: Task.restore(said) for said in self.settings["tasks"]}

    def questions(self) -> list[dict[str, Any]]:
        """Lines of questions.jsonl: clip_id, dataset, pcm_sha256, gold, groups, aspects.

        Raises EvaluationError with file and line where they are damaged.
        """
        path = self.folder / "questions.jsonl"
        said = [line for _, line in numbered(path, {"clip_id", "dataset", "gold"})]
        if not said:
            raise damaged(path, "it has no line")
        return said

    def answers(self) -> dict[str, AnswerRecord]:
        """The last record of each clip; a line that a kill cut short is passed over.

        Raises EvaluationError with file and line for any other damage.
        """
        known = {field.name: field.default is MISSING for field in fields(AnswerRecord)}
        needed = [name for name, always in known.items() if always]
        lines = numbered(self.folder / "answers.jsonl", needed, appended=True)
        records = [AnswerRecord(**{key: line[key] for key in known if key in line}) for _, line in lines]
        return {record.clip_id: record for record in records}

    def failures(self) -> dict[str, int]:
        """How many clips have no answer, by the kind of failure, most frequent first."""
        kinds = Counter(record.error.partition(":")[0] for record in self.answers().values() if record.error)
        return dict(kinds.most_common())

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

    def begin(
        self, settings: Mapping[str, object], items: Sequence[Sample], prompts: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Write questions.jsonl and run.json (keeping creation date and sessions); mend torn ends of other files.

        `prompts` are those, by clip id, that are not the task's.
        """
        own = ({"prompt": prompts[item.clip_id]} if item.clip_id in prompts else {} for item in items)
        lines = ({key: getattr(item, key) for key in _ASKED} | more for item, more in zip(items, own, strict=True))
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        write_atomic(self.folder / "questions.jsonl", text)
        before = self.settings if (self.folder / "run.json").exists() else {}
        kept = {key: before[key] for key in ("created_at", "sittings") if key in before}
        self._write({"sittings": []} | dict(settings) | kept)
        for name in ("answers.jsonl", "rankings.jsonl"):
            if (path := self.folder / name).exists():
                with path.open("rb+") as file:
                    file.truncate(file.read().rfind(b"\n") + 1)

    def append(self, records: Sequence[AnswerRecord]) -> None:
        """Add answers and flush them to disk."""
        self._append("answers.jsonl", map(asdict, records))

    def rankings(self) -> dict[str, dict[str, Any]]:
        """The last line of each clip in rankings.jsonl: clip_id, options (canonical ids), for each of them loglik and
        tokens (none where the scores are no log-likelihoods); see `protocol.Ranking`. Clips that failed have no line.
        """
        lines = numbered(self.folder / "rankings.jsonl", {"clip_id", "options", "loglik"}, appended=True)
        return {line["clip_id"]: line for _, line in lines}

    def append_rankings(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Add rankings and flush them to disk."""
        self._append("rankings.jsonl", lines)

    def _append(self, name: str, lines: Iterable[Mapping[str, Any]]) -> None:
        with (self.folder / name).open("ab") as file:
            file.write(b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())

    def replace(self, records: Iterable[AnswerRecord]) -> None:
        """Write answers.jsonl anew: for answers that were all made before."""
        text = "".join(json.dumps(asdict(record), ensure_ascii=False) + "\n" for record in records)
        write_atomic(self.folder / "answers.jsonl", text)

    def log_session(self, session: Mapping[str, object]) -> None:
        """Add to run.json what one session did."""
        settings = self.settings
        self._write(settings | {"sittings": [*settings["sittings"], dict(session)]})

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
