"""A run on disk: `runs/<id>/`.

    run.json         everything needed to repeat it; `sittings` tells when, where and with which versions it went on
    questions.jsonl  one line per item: its id, dataset, clips, hashes of their audio, references, what it asks
    answers.jsonl    appended and flushed to disk after every batch; the last line of an item counts
    overrides.jsonl  how people read answers; appended by `mudata override`, never changed
    rankings.jsonl   log-likelihoods of the options, from models that give them
    opinions/        what others than the aligner make of the answers
    scores.json      written by `score.score`, at any time, from the files above
    alignments.jsonl written with it: how each answer was read
    scores/          earlier scores.json and alignments.jsonl, named by the hash of the scores

The id is a hash of all that decides the answers,
so the same command finds the same run and goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from mudata.errors import CardError, EvaluationError, UnknownName
from mudata.evaluation import scores_file
from mudata.evaluation.kinds.kind_registry import EXACT_KINDS
from mudata.evaluation.run_records import ANSWER_KEYS, AnswerRecord, QuestionRecord, RankingRecord, read_records
from mudata.evaluation.run_settings import RunSettings, SessionRecord
from mudata.home import is_file, write_atomic
from mudata.json_files import damaged, reading
from mudata.jsonl import as_line, mend
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.evaluation.kinds.option_marks import Marks
    from mudata.evaluation.tasks.samples import Sample
    from mudata.evaluation.tasks.task import Task
    from mudata.home import Home

T = TypeVar("T")


class Run:
    """One folder under `runs/`. Read freely; write only while holding `writing`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parsed: tuple[tuple[int, ...], RunSettings] | None = None

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def settings(self) -> RunSettings:
        """What run.json says; parsed again only where the file is another than before.

        Raises EvaluationError if it is not there or not whole.
        """
        path = self.folder / "run.json"
        with reading(path):
            stat = path.stat()
        mark = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if self._parsed is None or self._parsed[0] != mark:
            self._parsed = mark, RunSettings.read(path)
        return self._parsed[1]

    @property
    def tasks(self) -> dict[str, Task]:
        """The task of each dataset, by its name."""
        with reading(self.folder / "run.json"):
            return {entry.dataset: entry.task for entry in self.settings.tasks}

    def questions(self) -> list[QuestionRecord]:
        """Every item that is asked about.

        Raises EvaluationError with file and line where questions.jsonl is damaged.
        """
        path = self.folder / "questions.jsonl"
        questions = list(read_records(path, QuestionRecord, ("dataset", "gold")))
        if not questions:
            raise damaged(path, "it has no line")
        return questions

    def answers(self) -> dict[str, AnswerRecord]:
        """The last record of each item; a line that a kill cut short is passed over.

        Raises EvaluationError with file and line for any other damage.
        """
        lines = read_records(self.folder / "answers.jsonl", AnswerRecord, ANSWER_KEYS, appended=True)
        return {record.item_id: record for record in lines}

    def failures(self) -> dict[str, int]:
        """How many items have no answer, by the kind of failure, most frequent first."""
        kinds = Counter(record.error.partition(":")[0] for record in self.answers().values() if record.error)
        return dict(kinds.most_common())

    @property
    def scores(self) -> dict[str, Any]:
        """What scores.json says. Raises EvaluationError before the first scoring, and for damage."""
        if not (path := self.folder / "scores.json").exists():
            if (self.folder / "run.json").exists() and (shard := self.settings.shard):
                whole = shard.whole["run"]
                what = f"{self.id} is a shard, which is not scored: the run is, when its shards are merged."
                raise EvaluationError(what, f"Run: mudata runs merge {whole}")
            raise EvaluationError(f"{self.id} has not been scored yet.", f"Run: mudata score {self.id}")
        return scores_file.read(path)

    @contextlib.contextmanager
    def writing(self, home: Home) -> Iterator[None]:
        """Hold the run against other processes. Raises HomeError at once if another one holds
        it."""
        with home.lock(f"run-{self.id}", wait_s=0):
            yield

    def begin(
        self,
        settings: RunSettings,
        items: Sequence[Sample],
        prompts: Mapping[str, str] = MappingProxyType({}),
        marks: Mapping[str, Marks] = MappingProxyType({}),
    ) -> None:
        """Write questions.jsonl and run.json (keeping creation date and sessions);
        mend torn ends of other files.

        `prompts` are those, by item id, that are not the task's, and so are `marks`, with which options are shown.
        """
        exact, judged = settings.kind in EXACT_KINDS, {task.dataset for task in settings.tasks if task.exam}
        lines = (
            QuestionRecord.about(
                item,
                prompts.get(item.item_id),
                marks.get(item.item_id),
                exact=exact,
                judged=item.dataset in judged,
            )
            for item in items
        )
        write_atomic(self.folder / "questions.jsonl", "".join(as_line(line.record()) for line in lines))
        self._write(settings.going_on(self.settings if (self.folder / "run.json").exists() else None))
        for name in ("answers.jsonl", "rankings.jsonl"):
            mend(self.folder / name)

    def append(self, records: Sequence[AnswerRecord]) -> None:
        """Add answers and flush them to disk."""
        self._append("answers.jsonl", (record.record() for record in records))

    def rankings(self) -> dict[str, RankingRecord]:
        """The last line of each item in rankings.jsonl; items that failed have none."""
        lines = read_records(self.folder / "rankings.jsonl", RankingRecord, appended=True)
        return {record.item_id: record for record in lines}

    def append_rankings(self, records: Sequence[RankingRecord]) -> None:
        """Add rankings and flush them to disk."""
        self._append("rankings.jsonl", (record.record() for record in records))

    def _append(self, name: str, lines: Iterable[Mapping[str, Any]]) -> None:
        with (self.folder / name).open("ab") as file:
            file.write("".join(map(as_line, lines)).encode())
            file.flush()
            os.fsync(file.fileno())

    def replace(self, records: Iterable[AnswerRecord]) -> None:
        """Write answers.jsonl anew: for answers that were all made before."""
        write_atomic(self.folder / "answers.jsonl", "".join(as_line(record.record()) for record in records))

    def join(
        self,
        settings: RunSettings,
        questions: Iterable[QuestionRecord],
        answers: Iterable[AnswerRecord],
        rankings: Iterable[RankingRecord],
    ) -> None:
        """Write a run whose answers were all made elsewhere, run.json with its sessions last: a kill on the way leaves
        the run as it was, or files that the same call writes again."""
        lines = {
            "questions.jsonl": (question.record() for question in questions),
            "answers.jsonl": (answer.record() for answer in answers),
            "rankings.jsonl": (ranking.record() for ranking in rankings),
        }
        for name, records in lines.items():
            path, text = self.folder / name, "".join(map(as_line, records))
            if text and not (path.exists() and path.read_bytes() == text.encode()):
                write_atomic(path, text)
        self._write(settings)

    def log_session(self, session: SessionRecord, *, again: bool = False) -> None:
        """Add to run.json what one session did; `again`: in place of what it told before."""
        self._write(self.settings.with_session(session, again=again))

    def _write(self, settings: RunSettings) -> None:
        write_atomic(self.folder / "run.json", settings.text())


