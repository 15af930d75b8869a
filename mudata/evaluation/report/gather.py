"""From run folders to a report. Reads; asks no model and scores nothing.

A report has one panel per question that its runs share (task, split, part, datasets), and in it one
entry per run, best first. Runs over several datasets get a panel for all of them together before
one for each.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mudata.catalog.item_clusters import item_cluster_ids
from mudata.errors import EvaluationError, is_of_machine, number
from mudata.evaluation.comparison import audio_use
from mudata.evaluation.comparison.compare import compare
from mudata.evaluation.comparison.exam_editions import by_edition, editions_of_scores
from mudata.evaluation.comparison.floors import FloorQuestion, above_floors
from mudata.evaluation.metrics.interval_notes import clusters_of
from mudata.evaluation.metrics.scored import Metric, headline_of
from mudata.evaluation.report.confusion import confusion
from mudata.evaluation.report.data import ALL, Panel, PanelEntry, Report, usual_clips
from mudata.evaluation.report.report_run import Flag, ReportAnswer, ReportRun
from mudata.evaluation.scoring.alignment_lines import read_alignments
from mudata.evaluation.scoring.context import asked_item
from mudata.evaluation.suites.suite import Anchor, anchors
from mudata.evaluation.suites.suite_table import Verdict, verdict
from mudata.evaluation.tasks.option_order import SEVERAL

if TYPE_CHECKING:
    from mudata.evaluation.comparison.comparison_result import Comparison
    from mudata.evaluation.comparison.floors import FloorContrast
    from mudata.evaluation.protocol import Kind
    from mudata.evaluation.run import Run
    from mudata.evaluation.run_settings import RunSettings
    from mudata.home import Home


def gather(home: Home, runs: Sequence[Run], title: str | None = None) -> Report:
    """Read scored runs. Raises EvaluationError for a run that is damaged or has not been scored."""
    if not runs:
        raise EvaluationError("There is no run to report.", "To begin: mudata eval --help")
    folders = {run.folder.resolve(): run for run in runs}
    asked = Counter(_asked(run.settings) for run in folders.values())
    gathered = tuple(_report_run(home, run, alone=asked[_asked(run.settings)] == 1) for run in folders.values())
    models = {run.model for run in gathered}
    datasets = ", ".join(dict.fromkeys(dataset for run in gathered for dataset in run.scores["datasets"]))
    count = f"{len(models)} model{'s' * (len(models) > 1)}"
    return Report(title or f"{count} on {datasets}", gathered, panels(gathered))


def _asked(settings: RunSettings) -> tuple[Any, ...]:
    """Who heard what (model, control and order of passes) and was asked which question;
    runs with all in common need their ids as names."""
    datasets = tuple(sorted(task.dataset for task in settings.tasks))
    question = settings.task, settings.kind, settings.split, settings.part, settings.faults, datasets
    return settings.model, (settings.control, _passes(settings)), *question


def _passes(settings: RunSettings) -> str | None:
    """In which orders items were asked, where that was several times."""
    return settings.options_order if settings.options_order in SEVERAL else None


def _report_run(home: Home, run: Run, *, alone: bool) -> ReportRun:
    settings, scores, records = run.settings, run.scores, run.answers()
    read = _alignments(run, scores.get("alignments_sha256"))
    answers, questions = [], run.questions()
    clusters = item_cluster_ids(question.evidence for question in questions)
    for question in questions:
        clip_id = question.item_id
        record, line = records.get(clip_id), read.get(clip_id)
        if record is None or line is None or (record.answer is None) != (line.get("status") == "ERROR"):
            raise _stale(run, f"{clip_id} was asked later")
        groups = {"artist": question.artist, "album": question.album, "track": question.track}
        answers.append(
            ReportAnswer(
                clip_id=clip_id,
                dataset=question.dataset,
                references=question.references,
                answer=record.answer,
                error=record.error,
                groups=groups,
                cluster=clusters[clip_id],
                read=line,
                seconds=record.seconds,
                given=record.given,
                clips=question.clip_ids,
                asked=asked_item(run, task, question) if (task := run.tasks[question.dataset]).is_exact else None,
                category=question.category,
                difficulty=question.difficulty,
            )
        )
    if len(answers) != scores["n"]:
        raise _stale(run, f"they count {number(scores['n'], 'clip')}, the run has {len(answers)}")
    marks = [settings.control, _passes(settings), None if alone else run.id.rpartition("-")[2][:6]]
    name = " ".join([settings.model, *(f"({mark})" for mark in marks if mark)])
    labels = {dataset: task.written or _values(scores, dataset) for dataset, task in run.tasks.items()}
    return ReportRun(
        folder=run.folder,
        name=name,
        settings=settings,
        scores=scores,
        answers=tuple(answers),
        labels=labels,
        audio_use=audio_use.check_run(home, run),
    )


def _values(scores: Mapping[str, Any], dataset: str) -> dict[str, str]:
    """The values that are right or given somewhere, where they are few, as labels are written."""
    return {value: value for value in scores["datasets"][dataset].get("exact", {}).get("values", ())}


def _alignments(run: Run, sha256: str | None) -> dict[str, dict[str, Any]]:
    """Lines of alignments.jsonl by clip; the file has to be the one that the scores were made
    with."""
    path = run.folder / "alignments.jsonl"
    try:
        data = path.read_bytes()
    except OSError as error:
        if is_of_machine(error):
            raise
        raise _stale(run, f"alignments.jsonl cannot be read ({error.strerror or error})") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _stale(run, "alignments.jsonl is not the one that belongs to them")
    return read_alignments(path)


def _stale(run: Run, why: str) -> EvaluationError:
    return EvaluationError(
        f"The scores of {run.id} are not those of its answers: {why}.", f"Run: mudata score {run.id}"
    )


def panels(runs: Sequence[ReportRun]) -> tuple[Panel, ...]:
    """One panel per question, of the runs that were asked it: once, or as often in the same orders of its options."""
    alike: dict[tuple[Any, ...], list[ReportRun]] = {}
    for run in runs:
        alike.setdefault((_passes(run.settings), *_asked(run.settings)[2:]), []).append(run)
    found: list[Panel] = []
    asked = [(question, of_one) for question, members in alike.items() for of_one in _by_edition(members)]
    for question, members in asked:
        passes, task, kind, split, part, faults, datasets = question
        orders = [f"options in several orders: {passes}"] if passes else []
        for dataset in datasets if len(datasets) == 1 else (ALL, *datasets):
            entries = [_entry(run, dataset) for run in members]
            headline = headline_of(kind, entries[0].metrics)
            entries.sort(key=lambda entry: (-float(entry.metrics[headline]["value"]), entry.run.id))
            entries = _clips_marked(entries)
            usual = [entry for entry in entries if entry.asked == usual_clips(entries)]
            comparison, incomparable = _compared(usual if len(usual) > 1 else entries)
            told = _edition(dataset, entries, alone=len(_by_edition(alike[question])) == 1)
            is_other = any(one.is_other for run in members for one in editions_of_scores(run.scores).values())
            published, verdicts = ((), {}) if is_other else _published(dataset, task, entries, headline)
            found.append(
                Panel(
                    key=f"panel-{len(found) + 1}",
                    title=" · ".join([dataset, task, *orders, *told, *([f"known faults: {faults}"] if faults else [])]),
                    task=task,
                    kind=kind,
                    split=split,
                    part=part,
                    dataset=dataset,
                    whole=dataset == ALL or len(datasets) == 1,
                    entries=tuple(entries),
                    comparison=comparison,
                    floors=_floors(kind, entries),
                    incomparable=incomparable,
                    anchors=published,
                    verdicts=verdicts,
                )
            )
    return tuple(found)


def _by_edition(runs: Sequence[ReportRun]) -> list[list[ReportRun]]:
    return by_edition(runs, lambda run: editions_of_scores(run.scores))


def _edition(dataset: str, entries: Sequence[PanelEntry], *, alone: bool) -> list[str]:
    """The edition of an exam in words, where it is none that was published or others are here too."""
    found = [editions_of_scores(entry.run.scores) for entry in entries]
    known = [one for editions in found for name, one in editions.items() if dataset in (ALL, name)]
    told = [one.words for one in known if one.is_other or (not alone and one.version is not None)]
    return list(dict.fromkeys(told))[:1]


def _entry(run: ReportRun, dataset: str) -> PanelEntry:
    part = run.scores if dataset == ALL else run.scores["datasets"][dataset]
    answers = tuple(answer for answer in run.answers if dataset in (ALL, answer.dataset))
    return PanelEntry(
        run=run,
        n=part["n"],
        clusters=part.get("clusters") or clusters_of([answer.cluster for answer in answers]),
        metrics={metric["metric"]: metric for metric in part["metrics"]},
        answers=answers,
        confusion=confusion(run.scores, dataset, run.labels.get(dataset, {})),
        per_label=[row for row in run.scores["per_label"] if row["dataset"] == dataset],
        exact=part.get("exact") or {},
        label_floors=part.get("floors") or {},
        flags=_flags(run, dataset),
    )


def _flags(run: ReportRun, dataset: str) -> tuple[Flag, ...]:
    settings, flags = run.settings, []
    for name, source in settings.seen_in_training.items():
        if dataset in (ALL, name):
            flags.append(Flag("seen in training", f"{name} is part of what the model was trained on: {source}"))
    if control := settings.control:
        flags.append(Flag("control", f"the audio was replaced on purpose ({control})"))
    elif run.audio_use:
        flags.append(Flag(f"audio: {run.audio_use.verdict}", run.audio_use.why))
    if settings.imported:
        flags.append(Flag("imported", "the answers come from elsewhere; mudata read and scored them"))
    return tuple(flags)


def _compared(entries: Sequence[PanelEntry]) -> tuple[Comparison | None, str | None]:
    """The runs on the clips that all have, or why they cannot be compared."""
    if len(entries) < 2:
        return None, None
    try:
        return compare([(entry.run.scores, [answer.scored for answer in entry.answers]) for entry in entries]), None
    except EvaluationError as error:
        return None, error.what


def _floors(kind: Kind, entries: Sequence[PanelEntry]) -> dict[str, FloorContrast]:
    return above_floors(
        kind,
        [
            FloorQuestion(
                entry.run.id,
                entry.metrics,
                [answer.scored for answer in entry.answers],
                entry.label_floors.get("constants", {}).get("micro_f1", {}),
            )
            for entry in entries
            if not entry.run.settings.control
        ],
    )


def _clips_marked(entries: Sequence[PanelEntry]) -> list[PanelEntry]:
    """With a flag on every run that was asked about other clips, or items, than most."""
    usual = usual_clips(entries)
    return [
        entry if entry.asked == usual else replace(entry, flags=(_other_clips(entry, usual), *entry.flags))
        for entry in entries
    ]


def _other_clips(entry: PanelEntry, usual: frozenset[str]) -> Flag:
    asked, things = entry.asked, "items" if entry.exact else "clips"
    shared = len(asked & usual)
    if shared == len(asked):
        why = f"asked about {shared} of the {len(usual)} {things} that others here were asked"
    else:
        why = f"{shared} of its {len(asked)} {things} are among the {len(usual)} that others here were asked"
    return Flag(
        f"n = {len(asked)}, not {len(usual)}" if len(asked) != len(usual) else f"other {things}",
        f"{why}; its score stands beside scores of other {things}",
    )


def _published(
    dataset: str, task: str, entries: Sequence[PanelEntry], metric: str
) -> tuple[tuple[Anchor, ...], dict[Anchor, dict[str, Verdict | None]]]:
    """What suites know to be published about this question,
    and how that of a model here agrees with its entries."""
    if dataset == ALL:
        return (), {}
    verdicts: dict[Anchor, dict[str, Verdict | None]] = {}
    for entry in entries:
        if not entry.run.settings.control:
            ours = Metric(**entry.metrics[metric])
            for anchor in anchors(dataset, task, entry.run.model):
                if anchor.metric == metric:
                    verdicts.setdefault(anchor, {})[entry.name] = verdict(ours, anchor)
    return tuple(anchor for anchor in anchors(dataset, task) if anchor.metric == metric), verdicts
