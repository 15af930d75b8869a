"""Which runs of a suite's exam stand in its tables: those of one edition of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mudata.evaluation.comparison.exam_editions import by_edition, editions_of

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.evaluation.run_settings import RunSettings
    from mudata.narration import Progress


class RunOfExam(NamedTuple):
    """A run, and the exam of a suite that it was asked."""

    exam: str
    run: Run
    settings: RunSettings


def of_one_edition(runs: Sequence[RunOfExam], progress: Progress) -> list[RunOfExam]:
    """Of each exam the runs of one edition: of the card's where any is of that, else of the one that was asked last.
    Who is left out is told."""
    kept: list[RunOfExam] = []
    for exam in dict.fromkeys(one.exam for one in runs):
        groups = by_edition((one for one in runs if one.exam == exam), lambda one: editions_of(one.settings))
        counted = max(groups, key=_rank)
        kept += counted
        for one in (one for group in groups if group is not counted for one in group):
            theirs = "; ".join(f"{name} {edition.words}" for name, edition in editions_of(one.settings).items())
            ours = "; ".join(edition.words for edition in editions_of(counted[0].settings).values())
            progress.say(f"Left out: {one.run.id} is of another edition ({theirs}) than the runs shown ({ours}).")
    return kept


def _rank(group: Sequence[RunOfExam]) -> tuple[bool, str]:
    is_other = any(edition.is_other for one in group for edition in editions_of(one.settings).values())
    return not is_other, max(one.settings.created_at for one in group)
