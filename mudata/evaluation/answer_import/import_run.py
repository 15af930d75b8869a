"""An import on its way to a run folder:
what run.json says of it, its records, and what a person should be told."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from mudata.errors import UnknownName, number
from mudata.evaluation.run_records import AnswerRecord
from mudata.evaluation.run_settings import ImportRecord, RunSettings, TaskSettings
from mudata.evaluation.tasks.prompts import Prompt
from mudata.home import now
from mudata.jsonl import digest
from mudata.version import __version__

if TYPE_CHECKING:
    from mudata.evaluation.answer_import.import_request import ImportRequest
    from mudata.evaluation.answer_import.matching import Joined
    from mudata.evaluation.tasks.samples import SampleSet
    from mudata.evaluation.tasks.task import Task

IMPORTED = "imported"
_ABSENT = "not-in-file: the imported file has no answer for it"
_SHOWN = 3
_LONGEST = 60
"""Characters of the readable part of a run's id: model names can be anything."""


def reasons(joined: Joined) -> str:
    """Why the first answers joined no clip, with their places in the file."""
    first = sorted(joined.lost, key=lambda pair: (pair[0].file, pair[0].place))[:_SHOWN]
    return "; ".join(f"{answer.at}: {why}" for answer, why in first) + "."


class Import:
    """One file on its way to a run folder."""

    def __init__(
        self, request: ImportRequest, selection: SampleSet, joined: Joined, settled: Mapping[str, Any]
    ) -> None:
        self.request, self.joined, self.settled = request, joined, settled
        own = {item.item_id: item.question for item in selection.items}
        words = {name: answer.prompt or answer.question or own.get(name) for name, answer in joined.answers.items()}
        asked = Counter(filter(None, words.values()))
        self.prompt = request.prompt_text or (asked.most_common(1)[0][0] if asked else None)
        self.distinct = len(asked)
        self.prompts = (
            {}
            if request.prompt_text
            else {clip_id: prompt for clip_id, prompt in words.items() if prompt and prompt != self.prompt}
        )
        shown = Prompt(IMPORTED, self.prompt or "")
        self.selection = replace(
            selection, tasks={name: replace(task, prompt=shown, wordings={}) for name, task in selection.tasks.items()}
        )
        hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in request.files]
        self.sha256 = hashes[0] if len(hashes) == 1 else digest(hashes)

    @property
    def task(self) -> Task:
        return next(iter(self.selection.tasks.values()))

    @property
    def run_id(self) -> str:
        """Readable, and a hash of the file and of what it was joined to."""
        samples, asked = self.selection, self.request
        edition = self.task.exam.other_sha256 if self.task.exam else ()
        decisive = digest([
            self.sha256, asked.format, asdict(asked.fields), asked.references, asked.prompt_text, asked.model,
            samples.split_sha256, samples.part, self.task.name, *edition, *samples.faults.decides,
            *(["letters"] if asked.letters else []),
        ])  # fmt: skip
        name = re.sub(r"[^\w.-]+", "-", "-".join((asked.model, samples.split, self.task.name))).lstrip(".-")
        return f"{name[:_LONGEST]}-{decisive[:10]}"

    def settings(self) -> RunSettings:
        """What run.json keeps; the keys are those of a run of ours."""
        samples, joined = self.selection, self.joined
        identity = {"name": self.request.model, IMPORTED: True}
        return RunSettings(
            run=self.run_id,
            model=self.request.model,
            split=samples.split,
            task=self.task.name,
            kind=self.task.kind,
            created_at=now(),
            mudata_version=__version__,
            command=self.request.command,
            model_identity=identity,
            model_sha256=digest(identity),
            seen_in_training=seen(self.request.model, samples.tasks),
            seed=0,
            forced_choice=False,
            split_sha256=samples.split_sha256,
            index_sha256=samples.index_sha256,
            part=samples.part,
            limit=samples.limit,
            clips=len(samples.items),
            clips_without_reference=samples.skipped,
            clips_without_audio=sum(item.absent is not None for item in samples.items),
            clips_with_other_audio=0,
            **RunSettings.of_faults(samples),
            tasks=tuple(self._task(task) for task in samples.tasks.values()),
            imported=ImportRecord(
                file=self.request.name,
                sha256=self.sha256,
                format=self.request.format,
                joined=len(joined.answers),
                not_joined=len(joined.lost),
                not_in_file=len(samples.items) - len(joined.answers),
                duplicates=joined.duplicates,
                contradictions=joined.contradictions,
                prompts=self.distinct,
                **self.settled,
            ),
        )

    def _task(self, task: Task) -> TaskSettings:
        constant = self.selection.constants.get(task.dataset)
        return TaskSettings.of(task, self.selection, **({"constant": constant} if constant else {}))

    def records(self) -> Iterator[AnswerRecord]:
        """One per clip; the key is a hash of the file and the clip."""
        for item in self.selection.items:
            given = self.joined.answers.get(item.item_id)
            answer, error = (given.answer, given.error) if given else (None, _ABSENT)
            key = digest([self.sha256, item.item_id])
            yield AnswerRecord(
                key=key,
                item_id=item.item_id,
                is_clip=item.is_clip,
                answer=answer,
                error=error,
                seconds=0.0,
                heard_s=0.0,
                batch=0,
            )

    def notes(self) -> Iterator[str]:
        """What a person should know before believing the scores."""
        joined, samples = self.joined, self.selection
        yield f"{number(len(joined.answers), 'answer')} joined to {len(samples.items)} {samples.noun}."
        if joined.lost:
            yield f"{number(len(joined.lost), 'answer')} did not join: {reasons(joined)}"
        if without := len(samples.items) - len(joined.answers):
            first = [item.item_id for item in samples.items if item.item_id not in joined.answers][:_SHOWN]
            yield f"{without} {samples.noun} have no answer in the file and count as wrong: {', '.join(first)}."
        if samples.skipped and self.request.references == "index":
            yield f"{number(samples.skipped, 'clip has', 'clips have')} no reference for this task: left out."
        if samples.torn:
            yield f"{number(samples.torn, 'item has', 'items have')} clips outside of the part: left out."
        if joined.duplicates:
            different = f"{joined.contradictions} of them different"
            yield (
                f"{joined.duplicates} further answers to the same {samples.noun}, {different}: the last of each counts."
            )
        if differ := self.settled.get("references_differ"):
            names, of_all = ", ".join(self.settled["differ_first"]), self.settled["references_compared"]
            yield f"{differ} of {of_all} references of the file are not those of the index, which count: {names}."
        if self.prompt is None:
            yield "The file has no question: what models read back of it cannot be told. Give --prompt-text."
        elif self.distinct > 1:
            yield f"The file has {self.distinct} different questions."
        odd = [answer for answer in joined.answers.values() if answer.odd]
        if odd:
            shown = "; ".join(f"{answer.at}: {answer.odd}" for answer in odd[:_SHOWN])
            yield f"{number(len(odd), 'answer is', 'answers are')} no text in the file: {shown}."
        empty = sum(answer.answer is not None and not answer.answer.strip() for answer in joined.answers.values())
        if empty and self.request.format == "lmms-eval":
            told = number(empty, "answer is", "answers are")
            yield f"{told} empty: lmms-eval's adapters write that when a model fails, too."


def seen(model: str, tasks: Mapping[str, Task]) -> dict[str, str]:
    """What the card of a model of this name says of its training."""
    from mudata.evaluation.models import registry

    try:
        card = registry.card_of(registry.find(model))
    except UnknownName:
        return {}
    return {dataset: source for dataset, source in (card.trained_on if card else {}).items() if dataset in tasks}
