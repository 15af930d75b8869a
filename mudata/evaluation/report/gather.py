"""From run folders to a report. Reads; asks no model and scores nothing.

A report has one panel per question that its runs share (task, split, part, datasets), and in it one entry per run,
best first. Runs over several datasets get a panel for all of them together before one for each.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mudata.errors import EvaluationError
from mudata.evaluation.comparison import audio_use
from mudata.evaluation.comparison.compare import compare
from mudata.evaluation.metrics.scored import Metric
from mudata.evaluation.report.data import ALL, Confusion, Flag, Panel, PanelEntry, Report, ReportAnswer, ReportRun
from mudata.evaluation.report.wording import HEADLINE, METRICS
from mudata.evaluation.suites.suite import Anchor, anchors
from mudata.evaluation.suites.suite_table import Verdict, verdict

if TYPE_CHECKING:
    from mudata.evaluation.comparison.comparison_result import MetricComparison
    from mudata.evaluation.run import Run
    from mudata.home import Home


def gather(home: Home, runs: Sequence[Run], title: str | None = None) -> Report:
    """Read scored runs. Raises EvaluationError for a run that is damaged or has not been scored."""
    if not runs:
        raise EvaluationError("There is no run to report.", "To begin: mudata eval --help")
    folders = {run.folder.resolve(): run for run in runs}
    asked = Counter(_asked(run.settings) for run in folders.values())
    views = tuple(_view(home, run, alone=asked[_asked(run.settings)] == 1) for run in folders.values())
    models = {view.model for view in views}
    datasets = ", ".join(dict.fromkeys(dataset for view in views for dataset in view.scores["datasets"]))
    count = f"{len(models)} model{'s' * (len(models) > 1)}"
    return Report(title or f"{count} on {datasets}", views, _panels(views))


def _asked(settings: Mapping[str, Any]) -> tuple[Any, ...]:
    """Who heard what (model, control) and was asked which question; runs with all in common need their ids as names."""
    datasets = tuple(sorted(task["dataset"] for task in settings["tasks"]))
    question = settings["task"], settings["kind"], settings["split"], settings.get("part"), datasets
    return settings["model"], settings.get("control"), *question


def _view(home: Home, run: Run, *, alone: bool) -> ReportRun:
    settings, scores, answers = run.settings, run.scores, run.answers()
    read = _alignments(run, scores.get("alignments_sha256"))
    samples = []
    for question in run.questions():
        clip_id = question["clip_id"]
        record, line = answers.get(clip_id), read.get(clip_id)
        if record is None or line is None or (record.answer is None) != (line.get("status") == "ERROR"):
            raise _stale(run, f"{clip_id} was asked later")
        groups = {key: question.get(key) for key in ("artist", "album", "track")}
        of = clip_id, question["dataset"], tuple(question["gold"]), record.answer, record.error, groups
        samples.append(ReportAnswer(*of, read=line, seconds=record.seconds, given=record.given))
    if len(samples) != scores["n"]:
        raise _stale(run, f"they count {scores['n']} clips, the run has {len(samples)}")
    marks = [settings.get("control"), None if alone else run.id.rpartition("-")[2][:6]]
    name = " ".join([str(settings["model"]), *(f"({mark})" for mark in marks if mark)])
    labels = {dataset: task.written for dataset, task in run.tasks.items()}
    return ReportRun(run.folder, name, settings, scores, tuple(samples), labels, audio_use.check_run(home, run))


def _alignments(run: Run, sha256: str | None) -> dict[str, dict[str, Any]]:
    """Lines of alignments.jsonl by clip; the file has to be the one that the scores were made with."""
    try:
        data = (run.folder / "alignments.jsonl").read_bytes()
    except OSError as error:
        raise _stale(run, f"alignments.jsonl cannot be read ({error.strerror})") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _stale(run, "alignments.jsonl is not the one that belongs to them")
    return {line["clip_id"]: line for line in map(json.loads, data.splitlines())}


def _stale(run: Run, why: str) -> EvaluationError:
    return EvaluationError(
        f"The scores of {run.id} are not those of its answers: {why}.", f"Run: mudata score {run.id}"
    )


def _panels(views: Sequence[ReportRun]) -> tuple[Panel, ...]:
    alike: dict[tuple[Any, ...], list[ReportRun]] = {}
    for view in views:
        alike.setdefault(_asked(view.settings)[2:], []).append(view)
    panels: list[Panel] = []
    for (task, kind, split, part, datasets), members in alike.items():
        for dataset in datasets if len(datasets) == 1 else (ALL, *datasets):
            found = [_entry(view, dataset) for view in members]
            found.sort(key=lambda entry: (-float(entry.metrics[HEADLINE[kind]]["value"]), entry.run.id))
            measured, why_not = _compared(found)
            published = _published(dataset, task, found, HEADLINE[kind])
            whole, key = dataset == ALL or len(datasets) == 1, f"panel-{len(panels) + 1}"
            panels.append(
                Panel(key, task, kind, split, part, dataset, whole, tuple(found), measured, why_not, *published)
            )
    return tuple(panels)


def _entry(view: ReportRun, dataset: str) -> PanelEntry:
    of = view.scores if dataset == ALL else view.scores["datasets"][dataset]
    metrics = {metric["metric"]: metric for metric in of["metrics"] if metric["metric"] in METRICS}
    samples = tuple(sample for sample in view.samples if dataset in (ALL, sample.dataset))
    per_label = [row for row in view.scores["per_label"] if row["dataset"] == dataset]
    return PanelEntry(view, of["n"], metrics, samples, _confusion(view, dataset), per_label, _flags(view, dataset))


def _flags(view: ReportRun, dataset: str) -> tuple[Flag, ...]:
    said, flags = view.settings, []
    for name, source in (said.get("seen_in_training") or {}).items():
        if dataset in (ALL, name):
            flags.append(Flag("seen in training", f"{name} is part of what the model was trained on: {source}"))
    if control := said.get("control"):
        flags.append(Flag("control", f"the audio was replaced on purpose ({control})"))
    elif view.heard:
        flags.append(Flag(f"audio: {view.heard.verdict}", view.heard.why))
    if said.get("imported"):
        flags.append(Flag("imported", "the answers come from elsewhere; mudata read and scored them"))
    return tuple(flags)


def _confusion(view: ReportRun, dataset: str) -> Confusion | None:
    cells = [cell for cell in view.scores["confusion"] if cell["dataset"] == dataset]
    if not cells:
        return None
    labels = view.labels[dataset]
    gold = tuple(label for label in labels if any(cell["gold"] == label for cell in cells))
    instead = sorted({cell["answer"] for cell in cells} - set(labels))
    counts = {(cell["gold"], cell["answer"]): int(cell["n"]) for cell in cells}
    return Confusion(gold, (*labels, *instead), counts, labels)


def _compared(entries: Sequence[PanelEntry]) -> tuple[MetricComparison | None, str | None]:
    """The runs by their headline metric on the clips that all have, or why they cannot be compared."""
    if len(entries) < 2:
        return None, None
    try:
        found = compare([(entry.run.scores, [sample.judged for sample in entry.samples]) for entry in entries])
    except EvaluationError as error:
        return None, error.what
    return found.metrics[0], None


def _published(
    dataset: str, task: str, entries: Sequence[PanelEntry], metric: str
) -> tuple[tuple[Anchor, ...], dict[Anchor, dict[str, Verdict]]]:
    """What suites know to be published about this question, and how that of a model here agrees with its entries."""
    if dataset == ALL:
        return (), {}
    same: dict[Anchor, dict[str, Verdict]] = {}
    for entry in entries:
        if not entry.run.settings.get("control"):
            ours = Metric(**entry.metrics[metric])
            for anchor in anchors(dataset, task, entry.run.model):
                if anchor.metric == metric:
                    same.setdefault(anchor, {})[entry.name] = verdict(ours, anchor)
    return tuple(anchor for anchor in anchors(dataset, task) if anchor.metric == metric), same
