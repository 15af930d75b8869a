"""Scoring: a run's files in, scores.json and alignments.jsonl out.
Offline, repeatable, the same bytes every time.

What people have overridden outranks the aligner. Answers are read with the label set of the card as
it is now, as long as its labels are those that the model was shown; scores.json says so, with the
hashes of all that decides the reading.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mudata.errors import number
from mudata.evaluation.align.alignment import ALIGNER
from mudata.evaluation.align.value_rules import READER
from mudata.evaluation.kinds.kind_registry import EXACT_KINDS
from mudata.evaluation.metrics import summary
from mudata.evaluation.scoring import history, overrides
from mudata.evaluation.scoring.context import LabelSetInUse, ScoringContext, uncollected
from mudata.evaluation.scoring.extras import extras_cache
from mudata.evaluation.scoring.official_reading import exam_facts
from mudata.evaluation.scoring.opinions import opinion as opinions
from mudata.evaluation.scoring.other_rules import known_before, other_rules
from mudata.home import write_atomic
from mudata.jsonl import digest
from mudata.narration import SILENT, Progress
from mudata.version import __version__

if TYPE_CHECKING:
    from collections.abc import Collection

    from mudata.catalog.audio.stored_clip import StoredClip
    from mudata.evaluation.metrics.scored import ScoredAnswer
    from mudata.evaluation.official_rules.official_rule import Verdict
    from mudata.evaluation.run import Run
    from mudata.evaluation.scoring.opinions.opinion import SecondaryScorer
    from mudata.evaluation.scoring.overrides import Override
    from mudata.home import Home


def read_answers(run: Run, *, only: Collection[str] | None = None) -> list[ScoredAnswer]:
    """Every question of a run with its references and what the answer means: see
    `ScoringContext.read_answers`. Raises EvaluationError while answers are outstanding, and for
    damaged files."""
    return ScoringContext.load(run).read_answers(only=only)


def override(home: Home, run: Run, given: Iterable[Mapping[str, Any]]) -> list[Override]:
    """Keep how people read answers; see `overrides.add`. Score the run again to have them count.

    Raises Busy while another process writes the run.
    """
    with run.writing(home):
        context = ScoringContext.load(run)
        read = context.read_answers(overridden=False)
        return overrides.add(run, given, read, context.label_sets, context.settings.kind)


def ask_secondary_scorer(run: Run, opinion: SecondaryScorer, progress: Progress = SILENT) -> int:
    """Have every answer read by somebody else, and keep it; how many answers that took.
    Score the run to see it.

    Raises EvaluationError, MissingExtra and ModelError as the opinion does;
    what came before is kept.
    """
    return opinions.ask_scorer(ScoringContext.load(run), opinion, progress)


def add_extra_metric(home: Home, run: Run, wanted: str, progress: Progress = SILENT) -> None:
    """Compute a further score of captions, and keep it; score the run to see it."""
    extras_cache.compute(run, wanted, read_answers(run), sounds_of(home, run), progress)


def sounds_of(home: Home, run: Run) -> dict[str, StoredClip]:
    """The sound of the clips of a run's datasets, as it heard them; those that have one, by id."""
    from mudata.catalog.audio import stored_clip
    from mudata.catalog.index import database

    with database.snapshot(home) as connection:
        clips, columns = stored_clip.clips_as(repaired=run.settings.faults == "repair"), stored_clip.COLUMNS
        query = f"SELECT clip_id, {', '.join(columns)} FROM {clips} WHERE list_contains(?, dataset)"  # noqa: S608
        rows = connection.execute(query, [list(run.tasks)]).fetchall()
    doors = ((id_, stored_clip.StoredClip.of_row(home, dict(zip(columns, row, strict=True)))) for id_, *row in rows)
    return {id_: door for id_, door in doors if door}


def read_further(
    home: Home, run: Run, opinions: Iterable[SecondaryScorer], extras: Iterable[str], progress: Progress = SILENT
) -> None:
    """Have the answers read by others as well, and captions scored by further metrics; score the run to see it."""
    for opinion in opinions:
        new = ask_secondary_scorer(run, opinion, progress)
        progress.say(f"{run.id}: {opinion.NAME} read {number(new, 'answer')}; what it had read before was kept.")
    for wanted in extras:
        add_extra_metric(home, run, wanted, progress)


def score(
    run: Run, progress: Progress = SILENT, *, reference_scorer: bool = False, rules: Iterable[str] = ()
) -> dict[str, Any]:
    """Score a run, write alignments.jsonl and scores.json, and return the scores.

    If they are not what they were, the former files are kept under scores/, and the caller is told
    what changed and why. Whatever stops this, the old scores.json stays whole until the new one is.
    reference_scorer: ROUGE is counted by the package rouge-score itself, which gives the same
    numbers, slowly. rules: official rules that judge the answers beside the exam's own, kept from then on.
    Raises EvaluationError as `read_answers` does, and with UnknownName as `other_rules` does.
    """
    with progress.bar(f"Scoring {run.id}", unit=""), uncollected():
        scores, lines = _scores_and_lines(run, reference_scorer, rules)
    scores["alignments_sha256"] = hashlib.sha256(lines.encode()).hexdigest()
    text = json.dumps(scores, indent=2, ensure_ascii=False) + "\n"
    former = history.keep(run, text)
    write_atomic(run.folder / "alignments.jsonl", lines, shared=True)
    write_atomic(run.folder / "scores.json", text, shared=True)
    if former:
        for line in history.describe_changes(run, former):
            progress.say(f"{run.id}: {line}")
    return scores


