"""What may be rated: the texts of each system about each clip, models' answers as people wrote and anchors beside them.

Only items that every run was asked about, and that every system has a text for, can be balanced. What is left out, and
for which system's sake, is counted: leaving out what a model failed at flatters it.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from mudata.catalog.item_clusters import item_cluster_ids
from mudata.errors import EvaluationError, some
from mudata.evaluation import run
from mudata.evaluation.align.thoughts import without_thoughts
from mudata.evaluation.listening.listening_test import Anchor, System
from mudata.evaluation.metrics.derangement import NONE, other_clips
from mudata.evaluation.metrics.scored import ScoredAnswer

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.evaluation.run_records import QuestionRecord
    from mudata.home import Home

_ANCHORS: tuple[Anchor, ...] = get_args(Anchor)

LONGEST = 5000
"""Characters of a text that can be read in a test; an answer that is longer counts as failed. Ours: four minutes."""
_TEXTS = ("classify", "tag", "caption")
"""Kinds of questions whose answers say something of a clip by themselves."""


@dataclass(frozen=True, kw_only=True)
class RatedTexts:
    """What there is to rate.

    texts: by item, the text of each system by its name. questions: by item, as it was asked. clusters: of each item.
    wrong: by item the one whose reference is its wrong one. left_out: items by why they cannot be rated. failures: by
    system, how often it has no text, by why. reference: what stands for people's own words.
    """

    systems: tuple[System, ...]
    part: str
    texts: Mapping[str, Mapping[str, str]]
    questions: Mapping[str, QuestionRecord]
    clusters: Mapping[str, str]
    wrong: Mapping[str, str]
    references: Mapping[str, str]
    left_out: Mapping[str, int]
    failures: Mapping[str, Mapping[str, int]]
    reference: str

    def clip_of(self, item_id: str) -> str:
        return self.questions[item_id].clip_ids[0]


def rated_texts(
    home: Home, names: Sequence[str], *, split: str, part: str | None, anchors: Sequence[Anchor], seed: int
) -> RatedTexts:
    """Read the answers of runs.

    Args:
        names: runs, or beginnings of their ids; one at least.
        split: the split that all of them were asked about.
        part: its part; None: that of the runs.
        anchors: hidden systems that are not models.
        seed: draws one of several captions, and one of several items of a clip.

    Raises:
        UnknownName: no run has that name.
        EvaluationError: runs of several splits, parts or tasks; unfinished ones; of questions that a text alone does
            not answer; or no item has a text of every system.
    """
    runs = [run.find(home, name) for name in names]
    part = _require_alike(runs, split, part)
    asked = [{q.item_id: q for q in one.questions() if q.of is None and len(q.clip_ids) == 1} for one in runs]
    everywhere = [item for item in asked[0] if all(item in others for others in asked)]
    left_out = Counter({"not asked of all runs": len({item for own in asked for item in own} - set(everywhere))})
    questions = {item: asked[0][item] for item in _one_of_each_clip(everywhere, asked[0], seed)}
    left_out["another item is about its clip"] = len(everywhere) - len(questions)

    systems = _systems(runs, anchors)
    failures: dict[str, Counter[str]] = {system.name: Counter() for system in systems}
    texts: dict[str, dict[str, str]] = {item: {} for item in questions}

    def take(item: str, system: str, text: str | None, why: str) -> None:
        if text is None:
            failures[system][why] += 1
        else:
            texts[item][system] = text

    for system, one in zip(systems, runs, strict=False):  # anchors come after the runs
        answers = one.answers()
        if unanswered := sum(item not in answers for item in questions):
            raise EvaluationError(
                f"{one.id} is not finished: {unanswered} of {len(questions)} clips have not been asked yet.",
                f"Go on with: {one.settings.last_command or 'the same mudata eval'}",
            )
        for item in questions:
            take(item, system.name, *_shown(answers[item].answer, answers[item].error))
    clusters = item_cluster_ids(question.evidence for question in questions.values())
    references = {item: _reference(runs[0], question, seed) for item, question in questions.items()}
    wrong = _wrong(questions, clusters)
    by_role = {system.role: system.name for system in systems}
    for item in questions:
        if name := by_role.get("reference"):
            take(item, name, references[item] or None, "there is none")
        if name := by_role.get("wrong clip"):
            other = references[wrong[item]] if item in wrong else None
            take(item, name, other or None, "no other clip is described otherwise")
    whole = {item: of for item, of in texts.items() if len(of) == len(systems)}
    left_out["a system has no text"] = len(texts) - len(whole)
    if not whole:
        raise EvaluationError(
            f"No clip has a text of every system: {_told(failures) or 'the runs have no clip in common'}.",
            "Choose runs about the same clips, or leave out the system that has no texts (--anchors, --runs).",
        )
    return RatedTexts(
        systems=systems,
        part=part,
        texts=whole,
        questions={item: questions[item] for item in whole},
        clusters={item: clusters[item] for item in whole},
        wrong={item: other for item, other in wrong.items() if item in whole},
        references=references,
        left_out={why: count for why, count in left_out.items() if count},
        failures={name: dict(counts) for name, counts in failures.items() if counts},
        reference="captions" if runs[0].settings.kind == "caption" else f"the {runs[0].settings.task} labels in words",
    )


def _require_alike(runs: Sequence[Run], split: str, part: str | None) -> str:
    """The part that all runs were asked about. Raises EvaluationError where they cannot be compared."""
    if twice := [name for name, count in Counter(one.id for one in runs).items() if count > 1]:
        raise EvaluationError(f"{some(twice, 3)} is named twice.", "Name each run once.")
    first = runs[0].settings
    for one in runs:
        settings = one.settings
        if settings.kind not in _TEXTS:
            raise EvaluationError(
                f"{one.id} answers questions of kind {settings.kind}, each item's own: a text alone cannot be rated.",
                "Choose runs of captions or labels.",
            )
        if settings.split != split:
            raise EvaluationError(
                f"{one.id} was asked about the split {settings.split!r}, not {split!r}.", "Give runs of one split."
            )
        for what in ("split_sha256", "part", "task"):
            mine, others = getattr(settings, what), getattr(first, what)
            if mine != others:
                raise EvaluationError(
                    f"{one.id} and {runs[0].id} cannot be rated together: {what} {mine} and {others}.",
                    "Give runs that were asked the same.",
                )
    if part is not None and part != first.part:
        raise EvaluationError(f"The runs were asked about the part {first.part!r}, not {part!r}.", "Give --part so.")
    return first.part or ""


def _systems(runs: Sequence[Run], anchors: Sequence[Anchor]) -> tuple[System, ...]:
    """Runs by the names of their models; what of these are alike is told apart by the runs' ids."""
    named = [f"{s.model} ({s.control})" if s.control else s.model for s in (one.settings for one in runs)]
    alike = {name for name, count in Counter(named).items() if count > 1 or name in _ANCHORS}
    models = (
        System(name=f"{name} [{one.id}]" if name in alike else name, role="model", run=one.id)
        for name, one in zip(named, runs, strict=True)
    )
    return (*models, *(System(name=anchor, role=anchor) for anchor in _ANCHORS if anchor in anchors))


