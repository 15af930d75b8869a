"""Scoring: a run's files in, scores.json and alignments.jsonl out. Offline, repeatable, the same bytes every time.

What people have overridden outranks the aligner. Answers are read with the label set of the card as it is now, as long
as its labels are those that the model was shown; scores.json says so, with the hashes of all that decides the reading.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from mudata.catalog.cards import loader
from mudata.errors import EvaluationError, MudataError
from mudata.evaluation.align.aligner import align
from mudata.evaluation.align.alignment import ALIGNER
from mudata.evaluation.metrics import summary
from mudata.evaluation.metrics.scored import ScoredAnswer
from mudata.evaluation.scoring import history, overrides
from mudata.evaluation.scoring.extras import extras_cache
from mudata.evaluation.scoring.opinions import opinion as opinions
from mudata.evaluation.tasks import task as tasks
from mudata.home import write_atomic
from mudata.jsonl import digest
from mudata.narration import SILENT, Progress
from mudata.version import __version__

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from mudata.evaluation.align.label_set import LabelSet
    from mudata.evaluation.run import Run
    from mudata.evaluation.scoring.opinions.opinion import Opinion
    from mudata.evaluation.scoring.overrides import Override
    from mudata.home import Home


class LabelSetInUse(NamedTuple):
    """The label set that a dataset's answers are read with (None for captions), and where it is from."""

    label_set: LabelSet | None
    source: str


def readings(run: Run) -> dict[str, LabelSetInUse]:
    """By dataset: the label set of the card ('card') if its ids are those of the run, else the recorded one ('run')."""
    found = {}
    for said in run.settings["tasks"]:
        task = tasks.Task.restore(said)
        recorded, now = task.label_set, _of_card(task) if task.label_set else None
        same = recorded is not None and now is not None and (now.ids, now.kind) == (recorded.ids, recorded.kind)
        found[task.dataset] = LabelSetInUse(now, "card") if same else LabelSetInUse(recorded, "run")
    return found


def _of_card(task: tasks.Task) -> LabelSet | None:
    try:
        return tasks.bind(loader.load(task.dataset), task.name).label_set
    except MudataError:  # the card is gone, or no longer asks this
        return None


def judge(run: Run, *, overridden: bool = True, only: Collection[str] | None = None) -> list[ScoredAnswer]:
    """Every question of a run with its references and what the answer means, in the order of questions.jsonl.

    overridden: people's readings count where there are any. only: of these clips, those that have an answer, whether
    or not the run is finished. Raises EvaluationError while answers are outstanding, and for damaged files.
    """
    answers, questions, of = run.answers(), run.questions(), run.tasks
    if only is not None:
        questions = [q for q in questions if q["clip_id"] in only and q["clip_id"] in answers]
    if open_ := sum(question["clip_id"] not in answers for question in questions):
        raise EvaluationError(
            f"{run.id} is not finished: {open_} of {len(questions)} clips have not been asked yet.",
            f"Go on with: {(run.settings['sittings'] or [run.settings])[-1].get('command') or 'the same mudata eval'}",
        )
    sets = {dataset: reading.label_set for dataset, reading in readings(run).items()}
    last = {line.clip_id: line for line in overrides.read(run)} if overridden else {}
    judged = []
    for question in questions:
        record, dataset = answers[question["clip_id"]], question["dataset"]
        label_set, shown, alignment = sets[dataset], of[dataset].shown, None
        if label_set:
            if "prompt" in question:  # imported answers may have been asked for in various words
                shown = replace(shown, prompt=question["prompt"])
            alignment = align(record.answer, label_set, shown)
            if record.clip_id in last and record.answer is not None:
                alignment = overrides.apply(alignment, last[record.clip_id], label_set)
        groups = {key: question.get(key) for key in ("artist", "album", "track")}
        judged.append(
            ScoredAnswer(
                question["clip_id"],
                dataset,
                tuple(question["gold"]),
                record.answer,
                alignment,
                record.error,
                aspects=tuple(question.get("aspects", ())),
                **groups,
            )
        )
    return judged


def override(home: Home, run: Run, given: Iterable[Mapping[str, Any]]) -> list[Override]:
    """Keep how people read answers; see `overrides.add`. Score the run again to have them count.

    Raises Busy while another process writes the run.
    """
    with run.writing(home):
        sets = {dataset: reading.label_set for dataset, reading in readings(run).items()}
        return overrides.add(run, given, judge(run, overridden=False), sets)


