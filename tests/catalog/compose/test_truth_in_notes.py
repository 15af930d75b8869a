"""What is asked is what is played: truths measured again, from nothing but the notes in seconds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from itertools import combinations, pairwise
from math import gcd
from typing import TYPE_CHECKING

import pytest

from mudata.catalog.cards.card_task import LEVELS
from mudata.catalog.compose.arrangement import arrange
from mudata.catalog.compose.exam_plan import ExamPlan, ExamRequest
from mudata.catalog.compose.exams import planned
from mudata.catalog.compose.performance import rendered_parts
from mudata.catalog.symbolic.consonance import mean_dyadic_consonance
from mudata.catalog.symbolic.rhythm_complexity import (
    CyclicRhythm,
    longuet_higgins_lee,
    weighted_note_to_beat_distance,
)

if TYPE_CHECKING:
    from mudata.catalog.compose.piece import ComposedPiece
    from mudata.catalog.render.events import RenderedNote, RenderedPart

TONICS = {"C": 0, "Db": 1, "D": 2, "Eb": 3, "E": 4, "F": 5, "F#": 6, "G": 7, "Ab": 8, "A": 9, "Bb": 10, "B": 11}
KICK, CRASH = 36, 49


def plan_of(exam: str, n: int, level: str = "standard") -> ExamPlan:
    return planned(ExamRequest(exam=exam, seed=11, n=n, level=level))


def played(piece: ComposedPiece) -> dict[str, RenderedPart]:
    return dict(zip(piece.roles, rendered_parts(arrange(piece)), strict=True))


def onsets(part: RenderedPart, *pitches: int) -> list[float]:
    return sorted({note.start_s for note in part.notes if not pitches or note.pitch in pitches})


def chords_heard(piece: ComposedPiece) -> list[tuple[float, float, frozenset[int]]]:
    """(start, end, pitch classes) of what the pad holds, which is every chord of the piece."""
    pad = played(replace(piece, roles=(*piece.roles, "pad") if "pad" not in piece.roles else piece.roles))["pad"]
    notes: dict[tuple[float, float], set[int]] = defaultdict(set)
    for note in pad.notes:
        notes[note.start_s, note.end_s].add(note.pitch % 12)
    return [(start, end, frozenset(classes)) for (start, end), classes in sorted(notes.items())]


@pytest.mark.parametrize("level", LEVELS)
def test_tempo_is_the_pace_of_the_bass_and_the_drums(level: str) -> None:
    """Of all tempi in the neighbourhood, only the true one (and its multiples) has all onsets on its grid."""
    for piece in plan_of("tempo", 20, level).pieces:
        truth = float(piece.facts()["tempo_bpm"])
        parts = played(piece)
        grid = 12 if piece.idiom == "swing" else 4
        times = [t for role in ("drums", "bass", "chords") for t in onsets(parts[role])]

        def off(bpm: float, times: list[float] = times, grid: int = grid) -> float:
            phases = [t * bpm / 60 * grid for t in times]
            return sum(abs(p - round(p)) for p in phases) / len(phases)

        assert off(truth) < 1e-6
        assert min(off(truth * 1.01**k) for k in range(-10, 11) if k) > 0.05
        downbeats = onsets(parts["bass"])
        assert downbeats[-1] == pytest.approx(piece.bars * int(piece.metre[0]) * 60 / truth)


@pytest.mark.parametrize("level", LEVELS)
def test_the_bar_is_what_chords_change_by(level: str) -> None:
    for piece in plan_of("metre", 35, level).pieces:
        if piece.chords_per_bar > 1:
            continue
        numerator, denominator = (int(part) for part in piece.metre.split("/"))
        quarters = Fraction(numerator * 4, denominator)
        per_minute = Fraction(piece.facts()["tempo_bpm"])
        quarter_s = 60 / (per_minute * (Fraction(3, 2) if piece.facts()["tempo_unit"] == "dotted quarter" else 1))
        changes = [start for start, _, _ in chords_heard(piece)]
        eighths = [round(Fraction(start) / quarter_s * 2) for start in changes]
        assert reduce(gcd, eighths) == quarters * 2
        assert piece.bars >= 8
        assert len(changes) == piece.bars + 1


@pytest.mark.parametrize("level", LEVELS)
def test_every_piece_ends_on_the_triad_of_its_key_and_its_bass_on_the_tonic(level: str) -> None:
    for piece in plan_of("key", 48, level).pieces:
        tonic, mode = piece.facts()["key"].split()
        triad = {(TONICS[tonic] + i) % 12 for i in ((0, 4, 7) if mode == "major" else (0, 3, 7))}
        parts = played(piece)
        assert {note.pitch % 12 for note in last(parts["chords"])} == triad
        assert {note.pitch % 12 for note in last(parts["bass"])} == {TONICS[tonic]}
        assert chords_heard(piece)[0][2] >= triad


def last(part: RenderedPart) -> list[RenderedNote]:
    end = max(note.start_s for note in part.notes)
    return [note for note in part.notes if note.start_s == end]


def test_what_sounds_is_of_the_scale_but_for_the_leading_note_of_minor() -> None:
    for piece in plan_of("key", 48).pieces:
        tonic, mode = piece.facts()["key"].split()
        scale = {
            (TONICS[tonic] + i) % 12 for i in ((0, 2, 4, 5, 7, 9, 11) if mode == "major" else (0, 2, 3, 5, 7, 8, 10))
        }
        notes = [note for role, part in played(piece).items() if role != "drums" for note in part.notes]
        inside = sum(n.end_s - n.start_s for n in notes if n.pitch % 12 in scale)
        assert inside / sum(n.end_s - n.start_s for n in notes) > (0.97 if mode == "major" else 0.8), piece


@pytest.mark.parametrize("level", LEVELS)
def test_the_second_half_lies_as_many_semitones_higher_as_is_said(level: str) -> None:
    plan = plan_of("modulation", 24, level)
    said = {item.clips[0]: int(item.truth) for item in plan.items if item.task == "semitones"}
    changes = {item.clips[0]: item.truth for item in plan.items if item.task == "modulation"}
    assert {id_ for id_, truth in changes.items() if "another" in truth} == set(said)
    for piece in plan.pieces:
        middle = float(piece.seconds(piece.bars // 2))
        for role, part in played(piece).items():
            first = [n for n in part.notes if n.start_s < middle - 1e-9]
            second = [n for n in part.notes if middle - 1e-9 <= n.start_s < 2 * middle - 1e-9]
            moved = {b.pitch - a.pitch for a, b in zip(first, second, strict=True)}
            assert moved == {0 if role == "drums" else said.get(piece.id, 0)}


@pytest.mark.parametrize("level", LEVELS)
def test_as_many_parts_play_as_is_said_each_in_every_phrase(level: str) -> None:
    plan = plan_of("parts", 30, level)
    for piece, item in zip(plan.pieces, plan.items, strict=True):
        parts = played(piece)
        sounding = [part for part in parts.values() if sum(n.end_s - n.start_s for n in part.notes) >= 2]
        sounding_drums = [part for part in parts.values() if part.is_drum]
        assert len({*map(id, sounding), *map(id, sounding_drums)}) == int(item.truth)
        families = [part.program // 8 for part in parts.values() if not part.is_drum]
        assert len(set(families)) == len(families)
        phrase = 4 * piece.measure.bar * piece.tick_s
        whole = piece.bars // 4
        for part in parts.values():
            assert set(range(whole)) <= {int(note.start_s / phrase + 1e-9) for note in part.notes}


def structure_cut(piece: ComposedPiece, truth: str) -> list[dict[str, list[tuple[int, int, int]]]]:
    """The notes of each section by role, in ticks from its beginning; cut at what is said to be the boundaries."""
    parts, tick = played(piece), piece.tick_s
    edges = [0.0, *map(float, truth.split()), max(note.start_s for note in parts["bass"].notes)]
    return [
        {
            role: sorted(
                (round((n.start_s - start) / tick), round((n.end_s - start) / tick), n.pitch)
                for n in part.notes
                if start - 1e-3 <= n.start_s < end - 1e-3 and not (part.is_drum and n.pitch == CRASH)
            )
            for role, part in parts.items()
        }
        for start, end in pairwise(edges)
    ]


@pytest.mark.parametrize("level", LEVELS)
def test_sections_begin_where_the_cymbal_says_unless_it_is_hard(level: str) -> None:
    plan = plan_of("structure", 24, level)
    truth = {item.clips[0]: item.truth for item in plan.items if item.task == "boundaries"}
    for piece in plan.pieces:
        crashes = onsets(played(piece)["drums"], CRASH)
        if level == "hard":
            assert len(crashes) == 1  # the closing chord
        else:
            assert crashes[0] == 0
            assert [f"{t:.3f}" for t in crashes[1:-1]] == truth[piece.id].split()


@pytest.mark.parametrize("level", LEVELS)
def test_equal_letters_have_equal_basses_and_themes_and_are_played_otherwise_unless_it_is_easy(level: str) -> None:
    plan = plan_of("structure", 40, level)
    truth = {(item.clips[0], item.task): item.truth for item in plan.items}
    kept = []
    for piece in plan.pieces:
        cut = structure_cut(piece, truth[piece.id, "boundaries"])
        letters: dict[str, str] = {}
        for section in cut:
            letters.setdefault(repr(section["bass"]), "ABCDE"[len(letters)])
        assert "".join(letters[repr(section["bass"])] for section in cut) == truth[piece.id, "form"]
        for (one, first), (other, again) in combinations(zip(piece.form, cut, strict=True), 2):
            harmony = [{(start, p % 12) for start, _, p in section["chords"]} for section in (first, again)]
            assert (one == other) == (harmony[0] == harmony[1])
            if one != other:
                assert first["melody"] != again["melody"]
            elif level == "easy":
                assert first == again
            else:
                assert first["chords"] != again["chords"]
                theme = {(start, pitch) for start, _, pitch in first["melody"]}
                kept.append(len(theme & {(start, pitch) for start, _, pitch in again["melody"]}) / len(theme))
    assert level == "easy" or (min(kept) >= 0.4 and 0.7 < sum(kept) / len(kept) < 0.95)


@pytest.mark.parametrize(("level", "wide", "high"), [("easy", 2, 4), ("standard", 1, 2), ("hard", 0.5, 1)])
def test_the_melody_said_to_be_more_syncopated_is_by_both_measures(level: str, wide: float, high: int) -> None:
    plan = plan_of("rhythmic_complexity", 12, level)
    pieces = {piece.id: piece for piece in plan.pieces}
    for item in plan.items:
        values = []
        for id_ in item.clips:
            piece = pieces[id_]
            step = 60 / float(piece.facts()["tempo_bpm"]) / 4
            swung = piece.idiom == "swing"
            bars: dict[int, list[int]] = defaultdict(list)
            for start in onsets(played(piece)["melody"])[:-1]:
                place = start / step
                bar, within = divmod(place + 1e-6, 16)
                bars[int(bar)].append(_straight(within) if swung else round(within))
            rhythms = {tuple(bar) for number, bar in bars.items() if number < piece.bars}
            assert len(rhythms) == 1
            rhythm = CyclicRhythm(rhythms.pop(), (2, 2, 2, 2), 4)
            values.append((weighted_note_to_beat_distance(rhythm), longuet_higgins_lee(rhythm), len(rhythm.onsets)))
        more, less = values if item.truth == "first" else values[::-1]
        assert more[0] - less[0] >= wide
        assert more[1] - less[1] >= high
        assert more[2] == less[2]


def _straight(place: float) -> int:
    """The sixteenth that a swung one was written as."""
    beat, within = divmod(place, 4)
    return round(4 * beat + (within * 3 / 4 if within < 8 / 3 else 2 + (within - 8 / 3) * 3 / 2))


@pytest.mark.parametrize(
    ("level", "dissonance", "density"), [("easy", 0.2, 1.5), ("standard", 0.15, 0.75), ("hard", 0.1, 0.25)]
)
def test_the_harmony_said_to_be_more_complex_is_by_both_measures(level: str, dissonance: float, density: float) -> None:
    plan = plan_of("harmonic_complexity", 8, level)
    pieces = {piece.id: piece for piece in plan.pieces}
    for item in plan.items:
        values = []
        for id_ in item.clips:
            piece = pieces[id_]
            heard = chords_heard(piece)[:-1]
            total = sum(end - start for start, end, _ in heard)
            consonance = sum(mean_dyadic_consonance(classes) * (end - start) for start, end, classes in heard) / total
            bar = piece.measure.bar * piece.tick_s
            distinct = len({(int(start / bar + 1e-6), classes) for start, _, classes in heard}) / piece.bars
            values.append((consonance, distinct))
        more, less = values if item.truth == "first" else values[::-1]
        assert less[0] - more[0] >= dissonance - 1e-9
        assert more[1] - less[1] >= density - 1e-9
