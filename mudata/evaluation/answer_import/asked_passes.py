"""Items as a file's answers were given to them: once, or in several passes, each with its options in the order shown or
for the answer in one of several formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from mudata.evaluation.answer_import.shown_options import ShownOptions, shown_options
from mudata.evaluation.tasks.option_order import pass_id

if TYPE_CHECKING:
    from mudata.evaluation.answer_import.import_request import ImportRequest
    from mudata.evaluation.answer_import.matching import Joined
    from mudata.evaluation.tasks.samples import Sample, SampleSet

_LETTERED, _NUMBERED = (
    re.compile(rf"(?<!\w)\(?{first}[).:](?=\s).*(?<!\w)\(?{second}[).:](?=\s)", re.DOTALL)
    for first, second in ("AB", "12")
)
"""Marks of the first and of the second option in a prompt."""


def in_passes(selection: SampleSet, joined: Joined) -> SampleSet:
    """Every item as often as the file has it asked, with the options as each pass showed them.

    An order counts its options as they are written, so those stay.
    """
    items, seen = [], []
    for item, shown in _passes(selection, joined):
        items.append(item)
        seen += [shown] if shown and shown.letters is not None else []
    if not seen:
        return replace(selection, items=tuple(items))
    letters = sum(bool(shown.letters) for shown in seen) * 2 > len(seen)
    numbered = sum(bool(shown.numbered) for shown in seen) * 2 > len(seen)
    tasks = {name: replace(task, letters=letters, numbered=numbered) for name, task in selection.tasks.items()}
    return replace(selection, items=tuple(items), tasks=tasks)


def as_told(selection: SampleSet, request: ImportRequest) -> SampleSet:
    """The same with options marked by letters or numbers, as whoever imports the answers says or their prompt shows."""
    letters = True if request.letters else _marks(request.prompt_text or "")
    if letters is None:
        return selection
    tasks = {
        name: replace(task, letters=letters, numbered=task.is_exact and not letters)
        for name, task in selection.tasks.items()
    }
    return replace(selection, tasks=tasks)


def _marks(prompt: str) -> bool | None:
    """Whether a prompt has '(A)' and '(B)' in it, or the like; False: '(1)' and '(2)'; None: neither."""
    found = [letters for letters, marks in ((True, _LETTERED), (False, _NUMBERED)) if marks.search(prompt)]
    return found[0] if len(found) == 1 else None


def _passes(selection: SampleSet, joined: Joined) -> Iterator[tuple[Sample, ShownOptions | None]]:
    for item in selection.items:
        task = selection.tasks[item.dataset]
        for number in range(joined.passes) if joined.passes > 1 else (None,):
            asked = item
            if number is not None and number < len(item.formats):
                asked = item.in_format(number)
            elif number is not None:
                asked = replace(item, item_id=pass_id(item.item_id, number), of=item.item_id, pass_number=number)
            answer = joined.answers.get(asked.item_id)
            shown = shown_options(item.options, answer) if answer and task.is_exact and item.options else None
            keep = shown is None or task.kind == "order"
            yield asked if keep or shown is None else replace(asked, options=shown.options), shown
