"""References that a file of answers carries itself:
as the index would have them, and whether the index agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mudata.catalog.cards.vocabulary import fold

if TYPE_CHECKING:
    from mudata.evaluation.answer_import.matching import Joined
    from mudata.evaluation.tasks.samples import SampleSet
    from mudata.evaluation.tasks.task import Task

_SHOWN = 3


def canonical_references(task: Task, reference: str | None) -> tuple[str, ...]:
    """A reference of the file as the index would have it:
    canonical ids, or the caption; nothing if it is no label."""
    if reference is None or not reference.strip():
        return ()
    if task.label_set is None:
        return (reference.strip(),)
    spelt = {fold(word): entry.id for entry in task.label_set.entries for word in entry.strict}
    words = [reference] if task.kind == "classify" else reference.split(",")
    labels = {spelt.get(fold(word)) for word in words}
    return tuple(label for label in task.label_set.ids if label in labels)


def disagreement(selection: SampleSet, joined: Joined) -> dict[str, Any]:
    """How many references of the file are not those of the index, with the first ids."""
    samples = {item.clip_id: item for item in selection.items}
    compared, other = 0, []
    for clip_id, answer in joined.answers.items():
        if answer.reference is None:
            continue
        compared += 1
        item = samples[clip_id]
        task = selection.tasks[item.dataset]
        ours, theirs = item.references, canonical_references(task, answer.reference)
        if task.kind == "caption":
            same = " ".join(theirs[0].split()) in {" ".join(text.split()) for text in ours} if theirs else False
        else:
            same = set(ours) == set(theirs)
        if not same:
            other.append(clip_id)
    return {"references_compared": compared, "references_differ": len(other), "differ_first": sorted(other)[:_SHOWN]}