def _one_of_each_clip(items: Sequence[str], asked: Mapping[str, QuestionRecord], seed: int) -> Iterator[str]:
    """Of several items about a clip one, drawn by the seed."""
    of_clip: defaultdict[str, list[str]] = defaultdict(list)
    for item in items:
        of_clip[asked[item].clip_ids[0]].append(item)
    for clip_id, own in of_clip.items():
        yield own[_drawn(seed, clip_id, len(own))]


def _drawn(seed: int, name: str, count: int) -> int:
    """A number in [0, count) by the seed and a name, whatever else there is."""
    return int(hashlib.sha256(f"{seed}:{name}".encode()).hexdigest(), 16) % count


def _shown(answer: str | None, error: str | None) -> tuple[str | None, str]:
    """An answer as raters see it, without what was thought aloud; or None, and why there is none."""
    if answer is None:
        return None, (error or "failed").partition(":")[0]
    text = without_thoughts(answer).strip()
    if len(text) > LONGEST:
        return None, f"longer than {LONGEST} characters"
    return text or None, "empty"


def _reference(of: Run, question: QuestionRecord, seed: int) -> str:
    """One of a clip's captions, or its labels in words; '' where there is none."""
    texts = [text.strip() for text in question.references if text.strip()]
    if not texts:
        return ""
    if of.settings.kind == "caption":
        return texts[_drawn(seed, question.item_id, len(texts))]
    label_set = of.tasks[question.dataset].label_set
    words = {entry.id: entry.display for entry in label_set.entries} if label_set else {}
    return ", ".join(words.get(label, label) for label in texts)


def _wrong(questions: Mapping[str, QuestionRecord], clusters: Mapping[str, str]) -> dict[str, str]:
    """By item another one of its dataset, no kin of it and with no caption in common."""
    items = list(questions)
    others = other_clips([as_scored(questions[item], clusters[item]) for item in items])
    return {item: items[other] for item, other in zip(items, others.tolist(), strict=True) if other != NONE}


def as_scored(question: QuestionRecord, cluster: str) -> ScoredAnswer:
    """A question as `other_clips` takes it: clips of one artist, album or recording count as of one track."""
    return ScoredAnswer(question.item_id, question.dataset, question.references, None, track=cluster)


def _told(failures: Mapping[str, Mapping[str, int]]) -> str:
    return "; ".join(f"{name}: {dict(counts)}" for name, counts in failures.items() if counts)