def _scores_and_lines(run: Run, reference_scorer: bool, rules: Iterable[str]) -> tuple[dict[str, Any], str]:
    """What scores.json says but for the hash, and alignments.jsonl."""
    context = ScoringContext.load(run)
    items = context.read_answers()
    scores = _scored(context, items, reference_scorer)
    if names := (*known_before(run), *rules):
        for dataset, rows in other_rules(context, items, names).items():
            for part in (scores, scores["datasets"].get(dataset, {})):
                if part.get("exam") and (part is not scores or len(scores["datasets"]) == 1):
                    part["exam"] = {**part["exam"], "other_rules": rows}
    encode = json.JSONEncoder(ensure_ascii=False).encode
    return scores, "".join([encode(line) + "\n" for line in _lines(context, items, reference_scorer)])


def _scored(context: ScoringContext, items: Sequence[ScoredAnswer], reference_scorer: bool) -> dict[str, Any]:
    """What scores.json says, but for the hash of the alignments."""
    run, settings, sets = context.run, context.settings, context.label_sets
    shown = {dataset: task.shown for dataset, task in context.tasks.items()}
    raw = context.read_answers(overridden=False) if context.overrides else items
    scores = {
        "run": run.id,
        "model": settings.model,
        "split": settings.split,
        "part": settings.part,
        "task": settings.task,
        "kind": settings.kind,
        "n": len(items),
        "mudata_version": __version__,
        "aligner": READER if settings.kind in EXACT_KINDS else ALIGNER if any(sets.values()) else None,
        "labels_sha256": {dataset: label_set.sha256 if label_set else None for dataset, label_set in sets.items()},
        "labels_from": _source(context.in_use),
        "answers_sha256": digest([(item.clip_id, item.answer) for item in items]),
        "overrides_sha256": overrides.sha256(run),
        "forced_choice": settings.forced_choice,
        "control": settings.control,
        **summary.summarise(
            settings.kind,
            settings.tasks,
            items,
            sets,
            shown,
            exams={dataset: facts for dataset, task in context.tasks.items() if (facts := exam_facts(task))},
            reference_scorer=reference_scorer,
        ),
        "opinions": opinions.scorer_columns(context, raw),
        "kappa": overrides.kappa(raw, context.overrides) if context.overrides else None,
    }
    metrics, provenance = extras_cache.cached(run, items)
    if metrics:
        for part in (scores, *scores["datasets"].values()) if len(scores["datasets"]) == 1 else (scores,):
            part["metrics"] = [*part["metrics"], *metrics]
        scores["captions"]["extras"] = provenance
    return scores


def _source(in_use: Mapping[str, LabelSetInUse]) -> str | None:
    sources = {entry.source for entry in in_use.values() if entry.label_set}
    return "run" if "run" in sources else "card" if sources else None


def _lines(context: ScoringContext, items: Sequence[ScoredAnswer], reference_scorer: bool) -> Iterable[dict[str, Any]]:
    """Lines of alignments.jsonl."""
    last = context.overrides
    rouge = summary.rouge_by_clip(items, reference_scorer) if any(item.alignment is None for item in items) else {}
    for question, item in zip(context.questions, items, strict=True):
        read = item.alignment
        line: dict[str, Any] = {
            "clip_id" if question.is_clip else "item_id": item.clip_id,
            "dataset": item.dataset,
            "gold": item.references,
            "status": item.outcome,
        }
        if read is None:
            yield line | {"rouge": rouge[item.clip_id]}
            continue
        line |= {
            "label": read.label,
            "labels": read.labels,
            "right": item.right,
            "rule_id": read.rule_id,
            "positives": read.positives,
            "negatives": read.negatives,
            "oov_terms": read.oov_terms,
            "flags": read.flags,
            "spans": [(span.start, span.end, span.role, span.label) for span in read.spans],
            "override": vars(last[item.clip_id]) if item.clip_id in last and read.rule_id == overrides.RULE else None,
        }
        if item.worth is not None:
            line["worth"] = item.worth
        if item.official is not None:
            line |= _official(item.official.verdict)
        yield line


def _official(verdict: Verdict) -> dict[str, Any]:
    """What an exam's own rule makes of an answer; `official` is None where its authors leave it out."""
    random = {"official_low": verdict.low, "official_high": verdict.high} if verdict.low < verdict.high else {}
    said = {"official_chosen": verdict.chosen, "official_evidence": verdict.evidence}
    return {"official": verdict.credit, **random, **said}
