"""Clips with everything that was said of them: facts and references from the index, answers of all
runs side by side.

After Figure 2 of arXiv:2409.09601.
Answers are read as scores read them, those of unfinished runs too.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mudata.catalog.index import database
from mudata.errors import EvaluationError
from mudata.evaluation import run
from mudata.evaluation.scoring.context import ScoringContext

if TYPE_CHECKING:
    import duckdb

    from mudata.evaluation.align.alignment import Span
    from mudata.evaluation.metrics.scored import ScoredAnswer
    from mudata.evaluation.run import Run
    from mudata.evaluation.run_records import QuestionRecord
    from mudata.home import Home


@dataclass(frozen=True, kw_only=True)
class ClipAnswer:
    """One run's answer about a clip, and how it was read.

    `right` is None for descriptions; of many labels it means that all and no others were said.
    `labels` are those that were read, which count where `status` is ALIGNED or SET; `spans` lie in
    `answer`; `rouge` has rouge1_f and rougeL_f of a description.
    """

    run: str
    model: str
    control: str | None
    """What the model heard instead of the clip, such as silence; None for the clip itself."""
    task: str
    answer: str | None
    error: str | None
    status: str
    labels: tuple[str, ...]
    gold: tuple[str, ...]
    right: bool | None
    rule_id: str
    spans: tuple[Span, ...]
    rouge: dict[str, float] | None
    given: str | None = None
    """What the model got in place of the sound, where that was text."""
    item: str | None = None
    """The item that was asked about, where it is not the clip by itself."""
    clips: tuple[str, ...] = ()
    """The clips of that item, in the order asked."""
    question: str | None = None
    """What was asked, of a question with exact truth: its whole prompt."""
    options: tuple[str, ...] = ()
    worth: Mapping[str, float] | None = None
    """What the answer is worth by each measure, of a question with exact truth."""
    official: Mapping[str, object] | None = None
    """What an exam's own rule makes of it: rule, credit (None where it leaves it out), chosen option, evidence."""


@dataclass(frozen=True, kw_only=True)
class ClipView:
    """A clip's facts (None where the index has none), references and answers, in the order that the
    runs began.

    `path` is the file to play, absolute, with the clip `duration_s` from `start_s` on; `status` that of the clip,
    or where the clips of an item lie; `labels` are canonical ids by namespace.
    """

    clip_id: str
    dataset: str
    title: str | None
    artist: str | None
    album: str | None
    duration_s: float | None
    path: str | None
    licence: str | None
    status: str
    labels: dict[str, list[str]]
    captions: list[str]
    said: tuple[ClipAnswer, ...]
    start_s: float = 0.0
    """0 of a copy, and of a whole file."""


def runs_to_show(home: Home, names: Sequence[str]) -> list[Run]:
    """Runs by name, or all that can be read. Raises UnknownName."""
    if names:
        return [run.find(home, name) for name in names]
    return [readable for readable, _ in run.readable_runs(home, run.Run.questions)]


