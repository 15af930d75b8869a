"""References that a file of answers carries itself:
as the index would have them, and whether the index agrees."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards.vocabulary import fold
from mudata.evaluation.answer_import.file_answer import of_letters
from mudata.evaluation.kinds.kind_registry import kind_of

if TYPE_CHECKING:
    from mudata.evaluation.answer_import.matching import Joined
    from mudata.evaluation.tasks.samples import SampleSet
    from mudata.evaluation.tasks.task import Task

_SHOWN = 3


def canonical_references(task: Task, references: Sequence[str], options: tuple[str, ...] = ()) -> tuple[str, ...]:
    """References of the file as the index would have them: canonical ids, captions, or the one true
    value; nothing where none is such. A tag may be one reference of a list, or stand in one between commas.
    `options` are an item's own."""
    if task.is_exact:
        return _values(task, references, options or task.kind_options)
    texts = [text for reference in references if (text := reference.strip())]
    if task.label_set is None:
        return tuple(dict.fromkeys(texts))
    spelt = {fold(word): entry.id for entry in task.label_set.entries for word in entry.strict}
    words = [[text] if task.kind == "classify" or fold(text) in spelt else text.split(",") for text in texts]
    labels = {spelt.get(fold(word)) for several in words for word in several}
    return tuple(label for label in task.label_set.ids if label in labels)


def _values(task: Task, texts: Sequence[str], options: tuple[str, ...]) -> tuple[str, ...]:
    kind, asked = kind_of(task.kind), task.asked("", options)
    values = []
    for text in texts:
        for spelt in (text, text.strip()) if text not in options else (text,):  # options may have blank edges
            with contextlib.suppress(ValueError):
                values.append(kind.truth(spelt, asked))
    return tuple(dict.fromkeys(values))[:1]


def disagreement(selection: SampleSet, joined: Joined) -> dict[str, Any]:
    """How many references of the file are not those of the index, with the first ids."""
    samples = {item.item_id: item for item in selection.items}
    compared, other = 0, []
    for clip_id, answer in joined.answers.items():
        if not answer.references:
            continue
        compared += 1
        item = samples[clip_id]
        task = selection.tasks[item.dataset]
        given = of_letters(answer.references, item.options)
        ours, theirs = item.references, canonical_references(task, given, item.options)
        if task.is_exact and not theirs:
            theirs = given  # options and boundaries are compared as they are written
        if task.kind == "caption":
            said = {" ".join(text.split()) for text in ours}
            same = bool(theirs) and all(" ".join(text.split()) in said for text in theirs)
        else:
            same = set(ours) == set(theirs)
        if not same:
            other.append(clip_id)
    return {"references_compared": compared, "references_differ": len(other), "differ_first": sorted(other)[:_SHOWN]}
