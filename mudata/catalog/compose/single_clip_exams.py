"""Exams that ask about one piece at a time: tempo, metre, key, modulation, number of parts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from mudata.catalog.cards.card_task import LEVELS
from mudata.catalog.compose.draws import evenly
from mudata.catalog.compose.exam_plan import ComposedExam, ComposedItem, ExamPlan, same
from mudata.catalog.compose.metres import METRES, TOLD_APART
from mudata.catalog.compose.piece import PHRASE, ROLES, ComposedPiece, Role, bars_near, phrased
from mudata.catalog.compose.progressions import MODES
from mudata.catalog.compose.traits import SECONDS, Series, of_level

if TYPE_CHECKING:
    from mudata.catalog.cards.card_task import Level
    from mudata.catalog.compose.draws import Draws

TEMPO_METRES = ("2/4", "3/4", "4/4", "5/4")
"""Metres whose beat is the quarter and nothing else."""


def _item(piece: ComposedPiece, task: str, truth: str, *, category: str | None = None) -> ComposedItem:
    return ComposedItem(
        id=f"{piece.id}.{task}", task=task, clips=(piece.id,), truth=truth, cluster=piece.source, category=category
    )


def tempo(seed: int, n: int, level: Level) -> ExamPlan:
    """Tempi log-uniform from 60 to 180; every piece at two of them, a factor of the square root of 3 apart."""
    half = n // 2
    series = Series(seed, "tempo", half)
    tempi = evenly(60, 180, n, series.draws("tempi"))
    order = series.draws("order").shuffled(range(half))
    metres = series.draws("metres").rounds(TEMPO_METRES, half)
    pieces = []
    for number in range(half):
        traits = of_level(level, series.draws("traits", number))
        for twin in (0, 1):
            bpm, metre = tempi[order[number] + twin * half], METRES[metres[number]]
            pieces.append(
                series.piece(
                    number,
                    2 * number + twin,
                    metre=metre.name,
                    tempo=bpm,
                    sections=phrased(bars_near(SECONDS, metre, bpm, PHRASE)),
                    **traits,
                )
            )
    return ExamPlan(
        tuple(pieces), tuple(_item(p, "tempo", p.facts()["tempo_bpm"], category=_pace(p.tempo)) for p in pieces)
    )


def _pace(bpm: Decimal) -> str:
    """Thirds of the range of tempi, on its logarithmic scale."""
    return "slow" if bpm < Decimal("86.5") else "medium" if bpm < Decimal("124.8") else "fast"


def metre(seed: int, n: int, level: Level) -> ExamPlan:
    """Every metre equally often, at least eight bars of it."""
    series = Series(seed, "metre", n)
    names = tuple(METRES) if level == "hard" else TOLD_APART
    metres = series.draws("metres").rounds(names, n)
    pieces = []
    tempi = series.draws("order").shuffled(evenly(100, 168, n, series.draws("tempi")))
    for number in range(n):
        signature = METRES[metres[number]]
        bpm = tempi[number] if signature.unit_name == "quarter" else (tempi[number] * 6 / 10).quantize(Decimal("0.1"))
        traits = of_level(level, series.draws("traits", number)) | {"beat": "plain"}
        pieces.append(
            series.piece(
                number,
                metre=signature.name,
                tempo=bpm,
                sections=phrased(bars_near(SECONDS, signature, bpm, 8)),
                **traits,
            )
        )
    return ExamPlan(tuple(pieces), tuple(_item(p, "metre", p.metre) for p in pieces))


def key(seed: int, n: int, level: Level) -> ExamPlan:
    """All 24 keys equally often; every piece in two of them, transposed."""
    series = Series(seed, "key", n // 2)
    draws = series.draws("tonics")
    pairs = []
    for _ in range(n // 24):
        for mode in MODES:
            tonics = draws.shuffled(range(12))
            pairs += [(mode, tonics[i : i + 2]) for i in range(0, 12, 2)]
    pairs = draws.shuffled(pairs)
    metres = series.draws("metres").rounds(TOLD_APART, n // 2)
    tempi = series.draws("order").shuffled(evenly(80, 150, n // 2, series.draws("tempi")))
    pieces = []
    for number, (mode, tonics) in enumerate(pairs):
        signature = METRES[metres[number]]
        traits = of_level(level, series.draws("traits", number))
        sections = phrased(bars_near(SECONDS, signature, tempi[number], PHRASE))
        if level == "easy":  # no section leaves the tonic, and little hides it
            sections = tuple(replace(section, letter="A") for section in sections)
            traits |= {"gains": {"drums": 0.4}, "roles": (*ROLES[:4], "pad")}
        if level == "standard":
            traits |= {"beat": "plain", "gains": {"drums": 0.7}}
        if level == "hard":
            traits |= {"chords_per_bar": 2, "inserted": 40, "gains": {"drums": 1.25}}
        for twin, tonic in enumerate(tonics):
            pieces.append(
                series.piece(
                    number,
                    2 * number + twin,
                    metre=signature.name,
                    tempo=tempi[number],
                    tonic=tonic,
                    mode=mode,
                    sections=sections,
                    **traits,
                )
            )
    return ExamPlan(tuple(pieces), tuple(_item(p, "key", p.key, category=p.mode) for p in pieces))


STAYS, CHANGES = "it stays in the same key", "it changes to another key"
SHIFTS = (1, 2, 3, 4, 5, 6)
"""Semitones upwards: everything that has a pitch moves, so that no octave is in doubt."""


def modulation(seed: int, n: int, level: Level) -> ExamPlan:
    """Every piece twice: its second half in the same key, and some semitones higher."""
    half = n // 2
    series = Series(seed, "modulation", half)
    shifts = series.draws("shifts").rounds(SHIFTS, half)
    tempi = series.draws("order").shuffled(evenly(84, 150, half, series.draws("tempi")))
    metres = series.draws("metres").rounds(("3/4", "4/4"), half)
    pieces, items = [], []
    for number in range(half):
        signature = METRES[metres[number]]
        bars = bars_near(SECONDS // 2, signature, tempi[number], PHRASE) // PHRASE * PHRASE
        traits = of_level(level, series.draws("traits", number))
        if level == "hard":
            traits |= {"chords_per_bar": 2, "inserted": 25}
        first = number + series.draws("first", number).below(2)  # which of the two comes first says nothing
        for twin in (0, 1):
            shift = shifts[number] if (first + twin) % 2 else 0
            piece = series.piece(
                number,
                2 * number + twin,
                metre=signature.name,
                tempo=tempi[number],
                sections=(*phrased(bars), *(replace(section, shift=shift) for section in phrased(bars))),
                **traits,
            )
            pieces.append(piece)
            asked = _item(piece, "modulation", CHANGES if shift else STAYS)
            items.append(
                replace(
                    asked,
                    options=(STAYS, CHANGES),
                    question="The second half of this piece may be in another key than the first. Which is true?",
                )
            )
            if shift:
                how_far = "In the middle of this piece everything moves up to another key, by 1 to 6 semitones. "
                items.append(
                    replace(
                        _item(piece, "semitones", str(shift)),
                        question=how_far + "How many semitones higher is the second half?",
                    )
                )
    return ExamPlan(tuple(pieces), tuple(items))


_APART: dict[Role, tuple[int, ...]] = {
    "bass": (33,),
    "chords": (0, 16, 24),
    "melody": (56, 73, 66),
    "counter": (42, 11),
    "pad": (52,),
}
"""Programs of which no two that play together are of one family."""


def parts(seed: int, n: int, level: Level) -> ExamPlan:
    """One part to five (hard: six), each as often; every one plays in every phrase, no two are of one family."""
    series = Series(seed, "parts", n)
    counts = series.draws("counts").rounds(range(1, 7 if level == "hard" else 6), n)
    metres = series.draws("metres").rounds(TOLD_APART, n)
    tempi = series.draws("order").shuffled(evenly(84, 150, n, series.draws("tempi")))
    pieces = []
    for number in range(n):
        draws = series.draws("parts", number)
        signature = METRES[metres[number]]
        roles = _roles(counts[number], draws)
        pieces.append(
            series.piece(
                number,
                metre=signature.name,
                tempo=tempi[number],
                sections=phrased(bars_near(SECONDS, signature, tempi[number], PHRASE)),
                roles=roles,
                programs={role: draws.choice(_APART[role]) for role in roles if role != "drums"},
                syncopation=1,
                gains={"pad": 1.6, "counter": 1.2} if level == "easy" else {},
            )
        )
    return ExamPlan(tuple(pieces), tuple(_item(p, "parts", str(len(p.roles))) for p in pieces))


def _roles(count: int, draws: Draws) -> tuple[Role, ...]:
    """So many roles, melody or chords among them."""
    first = draws.choice(("melody", "chords"))
    others = draws.shuffled([role for role in ROLES if role != first])
    chosen = {first, *others[: count - 1]}
    return tuple(role for role in ROLES if role in chosen)


_BPM = {
    "unit": "bpm", "words": ["beats per minute"], "tolerance": 0.04, "octaves": [2, 0.5, 3, 0.3333], "low": 20,
    "high": 400,
}  # fmt: skip

SINGLE_CLIP_EXAMS = (
    ComposedExam(
        name="tempo", title="Tempo, log-uniform from 60 to 180 beats per minute", version=1, plan=tempo,
        tags=("beats",),
        balanced=same({"tempi of each piece": 2}),
        tasks={"tempo": {"kind": "number", "noun": "tempo", "scale": _BPM}},
    ),
    ComposedExam(
        name="metre", title="Metre", version=1, plan=metre, tags=("beats", "rhythm"),
        balanced={level: {"metres": 7 if level == "hard" else 5} for level in LEVELS},
        tasks={"metre": {"kind": "metre", "noun": "time signature"}},
    ),
    ComposedExam(
        name="key", title="Key, all 24", version=1, plan=key, balanced=same({"keys": 24}),
        tags=("keys",),
        tasks={"key": {"kind": "key", "noun": "key"}},
    ),
    ComposedExam(
        name="modulation", title="Modulation: the same key or not, and how far", version=1, plan=modulation,
        tags=("keys",),
        balanced=same({"distances, each with its piece that stays": 2 * len(SHIFTS)}),
        tasks={
            "modulation": {"kind": "choose", "noun": "change of key"},
            "semitones": {
                "kind": "number",
                "noun": "distance of the keys",
                "scale": {"unit": "semitones", "within": 0, "low": min(SHIFTS), "high": max(SHIFTS), "integer": True},
            },
        },
    ),
    ComposedExam(
        name="parts", title="Number of parts", version=1, plan=parts, tags=("instrument",),
        balanced={level: {"numbers of parts": 6 if level == "hard" else 5} for level in LEVELS},
        tasks={
            "parts": {
                "kind": "number",
                "noun": "number of parts",
                "scale": {
                    "unit": "parts", "words": ["instruments", "voices"], "within": 0, "low": 0, "high": 50,
                    "integer": True,
                },
            }
        },
    ),
)  # fmt: skip