def clip_views(home: Home, clip_ids: Sequence[str], runs: Sequence[Run]) -> list[ClipView]:
    """Clips with all that the index and the runs know of them.

    Args:
        home: whose index is read.
        clip_ids: the clips, in the order wanted; also items of several clips, or of one under an id of its own.
        runs: whose answers are shown.

    Returns:
        One view per clip; of clips that are not indexed, with the references that the runs
        recorded.

    Raises:
        EvaluationError: neither the index nor a run knows a clip; names the nearest ids.
    """
    answers: defaultdict[str, list[ClipAnswer]] = defaultdict(list)
    recorded: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    items: dict[str, tuple[str, ...]] = {}
    for asked in runs:
        context = ScoringContext.load(asked)
        task = "caption" if context.settings.kind == "caption" else context.settings.task
        about = {question.item_id: question for question in context.questions}
        for question in context.questions:
            recorded[question.item_id][task] = list(question.references)
            if not question.is_clip:
                items[question.item_id] = question.clip_ids
        wanted = set(clip_ids)
        of_these = {q.item_id for q in context.questions if q.item_id in wanted or not wanted.isdisjoint(q.clip_ids)}
        for scored in context.read_answers(only=of_these):
            answer = _answer(asked, scored, context.answers[scored.clip_id].given, about[scored.clip_id])
            for shown in wanted & {scored.clip_id, *about[scored.clip_id].clip_ids}:
                answers[shown].append(answer)
    with database.snapshot(home) as connection:
        facts = _facts(connection, [*clip_ids, *(clip for item in clip_ids for clip in items.get(item, ()))])
        for clip_id in clip_ids:
            if clip_id not in facts and clip_id not in recorded:
                raise EvaluationError(*_unknown(connection, clip_id, recorded))
        labels, captions = _references(connection, clip_ids)
    for clip_id in set(recorded) - set(facts):
        captions[clip_id] = recorded[clip_id].pop("caption", [])
        labels[clip_id] = recorded[clip_id]
    heard = {item: ", ".join(_place(home, clip, facts) for clip in clips) for item, clips in items.items()}
    views = []
    for clip_id in clip_ids:
        title, artist, album, seconds, path, licence, status, start = facts.get(clip_id, [None] * 8)
        views.append(
            ClipView(
                clip_id=clip_id,
                dataset=clip_id.partition("/")[0],
                title=title,
                artist=artist,
                album=album,
                duration_s=seconds,
                path=str(home.root / path) if path else None,
                licence=licence,
                status=status or heard.get(clip_id, "not in the index"),
                labels=labels[clip_id],
                captions=captions[clip_id],
                said=tuple(answers[clip_id]),
                start_s=start or 0.0,
            )
        )
    return views


def _place(home: Home, clip_id: str, facts: Mapping[str, tuple[Any, ...]]) -> str:
    """The file of a clip, or its id where there is none."""
    path = facts[clip_id][4] if clip_id in facts else None
    return str(home.root / path) if path else clip_id


def draw_clips(home: Home, runs: Sequence[Run], n: int, seed: int, *, disagree: bool = False) -> list[str]:
    """Ids of clips in the random order of a seed, or those first on which runs disagree.

    Args:
        home: whose index is read where there are no runs.
        runs: that were asked about the clips; without any, the clips are those of the index.
        n: how many clips, at most.
        seed: of the order.
        disagree: the clips come first of which the runs said the most different things. A clip's
            disagreement is the share of its readings that differ from its most frequent one; a
            reading is the labels that count, else the status.

    Raises:
        EvaluationError: there is nothing to draw from, or no two runs read labels of one clip.
    """
    ids = {question.item_id for asked in runs for question in asked.questions()}
    if not runs:
        with database.snapshot(home) as connection:
            rows = connection.execute("SELECT clip_id FROM clips WHERE status = 'ok'").fetchall()
        ids = {str(row[0]) for row in rows}
    if not ids:
        raise EvaluationError("There is no clip to show.", "Fetch a dataset, or evaluate a model, first.")
    apart = _disagreement(runs) if disagree else {}
    if disagree and not apart:
        raise EvaluationError(
            "No clip was asked by two runs whose answers are labels, so none can disagree.",
            "Ask another model about the same split, or leave --disagree out.",
        )
    drawn = {clip_id: hashlib.sha256(f"{seed}:{clip_id}".encode()).hexdigest() for clip_id in ids}
    return sorted(ids, key=lambda clip_id: (-apart.get(clip_id, 0.0), drawn[clip_id]))[:n]


def _disagreement(runs: Sequence[Run]) -> dict[str, float]:
    """By clip that several runs were asked the same about: 1 - share of the most frequent
    reading."""
    readings: defaultdict[tuple[str, str], list[object]] = defaultdict(list)
    for asked in runs:
        context = ScoringContext.load(asked)
        for scored in context.read_answers(only=context.answers.keys()):
            if scored.alignment is not None:
                reading = scored.counted_labels or scored.outcome
                readings[scored.clip_id, context.settings.task].append(reading)
    disagreement: dict[str, float] = {}
    for (clip_id, _), of_clip in readings.items():
        if len(of_clip) > 1:
            apart = 1 - Counter(of_clip).most_common(1)[0][1] / len(of_clip)
            disagreement[clip_id] = max(apart, disagreement.get(clip_id, 0.0))
    return disagreement


