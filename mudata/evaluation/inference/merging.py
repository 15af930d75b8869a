"""Joining the shards of a run into the run that the command without `--shard` would have made.

    shards of one run -> all there, all alike, all asked? -> questions and answers in the order of the plan -> scores

Nothing but the shards' own files is looked at, so that they may be merged on another machine. What the run has already
stays; merging again changes nothing, and the command without `--shard` goes on from it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mudata.catalog.index import database
from mudata.errors import EvaluationError, UnknownName, number, some
from mudata.evaluation.inference.sharding import Shard, by_item
from mudata.evaluation.run import Run
from mudata.evaluation.run_settings import RunSettings, SessionRecord, ShardRecord
from mudata.evaluation.scoring import score
from mudata.home import Home, is_file
from mudata.json_files import as_type, damaged, reading
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.evaluation.run_records import AnswerRecord, QuestionRecord, RankingRecord

    Told = TypeVar("Told", AnswerRecord, RankingRecord)

_DECIDED_AT_LOADING = ("revision", "dtype")
"""What a model says of itself that has to be the same for all answers of a run."""


@dataclass(frozen=True)
class ShardRun:
    """A shard on disk."""

    run: Run
    settings: RunSettings
    record: ShardRecord

    @property
    def shard(self) -> Shard:
        return Shard(self.record.number, self.record.of)

    @property
    def whole_id(self) -> str:
        """The id of the run that it is a shard of."""
        return str(self.record.whole["run"])


def found(home: Home, names: Sequence[str] = ()) -> dict[str, list[ShardRun]]:
    """Shards by the id of their run [default: all of the home].

    Args:
        home: whose `shards/` is looked at.
        names: ids, beginnings of ids (a run's id means all of its shards), or folders.

    Raises:
        UnknownName, EvaluationError: nothing is named so, or it is no shard.
    """
    here = sorted(path.parent for path in home.shards.glob("*/run.json"))
    folders: list[Path] = []
    for name in names:
        named = [Path(name)] if is_file(Path(name) / "run.json") else [f for f in here if f.name.startswith(name)]
        if not named:
            known = [folder.name for folder in here]
            raise UnknownName("shard", name, known, "Shards are made by `mudata eval --shard i/n`.")
        folders += named
    groups: dict[str, list[ShardRun]] = {}
    for folder in dict.fromkeys(path.resolve() for path in (folders if names else here)):
        made = _shard_in(folder)
        groups.setdefault(made.whole_id, []).append(made)
    return {whole: sorted(group, key=lambda one: one.shard) for whole, group in sorted(groups.items())}


def _shard_in(folder: Path) -> ShardRun:
    """What lies in a folder, which may come from anybody: its run's id is to be the name of a folder, and no way to
    another place. Raises EvaluationError."""
    run = Run(folder)
    settings = run.settings
    if settings.shard is None:
        raise EvaluationError(f"{folder} is a run, and no shard of one.", "Shards are made by `--shard i/n`.")
    made = ShardRun(run, settings, settings.shard)
    whole = settings.shard.whole.get("run")
    path = folder / "run.json"
    if not isinstance(whole, str) or not re.fullmatch(r"\w[^/\\\0]*", whole) or settings.run != made.shard.id_of(whole):
        raise damaged(path, f"what it calls its run, {whole!r}, is not that of {settings.run!r}")
    with reading(path):
        told = as_type({**settings.shard.whole, "created_at": settings.created_at}, RunSettings)
    if not 1 <= made.shard.number <= made.shard.of <= told.clips:
        raise damaged(path, f"{made.shard} is no shard of {told.clips} items")
    return made


def merge(home: Home, shards: Sequence[ShardRun], progress: Progress = SILENT) -> Run:
    """Join the shards of one run and score it.

    Args:
        home: where the run is written to.
        shards: all of them, as `found` gives them.
        progress: who is told.

    Raises:
        EvaluationError: shards are missing, unfinished, there twice or unlike each other; each is named.
        Busy: the run or a shard is being asked.
    """
    run = Run(home.runs / shards[0].whole_id)
    with ExitStack() as held:
        for one in {one.id: one for one in (run, *(shard.run for shard in shards))}.values():
            held.enter_context(one.writing(home))
        _check_numbers(shards)
        _check_alike(shards)
        before = run.settings if (run.folder / "run.json").exists() else None
        sessions = _sessions(shards, before)
        _check_models(run.id, sessions)
        questions = _questions(shards)
        datasets = [task.dataset for task in RunSettings.model_validate(_whole(shards)).tasks]
        in_order = [q for dataset in datasets for q in questions if q.dataset == dataset]
        answers = _joined(run.answers(), (s.run.answers() for s in shards), in_order)
        rankings = _joined(run.rankings(), (s.run.rankings() for s in shards), in_order)
        settings = RunSettings.model_validate(_whole(shards)).going_on(before)
        run.join(settings.model_copy(update={"sessions": sessions}), questions, answers, rankings)
        with progress.bar("Scoring", unit=""):
            score.score(run)
    database.rebuild(home)
    return run


def _whole(shards: Sequence[ShardRun]) -> dict[str, object]:
    """run.json of the run, but for sessions: it began with the first shard, and is of the newest version."""
    newest = max(shards, key=lambda one: max((s.started_at or "" for s in one.settings.sessions), default=""))
    begun = min(one.settings.created_at for one in shards)
    return {**shards[0].record.whole, "created_at": begun, "mudata_version": newest.settings.mudata_version}


def _check_numbers(shards: Sequence[ShardRun]) -> None:
    counts = sorted({one.shard.of for one in shards})
    whole = shards[0].whole_id
    if len(counts) > 1:
        raise EvaluationError(
            f"Shards of {whole} overlap: some are of {' and some of '.join(map(str, counts))}.",
            "Name those of one count: " + _listed(_ids(shards)),
        )
    places: dict[Shard, list[Path]] = {}
    for one in shards:
        places.setdefault(one.shard, []).append(one.run.folder)
    for shard, folders in places.items():
        if len(folders) > 1:
            raise EvaluationError(
                f"Shards of {whole} overlap: {shard} is there {len(folders)} times: {_listed(map(str, folders))}.",
                "Name one of them.",
            )
    missing = [Shard(i, counts[0]) for i in range(1, counts[0] + 1) if Shard(i, counts[0]) not in places]
    if missing:
        raise EvaluationError(
            f"{number(len(missing), 'shard')} of {whole} {'is' if len(missing) == 1 else 'are'} missing: "
            f"{some(map(str, missing), 10)}.",
            _to_run(shards[0], missing[0]),
        )
    for one in shards:
        asked = {item_id for item_id, record in one.run.answers().items() if record}
        if unasked := [q.item_id for q in one.run.questions() if q.item_id not in asked]:
            raise EvaluationError(
                f"Shard {one.shard} of {whole} is unfinished: {len(unasked)} of {one.settings.clips} have not been "
                f"asked yet, the first {unasked[0]}.",
                _to_run(one, one.shard),
            )


def _ids(shards: Iterable[ShardRun]) -> list[str]:
    return [one.run.id for one in shards]


def _listed(names: Iterable[str]) -> str:
    return some(names, 6)


def _to_run(like: ShardRun, wanted: Shard) -> str:
    """The command that makes a shard, as a shard of the same run was made."""
    command = like.settings.last_command
    if command is None:
        return f"Ask it: the same as shard {like.shard}, with shard {wanted}."
    return f"Run: {shlex.join([*_without_shard(command), '--shard', str(wanted)])}"


def _without_shard(command: str) -> list[str]:
    """The words of a command but for `--shard i/n`."""
    words, kept = iter(shlex.split(command)), []
    for word in words:
        if word == "--shard":
            next(words, None)
        elif not word.startswith("--shard="):
            kept.append(word)
    return kept


def _check_alike(shards: Sequence[ShardRun]) -> None:
    first = shards[0]
    for other in shards[1:]:
        names = sorted(first.record.whole.keys() | other.record.whole.keys())
        if unlike := [n for n in names if first.record.whole.get(n) != other.record.whole.get(n)]:
            raise EvaluationError(
                f"Shards {first.shard} and {other.shard} of {first.whole_id} are not of one run: "
                f"{some(unlike, 5)} in run.json differ{'s' if len(unlike) == 1 else ''}.",
                "Run the command of each shard again where the index and the cards are as they are to be: answers that "
                "stand are kept, the others asked anew.",
            )


def _sessions(shards: Sequence[ShardRun], before: RunSettings | None) -> tuple[SessionRecord, ...]:
    """What is there, then the shards' sessions by when they began, each with its shard."""
    known = list(before.sessions) if before else []
    new = []
    for one in shards:
        for session in one.settings.sessions:
            said = {"command": shlex.join(_without_shard(session.command))} if session.command else {}
            told = session.model_copy(update={**said, "shard": str(one.shard)})
            if told.record() not in [there.record() for there in known]:
                new.append((session.started_at or "", one.shard, told))
    return (*known, *(told for _, _, told in sorted(new, key=lambda one: one[:2])))


def _check_models(run_id: str, sessions: Iterable[SessionRecord]) -> None:
    """Raises EvaluationError where answers are of other weights, which a run's id does not know of."""
    first: dict[str, tuple[object, str]] = {}
    for session in sessions:
        for key in _DECIDED_AT_LOADING:
            if key not in (said := session.model or {}):
                continue
            where = f"shard {session.shard}" if session.shard else f"the session of {session.started_at}"
            value, whose = first.setdefault(key, (said[key], where))
            if value != said[key]:
                raise EvaluationError(
                    f"The answers of {run_id} are not of one model: {key} was {value or 'unknown'} in {whose} and "
                    f"{said[key] or 'unknown'} in {where}.",
                    f"Remove one of the two (mudata rm) and ask it again with --{key} as in the other.",
                )


def _questions(shards: Sequence[ShardRun]) -> list[QuestionRecord]:
    """In the order of the plan: one item of each shard in turn."""
    shares = [by_item(one.run.questions(), lambda q: q.of or q.item_id) for one in shards]
    turns = [share[turn] for turn in range(max(map(len, shares))) for share in shares if turn < len(share)]
    questions = [question for group in turns for question in group]
    lengths = [len(share) for share in shares]
    even = lengths == sorted(lengths, reverse=True) and lengths[0] - lengths[-1] <= 1
    distinct = len({question.item_id for question in questions})
    if not even or not distinct == len(questions) == shards[0].record.whole["clips"]:
        path = shards[0].run.folder.parent
        raise damaged(path, f"the shards of {shards[0].whole_id} have {len(questions)} items, not all once")
    return questions


def _joined(
    there: Mapping[str, Told], shards: Iterable[Mapping[str, Told]], questions: Sequence[QuestionRecord]
) -> list[Told]:
    """The record of each item in order: an answer before a failure, what is there before what comes."""
    told = {item_id: record for shard in shards for item_id, record in shard.items()}
    chosen = {q.item_id: _better(there.get(q.item_id), told.get(q.item_id)) for q in questions}
    return [record for record in chosen.values() if record is not None]


def _better(there: Told | None, new: Told | None) -> Told | None:
    if there is None or new is None:
        return there or new
    failed = getattr(there, "error", None) and not getattr(new, "error", None)
    return new if failed or there.key != new.key else there
