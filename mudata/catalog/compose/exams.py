"""Every exam that can be composed, by name."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mudata.catalog.compose.pair_exams import PAIR_EXAMS
from mudata.catalog.compose.single_clip_exams import SINGLE_CLIP_EXAMS
from mudata.errors import UnknownName

if TYPE_CHECKING:
    from mudata.catalog.compose.exam_plan import ComposedExam, ExamPlan, Level

EXAMS = {exam.name: exam for exam in (*SINGLE_CLIP_EXAMS, *PAIR_EXAMS)}


def exam_of(name: str) -> ComposedExam:
    """Raises UnknownName."""
    if name not in EXAMS:
        raise UnknownName("exam", name, EXAMS)
    return EXAMS[name]


@lru_cache(maxsize=2)
def planned(name: str, seed: int, n: int, level: Level) -> ExamPlan:
    """The plan of an exam. Raises UnknownName, ArgumentError for an n that cannot be balanced."""
    exam = exam_of(name)
    exam.require(n, level)
    return exam.plan(seed, n, level)