def all_runs(home: Home) -> list[Run]:
    """Every run under `runs/`, oldest first; those that cannot be read before the others."""
    return _runs_in(home.runs)


def _runs_in(folder: Path) -> list[Run]:
    return sorted((Run(path.parent) for path in folder.glob("*/run.json")), key=_begun)


def readable_runs(
    home: Home, read: Callable[[Run], T], progress: Progress = SILENT, *, shards: bool = False
) -> Iterator[tuple[Run, T]]:
    """Every run, or every shard, oldest first, with what `read` takes from it; those that it cannot read are told
    and passed over."""
    for run in _runs_in(home.shards if shards else home.runs):
        try:
            taken = read(run)
        except (EvaluationError, CardError, UnknownName) as error:  # the latter of the cards that are asked
            progress.say(f"Left out: {error.what}")
        else:
            yield run, taken


def _begun(run: Run) -> tuple[str, str]:
    try:
        return run.settings.created_at, run.id
    except EvaluationError:
        return "", run.id


def find(home: Home, name: str) -> Run:
    """A run by id, the beginning of its id, or the path of its folder.
    Raises UnknownName, or EvaluationError where several begin so."""
    if is_file(Path(name) / "run.json"):
        return Run(Path(name).absolute())
    runs = {run.id: run for run in all_runs(home)}
    if name in runs:
        return runs[name]
    begun = [run for run_id, run in runs.items() if run_id.startswith(name)]
    if len(begun) > 1:
        each = ", ".join(run.id for run in begun)
        raise EvaluationError(f"{len(begun)} runs begin with {name!r}: {each}.", "Give more of the name.")
    if not begun:
        raise UnknownName("run", name, runs, "A run is named by its folder under runs/, or by the folder's path.")
    return begun[0]
