"""Every exam that can be composed, by name."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mudata.catalog.compose.pair_exams import PAIR_EXAMS
from mudata.catalog.compose.single_clip_exams import SINGLE_CLIP_EXAMS
from mudata.catalog.compose.soundfont_exams import SOUNDFONT_EXAMS
from mudata.catalog.compose.structure_exam import STRUCTURE_EXAM
from mudata.errors import UnknownName

if TYPE_CHECKING:
    from mudata.catalog.compose.exam_plan import ComposedExam, ExamPlan, ExamRequest

EXAMS = {exam.name: exam for exam in (*SINGLE_CLIP_EXAMS, STRUCTURE_EXAM, *PAIR_EXAMS, *SOUNDFONT_EXAMS)}


def exam_of(name: str) -> ComposedExam:
    """Raises UnknownName."""
    if name not in EXAMS:
        raise UnknownName("exam", name, EXAMS)
    return EXAMS[name]


@lru_cache(maxsize=4)
def planned(request: ExamRequest) -> ExamPlan:
    """The plan of an exam. Raises UnknownName, ArgumentError for an n that cannot be balanced."""
    exam = exam_of(request.exam)
    exam.require(request.n, request.level)
    return exam.plan(request.seed, request.n, request.level)
