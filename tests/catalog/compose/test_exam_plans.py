"""Exams as they are planned: balanced, the same from the same seed, other from another, refused where none can be."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import astuple, replace
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from mudata.catalog.cards.card_task import LEVELS, CardTask
from mudata.catalog.cards.strict_model import Name
from mudata.catalog.compose.arrangement import arrange
from mudata.catalog.compose.exam_plan import MOST, ExamPlan, ExamRequest
from mudata.catalog.compose.exams import EXAMS, exam_of, planned
from mudata.catalog.compose.idioms import IDIOMS
from mudata.catalog.read import truth_spelling
from mudata.errors import ArgumentError, UnknownName

SMALL = {name: 2 * exam.multiple("standard") if exam.multiple("standard") > 6 else 12 for name, exam in EXAMS.items()}
SMALL |= {"metre": 10, "parts": 10}
WITH_ITEMS = [name for name, exam in EXAMS.items() if not exam.needs_soundfont]


def small(name: str, seed: int = 5) -> ExamPlan:
    return planned(ExamRequest(exam=name, seed=seed, n=SMALL[name]))


def digest(plan: ExamPlan) -> str:
    """Of the items, and of every note that is played for them."""
    notes = [[part.program, [list(note) for note in part.notes]] for p in plan.pieces for part in arrange(p).parts]
    items = [astuple(item) for item in plan.items]
    times = [[p.tempo.to_eng_string(), p.duration_s.hex(), [b.hex() for b in p.boundaries]] for p in plan.pieces]
    return hashlib.sha256(json.dumps([items, notes, times]).encode()).hexdigest()[:16]


def digests() -> dict[str, str]:
    return {name: digest(small(name)) for name in EXAMS}


PINNED: dict[str, str] = {
    "tempo": "12862b1ce2004320",
    "metre": "94027bf5ba141159",
    "key": "110ba1c947f15944",
    "modulation": "9c2401fb223b4408",
    "parts": "f294185e9cc01ff3",
    "structure": "42477fb4c3ea517e",
    "rhythmic_complexity": "08332a16892761b8",
    "harmonic_complexity": "09f07e584fe88e54",
    "instrumentation": "86ce9015b0625911",
    "timbre": "c82ec502fd044282",
}


def test_the_same_seed_gives_the_same_items_and_notes_for_ever() -> None:
    """A change here changes exams that people have been asked: raise the exam's version with it."""
    assert digests() == PINNED


