"""The exam of musical structure: forms of two sections to five, whose letters last unequally long."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from mudata.catalog.compose.exam_plan import ComposedExam, ComposedItem, ExamPlan, same
from mudata.catalog.compose.metres import METRES
from mudata.catalog.compose.piece import ROLES, PieceSection
from mudata.catalog.compose.traits import Series, of_level

if TYPE_CHECKING:
    from mudata.catalog.cards.card_task import Level
    from mudata.catalog.compose.draws import Draws
    from mudata.catalog.compose.metres import Metre

FORMS = ("AB", "AAB", "ABA", "ABB", "ABC", "AABA", "ABAB", "ABACA")
"""Without introductions, whose letter would be a matter of opinion."""

PHRASE_BARS = range(3, 9)
"""Lengths of phrases, no two alike in a piece: where one section ends says nothing of where the next does."""

SHORTEST_S = 4
"""Of a section: what is shorter is hardly heard as one."""

_SECONDS = (24, 28)
"""Of a piece, without its closing chord: 30 s with it, which is what many models hear."""

_BPM = (84, 176)


def structure(seed: int, n: int, level: Level) -> ExamPlan:
    """Every form equally often; length, tempo and bars of each letter are drawn for each piece.

    Sections that come again are the same note by note when easy, varied otherwise; when hard, letters have the same
    drums and register, and no cymbal tells where one begins.
    """
    series = Series(seed, "structure", n)
    forms = series.draws("forms").rounds(FORMS, n)
    metres = series.draws("metres").rounds(("3/4", "4/4"), n)
    pieces = []
    for number in range(n):
        form, signature = forms[number], METRES[metres[number]]
        phrases, bpm = _phrases(form, signature, series.draws("phrases", number))
        traits = of_level(level, series.draws("traits", number)) | {"contrast": level != "hard"}
        pieces.append(
            series.piece(
                number,
                metre=signature.name,
                tempo=bpm,
                sections=_sections(form, phrases, varied=level != "easy"),
                phrases=phrases,
                roles=("drums", "bass", "chords", "melody", "pad") if level == "easy" else ROLES[:4],
                **traits,
            )
        )
    items = [
        ComposedItem(id=f"{p.id}.{task}", task=task, clips=(p.id,), truth=truth, cluster=p.source)
        for p in pieces
        for task, truth in (("form", p.form), ("boundaries", p.facts()["boundaries"]))
    ]
    return ExamPlan(tuple(pieces), tuple(items))


def _phrases(form: str, metre: Metre, draws: Draws) -> tuple[dict[str, int], Decimal]:
    """Bars by letter, and the tempo; drawn with the length of the piece until tempo and sections are within bounds."""
    beats = len(metre.beats)
    while True:
        bars = dict(zip(sorted(set(form)), draws.shuffled(PHRASE_BARS), strict=False))
        total = sum(bars[letter] for letter in form)
        tenths = 10 * _SECONDS[0] + draws.below(10 * (_SECONDS[1] - _SECONDS[0]) + 1)
        bpm = Decimal(round(Fraction(6000 * beats * total, tenths))) / 10
        shortest = Fraction(60 * beats * min(bars.values())) / Fraction(bpm)
        if _BPM[0] <= bpm <= _BPM[1] and shortest >= SHORTEST_S:
            return bars, bpm


def _sections(form: str, phrases: dict[str, int], *, varied: bool) -> tuple[PieceSection, ...]:
    times: Counter[str] = Counter()
    sections = []
    for letter in form:
        sections.append(PieceSection(letter, phrases[letter], variant=times[letter] if varied else 0))
        times[letter] += 1
    return tuple(sections)


STRUCTURE_EXAM = ComposedExam(
    name="structure",
    title="Structure: form and boundaries",
    version=2,
    plan=structure,
    balanced=same({"forms": len(FORMS)}),
    tasks={
        "form": {"kind": "structure", "asks": "form", "noun": "form"},
        "boundaries": {"kind": "structure", "asks": "boundaries", "noun": "boundaries of the sections"},
    },
)