def _answer(asked: Run, scored: ScoredAnswer, given: str | None, question: QuestionRecord) -> ClipAnswer:
    settings, alignment = asked.settings, scored.alignment
    scores = None
    if alignment is None and scored.answer is not None:
        from mudata.evaluation.metrics import rouge

        row = dict(zip(rouge.COLUMNS, rouge.rouge([scored.answer], [scored.references])[0], strict=True))
        scores = {name: round(float(row[name]), 4) for name in ("rouge1_f", "rougeL_f")}
    return ClipAnswer(
        run=asked.id,
        model=settings.model,
        control=settings.control,
        task=settings.task,
        answer=scored.answer,
        error=scored.error,
        status=scored.outcome,
        labels=alignment.labels if alignment else (),
        gold=scored.references,
        right=None if alignment is None else scored.right,
        rule_id=alignment.rule_id if alignment else "",
        spans=alignment.spans if alignment else (),
        rouge=scores,
        given=given,
        item=None if question.is_clip else question.item_id,
        clips=() if question.is_clip else question.clip_ids,
        question=(scored.asked.shown.prompt or None) if scored.asked else None,
        options=scored.asked.shown.options if scored.asked else (),
        worth=scored.worth,
        official=_official(asked, scored),
    )


def _official(asked: Run, scored: ScoredAnswer) -> dict[str, object] | None:
    if scored.official is None:
        return None
    exam, verdict = asked.tasks[scored.dataset].exam, scored.official.verdict
    return {
        "rule": exam.rule if exam else None,
        "credit": verdict.credit,
        "chosen": verdict.chosen,
        "evidence": verdict.evidence,
    }


def _facts(connection: duckdb.DuckDBPyConnection, clip_ids: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    rows = connection.execute(
        "SELECT clip_id, title, artist, album, duration_s, path, licence, concat_ws(': ', status, reason),"
        " if(store = 'reference', start_s, 0) FROM clips WHERE list_contains(?, clip_id)",
        [list(clip_ids)],
    ).fetchall()
    return {str(row[0]): row[1:] for row in rows}


def _references(
    connection: duckdb.DuckDBPyConnection, clip_ids: Sequence[str]
) -> tuple[defaultdict[str, dict[str, list[str]]], defaultdict[str, list[str]]]:
    labels: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    rows = connection.execute(
        "SELECT DISTINCT clip_id, namespace, coalesce(canonical, label) AS label FROM labels"
        " WHERE list_contains(?, clip_id) AND namespace IS NOT NULL AND label IS NOT NULL ORDER BY ALL",
        [list(clip_ids)],
    ).fetchall()
    for clip_id, namespace, label in rows:
        labels[clip_id].setdefault(namespace, []).append(label)
    captions: defaultdict[str, list[str]] = defaultdict(list)
    rows = connection.execute(
        "SELECT clip_id, text FROM captions"
        " WHERE kind = 'caption' AND list_contains(?, clip_id) AND text IS NOT NULL ORDER BY ALL",
        [list(clip_ids)],
    ).fetchall()
    for clip_id, text in rows:
        captions[clip_id].append(text)
    return labels, captions


def _unknown(connection: duckdb.DuckDBPyConnection, clip_id: str, recorded: Collection[str]) -> tuple[str, str]:
    """What to say of an id that is not known; those that end like it come first, then those spelled
    like it."""
    near = connection.execute(
        "SELECT clip_id, ends_with(clip_id, '/' || $1) AS same, jaro_winkler_similarity(clip_id, $1) AS alike"
        " FROM (SELECT clip_id FROM clips UNION SELECT unnest($2::VARCHAR[])) WHERE same OR alike > 0.8"
        " ORDER BY same DESC, alike DESC, clip_id LIMIT 3",
        [clip_id, list(recorded)],
    ).fetchall()
    what = f"No clip named {clip_id!r} in the index, nor in the runs."
    if names := [repr(str(name)) for name, same, _ in near if same] or [repr(str(row[0])) for row in near]:
        what += f" Did you mean {' or '.join(names)}?"
    return what, 'Ids are those of: mudata sql "SELECT clip_id FROM clips"'
