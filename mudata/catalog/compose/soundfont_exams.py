"""Exams of recorded instruments: which families play, and which of two clips is brighter, quicker or louder."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import TYPE_CHECKING

from mudata.catalog.compose.draws import Draws, evenly
from mudata.catalog.compose.exam_plan import ComposedExam, ComposedItem, ExamPlan, same
from mudata.catalog.compose.metres import METRES, TOLD_APART
from mudata.catalog.compose.pair_exams import FIRST, SECOND
from mudata.catalog.compose.piece import PHRASE, ROLES, Role, bars_near, phrased
from mudata.catalog.compose.traits import SECONDS, Series

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mudata.catalog.cards.card_task import Level

_FAMILY_PROGRAMS = {
    "piano": (0, 1, 4), "organ": (16, 19), "guitar": (24, 25, 26), "strings": (40, 42, 48), "brass": (56, 57, 61),
    "reeds": (65, 68, 71), "flutes": (73, 74), "mallets": (11, 12),
}  # fmt: skip
"""Programs by family, of General MIDI's families those that a listener tells apart."""

_PLAYS: dict[str, tuple[Role, ...]] = {
    "piano": ("chords", "melody", "counter"), "organ": ("chords", "pad", "counter"), "guitar": ("chords", "melody"),
    "strings": ("pad", "chords", "counter"), "brass": ("melody", "counter"), "reeds": ("melody", "counter"),
    "flutes": ("melody", "counter"), "mallets": ("melody", "counter", "chords"),
}  # fmt: skip
"""What each can play, the most usual first."""

FAMILIES = (*_FAMILY_PROGRAMS, "bass", "drums")
_SIZES = (2, 2, 3, 3, 3, 3, 4, 4)
"""Pitched families of each of eight pieces, bass apart."""


