"""A run on disk: `runs/<id>/`.

    run.json         everything needed to repeat it; `sittings` tells when, where and with which versions it went on
    questions.jsonl  one line per clip: its id, dataset, hash of its audio, references
    answers.jsonl    appended and flushed to disk after every batch; the last line of a clip counts
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
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import Field, FiniteFloat

from mudata.catalog.clusters import ClusterEvidence
from mudata.errors import CardError, EvaluationError, UnknownName
from mudata.evaluation import scores_file
from mudata.evaluation.run_settings import RunSettings, SessionRecord
from mudata.home import is_file, write_atomic
from mudata.json_files import damaged, reading
from mudata.jsonl import as_line, mend, records
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.evaluation.tasks.samples import Sample
    from mudata.evaluation.tasks.task import Task
    from mudata.home import Home

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class AnswerRecord:
    """One line of answers.jsonl. `answer` is None when it failed, `error` None when it did not.

    `key` is a hash of audio, question and model; `seconds` the time per clip in its batch,
    `heard_s` how much of the clip was played to the model, `batch` the size of the batch it was in.
    `heard_clip` is the clip that was played in its stead, in a run with swapped audio. `given` is
    what the model got in place of the sound, where that was text, and `notes` what a server told
    about the answer.
    """

    key: str
    clip_id: str
    answer: str | None
    error: str | None
    seconds: FiniteFloat
    heard_s: FiniteFloat
    batch: int
    heard_clip: str | None = None
    given: str | None = None
    notes: Mapping[str, object] | None = None


_KEYS = tuple(field.name for field in fields(AnswerRecord) if field.default is MISSING)
"""What every line of answers.jsonl has."""


@dataclass(frozen=True, kw_only=True)
class QuestionRecord:
    """One line of questions.jsonl: a clip that is asked about.

    `references` are canonical label ids in published order, or captions (the file's key is
    `gold`). `artist`, `album`, `track` and the hashes decide its cluster (see `clusters`), `aspects`
    are short phrases that people gave it. `prompt` and `source_sha256` are there where they say
    something.
    """

    clip_id: str
    dataset: str
    pcm_sha256: str = ""
    references: Annotated[tuple[str, ...], Field(alias="gold")]
    artist: str | None = None
    album: str | None = None
    track: str | None = None
    aspects: tuple[str, ...] = ()
    prompt: str | None = None
    source_sha256: str | None = None

    @classmethod
    def of(cls, sample: Sample, prompt: str | None = None) -> QuestionRecord:
        return cls(
            clip_id=sample.clip_id,
            dataset=sample.dataset,
            pcm_sha256=sample.pcm_sha256,
            references=sample.references,
            artist=sample.artist,
            album=sample.album,
            track=sample.track,
            aspects=sample.aspects,
            prompt=prompt,
            source_sha256=sample.source_sha256,
        )

    @property
    def evidence(self) -> ClusterEvidence:
        """What decides the clip's cluster; files of older versions have fewer hashes."""
        return ClusterEvidence(
            self.clip_id,
            self.dataset,
            self.artist,
            self.album,
            self.track,
            pcm_sha256=self.pcm_sha256 or None,
            source_sha256=self.source_sha256,
        )

    def record(self) -> dict[str, object]:
        """The line: `prompt` only where it is another than the task's."""
        line = {"gold" if key == "references" else key: value for key, value in vars(self).items()}
        return {k: v for k, v in line.items() if k not in ("prompt", "source_sha256") or v is not None}