def test_another_process_with_other_hashes_plans_the_same() -> None:
    code = "import test_exam_plans as t; print(t.digests())"
    env = os.environ | {"PYTHONHASHSEED": "123", "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parent)])}
    said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(digests())


@pytest.mark.parametrize("name", EXAMS)
def test_another_seed_gives_other_pieces(name: str) -> None:
    ours = {arrange(piece).parts for piece in small(name, 5).pieces}
    assert not ours & {arrange(piece).parts for piece in small(name, 6).pieces}


@pytest.mark.parametrize("name", EXAMS)
@pytest.mark.parametrize("level", LEVELS)
def test_truths_are_balanced_and_spelled_as_the_index_wants_them(name: str, level: str) -> None:
    exam = exam_of(name)
    n = exam.multiple(level) * (2 if exam.multiple(level) > 6 else 4)
    plan = planned(ExamRequest(exam=name, seed=9, n=n, level=level))
    durations = {piece.id: piece.duration_s for piece in plan.pieces}
    for task, asked in exam.tasks.items() if plan.items else ():
        of_task = [item for item in plan.items if item.task == task]
        truths = Counter(item.truth for item in of_task)
        if task not in ("tempo", "boundaries"):
            assert len(set(truths.values())) == 1, truths
        for item in of_task:
            card_task = CardTask.model_validate(asked)
            assert truth_spelling.spelled(card_task, item.truth, item.options, len(item.clips)) == item.truth
            assert set(item.clips) <= set(durations)
            assert len(item.clips) == (2 if asked["kind"] == "pair" else 1)
    assert len({item.id for item in plan.items}) == len(plan.items)
    assert len(durations) == len(plan.pieces)
    assert max(durations.values()) < (40 if level == "hard" else 31)


def test_no_boundaries_that_are_always_said_are_right_of_most_pieces() -> None:
    """Of half a minute a window of 3 s on either side is a fifth: boundaries every 6 s miss none, and F is about .7
    whatever is composed. Within .5 s it is low."""
    from mudata.evaluation.align.alignment import Shown
    from mudata.evaluation.kinds.kind_registry import kind_of
    from mudata.evaluation.kinds.question_kind import AskedItem

    plan = planned(ExamRequest(exam="structure", seed=3, n=120))
    durations = {piece.id: piece.duration_s for piece in plan.pieces}
    asked = [
        (item.truth, AskedItem(shown=Shown(), asks="boundaries", duration_s=durations[item.clips[0]]))
        for item in plan.items
        if item.task == "boundaries"
    ]
    kind = kind_of("structure")
    floors = {
        measure: max(
            sum(kind.score(answer, *pair)[measure] for pair in asked) / len(asked) for answer in kind.constants(asked)
        )
        for measure in ("boundary_f_500ms", "boundary_f_3s")
    }
    assert floors["boundary_f_500ms"] < 0.2
    assert floors["boundary_f_3s"] < 0.8


def test_sections_of_a_piece_last_unequally_long_and_are_heard_whole_within_30_s() -> None:
    for level in LEVELS:
        for piece in planned(ExamRequest(exam="structure", seed=3, n=80, level=level)).pieces:
            lengths = {section.letter: section.bars for section in piece.sections}
            assert len(set(lengths.values())) == len(lengths)
            edges = [0.0, *piece.boundaries, float(piece.seconds(piece.bars))]
            assert all(end - start >= 4 for start, end in pairwise(edges))
            assert 25 < piece.duration_s <= 30


@pytest.mark.parametrize("name", EXAMS)
def test_idioms_and_keys_come_as_often_as_they_can(name: str) -> None:
    exam = exam_of(name)
    n = -(-240 // exam.multiple("standard")) * exam.multiple("standard")
    plan = planned(ExamRequest(exam=name, seed=1, n=n))
    idioms, keys = (Counter(piece.idiom for piece in plan.pieces), Counter(piece.key for piece in plan.pieces))
    assert set(idioms) == {idiom.name for idiom in IDIOMS}
    assert len(keys) == 24
    twins = {"pieces": 2, "pairs": 2, "melodies": 3}[exam.unit]
    for counts in (idioms, keys):
        assert max(counts.values()) - min(counts.values()) <= twins


def test_twins_share_a_cluster_and_their_notes() -> None:
    for name, same in (("key", "tempo"), ("tempo", "tonic")):
        groups = defaultdict(list)
        plan = small(name)
        for piece in plan.pieces:
            groups[piece.source].append(piece)
        assert {len(twins) for twins in groups.values()} == {2}
        assert {item.cluster for item in plan.items} == set(groups)
        for one, other in groups.values():
            assert getattr(one, same) == getattr(other, same)
            assert one.key != other.key if name == "key" else one.tempo != other.tempo
            bars = min(one.bars, other.bars)
            ends = bars * one.measure.bar
            for mine, theirs in zip(arrange(one).parts, arrange(other).parts, strict=True):
                moved = 0 if mine.role == "drums" else _base(other.tonic) - _base(one.tonic)
                shown = [(n.start, n.end, n.pitch + moved, n.velocity) for n in mine.notes if n.start < ends]
                assert shown == [n for n in theirs.notes if n.start < ends]


def _base(tonic: int) -> int:
    return tonic if tonic <= 6 else tonic - 12


def test_distances_may_be_what_the_question_says_they_are_and_all_are_asked() -> None:
    """A scale that allowed more would make a uniform guess look worse than it is."""
    scale = EXAMS["modulation"].tasks["semitones"]["scale"]
    items = [item for item in small("modulation").items if item.task == "semitones"]
    assert {f"by {scale['low']} to {scale['high']} semitones" in str(item.question) for item in items} == {True}
    assert {int(item.truth) for item in items} == set(range(scale["low"], scale["high"] + 1))


def test_tempi_fill_the_range_on_a_logarithmic_scale() -> None:
    plan = planned(ExamRequest(exam="tempo", seed=3, n=90))
    tempi = sorted(float(item.truth) for item in plan.items)
    assert 60 <= tempi[0] < 62
    assert 177 < tempi[-1] <= 180
    assert Counter(item.category for item in plan.items) == {"slow": 30, "medium": 30, "fast": 30}


@pytest.mark.parametrize(
    ("exam", "n", "level", "told"),
    [
        ("key", 50, "standard", r"50 pieces cannot have 24 keys equally often; .* multiple of 24, from 24 to 9984"),
        ("metre", 12, "hard", r"7 metres equally often"),
        ("structure", 10_002, "standard", r"10002 pieces .* from 8 to 10000"),
        ("tempo", 0, "standard", r"0 pieces"),
        ("rhythmic_complexity", 7, "standard", r"7 pairs cannot have 2 answers"),
    ],
)
def test_what_cannot_be_balanced_is_refused_with_the_numbers(exam: str, n: int, level: str, told: str) -> None:
    with pytest.raises(ArgumentError, match=told):
        planned(ExamRequest(exam=exam, seed=1, n=n, level=level))


def test_a_refusal_names_what_can_be_had() -> None:
    with pytest.raises(ArgumentError) as refused:
        planned(ExamRequest(exam="key", seed=1, n=50))
    assert refused.value.hint == "Ask for 48 or 72."
    with pytest.raises(ArgumentError) as refused:
        planned(ExamRequest(exam="key", seed=1, n=MOST + 1))
    assert refused.value.hint == "Ask for 9984."


def test_an_unknown_exam_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'metre'"):
        planned(ExamRequest(exam="meter", seed=1, n=10))


@pytest.mark.parametrize("level", LEVELS)
def test_families_play_equally_often_and_each_has_a_part_of_its_own(level: str) -> None:
    from mudata.catalog.render.timbres import timbre

    plan = planned(ExamRequest(exam="instrumentation", seed=2, n=48, level=level))
    played = Counter(family for piece in plan.pieces for family in piece.families)
    assert played.pop("bass") == played.pop("drums") == 24
    assert set(played.values()) == {18}
    for piece in plan.pieces:
        assert len(piece.families) == len(piece.roles) == len(arrange(piece).parts)
        assert piece.facts()["families"].split() == list(piece.families)
        pitched = [part.program for part in arrange(piece).parts if part.role != "drums"]
        assert len({timbre(program).name for program in pitched}) >= len(pitched) - 1


def heard(n: int, values: tuple[float, float, float]) -> tuple[ExamPlan, dict[str, dict[str, float]]]:
    plan = planned(ExamRequest(exam="timbre", seed=2, n=n))
    clips = [dict.fromkeys(("centroid_hz", "attack_s", "rms"), values[i % 3]) for i in range(len(plan.pieces))]
    return plan, {piece.id: measures for piece, measures in zip(plan.pieces, clips, strict=True)}


@pytest.mark.parametrize(
    ("level", "values", "greater", "smaller"),
    [
        ("standard", (1.0, 1.3, 2.0), 2, 0),
        ("hard", (1.0, 1.3, 2.0), 1, 0),
        ("hard", (1.0, 1.1, 1.33), 2, 1),
        ("easy", (1.0, 1.3, 1.6), 2, 0),
    ],
)
def test_pairs_by_timbre_are_those_that_differ_enough(
    level: str, values: tuple[float, float, float], greater: int, smaller: int
) -> None:
    plan, measures = heard(20, values)
    items = exam_of("timbre").items_heard(plan, level, measures)
    assert Counter(item.task for item in items) == {"brighter": 20, "slower_attack": 20, "louder": 20}
    for task in exam_of("timbre").tasks:
        assert Counter(item.truth for item in items if item.task == task) == {"first": 10, "second": 10}
    for item in items:
        numbers = [(int(clip.rpartition(".")[2]) - 1) % 3 for clip in item.clips]
        assert numbers == ([greater, smaller] if item.truth == "first" else [smaller, greater])


def test_what_differs_by_less_than_a_fifth_is_not_asked() -> None:
    plan, measures = heard(6, (1.0, 1.1, 1.19))
    assert exam_of("timbre").items_heard(plan, "standard", measures) == ()


def test_a_tempo_counts_dotted_quarters_in_compound_metres_and_quarters_elsewhere() -> None:
    from mudata.catalog.compose.metres import METRES

    dotted = {name for name, metre in METRES.items() if (metre.unit_name, metre.unit) == ("dotted quarter", 72)}
    assert dotted == {"6/8", "12/8"}
    assert {metre.unit for name, metre in METRES.items() if name not in dotted} == {48}
    bars = {name: metre.bar for name, metre in METRES.items()}
    assert bars == {"2/4": 96, "3/4": 144, "4/4": 192, "5/4": 240, "6/8": 144, "7/8": 168, "12/8": 288}


def test_every_exam_that_can_be_asked_for_has_a_name_that_a_dataset_may_have() -> None:
    from mudata.catalog.compose.exam_dataset import LARGEST_SEED

    longest = max(EXAMS, key=len)
    wanted = {"seed": LARGEST_SEED, "n": 9984, "level": "hard", "engine": "fluidsynth", "soundfont_sha256": "0" * 64}
    TypeAdapter(Name).validate_python(ExamRequest(exam=longest, **wanted).dataset)


def test_eight_idioms_at_least_can_be_played_in_every_metre_and_mode() -> None:
    from mudata.catalog.compose.metres import METRES
    from mudata.catalog.compose.piece import ROLES

    assert len(IDIOMS) >= 8
    plain = small("metre").pieces[0]
    for idiom in IDIOMS:
        for metre in METRES:
            for beat in ("plain", "steady", "halved"):
                piece = replace(plain, idiom=idiom.name, metre=metre, beat=beat, roles=ROLES, programs={})
                for part in arrange(piece).parts:
                    heard = {note.start // piece.measure.bar for note in part.notes}
                    assert len(heard) > piece.bars / 2, (idiom.name, metre, part.role)
                    assert all(n.start < n.end and 0 <= n.pitch < 128 and 0 < n.velocity < 128 for n in part.notes)