def second_opinion(run: Run, opinion: Opinion) -> int:
    """Have every answer read by somebody else, and keep it; how many answers that took. Score the run to see it.

    Raises EvaluationError, MissingExtra and ModelError as the opinion does; what came before is kept.
    """
    sets = {dataset: reading.label_set for dataset, reading in readings(run).items()}
    items = judge(run, overridden=False)
    return opinions.ask(run, opinion.NAME, detail=opinion.detail, items=items, sets=sets, views=opinion.views)


def further_score(home: Home, run: Run, wanted: str) -> None:
    """Compute a further score of captions, and keep it; score the run to see it."""
    from mudata.catalog.index import database

    with database.connect(home) as connection:
        query = "SELECT clip_id, path FROM clips WHERE path IS NOT NULL AND list_contains(?, dataset)"
        rows = connection.execute(query, [list(run.tasks)]).fetchall()
    extras_cache.measure(run, wanted, judge(run), {clip_id: home.root / path for clip_id, path in rows})


def score(run: Run, progress: Progress = SILENT, *, reference_scorer: bool = False) -> dict[str, Any]:
    """Judge a run, write alignments.jsonl and scores.json, and return the scores.

    If they are not what they were, the former files are kept under scores/, and the caller is told what changed and
    why. Whatever stops this, the old scores.json stays whole until the new one is. reference_scorer: ROUGE is counted
    by the package rouge-score itself, which gives the same numbers, slowly. Raises EvaluationError as `judge` does.
    """
    items, found = _scored(run, reference_scorer)
    lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in _lines(run, items, reference_scorer))
    found["alignments_sha256"] = hashlib.sha256(lines.encode()).hexdigest()
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    former = history.keep(run, text)
    write_atomic(run.folder / "alignments.jsonl", lines, shared=True)
    write_atomic(run.folder / "scores.json", text, shared=True)
    if former:
        for line in history.told(run, former):
            progress.say(f"{run.id}: {line}")
    return found


def _scored(run: Run, reference_scorer: bool) -> tuple[list[ScoredAnswer], dict[str, Any]]:
    settings, items, read_with = run.settings, judge(run), readings(run)
    sets = {dataset: reading.label_set for dataset, reading in read_with.items()}
    shown = {dataset: task.shown for dataset, task in run.tasks.items()}
    last = {line.clip_id: line for line in overrides.read(run)}
    raw = judge(run, overridden=False) if last else items
    found = {
        "run": run.id,
        "model": settings["model"],
        "split": settings["split"],
        "part": settings.get("part"),
        "task": settings["task"],
        "kind": settings["kind"],
        "n": len(items),
        "mudata_version": __version__,
        "aligner": ALIGNER if any(sets.values()) else None,
        "labels_sha256": {dataset: label_set.sha256 if label_set else None for dataset, label_set in sets.items()},
        "labels_from": _source(read_with),
        "answers_sha256": digest([(item.clip_id, item.answer) for item in items]),
        "overrides_sha256": overrides.sha256(run),
        "forced_choice": settings["forced_choice"],
        "control": settings.get("control"),
        **summary.summarise(settings, items, sets, shown, reference_scorer=reference_scorer),
        "opinions": opinions.columns(run, raw, sets),
        "kappa": overrides.kappa(raw, last) if last else None,
    }
    metrics, provenance = extras_cache.kept(run, items)
    if metrics:
        for one in (found, *found["datasets"].values()) if len(found["datasets"]) == 1 else (found,):
            one["metrics"] = [*one["metrics"], *metrics]
        found["captions"]["extras"] = provenance
    return items, found


def _source(read_with: Mapping[str, LabelSetInUse]) -> str | None:
    sources = {reading.source for reading in read_with.values() if reading.label_set}
    return "run" if "run" in sources else "card" if sources else None


def _lines(run: Run, items: list[ScoredAnswer], reference_scorer: bool) -> Iterable[dict[str, Any]]:
    """Lines of alignments.jsonl."""
    last = {line.clip_id: line for line in overrides.read(run)}
    rouge = summary.rouge_by_clip(items, reference_scorer) if any(item.alignment is None for item in items) else {}
    for item in items:
        read = item.alignment
        line = {"clip_id": item.clip_id, "dataset": item.dataset, "gold": item.gold, "status": item.outcome}
        if read is None:
            yield {**line, "rouge": rouge[item.clip_id]}
            continue
        yield {
            **line,
            "label": read.label,
            "labels": read.labels,
            "right": item.right,
            "rule_id": read.rule_id,
            "positives": read.positives,
            "negatives": read.negatives,
            "oov_terms": read.oov_terms,
            "flags": read.flags,
            "spans": [[span.start, span.end, span.role, span.label] for span in read.spans],
            "override": vars(last[item.clip_id]) if item.clip_id in last and read.rule_id == "override" else None,
        }