@dataclass(frozen=True, kw_only=True)
class RankingRecord:
    """One line of rankings.jsonl: how likely a model finds each of `options` (canonical ids).

    `loglik` and `tokens` are those of `protocol.Ranking`, one per option, `tokens` empty where the
    scores are no log-likelihoods. `key` is that of the clip's answer.
    """

    clip_id: str
    key: str | None = None
    options: tuple[str, ...]
    loglik: tuple[FiniteFloat, ...]
    tokens: tuple[int, ...] = ()


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
        """Every clip that is asked about.

        Raises EvaluationError with file and line where questions.jsonl is damaged.
        """
        path = self.folder / "questions.jsonl"
        questions = list(records(path, QuestionRecord, ("clip_id", "dataset", "gold")))
        if not questions:
            raise damaged(path, "it has no line")
        return questions

    def answers(self) -> dict[str, AnswerRecord]:
        """The last record of each clip; a line that a kill cut short is passed over.

        Raises EvaluationError with file and line for any other damage.
        """
        lines = records(self.folder / "answers.jsonl", AnswerRecord, _KEYS, appended=True)
        return {record.clip_id: record for record in lines}

    def failures(self) -> dict[str, int]:
        """How many clips have no answer, by the kind of failure, most frequent first."""
        kinds = Counter(record.error.partition(":")[0] for record in self.answers().values() if record.error)
        return dict(kinds.most_common())

    @property
    def scores(self) -> dict[str, Any]:
        """What scores.json says. Raises EvaluationError before the first scoring, and for damage."""
        if not (path := self.folder / "scores.json").exists():
            raise EvaluationError(f"{self.id} has not been scored yet.", f"Run: mudata score {self.id}")
        return scores_file.read(path)

    @contextlib.contextmanager
    def writing(self, home: Home) -> Iterator[None]:
        """Hold the run against other processes. Raises HomeError at once if another one holds
        it."""
        with home.lock(f"run-{self.id}", wait_s=0):
            yield

    def begin(
        self, settings: RunSettings, items: Sequence[Sample], prompts: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Write questions.jsonl and run.json (keeping creation date and sessions);
        mend torn ends of other files.

        `prompts` are those, by clip id, that are not the task's.
        """
        records = (QuestionRecord.of(item, prompts.get(item.clip_id)) for item in items)
        write_atomic(self.folder / "questions.jsonl", "".join(as_line(record.record()) for record in records))
        self._write(settings.going_on(self.settings if (self.folder / "run.json").exists() else None))
        for name in ("answers.jsonl", "rankings.jsonl"):
            mend(self.folder / name)

    def append(self, records: Sequence[AnswerRecord]) -> None:
        """Add answers and flush them to disk."""
        self._append("answers.jsonl", map(asdict, records))

    def rankings(self) -> dict[str, RankingRecord]:
        """The last line of each clip in rankings.jsonl; clips that failed have none."""
        lines = records(self.folder / "rankings.jsonl", RankingRecord, appended=True)
        return {record.clip_id: record for record in lines}

    def append_rankings(self, records: Sequence[RankingRecord]) -> None:
        """Add rankings and flush them to disk."""
        self._append("rankings.jsonl", map(asdict, records))

    def _append(self, name: str, lines: Iterable[Mapping[str, Any]]) -> None:
        with (self.folder / name).open("ab") as file:
            file.write("".join(map(as_line, lines)).encode())
            file.flush()
            os.fsync(file.fileno())

    def replace(self, records: Iterable[AnswerRecord]) -> None:
        """Write answers.jsonl anew: for answers that were all made before."""
        write_atomic(self.folder / "answers.jsonl", "".join(as_line(asdict(record)) for record in records))

    def log_session(self, session: SessionRecord) -> None:
        """Add to run.json what one session did."""
        self._write(self.settings.with_session(session))

    def _write(self, settings: RunSettings) -> None:
        write_atomic(self.folder / "run.json", settings.text())


def all_runs(home: Home) -> list[Run]:
    """Every run under `runs/`, oldest first; those that cannot be read before the others."""
    return sorted((Run(path.parent) for path in home.runs.glob("*/run.json")), key=_begun)


def readable_runs(home: Home, read: Callable[[Run], T], progress: Progress = SILENT) -> Iterator[tuple[Run, T]]:
    """Every run, oldest first, with what `read` takes from it; those that it cannot read are told
    and passed over."""
    for run in all_runs(home):
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