def instrumentation(seed: int, n: int, level: Level) -> ExamPlan:
    """Each of eight families in three of eight pieces, bass and drums in every other one."""
    series = Series(seed, "instrumentation", n)
    draws = series.draws("families")
    sets = [chosen for _ in range(n // len(_SIZES)) for chosen in _dealt(draws)]
    rhythm = draws.rounds(((), ("bass",), ("drums",), ("bass", "drums")), n)
    metres = series.draws("metres").rounds(TOLD_APART, n)
    tempi = series.draws("order").shuffled(evenly(84, 150, n, series.draws("tempi")))
    quiet = {"easy": 1.0, "standard": 0.75, "hard": 0.5}[level]
    pieces = []
    for number in range(n):
        signature = METRES[metres[number]]
        played = sets[number]
        programs = {role: draws.choice(_FAMILY_PROGRAMS[family]) for family, role in played.items()}
        roles = tuple(role for role in ROLES if role in programs or role in rhythm[number])
        pieces.append(
            series.piece(
                number,
                metre=signature.name,
                tempo=tempi[number],
                sections=phrased(bars_near(SECONDS, signature, tempi[number], PHRASE)),
                roles=roles,
                programs=programs,
                families=tuple(f for f in FAMILIES if f in played or f in rhythm[number]),
                syncopation=1,
                gains={"pad": quiet * 2, "counter": quiet * 1.3, "chords": quiet * 1.4},
            )
        )
    return ExamPlan(tuple(pieces), ())


def _dealt(draws: Draws) -> list[dict[str, Role]]:
    """Families and the roles they play in eight pieces: every family three times, and never twice in a piece."""
    while True:
        deck = draws.shuffled(list(_FAMILY_PROGRAMS) * 3)
        sets = []
        for size in draws.shuffled(_SIZES):
            played = _assigned(deck[:size])
            if not played:
                break
            sets.append(played)
            deck = deck[size:]
        else:
            return sets


def _assigned(families: list[str]) -> dict[str, Role]:
    """A role of its own for each; nothing if there are none such, or one family is there twice."""
    if len(set(families)) < len(families):
        return {}
    wanted: tuple[Role, ...] = ("melody", "chords", "counter", "pad")
    for roles in permutations(wanted, len(families)):
        if "melody" in roles and all(role in _PLAYS[f] for f, role in zip(families, roles, strict=True)):
            return dict(zip(families, roles, strict=True))
    return {}


_VOICES = (0, 4, 6, 8, 11, 19, 22, 24, 29, 40, 45, 48, 52, 56, 59, 60, 65, 68, 71, 73, 75, 80, 81, 89)
"""Programs that play a melody alone."""

_ASKED = {
    "brighter": ("centroid_hz", "Which of the two clips sounds brighter, with more of its sound in high frequencies?"),
    "slower_attack": ("attack_s", "In which of the two clips do the notes begin more slowly?"),
    "louder": ("rms", "Which of the two clips is louder on average?"),
}
"""Task -> what is measured, and the question."""

_GAPS = {"easy": 1.5, "standard": 1.2, "hard": 1.2}
"""The greater is at least so many times the smaller; when hard, as little more as there is."""

_LEAST = {"attack_s": 0.02}
"""And is at least so much greater: of two quick attacks nobody hears which is slower. Chosen here."""


def timbre(seed: int, n: int, _level: Level) -> ExamPlan:
    """Melodies alone, each on three instruments; what is asked of them is measured when they have been played."""
    series = Series(seed, "timbre", n)
    tempi = series.draws("order").shuffled(evenly(84, 120, n, series.draws("tempi")))
    pieces = []
    for number in range(n):
        voices = series.draws("voices", number).shuffled(_VOICES)[:3]
        pieces += [
            series.piece(
                number,
                3 * number + i,
                metre="4/4",
                tempo=tempi[number],
                sections=phrased(bars_near(SECONDS // 2, METRES["4/4"], tempi[number], PHRASE)),
                roles=("melody",),
                programs={"melody": voice},
            )
            for i, voice in enumerate(voices)
        ]
    return ExamPlan(tuple(pieces), ())


def timbre_items(plan: ExamPlan, level: Level, values: Mapping[str, Mapping[str, float]]) -> tuple[ComposedItem, ...]:
    """Of each melody and measure the pair of clips that differ most (when hard, least), of those that differ enough.

    `values`: of each clip, by measure. The greater is the first as often as the second, as near as the number of pairs
    allows.
    """
    by_source: dict[str, list[str]] = {}
    for piece in plan.pieces:
        by_source.setdefault(piece.source, []).append(piece.id)
    items = []
    for task, (measure, question) in _ASKED.items():
        found = []
        for source, clips in by_source.items():
            rising = sorted(clips, key=lambda clip: (values[clip][measure], clip))
            apart = [
                (values[more][measure] / values[less][measure], less, more)
                for less, more in combinations(rising, 2)
                if values[more][measure] >= _GAPS[level] * values[less][measure]
                and values[more][measure] - values[less][measure] >= _LEAST.get(measure, 0)
            ]
            if apart:
                _, less, more = min(apart) if level == "hard" else max(apart)
                found.append((source, less, more))
        answers = Draws(plan.pieces[0].source, task).rounds((FIRST, SECOND), len(found))
        for (source, less, more), answer in zip(found, answers, strict=True):
            items.append(
                ComposedItem(
                    id=f"timbre.{int(source.rpartition('/')[2]) + 1:04d}.{task}",
                    task=task,
                    clips=(more, less) if answer == FIRST else (less, more),
                    truth=answer,
                    cluster=source,
                    question=question,
                    options=(FIRST, SECOND),
                )
            )
    return tuple(items)


def _label(family: str) -> dict[str, object]:
    more: dict[str, dict[str, object]] = {
        "reeds": {"aliases": ["reed"], "hyponyms": ["saxophone", "clarinet", "oboe"]},
        "flutes": {"aliases": ["flute"], "hyponyms": ["recorder"]},
        "mallets": {"aliases": ["mallet percussion"], "hyponyms": ["vibraphone", "marimba"]},
        "strings": {"hyponyms": ["violin", "cello", "string ensemble"]},
        "brass": {"hyponyms": ["trumpet", "trombone", "brass section"]},
        "drums": {"aliases": ["drum kit", "drum set"], "synonyms": ["percussion"]},
        "bass": {"aliases": ["bass guitar", "double bass"]},
        "guitar": {"hyponyms": ["acoustic guitar", "electric guitar"]},
        "organ": {"hyponyms": ["church organ"]},
        "piano": {"hyponyms": ["electric piano", "grand piano"]},
    }
    return {"id": family} | more[family]


SOUNDFONT_EXAMS = (
    ComposedExam(
        name="instrumentation", title="Instrumentation: the families that play", version=1, plan=instrumentation,
        balanced=same({"families": len(_SIZES)}), needs_soundfont=True, tags=("instrument",),
        tasks={"families": {"kind": "tag", "namespace": "family", "noun": "instrument families"}},
        labels={"family": [_label(family) for family in FAMILIES]},
    ),
    ComposedExam(
        name="timbre", title="Timbre: which of two clips is brighter, begins more slowly, is louder", version=1,
        plan=timbre, balanced=same({"answers": 2}), unit="melodies", needs_soundfont=True, standard=60,
        items_heard=timbre_items, tags=("instrument",),
        tasks={
            "brighter": {"kind": "pair", "noun": "brighter clip"},
            "slower_attack": {"kind": "pair", "noun": "clip with the slower attack"},
            "louder": {"kind": "pair", "noun": "louder clip"},
        },
    ),
)  # fmt: skip
